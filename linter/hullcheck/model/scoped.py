"""A part of the model, and whose it is: what tells two things of the same name apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any


class Scoped(NamedTuple):
    """A part, and the name of the scope that it runs in: a Compose project's, a world's or a Dockerfile's path.

    With the part's own `owner` that says who it is. Empty for what belongs to the repository as a whole.
    """

    scope: str
    part: Any


def within(scope: str, parts: Iterable[Any]) -> Iterator[Scoped]:
    """The parts, all of one scope."""
    return (Scoped(scope, part) for part in parts)
