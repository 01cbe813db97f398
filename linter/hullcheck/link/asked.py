"""Builds that pipelines, scripts and development containers ask for: which files are Dockerfiles, and how they are built."""

import posixpath
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hullcheck.discover import Tree
from hullcheck.link.builds import Build, join
from hullcheck.link.ci import Inputs, Pipelines
from hullcheck.model.repository import BuildArgument
from hullcheck.parse.build_commands import BuildCommand, commands, folders, handed
from hullcheck.source import Related, Source

MAX_SCRIPTS = 2_000
MAX_BYTES = 256 * 1024
"""What is read of scripts: a larger one is data."""

MAX_VARIANTS = 20
"""Different ways of building one Dockerfile that are judged."""

_ENDS = (".sh", ".bash", ".zsh", ".ksh", ".mk", ".jenkinsfile")
_STARTS = ("makefile", "gnumakefile", "jenkinsfile", "justfile", ".justfile", "taskfile.", "azure-pipelines")
_NAMES = frozenset(
    ("package.json", ".travis.yml", "bitbucket-pipelines.yml", ".drone.yml", ".woodpecker.yml", "appveyor.yml")
)
_FOLDERS = (".circleci/", ".woodpecker/", ".buildkite/")


class Asked(NamedTuple):
    """The builds whose file may be here, the paths of bake files that are named, and what builds are given."""

    builds: tuple[Build, ...] = ()
    bakes: tuple[str, ...] = ()
    handed: tuple[BuildArgument, ...] = ()


def asked(tree: Tree, pipelines: Pipelines) -> Asked:
    """What is built, as far as the words say it. Only files of the tree are meant; the others are left out."""
    present = frozenset(tree.paths)
    builds: list[Build] = []
    bakes: list[str] = []
    given: list[BuildArgument] = list(pipelines.handed)
    for said in pipelines.inputs:
        place = Related(said.location, "a pipeline builds it")
        builds += _builds(present, [said.folder], said, place)
        bakes += _present(present, [said.folder], said.bake)
    for source in (*pipelines.sources, *_scripts(tree, {source.path for source in pipelines.sources})):
        bases = _bases(source)
        for command in commands(source.text):
            place = Related(source.at(command.start, command.end).one_line(), "a script builds it")
            builds += _builds(present, bases, command, place)
            bakes += _present(present, bases, command.bake)
            for name, value, start, end in handed(source.text, command):
                given.append(BuildArgument(source.at(start, end), "", "--build-arg", name, value))
    return Asked(tuple(builds), tuple(dict.fromkeys(bakes)), tuple(given))


def variants(stated: Iterable[Build], wanted: Iterable[Build]) -> Iterator[Build]:
    """What the builds that pipelines ask for add to those that are stated.

    Where only a pipeline says how a file is built, somebody may still build all of it, with other arguments.
    """
    known = {build.dockerfile for build in stated}
    by_file: dict[str, dict[tuple[object, ...], Build]] = {}
    for build in wanted:
        by_file.setdefault(build.dockerfile, {}).setdefault((build.target, build.arguments), build)
    for path, builds in by_file.items():
        if path in known:
            yield from list(builds.values())[:MAX_VARIANTS]
        elif special := [build for build in builds.values() if build.target or build.arguments]:
            yield Build(path, None, "", (), Related(special[0].place.location, ""))
            yield from special[:MAX_VARIANTS]


def _scripts(tree: Tree, known: set[str]) -> Iterator[Source]:
    paths = (path for path in tree.paths if is_script(path) and path not in known and not tree.ignored(path))
    for path in sorted(paths)[:MAX_SCRIPTS]:
        try:
            data = tree.read(path, MAX_BYTES)
        except OSError:
            continue
        if b"build" in data or b"bake" in data:
            yield Source(path, data)


def is_script(path: str) -> bool:
    """Is it a place where people write how images are built?"""
    name = path.rpartition("/")[2].lower()
    if name.endswith(_ENDS) or name.startswith(_STARTS) or name in _NAMES:
        return True
    return path.startswith(_FOLDERS) and name.endswith((".yml", ".yaml", ".sh"))


def _bases(source: Source) -> list[str]:
    """The folders that a script's paths may be relative to: its own and the root, and those that it changes to."""
    own = posixpath.dirname(source.path)
    moved = [join(base, folder) for folder in folders(source.text) for base in ("", own)]
    return list(dict.fromkeys(["", own, *(folder for folder in moved if folder is not None)]))


def _builds(present: frozenset[str], bases: list[str], said: Inputs | BuildCommand, place: Related) -> Iterator[Build]:
    file, context = said.file, said.context
    if file is None or (not file and (context is None or context == "-" or "://" in context)):
        return
    names = [file] if file else [posixpath.join(context or "", name) for name in ("Dockerfile", "Containerfile")]
    if file and context and "://" not in context and not file.startswith("./"):
        names.append(posixpath.join(context, file))
    for path in _present(present, bases, names)[:1]:
        yield Build(path, said.target or None, "", said.arguments, place, contexts=said.contexts, tags=said.tags)


def _present(present: frozenset[str], bases: list[str], names: Iterable[str]) -> list[str]:
    """The files that the names may stand for, the likeliest first."""
    found = (join(base, name) for name in names for base in bases if not name.startswith("/"))
    return [path for path in dict.fromkeys(found) if path is not None and path in present]
