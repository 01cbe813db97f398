"""Values as YAML would have them in a file: in its indentation, its quotes, its line endings."""

from __future__ import annotations

import json

from hullcheck.parse import cst
from hullcheck.patterns import pattern
from hullcheck.typed import Any

_PLAIN = pattern(r"[A-Za-z0-9_./$][A-Za-z0-9_./@+$-]*(?::[A-Za-z0-9_./@+$-]+)*")
_NUMBER = pattern(r"[-+]?[0-9.][0-9_.:xXoOa-fA-F+-]*")
_WORDS = frozenset("true false yes no on off y n null ~ .inf .nan".split())  # noqa: SIM905  easier to read


def scalar(value: Any, style: str = "") -> str:
    """A scalar as text: quoted as `style` says (`'`, `"` or, as far as that can be, not at all)."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    if style == "'" and text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    if isinstance(value, int) or (not style and _is_plain(text)):
        return text
    return quoted(text)


def quoted(text: str) -> str:
    """The text between double quotes, as YAML and JSON both read it: neither has a way to write lone surrogates."""
    written = json.dumps(text, ensure_ascii=False)
    return written if written.isprintable() else "".join(map(_escaped, written))


def _escaped(char: str) -> str:
    if char.isprintable() or char > "\uffff":
        return char
    return "\\ufffd" if "\ud800" <= char <= "\udfff" else f"\\u{ord(char):04x}"


def _is_plain(text: str) -> bool:
    return bool(_PLAIN.fullmatch(text)) and text.lower() not in _WORDS and not _NUMBER.fullmatch(text)


def flow(value: Any, style: str = "") -> str:
    """A value on one line; with the style `"` it is JSON."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key, style)}: {flow(held, style)}" for key, held in value.items()) + "}"
    if isinstance(value, tuple):
        return "[" + ", ".join(flow(item, style) for item in value) + "]"
    return scalar(value, style)


class Layout:
    """How a file is laid out: by how much mappings and lists are indented, and how its lines end."""

    def __init__(self, text: str, roots: list[cst.Node]) -> None:
        self.text = text
        first = text.find("\n")
        self.newline = "\r\n" if first > 0 and text[first - 1] == "\r" else "\n"
        self.step = 0
        self.dash = -1
        for root in roots:
            for node in root.walk():
                self._look_at(node)
                if self.step and self.dash >= 0:
                    return
        self.step = self.step or 2
        self.dash = self.step if self.dash < 0 else self.dash

    def _look_at(self, node: cst.Node) -> None:
        if node.kind != "mapping" or node.flow:
            return
        for key, value in node.pairs:
            indentation = self.column(value.start) - self.column(key.whole)
            if value.flow or value.whole != value.start or self.same_line(key, value):
                continue
            if value.kind == "mapping" and not self.step:
                self.step = max(indentation, 0)
            elif value.kind == "sequence" and self.dash < 0:
                self.dash = max(indentation, 0)

    def column(self, offset: int) -> int:
        """Columns before an offset, from 0."""
        return offset - self.line_start(offset)

    def line_start(self, offset: int) -> int:
        return self.text.rfind("\n", 0, offset) + 1

    def line_end(self, offset: int) -> int:
        """Where the line of an offset ends, before its line break."""
        newline = self.text.find("\n", offset)
        if newline < 0:
            return len(self.text)
        return newline - 1 if newline > offset and self.text[newline - 1] == "\r" else newline

    def same_line(self, first: cst.Node, second: cst.Node) -> bool:
        return "\n" not in self.text[first.start : second.start]

    def lines(self, key: str, value: Any, indentation: int) -> str:
        """An entry of a block mapping, each line with its line break before it."""
        return "".join(f"{self.newline}{' ' * indentation}{line}" for line in self._entry(key, value))

    def items(self, values: tuple[Any, ...], indentation: int, style: str) -> str:
        """Items of a block list, each line with its line break before it."""
        lines = [line for value in values for line in self._item(value, style)]
        return "".join(f"{self.newline}{' ' * indentation}{line}" for line in lines)

    def _entry(self, key: str, value: Any) -> list[str]:
        name = scalar(key)
        if isinstance(value, dict) and value:
            nested = [line for inner, held in value.items() for line in self._entry(inner, held)]
            return [f"{name}:", *(" " * self.step + line for line in nested)]
        if isinstance(value, tuple) and value:
            nested = [line for item in value for line in self._item(item, "")]
            return [f"{name}:", *(" " * self.dash + line for line in nested)]
        return [f"{name}: {flow(value)}"]

    def _item(self, value: Any, style: str) -> list[str]:
        if not isinstance(value, dict) or not value:
            return [f"- {flow(value, style)}"]
        first, *rest = [line for inner, held in value.items() for line in self._entry(inner, held)]
        return [f"- {first}", *(f"  {line}" for line in rest)]
