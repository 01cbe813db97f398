"""Which Compose files make a project together.

Facts come first: what Compose takes by itself, `COMPOSE_FILE`, the configuration, a development container. Then what
scripts, workflows and READMEs say. Names by convention are a guess, which the files themselves can refute.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable

from hullcheck.discover import DEV_CONTAINER
from hullcheck.link.compose_reading import Reading
from hullcheck.model.coverage import Gap
from hullcheck.model.problem import Problem
from hullcheck.patterns import pattern
from hullcheck.render.compose.files import Unread
from hullcheck.render.compose.interpolate import Setting
from hullcheck.render.compose.paths import inside
from hullcheck.render.compose.stack import matters, named_stack, of_swarm
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.link.compose_said import Command, Said

BASES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
"""What Compose takes in a folder, the first that is there."""

OVERRIDES = (
    "compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml",
)  # fmt: skip
"""What it lays over the base by itself, the first that is there."""

DEV_FOLDER = ".devcontainer"
"""Where a file with a base's name may be laid over the one of the folder above."""

_VARIANT = pattern(r"(?:docker-)?compose[._-](?!override\.)[^/]+\.ya?ml", re.IGNORECASE)
_WORKSPACE = pattern(r"\$\{localWorkspaceFolder\}/")


class Choice(NamedTuple):
    """Files that make a project together.

    `complete` is false where nothing can be called missing, because more belongs to it than is known; a `fragment` is
    a file that is only judged for what it says. With `overlay`, the first file is judged by itself, too; with
    `guessed`, only names say that they belong together. `profiles` are those that are active, None for all; `name` is
    the project's if it is given one. `stack` is where it is said that they are deployed to a swarm; with `also` they are
    started by Compose, too. `env` are files of variables that are read instead of the folder's `.env`.
    """

    paths: tuple[str, ...]
    folder: str
    complete: bool = True
    overlay: bool = False
    guessed: bool = False
    fragment: bool = False
    profiles: tuple[str, ...] | None = None
    name: str = ""
    stack: Location | None = None
    also: bool = False
    env: tuple[str, ...] = ()


class Listed(NamedTuple):
    """A project that the configuration lists, and where it does."""

    paths: tuple[str, ...]
    place: Location
    profiles: tuple[str, ...] | None = None
    name: str = ""


class Around(NamedTuple):
    """What else says how Compose files belong together: the repository's files, and the configuration.

    `commands` gives those that start Compose, by the path of a text, if they were looked up before; `likely` are the texts
    that may have some.
    """

    paths: Iterable[str] = ()
    read: Callable[[str], bytes] | None = None
    listed: tuple[Listed, ...] = ()
    commands: "Callable[[str], list[Command]] | None" = None
    likely: Iterable[str] | None = None


