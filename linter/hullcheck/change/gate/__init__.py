"""A change judged by the policy of the branch that it is meant for, which it can't alter."""

from __future__ import annotations

from hullcheck.analysis import UNREAD, Judge
from hullcheck.change.gate import effects
from hullcheck.change.gate.change import Change, judge_change
from hullcheck.finding import Finding, Severity
from hullcheck.policy.config import Config
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.policy import baseline

__all__ = ["Change", "Own", "explained", "judge_change", "review"]


class Own(NamedTuple):
    """What the change itself brings as policy: its configuration, or why there is none; its baseline, and the base's."""

    config: Config | None
    error: str
    selected: frozenset[str]
    baseline: "baseline.Baseline | None"
    base_baseline: "baseline.Baseline | None"


def explained(change: Change, judge: Judge) -> Change:
    """The change, where what is new in untouched lines says what was removed."""
    concerns = {name: entry.concern for name, entry in judge.registry.entries.items()}
    findings = effects.explained(change, concerns)
    return change._replace(comparison=change.comparison._replace(findings=findings))


def review(change: Change, judge: Judge, own: Own, *, folds: bool) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """The change's findings, with unagreed suppressions marked; and what is wrong with the change as a whole.

    `folds` says that findings outside production don't count.
    """
    from hullcheck.change.gate import moved, scope, suppressions, unjudged

    new = judge.config.new_suppressions
    marked = change.comparison.findings if new == "allow" else suppressions.under_review(change)
    brought = unjudged.brought(change, judge.config.allow_unjudged)
    findings = unjudged.without(tuple(_still_unread(finding, change) for finding in marked), brought)
    left = list(scope.left(change, judge.registry["file-left-scope"]))
    about = [
        *suppressions.added(findings, judge.registry["suppression-added"]),
        *left,
        *_weakened(change, judge, own),
        *(moved.out_of_production(change, judge.config, judge.registry["policy-weakened"]) if folds else ()),
    ]
    wanted = [finding for finding in about if finding.name in judge.settings.selected]
    told = {finding.location.path for finding in left}
    brought = tuple(item for item in brought if item.path not in told)
    wanted += unjudged.findings(brought, judge.registry["not-analysed"])
    wanted = [finding._replace(state="new") for finding in wanted]
    if new == "warn":
        wanted = [f._replace(severity=Severity.INFO) if f.name == "suppression-added" else f for f in wanted]
    return findings, tuple(sorted(wanted, key=lambda finding: finding.sort_key))


def _still_unread(finding: Finding, change: Change) -> Finding:
    """What couldn't be read before can't be read now: who knows what the change put there?"""
    if finding.name in UNREAD and finding.state == "unchanged" and finding.location.path not in change.same:
        return finding._replace(state="new")
    return finding


def _weakened(change: Change, judge: Judge, own: Own) -> list[Finding]:
    from hullcheck.change.gate import policy

    check = judge.registry["policy-weakened"]
    if own.config is None:
        return [policy.unreadable(own.error, check)]
    policies = policy.Policies(
        base=judge.config,
        own=own.config,
        base_selected=judge.settings.selected | judge.settings.grouped,
        own_selected=own.selected,
        registry=judge.registry,
        findings=change.head.findings,
        paths=tuple(change.head.counted),
    )
    return [*policy.weakened(policies, check), *policy.forgiven(policies, own.base_baseline, own.baseline, check)]
