"""Services of Compose that rest on others, by `extends` or in a file that is laid over theirs.

What the one is given, the other is given, too: Compose appends the items of a list, and refuses a project in which one
comes out twice.
"""

from __future__ import annotations

import posixpath
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping

from hullcheck.finding import Change, Finding
from hullcheck.model.node import Mapping as MappingNode
from hullcheck.model.node import Node, Sequence, as_str
from hullcheck.read import File, of_kind
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any

MOST = 500
"""Services that one rests on, or that rest on one."""

_Key = tuple[str, str]
"""A service as it is written: the file's path, and its name."""

_Edges = dict[_Key, list[_Key]]


class _Put(NamedTuple):
    """A fix that adds items to a list of a service: the number of its finding, where, and which."""

    number: int
    service: _Key
    path: tuple[str, ...]
    items: frozenset[str]


class Resting:
    """The services of a tree's Compose files, as far as some rest on others; `projects` say which files are laid over which."""

    def __init__(self, files: Mapping[str, File], projects: Iterable[Any]) -> None:
        self._nodes: dict[_Key, tuple[int, MappingNode]] = {}
        self._names: dict[str, list[_Key]] = {}
        self._below: _Edges = {}
        self._above: _Edges = {}
        for path, file in of_kind(files, "compose").items():
            for root in file.model.documents if file.model is not None else ():
                self._add(path, root.get("services"))
        for key, (_, node) in self._nodes.items():
            self._rests(key, _base(key[0], node.get("extends")))
        for paths in {project.paths for project in projects if len(project.paths) > 1}:
            for number, path in enumerate(paths):
                for _, name in self._names.get(path, ()):
                    for lower in paths[:number]:
                        self._rests((path, name), (lower, name))

    def _add(self, path: str, services: Node | None) -> None:
        for name, (key, node) in services.entries().items() if isinstance(services, MappingNode) else ():
            if isinstance(node, MappingNode) and (path, name) not in self._nodes:
                self._nodes[path, name] = (key.start, node)
                self._names.setdefault(path, []).append((path, name))

    def _rests(self, key: _Key, base: _Key | None) -> None:
        if base is not None and base in self._nodes and base != key:
            self._below.setdefault(key, []).append(base)
            self._above.setdefault(base, []).append(key)

    def without_repeats(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """The findings, without the fixes that would give a service an item that it is given elsewhere, too."""
        rows = list(findings)
        puts = [put for number, finding in enumerate(rows) if self._above for put in self._puts(number, finding)]
        given: dict[tuple[_Key, tuple[str, ...]], set[str]] = {}
        for put in puts:
            if rows[put.number].state != "unchanged":
                given.setdefault((put.service, put.path), set()).update(put.items)
        repeats = {put.number for put in puts if self._is_repeated(put, given)}
        return (row._replace(fix=None) if number in repeats else row for number, row in enumerate(rows))

    def _puts(self, number: int, finding: Finding) -> Iterator[_Put]:
        for change in finding.fix.changes if finding.fix and not finding.suppression else ():
            service = self._service(change)
            if service is not None:
                yield _Put(number, service, change.path, frozenset(i for i in change.value if isinstance(i, str)))

    def _is_repeated(self, put: _Put, given: Mapping[tuple[_Key, tuple[str, ...]], set[str]]) -> bool:
        below, above = _reached(put.service, self._below), _reached(put.service, self._above)
        return any(not given.get((base, put.path), set()).isdisjoint(put.items) for base in below - above) or any(
            not _items(self._nodes[user][1], put.path).isdisjoint(put.items) for user in above
        )

    def _service(self, change: Change) -> _Key | None:
        """The service that a change adds items of a list to; None if it does something else."""
        if change.kind != "put" or not isinstance(change.value, tuple):
            return None
        at, names = change.place.start, self._names.get(change.place.path, [])
        number = bisect_right(names, at, key=lambda key: self._nodes[key][0]) - 1
        return names[number] if number >= 0 and at <= self._nodes[names[number]][1].end else None


def _reached(key: _Key, edges: _Edges) -> set[_Key]:
    """All that one comes to along the edges."""
    found: set[_Key] = set()
    pending = [key]
    while pending and len(found) < MOST:
        new = [other for other in edges.get(pending.pop(), ()) if other not in found]
        found.update(new)
        pending += new
    return found - {key}


def _base(path: str, extends: Node | None) -> _Key | None:
    """What is extended, by its file and name."""
    name = as_str(extends.get("service") if isinstance(extends, MappingNode) else extends)
    file = as_str(extends.get("file")) if isinstance(extends, MappingNode) else None
    if not name:
        return None
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), file)) if file else path, name


def _items(node: Node | None, path: tuple[str, ...]) -> set[str]:
    """The texts in the list under a row of keys."""
    for key in path:
        node = node.get(key) if isinstance(node, MappingNode) else None
    return {text for item in node.items if (text := as_str(item))} if isinstance(node, Sequence) else set()
