"""Maps as SVG: one drawing, the scopes below each other."""

from collections.abc import Iterable, Iterator

from hullcheck.draw.graph import Graph, Item, Line, condensed
from hullcheck.draw.layout import MARGIN, Layout, Spot, layout
from hullcheck.model.network.map import ScopeMap

_COLOURS = {"entry": "#cf222e", "data": "#0969da", "exit": "#8250df", "use": "#8c959f", "other": "#57606a"}
_WORDS = {"entry": "from outside", "data": "to a data store", "other": "allowed", "exit": "to outside"}
_TITLE = 44
_LEGEND = 44
_NOTE = 18
_FONT = "ui-sans-serif, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif"
_MIN_WIDTH = 560
_CHARACTER = 6.4
"""What a letter of the items' font is wide, on average."""


def render(maps: Iterable[ScopeMap]) -> str:
    """The drawing of all maps."""
    graphs = [condensed(one) for one in maps]
    placed = [(graph, layout(graph)) for graph in graphs]
    width = max([_MIN_WIDTH, *(found.width for _, found in placed)])
    height = sum(_TITLE + found.height + _NOTE * len(graph.notes) for graph, found in placed) + _LEGEND
    return "\n".join(_document(placed, width, height)) + "\n"


def _document(placed: list[tuple[Graph, Layout]], width: float, height: float) -> Iterator[str]:
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    yield f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{_FONT}" font-size="12">'
    yield "<title>Who can talk to whom</title>"
    yield '<rect width="100%" height="100%" fill="#ffffff"/>'
    yield "<defs>"
    for kind, colour in _COLOURS.items():
        yield (
            f'<marker id="{kind}" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7" '
            f'orient="auto-start-reverse"><path d="M0,0.5 L8,4 L0,7.5 z" fill="{colour}"/></marker>'
        )
    yield "</defs>"
    top = 0.0
    for graph, found in placed:
        yield f'<g transform="translate(0,{top:.1f})">'
        yield _text(MARGIN, 28, graph.title, size=15, weight=600)
        yield f'<g transform="translate(0,{_TITLE - MARGIN / 2})">'
        yield from _drawn(graph, found)
        yield "</g>"
        for number, note in enumerate(graph.notes):
            yield _text(MARGIN, _TITLE + found.height + _NOTE * number - 4, note, colour="#57606a")
        yield "</g>"
        top += _TITLE + found.height + _NOTE * len(graph.notes)
    yield from _legend([graph for graph, _ in placed], top + 18)
    yield "</svg>"


def _drawn(graph: Graph, found: Layout) -> Iterator[str]:
    for box, spot in found.boxes:
        yield _rect(spot, fill="#f6f8fa", stroke="#d0d7de", radius=10)
        yield _text(spot.x + 12, spot.y + 17, box, size=12, weight=600, colour="#57606a")
    entries = _entry_points(graph, found)
    for line in sorted(graph.lines, key=lambda line: (line.kind != "use", line.certain)):
        yield _line(line, found, entries)
    for _, items in graph.boxes:
        for item in items:
            yield from _item(item, found.items[item.key])
    for item in graph.outside:
        yield from _item(item, found.items[item.key])
    yield from _labels(graph, found, entries)


def _entry_points(graph: Graph, found: Layout) -> dict[tuple[str, str, str, bool], float]:
    """Where on the side of an item lines arrive: one point for each label, side and kind, evenly spaced."""
    wanted: dict[tuple[str, bool], list[tuple[float, str, str]]] = {}
    for line in graph.lines:
        side = _from_left(found, line)
        key = (line.label, line.kind)
        known = wanted.setdefault((line.target, side), [])
        height = found.items[line.source].middle
        if not any(point[1:] == key for point in known):
            known.append((height, *key))
    points = {}
    for (target, side), labels in wanted.items():
        spot = found.items[target]
        for number, (_, label, kind) in enumerate(sorted(labels), 1):
            points[(target, label, kind, side)] = spot.y + spot.height * number / (len(labels) + 1)
    return points


def _from_left(found: Layout, line: Line) -> bool:
    return found.items[line.source].x < found.items[line.target].x


def _line(line: Line, found: Layout, entries: dict[tuple[str, str, str, bool], float]) -> str:
    source, target = found.items[line.source], found.items[line.target]
    end_y = entries[(line.target, line.label, line.kind, _from_left(found, line))]
    passes = list(found.passes.get((line.source, line.target), ()))
    if source.x < target.x:
        points = [(source.right, source.middle)]
        for x, y in passes:
            points += [(x - 14, y), (x + source.width + 14, y)]
        points.append((target.x, end_y))
    elif source.x > target.x:
        points = [(source.x, source.middle)]
        for x, y in passes:
            points += [(x + source.width + 14, y), (x - 14, y)]
        points.append((target.right, end_y))
    else:
        bend = min(46, 18 + abs(end_y - source.middle) / 6)
        path = (
            f"M{source.right:.1f},{source.middle:.1f} C{source.right + bend:.1f},{source.middle:.1f} "
            f"{target.right + bend:.1f},{end_y:.1f} {target.right:.1f},{end_y:.1f}"
        )
        return _path(path, line)
    return _path(_curve(points), line)


