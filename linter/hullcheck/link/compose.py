"""Compose files to projects: which files belong together, and what each project then is.

A folder's base file with its automatic override is a project, so is a base with each variant that is laid over it, and
every other file that could be started alone. What is only taken in by another file is judged there.
"""

import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple

from hullcheck.link.compose_containers import workloads
from hullcheck.link.compose_services import Place, project_parts
from hullcheck.model.compose import ComposeFile, ComposeProject
from hullcheck.model.node import Mapping, is_null
from hullcheck.model.problem import Problem
from hullcheck.render.compose.dotenv import variables as read_variables
from hullcheck.render.compose.envfiles import with_files
from hullcheck.render.compose.interpolate import BadTemplateError, Setting, Substitution, Variables
from hullcheck.render.compose.load import Loaded, Loader, Reached
from hullcheck.render.compose.nodes import entries, get, items, text_of, unmarked
from hullcheck.render.compose.normal import normalised
from hullcheck.render.compose.paths import inside
from hullcheck.render.compose.refuse import dangling, refusals
from hullcheck.render.compose.resolved import escaped, resolved, started
from hullcheck.source import Location, Source

BASES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
"""What Compose takes in a folder, the first that is there."""

OVERRIDES = (
    "compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml",
)  # fmt: skip
"""What it lays over the base by itself, the first that is there."""

DEV_FOLDER = ".devcontainer"
"""Where a file with a base's name may be laid over the one of the folder above."""

_VARIANT = re.compile(r"(?:docker-)?compose[._-](?!override\.)[^/]+\.ya?ml", re.IGNORECASE)
_NAME = re.compile("[a-z0-9_-]")

Settings = dict[str, dict[str, str]]


class Choice(NamedTuple):
    """Files that make a project together; `complete` is false for a fragment, `overlay` true for a variant."""

    paths: tuple[str, ...]
    folder: str
    complete: bool = True
    overlay: bool = False


def projects(
    files: dict[str, ComposeFile], env: Settings, texts: dict[str, Source] | None = None, root_name: str = ""
) -> list[ComposeProject]:
    """Every project of a repository. `env` are variables that are given for a folder, which win over its `.env`.

    `texts` are files of variables by their path: the `.env` of each folder, and those that `env_file` may name.
    `root_name` is what the repository's own folder is called.
    """
    return _Projects(files, env, texts or {}, root_name).all()


class Shown(NamedTuple):
    """A project, and in `root` what `docker compose config` prints of it, with paths left relative."""

    project: ComposeProject
    root: Mapping


def show(
    files: dict[str, ComposeFile],
    paths: tuple[str, ...],
    env: Settings,
    texts: dict[str, Source],
    *,
    profiles: tuple[str, ...] | None = None,
    root_name: str = "",
) -> Shown:
    """Exactly these files, laid over one another; the profiles are those of `COMPOSE_PROFILES` if none are given."""
    found = _Projects(files, env, texts, root_name)
    folder = posixpath.dirname(paths[0])
    project = found.made(Choice(paths, folder))
    variables = found.settings(folder)
    if profiles is None:
        profiles = tuple(variables.get("COMPOSE_PROFILES", Setting("")).text.split(","))
    root = with_files(started(project.node, profiles), folder, texts, variables)
    printed = escaped(resolved(root).root)
    assert isinstance(printed, Mapping)
    return Shown(project, printed)


def taken(files: dict[str, ComposeFile], folder: str, env: Settings, texts: dict[str, Source]) -> tuple[str, ...]:
    """The files that Compose takes in a folder if it isn't told any; none if there is no project."""
    paths = [path for path in files if posixpath.dirname(path) == folder]
    choice = _Projects(files, env, texts, "").chosen(folder, paths)
    return choice.paths if choice is not None else ()


