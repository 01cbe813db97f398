"""What several commands share: options, the registry of checks, colour, progress and writing files."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import date

from hullcheck import budget, look
from hullcheck.discover import find_root
from hullcheck.errors import HullcheckError
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from hullcheck.check import Registry
    from hullcheck.policy import config
    from hullcheck.report import Screen

CHECKS = "hullcheck_checks"

MOST_COLUMNS = 120
"""Columns beyond which lines of text are hard to read, however wide the terminal is."""


def registry() -> Registry:
    """The checks that come with hullcheck."""
    from hullcheck.check import load

    return load(CHECKS)


def add_format(parser: argparse.ArgumentParser, formats: Iterable[str], more: str = "") -> None:
    """The option that says how a command writes what it has to say, and where to."""
    told = f"how it is written, and where to; repeatable: {', '.join(formats)}{more}"
    parser.add_argument("--output-format", "--format", action="append", default=[], metavar="NAME[:FILE]", help=told)


def outputs(asked: list[str], formats: Sequence[str]) -> list[tuple[str, str | None]]:
    """What the option asks for: formats, the first of all if none, each with a file, or None for standard output."""
    return [_output(text, formats) for text in asked or formats[:1]]


def _output(text: str, formats: Sequence[str]) -> tuple[str, str | None]:
    name, colon, file = text.partition(":")
    if name not in formats:
        from hullcheck.schema import did_you_mean

        meant = did_you_mean(name, list(formats))
        raise HullcheckError(f"--output-format: no format is called `{name}`; there are {', '.join(formats)}{meant}")
    if colon and not file:
        raise HullcheckError(f"--output-format: {name}: needs a file name")
    return name, file or None


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


def add_cache(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--cache-dir", metavar="DIR", default="", help="where earlier runs are kept (default: the user's cache folder)"
    )
    parser.add_argument("--no-cache", action="store_true", help="keep nothing of this run, and look for no earlier one")


def keep(options: argparse.Namespace, *, may_be: bool = True) -> None:
    """Have the run kept for the next time, if it may be.

    Raises HullcheckError if the cache is said to be in what is looked at: who wrote that could have filled it.
    """
    if options.no_cache or "-" in options.paths:
        return
    from hullcheck.cache import folder

    place, said = folder.place(options.cache_dir)
    if said and folder.is_inside(place, root_of(options.paths or ["."])):
        raise HullcheckError(
            f"the cache can't be kept in {place}: that is inside of what is judged, which might fill it"
        )
    if may_be:
        look.keep()


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
    if look.lexists(os.path.join(root, ".git")):
        return root
    from hullcheck.show.reach import reached

    return reached(root, paths)


def read_config(options: argparse.Namespace, paths: list[str], checks: Registry) -> config.Config:
    """The configuration that holds, with what the command line says."""
    from hullcheck.policy import config

    if options.no_config:
        return with_options(config.Config(), options, checks)
    root = root_of(paths)
    try:
        found = config.read(root, options.config, checks)
    except HullcheckError as error:
        raise HullcheckError(_from_here(str(error), root, options, paths)) from None
    return with_options(found, options, checks)


def _from_here(message: str, root: str, options: argparse.Namespace, paths: list[str]) -> str:
    """What is wrong with a configuration; one that was found at the root is called by its path from here."""
    from hullcheck.policy import config
    from hullcheck.report.paths import from_here

    name = next((name for name in (*config.FILES, config.PYPROJECT) if message.startswith(f"{name}:")), "")
    return message if options.config or not name else f"{from_here(root, paths)(name)}{message.removeprefix(name)}"


def with_options(base: config.Config, options: argparse.Namespace, checks: Registry) -> config.Config:
    """A configuration, and what the command line adds to it or says instead."""
    from hullcheck.policy import config

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
        return date.fromisoformat(text or look.today())
    except ValueError:
        raise HullcheckError(f"--today: no such day: {text}") from None


def say_all(notes: Iterable[str]) -> None:
    """Lines on standard error about the run itself, whatever names are in them."""
    from hullcheck.report.safe import clean

    for note in notes:
        print(f"hullcheck: {clean(note)}", file=sys.stderr)


def use_color(choice: str) -> bool:
    """Is standard output coloured, as `--color` and the environment have it? See no-color.org and force-color.org."""
    if choice != "auto":
        return choice == "always"
    if look.ENVIRON.get("NO_COLOR"):
        return False
    if any(look.ENVIRON.get(name, "") not in ("", "0", "false") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    return sys.stdout.isatty() and look.ENVIRON.get("TERM") != "dumb"


def screen(options: argparse.Namespace, root: str) -> Screen:
    """How text on standard output is shown to people, of what was found below a root."""
    from hullcheck import report

    path: Callable[[str], str] = str
    width, found = look.columns(), None
    if look.here() != root:
        from hullcheck.report.paths import from_here

        path = from_here(root, options.paths)
    if width and use_color(options.color):
        from hullcheck.report.links import links

        found = links(root, look.ENVIRON)
    return report.Screen(
        path=path,
        width=min(width, MOST_COLUMNS),
        links=found,
        group_by=options.group_by or "",
        gather=not (options.show_each or options.select),  # who selects wants to see
    )


class Progress:
    """How far the run is, on a terminal only, and only once it takes a second."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._shown = False
        self._next = time.monotonic() + 1
        environ = look.ENVIRON
        self._on = sys.stderr.isatty() and not (options.quiet or environ.get("CI") or environ.get("TERM") == "dumb")

    def __call__(self, what: str, done: int, total: int) -> None:
        if self._on and time.monotonic() >= self._next:
            self._next = time.monotonic() + 0.1
            self._shown = True
            with look.unnoted():
                print(f"\r\x1b[K{what} {done}/{total}", end="", file=sys.stderr, flush=True)

    def done(self) -> None:
        if self._shown:
            with look.unnoted():
                print("\r\x1b[K", end="", file=sys.stderr, flush=True)
