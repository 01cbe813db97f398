"""What a change opens and closes, drawn: only what it touches. As a Mermaid flowchart, and with it as Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from hullcheck.draw.difference import NO_CHANGE, heading, lines
from hullcheck.draw.difference_words import Words, counted
from hullcheck.draw.mermaid import MAX_CHARACTERS, hash_of, quoted
from hullcheck.model.network.compare import NOTHING, Change
from hullcheck.model.network.diff import Difference
from hullcheck.model.network.policy import Direction
from hullcheck.tuples import NamedTuple

MAX_LINES = 120
MAX_TITLE = 3

_STYLES = (
    "classDef data fill:#ddf4ff,stroke:#0969da,color:#0a3069",
    "classDef fresh fill:#fff8c5,stroke:#9a6700,color:#4d2d00",
    "classDef gone fill:#f6f8fa,stroke:#57606a,color:#57606a,stroke-dasharray:4 3",
    "classDef outside fill:#ffebe9,stroke:#cf222e,color:#82071e",
    "classDef note fill:none,stroke:none,color:#57606a",
    "classDef plain fill:#ffffff,stroke:#57606a,color:#1f2328",
)
_COLOURS = {
    "+": "stroke:#cf222e,stroke-width:3px",
    "-": "stroke:#1a7f37,stroke-dasharray:4 3",
    "~": "stroke:#9a6700",
    "x": "stroke:#8250df,stroke-width:3px",
}


class Arrow(NamedTuple):
    """A connection that is open now ("+"), closed ("-"), both ("~"), or that is used and denied ("x")."""

    source: str
    target: str
    label: str
    sign: str


class Box(NamedTuple):
    """Workloads that changed alike, by number, or what is outside. `style` is a class of the flowchart."""

    key: str
    title: str
    style: str
    members: tuple[int, ...] = ()


def render(found: Iterable[Difference]) -> str:
    """One flowchart of all that changed: new ways red, closed ones green and dashed, denied use crossed."""
    drawn = [Picture(one) for one in found]
    most = MAX_LINES
    while True:
        text = "\n".join(_flowchart(drawn, most)) + "\n"
        if len(text) <= MAX_CHARACTERS or most < 5:
            return text
        most //= 2


def markdown(found: Iterable[Difference]) -> str:
    """Each scope with what changes in words, and one drawing."""
    found = list(found)
    if not found:
        return f"{NO_CHANGE}\n"
    parts = []
    for one in found:
        rows = "\n".join(f"- {_code(line)}" for line in lines(one))
        parts.append(f"### {_code(one.scope)}\n\n{_plain(heading(one).removeprefix(one.scope + ': '))}\n\n{rows}\n")
    return "\n".join([*parts, "```mermaid", render(found).rstrip("\n"), "```", ""])


def _code(text: str) -> str:
    """One line as code, whatever is in it."""
    text = " ".join(text.split())
    longest = max((len(run) for run in "".join(c if c == "`" else " " for c in text).split()), default=0)
    fence = "`" * (longest + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _plain(text: str) -> str:
    return "".join(c if c.isalnum() or c in " ,.()/-:'" else f"&#{ord(c)};" for c in text)


class Picture:
    """What a change touches: workloads that changed alike as boxes, and arrows between them."""

    def __init__(self, found: Difference) -> None:
        self.found = found
        self.words = Words(found)
        self.title = found.scope
        changes = [c for c in found.changes if not self._is_covered(c)]
        self.box_of, self.boxes = self._boxes(changes)
        self.arrows = sorted(dict.fromkeys([*self._entrances(), *self._between(changes), *self._beyond()]), key=_weight)

    def _is_covered(self, change: Change) -> bool:
        return not self.words.is_lone(change) and self.words.is_explained(change)

    def _boxes(self, changes: list[Change]) -> tuple[dict[int, str], list[Box]]:
        """What the change touches; workloads of which the same changes are one."""
        roles: dict[int, list[object]] = {}
        for number, change in enumerate(changes):
            for role, nodes in enumerate((change.sources, change.targets)):
                for node in nodes:
                    roles.setdefault(node, []).append((number, role))
        for way in self.found.entrances:
            roles.setdefault(way.node, []).append((way.kind, way.was, way.now))
        for number, row in enumerate(self.words.outside()):
            for node in row.nodes:
                roles.setdefault(node, []).append(("outside", number))
        for number, meaning in enumerate(self.found.meanings):
            for role, node in enumerate((meaning.source, meaning.target)):
                if meaning.now is False:
                    roles.setdefault(node, []).append(("used", number, role))
        for moved in self.found.moved:
            roles.setdefault(moved.node, []).append((moved.was, moved.now))
        both = self.words.both
        for node in range(len(both.ids)):
            if both.lone >> node & 1 and both.ids[node] in {*self.found.added, *self.found.removed}:
                roles.setdefault(node, [])
        alike: dict[tuple[object, ...], list[int]] = {}
        for node, said in sorted(roles.items()):
            end = self.words.ends[node]
            alike.setdefault((end.data, end.namespace, self._style(node), *said), []).append(node)
        box_of, boxes = {}, []
        for number, members in enumerate(alike.values()):
            for node in members:
                box_of[node] = f"n{number}"
            boxes.append(Box(f"n{number}", self._titled(members), self._style(members[0]), tuple(members)))
        return box_of, boxes

    def _style(self, node: int) -> str:
        id_ = self.words.name(node)
        if id_ in self.found.added:
            return "fresh"
        return "gone" if id_ in self.found.removed else "data" if self.words.ends[node].data else "plain"

    def _titled(self, nodes: list[int]) -> str:
        names = [self.words.ends[node].name for node in nodes]
        more = len(names) - MAX_TITLE
        title = ", ".join(names[:MAX_TITLE]) + (f" (+{more})" if more > 0 else "")
        said = {"fresh": "new", "gone": "gone"}.get(self._style(nodes[0]), "")
        data = self.words.ends[nodes[0]].data
        isolation = self.isolation(nodes[0])
        return "\n".join(part for part in (title, ", ".join(filter(None, (data, said))), isolation) if part)

    def isolation(self, node: int) -> str:
        """How the confinement of a workload changed, in words."""
        told = []
        for nodes, says in ((self.words.lost, "isolation lost"), (self.words.gained, "isolated now")):
            which = [direction.value for number, direction in enumerate(Direction) if node in nodes[number]]
            if which:
                told.append(f"{' and '.join(which)} {says}")
        return ", ".join(told)

    def _entrances(self) -> Iterator[Arrow]:
        for way in self.found.entrances:
            was, now = (door.connections if door else NOTHING for door in (way.was, way.now))
            door = way.now or way.was
            limit = f", {door.limits.text}" if door and door.limits.text else ""
            label = self.words.step(was, now) if was != now else self.words.opened(now)
            yield Arrow("outside", self.box_of[way.node], f"{label}{limit}", self.words.sign_of_way(way))

    def _between(self, changes: list[Change]) -> Iterator[Arrow]:
        crossed = set()
        members = Counter(self.box_of.values())
        single = {box for box, count in members.items() if count == 1}
        for row in self.found.meanings:
            if row.now is False:
                what = self.words.both.text(row.connections) if row.connections else ""
                arrow = Arrow(self.box_of[row.source], self.box_of[row.target], f"used, denied: {what}", "x")
                crossed.add(arrow[:2])
                yield arrow
        for change in changes:
            sources, targets = (
                dict.fromkeys(self.box_of[node] for node in nodes) for nodes in (change.sources, change.targets)
            )
            label, sign = self.words.step(change.was, change.now), self.words.sign(change)
            for ends in ((source, target) for source in sources for target in targets):
                loop = ends[0] == ends[1] and ends[0] in single
                if not loop and (change.now != NOTHING or ends not in crossed):
                    yield Arrow(*ends, label, sign)

    def _beyond(self) -> Iterator[Arrow]:
        for row in self.words.outside():
            label, sign = self.words.step(row.was, row.now), self.words.sign(row)
            address = self.words.addresses(row.pieces)
            for box in dict.fromkeys(self.box_of[node] for node in row.nodes):
                into = row.direction is Direction.INGRESS
                yield Arrow(address, box, label, sign) if into else Arrow(box, address, label, sign)

    @property
    def folded(self) -> int:
        """How many workloads the change doesn't touch."""
        return len(self.words.both.ids) - len(self.box_of)


