"""Compose files to projects: what each project is, once it is chosen which files belong together.

A folder's base file with its automatic override is a project, so is a base with each variant that is laid over it, and
every other file that could be started alone. What is only taken in by another file is judged there.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from collections.abc import Mapping as Lookup

from hullcheck.budget import OutOfTimeError, Thing, tick
from hullcheck.link.compose_choice import Around, Choice, Choices
from hullcheck.link.compose_containers import Lending, workloads
from hullcheck.link.compose_reading import Reading, Settings
from hullcheck.link.compose_services import Place, project_parts
from hullcheck.link.compose_shipped import Shipped
from hullcheck.model.compose import ComposeFile, ComposeProject, Service
from hullcheck.model.node import Mapping, Node, is_null
from hullcheck.model.problem import Problem, fault, late
from hullcheck.patterns import pattern
from hullcheck.render.compose.files import Files, ReadNamed
from hullcheck.render.compose.interpolate import BadTemplateError, Setting, Substitution, Variables
from hullcheck.render.compose.nodes import get, same, text_of, unmarked
from hullcheck.render.compose.normal import normalised
from hullcheck.render.compose.refuse import refusals
from hullcheck.render.compose.stack import deployed, idle
from hullcheck.source import Location, Source
from hullcheck.tuples import NamedTuple

_NAME = pattern("[a-z0-9_-]")
_HARDENING = (
    ("image",), ("build",), ("user",), ("cap_drop",), ("security_opt",), ("read_only",), ("mem_limit",),
    ("pids_limit",), ("cpus",), ("deploy", "resources"),
)  # fmt: skip
"""What decides which hardening a service lacks."""

_OTHERS = ("networks", "volumes", "secrets", "configs")
_JOINS = ("network_mode", "ipc", "pid", "volumes_from")


class Linked(NamedTuple):
    """The projects of a repository, and what is wrong with how it says what they are."""

    projects: list[ComposeProject]
    problems: list[Problem]


def projects(
    files: Lookup[str, ComposeFile], env: Settings, texts: Lookup[str, Source] | None = None, root_name: str = ""
) -> list[ComposeProject]:
    """Every project that these files alone make; the parameters are those of `link`."""
    return link(Files(files), env, texts or {}, Around(), root_name).projects


def link(
    files: Files,
    env: Settings,
    texts: Lookup[str, Source],
    around: Around,
    root_name: str = "",
    profiles: tuple[str, ...] | None = None,
) -> Linked:
    """Every project of a repository. `env` are variables that are given for a folder, which win over its `.env`.

    `texts` are files of variables by their path: the `.env` of each folder, and those that `env_file` may name.
    `around` is what else says which files belong together. `root_name` is what the repository's own folder is called.
    `profiles` are the active ones where a project says none itself; None for all.
    """
    made = _Projects(Reading(files, env, texts, either=True), root_name, profiles)
    found = made.all(around)
    return Linked(found, made.problems)


class Shown(NamedTuple):
    """A project, and in `root` what `docker compose config` prints of it, with paths left relative."""

    project: ComposeProject
    root: Mapping


def show(
    files: Lookup[str, ComposeFile],
    paths: tuple[str, ...],
    env: Settings,
    texts: Lookup[str, Source],
    *,
    profiles: tuple[str, ...] | None = None,
    root_name: str = "",
    read: ReadNamed | None = None,
) -> Shown:
    """Exactly these files, laid over one another; the profiles are those of `COMPOSE_PROFILES` if none are given.

    `read` gives files that only others name.
    """
    reading = Reading(Files(files, read) if read is not None else Files(files), env, texts)
    folder = posixpath.dirname(paths[0])
    project = _Projects(reading, root_name).made(Choice(paths, folder))
    variables = reading.settings(folder)
    if profiles is None:
        profiles = tuple(variables.get("COMPOSE_PROFILES", Setting("")).text.split(","))
    from hullcheck.render.compose.envfiles import with_files
    from hullcheck.render.compose.resolved import escaped, resolved, started

    root = with_files(started(project.node, profiles), folder, texts, variables)
    printed = escaped(resolved(root).root)
    assert isinstance(printed, Mapping)
    return Shown(project, printed)


def taken(
    files: Lookup[str, ComposeFile],
    folder: str,
    env: Settings,
    texts: Lookup[str, Source],
    read: ReadNamed | None = None,
) -> tuple[str, ...]:
    """The files that Compose takes in a folder if it isn't told any; none if there is no project."""
    paths = [path for path in files if posixpath.dirname(path) == folder]
    reading = Reading(Files(files, read) if read is not None else Files(files), env, texts)
    choice = Choices(reading, Around()).chosen(folder, paths)
    return choice.paths if choice is not None else ()


