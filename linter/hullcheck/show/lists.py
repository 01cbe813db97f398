"""Which item of a list is which of another: by what Kubernetes and Compose know items by, else by their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hullcheck.budget import tick
from hullcheck.model.node import Mapping, Node, Scalar, at
from hullcheck.tuples import NamedTuple

MAX_CELLS = 250_000
"""Pairs of items that are weighed for the longest sequence that two lists have in common."""

_DEFAULTS = {"protocol": "TCP"}
_KEYS: dict[str, tuple[tuple[str, ...], ...]] = {
    "ports": (
        ("containerPort", "protocol"), ("port", "protocol"), ("target", "protocol", "published", "host_ip"), ("number",),
    ),
    "volumes": (("name",), ("target",)),
    "volumeMounts": (("mountPath",),),
    "volumeDevices": (("devicePath",),),
    "hostAliases": (("ip",),),
    "topologySpreadConstraints": (("topologyKey", "whenUnsatisfiable"), ("topologyKey",)),
    "ownerReferences": (("uid",),),
    "conditions": (("type",),),
    "items": (("key",),),
    "rules": (("host",),),
    "paths": (("path", "pathType"),),
    "configs": (("target",), ("source",)),
    "secrets": (("target",), ("source",), ("name",)),
    "subjects": (("kind", "name", "namespace"),),
    "volumeClaimTemplates": (("metadata.name",),),
}  # fmt: skip
"""What items of a list of that name are known by, the first that fits: the merge keys of Kubernetes' API and kustomize,
and what Compose merges by."""


class Aligned(NamedTuple):
    """Numbers of items: those that stand for one another, in the order of the later list, and those without another."""

    pairs: list[tuple[int, int]]
    gone: list[int]
    new: list[int]


def named_items(field: str, before: Sequence[Node], after: Sequence[Node]) -> tuple[list[str], list[str]] | None:
    """What the items of both lists are known by; None if nothing says which is which."""
    for keys in (*_KEYS.get(field, ()), ("name",)):
        olds, news = _names(keys, before), _names(keys, after)
        if olds is not None and news is not None:
            return olds, news
    return None


def _names(keys: tuple[str, ...], items: Sequence[Node]) -> list[str] | None:
    found: list[str] = []
    for item in items:
        name = _name(keys, item)
        if name is None:
            return None
        found.append(name)
    return found if len(set(found)) == len(found) else None


def _name(keys: tuple[str, ...], item: Node) -> str | None:
    """What an item is known by; None where its first key isn't there, or one isn't known."""
    parts = []
    for number, key in enumerate(keys):
        node = at(item, *key.split("."))
        if node is None and number:
            parts.append(_DEFAULTS.get(key, ""))
        elif isinstance(node, Scalar) and not node.unknown:
            parts.append(node.text)
        else:
            return None
    return "/".join(parts).rstrip("/") if isinstance(item, Mapping) else None


def aligned(
    before: Sequence[Node], after: Sequence[Node], key: Callable[[Node], int], rank: Callable[[Node], str]
) -> Aligned:
    """Two sequences: equal items in the same order stand for one another, and what stands between those, in turn.

    Which of several longest common sequences is taken doesn't depend on which list is the earlier.
    """
    olds, news = list(map(key, before)), list(map(key, after))
    start = 0
    while start < min(len(olds), len(news)) and olds[start] == news[start]:
        start += 1
    end = 0
    while end < min(len(olds), len(news)) - start and olds[-1 - end] == news[-1 - end]:
        end += 1
    rows, columns = len(olds) - start - end, len(news) - start - end
    same: list[tuple[int, int]] = []
    if 0 < rows * columns <= MAX_CELLS:
        same = _common(olds[start : start + rows], news[start : start + columns], before[start:], after[start:], rank)
    found = Aligned([], [], [])
    last_old = last_new = start
    for old, new in (*((old + start, new + start) for old, new in same), (start + rows, start + columns)):
        _between(found, range(last_old, old), range(last_new, new), before, after)
        last_old, last_new = old + 1, new + 1
    return found


def _between(found: Aligned, olds: range, news: range, before: Sequence[Node], after: Sequence[Node]) -> None:
    """What stands between two equal items: one of a kind for one of the same, the rest gone or new."""
    both = min(len(olds), len(news))
    for old, new in zip(olds, news, strict=False):
        if type(before[old]) is type(after[new]):
            found.pairs.append((old, new))
        else:
            found.gone.append(old)
            found.new.append(new)
    found.gone.extend(olds[both:])
    found.new.extend(news[both:])


def _common(
    olds: list[int], news: list[int], before: Sequence[Node], after: Sequence[Node], rank: Callable[[Node], str]
) -> list[tuple[int, int]]:
    lengths = [[0] * (len(news) + 1) for _ in range(len(olds) + 1)]
    for old in range(len(olds) - 1, -1, -1):
        tick()
        row, below = lengths[old], lengths[old + 1]
        for new in range(len(news) - 1, -1, -1):
            row[new] = below[new + 1] + 1 if olds[old] == news[new] else max(below[new], row[new + 1])
    found = []
    old = new = 0
    while old < len(olds) and new < len(news):
        if olds[old] == news[new]:
            found.append((old, new))
            old, new = old + 1, new + 1
            continue
        without_old, without_new = lengths[old + 1][new], lengths[old][new + 1]
        first = rank(before[old]) < rank(after[new]) if without_old == without_new else without_old > without_new
        old, new = (old + 1, new) if first else (old, new + 1)
    return found
