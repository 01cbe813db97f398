"""A finding for people: the line, what is marked on it, what it rests on, why it matters and how to cure it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from hullcheck.finding import Finding, Severity
from hullcheck.model.coverage import Coverage
from hullcheck.report import Run
from hullcheck.report.page import page
from hullcheck.report.safe import Secrets, clean, told
from hullcheck.report.snippet import WIDEST, draw
from hullcheck.report.unite import scopes
from hullcheck.source import Location

FEW = 5
"""Findings that need no list of what to look at first."""

MANY = 3
"""Findings of one check from which on they may be told together."""

MOST_PLACES = 8
"""Places of one finding that are drawn; the rest are counted."""

MOST_CAUSES = 12
"""Causes for which something isn't judged that have a line; the rest are counted."""

_LABEL = 24
"""Columns that what is said of a mark may have at least."""

MOST_SCOPES = 4
"""Projects and overlays that are named with a finding of several; the rest are counted."""

COLORS = {
    Severity.CRITICAL: "1;35",
    Severity.HIGH: "1;31",
    Severity.MEDIUM: "1;33",
    Severity.LOW: "1;36",
    Severity.INFO: "1;34",
}
_BLUE, _RED, BOLD, _GREEN = "1;34", "1;31", "1", "32"


def unjudged(coverage: Coverage, path: Callable[[str], str] = str) -> list[str]:
    """What wasn't judged, one line a cause; `path` makes what is printed of a path."""
    causes = coverage.untold()
    lines = [told(cause.told(path)) for cause in causes[:MOST_CAUSES]]
    if len(causes) > MOST_CAUSES:
        left = sum(len(cause.items) for cause in causes[MOST_CAUSES:])
        lines.append(f"{count(left, 'more thing')} not judged, for other reasons: `hullcheck files` lists them")
    return lines


def summary(run: Run, *, with_fixes: bool = True) -> str:
    """What the run came to, in one line."""
    counts = ", ".join(f"{number} {severity}" for severity, number in run.counts().items() if number)
    new = "new " if run.compared else ""
    files = count(run.files, "file")
    if run.shown:
        parts = [f"{count(len(run.shown), f'{new}finding')} ({counts}) in {files}"]
    else:
        parts = [f"no {new}findings in {files}"]
    safe, unsafe = run.fixes if with_fixes else (0, 0)
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


