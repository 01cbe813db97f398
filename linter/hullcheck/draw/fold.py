"""Which workloads of a map are drawn as one: those that can't be told apart, and more where there are too many."""

from __future__ import annotations

from collections.abc import Iterable

from hullcheck.model.network.map import Edge, Meant, Node, ScopeMap, Wide

COARSEST = 3
"""Levels: 0 what has the same connections, 1 what has them with the same namespaces, 2 what is in one, 3 namespaces."""

_Row = tuple[str, object, str, bool]
"""A connection of a node: its direction, with whom, over what, and whether for certain."""


def groups(
    found: ScopeMap, edges: Iterable[Edge], wide: Iterable[Wide], uses: Iterable[Meant], level: int, most: int
) -> list[list[Node]]:
    """The nodes in groups, each with at least one, sorted by their first; `most` is how many there should be."""
    uses = list(uses)
    folder = _Folder(found, bool(uses))
    coarse = level > 1
    made = folder.by_box(most if level == COARSEST else 0) if coarse else folder.by_rows(edges, wide, uses, level)
    return sorted(made, key=lambda members: members[0].id)


def is_on_host(node: Node) -> bool:
    """Is it on the network of its host?"""
    return node.endpoint.host_network or node.box == "host"


class _Folder:
    def __init__(self, found: ScopeMap, by_use: bool) -> None:
        self.map = found
        self.nodes = {node.id: node for node in found.nodes}
        self.by_use = by_use

    def by_box(self, most: int) -> list[list[Node]]:
        """What is in one box as one, data stores apart; with `most`, like boxes as one where there would be more."""
        alike: dict[tuple[object, ...], list[Node]] = {}
        for node in self.map.nodes:
            alike.setdefault((node.box, node.endpoint.data, is_on_host(node)), []).append(node)
        if not most or len(alike) <= most:
            return list(alike.values())
        profiles: dict[str, set[object]] = {}
        for node in self.map.nodes:
            profiles.setdefault(node.box, set()).add(self._look(node)[1:])
        like: dict[object, list[Node]] = {}
        for node in self.map.nodes:
            like.setdefault(frozenset(profiles[node.box]), []).append(node)
        if len(like) <= most:
            return list(like.values())
        ranked = sorted(like.values(), key=lambda members: (not any(n.endpoint.data for n in members), -len(members)))
        rest = [node for members in ranked[most - 1 :] for node in members]
        return [*ranked[: most - 1], rest]

    def by_rows(
        self, edges: Iterable[Edge], wide: Iterable[Wide], uses: Iterable[Meant], level: int
    ) -> list[list[Node]]:
        """What looks alike and has the same connections, at level 1 with what looks alike."""
        rows = self._rows(edges, wide, uses, level)
        alike: dict[tuple[object, ...], list[Node]] = {}
        for node in self.map.nodes:
            free = not self.by_use and node.free_in and node.free_out and not (node.endpoint.data or node.ways)
            alike.setdefault((self._look(node), "free" if free else frozenset(rows[node.id])), []).append(node)
        if level:
            return list(alike.values())
        found = [members for members in alike.values() if len(members) > 1]
        # What is left alone may still be one of several that reach each other and are otherwise the same.
        cliques: dict[tuple[object, ...], list[Node]] = {}
        for node in (members[0] for members in alike.values() if len(members) == 1):
            row = frozenset(rows[node.id] | self._own(rows, node))
            cliques.setdefault((self._look(node), row), []).append(node)
        return [*found, *cliques.values()]

    def _rows(
        self, edges: Iterable[Edge], wide: Iterable[Wide], uses: Iterable[Meant], level: int
    ) -> dict[str, set[_Row]]:
        rows: dict[str, set[_Row]] = {node.id: set() for node in self.map.nodes}

        def peer(id_: str) -> object:
            node = self.nodes.get(id_) if level else None
            return id_ if node is None else (node.box, node.endpoint.data)

        for edge in edges:
            if edge.source in rows:
                rows[edge.source].add(("out", peer(edge.target), edge.connections, edge.certain))
            if edge.target in rows:
                rows[edge.target].add(("in", peer(edge.source), edge.connections, edge.certain))
        for number, one in enumerate(wide):
            for source in one.sources:
                rows[source].add(("out", f"*{number}", one.connections, one.certain))
            for target in one.targets:
                rows[target].add(("in", f"*{number}", one.connections, one.certain))
        for use in uses:
            rows[use.source].add(("use", peer(use.target), use.state, False))
            rows[use.target].add(("used", peer(use.source), use.state, False))
        return rows

    def _own(self, rows: dict[str, set[_Row]], node: Node) -> set[_Row]:
        """The rows that a node would have of itself, if it is one of a clique."""
        own: set[_Row] = set()
        for direction, peer, connections, certain in rows[node.id]:
            other = self.nodes.get(str(peer))  # none for a wide edge, which is no clique's
            row = (direction, node.id, connections, certain)
            if other is not None and other.box == node.box and row in rows[other.id]:
                own.add(row)
        return own

    def _look(self, node: Node) -> tuple[object, ...]:
        """What tells nodes apart, whoever they are connected with."""
        ways = frozenset((way.kind, way.connections) for way in node.ways)
        host = is_on_host(node)
        return (node.box, node.endpoint.data, node.free_in, node.free_out, node.ingress_isolated, ways, host)
