"""All that is written in files to be ignored, of every kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from hullcheck.check import Registry
from hullcheck.model.compose import ComposeProject
from hullcheck.model.kubernetes import World
from hullcheck.policy.ignores import Ignore, comments, objects, peers
from hullcheck.read import File

_SERVICE = "x-hullcheck"
_ANNOTATIONS = ("hullcheck.dev/", ".io/skip", "kube-linter.io/", "kube-score/", "polaris.fairwinds.com/")
"""Words without which no service or object asks for anything."""

MAX_IN_FILE = 2_000
"""More in one file are not honoured, so that a hostile file can't take all time."""


def written(
    files: Iterable[File],
    projects: tuple[ComposeProject, ...],
    worlds: tuple[World, ...],
    registry: Registry,
    foreign: bool = True,
) -> Iterator[Ignore]:
    """What files, the services of Compose projects and Kubernetes objects ask to ignore.

    With `foreign`, other tools' words count, too.
    """
    readings, texts = [reading for file in files for reading in file.readings], []
    for file in readings:
        readers = (comments.read, objects.read, *((peers.read,) if foreign else ()))
        yield from islice((ignore for read in readers for ignore in read(file, registry)), MAX_IN_FILE)
        texts.append(file.source.text)
    if any(_SERVICE in text for text in texts):
        yield from objects.at_services(projects, readings, registry)
    if any(word in text for text in texts for word in _ANNOTATIONS):
        yield from objects.at_objects(worlds, registry, foreign)
