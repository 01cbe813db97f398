"""From edits to new texts.

A fix is made whole or not at all. Two that would edit the same place are made one after the other: the file is linted
again in between. Outside the edits every byte stays.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from hullcheck.finding import Edit, Finding
from hullcheck.fix import verify
from hullcheck.fix.files import Changed
from hullcheck.fix.kinds import is_dockerfile
from hullcheck.fix.verify import Span
from hullcheck.patterns import pattern
from hullcheck.source import Source
from hullcheck.tuples import NamedTuple

_FIRST_KEY = pattern(r"(\s*(?:- )?)([^\s:]+)")

MOST_TRIED = 40
"""Fixes that are tried one by one where all together don't come out right; the others wait for the next time."""


class Refused(NamedTuple):
    """A finding whose fix can't be made, and why."""

    finding: Finding
    reason: str


class Applied(NamedTuple):
    """What came of the fixes: the new text of each file that changes, the findings whose fixes are in them, and those
    whose fixes can't be made. `again` is true if there are fixes that have to wait for others."""

    files: dict[str, Changed]
    fixed: tuple[Finding, ...]
    refused: tuple[Refused, ...]
    again: bool


def apply(findings: Iterable[Finding], unsafe: bool = False) -> Applied:
    """The files with the fixes of these findings made; `unsafe` ones only if asked for.

    The findings' fixes must be resolved. Each file's result is read again, and compared with what it was.
    """
    chosen: dict[Source, _Chosen] = {}
    wanted: list[Finding] = []
    again = False
    for finding in sorted(findings, key=lambda finding: finding.sort_key):
        if finding.fix is None or finding.suppression or not (finding.fix.safe or unsafe):
            continue
        beside = [(edit, chosen.setdefault(edit.location.source, _Chosen())) for edit in finding.fix.edits]
        if all(others.fits(edit) for edit, others in beside):
            wanted.append(finding)
            for edit, others in beside:
                others.add(edit)
        else:
            again = True
    return _verified(wanted, again)


class _Chosen:
    """The edits of a file that are made together, in the order of their places. `reach` is where the ones up to each end."""

    def __init__(self) -> None:
        self.edits: list[Edit] = []
        self.reach: list[int] = []

    def fits(self, edit: Edit) -> bool:
        """Can the edit be made beside the others? An equal one is the same edit, wanted twice."""
        first = bisect_left(self.reach, edit.location.start)
        last = bisect_right(self.edits, edit.location.end, key=_start)
        return all(edit == other or not _clash(edit, other) for other in self.edits[first:last])

    def add(self, edit: Edit) -> None:
        at = bisect_right(self.edits, edit.location.start, key=_start)
        self.edits.insert(at, edit)
        reach = max(edit.location.end, self.reach[at - 1] if at else 0)
        self.reach.insert(at, reach)
        for number in range(at + 1, len(self.reach)):
            if self.reach[number] >= reach:
                break
            self.reach[number] = reach


def _start(edit: Edit) -> int:
    return edit.location.start


def _clash(one: Edit, other: Edit) -> bool:
    a, b = one.location, other.location
    if a.start == a.end == b.start == b.end:
        # Both add a line at the same place: fine, unless it's the same key, or belongs to another level.
        return not _beside(_FIRST_KEY.match(one.text), _FIRST_KEY.match(other.text))
    if a.start == a.end or b.start == b.end:
        return a.start <= b.end and b.start <= a.end
    if not one.text and not other.text:
        return a.start <= b.end and b.start <= a.end  # side by side they may empty what holds them
    return a.start < b.end and b.start < a.end


def _beside(one: "re.Match[str] | None", other: "re.Match[str] | None") -> bool:
    """Are they lines of their own, of different keys of one mapping?"""
    if one is None or other is None:
        return False
    return one[1][:1] in "\r\n" and one[1] == other[1] and one[2] != other[2]


def _verified(wanted: list[Finding], again: bool) -> Applied:
    """Make the edits file by file; where the result isn't right, fix by fix, to find the one that isn't."""
    changed, faulty = _change(wanted)
    refused: list[Refused] = []
    if faulty:
        doubtful = [f for f in wanted if f.fix and any(edit.location.source in faulty for edit in f.fix.edits)]
        good: list[Finding] = []
        for finding in doubtful[:MOST_TRIED]:
            _, reasons = _change([*good, finding])
            if not reasons:
                good.append(finding)
            elif good and not _change([finding])[1]:
                again = True  # it can be made, but not together with the others
            else:
                refused.append(Refused(finding, next(iter(reasons.values()))))
        again = again or len(doubtful) > MOST_TRIED
        wanted = [finding for finding in wanted if finding not in doubtful or finding in good]
        changed, _ = _change(wanted)
    return Applied({made.source.path: made for made in changed}, tuple(wanted), tuple(refused), again)


def _change(findings: list[Finding]) -> tuple[list[Changed], dict[Source, str]]:
    """The changed files, and for those that would come out wrong, why."""
    by_source: dict[Source, dict[Edit, None]] = {}
    for finding in findings:
        for edit in finding.fix.edits if finding.fix else ():
            by_source.setdefault(edit.location.source, {})[edit] = None
    changed, faulty = [], {}
    for source, edits in by_source.items():
        made = _edited(source, sorted(edits, key=lambda edit: (edit.location.start, edit.location.end)))
        if isinstance(made, str):
            faulty[source] = made
        else:
            changed.append(made)
    return changed, faulty


def _edited(source: Source, edits: list[Edit]) -> Changed | str:
    pieces: list[str] = []
    spans: list[Span] = []
    at = length = 0
    for edit in edits:
        _, start, end = edit.location
        pieces += [source.text[at:start], edit.text]
        length += start - at
        spans.append(Span(start, end, length, length + len(edit.text)))
        length += len(edit.text)
        at = end
    text = "".join([*pieces, source.text[at:]])
    try:
        after = source.with_text(text)
    except UnicodeEncodeError:
        return "the file's encoding can't hold the new text"
    reason = verify.dockerfile(source, after, spans) if is_dockerfile(source) else verify.yaml(source.text, text, spans)
    return reason or Changed(source, after, tuple(edits))
