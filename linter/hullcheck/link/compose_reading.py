"""A repository's Compose files as they are read: their variables, and what any of them are when laid over one another."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from hullcheck.model import node as nodes
from hullcheck.model.compose import ComposeFile
from hullcheck.render.compose.dotenv import variables as read_variables
from hullcheck.render.compose.files import Files
from hullcheck.render.compose.interpolate import Setting, Variables
from hullcheck.render.compose.load import Loaded, Loader, Reached
from hullcheck.render.compose.nodes import entries, get, is_nothing, items, text_of
from hullcheck.render.compose.normal import normalised
from hullcheck.render.compose.paths import inside
from hullcheck.render.compose.refuse import dangling
from hullcheck.source import Source
from hullcheck.tuples import NamedTuple

Settings = dict[str, dict[str, str]]

_MAKERS = ("image", "build", "provider", "extends")


class Merged(NamedTuple):
    """Files laid over one another, with the variables that they are read with."""

    loaded: Loaded
    variables: Variables


class Reading:
    """Reads projects. `env` are variables that are given for a folder, which win over its `.env`.

    `texts` are files of variables by their path. `reached` are files that projects took in, `cut` those that they
    didn't follow because the way to them is too long. `either` says how `${X:+text}` is taken, as for `interpolate`.
    """

    def __init__(self, files: Files, env: Settings, texts: Mapping[str, Source], either: bool = False) -> None:
        self.files = files
        self.env = env
        self.texts = texts
        self.loader = Loader(files, self.read, either)
        self.reached: set[Reached] = set()
        self.cut: dict[str, None] = {}
        self._settings: dict[tuple[str, int], Variables] = {}
        self._none: Variables = {}
        self._kept: list[Variables] = []  # so that no id is given twice
        self._dangling: dict[tuple[str, ...], bool] = {}

    @property
    def known(self) -> Mapping[str, ComposeFile]:
        """The files that were recognised as Compose files."""
        return self.files.known

    def settings(self, folder: str, files: tuple[str, ...] = ()) -> Variables:
        """The variables in a folder: those that are given win over its own `.env`, or over `files` in its place."""
        given = {name: Setting(text) for name, text in self.env.get(folder, {}).items()}
        if files:
            return self.read(files, given or self._none)
        key = (folder, id(self._none))
        if key not in self._settings:
            self._settings[key] = self.read((posixpath.join(folder, ".env"),), given or self._none)
        return self._settings[key]

    def read(self, paths: tuple[str, ...], above: Variables) -> Variables:
        """The variables of these files; those from above win, and the same files give the same object."""
        key = ("\n".join(paths), id(above))
        if key not in self._settings:
            own: Variables = {}
            for path in paths:
                source = self.texts.get(path)
                if source is not None:
                    own |= read_variables(source, own | above, above=above)
            self._settings[key] = own | above if own else above
            self._kept.append(above)
        return self._settings[key]

    def merged(self, paths: tuple[str, ...], folder: str, name: str, env: tuple[str, ...] = ()) -> Merged:
        """The files laid over one another, as a project of that name. What they take in counts as reached."""
        variables = self.settings(folder, env)
        if name and "COMPOSE_PROJECT_NAME" not in variables:
            variables = {**variables, "COMPOSE_PROJECT_NAME": Setting(name)}
            self._kept.append(variables)
        loaded = self.loader.project(paths, folder, variables)
        self.reached |= loaded.reached
        self.cut.update(dict.fromkeys(loaded.cut))
        return Merged(loaded, variables)

    def is_reached(self, path: str) -> bool:
        """Does a project include the file, or extend all of its services?"""
        if Reached(path) in self.reached:
            return True
        names = self.service_names(path)
        return bool(names) and all(Reached(path, name) in self.reached for name in names)

    def dangles(self, *paths: str) -> bool:
        """Do the files, laid over one another, need a service, a network or the like that none of them has?"""
        if paths not in self._dangling:
            folder = posixpath.dirname(paths[0])
            variables = self.settings(folder)
            loaded = self.loader.project(paths, folder, variables)
            self._dangling[paths] = not loaded.partial and dangling(normalised(loaded.root, "", variables))
        return self._dangling[paths]

    def takes_in(self, path: str) -> Iterator[str]:
        """The files that one names in `include` and `extends`, as far as that can be told before variables are known."""
        folder = posixpath.dirname(path)
        for root in self.files[path].documents:
            named = [get(item, "path") or item for item in items(root.get("include"))]
            named += [each for node in named for each in items(node)]
            for _, service in entries(root.get("services")).values():
                file = get(service, "extends", "file")
                named += [file] if file is not None else []
            for node in named:
                found = inside(folder, text_of(node) or "")
                if found is not None and found in self.known and found != path:
                    yield found

    def service_names(self, path: str) -> set[str]:
        """The services that a file itself speaks of."""
        return {name for root in self.files[path].documents for name in entries(root.get("services"))}

    def made_by(self, *paths: str) -> set[str]:
        """The services that these files give an image, or a way to make one."""
        return {name for path in paths for name, service in self._services(path) if _can_run(service)}

    def _services(self, path: str) -> Iterator[tuple[str, nodes.Node]]:
        for root in self.files[path].documents:
            yield from ((name, service) for name, (_, service) in entries(root.get("services")).items())


def _can_run(service: nodes.Node) -> bool:
    return any(not is_nothing(get(service, maker)) for maker in _MAKERS)
