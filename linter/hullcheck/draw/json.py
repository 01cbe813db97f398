"""Maps as JSON: the stable format that `schemas/map.schema.json` describes."""

from __future__ import annotations

import json
from collections.abc import Iterable

from hullcheck.model.extent import EVERY_ADDRESS
from hullcheck.model.network.addresses import AddressRange, cidrs
from hullcheck.model.network.extents import Limits
from hullcheck.model.network.map import Edge, External, Meant, Node, ScopeMap, Way, Wide
from hullcheck.model.network.network import Reason
from hullcheck.model.network.policy import Policy
from hullcheck.source import Location
from hullcheck.typed import Any

VERSION = 1


def render(maps: Iterable[ScopeMap]) -> str:
    """The maps of all scopes, as one document."""
    return (
        json.dumps({"version": VERSION, "scopes": [_scope(one) for one in maps]}, indent=2, ensure_ascii=False) + "\n"
    )


def _scope(found: ScopeMap) -> dict[str, Any]:
    made: dict[str, Any] = {
        "scope": found.name,
        "kind": found.kind,
        "nodes": [_node(node) for node in found.nodes],
        "edges": [_edge(edge) for edge in found.edges],
        "external": [_external(row) for row in found.external],
    }
    if found.uses:
        made["meant"] = [_meant(use) for use in found.uses]
    if found.wide:
        made["groups"] = [_wide(wide) for wide in found.wide]
    if found.approximate:
        made["approximate"] = found.approximate
    if found.truncated:
        made["truncated"] = True
    return made


def place(location: Location) -> dict[str, Any]:
    """A place, as file and line."""
    return {"file": location.path, "line": location.line}


def _node(node: Node) -> dict[str, Any]:
    made: dict[str, Any] = {
        "id": node.id,
        "isolated": {"ingress": node.ingress_isolated, "egress": node.egress_isolated},
        "source": place(node.endpoint.location),
    }
    if node.endpoint.data:
        made["data"] = node.endpoint.data
    if node.ways:
        made["exposed"] = [_way(way) for way in node.ways]
    return made


def _way(way: Way) -> dict[str, Any]:
    made = {"kind": way.kind, "connections": way.connections, "certain": way.certain, **place(way.location)}
    return {**made, **limited(way.limits)}


def limited(limits: Limits) -> dict[str, Any]:
    """To whom a way in is open, if it isn't to everybody."""
    made: dict[str, Any] = {"limited": True} if limits.text else {}
    if limits.inside:
        made["internal"] = True
    if limits.sources != EVERY_ADDRESS and not limits.sources.unknown:
        made["sources"] = cidrs(AddressRange(*span) for span in limits.sources.ranges)
    return made


def _edge(edge: Edge) -> dict[str, Any]:
    return {
        "from": edge.source,
        "to": edge.target,
        "connections": edge.connections,
        "certain": edge.certain,
        "because": [because(reason) for reason in edge.because],
    }


def because(reason: Reason | Policy | Location) -> dict[str, Any]:
    """Why a connection is open: the rule of a policy, or a place; or a policy that denies it."""
    if isinstance(reason, Location):
        return place(reason)
    if isinstance(reason, Policy):
        return {"policy": reason.name, **place(reason.location), "denies": True}
    return {"policy": reason.policy.name, **place(reason.rule.location), "rule": reason.rule.number}


def _external(row: External) -> dict[str, Any]:
    return {
        "direction": row.direction,
        "node": row.node,
        "ranges": list(row.ranges),
        "connections": row.connections,
        "certain": row.certain,
    }


def _meant(use: Meant) -> dict[str, Any]:
    made: dict[str, Any] = {"from": use.source, "to": use.target, **place(use.location)}
    if use.connections:
        made["connections"] = use.connections
    made["state"] = use.state
    if use.denied:
        made["denied"] = use.denied
    return {**made, "because": [because(reason) for reason in use.because]}


def _wide(wide: Wide) -> dict[str, Any]:
    return {
        "from": list(wide.sources),
        "to": list(wide.targets),
        "connections": wide.connections,
        "certain": wide.certain,
    }
