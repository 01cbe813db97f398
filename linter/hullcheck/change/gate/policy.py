"""How a change relaxes the owners' policy: what the configuration that it brings would let through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date

from hullcheck.change.gate.paths import witnesses
from hullcheck.check import Check, Registry
from hullcheck.discover import VENDORED, kind_of
from hullcheck.finding import Finding, Severity
from hullcheck.model.problem import Problem
from hullcheck.policy.baseline import Baseline, Now, additions, apply
from hullcheck.policy.config import FILES, PYPROJECT, Accepted, Config, Override, level
from hullcheck.policy.rules import asked, matcher, meant
from hullcheck.source import Location, Source
from hullcheck.terms import Term, Terms, holding, lacking, names, said, whole
from hullcheck.tuples import NamedTuple

Selected = frozenset[str]


class Policies(NamedTuple):
    """The base's configuration and the change's own, the checks that each runs, and what is judged by them."""

    base: Config
    own: Config
    base_selected: Selected
    own_selected: Selected
    registry: Registry
    findings: tuple[Finding, ...]
    paths: tuple[str, ...]

    def severity(self, checks: Iterable[str]) -> Severity:
        """The worst that any of these checks finds, as the base sees it."""
        return max((self._of(name) for name in checks), default=Severity.INFO)

    def _of(self, name: str) -> Severity:
        severities = [self.base.severity.get(Term(name), self.registry.entries[name].severity)]
        for levels in (self.base.severity, *(override.severity for override in self.base.overrides)):
            severities += [severity for term, severity in levels.items() if term.name == name]
        return max(severities)

    def meant(self, words: Iterable[str]) -> Terms:
        """What words of the configuration stand for."""
        return meant(self.registry, words)

    def everywhere(self) -> Selected:
        """The checks that the base runs in every path, not only where an override selects them."""
        base, named = self.base, self.registry.named
        chosen = {name for word in (*base.select, *base.extend_select) for name in named(word)}
        chosen |= {name for name, check in self.registry.entries.items() if check.default and not base.select}
        chosen -= {term.name for term in self.meant(base.ignore) if term.whole}
        return self.base_selected - ({term.name for override in base.overrides for term in override.select} - chosen)

    def worst(self, hidden: Callable[[Finding], bool]) -> Severity | None:
        """The worst finding that would be hidden, or None if there is none."""
        return max((f.severity for f in self.findings if f.suppression is None and hidden(f)), default=None)


class Weaker(NamedTuple):
    """A key of the configuration that lets more through, what that is, and how bad it is."""

    key: str
    what: str
    severity: Severity


def weakened(policies: Policies, check: Check) -> Iterator[Finding]:
    """A finding for everything that the change's configuration relaxes, at the key."""
    for weaker in _all(policies):
        part = Problem("", "", _place(weaker.key, policies))
        yield check.finding(part, weaker.what, severity=weaker.severity, evidence=(weaker.key, weaker.what))


def forgiven(policies: Policies, before: Baseline | None, after: Baseline | None, check: Check) -> Iterator[Finding]:
    """A finding for what the change adds to the baseline."""
    if after is None:
        return
    added = list(additions(before.entries if before else (), after.entries))
    if added:
        names = {entry.name for entry in added if entry.name in policies.registry}
        count = sum(entry.times for entry in added)
        many = "1 more finding" if count == 1 else f"{count} more findings"
        what = f"{many} would be in the baseline: {_list(names)}"
        part = Problem("", "", after.place(added[0]))
        worst = policies.severity(names) if names else Severity.HIGH
        yield check.finding(part, what, severity=worst, evidence=("baseline", *sorted(e.id for e in added)))


def held(before: Baseline, findings: Iterable[Finding], scopes: frozenset[str], today: date) -> Baseline:
    """A baseline with what the base still has: each entry for as many of the base's `findings` as it stands for there.

    What was cured on the base's branch and is still written down can't come back in a change.
    """
    now = Now(frozenset(), scopes, {})
    applied = apply((f._replace(suppression=None) for f in findings), before, today, now)
    gone = Counter({entry.key: count for entry, count in applied.stale.items()})
    kept = []
    for entry in before.entries:
        fewer = min(entry.times, gone[entry.key])
        gone[entry.key] -= fewer
        kept.append(entry._replace(times=entry.times - fewer))
    return before._replace(entries=tuple(entry for entry in kept if entry.times > 0))


def unreadable(error: str, check: Check) -> Finding:
    """The finding about a policy that can't be read any more: nothing could be judged by it."""
    path = next((name for name in (*FILES, PYPROJECT) if error.startswith(name)), FILES[0])
    return check.finding(
        Problem("", "", Source(path, b"").at(0)), f"the policy would be broken: {error}", evidence=(path,)
    )


