"""GitLab's Code Quality report, a subset of Code Climate's.

GitLab compares the target branch's report with the merge request's by fingerprint: it has all findings that aren't
suppressed and count where they stand, unchanged ones too, and a fingerprint is never used twice.
"""

from __future__ import annotations

from collections import Counter

from hullcheck.finding import Finding, Severity
from hullcheck.hashes import sha256
from hullcheck.report import Run
from hullcheck.report.json import dump
from hullcheck.report.safe import Secrets, clean, well_formed

_SEVERITIES = {
    Severity.CRITICAL: "blocker",
    Severity.HIGH: "critical",
    Severity.MEDIUM: "major",
    Severity.LOW: "minor",
    Severity.INFO: "info",
}


def render(run: Run) -> str:
    """The report as a JSON list, empty where nothing was found."""
    secrets = Secrets(run.findings, run.redact)
    seen: Counter[tuple[str, str]] = Counter()
    issues = []
    for finding in run.reported:
        if finding.suppression is None and not finding.folded:
            identity = (finding.location.path, finding.fingerprint)
            issues.append(_issue(finding, seen[identity], secrets))
            seen[identity] += 1
    return dump(issues)


def _issue(finding: Finding, number: int, secrets: Secrets) -> dict[str, object]:
    place = finding.location
    identity = "\0".join((place.path, finding.fingerprint, str(number)))
    return {
        "description": clean(secrets.text(finding.message)),
        "check_name": finding.name,
        "fingerprint": sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:32],
        "severity": _SEVERITIES[finding.severity],
        "location": {
            "path": well_formed(place.path),
            "lines": {"begin": place.line, "end": place.region.end_line},
        },
    }
