"""Maps as text for Graphviz: namespaces are clusters."""

from collections.abc import Iterable, Iterator

from hullcheck.draw.graph import Graph, Item, Line, condensed
from hullcheck.model.network.map import ScopeMap

_COLOURS = {"entry": "#cf222e", "data": "#0969da", "exit": "#8250df", "use": "#8c959f", "other": "#57606a"}


def render(maps: Iterable[ScopeMap]) -> str:
    """One digraph for all maps."""
    return "\n".join(_digraph([condensed(one) for one in maps])) + "\n"


def _digraph(graphs: list[Graph]) -> Iterator[str]:
    yield "digraph network {"
    yield '  graph [rankdir=LR, compound=true, fontname="Helvetica", nodesep=0.25, ranksep=1.0]'
    yield '  node [shape=box, style="filled,rounded", fillcolor=white, color="#57606a", fontname="Helvetica", fontsize=11]'
    yield '  edge [fontname="Helvetica", fontsize=9, color="#57606a", arrowsize=0.7]'
    for number, graph in enumerate(graphs):
        yield f"  subgraph cluster_{number} {{"
        yield f"    label={_quoted(graph.title)}; color=white; fontsize=13"
        yield from (f"  {text}" for text in _graph(graph, f"s{number}_"))
        yield "  }"
    yield "}"


def _graph(graph: Graph, prefix: str) -> Iterator[str]:
    for item in graph.outside:
        label, key = _quoted(item.title), _quoted(prefix + item.key)
        yield f'  {key} [label={label}, shape=ellipse, fillcolor="#ffebe9", color="#cf222e"]'
    for number, (box, items) in enumerate(graph.boxes):
        yield f"  subgraph cluster_{prefix}{number} {{"
        yield f'    label={_quoted(box)}; style="filled,rounded"; fillcolor="#f6f8fa"; color="#d0d7de"; fontsize=12'
        yield from (f"    {_item(item, prefix)}" for item in items)
        yield "  }"
    yield from (f"  {_line(line, prefix)}" for line in graph.lines)


def _item(item: Item, prefix: str) -> str:
    label = _quoted(f"{item.title}\n{item.subtitle}" if item.subtitle else item.title)
    look = ""
    if item.data:
        look = ', shape=cylinder, style=filled, fillcolor="#ddf4ff", color="#0969da"'
    elif item.free:
        look = ', style="filled,rounded,dashed", fillcolor="#fff8c5", color="#9a6700"'
    return f"{_quoted(prefix + item.key)} [label={label}{look}]"


def _line(line: Line, prefix: str) -> str:
    ends = f"{_quoted(prefix + line.source)} -> {_quoted(prefix + line.target)}"
    look = [f"label={_quoted(line.label)}", f'color="{_COLOURS[line.kind]}"']
    if not line.certain:
        look.append("style=dashed")
    if line.kind == "use":
        look.append("arrowhead=open")
    if line.both:
        look.append("dir=both")
    return f"{ends} [{', '.join(look)}]"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return '"' + "".join(c for c in escaped if c >= " ") + '"'
