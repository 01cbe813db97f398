"""Connections that are used and that policies deny, as parts for the check: in each network, and by a change."""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.model.coverage import Gap
from hullcheck.model.network.blocked import Blocked, Denied, blocked, judged, translated
from hullcheck.model.network.needs import too_many
from hullcheck.model.network.network import MAX_WAYS, Network, Reason
from hullcheck.model.network.policy import Policy
from hullcheck.model.problem import Problem
from hullcheck.model.scoped import Scoped
from hullcheck.source import Location
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.network.diff import Difference

MAX_APART = 1000
"""Policies that stand apart from workloads and are asked, too; where there are more, nothing is certain."""


def denied_parts(networks: list[Network], problems: list[Problem] | None = None) -> Iterator[Scoped]:
    """What is used and denied in each network, and wouldn't be open with the policies that stand apart from workloads.

    Networks in which more is used than is looked at are added to `problems`.
    """
    apart = {_name(policy): policy for network in networks if not network.endpoints for policy in network.policies}
    for network in networks:
        found = list(blocked(network)) if network.endpoints else []
        if problems is not None and network.endpoints and network.policies and too_many(network):
            why = f"more than {MAX_WAYS:,} connections are used"
            first, gap = network.endpoints[0], Gap("limit", "network", why)
            message = f"network of {network.scope.name}: {why}: not all are compared with the policies"
            problems.append(Problem("not-analysed", message, first.location, first.owner, gap))
        if not found:
            continue
        own = {_name(policy) for policy in network.scope.policies}
        more = tuple(policy for name, policy in apart.items() if name not in own)
        together = _with(network, more) if 0 < len(more) <= MAX_APART else None
        known = not network.scope.approximate and len(more) <= MAX_APART
        for one in found:
            if together is None or _stays(one, network, together):
                yield Scoped(network.scope.name, Denied(network, one, known))


def _with(network: Network, more: tuple[Policy, ...]) -> Network:
    """The network with more policies."""
    return Network(network.scope._replace(policies=(*network.scope.policies, *more)), network.assume)


def _name(policy: Policy) -> tuple[str, str]:
    return policy.object.kind, policy.name


def _stays(one: Blocked, here: Network, there: Network) -> bool:
    need = translated(one.need, here, there)
    again = judged(there, need) if need is not None else None
    return again is not None and bool({d.direction for d in again.denials} & {d.direction for d in one.denials})


def cuts(found: Difference) -> Iterator[Denied]:
    """What a change cuts: what is used now and denied now, and was open before."""
    before, after = found.both.before, found.both.after
    if found.kind == "compose" or found.before is None or found.after is None:
        return
    for one in blocked(after):
        need = translated(one.need, after, before)
        if need is not None and judged(before, need) is None:
            yield Denied(after, one, True, True, tuple(_new(one, before)), _ended(one, before, after))


def _ended(one: Blocked, before: Network, after: Network) -> str:
    """The rule that let it through before, and where it was."""
    from hullcheck.model.network.causes import Cause, closing
    from hullcheck.model.network.diff import Path

    why = Cause()
    old = translated(one.need, after, before)
    if old is not None and old.source is not None and old.target is not None:
        wanted = old.connections(before)
        if before.answers.strict.connections(old.source, old.target) & wanted:
            why = closing(Path(before, (old.source,), (old.target,), wanted), after)
    if isinstance(why.reason, Reason):
        name = why.reason.policy.object.name
        place = why.reason.rule.location
        return f"rule {why.reason.rule.number} of `{name}` ({place.path}:{place.line}) let it through before"
    return ""


def _new(one: Blocked, before: Network) -> Iterator[tuple[Location, str]]:
    """The policies that deny it and weren't there."""
    known = {_name(policy) for policy in before.scope.policies}
    for policy in dict.fromkeys(policy for denial in one.denials for policy in denial.policies):
        if _name(policy) not in known:
            yield policy.location, f"`{policy.object.name}` is new"
