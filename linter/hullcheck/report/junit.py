"""JUnit XML, for servers that show tests: a file is a suite, a finding a failed case, a suppressed one a skipped case, and so is one that doesn't count
for what its file is there for.

The vocabulary is that of Jenkins' `junit-10.xsd`. There are no times in it: equal runs give equal bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from hullcheck.finding import Finding
from hullcheck.report import Run
from hullcheck.report.page import page
from hullcheck.report.safe import Secrets, clean, told


def render(run: Run) -> str:
    """The report as an XML document; a run that found nothing has one case that passed."""
    secrets = Secrets(run.findings, run.redact)
    suites: dict[str, list[Finding]] = {}
    for finding in (*run.shown, *run.suppressed, *run.folded):
        suites.setdefault(finding.location.path, []).append(finding)
    cases = [line for path in sorted(suites) for line in _suite(path, suites[path], run, secrets)]
    if not suites:
        cases = [
            '  <testsuite name="hullcheck" tests="1" failures="0" errors="0" skipped="0">',
            f'    <testcase classname="hullcheck" name="no findings in {run.files} files"/>',
            "  </testsuite>",
        ]
    total = max(1, sum(map(len, suites.values())))
    head = f'<testsuites name="hullcheck" tests="{total}" failures="{len(run.shown)}" errors="0">'
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', head, *cases, "</testsuites>\n"])


def _suite(path: str, findings: list[Finding], run: Run, secrets: Secrets) -> Iterator[str]:
    skipped = sum(1 for finding in findings if finding.suppression or finding.folded)
    name = quoteattr(clean(path))
    yield (
        f'  <testsuite name={name} file={name} tests="{len(findings)}" failures="{len(findings) - skipped}"'
        f' errors="0" skipped="{skipped}">'
    )
    for finding in sorted(findings, key=lambda finding: finding.sort_key[1:]):
        region = finding.location.region
        title = f"{finding.name} at {region.start_line}:{region.start_column}"
        if finding.owner:
            title += f" in {clean(finding.owner)}"
        yield f"    <testcase classname={name} name={quoteattr(title)}>"
        yield f"      {_outcome(finding, run, secrets)}"
        yield "    </testcase>"
    yield "  </testsuite>"


def _outcome(finding: Finding, run: Run, secrets: Secrets) -> str:
    message = clean(secrets.text(finding.message))
    kind = quoteattr(str(finding.severity))
    if finding.suppression:
        reason = clean(told(finding.suppression.reason)) or "no reason given"
        return f"<skipped type={kind} message={quoteattr(f'{message} (suppressed: {reason})')}/>"
    if finding.folded:
        return f"<skipped type={kind} message={quoteattr(f'{message} (not counted: {finding.context})')}/>"
    places = [(finding.location, message), *((r.location, clean(secrets.text(r.message))) for r in finding.related)]
    lines = [f"{clean(place.path)}:{place.line}: {text}" for place, text in places]
    cure = page(run.registry[finding.name]).cure
    lines += [f"To fix: {cure}"] if cure else []
    return f"<failure type={kind} message={quoteattr(message)}>{escape(chr(10).join(lines))}</failure>"
