"""Places in the words for maps: from the root, or as whoever reads them stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hullcheck.source import Location

_PATH: Callable[[str], str] = str


@contextmanager
def called(path: Callable[[str], str]) -> Iterator[None]:
    """Within, `path` makes what is printed of a path."""
    global _PATH
    before, _PATH = _PATH, path
    try:
        yield
    finally:
        _PATH = before


def place(location: Location) -> str:
    """A place as file and line."""
    return f"{_PATH(location.path)}:{location.line}"