def _place(key: str, policies: Policies) -> Location:
    """The key's line in the configuration that the change brings, else its first line; else in the one that is gone."""
    for config in (policies.own, policies.base):
        if config.source is not None:
            while key and key not in config.said:
                key = key.rpartition(".")[0]
            return config.source.at_line(int(config.said[key].rpartition(":")[2]) if key else 1)
    return Source(".hullcheck.yaml", b"").at(0)


def _all(policies: Policies) -> Iterator[Weaker]:
    for account in dict.fromkeys(account for account in ACCOUNTS.values() if not isinstance(account, str)):
        yield from account(policies)


def _checks(policies: Policies) -> Iterator[Weaker]:
    base, own = policies.base, policies.own
    off = policies.base_selected - policies.own_selected
    if off:
        causes = (
            ("policies-elsewhere", own.policies_elsewhere and not base.policies_elsewhere),
            ("validate", base.validate and not own.validate),
            ("ignore", own.ignore != base.ignore),
            ("extend-select", own.extend_select != base.extend_select),
        )
        key = next((key for key, caused in causes if caused), "select")
        yield Weaker(key, f"{_list(off)} would not run any more", policies.severity(off))
    for key, lost in _in_part(policies):
        what = f"{_list(said(lost))} would not be told any more"
        yield Weaker(key, what, policies.severity(names(lost)))
    if base.profile == "strict" and own.profile != "strict":
        grouped = [name for name, check in policies.registry.entries.items() if check.grouped]
        yield Weaker("profile", "missing hardening would be one finding, not one each", policies.severity(grouped))


def _in_part(policies: Policies) -> Iterator[tuple[str, Terms]]:
    """What the change's configuration ignores of checks that both run, and what it selects in part only."""
    base, own, registry = policies.base, policies.own, policies.registry
    both = policies.base_selected & policies.own_selected
    ignored = (term for term in policies.meant(own.ignore) if not term.whole and term.name in both)
    lost = frozenset(lacking(ignored, policies.meant(base.ignore)))
    if lost:
        yield "ignore", lost
    before, after = asked(registry, base).select, asked(registry, own).select
    full = both - names(before)
    lost = whole(names(after) & full) | {term for term in before if term.name in names(after) and term not in after}
    if lost:
        yield "select" if own.select else "extend-select", lost


def _list(words: Iterable[str]) -> str:
    ordered = sorted(words)
    return ", ".join(f"`{name}`" for name in ordered[:5]) + (
        f" and {len(ordered) - 5} more" if len(ordered) > 5 else ""
    )


def _paths(policies: Policies) -> Iterator[Weaker]:
    """Files that would not be looked at any more, or wouldn't be if they came."""
    base, own = policies.base, policies.own
    if own.exclude != base.exclude:
        before, after = _excludes(base.exclude), _excludes(own.exclude)
        left_out = [path for path in policies.paths if after(path) and not before(path)]
        coming = [
            p for p in witnesses((*base.exclude, *own.exclude)) if _is_looked_at(p) and after(p) and not before(p)
        ]
        if left_out:
            worst = policies.worst(lambda finding: after(finding.location.path)) or Severity.HIGH
            yield Weaker("exclude", f"{_list(left_out)} would not be looked at any more", max(worst, Severity.HIGH))
        elif coming:
            said = sorted(set(own.exclude) - set(base.exclude)) or list(own.exclude)
            yield Weaker("exclude", f"what comes to {_list(said)} would never be looked at", Severity.HIGH)
    if base.include_vendored and not own.include_vendored:
        yield Weaker("include-vendored", "vendored folders would not be looked at any more", Severity.HIGH)


def _excludes(lines: tuple[str, ...]) -> Callable[[str], bool]:
    return matcher(lines) if lines else lambda path: False


def _is_looked_at(path: str) -> bool:
    """May a file of that path be one that is judged?"""
    *folders, name = path.split("/")
    return kind_of(name) is not None and VENDORED.isdisjoint(folders)


def _severities(policies: Policies) -> Iterator[Weaker]:
    base, own = policies.base.severity, policies.own.severity
    for term in (*whole(policies.registry.entries), *(term for term in {*base, *own} if not term.whole)):
        default = policies.registry.entries[term.name].severity
        before, after = (levels.get(term, levels.get(Term(term.name), default)) for levels in (base, own))
        if after < before and term.name in policies.base_selected:
            yield Weaker(f"severity.{term.said}", f"`{term.said}` would be {after} instead of {before}", before)


