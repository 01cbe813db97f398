"""Where things stand in a drawing: columns from left to right, boxes as bands across them.

Items are put in columns so that most lines lead to the right. Each box takes a band of rows in the columns that it has
items in; boxes that share no column may share rows. Lines that pass a column get a place of their own there.
"""

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from hullcheck.draw.graph import Graph, Item, Line

ITEM_WIDTH = 176
ITEM_HEIGHT = 40
ROW_GAP = 16
COLUMN_GAP = 110
BOX_PAD = 18
BOX_TITLE = 24
BAND_GAP = 22
MARGIN = 28
PASS_HEIGHT = 12
MAX_COLUMNS = 9
"""Columns from which on items stand by the shortest way to them: a drawing of a chain of fifty is none."""

_SWEEPS = 8


class Spot(NamedTuple):
    """A rectangle: its upper left corner, and its size."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        return self.y + self.height / 2

    @property
    def right(self) -> float:
        return self.x + self.width


class Layout(NamedTuple):
    """Everything's place. `passes` are the heights at which a line passes the columns between its ends."""

    width: float
    height: float
    items: dict[str, Spot]
    boxes: tuple[tuple[str, Spot], ...]
    passes: dict[tuple[str, str], tuple[tuple[float, float], ...]]


def layout(graph: Graph) -> Layout:
    """The places of a graph's items, boxes and lines."""
    return _Layouter(graph).layout()


class _Cell(NamedTuple):
    """What takes a place in a column: an item, or a line that passes by."""

    key: str
    column: int
    band: str
    height: float


class _Layouter:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.band_of = {item.key: box for box, items in graph.boxes for item in items}
        self.items = {item.key: item for _, items in graph.boxes for item in items}
        self.items.update((item.key, item) for item in graph.outside)
        self.pairs = list(dict.fromkeys((line.source, line.target) for line in graph.lines))
        self.column = _columns(list(self.items.values()), graph.lines)
        self.cells: dict[str, _Cell] = {}
        self.chain: dict[tuple[str, str], list[str]] = {}
        self._make_cells()

    def _make_cells(self) -> None:
        for key, item in self.items.items():
            band = self.band_of.get(key, f"\0{item.kind}")
            self.cells[key] = _Cell(key, self.column[key], band, item_height(item))
        for source, target in self.pairs:
            first, last = self.column[source], self.column[target]
            step = 1 if last > first else -1
            between = range(first + step, last, step) if abs(last - first) > 1 else ()
            band = self.cells[source if source in self.band_of else target].band
            keys = []
            for column in between:
                key = f"{source}\0{target}\0{column}"
                self.cells[key] = _Cell(key, column, band, PASS_HEIGHT)
                keys.append(key)
            self.chain[(source, target)] = keys

    def layout(self) -> Layout:
        order = self._order()
        bands = self._bands(order)
        spots, boxes, height = self._place(order, bands)
        columns = max((cell.column for cell in self.cells.values()), default=0) + 1
        width = MARGIN * 2 + columns * ITEM_WIDTH + (columns - 1) * COLUMN_GAP + 2 * BOX_PAD
        passes = {pair: tuple((spots[key].x, spots[key].middle) for key in keys) for pair, keys in self.chain.items()}
        own = {key: spots[key] for key in self.items}
        return Layout(width, height, own, boxes, passes)

    def _links(self) -> dict[str, list[str]]:
        links: dict[str, list[str]] = {key: [] for key in self.cells}
        for (source, target), keys in self.chain.items():
            chain = [source, *keys, target]
            for a, b in pairwise(chain):
                links[a].append(b)
                links[b].append(a)
        return links

    def _order(self) -> list[str]:
        """All cells from top to bottom, so that what is connected is level: bands stay together."""
        links = self._links()
        position = {key: float(n) for n, key in enumerate(sorted(self.cells, key=self._first_order))}
        for _ in range(_SWEEPS):
            wish = {
                key: sum(position[other] for other in links[key]) / len(links[key]) if links[key] else position[key]
                for key in self.cells
            }
            band = self._band_means(wish)
            order = sorted(self.cells, key=lambda key: (band[self.cells[key].band], wish[key], key))
            position = {key: float(n) for n, key in enumerate(order)}
        return sorted(self.cells, key=lambda key: position[key])

    def _first_order(self, key: str) -> tuple[str, int, str]:
        return (self.cells[key].band, self.cells[key].column, key)

    def _band_means(self, wish: dict[str, float]) -> dict[str, tuple[float, str]]:
        members: dict[str, list[float]] = {}
        for key, cell in self.cells.items():
            members.setdefault(cell.band, []).append(wish[key])
        return {band: (sum(values) / len(values), band) for band, values in members.items()}

    def _bands(self, order: Iterable[str]) -> list[tuple[str, list[str]]]:
        bands: dict[str, list[str]] = {}
        for key in order:
            bands.setdefault(self.cells[key].band, []).append(key)
        return list(bands.items())

    def _place(
        self, order: list[str], bands: list[tuple[str, list[str]]]
    ) -> tuple[dict[str, Spot], tuple[tuple[str, Spot], ...], float]:
        """Bands from the top, each as high up as the bands above it in its columns allow."""
        spots: dict[str, Spot] = {}
        boxes = []
        floor: dict[int, float] = {}
        for band, keys in bands:
            boxed = not band.startswith("\0")
            columns = sorted({self.cells[key].column for key in keys})
            span = range(columns[0], columns[-1] + 1)
            top = max((floor.get(column, MARGIN) for column in span), default=MARGIN)
            inner = top + (BOX_TITLE + BOX_PAD / 2 if boxed else 0)
            bottom = self._stack(keys, inner, spots)
            if boxed:
                own = [spots[key] for key in keys if key in self.items]
                left = min(spot.x for spot in own) - BOX_PAD
                right = max(spot.right for spot in own) + BOX_PAD
                boxes.append((band, Spot(left, top, right - left, bottom - top + BOX_PAD)))
                bottom += BOX_PAD
            for column in span:
                floor[column] = bottom + BAND_GAP
        self._centre_outside(spots)
        return spots, tuple(boxes), max(floor.values(), default=MARGIN) + MARGIN / 2

    def _stack(self, keys: list[str], top: float, spots: dict[str, Spot]) -> float:
        """The cells of a band, column by column; the columns are centred on each other."""
        columns: dict[int, list[str]] = {}
        for key in keys:
            columns.setdefault(self.cells[key].column, []).append(key)
        heights = {c: sum(self.cells[k].height + ROW_GAP for k in ks) - ROW_GAP for c, ks in columns.items()}
        tallest = max(heights.values())
        for column, members in columns.items():
            y = top + (tallest - heights[column]) / 2
            for key in members:
                x = MARGIN + BOX_PAD + column * (ITEM_WIDTH + COLUMN_GAP)
                spots[key] = Spot(x, y, ITEM_WIDTH, self.cells[key].height)
                y += self.cells[key].height + ROW_GAP
        return top + tallest

    def _centre_outside(self, spots: dict[str, Spot]) -> None:
        """What is outside stands level with what it is connected to, and not on one another."""
        outside = [item.key for item in self.graph.outside]
        for column in {self.column[key] for key in outside}:
            lowest = float(MARGIN)
            wishes = []
            for key in outside:
                if self.column[key] != column:
                    continue
                ends = [t for s, t in self.pairs if s == key] + [s for s, t in self.pairs if t == key]
                middles = [spots[end].middle for end in ends]
                wishes.append((sum(middles) / len(middles) if middles else 0.0, key))
            for middle, key in sorted(wishes):
                spot = spots[key]
                y = max(middle - spot.height / 2, lowest)
                spots[key] = spot._replace(y=y)
                lowest = y + spot.height + ROW_GAP


