"""All that a tree renders to: every object of every world, every part of every Compose project, every image."""

from __future__ import annotations

import os
import posixpath
from collections import Counter
from collections.abc import Iterable, Iterator

from hullcheck import look
from hullcheck.budget import OutOfTimeError
from hullcheck.budget import Thing as Timed
from hullcheck.discover import Entry, Tree
from hullcheck.model.node import Mapping, Node, Scalar, at
from hullcheck.model.problem import Problem, late
from hullcheck.show.build import mapping, sequence, text
from hullcheck.show.decided import Read
from hullcheck.show.roots import COMPOSE, IMAGE, Options
from hullcheck.show.story import Story, stories
from hullcheck.source import Source
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any

_SECTIONS = {
    "services": "service",
    "networks": "network",
    "volumes": "volume",
    "secrets": "secret",
    "configs": "config",
}
_STEPS = frozenset(("RUN", "COPY", "ADD", "ONBUILD"))


class Thing(NamedTuple):
    """Something that runs or is applied: `key` says who it is within its world, `title` names it for people.

    `owner` is what findings and stories call it. `first_name` is the name that it had before anything changed it.
    """

    world: str
    kind: str
    key: tuple[str, ...]
    title: str
    owner: str
    node: Mapping
    first_name: str = ""


class World(NamedTuple):
    """What is applied together: `kind` is "kustomization", "chart", "manifests", "compose" or "image".

    `files` are what it is made of. `unsure` says why it isn't known in full, if so.
    """

    name: str
    kind: str
    things: tuple[Thing, ...]
    files: frozenset[str] = frozenset()
    unsure: str = ""


class Side(NamedTuple):
    """All that one tree renders to, the stories of its containers, what can't be known of it, and how to read its files.

    `given` are the paths of files of values that charts are rendered with.
    """

    worlds: tuple[World, ...]
    stories: tuple[Story, ...]
    problems: tuple[Problem, ...]
    read: Read = lambda path: None
    given: frozenset[str] = frozenset()


def side(tree: Tree, options: Options, root_name: str = "") -> Side:
    """Render a tree. `root_name` is what the repository's own folder is called, which names Compose projects.

    Without profiles, those of all services are active.
    """
    from datetime import date

    from hullcheck.link.project import link
    from hullcheck.model.settings import Given, Settings
    from hullcheck.read import read_all

    entries = [item for item in tree.entries() if isinstance(item, Entry)]
    files = read_all(tree, entries, 1, lambda what, done, total: None)
    given = Given(options.values, options.sets, options.env, options.kube_version, options.api_versions)
    linked = link(files, tree, Settings(date.fromisoformat(look.today()), given=given))
    problems = [problem for problem in linked.problems if problem.gap is not None]
    made = _Worlds(tree, options, root_name, problems)
    worlds = [
        *map(made.manifests, linked.worlds),
        *(world for project in linked.compose for world in made.project(project)),
        *(world for path, model in linked.dockerfiles.items() for world in made.image(path, model)),
    ]
    started = {(thing.world, thing.owner) for world in worlds for thing in world.things if world.kind == COMPOSE}
    projects = {world.name for world in worlds if world.kind == COMPOSE}
    told = []
    for story in stories(part for _, part in linked.parts):
        scope, _, inner = story.owner.partition("#")
        if scope not in projects or (scope, inner) in started:
            told.append(story)
    return Side(tuple(worlds), tuple(told), tuple(made.problems), made.read, _paths(options.values, tree))


def _paths(given: Iterable[Source], tree: Tree) -> frozenset[str]:
    """Where files that are given from the current folder lie in the tree."""
    root = getattr(tree, "root", "")
    return frozenset(os.path.relpath(look.realpath(source.path), root).replace(os.sep, "/") for source in given)


