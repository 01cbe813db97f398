"""Files that Compose files name: read whatever they are called, and wherever in the repository they lie."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator, Mapping

from hullcheck.discover import Tree
from hullcheck.model.compose import ComposeFile
from hullcheck.model.coverage import Gap
from hullcheck.model.problem import Problem
from hullcheck.read import File
from hullcheck.render.compose.files import MISSING, Unread
from hullcheck.source import Source

_NOT_THERE = frozenset((errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG))


class NamedFiles:
    """Reads what is named. What was read is put into `files`, so that it counts as any other; `problems` are its own."""

    def __init__(self, files: dict[str, File], tree: Tree) -> None:
        self.files = files
        self.tree = tree
        self.problems: list[Problem] = []

    def compose(self, path: str) -> ComposeFile | Unread:
        """A file that `include`, `extends` or the like names."""
        known = self.files.get(path)
        if known is not None:
            for reading in known.readings:
                if reading.kind == "compose":
                    return reading.model or _why(reading.problems)
            source = known.source
        else:
            found = self._source(path)
            if isinstance(found, Unread):
                return found
            source = found
        return self._read(source, known)

    def _source(self, path: str) -> Source | Unread:
        try:
            return Source(path, self.tree.read(path))
        except (OSError, ValueError) as error:  # ValueError: no path at all, such as one with a NUL
            return unread(error)

    def _read(self, source: Source, known: File | None) -> ComposeFile | Unread:
        from hullcheck.parse import compose

        try:
            model = compose.read(source)
        except Exception as error:  # noqa: BLE001  a fault of ours must not lose the other files
            return Unread("check-failed", f"and reading it failed: {type(error).__name__}: {error}")
        file = File(source, "compose", model if model.documents else None, tuple(model.problems))
        self.files[source.path] = known._replace(also=(*known.also, file)) if known is not None else file
        self.problems += model.problems
        return model


class Texts(Mapping[str, Source]):
    """Files of variables by their path. Those that are `known` are listed; any other is read once it is asked for."""

    def __init__(self, known: dict[str, Source], tree: Tree) -> None:
        self._known = known
        self._tree = tree
        self._read: dict[str, Source | None] = {}
        self._unread: dict[str, Unread] = {}

    def __getitem__(self, path: str) -> Source:
        if path in self._known:
            return self._known[path]
        if path not in self._read:
            self._read[path] = self._try(path)
        source = self._read[path]
        if source is None:
            raise KeyError(path)
        return source

    def problems(self) -> list[Problem]:
        """That files which are there can't be read."""
        return [
            Problem(
                "not-analysed", f"a file of variables {why.why.removeprefix('which ')}", Source(path, b"").at(0),
                gap=Gap(why.cause, "file of variables", why.why.removeprefix("which ")),
            )
            for path, why in self._unread.items()
        ]  # fmt: skip

    def _try(self, path: str) -> Source | None:
        try:
            return Source(path, self._tree.read(path))
        except (OSError, ValueError) as error:
            why = unread(error)
            if why is not MISSING:  # what isn't there is a matter of the place where it runs, as variables are
                self._unread[path] = why
            return None

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


def unread(error: Exception) -> Unread:
    """Why a file of the tree can't be read, from the error that reading it raised."""
    if isinstance(error, ValueError) or (isinstance(error, OSError) and error.errno in _NOT_THERE):
        return MISSING
    why = (error.strerror if isinstance(error, OSError) else "") or str(error)
    if "leads out" in why:
        return Unread("outside", f"which is {why}")
    if "larger than" in why:
        return Unread("size", f"which is {why}")
    return Unread("unreadable", f"which can't be read: {why}")


def _why(problems: Iterable[Problem]) -> Unread:
    """Why a file with these problems has no model."""
    names = {problem.name for problem in problems}
    if "unreadable-file" in names:
        return Unread("unreadable", "which can't be read")
    if "time-limit" in names:
        return Unread("time-limit", "which takes too long to read")
    if "not-analysed" in names:
        return Unread("template", "which is a template")
    if "check-failed" in names:
        return Unread("check-failed", "and reading it failed")
    return Unread("parse-error", "which can't be read as YAML")
