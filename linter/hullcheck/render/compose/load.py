"""Files to a project: documents, `extends`, `include` and overrides put together in Compose's order.

Compose stops at the first thing that it refuses. Here it becomes a problem at its place, and the rest goes on.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from hullcheck.budget import tick
from hullcheck.model.coverage import Gap
from hullcheck.model.node import Mapping, Node, Scalar, Sequence
from hullcheck.model.problem import Problem
from hullcheck.render.compose.canonical import canonical, unique
from hullcheck.render.compose.defaults import with_defaults
from hullcheck.render.compose.extends import Extends, Resets, Scope
from hullcheck.render.compose.files import Files, Unread
from hullcheck.render.compose.interpolate import Variables, interpolate
from hullcheck.render.compose.limits import MAX_SHARED, values, without_too_much
from hullcheck.render.compose.merge import Merge
from hullcheck.render.compose.nodes import (
    Entries,
    entries,
    is_nothing,
    items,
    mapping,
    same,
    sequence,
    text_of,
    value,
)
from hullcheck.render.compose.paths import inside, is_absolute, is_remote_file, rebase, rebase_service
from hullcheck.render.compose.without import without
from hullcheck.source import Field
from hullcheck.tuples import NamedTuple

MAX_CHAIN = 60
"""Files that lead to one another by `include`."""

MAX_WORK = 4_000
"""Included files of one project, each counted once for every set of variables that it is read with."""

MAX_TOTAL = 30_000
"""The same for all projects of a repository."""

MAX_BROUGHT = 10_000
"""Services that the projects of a repository include."""

VARIABLES_PER_FILE = 20
"""Variables of a file's own that are as much work as a file."""

_KINDS = ("services", "volumes", "networks", "secrets", "configs", "models")


class Reached(NamedTuple):
    """A file that a project takes in without being named, and a service in it that another one extends, if so."""

    path: str
    service: str = ""


class Naming(NamedTuple):
    """How a file is named by another one, and what it is called then."""

    says: str
    noun: str


INCLUDED = Naming("`include` names", "included file")
EXTENDED = Naming("`extends` names", "extended file")


class Loaded(NamedTuple):
    """A project's tree in the long form, what Compose refuses in it, and the other files it took in.

    `remotes` are the files that it names and that would have to be fetched. `partial` is true if a file that it
    includes isn't there to be read; `lost` are services that extend one which isn't. `cut` are files that weren't
    followed because the way to them is too long.
    """

    root: Mapping
    problems: list[Problem]
    reached: set[Reached]
    remotes: list[Field[str]]
    partial: bool = False
    lost: frozenset[str] = frozenset()
    cut: tuple[str, ...] = ()


class _Layer(NamedTuple):
    """A document with its variables replaced, and the paths that its tags take out of what it is laid over.

    `cut` is true if services that are too much are left out.
    """

    root: Mapping
    resets: Resets
    problems: list[Problem]
    cut: bool


