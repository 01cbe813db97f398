"""Files that counted in full at the base and would no longer: moved among examples or tests, or deployed by nothing now."""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.change.gate.change import Change
from hullcheck.change.renames import Content
from hullcheck.check import Check
from hullcheck.context.counted import Counted
from hullcheck.finding import Finding, Severity
from hullcheck.model.problem import Problem
from hullcheck.policy.config import Config
from hullcheck.policy.rules import ELSEWHERE
from hullcheck.read import File
from hullcheck.source import Source

_KEPT = 0.5
"""Share of a file's content that, found elsewhere, means that it was moved there."""

MOST = 200
"""Files that are compared in search of one that is gone."""


def out_of_production(change: Change, config: Config, check: Check) -> Iterator[Finding]:
    """A finding for each file of which the findings would fold from now on, by the base's configuration."""
    said = config.contexts
    if (
        not said
        and not any(map(ELSEWHERE.search, change.head.files))
        and not any(map(ELSEWHERE.search, change.base.files))
    ):
        return
    now, then = Counted(change.disk, change.head, said), Counted(change.tree, change.base, said)
    worst: dict[str, Severity] = {}
    for finding in change.base.findings:
        path = finding.location.path
        worst[path] = max(worst.get(path, Severity.HIGH), finding.severity)
    for old, new in _pairs(change, now):
        if _counted(then, old) and not _counted(now, new):
            yield _told(change, check, old, new, now.context(new), worst.get(old, Severity.HIGH))


def _counted(tree: Counted, path: str) -> bool:
    """Does the file count in full where the whole repository is asked about?"""
    return tree.counts(path) or tree.is_asked_for(path, ("",))


def _told(change: Change, check: Check, old: str, new: str, context: str, worst: Severity) -> Finding:
    file = change.head.files.get(new)
    place = (file.source if file is not None else Source(new, b"")).at(0)
    was = f"it was `{old}`, and counted" if old != new else "it counted, since something deployed or built it,"
    what = f"findings in `{new}` would not count any more ({context}): {was} before this change"
    return check.finding(Problem("", "", place), what, severity=worst, evidence=("contexts", old, new))


def _pairs(change: Change, now: Counted) -> Iterator[tuple[str, str]]:
    """The files of the base that counted, each with those that it is now, or of which it became a part."""
    head, base = change.head.files, change.base.files
    renamed = {old: new for new, old in change.comparison.renamed.items()}
    gone = []
    for path in base:
        at = renamed.get(path, path)
        if at in head:
            yield path, at
        else:
            gone.append(path)
    fresh = [path for path in head if path not in base and not now.counts(path)][:MOST]
    altered = [path for path in head if path in base and path not in change.same and not now.counts(path)][:MOST]
    there = {path: (Content.of(head[path].source.text), _owners(head[path])) for path in (*fresh, *altered)}
    if not there:
        return
    left = {owner for path, file in head.items() if now.counts(path) for owner in _owners(file)}
    for path, file in base.items():
        owners = _owners(file) - left
        content = Content.of(file.source.text) if path in gone else None
        for new, (other, its) in there.items() if owners or content is not None else ():
            moved = not owners.isdisjoint(its) and path != new
            if moved or (content is not None and content.kept_in(other) >= _KEPT):
                yield path, new
                break


def _owners(file: File) -> frozenset[str]:
    """The objects of a manifest: what they are called doesn't depend on where they stand."""
    return frozenset(made.owner for made in getattr(file.model, "objects", ()))
