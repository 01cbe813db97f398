"""What a change does to all that runs: each value that is other, new or gone, by the line that decided it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from hullcheck.budget import OutOfTimeError
from hullcheck.budget import Thing as Timed
from hullcheck.model.node import Mapping, Node, Scalar
from hullcheck.model.problem import Problem
from hullcheck.show.compare import Difference, Resolve, core, differences, down, kubernetes, kustomize
from hullcheck.show.decided import Lines, Place, deciding
from hullcheck.show.emit import inline, value
from hullcheck.show.matching import Match, Renamed, match
from hullcheck.show.redact import Redaction
from hullcheck.show.rendered import Side, Thing
from hullcheck.show.risk import Risk, risk
from hullcheck.show.story import Change as FactChange
from hullcheck.show.story import changes as fact_changes
from hullcheck.source import Location, Source
from hullcheck.tuples import NamedTuple

_BOUNDARY = frozenset(":/@,; \t\n=\"'")


class Change(NamedTuple):
    """A value of one thing that differs, without secrets. `difference` says where; whole things have an empty path.
    `was_at` and `now_at` are the lines that decided it.

    `secret`: both sides look alike only because secrets are taken out of them.
    """

    match: Match
    difference: Difference
    before: Node | None
    after: Node | None
    was_at: Place | None = None
    now_at: Place | None = None
    risk: Risk | None = None

    @property
    def thing(self) -> Thing:
        """What it is now, or was."""
        found = self.match.after or self.match.before
        assert found is not None
        return found

    @property
    def secret(self) -> bool:
        both = self.before is not None and self.after is not None
        return both and not self.difference.reordered and _dump(self.before) == _dump(self.after)


class Cause(NamedTuple):
    """Changes that one line makes: `was` and `now` are what differs in all of them."""

    changes: tuple[Change, ...]
    was: str
    now: str

    @property
    def risk(self) -> Risk | None:
        return min((change.risk for change in self.changes if change.risk is not None), default=None)


class Unknown(NamedTuple):
    """Something that isn't compared in full: on which side it isn't known, and why; `times` says how many such things there are."""

    side: str
    text: str
    location: Location | None
    times: int = 1


class Whole(NamedTuple):
    """All that a change does: the `facts` of containers, the `causes` with every value that differs, worlds that were
    renamed, and what isn't known."""

    facts: tuple[FactChange, ...]
    causes: tuple[Cause, ...]
    renamed: tuple[Renamed, ...]
    unknown: tuple[Unknown, ...]

    @property
    def empty(self) -> bool:
        return not (self.facts or self.causes or self.renamed)


def difference(before: Side, after: Side, *, reveal: bool = False) -> Whole:
    """Everything that differs between two trees as rendered."""
    matched = match(before.worlds, after.worlds)
    shown = _Shown(reveal, Lines(before.read), Lines(after.read))
    found: list[Change] = []
    late: list[Unknown] = []
    for each in matched.things:
        try:
            with Timed():
                found += of_match(each, shown)
        except OutOfTimeError as error:
            thing = each.after or each.before
            assert thing is not None
            late.append(Unknown("both", f"{thing.title} in {thing.world} isn't compared: {error}", thing.node.location))
    pairs = ((old, new) for old, new in matched.things if old is not None and new is not None)
    names = {f"{old.world}#{old.owner}": f"{new.world}#{new.owner}" for old, new in pairs}
    facts = tuple(fact_changes(before.stories, after.stories, names, _Decided(found)))
    unknown = (*late, *_unknown(before, after))
    return Whole(facts, tuple(causes(found)), matched.renamed, unknown)


def of_match(found: Match, shown: "_Shown") -> Iterator[Change]:
    """What differs in one thing, which may be new or gone."""
    old, new = found
    if old is None or new is None:
        whole = Difference((), old.node if old else None, new.node if new else None, (), ())
        made = Change(found, whole, shown.node(old) if old else None, shown.node(new) if new else None)
        yield shown.placed(made._replace(risk=risk(made.thing, (), whole)))
        return
    for each in differences(old.node, new.node, _dialect(new)):
        before = down(shown.node(old), each.before_at) if each.before is not None else None
        after = down(shown.node(new), each.after_at) if each.after is not None else None
        yield shown.placed(Change(found, each, before, after, risk=risk(new, each.path, each)))


