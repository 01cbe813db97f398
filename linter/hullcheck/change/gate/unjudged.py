"""What a change brings that can't be judged: who knows what it does? Unless the owners allow the cause, it doesn't pass."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterator

from hullcheck.change.gate.change import Change
from hullcheck.check import Check
from hullcheck.discover import Tree
from hullcheck.finding import Finding, Severity
from hullcheck.model.coverage import Item
from hullcheck.model.problem import Problem
from hullcheck.model.versions import without_versions
from hullcheck.source import Source

_WHOLE = frozenset((("overlay", "overlay"), ("helmfile", "template")))
"""Kinds of things of which nothing is judged for that cause: what the change puts there nobody looks at."""


def brought(change: Change, allowed: tuple[str, ...]) -> tuple[Item, ...]:
    """The things that aren't judged, and that the base didn't have so; those that a finding tells of aside."""
    old = Counter((item.path, *item.identity) for item in change.base.coverage.unjudged)
    moved = Counter((item.path, item.kind, item.cause) for item in change.base.coverage.unjudged)
    found = []
    for item in change.head.coverage.unjudged:
        path = change.old_path(item.path)
        key, by_cause = (path, *item.identity), (path, item.kind, item.cause)
        if old[key] > 0 and not _altered(item, change):
            old[key] -= 1
        elif (
            path != item.path and moved[by_cause] > 0 and not _altered(item, change)
        ):  # its names are those of the new folder now
            moved[by_cause] -= 1
        elif not item.finding and item.cause not in allowed:
            found.append(item)
    return tuple(found)


def _altered(item: Item, change: Change) -> bool:
    """Is it a whole that couldn't be made before, either, of which the change alters more than versions, or a file it names?"""
    if (item.kind, item.cause) not in _WHOLE:
        return False
    text, before = _text(change.disk, item.path), _text(change.tree, change.old_path(item.path))
    if without_versions(text) != without_versions(before):
        return True
    folder = f"{posixpath.dirname(item.path)}/".removeprefix("/")
    own = (path for path in change.tracked if path.startswith(folder) and path not in change.same)
    return any(path[len(folder) :] in text and path not in change.comparison.renamed for path in own)


def _text(tree: Tree, path: str) -> str:
    try:
        return Source(path, tree.read(path)).text
    except OSError:
        return ""


def findings(items: tuple[Item, ...], check: Check) -> Iterator[Finding]:
    """A finding for each of them, where it stands."""
    for item in items:
        place = item.location or Source(item.path, b"").at(0)
        what = item.object or (item.gap.what if item.gap else item.kind)
        part = Problem("", "", place, item.object)
        message = f"this change brings {what}, which can't be judged: {item.reason}"
        found = check.finding(part, message, evidence=(item.cause, item.reason))
        yield found._replace(severity=Severity.HIGH, scope=item.path)


def without(told: tuple[Finding, ...], items: tuple[Item, ...]) -> tuple[Finding, ...]:
    """The findings, without the notes on what is told as brought by the change."""
    notes = {(item.path, item.reason) for item in items}
    return tuple(f for f in told if f.name != "not-analysed" or (f.location.path, f.message) not in notes)