def _levels(policies: Policies) -> Iterator[Weaker]:
    base, own = policies.base, policies.own
    yield from _level("fail-on", base.fail_on, own.fail_on)
    before = level(base.gate_fail_on) if base.gate_fail_on else base.fail_on
    after = level(own.gate_fail_on) if own.gate_fail_on else own.fail_on
    if own.gate_fail_on != base.gate_fail_on:
        yield from _level("gate.fail-on", before, after)
    order = ("block", "warn", "allow")
    if order.index(own.new_suppressions) > order.index(base.new_suppressions):
        what = f"new suppressions would be met with `{own.new_suppressions}` instead of `{base.new_suppressions}`"
        yield Weaker("gate.new-suppressions", what, Severity.CRITICAL)


def _level(key: str, before: Severity | None, after: Severity | None) -> Iterator[Weaker]:
    if before is not None and (after is None or after > before):
        worst = Severity.CRITICAL if after is None else Severity(after - 1)
        word = "none" if after is None else str(after)
        yield Weaker(key, f"`{key}` would be {word} instead of {before}", max(worst, before))


def _overrides(policies: Policies) -> Iterator[Weaker]:
    """What is judged otherwise in some paths: all that are there, and such as may come, by all that holds for each."""
    base, own = policies.base.overrides, policies.own.overrides
    if base == own:
        return
    patterns = (pattern for override in (*base, *own) for pattern in override.paths)
    before, after = ([(matcher(o.paths), n) for n, o in enumerate(overrides)] for overrides in (base, own))
    held = {
        (tuple(n for matches, n in before if matches(path)), tuple(n for matches, n in after if matches(path)))
        for path in (*policies.paths, *witnesses(patterns))
    }
    told: dict[str, Weaker] = {}
    for was, would in sorted(held):
        weaker = _compared([base[n] for n in was], [own[n] for n in would], would, policies)
        if weaker is not None and (weaker.key not in told or told[weaker.key].severity < weaker.severity):
            told[weaker.key] = weaker
    yield from told.values()


def _compared(
    before: list[Override], after: list[Override], numbers: tuple[int, ...], policies: Policies
) -> Weaker | None:
    """How much less counts where the base's overrides are `before` and the change's are `after`."""
    everywhere = policies.everywhere()
    terms = sorted({*whole(policies.registry.entries), *_terms(before), *_terms(after)})
    was = {term: _effect(term, before, policies, everywhere) for term in terms}
    would = {term: _effect(term, after, policies, everywhere) for term in terms}
    lost = [n for n in was if was[n] is not None and (would[n] is None or _less(would[n], was[n]))]
    lost = [term for term in lost if term.whole or Term(term.name) not in lost]
    looser = _looser(_fails(after, policies), _fails(before, policies))
    if not lost and not looser:
        return None
    new = [n for n, override in zip(numbers, after, strict=True) if override not in before]
    gone = [override for override in before if override not in after]
    number = new[-1] if new else numbers[-1] if numbers and not gone else None
    paths = dict.fromkeys(
        p for o in ([policies.own.overrides[number]] if number is not None else gone) for p in o.paths
    )
    severity = max((was[n] or Severity.INFO for n in lost), default=Severity.INFO)
    what = f"in {_list(paths)} less would count" + (f": {_list(said(lost))}" if lost else "")
    key = "overrides" if number is None else f"overrides.{number}"
    return Weaker(key, what, max(severity, Severity.CRITICAL) if looser else severity)


def _terms(overrides: list[Override]) -> Iterator[Term]:
    """All that the overrides say something about."""
    for override in overrides:
        yield from (*override.select, *override.ignore, *override.severity)


def _effect(term: Term, overrides: list[Override], policies: Policies, everywhere: Selected) -> Severity | None:
    """How bad what a term is about is where these overrides hold; None if it doesn't count."""
    all_of = Term(term.name)
    wanted = term.name in everywhere
    severity = policies.base.severity.get(all_of, policies.registry.entries[term.name].severity)
    severity = policies.base.severity.get(term, severity)
    for override in overrides:
        wanted = override.ignore.isdisjoint((term, all_of)) and (
            wanted or not override.select.isdisjoint((term, all_of))
        )
        severity = override.severity.get(term, override.severity.get(all_of, severity))
    return severity if wanted else None


def _less(after: Severity | None, before: Severity | None) -> bool:
    return after is not None and before is not None and after < before