def _weight(arrow: Arrow) -> tuple[int, bool]:
    return "x+~-".index(arrow.sign), arrow.source != "outside"


def _flowchart(pictures: list[Picture], most: int) -> Iterator[str]:
    yield "flowchart LR"
    number = left_out = 0
    share = max(most // max(len(pictures), 1), 5)
    signs: dict[str, list[int]] = {}
    for count, picture in enumerate(pictures):
        prefix = f"s{count}"
        keys = {box.key for box in picture.boxes}
        shown = picture.arrows[:share]
        left_out += len(picture.arrows) - len(shown)
        ends = dict.fromkeys(end for arrow in shown for end in (arrow.source, arrow.target))
        boxes = [box for box in picture.boxes if box.key in ends or len(picture.boxes) <= share]

        def key(end: str, keys: set[str] = keys, prefix: str = prefix) -> str:
            return prefix + (end if end in keys else f"x{hash_of(end):x}")

        yield f"  subgraph {prefix}[{quoted(picture.title)}]"
        for box in boxes:
            shape = "[({})]" if box.style == "data" else "[{}]"
            yield f"    {key(box.key)}{shape.format(quoted(box.title, 120))}:::{box.style}"
        hidden = picture.folded + len(picture.boxes) - len(boxes)
        if hidden:
            yield f"    {prefix}more[{quoted(counted(hidden, 'workload') + ' without a line')}]:::note"
        yield "  end"
        yield from (f"  {key(end)}([{quoted(end)}]):::outside" for end in ends if end not in keys)
        for arrow in shown:
            line = {"+": "==>", "-": "-.->", "~": "-->", "x": "--x"}[arrow.sign]
            yield f"  {key(arrow.source)} {line}|{quoted(arrow.label)}| {key(arrow.target)}"
            signs.setdefault(arrow.sign, []).append(number)
            number += 1
    if not pictures:
        yield f"  none[{quoted(NO_CHANGE)}]:::note"
    if left_out:
        yield f"  left[{quoted(counted(left_out, 'line') + ' left out')}]:::note"
    for sign, numbers in sorted(signs.items()):
        yield f"  linkStyle {','.join(map(str, numbers))} {_COLOURS[sign]}"
    yield from (f"  {style}" for style in _STYLES)
