"""For people: the line, what is marked on it, what it rests on, why it matters and how to cure it."""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.finding import Finding, Severity
from hullcheck.model.coverage import Coverage
from hullcheck.report import Run
from hullcheck.report.page import page
from hullcheck.report.safe import Secrets, clean, told
from hullcheck.report.snippet import draw
from hullcheck.report.unite import scopes
from hullcheck.source import Location

MOST_PLACES = 8
"""Places of one finding that are drawn; the rest are counted."""

MOST_CAUSES = 12
"""Causes for which something isn't judged that have a line; the rest are counted."""

MOST_SCOPES = 4
"""Projects and overlays that are named with a finding of several; the rest are counted."""

_COLORS = {
    Severity.CRITICAL: "1;35",
    Severity.HIGH: "1;31",
    Severity.MEDIUM: "1;33",
    Severity.LOW: "1;36",
    Severity.INFO: "1;34",
}
_BLUE, _BOLD, _GREEN = "1;34", "1", "32"


def render(run: Run) -> str:
    """Every finding that counts, then the suppressed ones where they are asked for, then one line of counts."""
    writer = _Writer(run)
    drawn = run.shown
    supplied: tuple[str, ...] = ()
    if not run.everything and not run.compared and any(finding.context for finding in run.shown):
        from hullcheck.report.elsewhere import apart

        drawn, supplied = apart(run.shown)
    parts = [writer.finding(finding) for finding in drawn]
    parts += [f"{clean(line)}\n" for line in supplied]
    if run.show_suppressed:
        parts += [writer.finding(finding) for finding in run.suppressed]
    parts += [f"error: {clean(told(message))}\n" for message in run.errors]
    lines = "".join(f"note: {clean(line)}\n" for line in unjudged(run.coverage))
    if run.folded:
        from hullcheck.report import elsewhere

        rows = "".join(f"  {clean(line)}\n" for line in elsewhere.lines(run.folded))
        lines = f"{elsewhere.counted(run.folded)}\n{rows}{lines}"
    return "\n".join([*parts, *([lines] if lines else []), f"{summary(run)}\n"])


def unjudged(coverage: Coverage) -> list[str]:
    """What wasn't judged, one line a cause."""
    causes = coverage.untold()
    lines = [told(cause.line) for cause in causes[:MOST_CAUSES]]
    if len(causes) > MOST_CAUSES:
        left = sum(len(cause.items) for cause in causes[MOST_CAUSES:])
        lines.append(f"{_count(left, 'more thing')} not judged, for other reasons: `hullcheck files` lists them")
    return lines


def summary(run: Run) -> str:
    """What the run came to, in one line."""
    counts = ", ".join(f"{count} {severity}" for severity, count in run.counts().items() if count)
    new = "new " if run.compared else ""
    files = _count(run.files, "file")
    if run.shown:
        parts = [f"{_count(len(run.shown), f'{new}finding')} ({counts}) in {files}"]
    else:
        parts = [f"no {new}findings in {files}"]
    safe = sum(1 for finding in run.shown if finding.fix and finding.fix.safe)
    unsafe = sum(1 for finding in run.shown if finding.fix and not finding.fix.safe)
    if safe:
        parts.append(f"{safe} can be fixed with --fix")
    if unsafe:
        parts.append(f"{unsafe} {'more' if safe else 'can be fixed'} with --unsafe-fixes")
    for findings, what in ((run.unchanged, "unchanged"), (run.suppressed, "suppressed"), (run.folded, "not counted")):
        if findings:
            parts.append(f"{len(findings)} {what}")
    if run.not_decided:
        parts.append(f"{run.not_decided} not decided")
    if number := len(run.coverage.unjudged):
        parts.append(f"{number} not judged")
    return "; ".join(parts)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


