"""What stands literally in a template: its text as YAML, in which every placeholder is unknown.

Helm's, Go's and Jinja's placeholders (`{{ x }}`), statements (`{% if x %}`) and comments are read. A placeholder in a
value makes that value unknown; one on a line of its own may be any number of entries, so the mapping or list around it
isn't known in full. Statements vanish, and all of their branches stay: where a key is said in several of them, the
object is read once for each. `@NAME@` and `%NAME%` are read as placeholders, too, where the text is no YAML with them. A
line that can't be read is left out, with the place of the first. Nodes have the places of the template's own text.
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_right
from collections.abc import Iterator

from hullcheck.budget import tick
from hullcheck.model.node import Mapping, Node, Scalar, Sequence
from hullcheck.parse import yaml
from hullcheck.parse.holes import Edit, edits
from hullcheck.patterns import pattern
from hullcheck.source import Source
from hullcheck.tuples import NamedTuple

MARKER = "UNKNOWN"
"""Stands in the text for what isn't known."""

MAX_LEFT_OUT = 24
"""Lines of a document that are left out one after the other so that the rest can be read."""

MAX_READ = 8_000_000
"""Characters that are read in all attempts at a document."""

MAX_PLACEHOLDERS = 20_000
MAX_PLACEHOLDER = 16_384
MAX_BESIDE = 400
"""Characters of a line that are looked at beside a placeholder."""

MAX_VARIANTS = 4
"""How often an object is read that says its keys several times."""

SUBSTITUTED = pattern(r"(?<![\w@%])(?:@[A-Za-z][\w.-]{1,60}@|%[A-Z][A-Z0-9_]{1,60}%)(?![\w@%])")
"""Placeholders that no template language has: YAML takes neither `@` nor `%` at the beginning of a value."""

_OPEN = pattern(r"\{\{|\{%|\{#")
_GO_COMMENT = pattern(r"\{\{-?\s*/\*")
_STATEMENT = pattern(
    r"\{\{-?\s*(?:/\*|(?:if|else|end|range|with|define|block|break|continue)\b|\$\w+(?:\s*,\s*\$\w+)?\s*:?=|[#/^!])|\{[%#]"
)
_BRANCH = pattern(r"(?:\{\{-?\s*|\{%[-+]?\s*)(?:if|else|elif|elsif|end|range|with|for|unless)")
_ENTRY = pattern(r"[ ]*+[\w./-]++:(?=\s)")
_INDENT = pattern(r"\|\s*(n?)indent\s+(\d{1,3})\b")
_STRING = pattern(r'"(?:[^"\\\n]|\\.)*+"?|`[^`\n]*+`?')
_PLACEHOLDER = pattern(r"\{\{[^{}\n]*\}\}|\{%[^{}\n]*%\}")
_LINE_OF_KEY = pattern(r"\n[ ]*(?:-[ ]+)*[\w./-]+:(?=\s)")
_LEAD = pattern(r"[ ]*(?:-[ ]+)?")
_SEPARATOR = pattern(r"^---(?=\s|$)", re.MULTILINE)


class Literal(NamedTuple):
    """`roots` are the documents that could be read; `complete` is false where a part of the text had to be left out.

    `lost` is the offset of the first part that was left out, or None.
    """

    roots: tuple[Node, ...]
    lost: int | None

    @property
    def complete(self) -> bool:
        return self.lost is None


def read(source: Source, why: str = "a template decides it", *, substituted: bool = False) -> Literal:
    """The template's literal text; what isn't known is marked with `why`.

    `substituted` is for texts whose placeholders are what `sed` or a build tool replaces, such as `@NAME@`.
    """
    text = SUBSTITUTED.sub(_as_braces, source.text) if substituted else source.text
    if sum(1 for _ in itertools.islice(placeholders(text), MAX_PLACEHOLDERS + 1)) > MAX_PLACEHOLDERS:
        return Literal((), 0)
    made = _Made(*_without_placeholders(text))
    made = made.edited(edits(made.text, made.holes))
    roots: list[Node] = []
    lost: list[int] = []
    for start, end in _documents(made.text):
        tick()
        root, gone = _read(source, made.text[start:end])
        lost += [made.home(start + offset) for offset in gone]
        if root is not None:
            made.move(root, start, source, why)
            roots += _variants(root)
    return Literal(tuple(roots), min(lost, default=None))


