"""YAML and JSON to nodes that know their place, read with ruamel.yaml's C parser.

The parser's events are taken one by one, never its recursive composer, so that no nesting can exhaust the stack.
Scalars stay text with a style: what type `yes` or `010` has depends on the program that reads the file.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from hullcheck.model.problem import Problem
from hullcheck.source import Location, Source

MAX_DEPTH = 250
"""Levels of nesting in a document; real ones have fewer than 40."""

MAX_EXPANDED = 500_000
"""Nodes of a document with every alias written out; an alias bomb has billions."""

_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)+")
_DOCUMENT_START = re.compile(r"^---(?=\s|$)", re.MULTILINE)
_TRUE = frozenset(("true", "True", "TRUE"))
_FALSE = frozenset(("false", "False", "FALSE"))
_TRUE_11 = _TRUE | {"y", "Y", "yes", "Yes", "YES", "on", "On", "ON"}
_FALSE_11 = _FALSE | {"n", "N", "no", "No", "NO", "off", "Off", "OFF"}
_NULL = frozenset(("", "~", "null", "Null", "NULL"))


class Node:
    """A value and its place, as half-open offsets into the source's text. `tag` is the written one, or empty."""

    __slots__ = ("depth", "end", "size", "source", "start", "tag")

    def __init__(self, source: Source, start: int, end: int, tag: str) -> None:
        self.source = source
        self.start = start
        self.end = end
        self.tag = tag
        self.size = 1
        self.depth = 1

    @property
    def location(self) -> Location:
        return Location(self.source, self.start, self.end)


class Scalar(Node):
    """`style` is empty for a plain scalar, else the quote or the block indicator."""

    __slots__ = ("style", "text")

    def __init__(self, source: Source, start: int, end: int, tag: str, text: str, style: str) -> None:
        super().__init__(source, start, end, tag)
        self.text = text
        self.style = style

    def __repr__(self) -> str:
        return f"Scalar({self.text!r})"


class Sequence(Node):
    __slots__ = ("flow", "items")

    def __init__(self, source: Source, start: int, end: int, tag: str, flow: bool) -> None:
        super().__init__(source, start, end, tag)
        self.flow = flow
        self.items: list[Node] = []


class Mapping(Node):
    """`items` are the pairs as written; `entries` and `get` see merge keys (`<<`) resolved."""

    __slots__ = ("_entries", "flow", "items")

    def __init__(self, source: Source, start: int, end: int, tag: str, flow: bool) -> None:
        super().__init__(source, start, end, tag)
        self.flow = flow
        self.items: list[tuple[Node, Node]] = []
        self._entries: dict[str, tuple[Scalar, Node]] | None = None

    def entries(self) -> dict[str, tuple[Scalar, Node]]:
        """Scalar keys with their values: a written key beats a merged one, an earlier merge a later one."""
        if self._entries is None:
            own: dict[str, tuple[Scalar, Node]] = {}
            merged: dict[str, tuple[Scalar, Node]] = {}
            for key, value in self.items:
                if not isinstance(key, Scalar):
                    continue
                if key.text == "<<" and not key.style:
                    for mapping in _merge_sources(value):
                        for name, entry in mapping.entries().items():
                            merged.setdefault(name, entry)
                else:
                    own[key.text] = (key, value)
            self._entries = {**merged, **own} if merged else own
        return self._entries

    def get(self, key: str) -> Node | None:
        entry = self.entries().get(key)
        return entry[1] if entry else None

    def key(self, key: str) -> Scalar | None:
        """The key's own node, for its place."""
        entry = self.entries().get(key)
        return entry[0] if entry else None

    @property
    def duplicates(self) -> list[tuple[Scalar, Scalar]]:
        """Keys that are written twice, with the earlier one first."""
        seen: dict[str, Scalar] = {}
        found = []
        for key, _ in self.items:
            if isinstance(key, Scalar) and key.text != "<<":
                if key.text in seen:
                    found.append((seen[key.text], key))
                seen[key.text] = key
        return found


def _merge_sources(value: Node) -> Iterator[Mapping]:
    if isinstance(value, Mapping):
        yield value
    elif isinstance(value, Sequence):
        yield from (item for item in value.items if isinstance(item, Mapping))