def _fails(overrides: list[Override], policies: Policies) -> Severity | None:
    said = [override.fail_on for override in overrides if override.fail_on]
    if said or policies.base.gate_fail_on:
        return level(said[-1] if said else policies.base.gate_fail_on)
    return policies.base.fail_on


def _looser(after: Severity | None, before: Severity | None) -> bool:
    return before is not None and (after is None or after > before)


def _accepted(policies: Policies) -> Iterator[Weaker]:
    for number, entry in enumerate(policies.own.suppress):
        if any(_covers(agreed, entry) for agreed in policies.base.suppress):
            continue
        matches = matcher(entry.paths)
        worst = policies.worst(lambda f, e=entry, m=matches: _hides(e, m, f))  # type: ignore[misc]
        what = f"{_list(said(entry.checks))} would be accepted in {_list(entry.paths) if entry.paths else 'every file'}"
        yield Weaker(f"suppress.{number}", what, worst if worst is not None else policies.severity(names(entry.checks)))


def _hides(entry: Accepted, matches: Callable[[str], bool], finding: Finding) -> bool:
    about = entry.object in ("", finding.owner) or finding.owner.startswith(f"{entry.object}/")
    hidden = any(holding(entry.checks, finding, part) for part in finding.pieces)
    return about and hidden and matches(finding.location.path)


def _covers(agreed: Accepted, entry: Accepted) -> bool:
    """Does an entry that the base has accept all that this one does, for as long?"""
    as_long = agreed.until is None or (entry.until is not None and entry.until <= agreed.until)
    as_wide = agreed.object in ("", entry.object) and (not agreed.paths or agreed.paths == entry.paths)
    return not any(lacking(entry.checks, agreed.checks)) and as_wide and as_long


def _demands(policies: Policies) -> Iterator[Weaker]:
    base, own = policies.base.demands, policies.own.demands
    for key, looser in (
        ("require-reason", base.reason and not own.reason),
        ("require-until", base.until and not own.until),
        ("max-days", base.max_days is not None and (own.max_days is None or own.max_days > base.max_days)),
        ("max", base.max is not None and (own.max is None or own.max > base.max)),
        ("foreign", own.foreign and not base.foreign),
    ):
        if looser:
            yield Weaker(f"suppressions.{key}", f"suppressions would need less: `{key}`", Severity.HIGH)


def _assertions(policies: Policies) -> Iterator[Weaker]:
    base, own = policies.base, policies.own
    for key, before, after in (
        ("network.deny", base.network_deny, own.network_deny),
        ("network.allow", base.network_allow, own.network_allow),
    ):
        lost = sum(1 for assertion in before if assertion not in after)
        if lost:
            many = "1 assertion" if lost == 1 else f"{lost} assertions"
            yield Weaker(key, f"{many} on the network would not hold any more", Severity.HIGH)
    strength = ("", "baseline", "restricted")
    if strength.index(own.pod_security) < strength.index(base.pod_security):
        what = f"workloads would be held to `{own.pod_security or 'no'}` standard instead of `{base.pod_security}`"
        yield Weaker("pod-security.level", what, Severity.HIGH)
    elif base.pod_security and _version(own.pod_security_version) < _version(base.pod_security_version):
        yield Weaker("pod-security.version", "workloads would be held to an older version", Severity.HIGH)


def _version(text: str) -> tuple[int, ...]:
    return (9999,) if text == "latest" else tuple(map(int, text.split(".")))


def _trust(policies: Policies) -> Iterator[Weaker]:
    base, own = policies.base, policies.own
    for key, before, after in (
        ("trusted-registries", base.trusted_registries, own.trusted_registries),
        ("trusted-images", base.trusted_images, own.trusted_images),
    ):
        more = set(after) - set(before)
        if before and (more or not after):
            what = f"{_list(more)} would be trusted" if more else "every image would be trusted"
            yield Weaker(key, what, Severity.HIGH)
    gone = set(base.datastores) - set(own.datastores)
    if gone:
        yield Weaker("datastores", f"{_list(gone)} would not be taken for a datastore any more", Severity.HIGH)


def _versions(policies: Policies) -> Iterator[Weaker]:
    base, own = policies.base, policies.own
    if base.validate and own.validate and _version(own.kubernetes_version) < _version(base.kubernetes_version):
        yield Weaker("kubernetes-version", "manifests would be held against an older version", Severity.MEDIUM)


def _shown(policies: Policies) -> Iterator[Weaker]:
    if policies.own.min_severity > policies.base.min_severity:
        what = f"findings would be shown from {policies.own.min_severity} on, not from {policies.base.min_severity}"
        yield Weaker("min-severity", what, Severity.LOW)


