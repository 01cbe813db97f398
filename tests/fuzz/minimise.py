"""A repository that fails, made small: files, then lines, then characters that aren't needed for it are taken out."""

import time
from collections.abc import Callable, Iterator

from .properties import Case

MOST_SECONDS = 10.0
"""What is spent on one case."""


def smaller(case: Case, fails: Callable[[Case], bool]) -> Case:
    """A case that fails as this one does, with as little in it as could be found in the time."""
    until = time.monotonic() + MOST_SECONDS
    for name in sorted(case.tree):
        without = {path: data for path, data in case.tree.items() if path != name}
        same = case.base is case.tree
        tried = Case(without, without if same else {path: data for path, data in case.base.items() if path != name})
        if time.monotonic() < until and fails(tried):
            case = tried
    for separator in (b"\n", b""):
        for name in sorted(case.tree):
            case = _shortened(case, name, separator, fails, until)
    return case


def _shortened(case: Case, name: str, separator: bytes, fails: Callable[[Case], bool], until: float) -> Case:
    """Take out spans of lines, or of bytes, of one file: half of it, then a quarter, and so on."""
    pieces = _pieces(case.tree[name], separator)
    size = max(len(pieces) // 2, 1)
    while pieces and time.monotonic() < until:
        before = len(pieces)
        for start in _starts(len(pieces), size):
            kept = pieces[:start] + pieces[start + size :]
            tree = {**case.tree, name: b"".join(kept)}
            tried = Case(tree, tree if case.base is case.tree else case.base)
            if time.monotonic() < until and len(kept) < len(pieces) and fails(tried):
                case, pieces = tried, kept
        if size == 1 and len(pieces) == before:
            break
        size = max(size // 2, 1)
    return case


def _pieces(data: bytes, separator: bytes) -> list[bytes]:
    return data.splitlines(keepends=True) if separator else [data[at : at + 1] for at in range(len(data))]


def _starts(count: int, size: int) -> Iterator[int]:
    """From the end, so that what is left keeps its place."""
    return iter(range(max(count - size, 0), -1, -size))
