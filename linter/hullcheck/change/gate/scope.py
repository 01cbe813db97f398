"""Files that were checked at the base and aren't any more, though what they say is still there."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from hullcheck import look
from hullcheck.analysis import Analysis
from hullcheck.change.gate.change import Change
from hullcheck.change.renames import Content
from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.coverage import JUDGED, LEFT_OUT, Coverage, Item
from hullcheck.model.problem import Problem
from hullcheck.patterns import pattern
from hullcheck.source import Location, Source

_KEPT = 0.5
"""Share of a file's content that, found elsewhere, means that it was moved there."""

_MAX_BYTES = 4 * 1024 * 1024
_MAX_TOTAL = 128 * 1024 * 1024
"""What is read of one file, and of all, in search of one that is gone; what the change commits comes first.

Where there is more, nobody can say that it is gone for good.
"""

_BINARY = 8_000
"""Bytes in which git looks for a NUL, to tell a text."""

_LEAD = r"\A\ufeff?(?:[ \t]*+(?:#[^\n]*+|---[^\n]*+)?+\r?\n)*+"
_LOOKS = {
    "dockerfile": pattern(
        _LEAD + r"(?:[ \t]*+ARG[ \t][^\n]*+\n(?:[ \t]*+(?:#[^\n]*+)?+\r?\n)*+)*+[ \t]*+FROM[ \t]+\S", re.IGNORECASE
    ),
    "compose": pattern(_LEAD + r"[\"']?(?:services|version|name|networks|volumes|x-[\w-]+)[\"']?[ \t]*:"),
    "kubernetes": pattern(_LEAD + r"[\"']?(?:apiVersion|kind|metadata)[\"']?[ \t]*:"),
}
"""How files begin that are of a kind, whatever they are called."""

_WRITTEN = pattern(r"^(?!---)[ \t]*[^\s#]", re.MULTILINE)
"""Anything but blanks, comments and starts of documents."""


def left(change: Change, check: Check) -> Iterator[Finding]:
    """A finding for everything that was judged at the base, is there still and isn't judged, where it is now."""
    search = _Search(change)
    worst: dict[str, Severity] = {}
    for finding in change.base.findings:
        path = finding.location.path
        worst[path] = max(worst.get(path, Severity.HIGH), finding.severity)
    for path in sorted(search.judged):
        for lost in search.lost(path):
            yield _told(check, lost, path, worst.get(path, Severity.HIGH))
    for lost in search.links():
        yield _told(check, lost, lost[1], Severity.HIGH)


def _told(check: Check, lost: "Lost", path: str, worst: Severity) -> Finding:
    place, what, why = lost
    made = check.finding(Problem("", "", place, what), why, severity=worst, evidence=(path, what))
    return made._replace(scope=place.path)


Lost = tuple[Location, str, str]
"""Where something is now that isn't judged any more, what it is, and why that is so."""