def _dialect(thing: Thing) -> Resolve:
    if thing.kind == "kustomization":
        return kustomize
    return core if thing.kind in ("compose", "image") else kubernetes


class _Shown:
    """Things as they may be shown: each is searched for secrets once, and only if something in it differs."""

    def __init__(self, reveal: bool, before: Lines, after: Lines) -> None:
        self.before = before
        self.after = after
        self.redaction = None if reveal else Redaction()
        self._known: dict[int, tuple[Mapping, Thing]] = {}

    def placed(self, change: Change) -> Change:
        """The change with the lines that decided it."""
        old, new = deciding(change.difference.before, change.difference.after, self.before, self.after)
        return change._replace(was_at=old, now_at=new)

    def node(self, thing: Thing) -> Mapping:
        """The thing without its secrets."""
        if self.redaction is None:
            return thing.node
        if id(thing) not in self._known:
            self._known[id(thing)] = (self.redaction.object(thing.node), thing)
        return self._known[id(thing)][0]


def causes(changes: Iterable[Change]) -> Iterator[Cause]:
    """The changes by what makes them: those that one line makes, or made before, and that change the same."""
    groups: dict[object, list[Change]] = {}
    joined: dict[object, object] = {}

    def first(key: object) -> object:
        while joined.setdefault(key, key) != key:
            joined[key] = key = joined[joined[key]]
        return key

    found = list(changes)
    for change in found:
        start, *others = _causes_of(change)
        for key in others:
            joined[first(key)] = first(start)
    for change in found:
        groups.setdefault(first(_causes_of(change)[0]), []).append(change)
    for group in groups.values():
        was, now = _core(group[0])
        yield Cause(tuple(group), was, now)


def _causes_of(change: Change) -> list[tuple[object, ...]]:
    """What may have made a change: the lines on either side that say something else, and what that does."""
    path = change.difference.path
    what = (_core(change), change.difference.reordered, path if change.secret else bool(path))
    sides = (("was", change.was_at), ("now", change.now_at))
    sure = [(side, place.path, place.line, what) for side, place in sides if place is not None and place.other]
    own = tuple((place.path, place.line) for _, place in sides if place is not None)
    return [*sure] or [("both", *own, what)]


def _core(change: Change) -> tuple[str, str]:
    """What differs, without what both have in common: of two images only their tags."""
    if not change.difference.path:
        return "", ""
    old, new = change.before, change.after
    if change.difference.reordered or old is None or new is None or not _scalars(old, new):
        return _dump(old), _dump(new)
    assert isinstance(old, Scalar)
    assert isinstance(new, Scalar)
    return trimmed(old.text, new.text) if not change.secret else ("", "")


def _scalars(old: Node, new: Node) -> bool:
    both = (old, new)
    return all(isinstance(node, Scalar) and not node.unknown for node in both)


def trimmed(old: str, new: str) -> tuple[str, str]:
    """Two texts without the whole words that both start and end with."""
    limit = min(len(old), len(new))
    start = next((n for n in range(limit) if old[n] != new[n]), limit)
    while start and not (old[start - 1] in _BOUNDARY):
        start -= 1
    limit -= start
    end = next((n for n in range(limit) if old[-1 - n] != new[-1 - n]), limit)
    while end and not (old[-end] in _BOUNDARY):
        end -= 1
    was, now = old[start : len(old) - end], new[start : len(new) - end]
    return (was, now) if was and now else (old, new)


def _dump(node: Node | None) -> str:
    if node is None:
        return ""
    return inline(node) if isinstance(node, Scalar) else repr(value(node))


