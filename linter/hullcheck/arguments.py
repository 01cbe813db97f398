"""Command lines read by argparse, with its help and its errors."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from types import ModuleType

from hullcheck import __version__
from hullcheck.errors import HullcheckError
from hullcheck.schema import did_you_mean
from hullcheck.typed import Any, NoReturn


class _Parser(argparse.ArgumentParser):
    width = 100
    command = ""
    known: Callable[[], dict[str, list[str]]] = staticmethod(dict)
    """The options of each command: all are imported for that, so only when one isn't known."""

    def _get_option_tuples(self, option_string: str) -> list[Any]:
        """What an abbreviation may stand for: `--output-format` only if it is of nothing else."""
        found = super()._get_option_tuples(option_string)
        return [one for one in found if one[1] != "--output-format"] or found

    def options(self) -> list[str]:
        """The names of all options, long ones only."""
        return [name for name in self._option_string_actions if name.startswith("--")]

    def _get_formatter(self) -> argparse.HelpFormatter:
        # Asked for at each argument; without a width, argparse imports much to find the terminal's.
        return argparse.HelpFormatter(self.prog, width=self.width)

    def print_help(self, file: Any = None) -> None:
        from shutil import get_terminal_size

        self.width = min(get_terminal_size().columns - 2, 120)
        super().print_help(file)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            known = [str(choice) for choice in action.choices]
            raise argparse.ArgumentError(action, f"`{value}` is none of {', '.join(known)}{did_you_mean(value, known)}")

    def error(self, message: str) -> NoReturn:
        command = self.command or self.prog.split()[-1]
        _, unknown, words = message.partition("unrecognized arguments: ")
        meant = self._meant(command, words) if unknown else ""
        raise HullcheckError(f"{message}{meant} (see `hullcheck {command} --help`)")

    def _meant(self, command: str, words: str) -> str:
        """What the first of the words that aren't known may stand for."""
        name = next((word.partition("=")[0] for word in words.split() if word.startswith("--")), "")
        if not name:
            return ""
        known = self.known()
        own = known.pop(command, [])
        longer = [option for option in own if option.endswith(name[1:])]
        elsewhere = [f"`hullcheck {other}`" for other, options in known.items() if name in options]
        if elsewhere and not longer:
            return f"; `{name}` is an option of {' and '.join(elsewhere)}"
        return did_you_mean(name, longer or own, 0.5 if longer else 0.7)


def _options(module: ModuleType) -> list[str]:
    parser = _Parser()
    module.add(parser)
    return parser.options()


def parser(command: str, commands: Mapping[str, str], module: Callable[[str], ModuleType]) -> argparse.ArgumentParser:
    """The parser for all commands, which come with their summaries; with the arguments of the one that is asked for."""
    made = _Parser(prog="hullcheck", description="One static security linter for Dockerfiles, Compose and Kubernetes.")
    made.command = command
    made.known = lambda: {name: _options(module(name)) for name in commands}
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
    return made
