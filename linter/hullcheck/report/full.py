"""For people: the findings one by one, what is told together, and what to do first."""

from __future__ import annotations

from hullcheck.counting import counted
from hullcheck.report import Run
from hullcheck.report.safe import clean, told
from hullcheck.report.writer import FEW, MANY, Writer, summary, unjudged
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.report.gather import Gathered


def render(run: Run) -> str:
    """Every finding that counts, the suppressed ones where they are asked for, what is told together, and what to do first."""
    writer = Writer(run)
    together = _gathered(run)
    away = {id(finding) for found in together for finding in found.findings}
    shown = [finding for finding in run.shown if id(finding) not in away]
    supplied: tuple[str, ...] = ()
    if not run.everything and not run.compared and any(finding.context for finding in shown):
        from hullcheck.report.elsewhere import apart

        shown, supplied = apart(shown, run.screen.path)
    if run.screen.group_by:
        from hullcheck.report.group import grouped

        parts = list(grouped(writer, shown))
    else:
        parts = [writer.finding(finding) for finding in shown]
    parts += [writer.line(clean(line)) for line in supplied]
    if run.show_suppressed:
        parts += [writer.finding(finding) for finding in run.suppressed]
    if together:
        from hullcheck.report.gather import lines

        parts += [lines(writer, found) for found in together]
    parts += [writer.line(f"error: {clean(told(message))}") for message in run.errors]
    parts.append("".join(writer.line(f"note: {clean(line)}") for line in unjudged(run.coverage, run.screen.path)))
    if run.folded:
        from hullcheck.report import elsewhere

        rows = (f"  {clean(line)}" for line in elsewhere.lines(run.folded, run.screen.path))
        parts.append("".join(map(writer.line, (elsewhere.counted(run.folded), *rows))))
    hints: list[str] = []
    if len(run.shown) > FEW:
        from hullcheck.report.closing import first, following

        parts.append(first(writer, shown))
        hints = [f"next: {text}" for text in following(run)]
    parts.append("".join(map(writer.line, [*hints, summary(run, with_fixes=not hints)])))
    return "\n".join(part for part in parts if part)


def _gathered(run: Run) -> tuple[Gathered, ...]:
    if max(counted(finding.name for finding in run.shown).values(), default=0) < MANY:
        return ()
    from hullcheck.report.gather import gathered

    return gathered(run)