def _as_braces(found: re.Match[str]) -> str:
    """The placeholder as one of the other kind, of the same length, so that all places stay."""
    return "{{" + "x" * (len(found[0]) - 4) + "}}"


def placeholders(text: str) -> Iterator[tuple[int, int]]:
    """Where placeholders, statements and comments stand; one that doesn't end goes to the end of its line."""
    ends = _Ends(text)
    at = 0
    while (found := _OPEN.search(text, at)) is not None:
        at = ends.of(found.start())
        yield found.start(), at


class _Ends:
    """Where placeholders end. What comes next of each kind is looked for once, so that no text is gone over again."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.coming: dict[str, int] = {}

    def of(self, start: int) -> int:
        """Where what opens at `start` ends."""
        kind = self.text[start + 1]
        if kind == "#":
            close = self.next("#}", start)
        elif kind == "{" and _GO_COMMENT.match(self.text, start):
            close = self.next("*/", start)
            close = self.text.find("}}", close, close + MAX_BESIDE) if close >= 0 else close
        else:
            close = self._action(start, "%}" if kind == "%" else "}}")
        if 0 <= close <= start + MAX_PLACEHOLDER:
            return close + (3 if self.text.startswith("{{{", start) and self.text.startswith("}}}", close) else 2)
        line = self.next("\n", start)
        return line if line >= 0 else len(self.text)

    def _action(self, start: int, closing: str) -> int:
        """The next closing brackets that stand in no string, unless an entry of YAML begins on a line before them."""
        stop = min(start + MAX_PLACEHOLDER, len(self.text))
        entry = self.next("", start)
        stop = min(stop, entry) if entry >= 0 else stop
        if not start < self.next(closing, start) < stop:
            return -1
        for found in _CLOSE[closing].finditer(self.text, start + 2, stop):
            if found[0] == closing:
                return found.start()
        return -1

    def next(self, wanted: str, start: int) -> int:
        """Where the text wanted comes next, or an entry on a line of its own, for an empty one; -1 if it doesn't."""
        known = self.coming.get(wanted, 0)
        if 0 <= known <= start:
            if wanted:
                known = self.text.find(wanted, start + 1)
            else:
                match = _LINE_OF_KEY.search(self.text, start)
                known = match.start() if match else -1
            self.coming[wanted] = known
        return known


_CLOSE = {closing: pattern(_STRING.pattern + "|" + re.escape(closing)) for closing in ("}}", "%}")}


class _Piece(NamedTuple):
    """A stretch of the made text from `at` on, that stands in the template from `home` on, or is as a whole there."""

    at: int
    home: int
    end: int
    exact: bool


def _without_placeholders(text: str) -> tuple[str, list[_Piece], list[tuple[int, int]]]:
    """The text with markers in the place of placeholders, its pieces, and the markers' spans."""
    parts: list[str] = []
    pieces: list[_Piece] = []
    holes: list[tuple[int, int]] = []
    length = done = 0

    def put(part: str, home: int, end: int, exact: bool) -> None:
        nonlocal length
        if part:
            parts.append(part)
            pieces.append(_Piece(length, home, end, exact))
            length += len(part)

    for start, end in placeholders(text):
        tick()
        put(text[done:start], done, start, True)
        done = end
        line = text.rfind("\n", 0, start) + 1
        if _STATEMENT.match(text, start) and not _is_inside(text, line, start, end):
            if _ENTRY.match(text, end) and parts and parts[-1].strip():
                put("\n" + " " * _column(text, line), start, end, False)
            continue
        shape = _INDENT.search(text, start, end)
        width = int(shape[2]) if shape else 0
        if shape and shape[1]:
            put("\n" + " " * width, start, end, False)
        elif shape and not text[max(line, start - MAX_BESIDE) : start].strip(" "):
            put(" " * width, start, end, False)
        holes.append((length, length + len(MARKER)))
        put(MARKER, start, end, False)
    put(text[done:], done, len(text), True)
    return "".join(parts), pieces, holes


