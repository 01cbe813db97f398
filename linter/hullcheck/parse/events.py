"""The parser's events as plain tuples: ruamel.yaml's own are objects that go through four constructors each.

Only a process of hullcheck's own has the parser in C make them, as with `deferred.py`; elsewhere they are made of
ruamel.yaml's.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType

from hullcheck import deferred
from hullcheck.patterns import pattern
from hullcheck.typed import Any

MAX_DEPTH = 250
"""Levels of nesting in a document; real ones have fewer than 40."""

TICKED = 32
"""Mappings and lists after which it is looked whether the time is up."""

_BLANKS = 64
"""Characters that are looked at first for the end of what is followed by blanks."""

_PROPERTIES = pattern(r"(?:[&!][^\s,\[\]{}]*+\s++|!<[^\s>]{0,500}>\s++)++")
_BINARY = "tag:yaml.org,2002:binary"
_STRING = "tag:yaml.org,2002:str"

Event = tuple[str, int, int, str, str, str | None, str | None]
"""What it is, where it starts and ends, a scalar's text and style ("" if plain), the anchor and the tag as written.

A mapping or sequence has the style "flow" if it stands in braces or brackets; an alias has the anchor that it names.
"""

SCALAR, MAPPING, SEQUENCE, END, ALIAS = "scalar", "mapping", "sequence", "end", "alias"
DOCUMENT, DOCUMENT_END, STREAM = "document", "document end", "stream"


def _scalar(anchor: Any, tag: Any, _: Any, value: Any, start: Any, end: Any, style: Any = None) -> Event:
    return SCALAR, start.index, end.index, value, style or "", anchor, tag


def _mapping(anchor: Any, tag: Any, _: Any, start: Any, end: Any, flow_style: Any = None) -> Event:
    return MAPPING, start.index, end.index, "", "flow" if flow_style else "", anchor, tag


def _sequence(anchor: Any, tag: Any, _: Any, start: Any, end: Any, flow_style: Any = None) -> Event:
    return SEQUENCE, start.index, end.index, "", "flow" if flow_style else "", anchor, tag


def _end(start: Any, end: Any) -> Event:
    return END, start.index, end.index, "", "", None, None


def _alias(anchor: Any, start: Any, end: Any) -> Event:
    return ALIAS, start.index, end.index, "", "", anchor, None


def _document(start: Any, end: Any, *_: Any) -> Event:
    return DOCUMENT, start.index, end.index, "", "", None, None


def _document_end(start: Any, end: Any, *_: Any) -> Event:
    return DOCUMENT_END, start.index, end.index, "", "", None, None


def _stream(start: Any, end: Any, *_: Any) -> Event:
    return STREAM, start.index, end.index, "", "", None, None


_MADE_BY: dict[str, Callable[..., Event]] = {
    "ScalarEvent": _scalar,
    "MappingStartEvent": _mapping,
    "SequenceStartEvent": _sequence,
    "MappingEndEvent": _end,
    "SequenceEndEvent": _end,
    "AliasEvent": _alias,
    "DocumentStartEvent": _document,
    "DocumentEndEvent": _document_end,
    "StreamStartEvent": _stream,
    "StreamEndEvent": _stream,
}


def plain(event: Any) -> Event:
    """One of ruamel.yaml's own events as a tuple."""
    kind, start, end = type(event).__name__, event.start_mark, event.end_mark
    if kind == "ScalarEvent":
        return _scalar(event.anchor, _text(event.tag), None, event.value, start, end, event.style)
    if kind in ("MappingStartEvent", "SequenceStartEvent"):
        return _MADE_BY[kind](event.anchor, _text(event.tag), None, start, end, event.flow_style)
    return _alias(event.anchor, start, end) if kind == "AliasEvent" else _MADE_BY[kind](start, end)


def _text(tag: Any) -> str | None:
    return None if tag is None else str(tag)


_PARTS = (
    "composer", "constructor", "emitter", "events", "nodes", "parser", "reader", "representer", "scanner", "serializer",
    "tokens",
)  # fmt: skip
"""Modules of ruamel.yaml whose classes the parser in C wants to have."""


class alone:  # noqa: N801  it is used as a function
    """Within it, the parser in C is imported without the modules that it takes classes from and has little use for.

    It makes the tuples above, and errors with the bases that ruamel.yaml's have; tokens and nodes nobody asks it for.
    """

    def __enter__(self) -> None:
        self._names: list[str] = []
        if not deferred.allowed:
            return
        from ruamel.yaml.error import MarkedYAMLError, YAMLError

        for part in _PARTS:
            name = f"ruamel.yaml.{part}"
            if name not in sys.modules:
                self._names.append(name)
                sys.modules[name] = _Module(name, MarkedYAMLError, YAMLError)

    def __exit__(self, *_: object) -> None:
        for name in self._names:
            del sys.modules[name]  # who asks for it from now on gets the real one


class _Module(ModuleType):
    """Has something of each name to make an event or an error of."""

    def __init__(self, name: str, marked: type, plain: type) -> None:
        super().__init__(name)
        self._marked = marked
        self._plain = plain

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name == "ReaderError":
            return _reader_error(self._plain)
        if name.endswith("Event"):
            return _MADE_BY[name]
        return type(name, (self._marked,) if name.endswith("Error") else (), {})


def _reader_error(plain: type) -> type:
    """A class of errors that say what ruamel.yaml's say of a text that it can't read."""

    def text(error: Any) -> str:
        from ruamel.yaml.reader import ReaderError

        return str(ReaderError(*error.args))

    return type("ReaderError", (plain,), {"__str__": text})


def stripped(text: str, start: int, end: int) -> int:
    """Where what stands from `start` to `end` ends without the blanks behind it: nearly always there are few."""
    last = max(start, end - _BLANKS)
    length = len(text[last:end].rstrip())
    return last + length if length else start + len(text[start:last].rstrip())


def inner(text: str, start: int, end: int) -> int:
    """Where what stands behind an anchor and a tag starts."""
    match = _PROPERTIES.match(text, start, end)
    return match.end() if match else start


def as_text(tag: str, text: str, style: str) -> tuple[str, str, str]:
    """A scalar's tag, text and style; what is written in base 64 is the text that it stands for."""
    found = _decoded(text) if tag == _BINARY else None
    return (tag, text, style) if found is None else (_STRING, found, style or '"')


def _decoded(text: str) -> str | None:
    """The text that a reader makes of base 64; None if it refuses it, or it is no text."""
    import base64

    try:
        return base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True).decode()
    except ValueError:
        return None
