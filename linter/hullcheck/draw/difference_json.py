"""What a change opens and closes, as JSON: every row, with what it was and what it is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from hullcheck.draw.difference_words import Words
from hullcheck.draw.json import VERSION, because, limited, place
from hullcheck.model.network.addresses import cidrs
from hullcheck.model.network.causes import Cause, cause
from hullcheck.model.network.compare import Beyond, Change, Open
from hullcheck.model.network.diff import Difference, Door, Entrance, Entry, Meaning, Moved, Path
from hullcheck.model.network.network import Network
from hullcheck.model.network.policy import Direction
from hullcheck.typed import Any

MAX_PAIRS = 20_000
"""Pairs of a scope that are written one by one."""


def render(found: Iterable[Difference]) -> str:
    """All differences as one document."""
    rows = [_scope(one) for one in found]
    return json.dumps({"version": VERSION, "scopes": rows}, indent=2, ensure_ascii=False) + "\n"


def _scope(found: Difference) -> dict[str, Any]:
    words = Words(found)
    made: dict[str, Any] = {
        "scope": found.scope,
        "opened": list(_pairs(found.opened, found.before)),
        "closed": list(_pairs(found.closed, None)),
        "openedFromOutside": [_entry(entry) for entry in found.entries],
        "closedFromOutside": [_entry(entry) for entry in found.exits],
        "isolationLost": [{"node": lost.endpoint.id, "direction": lost.direction.value} for lost in found.lost],
        "added": list(found.added),
        "removed": list(found.removed),
        "changed": [_change(words, change) for change in found.changes],
        "external": [_beyond(words, row) for row in found.beyond],
        "entrances": [_entrance(words, way) for way in found.entrances],
        "isolation": [row for moved in found.moved for row in _isolation(words, moved)],
    }
    if found.kind == "compose":
        made["networks"] = [
            {"node": words.name(moved.node), "before": _box(moved.was.box), "after": _box(moved.now.box)}
            for moved in found.moved
            if moved.was.box != moved.now.box
        ]
    made["meant"] = [_meant(words, row) for row in found.meanings]
    made["data"] = [
        {"node": words.name(moved.node), "before": moved.was.data, "after": moved.now.data}
        for moved in found.moved
        if moved.was.data != moved.now.data
    ]
    if found.approximate:
        made["approximate"] = found.approximate
    if any(cut for _, cut in found.knowledge) or _count((*found.opened, *found.closed)) > MAX_PAIRS:
        made["truncated"] = True
    return made


def _count(paths: Iterable[Path]) -> int:
    return sum(len(path.sources) * len(path.targets) for path in paths)


def _box(text: str) -> list[str]:
    return text.split(" + ") if text else []


def _open(words: Words, open_: Open) -> dict[str, Any]:
    """What is open, and what may be beside it."""
    made = {"connections": words.both.text(open_.sure)}
    more = open_.maybe & ~open_.sure
    return {**made, "maybe": words.both.text(more)} if more else made


def _change(words: Words, change: Change) -> dict[str, Any]:
    made = {
        "from": [words.name(node) for node in change.sources],
        "to": [words.name(node) for node in change.targets],
        "before": _open(words, change.was),
        "after": _open(words, change.now),
    }
    reasons = list(_reasons(words.why(change)))
    return {**made, "because": reasons} if reasons else made


def _reasons(why: Cause) -> Iterator[dict[str, Any]]:
    """A rule or place, policies that are gone, and those that deny."""
    if why.reason is not None:
        yield because(why.reason)
    for policy, fate in why.gone:
        yield {"policy": policy.name, "gone": True, "fate": fate.value, **place(policy.location)}
    for policy in why.confining:
        yield {"policy": policy.name, "denies": True, **place(policy.location)}


def _beyond(words: Words, row: Beyond) -> dict[str, Any]:
    return {
        "direction": "in" if row.direction is Direction.INGRESS else "out",
        "nodes": [words.name(node) for node in row.nodes],
        "ranges": cidrs(words.both.ranges(row.pieces)),
        "before": _open(words, row.was),
        "after": _open(words, row.now),
    }


def _entrance(words: Words, way: Entrance) -> dict[str, Any]:
    made: dict[str, Any] = {"node": words.name(way.node), "kind": way.kind, "via": way.via}
    for key, door in (("before", way.was), ("after", way.now)):
        if door is not None:
            made[key] = _door(words, door)
    return made


def _door(words: Words, door: Door) -> dict[str, Any]:
    return {**_open(words, door.connections), **limited(door.limits), **place(door.location)}


def _isolation(words: Words, moved: Moved) -> Iterator[dict[str, Any]]:
    for number, direction in enumerate(Direction):
        rows = [(one.isolated[number], one.maybe_isolated[number], one.free[number]) for one in (moved.was, moved.now)]
        if rows[0] != rows[1]:
            made = {"node": words.name(moved.node), "direction": direction.value}
            for key, (sure, maybe, free) in zip(("before", "after"), rows, strict=True):
                made[key] = "yes" if sure else "maybe" if maybe else "unrestricted" if free else "no"
            if words.found.kind != "compose":
                sides = enumerate(words.policies(moved.node, number, side) for side in (0, 1))
                made["because"] = [  # type: ignore[assignment]
                    {"policy": p.name, **({} if side else {"before": True}), **place(p.location)}
                    for side, policies in sides
                    for p in policies
                ]
            yield made


def _meant(words: Words, row: Meaning) -> dict[str, Any]:
    states = {None: "unsaid", True: "open", False: "denied"}
    made = {"from": words.name(row.source), "to": words.name(row.target), **place(row.location)}
    if row.connections:
        made["connections"] = words.both.text(row.connections)
    return {**made, "before": states[row.was], "after": states[row.now]}


def _pairs(paths: Iterable[Path], before: Network | None) -> Iterator[dict[str, Any]]:
    left = MAX_PAIRS
    for path in paths:
        why = cause(path, before) if before is not None else Cause()
        reasons = list(_reasons(why))
        for source in path.sources:
            for target in path.targets:
                left -= 1
                if left < 0:
                    return
                yield {
                    "from": path.network.endpoints[source].id,
                    "to": path.network.endpoints[target].id,
                    "connections": path.text,
                    "because": reasons,
                }


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "node": entry.endpoint.id,
        "kind": entry.doorway.kind,
        "connections": entry.text,
        **place(entry.doorway.location),
    }
