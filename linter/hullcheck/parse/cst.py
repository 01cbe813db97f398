"""A YAML file as written, for editing: aliases are not followed, and each node knows its parent and its anchor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hullcheck.parse.events import ALIAS, DOCUMENT, END, MAPPING, MAX_DEPTH, SCALAR, SEQUENCE, Event
from hullcheck.parse.yaml import made_of


class Node:
    """A scalar, mapping, sequence or alias, as half-open offsets of the text.

    `whole` is where it starts with its anchor and tag. `end` is where its own text ends, without the blanks and
    comments behind it. `items` are a sequence's items, or a mapping's keys and values by turns. `uses` counts the
    aliases of its anchor.
    """

    __slots__ = ("anchor", "end", "flow", "items", "kind", "parent", "start", "style", "text", "uses", "whole")

    def __init__(self, kind: str, whole: int, start: int, end: int, anchor: str | None) -> None:
        self.kind = kind
        self.whole = whole
        self.start = start
        self.end = end
        self.anchor = anchor
        self.uses = 0
        self.flow = False
        self.style = ""
        self.text = ""
        self.items: list[Node] = []
        self.parent: Node | None = None

    def __repr__(self) -> str:
        return f"Node({self.kind}, {self.start}, {self.end})"

    @property
    def pairs(self) -> list[tuple["Node", "Node"]]:
        """A mapping's keys and values."""
        return list(zip(self.items[::2], self.items[1::2], strict=True))

    @property
    def empty(self) -> bool:
        """Is it a value that isn't written at all?"""
        return self.kind == "scalar" and self.start == self.end and not self.anchor

    def lineage(self) -> Iterator["Node"]:
        """The node itself and all that it is part of, from the inside out."""
        node: Node | None = self
        while node is not None:
            yield node
            node = node.parent

    def walk(self) -> Iterator["Node"]:
        """The node and everything in it, in the order of the text."""
        pending = [self]
        while pending:
            node = pending.pop()
            yield node
            pending.extend(reversed(node.items))


def parse(text: str) -> list[Node] | None:
    """The roots of a file's documents; None where it isn't YAML, or is nested too deep."""
    return made_of(text, lambda events: _roots(text, events))


def _roots(text: str, events: Iterable[Event]) -> list[Node] | None:
    builder = _Builder(text)
    open_, take = builder.open, builder.take
    for event in events:
        kind, start, end, value, style, anchor, tag = event
        if kind == SCALAR and open_ and not (anchor or tag or style):
            node = Node(kind, start, start, end, None)  # most are so, and a call takes longer than this
            node.text = value
            node.parent = parent = open_[-1]
            parent.items.append(node)
            continue
        if len(open_) > MAX_DEPTH:
            return None
        take(event)
    return builder.roots


class _Builder:
    def __init__(self, text: str) -> None:
        self.text = text
        self.roots: list[Node] = []
        self.open: list[Node] = []
        self.anchors: dict[str, Node] = {}

    def take(self, event: Event) -> None:
        kind, whole, end, text, style, anchor, tag = event
        if kind == SCALAR:
            start = self._behind_properties(whole, end) if anchor or tag else whole
            if style in ("|", ">"):
                end = self._block_end(start, end)
            node = Node(kind, whole, start, end, anchor)
            node.style = style
            node.text = text
            self._add(node)
        elif kind == ALIAS:
            node = Node(kind, whole, whole, end, None)
            node.text = anchor or ""
            if node.text in self.anchors:
                self.anchors[node.text].uses += 1
            self._add(node)
        elif kind in (MAPPING, SEQUENCE):
            start = self._behind_properties(whole, end) if anchor or tag else whole
            node = Node(kind, whole, start, whole, anchor)
            node.flow = style == "flow"
            self._add(node)
            self.open.append(node)
        elif kind == END:
            node = self.open.pop()
            node.end = end if node.flow else max((item.end for item in node.items), default=node.start)
        elif kind == DOCUMENT:
            self.anchors = {}

    def _block_end(self, start: int, end: int) -> int:
        """Where a block scalar ends: before its last line break, or, unless it keeps them, before all of those."""
        written = self.text[start:end]
        if "+" in written.partition("\n")[0].partition("#")[0]:
            return start + len(written.removesuffix("\n").removesuffix("\r"))
        return start + len(written.rstrip())

    def _behind_properties(self, whole: int, end: int) -> int:
        """Where the content starts behind `&anchor` and `!tag`."""
        at = whole
        while at < end and self.text[at] in "&!":
            while at < end and not self.text[at].isspace():
                at += 1
            while at < end and self.text[at].isspace():
                at += 1
        return at

    def _add(self, node: Node) -> None:
        if node.anchor:
            self.anchors[node.anchor] = node
        if self.open:
            node.parent = self.open[-1]
            self.open[-1].items.append(node)
        else:
            self.roots.append(node)