def _is_inside(text: str, line: int, start: int, end: int) -> bool:
    """Does a statement decide about a part of a value: is there something before it and after it on its line?"""
    if not _BRANCH.match(text, start):
        return False
    stop = text.find("\n", end, end + MAX_BESIDE)
    after = text[end : stop if stop >= 0 else end + MAX_BESIDE]
    return bool(_bare(text[max(line, start - MAX_BESIDE) : start]) and after.strip() and not _ENTRY.match(after))


def _bare(text: str) -> str:
    """A part of a line without its placeholders and blanks."""
    return _PLACEHOLDER.sub("", text).strip()


def _column(text: str, line: int) -> int:
    """Where the content of a line begins, its placeholders aside."""
    match = _LEAD.match(text, line)
    return match.end() - line if match else 0


class _Made:
    """Text that was made of a template's, and where it comes from."""

    def __init__(self, text: str, pieces: list[_Piece], holes: list[tuple[int, int]]) -> None:
        self.text = text
        self.pieces = pieces
        self.starts = [piece.at for piece in pieces]
        self.holes = holes
        self.hole_starts = [start for start, _ in holes]

    def edited(self, changes: list[Edit]) -> "_Made":
        """The same with texts put in; each of them comes from where it is put."""
        parts: list[str] = []
        pieces: list[_Piece] = []
        done = shift = 0
        spans = sorted(self.holes)

        def keep(start: int, end: int) -> None:
            for number in range(max(bisect_right(self.starts, start) - 1, 0), len(self.pieces)):
                piece = self.pieces[number]
                if piece.at >= end:
                    break
                skipped = max(start - piece.at, 0) if piece.exact else 0
                pieces.append(piece._replace(at=max(piece.at, start) + shift, home=piece.home + skipped))
            parts.append(self.text[start:end])

        moved: list[tuple[int, int]] = []
        number = 0
        for change in [*changes, Edit(len(self.text), len(self.text), "")]:
            tick()
            keep(done, change.start)
            while number < len(spans) and spans[number][1] <= change.start:
                moved.append((spans[number][0] + shift, spans[number][1] + shift))
                number += 1
            at = change.start + shift
            if change.text:
                home = self.home(change.start)
                pieces.append(_Piece(at, home, home, False))
                parts.append(change.text)
            if MARKER in change.text:
                more = at + change.text.index(MARKER)
                moved.append((more, more + len(MARKER)))
            while number < len(spans) and change.start < change.end and spans[number][1] <= change.end:
                number += 1
            done = change.end
            shift += len(change.text) - (change.end - change.start)
        return _Made("".join(parts), pieces, moved)

    def home(self, offset: int, last: bool = False) -> int:
        """The place in the template of a character of the text, or where what it comes from ends, for the `last`."""
        if not self.pieces:
            return 0
        piece = self.pieces[max(bisect_right(self.starts, offset) - 1, 0)]
        if piece.exact:
            return min(piece.home + offset - piece.at + last, piece.end)
        return piece.end if last else piece.home

    def move(self, root: Node, base: int, source: Source, why: str) -> None:
        """Give the nodes, whose offsets count from `base`, their places in the template; mark what isn't known."""
        seen: set[int] = set()
        pending = [root]
        while pending:
            node = pending.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            start, end = base + node.start, base + node.end
            if isinstance(node, Scalar) and self._holds_hole(start, end):
                node.unknown = why
            node.source, node.start = source, self.home(start)
            node.end = max(self.home(end - 1, last=True), node.start) if end > start else node.start
            if isinstance(node, Mapping):
                pending += [part for pair in node.items for part in pair]
            elif isinstance(node, Sequence):
                pending += node.items
        for node in _collections(root):
            if isinstance(node, Mapping):
                node.unknown = next((key.unknown for key, _ in node.items if key.unknown), "")

    def _holds_hole(self, start: int, end: int) -> bool:
        number = bisect_right(self.hole_starts, max(end - 1, start)) - 1
        return number >= 0 and self.holes[number][1] > start


