"""Maps as SVG: one drawing, the scopes below each other, readable on light and dark ground.

What is drawn can be found by scripts and styles of a page around it; these names keep their meaning:

- `svg.hullcheck-map`; in it, for each scope, `g.scope#sN` with `data-scope` and `data-kind`.
- `g.box#sN-bN` with `data-box`: a namespace, or the networks of Compose services.
- `g.node#sN-KEY` with `data-item` (its key), `data-ids` (a JSON list of ids as in the map's JSON; empty for what is outside), `data-names` (a
  JSON list), `data-box`, `data-kind` (workload, outside, controller, addresses, unchanged), `data-store` (the kind of
  data store), `data-danger` (outside, open), `data-outside` (the ways in, where it can be reached from outside),
  `data-restricted` (none, confined, or empty) and `data-changed` (added, removed, opened, closed, changed, or empty).
  Its classes are `node`, its kind, and of `data`, `danger`, `free`, `reached` and `changed` those that are true.
- `g.edge#sN-eN` with `data-ports` (as in JSON), `data-kind` (entry, exit, data, other, use, denied, same), `data-used`
  (allowed, denied, maybe, or empty), `data-certain` (true, false), `data-both`, `data-part` (how many of the pairs, if not
  all) and `data-changed` (opened, closed, changed, or empty). Its classes are `edge`, its kind, and `changed` if it is. In
  it the line, a `path` with `data-from` and `data-to`, the keys of its ends; a denied one has a `path.cross`, too.
- `g.label` with `data-label`, the key of the item that it stands at, and `data-edges`, the ids of the edges that it is
  about.

There are no scripts and no links in it. Each `g.node` and `g.edge` has a `title` as its first child.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from hullcheck.draw.graph import condensed
from hullcheck.draw.items import Graph, Item, Line
from hullcheck.draw.layout import MARGIN, SUB_LINE, SUB_SIZE, TITLE_LINE, Layout, Spot, layout
from hullcheck.draw.names import text_width, wrapped
from hullcheck.draw.shapes import (
    BACK,
    BLUE,
    FAINT,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PAPER,
    PINK,
    PURPLE,
    RED,
    cross,
    curve,
    cylinder,
    dark,
    element,
    escaped,
    path,
    rect,
    text,
    tinted,
)  # fmt: skip
from hullcheck.model.network.map import ScopeMap

_COLOURS = {"entry": RED, "data": BLUE, "exit": PURPLE, "use": FAINT, "denied": PINK, "other": GREY, "same": FAINT}
_CHANGED = {"opened": RED, "closed": GREEN, "changed": ORANGE}
_WORDS = {
    "entry": "from outside", "data": "to a data store", "other": "allowed", "exit": "to outside",
    "use": "meant by the configuration, allowed", "denied": "meant by the configuration, denied", "same": "as before",
    "opened": "opened", "closed": "closed", "changed": "changed",
}  # fmt: skip
_TITLE = 44
_LEGEND_ROW = 20
_NOTE = 18
_FONT = "ui-sans-serif, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif"
_MIN_WIDTH = 560

_Entries = dict[tuple[str, str, str, str, bool], float]
"""Where lines arrive at an item: by its key, their label, part and look, and the side."""


def render(maps: Iterable[ScopeMap]) -> str:
    """The drawing of all maps."""
    return drawing([condensed(one) for one in maps])


def drawing(graphs: Sequence[Graph], prefix: str = "") -> str:
    """The drawing of graphs. `prefix` stands before all ids, where a page has several drawings."""
    return "\n".join(_Drawing(graphs, prefix).lines()) + "\n"


def scope(graph: Graph, prefix: str) -> str:
    """One graph as an element of its own, without title, notes, legend and style, for a page that has its own."""
    found = layout(graph)
    body = _Scope(graph, found, f"{prefix}s0", prefix).lines()
    return "\n".join([_head(found.width, found.height), *_markers(prefix), *body, "</svg>"])


def legend(graphs: Sequence[Graph], prefix: str = "legend-") -> str:
    """What the lines of these graphs mean, as an element of its own; empty if there are none."""
    drawn, height = _legend(graphs, _NOTE / 2, _MIN_WIDTH, prefix)
    return "\n".join([_head(_MIN_WIDTH, height), *_markers(prefix), *drawn, "</svg>"]) if drawn else ""


def _head(width: float, height: float) -> str:
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="hullcheck-map" role="img" {size} font-family="{_FONT}" '
        f'font-size="12">'
    )


def _markers(prefix: str) -> Iterator[str]:
    """The points of lines."""
    yield "<defs>"
    for kind, colour in {**_COLOURS, **_CHANGED}.items():
        yield (
            f'<marker id="{prefix}{kind}" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" '
            f'markerHeight="7" orient="auto-start-reverse"><path d="M0,0.5 L8,4 L0,7.5 z" fill="{colour}"/></marker>'
        )
    yield "</defs>"


class _Drawing:
    def __init__(self, graphs: Sequence[Graph], prefix: str) -> None:
        self.prefix = prefix
        self.placed = [(graph, layout(graph)) for graph in graphs]
        self.width = max([_MIN_WIDTH, *(found.width for _, found in self.placed)])
        room = self.width - 2 * MARGIN
        self.heads = [wrapped(graph.title, room, 15, most=4) for graph in graphs]
        self.notes = [[line for note in g.notes for line in wrapped(note, room, most=6)] for g in graphs]

    def lines(self) -> Iterator[str]:
        body = list(self._scopes())
        top = self._top(len(self.placed))
        legend, height = _legend([graph for graph, _ in self.placed], top + 18, self.width, self.prefix)
        yield _head(self.width, height)
        yield "<title>Who can talk to whom</title>"
        yield f"<style>{dark()}</style>"
        yield f'<rect class="paper" width="100%" height="100%" fill="{PAPER}"/>'
        yield from _markers(self.prefix)
        yield from body
        yield from legend
        yield "</svg>"

    def _top(self, number: int) -> float:
        """How far down the scope of that number begins."""
        heights = (
            self._head(n) + found.height + _NOTE * len(self.notes[n])
            for n, (_, found) in enumerate(self.placed[:number])
        )
        return sum(heights)

    def _head(self, number: int) -> float:
        return _TITLE + 19 * (len(self.heads[number]) - 1)

    def _scopes(self) -> Iterator[str]:
        for number, (graph, found) in enumerate(self.placed):
            own = f"{self.prefix}s{number}"
            said = {"data-scope": graph.title, "data-kind": graph.kind}
            yield element(
                "g", {"class": "scope", "id": own, **said, "transform": f"translate(0,{self._top(number):.1f})"}
            )
            for row, line in enumerate(self.heads[number]):
                yield text(MARGIN, 28 + 19 * row, line, size=15, weight=600)
            yield f'<g transform="translate(0,{self._head(number) - MARGIN / 2})">'
            yield from _Scope(graph, found, own, self.prefix).lines()
            yield "</g>"
            for row, note in enumerate(self.notes[number]):
                y = self._head(number) + found.height + _NOTE * row - 4
                yield text(MARGIN, y, note, colour=GREY)
            yield "</g>"


class _Scope:
    def __init__(self, graph: Graph, found: Layout, own: str, prefix: str) -> None:
        self.graph = graph
        self.found = found
        self.own = own
        self.prefix = prefix
        order = sorted(graph.lines, key=lambda line: (line.kind not in ("use", "same"), line.certain))
        self.edges = [(f"{own}-e{number}", line) for number, line in enumerate(order)]
        self.entries = self._entry_points()
        items = [item for _, items in graph.boxes for item in items] + list(graph.outside)
        self.items = {item.key: item for item in items}
        self.ids = {item.key: f"{own}-{item.key if item.key.isalnum() else f'o{n}'}" for n, item in enumerate(items)}

    def lines(self) -> Iterator[str]:
        for number, (box, spot) in enumerate(self.found.boxes):
            yield element("g", {"class": "box", "id": f"{self.own}-b{number}", "data-box": box})
            yield rect(spot, fill=BACK, stroke=tinted(BACK), radius=10)
            for row, words in enumerate(self.found.titles.get(box, [])):
                yield text(spot.x + 12, spot.y + 17 + TITLE_LINE * row, words, weight=600, colour=GREY)
            yield "</g>"
        for id_, line in self.edges:
            yield from self._edge(id_, line)
        for item in self.items.values():
            yield from self._item(item, self.found.items[item.key])
        yield from self._labels()

    def _entry_points(self) -> _Entries:
        """Where on the side of an item lines arrive: one point for each label, side and look, evenly spaced."""
        wanted: dict[tuple[str, bool], list[tuple[float, str, str, str]]] = {}
        for _, line in self.edges:
            key = (line.label, line.part, look_of(line))
            known = wanted.setdefault((line.target, self._from_left(line)), [])
            if not any(point[1:] == key for point in known):
                known.append((self.found.items[line.source].middle, *key))
        points: _Entries = {}
        for (target, side), labels in wanted.items():
            spot = self.found.items[target]
            for number, (_, label, part, look) in enumerate(sorted(labels), 1):
                points[target, label, part, look, side] = spot.y + spot.height * number / (len(labels) + 1)
        return points

    def _from_left(self, line: Line) -> bool:
        return self.found.items[line.source].x < self.found.items[line.target].x

    def _edge(self, id_: str, line: Line) -> Iterator[str]:
        said = {
            "data-ports": line.ports, "data-kind": line.kind, "data-used": line.used,
            "data-certain": str(line.certain).lower(), "data-both": str(line.both).lower(), "data-part": line.part,
            "data-changed": line.changed,
        }  # fmt: skip
        classes = f"edge {line.kind} changed" if line.changed else f"edge {line.kind}"
        yield element("g", {"class": classes, "id": id_, **said})
        yield f"<title>{escaped(self._told(line))}</title>"
        yield from _line(self._way(line), line, self.prefix)
        yield "</g>"

    def _told(self, line: Line) -> str:
        source, target = (", ".join(self.items[end].names[:8]) for end in (line.source, line.target))
        maybe = "" if line.certain else "maybe "
        words = [f"{source} {'<->' if line.both else '->'} {target}: {maybe}{line.ports or 'no port is said'}"]
        words += [f"{line.part} pairs"] if line.part else []
        if line.kind == "denied":
            words.append("meant by the configuration, and denied")
        elif line.used:
            words.append("meant by the configuration")
        words += [line.changed] if line.changed else []
        return "; ".join(words)

    def _way(self, line: Line) -> list[tuple[float, float]] | str:
        """The points of a line, or the path of one that comes back to its column."""
        source, target = self.found.items[line.source], self.found.items[line.target]
        end = self.entries[line.target, line.label, line.part, look_of(line), self._from_left(line)]
        passes = self.found.passes.get((line.source, line.target), ())
        if source.x < target.x:
            between = [
                point for spot in passes for point in ((spot.x - 14, spot.middle), (spot.right + 14, spot.middle))
            ]
            return [(source.right, source.middle), *between, (target.x, end)]
        if source.x > target.x:
            between = [
                point for spot in passes for point in ((spot.right + 14, spot.middle), (spot.x - 14, spot.middle))
            ]
            return [(source.x, source.middle), *between, (target.right, end)]
        bend = min(46, 18 + abs(end - source.middle) / 6)
        start = f"M{source.right:.1f},{source.middle:.1f}"
        if line.source == line.target:  # a loop
            start, bend = f"M{source.right:.1f},{source.y + 8:.1f}", 34
        return (
            f"{start} C{source.right + bend:.1f},{source.middle:.1f} "
            f"{target.right + bend:.1f},{end:.1f} {target.right:.1f},{end:.1f}"
        )

    def _labels(self) -> Iterator[str]:
        """What lines are about, once for each point where some arrive."""
        about: dict[tuple[str, str, str, str, bool], list[str]] = {}
        level: set[tuple[str, str, str, str, bool]] = set()
        for id_, line in self.edges:
            key = (line.target, line.label, line.part, look_of(line), self._from_left(line))
            about.setdefault(key, []).append(id_)
            if self.found.items[line.source].x == self.found.items[line.target].x:
                level.add(key)
        for key, y in self.entries.items():
            target, label, part, look, side = key
            words = f"{label} ({part})" if label and part else part or label
            if not words or words == "*":
                continue
            spot = self.found.items[target]
            width = text_width(words, SUB_SIZE) + 8
            left = spot.x - width - 9 if side else spot.right + 9
            yield element("g", {"class": "label", "data-label": target, "data-edges": " ".join(about[key])})
            yield rect(Spot(left, y - 8, width, 15), fill=PAPER, stroke="none", radius=4, opacity=0.9)
            yield text(left + 4, y + 3.5, words, size=SUB_SIZE, colour=_colour(look))
            yield "</g>"

    def _item(self, item: Item, spot: Spot) -> Iterator[str]:
        ways = "; ".join(badge.said for badge in item.badges if badge.kind != "host")
        said = {
            "data-item": item.key, "data-ids": json.dumps(item.ids, ensure_ascii=False), "data-names": json.dumps(item.names, ensure_ascii=False),
            "data-box": item.box, "data-kind": item.kind, "data-store": item.data, "data-danger": item.danger,
            "data-outside": ways or ("true" if item.exposed else ""),
            "data-restricted": "none" if item.free else "confined" if item.confined else "",
            "data-changed": item.changed,
        }  # fmt: skip
        true = {
            "data": item.data, "danger": item.danger, "free": item.free, "reached": item.exposed, "changed": item.changed
        }  # fmt: skip
        classes = " ".join(["node", item.kind, *(name for name, value in true.items() if value)])
        yield element("g", {"class": classes, "id": self.ids[item.key], **said})
        title = [*item.names[:60], *([f"{len(item.names) - 60} more"] if len(item.names) > 60 else [])]
        title += [badge.said for badge in item.badges]
        yield f"<title>{escaped(chr(10).join(title))}</title>"
        fill, stroke, ink = _looks(item)
        dashes = "5 3" if (item.free and not item.danger) or item.changed == "removed" else ""
        if item.kind not in ("workload", "unchanged"):
            yield rect(spot, fill=fill, stroke=stroke, radius=min(spot.height / 2, 20))
        elif item.data:
            yield from cylinder(spot, fill, stroke, dashes)
        else:
            yield rect(spot, fill=fill, stroke=stroke, radius=6, dashes=dashes)
        yield from self._words(item, spot, ink)
        yield from _badges(item, spot)
        yield "</g>"

    def _words(self, item: Item, spot: Spot, ink: str) -> Iterator[str]:
        title, below = self.found.texts[item.key]
        height = TITLE_LINE * len(title) + SUB_LINE * len(below)
        y = spot.middle - height / 2 + 11 + (4 if item.data else 0) + (4 if item.badges else 0)
        x = spot.x + spot.width / 2
        for line in title:
            yield text(x, y, line, weight=500, anchor="middle", colour=ink)
            y += TITLE_LINE
        for line in below:
            colour = ink if item.danger else GREY
            yield text(x, y - 1, line, size=SUB_SIZE, colour=colour, anchor="middle")
            y += SUB_LINE


def look_of(line: Line) -> str:
    """What decides a line's colour: what changed, else its kind."""
    return line.changed if line.changed and line.kind != "denied" else line.kind


