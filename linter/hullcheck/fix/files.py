"""Changed files: as a diff to read, and on disk."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

from hullcheck.finding import Edit
from hullcheck.report.safe import Secrets, clean
from hullcheck.source import Source
from hullcheck.tuples import NamedTuple


class Changed(NamedTuple):
    """A file as read and as it is to be, and the edits that lead from one to the other, in order."""

    source: Source
    after: Source
    edits: tuple[Edit, ...]

    @property
    def data(self) -> bytes:
        """The new bytes, in the encoding of the old ones."""
        return self.after.data


def diff(changed: Iterable[Changed], secrets: Secrets, path: Callable[[str], str] = str) -> str:
    """What changes, as a unified diff by path; secrets are masked, and what could act on a terminal is written out.

    `path` makes what is printed of a path.
    """
    import difflib

    lines: list[str] = []
    for made in sorted(changed, key=lambda made: made.source.path):
        name = clean(path(made.source.path))
        before = secrets.masked(made.source, 0, len(made.source.text))
        hunks = difflib.unified_diff(
            before.splitlines(keepends=True), _masked(made, secrets).splitlines(keepends=True), f"a/{name}", f"b/{name}"
        )
        lines += map(_printable, hunks)
    return "".join(lines)


def _masked(made: Changed, secrets: Secrets) -> str:
    pieces, at = [], 0
    for edit in made.edits:
        pieces += [secrets.masked(made.source, at, edit.location.start), secrets.text(edit.text)]
        at = edit.location.end
    return "".join([*pieces, secrets.masked(made.source, at, len(made.source.text))])


def _printable(line: str) -> str:
    text = line.rstrip("\r\n")
    shown = "\t".join(map(clean, text.split("\t")))
    return f"{shown}{line[len(text) :]}" if line.endswith("\n") else f"{shown}\n\\ No newline at end of file\n"


CHANGED = "it was changed in the meantime"


def write(root: str, changed: Iterable[Changed]) -> Iterator[tuple[str, str]]:
    """Write the files below `root`; gives the path of each that couldn't be written, and why.

    A file is replaced whole, with the mode and, if that may be, the owner that it had. Links are not followed, and a file that is no longer what was
    read is left alone.
    """
    for made in changed:
        reason = _written(os.path.realpath(root), made)
        if reason:
            yield made.source.path, reason


def _written(root: str, made: Changed) -> str:
    path = os.path.normpath(os.path.join(root, made.source.path))
    folder = os.path.dirname(path)
    if os.path.realpath(folder) != folder or os.path.commonpath((root, folder)) != root:
        return "it is outside the repository, or behind a link"
    if os.path.islink(path) or not os.path.isfile(path):
        return "it is no regular file"
    try:
        with open(path, "rb") as file:
            if file.read() != made.source.data:
                return CHANGED
            before = os.fstat(file.fileno())
        _replace(path, made.data, before)
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _replace(path: str, data: bytes, before: os.stat_result) -> None:
    import tempfile

    handle, part = tempfile.mkstemp(prefix=".hullcheck-", dir=os.path.dirname(path))
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            if hasattr(os, "chown"):
                with suppress(OSError):  # only the superuser may give a file to another
                    os.chown(part, before.st_uid, before.st_gid)
            os.chmod(part, before.st_mode & 0o7777)
        os.replace(part, path)
    except BaseException:
        os.unlink(part)
        raise
