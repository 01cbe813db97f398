"""Command lines as hooks and people write them, read without argparse: what isn't wholly understood here is left to it."""

from __future__ import annotations

from types import SimpleNamespace

TYPE_CHECKING = False  # type checkers know this name; to import typing for it takes long

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any


class _Option:
    def __init__(self, dest: str, action: str, choices: Iterable[str] | None, plain: bool) -> None:
        self.dest = dest
        self.action = action
        self.choices = None if choices is None else tuple(choices)
        self.plain = plain


class Quick:
    """Takes the options of a command as argparse's parsers do, but only knows what is plain in a command line."""

    def __init__(self) -> None:
        self._options: dict[str, _Option] = {}
        self._positional = ""
        self._defaults: dict[str, Any] = {}
        self._is_plain = True

    def add_argument(
        self,
        *names: str,
        action: str = "store",
        default: Any = None,
        choices: Iterable[str] | None = None,
        nargs: str | None = None,
        type: Any = None,
        dest: str = "",
        **_: Any,
    ) -> None:
        """As argparse's; of what isn't about parsing, such as `help`, nothing is kept."""
        if not names[0].startswith("-"):
            self._is_plain = self._is_plain and nargs == "*" and not self._positional
            self._positional = names[0]
            self._defaults[names[0]] = []
            return
        dest = dest or next((n for n in names if n.startswith("--")), names[0]).lstrip("-").replace("-", "_")
        self._defaults[dest] = False if action == "store_true" else default
        plain = action in ("store", "append", "store_true") and nargs is None and type is None
        self._options |= dict.fromkeys(names, _Option(dest, action, choices, plain))

    def parse(self, arguments: Sequence[str]) -> SimpleNamespace | None:
        """What argparse would make of the arguments; None if only it can tell."""
        found = dict(self._defaults)
        where: list[int] = []
        rest = list(enumerate(arguments))[::-1]
        while rest and self._is_plain:
            at, argument = rest.pop()
            if not argument.startswith("-"):
                if where and where[-1] != at - 1:
                    return None  # argparse takes one group of them
                where.append(at)
                continue
            name, equals, value = argument.partition("=")
            option = self._options.get(name)
            if option is None or not option.plain or (equals and not value):
                return None
            if option.action == "store_true":
                if equals:
                    return None
                found[option.dest] = True
                continue
            if not equals:
                if not name.startswith("--") or not rest or not rest[-1][1] or rest[-1][1].startswith("-"):
                    return None
                value = rest.pop()[1]
            if option.choices is not None and value not in option.choices:
                return None
            found[option.dest] = [*(found[option.dest] or ()), value] if option.action == "append" else value
        if not self._is_plain or "" in arguments:
            return None
        if where:
            found[self._positional] = [arguments[at] for at in where]
        return SimpleNamespace(**found)