class _Writer:
    """Draws findings one after the other; a check's reasons are given once."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.secrets = Secrets(run.findings, run.redact)
        self.explained: set[str] = set()

    def paint(self, text: str, color: str) -> str:
        return f"\x1b[{color}m{text}\x1b[0m" if self.run.color and text else text

    def finding(self, finding: Finding) -> str:
        """The lines of one finding, each with its newline."""
        title = self.paint(f"{finding.severity}[{finding.name}]", _COLORS[finding.severity])
        message = self.paint(clean(self.secrets.text(finding.message)), _BOLD)
        lines = [f"{title}: {message}"]
        places = [(finding.location, "", True), *((r.location, r.message, False) for r in finding.related)]
        left_out = len(places) - MOST_PLACES
        places = places[:MOST_PLACES]
        margin = max(len(str(place.line)) for place, _, _ in places)
        by_path: dict[str, list[tuple[Location, str, bool]]] = {}
        for place in dict.fromkeys(places):
            by_path.setdefault(place[0].path, []).append(place)
        for number, group in enumerate(by_path.values()):
            lines += self._file(group, margin, "-->" if number == 0 else ":::")
        if left_out > 0:
            lines.append(f"{' ' * margin} {self.paint('...', _BLUE)} and {_count(left_out, 'more place')}")
        lines += (f"{' ' * margin} {self.paint('=', _BLUE)} {note}" for note in self._notes(finding))
        return "\n".join(lines) + "\n"

    def _file(self, places: list[tuple[Location, str, bool]], margin: int, arrow: str) -> Iterator[str]:
        """The marked lines of one file, top down, under a line that says where the first place is."""
        region = places[0][0].region
        position = f"{clean(places[0][0].path)}:{region.start_line}:{region.start_column}"
        yield f"{' ' * margin}{self.paint(arrow, _BLUE)} {position}"
        bar = self.paint(f"{' ' * margin} |", _BLUE)
        drawn = [place for place in sorted(places, key=_by_line) if place[0].source.line(place[0].line).strip()]
        if not drawn:
            return
        yield bar
        last = 0
        for place, label, primary in drawn:
            line = place.line
            shown = draw(place, self.secrets)
            if line != last:
                if last and line > last + 1:
                    yield self.paint("...", _BLUE)
                yield f"{self.paint(f'{line:{margin}} |', _BLUE)} {shown.text}".rstrip()
            last = line
            yield f"{bar} {' ' * shown.start}{self._mark(shown.end - shown.start, label, primary)}"
        yield bar

    def _mark(self, width: int, label: str, primary: bool) -> str:
        text = clean(self.secrets.text(label))
        mark = ("^" if primary else "-") * width
        color = "1;31" if primary else _BLUE
        return self.paint(f"{mark} {text}".rstrip(), color)

    def _notes(self, finding: Finding) -> Iterator[str]:
        first = finding.name not in self.explained
        self.explained.add(finding.name)
        if where := _where(finding):
            yield f"{self.paint('in', _BOLD)}: {clean(where)}"
        about = page(self.run.registry[finding.name]) if first else None
        if about is not None and about.why:
            yield f"{self.paint('why', _BOLD)}: {about.why}"
        if finding.fix:
            how = "--fix" if finding.fix.safe else "--unsafe-fixes"
            yield f"{self.paint('fix', _BOLD)}: {clean(finding.fix.title)} ({self.paint(how, _GREEN)} does it)"
        elif about is not None and about.cure:
            yield f"{self.paint('fix', _BOLD)}: {about.cure}"
        if first:
            yield f"{self.paint('help', _BOLD)}: hullcheck explain {finding.name}"
        if finding.suppression:
            reason = finding.suppression.reason or "no reason given"
            yield f"{self.paint('suppressed', _BOLD)} by {finding.suppression.kind}: {clean(reason)}"


def _where(finding: Finding) -> str:
    """The scopes that the finding's owners run in, where there are several."""
    found = scopes(finding)
    shown, left = found[:MOST_SCOPES], len(found) - MOST_SCOPES
    return f"{', '.join(shown)} and {left} more" if left > 0 else ", ".join(shown)


def _by_line(place: tuple[Location, str, bool]) -> tuple[int, int, bool]:
    return place[0].line, place[0].start, not place[2]
