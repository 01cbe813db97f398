"""The words for a difference: who, over what, since when and because of what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hullcheck.draw.places import place
from hullcheck.model.extent import wider
from hullcheck.model.network.addresses import cidrs
from hullcheck.model.network.causes import Cause, Fate, cause, closing, fate
from hullcheck.model.network.compare import NOTHING, Beyond, Change, Open
from hullcheck.model.network.diff import Difference, Door, Entrance, Path, Standing
from hullcheck.model.network.endpoint import Endpoint
from hullcheck.model.network.network import Reason
from hullcheck.model.network.policy import Direction, Policy

MAX_NAMES = 5
MAX_POLICIES = 3


def counted(count: int, noun: str) -> str:
    """`none`, `1 path`, `2 paths`."""
    return f"1 {noun}" if count == 1 else f"{count} {noun}s" if count else "none"


class Words:
    """The words for what is in one difference."""

    def __init__(self, found: Difference) -> None:
        self.found = found
        self.both = found.both
        self.ends = [self._endpoint(id_) for id_ in self.both.ids]
        self.lost: dict[int, set[int]] = {0: set(), 1: set()}
        self.gained: dict[int, set[int]] = {0: set(), 1: set()}
        for moved in found.moved if found.kind != "compose" else ():
            for number in (0, 1):
                was, now = (_state(one, number) for one in (moved.was, moved.now))
                if was == 2 and now == 0:
                    self.lost[number].add(moved.node)
                elif now == 2 and was < 2:
                    self.gained[number].add(moved.node)

    def _endpoint(self, id_: str) -> Endpoint:
        after = self.both.members[1].get(id_)
        network = self.both.after if after else self.both.before
        return network.endpoints[(after or self.both.members[0][id_])[0]]

    def name(self, node: int) -> str:
        return self.both.ids[node]

    def is_lone_pair(self, source: int, target: int) -> bool:
        """Is one of the two new, or gone?"""
        return bool(self.both.lone >> source & 1 or self.both.lone >> target & 1)

    def is_lone(self, change: Change) -> bool:
        """Is it about a workload that is new, or gone? One block is about such pairs, or about others."""
        return self.is_lone_pair(*change.first)

    def lasting(self, nodes: Iterable[int]) -> list[int]:
        """Those that are there before and after."""
        return [node for node in nodes if self.both.both >> node & 1]

    def sign(self, row: Change | Beyond) -> str:
        """`+` if more is open, or perhaps open; `-` if less is; `~` if both are true."""
        more = (row.now.sure & ~row.was.sure) | (row.now.maybe & ~row.was.maybe)
        less = (row.was.sure & ~row.now.sure) | (row.was.maybe & ~row.now.maybe)
        return "~" if more and less else "+" if more else "-"

    def sign_of_way(self, way: Entrance) -> str:
        """The same of a way in from outside; another door to what was open is neither."""
        was, now = (self._reach(way.node, side) for side in (0, 1))
        own_was, own_now = (NOTHING if door is None else door.connections for door in (way.was, way.now))
        more = (own_now.maybe & ~was.maybe) | (own_now.sure & ~was.sure)
        less = (own_was.maybe & ~now.maybe) | (own_was.sure & ~now.sure)
        if not more and not less and way.was and way.now:
            more = bool(wider(way.now.limits.extent, way.was.limits.extent))
            less = bool(wider(way.was.limits.extent, way.now.limits.extent))
        return "~" if bool(more) == bool(less) else "+" if more else "-"

    def _reach(self, node: int, side: int) -> Open:
        """What is open to a node by any of its ways in."""
        network = (self.both.before, self.both.after)[side]
        sure = maybe = 0
        for number in self.both.members[side].get(self.both.ids[node], ()):
            for doorway in network.doorways_of(number):
                sure |= network.admitted(doorway)
                maybe |= network.admitted(doorway, strict=False)
        return Open(sure, sure | maybe)

    def risk(self, change: Change) -> tuple[int, tuple[int, ...]]:
        """0 for a path to a data store, 1 for one across namespaces, 2 for others; then the targets."""
        if any(self.ends[node].data for node in change.targets):
            return 0, change.targets
        spaces = {self.ends[node].namespace for node in (*change.sources, *change.targets)}
        return (1 if len(spaces) > 1 else 2), change.targets

    def opened(self, open_: Open) -> str:
        """Connections as people say them."""
        more = open_.maybe & ~open_.sure
        if not open_.maybe:
            return "nothing"
        if not open_.sure:
            return f"maybe {self._text(more)}"
        if not more:
            return self._text(open_.sure)
        return f"{self._text(open_.sure)}, maybe {'all' if open_.maybe == self._all else self._text(more)}"

    @property
    def _all(self) -> int:
        return self.both.after.universe.ports.all

    def _text(self, connections: int) -> str:
        return "all" if connections == self._all else self.both.text(connections)

    def step(self, was: Open, now: Open) -> str:
        """What is open now, or was, or both."""
        if was == NOTHING or now == NOTHING:
            return self.opened(now if was == NOTHING else was)
        return f"{self.opened(was)} -> {self.opened(now)}"

    def path(self, change: Change) -> str:
        """A change between workloads as a sentence."""
        others = self.named(change.targets, change.sources) if change.sources != change.targets else "each other"
        ends = f"{self.named(change.sources, change.targets)} -> {others}"
        return f"{ends}: {self.step(change.was, change.now)}{self.because(change)}"

    def why(self, change: Change) -> Cause:
        """Why the first pair of a change isn't as it was."""
        opened = change.now.sure & ~change.was.maybe or change.now.maybe & ~change.was.maybe
        closed = change.was.sure & ~change.now.maybe or change.was.maybe & ~change.now.maybe
        if self.is_lone(change) or not (opened or closed):
            return Cause()
        side = 1 if opened else 0
        networks = (self.both.before, self.both.after)
        source, target = (self.both.members[side][self.both.ids[node]][0] for node in change.first)
        path = Path(networks[side], (source,), (target,), opened or closed)
        return cause(path, networks[0]) if opened else closing(path, networks[1])

    def because(self, change: Change) -> str:
        """The reason for a change, as the end of a sentence."""
        closes = self.sign(change) == "-"
        if closes and change.now != NOTHING and self._is_confined(change):
            return self._left(change)
        why = self.why(change)
        if why.confining:
            gone = self._ended(why.reason) if isinstance(why.reason, Reason) else ""
            return f", denied by {_places(list(why.confining))}{gone}"
        if isinstance(why.reason, Reason):
            rule = why.reason.rule
            if closes:
                return self._ended(why.reason)
            return f", because of {why.reason.policy.name} rule {rule.number} ({place(rule.location)})"
        if why.reason is not None:
            return f" (was at {place(why.reason)})" if closes else f" ({place(why.reason)})"
        return f", because {fates(why.gone)}" if why.gone else ""

    def _is_confined(self, change: Change) -> bool:
        return self.gained[0].issuperset(change.targets) or self.gained[1].issuperset(change.sources)

    def _left(self, change: Change) -> str:
        """The rule that lets through what new isolation leaves of a path."""
        network, members = self.both.after, self.both.members[1]
        source, target = (members[self.both.ids[node]][0] for node in change.first)
        reasons = [r for r in network.because(source, target, change.now.maybe) if isinstance(r, Reason)]
        if not reasons:
            return ""
        rule = reasons[-1].rule
        return f", left by {reasons[-1].policy.name} rule {rule.number} ({place(rule.location)})"

    def _ended(self, reason: Reason) -> str:
        rule = reason.rule
        return f", since rule {rule.number} of {reason.policy.name} (was at {place(rule.location)}) allows it no longer"

    def named(self, nodes: tuple[int, ...], others: tuple[int, ...] = ()) -> str:
        """Workloads in words: those of a namespace, or all, if that is what they are but for the other end."""
        if len(nodes) <= MAX_NAMES:
            return ", ".join(map(self.name, nodes))
        chosen = set(nodes)
        everyone = set(range(len(self.both.ids)))
        if everyone - chosen <= set(others):
            return f"every workload ({len(nodes)})"
        spaces = sorted({self.ends[node].namespace for node in nodes})
        inside = {n for n in everyone if self.ends[n].namespace in spaces}
        if inside - chosen <= set(others) and self.found.kind != "compose" and len(spaces) <= 3:
            return f"every workload of {', '.join(spaces)} ({len(nodes)})"
        return _listed([self.name(node) for node in nodes])

    def way(self, way: Entrance) -> str:
        """A way in from outside as a sentence."""
        was, now = way.was, way.now
        one = now or was
        assert one is not None
        what = self.opened(one.connections)
        limit = f", {one.limits.text}" if one.limits.text else ""
        if was is not None and now is not None:
            what = what if was.connections == now.connections else self.step(was.connections, now.connections)
            if was.limits != now.limits:
                limit = f", {_limit(now)} (was {_limit(was)})"
        return f"outside -> {self.name(way.node)}: {what}, by {way.via}{limit} ({place(one.location)})"

    def outside(self) -> Iterator[Beyond]:
        """What changes with addresses outside, but for what lost or new isolation says, or a new workload's line."""
        for row in self.found.beyond:
            number = 0 if row.direction is Direction.INGRESS else 1
            said = self.lost[number] if row.now == Open(self._all, self._all) else set()
            if row.now == NOTHING:
                said = self.gained[number]
            if self.found.kind == "compose" and number == 0:  # what is published is a way in
                said = {way.node for way in self.found.entrances}
            nodes = tuple(node for node in self.lasting(row.nodes) if node not in said)
            if nodes:
                yield row._replace(nodes=nodes)

    def beyond(self) -> Iterator[str]:
        """The same in sentences, each with its sign."""
        for row in self.outside():
            ends = [self.named(row.nodes), self.addresses(row.pieces)]
            if row.direction is Direction.INGRESS:
                ends.reverse()
            yield f"{self.sign(row)} {ends[0]} -> {ends[1]}: {self.step(row.was, row.now)}"

    def addresses(self, pieces: int) -> str:
        """Addresses in words: those that they are, or all but those that they aren't."""
        space = self.both.after.universe.addresses
        everything = space.all if pieces & ~space.v4 else space.v4
        found, others = (cidrs(self.both.ranges(bits)) for bits in (pieces, everything & ~pieces))
        if not others:
            return "every address"
        return f"every address but {_listed(others)}" if len(others) < len(found) else _listed(found)

    def reaches(self, node: int) -> Iterator[str]:
        """The addresses that a new or gone workload reaches."""
        for row in self.found.beyond:
            if row.direction is Direction.EGRESS and node in row.nodes:
                yield f"{self.addresses(row.pieces)} ({self.opened(row.now if row.was == NOTHING else row.was)})"

    def is_explained(self, change: Change) -> bool:
        """Is all of it closed by policies that confine an end now and didn't?"""
        return change.now == NOTHING and self._is_confined(change)

    def isolation(self) -> Iterator[str]:
        """Who is confined now, or isn't any more: one line for all of whom the same is true."""
        if self.found.kind == "compose":
            yield from self._networks()
            return
        groups: dict[tuple[int, int, int, object], list[int]] = {}
        for moved in self.found.moved:
            for number in (0, 1):
                was, now = (_state(one, number) for one in (moved.was, moved.now))
                if moved.node in self.gained[number]:
                    continue
                if was != now:
                    fate_of = tuple(sorted({what.value for _, what in self._gone(moved.node, number)}))
                    groups.setdefault((number, was, now, fate_of), []).append(moved.node)
                elif moved.was.free[number] != moved.now.free[number] and not self._is_told(moved.node, number):
                    groups.setdefault((number, was, now, moved.now.free[number]), []).append(moved.node)
        for (number, was, now, says), nodes in groups.items():
            if was == now:
                yield self._unrestricted(nodes, number, bool(says))
            else:
                yield self._isolated(nodes, number, was, now)
        yield from self._confined()
        for moved in self.found.moved:
            if moved.was.data != moved.now.data:
                yield f"~ {self.name(moved.node)}: {_held(moved.was.data)} -> {_held(moved.now.data)}"

    def _confined(self) -> Iterator[str]:
        """Who is surely confined now: in both directions, then in one."""
        ingress, egress = self.gained[0], self.gained[1]
        for nodes, numbers in ((ingress & egress, (0, 1)), (ingress - egress, (0,)), (egress - ingress, (1,))):
            if not nodes:
                continue
            ranked = self._ranked(nodes, numbers, 1)
            words = " and ".join(tuple(Direction)[number].value for number in numbers)
            verb = "is" if len(nodes) == 1 else "are"
            yield (
                f"- {self._subject(sorted(nodes))} {verb} isolated now in {words}, by {_places(ranked)}"
                f"{self._closed(nodes, numbers)}"
            )

    def _ranked(self, nodes: Iterable[int], numbers: Iterable[int], side: int) -> list[Policy]:
        """The policies that confine workloads on one side, those first that confine most of them."""
        by: dict[tuple[str, str], tuple[int, Policy]] = {}
        for node in sorted(nodes):
            for policy in (policy for number in numbers for policy in self.policies(node, number, side)):
                key = (policy.object.kind, policy.name)
                by[key] = (by.get(key, (0, policy))[0] + 1, policy)
        return [policy for _, policy in sorted(by.values(), key=lambda one: -one[0])]

    def _gone(self, node: int, number: int) -> list[tuple[Policy, Fate]]:
        """The policies that confined a workload, with what became of them."""
        direction = tuple(Direction)[number]
        return [(policy, fate(policy, self.both.after, direction)) for policy in self.policies(node, number, 0)]

    def _subject(self, nodes: list[int]) -> str:
        names = _listed([self.name(node) for node in nodes])
        return f"{len(nodes)} workloads ({names})" if len(nodes) > MAX_NAMES else names

    def _is_told(self, node: int, number: int) -> bool:
        """Does something that is told of a workload's addresses say that it is restricted, or isn't?"""
        direction = tuple(Direction)[number]
        return any(row.direction is direction and node in row.nodes for row in self.found.beyond)

    def policies(self, node: int, number: int, side: int) -> list[Policy]:
        """The policies that confine a workload on one side, in a direction."""
        network = (self.both.before, self.both.after)[side]
        members = self.both.members[side][self.both.ids[node]]
        return [policy for policy, _ in network.selecting(members[0], tuple(Direction)[number])]

    def _isolated(self, nodes: list[int], number: int, was: int, now: int) -> str:
        """Isolation that is lost, or that isn't certain."""
        direction, subject = tuple(Direction)[number], self._subject(nodes)
        it, them, were = ("it", "it", "was") if len(nodes) == 1 else ("they", "them", "were")
        policies = self._ranked(nodes, (number,), 1 if now > was else 0)
        if (was, now) == (2, 0):
            can = f"anybody can connect to {them}" if number == 0 else f"{it} can connect to anywhere"
            gone = [(policy, fate(policy, self.both.after, direction)) for policy in policies]
            lost = f"{direction.value} isolation lost, {can}"
            return f"+ {subject}: {lost}; {it} {were} confined by {fates(gone, ', which')}"
        says = "may be isolated" if now == 1 else "can't be isolated any more"
        sure = "; that was certain" if was == 2 else ""
        return f"{'-' if now > was else '+'} {subject} {says} in {direction.value}, by {_places(policies)}{sure}"

    def _unrestricted(self, nodes: list[int], number: int, free: bool) -> str:
        says = "nothing restricts" if free else "something restricts"
        direction = tuple(Direction)[number].value
        return f"{'+' if free else '-'} {self._subject(nodes)}: {says} {direction} now, IPv6 included"

    def _closed(self, nodes: set[int], numbers: tuple[int, ...]) -> str:
        """How many pairs new isolation closes wholly."""
        count = 0
        for change in self.found.changes:
            if change.now == NOTHING and not self.is_lone(change):
                sources, targets = set(change.sources), set(change.targets)
                into = targets & nodes if 0 in numbers else set()
                out = sources & nodes if 1 in numbers else set()
                count += len(into) * len(sources) - len(into & sources)
                rest = targets - into
                count += len(out) * len(rest) - len(out & rest)
        which = ("to", "from", "to or from")[sum(number + 1 for number in numbers) - 1]
        return f"; closes {counted(count, 'path')} {which} {'it' if len(nodes) == 1 else 'them'}" if count else ""

    def _networks(self) -> Iterator[str]:
        """What Compose services join and leave."""
        for moved in self.found.moved:
            was, now = (set(box.split(" + ")) if box else set() for box in (moved.was.box, moved.now.box))
            steps = [("+", "joins", now - was), ("-", "leaves", was - now)]
            words = [f"{verb} {', '.join(sorted(names))}" for _, verb, names in steps if names]
            if words:
                sign = "~" if len(words) > 1 else "+" if now - was else "-"
                yield f"{sign} {self.name(moved.node)} {' and '.join(words)}"


def fates(gone: Iterable[tuple[Policy, Fate]], link: str = "") -> str:
    """Policies with what became of each."""
    gone = list(gone)
    words = [f"{policy.name} ({place(policy.location)}){link} {what.value}" for policy, what in gone[:MAX_POLICIES]]
    more = len(gone) - MAX_POLICIES
    return " and ".join(words) + (f", and {more} more" if more > 0 else "")


def _state(standing: Standing, number: int) -> int:
    """2 if it is surely confined, 1 if perhaps, 0 if not."""
    return 2 if standing.isolated[number] else 1 if standing.maybe_isolated[number] else 0


def _places(policies: list[Policy]) -> str:
    more = len(policies) - MAX_POLICIES
    words = ", ".join(f"{policy.name} ({place(policy.location)})" for policy in policies[:MAX_POLICIES])
    return words + (f" and {more} more" if more > 0 else "")


def _limit(door: Door) -> str:
    return door.limits.text or "open to every address"


def _held(data: str) -> str:
    return data or "no data store"


def _listed(words: list[str]) -> str:
    more = len(words) - MAX_NAMES
    return ", ".join(words[:MAX_NAMES]) + (f" and {more} more" if more > 0 else "")
