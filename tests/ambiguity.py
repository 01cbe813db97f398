"""How far can a regular expression go back? Its degree, found on an automaton of its parse tree.

A backtracking matcher tries every path through the automaton, so its worst time is the number of paths that read one
text. Two loops that can read the same text, one after the other, give a degree each; a loop that reads the same text
in two ways gives an exponential (Weideman et al., "Analyzing matching time behavior of backtracking regular expression
matchers by using ambiguity of NFA", 2016). Each verdict comes with the text that shows it.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from re import _compiler, _constants, _parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple

EXPONENTIAL = 99
ANY = -1

_SAMPLE = [chr(code) for code in range(256)] + list("ſKİı٣é中µμ\u2003\u2028\ufeff\ud800\U0001f600")


class Verdict(NamedTuple):
    """`degree` is 1 for linear, 2 for quadratic, ..., EXPONENTIAL; an attack is prefix + pump * n + suffix."""

    degree: int
    prefix: str = ""
    pump: str = ""
    suffix: str = ""


class _Edge(NamedTuple):
    to: int
    next: int = ANY  # the letters one of which has to follow, as bits; the end of the text is none of them
    end: bool = True  # may the text end here?
    back: int = 0  # the loop that begins again here
    soft: bool = False  # if what has to follow doesn't, the loop goes on


class _Automaton:
    """Positions that read a letter, joined by edges that read nothing."""

    def __init__(self, expression: str, flags: int, mode: str) -> None:
        tree = _parser.parse(expression, flags)
        self.flags = tree.state.flags
        self.state = tree.state
        self.mode = mode
        self.edges: list[list[_Edge]] = []
        self.reads: list[Any] = []  # for each node: what it reads, if anything; letters once they are known
        self.after: list[int] = []
        self.inside: list[int] = []  # the atomic group that the node is in
        self._atomic = 0
        self._groups = 0
        self.start, self.accept, self.dead = self._node(), self._node(), self._node()
        for items in _alternatives(list(tree)):
            self._whole(items)
        self._letters()

    def _whole(self, items: list[Any]) -> None:
        begin = self.start
        behind = self._behind(items) if self.mode in ("search", "all") else None
        if behind is not None:  # a match may begin later: a loop reads what stands before
            begin, again = self._node(), self._node()
            self.edges[self.start] += [_Edge(again), _Edge(begin)]
            self.edges[again] += [_Edge(self._position(None, again)), _Edge(self._position(behind, begin))]
        self._sequence(items, begin, self.accept)

    def _node(self) -> int:
        self.edges.append([])
        self.reads.append(None)
        self.after.append(-1)
        self.inside.append(self._atomic)
        return len(self.edges) - 1

    def _position(self, item: Any, after: int) -> int:
        node = self._node()
        self.reads[node] = (("with", self.flags, item) if item else item,)
        self.after[node] = after
        return node

    def _behind(self, items: list[Any]) -> Any:
        """What has to stand before a match: None if it can only begin at the text's start; () if anything may."""
        while items:
            operator, value = items[0]
            if operator is _constants.SUBPATTERN and not value[1] and not value[2]:
                items = [*value[3], *items[1:]]
            elif operator is _constants.ASSERT_NOT and value[0] < 0 and _is_single(value[1]):
                return (_constants.ASSERT_NOT, value[1][0])
            elif operator is _constants.ASSERT and value[0] < 0 and _is_single(value[1]):
                return value[1][0]
            elif operator is _constants.AT and value is _constants.AT_BEGINNING:
                return (_constants.LITERAL, 10) if self.flags & re.MULTILINE else None
            elif operator is _constants.AT and value is _constants.AT_BEGINNING_STRING:
                return None
            elif operator is _constants.AT and value is _constants.AT_BOUNDARY and len(items) > 1:
                word = re.compile(r"\w", self.flags & re.ASCII)
                follows = self._members(items[1]) if _is_single(items[1:2]) else self._first(items[1])
                if follows and all(word.match(letter) for letter in follows):
                    return (_constants.ASSERT_NOT, _parser.parse(r"\w", self.flags & re.ASCII)[0])
                return ()
            else:
                return ()
        return ()

    def _first(self, item: Any) -> list[str]:
        operator, value = item
        if operator in (_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT):
            return self._first(value[2][0]) if value[0] and len(value[2]) else []
        if operator is _constants.SUBPATTERN:
            return self._first(value[3][0]) if len(value[3]) else []
        if operator is _constants.BRANCH:
            firsts = [self._first(branch[0]) if len(branch) else [] for branch in value[1]]
            return [letter for first in firsts for letter in first] if all(firsts) else []
        return self._members(item) if _is_single([item]) else []

    def _members(self, item: Any) -> list[str]:
        pattern = _parser.SubPattern(self.state, [item])
        return [letter for letter in _SAMPLE if _compiler.compile(pattern, self.flags).fullmatch(letter)]

    def _sequence(self, items: Iterable[Any], begin: int, end: int) -> None:
        at = begin
        for item in items:
            following = self._node()
            self._item(item, at, following)
            at = following
        self.edges[at].append(_Edge(end))

    def _item(self, item: Any, begin: int, end: int) -> None:
        operator, value = item
        if _is_single([item]):
            self.edges[begin].append(_Edge(self._position(item, end)))
        elif operator is _constants.SUBPATTERN:
            outer, self.flags = self.flags, (self.flags | value[1]) & ~value[2]
            self._sequence(value[3], begin, end)
            self.flags = outer
        elif operator is _constants.ATOMIC_GROUP:
            self._enclosed(value, begin, end)
        elif operator is _constants.BRANCH:
            for branch in value[1]:
                inner = self._node()
                self.edges[begin].append(_Edge(inner))
                self._sequence(branch, inner, end)
        elif operator in (_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT):
            self._repeat(operator is _constants.POSSESSIVE_REPEAT, *value, begin, end)
        elif operator in (_constants.ASSERT, _constants.ASSERT_NOT):
            self._look(operator is _constants.ASSERT, value, begin, end)
        elif operator is _constants.AT:
            last = value in (_constants.AT_END, _constants.AT_END_STRING)
            self.edges[begin].append(
                _Edge(end, next=("newline" if value is _constants.AT_END else "none") if last else ANY)
            )  # type: ignore[arg-type]
        elif operator is _constants.GROUPREF:  # anything, in one way
            self.edges[begin].append(_Edge(self._position(None, begin)))
            self.edges[begin].append(_Edge(end))
        else:
            raise ValueError(f"unknown operator {operator}")

    def _enclosed(self, items: Iterable[Any], begin: int, end: int) -> None:
        outer = self._atomic
        self._groups += 1
        self._atomic = outer or self._groups
        self._sequence(items, begin, end)
        self._atomic = outer

    def _look(self, positive: bool, value: Any, begin: int, end: int) -> None:
        direction, body = value
        if direction > 0 and _is_single(body):
            guard = (body[0],) if positive else ((_constants.ASSERT_NOT, body[0]),)
            self.edges[begin].append(_Edge(end, next=guard, end=not positive))  # type: ignore[arg-type]
            return
        self.edges[begin].append(_Edge(end))
        if direction > 0:
            inner = self._node()
            self.edges[begin].append(_Edge(inner))
            self._sequence(body, inner, self.dead)

    def _repeat(self, possessive: bool, least: int, most: Any, body: Any, begin: int, end: int) -> None:
        outer = self._atomic
        if possessive:
            self._groups += 1
            self._atomic = outer or self._groups
        single = _is_single(body)
        unbounded = most is _constants.MAXREPEAT or (not single and most > 10)
        fixed = min(least, 3 if single else 10)
        at = begin
        for _ in range(fixed):
            following = self._node()
            self._sequence(body, at, following)
            at = following
        guard, soft = ANY, False
        if unbounded:
            if possessive and single:
                guard, soft = ((_constants.ASSERT_NOT, body[0]),), True  # type: ignore[assignment]
            head, back, leave = self._node(), self._node(), self._node()
            self.edges[at] += [_Edge(head), _Edge(leave)]
            self._sequence(body, head, back)
            self.edges[back] += [_Edge(head, back=head), _Edge(leave)]
            at = leave
        else:
            leave = self._node()
            for _ in range(min(most - least, 3 if single else 10)):
                following = self._node()
                self.edges[at].append(_Edge(leave))
                self._sequence(body, at, following)
                at = following
            self.edges[at].append(_Edge(leave))
            at = leave
        self._atomic = outer
        self.edges[at].append(_Edge(end, next=guard, soft=soft))

    def _letters(self) -> None:
        """Letters that no part of the expression tells apart become one."""
        items: dict[Any, Any] = {}
        for node, read in enumerate(self.reads):
            if read is not None:
                items[repr(read[0])] = read[0]
            for edge in self.edges[node]:
                if isinstance(edge.next, tuple):
                    items[repr(edge.next[0])] = edge.next[0]
        extra = {letter for item in items.values() for letter in _named_letters(item)}
        sample = list(dict.fromkeys([*_SAMPLE, *extra]))
        tests = {key: self._test(item, sample) for key, item in items.items()}
        newline = sample.index("\n")
        kinds: dict[tuple[bool, ...], int] = {}
        letters = []
        for at, letter in enumerate(sample):
            row = (*(test[at] for test in tests.values()), at == newline)
            if row not in kinds:
                kinds[row] = len(letters)
                letters.append((letter, row))
            elif letter.isascii() and letter.isalnum() and not letters[kinds[row]][0].isalnum():
                letters[kinds[row]] = (letter, row)
        self.letters = [letter for letter, _ in letters]
        masks = {
            key: sum(1 << number for number, (_, row) in enumerate(letters) if row[index])
            for index, key in enumerate(tests)
        }
        line = 1 << kinds[(*(test[newline] for test in tests.values()), True)]
        for node, read in enumerate(self.reads):
            self.reads[node] = masks[repr(read[0])] if read is not None else 0
            self.edges[node] = [
                edge._replace(next=masks[repr(edge.next[0])])
                if isinstance(edge.next, tuple)
                else edge._replace(next={"newline": line, "none": 0}[edge.next])
                if isinstance(edge.next, str)
                else edge
                for edge in self.edges[node]
            ]

    def _test(self, item: Any, sample: list[str]) -> list[bool]:
        if not item:
            return [True] * len(sample)
        flags = self.flags
        if item[0] == "with":
            _, flags, item = item
        if item[0] is _constants.ASSERT_NOT:
            return [not one for one in self._test(("with", flags, item[1]), sample)]
        pattern = _compiler.compile(_parser.SubPattern(self.state, [item]), flags)
        return [pattern.fullmatch(letter) is not None for letter in sample]


