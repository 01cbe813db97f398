"""Builds that pipelines, scripts and development containers ask for: which files are Dockerfiles, and how they are built."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from hullcheck.discover import Tree, like, seen
from hullcheck.link.ci import Pipelines
from hullcheck.link.inputs import Inputs
from hullcheck.source import Location, Related, Source
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.link.builds import Build
    from hullcheck.link.compose_said import Command
    from hullcheck.link.matrix import Choices
    from hullcheck.model.repository import BuildArgument
    from hullcheck.parse.build_commands import BuildCommand

MAX_SCRIPTS = 2_000
MAX_BYTES = 256 * 1024
"""What is read of scripts: a larger one is data."""

MAX_VARIANTS = 20
"""Different ways of building one Dockerfile that are judged."""

_ENDS = (".sh", ".bash", ".zsh", ".ksh", ".mk", ".jenkinsfile", ".ps1", ".bat", ".cmd", ".groovy")
_STARTS = (
    "makefile", "gnumakefile", "jenkinsfile", "justfile", ".justfile", "taskfile.", "azure-pipelines", "cloudbuild",
    "earthfile", "tiltfile", "fly.", ".goreleaser", "goreleaser", "buildspec", "skaffold",
)  # fmt: skip
_NAMES = frozenset(
    (
        "package.json", ".travis.yml", "bitbucket-pipelines.yml", ".drone.yml", ".woodpecker.yml", "appveyor.yml",
        "tox.ini", "noxfile.py", "tasks.py", "fabfile.py", "magefile.go", "render.yaml", "railway.json", "railway.toml",
        "heroku.yml", "captain-definition", "garden.yml", "devspace.yaml", "devspace.yml", "werf.yaml", "okteto.yml",
        "okteto.yaml", "codemagic.yaml", ".cirrus.yml", "mise.toml", ".mise.toml", "appspec.yml",
    )
)  # fmt: skip
_FOLDERS = (".circleci/", ".woodpecker/", ".buildkite/", ".azure/", ".azuredevops/", ".azure-pipelines/", ".pipelines/")
_OF_SCRIPTS = frozenset(
    ("scripts", "script", "hack", "tools", "ci", ".ci", "build", "bin", "pipelines", "azure", "eng", "cloudbuild", "cicd",
     "deploy", "make", "automation", ".cloudbuild", "jenkins", "release")
)  # fmt: skip
"""Folders in which programs and pipelines of any name are looked at."""


_WORDS = (b"build", b"bake", b"dockerfile", b"kaniko", b"set image")


class Asked(NamedTuple):
    """The builds whose file may be here, the paths of bake files that are named, and what builds are given.

    `inline` are the Dockerfiles that Tiltfiles hold themselves, by the names of their images: where their text stands;
    `tagged` the images that scripts give a tag when they deploy.
    """

    builds: tuple[Build, ...] = ()
    bakes: tuple[str, ...] = ()
    handed: tuple[BuildArgument, ...] = ()
    inline: tuple[tuple[str, Location], ...] = ()
    tagged: tuple[str, ...] = ()


class InTexts(NamedTuple):
    """What texts of a tree say that aren't judged themselves: pipelines, the builds that are asked for, and, by the path
    of a text, the `commands` that start Compose, if that was looked up before.

    `read` are the files that were read for that, or asked what they say, if it is known.
    """

    pipelines: Pipelines
    asked: Asked
    commands: "Callable[[str], list[Command]] | None" = None
    read: frozenset[str] | None = None


def asked(tree: Tree, pipelines: Pipelines, says: Callable[[str], bool] | None = None) -> Asked:
    """What is built, as far as the words say it. Only files of the tree are meant; the others are left out.

    `says` tells of a file that need not be read whether it has a word of builds: `has_word` of its beginning.
    """
    present = seen(tree)
    builds: list[Build] = []
    bakes: list[str] = []
    given: list[BuildArgument] = list(pipelines.handed)
    for said in pipelines.inputs:
        place = Related(said.location, "a pipeline builds it")
        builds += _builds(present, [""], said, place)
        bakes += _present(present, [said.folder], said.bake)
    inline: list[tuple[str, Location]] = []
    tagged: list[str] = []
    chosen: dict[str, list[Choices]] = {}
    for each in pipelines.choices:
        chosen.setdefault(each.path, []).append(each)
    sources = [*pipelines.sources, *_scripts(tree, {source.path for source in pipelines.sources}, says)]
    if sources:  # most runs of one file have none: what reads them takes its time to import
        from hullcheck.link.deploy_tags import set_by
        from hullcheck.link.platforms import held_by
        from hullcheck.link.scripts import read as read_script
    for source in sources:
        bases = _bases(source)
        for part in read_script(source, chosen.get(source.path, [])):
            builds += _builds(present, bases, part.said, Related(part.place, part.how))
            bakes += _present(present, bases, part.said.bake)
            given += part.handed
        inline += held_by(source)
        tagged += set_by(source.text)
    return Asked(tuple(builds), tuple(dict.fromkeys(bakes)), tuple(given), tuple(inline), tuple(dict.fromkeys(tagged)))


def variants(stated: Iterable[Build], wanted: Iterable[Build]) -> Iterator[Build]:
    """What the builds that pipelines ask for add to those that are stated.

    Where only a pipeline says how a file is built, somebody may still build all of it, with other arguments.
    """
    known = {build.dockerfile for build in stated}
    by_file: dict[str, dict[tuple[object, ...], Build]] = {}
    for build in wanted:
        by_file.setdefault(build.dockerfile, {}).setdefault((build.target, build.arguments), build)
    for path, builds in by_file.items():
        from hullcheck.link.builds import Build

        if path in known:
            yield from list(builds.values())[:MAX_VARIANTS]
        elif special := [build for build in builds.values() if build.target or build.arguments]:
            yield Build(path, None, "", (), Related(special[0].place.location, ""))
            yield from special[:MAX_VARIANTS]


def has_word(data: bytes) -> bool:
    """Does a script have a word of builds?"""
    data = data.lower()
    return any(word in data for word in _WORDS)


def _scripts(tree: Tree, known: set[str], says: Callable[[str], bool] | None) -> Iterator[Source]:
    paths = (path for path in like(tree, is_script) if path not in known and not tree.ignored(path))
    for path in islice(paths, MAX_SCRIPTS):
        try:
            if says is not None and not says(path):
                continue
            data = tree.read(path, MAX_BYTES)
        except OSError:
            continue
        if has_word(data):
            yield Source(path, data)


def is_script(path: str) -> bool:
    """Is it a place where people write how images are built?"""
    folder, _, name = path.lower().rpartition("/")
    if name.endswith(_ENDS) or name.startswith(_STARTS) or name in _NAMES or "cloudbuild" in name:
        return True
    if path.startswith(_FOLDERS):
        return name.endswith((".yml", ".yaml", ".sh"))
    if not _OF_SCRIPTS.isdisjoint(folder.split("/")):
        return "." not in name or name.endswith((".py", ".yml", ".yaml"))
    return name.endswith(".py") and ("docker" in name or "image" in name or name.startswith("build"))


def _bases(source: Source) -> list[str]:
    """The folders that a script's paths may be relative to: its own and the root, and those that it changes to."""
    own = posixpath.dirname(source.path)
    from hullcheck.link.builds import join
    from hullcheck.parse.build_commands import folders

    moved = [join(base, folder) for folder in folders(source.text) for base in ("", own)]
    return list(dict.fromkeys(["", own, *(folder for folder in moved if folder is not None)]))