def count(number: int, noun: str) -> str:
    """`1 finding`, `2 findings`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


class Writer:
    """Draws findings one after the other; a check's reasons are given once."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.screen = run.screen
        self.secrets = Secrets(run.findings, run.redact)
        self.explained: set[str] = set()

    def paint(self, text: str, color: str) -> str:
        return f"\x1b[{color}m{text}\x1b[0m" if self.run.color and text else text

    def line(self, text: str) -> str:
        """A text as lines that fit, each with its newline."""
        return "".join(f"{line}\n" for line in self.wrapped(text, "  ", 0))

    def named(self, severity: Severity, name: str) -> str:
        """A severity and a check, as a link to its page where the terminal knows links."""
        text = self.paint(f"{severity}[{name}]", COLORS[severity])
        return self.screen.links.check(name, text) if self.screen.links else text

    def headed(self, severity: Severity, name: str, text: str) -> list[str]:
        """The lines that begin with a check's name."""
        lines = self.wrapped(text, "  ", len(f"{severity}[{name}]: "))
        painted = [self.paint(line, BOLD) for line in lines]
        return [f"{self.named(severity, name)}: {painted[0]}", *painted[1:]]

    def wrapped(self, text: str, indent: str, first: int) -> list[str]:
        """A text in lines that fit: see `columns.wrapped`."""
        if not self.screen.width:
            return [text]
        from hullcheck.report.columns import wrapped

        return wrapped(text, self.screen.width, indent, first)

    def linked(self, location: Location, text: str) -> str:
        """A place's text, as a link to the file where the terminal knows links."""
        return self.screen.links.place(location.path, location.line, text) if self.screen.links else text

    def finding(self, finding: Finding) -> str:
        """The lines of one finding, each with its newline."""
        lines = self.headed(finding.severity, finding.name, clean(self.secrets.text(finding.message)))
        places = [(finding.location, "", True), *((r.location, r.message, False) for r in finding.related)]
        left_out = len(places) - MOST_PLACES
        places = places[:MOST_PLACES]
        margin = max(len(str(location.line)) for location, _, _ in places)
        by_path: dict[str, list[tuple[Location, str, bool]]] = {}
        for shown in dict.fromkeys(places):
            by_path.setdefault(shown[0].path, []).append(shown)
        for number, group in enumerate(by_path.values()):
            lines += self._file(group, margin, "-->" if number == 0 else ":::")
        if left_out > 0:
            lines.append(f"{' ' * margin} {self.paint('...', _BLUE)} and {count(left_out, 'more place')}")
        for label, text in self._notes(finding):
            indent = f"{' ' * margin} = "
            parts = self.wrapped(f"{label}: {text}", " " * (len(indent) + 2), len(indent))
            parts[0] = parts[0].replace(label, self.paint(label, BOLD), 1)
            done = (
                re.search(r"(?<=\()--[a-z-]+(?= does it\)$)", parts[-1]) if label == "fix" and self.run.color else None
            )
            if done:
                parts[-1] = f"{parts[-1][: done.start()]}{self.paint(done[0], _GREEN)}{parts[-1][done.end() :]}"
            lines += [f"{' ' * margin} {self.paint('=', _BLUE)} {parts[0]}", *parts[1:]]
        return "\n".join(lines) + "\n"

    def _file(self, places: list[tuple[Location, str, bool]], margin: int, arrow: str) -> Iterator[str]:
        """The marked lines of one file, top down, under a line that says where the first place is."""
        region = places[0][0].region
        position = f"{clean(self.screen.path(places[0][0].path))}:{region.start_line}:{region.start_column}"
        yield f"{' ' * margin}{self.paint(arrow, _BLUE)} {self.linked(places[0][0], position)}"
        bar = self.paint(f"{' ' * margin} |", _BLUE)
        widest = max(min(WIDEST, self.screen.width - margin - 5), _LABEL) if self.screen.width else WIDEST
        drawn = [one for one in sorted(places, key=_by_line) if one[0].source.line(one[0].line).strip()]
        if not drawn:
            return
        yield bar
        last = 0
        for location, label, primary in drawn:
            line = location.line
            shown = draw(location, self.secrets, widest)
            if line != last:
                if last and line > last + 1:
                    yield self.paint("...", _BLUE)
                yield f"{self.paint(f'{line:{margin}} |', _BLUE)} {shown.text}".rstrip()
            last = line
            mark = ("^" if primary else "-") * (shown.end - shown.start)
            text = clean(self.secrets.text(label))
            for blanks, said in self._below(mark, text, shown.start, widest):
                yield f"{bar} {' ' * blanks}{self.paint(said, _RED if primary else _BLUE)}"
        yield bar

    def _below(self, mark: str, text: str, start: int, room: int) -> Iterable[tuple[int, str]]:
        """What stands below a line: the mark, and what is said of it."""
        if not self.screen.width:
            return ((start, f"{mark} {text}".rstrip()),)
        from hullcheck.report.columns import below

        return below(mark, text, start, room)

    def _notes(self, finding: Finding) -> Iterator[tuple[str, str]]:
        first = finding.name not in self.explained
        self.explained.add(finding.name)
        if where := _where(finding):
            yield "in", clean(where)
        about = page(self.run.registry[finding.name]) if first else None
        if about is not None and about.why:
            yield "why", about.why
        if finding.fix:
            how = "--fix" if finding.fix.safe else "--unsafe-fixes"
            yield "fix", f"{clean(finding.fix.title)} ({how} does it)"
        elif about is not None and about.cure:
            yield "fix", about.cure
        if first:
            yield "help", f"hullcheck explain {finding.name}"
        if finding.suppression:
            reason = finding.suppression.reason or "no reason given"
            yield f"suppressed by {finding.suppression.kind}", clean(reason)


def _where(finding: Finding) -> str:
    """The scopes that the finding's owners run in, where there are several."""
    found = scopes(finding)
    shown, left = found[:MOST_SCOPES], len(found) - MOST_SCOPES
    return f"{', '.join(shown)} and {left} more" if left > 0 else ", ".join(shown)


def _by_line(place: tuple[Location, str, bool]) -> tuple[int, int, bool]:
    return place[0].line, place[0].start, not place[2]
