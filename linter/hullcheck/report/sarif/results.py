"""Findings as results: those of one check on one line are one, as code scanning would have it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hullcheck.check import Registry
from hullcheck.finding import Finding, Fix, Suppression
from hullcheck.hashes import sha256
from hullcheck.report.safe import Secrets, clean, told, well_formed
from hullcheck.report.sarif import places
from hullcheck.report.sarif.hashes import line_hashes
from hullcheck.report.sarif.messages import Text, sentences
from hullcheck.report.sarif.objects import om
from hullcheck.report.sarif.rules import LEVEL
from hullcheck.report.unite import each
from hullcheck.source import Related, Source
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any

MOST_RELATED = 50
"""Related locations of a result; code scanning shows 100 at most."""


class Group(NamedTuple):
    """Findings that become one result, in their order, and its text."""

    findings: tuple[Finding, ...]
    related: tuple[Related, ...]
    text: Text

    @property
    def first(self) -> Finding:
        return self.findings[0]


def groups(findings: Iterable[Finding], secrets: Secrets) -> list[Group]:
    """The findings by check, path and line, in the order of their first ones."""
    by_key: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        place = finding.location
        key = (finding.name, place.path, place.line, finding.suppression, finding.state == "absent", finding.folded)
        by_key.setdefault(key, []).append(finding)
    return [_group(tuple(found), secrets) for found in by_key.values()]


def _group(findings: tuple[Finding, ...], secrets: Secrets) -> Group:
    related = tuple(dict.fromkeys(related for finding in findings for related in finding.related))[:MOST_RELATED]
    messages = dict.fromkeys(clean(secrets.text(finding.message)) for finding in findings)
    links = ((number, clean(secrets.text(related.message))) for number, related in enumerate(related, 1))
    return Group(findings, related, sentences(messages, links))


class Results:
    """Makes results; the hashes of a file are made once."""

    def __init__(
        self, secrets: Secrets, registry: Registry, rules: dict[str, int], messages: dict[tuple[str, Text], str]
    ) -> None:
        """`rules` are the rules' numbers by name, `messages` the ids of the templates."""
        self.secrets = secrets
        self.registry = registry
        self.rules = rules
        self.messages = messages
        self._hashes: dict[Source, list[str]] = {}

    def result(self, group: Group, *, marked: bool) -> Any:
        """The result of a group; `marked` ones say by whom they are suppressed."""
        first = group.first
        place = places.marked(first.location)
        owners = dict.fromkeys(finding.user[1] or finding.owner for finding in each(group.findings) if finding.owner)
        return om.Result(
            rule_id=first.name,
            rule_index=self.rules[first.name],
            level=LEVEL[max(finding.severity for finding in group.findings)],
            message=group.text.message(self.messages[first.name, _template(group.text)]),
            locations=[
                places.location(place, self.secrets, logical_locations=[places.logical(owner) for owner in owners])
            ],
            related_locations=[
                places.related(places.marked(related.location), related.message, number, self.secrets)
                for number, related in enumerate(group.related, 1)
            ],
            partial_fingerprints=self._fingerprints(group, place.source, place.line),
            baseline_state=_state(group.findings),
            suppressions=[_suppression(first.suppression, self.secrets)] if marked and first.suppression else None,
            fixes=[made for finding in group.findings if finding.fix for made in _fix(finding.fix, self.secrets)],
            properties={
                "severity": str(max(finding.severity for finding in group.findings)),
                "aliases": list(dict.fromkeys(a for f in each(group.findings) for a in self.registry.aliases(f))),
                "context": first.context or "production",
                **({"folded": True} if first.folded else {}),
                "objects": [_object(finding) for finding in each(group.findings)],
            },
        )

    def _fingerprints(self, group: Group, source: Source, line: int) -> dict[str, str]:
        own = sorted({finding.fingerprint for finding in group.findings})
        identity = own[0] if len(own) == 1 else sha256("".join(own).encode()).hexdigest()[:32]
        if source not in self._hashes:
            self._hashes[source] = line_hashes(source.data)
        hashes = self._hashes[source]
        prints = {"hullcheck/v1": identity}
        if line <= len(hashes):
            prints["primaryLocationLineHash"] = hashes[line - 1]
        return prints


def _object(finding: Finding) -> dict[str, str]:
    scope, owner = finding.user if finding.user[1] else (finding.scope, finding.owner)
    return {"object": well_formed(owner), "scope": well_formed(scope)}


def _template(text: Text) -> Text:
    return text._replace(arguments=())


def templates(found: Iterable[Group]) -> dict[str, dict[Text, str]]:
    """The templates of each check's messages, with an id for each."""
    by_check: dict[str, set[Text]] = {}
    for group in found:
        by_check.setdefault(group.first.name, set()).add(_template(group.text))
    return {
        name: {text: f"message-{number}" for number, text in enumerate(sorted(texts), 1)}
        for name, texts in by_check.items()
    }


def _state(findings: tuple[Finding, ...]) -> str | None:
    states = {finding.state for finding in findings}
    return next((state for state in ("new", "unchanged", "absent") if state in states), None)


def _suppression(suppression: Suppression, secrets: Secrets) -> Any:
    place = suppression.location
    return om.Suppression(
        kind="inSource" if suppression.kind == "comment" else "external",
        state="underReview" if suppression.under_review else "accepted",
        justification=clean(told(suppression.reason)) or None,
        location=places.location(places.marked(place), secrets) if place else None,
    )


def _fix(fix: Fix, secrets: Secrets) -> Iterator[Any]:
    """The fix, unless it would write a secret down."""
    if not fix.edits or any(secrets.touched(edit.text) for edit in fix.edits):
        return
    by_path: dict[str, list[Any]] = {}
    for edit in fix.edits:
        content = om.ArtifactContent(text=well_formed(edit.text)) if edit.text else None
        replacement = om.Replacement(deleted_region=places.region(edit.location), inserted_content=content)
        by_path.setdefault(edit.location.path, []).append(replacement)
    note = "" if fix.safe else " (changes behaviour)"
    yield om.Fix(
        description=om.Message(text=f"{clean(fix.title)}{note}"),
        artifact_changes=[
            om.ArtifactChange(artifact_location=places.artifact(path), replacements=made)
            for path, made in by_path.items()
        ],
    )
