"""YAML that is written as a text in another file: patches in kustomizations and workflows."""

from __future__ import annotations

from bisect import bisect_right

from hullcheck.model.node import Mapping, Node, Scalar, Sequence
from hullcheck.parse import yaml
from hullcheck.source import Location, Source


def embedded(scalar: Scalar) -> tuple[tuple[Node, ...], tuple[str, Location] | None]:
    """The documents of YAML that is written as a text in another file, each node at its place in that file.

    What is the text of a whole file that has been taken in has its places there.
    """
    whole = scalar.before
    if isinstance(whole, Scalar) and whole.text == whole.source.text == scalar.text and whole.end == len(whole.text):
        read = yaml.parse(whole.source)
        told = next(((problem.message, problem.location) for problem in read.problems), None)
        return tuple(document.root for document in read.documents if document.root is not None), told
    inner = Source(scalar.source.path, scalar.text.encode("utf-8", "surrogatepass"))
    found = yaml.parse(inner)
    places = _Places(scalar)
    roots = tuple(places.moved(d.root) for d in found.documents if d.root is not None)
    broken = next(((p.message, places.location(p.location)) for p in found.problems), None)
    return roots, broken


class _Places:
    """From the text of a block scalar to where it stands; what isn't written line by line is at the scalar's place."""

    def __init__(self, scalar: Scalar) -> None:
        self.scalar = scalar
        self.lines = _block_lines(scalar) if scalar.style == "|" else None
        self.starts = [0]
        for line in scalar.text.split("\n"):
            self.starts.append(self.starts[-1] + len(line) + 1)

    def offset(self, inner: int) -> int:
        if self.lines is None:
            return self.scalar.start
        number = min(bisect_right(self.starts, inner) - 1, len(self.lines) - 1)
        return self.lines[number] + min(inner - self.starts[number], len(self.scalar.source.text))

    def location(self, inner: Location) -> Location:
        if self.lines is None:
            return self.scalar.location.one_line()
        return Location(self.scalar.source, self.offset(inner.start), max(self.offset(inner.end), 0))

    def moved(self, node: Node) -> Node:
        """The tree at its places in the file; nodes are new, so they are changed as they are."""
        pending, seen = [node], set()
        while pending:
            at = pending.pop()
            if id(at) in seen:
                continue
            seen.add(id(at))
            at.source = self.scalar.source
            if self.lines is None:
                at.start, at.end = self.scalar.start, self.scalar.end
            else:
                at.start, at.end = self.offset(at.start), self.offset(at.end)
            if isinstance(at, Mapping):
                pending += [part for pair in at.items for part in pair]
            elif isinstance(at, Sequence):
                pending += at.items
        return node


def _block_lines(scalar: Scalar) -> list[int] | None:
    """Where each line of a literal block scalar starts in its file, behind the indentation."""
    text = scalar.source.text
    at = text.find("\n", scalar.start) + 1
    wanted = scalar.text.split("\n")
    indent = _indent(text, at)
    starts: list[int] = []
    for line in wanted:
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        written = text[at:end].removesuffix("\r")
        if line and written[indent:] != line:
            return None
        starts.append(at + min(indent, len(written)))
        at = min(end + 1, len(text))
    return starts


def _indent(text: str, at: int) -> int:
    """The indentation of the first line that isn't blank."""
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        line = text[at:end]
        if line.strip():
            return len(line) - len(line.lstrip(" "))
        at = end + 1
    return 0