def _curve(points: list[tuple[float, float]]) -> str:
    """A line through the points that is level at each of them."""
    (x, y), *rest = points
    parts = [f"M{x:.1f},{y:.1f}"]
    for next_x, next_y in rest:
        half = (x + next_x) / 2
        parts.append(f"C{half:.1f},{y:.1f} {half:.1f},{next_y:.1f} {next_x:.1f},{next_y:.1f}")
        x, y = next_x, next_y
    return " ".join(parts)


def _path(path: str, line: Line) -> str:
    colour = _COLOURS[line.kind]
    dashes = "" if line.certain else ' stroke-dasharray="2 4"' if line.kind == "use" else ' stroke-dasharray="6 4"'
    start = f' marker-start="url(#{line.kind})"' if line.both else ""
    width = 1.8 if line.kind in ("entry", "data") else 1.2
    return (
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width}" stroke-opacity="0.85"{dashes}{start} '
        f'marker-end="url(#{line.kind})"/>'
    )


def _labels(graph: Graph, found: Layout, entries: dict[tuple[str, str, str, bool], float]) -> Iterator[str]:
    """What lines are about, once for each point where some arrive."""
    for (target, label, kind, side), y in entries.items():
        if not label or label == "*":
            continue
        spot = found.items[target]
        width = len(label) * 5.6 + 8
        left = spot.x - width - 9 if side else spot.right + 9
        if not side and any(
            line.target == target and line.label == label and found.items[line.source].x == spot.x
            for line in graph.lines
        ):
            left = spot.right + 9
        yield _rect(Spot(left, y - 8, width, 15), fill="#ffffff", stroke="none", radius=4, opacity=0.9)
        yield _text(left + 4, y + 3.5, label, size=10, colour=_COLOURS[kind])


def _item(item: Item, spot: Spot) -> Iterator[str]:
    if item.kind != "workload":
        yield _rect(spot, fill="#ffebe9", stroke="#cf222e", radius=spot.height / 2)
    elif item.data:
        yield from _cylinder(spot)
    elif item.free:
        yield _rect(spot, fill="#fff8c5", stroke="#9a6700", radius=6, dashes="5 3")
    else:
        yield _rect(spot, fill="#ffffff", stroke="#57606a", radius=6)
    names = "\n".join(item.names)
    yield f"<g><title>{_escaped(names)}</title>"
    middle = spot.middle + (4 if not item.subtitle else -3)
    middle += 3 if item.data else 0
    title = _fitting(item.title, spot.width - 16)
    yield _text(spot.x + spot.width / 2, middle, title, weight=500, anchor="middle")
    if item.subtitle:
        yield _text(spot.x + spot.width / 2, middle + 15, item.subtitle, size=10, colour="#57606a", anchor="middle")
    yield "</g>"


def _cylinder(spot: Spot) -> Iterator[str]:
    rim = 6
    x, y, right, bottom = spot.x, spot.y + rim, spot.right, spot.y + spot.height - rim
    half = spot.width / 2
    look = 'fill="#ddf4ff" stroke="#0969da" stroke-width="1.2"'
    yield (
        f'<path d="M{x:.1f},{y:.1f} L{x:.1f},{bottom:.1f} A{half:.1f},{rim} 0 0 0 {right:.1f},{bottom:.1f} '
        f'L{right:.1f},{y:.1f}" {look}/>'
    )
    yield f'<ellipse cx="{x + half:.1f}" cy="{y:.1f}" rx="{half:.1f}" ry="{rim}" {look}/>'


def _legend(graphs: list[Graph], y: float) -> Iterator[str]:
    """What the lines that are there mean."""
    lines = [line for graph in graphs for line in graph.lines]
    kinds = {line.kind for line in lines}
    shown = [(kind, True, words) for kind, words in _WORDS.items() if kind in kinds]
    if any(not line.certain and line.kind != "use" for line in lines):
        shown.append(("other", False, "not certain"))
    if "use" in kinds:
        shown.append(("use", False, "meant by the configuration"))
    x = float(MARGIN)
    for kind, certain, words in shown:
        yield _sample(x, y, Line("", "", "", certain, kind))
        yield _text(x + 34, y + 4, words, size=10, colour="#57606a")
        x += 48 + len(words) * 5.6


def _sample(x: float, y: float, line: Line) -> str:
    return _path(f"M{x:.1f},{y:.1f} L{x + 28:.1f},{y:.1f}", line)


def _rect(spot: Spot, *, fill: str, stroke: str, radius: float = 0, dashes: str = "", opacity: float = 1) -> str:
    extra = f' stroke-dasharray="{dashes}"' if dashes else ""
    extra += f' fill-opacity="{opacity}"' if opacity != 1 else ""
    return (
        f'<rect x="{spot.x:.1f}" y="{spot.y:.1f}" width="{spot.width:.1f}" height="{spot.height:.1f}" rx="{radius:.1f}" '
        f'fill="{fill}" stroke="{stroke}" stroke-width="1.2"{extra}/>'
    )


def _text(
    x: float, y: float, text: str, *, size: int = 12, weight: int = 400, colour: str = "#1f2328", anchor: str = "start"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" fill="{colour}" '
        f'text-anchor="{anchor}">{_escaped(text)}</text>'
    )


def _fitting(text: str, width: float) -> str:
    most = int(width / _CHARACTER)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _escaped(text: str) -> str:
    """Text for XML: without what it can't hold."""
    clean = "".join(c for c in text if c >= " " or c == "\n")
    clean = "".join(c for c in clean if not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff")
    return clean.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
