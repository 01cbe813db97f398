"""A map with equal things merged: what is drawn, whatever the format.

Workloads of a namespace that are reached by and reach the same become one item. Those that nothing restricts become one
for each namespace, data stores and what is exposed apart; the connections among them are said, not drawn.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hullcheck.model.network.map import CONTROLLER, Edge, Node, ScopeMap, Wide

OUTSIDE = "{outside}"

_Row = tuple[str, str, str, bool]
"""A connection of a node: "in" or "out", with whom, over what, and whether for certain."""

MAX_SINGLE = 40
"""Workloads of a scope up to which unrestricted ones are drawn by what they are meant to use."""

MAX_ITEMS = 160
"""Items that can be drawn; where there would be more, all workloads of a box are one."""

MAX_LINES = 400

_WEIGHT = {"entry": 0, "data": 1, "exit": 2, "other": 3, "use": 4}
"""Which lines matter most, if not all can be drawn."""

MAX_NAMES = 3
TITLE_LENGTH = 20
MAX_RANGES = 3


class Item(NamedTuple):
    """What is drawn as one: workloads, or something outside. `box` is their namespace, empty for what is outside.

    `kind` is "workload", "outside", "controller" or "addresses". `free` is true where nothing restricts connections
    among them. `confined` is true where policies say who may connect.
    """

    key: str
    names: tuple[str, ...]
    box: str
    kind: str = "workload"
    data: str = ""
    free: bool = False
    confined: bool = False
    exposed: bool = False

    @property
    def title(self) -> str:
        """Its names, as many as have room: `orders, billing (+3)`."""
        shown = 1
        while shown < min(len(self.names), MAX_NAMES) and len(", ".join(self.names[: shown + 1])) <= TITLE_LENGTH:
            shown += 1
        more = len(self.names) - shown
        text = ", ".join(self.names[:shown])
        return f"{text} (+{more})" if more > 0 else text

    @property
    def subtitle(self) -> str:
        """What there is to say of it."""
        words = [self.data] if self.data else []
        if self.free:
            words.append("unrestricted")
        return ", ".join(words)


class Line(NamedTuple):
    """A connection. `kind` is "entry" from outside, "exit" to it, "data" to a data store, "use" where it is only meant,
    or "other". `both` is true where either end can open it."""

    source: str
    target: str
    label: str
    certain: bool
    kind: str
    both: bool = False


class Graph(NamedTuple):
    """Items by box, and lines. `notes` are sentences to stand below."""

    title: str
    boxes: tuple[tuple[str, tuple[Item, ...]], ...]
    outside: tuple[Item, ...]
    lines: tuple[Line, ...]
    notes: tuple[str, ...]


def condensed(found: ScopeMap) -> Graph:
    """The graph of a map."""
    return _Condenser(found).graph()


class _Condenser:
    def __init__(self, found: ScopeMap) -> None:
        self.map = found
        self.nodes = {node.id: node for node in found.nodes}
        self.edges = list(self._drawn())
        self.wide = [(f"*{n}", wide) for n, wide in enumerate(found.wide) if not self._is_wholly_free(wide)]
        self.coarse = False
        self.crowded = not found.uses or len(found.nodes) > MAX_SINGLE

    def _is_free(self, edge: Edge) -> bool:
        """Is it open only because nothing restricts either end?"""
        source, target = self.nodes.get(edge.source), self.nodes.get(edge.target)
        if source is None or target is None:
            return False
        if self.map.kind == "compose":  # what is on a network can all connect, so what stores data starts nothing
            return edge.certain and (source.box == target.box or bool(source.endpoint.data))
        return source.free_out and target.free_in

    def _drawn(self) -> Iterator[Edge]:
        for edge in self.map.edges:
            if not self._is_free(edge):
                yield edge

    def _is_wholly_free(self, wide: Wide) -> bool:
        free_out = all(self.nodes[source].free_out for source in wide.sources)
        return free_out and all(self.nodes[target].free_in for target in wide.targets)

    def graph(self) -> Graph:
        item_of, items = self._items()
        lines = list(_merged(self._lines(item_of, items)))
        left_out = len(lines) - MAX_LINES
        lines = sorted(lines, key=lambda line: _WEIGHT[line.kind])[:MAX_LINES] if left_out > 0 else lines
        touched = {end for line in lines for end in (line.source, line.target)}
        outside = [item for item in self._outside() if item.key in touched]
        boxes: dict[str, list[Item]] = {}
        for item in items.values():
            boxes.setdefault(item.box, []).append(item)
        return Graph(
            self.map.name,
            tuple((box, tuple(members)) for box, members in sorted(boxes.items())),
            tuple(outside),
            tuple(lines),
            (*self._notes(), *([f"{left_out} connections are left out."] if left_out > 0 else [])),
        )

    def _items(self) -> tuple[dict[str, str], dict[str, Item]]:
        """The item that each node is part of, and the items by key."""
        groups = self._groups()
        if len(groups) > MAX_ITEMS:
            groups = self._by_look()
            self.coarse = True
        item_of: dict[str, str] = {}
        items: dict[str, Item] = {}
        for number, members in enumerate(groups):
            key = f"n{number}"
            first = members[0]
            for node in members:
                item_of[node.id] = key
            items[key] = Item(
                key,
                tuple(sorted(node.endpoint.name for node in members)),
                first.box,
                data=first.endpoint.data,
                free=first.free_in and first.free_out,
                confined=first.ingress_isolated,
                exposed=any(way.certain or way.connections for way in first.ways),
            )
        return item_of, items

    def _groups(self) -> list[list[Node]]:
        rows = self._rows()
        alike: dict[tuple[object, ...], list[Node]] = {}
        for node in self.map.nodes:
            free = self.crowded and node.free_in and node.free_out and not self._marked(node)
            alike.setdefault((self._look(node), "free" if free else frozenset(rows[node.id])), []).append(node)
        found = [members for members in alike.values() if len(members) > 1]
        # What is left alone may still be one of several that reach each other and are otherwise the same.
        cliques: dict[tuple[object, ...], list[Node]] = {}
        for node in (members[0] for members in alike.values() if len(members) == 1):
            row = frozenset(rows[node.id] | self._own(rows, node))
            cliques.setdefault((self._look(node), row), []).append(node)
        return sorted([*found, *cliques.values()], key=lambda members: members[0].id)

    def _by_look(self) -> list[list[Node]]:
        """What is in one box as one, data stores apart: for maps with more than can be drawn."""
        alike: dict[tuple[str, str], list[Node]] = {}
        for node in self.map.nodes:
            alike.setdefault((node.box, node.endpoint.data), []).append(node)
        return list(alike.values())

    def _rows(self) -> dict[str, set[_Row]]:
        rows: dict[str, set[_Row]] = {node.id: set() for node in self.map.nodes}
        for edge in self.edges:
            if edge.source in rows:
                rows[edge.source].add(("out", edge.target, edge.connections, edge.certain))
            if edge.target in rows:
                rows[edge.target].add(("in", edge.source, edge.connections, edge.certain))
        for key, wide in self.wide:
            for source in wide.sources:
                rows[source].add(("out", key, wide.connections, wide.certain))
            for target in wide.targets:
                rows[target].add(("in", key, wide.connections, wide.certain))
        for use in self.map.uses if not self.crowded else ():
            rows[use.source].add(("use", use.target, "", False))
            rows[use.target].add(("used", use.source, "", False))
        return rows

    def _own(self, rows: dict[str, set[_Row]], node: Node) -> set[_Row]:
        """The rows that a node would have of itself, if it is one of a clique."""
        own = set()
        for direction, peer, connections, certain in rows[node.id]:
            other = self.nodes.get(peer)  # none for a wide edge, which is no clique's
            if other is not None and other.box == node.box and (direction, node.id, connections, certain) in rows[peer]:
                own.add((direction, node.id, connections, certain))
        return own

    def _marked(self, node: Node) -> bool:
        return bool(node.endpoint.data or node.ways)

    def _look(self, node: Node) -> tuple[object, ...]:
        """What tells nodes apart, whoever they are connected with."""
        ways = frozenset((way.kind, way.connections) for way in node.ways)
        return (node.box, node.endpoint.data, node.free_in, node.free_out, node.ingress_isolated, ways)

    def _lines(self, item_of: dict[str, str], items: dict[str, Item]) -> Iterator[Line]:
        for edge in self.edges:
            source = item_of.get(edge.source, edge.source)
            target = item_of.get(edge.target, edge.target)
            if source == target:
                continue
            data = items[target].data if target in items else ""
            kind = "entry" if edge.source == CONTROLLER else "data" if data else "other"
            yield Line(source, target, short(edge.connections), edge.certain, kind)
        for _, wide in self.wide:
            sources, targets = ({item_of[id_] for id_ in ids} for ids in (wide.sources, wide.targets))
            for source, target in ((s, t) for s in sorted(sources) for t in sorted(targets) if s != t):
                kind = "data" if items[target].data else "other"
                yield Line(source, target, short(wide.connections), wide.certain, kind)
        for node in self.map.nodes:
            for way in node.ways:
                entry = _entry(way.kind)
                if entry == OUTSIDE:
                    yield Line(entry, item_of[node.id], short(way.connections), way.certain, "entry")
        yield from self._exits(item_of)
        yield from self._uses(item_of)

    def _exits(self, item_of: dict[str, str]) -> Iterator[Line]:
        """Addresses that confined workloads may connect to, or are let in from."""
        for row in self.map.external:
            node = self.nodes[row.node]
            if row.ranges[:1] == ("0.0.0.0/0",) or self.map.kind == "compose":
                continue
            if row.direction == "out" and not node.free_out and row.certain:
                yield Line(item_of[row.node], addresses_key(row.ranges), short(row.connections), True, "exit")
            elif row.direction == "in" and not node.free_in and row.certain:
                yield Line(addresses_key(row.ranges), item_of[row.node], short(row.connections), True, "entry")

    def _uses(self, item_of: dict[str, str]) -> Iterator[Line]:
        """What is meant to be connected; of no account where it is drawn already."""
        for use in self.map.uses:
            source, target = self.nodes.get(use.source), self.nodes.get(use.target)
            if source and target and item_of[use.source] != item_of[use.target]:
                yield Line(item_of[use.source], item_of[use.target], "", False, "use")

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
        if self.coarse:
            yield f"{len(self.map.nodes)} workloads are too many to be drawn: those of a namespace are one."
        free = [node for node in self.map.nodes if node.free_in and node.free_out]
        if self.map.kind == "compose":
            if any(len(members) > 1 for members in self._by_box().values()):
                yield "Services in one box share networks: each can connect to every other on all ports."
        elif len(free) > 1:
            yield f"{len(free)} workloads are unrestricted: each can connect to every other on all ports."
        if self.map.approximate:
            yield f"Not everything is known: {self.map.approximate}."
        if self.map.truncated:
            yield "There is more than could be worked out."

    def _by_box(self) -> dict[str, list[Node]]:
        boxes: dict[str, list[Node]] = {}
        for node in self.map.nodes:
            boxes.setdefault(node.box, []).append(node)
        return boxes


def _entry(kind: str) -> str:
    outside = ("LoadBalancer", "NodePort", "externalIPs", "hostPort", "hostNetwork", "published")
    return OUTSIDE if kind in outside else CONTROLLER


def addresses_key(ranges: tuple[str, ...]) -> str:
    """The key of the item that these addresses are."""
    return "{" + ",".join(ranges) + "}"


def short(connections: str) -> str:
    """Connections for a label: TCP goes without saying, all is `*`."""
    if connections == "All Connections":
        return "*"
    text = connections.removeprefix("TCP ") if connections.count(" ") == 1 else connections
    return text if len(text) <= 24 else f"{text[:22]}…"


def _merged(lines: Iterable[Line]) -> Iterator[Line]:
    """Lines between the same items as one, and what is open both ways as one line."""
    found: dict[tuple[str, str, bool, str], list[str]] = {}
    for line in lines:
        labels = found.setdefault((line.source, line.target, line.certain, line.kind), [])
        if line.label not in labels:
            labels.append(line.label)
    certain = {(source, target) for source, target, is_certain, _ in found if is_certain}
    meant = {(source, target) for source, target, _, kind in found if kind == "use"}
    single = []
    for (source, target, is_certain, kind), labels in found.items():
        if kind != "use" or not {(source, target), (target, source)} & certain:
            text = ", ".join(labels[:3]) + (", …" if len(labels) > 3 else "")
            single.append(Line(source, target, text, is_certain, kind))
    yield from _paired(single, meant)


def _paired(lines: list[Line], meant: set[tuple[str, str]]) -> Iterator[Line]:
    by_ends = {(line.source, line.target, line.label, line.certain): line for line in lines}
    done = set()
    for key, line in by_ends.items():
        source, target, label, certain = key
        back = by_ends.get((target, source, label, certain))
        if back is None or line.kind in ("entry", "exit", "use"):
            yield line
        elif key not in done:
            done.add((target, source, label, certain))
            towards = (source, target) in meant or line.kind == "data"
            against = (target, source) in meant or back.kind == "data"
            chosen = back if against and not towards else line
            yield chosen._replace(both=True)
