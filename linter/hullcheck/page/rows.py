"""The connections of one map as rows: who, with whom, over what, because of what, and how `--explain` tells it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from hullcheck.budget import tick
from hullcheck.draw.explain import End, explain
from hullcheck.draw.graph import addresses_key, restricted
from hullcheck.draw.items import OUTSIDE, Graph
from hullcheck.model.network.map import CONTROLLER, Edge, External, Meant, ScopeMap, Way, Wide
from hullcheck.model.network.network import Network, Reason
from hullcheck.model.network.policy import Policy
from hullcheck.page.frame import MOST_CHARACTERS, Links
from hullcheck.patterns import pattern
from hullcheck.report.safe import clean, told
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple

MOST_EXPLAINED = 1_500
"""Connections of a page that are explained rule by rule."""

MOST_NAMED = 30
"""Ends of one row that are named; the rest are counted."""

_ORDER = {"denied": 0, "entry": 1, "data": 2, "used": 3, "other": 4, "exit": 5}
_PLACE = pattern(r"(?<=\()([^()\s][^()]{0,400}):(\d{1,7})(?=\))|^ {2}([^\s:][^:]{0,400}):(\d{1,7})(?=: )")

Segment = str | tuple[str, str, str]
"""Text, or a place: its short form, the whole, and the address that it leads to, if there is one."""


class Row(NamedTuple):
    """A connection. `sources` and `targets` are ids of nodes, or what is outside; `from_` and `to` the keys of the items
    that are drawn for them. `kind` is "entry", "exit", "data", "used", "denied" (used, but not open) or "other".
    `explained` are numbers of lines, `sign` is "+" or "-" where a change made it so."""

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    from_: tuple[str, ...]
    to: tuple[str, ...]
    connections: str
    kind: str
    certain: bool
    because: tuple[tuple[str, Location], ...]
    used: bool = False
    note: str = ""
    explained: tuple[int, ...] = ()
    sign: str = ""


class Lines:
    """Lines of explanations, each kept once, with its places as links."""

    def __init__(self) -> None:
        self.numbers: dict[tuple[Segment, ...], int] = {}
        self.left = MOST_EXPLAINED

    def add(self, network: Network, source: End, target: End, links: Links) -> tuple[int, ...]:
        """The numbers of the lines that explain a connection; none once there were too many."""
        if self.left <= 0:
            return ()
        self.left -= 1
        tick()
        found = explain(network, source, target, network.universe.ports.all)
        found = found.removeprefix(f"{source.name} -> {target.name}: ")  # the row says that
        return tuple(self._number(segments(line, links)) for line in found.splitlines())

    def _number(self, line: tuple[Segment, ...]) -> int:
        return self.numbers.setdefault(line, len(self.numbers))


def segments(line: str, links: Links) -> tuple[Segment, ...]:
    """One line, cut at the places that it names."""
    line = clean(told(line))[:MOST_CHARACTERS]
    made: list[Segment] = []
    at = 0
    for found in _PLACE.finditer(line):
        path, number = (found[1], found[2]) if found[1] else (found[3], found[4])
        start = found.start(1) if found[1] else found.start(3)
        short = f"{path.rpartition('/')[2]}:{number}"
        made += [line[at:start], (short, line[start : found.end()], links.to(path, int(number)))]
        at = found.end()
    return tuple(part for part in (*made, line[at:]) if part)


def rows(
    network: Network, found: ScopeMap, graph: Graph, lines: Lines, links: Links, changed: Mapping[tuple[str, str], str]
) -> list[Row]:
    """All connections of a map but those that are open only because nothing restricts either end."""
    return _Teller(network, found, graph, lines, links, changed).rows()


class _Teller:
    def __init__(
        self,
        network: Network,
        found: ScopeMap,
        graph: Graph,
        lines: Lines,
        links: Links,
        changed: Mapping[tuple[str, str], str],
    ) -> None:
        self.network = network
        self.map = found
        self.lines = lines
        self.links = links
        self.changed = changed
        self.nodes = {node.id: node for node in found.nodes}
        self.item_of = {id_: item.key for _, items in graph.boxes for item in items for id_ in item.ids}
        self.numbers: dict[str, int] = {}
        for number, endpoint in enumerate(network.endpoints):
            self.numbers.setdefault(endpoint.id, number)
        self.used = {(use.source, use.target) for use in found.uses}
        self.drawn = restricted(found)

    def rows(self) -> list[Row]:
        made = [*self._uses(), *self._ways(), *map(self._edge, self.drawn), *self._wide(), *self._external()]
        made.sort(key=lambda row: (_ORDER[row.kind], row.targets, row.sources, not row.certain))
        return [row._replace(explained=self._explained(row)) for row in made]

    def _key(self, id_: str) -> str:
        return self.item_of.get(id_, id_)

    def _sign(self, sources: Iterable[str], targets: Iterable[str]) -> str:
        if not self.changed:
            return ""
        targets = tuple(targets)
        return next((self.changed[s, t] for s in sources for t in targets if (s, t) in self.changed), "")

    def _row(
        self,
        sources: tuple[str, ...],
        targets: tuple[str, ...],
        connections: str,
        kind: str,
        certain: bool,
        because: Iterable[tuple[str, Location]],
        note: str = "",
    ) -> Row:
        keys = [tuple(dict.fromkeys(map(self._key, ends))) for ends in (sources, targets)]
        used = kind in ("used", "denied") or any((s, t) in self.used for s in sources[:200] for t in targets[:200])
        sign = self._sign(sources, targets)
        return Row(sources, targets, keys[0], keys[1], connections, kind, certain, tuple(because), used, note, (), sign)

    def _edge(self, edge: Edge) -> Row:
        node = self.nodes.get(edge.target)
        kind = "entry" if edge.source == CONTROLLER else "data" if node and node.endpoint.data else "other"
        reasons = (_reason(reason) for reason in edge.because)
        return self._row((edge.source,), (edge.target,), edge.connections, kind, edge.certain, reasons)

    def _uses(self) -> Iterator[Row]:
        """What is meant, where it isn't a row of its own anyway."""
        drawn = {(edge.source, edge.target) for edge in self.drawn}
        for use in self.map.uses:
            if use.state == "denied":
                yield self._use(use, "denied", use.denied or use.connections)
            elif (use.source, use.target) not in drawn:
                yield self._use(use, "used", use.connections)

    def _use(self, use: Meant, kind: str, connections: str) -> Row:
        reasons = [("spoken of at", use.location), *map(_reason, use.because if kind == "denied" else ())]
        return self._row((use.source,), (use.target,), connections, kind, use.state != "maybe", reasons)

    def _ways(self) -> Iterator[Row]:
        for node in self.map.nodes:
            for way in node.ways:
                if _from_outside(way):
                    note = ", ".join(part for part in (way.via, way.limits.text) if part)
                    yield self._row(
                        (OUTSIDE,), (node.id,), way.connections, "entry", way.certain, [("", way.location)], note
                    )

    def _wide(self) -> Iterator[Row]:
        for one in self.map.wide:
            if not self._is_free(one):
                yield self._row(one.sources, one.targets, one.connections, "other", one.certain, ())

    def _is_free(self, one: Wide) -> bool:
        free_out = all(self.nodes[source].free_out for source in one.sources)
        return free_out and all(self.nodes[target].free_in for target in one.targets)

    def _external(self) -> Iterator[Row]:
        if self.map.kind == "compose":
            return
        for one in self.map.external:
            if not self._is_said(one):
                key = addresses_key(one.ranges)
                ends = ((one.node,), (key,)) if one.direction == "out" else ((key,), (one.node,))
                kind = "exit" if one.direction == "out" else "entry"
                yield self._row(*ends, one.connections, kind, one.certain, (), ", ".join(one.ranges[:6]))

    def _is_said(self, one: External) -> bool:
        """Is it what every unrestricted workload can do?"""
        node = self.nodes[one.node]
        return one.ranges[:1] == ("0.0.0.0/0",) and (node.free_out if one.direction == "out" else node.free_in)

    def _explained(self, row: Row) -> tuple[int, ...]:
        if len(row.sources) != 1 or len(row.targets) != 1 or CONTROLLER in row.sources:
            return ()
        ends = [self._end(end) for end in (row.sources[0], row.targets[0])]
        if all(end.workload is None for end in ends):
            return ()
        return self.lines.add(self.network, ends[0], ends[1], self.links)

    def _end(self, id_: str) -> End:
        number = self.numbers.get(id_)
        if number is not None:
            return End(id_, number, 1 << number)
        universe = self.network.universe
        return End("outside", None, universe.addresses.all << universe.first_address)


def _from_outside(way: Way) -> bool:
    return way.kind in ("LoadBalancer", "NodePort", "externalIPs", "hostPort", "hostNetwork", "published")


def _reason(reason: Reason | Policy | Location) -> tuple[str, Location]:
    if isinstance(reason, Location):
        return "", reason
    if isinstance(reason, Policy):
        return reason.name, reason.location
    return f"{reason.policy.name} rule {reason.rule.number}", reason.rule.location