def _alternatives(items: list[Any]) -> list[list[Any]]:
    """What begins with a choice, as a choice of whole sequences."""
    if items and items[0][0] is _constants.BRANCH:
        return [one for branch in items[0][1][1] for one in _alternatives([*branch, *items[1:]])]
    if items and items[0][0] is _constants.SUBPATTERN and not items[0][1][1] and not items[0][1][2]:
        inner = _alternatives(list(items[0][1][3]))
        return [[*branch, *items[1:]] for branch in inner] if len(inner) > 1 else [items]
    return [items]


def _is_single(items: Any) -> bool:
    singles = (_constants.LITERAL, _constants.NOT_LITERAL, _constants.IN, _constants.ANY)
    if len(items) != 1:
        return False
    operator, value = items[0]
    if operator is _constants.SUBPATTERN and not value[1] and not value[2]:
        return False
    return operator in singles


def _named_letters(item: Any) -> Iterator[str]:
    if isinstance(item, tuple | list):
        for part in item:
            yield from _named_letters(part)
    elif isinstance(item, int) and not isinstance(item, bool) and 0 < item < 0x10FFFF:
        yield from (chr(item - 1), chr(item), chr(item + 1))


class _Graph:
    """Positions and the letters that lead from one to the next; how often, if in more than one way."""

    def __init__(self, made: _Automaton) -> None:
        self.made = made
        self.positions = [node for node, read in enumerate(made.reads) if read]
        self.steps: dict[int, list[tuple[int, int, bool]]] = {}  # position: (position, letters, in two ways?)
        self.free: set[int] = set()  # from where a match may end at once, whatever follows
        self.ends: set[int] = set()  # from where it may end with the text
        for node in [made.start, *self.positions]:
            self.steps[node] = self._follow(node, made.start if node == made.start else made.after[node])
        self.components = _components(self.positions, {n: [to for to, _, _ in self.steps[n]] for n in self.steps})

    def _follow(self, node: int, begin: int) -> list[tuple[int, int, bool]]:
        found: dict[int, list[int]] = {}
        counts: dict[Any, int] = {}
        stack: list[tuple[int, int, int, bool, frozenset[int]]] = [(begin, ANY, ANY, True, frozenset())]
        while stack:
            at, letters, hard, end, seen = state = stack.pop()
            counts[state] = counts.get(state, 0) + 1
            if counts[state] > 2:
                continue
            if at == self.made.accept:
                if hard == ANY and end and self.made.mode != "full":
                    self.free.add(node)
                if end:
                    self.ends.add(node)
                continue
            if self.made.reads[at]:
                found.setdefault(at, []).append(self.made.reads[at] & letters)
                continue
            for edge in self.made.edges[at]:
                if not edge.back or edge.back not in seen:
                    further = hard if edge.soft else hard & edge.next
                    begun = seen | {edge.back} if edge.back else seen
                    stack.append((edge.to, letters & edge.next, further, end and edge.end, begun))
        steps = []
        for to, masks in found.items():
            union, twice = 0, 0
            for mask in masks:
                twice |= union & mask
                union |= mask
            if union & ~twice:
                steps.append((to, union & ~twice, False))
            if twice:
                steps.append((to, twice, True))
        return steps


