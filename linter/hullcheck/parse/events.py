"""The parser's events with nothing but what is asked of them: ruamel.yaml's own go through four constructors each.

Only a process of hullcheck's own puts them in the place of ruamel.yaml's, as with `deferred.py`.
"""

from __future__ import annotations

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


def lighten(parser: Any) -> None:
    """Have the module of the parser in C make these events."""
    kinds = (ScalarEvent, MappingStartEvent, SequenceStartEvent, MappingEndEvent, SequenceEndEvent)
    if deferred.allowed and all(hasattr(parser, kind.__name__) for kind in kinds):
        for kind in kinds:
            setattr(parser, kind.__name__, kind)