def _builds(
    present: frozenset[str], bases: list[str], said: "Inputs | BuildCommand", place: Related
) -> Iterator[Build]:
    file, context = said.file, said.context
    if isinstance(said, Inputs):
        from hullcheck.link.builds import join

        bases = [path for base in bases if (path := join(base, said.folder)) is not None]
    if file is None or (not file and (context is None or context == "-" or "://" in context)):
        return
    names = [file] if file else [posixpath.join(context or "", name) for name in ("Dockerfile", "Containerfile")]
    if file and context and "://" not in context and not file.startswith("./"):
        names.append(posixpath.join(context, file))
    found = _only_like(present, file) if file.startswith("**/") else _present(present, bases, names)[:1]
    for path in found:
        from hullcheck.link.builds import Build

        yield Build(path, said.target or None, "", said.arguments, place, contexts=said.contexts, tags=said.tags)


def _only_like(present: frozenset[str], pattern: str) -> list[str]:
    """The file that Azure's `**/Dockerfile` means, if there is one."""
    ending = pattern.removeprefix("**/")
    found = [path for path in present if path == ending or path.endswith(f"/{ending}")]
    return found if len(found) == 1 else []


def _present(present: frozenset[str], bases: list[str], names: Iterable[str]) -> list[str]:
    """The files that the names may stand for, the likeliest first."""
    from hullcheck.link.builds import join

    found = (join(base, name) for name in names for base in bases if not name.startswith("/"))
    return [path for path in dict.fromkeys(found) if path is not None and path in present]