class Document(NamedTuple):
    """One document of a stream; `root` is None if it is empty."""

    root: Node | None
    start: int


class Documents(NamedTuple):
    """All documents of a file that could be read, and what is wrong with the others."""

    documents: list[Document]
    problems: list[Problem]


def parse(source: Source) -> Documents:
    """Read every document; one that is broken becomes a problem at its place, and the others are still read."""
    problem = _undecodable(source)
    if problem:
        return Documents([], [problem])
    try:
        return Documents(_compose(source, source.text, 0), [])
    except _BrokenError as broken:
        first = broken
    starts = [match.start() for match in _DOCUMENT_START.finditer(source.text)]
    if not starts:
        return Documents([], [first.problem])
    documents: list[Document] = []
    problems: list[Problem] = []
    starts = starts if not source.text[: starts[0]].strip() else [0, *starts]
    for start, end in zip(starts, [*starts[1:], len(source.text)], strict=True):
        try:
            documents += _compose(source, source.text[start:end], start)
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
    def __init__(self, source: Source, message: str, offset: int) -> None:
        super().__init__(message)
        self.problem = Problem("parse-error", message, source.at(min(offset, len(source.text))))


def _undecodable(source: Source) -> Problem | None:
    if source.encoding == "latin-1":
        valid = len(source.data.decode("utf-8", "ignore").encode())
        message = f"not UTF-8: {len(source.data) - valid} bytes of this file can't be decoded"
        return Problem("parse-error", message, source.at(_first_invalid(source.data)))
    return None


def _first_invalid(data: bytes) -> int:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.start
    return 0


def _compose(source: Source, text: str, base: int) -> list[Document]:
    """The documents of `text`, which stands at offset `base` of the source; raises _BrokenError."""
    from ruamel.yaml.cyaml import CParser  # type: ignore[attr-defined]
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    builder = _Builder(source, base)
    try:
        parser = CParser(text)
        while (event := parser.get_event()) is not None:
            builder.take(event)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = error.problem or error.context or "not YAML"
        raise _BrokenError(source, f"not YAML: {message}", base + (mark.index if mark else 0)) from None
    except YAMLError as error:
        raise _BrokenError(source, _reader_message(error), base + _reader_position(text)) from None
    except UnicodeEncodeError as error:
        raise _BrokenError(source, "not YAML: a lone surrogate", base + error.start) from None
    return builder.documents


def _reader_message(error: Exception) -> str:
    return f"not YAML: {str(error).splitlines()[0]}"


_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _reader_position(text: str) -> int:
    match = _UNPRINTABLE.search(text)
    return match.start() if match else 0


