"""Why a change opened or closed a path: a rule, a place in a Compose file, or what became of a policy."""

from __future__ import annotations

from hullcheck.choices import Enum
from hullcheck.model.network.diff import Path
from hullcheck.model.network.network import Network, Reason
from hullcheck.model.network.policy import Action, Direction, Policy
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple


class Fate(Enum):
    """What became of a policy that confined a workload, as the end of a sentence."""

    GONE = "is gone"
    OTHER_TYPES = "has other policyTypes"
    ELSEWHERE = "selects it no longer"
    REFUSED = "isn't valid any more"


class Cause(NamedTuple):
    """What opened or closed a path; all empty if nothing can be named.

    `reason` is a rule, or a place, that is there in the network of the path and isn't in the other. `gone` are the
    policies that confined an end in the other network. `confining` are those that deny a path which is closed.
    """

    reason: Reason | Location | None = None
    gone: tuple[tuple[Policy, Fate], ...] = ()
    confining: tuple[Policy, ...] = ()


def cause(path: Path, other: Network) -> Cause:
    """Why the first of a path's pairs is open, and wasn't in the other network."""
    network, source, target = path.network, path.sources[0], path.targets[0]
    old_source, old_target = (_there(path, other, number) for number in (source, target))
    before: set[object] = set()
    if old_source is not None and old_target is not None:
        before = {_identity(r) for r in other.because(old_source, old_target, path.connections)}
    now = list(network.because(source, target, path.connections))
    new = [r for r in now if _identity(r) not in before and _admits(r)]
    if new:
        return Cause(new[0])
    gone: list[tuple[Policy, Fate]] = []
    for old, number, direction in ((old_source, source, Direction.EGRESS), (old_target, target, Direction.INGRESS)):
        if old is not None:
            gone += lost_by(other, old, network, number, direction)
    return Cause(None, tuple(gone))


def lost_by(before: Network, old: int, after: Network, new: int, direction: Direction) -> list[tuple[Policy, Fate]]:
    """The policies that confined a workload before and don't now, each with what became of it."""
    kept = {_name(policy) for policy, _ in after.selecting(new, direction)}
    found = {_name(policy): policy for policy, _ in before.selecting(old, direction) if _name(policy) not in kept}
    return [(policy, fate(policy, after, direction)) for policy in found.values()]


def fate(policy: Policy, after: Network, direction: Direction) -> Fate:
    """What became of a policy that doesn't confine a workload any more."""
    same = after.remembered(("policies by name",), lambda: _by_name(after)).get(_name(policy))
    if not same:
        return Fate.GONE
    valid = [one for one in same if not one.refused]
    if not valid:
        return Fate.REFUSED
    return Fate.ELSEWHERE if any(one.affects(direction) for one in valid) else Fate.OTHER_TYPES


def closing(path: Path, other: Network) -> Cause:
    """Why the first of a path's pairs, which was open in its network, isn't in the other: the later one."""
    was, source, target = path.network, path.sources[0], path.targets[0]
    new_source, new_target = (_there(path, other, number) for number in (source, target))
    if new_source is None or new_target is None:
        return Cause()
    confining: list[Policy] = []
    for old, new, peer, direction in (
        (source, new_source, new_target, Direction.EGRESS),
        (target, new_target, new_source, Direction.INGRESS),
    ):
        if path.connections & ~other.answers.strict.side(direction).connections(new, peer):
            known = {_name(policy) for policy, _ in was.selecting(old, direction)}
            own = [policy for policy, _ in other.selecting(new, direction)]
            confining += [policy for policy in own if _name(policy) not in known] or own
    before = list(was.because(source, target, path.connections))
    now = {_identity(r) for r in other.because(new_source, new_target, path.connections)}
    ended = next((r for r in before if _identity(r) not in now and _admits(r)), None)
    return Cause(ended, (), tuple({_name(policy): policy for policy in confining}.values()))


def _there(path: Path, other: Network, number: int) -> int | None:
    """A workload's number in the other network."""
    numbers = other.remembered(("numbers",), lambda: {e.id: n for n, e in reversed(list(enumerate(other.endpoints)))})
    return numbers.get(path.network.endpoints[number].id)


def _by_name(network: Network) -> dict[tuple[str, str], list[Policy]]:
    found: dict[tuple[str, str], list[Policy]] = {}
    for policy in network.scope.policies:
        found.setdefault(_name(policy), []).append(policy)
    return found


def _name(policy: Policy) -> tuple[str, str]:
    return (policy.object.kind, policy.name)


def _admits(reason: Reason | Location) -> bool:
    return isinstance(reason, Location) or reason.rule.action is Action.ALLOW


def _identity(reason: Reason | Location) -> object:
    """A rule by what it says, wherever it stands."""
    if isinstance(reason, Location):
        return (reason.path, reason.text)
    peers = None if reason.rule.peers is None else tuple(peer[1:] for peer in reason.rule.peers)
    ports = None if reason.rule.ports is None else tuple(port[1:] for port in reason.rule.ports)
    return (*_name(reason.policy), reason.rule.action, peers, ports)
