"""What files are looked up by: the groups that each belongs to, and the words that it is found by in each.

All of it follows from a file's kind, its path and what is said in it (`Words`), so it can be kept. Who looks a word up
finds every file that may be meant, and asks those.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hullcheck.discover import Entry, Kind
from hullcheck.link.words_of import Words
from hullcheck.patterns import pattern

DOCKERFILE, CONTAINER, VARIABLES, CHART, OVERLAY = (1 << number for number in range(5))
"""Groups by what a file is read as."""

BUILDER, COMPOSE, MANIFEST, TAKES, MOVES, MAKES, ODD_BUILDS, ODD_FILES, ODD_MADE, ODD_NAMES, ODD_START = (
    1 << number for number in range(5, 16)
)
"""Groups by what is said in it: it may say what is built or run, be a Compose file or a manifest, take in others or move
their paths, say how an image is built; and what of that may be made of variables."""

OF_KIND = DOCKERFILE | CONTAINER | VARIABLES | CHART | OVERLAY

DOCKERFILES = frozenset((Kind.DOCKERFILE, Kind.BESIDE_DOCKERFILE))
TAKES_IN = frozenset(("include", "extends", "COMPOSE_FILE"))
MOVED_BY = ("project_directory", "COMPOSE_FILE")
_KINDS = (
    (Kind.DEV_CONTAINER, CONTAINER),
    (Kind.ENV, VARIABLES),
    (Kind.CHART, CHART),
    (Kind.KUSTOMIZATION, OVERLAY),
)
_NORMAL = pattern("[a-z0-9_-]")


def _of_kinds(kinds: tuple[Kind, ...]) -> int:
    found = DOCKERFILE if DOCKERFILES.issuperset(kinds) else 0
    for kind, group in _KINDS:
        if kind in kinds:
            found |= group
    return found


_OF_ONE = {kind: _of_kinds((kind,)) for kind in Kind}


def groups_by_kind(entry: Entry) -> int:
    """The groups that a file belongs to whatever it says, but for one of a kind that isn't known."""
    return _of_kinds((entry.kind, *entry.also)) if entry.also else _OF_ONE[entry.kind]


def groups(kinds: int, words: Words) -> int:
    """All groups of a file: those by its kind, and those by what it says."""
    if kinds & DOCKERFILE:
        return kinds | (ODD_START if words.odd_images else 0)
    found = kinds | (MANIFEST if words.manifest else 0)
    if words.builds:
        found |= BUILDER
        if words.compose:
            found |= COMPOSE
        if makes(words):
            found |= MAKES
        if words.odd_builds:
            found |= ODD_BUILDS
        if words.odd_built or words.odd_images:
            found |= ODD_MADE
        if words.odd_names:
            found |= ODD_NAMES
    if (words.compose or kinds & VARIABLES) and not words.words.isdisjoint(TAKES_IN):
        found |= TAKES
        if not words.words.isdisjoint(MOVED_BY):
            found |= MOVES
    if words.odd_files:
        found |= ODD_FILES
    return found


def makes(words: Words) -> bool:
    """May the file, or one that is laid over it, say how an image is built?"""
    return words.other or "build" in words.words


def keys(path: str, found: int, words: Words) -> Iterator[tuple[str, Iterable[str]]]:
    """What a file of these groups is looked up by: the words that a Dockerfile `starts` with, or a builder `says`; the
    last parts of the images that it `makes` by itself, and of all its `images`; its `names`, the `projects` that it may be
    part of, and what `begins` these and the names of its images or what a Dockerfile starts with, up to a dash or
    underscore."""
    if found & DOCKERFILE:
        yield "starts", words.words
        yield "starts begin", beginnings(words.words)
    elif found & (BUILDER | TAKES):
        yield "says", words.words
        if found & BUILDER:
            called = projects(path, words.names)
            yield "makes", words.built
            yield "images", words.images
            yield "images begin", beginnings(words.images)
            yield "names", words.names
            yield "projects", called
            yield "begins", beginnings((*words.names, *called), "_")


def projects(path: str, names: Iterable[str]) -> set[str]:
    """What a Compose file's project may be called, by its folder and by what it is given as a name."""
    return normal((path.rpartition("/")[0].rpartition("/")[2], *names))


def normal(names: Iterable[str]) -> set[str]:
    """The names as Compose writes them."""
    return {"".join(_NORMAL.findall(name.lower())).lstrip("_-") for name in names} - {""}


def beginnings(words: Iterable[str], marks: str = "-_") -> set[str]:
    """What stands before each mark in the words."""
    found = set()
    for word in words:
        for mark in marks:
            at = word.find(mark)
            while at > 0:
                found.add(word[:at].lower())
                at = word.find(mark, at + 1)
    return found
