"""Maps as text for Graphviz: namespaces are clusters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hullcheck.draw.graph import condensed
from hullcheck.draw.items import Graph, Item, Line
from hullcheck.model.network.map import ScopeMap

_COLOURS = {
    "entry": "#cf222e", "data": "#0969da", "exit": "#8250df", "use": "#8c959f", "denied": "#bf3989",
    "other": "#57606a", "same": "#8c959f", "opened": "#cf222e", "closed": "#1a7f37", "changed": "#9a6700",
}  # fmt: skip
_WORDS = {
    "use": "meant by the configuration, allowed", "denied": "meant by the configuration, denied (crossed)",
    "opened": "opened", "closed": "closed (dashed)", "changed": "changed", "same": "as before",
}  # fmt: skip


def render(maps: Iterable[ScopeMap]) -> str:
    """One digraph for all maps."""
    return drawing([condensed(one) for one in maps])


def drawing(graphs: list[Graph]) -> str:
    """One digraph for all graphs."""
    return "\n".join(_digraph(graphs)) + "\n"


def _digraph(graphs: list[Graph]) -> Iterator[str]:
    yield "digraph network {"
    yield '  graph [rankdir=LR, compound=true, fontname="Helvetica", nodesep=0.25, ranksep=1.0]'
    yield '  node [shape=box, style="filled,rounded", fillcolor=white, color="#57606a", fontname="Helvetica", fontsize=11]'
    yield '  edge [fontname="Helvetica", fontsize=9, color="#57606a", arrowsize=0.7]'
    for number, graph in enumerate(graphs):
        yield f"  subgraph cluster_{number} {{"
        yield f"    label={_quoted(graph.title)}; color=white; fontsize=13"
        yield from (f"  {text}" for text in _graph(graph, f"s{number}_"))
        yield from (f"    {text}" for text in _below(graph, f"s{number}_"))
        yield "  }"
    yield "}"


def _below(graph: Graph, prefix: str) -> Iterator[str]:
    """What is to be said of the drawing, and what its lines mean."""
    looks = {_look(line) for line in graph.lines}
    said = [(note, _COLOURS["other"]) for note in graph.notes]
    said += [(f"→ {words}", _COLOURS[look]) for look, words in _WORDS.items() if look in looks]
    for number, (words, colour) in enumerate(said):
        key = _quoted(f"{prefix}note{number}")
        yield f'{key} [label={_quoted(words)}, shape=plaintext, style="", fontcolor={_quoted(colour)}]'


def _graph(graph: Graph, prefix: str) -> Iterator[str]:
    for item in graph.outside:
        label, key = _quoted(item.title), _quoted(prefix + item.key)
        yield f'  {key} [label={label}, shape=ellipse, fillcolor="#ffebe9", color="#cf222e"]'
    for number, (box, items) in enumerate(graph.boxes):
        shared = graph.prefixes.get(box, "")
        title = f"{box} · … is {shared}" if shared else box
        yield f"  subgraph cluster_{prefix}{number} {{"
        yield f'    label={_quoted(title)}; style="filled,rounded"; fillcolor="#f6f8fa"; color="#d0d7de"; fontsize=12'
        yield from (f"    {_item(item, prefix)}" for item in items)
        yield "  }"
    yield from (f"  {_line(line, prefix)}" for line in graph.lines)


def _item(item: Item, prefix: str) -> str:
    label = _quoted("\n".join([item.title, *item.subtitle.splitlines(), *(f"[{badge.text}]" for badge in item.badges)]))
    shape = "shape=cylinder, style=filled" if item.data else 'style="filled,rounded"'
    look = f", {shape}" if item.data else ""
    if item.kind == "unchanged":
        look = ', fillcolor="#f6f8fa", color="#d0d7de", fontcolor="#57606a"'
    elif item.changed == "added":
        look = f', {shape}, fillcolor="#fff8c5", color="#9a6700"'
    elif item.changed == "removed":
        look = f', {shape[:-1]},dashed", fillcolor="#f6f8fa"' if not item.data else f', {shape}, fillcolor="#f6f8fa"'
    elif item.danger:
        look = f', {shape}, fillcolor="#cf222e", color="#cf222e", fontcolor=white, penwidth=2'
    elif item.data:
        look = f', {shape}, fillcolor="#ddf4ff", color="#0969da"'
    elif item.free:
        look = ', style="filled,rounded,dashed", fillcolor="#fff8c5", color="#9a6700"'
    return f"{_quoted(prefix + item.key)} [label={label}{look}]"


def _look(line: Line) -> str:
    return line.changed if line.changed and line.kind != "denied" else line.kind


def _line(line: Line, prefix: str) -> str:
    ends = f"{_quoted(prefix + line.source)} -> {_quoted(prefix + line.target)}"
    words = f"{line.label} ({line.part})" if line.label and line.part else line.part or line.label
    look = [f"color={_quoted(_COLOURS[_look(line)])}"]
    if line.kind == "denied":
        words = f"✕ {words}".rstrip()
        look += ["arrowhead=tee", "penwidth=1.8", f"fontcolor={_quoted(_COLOURS['denied'])}"]
    elif line.kind == "use":
        look += ["style=dotted", "arrowhead=open"]
    elif not line.certain or line.changed == "closed":
        look.append("style=dashed")
    if line.changed == "opened":
        look.append("penwidth=2")
    if line.both:
        look.append("dir=both")
    return f"{ends} [label={_quoted(words)}, {', '.join(look)}]"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return '"' + "".join(c for c in escaped if c >= " ") + '"'
