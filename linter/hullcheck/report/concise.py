"""One line a finding, for editors and `grep`."""

from __future__ import annotations

from hullcheck.report import Run
from hullcheck.report.safe import Secrets, clean


def render(run: Run) -> str:
    """`path:line:column: severity[name] message`, with paths from here; nothing where nothing was found."""
    secrets = Secrets(run.findings, run.redact)
    lines = []
    shown = run.shown
    if run.screen.group_by:
        from hullcheck.report.group import groups

        shown = tuple(finding for group in groups(run, run.shown) for finding in group.findings)
    for finding in (*shown, *(run.suppressed if run.show_suppressed else ())):
        region = finding.location.region
        place = f"{clean(run.screen.path(finding.location.path))}:{region.start_line}:{region.start_column}"
        note = " (suppressed)" if finding.suppression else ""
        fixable = " [*]" if finding.fix and finding.fix.safe else ""
        message = clean(secrets.text(finding.message))
        lines.append(f"{place}: {finding.severity}[{finding.name}]{fixable} {message}{note}\n")
    lines += [f"error: {clean(message)}\n" for message in run.errors]
    return "".join(lines)