def item_height(item: Item) -> float:
    return ITEM_HEIGHT if not item.subtitle else ITEM_HEIGHT + 10


def _columns(items: list[Item], lines: Iterable[Line]) -> dict[str, int]:
    """A column for each item: one more than that of whatever leads to it, as far as that goes without circles."""
    edges: dict[str, set[str]] = {item.key: set() for item in items}
    for line in lines:
        if line.kind != "exit" and line.source != line.target:
            edges[line.source].add(line.target)
    forward = _without_circles(edges)
    outside = {item.key for item in items if item.kind != "workload"}
    sources = {line.source for line in lines if line.source in outside and line.kind != "exit"}
    least = {key: int(bool(sources) and key not in outside) for key in edges}
    column = dict(least)
    for key in _sorted(forward):
        for target in forward[key]:
            column[target] = max(column[target], column[key] + 1)
    if max(column.values(), default=0) >= MAX_COLUMNS:
        column = _nearest(forward, least)
    last = max(column.values(), default=0)
    targets = {line.target for line in lines if line.kind == "exit"}
    for key in outside & targets:
        column[key] = last + 1
    return column


def _nearest(forward: dict[str, list[str]], least: dict[str, int]) -> dict[str, int]:
    """For long chains: a column for each item by the shortest way to it, from what nothing leads to."""
    entered = {target for targets in forward.values() for target in targets}
    column = {key: number for key, number in least.items() if key not in entered}
    reached = list(column)
    for key in reached:
        for target in forward[key]:
            if target not in column:
                column[target] = min(max(column[key] + 1, least[target]), MAX_COLUMNS)
                reached.append(target)
    return {key: column.get(key, number) for key, number in least.items()}


def _without_circles(edges: dict[str, set[str]]) -> dict[str, list[str]]:
    """The edges less those that close a circle, found depth first from what nothing leads to."""
    entered = {target for targets in edges.values() for target in targets}
    starts = sorted(edges, key=lambda key: (key in entered, -len(edges[key]), key))
    forward: dict[str, list[str]] = {key: [] for key in edges}
    state = dict.fromkeys(edges, 0)
    for start in starts:
        if state[start]:
            continue
        state[start] = 1
        stack = [(start, iter(sorted(edges[start])))]
        while stack:
            key, targets = stack[-1]
            target = next(targets, None)
            if target is None:
                state[key] = 2
                stack.pop()
            elif state[target] != 1:
                forward[key].append(target)
                if state[target] == 0:
                    state[target] = 1
                    stack.append((target, iter(sorted(edges[target]))))
    return forward


def _sorted(forward: dict[str, list[str]]) -> list[str]:
    """The keys, each before those that it leads to."""
    waiting = dict.fromkeys(forward, 0)
    for targets in forward.values():
        for target in targets:
            waiting[target] += 1
    ready = sorted(key for key, count in waiting.items() if not count)
    found = []
    while ready:
        key = ready.pop(0)
        found.append(key)
        for target in forward[key]:
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    return found
