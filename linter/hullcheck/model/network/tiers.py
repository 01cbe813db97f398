"""Administrators' rules: which come first, and how far they have decided a connection."""

from __future__ import annotations

from collections.abc import Iterable

from hullcheck.model.network.policy import Action, Policy, Tier
from hullcheck.tuples import NamedTuple


class Layer(NamedTuple):
    """An administrator's rule that applies, `sure` or not. `tie` is a number of those policies of one tier and priority
    of which nobody knows which comes first, 0 where there is but one; `policy` tells these apart."""

    tier: Tier
    rule: int
    sure: bool
    tie: int = 0
    policy: int = 0


def ties(policies: Iterable[Policy]) -> dict[tuple[Tier, int], int]:
    """The tiers and priorities that several administrators' policies have, each with a number from 1."""
    count: dict[tuple[Tier, int], int] = {}
    for policy in policies:
        if policy.tier is not Tier.NAMESPACE:
            key = policy.tier, policy.priority
            count[key] = count.get(key, 0) + 1
    return {key: number for number, key in enumerate((key for key in count if count[key] > 1), 1)}


class State(NamedTuple):
    """How far the connections with some ends are decided: `rest` isn't yet, `passed` is left to the next tier."""

    ends: int
    rest: int
    allowed: int = 0
    passed: int = 0

    def apply(self, action: Action, ends: int, connections: int, certain: bool, strict: bool) -> "list[State]":
        """The state after a rule about some of the ends, in as many pieces as it makes."""
        inside = self.ends & ends
        hit = self.rest & connections
        if not inside or not hit:
            return [self]
        outside = self.ends & ~ends
        after = self._replace(ends=inside)._decide(action, hit, certain, strict)
        return [after, self._replace(ends=outside)] if outside else [after]

    def _decide(self, action: Action, hit: int, certain: bool, strict: bool) -> "State":
        if certain:
            after = self._replace(rest=self.rest & ~hit)
            if action is Action.ALLOW:
                return after._replace(allowed=self.allowed | hit)
            return after._replace(passed=self.passed | hit) if action is Action.PASS else after
        if strict:  # it may or may not apply: only what is allowed either way is certain
            return self if action is Action.ALLOW else self._replace(rest=self.rest & ~hit)
        if action is Action.ALLOW:
            return self._replace(allowed=self.allowed | hit)
        return self._replace(passed=self.passed | hit) if action is Action.PASS else self

    def beside(self, other: "State", every: int, strict: bool) -> "State":
        """What two policies of the same priority say, each asked alone, of `every` connection with the same ends."""
        allowed, passed = self.allowed | other.allowed, self.passed | other.passed
        if strict:
            denied = every & ~(self.rest | self.allowed | self.passed) | every & ~(
                other.rest | other.allowed | other.passed
            )
            passed &= ~denied
            allowed &= ~denied & ~passed
        return self._replace(rest=self.rest & other.rest, allowed=allowed, passed=passed)

    def passing(self) -> "State":
        """The state at the start of the next tier."""
        return self._replace(rest=self.rest | self.passed, passed=0)
