"""SARIF 2.1.0, for code scanning and every other viewer.

`sarif` is for upload: code scanning takes a suppressed result for an open alert, so those are left out; and what doesn't
count outside production, too, since its alerts go by the rule's severity, whatever level a result has. `sarif-full` has
them, marked, and what a change made disappear. Equal runs give equal bytes: no times, no paths of this machine.
"""

from __future__ import annotations

from collections.abc import Iterable

from hullcheck import __version__
from hullcheck.report import Run, VersionControl
from hullcheck.report.json import dump
from hullcheck.report.safe import Secrets, clean, told
from hullcheck.report.sarif import places
from hullcheck.report.sarif.objects import om, to_json
from hullcheck.report.sarif.results import Group, Results, groups, templates
from hullcheck.report.sarif.rules import LEVEL, rule, weaknesses
from hullcheck.site import REPOSITORY
from hullcheck.typed import Any

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

MOST_RESULTS = 5_000
"""Code scanning keeps as many of a run, and refuses more than 25,000."""

_NOTIFIED = ("parse-error", "unreadable-file", "check-failed", "time-limit")
"""Checks whose findings are also told as notifications: something was not judged."""

MOST_PLACES = 20
"""Places of what isn't judged for one cause."""


def render(run: Run, *, full: bool) -> str:
    """The run as a SARIF log; `full` keeps what is suppressed."""
    secrets = Secrets((*run.findings, *run.fixed), run.redact)
    chosen = [f for f in run.reported if full or (f.suppression is None and not f.folded)]
    chosen += [finding._replace(state="absent") for finding in run.fixed if full]
    found = groups(chosen, secrets)
    kept = _worst(found)
    log = om.SarifLog(schema_uri=SCHEMA, version="2.1.0", runs=[_run(run, kept, len(found) - len(kept), secrets, full)])
    return dump(to_json(log))


def _worst(found: list[Group]) -> list[Group]:
    """As many as code scanning keeps, the most severe, in the order that they had."""
    if len(found) <= MOST_RESULTS:
        return found
    worst = sorted(range(len(found)), key=lambda at: -max(f.severity for f in found[at].findings))[:MOST_RESULTS]
    return [found[at] for at in sorted(worst)]


def _run(run: Run, kept: list[Group], cut: int, secrets: Secrets, full: bool) -> Any:
    checks = sorted(run.registry, key=lambda check: check.name)
    texts = templates(kept)
    ids = {(name, text): identifier for name, known in texts.items() for text, identifier in known.items()}
    results = Results(secrets, run.registry, {check.name: number for number, check in enumerate(checks)}, ids)
    rules = [
        rule(check, {i: (t.template, t.markdown) for t, i in texts.get(check.name, {}).items()}) for check in checks
    ]
    weak = {number for check in checks for number in check.cwe}
    return om.Run(
        tool=om.Tool(driver=_driver(rules)),
        results=[results.result(group, marked=full) for group in kept],
        automation_details=_category(run.category),
        column_kind="utf16CodeUnits",
        invocations=[
            om.Invocation(
                execution_successful=True,
                tool_execution_notifications=[
                    *_notifications(kept, secrets),
                    *_unjudged(run, secrets),
                    *_outside(run, full),
                    *_own(run, cut),
                ],
            )
        ],
        original_uri_base_ids={
            places.ROOT: om.ArtifactLocation(description=om.Message(text="The root of the repository."))
        },
        taxonomies=[weaknesses(weak)] if weak else None,
        version_control_provenance=_provenance(run.version_control),
    )


def _driver(rules: list[Any]) -> Any:
    return om.ToolComponent(
        name="hullcheck",
        full_name=f"hullcheck {__version__}",
        version=__version__,
        semantic_version=__version__,
        information_uri=REPOSITORY,
        short_description=om.MultiformatMessageString(
            text="One static security linter for Dockerfiles, Compose files and Kubernetes manifests."
        ),
        rules=rules,
        notifications=[_descriptor(name, text) for name, text in _DESCRIPTORS.items()],
        supported_taxonomies=[om.ToolComponentReference(name="CWE", index=0)],
    )


_DESCRIPTORS = {
    "not-judged": "Something in the repository was not judged.",
    "results-cut": "There are more results than code scanning keeps; the least severe are left out.",
    "run-error": "Something could not be done.",
    "outside-production": "Findings in tests, examples and documentation are not among the results.",
}


def _descriptor(name: str, text: str) -> Any:
    said = om.MultiformatMessageString(text=text)
    title = "".join(word.capitalize() for word in name.split("-"))
    return om.ReportingDescriptor(id=name, name=title, short_description=said, full_description=said, help=said)


def _notification(name: str, text: str, level: str, **more: Any) -> Any:
    descriptor = om.ReportingDescriptorReference(id=name, index=list(_DESCRIPTORS).index(name))
    return om.Notification(message=om.Message(text=text), level=level, descriptor=descriptor, **more)


def _notifications(kept: Iterable[Group], secrets: Secrets) -> list[Any]:
    """What was not judged, where, by the rule that also has it as a result."""
    return [
        _notification(
            "not-judged",
            group.text.plain,
            LEVEL[group.first.severity],
            locations=[places.location(places.marked(group.first.location), secrets)],
            associated_rule=om.ReportingDescriptorReference(id=group.first.name),
        )
        for group in kept
        if group.first.name in _NOTIFIED
    ]


def _unjudged(run: Run, secrets: Secrets) -> list[Any]:
    """What was not judged though nothing is wrong with it, by cause."""
    made = []
    for cause in run.coverage.untold():
        marked = [item.location for item in cause.items if item.location is not None][:MOST_PLACES]
        found = [places.location(places.marked(place), secrets) for place in marked]
        made.append(_notification("not-judged", clean(told(cause.line)), "note", locations=found or None))
    return made


def _outside(run: Run, full: bool) -> list[Any]:
    """How many findings don't count for what their files are there for, where they are left out."""
    if full or not run.folded:
        return []
    from hullcheck.report.elsewhere import counted

    return [_notification("outside-production", counted(run.folded), "note")]


def _own(run: Run, cut: int) -> list[Any]:
    made = [_notification("run-error", clean(told(message)), "error") for message in run.errors]
    if cut:
        text = f"{cut} results are left out, the least severe: code scanning keeps {MOST_RESULTS}."
        made.append(_notification("results-cut", text, "warning"))
    return made


def _category(category: str) -> Any:
    """Code scanning takes what stands before the last slash."""
    return om.RunAutomationDetails(id=f"{category.rstrip('/')}/") if category else None


def _provenance(known: VersionControl | None) -> list[Any] | None:
    if known is None:
        return None
    return [
        om.VersionControlDetails(
            repository_uri=known.uri,
            revision_id=known.revision or None,
            branch=known.branch or None,
            mapped_to=om.ArtifactLocation(uri_base_id=places.ROOT),
        )
    ]
