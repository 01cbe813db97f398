"""What a change does to all that runs, as JSON: linter/hullcheck/schemas/show.schema.json describes it."""

from __future__ import annotations

from hullcheck.model.node import Node
from hullcheck.report.changed import joined, mark_of, masked
from hullcheck.report.safe import told
from hullcheck.show.decided import Place
from hullcheck.show.difference import Change, Whole
from hullcheck.show.emit import value


def as_json(whole: Whole) -> dict[str, object]:
    """Everything as values for JSON, as show.schema.json describes it."""
    return {
        "version": 1,
        "changes": [
            {
                "container": fact.title,
                "change": told(fact.text),
                "path": fact.location.path,
                "line": fact.location.line,
                "removed": fact.removed,
            }
            for fact in whole.facts
        ],
        "rendered": [
            {
                "about": cause.risk.name.lower() if cause.risk is not None else "other",
                "was": masked(cause.was),
                "now": masked(cause.now),
                "objects": list(map(_change_as_json, cause.changes)),
            }
            for cause in whole.causes
        ],
        "renamed": [
            {"before": old.name, "after": new.name, "kind": new.kind, "kindBefore": old.kind}
            for old, new in whole.renamed
        ],
        "notCompared": [
            {
                "side": each.side,
                "reason": told(each.text),
                "count": each.times,
                "path": each.location.path if each.location else None,
                "line": each.location.line if each.location else None,
            }
            for each in whole.unknown
        ],
    }


def _change_as_json(change: Change) -> dict[str, object]:
    thing, found = change.thing, change.difference
    old = change.match.before or thing
    return {
        "world": thing.world,
        "kind": thing.kind,
        "object": thing.title,
        "objectBefore": old.title,
        "worldBefore": old.world,
        "path": joined(found.path),
        "change": "reordered" if found.reordered else {"+": "added", "-": "removed", "~": "changed"}[mark_of(change)],
        "secret": change.secret,
        "before": _side_as_json(change.before, change.was_at, found.before_at),
        "after": _side_as_json(change.after, change.now_at, found.after_at),
    }


def _side_as_json(shown: Node | None, at: Place | None, steps: tuple[str | int, ...]) -> dict[str, object] | None:
    if shown is None or at is None:
        return None
    pointer = "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)
    return {
        "value": _plain_value(shown),
        "pointer": pointer,
        "path": at.path,
        "line": at.line,
        "because": at.because,
    }


def _plain_value(node: Node) -> object:
    return _masked(value(node))


def _masked(found: object) -> object:
    if isinstance(found, dict):
        return {key: _masked(child) for key, child in found.items()}
    if isinstance(found, list):
        return [_masked(child) for child in found]
    return masked(found) if isinstance(found, str) and len(found) > 5 else found