def alone(file: ComposeFile, path: str) -> ComposeProject:
    """A file by itself, about which nothing is missing: a development container, as the service that it comes to."""
    reading = Reading(Files({path: file}), {}, {})
    return _Projects(reading, "").made(Choice((path,), posixpath.dirname(path), complete=False))


class _InTime(Thing):
    """What is done for a project of files, the first of which is at a path, unless it takes too long."""

    def __init__(self, projects: _Projects, path: str) -> None:
        self.projects = projects
        self.path = path

    def __exit__(self, *raised: object) -> bool:
        super().__exit__(*raised)
        error = raised[1]
        place = self.projects.reading.files[self.path].source.at(0)
        if isinstance(error, OutOfTimeError):
            self.projects.problems.append(late(error, place, "Compose project"))
        elif isinstance(error, Exception):
            self.projects.problems.append(fault(error, place, "Compose project"))
        else:
            return False
        return True


class _Projects:
    def __init__(self, reading: Reading, root_name: str, profiles: tuple[str, ...] | None = None) -> None:
        self.reading = reading
        self.root_name = root_name
        self.profiles = profiles
        self.problems: list[Problem] = []
        self.bases: dict[str, ComposeProject] = {}  # those that others are laid over, by their first file
        self.scopes: dict[str, int] = {}

    def all(self, around: Around) -> list[ComposeProject]:
        choices = Choices(self.reading, around)
        found: list[ComposeProject] = []
        done: set[tuple[str, ...]] = set()
        for choose in (choices.listed, choices.mains, choices.standing, choices.layered):
            for choice in choose():
                if choice.paths in done and choose != choices.listed:
                    continue
                done.add(choice.paths)
                with _InTime(self, choice.paths[0]):
                    tick()
                    found.append(self._named_apart(self._based(choice)))
        for choice in choices.guesses:
            with _InTime(self, choice.paths[0]):
                tick()
                project = self._guessed(choice)
                if project is None:
                    choices.left.append(choice.paths[-1])
                else:
                    found.append(self._named_apart(project))
        self.problems += choices.problems
        return [*found, *map(self._named_apart, self._fragments(choices.left))]

    def _based(self, choice: Choice) -> ComposeProject:
        """A project that is certain, and may be what others are laid over."""
        base = self.bases.get(choice.paths[0]) if choice.overlay else None
        project = self.made(choice._replace(overlay=base is not None))
        if not choice.overlay:
            self.bases.setdefault(choice.paths[0], project)
        return project

    def _guessed(self, choice: Choice) -> ComposeProject | None:
        """A project that only names suggest; None if the files contradict it."""
        project = self.made(choice)
        base = self.bases.get(choice.paths[0])
        known = {_statement(problem) for problem in base.problems} if base is not None else set()
        if any(_statement(problem) not in known for problem in project.problems):
            parts = (self.made(Choice((path,), choice.folder, complete=False)) for path in choice.paths)
            known |= {_statement(problem) for part in parts for problem in part.problems}
            if any(_statement(problem) not in known for problem in project.problems):
                return None
        first = choice.paths[0]
        return None if self.reading.dangles(*choice.paths) and not self.reading.dangles(first) else project

    def _fragments(self, left: list[str]) -> list[ComposeProject]:
        """What no project takes in: files beyond a way that was too long, by themselves; then parts of what isn't here."""
        found: list[ComposeProject] = []
        done: set[str] = set()
        waiting = sorted(left, reverse=True)
        while self.reading.cut or waiting:
            is_cut = bool(self.reading.cut)
            path = next(iter(self.reading.cut)) if is_cut else waiting.pop()
            self.reading.cut.pop(path, None)
            file = self.reading.files[path]
            if path in done or self.reading.is_reached(path) or not file.documents:
                continue
            done.add(path)
            folder = posixpath.dirname(path)
            whole = is_cut and file.complete
            with _InTime(self, path):
                tick()
                found.append(self.made(Choice((path,), folder, complete=whole, fragment=not whole)))
        return found

    def _named_apart(self, project: ComposeProject) -> ComposeProject:
        """The project, with a scope that no other one has."""
        number = self.scopes[project.scope] = self.scopes.get(project.scope, 0) + 1
        return project if number == 1 else project._replace(label=f"{project.label} ({number})")

    def made(self, choice: Choice) -> ComposeProject:
        """The project that these files make."""
        from hullcheck.render.compose.resolved import resolved, started

        name = self._name(choice, self.reading.settings(choice.folder, choice.env))
        loaded, variables = self.reading.merged(choice.paths, choice.folder, name, choice.env)
        left_out = tuple(idle(loaded.root)) if choice.stack is not None else ()
        stacked = choice.stack is not None and not choice.also
        root = normalised(deployed(loaded.root) if stacked else loaded.root, name, variables)
        profiles = choice.profiles if choice.profiles is not None else self.profiles
        if profiles is not None:
            root = started(root, profiles)
        problems: list[Problem] = [*loaded.problems, *resolved(root, ports=0).problems]
        sure = choice.complete and not choice.guessed and not loaded.partial
        base = self.bases.get(choice.paths[0]) if choice.overlay else None
        problems += refusals(root, complete=sure, lost=loaded.lost)
        told = {_statement(problem) for problem in base.problems} if base is not None else set()
        skipped = {r.service for r in self.reading.reached if r.path == choice.paths[0] and r.service}
        place = Place(
            choice.folder,
            root,
            variables,
            self.reading.texts,
            choice.complete,
            skipped if choice.fragment else set(),
            Shipped(choice.folder, self.reading.texts, variables),
        )
        parts = project_parts(place)
        services = {
            key: service._replace(
                complete=service.complete and key not in loaded.lost and not _as_in(base, service, choice)
            )
            for key, service in parts.services.items()
        }
        first = self.reading.files[choice.paths[0]]
        top = root.key("services")
        project = ComposeProject(
            name, choice.folder, choice.paths, services, parts.networks, parts.volumes, parts.secrets, parts.configs,
            tuple(p for p in problems if _statement(p) not in told), (),
            top.location if top is not None else first.source.at_line(1), root, choice.complete, base is not None and base.complete,
            v1=tuple(f.source.at_line(1) for f in map(self.reading.files.__getitem__, choice.paths) if f.v1),
            versions=tuple(self._versions(choice.paths)), remotes=tuple(loaded.remotes),
            guessed=choice.guessed, label=_label(choice), stack=choice.stack, idle=left_out, also=choice.also,
            taken=frozenset(r.path for r in loaded.reached if not r.service),
            extended=frozenset((r.path, r.service) for r in loaded.reached if r.service),
        )  # fmt: skip
        same_as = _untouched(base, project)
        lending = Lending(project)
        running = (workload for workload in workloads(project, place, lending) if workload.name not in same_as)
        return project._replace(workloads=tuple(running), problems=(*project.problems, *lending.problems))

    def _versions(self, paths: tuple[str, ...]) -> Iterator[Location]:
        for path in paths:
            for root in self.reading.files[path].documents:
                key = root.key("version")
                if key is not None:
                    yield key.location

    def _name(self, choice: Choice, variables: Variables) -> str:
        """The project's name: the caller's choice, else the last file that says one, else the folder's."""
        if choice.name:
            return _normal_name(choice.name)
        chosen = variables.get("COMPOSE_PROJECT_NAME")
        if chosen is not None and chosen.text:
            return chosen.text
        written = ""
        for path in choice.paths:
            for root in self.reading.files[path].documents:
                written = text_of(root.get("name")) or written if not is_null(root.get("name")) else written
        try:
            text = unmarked(Substitution(written, variables).text)
        except BadTemplateError:
            text = ""
        return _normal_name(text) or _normal_name(posixpath.basename(choice.folder) or self.root_name)