class Loader:
    """Loads projects out of the files of a repository, each once.

    `settings` gives the variables of these files of variables, under those from above, which win.

    Nothing but `files` is ever read. `either` says how `${X:+text}` is taken, as for `interpolate`.
    """

    def __init__(
        self, files: Files, settings: Callable[[tuple[str, ...], Variables], Variables], either: bool = False
    ) -> None:
        self.files = files
        self.settings = settings
        self.either = either
        self._layers: dict[tuple[str, int], list[_Layer]] = {}
        self._kept: list[Variables] = []  # so that no id is given twice
        self._left_in_all = MAX_TOTAL
        self._left_to_bring = MAX_BROUGHT
        self._start()

    def _start(self) -> None:
        self.problems: list[Problem] = []
        self.reached: set[Reached] = set()
        self.remotes: list[Field[str]] = []
        self.lost: set[str] = set()
        self.extended: dict[tuple[str, str, int], tuple[Entries, Resets]] = {}
        self.done: dict[tuple[str, int], dict[tuple[str, str], tuple[Node, bool]]] = {}
        self._models: dict[tuple[tuple[str, ...], str, int], Mapping] = {}
        self._seen_from_here: dict[int, Node] = {}
        self._partial = False
        self._cut: dict[str, None] = {}
        self._left = min(MAX_WORK, self._left_in_all)
        self._shared_left = MAX_SHARED
        self._values: dict[int, tuple[Node, int]] = {}

    def afford(self, base: Node | None) -> bool:
        """May one more service have what another one says?"""
        if base is not None and self._shared_left >= 0:
            if id(base) not in self._values:
                self._values[id(base)] = base, values(base)
            self._shared_left -= self._values[id(base)][1]
        return self._shared_left >= 0

    def project(self, paths: tuple[str, ...], folder: str, variables: Variables) -> Loaded:
        """Lay the files over one another, in this order, with paths seen from `folder`."""
        self._start()
        root = self._model(paths, Scope(folder, variables))
        lost, cut = frozenset(self.lost), tuple(path for path in self._cut if Reached(path) not in self.reached)
        return Loaded(root, self.problems, self.reached, self.remotes, self._partial, lost, cut)

    def _model(self, paths: tuple[str, ...], scope: Scope) -> Mapping:
        first = self.files[paths[0]].source
        root = Mapping(first, 0, 0, "", True)
        for path in paths:
            tick()
            root = self._file(path, root, scope)
        return with_defaults(root)

    def _file(self, path: str, root: Mapping, scope: Scope) -> Mapping:
        scope = scope._replace(included=(*scope.included, path))
        for layer in self._documents(path, scope.variables):
            tick()
            self.problems += layer.problems
            self._partial = self._partial or layer.cut
            over = Extends(self, path, layer.root, layer.resets, scope).applied()
            root = without(root, layer.resets)
            over, brought = self._include(over, scope)
            root = _with(self._over(root, _with(over, brought, root)), brought)
        return root

    def _over(self, root: Mapping, over: Mapping) -> Mapping:
        """One tree over the other. What the upper one doesn't speak of is in the long form already, and stays."""
        touched = _touched(root, over)
        merge = Merge("override")
        merged = unique(merge.files(touched, over))
        for _, other in merge.conflicts:
            self.refuse(other, "cannot override a value of another kind")
        made = canonical(merged)
        self.problems += made.problems
        return _put_back(root, touched, unique(_without_empty(made.root)))

    def _documents(self, path: str, variables: Variables) -> list[_Layer]:
        key = (path, id(variables))
        if key not in self._layers:
            self._kept.append(variables)
            self._layers[key] = [_layer(root, variables, self.either) for root in self.files[path].documents]
        return self._layers[key]

    def services_of(self, path: str, scope: Scope) -> tuple[Entries, Resets]:
        """The services of a file that one extends, with paths as they are seen from the project's folder.

        They are those of its own documents in the long form, without what it includes or extends.
        """
        key = (path, scope.folder, id(scope.variables))
        if key not in self.extended:
            root = Mapping(self.files[path].source, 0, 0, "", True)
            resets: Resets = ()
            for layer in self._documents(path, scope.variables):
                root = self._over(without(root, layer.resets), layer.root)
                resets = layer.resets
            folder = posixpath.relpath(f"/{posixpath.dirname(path)}", f"/{scope.folder}")
            services = {
                name: (at, rebase_service(child, folder) if isinstance(child, Mapping) else child)
                for name, (at, child) in entries(root.get("services")).items()
            }
            self.extended[key] = (services, resets)
        return self.extended[key]

    def extended_file(self, folder: str, node: Node, owner: str) -> str | None:
        """The file that `extends` names, if it can be read."""
        return self.found(folder, node, text_of(node) or "", EXTENDED, owner)

    def reach(self, path: str, service: str) -> None:
        """Note that a service is extended."""
        self.reached.add(Reached(path, service))

    def refuse(self, node: Node, message: str, owner: str = "") -> None:
        """Tell that Compose refuses something."""
        self.problems.append(Problem("invalid-object", message, node.location, owner))

    def unfollowed(self, node: Node, message: str, gap: Gap, owner: str = "") -> None:
        """Tell that a way leads on which isn't followed."""
        self.problems.append(Problem("not-analysed", message, node.location, owner, gap))

    def found(self, folder: str, node: Node, text: str, naming: Naming, owner: str = "") -> str | None:
        """The file that is named, as seen from `folder`; None, with a problem, if it can't be read here."""
        says, noun = naming
        if node.unknown:
            message = f"{says} a file by a variable that isn't set here"
            self.unfollowed(node, message, Gap("variable", noun, node.unknown), owner)
            return None
        if is_remote_file(text):
            self.remotes.append(Field(text, node.location))
            self.unfollowed(
                node, f"{says} `{text}`, which is remote: nothing is fetched", Gap("remote", noun, f"`{text}`"), owner
            )
            return None
        path = inside(folder, text)
        if path is None:
            why = "an absolute path" if is_absolute(text) else "outside the repository"
            message = f"{says} `{text}`, which is {why}: it isn't read"
            self.unfollowed(node, message, Gap("outside", noun, f"`{text}`"), owner)
            return None
        file = self.files.named(path)
        if isinstance(file, Unread):
            gap = Gap(file.cause, noun, f"`{path}`, {file.why}")
            self.unfollowed(node, f"{says} `{text}`, {file.why}", gap, owner)
            return None
        return path

    def _include(self, root: Mapping, scope: Scope) -> tuple[Mapping, Entries]:
        """A document without `include`, and what that brings to it, in the long form."""
        include = root.get("include")
        if include is None:
            return root, {}
        own = {name: entry for name, entry in root.entries().items() if name != "include"}
        into: dict[str, tuple[Scalar, Node, Entries]] = {}
        for item in items(include):
            model = self._included(item, scope)
            if model is None:
                self._partial = True
                continue
            for kind in _KINDS:
                key, brought = model.entries().get(kind, (None, None))
                if key is not None and isinstance(brought, Mapping):
                    found = into.setdefault(kind, (key, brought, {}))[2]
                    self._bring(entries(root.get(kind)), found, brought, kind)
        return mapping(root, own), {kind: (key, mapping(at, found)) for kind, (key, at, found) in into.items()}

    def _bring(self, own: Entries, found: Entries, brought: Mapping, kind: str) -> None:
        for name, entry in brought.entries().items():
            known = own.get(name) or found.get(name)
            if known is None:
                found[name] = entry
            elif not same(known[1], entry[1]):
                self.refuse(known[0], f"`{kind}.{name}` is also brought by `include`", f"{kind}.{name}")

    def _included(self, item: Node, scope: Scope) -> Mapping | None:
        """What an entry of `include` brings, with paths as they are seen from the including project's folder."""
        named = item.get("path") if isinstance(item, Mapping) else item
        written = items(named) if isinstance(named, Sequence) else [named] if named is not None else []
        paths = [self.found(scope.folder, node, text_of(node) or "", INCLUDED) for node in written]
        known = tuple(path for path in paths if path is not None)
        if not paths or len(known) < len(paths):
            return None
        if known[0] in scope.included:
            self.refuse(written[0], f"`include` of `{known[0]}` leads back to itself")
            return None
        if len(scope.included) >= MAX_CHAIN:
            self._too_far(written[0], known, f"`include` leads through more than {MAX_CHAIN} files")
            return None
        self.reached |= {Reached(path) for path in known}
        return self._included_model(item, known, scope, written[0])

    def _too_far(self, node: Node, paths: tuple[str, ...], why: str) -> None:
        self._cut.update(dict.fromkeys(paths))
        message = f"{why}: `{paths[0]}` isn't judged as part of this project"
        self.unfollowed(node, message, Gap("limit", INCLUDED.noun, why))

    def _included_model(self, item: Node, paths: tuple[str, ...], scope: Scope, at: Node) -> Mapping | None:
        directory = item.get("project_directory") if isinstance(item, Mapping) else None
        folder: str | None = posixpath.dirname(paths[0])
        if directory is not None and text_of(directory):
            folder = None if directory.unknown else inside(scope.folder, text_of(directory) or "")
        if folder is None:
            message = f"`include` of `{paths[0]}` sees paths from a folder that isn't known here"
            self.unfollowed(at, message, Gap("outside", INCLUDED.noun, f"`{paths[0]}`"))
            return None
        if self._left <= 0 or self._left_to_bring <= 0:
            self._too_far(at, paths, f"`include` leads to too many {'files' if self._left <= 0 else 'services'}")
            return None
        variables = self.settings(self._env_files(item, folder, scope), scope.variables)
        key = (paths, folder, id(variables))
        if key not in self._models:
            work = 1 + (0 if variables is scope.variables else len(variables) // VARIABLES_PER_FILE)
            self._left -= work
            self._left_in_all -= work
            self._kept.append(variables)
            self._models[key] = self._model(paths, Scope(folder, variables, scope.included))
        if len(scope.included) == 1:
            self._left_to_bring -= len(entries(self._models[key].get("services")))
        return self._rebased(self._models[key], posixpath.relpath(f"/{folder}", f"/{scope.folder}"))

    def _rebased(self, model: Mapping, folder: str) -> Mapping:
        """The model with paths as they are seen from above its folder; what was seen from there before stays."""
        services = model.get("services")
        rest = {name: entry for name, entry in model.entries().items() if name != "services"}
        moved = rebase(mapping(model, rest), folder)
        if not isinstance(services, Mapping):
            return moved
        found: Entries = {}
        for name, (key, service) in services.entries().items():
            tick()
            if isinstance(service, Mapping) and not (folder == "." and id(service) in self._seen_from_here):
                service = rebase_service(service, folder)
                self._seen_from_here[id(service)] = service
            found[name] = (key, service)
        at = model.entries()["services"][0]
        return mapping(moved, moved.entries() | {"services": (at, mapping(services, found))})

    def _env_files(self, item: Node, folder: str, scope: Scope) -> tuple[str, ...]:
        """The files of variables for an entry of `include`: those that it names, else the `.env` of its folder."""
        named = item.get("env_file") if isinstance(item, Mapping) else None
        if named is None or is_nothing(named):
            return (posixpath.join(folder, ".env"),)
        written = items(named) if isinstance(named, Sequence) else [named]
        paths = [inside(scope.folder, text_of(node) or "") for node in written]
        return tuple(path for path in paths if path is not None)


def _with(root: Mapping, brought: Entries, where: Mapping | None = None) -> Mapping:
    """The tree with what is brought to it and isn't there yet; with `where`, only what that tree has, too."""
    changed = dict(root.entries())
    for kind, (key, child) in brought.items():
        at, known = changed.get(kind, (key, child))
        own = entries(known) if kind in changed else {}
        there = None if where is None else entries(where.get(kind))
        more = {n: e for n, e in entries(child).items() if n not in own and (there is None or n in there)}
        if more:
            changed[kind] = (at, mapping(known, own | more))
    return mapping(root, changed) if brought else root


def _touched(root: Mapping, over: Mapping) -> Mapping:
    """What there is of a tree at the places that another one speaks of: a service each, a network each."""
    found: Entries = {}
    for name, (key, child) in root.entries().items():
        above = over.get(name)
        if name in _KINDS and isinstance(child, Mapping) and (above is None or isinstance(above, Mapping)):
            own = child.entries()
            child = mapping(child, {each: own[each] for each in entries(above) if each in own}, type(child))
        found[name] = (key, child)
    return mapping(root, found)


def _put_back(root: Mapping, touched: Mapping, made: Mapping) -> Mapping:
    """A tree in which what was `touched` has become what was `made` of it."""
    found = dict(made.entries())
    for name in _KINDS:
        before, after = root.get(name), made.get(name)
        if not isinstance(before, Mapping) or not isinstance(after, Mapping):
            continue
        gone = entries(touched.get(name)).keys() - after.entries().keys()
        kept = {each: entry for each, entry in before.entries().items() if each not in gone}
        found[name] = (found[name][0], mapping(after, kept | after.entries(), type(after)))
    return mapping(made, found)


def _layer(root: Mapping, variables: Variables, either: bool) -> _Layer:
    resets: list[tuple[str, ...]] = []
    text = root.source.text
    root, problems = without_too_much(root)
    if "!reset" in text or "!override" in text:
        stripped = _stripped(root, (), resets)
        root = stripped if isinstance(stripped, Mapping) else root
    found = interpolate(root, variables, either=either)
    kept = {name: entry for name, entry in found.root.entries().items() if name != "version"}
    return _Layer(mapping(root, kept), tuple(resets), [*problems, *found.problems], bool(problems))


def _stripped(node: Node, path: tuple[str, ...], resets: list[tuple[str, ...]]) -> Node | None:
    """The tree without what is tagged `!reset`; the paths of both of Compose's tags go to `resets`."""
    if node.tag in ("!reset", "!override"):
        resets.append(path)
        return None if node.tag == "!reset" else node
    if isinstance(node, Mapping):
        found: Entries = {}
        for name, (key, child) in node.entries().items():
            kept = _stripped(child, (*path, name), resets)
            if kept is not None:
                found[name] = (key, kept)
        return mapping(node, found)
    if isinstance(node, Sequence):
        left = []
        for number, child in enumerate(node.items):
            kept = _stripped(child, (*path, str(number)), resets)
            if kept is not None:
                left.append(kept)
        return sequence(node, left)
    return node


def _without_empty(root: Mapping) -> Mapping:
    """Compose leaves out empty entries of `dns`, and of nothing else."""
    services = root.get("services")
    if not isinstance(services, Mapping):
        return root
    changed: Entries = {}
    for name, (key, service) in services.entries().items():
        dns = service.get("dns") if isinstance(service, Mapping) else None
        if isinstance(service, Mapping) and isinstance(dns, Sequence) and any(_empty(item) for item in dns.items):
            kept = sequence(dns, [item for item in dns.items if not _empty(item)])
            changed[name] = (key, mapping(service, service.entries() | {"dns": (service.entries()["dns"][0], kept)}))
    if not changed:
        return root
    key = root.entries()["services"][0]
    return mapping(root, root.entries() | {"services": (key, mapping(services, services.entries() | changed))})


def _empty(node: Node) -> bool:
    return value(node) in (None, "") and isinstance(node, Scalar)
