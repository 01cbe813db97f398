"""Files that were checked at the base and aren't any more, though what they say is still there."""

import os
import re
from collections import Counter
from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.gate.change import Change
from hullcheck.model.problem import Problem
from hullcheck.read import File
from hullcheck.renames import Content
from hullcheck.source import Location, Source

_KEPT = 0.5
"""Share of a file's content that, found elsewhere, means that it was moved there."""

_MAX_BYTES = 256 * 1024
_MAX_TOTAL = 64 * 1024 * 1024
"""What is read of one file, and of all, in search of one that is gone; what the change commits comes first."""

_LEAD = r"\A\ufeff?(?:[ \t]*+(?:#[^\n]*+|---[^\n]*+)?+\r?\n)*+"
_LOOKS = {
    "dockerfile": re.compile(
        _LEAD + r"(?:[ \t]*+ARG[ \t][^\n]*+\n(?:[ \t]*+(?:#[^\n]*+)?+\r?\n)*+)*+[ \t]*+FROM[ \t]+\S", re.IGNORECASE
    ),
    "compose": re.compile(_LEAD + r"[\"']?(?:services|version|name|networks|volumes|x-[\w-]+)[\"']?[ \t]*:"),
    "kubernetes": re.compile(_LEAD + r"[\"']?(?:apiVersion|kind|metadata)[\"']?[ \t]*:"),
}
"""How files begin that are of a kind, whatever they are called."""


def left(change: Change, check: Check) -> Iterator[Finding]:
    """A finding for each file that isn't checked any more, where it is now."""
    search = _Search(change)
    for path in change.base.counted:
        place, why = search.place(path)
        if place is not None:
            worst = max((f.severity for f in change.base.findings if f.location.path == path), default=Severity.HIGH)
            part = Problem("", "", place, path)
            yield check.finding(part, why, severity=max(worst, Severity.HIGH), evidence=(path,))


class _Search:
    """Where files are now that aren't checked any more."""

    def __init__(self, change: Change) -> None:
        self._change = change
        self._checked = frozenset(change.head.counted)
        self._renamed = {old: new for new, old in change.comparison.renamed.items()}
        self._reasons = {skipped.path: skipped.reason for skipped in change.head.skipped}
        self._candidates: dict[str, tuple[str, Content]] | None = None

    def place(self, path: str) -> tuple[Location | None, str]:
        """Where the file is, unchecked, and why that is so; None if it is checked, or gone for good."""
        now = self._renamed.get(path, path)
        if now in self._checked:
            return self._template(path, now)
        root = self._change.root
        if os.path.lexists(os.path.join(root, path)):
            return self._stayed(path)
        return self._moved(path)

    def _template(self, path: str, now: str) -> tuple[Location | None, str]:
        """A file of which more isn't analysed than at the base."""
        old, new = self._change.base.files[path], self._change.head.files[now]
        before, after = _unanalysed(old), _unanalysed(new)
        if len(after) <= len(before):
            return None, ""
        messages = Counter(message for message, _ in before)
        for message, place in after:
            if messages[message] == 0:
                return place, f"this was checked before this change, and isn't any more: {message}"
            messages[message] -= 1
        return None, ""

    def _stayed(self, path: str) -> tuple[Location | None, str]:
        root = self._change.root
        real = os.path.relpath(os.path.realpath(os.path.join(root, path)), os.path.realpath(root)).replace(os.sep, "/")
        if real in self._checked:
            return None, ""
        old = self._change.base.files[path]
        reason = self._reasons.get(path) or next(
            (why for folder, why in self._reasons.items() if path.startswith(f"{folder}/")), ""
        )
        text = self._text(path)
        if reason:
            source = Source(path, text.encode()) if text else old.source
            return source.at(0), f"`{path}` was checked before this change, and isn't any more: {reason}"
        if text is not None and Content.of(old.source.text).kept_in(Content.of(text)) >= _KEPT:
            return Source(path, text.encode()).at(0), f"`{path}` isn't recognised any more as what it was: {old.kind}"
        return None, ""

    def _moved(self, path: str) -> tuple[Location | None, str]:
        old = self._change.base.files[path]
        content, looks = Content.of(old.source.text), _LOOKS.get(old.kind)
        for candidate, (text, other) in self._unchecked().items():
            if content.kept_in(other) >= _KEPT or (looks is not None and looks.search(text)):
                why = f"`{path}` was checked before this change; it is `{candidate}` now, which isn't looked at"
                return Source(candidate, text.encode()).at(0), why
        return None, ""

    def _unchecked(self) -> dict[str, tuple[str, Content]]:
        """The files that the change brings or alters, and that nobody looks at."""
        if self._candidates is None:
            change, self._candidates, left = self._change, {}, _MAX_TOTAL
            known = change.same | self._checked | change.head.files.keys()
            for path in sorted(
                {*change.disk.paths, *change.tracked} - known, key=lambda p: (p not in change.tracked, p)
            ):
                text = self._text(path) if left > 0 else None
                if text:
                    left -= len(text)
                    self._candidates[path] = (text, Content.of(text))
        return self._candidates

    def _text(self, path: str) -> str | None:
        try:
            return self._change.disk.read(path)[:_MAX_BYTES].decode("utf-8", "replace")
        except OSError:
            return None


def _unanalysed(file: File) -> list[tuple[str, Location]]:
    return [(p.message, p.location) for p in file.problems if p.name == "not-analysed"]
