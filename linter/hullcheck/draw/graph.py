"""A map with equal things merged: what is drawn, whatever the format.

Workloads of a namespace that are reached by and reach the same become one item. Those that nothing restricts become one
for each namespace, data stores and what is exposed apart; the connections among them are said, not drawn. Where that is
still too much to be drawn, what is merged gets coarser, and each line says how many of the pairs it is about.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from hullcheck.draw.fold import COARSEST, groups, is_on_host
from hullcheck.draw.items import OUTSIDE, Badge, Graph, Item, Line
from hullcheck.draw.labels import OTHERS, label, short
from hullcheck.draw.merge import Counted, merged
from hullcheck.draw.names import shared_prefix
from hullcheck.model.network.map import CONTROLLER, Edge, Node, ScopeMap, Wide

__all__ = ["OUTSIDE", "Graph", "Item", "Line", "addresses_key", "condensed", "restricted"]

MAX_SINGLE = 40
"""Workloads of a scope up to which unrestricted ones are drawn by what they are meant to use."""

MAX_ITEMS = 90
"""Items that can be looked at; where there would be more, they are merged further."""

MAX_LINES = 250

MAX_FROM_OUTSIDE = 5
"""Workloads up to which each has a line from outside of its own; where more can be reached, each is marked as such."""

MAX_RANGES = 3

_WEIGHT = {"denied": 0, "entry": 1, "data": 2, "exit": 3, "other": 4, "use": 5}
"""Which lines matter most, if not all can be drawn."""

_FOLDED = ("", "are connected with the same namespaces", "are of one namespace", "are of like namespaces")


def condensed(found: ScopeMap) -> Graph:
    """The graph of a map, as fine as can be drawn."""
    for level in range(COARSEST):
        made = _Condenser(found, level)
        if made.fits:
            return made.graph()
    return _Condenser(found, COARSEST).graph()


def restricted(found: ScopeMap) -> list[Edge]:
    """The edges of a map but those that are open only because nothing restricts either end."""
    nodes = {node.id: node for node in found.nodes}
    return [edge for edge in found.edges if not _is_free(edge, nodes, found.kind)]


def _is_free(edge: Edge, nodes: dict[str, Node], kind: str) -> bool:
    source, target = nodes.get(edge.source), nodes.get(edge.target)
    if source is None or target is None:
        return False
    if kind == "compose":  # what is on a network can all connect, so what stores data starts nothing
        return edge.certain and (source.box == target.box or bool(source.endpoint.data))
    return source.free_out and target.free_in


class _Condenser:
    def __init__(self, found: ScopeMap, level: int) -> None:
        self.map = found
        self.level = level
        self.nodes = {node.id: node for node in found.nodes}
        self.hosts = {node.id for node in found.nodes if is_on_host(node)} if len(found.nodes) > 2 else set()
        self.on_host: dict[str, tuple[set[str], set[str]]] = {id_: (set(), set()) for id_ in self.hosts}
        self.hidden = 0
        self.edges = list(self._drawn())
        self.wide = [wide for wide in found.wide if not self._is_wholly_free(wide)]
        uses = () if len(found.nodes) > MAX_SINGLE else found.uses
        made = groups(found, self.edges, self.wide, uses, level, MAX_ITEMS)
        self.item_of = {node.id: f"n{number}" for number, members in enumerate(made) for node in members}
        self.members = {f"n{number}": members for number, members in enumerate(made)}
        self.holding = {key for key, members in self.members.items() if any(node.endpoint.data for node in members)}
        self.among: dict[str, Counter[str]] = {}
        self.reached = {end: self._reached(end) for end in (OUTSIDE, CONTROLLER)}
        self.marked = {end for end, count in self.reached.items() if count > MAX_FROM_OUTSIDE}
        self.lines = sorted(merged(self._lines(), self._pairs), key=lambda line: _WEIGHT[line.kind])

    @property
    def fits(self) -> bool:
        """Can all of it be looked at?"""
        return len(self.members) <= MAX_ITEMS and len(self.lines) <= MAX_LINES

    def _drawn(self) -> Iterator[Edge]:
        for edge in self.map.edges:
            if edge.connections == "All Connections" and self.hosts & {edge.source, edge.target}:
                self._note_host(edge)
            elif not _is_free(edge, self.nodes, self.map.kind):
                if self._shown(edge) is None:
                    self.hidden += 1
                else:
                    yield edge

    def _note_host(self, edge: Edge) -> None:
        """A workload on the host's network has a mark, not two lines to each other."""
        for id_, peer, direction in ((edge.source, edge.target, 0), (edge.target, edge.source, 1)):
            if id_ in self.on_host and peer in self.nodes:
                self.on_host[id_][direction].add(peer)

    def _shown(self, edge: Edge) -> str | None:
        """The label of an edge; None if it is about ports only at which nothing listens, as far as is said."""
        node = self.nodes.get(edge.target)
        return label(edge.connections, node.listens if node else ())

    def _is_wholly_free(self, wide: Wide) -> bool:
        free_out = all(self.nodes[source].free_out for source in wide.sources)
        return free_out and all(self.nodes[target].free_in for target in wide.targets)

    def graph(self) -> Graph:
        lines = self.lines[:MAX_LINES]
        touched = {end for line in lines for end in (line.source, line.target)}
        boxes: dict[str, list[Item]] = {}
        prefixes = self._prefixes()
        for key, members in self.members.items():
            item = self._item(key, members, prefixes)
            boxes.setdefault(item.box, []).append(item)
        return Graph(
            self.map.name,
            tuple((box, tuple(items)) for box, items in sorted(boxes.items())),
            tuple(item for item in self._outside() if item.key in touched),
            tuple(lines),
            tuple(self._notes()),
            prefixes,
            self.map.kind,
        )

    def _prefixes(self) -> dict[str, str]:
        names: dict[str, list[str]] = {}
        for node in self.map.nodes if self.level < COARSEST else ():
            names.setdefault(node.box, []).append(node.endpoint.name)
        found = ((box, shared_prefix(of)) for box, of in names.items())
        return {box: prefix for box, prefix in found if prefix}

    def _item(self, key: str, members: list[Node], prefixes: dict[str, str]) -> Item:
        spaces = {node.box for node in members}
        single = len(spaces) == 1
        box = members[0].box if single else f"{len(spaces)} namespaces"
        stores = sorted({node.endpoint.data for node in members if node.endpoint.data})
        return Item(
            key,
            tuple(sorted(node.endpoint.name for node in members) if single else sorted(spaces)),
            box,
            data=", ".join(stores[:3]) if key in self.holding else "",
            free=all(node.free_in and node.free_out for node in members),
            confined=all(node.ingress_isolated for node in members),
            exposed=any(node.ways for node in members),
            ids=tuple(sorted(node.id for node in members)),
            prefix=prefixes.get(box, ""),
            danger=self._danger(members),
            badges=tuple(self._badges(members)),
            says=tuple(self._says(key, members)),
        )

    def _danger(self, members: list[Node]) -> str:
        stores = [node for node in members if node.endpoint.data]
        if any(way.certain and not way.limited for node in stores for way in node.ways):
            return "outside"
        crowd = self.map.kind != "compose" or len(self.nodes) > 2  # else there is only the one that uses it
        return "open" if crowd and any(node.free_in for node in stores) else ""

    def _badges(self, members: list[Node]) -> Iterator[Badge]:
        for end, kind in ((OUTSIDE, "outside"), (CONTROLLER, "ingress")):
            ways = [way for node in members for way in node.ways if _entry(way.kind) == end]
            if ways and end in self.marked:
                ports = ", ".join(dict.fromkeys(short(way.connections) for way in ways))
                reached = sum(any(_entry(way.kind) == end for way in node.ways) for node in members)
                count = f" ({reached} of {len(members)})" if reached < len(members) else ""
                maybe = "" if any(way.certain for way in ways) else "?"
                text = f"{kind}{maybe}" if ports == "*" else f"{kind}{maybe}: {short(ports)}"
                said = "; ".join(dict.fromkeys(f"{way.connections} by {way.via}" for way in ways[:20]))
                yield Badge(kind, f"{text}{count}", said)
        hosts = [node.id for node in members if node.id in self.hosts]
        if hosts:
            reaches, reached_by = (len(set().union(*(self.on_host[id_][side] for id_ in hosts))) for side in (0, 1))
            said = f"on the host's network: can connect to {reaches} others on all ports, and {reached_by} to it"
            yield Badge("host", "host's network", said)

    def _says(self, key: str, members: list[Node]) -> Iterator[str]:
        if self.level:
            yield f"{len(members)} workloads" if len(members) > 1 else "1 workload"
        found = self.among.get(key)
        if found:
            pairs = len(members) * (len(members) - 1)
            labels = [text for text, _ in found.most_common(2)]
            text = ", ".join("all ports" if one == "*" else one for one in labels) + (", …" if len(found) > 2 else "")
            count = sum(found.values())
            yield f"each other: {text}" if count >= pairs else f"among them: {text} ({count} of {pairs})"

    def _reached(self, end: str) -> int:
        """How many workloads can be reached from there."""
        return sum(any(_entry(way.kind) == end for way in node.ways) for node in self.map.nodes)

    def _pairs(self, source: str, target: str) -> int:
        """How many pairs of workloads there are between two items; what is outside is one."""
        return len(self.members.get(source, (None,))) * len(self.members.get(target, (None,)))

    def _lines(self) -> Iterator[Counted]:
        """The lines, each with the pair that it is of, or with how many pairs it stands for."""
        states = {(use.source, use.target): use.state for use in self.map.uses if use.state != "denied"}
        for edge in self.edges:
            source = self.item_of.get(edge.source, edge.source)
            target = self.item_of.get(edge.target, edge.target)
            text = self._shown(edge) or ""
            if source == target:
                self.among.setdefault(source, Counter())[text] += 1
            elif edge.source != CONTROLLER or CONTROLLER not in self.marked:
                kind = "entry" if edge.source == CONTROLLER else "data" if target in self.holding else "other"
                used = states.get((edge.source, edge.target), "")
                line = Line(source, target, text, edge.certain, kind, ports=edge.connections, used=used)
                yield line, (edge.source, edge.target), 1
        for number, wide in enumerate(self.wide):
            senders, receivers = (Counter(self.item_of[id_] for id_ in ids) for ids in (wide.sources, wide.targets))
            text = short(wide.connections)
            for source, target in ((s, t) for s in sorted(senders) for t in sorted(receivers)):
                count = senders[source] * receivers[target]
                if source != target:
                    kind = "data" if target in self.holding else "other"
                    yield Line(source, target, text, wide.certain, kind, ports=wide.connections), number, count
                elif count > senders[source]:
                    self.among.setdefault(source, Counter())[text] += count - senders[source]
        yield from ((line, pair, 1) for line, pair in (*self._ways(), *self._exits(), *self._uses()))

    def _ways(self) -> Iterator[tuple[Line, object]]:
        for node in self.map.nodes:
            for way in node.ways:
                if _entry(way.kind) == OUTSIDE and OUTSIDE not in self.marked:
                    key, text = self.item_of[node.id], short(way.connections)
                    yield Line(OUTSIDE, key, text, way.certain, "entry", ports=way.connections), node.id

    def _exits(self) -> Iterator[tuple[Line, object]]:
        """Addresses that confined workloads may connect to, or are let in from."""
        for row in self.map.external:
            node = self.nodes[row.node]
            if row.ranges[:1] == ("0.0.0.0/0",) or self.map.kind == "compose":
                continue
            own, there, text = self.item_of[row.node], addresses_key(row.ranges), short(row.connections)
            if row.direction == "out" and not node.free_out and row.certain:
                yield Line(own, there, text, True, "exit", ports=row.connections), row.node
            elif row.direction == "in" and not node.free_in and row.certain:
                yield Line(there, own, text, True, "entry", ports=row.connections), row.node

    def _uses(self) -> Iterator[tuple[Line, object]]:
        """What is meant to be connected; of no account where it is drawn already, unless it is denied."""
        for use in self.map.uses:
            source, target = self.item_of.get(use.source), self.item_of.get(use.target)
            if source and target and source != target:
                denied = use.state == "denied"
                ports = use.denied if denied else use.connections
                text = short(ports) if denied and ports else ""
                kind = "denied" if denied else "use"
                line = Line(source, target, text, use.state != "maybe", kind, ports=ports, used=use.state)
                yield line, (use.source, use.target)

    def _outside(self) -> Iterator[Item]:
        yield Item(OUTSIDE, ("outside",), "", "outside")
        yield Item(CONTROLLER, ("ingress",), "", "controller")
        seen = set()
        for row in self.map.external:
            key = addresses_key(row.ranges)
            if key not in seen:
                seen.add(key)
                more = len(row.ranges) - MAX_RANGES
                names = (*row.ranges[:MAX_RANGES], f"{more} more ranges") if more > 0 else row.ranges
                yield Item(key, ("any address",) if "0.0.0.0/0" in row.ranges else (", ".join(names),), "", "addresses")

    def _notes(self) -> Iterator[str]:
        if self.level:
            yield f"{len(self.map.nodes)} workloads: those that {_FOLDED[self.level]} are drawn as one, with counts."
        free = [node for node in self.map.nodes if node.free_in and node.free_out]
        if self.map.kind == "compose":
            boxes = Counter(node.box for node in self.map.nodes)
            if any(count > 1 and box not in ("", "none") for box, count in boxes.items()):
                yield "Services in one box share networks: each can connect to every other on all ports."
        elif len(free) > 1:
            yield f"{len(free)} workloads are unrestricted: each can connect to every other on all ports."
        if any(line.kind in ("other", "data") and not line.label for line in self.lines):
            yield "A line without ports is about all of them."
        yield from self._notes_on_ports()
        for end, word in ((OUTSIDE, "from outside"), (CONTROLLER, "by an ingress")):
            if end in self.marked:
                yield f"{self.reached[end]} workloads can be reached {word}: each is marked, without a line."
        for id_ in sorted(self.hosts):
            reaches, reached = map(len, self.on_host[id_])
            name = self.nodes[id_].endpoint.name
            yield f"{name} is on the host's network: it can connect to {reaches} others on all ports, and {reached} to it."
        denied = sum(use.state == "denied" for use in self.map.uses)
        if denied:
            are = "connection is" if denied == 1 else "connections are"
            yield f"{denied} {are} meant by the configuration, and denied: crossed out."
        if len(self.lines) > MAX_LINES:
            yield f"{len(self.lines) - MAX_LINES} lines are left out."
        if self.map.approximate:
            yield f"Not everything is known: {self.map.approximate}."
        if self.map.truncated:
            yield "There is more than could be worked out."

    def _notes_on_ports(self) -> Iterator[str]:
        if any(OTHERS in line.label for line in self.lines):
            yield "“+”: other ports are open, too, at which nothing listens as far as the configuration says."
        if self.hidden:
            are = "connection is" if self.hidden == 1 else "connections are"
            yield f"{self.hidden} {are} left out: open, but only to ports that no target declares and no Service offers."


def _entry(kind: str) -> str:
    outside = ("LoadBalancer", "NodePort", "externalIPs", "hostPort", "hostNetwork", "published")
    return OUTSIDE if kind in outside else CONTROLLER


def addresses_key(ranges: tuple[str, ...]) -> str:
    """The key of the item that these addresses are."""
    return "{" + ",".join(ranges) + "}"
