"""The lines of a file that a finding is about, and what its fix makes of them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from html import escape

from hullcheck.finding import Edit, Finding
from hullcheck.page.frame import Links, code, text
from hullcheck.report.safe import Secrets
from hullcheck.report.snippet import WIDEST, Drawn, draw
from hullcheck.source import Location, Source

MOST_PLACES = 8
"""Places of one finding that are drawn; the rest are counted."""

CONTEXT = 2
"""Lines around a place that are drawn."""

MOST_DIFF = 60
"""Lines of a fix that are drawn."""

MOST_EDITED = 400
"""Lines between the first and the last edit of a fix up to which it is drawn."""

MOST_TEXT = 40_000
"""Characters of the lines that a fix touches up to which it is drawn."""


def excerpts(finding: Finding, secrets: Secrets, links: Links, context: int = CONTEXT) -> Iterator[str]:
    """The places of a finding, file by file, each line with its number and its mark."""
    places = [(finding.location, "", True), *((r.location, r.message, False) for r in finding.related)]
    by_path: dict[str, list[tuple[Location, str, bool]]] = {}
    for place in dict.fromkeys(places[:MOST_PLACES]):
        by_path.setdefault(place[0].path, []).append(place)
    for path, group in by_path.items():
        yield f'<figure class="src"><figcaption>{links.place(path, group[0][0].line)}</figcaption>'
        rows = "".join(_rows(sorted(group, key=lambda p: (p[0].line, p[0].start)), secrets, context))
        yield f"<pre>{rows}</pre></figure>" if rows else "</figure>"
    if len(places) > MOST_PLACES:
        yield f'<p class="dim">and {len(places) - MOST_PLACES} more places</p>'


def _rows(places: list[tuple[Location, str, bool]], secrets: Secrets, context: int) -> Iterator[str]:
    marked = {place.line for place, _, _ in places}
    last = 0
    for place, label, primary in places:
        source, line = place.source, place.line
        around = context if primary else 0
        first = max(1, last + 1, line - around)
        if last and first > last + 1:
            yield "<i>⋯</i>\n"
        for number in range(first, line):
            if number not in marked:
                yield _plain(source, number, secrets)
        if source.line(line).strip() or place.start < place.end:
            yield _marked(draw(place, secrets), line, primary)
        if label:
            yield f"<i></i><em>{code(secrets.text(label))}</em>\n"
        last = line
        for number in range(line + 1, min(line + around, source.line_count) + 1):
            if number in marked or not source.line(number).strip():
                break
            yield _plain(source, number, secrets)
            last = number


def _plain(source: Source, number: int, secrets: Secrets) -> str:
    start = source.line_start(number)
    line = secrets.masked(source, start, start + min(len(source.line(number)), WIDEST))
    return f"<i>{number}</i>{_code(line)}\n"


def _code(line: str) -> str:
    return "  ".join(text(part) for part in line.split("\t"))


def _marked(drawn: Drawn, number: int, primary: bool) -> str:
    first, last = _at(drawn.text, drawn.start), _at(drawn.text, drawn.end)
    parts = drawn.text[:first], drawn.text[first:last], drawn.text[last:]
    before, inside, after = (escape(part).replace("##[", "##&#91;") for part in parts)
    mark = "m1" if primary else "m2"
    return f'<i class="{mark}">{number}</i>{before}<mark class="{mark}">{inside or " "}</mark>{after}\n'


def _at(shown: str, column: int) -> int:
    """The index of the character at a column of a terminal."""
    if shown.isascii():
        return column
    from unicodedata import combining, east_asian_width

    width = 0
    for index, char in enumerate(shown):
        if width >= column:
            return index
        width += 0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1
    return len(shown)


def patch(finding: Finding, secrets: Secrets) -> str:
    """What the finding's fix changes, as a diff; empty where there is none to show, or it would show a secret."""
    if finding.fix is None or not finding.fix.edits or any(secrets.touched(e.text) for e in finding.fix.edits):
        return ""
    by_source: dict[Source, list[Edit]] = {}
    for edit in finding.fix.edits:
        by_source.setdefault(edit.location.source, []).append(edit)
    rows: list[str] = []
    for source, edits in by_source.items():
        if len(by_source) > 1:
            rows.append(f"<b>{text(source.path)}</b>\n")
        rows += _hunks(source, sorted(edits, key=lambda edit: edit.location.start), secrets)
    more = len(rows) - MOST_DIFF
    cut = f"<i>and {more} more lines</i>\n" if more > 0 else ""
    return f'<pre class="diff">{"".join(rows[:MOST_DIFF])}{cut}</pre>' if rows else ""


def _hunks(source: Source, edits: list[Edit], secrets: Secrets) -> Iterator[str]:
    """The lines around the edits, those that go and those that come."""
    first = source.position(edits[0].location.start)[0]
    last = source.position(max(edit.location.end for edit in edits))[0]
    start = source.line_start(max(first - 1, 1))
    end = source.line_start(last + 2) if last + 2 <= source.line_count else len(source.text)
    if last - first > MOST_EDITED or end - start > MOST_TEXT:
        return
    after, at = [], start
    for edit in edits:
        if edit.location.start >= at:
            after += [secrets.masked(source, at, edit.location.start), edit.text]
            at = edit.location.end
    after.append(secrets.masked(source, at, end))
    before = secrets.masked(source, start, end).splitlines()
    made = difflib.unified_diff(before, "".join(after).splitlines(), n=1, lineterm="")
    yield from _lines(made)


def _lines(made: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(made):
        if number < 2:  # the names of the files
            continue
        shown = "  ".join(text(part, WIDEST * 2) for part in line[1:].split("\t"))
        if line.startswith("+"):
            yield f"<ins>+ {shown}</ins>\n"
        elif line.startswith("-"):
            yield f"<del>- {shown}</del>\n"
        elif line.startswith(" "):
            yield f"  {shown}\n"
        elif number > 2:
            yield "<i>⋯</i>\n"
