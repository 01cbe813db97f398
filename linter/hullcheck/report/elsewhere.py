"""What doesn't count for what its file is there for, told in a line for each folder and check."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Callable, Iterable

from hullcheck.finding import VENDORED, Finding, Severity
from hullcheck.tuples import NamedTuple

MOST_LINES = 20
"""Lines of what is folded; the rest is counted in one."""

_CALLED = {"test": "tests", "example": "examples", "documentation": "documentation", "production": "production"}


def apart(findings: Iterable[Finding], path: Callable[[str], str] = str) -> tuple[list[Finding], tuple[str, ...]]:
    """The findings but those in a supplier's files, and of each of these files a line. They count as others do.

    `path` makes what is printed of a path.
    """
    listed = list(findings)
    files: dict[str, Counter[Severity]] = {}
    for finding in listed:
        if finding.context == VENDORED:
            files.setdefault(finding.location.path, Counter())[finding.severity] += 1
    return [f for f in listed if f.context != VENDORED], tuple(map(_supplied, map(path, files), files.values()))


def _supplied(path: str, counts: Counter[Severity]) -> str:
    levels = ", ".join(f"{counts[severity]} {severity}" for severity in reversed(Severity) if counts[severity])
    number = sum(counts.values())
    many = "1 finding" if number == 1 else f"{number} findings"
    return f"{path} (a supplier's): {many} ({levels}), which count: `--context all` lists them"


class Row(NamedTuple):
    """Findings of one check in one folder: how bad the worst of them is, how many, and what the folder is there for."""

    severity: Severity
    number: int
    name: str
    folder: str
    context: str


def counted(findings: Iterable[Finding]) -> str:
    """How many are folded, in words, and how to see them."""
    numbers = Counter(finding.context for finding in findings)
    total = sum(numbers.values())
    where = ", ".join(f"{number} in {_CALLED.get(context, context)}" for context, number in sorted(numbers.items()))
    many = "1 finding doesn't" if total == 1 else f"{total} findings don't"
    return f"{many} count outside production ({where}): `--context all` lists them"


def lines(findings: Iterable[Finding], path: Callable[[str], str] = str) -> list[str]:
    """A line for each folder and check, the most severe first; `path` makes what is printed of a path."""
    found = rows(findings)
    told = [
        f"{path(row.folder)} ({row.context}): {row.number} `{row.name}`, {_worst(row)}" for row in found[:MOST_LINES]
    ]
    left = found[MOST_LINES:]
    if left:
        folders = len({row.folder for row in left})
        many = sum(row.number for row in left)
        told.append(
            f"{many} more in {folders} folder{'' if folders == 1 else 's'}, at most {max(row.severity for row in left)}"
        )
    return told


def _worst(row: Row) -> str:
    return str(row.severity) if row.number == 1 else f"at most {row.severity}"


def rows(findings: Iterable[Finding]) -> list[Row]:
    """What is folded, by folder and check."""
    groups: dict[tuple[str, str, str], list[Severity]] = {}
    for finding in findings:
        key = (_folder(finding.location.path), finding.name, finding.context)
        groups.setdefault(key, []).append(finding.severity)
    found = [Row(max(levels), len(levels), name, folder, context) for (folder, name, context), levels in groups.items()]
    return sorted(found, key=lambda row: (-row.severity, -row.number, row.folder, row.name))


def _folder(path: str) -> str:
    return posixpath.dirname(path) or "."
