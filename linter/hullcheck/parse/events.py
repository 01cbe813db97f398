"""The parser's events with nothing but what is asked of them: ruamel.yaml's own go through four constructors each.

Only a process of hullcheck's own puts them in the place of ruamel.yaml's, as with `deferred.py`.
"""

from __future__ import annotations

import sys
from types import ModuleType

from hullcheck import deferred
from hullcheck.typed import Any


class ScalarEvent:
    """As `ruamel.yaml.events.ScalarEvent`; the tag is a text, or None."""

    __slots__ = ("anchor", "end_mark", "start_mark", "style", "tag", "value")

    def __init__(
        self, anchor: Any, tag: Any, implicit: Any, value: Any, start_mark: Any, end_mark: Any, style: Any = None
    ) -> None:
        self.anchor = anchor
        self.tag = None if tag is None else str(tag)
        self.value = value
        self.start_mark = start_mark
        self.end_mark = end_mark
        self.style = style


class _StartEvent:
    __slots__ = ("anchor", "end_mark", "flow_style", "start_mark", "tag")

    def __init__(
        self, anchor: Any, tag: Any, implicit: Any, start_mark: Any, end_mark: Any, flow_style: Any = None
    ) -> None:
        self.anchor = anchor
        self.tag = None if tag is None else str(tag)
        self.start_mark = start_mark
        self.end_mark = end_mark
        self.flow_style = flow_style


class MappingStartEvent(_StartEvent):
    __slots__ = ()


class SequenceStartEvent(_StartEvent):
    __slots__ = ()


class _EndEvent:
    __slots__ = ("end_mark", "start_mark")

    def __init__(self, start_mark: Any, end_mark: Any) -> None:
        self.start_mark = start_mark
        self.end_mark = end_mark


class MappingEndEvent(_EndEvent):
    __slots__ = ()


class SequenceEndEvent(_EndEvent):
    __slots__ = ()


class _MereEvent(_EndEvent):
    """Of a stream or a document; what else is told of it is left out."""

    __slots__ = ()

    def __init__(self, start_mark: Any, end_mark: Any, *_: Any) -> None:
        super().__init__(start_mark, end_mark)


class StreamStartEvent(_MereEvent):
    __slots__ = ()


class StreamEndEvent(_MereEvent):
    __slots__ = ()


class DocumentStartEvent(_MereEvent):
    __slots__ = ()


class DocumentEndEvent(_MereEvent):
    __slots__ = ()


class AliasEvent(_EndEvent):
    __slots__ = ("anchor",)

    def __init__(self, anchor: Any, start_mark: Any, end_mark: Any) -> None:
        super().__init__(start_mark, end_mark)
        self.anchor = anchor


_PARTS = (
    "composer", "constructor", "emitter", "events", "nodes", "parser", "reader", "representer", "scanner", "serializer",
    "tokens",
)  # fmt: skip
"""Modules of ruamel.yaml whose classes the parser in C wants to have."""


class alone:  # noqa: N801  it is used as a function
    """Within it, the parser in C is imported without the modules that it takes classes from and has little use for.

    It makes the events above, and errors with the bases that ruamel.yaml's have; tokens and nodes nobody asks it for.
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
    """Has a class of each name."""

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
            return globals()[name]
        return type(name, (self._marked,) if name.endswith("Error") else (), {})


def _reader_error(plain: type) -> type:
    """A class of errors that say what ruamel.yaml's say of a text that it can't read."""

    def text(error: Any) -> str:
        from ruamel.yaml.reader import ReaderError

        return str(ReaderError(*error.args))

    return type("ReaderError", (plain,), {"__str__": text})
