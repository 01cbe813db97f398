"""Findings as an editor shows them: at their own place, and at each other file that they rest on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lsprotocol import types

from hullcheck.finding import Finding, Severity
from hullcheck.lsp.text import Texts
from hullcheck.model.coverage import CAUSES
from hullcheck.report.safe import Secrets, clean
from hullcheck.result import Result
from hullcheck.site import page_of
from hullcheck.source import Location

SOURCE = "hullcheck"
NOT_JUDGED = "not-judged"
"""The code of what says that something isn't judged."""

SEVERITY = {
    Severity.CRITICAL: types.DiagnosticSeverity.Error,
    Severity.HIGH: types.DiagnosticSeverity.Error,
    Severity.MEDIUM: types.DiagnosticSeverity.Warning,
    Severity.LOW: types.DiagnosticSeverity.Information,
    Severity.INFO: types.DiagnosticSeverity.Hint,
}

_DEPRECATED = frozenset(
    ("deprecated-api", "deprecated-image", "deprecated-serviceaccount-field", "eol-base-image", "links", "removed-api")
)
"""Checks of what is no longer to be used: editors strike it through."""

_UNNECESSARY = frozenset(
    ("dead-image-override", "dead-rbac-rule", "dead-rules", "multiple-cmd", "multiple-entrypoint", "multiple-healthcheck",
     "network-unused", "setting-without-effect", "unused-suppression", "version-key")
)  # fmt: skip
"""Checks of what has no effect: editors fade it."""

MOST_RELATED = 20
"""Places that are listed with a finding."""

Uri = Callable[[str], str]
Made = list[tuple[str, types.Diagnostic]]


class Diagnostics:
    """Makes the diagnostics of one result after the other; those of findings that stay are made once.

    `uri` gives a file's address by its path.
    """

    def __init__(self, uri: Uri, encoding: str) -> None:
        self._uri = uri
        self._encoding = encoding
        self._known: dict[int, tuple[Finding, Made]] = {}
        self._redact: object = None

    def forget(self) -> None:
        """Make all anew: files are called otherwise."""
        self._known = {}

    def of(self, result: Result, *, unjudged: bool, suppressed: bool) -> dict[str, list[types.Diagnostic]]:
        """The diagnostics of each file, by its address; with `unjudged`, also what isn't judged, with `suppressed`
        what doesn't count."""
        texts = Texts(self._encoding)
        secrets = Secrets(result.findings, result.redact)
        known = self._known if self._redact == result.redact else {}
        self._known, self._redact = {}, result.redact
        found: dict[str, list[types.Diagnostic]] = {}
        for finding in _shown(result, suppressed):
            made = known[id(finding)][1] if id(finding) in known else list(self._made(finding, texts, secrets))
            self._known[id(finding)] = (finding, made)
            for uri, diagnostic in made:
                found.setdefault(uri, []).append(diagnostic)
        for uri, diagnostic in self._unjudged(result, texts) if unjudged else ():
            found.setdefault(uri, []).append(diagnostic)
        return found

    def _made(self, finding: Finding, texts: Texts, secrets: Secrets) -> Iterator[tuple[str, types.Diagnostic]]:
        message = secrets.text(finding.message)
        if finding.folded:
            message += f" (it doesn't count: its file is for {finding.context})"
        related = [
            types.DiagnosticRelatedInformation(self._place(r.location, texts), secrets.text(r.message))
            for r in finding.related[:MOST_RELATED]
        ]
        uri = self._uri(finding.location.path)
        own = self._diagnostic(finding, finding.location, message, texts)
        own.severity = types.DiagnosticSeverity.Hint if finding.folded else SEVERITY[finding.severity]
        own.related_information = related or None
        tags = [
            tag
            for names, tag in (
                (_DEPRECATED, types.DiagnosticTag.Deprecated),
                (_UNNECESSARY, types.DiagnosticTag.Unnecessary),
            )
            if finding.name in names
        ]
        own.tags = tags or None
        yield uri, own
        if finding.folded:
            return
        back = types.DiagnosticRelatedInformation(self._place(finding.location, texts), message)
        told = {finding.location.path}
        for other in finding.related[:MOST_RELATED]:
            if other.location.path in told or not other.location.path:
                continue
            told.add(other.location.path)
            why = (
                f"{secrets.text(other.message)}: {message}, see {clean(finding.location.path)}:{finding.location.line}"
            )
            beside = self._diagnostic(finding, other.location, why, texts)
            beside.severity = types.DiagnosticSeverity.Information
            beside.related_information = [back]
            yield self._uri(other.location.path), beside

    def _diagnostic(self, finding: Finding, location: Location, message: str, texts: Texts) -> types.Diagnostic:
        return types.Diagnostic(
            range=texts.range(location.one_line()),
            message=message,
            code=finding.name,
            code_description=types.CodeDescription(page_of(finding.name)),
            source=SOURCE,
        )

    def _place(self, location: Location, texts: Texts) -> types.Location:
        return types.Location(self._uri(location.path), texts.range(location.one_line()))

    def _unjudged(self, result: Result, texts: Texts) -> Iterator[tuple[str, types.Diagnostic]]:
        """What no finding tells of: each file and reason once, at the first place."""
        for cause in result.coverage.untold():
            told: dict[str, int] = {}
            for item in cause.untold:
                told[item.path] = told.get(item.path, 0) + 1
            for item in cause.untold:
                number = told.pop(item.path, 0)
                if not number:
                    continue
                what = f"{number} × {cause.what}" if number > 1 else cause.what
                advice = f" ({CAUSES[cause.cause]})" if cause.cause in CAUSES else ""
                place = types.Range(types.Position(0, 0), types.Position(0, 0))
                if item.location is not None and item.location.path == item.path:
                    place = texts.range(item.location.one_line())
                message = f"not judged: {clean(what)}: {clean(cause.because)}{advice}"
                yield (
                    self._uri(item.path),
                    types.Diagnostic(
                        place, message, types.DiagnosticSeverity.Information, code=NOT_JUDGED, source=SOURCE
                    ),
                )


def _shown(result: Result, suppressed: bool) -> tuple[Finding, ...]:
    """What counts, and what only doesn't for what its file is there for; with `suppressed`, also what else doesn't."""
    if not suppressed:
        return result.shown + result.folded
    return tuple(f for f in result.findings if f.severity >= result.minimum)
