"""Nodes for what no file holds as YAML: an image's configuration, a container's story."""

from __future__ import annotations

from collections.abc import Iterable

from hullcheck.model.node import Mapping, Node, Scalar, Sequence
from hullcheck.source import Field, Location


def text(value: str, at: Location, because: str = "") -> Scalar:
    """A string that was said at `at`."""
    made = Scalar(at.source, at.start, at.end, "", value, '"')
    made.because = because
    return made


def plain(value: str, at: Location) -> Scalar:
    """A number, boolean or null that was said at `at`."""
    return Scalar(at.source, at.start, at.end, "", value, "")


def unknown(why: str, at: Location) -> Scalar:
    """A value that can't be known."""
    made = plain("", at)
    made.unknown = why
    return made


def said(field: Field[str], because: str = "") -> Scalar:
    """A field's value, or why it isn't known."""
    if field.value is None:
        return unknown(field.unknown or "nothing says it", field.location)
    return text(field.value, field.location, because)


def sequence(items: Iterable[Node], at: Location) -> Sequence:
    """A list of nodes."""
    made = Sequence(at.source, at.start, at.end, "", False)
    made.items = list(items)
    return made


def mapping(entries: Iterable[tuple[str, Node]], at: Location) -> Mapping:
    """A mapping of nodes, in that order."""
    made = Mapping(at.source, at.start, at.end, "", False)
    made.items = [(text(key, at), value) for key, value in entries]
    return made
