"""Maps as text: one connection a line, each with the reason for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hullcheck.draw.places import place
from hullcheck.model.network.map import CONTROLLER, Edge, External, Node, ScopeMap, Wide
from hullcheck.model.network.network import Reason
from hullcheck.source import Location

MAX_REASONS = 3
MAX_NAMES = 8


def render(maps: Iterable[ScopeMap]) -> str:
    """The maps of all scopes, one after the other."""
    return "\n".join("\n".join(_scope(one)) + "\n" for one in maps)


def _scope(found: ScopeMap) -> Iterator[str]:
    policies = "1 policy" if found.policies == 1 else f"{found.policies} policies"
    workloads = "1 workload" if len(found.nodes) == 1 else f"{len(found.nodes)} workloads"
    what = f"{workloads}" if found.kind == "compose" else f"{workloads}, {policies}"
    yield f"{found.name} ({found.kind}): {what}"
    if found.approximate:
        yield f"  not everything is known: {found.approximate}"
    nodes = {node.id: node for node in found.nodes}
    yield from _open(found, nodes)
    yield from _from_outside(found)
    between = [edge for edge in found.edges if edge.source != CONTROLLER and not _is_free(edge, nodes)]
    if found.kind == "compose":
        yield from _networks(found)
        between = [edge for edge in between if not edge.certain]
    if between or found.wide:
        yield "  connections:"
    certain = {(edge.source, edge.target) for edge in between if edge.certain}
    for edge in between:
        what = edge.connections
        if not edge.certain:
            what = "maybe other ports, too" if (edge.source, edge.target) in certain else f"maybe {what}"
        yield f"    {edge.source} -> {edge.target}: {what}{_why(edge, nodes)}"
    for wide in found.wide:
        yield f"    {_names(wide.sources)} -> {_names(wide.targets)}: {wide.connections}{_count(wide)}"
    yield from _to_outside(found, nodes)
    if found.truncated:
        yield "  there is more than could be worked out"


def _is_free(edge: Edge, nodes: dict[str, Node]) -> bool:
    source, target = nodes.get(edge.source), nodes.get(edge.target)
    return bool(source and target and source.free_out and target.free_in and edge.certain)


def _open(found: ScopeMap, nodes: dict[str, Node]) -> Iterator[str]:
    """What nothing restricts, in a sentence each."""
    sources = [node.id for node in found.nodes if node.free_out]
    targets = [node.id for node in found.nodes if node.free_in]
    several = len(sources) > 1 or len(targets) > 1 or sources != targets
    if found.kind != "compose" and sources and targets and several:
        yield "  no policy restricts connections"
        yield f"    from {_names(sources)}"
        yield f"    to   {_names(targets)}"


def _networks(found: ScopeMap) -> Iterator[str]:
    """Who shares a network with whom."""
    members: dict[str, list[str]] = {}
    for node in found.nodes:
        for network in node.box.split(" + ") if node.box else ():
            members.setdefault(network, []).append(node.id)
    yield "  networks, on each of which all reach each other on all ports:"
    for network, ids in sorted(members.items()):
        yield f"    {network}: {', '.join(ids)}"


def _from_outside(found: ScopeMap) -> Iterator[str]:
    lines = []
    for node in found.nodes:
        for way in node.ways:
            maybe = "" if way.certain else "maybe "
            limited = f", {way.limits.text}" if way.limited else ""
            lines.append(f"    {node.id}: {maybe}{way.connections} by {way.via}{limited} ({place(way.location)})")
    if lines:
        yield "  from outside:"
        yield from lines


def _to_outside(found: ScopeMap, nodes: dict[str, Node]) -> Iterator[str]:
    rows = [row for row in found.external if row.direction == "out"]
    free = [row.node for row in rows if row.ranges[:1] == ("0.0.0.0/0",) and row.connections == "All Connections"]
    free = [node for node in free if nodes[node].free_out]
    others = [row for row in found.external if not _is_usual(row, nodes)]
    if free or others:
        yield "  addresses outside:"
    if free:
        yield f"    {_names(free)} -> every address: All Connections"
    for row in others:
        ends = (row.node, ", ".join(row.ranges)) if row.direction == "out" else (", ".join(row.ranges), row.node)
        maybe = "" if row.certain else "maybe "
        yield f"    {ends[0]} -> {ends[1]}: {maybe}{row.connections}"


def _is_usual(row: External, nodes: dict[str, Node]) -> bool:
    """Is it what every workload has that nothing restricts?"""
    node = nodes[row.node]
    return node.free_out if row.direction == "out" else node.free_in


def _why(edge: Edge, nodes: dict[str, Node]) -> str:
    reasons = list(dict.fromkeys(map(_reason, edge.because)))
    more = len(reasons) - MAX_REASONS
    text = "; ".join(reasons[:MAX_REASONS]) + (f"; {more} more" if more > 0 else "")
    if not text:
        node = nodes.get(edge.source)
        text = "no policy restricts either" if node and node.free_out else "no policy restricts it"
    return f" ({text})"


def _reason(reason: Reason | Location) -> str:
    if isinstance(reason, Location):
        return place(reason)
    return f"{reason.policy.name} rule {reason.rule.number}, {place(reason.rule.location)}"


def _names(names: Iterable[str]) -> str:
    names = list(names)
    more = len(names) - MAX_NAMES
    return ", ".join(names[:MAX_NAMES]) + (f" and {more} more" if more > 0 else "")


def _count(wide: Wide) -> str:
    return f" ({len(wide.sources)} x {len(wide.targets)} workloads)"
