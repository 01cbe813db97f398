"""Why something is new that stands in lines which the change didn't touch: what the change took away."""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.change.gate.change import Change
from hullcheck.finding import Finding
from hullcheck.model.kubernetes import KubernetesObject
from hullcheck.read import File
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple

_SHOWN = 3


class Gone(NamedTuple):
    """An object or file of the base that the change removed: what it was, in which namespace, and where."""

    what: str
    kind: str
    namespace: str
    dialect: str
    location: Location


def explained(change: Change, concerns: dict[str, str]) -> tuple[Finding, ...]:
    """The findings; the new ones in untouched files say in their message what was removed, with its old place.

    `concerns` are the concerns of the checks by their names.
    """
    if all(finding.state != "new" for finding in change.comparison.findings):
        return change.comparison.findings
    gone = list(_gone(change))
    if not gone:
        return change.comparison.findings
    lines = _Lines(change)
    return tuple(
        finding._replace(message=_with_cause(finding, concerns.get(finding.name, ""), change, gone))
        if finding.state == "new" and lines.untouched(finding)
        else finding
        for finding in change.comparison.findings
    )


class _Lines:
    """Which lines the base has, too, by file."""

    def __init__(self, change: Change) -> None:
        self._change = change
        self._old: dict[str, frozenset[str]] = {}

    def untouched(self, finding: Finding) -> bool:
        """Was everything that the finding points to there before?"""
        places = (finding.location, *(related.location for related in finding.related))
        return all(place.path in self._change.same or self._has(place) for place in places)

    def _has(self, place: Location) -> bool:
        path = self._change.old_path(place.path)
        if path not in self._old:
            file = self._change.base.files.get(path)
            self._old[path] = frozenset(file.source.text.splitlines()) if file else frozenset()
        return place.source.line(place.line) in self._old[path]


def _with_cause(finding: Finding, concern: str, change: Change, gone: list[Gone]) -> str:
    causes = [cause for cause in gone if _may_explain(cause, finding, concern, change)]
    if any(cause.location.path in finding.message for cause in causes):
        return finding.message  # it says so itself
    shown = ", ".join(f"`{c.what}` ({c.location.path}:{c.location.line})" for c in causes[:_SHOWN])
    more = f" and {len(causes) - _SHOWN} more" if len(causes) > _SHOWN else ""
    return f"{finding.message}; new because this change removes {shown}{more}" if causes else finding.message


def _may_explain(cause: Gone, finding: Finding, concern: str, change: Change) -> bool:
    file = change.head.files.get(finding.location.path)
    if concern == "network" and cause.dialect == "kubernetes":
        parts = finding.owner.split("/")
        return "Policy" in cause.kind and (len(parts) < 3 or cause.namespace in ("", parts[1]))
    return file is not None and cause.dialect == file.kind and cause.kind == "file"


def _gone(change: Change) -> Iterator[Gone]:
    """What the base has and the change doesn't: objects of manifests, and whole files."""
    renamed = set(change.comparison.renamed.values())
    owners = {found.owner for file in change.head.files.values() for found in _objects(file)}
    for path, file in change.base.files.items():
        if path in change.same:
            continue
        objects = _objects(file)
        for found in objects:
            if found.owner not in owners:
                namespace = found.namespace or "default"
                yield Gone(f"{found.kind}/{found.name}", found.kind, namespace, "kubernetes", found.location)
        if path not in change.head.files and path not in renamed and not objects:
            yield Gone(path, "file", "", file.kind, file.source.at(0))


def _objects(file: File) -> tuple[KubernetesObject, ...]:
    return getattr(file.model, "objects", ())
