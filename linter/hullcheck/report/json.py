"""For programs: stable, versioned, described by `schemas/report.schema.json`.

What a version has keeps its meaning; new keys may come. Columns count Unicode code points from 1, and the end is
exclusive. Suppressed and unchanged findings are in it, marked.
"""

from __future__ import annotations

import json
from collections import Counter
from json.encoder import encode_basestring_ascii as encode

from hullcheck import __version__
from hullcheck.finding import Edit, Finding, Fix, Suppression
from hullcheck.model.coverage import JUDGED, LEFT_OUT, NOT_JUDGED, Item
from hullcheck.report import Run
from hullcheck.report.safe import Secrets, clean, told, well_formed
from hullcheck.source import Location
from hullcheck.typed import Any

VERSION = 1


def render(run: Run) -> str:
    """The report as JSON of two blanks' indentation, all in ASCII."""
    secrets = Secrets((*run.findings, *run.fixed), run.redact)
    report = {
        "version": VERSION,
        "tool": {"name": "hullcheck", "version": __version__},
        "findings": [_finding(finding, run, secrets) for finding in run.reported],
        **({"fixed": [_finding(finding, run, secrets) for finding in run.fixed]} if run.compared else {}),
        "coverage": _coverage(run),
        "errors": [{"message": clean(told(message))} for message in run.errors],
        "summary": {
            "counts": run.counts(),
            "suppressed": len(run.suppressed),
            "unchanged": len(run.unchanged),
            "folded": dict(sorted(Counter(finding.context for finding in run.folded).items())),
            "notDecided": run.not_decided,
            "files": run.files,
            "failOn": None if run.fail_on is None else str(run.fail_on),
            "exitCode": run.exit_code,
        },
    }
    return dump(report)


def dump(value: object) -> str:
    """JSON that is safe in a workflow's log, too: a runner acts on `##[` anywhere in a line."""
    return _written(value, "\n").replace("##[", "##\\u005b") + "\n"


def _written(value: object, newline: str) -> str:
    """What `json.dumps(value, indent=2)` gives, which goes through all by generators within generators.

    `newline` is a line break with the blanks of where the value stands. Whatever isn't plain is left to `json`.
    """
    if isinstance(value, str):
        return encode(value)
    if isinstance(value, dict):
        inner = f"{newline}  "
        pairs = [
            f"{inner}{encode(key)}: {item if type(item) is int else encode(item) if type(item) is str else _written(item, inner)}"
            for key, item in value.items()
        ]
        return f"{{{','.join(pairs)}{newline}}}" if pairs else "{}"
    if isinstance(value, list | tuple):
        inner = f"{newline}  "
        items = [f"{inner}{_written(item, inner)}" for item in value]
        return f"[{','.join(items)}{newline}]" if items else "[]"
    if value is None:
        return "null"
    return str(value) if type(value) is int else json.dumps(value)


def _finding(finding: Finding, run: Run, secrets: Secrets) -> dict[str, Any]:
    return {
        "name": finding.name,
        "severity": str(finding.severity),
        "message": clean(secrets.text(finding.message)),
        **_place(finding.location),
        "object": well_formed(finding.owner),
        "objects": [_object(one) for one in (finding, *finding.also)],
        "evidence": [well_formed(secrets.text(item)) for item in finding.evidence],
        "fingerprint": finding.fingerprint,
        "related": [
            {**_place(related.location), "message": clean(secrets.text(related.message))} for related in finding.related
        ],
        "aliases": _aliases(finding, run),
        "fixable": "no" if finding.fix is None else "safe" if finding.fix.safe else "unsafe",
        "fix": _fix(finding.fix, secrets),
        "suppressed": _suppression(finding.suppression),
        "state": finding.state or None,
        "context": finding.context or "production",
        "folded": finding.folded,
        **{name: list(value) if isinstance(value, tuple) else value for name, value in finding.properties},
    }


def _aliases(finding: Finding, run: Run) -> list[str]:
    """The ids of other tools' rules that are about the finding, or about one of another check that is told with it."""
    told = (finding, *(other for other in finding.also if other.name != finding.name))
    return list(dict.fromkeys(alias for one in told for alias in run.registry.aliases(one)))


def _coverage(run: Run) -> dict[str, Any]:
    """How much was judged, and by cause what wasn't."""
    counts = run.coverage.counts()
    causes = [
        {
            "cause": cause.cause,
            "what": clean(cause.what),
            "because": clean(told(cause.because)),
            "count": len(cause.items),
            "items": [_item(item) for item in cause.items],
        }
        for cause in run.coverage.causes()
    ]
    return {
        "judged": counts[JUDGED],
        "leftOut": counts[LEFT_OUT],
        "notJudged": counts[NOT_JUDGED],
        "causes": causes,
    }


def _item(item: Item) -> dict[str, Any]:
    place = {"region": region(item.location)} if item.location else {}
    return {
        "path": well_formed(item.path),
        "object": well_formed(item.object),
        "message": clean(told(item.reason)),
        **place,
    }


def _object(finding: Finding) -> dict[str, str]:
    """An owner that the finding is about, and where it runs."""
    scope, owner = finding.user if finding.user[1] else (finding.scope, finding.owner)
    return {
        "object": well_formed(owner),
        "scope": well_formed(scope),
        "fingerprint": finding.fingerprint,
    }


def _place(location: Location) -> dict[str, Any]:
    return {"path": well_formed(location.path), "region": region(location)}


def region(location: Location) -> dict[str, int]:
    """A place's lines and columns, by the names that all JSON formats use."""
    start_line, start_column, end_line, end_column = location.region
    return {"startLine": start_line, "startColumn": start_column, "endLine": end_line, "endColumn": end_column}


def _fix(fix: Fix | None, secrets: Secrets) -> dict[str, Any] | None:
    if fix is None or not fix.edits or any(secrets.touched(edit.text) for edit in fix.edits):
        return None
    return {"title": clean(fix.title), "safe": fix.safe, "edits": [_edit(edit) for edit in fix.edits]}


def _edit(edit: Edit) -> dict[str, Any]:
    return {**_place(edit.location), "text": well_formed(edit.text)}


def _suppression(suppression: Suppression | None) -> dict[str, Any] | None:
    if suppression is None:
        return None
    where = _place(suppression.location) if suppression.location else {}
    reason = clean(told(suppression.reason))
    return {"kind": suppression.kind, "reason": reason, "underReview": suppression.under_review, **where}