def _components(nodes: list[int], graph: dict[int, list[int]]) -> dict[int, int]:
    """For each node that lies on a cycle, the number of its strongly connected component."""
    index: dict[Any, int] = {}
    low: dict[Any, int] = {}
    on: set[Any] = set()
    stack: list[Any] = []
    result: dict[Any, int] = {}
    number = 0
    for root in nodes:
        if root in index:
            continue
        work = [(root, iter(graph.get(root, ())))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on.add(root)
        while work:
            node, following = work[-1]
            for to in following:
                if to not in index:
                    index[to] = low[to] = len(index)
                    stack.append(to)
                    on.add(to)
                    work.append((to, iter(graph.get(to, ()))))
                    break
                if to in on:
                    low[node] = min(low[node], index[to])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    members = []
                    while True:
                        member = stack.pop()
                        on.discard(member)
                        members.append(member)
                        if member == node:
                            break
                    if len(members) > 1 or node in graph.get(node, ()):
                        for member in members:
                            result[member] = number
                        number += 1
    return result


def degree(expression: str, flags: int = 0, mode: str = "all") -> Verdict:
    """The worst growth of matching `expression` by `mode`: "full", "match", "search" (the first) or "all" matches."""
    graph = _Graph(_Automaton(expression, flags, mode))
    return _exponential(graph) or _polynomial(graph)


def _exponential(graph: _Graph) -> Verdict | None:
    by_component: dict[int, list[int]] = {}
    for node, component in graph.components.items():
        by_component.setdefault(component, []).append(node)
    inside = graph.made.inside
    for members in by_component.values():
        within = set(members)
        within -= graph.free  # what may end there does
        members = [node for node in members if node in within]
        steps = {node: [step for step in graph.steps[node] if step[0] in within] for node in members}
        for node in members:
            for to, mask, twice in steps[node]:
                if twice and not (inside[node] and inside[node] == inside[to]):
                    word = _letter(graph, mask) + (_path(steps, (to,), (node,), graph) or "")
                    if verdict := _attack(graph, node, word, EXPONENTIAL):
                        return verdict
        pairs: dict[Any, list[Any]] = {}
        queue = deque((node, node) for node in members)
        seen = set(queue)
        while queue and len(seen) < 60_000:
            pair = queue.popleft()
            following = pairs[pair] = []
            for one, mask, _ in steps[pair[0]]:
                for other, second, _ in steps[pair[1]]:
                    if mask & second and not (one != other and inside[one] and inside[one] == inside[other]):
                        following.append((one, other))
                        if (one, other) not in seen:
                            seen.add((one, other))
                            queue.append((one, other))
        components = _components(list(pairs), pairs)
        diagonal: dict[int, int] = {}
        for (one, other), component in components.items():
            if one == other:
                diagonal.setdefault(component, one)
        for (one, other), component in components.items():
            if one != other and component in diagonal:
                node = diagonal[component]
                there = _path(steps, (node, node), (one, other), graph)
                back = _path(steps, (one, other), (node, node), graph)
                if verdict := _attack(graph, node, (there or "") + (back or ""), EXPONENTIAL):
                    return verdict
    return None


def _polynomial(graph: _Graph) -> Verdict:
    inside = graph.made.inside
    nodes = list(graph.components)
    reach = {node: _reach(graph, node) for node in nodes}
    chains: dict[int, dict[int, Verdict]] = {}
    representatives: dict[int, list[int]] = {}
    for node in nodes:
        representatives.setdefault(graph.components[node], []).append(node)
    for p in nodes:
        for q in nodes:
            one, two = graph.components[p], graph.components[q]
            if one == two or q not in reach[p] or two in chains.get(one, ()) or q in graph.free:
                continue
            if inside[p] and inside[p] == inside[q]:
                continue
            first = {
                node: [s for s in graph.steps[node] if s[0] in representatives[one]] for node in representatives[one]
            }
            stay = set(representatives[two]) - graph.free  # what may end there does
            third = {node: [s for s in graph.steps[node] if s[0] in stay] for node in stay}
            second = {
                node: [
                    s
                    for s in graph.steps[node]
                    if s[0] == q or (s[0] in reach and q in reach[s[0]]) or q in _reach(graph, s[0])
                ]
                for node in {p, q} | reach[p]
                if node == q or q in _reach(graph, node)
            }
            word = _triple(graph, first, second, third, p, q)
            if word and (verdict := _attack(graph, p, word, 2)):
                chains.setdefault(one, {})[two] = verdict
    best = Verdict(1)

    def longest(component: int) -> int:
        return 1 + max((longest(to) for to in chains.get(component, ())), default=0)

    for component, following in chains.items():
        length = longest(component)
        if length > best.degree:
            best = next(iter(following.values()))._replace(degree=length)
    return best


def _reach(graph: _Graph, node: int) -> set[int]:
    cache: dict[int, set[int]] = graph.__dict__.setdefault("reached", {})
    if node not in cache:
        seen, stack = set(), [node]
        while stack:
            for to, _, _ in graph.steps[stack.pop()]:
                if to not in seen:
                    seen.add(to)
                    stack.append(to)
        cache[node] = seen
    return cache[node]


def _letter(graph: _Graph, mask: int) -> str:
    letters = [letter for number, letter in enumerate(graph.made.letters) if mask >> number & 1]
    return next((letter for letter in letters if letter.isalnum() and letter.isascii()), letters[0])


def _path(steps: Any, begin: tuple[int, ...], end: tuple[int, ...], graph: _Graph) -> str | None:
    return _search(graph, [steps] * len(begin), begin, end)


def _triple(graph: _Graph, first: Any, second: Any, third: Any, p: int, q: int) -> str | None:
    return _search(graph, [first, second, third], (p, p, q), (p, q, q))


def _search(graph: _Graph, steps: list[Any], begin: tuple[int, ...], end: tuple[int, ...]) -> str | None:
    """The shortest word that leads all of `begin` to `end`, each along its own steps; "" if that is where they are."""
    if begin == end and len(begin) < 3:
        return ""
    queue: deque[tuple[int, ...]] = deque([begin])
    parents: dict[tuple[int, ...], tuple[tuple[int, ...], int]] = {}
    while queue and len(parents) < 40_000:
        at = queue.popleft()
        rows: list[tuple[tuple[int, ...], int]] = [((), ANY)]
        for table, node in zip(steps, at, strict=True):
            rows = [
                ((*done, to), mask & letters)
                for done, mask in rows
                for to, letters, _ in table.get(node, ())
                if mask & letters
            ]
        for to, mask in rows:
            if to in parents:
                continue
            parents[to] = (at, mask)
            if to == end:
                word = ""
                while True:
                    before, letters = parents[to]
                    word = _letter(graph, letters) + word
                    to = before
                    if to == begin:
                        return word
            queue.append(to)
    return None


def _attack(graph: _Graph, node: int, word: str, kind: int) -> Verdict | None:
    """The attack that pumps `word` at `node`, if the text can go on so that no match ends it."""
    full = dict(graph.steps)
    prefix = "" if node == graph.made.start else _search(graph, [full], (graph.made.start,), (node,))
    if prefix is None or not word:
        return None
    states = _run(graph, {graph.made.start}, prefix)
    for _ in range(3):
        states = _run(graph, states, word)
        if graph.made.mode in ("match", "search") and states & graph.free:
            return None
    suffixes = [""] + graph.made.letters + [a + b for a in graph.made.letters[:12] for b in graph.made.letters[:12]]
    for suffix in suffixes:
        after = _run(graph, states, suffix)
        if graph.made.mode == "full" and not after & graph.ends:
            return Verdict(kind, prefix, word, suffix)
        if graph.made.mode != "full" and not after & (graph.ends | graph.free):
            return Verdict(kind, prefix, word, suffix)
    return Verdict(kind, prefix, word, "") if graph.made.mode == "all" else None


def _run(graph: _Graph, states: set[int], word: str) -> set[int]:
    for letter in word:
        bit = 1 << graph.made.letters.index(letter)
        states = {to for node in states for to, mask, _ in graph.steps[node] if mask & bit}
    return states
