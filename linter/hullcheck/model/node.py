"""YAML values that know their place: what every dialect's file becomes before it means something.

Scalars stay text with a style: what type `yes` or `010` has depends on the program that reads the file. Renderers
(overlays, merged projects, charts) build new trees out of the same nodes, so that each value keeps where it was
written, whichever file that was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from marshal import loads

from hullcheck.model.lazy import Lazy
from hullcheck.source import Location, Source
from hullcheck.typed import TYPE_CHECKING, Any

_TRUE = frozenset(("true", "True", "TRUE"))
_FALSE = frozenset(("false", "False", "FALSE"))
_TRUE_11 = _TRUE | {"y", "Y", "yes", "Yes", "YES", "on", "On", "ON"}
_FALSE_11 = _FALSE | {"n", "N", "no", "No", "NO", "off", "Off", "OFF"}
_NULL = frozenset(("", "~", "null", "Null", "NULL"))

Packed = tuple[Any, ...]
"""A node that isn't made yet, as plain values: a scalar's start, end, text and style, and its tag if it has one; of a
mapping or sequence its flags, start, end, size and depth, what is in it, and its tag if it has one.

What is in it is a tuple of packed nodes, a mapping's keys and values by turns; or that tuple as bytes for `marshal`.
"""

MAPPED, FLOW, PLAIN_KEYS = 1, 2, 4
"""What is said of a packed node: that it is a mapping, that it is a flow, and that all mappings in it have scalars for keys,
without tags, none of them twice, and merge nothing."""

_SCALAR, _TAGGED = 4, 5
"""How many values a scalar has, without a tag and with one."""

_SIZE, _BODY, _TAG = 3, 5, 6
"""Where those of a mapping or sequence have its size, what is in it, and the tag."""


class Node:
    """A value and its place, as half-open offsets into the source's text. `tag` is the written one, or empty.

    A renderer that puts a node in another's place says why in `because` ("images[0]", "patches[1]"), and keeps the
    replaced one as `before`. `unknown` says why the value can't be known, if so: nothing may be concluded from it.
    """

    __slots__ = ("because", "before", "depth", "end", "size", "source", "start", "tag", "unknown")

    def __init__(self, source: Source, start: int, end: int, tag: str) -> None:
        self.source = source
        self.start = start
        self.end = end
        self.tag = tag
        self.size = 1
        self.depth = 1
        self.because = ""
        self.before: Node | None = None
        self.unknown = ""

    @property
    def location(self) -> Location:
        return Location(self.source, self.start, self.end)


class Scalar(Node):
    """`style` is empty for a plain scalar, else the quote or the block indicator."""

    __slots__ = ("style", "text")

    def __init__(self, source: Source, start: int, end: int, tag: str, text: str, style: str) -> None:
        # What Node.__init__ does, without the call: most of what a run makes are these.
        self.source = source
        self.start = start
        self.end = end
        self.tag = tag
        self.size = 1
        self.depth = 1
        self.because = ""
        self.before = None
        self.unknown = ""
        self.text = text
        self.style = style

    def __repr__(self) -> str:
        return f"Scalar({self.text!r})"

    def replaced(self, text: str, style: str, by: Node, because: str) -> "Scalar":
        """The scalar that takes this one's place, at the place of `by`, which decides it."""
        made = Scalar(by.source, by.start, by.end, "", text, style)
        made.because = because
        made.before = self
        return made


class Sequence(Node):
    __slots__ = ("_base", "_packed", "flow", "items")

    _base: int
    _packed: Packed

    def __init__(self, source: Source, start: int, end: int, tag: str, flow: bool) -> None:
        self.source = source
        self.start = start
        self.end = end
        self.tag = tag
        self.size = 1
        self.depth = 1
        self.because = ""
        self.before = None
        self.unknown = ""
        self.flow = flow
        self.items: list[Node] = []

    def with_items(self, items: list[Node]) -> "Sequence":
        """A sequence at the same place that holds these items; this one stays as it is."""
        made = Sequence(self.source, self.start, self.end, self.tag, self.flow)
        made.items = items
        made.because, made.before, made.unknown = self.because, self.before, self.unknown
        return made