def _collections(root: Node) -> Iterator[Node]:
    seen: set[int] = set()
    pending = [root]
    while pending:
        node = pending.pop()
        if id(node) in seen or isinstance(node, Scalar):
            continue
        seen.add(id(node))
        yield node
        pending += [value for _, value in node.items] if isinstance(node, Mapping) else getattr(node, "items", [])


def _documents(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in _SEPARATOR.finditer(text):
        yield start, match.start()
        start = match.end()
    yield start, len(text)


def _read(source: Source, text: str) -> tuple[Node | None, list[int]]:
    """A document, without the lines that keep it from being read, and where those stand in it."""
    lost: list[int] = []
    if not text.strip():
        return None, lost
    gone: set[int] = set()
    while True:
        found = yaml.parse_parts(_holding(source.path, text), [(0, len(text))])
        if not found.problems:
            document = next(iter(found.documents), None)
            return document.root if document else None, lost
        problem = found.problems[0]
        at = problem.location.start
        if "']'" in problem.message or "'}'" in problem.message:
            at = _opening(text, at, gone)
        more = len(gone) < MAX_LEFT_OUT and len(text) * (len(gone) + 1) < MAX_READ
        line = _line(text, at, gone) if more else None
        if line is None:
            return None, [*lost, 0]
        low, high = line
        gone.add(low)
        lost.append(low)
        text = text[:low] + " " * (high - low) + text[high:]


def _holding(path: str, text: str) -> Source:
    """A source of this text as it is, which may hold what no file does."""
    made = Source(path, b"")
    made.text = text
    return made


def _opening(text: str, offset: int, gone: set[int]) -> int:
    """Where the nearest line stands that opens more brackets than it closes; else the offset itself."""
    start = offset
    for _ in range(MAX_LEFT_OUT):
        start = text.rfind("\n", 0, max(start, 0)) + 1
        line = text[start : text.find("\n", start) if "\n" in text[start:] else len(text)]
        if sum(map(line.count, "[{")) > sum(map(line.count, "]}")) and start not in gone:
            return start
        if not start:
            break
        start -= 1
    return offset


def _line(part: str, offset: int, gone: set[int]) -> tuple[int, int] | None:
    """The line at an offset, or the nearest before it that has something in it and isn't left out yet."""
    low = part.rfind("\n", 0, max(min(offset, len(part)), 0)) + 1
    while True:
        high = part.find("\n", low)
        high = len(part) if high < 0 else high
        if low not in gone and part[low:high].strip():
            return low, high
        if not low:
            return None
        low = part.rfind("\n", 0, low - 1) + 1


def _variants(root: Node) -> Iterator[Node]:
    """The document, and again for keys that are said several times: each of their values counts in one of them."""
    most = 1
    for node in _collections(root):
        if isinstance(node, Mapping):
            counts: dict[str, int] = {}
            for key, _ in node.items:
                if isinstance(key, Scalar) and not key.unknown:
                    counts[key.text] = counts.get(key.text, 0) + 1
            most = max(most, *counts.values()) if counts else most
    yield root
    for number in range(1, min(most, MAX_VARIANTS)):
        tick()
        yield _variant(root, number, {})


def _variant(node: Node, number: int, known: dict[int, Node]) -> Node:
    """The document with the value before the last of each key that is said several times, or the one before that."""
    if isinstance(node, Scalar) or id(node) in known:
        return known.get(id(node), node)
    made = known[id(node)] = _chosen(node, number, known)
    return made


def _chosen(node: Node, number: int, known: dict[int, Node]) -> Node:
    if isinstance(node, Sequence):
        return node.with_items([_variant(item, number, known) for item in node.items])
    assert isinstance(node, Mapping)
    said: dict[str, list[tuple[Node, Node]]] = {}
    others: list[tuple[Node, Node]] = []
    for key, value in node.items:
        if isinstance(key, Scalar) and not key.unknown:
            said.setdefault(key.text, []).append((key, value))
        else:
            others.append((key, value))
    made = Mapping(node.source, node.start, node.end, node.tag, node.flow)
    made.unknown = node.unknown
    pairs = [*(pairs[max(len(pairs) - 1 - number, 0)] for pairs in said.values()), *others]
    made.items = [(key, _variant(value, number, known)) for key, value in pairs]
    return made
