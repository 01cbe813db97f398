"""What a change opens and closes as a graph to be drawn: what it touches, with what stayed as it was in grey.

Workloads that it doesn't touch are one item for each namespace.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hullcheck.draw.difference import NO_CHANGE, heading
from hullcheck.draw.difference_picture import Arrow, Picture
from hullcheck.draw.difference_words import counted
from hullcheck.draw.items import Graph, Item, Line
from hullcheck.draw.labels import short
from hullcheck.draw.names import shared_prefix
from hullcheck.model.network.compare import NOTHING
from hullcheck.model.network.diff import Difference

MAX_LINES = 150
MAX_SAME = 40
"""Lines that are as they were, up to which they are drawn."""

MAX_TOLD = 30
"""Lines from which on those are left out that lost isolation explains."""

MAX_PAIRS = 6
"""Workloads of an item that are looked at for what they have in common with those of another."""

_CHANGED = {"+": "opened", "-": "closed", "~": "changed", "x": ""}
_STYLES = {"fresh": "added", "gone": "removed"}


def graphs(found: Iterable[Difference]) -> list[Graph]:
    """A graph for each scope that changed; one that says so if none did."""
    made = [graph(one) for one in found]
    return made or [Graph(NO_CHANGE, (), (), (), ())]


def graph(found: Difference) -> Graph:
    """The graph of one scope's difference."""
    return _Maker(found).graph()


class _Maker:
    def __init__(self, found: Difference) -> None:
        self.found = found
        self.picture = Picture(found)
        self.words = self.picture.words
        self.boxes = {box.key: box for box in self.picture.boxes}
        self.keys = set(self.boxes)
        arrows = self.picture.arrows
        told = [arrow for arrow in arrows if self._is_told(arrow)] if len(arrows) > MAX_TOLD else []
        self.told = len(told)
        self.arrows = [arrow for arrow in arrows if arrow not in told] if told else arrows
        self.shown = self.arrows[:MAX_LINES]
        self.same: list[Line] = []
        self.hidden = 0
        self._compare()

    def graph(self) -> Graph:
        lines = [self._line(arrow) for arrow in self.shown]
        lines += self.same
        items = list(self._items(lines))
        boxes: dict[str, list[Item]] = {}
        for item in (*items, *self._untouched()):
            boxes.setdefault(item.box, []).append(item)
        names = {box: [name for item in own for name in item.names] for box, own in boxes.items()}
        prefixes = {box: shared_prefix(own) for box, own in names.items()}
        named = {
            box: tuple(item._replace(prefix=prefixes[box]) if item.kind == "workload" else item for item in own)
            for box, own in sorted(boxes.items())
        }
        ends = dict.fromkeys(
            end for arrow in self.shown for end in (arrow.source, arrow.target) if end not in self.keys
        )
        outside = (Item(f"{{{end}}}", (end,), "", "outside" if end == "outside" else "addresses") for end in ends)
        return Graph(
            heading(self.found),
            tuple(named.items()),
            tuple(outside),
            tuple(lines),
            tuple(self._notes()),
            {box: prefix for box, prefix in prefixes.items() if prefix},
            self.found.kind,
        )

    def _is_told(self, arrow: Arrow) -> bool:
        """Is it open to all because both ends have lost their isolation, as both say? Not if it leads to data."""
        source, target = (self.boxes.get(end) for end in (arrow.source, arrow.target))
        if arrow.sign != "+" or not source or not target or self.words.ends[target.members[0]].data:
            return False
        whole = arrow.label == "all" or arrow.label.endswith("-> all")
        lost = self.words.lost
        return whole and lost[0].issuperset(target.members) and lost[1].issuperset(source.members)

    def _key(self, end: str) -> str:
        return end if end in self.keys else f"{{{end}}}"

    def _line(self, arrow: Arrow) -> Line:
        denied = arrow.sign == "x"
        beyond = "entry" if arrow.source not in self.keys else "exit" if arrow.target not in self.keys else "other"
        kind = "denied" if denied else beyond
        label = short(arrow.label.removeprefix("used, denied: ")) if denied else _fitting(arrow.label)
        used = "denied" if denied else ""
        ends = (self._key(arrow.source), self._key(arrow.target))
        return Line(*ends, label, True, kind, ports=arrow.label, used=used, changed=_CHANGED[arrow.sign])

    def _items(self, lines: list[Line]) -> Iterator[Item]:
        signs: dict[str, set[str]] = {}
        for line in lines:
            for end in (line.source, line.target):
                signs.setdefault(end, set()).add(line.changed)
        for box in self.picture.boxes:
            first = box.members[0]
            own = self.words.ends[first]
            said = signs.get(box.key, set()) - {""}
            changed = _STYLES.get(box.style) or (said.pop() if len(said) == 1 else "changed" if said else "")
            isolation = self.picture.isolation(first)
            says = [{"added": "new", "removed": "gone"}.get(changed, ""), isolation]
            yield Item(
                box.key,
                tuple(self.words.ends[node].name for node in box.members),
                own.namespace,
                data=own.data,
                ids=tuple(self.words.name(node) for node in box.members),
                danger="open" if own.data and "lost" in isolation else "",
                says=tuple(text for text in says if text),
                changed=changed or ("changed" if isolation else ""),
            )

    def _untouched(self) -> Iterator[Item]:
        """What the change doesn't touch, one item for each namespace."""
        spaces: dict[str, list[int]] = {}
        for node, end in enumerate(self.words.ends):
            if node not in self.picture.box_of:
                spaces.setdefault(end.namespace, []).append(node)
        for number, (space, nodes) in enumerate(sorted(spaces.items())):
            text = f"{counted(len(nodes), 'workload')} as before"
            ids = tuple(self.words.name(node) for node in nodes)
            yield Item(f"u{number}", (text,), space, "unchanged", ids=ids)

    def _compare(self) -> None:
        """The connections between what is touched that are as they were, if they aren't too many."""
        both = self.words.both
        boxes = self.picture.boxes if len(self.picture.boxes) <= MAX_SAME else []
        drawn = {(arrow.source, arrow.target) for arrow in self.picture.arrows}
        for source in boxes:
            for target in boxes:
                if source is target or (source.key, target.key) in drawn:
                    continue
                pairs = [(one, other) for one in source.members[:MAX_PAIRS] for other in target.members[:MAX_PAIRS]]
                states = {both.between(*pair) for pair in pairs}
                was, now = next(iter(states))
                if len(states) > 1 or was != now or now == NOTHING:
                    self.hidden += any(one != (NOTHING, NOTHING) for one in states)
                elif len(self.same) < MAX_SAME:
                    text = self.words.opened(now)
                    label = "" if text == "all" else short(text)
                    self.same.append(Line(source.key, target.key, label, bool(now.sure), "same", ports=text))
                else:
                    self.hidden += 1

    def _notes(self) -> Iterator[str]:
        if self.told:
            paths = counted(self.told, "connection")
            yield f"{paths} on all ports between those that lost their isolation: opened, and not drawn one by one."
        if len(self.arrows) > MAX_LINES:
            yield f"{counted(len(self.arrows) - MAX_LINES, 'line')} left out."
        if self.hidden:
            yield f"{counted(self.hidden, 'connection')} that stayed as before, or of some of these workloads only: not drawn."
        if any(not line.label for line in self.same):
            yield "A grey line without ports is about all of them."


def _fitting(label: str) -> str:
    """A label that leaves room for the drawing."""
    return label if len(label) <= 40 else f"{label[:38]}…"
