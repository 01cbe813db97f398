"""What base images run as, and the variables that they set: facts, each with its source.

The table is `hullcheck/data/base_images.txt`, which explains its columns.
"""

from __future__ import annotations

import os
from functools import cache, lru_cache

from hullcheck.model.image import ImageRef
from hullcheck.patterns import compile_now
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    import re

_MIRRORS = {"public.ecr.aws": "docker/library/", "mirror.gcr.io": "library/"}
_ARCHITECTURES = frozenset(("amd64", "arm32v5", "arm32v6", "arm32v7", "arm64v8", "i386", "ppc64le", "riscv64", "s390x"))

WINDOWS_USERS = frozenset(("ContainerUser", "ContainerAdministrator"))


class BaseImage(NamedTuple):
    """`user` is the image's own USER, or empty where it has none and so runs as root.

    `drops` names what its entry point leaves root with, if it does. `env` are variables that the image sets, None where
    the value depends on the version; `env_complete` says that it sets no others. `source` is where that is written.
    """

    user: str
    drops: str = ""
    env: dict[str, str | None] = {}  # noqa: RUF012  never changed
    env_complete: bool = False
    source: str = ""


class _Row(NamedTuple):
    """A line of the table: patterns of tags, where `*` is any, and what else stands there."""

    tags: str
    said: str

    @property
    def image(self) -> BaseImage:
        return _image(self.said)


@lru_cache(maxsize=512)  # more than there are lines
def _image(said: str) -> BaseImage:
    user, drops, variables, source = said.split()
    env, complete = _variables(variables)
    return BaseImage("" if user == "-" else user, "" if drops == "-" else drops, env, complete, source)


class _Table(NamedTuple):
    """Lines by their number; those whose name is a pattern with what stands before its first star."""

    by_name: dict[str, list[tuple[int, _Row]]]
    patterns: list[tuple[int, str, str, _Row]]


@lru_cache(maxsize=1_024)
def lookup(image: ImageRef) -> BaseImage | None:
    """What is known of an image; None if nothing is.

    Of an image that is named by its digest alone, only what holds for all tags is known.
    """
    name = _official(image)
    table = _table()
    rows = list(table.by_name.get(name, ()))
    rows += [(n, row) for n, head, glob, row in table.patterns if name.startswith(head) and _matches(glob, name)]
    ordered = [row for _, row in sorted(rows, key=lambda entry: entry[0])]
    if image.digest and not image.tag:
        return _whatever_tag(ordered)
    tag = image.tag or "latest"
    return next((row.image for row in ordered if row.tags == "*" or _matches(row.tags, tag)), None)


def _whatever_tag(rows: list[_Row]) -> BaseImage | None:
    """What all tags have in common, but for those of Windows."""
    images = [row.image for row in rows if row.image.user not in WINDOWS_USERS and row.image.user != "nonroot"]
    if not any(row.tags == "*" for row in rows) or len({(i.user, i.drops) for i in images}) != 1:
        return None
    return images[-1]


def _official(image: ImageRef) -> str:
    """The full name, with the copies of Docker's official images under the official names."""
    registry, repository = image.registry, image.repository
    prefix = _MIRRORS.get(registry)
    if prefix and repository.startswith(prefix):
        return f"docker.io/library/{repository.removeprefix(prefix)}"
    owner, _, rest = repository.partition("/")
    if registry == "docker.io" and owner in _ARCHITECTURES:
        return f"docker.io/library/{rest}"
    return image.name


@cache
def _table() -> _Table:
    path = os.path.join(os.path.dirname(os.path.dirname(__file__)), "data", "base_images.txt")
    table = _Table({}, [])
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            if line[:1] in "#\n":
                continue
            name, tags, said = line.split(None, 2)
            row = _Row(tags, said)
            if "*" in name or "?" in name:
                head = name.partition("*")[0].partition("?")[0]
                table.patterns.append((number, head, name, row))
            else:
                table.by_name.setdefault(name, []).append((number, row))
    return table


_GLOB = str.maketrans({"*": ".*", "?": "[^/]", ".": r"\.", "+": r"\+"})
"""Of what names and tags are made of, all that means something in an expression."""


@lru_cache(maxsize=1_024)
def _glob(patterns: str) -> re.Pattern[str]:
    """Patterns with | between: a star for any characters, a question mark for one that is no slash."""
    return compile_now(f"(?:{patterns.translate(_GLOB)})")


def _matches(patterns: str, text: str) -> bool:
    return _glob(patterns).fullmatch(text) is not None


def _variables(text: str) -> tuple[dict[str, str | None], bool]:
    names = text.split(",")
    env: dict[str, str | None] = {"PATH": None}
    for word in names:
        if word != "*":
            name, equals, value = word.partition("=")
            env[name] = value if equals else None
    return env, names[-1] != "*"