class _Builder:
    """Takes the parser's events and puts nodes together, with a stack of its own."""

    def __init__(self, source: Source, base: int) -> None:
        self.source = source
        self.base = base
        self.documents: list[Document] = []
        self.open: list[tuple[Mapping | Sequence, str | None]] = []
        self.keys: list[Node | None] = []
        self.anchors: dict[str, Node | None] = {}
        self.root: Node | None = None
        self.start = 0

    def take(self, event: Any) -> None:
        kind = type(event).__name__
        if kind == "ScalarEvent":
            self._add(self._scalar(event), event.anchor)
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            self._begin(event, Mapping if kind == "MappingStartEvent" else Sequence)
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            self._end(event)
        elif kind == "AliasEvent":
            self._add(self._alias(event), None)
        elif kind == "DocumentStartEvent":
            self.root, self.anchors, self.start = None, {}, self.base + event.start_mark.index
        elif kind == "DocumentEndEvent":
            self.documents.append(Document(self.root, self.start))

    def _place(self, event: Any) -> tuple[int, int]:
        start, end = self.base + event.start_mark.index, self.base + event.end_mark.index
        if event.anchor or event.tag:
            match = _PROPERTIES.match(self.source.text, start, end)
            start = match.end() if match else start
        return start, end

    def _scalar(self, event: Any) -> Scalar:
        start, end = self._place(event)
        return Scalar(self.source, start, end, _tag(event), event.value, event.style or "")

    def _begin(self, event: Any, kind: type[Mapping] | type[Sequence]) -> None:
        if len(self.open) >= MAX_DEPTH:
            raise _BrokenError(
                self.source, f"nested more than {MAX_DEPTH} levels deep", self.base + event.start_mark.index
            )
        start, end = self._place(event)
        self.open.append((kind(self.source, start, end, _tag(event), bool(event.flow_style)), event.anchor))
        self.keys.append(None)
        if event.anchor:
            self.anchors[event.anchor] = None

    def _end(self, event: Any) -> None:
        node, anchor = self.open.pop()
        self.keys.pop()
        node.end = self.base + event.end_mark.index
        if not node.flow:
            node.end = node.start + len(self.source.text[node.start : node.end].rstrip())
        self._add(node, anchor)

    def _alias(self, event: Any) -> Node:
        offset = self.base + event.start_mark.index
        if event.anchor not in self.anchors:
            raise _BrokenError(self.source, f"alias *{event.anchor} has no anchor", offset)
        node = self.anchors[event.anchor]
        if node is None:
            raise _BrokenError(self.source, f"alias *{event.anchor} stands inside its own anchor", offset)
        if len(self.open) + node.depth > MAX_DEPTH:
            raise _BrokenError(self.source, f"nested more than {MAX_DEPTH} levels deep", offset)
        return node

    def _add(self, node: Node, anchor: str | None) -> None:
        if anchor:
            self.anchors[anchor] = node
        if not self.open:
            self.root = node
            return
        parent = self.open[-1][0]
        parent.size += node.size
        parent.depth = max(parent.depth, node.depth + 1)
        if parent.size > MAX_EXPANDED:
            raise _BrokenError(
                self.source, f"more than {MAX_EXPANDED} values once its aliases are expanded", node.start
            )
        if isinstance(parent, Sequence):
            parent.items.append(node)
        elif self.keys[-1] is None:
            self.keys[-1] = node
        else:
            parent.items.append((self.keys[-1], node))
            self.keys[-1] = None


def _tag(event: Any) -> str:
    tag = event.tag
    return "" if tag is None else str(tag)


def is_null(node: Node | None) -> bool:
    """Is it absent, or a plain null?"""
    return node is None or (isinstance(node, Scalar) and not node.style and node.text in _NULL)


def as_str(node: Node | None) -> str | None:
    """The text of a scalar that isn't null, whatever its type."""
    return node.text if isinstance(node, Scalar) and not is_null(node) else None


def as_bool(node: Node | None) -> bool | None:
    """The boolean that a plain scalar is to a YAML 1.1 reader, such as kubectl; else None."""
    if not isinstance(node, Scalar) or node.style:
        return None
    if node.text in _TRUE_11:
        return True
    return False if node.text in _FALSE_11 else None


def as_int(node: Node | None) -> int | None:
    """The integer that a plain scalar is to a YAML 1.1 reader: `010` is 8; else None."""
    if not isinstance(node, Scalar) or node.style:
        return None
    text = node.text.replace("_", "")[:99]
    if re.fullmatch(r"[-+]?[1-9][0-9]{0,39}|0", text):
        return int(text)
    match = re.fullmatch(r"([-+]?)0(?:([0-7]+)|x([0-9A-Fa-f]+)|o([0-7]+)|b([01]+))", text)
    if match is None:
        return None
    sign, octal, hexadecimal, octal_12, binary = match.groups()
    digits, number_base = next(
        (d, b) for d, b in ((octal, 8), (hexadecimal, 16), (octal_12, 8), (binary, 2)) if d is not None
    )
    return int(digits, number_base) * (-1 if sign == "-" else 1)


def plain(node: Node | None) -> Any:
    """The node as Python values, typed as in YAML 1.2's core schema, without floats and dates."""
    if isinstance(node, Mapping):
        return {name: plain(value) for name, (_, value) in node.entries().items()}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    if is_null(node):
        return None
    assert isinstance(node, Scalar)
    if not node.style:
        if node.text in _TRUE or node.text in _FALSE:
            return node.text in _TRUE
        if (number := as_int(node)) is not None:
            return number
    return node.text