class Choices:
    """The projects of a repository, from what is certain to what is left."""

    def __init__(self, reading: Reading, around: Around) -> None:
        self.reading = reading
        self.around = around
        self.problems: list[Problem] = []
        self.bases: dict[str, str] = {}
        self.rest: list[str] = []
        self.left: list[str] = []
        self.said: list[Said] = []
        self.stacks: dict[tuple[str, ...], Location] = {}
        self.started: set[tuple[str, ...]] = set()
        self.run: dict[tuple[str, ...], Said] = {}
        self.guesses: list[Choice] = []
        self.claimed: set[str] = set()
        self.only = _only(reading.known)
        self.containers = self._containers()

    def listed(self) -> list[Choice]:
        """The projects that the configuration lists. Their files are part of no other one."""
        found = []
        for entry in self.around.listed:
            paths = self._readable([(path, entry.place) for path in entry.paths], "listed file", "`compose-projects`")
            if paths:
                folder = posixpath.dirname(paths[0])
                over = len(paths) > 1
                found.append(Choice(paths, folder, overlay=over, profiles=entry.profiles, name=entry.name))
        self.claimed.update(path for choice in found for path in choice.paths)
        return sorted(map(self._stacked, found), key=lambda choice: choice.overlay)

    def mains(self) -> list[Choice]:
        """What Compose would start in each folder without being told a file."""
        by_folder: dict[str, list[str]] = {}
        for path in sorted(self.reading.known):
            by_folder.setdefault(posixpath.dirname(path), []).append(path)
        for folder in self.reading.env.keys() | {p.rpartition("/")[0] for p in self._dotenvs()}:
            by_folder.setdefault(folder, [])
        found: list[Choice] = []
        for folder, paths in by_folder.items():
            choice = self.chosen(folder, paths)
            taken = choice.paths if choice is not None else ()
            if choice is not None:
                self.bases[folder] = choice.paths[0]
                if self.claimed.isdisjoint(choice.paths):
                    found.append(choice)
            self.rest += [path for path in paths if path not in taken and path not in self.claimed]
        self._ask()
        return [self._stacked(choice._replace(complete=not self._is_made_whole(choice)), main=True) for choice in found]

    def _dotenvs(self) -> list[str]:
        return [path for path in self.reading.texts if path == ".env" or path.endswith("/.env")]

    def chosen(self, folder: str, paths: list[str]) -> Choice | None:
        """What Compose takes in a folder that holds these Compose files."""
        listed = self.reading.settings(folder).get("COMPOSE_FILE")
        if listed is not None and listed.text and (known := self._named_by(folder, listed)):
            return Choice(known, posixpath.dirname(known[0]))
        base = _first(folder, BASES, paths)
        if base is None or (posixpath.basename(folder) == DEV_FOLDER and not self._starts(base)):
            return None
        override = _first(folder, OVERRIDES, paths)
        return Choice((base, override) if override else (base,), folder)

    def _named_by(self, folder: str, listed: Setting) -> tuple[str, ...]:
        separator = self.reading.settings(folder).get("COMPOSE_PATH_SEPARATOR", Setting(":")).text or ":"
        place = listed.location
        named = [(inside(folder, piece), place) for piece in listed.text.split(separator) if piece]
        if place is None:  # from the caller, who is told by Compose
            return tuple(path for path, _ in named if path is not None and not self._unread(path))
        return self._readable([(path, place) for path, _ in named], "file of `COMPOSE_FILE`", "`COMPOSE_FILE`")

    def _unread(self, path: str) -> bool:
        return isinstance(self.reading.files.named(path), Unread)

    def _readable(self, named: Iterable[tuple[str | None, Location]], noun: str, says: str) -> tuple[str, ...]:
        """Those of the files that can be read; the others are told."""
        found: dict[str, None] = {}
        for path, place in named:
            file = Unread("outside", "outside the repository") if path is None else self.reading.files.named(path)
            if path is None or isinstance(file, Unread):
                assert isinstance(file, Unread)
                what = f"`{path}`, {file.why}" if path is not None else "a file outside the repository"
                self.problems.append(
                    Problem("not-analysed", f"{says} names {what}", place, gap=Gap(file.cause, noun, what))
                )
            else:
                found[path] = None
        return tuple(found)

    def _starts(self, base: str) -> bool:
        """Is a development container's file a project of its own?"""
        return self.reading.known[base].complete and not any(base in said.paths[1:] for said in self.containers)

    def _is_made_whole(self, choice: Choice) -> bool:
        """Can't it run before another file of its folder is laid over it?"""
        lacking = self._lacking(choice.paths)
        return bool(lacking) and lacking <= self.reading.made_by(*self._over(choice.paths[0]))

    def _lacking(self, paths: tuple[str, ...]) -> set[str]:
        names = set[str]().union(*(self.reading.service_names(path) for path in paths))
        return names - self.reading.made_by(*paths)

    def _over(self, base: str) -> set[str]:
        """The files that are, or may be, laid over a base."""
        folder = posixpath.dirname(base)
        beside = {path for path in self.rest if posixpath.dirname(path) == folder and _is_variant(path)}
        return beside.union(*(said.paths[1:] for said in self.said if said.paths[0] == base))

    def _ask(self) -> None:
        """Find out what is said of the files that no project has yet."""
        self.said = [said for said in self.containers if len(said.paths) > 1]
        self.alone = {said.paths[0] for said in self.containers if len(_of_compose(said.paths)) == 1}
        read = self.around.read
        parts = {path for path in self.rest if self._may_be_part(path)}
        parts |= {path for path in (*self.rest, *self.bases.values()) if self._may_be_stack(path)}
        if read is not None and parts:
            known = [path for path in self.reading.known if path not in self.claimed]
            from hullcheck.link.compose_said import said_by_texts

            for said in said_by_texts(self.around.paths, read, known, self.around.commands, self.around.likely):
                if parts.isdisjoint(said.paths):
                    continue  # it says nothing of what isn't known
                if said.stack:
                    self.stacks.setdefault(said.paths, said.place)
                else:
                    self.started.add(said.paths)
                    if said.folder is not None or said.env:
                        self.run.setdefault(said.paths, said)
                if len(said.paths) == 1:
                    self.alone.add(said.paths[0])
                elif not self.claimed.intersection(said.paths):
                    named = [(path, said.place) for path in said.paths]
                    self.said.append(said._replace(paths=self._readable(named, "file of a command", "a command")))
        self.last = {said.paths[-1] for said in self.said}

    def _may_be_stack(self, path: str) -> bool:
        """Does it say something that a stack leaves out, so that it matters whether it is one?"""
        return any(map(matters, self.reading.files[path].documents))

    def _may_be_part(self, path: str) -> bool:
        if path not in self.only or any(folder in self.bases for folder in _folders(path)):
            return True
        return "${" in self.reading.files[path].source.text  # its variables may be in a file that a command names

    def standing(self) -> list[Choice]:
        """Files that could be started alone. Which others are laid over a base is known then, too."""
        found: list[Choice] = []
        taken_in = {reached.path for reached in self.reading.reached}
        taken_in = taken_in.union(*(self.reading.takes_in(path) for path in self.rest))
        for path in self.rest:
            if path in self.last:
                continue
            if path in taken_in:
                self.left.append(path)
            elif self._is_laid_over(path):
                base = self.bases[posixpath.dirname(path)]
                self.guesses.append(Choice((base, path), posixpath.dirname(path), overlay=True, guessed=True))
            elif self.reading.known[path].complete and not self._is_part(path):
                found.append(Choice((path,), posixpath.dirname(path)))
            else:
                self.left.append(path)
        odd = sorted(path for path in self.alone if path not in self.reading.known)
        return [self._stacked(c) for c in (*found, *(Choice((path,), posixpath.dirname(path)) for path in odd))]

    def layered(self) -> list[Choice]:
        """Files that something says are laid over one another."""
        choices = (Choice(said.paths, posixpath.dirname(said.paths[0]), overlay=True) for said in self.said)
        return list(map(self._stacked, choices))

    def _stacked(self, choice: Choice, *, main: bool = False) -> Choice:
        """The choice, with where and with which variables it is run, and who says that it is deployed to a swarm; what
        Compose takes by itself is started by it, too."""
        run = self.run.get(choice.paths) if not main else None
        if run is not None:
            choice = choice._replace(folder=choice.folder if run.folder is None else run.folder, env=run.env)
        place = self.stacks.get(choice.paths)
        if place is None and not main and len(choice.paths) == 1 and named_stack(choice.paths[0]):
            nodes = map(of_swarm, self.reading.files[choice.paths[0]].documents)
            place = next((node.location for node in nodes if node is not None), None)
        if place is None:
            return choice
        return choice._replace(stack=place, also=main or choice.paths in self.started)

    def _is_laid_over(self, path: str) -> bool:
        """Does its name say that it is laid over the base beside it, and does nothing in it speak against that?"""
        base = self.bases.get(posixpath.dirname(path))
        if base is None or not _is_variant(path):
            return False
        if self.reading.known[path].complete:
            if base in self.reading.takes_in(path) or path in self.alone:
                return False
            if self._lacking((base,)) & self.reading.made_by(path):
                return True
            return self.reading.dangles(path)
        return bool(self.reading.service_names(path) & self.reading.service_names(base))

    def _is_part(self, path: str) -> bool:
        """Is it meant to be laid over a file that isn't beside it under the usual name?"""
        if "override" in posixpath.basename(path):
            return True
        if path in self.alone or not self.reading.dangles(path):
            return False
        above = (self.bases[folder] for folder in _folders(path) if folder in self.bases)
        return path not in self.only or any(not self.reading.dangles(base, path) for base in above)

    def _containers(self) -> list[Said]:
        """What the repository's development containers are made of."""
        read = self.around.read
        if read is None:
            return []
        found = []
        for container in [path for path in self.around.paths if path.endswith(DEV_CONTAINER)]:
            from hullcheck.link.compose_said import Said, said_by_container

            if posixpath.basename(container).lstrip(".") != DEV_CONTAINER:
                continue
            named = [(path_in_container(container, name), place) for name, place in said_by_container(container, read)]
            paths = self._readable(named, "file of a development container", "`dockerComposeFile`")
            if paths:
                own = (container,) if container in self.reading.known else ()
                found.append(Said((*paths, *own), named[0][1]))
        return found


