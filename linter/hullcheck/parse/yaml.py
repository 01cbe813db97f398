"""YAML and JSON to nodes that know their place, read with ruamel.yaml's C parser.

The parser's events are taken one by one, never its recursive composer, so that no nesting can exhaust the stack.
Scalars stay text with a style: what type `yes` or `010` has depends on the program that reads the file.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cache, lru_cache

from hullcheck import look
from hullcheck.budget import tick
from hullcheck.deferred import defer
from hullcheck.model.coverage import Gap
from hullcheck.model.lazy import Lazy
from hullcheck.model.node import Mapping, Node, Packed, Scalar, Sequence, is_within, unpacked
from hullcheck.model.problem import Problem
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
    alone,
    as_text,
    inner,
    plain,
    stripped,
)
from hullcheck.patterns import pattern
from hullcheck.source import Source
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING, Any, NoReturn, TypeVar

if TYPE_CHECKING:
    from hullcheck.parse.packed import Known

T = TypeVar("T")

LARGE = 64 * 1024
"""Characters from which on a text is packed at first: of what is as long, most is looked at by nobody."""

CHUNK = 100
"""Nodes that are made into bytes together, of what is kept."""

KNOWN: "Known | None" = None
"""What earlier runs made of texts, where that is kept."""

MAX_EXPANDED = 500_000
"""Nodes of a document with every alias written out; an alias bomb has billions."""

_DOCUMENT_START = pattern(r"^---(?=\s|$)", re.MULTILINE)


class Document(NamedTuple):
    """One document of a stream; `root` is None if it is empty."""

    root: Node | None
    start: int


class Documents(NamedTuple):
    """All documents of a file that could be read, and what is wrong with the others."""

    documents: list[Document]
    problems: list[Problem]


def parse(source: Source) -> Documents:
    """Read every document; one that is broken becomes a problem at its place, and the others are still read.

    So are those of a text that isn't UTF-8, with stand-ins for what no reader takes.
    """
    problem = _undecodable(source)
    if problem:
        return Documents(_parsed_apart(source, _UNPRINTABLE.sub("\ufffd", source.text)).documents, [problem])
    return _parsed_apart(source, source.text)


parsed = lru_cache(maxsize=128)(parse)
"""The same, kept for a while: for pipelines and the like, which several look at."""


def _parsed_apart(source: Source, text: str) -> Documents:
    """The documents of the source's text, each by itself if they can't be read together."""
    try:
        return Documents(_compose(source, text, 0), [])
    except _BrokenError as broken:
        first = broken
    starts = [match.start() for match in _DOCUMENT_START.finditer(text)]
    if not starts:
        return Documents([], [first.problem])
    documents: list[Document] = []
    problems: list[Problem] = []
    starts = starts if not text[: starts[0]].strip() else [0, *starts]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        try:
            documents += _compose(source, text[start:end], start)
        except _BrokenError as broken:
            problems.append(broken.problem)
    return Documents(documents, problems or [first.problem])


def parse_parts(source: Source, spans: list[tuple[int, int]]) -> Documents:
    """Read each span of the text by itself: the objects of a JSON stream, which is no YAML."""
    found = Documents([], [])
    for start, end in spans:
        try:
            found.documents.extend(_compose(source, source.text[start:end], start))
        except _BrokenError as broken:
            found.problems.append(broken.problem)
    return found


class _BrokenError(Exception):
    def __init__(self, source: Source, message: str, offset: int, gap: Gap | None = None) -> None:
        super().__init__(message)
        place = source.at(min(offset, len(source.text)))
        self.problem = Problem("parse-error", message, place, gap=gap or _UNREAD)


_UNREAD = Gap("parse-error", "document", "it isn't YAML that can be read")
_TOO_DEEP = Gap("limit", "document", f"it is nested more than {MAX_DEPTH} levels deep")
_TOO_MUCH = Gap("limit", "document", "it holds too many values")


def _undecodable(source: Source) -> Problem | None:
    if source.encoding == "latin-1":
        valid = len(source.data.decode("utf-8", "ignore").encode())
        message = f"not UTF-8: {len(source.data) - valid} bytes of this file can't be decoded"
        return Problem("parse-error", message, source.at(_first_invalid(source.data)), gap=_UNREAD)
    return None


def _first_invalid(data: bytes) -> int:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.start
    return 0


def _compose(source: Source, text: str, base: int) -> list[Document]:
    """The documents of `text`, which stands at offset `base` of the source; raises _BrokenError."""
    key = b""
    if KNOWN is not None and source.encoding != "latin-1":
        key, known = KNOWN.find(text)
        if isinstance(known, tuple):
            raise _BrokenError(source, known[0], base + known[1])
        if known is not None and all(is_within(root, _limit(source)) for root, _ in known):
            return _made(source, known, base)
    _parser_class()
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        try:
            return _taken(source, text, base, _parsed, key)
        except MarkedYAMLError as error:
            if error.problem != _COLON or _STAND_IN in text:
                raise
            return _taken(source, text, base, _parsed_anew, key)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        broken = f"not YAML: {error.problem or error.context or 'not YAML'}", mark.index if mark else 0
    except YAMLError as error:
        broken = _reader_message(error), _reader_position(text)
    except UnicodeEncodeError as error:
        broken = "not YAML: a lone surrogate", error.start
    if key and KNOWN is not None:
        KNOWN.add(key, broken, len(text))
    raise _BrokenError(source, broken[0], base + broken[1])


def _taken(
    source: Source, text: str, base: int, events: Callable[[str], Iterable[Event]], key: bytes
) -> list[Document]:
    """The documents. They are packed until somebody asks for them, if `text` is long or is to be kept, without anchors."""
    if (key or len(text) >= LARGE) and source.encoding != "latin-1":
        from hullcheck.parse.packer import Packer

        packer = Packer(text, _limit(source), CHUNK if key else MAX_EXPANDED)
        if packer.take_all(events(text)):
            if key and KNOWN is not None:
                KNOWN.add(key, packer.documents, len(text))
            return _made(source, packer.documents, base)
    builder = _Builder(source, base)
    builder.take_all(events(text))
    return builder.documents


def _made(source: Source, documents: Iterable[tuple[Packed | None, int]], base: int) -> list[Document]:
    return [
        Document(unpacked(source, root, base) if root is not None else None, base + start) for root, start in documents
    ]


_COLON = "found unexpected ':'"
_STAND_IN = "\ue00f"
_INNER_COLON = pattern(r"""(?<=[^\s"'\[\]{},]):(?=\S)""")


@cache
def _parser_class() -> Any:
    """ruamel.yaml's parser in C, without the rest of ruamel.yaml where that isn't there yet."""
    defer("ruamel.yaml")
    try:
        with alone():
            import _ruamel_yaml as parser  # type: ignore[import-not-found]
    except ImportError:  # its home in other releases
        from ruamel.yaml import cyaml as parser
    return parser.CParser


def _parsed(text: str) -> Iterator[Event]:
    """What the parser tells, behind the stream's start."""
    parser = _parser_class()(text)
    first = parser.get_event()
    events = iter(parser.get_event, None)
    return events if type(first) is tuple else map(plain, events)


def _parsed_anew(text: str) -> Iterator[Event]:
    """The events of a text with colons inside of flow scalars, which the C parser refuses: `{image: nginx:1}`, `[a::]`.

    YAML 1.2 and every reader that matters here allow them. Another character stands in for them, so all places hold.
    """
    for kind, start, end, value, style, anchor, tag in _parsed(_INNER_COLON.sub(_STAND_IN, text)):
        yield kind, start, end, value.replace(_STAND_IN, ":"), style, _with_colons(anchor), _with_colons(tag)


def _with_colons(written: str | None) -> str | None:
    return written and written.replace(_STAND_IN, ":")


def know(store: look.Store, root: str) -> "Known | None":
    """Until the run is over, take what earlier ones made of the tree with that root, and keep what is new."""
    global KNOWN
    if KNOWN is not None:
        return KNOWN
    from hullcheck.parse.packed import Known  # of use to runs about many files

    with suppress(OSError):
        KNOWN = Known(store, root, getattr(sys.modules.get(_parser_class().__module__), "__file__", None) or "")
        look.LATER.append(_over)
    return KNOWN


def _over() -> None:
    global KNOWN
    if KNOWN is not None:
        KNOWN.save()
        KNOWN.close()
        KNOWN = None


def made_of(text: str, make: Callable[[Iterable[Event]], T]) -> T | None:
    """What is made of the parser's events; None if not all can be had. It is made anew where they have to be."""
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        try:
            return make(_parsed(text))
        except MarkedYAMLError as error:
            if error.problem != _COLON or _STAND_IN in text:
                raise
            return make(_parsed_anew(text))
    except (YAMLError, UnicodeEncodeError):
        return None


def round_trip(text: str) -> list[Any] | None:
    """The documents as ruamel.yaml's round-trip loader has them, with comments and places; None if it refuses them."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    loader = YAML(typ="rt")
    loader.allow_duplicate_keys = True
    try:
        return list(loader.load_all(text))
    except (YAMLError, RecursionError, ValueError, TypeError, LookupError, AttributeError, NotImplementedError):
        return None  # its constructors fail in many ways on what they don't expect


def _reader_message(error: Exception) -> str:
    return f"not YAML: {str(error).splitlines()[0]}"


_UNPRINTABLE = Lazy("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _reader_position(text: str) -> int:
    match = _UNPRINTABLE.search(text)
    return match.start() if match else 0


def _limit(source: Source) -> int:
    """How many nodes a document may hold: a large one may hold more by itself."""
    return max(MAX_EXPANDED, len(source.text) // 3)


def _refuse_depth(source: Source, place: int) -> NoReturn:
    raise _BrokenError(source, f"nested more than {MAX_DEPTH} levels deep", place, _TOO_DEEP)


class _Builder:
    """Takes the parser's events and puts nodes together, with a stack of its own."""

    def __init__(self, source: Source, base: int) -> None:
        self.source = source
        self.base = base
        self.limit = _limit(source)
        self.documents: list[Document] = []
        self.words: dict[str, str] = {}
        self.anchors: dict[str, Node | None] = {}
        self.root: Node | None = None
        self.start = 0

    def take_all(self, events: Iterable[Event]) -> None:
        """Take the events in order, in one loop: a call for each step would take longer than the parser does."""
        source, base, words, limit = self.source, self.base, self.words, self.limit
        open_: list[tuple[Mapping | Sequence | None, Node | None, str | None]] = []
        parent: Mapping | Sequence | None = None
        key: Node | None = None
        name: str | None = None  # the parent's anchor
        begun = 0
        for kind, start, end, text, style, anchor, tag in events:
            node: Node
            if kind == SCALAR:
                if tag or anchor:
                    node = self._scalar(
                        inner(source.text, base + start, base + end), base + end, tag or "", text, style
                    )
                    if anchor:
                        self.anchors[anchor] = node
                else:
                    node = Scalar(source, base + start, base + end, "", words.setdefault(text, text), style)
            elif kind in (MAPPING, SEQUENCE):
                if len(open_) >= MAX_DEPTH:
                    _refuse_depth(source, base + start)
                begun += 1
                if not begun % TICKED:
                    tick()
                open_.append((parent, key, name))
                if tag or anchor:
                    start = inner(source.text, base + start, base + end) - base
                if anchor:
                    self.anchors[anchor] = None
                made = Mapping if kind == MAPPING else Sequence
                parent, key, name = made(source, base + start, base + end, tag or "", style == "flow"), None, anchor
                continue
            elif kind == END:
                assert parent is not None
                node = parent
                node.end = base + end
                if not parent.flow:
                    node.end = stripped(source.text, node.start, node.end)
                if name:
                    self.anchors[name] = node
                parent, key, name = open_.pop()
            elif kind == ALIAS:
                node = self._alias(anchor or "", base + start, len(open_))
            else:
                if kind == DOCUMENT:
                    self.root, self.anchors, self.start = None, {}, base + start
                elif kind == DOCUMENT_END:
                    self.documents.append(Document(self.root, self.start))
                continue
            if parent is None:
                self.root = node
                continue
            parent.size += node.size
            if node.depth >= parent.depth:
                parent.depth = node.depth + 1
            if parent.size > limit:
                raise _BrokenError(source, f"more than {limit} values once its aliases are expanded", node.start)
            if isinstance(parent, Sequence):
                parent.items.append(node)
            elif key is None:
                key = node
            else:
                parent.items.append((key, node))
                key = None

    def _scalar(self, start: int, end: int, tag: str, value: str, style: str) -> Scalar:
        tag, value, style = as_text(tag, value, style)
        return Scalar(self.source, start, end, tag, self.words.setdefault(value, value), style)

    def _alias(self, anchor: str, offset: int, depth: int) -> Node:
        if anchor not in self.anchors:
            raise _BrokenError(self.source, f"alias *{anchor} has no anchor", offset)
        node = self.anchors[anchor]
        if node is None:
            raise _BrokenError(self.source, f"alias *{anchor} stands inside its own anchor", offset)
        if depth + node.depth > MAX_DEPTH:
            _refuse_depth(self.source, offset)
        return node
