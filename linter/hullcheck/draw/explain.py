"""Why a connection is allowed or denied, rule by rule."""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.draw.places import place
from hullcheck.model.network.compose import ComposeNetwork
from hullcheck.model.network.labels import numbers_in
from hullcheck.model.network.network import Network, Reason
from hullcheck.model.network.policy import Action, Direction, Policy, Tier
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple

_ORDER = {Tier.ADMIN: 0, Tier.NAMESPACE: 1, Tier.BASELINE: 2}
_DOES = {Action.ALLOW: "allows", Action.DENY: "denies", Action.PASS: "leaves to the next tier"}


class End(NamedTuple):
    """One end of a connection: a workload by number, or some addresses as bits of the universe."""

    name: str
    workload: int | None
    bits: int


def explain(network: Network, source: End, target: End, connections: int) -> str:
    """Whether the source can open these connections to the target, and why."""
    return "\n".join(_lines(network, source, target, connections)) + "\n"


def _lines(network: Network, source: End, target: End, connections: int) -> Iterator[str]:
    ports = network.universe.ports
    strict, loose = (_allowed(network, answer, source, target) & connections for answer in (True, False))
    asked = "" if connections == ports.all else f" {ports.text(connections)}"
    verdict = f"allowed: {ports.text(strict)}" if strict else "denied"
    if loose & ~strict:
        more = ports.text(loose & ~strict)
        verdict = f"{verdict}; maybe also {more}" if strict else f"not known; maybe allowed: {more}"
    yield f"{source.name} -> {target.name}{asked}: {verdict}"
    if isinstance(network, ComposeNetwork):
        yield from _compose(network, source, target, loose)
        return
    if source.workload is not None:
        yield from _side(network, source, target, Direction.EGRESS, connections)
    if target.workload is not None:
        yield from _side(network, target, source, Direction.INGRESS, connections)
        for doorway in network.doorways_of(target.workload) if source.workload is None else ():
            if doorway.connections & connections:
                refused = ", unless it is refused: no ReferenceGrant lets it" if doorway.doubtful else ""
                yield f"  leads there from outside: {doorway.via} ({place(doorway.location)}){refused}"


def _allowed(network: Network, strict: bool, source: End, target: End) -> int:
    """What is open between any part of the two ends."""
    answer = network.answers.strict if strict else network.answers.loose
    found = network.universe.ports.all
    if source.workload is not None:
        found &= _admits(answer.egress.partition(source.workload), target.bits)
    if target.workload is not None:
        found &= _admits(answer.ingress.partition(target.workload), source.bits)
    return found


def _admits(partition: tuple[tuple[int, int], ...], ends: int) -> int:
    found = 0
    for connections, members in partition:
        if members & ends:
            found |= connections
    return found


def _side(network: Network, here: End, there: End, direction: Direction, connections: int) -> Iterator[str]:
    assert here.workload is not None
    word = direction.value
    policies = sorted(network.selecting(here.workload, direction), key=lambda found: _ORDER[found[0].tier])
    if not policies:
        yield f"  {word} of {here.name}: no policy restricts it"
        return
    yield f"  {word} of {here.name}:"
    for policy, sure in policies:
        yield from _policy(network, policy, sure, here, there, direction, connections)
    own = [policy for policy, _ in policies if policy.tier is Tier.NAMESPACE]
    unread = next((policy for policy, _ in policies if policy.opaque), None)
    if unread is not None:
        yield f"    what {unread.plugin or 'a plugin'} lets through isn't known: its policies aren't evaluated"
    elif any(_decides(reason) for reason in _reasons(network, here, there, direction, connections)):
        yield "    the admin tier decides it before the policies of namespaces are asked"
    elif any(policy.affects(direction) for policy in own) and not any(
        reason.policy in own for reason in _reasons(network, here, there, direction, connections)
    ):
        yield f"    none of their rules is about {there.name}: denied"


def _decides(reason: Reason) -> bool:
    return reason.policy.tier is Tier.ADMIN and reason.certain and reason.rule.action is not Action.PASS


def _policy(
    network: Network, policy: Policy, sure: bool, here: End, there: End, direction: Direction, connections: int
) -> Iterator[str]:
    maybe, word = "" if sure else "may apply: ", direction.value
    what = f"confines its {word}" if policy.affects(direction) else f"has rules for its {word}, but doesn't confine it"
    if policy.opaque:
        what += "; its rules aren't read"
    if policy.tier is not Tier.NAMESPACE:
        what = f"{policy.tier.value} tier, priority {policy.priority}"
    yield f"    {maybe}{policy.object.kind} {policy.name} ({place(policy.location)}): {what}"
    for reason in _reasons(network, here, there, direction, connections):
        if reason.policy is policy:
            does = _DOES[reason.rule.action]
            certain = "" if reason.certain else " (maybe)"
            further = f"; {' and '.join(reason.rule.further)} rules restrict it further" if reason.rule.further else ""
            section = f" of `{reason.rule.name}`" if policy.plugin and reason.rule.denies else ""
            yield f"      rule {reason.rule.number}{section} ({place(reason.rule.location)}) {does} it{certain}{further}"


def _reasons(network: Network, here: End, there: End, direction: Direction, connections: int) -> list[Reason]:
    assert here.workload is not None
    found: list[Reason] = []
    for peer in numbers_in(there.bits):
        found += [r for r in network.reasons(here.workload, peer, direction, connections) if r not in found]
    return found


def _compose(network: ComposeNetwork, source: End, target: End, connections: int) -> Iterator[str]:
    if source.workload is not None and target.workload is not None:
        places = list(network.because(source.workload, target.workload, connections))
        for one in places:
            if isinstance(one, Location):
                yield f"  {place(one)}: {one.one_line().text}"
        if not places:
            yield "  they share no network"
    elif target.workload is not None:
        doorways = network.doorways_of(target.workload)
        yield from (f"  {place(doorway.location)}: {doorway.via}" for doorway in doorways)
        if not doorways:
            yield "  nothing of it is published"