class _Worlds:
    def __init__(self, tree: Tree, options: Options, root_name: str, problems: list[Problem]) -> None:
        self.tree = tree
        self.options = options
        self.root_name = root_name
        self.problems = problems
        self._read_compose: dict[str, Any] = {}
        self._named: Any = None

    def read(self, path: str) -> bytes | None:
        try:
            return self.tree.read(path)
        except OSError:
            return None

    def manifests(self, world: Any) -> World:
        """A world of Kubernetes' objects."""
        objects = tuple(_objects(world.name, world.kind, world.objects))
        return World(world.name, world.kind, objects, world.files, world.approximate)

    def project(self, project: Any) -> Iterator[World]:
        """A Compose project as `docker compose config` prints it."""
        from hullcheck.link.compose import show
        from hullcheck.link.named import NamedFiles, Texts
        from hullcheck.parse.compose import read

        self._named = self._named or NamedFiles({}, self.tree).compose
        for path in project.paths:
            if path not in self._read_compose and (data := self.read(path)) is not None:
                self._read_compose[path] = read(Source(path, data))
        files = {path: self._read_compose[path] for path in project.paths if path in self._read_compose}
        if len(files) < len(project.paths):
            return
        folder = posixpath.dirname(project.paths[0])
        try:
            with Timed():
                made = show(
                    files,
                    project.paths,
                    {folder: self.options.env},
                    Texts({}, self.tree),
                    profiles=self.options.profiles or ("*",),
                    root_name=self.root_name,
                    read=self._named,
                )
        except OutOfTimeError as error:
            self.problems.append(late(error, project.location, "Compose project"))
            return
        things = tuple(_parts(project.scope, made.root))
        yield World(project.scope, COMPOSE, things, frozenset(project.paths) | project.taken)

    def image(self, path: str, dockerfile: Any) -> Iterator[World]:
        """The image that a Dockerfile makes: its configuration, and the steps of its stages."""
        from hullcheck.model.shipped import shipped
        from hullcheck.show.image import described

        made = shipped(dockerfile, self.options.target, self.options.arguments, bool(self.options.arguments))
        if made is None:
            return
        node = described(made)
        place = made.stage.location
        steps = mapping(((stage.owner, _steps(stage)) for stage in made.stage.graph.stages), place)
        node = mapping([*((name, value) for name, (_, value) in node.entries().items()), ("steps", steps)], place)
        owner = made.stage.owner
        yield World(path, IMAGE, (Thing(path, IMAGE, ("image",), "image", owner, node),), frozenset((path,)))


def _steps(stage: Any) -> Node:
    """What a stage starts from and does: `FROM`, and the instructions that make its files."""
    found = [stage.start] if stage.start is not None else []
    found += [each for each in stage.instructions if each.keyword in _STEPS]
    return sequence((text(_step(each), each.location) for each in found), stage.location)


def _step(instruction: Any) -> str:
    flags = (flag.location.text for flag in instruction.flags)
    said = " ".join((instruction.keyword, *flags, *instruction.text.text.split()))
    return "\n".join((said, *(heredoc.body.text for heredoc in instruction.heredocs)))


def _objects(world: str, kind: str, objects: Iterable[Any]) -> Iterator[Thing]:
    seen: Counter[tuple[str, ...]] = Counter()
    for made in objects:
        key: tuple[str, ...] = (made.group, made.kind, made.namespace, made.name)
        seen[key] += 1
        number = seen[key]
        title = f"{made.kind} {made.namespace}/{made.name}" if made.namespace else f"{made.kind} {made.name}"
        if number > 1:
            key, title = (*key, str(number)), f"{title} ({number})"
        yield Thing(world, kind, key, title, made.owner, made.node, _first_name(made))


def _first_name(made: Any) -> str:
    name = at(made.node, "metadata", "name")
    while name is not None and name.before is not None:
        name = name.before
    return name.text if isinstance(name, Scalar) else ""


def _parts(scope: str, root: Mapping) -> Iterator[Thing]:
    """A project's services, networks and so on, each by itself, and what the project says besides."""
    entries = root.entries()
    for section, word in _SECTIONS.items():
        found = entries[section][1] if section in entries else None
        for name, (_, node) in found.entries().items() if isinstance(found, Mapping) and not found.unknown else ():
            part = node if isinstance(node, Mapping) and not node.unknown else _wrapped(node)
            yield Thing(scope, COMPOSE, (section, name), f"{word} {name}", f"{section}.{name}", part, name)
    rest = {
        key: entry
        for key, entry in entries.items()
        if key not in _SECTIONS or not isinstance(entry[1], Mapping) or entry[1].unknown
    }
    yield Thing(scope, COMPOSE, ("project",), "project", "services", root.with_entries(rest))


def _wrapped(node: Node) -> Mapping:
    """A part that is no mapping, such as a network that says nothing, or that isn't known."""
    return mapping([("", node)], node.location)


def of_paths(found: Side, paths: Iterable[str]) -> Side:
    """What is made of the files at or below these paths."""
    wanted = list(paths)
    if not wanted or "" in wanted or "." in wanted:
        return found

    def inside(path: str) -> bool:
        return any(path == each or path.startswith(f"{each}/") for each in wanted)

    worlds = tuple(world for world in found.worlds if any(map(inside, (*world.files, world.name))))
    names = {world.name for world in worlds}
    kept = tuple(story for story in found.stories if story.owner.partition("#")[0] in names)
    problems = tuple(problem for problem in found.problems if inside(problem.location.path))
    return found._replace(worlds=worlds, stories=kept, problems=problems)
