"""Workflow commands, which GitHub's runner turns into annotations of the changed lines.

A step may make ten annotations of each level, and the rest are dropped without a word. The most severe come first, and
where there are more, the tenth says how many.
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.finding import Finding, Severity
from hullcheck.report import Run
from hullcheck.report.page import page
from hullcheck.report.safe import Secrets, clean
from hullcheck.report.writer import unjudged

MOST = 10
"""Annotations of one level that the runner takes from a step."""

LONGEST = 4_000
"""Characters of a message; the interface takes 64 KB, and shows far less."""

_LEVELS = {
    "error": (Severity.CRITICAL, Severity.HIGH),
    "warning": (Severity.MEDIUM,),
    "notice": (Severity.LOW, Severity.INFO),
}


def render(run: Run) -> str:
    """One command a line, errors first; nothing where nothing was found."""
    secrets = Secrets(run.findings, run.redact)
    lines = [_command("error", {}, clean(message)) for message in run.errors]
    told = "\n".join(clean(line) for line in unjudged(run.coverage))
    for level, severities in _LEVELS.items():
        found = [finding for severity in severities for finding in run.shown if finding.severity is severity]
        most = MOST - 1 if level == "notice" and told else MOST
        shown = found if len(found) <= most else found[: most - 1]
        lines += (_annotation(level, finding, run, secrets) for finding in shown)
        if len(shown) < len(found):
            more = f"{len(found) - len(shown)} more findings of this level; the job summary and the log have them all"
            lines.append(_command(level, {"title": "hullcheck"}, more))
    if told:
        lines.append(_command("notice", {"title": "not judged"}, told))
    return "".join(f"{line}\n" for line in lines)


def _annotation(level: str, finding: Finding, run: Run, secrets: Secrets) -> str:
    place = finding.location
    start_line, start_column, end_line, end_column = place.region
    properties = {
        "file": clean(place.path),
        "line": str(start_line),
        "endLine": str(end_line),
        "col": str(place.source.utf16_column(start_line, start_column)),
        "endColumn": str(place.source.utf16_column(end_line, end_column)),
        "title": f"{finding.name} ({finding.severity})",
    }
    message = "\n".join(_message(finding, run, secrets))
    return _command(level, properties, message if len(message) <= LONGEST else f"{message[:LONGEST]}…")


def _message(finding: Finding, run: Run, secrets: Secrets) -> Iterator[str]:
    yield clean(secrets.text(finding.message))
    for related in finding.related:
        place = related.location
        yield f"{clean(place.path)}:{place.line}: {clean(secrets.text(related.message))}"
    cure = finding.fix.title if finding.fix else page(run.registry[finding.name]).cure
    if cure:
        yield f"To fix: {clean(cure)}"


def _command(level: str, properties: dict[str, str], message: str) -> str:
    held = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{level}{' ' + held if held else ''}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
