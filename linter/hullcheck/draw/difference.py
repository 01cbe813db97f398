"""What a change opens and closes, in sentences that a reviewer can read, the riskiest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hullcheck.draw.difference_words import Words, counted
from hullcheck.draw.places import place
from hullcheck.model.network.compare import NOTHING, Open
from hullcheck.model.network.diff import Difference, Meaning

MAX_LINES = 200
"""Lines of one kind that are told of one scope."""

NO_CHANGE = "nothing changes in who can talk to whom"


def render(found: Iterable[Difference]) -> str:
    """All differences as text, one line a sentence."""
    parts = ["\n".join((heading(one), *lines(one))) for one in found]
    return "\n\n".join(parts) + "\n" if parts else f"{NO_CHANGE}\n"


def heading(found: Difference) -> str:
    """One line that sums a scope up."""
    rows = list(_counted(found))
    opened, closed = (sum(count for sign, count in rows if sign in (mark, "~")) for mark in "+-")
    known = f", as far as known ({found.approximate})" if found.approximate else ""
    what = f"opens {counted(opened, 'path')} and closes {counted(closed, 'path')}"
    if found.before is None:
        what = f"new, with {counted(len(found.added), 'workload')}"
    elif found.after is None:
        what = f"gone, with {counted(len(found.removed), 'workload')}"
    return f"{found.scope}: {what}{known}"


def _counted(found: Difference) -> Iterator[tuple[str, int]]:
    """Signs, each with how many paths it is about: of each pair of workloads, and of each with outside."""
    words = Words(found)
    for entrance in found.entrances:
        yield words.sign_of_way(entrance), 1
    for change in found.changes:
        if not words.is_lone(change):
            yield words.sign(change), change.pairs
    for beyond in words.outside():
        yield words.sign(beyond), len(beyond.nodes)


def lines(found: Difference) -> Iterator[str]:
    """Everything that isn't as it was, a line each, with `+`, `-` or `~` in front."""
    yield from _Teller(found).lines()


class _Teller:
    def __init__(self, found: Difference) -> None:
        self.found = found
        self.words = Words(found)

    def lines(self) -> Iterator[str]:
        rows = [row for row in self.found.changes if not self.words.is_lone(row)]
        rows.sort(key=self.words.risk)
        told = {sign: [row for row in rows if self.words.sign(row) == sign] for sign in "+~-"}
        ways = {sign: [w for w in self.found.entrances if self.words.sign_of_way(w) == sign] for sign in "+~-"}
        isolation = list(self.words.isolation())
        beyond = list(self.words.beyond())
        meant = list(self._meant())
        yield from _cut(f"+ {self.words.way(way)}" for way in ways["+"])
        yield from _cut(f"+ {self.words.path(row)}" for row in told["+"] if self.words.risk(row)[0] == 0)
        yield from (line for line in isolation if line.startswith("+"))
        yield from _cut(f"+ {self.words.path(row)}" for row in told["+"] if self.words.risk(row)[0] > 0)
        yield from _cut(line for line in beyond if line.startswith("+"))
        yield from (line for line in meant if line.startswith("+"))
        yield from _cut(f"~ {self.words.path(row)}" for row in told["~"])
        yield from _cut(f"~ {self.words.way(way)}" for way in ways["~"])
        yield from (line for line in (*isolation, *beyond) if line.startswith("~"))
        yield from _cut(f"- {self.words.way(way)}" for way in ways["-"])
        yield from (line for line in isolation if line.startswith("-"))
        yield from _cut(f"- {self.words.path(row)}" for row in told["-"] if not self.words.is_explained(row))
        yield from _cut(line for line in beyond if line.startswith("-"))
        yield from (line for line in meant if not line.startswith("+"))
        yield from self._workloads("new workload", "is reached by", "reaches", self.found.added)
        yield from self._workloads("gone workload", "was reached by", "reached", self.found.removed)
        yield from self._knowledge()

    def _meant(self) -> Iterator[str]:
        rows = sorted(self.found.meanings, key=lambda row: (row.now is not False, row.now is None))
        yield from _cut(line for row in rows for line in self._meaning(row))

    def _meaning(self, row: Meaning) -> Iterator[str]:
        source, target = (self.words.name(node) for node in (row.source, row.target))
        what = self.found.both.text(row.connections) if row.connections else "some port"
        said = f"{what}, which {source} speaks of ({place(row.location)})"
        if row.was is not None and row.now is not None:
            sign, now = ("+", "is allowed now") if row.now else ("-", "is denied now")
            yield f"{sign} {source} -> {target}: {said}, {now}"
        elif row.now is False:
            yield f"  {source} -> {target}: {said}, is denied"
        elif not self.words.is_lone_pair(row.source, row.target):
            does = "speaks of" if row.was is None else "no longer speaks of"
            yield f"  {source} {does} {target}: {what} ({place(row.location)})"

    def _workloads(self, what: str, reached: str, reaches: str, ids: Iterable[str]) -> Iterator[str]:
        """New or gone workloads, those of which the same is to be told together."""
        groups: dict[str, list[str]] = {}
        numbers = [self.found.both.number[id_] for id_ in ids]
        into, out = self._around(numbers)
        for node in numbers:
            by = "; ".join(into[node]) or "nobody"
            to = "; ".join([*out[node], *self.words.reaches(node)]) or "nothing"
            groups.setdefault(f"{reached} {by}; {reaches} {to}", []).append(self.words.name(node))
        yield from _cut(
            f"  {what}{'s' if len(names) > 1 else ''} {', '.join(names)}: {told}" for told, names in groups.items()
        )

    def _around(self, nodes: Iterable[int]) -> tuple[dict[int, list[str]], dict[int, list[str]]]:
        """Who reaches each of the nodes, and whom they reach."""
        into: dict[int, dict[Open, set[int]]] = {node: {} for node in nodes}
        out: dict[int, dict[Open, set[int]]] = {node: {} for node in nodes}
        for row in self.found.changes:
            if self.words.is_lone(row):
                open_ = row.now if row.was == NOTHING else row.was
                for own, others, found in ((row.targets, row.sources, into), (row.sources, row.targets, out)):
                    for node in own:
                        if node in found:
                            found[node].setdefault(open_, set()).update(others)
        return self._in_words(into), self._in_words(out)

    def _in_words(self, found: dict[int, dict[Open, set[int]]]) -> dict[int, list[str]]:
        words = {}
        for node, rows in found.items():
            ends = ((open_, tuple(sorted(others - {node}))) for open_, others in rows.items())
            named = ((open_, self.words.named(others, (node,))) for open_, others in ends if others)
            words[node] = [f"{names} ({self.words.opened(open_)})" for open_, names in named]
        return words

    def _knowledge(self) -> Iterator[str]:
        (was, was_cut), (now, now_cut) = self.found.knowledge
        if self.found.before is not None and self.found.after is not None and was != now:
            yield f"  not everything is known: {now}" if now else f"  everything is known now; before: {was}"
        if was_cut or now_cut:
            yield "  there is more than could be worked out"


def _cut(rows: Iterable[str]) -> Iterator[str]:
    """As many lines as can be read, and how many there are more."""
    found = list(rows)
    yield from found[:MAX_LINES]
    if len(found) > MAX_LINES:
        yield f"{found[MAX_LINES][0]} {len(found) - MAX_LINES} more"