def _colour(look: str) -> str:
    return _CHANGED.get(look) or _COLOURS[look]


def _looks(item: Item) -> tuple[str, str, str]:
    """What an item is filled and framed with, and its text's colour: the worst is the loudest."""
    if item.kind == "unchanged":
        return BACK, tinted(BACK), GREY
    if item.changed == "added":
        return tinted(ORANGE), ORANGE, INK
    if item.changed == "removed":
        return BACK, GREY, GREY
    if item.kind != "workload":
        return tinted(RED), RED, INK
    if item.danger:
        return RED, RED, PAPER
    if item.data:
        return tinted(BLUE), BLUE, INK
    if item.free:
        return tinted(ORANGE), ORANGE, INK
    return PAPER, GREY, INK


def _badges(item: Item, spot: Spot) -> Iterator[str]:
    """The marks of an item, on its upper edge."""
    x = spot.x + 8
    for badge in item.badges:
        width = text_width(badge.text, SUB_SIZE) + 12
        colour = PURPLE if badge.kind == "host" else RED
        yield f'<g class="badge {badge.kind}">'
        yield rect(Spot(x, spot.y - 8, width, 16), fill=PAPER, stroke=colour, radius=8)
        yield text(x + 6, spot.y + 3.5, badge.text, size=SUB_SIZE, colour=colour)
        yield "</g>"
        x += width + 6


