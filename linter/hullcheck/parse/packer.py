"""The parser's events to nodes that aren't made yet: see `Packed`."""

from __future__ import annotations

from collections.abc import Iterable
from marshal import dumps
from operator import itemgetter

from hullcheck.budget import tick
from hullcheck.model.node import FLOW, MAPPED, PLAIN_KEYS, Packed
from hullcheck.parse.events import (
    ALIAS,
    DOCUMENT,
    DOCUMENT_END,
    END,
    MAPPING,
    MAX_DEPTH,
    SCALAR,
    SEQUENCE,
    TICKED,
    Event,
    as_text,
    inner,
    stripped,
)

_TEXT = itemgetter(2)
"""A packed scalar's text."""


class Packer:
    """Takes the parser's events and packs nodes, so that none is made which nobody asks for.

    Places are offsets into `text`, and no document may hold more than `limit` nodes. What is in a node is bytes of its
    own if these are more than `chunk` nodes.
    """

    def __init__(self, text: str, limit: int, chunk: int) -> None:
        self.text = text
        self.limit = limit
        self.chunk = chunk
        self.documents: list[tuple[Packed | None, int]] = []

    def take_all(self, events: Iterable[Event]) -> bool:
        """Take the events in order; false if a builder has to: there are anchors, or more or deeper ones than may be.

        What stands for an anchor is one node in several places, which packed nodes can't be.
        """
        written, limit, chunk = self.text, self.limit, self.chunk
        open_: list[tuple[list[Packed], Event | None, int, int, int, int]] = []
        body: list[Packed] = []
        first: Event | None = None
        place = begun = 0
        # Of what is open: nodes below those in the body, how many of them are no bytes yet, its depth, and of its keys.
        more, loose, depth, flags = 0, 0, 1, PLAIN_KEYS
        for event in events:
            kind = event[0]
            if kind == SCALAR:
                if not event[6]:
                    if event[5]:
                        return False
                    body.append(event[1:5])
                    continue
                _, start, end, text, style, anchor, tag = event
                if anchor:
                    return False
                assert tag
                tag, text, style = as_text(tag, text, style)
                body.append((inner(written, start, end), end, text, style, tag))
                flags &= ~PLAIN_KEYS
            elif kind in (MAPPING, SEQUENCE):
                if event[5] or len(open_) >= MAX_DEPTH:
                    return False
                begun += 1
                if not begun % TICKED:
                    tick()
                if first is not None and first[0] == MAPPING and not len(body) & 1:
                    flags &= ~PLAIN_KEYS  # a key that is no scalar
                open_.append((body, first, more, loose, depth, flags))
                body, first, more, loose, depth, flags = [], event, 0, 0, 1, PLAIN_KEYS
            elif kind == END:
                assert first is not None
                kind, start, end, _, style, _, tag = first
                if tag:
                    start = inner(written, start, end)
                if style:
                    flags |= FLOW
                    end = event[2]
                else:
                    end = stripped(written, start, event[2])
                if kind == MAPPING:
                    flags |= MAPPED
                    keys = set(map(_TEXT, body[::2]))
                    if 2 * len(keys) != len(body) or "<<" in keys:
                        flags &= ~PLAIN_KEYS
                size = 1 + len(body) + more
                if size > limit:
                    return False
                if body and depth == 1:
                    depth = 2
                loose += len(body)
                if loose > chunk:
                    made: Packed = (flags, start, end, size, depth, dumps(tuple(body)))
                    loose = 0
                else:
                    made = (flags, start, end, size, depth, tuple(body))
                if tag:
                    made = (*made, tag)
                keys_of, apart, below = flags | ~PLAIN_KEYS, loose, depth
                body, first, more, loose, depth, flags = open_.pop()
                body.append(made)
                more += size - 1
                loose += apart
                flags &= keys_of
                if below >= depth:
                    depth = below + 1
            elif kind == DOCUMENT:
                body, place = [], event[1]
            elif kind == DOCUMENT_END:
                self.documents.append((body[0] if body else None, place))
            elif kind == ALIAS:
                return False
        return True