def path_in_container(container: str, name: str) -> str | None:
    """The path of a file that a development container names; None if it leads out of the root."""
    bare = _WORKSPACE.sub("", name)
    return inside("", bare) if bare != name else inside(posixpath.dirname(container), name)


def _of_compose(paths: Iterable[str]) -> list[str]:
    """Those that aren't what a development container lays over them."""
    return [path for path in paths if not path.endswith(DEV_CONTAINER)]


def _only(paths: Iterable[str]) -> set[str]:
    """The files that are the only Compose file of their folder."""
    by_folder: dict[str, list[str]] = {}
    for path in _of_compose(paths):
        by_folder.setdefault(posixpath.dirname(path), []).append(path)
    return {beside[0] for beside in by_folder.values() if len(beside) == 1}


def _is_variant(path: str) -> bool:
    return _VARIANT.fullmatch(posixpath.basename(path)) is not None


def _folders(path: str) -> list[str]:
    """The folders that a path lies in, from its own to the root."""
    found = [posixpath.dirname(path)]
    while found[-1]:
        found.append(posixpath.dirname(found[-1]))
    return found


def _first(folder: str, names: tuple[str, ...], paths: list[str]) -> str | None:
    return next((path for name in names if (path := posixpath.join(folder, name)) in paths), None)