class Mapping(Node):
    """`items` are the pairs as written; `entries` and `get` see merge keys (`<<`) resolved.

    `gone` are keys that a renderer took out, with the node that says so: who removed `runAsNonRoot`?
    """

    __slots__ = ("_base", "_entries", "_packed", "flow", "gone", "items")

    _base: int
    _packed: Packed

    def __init__(self, source: Source, start: int, end: int, tag: str, flow: bool) -> None:
        self.source = source
        self.start = start
        self.end = end
        self.tag = tag
        self.size = 1
        self.depth = 1
        self.because = ""
        self.before = None
        self.unknown = ""
        self.flow = flow
        self.items: list[tuple[Node, Node]] = []
        self.gone: dict[str, Node] | None = None
        self._entries: dict[str, tuple[Scalar, Node]] | None = None

    def with_entries(self, entries: dict[str, tuple[Scalar, Node]]) -> "Mapping":
        """A mapping at the same place that holds these entries; this one stays as it is."""
        made = Mapping(self.source, self.start, self.end, self.tag, self.flow)
        made.items = list(entries.values())
        made._entries = entries
        made.gone = self.gone
        made.because, made.before, made.unknown = self.because, self.before, self.unknown
        return made

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
        entries = self._entries
        entry = (self.entries() if entries is None else entries).get(key)
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


class _PackedSequence(Sequence):
    """A sequence whose items nobody has asked for yet. From then on it is one like any other."""

    __slots__ = ()

    if not TYPE_CHECKING:  # to type checkers it has no more attributes than a sequence has

        def __getattr__(self, name: str) -> Any:
            if name != "items":
                raise AttributeError(name)
            self.items = found = _parts(self)
            del self._packed, self._base
            self.__class__ = Sequence
            return found

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _reduced(self, protocol)


class _PackedMapping(Mapping):
    """A mapping whose pairs nobody has asked for yet. From then on it is one like any other."""

    __slots__ = ()

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            if name != "items":
                raise AttributeError(name)
            parts = iter(_parts(self))
            self.items = found = list(zip(parts, parts, strict=True))
            del self._packed, self._base
            self.__class__ = Mapping
            return found

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _reduced(self, protocol)


def unpacked(source: Source, packed: Packed, base: int) -> Node:
    """The node that these values stand for, of a text at offset `base` of that source.

    What is in it is made when it is asked for.
    """
    if len(packed) <= _TAGGED:
        start, end, text, style, *tags = packed
        return Scalar(source, base + start, base + end, tags[0] if tags else "", text, style)
    node: _PackedMapping | _PackedSequence
    if packed[0] & MAPPED:
        node = _PackedMapping.__new__(_PackedMapping)
        node.gone = None
        node._entries = None
    else:
        node = _PackedSequence.__new__(_PackedSequence)
    node.source = source
    node._packed = packed
    node._base = base
    node.flow = packed[0] & FLOW != 0
    node.start = base + packed[1]
    node.end = base + packed[2]
    node.size = packed[_SIZE]
    node.depth = packed[4]
    node.tag = packed[_TAG] if len(packed) > _TAG else ""
    node.because = ""
    node.before = None
    node.unknown = ""
    return node


def _parts(node: Mapping | Sequence) -> list[Node]:
    """What is in a packed node, made now."""
    source, base, body = node.source, node._base, node._packed[_BODY]
    if type(body) is bytes:
        body = loads(body)
    return [
        Scalar(source, base + part[0], base + part[1], "", part[2], part[3])
        if len(part) == _SCALAR
        else unpacked(source, part, base)
        for part in body
    ]


def is_within(packed: Packed | None, limit: int) -> bool:
    """Are there no more nodes in it than that?"""
    return packed is None or len(packed) <= _TAGGED or packed[_SIZE] <= limit


def has_plain_keys(node: Node) -> bool:
    """Is it known, though nothing in it is made yet, that all keys in it are scalars, and none is there twice or merges?"""
    packed = getattr(node, "_packed", None)
    return packed is not None and bool(packed[0] & PLAIN_KEYS)


