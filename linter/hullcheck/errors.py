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


class MissingError(HullcheckError):
    """A path that was asked for and isn't there."""

    def __init__(self, path: str) -> None:
        super().__init__(f"no such file or folder: {path}")
        self.path = path