class _Decided:
    """Which line made a container's fact another: that of the value that the fact rests on, as it was rendered."""

    def __init__(self, changes: Iterable[Change]) -> None:
        self._found: dict[tuple[str, str], list[Change]] = {}
        for change in changes:
            if change.match.before is not None and change.match.after is not None:
                self._found.setdefault((change.thing.world, change.thing.owner), []).append(change)

    def __call__(self, owner: str, topic: str) -> tuple[Location, bool] | None:
        """The place and whether it is gone, for the container `owner` and what is said of it."""
        world, _, inner = owner.partition("#")
        thing, _, container = inner.rpartition("/")
        named = f"[{container}]"
        for change in (*self._found.get((world, thing), ()), *self._found.get((world, inner), ())):
            path = change.difference.path
            items = [step for step, key in zip(path[1:], path, strict=False) if key in _CONTAINERS]
            if _TOPICS.get(topic, frozenset()).isdisjoint(path) or (items and named not in items):
                continue
            place = change.now_at or change.was_at
            if place is not None:
                return place.location, change.now_at is None
        return None


_CONTAINERS = ("containers", "initContainers", "ephemeralContainers")
_TOPICS = {
    "image": frozenset(("image",)),
    "runs as": frozenset(("runAsUser", "user")),
    "privileged": frozenset(("privileged",)),
    "allows privilege escalation": frozenset(("allowPrivilegeEscalation",)),
    "read-only root filesystem": frozenset(("readOnlyRootFilesystem", "read_only")),
    "capability added": frozenset(("add", "cap_add")),
    "capability dropped": frozenset(("drop", "cap_drop")),
    "memory limit": frozenset(("memory", "mem_limit")),
    "cpu limit": frozenset(("cpu", "cpus")),
    "host network": frozenset(("hostNetwork", "network_mode")),
    "host PID namespace": frozenset(("hostPID", "pid")),
    "host IPC namespace": frozenset(("hostIPC", "ipc")),
    "mounts its service account's token": frozenset(("automountServiceAccountToken",)),
    "service account": frozenset(("serviceAccountName", "serviceAccount")),
}
"""The keys that a fact of a container rests on, in Kubernetes and in Compose."""


def _unknown(before: Side, after: Side) -> Iterator[Unknown]:
    """What isn't known of either side, once for each reason."""
    reasons: dict[str, dict[str, list[Location | None]]] = {}
    for name, side in (("before", before), ("after", after)):
        told = {problem.gap.because for problem in side.problems if problem.gap is not None}
        for problem in dict.fromkeys(side.problems):
            if not _unused(problem, before, after):
                reasons.setdefault(_reason(problem), {}).setdefault(name, []).append(problem.location)
        for world in side.worlds:
            if world.unsure and world.unsure not in told and world.kind != "manifests":
                reasons.setdefault(f"{world.name}: {world.unsure}", {}).setdefault(name, []).append(None)
    for path in _other_values(before, after):
        place = Source(path, after.read(path) or before.read(path) or b"").at(0)
        yield Unknown("both", "other values of a chart, which differ, aren't taken: give them with `--values`", place)
    for text, sides in reasons.items():
        found = sides.get("after") or sides["before"]
        yield Unknown("both" if len(sides) > 1 else next(iter(sides)), text, found[0], len(found))


def _other_values(before: Side, after: Side) -> list[str]:
    """Files of values beside those that charts take by themselves, and that weren't given: such as `values-prod.yaml`."""
    worlds = [world for side in (before, after) for world in side.worlds if world.kind == "chart"]
    taken = {path for world in worlds for path in _variant(world.name)}
    found = {path for world in worlds for path in world.files if _holds_values(path)} - after.given - taken
    return sorted(path for path in found if before.read(path) != after.read(path))


def _variant(name: str) -> list[str]:
    """The values files that the world of a chart is called after, `chart + values-prod.yaml`."""
    chart, *labels = name.split(" + ")
    return [posixpath.normpath(posixpath.join(chart, label)) for label in labels]


def _holds_values(path: str) -> bool:
    *folders, name = path.split("/")
    stem, dot, ending = name.rpartition(".")
    return (
        bool(dot) and ending in ("yaml", "yml") and "values" in stem and stem != "values" and "templates" not in folders
    )


def _unused(problem: Problem, before: Side, after: Side) -> bool:
    """Is it about a file that nobody uses, and that didn't change?"""
    path = problem.location.path
    return problem.gap is not None and problem.gap.cause == "unused" and before.read(path) == after.read(path)


def _reason(problem: Problem) -> str:
    gap = problem.gap
    if gap is None or not gap.because:
        return problem.message
    return f"{gap.what}: {gap.because}"
