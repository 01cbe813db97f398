"""What a change does to who can talk to whom, as parts for checks: paths opened, isolation lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hullcheck.link.compose_network import compose_parts
from hullcheck.link.denied import cuts
from hullcheck.link.network import Options, network
from hullcheck.model.compose import ComposeProject
from hullcheck.model.kubernetes import World
from hullcheck.model.network.causes import Cause, cause
from hullcheck.model.network.diff import Difference, Lost, Path, difference
from hullcheck.model.network.network import Network, Reason
from hullcheck.model.network.pairing import Pair
from hullcheck.model.network.parts import IsolationLost, Opened
from hullcheck.model.network.policy import Direction
from hullcheck.model.scoped import Scoped, within
from hullcheck.source import Location
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.kept import Kept

Scopes = tuple[Iterable[World], Iterable[ComposeProject]]
"""The worlds and the Compose projects of one tree."""


def change_parts(changed: Iterable[Pair]) -> Iterator[Scoped]:
    """What a change opens in each of the scopes, of those that are there before and after.

    Of a scope that isn't known in full that is what stands in the repository: what it had, and hasn't any more.
    """
    for found in map(difference, changed):
        if found.before is not None and found.after is not None:
            certain = not found.before.scope.approximate and not found.after.scope.approximate
            parts: list[Opened | IsolationLost] = [*_entries(found), *_paths(found), *_lost(found)]
            yield from within(found.after.scope.name, (part._replace(certain=certain) for part in parts))
            yield from within(found.after.scope.name, (part._replace(known=certain) for part in cuts(found)))


def networks(scopes: Scopes, options: Options, kept: "Kept | None" = None) -> list[Network]:
    """The networks of a tree."""
    worlds, projects = scopes
    found = [network(world, options.assume, options.datastores, kept) for world in worlds]
    composed = (use.network for use in compose_parts(projects, options.datastores))
    return [one for one in (*found, *composed) if one.endpoints]


def _entries(found: Difference) -> Iterator[Opened]:
    """Ways in from outside; a workload that is new has to be reached somehow, so only data stores among them."""
    for entry in found.entries:
        if entry.doorway.kind == "hostNetwork" or (entry.endpoint.id in found.added and not entry.endpoint.data):
            continue
        doorway = entry.doorway
        yield Opened(
            entry.endpoint,
            doorway.location,
            "outside",
            entry.text,
            f"by {doorway.via}",
            outside=True,
            limited=doorway.limited,
        )


def _paths(found: Difference) -> Iterator[Opened]:
    """Paths between workloads that were both there, to those that hold data; where isolation was lost, that says it."""
    assert found.before is not None
    said = {lost.endpoint.id for lost in found.lost if lost.direction is Direction.INGRESS}
    for path in found.opened:
        for target in path.targets:
            endpoint = path.network.endpoints[target]
            if endpoint.data and endpoint.id not in said:
                single = path._replace(targets=(target,))
                yield _opened(single, cause(single, found.before))


def _opened(path: Path, why: Cause) -> Opened:
    (target,) = path.targets
    endpoint = path.network.endpoints[target]
    sources = [path.network.endpoints[number].name for number in path.sources]
    others = [n for n in range(len(path.network.endpoints)) if n != target]
    solution = path.network.answers.strict
    everyone = len(others) > 1 and all(solution.connections(n, target) & path.connections for n in others)
    words = ", ".join(f"`{name}`" for name in sources[:3]) + (f" and {len(sources) - 3} more" if sources[3:] else "")
    place, reason = _why(why)
    return Opened(
        endpoint,
        place or endpoint.location,
        f"every workload ({len(others)})" if everyone else words,
        path.text,
        reason,
        everyone=everyone,
    )


def _why(why: Cause) -> tuple[Location | None, str]:
    """The line that opened a path, and what to say of it."""
    if isinstance(why.reason, Reason):
        return why.reason.rule.location, f"by rule {why.reason.rule.number} of `{why.reason.policy.object.name}`"
    if why.reason is not None:
        return why.reason, "by a network that both are on"
    if why.gone:
        policy, _ = why.gone[0]
        return (
            None,
            f"since `{policy.object.name}` ({policy.location.path}:{policy.location.line}) confines it no longer",
        )
    return None, ""


def _lost(found: Difference) -> Iterator[IsolationLost]:
    """One for all workloads that the same policies confined, those that hold data first."""
    groups: dict[tuple[object, ...], list[Lost]] = {}
    for lost in found.lost:
        policies = ((policy.object.kind, policy.name, policy.number) for policy in lost.gone)
        groups.setdefault((lost.direction, *policies), []).append(lost)
    for members in groups.values():
        endpoints = sorted((lost.endpoint for lost in members), key=lambda endpoint: not endpoint.data)
        gone = tuple((policy.object.name, policy.location) for policy in members[0].gone)
        yield IsolationLost(tuple(endpoints), members[0].direction, gone)