def _reduced(node: Mapping | Sequence, protocol: Any) -> Any:
    """What a packed node is sent to another process as: packed, but for one that somebody has said more of."""
    if node.because or node.before is not None or node.unknown or getattr(node, "gone", None) is not None:
        _ = node.items
        return node.__reduce_ex__(protocol)
    return unpacked, (node.source, node._packed, node._base)


def _merge_sources(value: Node) -> Iterator[Mapping]:
    if isinstance(value, Mapping):
        yield value
    elif isinstance(value, Sequence):
        yield from (item for item in value.items if isinstance(item, Mapping))


def at(node: Node | None, *path: str) -> Node | None:
    """The node down a path of keys, or None."""
    for key in path:
        if not isinstance(node, Mapping):
            return None
        entries = node._entries
        entry = (node.entries() if entries is None else entries).get(key)  # as `get`, without the call
        if entry is None:
            return None
        node = entry[1]
    return node


def at_key(holder: Node | None, key: str, value: Node) -> Node:
    """The value, or its key where the value comes from another file: a chart's values, a helper's template."""
    written = holder.key(key) if isinstance(holder, Mapping) else None
    return written if written is not None and written.source is not value.source else value


def items(node: Node | None) -> list[Node]:
    """A sequence's items; empty for anything else."""
    return node.items if isinstance(node, Sequence) else []


def is_null(node: Node | None) -> bool:
    """Is it absent, or a plain null?"""
    return node is None or (isinstance(node, Scalar) and not node.style and node.text in _NULL)


def as_str(node: Node | None) -> str | None:
    """The text of a scalar that isn't null, whatever its type."""
    return node.text if isinstance(node, Scalar) and not is_null(node) else None


_FLOAT = Lazy(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_CORE = "tag:yaml.org,2002:"
_FIRST_OF_NUMBERS = frozenset("0123456789+-")


def _typed(node: Node | None, *types: str) -> bool:
    """Is it a scalar whose type its text decides, or that says to be of one of these types?"""
    if not isinstance(node, Scalar):
        return False
    if node.tag.startswith(_CORE):
        return node.tag[len(_CORE) :] in types
    return not node.style


def as_bool(node: Node | None) -> bool | None:
    """The boolean that a scalar is to a YAML 1.1 reader, such as kubectl, plain or with the type's tag; else None."""
    if not isinstance(node, Scalar) or not _typed(node, "bool"):
        return None
    if node.text in _TRUE_11:
        return True
    return False if node.text in _FALSE_11 else None


def core_int(node: Node | None) -> int | None:
    """The integer that a scalar is written as, plain or with the type's tag: `010` is 8, as in YAML 1.1; else None."""
    if not isinstance(node, Scalar) or not _typed(node, "int"):
        return None
    text = node.text.replace("_", "")[:99]
    if text[:1] not in _FIRST_OF_NUMBERS:
        return None
    if re.fullmatch(r"[-+]?(?:[1-9][0-9]{0,39}|0)", text):
        return int(text)
    match = re.fullmatch(r"([-+]?)0(?:([0-7]+)|x([0-9A-Fa-f]+)|o([0-7]+)|b([01]+))", text)
    if match is None:
        return None
    sign, octal, hexadecimal, octal_12, binary = match.groups()
    digits, number_base = next(
        (d, b) for d, b in ((octal, 8), (hexadecimal, 16), (octal_12, 8), (binary, 2)) if d is not None
    )
    return int(digits, number_base) * (-1 if sign == "-" else 1)


def as_int(node: Node | None) -> int | None:
    """The integer that a scalar is to Kubernetes; else None.

    It reads YAML as JSON, where a whole number is an integer however it was written: `0.0` and `0e1` are 0.
    """
    number = core_int(node)
    if number is not None or not isinstance(node, Scalar) or not _typed(node, "int", "float"):
        return number
    text = node.text.replace("_", "")
    if len(text) > 40 or not _FLOAT.fullmatch(text):
        return None
    value = float(text)
    return int(value) if value.is_integer() and abs(value) < 1e18 else None


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
        if (number := core_int(node)) is not None:
            return number
    return node.text
