"""reviewdog's diagnostics: comments on a review, with fixes to accept by a click.

Columns count bytes of UTF-8. The edits of a fix are suggestions only where they are all in the finding's own file.
"""

from __future__ import annotations

from hullcheck.finding import Finding, Severity
from hullcheck.report import Run
from hullcheck.report.json import dump
from hullcheck.report.page import page
from hullcheck.report.safe import Secrets, clean, well_formed
from hullcheck.source import Location, Source
from hullcheck.typed import Any

_SEVERITIES = {
    Severity.CRITICAL: "ERROR",
    Severity.HIGH: "ERROR",
    Severity.MEDIUM: "WARNING",
    Severity.LOW: "INFO",
    Severity.INFO: "INFO",
}


def render(run: Run) -> str:
    """A `DiagnosticResult` with the findings that count."""
    secrets = Secrets(run.findings, run.redact)
    diagnostics = [_diagnostic(finding, run, secrets) for finding in run.shown]
    return dump({"source": {"name": "hullcheck"}, "diagnostics": diagnostics})


def _diagnostic(finding: Finding, run: Run, secrets: Secrets) -> dict[str, Any]:
    message = [clean(secrets.text(finding.message))]
    message += [
        f"{clean(r.location.path)}:{r.location.line}: {clean(secrets.text(r.message))}" for r in finding.related
    ]
    references = page(run.registry[finding.name]).references
    made: dict[str, Any] = {
        "message": "\n".join(message),
        "location": {"path": well_formed(finding.location.path), "range": _range(finding.location)},
        "severity": _SEVERITIES[finding.severity],
        "code": {"value": finding.name, **({"url": references[0]} if references else {})},
    }
    suggestions = _suggestions(finding, secrets)
    return {**made, "suggestions": suggestions} if suggestions else made


def _suggestions(finding: Finding, secrets: Secrets) -> list[dict[str, Any]]:
    edits = finding.fix.edits if finding.fix else ()
    if any(edit.location.source is not finding.location.source or secrets.touched(edit.text) for edit in edits):
        return []
    return [{"range": _range(edit.location), "text": well_formed(edit.text)} for edit in edits]


def _range(place: Location) -> dict[str, dict[str, int]]:
    start_line, start_column, end_line, end_column = place.region
    return {
        "start": _position(place.source, start_line, start_column),
        "end": _position(place.source, end_line, end_column),
    }


def _position(source: Source, line: int, column: int) -> dict[str, int]:
    return {"line": line, "column": source.utf8_column(line, column)}
