"""Command lines read by argparse, with its help and its errors."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from types import ModuleType

from hullcheck import __version__
from hullcheck.errors import HullcheckError
from hullcheck.typed import Any, NoReturn

_FORMATS = ("--format", "--output-format")
"""Two names of one option; the help of a command shows the one that it had first."""


class _Parser(argparse.ArgumentParser):
    width = 100
    command = ""
    alias = ""

    def understand_both(self) -> None:
        """Let either name of the option for the format stand for the one that there is."""
        for name, other in (_FORMATS, _FORMATS[::-1]):
            action = self._option_string_actions.get(name)
            if action is not None and other not in self._option_string_actions:
                self._option_string_actions[other] = action
                self.alias = other
                return

    def _get_option_tuples(self, option_string: str) -> list[Any]:
        """What an abbreviation may stand for: as if there were no second name, unless it is of that alone."""
        found = super()._get_option_tuples(option_string)
        return [one for one in found if one[1] != self.alias] or found

    def _get_formatter(self) -> argparse.HelpFormatter:
        # Asked for at each argument; without a width, argparse imports much to find the terminal's.
        return argparse.HelpFormatter(self.prog, width=self.width)

    def print_help(self, file: Any = None) -> None:
        from shutil import get_terminal_size

        self.width = min(get_terminal_size().columns - 2, 120)
        super().print_help(file)

    def error(self, message: str) -> NoReturn:
        raise HullcheckError(f"{message} (see `hullcheck {self.command or self.prog.split()[-1]} --help`)")


def parser(command: str, commands: Mapping[str, str], module: Callable[[str], ModuleType]) -> argparse.ArgumentParser:
    """The parser for all commands, which come with their summaries; with the arguments of the one that is asked for."""
    made = _Parser(prog="hullcheck", description="One static security linter for Dockerfiles, Compose and Kubernetes.")
    made.command = command
    made.add_argument(
        "--version",
        action="version",
        version=f"hullcheck {__version__}",
        help="show the version; with -v, how old the tables of facts are",
    )
    subparsers = made.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    for name, summary in commands.items():
        if command in commands and name != command:
            continue  # each takes a while to make, and only the help of all has need of them
        subparser = subparsers.add_parser(name, help=summary)
        if name == command:
            module(name).add(subparser)
            subparser.set_defaults(run=module(name).run)
            subparser.understand_both()
    return made
