"""Standard input, output and error as a process has them: closed, full, cut off, or not able to take more just now."""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import suppress

from hullcheck import look
from hullcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

OUT, ERROR = 1, 2


class OutputError(Exception):
    """Standard output doesn't take what was written; `cut_off` if it is a pipe that nobody reads from any more."""

    def __init__(self, error: OSError) -> None:
        super().__init__("it is closed" if error.errno == errno.EBADF else error.strerror or str(error))
        self.cut_off = error.errno == errno.EPIPE


class _Output(io.FileIO):
    """A file that says of a failure, once, that it is one of the output; what comes after it goes nowhere."""

    lost = False
    number = OUT

    def write(self, data: "ReadableBuffer", /) -> int:
        try:
            while not self.lost:
                written: int | None = super().write(data)
                if written is not None:
                    look.printed(self.number, bytes(memoryview(data)[:written]))
                    return written
                _wait(self.fileno())
        except OSError as error:
            self.lost = True
            self.failed(error)
        return memoryview(data).nbytes

    def failed(self, error: OSError) -> None:
        raise OutputError(error)


class _Error(_Output):
    """What can't be said is lost: there is nowhere else to say it, and the exit code still tells."""

    number = ERROR

    def failed(self, error: OSError) -> None:
        pass


class safe:  # noqa: N801  it is used as a function
    """Standard output and error that take UTF-8 whatever the locale, and fail as above; an embedder's own are left."""

    def __enter__(self) -> None:
        self._kept = sys.stdout, sys.stderr
        if None in (sys.stdin, *self._kept):
            _occupy()
        sys.stdout, sys.stderr = _made(sys.stdout, OUT, _Output), _made(sys.stderr, ERROR, _Error)

    def __exit__(self, *_: object) -> None:
        for stream, own in zip((sys.stdout, sys.stderr), self._kept, strict=True):
            if stream is not own:
                with suppress(OutputError):
                    stream.flush()
                stream.close()
        sys.stdout, sys.stderr = self._kept


def _occupy() -> None:
    """Put something that can't be used where a stream is closed: else the next file that is opened would be there."""
    for number, flags in enumerate((os.O_WRONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, flags)  # it gets the lowest number that is free: this one


def _made(stream: Any, number: int, kind: type[_Output]) -> Any:
    if stream is not None and not _is_plain(stream):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
        return stream
    if stream is not None:
        with suppress(OSError):
            stream.flush()
        number = stream.fileno()
    file = io.BufferedWriter(kind(number, "w", closefd=False))
    lines = stream is None or stream.line_buffering or stream.write_through
    return io.TextIOWrapper(file, "utf-8", "backslashreplace", line_buffering=lines)


def _is_plain(stream: Any) -> bool:
    """Is it the interpreter's own, over a file, buffered or (`python -u`) not? A Windows console isn't."""
    return type(stream) is io.TextIOWrapper and type(getattr(stream.buffer, "raw", stream.buffer)) is io.FileIO


def _wait(descriptor: int) -> None:
    from select import select

    select((), (descriptor,), ())
