"""Compose files by their path: those that are known, and those that others name, read once they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hullcheck.model.compose import ComposeFile
from hullcheck.tuples import NamedTuple


class Unread(NamedTuple):
    """Why a file that another one names isn't there to be used: one of the `CAUSES` of a gap, and why in words."""

    cause: str
    why: str


ReadNamed = Callable[[str], ComposeFile | Unread]
"""Reads a file, by its path from the root, as a Compose file, whatever it is called and wherever it lies."""

MISSING = Unread("missing", "and no such file is here")


def _nothing_else(path: str) -> ComposeFile | Unread:
    return MISSING


class Files:
    """Compose files by path. `known` were recognised as such; `read` gives those that are only named."""

    def __init__(self, known: Mapping[str, ComposeFile], read: ReadNamed = _nothing_else) -> None:
        self.known = known
        self._read = read
        self._named: dict[str, ComposeFile | Unread] = {}

    def __getitem__(self, path: str) -> ComposeFile:
        """A file that is known, or was found by its name."""
        found = self.known.get(path) or self.named(path)
        assert isinstance(found, ComposeFile)
        return found

    def named(self, path: str) -> ComposeFile | Unread:
        """The file that something names, or why it can't be used."""
        if path in self.known:
            return _usable(self.known[path])
        if path not in self._named:
            found = self._read(path)
            self._named[path] = _usable(found) if isinstance(found, ComposeFile) else found
        return self._named[path]


def _usable(file: ComposeFile) -> ComposeFile | Unread:
    """The file, unless nothing in it could be read."""
    if file.documents or not file.problems:
        return file
    if any(problem.name == "not-analysed" for problem in file.problems):
        return Unread("template", "which is a template")
    return Unread("parse-error", "which can't be read as YAML")
