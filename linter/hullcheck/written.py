"""Reports that are written to files."""

from __future__ import annotations

import os
from contextlib import suppress
from errno import EISDIR

from hullcheck import look
from hullcheck.errors import HullcheckError


def write(file: str, text: str) -> None:
    """Write a report, whole or not at all: an upload must not see half a file.

    A device or a pipe is written to. A link to a file is replaced, not followed: the judged repository may have put it
    there, and it may lead anywhere.
    """
    look.written(file, text)
    try:
        if os.path.isdir(file):
            raise IsADirectoryError(EISDIR, "is a folder")
        if os.path.exists(file) and not os.path.isfile(file):
            _write_new(file, "w", text)
        else:
            _replace(file, text)
    except OSError as error:
        raise HullcheckError(f"{file}: can't be written: {error.strerror}") from None


def _replace(file: str, text: str) -> None:
    part = f"{file}.{os.urandom(8).hex()}.part"  # nobody can have foreseen that name
    try:
        _write_new(part, "x", text)
        if os.path.isfile(file) and not os.path.islink(file):
            os.chmod(part, os.stat(file).st_mode & 0o777)
        os.replace(part, file)
    except BaseException:
        with suppress(OSError):
            os.unlink(part)
        raise


def _write_new(file: str, mode: str, text: str) -> None:
    with open(file, mode, encoding="utf-8", errors="backslashreplace", newline="") as stream:
        stream.write(text)
