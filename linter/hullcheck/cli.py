"""Arguments to a run to an exit code; only this module and the commands print."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from types import ModuleType

from hullcheck import __version__, budget
from hullcheck.commands import COMMANDS
from hullcheck.deferred import imported
from hullcheck.errors import HullcheckError, MissingError, TerminatedError, described
from hullcheck.quick import Quick
from hullcheck.streams import OutputError, safe
from hullcheck.typed import Any

QUICK = frozenset(("check", "files", "show", "map"))
"""Those that people wait for: plain command lines of theirs are read without argparse."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code.

    0 clean, 1 findings, 2 not done, 3 nothing to check, 4 unreadable; as for all programs, 130 interrupted and 143
    terminated.
    """
    gc.set_threshold(100_000, 50, 50)  # what a run makes it keeps to its end: looking for cycles early finds none
    arguments = list(sys.argv[1:] if argv is None else argv)
    named = bool(arguments) and arguments[0] in (*COMMANDS, "-h", "--help", "--version")
    if not named:
        arguments.insert(0, "check")
    gc.collect(0)  # what an earlier run in this process has left; in a first run there is next to nothing
    collecting = gc.isenabled()
    gc.disable()  # what is read is kept to the end: looking through it again and again took most of a large run's time
    try:
        with safe():
            if "--version" in arguments and {"-v", "--verbose"} & set(arguments) and len(arguments) <= 3:
                return _tell_version()
            return _outcome(arguments, named=named)
    finally:
        if collecting:
            gc.enable()


def _tell_version() -> int:
    """The version, and of which days the tables of facts are."""
    from datetime import date

    from hullcheck.facts import described

    print(f"hullcheck {__version__}\n{described(date.today())}")
    return 0


def _outcome(arguments: list[str], *, named: bool) -> int:
    try:
        return _done(arguments)
    except MissingError as error:
        return failed(error if named or [error.path] != arguments[1:2] else _unknown(error))
    except (budget.OutOfTimeError, KeyboardInterrupt, TerminatedError, Exception) as error:  # noqa: BLE001
        return failed(error)


_CHECKS = frozenset(("analyse", "analyze", "audit", "lint", "run", "scan", "test", "verify"))
"""What other tools call to check."""


def _unknown(error: MissingError) -> HullcheckError:
    """What is wrong with a first word that is neither a command nor a path."""
    if not error.path.replace("-", "").isalpha():
        return error
    from hullcheck.schema import did_you_mean

    word = "check" if error.path in _CHECKS else error.path
    meant = did_you_mean(word, list(COMMANDS), alike=0.75) or "; see `hullcheck --help`"
    return HullcheckError(f"no such command, file or folder: {error.path}{meant}")


def failed(error: BaseException) -> int:
    """Say why a run could not be done, or not to its end; returns the exit code."""
    if isinstance(error, HullcheckError):
        from hullcheck.report.safe import told

        return _failed(told(str(error)))
    if isinstance(error, budget.OutOfTimeError):
        return _failed(f"{error}, and nothing is reported; see --time-limit", 4)
    if isinstance(error, OutputError):
        return 2 if error.cut_off else _failed(f"standard output can't be written: {error}")
    if isinstance(error, KeyboardInterrupt):
        return _failed("interrupted", 130)
    if isinstance(error, TerminatedError):
        return _failed("terminated", 128 + error.signal)
    if isinstance(error, MemoryError):
        return _failed("there isn't enough memory for all of this")
    if isinstance(error, FileNotFoundError) and not _is_somewhere():
        return _failed(
            "the current folder isn't there any more: go to one that is, or name what to look at by absolute paths"
        )
    assert isinstance(error, Exception)  # the exit code is a promise, and a fault of ours must keep it, too
    return _failed(_internal(error))


def _done(arguments: list[str]) -> int:
    try:
        options = _options(arguments)
        with budget.limited(getattr(options, "time_limit", 0), getattr(options, "file_time_limit", 0)):
            code = int(options.run(options))
            if budget.used_up() and arguments[0] != "check":
                return _failed(f"{budget.used_up()}, and this isn't all; see --time-limit", 4)
            return code
    finally:
        sys.stdout.flush()


def _options(arguments: list[str]) -> Any:
    """What the arguments ask for, and the function that does it."""
    command = arguments[0]
    if command in QUICK:
        quick = Quick()
        module = _module(command)
        module.add(quick)
        options = quick.parse(arguments[1:])
        if options is not None:
            options.run = module.run
            return options
    from hullcheck.arguments import parser

    return parser(command, COMMANDS, _module).parse_args(arguments)


def _module(command: str) -> ModuleType:
    module: ModuleType = imported(f"hullcheck.commands.{command.replace('-', '_')}")
    return module


def _failed(message: str, code: int = 2) -> int:
    with suppress(OutputError):
        sys.stdout.flush()
    print(f"hullcheck: {_one_line(message)}", file=sys.stderr)
    return code


def _one_line(message: str) -> str:
    """The message, in which names may stand that hold anything, as one line that can't act on a terminal."""
    if message.isprintable():
        return message
    from hullcheck.report.safe import clean

    return clean(message)


def _is_somewhere() -> bool:
    try:
        os.getcwd()
    except OSError:
        return False
    return True


def _internal(error: Exception) -> str:
    return f"internal error, please report it: {_described(error)}"


def _described(error: Exception) -> str:
    """The error in one line, with the place in the code that it comes from."""
    from hullcheck.report.safe import told

    return described(error, told(str(error)))
