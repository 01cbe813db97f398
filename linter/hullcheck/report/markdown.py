"""A summary for people who review a change: what fails it first, everything else folded away.

A job summary holds 1 MiB, and one byte more makes the whole of it fail: it is cut before that, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from urllib.parse import quote

from hullcheck.finding import Finding, Severity
from hullcheck.report import Run
from hullcheck.report.page import page
from hullcheck.report.safe import Secrets, clean, well_formed
from hullcheck.report.unite import scopes
from hullcheck.report.writer import summary, unjudged
from hullcheck.source import Location

MOST_BYTES = 900_000

UNREAD = frozenset(("parse-error", "unreadable-file", "check-failed", "time-limit"))
"""Findings that say that something wasn't judged."""

_VERDICTS = {
    0: "✅ **hullcheck passed**",
    1: "❌ **hullcheck failed**",
    2: "❌ **hullcheck could not run**",
    3: "❌ **hullcheck found nothing to check**",
    4: "❌ **hullcheck could not check everything**",
}
_ACTIVE = {ord(char): f"&#{ord(char)};" for char in "&<>\"'`*_[]()~|@#$\\!"}
"""Characters that Markdown or HTML could take for more than themselves."""


def render(run: Run) -> str:
    """The summary, of at most `MOST_BYTES` bytes."""
    written: list[str] = []
    size = 0
    for section in _sections(run, Secrets(run.findings, run.redact)):
        head, rows, tail = section
        size += _size(head) + _size(tail)
        written.append(head)
        for row in rows:
            size += _size(row)
            if size > MOST_BYTES:
                written += [tail, "\nThis summary is cut here; the log has all findings.\n"]
                return "".join(written)
            written.append(row)
        written.append(tail)
    return "".join(written)


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


Section = tuple[str, Iterable[str], str]


def _sections(run: Run, secrets: Secrets) -> Iterator[Section]:
    """Each section is a head, rows that may be left out, and a tail."""
    failing = [f for f in run.shown if _fails(run, f)]
    others = [f for f in run.shown if not _fails(run, f)]
    row = _row(run, secrets)
    yield f"{_VERDICTS.get(run.exit_code, '')}: {summary(run)}\n", (), ""
    yield "", (f"\nError: {_text(message)}\n" for message in run.errors), ""
    if run.shown or run.suppressed or run.unchanged:
        yield _counts(run), (), ""
    if failing:
        yield f"\n### What fails the run\n\n{_TABLE}", map(row, _worst_first(failing)), ""
    lines = unjudged(run.coverage)
    if lines:
        yield "\n### Not judged\n\n", (f"- {_text(line)}\n" for line in lines), ""
    asked = [f for f in run.suppressed if f.suppression and f.suppression.under_review]
    if asked:
        yield f"\n### This change asks to ignore\n\n{_TABLE}", map(row, _worst_first(asked)), ""
    accepted = [f for f in run.suppressed if f.suppression and not f.suppression.under_review]
    for title, findings in (
        ("Other findings", others),
        ("Fixed by this change", list(run.fixed)),
        ("Unchanged", list(run.unchanged)),
        ("Suppressed", accepted),
    ):
        if findings:
            yield _folded(f"{title} ({len(findings)})"), map(row, _worst_first(findings)), "\n</details>\n"
    if run.folded:
        from hullcheck.report import elsewhere

        title = f"\n<details><summary>Outside production ({len(run.folded)})</summary>\n\n{_text(elsewhere.counted(run.folded))}\n\n"
        yield title, (f"- {_text(line)}\n" for line in elsewhere.lines(run.folded)), "\n</details>\n"
    if run.shown:
        yield "\n<details><summary>About these checks</summary>\n\n", _about(run), "\n</details>\n"


def _fails(run: Run, finding: Finding) -> bool:
    return finding.name in UNREAD or (run.fail_on is not None and finding.severity >= run.fail_on)


_TABLE = "| Severity | Check | Where | What |\n| --- | --- | --- | --- |\n"


def _folded(title: str) -> str:
    return f"\n<details><summary>{title}</summary>\n\n{_TABLE}"


def _counts(run: Run) -> str:
    columns = {("New" if run.compared else "Findings"): run.shown}
    if run.compared:
        columns["Unchanged"] = run.unchanged
        columns["Fixed"] = run.fixed
    columns["Suppressed"] = run.suppressed
    lines = [f"\n| | {' | '.join(columns)} |", f"| --- |{' ---: |' * len(columns)}"]
    for severity in reversed(Severity):
        numbers = [sum(1 for f in findings if f.severity is severity) for findings in columns.values()]
        if any(numbers):
            lines.append(f"| {severity} | {' | '.join(map(str, numbers))} |")
    return "\n".join(lines) + "\n"


def _worst_first(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: (-finding.severity, *finding.sort_key[:2]))


def _row(run: Run, secrets: Secrets) -> Callable[[Finding], str]:
    def row(finding: Finding) -> str:
        what = _text(secrets.text(finding.message))
        if where := scopes(finding):
            what += f"<br>In {', '.join(_text(f'`{scope}`') for scope in where)}"
        for related in finding.related:
            what += f"<br>{_place(run, related.location)}: {_text(secrets.text(related.message))}"
        if finding.fix:
            what += f"<br>Fix: {_text(finding.fix.title)} ({'`--fix`' if finding.fix.safe else '`--unsafe-fixes`'})"
        if finding.suppression:
            what += f"<br>Suppressed by {finding.suppression.kind}: {_text(finding.suppression.reason or 'no reason')}"
        return f"| {finding.severity} | `{finding.name}` | {_place(run, finding.location)} | {what} |\n"

    return row


def _place(run: Run, place: Location) -> str:
    """The path and line, as a link to that commit's file where it is known where that is."""
    shown = f"<code>{_escaped(clean(place.path))}:{place.line}</code>"
    known = run.version_control
    if known is None or not known.uri.startswith("https://"):
        return shown
    folder = "/-/blob" if "gitlab" in known.uri else "/blob"
    base = quote(known.uri.removesuffix(".git").rstrip("/"), safe="/:")
    return f"[{shown}]({base}{folder}/{quote(known.revision)}/{quote(well_formed(place.path))}#L{place.line})"


def _text(message: str) -> str:
    """A message: what stands in backticks as code, and nothing in it more than text."""
    parts = clean(message).split("`")
    return "".join(f"<code>{_escaped(part)}</code>" if at % 2 else _escaped(part) for at, part in enumerate(parts))


def _escaped(text: str) -> str:
    return text.translate(_ACTIVE).replace("://", "&#58;//")


def _about(run: Run) -> Iterator[str]:
    for name in sorted({finding.name for finding in run.shown}):
        about = page(run.registry[name])
        links = " ".join(f"[{number}]({link})" for number, link in enumerate(about.references, 1))
        yield f"- **`{name}`**: {_text(about.summary)} To fix: {_text(about.cure)}. {links}\n"