class _Projects:
    def __init__(self, files: dict[str, ComposeFile], env: Settings, texts: dict[str, Source], root_name: str) -> None:
        self.files = files
        self.env = env
        self.texts = texts
        self.root_name = root_name
        self.loader = Loader(files, self.read)
        self._settings: dict[tuple[str, int], Variables] = {}
        self._none: Variables = {}
        self._kept: list[Variables] = []  # so that no id is given twice
        self.reached: set[Reached] = set()
        self.whole: set[tuple[str, str]] = set()  # services that were judged as complete, by place

    def all(self) -> list[ComposeProject]:
        found: list[ComposeProject] = []
        for choose in (self._mains, self._variants):
            found += [self.made(choice) for choice in choose()]
        return [*found, *(self.made(choice) for choice in self._fragments())]

    def settings(self, folder: str) -> Variables:
        """The variables in a folder: those that are given win over its own `.env`."""
        given = {name: Setting(text) for name, text in self.env.get(folder, {}).items()}
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
                if path in self.texts:
                    own |= read_variables(self.texts[path], own | above, above=above)
            self._settings[key] = own | above if own else above
            self._kept.append(above)
        return self._settings[key]

    def _mains(self) -> list[Choice]:
        """What Compose would start without being told a file, and files that nothing else could be laid over."""
        by_folder: dict[str, list[str]] = {}
        for path in sorted(self.files):
            by_folder.setdefault(posixpath.dirname(path), []).append(path)
        found: list[Choice] = []
        self.rest: list[str] = []
        self.bases: dict[str, str] = {}
        for folder, paths in by_folder.items():
            choice = self.chosen(folder, paths)
            if choice is not None:
                found.append(choice)
                self.bases[folder] = choice.paths[0]
            self.rest += [path for path in paths if choice is None or path not in choice.paths]
        for folder in self.env.keys() | {posixpath.dirname(path) for path in self.texts}:
            if folder not in by_folder and (choice := self.chosen(folder, [])) is not None:
                found.append(choice)
        return found

    def chosen(self, folder: str, paths: list[str]) -> Choice | None:
        listed = self.settings(folder).get("COMPOSE_FILE")
        if listed is not None and listed.text:
            separator = self.settings(folder).get("COMPOSE_PATH_SEPARATOR", Setting(":")).text or ":"
            named = [inside(folder, piece) for piece in listed.text.split(separator) if piece]
            if named and all(path in self.files for path in named):
                known = tuple(path for path in named if path is not None)
                return Choice(known, posixpath.dirname(known[0]))
        base = _first(folder, BASES, paths)
        if base is None or (posixpath.basename(folder) == DEV_FOLDER and not self.files[base].complete):
            return None
        override = _first(folder, OVERRIDES, paths)
        return Choice((base, override) if override else (base,), folder)

    def _variants(self) -> list[Choice]:
        found: list[Choice] = []
        left: list[str] = []
        alone = self._alone()
        taken_in = {reached.path for reached in self.reached}.union(*(self._takes_in(path) for path in self.rest))
        for path in self.rest:
            folder = posixpath.dirname(path)
            base = self.bases.get(folder)
            variant = _VARIANT.fullmatch(posixpath.basename(path)) is not None
            if base is not None and variant and self._lies_over(path, base):
                found.append(Choice((base, path), folder, overlay=True))
            elif self.files[path].complete and path not in taken_in and not self._is_part(path, alone):
                found.append(Choice((path,), folder))
            else:
                left.append(path)
        self.rest = left
        return found

    def _takes_in(self, path: str) -> Iterator[str]:
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
                if found in self.files and found != path:
                    yield found

    def _alone(self) -> set[str]:
        """The folders in which there is one Compose file only."""
        seen: dict[str, int] = {}
        for path in self.files:
            folder = posixpath.dirname(path)
            seen[folder] = seen.get(folder, 0) + 1
        return {folder for folder, count in seen.items() if count == 1}

    def _lies_over(self, path: str, base: str) -> bool:
        """Does a file change some services of a base or need what only the base has, rather than stand beside it?"""
        own, others = self._service_names(path), self._service_names(base)
        shares = bool(own & others) and not (self.files[path].complete and own >= others)
        return shares or (self.files[path].complete and self._dangles(path))

    def _is_part(self, path: str, alone: set[str]) -> bool:
        """Is it meant to be laid over a file that isn't beside it under the usual name?"""
        if "override" in posixpath.basename(path):
            return True
        return posixpath.dirname(path) not in alone and self._dangles(path)

    def _dangles(self, path: str) -> bool:
        folder = posixpath.dirname(path)
        variables = self.settings(folder)
        root = normalised(self.loader.project((path,), folder, variables).root, "", variables)
        return dangling(root)

    def _service_names(self, path: str) -> set[str]:
        return {name for root in self.files[path].documents for name in entries(root.get("services"))}

    def _fragments(self) -> list[Choice]:
        return [
            Choice((path,), posixpath.dirname(path), complete=False)
            for path in self.rest
            if Reached(path) not in self.reached and self.files[path].documents and not self._all_extended(path)
        ]

    def _all_extended(self, path: str) -> bool:
        names = self._service_names(path)
        return bool(names) and all(Reached(path, name) in self.reached for name in names)

    def made(self, choice: Choice) -> ComposeProject:
        paths = choice.paths
        variables = self.settings(choice.folder)
        loaded = self.loader.project(paths, choice.folder, variables)
        self.reached |= loaded.reached
        name = self._name(paths, choice.folder, variables)
        root = normalised(loaded.root, name, variables)
        return self._project(choice, paths, name, loaded, root, variables)

    def _project(
        self, choice: Choice, paths: tuple[str, ...], name: str, loaded: Loaded, root: Mapping, variables: Variables
    ) -> ComposeProject:
        problems: list[Problem] = [*loaded.problems, *resolved(root, ports=0).problems]
        problems += refusals(root, complete=choice.complete and not choice.overlay)
        skipped = set() if choice.complete else {r.service for r in self.reached if r.path == paths[0] and r.service}
        place = Place(choice.folder, root, variables, self.texts, choice.complete, skipped)
        parts = project_parts(place)
        services = {}
        for key, service in parts.services.items():
            at = (service.location.path, key)
            services[key] = service._replace(complete=service.complete and not (choice.overlay and at in self.whole))
            if service.complete and not choice.overlay:
                self.whole.add(at)
        location = self.files[paths[0]].source.at_line(1)
        top = root.key("services")
        project = ComposeProject(
            name, choice.folder, paths, services, parts.networks, parts.volumes, parts.secrets, parts.configs,
            tuple(problems), (), top.location if top is not None else location, root, choice.complete, choice.overlay,
            v1=tuple(self.files[path].source.at_line(1) for path in paths if self.files[path].v1),
            versions=tuple(self._versions(paths)), remotes=tuple(loaded.remotes),
            taken=frozenset(r.path for r in loaded.reached if not r.service),
            extended=frozenset((r.path, r.service) for r in loaded.reached if r.service),
        )  # fmt: skip
        return project._replace(workloads=workloads(project, place))

    def _versions(self, paths: tuple[str, ...]) -> Iterator[Location]:
        for path in paths:
            for root in self.files[path].documents:
                key = root.key("version")
                if key is not None:
                    yield key.location

    def _name(self, paths: tuple[str, ...], folder: str, variables: Variables) -> str:
        """The project's name: the caller's choice, else the last file that says one, else the folder's."""
        chosen = variables.get("COMPOSE_PROJECT_NAME")
        if chosen is not None and chosen.text:
            return chosen.text
        written = ""
        for path in paths:
            for root in self.files[path].documents:
                written = text_of(root.get("name")) or written if not is_null(root.get("name")) else written
        try:
            text = unmarked(Substitution(written, variables).text)
        except BadTemplateError:
            text = ""
        return _normal_name(text) or _normal_name(posixpath.basename(folder) or self.root_name)


def _first(folder: str, names: tuple[str, ...], paths: list[str]) -> str | None:
    return next((path for name in names if (path := posixpath.join(folder, name)) in paths), None)


def _normal_name(text: str) -> str:
    return "".join(_NAME.findall(text.lower())).lstrip("_-")
