"""What a user can put right."""

from __future__ import annotations


class HullcheckError(Exception):
    """The run can't be done as asked: a bad argument, configuration or revision.

    The message is one sentence that says what to do. `cli.py` prints it and exits with 2.
    """


class TerminatedError(BaseException):
    """Another process wants this one to end. Like an interrupt, it is no `Exception` that anybody might handle."""

    def __init__(self, signal: int) -> None:
        super().__init__(signal)
        self.signal = signal


class NotNarrowError(Exception):
    """It can't be told in part what a commit started from."""


def described(error: Exception, said: str) -> str:
    """A fault of our own in one line, with the place in the code that it comes from; `said` is its message, safe to show."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    where = ""
    if frame is not None:
        where = f" at {frame.tb_frame.f_code.co_filename.replace(chr(92), '/').rpartition('/')[2]}:{frame.tb_lineno}"
    line = said.partition("\n")[0].encode("ascii", "backslashreplace").decode()
    return f"{type(error).__name__}: {line}{where}"


class MissingError(HullcheckError):
    """A path that was asked for and isn't there."""

    def __init__(self, path: str) -> None:
        super().__init__(f"no such file or folder: {path}")
        self.path = path
