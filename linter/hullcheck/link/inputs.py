"""What pipelines, development containers and scripts say of the images that they build."""

from __future__ import annotations

from hullcheck.source import Location
from hullcheck.tuples import NamedTuple

_GITLAB = (".gitlab-ci.yml", ".gitlab-ci.yaml")


class Step(NamedTuple):
    """A step that builds an image, with what."""

    location: Location
    owner: str
    tool: str


class Inputs(NamedTuple):
    """What a step of a workflow or a development container says of the image that it builds; None is not known.

    Paths are relative to `folder`; `bake` are files that say more, `contexts` the names of further contexts.
    """

    location: Location
    folder: str
    file: str | None
    context: str | None
    target: str | None
    arguments: tuple[tuple[str, str | None], ...]
    bake: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    contexts: tuple[str, ...] = ()


def is_gitlab(path: str) -> bool:
    if path.endswith(_GITLAB):
        return True
    return path.endswith((".yml", ".yaml")) and "/.gitlab/ci/" in f"/{path.rpartition('.')[0]}"[:-1]
