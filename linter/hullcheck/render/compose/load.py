"""Files to a project: documents, `extends`, `include` and overrides put together in Compose's order.

Compose stops at the first thing that it refuses. Here it becomes a problem at its place, and the rest goes on.
"""

import posixpath
from collections.abc import Callable, Iterable
from typing import NamedTuple

from hullcheck.model.compose import ComposeFile
from hullcheck.model.node import Mapping, Node, Scalar, Sequence
from hullcheck.model.problem import Problem
from hullcheck.render.compose.canonical import canonical, unique
from hullcheck.render.compose.defaults import with_defaults
from hullcheck.render.compose.interpolate import Variables, interpolate
from hullcheck.render.compose.merge import Merge
from hullcheck.render.compose.nodes import (
    Entries,
    Pairs,
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
from hullcheck.source import Field

MAX_CHAIN = 60
"""Services or files that lead to one another by `extends` or `include`."""

Resets = tuple[tuple[str, ...], ...]


class Reached(NamedTuple):
    """A file that a project takes in without being named, and a service in it that another one extends, if so."""

    path: str
    service: str = ""


class Loaded(NamedTuple):
    """A project's tree in the long form, what Compose refuses in it, and the other files it took in.

    `remotes` are the files that it names and that would have to be fetched.
    """

    root: Mapping
    problems: list[Problem]
    reached: set[Reached]
    remotes: list[Field[str]]


class _Layer(NamedTuple):
    """A document with its variables replaced, and the paths that its tags take out of what it is laid over."""

    root: Mapping
    resets: Resets
    problems: list[Problem]


class _Scope(NamedTuple):
    """Where paths are seen from, what variables mean, and which files led here by `include`."""

    folder: str
    variables: Variables
    included: tuple[str, ...] = ()


class Loader:
    """Loads projects out of the files of a repository, each once.

    `settings` gives the variables of these files of variables, under those from above, which win.

    Nothing but `files` is ever read.
    """

    def __init__(
        self, files: dict[str, ComposeFile], settings: Callable[[tuple[str, ...], Variables], Variables]
    ) -> None:
        self.files = files
        self.settings = settings
        self._layers: dict[tuple[str, int], list[_Layer]] = {}
        self._models: dict[tuple[tuple[str, ...], str, int], Mapping] = {}
        self._kept: list[Variables] = []  # so that no id is given twice
        self.problems: list[Problem] = []
        self.reached: set[Reached] = set()
        self.remotes: list[Field[str]] = []

    def project(self, paths: tuple[str, ...], folder: str, variables: Variables) -> Loaded:
        """Lay the files over one another, in this order, with paths seen from `folder`."""
        self.problems, self.reached, self.remotes, self._models = [], set(), [], {}
        root = self._model(paths, _Scope(folder, variables))
        return Loaded(root, self.problems, self.reached, self.remotes)

    def _model(self, paths: tuple[str, ...], scope: _Scope) -> Mapping:
        first = self.files[paths[0]].source
        root = Mapping(first, 0, 0, "", True)
        for path in paths:
            root = self._file(path, root, scope)
        return with_defaults(root)

    def _file(self, path: str, root: Mapping, scope: _Scope) -> Mapping:
        scope = scope._replace(included=(*scope.included, path))
        for layer in self._documents(path, scope.variables):
            self.problems += layer.problems
            over = _Extends(self, path, layer, scope).applied()
            root = without(root, layer.resets)
            over = self._include(over, scope)
            root = self._over(root, over)
        return root

    def _over(self, root: Mapping, over: Mapping) -> Mapping:
        merge = Merge("override")
        root = unique(merge.files(root, over))
        for _, other in merge.conflicts:
            self.refuse(other, "cannot override a value of another kind")
        made = canonical(root)
        self.problems += made.problems
        return unique(_without_empty(made.root))

    def _documents(self, path: str, variables: Variables) -> list[_Layer]:
        key = (path, id(variables))
        if key not in self._layers:
            self._kept.append(variables)
            self._layers[key] = [_layer(root, variables) for root in self.files[path].documents]
        return self._layers[key]

    def extended(self, path: str, scope: _Scope) -> tuple[Mapping, Resets]:
        """A file that a service extends: its own documents in the long form, without what it includes or extends."""
        root = Mapping(self.files[path].source, 0, 0, "", True)
        resets: Resets = ()
        for layer in self._documents(path, scope.variables):
            root = self._over(without(root, layer.resets), layer.root)
            resets = layer.resets
        return root, resets

    def refuse(self, node: Node, message: str, owner: str = "", name: str = "invalid-object") -> None:
        self.problems.append(Problem(name, message, node.location, owner))

    def found(self, folder: str, node: Node, text: str, what: str, owner: str = "") -> str | None:
        """The file that `what` names, as seen from `folder`; None, with a problem, if it can't be read here."""
        if node.unknown:
            return None
        if is_remote_file(text):
            self.remotes.append(Field(text, node.location))
            self.refuse(node, f"{what} `{text}`, which is remote: nothing is fetched", owner, "not-analysed")
            return None
        path = inside(folder, text)
        if path is None:
            why = "an absolute path" if is_absolute(text) else "outside the repository"
            self.refuse(node, f"{what} `{text}`, which is {why}: it isn't read", owner, "not-analysed")
            return None
        if path not in self.files:
            self.refuse(node, f"{what} `{text}`, and no such Compose file is here", owner)
            return None
        return path

    def _include(self, root: Mapping, scope: _Scope) -> Mapping:
        include = root.get("include")
        if include is None:
            return root
        rest = {name: entry for name, entry in root.entries().items() if name != "include"}
        root = mapping(root, rest)
        for item in items(include):
            model = self._included(item, scope)
            if model is not None:
                root = self._imported(root, model, item)
        return root

    def _included(self, item: Node, scope: _Scope) -> Mapping | None:
        """What an entry of `include` brings, with paths as they are seen from the including project's folder."""
        named = item.get("path") if isinstance(item, Mapping) else item
        written = items(named) if isinstance(named, Sequence) else [named] if named is not None else []
        paths = [self.found(scope.folder, node, text_of(node) or "", "`include` names") for node in written]
        if not paths or any(path is None for path in paths):
            return None
        known = tuple(path for path in paths if path is not None)
        self.reached |= {Reached(path) for path in known}
        if known[0] in scope.included:
            self.refuse(written[0], f"`include` of `{known[0]}` leads back to itself")
            return None
        if len(scope.included) >= MAX_CHAIN:
            self.refuse(written[0], f"`include` leads through more than {MAX_CHAIN} files", name="not-analysed")
            return None
        return self._included_model(item, known, scope)

    def _included_model(self, item: Node, paths: tuple[str, ...], scope: _Scope) -> Mapping | None:
        directory = item.get("project_directory") if isinstance(item, Mapping) else None
        folder: str | None = posixpath.dirname(paths[0])
        if directory is not None and text_of(directory):
            folder = inside(scope.folder, text_of(directory) or "")
        if folder is None:
            return None
        variables = self.settings(self._env_files(item, folder, scope), scope.variables)
        key = (paths, folder, id(variables))
        if key not in self._models:
            self._models[key] = self._model(paths, _Scope(folder, variables, scope.included))
        return rebase(self._models[key], posixpath.relpath(f"/{folder}", f"/{scope.folder}"))

    def _env_files(self, item: Node, folder: str, scope: _Scope) -> tuple[str, ...]:
        """The files of variables for an entry of `include`: those that it names, else the `.env` of its folder."""
        named = item.get("env_file") if isinstance(item, Mapping) else None
        if named is None or is_nothing(named):
            return (posixpath.join(folder, ".env"),)
        written = items(named) if isinstance(named, Sequence) else [named]
        paths = [inside(scope.folder, text_of(node) or "") for node in written]
        return tuple(path for path in paths if path is not None)

    def _imported(self, root: Mapping, model: Mapping, item: Node) -> Mapping:
        changed = dict(root.entries())
        for kind in ("services", "volumes", "networks", "secrets", "configs", "models"):
            brought = model.entries().get(kind)
            if brought is None or not isinstance(brought[1], Mapping):
                continue
            key, into = changed.get(kind, brought)
            own = entries(into) if kind in changed else {}
            found = dict(own)
            for name, entry in brought[1].entries().items():
                if name in own and not same(own[name][1], entry[1]):
                    self.refuse(own[name][0], f"`{kind}.{name}` is also brought by `include`", f"{kind}.{name}")
                found.setdefault(name, entry)
            changed[kind] = (key, mapping(into, found))
        return mapping(root, changed)


class _Extends:
    """The services of one document, each with what it extends."""

    def __init__(self, loader: Loader, path: str, layer: _Layer, scope: _Scope) -> None:
        self.loader = loader
        self.path = path
        self.layer = layer
        self.scope = scope
        self.done: dict[tuple[str, str], Node] = {}
        self.others: dict[str, tuple[Entries, Resets]] = {}

    def applied(self) -> Mapping:
        root = self.layer.root
        services = root.get("services")
        if not isinstance(services, Mapping) or not any(
            isinstance(child, Mapping) and child.get("extends") is not None for _, child in services.entries().values()
        ):
            return root
        own = services.entries()
        found: Entries = {}
        for name, (key, _) in own.items():
            found[name] = (key, self._service(name, self.path, own, self.layer.resets, ()))
        key = root.entries()["services"][0]
        return mapping(root, root.entries() | {"services": (key, mapping(services, found))})

    def _service(
        self, name: str, path: str, services: Entries, resets: Resets, chain: tuple[tuple[str, str], ...]
    ) -> Node:
        service = services[name][1]
        extends = service.get("extends") if isinstance(service, Mapping) else None
        if not isinstance(service, Mapping) or extends is None or is_nothing(extends):
            return service
        at = (path, name)
        if at not in self.done:
            own = {key: entry for key, entry in service.entries().items() if key != "extends"}
            base = self._base(at, extends, services, resets, chain)
            self.done[at] = self._merged(name, mapping(service, own), base, resets)
        return self.done[at]

    def _merged(self, name: str, service: Mapping, base: Node | None, resets: Resets) -> Mapping:
        if not isinstance(base, Mapping):
            return service
        below = tuple(reset[2:] for reset in resets if reset[:2] == ("services", name) and len(reset) > 2)
        merge = Merge("extends")
        merged = merge.services(without(base, below), service)
        for _, other in merge.conflicts:
            self.loader.refuse(other, "cannot override a value of another kind", f"services.{name}")
        return mapping(service, merged.entries())

    def _base(
        self,
        at: tuple[str, str],
        extends: Node,
        services: Entries,
        resets: Resets,
        chain: tuple[tuple[str, str], ...],
    ) -> Node | None:
        path, name = at
        owner = f"services.{name}"
        reference = extends.get("service") if isinstance(extends, Mapping) else extends
        file = extends.get("file") if isinstance(extends, Mapping) else None
        wanted = text_of(reference)
        if reference is None or not wanted:
            self.loader.refuse(extends, "`extends` names no service", owner)
            return None
        if reference.unknown:
            return None
        if at in chain or len(chain) >= MAX_CHAIN:
            self._circular(extends, [*chain, at], owner)
            return None
        if file is not None and not is_nothing(file):
            other = self._other(file, owner)
            if other is None:
                return None
            path, services, resets = other
        if wanted not in services:
            self.loader.refuse(reference, f"`extends` names service `{wanted}`, which is not in `{path}`", owner)
            return None
        self.loader.reached.add(Reached(path, wanted))
        return self._service(wanted, path, services, resets, (*chain, at))

    def _circular(self, extends: Node, chain: list[tuple[str, str]], owner: str) -> None:
        if len(chain) > MAX_CHAIN:
            message = f"`extends` leads through more than {MAX_CHAIN} services"
            self.loader.refuse(extends, message, owner, "not-analysed")
            return
        names = ", ".join(f"`{name}`" for _, name in chain)
        self.loader.refuse(extends, f"`extends` leads in a circle: {names}", owner)

    def _other(self, file: Node, owner: str) -> tuple[str, Entries, Resets] | None:
        """The services of another file, with paths as they are seen from this project's folder."""
        path = self.loader.found(self.scope.folder, file, text_of(file) or "", "`extends` names", owner)
        if path is None:
            return None
        if path not in self.others:
            root, resets = self.loader.extended(path, self.scope)
            folder = posixpath.relpath(f"/{posixpath.dirname(path)}", f"/{self.scope.folder}")
            services = {
                name: (key, rebase_service(child, folder) if isinstance(child, Mapping) else child)
                for name, (key, child) in entries(root.get("services")).items()
            }
            self.others[path] = (services, resets)
        return (path, *self.others[path])


def _layer(root: Mapping, variables: Variables) -> _Layer:
    resets: list[tuple[str, ...]] = []
    text = root.source.text
    if "!reset" in text or "!override" in text:
        stripped = _stripped(root, (), resets)
        root = stripped if isinstance(stripped, Mapping) else root
    found = interpolate(root, variables)
    kept = {name: entry for name, entry in found.root.entries().items() if name != "version"}
    return _Layer(mapping(root, kept), tuple(resets), found.problems)


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


def without(root: Mapping, paths: Iterable[tuple[str, ...]]) -> Mapping:
    """The tree without the values at these paths; there is nothing to take out of a list."""
    for path in paths:
        made = _without(root, path)
        root = made if isinstance(made, Mapping) else root
    return root


def _without(node: Node, path: tuple[str, ...]) -> Node:
    if not isinstance(node, Mapping) or isinstance(node, Pairs) or not path or path[0] not in node.entries():
        return node
    found = dict(node.entries())
    if len(path) == 1:
        del found[path[0]]
    else:
        key, child = found[path[0]]
        found[path[0]] = (key, _without(child, path[1:]))
    return mapping(node, found)


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