Account = Callable[[Policies], Iterator[Weaker]] | str

_AT_BASELINE = "what it brings is told by `forgiven`, and what it holds by `held`"
_NO_JUDGE = "it says why, and decides nothing"


def _unjudged(policies: Policies) -> Iterator[Weaker]:
    """What may stay unjudged."""
    base, own = policies.base, policies.own
    if base.fail_on_unjudged and not own.fail_on_unjudged:
        yield Weaker("fail-on-unjudged", "what can't be judged would not fail the run any more", Severity.HIGH)
    more = set(own.allow_unjudged) - set(base.allow_unjudged)
    if more:
        yield Weaker("allow-unjudged", f"what isn't judged for {_list(more)} would pass", Severity.HIGH)


def _projects(policies: Policies) -> Iterator[Weaker]:
    """Which Compose files are judged together, and which of their services."""
    if policies.own.compose_projects != policies.base.compose_projects:
        yield Weaker("compose-projects", "other Compose files would be judged together", Severity.HIGH)


def _charts(policies: Policies) -> Iterator[Weaker]:
    """Which values charts are judged with: more of them let nothing through."""
    base, own = policies.base.helm, policies.own.helm
    for folder in sorted({*base, *own}):
        before, after = base.get(folder), own.get(folder)
        if before == after:
            continue
        if before is None or after is None or before[1:] != after[1:] or not set(before.values) <= set(after.values):
            yield Weaker(f"helm.{folder}", "the chart would be judged with other values", Severity.HIGH)


def _contexts(policies: Policies) -> Iterator[Weaker]:
    """Files whose findings would fold, or would if they came."""
    base, own = policies.base, policies.own
    if base.context == "all" and own.context != "all":
        yield Weaker("context", "findings outside production would not count any more", Severity.HIGH)
    if own.contexts == base.contexts:
        return
    from hullcheck.context.places import Places

    globs = [glob for said in (base.contexts, own.contexts) for each in said.values() for glob in each]
    coming = [path for path in witnesses(globs) if _is_looked_at(path)]
    before, after = (Places(said, (*policies.paths, *coming)) for said in (base.contexts, own.contexts))
    for paths, what in (
        (policies.paths, "{} would not count any more"),
        (coming, "what comes to the likes of {} would not count"),
    ):
        lost = [path for path in paths if not before.of(path).folds and after.of(path).folds]
        if lost:
            contexts = {after.of(path).context for path in lost}
            key = f"contexts.{min(contexts)}" if after.of(lost[0]).said else "contexts"
            worst = policies.worst(lambda finding: finding.location.path in lost) or Severity.HIGH  # noqa: B023
            yield Weaker(key, f"findings in {what.format(_list(lost))}", max(worst, Severity.HIGH))
            return


ACCOUNTS: dict[str, Account] = {
    "select": _checks,
    "extend-select": _checks,
    "ignore": _checks,
    "profile": _checks,
    "policies-elsewhere": _checks,
    "validate": _checks,
    "kubernetes-version": _versions,
    "exclude": _paths,
    "include-vendored": _paths,
    "severity": _severities,
    "min-severity": _shown,
    "fail-on": _levels,
    "gate.fail-on": _levels,
    "gate.new-suppressions": _levels,
    "overrides.paths": _overrides,
    "overrides.extend-select": _overrides,
    "overrides.ignore": _overrides,
    "overrides.severity": _overrides,
    "overrides.fail-on": _overrides,
    "suppress.checks": _accepted,
    "suppress.paths": _accepted,
    "suppress.object": _accepted,
    "suppress.reason": _NO_JUDGE,
    "suppress.until": _accepted,
    "suppressions.require-reason": _demands,
    "suppressions.require-until": _demands,
    "suppressions.max-days": _demands,
    "suppressions.max": _demands,
    "suppressions.foreign": _demands,
    "network.deny": _assertions,
    "network.allow": _assertions,
    "pod-security.level": _assertions,
    "pod-security.version": _assertions,
    "trusted-registries": _trust,
    "trusted-images": _trust,
    "datastores": _trust,
    "compose-projects": _projects,
    "helm": _charts,
    "context": _contexts,
    "contexts.production": _contexts,
    "contexts.example": _contexts,
    "contexts.test": _contexts,
    "contexts.documentation": _contexts,
    "contexts.vendored": "its findings count in full",
    "fail-on-unjudged": _unjudged,
    "allow-unjudged": _unjudged,
    "baseline": _AT_BASELINE,
}
"""For each key of the configuration, what tells that a change of it lets more through, or why none can."""
