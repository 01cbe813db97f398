"""Where things stand in a drawing: columns from left to right, boxes as bands across them.

Items are put in columns so that most lines lead to the right. Each box takes a band of rows in the columns that it has
items in; boxes that share no column may share rows. Lines that pass a column get a place of their own there.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from hullcheck.draw.items import Graph, Item, Line
from hullcheck.draw.names import text_width, wrapped
from hullcheck.tuples import NamedTuple

MIN_ITEM = 110
MAX_ITEM = 230
PAD = 24
TITLE_LINE = 15
SUB_LINE = 13
SUB_SIZE = 10
BADGE = 16
LABEL = 15
"""The least distance of two labels at one side of an item."""
LOOP = 30
"""How far a line goes to the right that comes back to its column."""
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
    """Everything's place. `passes` are the heights at which a line passes the columns between its ends.

    `texts` are the lines of each item's title and of what stands below it, `titles` those of each box.
    """

    width: float
    height: float
    items: dict[str, Spot]
    boxes: tuple[tuple[str, Spot], ...]
    passes: dict[tuple[str, str], tuple[Spot, ...]]
    texts: dict[str, tuple[list[str], list[str]]]
    titles: dict[str, list[str]]


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
        self.texts = {key: _texts(item) for key, item in self.items.items()}
        self.titles: dict[str, list[str]] = {}
        self.left: dict[int, float] = {}
        self.wide: dict[int, float] = {}
        self.room = 0.0
        self._widen()
        self.cells: dict[str, _Cell] = {}
        self.chain: dict[tuple[str, str], list[str]] = {}
        self._make_cells()

    def _widen(self) -> None:
        """Columns as wide as what is in them, with room for the labels of what arrives there."""
        last = max(self.column.values(), default=0)
        before: dict[int, float] = {}
        behind: dict[int, float] = {}
        for line in self.graph.lines:
            words = f"{line.label} ({line.part})" if line.part else line.label
            column = self.column[line.target]
            side = before if self.column[line.source] < column else behind
            side[column] = max(side.get(column, 0), text_width(words, SUB_SIZE) if words else 0)
        x = float(MARGIN + BOX_PAD)
        for column in range(last + 1):
            keys = [key for key, at in self.column.items() if at == column]
            widths = [_width(self.items[key], *self.texts[key]) for key in keys]
            x += before.get(column, 0) / 2 if column else 0
            self.left[column], self.wide[column] = x, max(widths, default=MIN_ITEM)
            x += self.wide[column] + COLUMN_GAP + behind.get(column, 0) / 2
        self.room = max(behind[last] + PAD - BOX_PAD, LOOP) if last in behind else 0

    def _arriving(self) -> dict[str, int]:
        """How many different labels there are at one side of each item, with room above and below."""
        found: dict[tuple[str, bool], set[tuple[str, ...]]] = {}
        for line in self.graph.lines:
            side = self.column[line.source] < self.column[line.target]
            found.setdefault((line.target, side), set()).add((line.label, line.part, line.kind, line.changed))
        most: dict[str, int] = {}
        for (target, _), labels in found.items():
            if any(words[0] or words[1] for words in labels):
                most[target] = max(most.get(target, 0), len(labels) + 1)
        return most

    def _make_cells(self) -> None:
        arriving = self._arriving()
        for key, item in self.items.items():
            band = self.band_of.get(key, f"\0{item.kind}")
            height = max(_height(item, *self.texts[key]), LABEL * arriving.get(key, 0))
            self.cells[key] = _Cell(key, self.column[key], band, height)
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
        last = max((cell.column for cell in self.cells.values()), default=0)
        width = self.left.get(last, 0) + self.wide.get(last, 0) + BOX_PAD + MARGIN + self.room
        passes = {pair: tuple(spots[key] for key in keys) for pair, keys in self.chain.items()}
        own = {key: spots[key] for key in self.items}
        return Layout(width, height, own, boxes, passes, self.texts, self.titles)

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
            title = self._title(band, keys) if boxed else []
            inner = top + (
                BOX_TITLE + BOX_PAD / 2 + TITLE_LINE * (len(title) - 1) if title else BOX_PAD if boxed else 0
            )
            bottom = self._stack(keys, inner, spots)
            if boxed:
                left, right = self._sides(keys)
                boxes.append((band, Spot(left, top, right - left, bottom - top + BOX_PAD)))
                bottom += BOX_PAD
            for column in span:
                floor[column] = bottom + BAND_GAP
        self._centre_outside(spots)
        return spots, tuple(boxes), max(floor.values(), default=MARGIN) + MARGIN / 2

    def _sides(self, keys: list[str]) -> tuple[float, float]:
        """The left and right side of a box around these."""
        own = [key for key in keys if key in self.items]
        columns = [self.cells[key].column for key in own]
        left = self.left[min(columns)] - BOX_PAD
        return left, self.left[max(columns)] + self.wide[max(columns)] + BOX_PAD

    def _title(self, band: str, keys: list[str]) -> list[str]:
        """The lines of a box's title: its name, and what is left out of the names in it."""
        left, right = self._sides(keys)
        prefix = self.graph.prefixes.get(band, "")
        text = f"{band} · … is {prefix}" if prefix else band
        self.titles[band] = wrapped(text, right - left - PAD, most=4) if text else []
        return self.titles[band]

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
                spots[key] = Spot(self.left[column], y, self.wide[column], self.cells[key].height)
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


def _texts(item: Item) -> tuple[list[str], list[str]]:
    """The lines of an item's title, and those of what stands below."""
    below = [line for text in item.subtitle.split("\n") if text for line in wrapped(text, MAX_ITEM - PAD, SUB_SIZE, 2)]
    return wrapped(item.title, MAX_ITEM - PAD), below


def _width(item: Item, title: list[str], below: list[str]) -> float:
    widths = [text_width(line) for line in title] + [text_width(line, SUB_SIZE) for line in below]
    badges = sum(text_width(badge.text, SUB_SIZE) + 18 for badge in item.badges)
    return min(max([*widths, badges, MIN_ITEM - PAD]) + PAD, max(MAX_ITEM, badges + PAD))


def _height(item: Item, title: list[str], below: list[str]) -> float:
    rim = 8 if item.data else 0
    return 22 + TITLE_LINE * len(title) + SUB_LINE * len(below) + rim + (BADGE / 2 if item.badges else 0)


def _columns(items: list[Item], lines: Iterable[Line]) -> dict[str, int]:
    """A column for each item: one more than that of whatever leads to it, as far as that goes without circles."""
    edges: dict[str, set[str]] = {item.key: set() for item in items}
    for line in lines:
        if line.kind != "exit" and line.source != line.target:
            edges[line.source].add(line.target)
    forward = _without_circles(edges)
    outside = {item.key for item in items if item.kind not in ("workload", "unchanged")}
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