class _Search:
    """Where things are now that aren't judged any more, by the ledgers of both trees."""

    def __init__(self, change: Change) -> None:
        self._change = change
        self.judged = _objects(change.base.coverage, JUDGED)
        self._now = _objects(change.head.coverage, JUDGED)
        self._before = {(item.path, item.object, item.cause) for item in change.base.coverage.unjudged}
        self._open: dict[str, list[Item]] = {}
        for item in change.head.coverage.unjudged:
            self._open.setdefault(item.path, []).append(item)
        self._off = {
            item.path for item in change.head.coverage.items if item.kind == "template" and item.state == LEFT_OUT
        }
        self._renamed = {old: new for new, old in change.comparison.renamed.items()}
        self._reasons = {skipped.path: skipped.reason for skipped in change.head.skipped}
        self._candidates: dict[str, tuple[str, Content]] | None = None
        self._unsearched = ""

    def lost(self, path: str) -> Iterator[Lost]:
        now = self._renamed.get(path, path)
        if now in self._now:
            yield from self._objects(path, now)
        elif now in self._off:
            return
        elif look.lexists(os.path.join(self._change.root, now)) or now in self._change.head.files:
            yield from self._stayed(path, now)
        else:
            yield from self._moved(path)

    def _objects(self, path: str, now: str) -> Iterator[Lost]:
        """What isn't judged in a file of which something else still is; what was judged in part may stay so."""
        for item in self._open.get(now, ()):
            partly = (path, item.object, item.cause) in self._before
            if item.object and item.object in self.judged[path] and not partly:
                place = item.location or self._change.head.files[now].source.at(0)
                yield place, item.object, f"`{item.object}` was judged before this change, and isn't: {item.reason}"

    def _stayed(self, path: str, now: str) -> Iterator[Lost]:
        """A file that is there, and in which nothing is judged, whatever it holds; an empty one holds nothing."""
        root = self._change.root
        real = os.path.relpath(look.realpath(os.path.join(root, now)), look.realpath(root)).replace(os.sep, "/")
        text = self._text(now)
        if real in self._now:
            yield from self._linked(path, now, real)
            return
        if text is not None and not _WRITTEN.search(text):
            return
        reason = self._reasons.get(now) or next(
            (why for folder, why in self._reasons.items() if now.startswith(f"{folder}/")), ""
        )
        items = self._open.get(now, ())
        place = next((item.location for item in items if item.location is not None), None)
        reason = reason or (items[0].reason if items else f"nothing in it is recognised, where {self._was(path)} was")
        source = Source(now, text.encode()) if text else self._change.base.files[path].source
        yield place or source.at(0), now, f"`{now}` was judged before this change, and isn't any more: {reason}"

    def links(self) -> Iterator[Lost]:
        """Links that the change brings or leads elsewhere, to faults that weren't where they are."""
        change = self._change
        root = look.realpath(change.root)
        links = (path for path in change.tracked if look.islink(os.path.join(change.root, path)))
        for path in sorted(links):
            if path not in change.same and path not in self.judged and not change.disk.excluded(path):
                full = look.realpath(os.path.join(change.root, path))
                real = os.path.relpath(full, root).replace(os.sep, "/")
                yield from self._linked(change.tree.target(path) or path, path, real)

    def _linked(self, path: str, now: str, real: str) -> Iterator[Lost]:
        """Something that is a link now, with faults that what was there hadn't; `path` is the base's."""
        head, base = self._change.head, self._change.base
        if real == now or (path in base.files and real in head.files and _text_of(base, path) == _text_of(head, real)):
            return
        known = {(f.name, f.evidence) for f in base.findings if _holds(path, f)}
        for finding in head.findings:
            grave = finding.severity >= Severity.MEDIUM and _holds(real, finding)
            if grave and (finding.name, finding.evidence) not in known:
                why = f"`{now}` is a link to `{real}` now, which has a fault that wasn't here before: {finding.message}"
                yield finding.location, now, why
                return

    def _was(self, path: str) -> str:
        kinds = {
            "dockerfile": "a Dockerfile",
            "compose": "a Compose file",
            "kubernetes": "a manifest",
            "devcontainer": "a development container",
        }
        return kinds.get(self._change.base.files[path].kind, "something")

    def _moved(self, path: str) -> Iterator[Lost]:
        old = self._change.base.files[path]
        content, looks = Content.of(old.source.text), _LOOKS.get(old.kind)
        for candidate, (text, other) in self._unchecked().items():
            if content.kept_in(other) >= _KEPT or (looks is not None and looks.search(text)):
                why = f"`{path}` was checked before this change; it is `{candidate}` now, which isn't looked at"
                yield Source(candidate, text.encode()).at(0), path, why
                return
        if self._unsearched:
            why = f"`{path}` was judged before this change; it may be in `{self._unsearched}` now, which is too large to tell"
            yield Source(self._unsearched, b"").at(0), path, why

    def _unchecked(self) -> dict[str, tuple[str, Content]]:
        """The files that the change brings or alters, and that nobody looks at."""
        if self._candidates is None:
            change, self._candidates, left = self._change, {}, _MAX_TOTAL
            others = {*change.disk.paths, *change.tracked} - self._now.keys() - change.head.files.keys()
            for path in sorted(others, key=lambda p: (p not in change.tracked, p)):
                if path in change.same:
                    continue
                text = self._text(path) if left > 0 else None
                if (text is None or len(text) >= _MAX_BYTES) and not self._unsearched and self._is_text(path):
                    self._unsearched = path
                if text:
                    left -= len(text)
                    self._candidates[path] = (text, Content.of(text))
        return self._candidates

    def _is_text(self, path: str) -> bool:
        """Is it a file that git keeps and that has no NUL where a text has none?"""
        full = os.path.join(self._change.root, path)
        if path not in self._change.tracked or not look.isfile(full):
            return False
        try:
            with look.opened(full) as file:
                return b"\0" not in file.read(_BINARY)
        except OSError:  # gone since, or not ours to read
            return True

    def _text(self, path: str) -> str | None:
        try:
            return self._change.disk.read(path)[:_MAX_BYTES].decode("utf-8", "replace")
        except OSError:
            return None


def _text_of(analysis: Analysis, path: str) -> str:
    return analysis.files[path].source.text


def _holds(path: str, finding: Finding) -> bool:
    """Is the finding in that file, or below that folder?"""
    return f"{finding.location.path}/".startswith(f"{path}/")


def _objects(coverage: Coverage, state: str) -> dict[str, set[str]]:
    """The names of the things in that state, by their files."""
    found: dict[str, set[str]] = {}
    for item in coverage.items:
        if item.state == state:
            found.setdefault(item.path, set()).add(item.object)
    return found
