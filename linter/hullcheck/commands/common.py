"""What several commands share: options, the registry of checks, colour, progress and writing files."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from errno import EISDIR

from hullcheck import budget, config
from hullcheck.check import Registry, load
from hullcheck.discover import find_root
from hullcheck.errors import HullcheckError
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

CHECKS = "hullcheck_checks"


def registry() -> Registry:
    """The checks that come with hullcheck."""
    return load(CHECKS)


def add_policy(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", metavar="FILE", help="use this configuration instead of the repository's")
    parser.add_argument("--no-config", action="store_true", help="use no configuration")
    parser.add_argument(
        "--exclude", action="append", default=[], metavar="GLOB", help="leave out paths; .gitignore syntax"
    )
    parser.add_argument(
        "--include-vendored", action="store_true", help="look into node_modules, vendor and the like, too"
    )
    parser.add_argument("--no-gitignore", action="store_true", help="look at what .gitignore leaves out, too")
    add_time_limits(parser)


def add_time_limits(parser: argparse.ArgumentParser) -> None:
    for option, seconds, what in (
        ("--time-limit", budget.RUN, "the run"), ("--file-time-limit", budget.THING, "one file, overlay, chart or check")
    ):  # fmt: skip
        parser.add_argument(
            option, type=_seconds, default=seconds, metavar="SECONDS",
            help=f"how long {what} may take (default: {seconds:g}; 0: any time); what is left then isn't judged, exit 4",
        )  # fmt: skip


def _seconds(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = -1
    if not 0 <= found < float("inf"):
        import argparse

        raise argparse.ArgumentTypeError(f"{text} is no number of seconds")
    return found


def root_of(paths: list[str]) -> str:
    """The repository that the paths are in."""
    return find_root([path for path in paths if path != "-"] or ["."])


def reach_of(paths: list[str]) -> str:
    """The repository that the paths are in, or else the folder that holds all that they are made of."""
    root = root_of(paths)
    if os.path.lexists(os.path.join(root, ".git")):
        return root
    from hullcheck.show.reach import reached

    return reached(root, paths)


def read_config(options: argparse.Namespace, paths: list[str], checks: Registry) -> config.Config:
    """The configuration that holds, with what the command line says."""
    if options.no_config:
        return with_options(config.Config(), options, checks)
    return with_options(config.read(root_of(paths), options.config, checks), options, checks)


def with_options(base: config.Config, options: argparse.Namespace, checks: Registry) -> config.Config:
    """A configuration, and what the command line adds to it or says instead."""
    select = tuple(_words(getattr(options, "select", [])))
    ignore = tuple(_words(getattr(options, "ignore", [])))
    for flag, words in (("--select", select), ("--ignore", ignore)):
        for word in words:
            config.resolve(word, checks, flag)
    return base._replace(
        select=select or base.select,
        extend_select=() if select else base.extend_select,
        ignore=(*base.ignore, *ignore),
        exclude=(*base.exclude, *options.exclude),
        include_vendored=base.include_vendored or options.include_vendored,
    )


def _words(values: list[str]) -> list[str]:
    return [word.strip() for value in values for word in value.split(",") if word.strip()]


def day(text: str | None) -> date:
    try:
        return date.fromisoformat(text) if text else date.today()
    except ValueError:
        raise HullcheckError(f"--today: no such day: {text}") from None


def write(file: str, text: str) -> None:
    """Write a report, whole or not at all: an upload must not see half a file.

    A device or a pipe is written to. A link to a file is replaced, not followed: the judged repository may have put it
    there, and it may lead anywhere.
    """
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


def say_all(notes: Iterable[str]) -> None:
    """Lines on standard error about the run itself, whatever names are in them."""
    from hullcheck.report.safe import clean

    for note in notes:
        print(f"hullcheck: {clean(note)}", file=sys.stderr)


def use_color(choice: str) -> bool:
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR") or os.environ.get("CLICOLOR_FORCE"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


class Progress:
    """How far the run is, on a terminal only, and only once it takes a second."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._shown = False
        self._next = time.monotonic() + 1
        self._on = sys.stderr.isatty() and not options.quiet and not os.environ.get("CI")

    def __call__(self, what: str, done: int, total: int) -> None:
        if self._on and time.monotonic() >= self._next:
            self._next = time.monotonic() + 0.1
            self._shown = True
            print(f"\r\x1b[K{what} {done}/{total}", end="", file=sys.stderr, flush=True)

    def done(self) -> None:
        if self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
