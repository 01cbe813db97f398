"""Maps as a Mermaid flowchart, within the limits of what GitHub draws: 500 edges, 50,000 characters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hullcheck.draw.graph import condensed
from hullcheck.draw.items import Graph, Item, Line
from hullcheck.model.network.map import ScopeMap

MAX_LINES = 200
MAX_ITEMS = 300
MAX_CHARACTERS = 45_000
MAX_LABEL = 60

_STYLES = (
    "classDef data fill:#ddf4ff,stroke:#0969da,color:#0a3069",
    "classDef open fill:#fff8c5,stroke:#9a6700,color:#4d2d00,stroke-dasharray:4 3",
    "classDef outside fill:#ffebe9,stroke:#cf222e,color:#82071e",
    "classDef danger fill:#cf222e,stroke:#82071e,color:#ffffff,stroke-width:3px",
    "classDef note fill:none,stroke:none,color:#57606a",
    "classDef confined fill:#ffffff,stroke:#57606a,color:#1f2328",
)


def render(maps: Iterable[ScopeMap]) -> str:
    """One flowchart for all maps; several scopes are boxes around their namespaces."""
    return diagram([condensed(one) for one in maps])


def diagram(graphs: list[Graph]) -> str:
    """The flowchart of several graphs, cut where it would be too much to draw, which it says itself."""
    lines = MAX_LINES
    while True:
        text = "\n".join(_diagram(graphs, lines)) + "\n"
        if len(text) <= MAX_CHARACTERS or lines < 10:
            return text
        lines //= 2


def _diagram(graphs: list[Graph], most: int) -> Iterator[str]:
    yield "flowchart LR"
    left_out = drawn = 0
    denied: list[int] = []
    share = max(most // max(len(graphs), 1), 5)
    for number, graph in enumerate(graphs):
        prefix = f"s{number}" if len(graphs) > 1 else ""
        kept = _kept(graph, share)
        left_out += len(graph.lines) - len(kept)
        if prefix:
            yield f"  subgraph {prefix}[{quoted(graph.title)}]"
        yield from _items(graph, prefix, kept)
        if prefix:
            yield "  end"
        yield from (_line(line, prefix) for line in kept)
        denied += [drawn + place for place, line in enumerate(kept) if line.kind == "denied"]
        drawn += len(kept)
        for count, note in enumerate(graph.notes):
            yield f"  {prefix}note{count}[{quoted(note, 200)}]:::note"
    if denied:
        yield f"  linkStyle {','.join(map(str, denied))} stroke:#bf3989,stroke-width:2px"
    if left_out:
        yield f'  more["{left_out} connections are left out"]:::outside'
    yield from (f"  {style}" for style in _STYLES)


def _kept(graph: Graph, most: int) -> list[Line]:
    """The lines that matter most: from outside, to data, to another box, then the others."""
    box_of = {item.key: box for box, items in graph.boxes for item in items}
    rank = {"denied": -1, "entry": 0, "data": 1, "exit": 3, "other": 4, "use": 5}

    def weight(line: Line) -> int:
        crosses = box_of.get(line.source) != box_of.get(line.target)
        return 2 if crosses and rank[line.kind] > 2 else rank[line.kind]

    return sorted(graph.lines, key=weight)[:most]


def _items(graph: Graph, prefix: str, kept: list[Line]) -> Iterator[str]:
    touched = {end for line in kept for end in (line.source, line.target)}
    for item in graph.outside:
        if item.key in touched:
            yield f"    {_key(item.key, prefix)}([{quoted(item.title)}]):::outside"
    for number, (box, items) in enumerate(graph.boxes):
        shared = graph.prefixes.get(box, "")
        title = f"{box} · … is {shared}" if shared else box
        yield f"    subgraph {prefix}b{number}[{quoted(title or ' ')}]"
        # What has no line is told by the box's last item, once there are too many.
        shown = [item for item in items if item.key in touched or len(items) <= MAX_ITEMS]
        yield from (f"      {_item(item, prefix)}" for item in shown)
        if len(shown) < len(items):
            yield f'      {prefix}m{number}["{len(items) - len(shown)} more"]:::confined'
        yield "    end"


def _item(item: Item, prefix: str) -> str:
    badges = (f"({badge.text})" for badge in item.badges)
    label = quoted("\n".join([item.title, *item.subtitle.splitlines(), *badges]), MAX_LABEL * 2)
    key = _key(item.key, prefix)
    if item.data:
        return f"{key}[({label})]:::{'danger' if item.danger else 'data'}"
    return f"{key}[{label}]:::{'open' if item.free else 'confined'}"


def _line(line: Line, prefix: str) -> str:
    arrow = "-->" if line.certain else "-.->"
    if line.kind == "use":
        arrow = "-.-"
    elif line.kind == "denied":
        arrow = "--x"
    if line.both:
        arrow = f"<{arrow}"
    words = f"{line.label} ({line.part})" if line.label and line.part else line.part or line.label
    words = f"denied {words}".rstrip() if line.kind == "denied" else words
    label = f"|{quoted(words)}|" if words else ""
    return f"  {_key(line.source, prefix)} {arrow}{label} {_key(line.target, prefix)}"


def _key(key: str, prefix: str) -> str:
    """A name of letters and digits: never a text of the repository."""
    return prefix + ("x" + format(hash_of(key), "x") if key.startswith("{") else key)


def hash_of(text: str) -> int:
    """The same small number for the same text, in every run."""
    from zlib import crc32

    return crc32(text.encode())


def quoted(text: str, most: int = MAX_LABEL) -> str:
    """A text as a label, in which nothing acts."""
    text = text if len(text) <= most else f"{text[: most - 1]}…"
    escaped = "".join(c if c.isalnum() or c in " .,_-+*()/:…\n" else f"#{ord(c)};" for c in text)
    return '"' + escaped.replace("\n", "<br/>") + '"'