def _normal_name(text: str) -> str:
    return "".join(_NAME.findall(text.lower())).lstrip("_-")


def _statement(problem: Problem) -> tuple[str, str, str]:
    """What a problem says, of whom."""
    return problem.name, problem.message, problem.owner


def _label(choice: Choice) -> str:
    said = [f"name {choice.name}"] if choice.name else []
    said += [f"profiles {', '.join(choice.profiles) or 'none'}"] if choice.profiles is not None else []
    return f" ({', '.join(said)})" if said else ""


def _equal(first: Node | None, second: Node | None) -> bool:
    return same(first, second) if first is not None and second is not None else first is second


def _as_in(base: ComposeProject | None, service: Service, choice: Choice) -> bool:
    """Is what the service lacks told of the base's one already? What only a guess takes away isn't missed."""
    known = base.services.get(service.name) if base is not None else None
    if known is None or not known.complete:
        return False
    return choice.guessed or all(_equal(get(service.node, *keys), get(known.node, *keys)) for keys in _HARDENING)


def _untouched(base: ComposeProject | None, project: ComposeProject) -> set[str]:
    """The services that are in every respect those of the base, which are judged there."""
    if base is None or not all(_equal(base.node.get(kind), project.node.get(kind)) for kind in _OTHERS):
        return set()
    known = base.services
    return {
        name
        for name, service in project.services.items()
        if name in known
        and (known[name].complete or not service.complete)
        and same(known[name].node, service.node)
        and not any(service.node.get(key) is not None for key in _JOINS)
    }