def _line(way: list[tuple[float, float]] | str, line: Line, prefix: str) -> Iterator[str]:
    look = look_of(line)
    colour = _colour(look)
    dashes = "6 4" if not line.certain or line.changed == "closed" else "2 4" if line.kind == "use" else ""
    start = f"{prefix}{look}" if line.both else ""
    heavy = line.changed == "opened" or line.kind in ("entry", "data", "denied")
    width = 1 if line.kind in ("same", "use") else 1.8 if heavy else 1.2
    drawn = way if isinstance(way, str) else curve(way)
    ends = {"data-from": line.source, "data-to": line.target} if line.source else {}
    yield path(drawn, colour, width, dashes, start, f"{prefix}{look}", ends)
    if line.kind == "denied":
        yield cross(way if not isinstance(way, str) else drawn, colour)


def _legend(graphs: Sequence[Graph], y: float, width: float, prefix: str) -> tuple[list[str], float]:
    """What the lines that are there mean, and how far down that goes."""
    lines = [line for graph in graphs for line in graph.lines]
    there = {look_of(line) for line in lines}
    shown = [(Line("", "", "", True, look if look in _COLOURS else "other", changed=look if look in _CHANGED else ""), words)
             for look, words in _WORDS.items() if look in there]  # fmt: skip
    if any(not line.certain for line in lines):
        shown.append((Line("", "", "", False, "other"), "not certain"))
    found, x = [], float(MARGIN)
    for line, words in shown:
        wide = 48 + text_width(words, SUB_SIZE)
        if x + wide > width - MARGIN and x > MARGIN:
            x, y = float(MARGIN), y + _LEGEND_ROW
        found += [*_line([(x, y), (x + 28, y)], line, prefix), text(x + 34, y + 4, words, size=SUB_SIZE, colour=GREY)]
        x += wide
    y += _LEGEND_ROW if shown else 0
    x = float(MARGIN)
    items = [item for graph in graphs for _, items in graph.boxes for item in items]
    for wanted, words in _SAMPLES:
        item = next((item for item in items if _looks(item)[:2] == _looks(wanted)[:2]), None)
        if item is not None:
            fill, stroke, _ = _looks(wanted)
            wide = 40 + text_width(words, SUB_SIZE)
            if x + wide > width - MARGIN and x > MARGIN:
                x, y = float(MARGIN), y + _LEGEND_ROW
            dashes = "5 3" if wanted.free else ""
            found += [rect(Spot(x, y - 6, 20, 12), fill=fill, stroke=stroke, radius=3, dashes=dashes)]
            found += [text(x + 26, y + 4, words, size=SUB_SIZE, colour=GREY)]
            x += wide
    return found, y + 26


_SAMPLES = (
    (Item("", ("",), "", data="x", danger="open"), "data store, unrestricted or open to outside"),
    (Item("", ("",), "", data="x"), "data store"),
    (Item("", ("",), "", free=True), "unrestricted"),
)
