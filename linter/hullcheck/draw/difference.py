"""What a change opens and closes, in sentences that a reviewer can read, the riskiest first; and as JSON."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from hullcheck.draw.json import VERSION, because, place
from hullcheck.model.network.compose import ComposeNetwork
from hullcheck.model.network.diff import Cause, Difference, Entry, Lost, Path, cause
from hullcheck.model.network.network import Network, Reason
from hullcheck.source import Location

MAX_NAMES = 5


def render(found: Iterable[Difference]) -> str:
    """All differences as text, one line a sentence."""
    parts = ["\n".join(_scope(one)) for one in found]
    return "\n\n".join(parts) + "\n" if parts else "nothing changes in who can talk to whom\n"


def _scope(found: Difference) -> Iterator[str]:
    opened, closed = len(found.opened) + len(found.entries), len(found.closed) + len(found.exits)
    yield f"{found.scope}: opens {_paths(opened)} and closes {_paths(closed)}"
    yield from (f"+ {sentence}" for sentence in sentences(found))
    yield from (f"- outside -> {entry.endpoint.id}: {entry.text}, by {entry.doorway.via}" for entry in found.exits)
    yield from (f"- {ends(path)}: {path.text}" for path in found.closed)
    yield from (f"  new workload {_new(found.after, id_)}" for id_ in found.added)
    yield from (f"  workload {id_} is gone" for id_ in found.removed)


def _paths(count: int) -> str:
    return "1 path" if count == 1 else f"{count} paths" if count else "none"


def sentences(found: Difference) -> Iterator[str]:
    """What is opened: from outside, to data stores, isolation lost, across namespaces, others."""
    for entry in found.entries:
        yield f"outside -> {entry.endpoint.id}: {entry.text}, by {entry.doorway.via} ({_place(entry.doorway.location)})"
    ranked = sorted(found.opened, key=risk)
    data = [path for path in ranked if risk(path) == 0]
    others = [path for path in ranked if risk(path) > 0]
    yield from (_opened(path, found.before) for path in data)
    yield from map(_lost, found.lost)
    yield from (_opened(path, found.before) for path in others)


def risk(path: Path) -> int:
    """0 for a path to a data store, 1 for one across namespaces, 2 for others."""
    ends_ = path.network.endpoints
    if any(ends_[number].data for number in path.targets):
        return 0
    spaces = {ends_[number].namespace for number in (*path.sources, *path.targets)}
    return 1 if len(spaces) > 1 else 2


def _opened(path: Path, before: Network | None) -> str:
    why = cause(path, before) if before is not None else Cause()
    return f"{ends(path)}: {path.text}{_because(why)}"


def _because(why: Cause) -> str:
    if isinstance(why.reason, Reason):
        rule = why.reason.rule
        return f", because of {why.reason.policy.name} rule {rule.number} ({_place(rule.location)})"
    if why.reason is not None:
        return f" ({_place(why.reason)})"
    if why.gone:
        names = ", ".join(f"{policy.name} ({policy.location.path})" for policy in why.gone[:3])
        return f", because {names} {'is' if len(why.gone) == 1 else 'are'} gone or selects it no longer"
    return ""


def _lost(lost: Lost) -> str:
    names = ", ".join(f"{policy.name} ({policy.location.path})" for policy in lost.gone[:3])
    accepts = "anybody can connect to it" if lost.direction.value == "ingress" else "it can connect to anywhere"
    return f"{lost.endpoint.id}: {lost.direction.value} isolation lost, {accepts}; it was confined by {names}"


def ends(path: Path) -> str:
    """Both ends of a path in words."""
    return f"{named(path.network, path.sources, path.targets)} -> {named(path.network, path.targets, path.sources)}"


def named(network: Network, numbers: tuple[int, ...], others: tuple[int, ...]) -> str:
    """Workloads in words: those of a namespace, or all, if that is what they are but for the other end."""
    if len(numbers) <= MAX_NAMES:
        return ", ".join(network.endpoints[number].id for number in numbers)
    chosen = set(numbers)
    everyone = set(range(len(network.endpoints)))
    if everyone - chosen <= set(others):
        return f"every workload ({len(numbers)})"
    spaces = sorted({network.endpoints[number].namespace for number in numbers})
    inside = {n for n in everyone if network.endpoints[n].namespace in spaces}
    if inside - chosen <= set(others) and not isinstance(network, ComposeNetwork) and len(spaces) <= 3:
        return f"every workload of {', '.join(spaces)} ({len(numbers)})"
    names = ", ".join(network.endpoints[number].id for number in numbers[:MAX_NAMES])
    return f"{names} and {len(numbers) - MAX_NAMES} more"


def _new(network: Network | None, id_: str) -> str:
    """A new workload, and how many can reach it and it can reach."""
    if network is None:
        return id_
    number = next(n for n, endpoint in enumerate(network.endpoints) if endpoint.id == id_)
    others = [n for n in range(len(network.endpoints)) if n != number]
    into = sum(1 for n in others if network.answers.strict.connections(n, number))
    out = sum(1 for n in others if network.answers.strict.connections(number, n))
    return f"{id_}: reachable from {_share(into, len(others))}, reaches {_share(out, len(others))}"


def _share(count: int, total: int) -> str:
    if not count:
        return "none"
    return "all" if count == total else str(count)


def _place(location: Location) -> str:
    return f"{location.path}:{location.line}"


def render_json(found: Iterable[Difference]) -> str:
    """All differences as JSON, one entry for each pair."""
    rows = [_json(one) for one in found]
    return json.dumps({"version": VERSION, "scopes": rows}, indent=2, ensure_ascii=False) + "\n"


def _json(found: Difference) -> dict[str, Any]:
    return {
        "scope": found.scope,
        "opened": [row for path in found.opened for row in _pairs(path, found.before)],
        "closed": [row for path in found.closed for row in _pairs(path, None)],
        "openedFromOutside": [_entry(entry) for entry in found.entries],
        "closedFromOutside": [_entry(entry) for entry in found.exits],
        "isolationLost": [{"node": lost.endpoint.id, "direction": lost.direction.value} for lost in found.lost],
        "added": list(found.added),
        "removed": list(found.removed),
    }


def _pairs(path: Path, before: Network | None) -> Iterator[dict[str, Any]]:
    why = cause(path, before) if before is not None else Cause()
    reasons = [because(why.reason)] if why.reason is not None else []
    reasons += [{"policy": policy.name, "gone": True, **place(policy.location)} for policy in why.gone]
    for source in path.sources:
        for target in path.targets:
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
