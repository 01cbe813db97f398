"""How a change relaxes the owners' policy: what the configuration that it brings would let through."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from hullcheck.baseline import Baseline, additions
from hullcheck.check import Check, Registry
from hullcheck.config import FILES, PYPROJECT, Accepted, Config, Override, level
from hullcheck.finding import Finding, Severity
from hullcheck.model.problem import Problem
from hullcheck.rules import Rules, matcher
from hullcheck.source import Location, Source

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

    def severity(self, names: Iterable[str]) -> Severity:
        """The worst that any of these checks finds, as the base sees it."""
        return max((self._of(name) for name in names), default=Severity.INFO)

    def _of(self, name: str) -> Severity:
        severities = [self.base.severity.get(name, self.registry.entries[name].severity)]
        severities += [o.severity[name] for o in self.base.overrides if name in o.severity]
        return max(severities)

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
    yield from _checks(policies)
    yield from _paths(policies)
    yield from _severities(policies)
    yield from _levels(policies)
    yield from _overrides(policies)
    yield from _accepted(policies)
    yield from _demands(policies)
    yield from _assertions(policies)
    yield from _trust(policies)


def _checks(policies: Policies) -> Iterator[Weaker]:
    off = policies.base_selected - policies.own_selected
    if off:
        key = "ignore" if policies.own.ignore != policies.base.ignore else "select"
        yield Weaker(key, f"{_list(off)} would not run any more", policies.severity(off))


def _list(names: Iterable[str]) -> str:
    ordered = sorted(names)
    return ", ".join(f"`{name}`" for name in ordered[:5]) + (
        f" and {len(ordered) - 5} more" if len(ordered) > 5 else ""
    )


def _paths(policies: Policies) -> Iterator[Weaker]:
    """Files that would not be looked at any more."""
    base, own = policies.base, policies.own
    if set(own.exclude) - set(base.exclude):
        excluded = matcher(own.exclude)
        left_out = [path for path in policies.paths if excluded(path)]
        if left_out:
            worst = policies.worst(lambda finding: excluded(finding.location.path)) or Severity.HIGH
            what = f"{_list(left_out)} would not be looked at any more"
            yield Weaker("exclude", what, max(worst, Severity.HIGH))
    if base.include_vendored and not own.include_vendored:
        yield Weaker("include-vendored", "vendored folders would not be looked at any more", Severity.HIGH)


def _severities(policies: Policies) -> Iterator[Weaker]:
    for name, check in policies.registry.entries.items():
        before = policies.base.severity.get(name, check.severity)
        after = policies.own.severity.get(name, check.severity)
        if after < before and name in policies.base_selected:
            yield Weaker(f"severity.{name}", f"`{name}` would be {after} instead of {before}", before)


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
    """What is judged otherwise in some paths, told by what is there now, and by what the entries say."""
    base, own = policies.base, policies.own
    for number, override in enumerate(own.overrides):
        if override not in base.overrides:
            lost = override.ignore | {n for n, s in override.severity.items() if s < policies.severity((n,))}
            looser = override.fail_on and _looser(level(override.fail_on), base.fail_on)
            if lost or looser:
                severity = max(policies.severity(lost), Severity.CRITICAL if looser else Severity.INFO)
                what = f"in {_list(override.paths)} less would count"
                yield Weaker(f"overrides.{number}", what + (f": {_list(lost)}" if lost else ""), severity)
    before, after = Rules(base, policies.base_selected), Rules(own, policies.own_selected)
    if any(override not in own.overrides for override in base.overrides):
        worst = policies.worst(lambda finding: _counts_less(finding, before, after, policies))
        gone = [o for o in base.overrides if o not in own.overrides]
        severity = max((_strictness(override, policies) for override in gone), default=Severity.INFO)
        severity = max(worst or Severity.INFO, severity)
        if severity > Severity.INFO:
            paths = dict.fromkeys(path for override in gone for path in override.paths)
            yield Weaker("overrides", f"what holds in {_list(paths)} would not hold any more", severity)


def _looser(after: Severity | None, before: Severity | None) -> bool:
    return before is not None and (after is None or after > before)


def _counts_less(finding: Finding, before: Rules, after: Rules, policies: Policies) -> bool:
    kept = list(after.judge([finding]))
    if not kept or kept[0].severity < finding.severity:
        return True
    was, would = (rules.fail_on(finding, c.fail_on) for rules, c in ((before, policies.base), (after, policies.own)))
    return was is not None and finding.severity >= was and (would is None or finding.severity < would)


def _strictness(override: Override, policies: Policies) -> Severity:
    """How much an override asks beyond what holds everywhere."""
    raised = [s for name, s in override.severity.items() if s > policies.registry.entries[name].severity]
    if override.fail_on and _looser(policies.own.fail_on, level(override.fail_on)):
        raised.append(Severity.HIGH)
    return max([*raised, policies.severity(override.select)])


def _accepted(policies: Policies) -> Iterator[Weaker]:
    for number, entry in enumerate(policies.own.suppress):
        if any(_covers(agreed, entry) for agreed in policies.base.suppress):
            continue
        matches = matcher(entry.paths)
        worst = policies.worst(lambda f, e=entry, m=matches: _hides(e, m, f))  # type: ignore[misc]
        what = f"{_list(entry.checks)} would be accepted in {_list(entry.paths) if entry.paths else 'every file'}"
        yield Weaker(f"suppress.{number}", what, worst if worst is not None else policies.severity(entry.checks))


def _hides(entry: Accepted, matches: Callable[[str], bool], finding: Finding) -> bool:
    about = entry.object in ("", finding.owner) or finding.owner.startswith(f"{entry.object}/")
    return about and finding.name in entry.checks and matches(finding.location.path)


def _covers(agreed: Accepted, entry: Accepted) -> bool:
    """Does an entry that the base has accept all that this one does, for as long?"""
    as_long = agreed.until is None or (entry.until is not None and entry.until <= agreed.until)
    as_wide = agreed.object in ("", entry.object) and (not agreed.paths or agreed.paths == entry.paths)
    return entry.checks <= agreed.checks and as_wide and as_long


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
        yield Weaker("pod-security.version", "workloads would be held to an older version", Severity.MEDIUM)


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
        yield Weaker("datastores", f"{_list(gone)} would not be taken for a datastore any more", Severity.MEDIUM)
