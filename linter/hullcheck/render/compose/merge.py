"""One file laid over another, field by field, as Compose does."""

from __future__ import annotations

from collections.abc import Callable

from hullcheck.model.node import Mapping, Node, Scalar, Sequence
from hullcheck.render.compose.canonical import dependency, named, pairs
from hullcheck.render.compose.nodes import (
    Entries,
    Pairs,
    derived,
    instead,
    is_nothing,
    items,
    mapping,
    marked,
    sequence,
    text_of,
    value,
)
from hullcheck.render.compose.patterns import Places

Merger = Callable[["Merge", Node, Node], Node]


class Merge:
    """Lays trees over another; `because` is what is said of a value that replaces one."""

    def __init__(self, because: str) -> None:
        self.because = because
        self.conflicts: list[tuple[Node, Node]] = []

    def files(self, base: Mapping, over: Mapping) -> Mapping:
        """A file, or a document of one, over what came before."""
        return self._mappings(base, over, _SPECIAL)

    def services(self, base: Mapping, over: Mapping) -> Mapping:
        """A service over the one that it extends."""
        places = _SPECIAL.keys["services"].any
        assert places is not None
        return self._mappings(base, over, places)

    def node(self, base: Node, over: Node, places: "Places[Merger] | None") -> Node:
        if places is not None and places.here is not None:
            return places.here(self, base, over)
        if is_nothing(over):
            return base
        if isinstance(base, Mapping):
            return self._mappings(base, over, places) if isinstance(over, Mapping) else self._conflict(base, over)
        if isinstance(base, Sequence):
            if isinstance(over, Sequence):
                return sequence(base, [*base.items, *over.items])
            return self._conflict(base, over)
        return self.replaced(base, over)

    def replaced(self, base: Node, over: Node) -> Node:
        return instead(over, base, self.because)

    def _conflict(self, base: Node, over: Node) -> Node:
        self.conflicts.append((base, over))
        return self.replaced(base, over)

    def _mappings(self, base: Mapping, over: Mapping, places: "Places[Merger] | None") -> Mapping:
        found = dict(base.entries())
        for name, (key, child) in over.entries().items():
            known = found.get(name)
            if known is None:
                found[name] = (key, child)
                continue
            merged = self.node(known[1], child, places.below(name) if places is not None else None)
            replaced = merged.before is known[1]
            found[name] = (key if replaced else known[0], merged)
        return mapping(base, found, type(base))

    def keyed(self, base: Node, over: Node) -> Node:
        """Lists of `key=value`, or mappings: the later one wins, even with null."""
        before, after = pairs(base), pairs(over)
        if not isinstance(before, Mapping):
            return after or over
        if not isinstance(after, Mapping):
            return mapping(before, before.entries(), Pairs)
        found = dict(before.entries())
        for name, (key, child) in after.entries().items():
            known = found.get(name)
            found[name] = (key, instead(child, known[1], self.because) if known else child)
        return mapping(before, found, Pairs)

    def listed(self, base: Node, over: Node) -> Node:
        """A value or a list of them: one after the other."""
        return sequence(base, [*_list(base), *_list(over)])

    def hosts(self, base: Node, over: Node) -> Node:
        before = _host_list(base)
        known = {marked(item) for item in before}
        return sequence(base, [*before, *(item for item in _host_list(over) if marked(item) not in known)])

    def by_name(self, base: Node, over: Node) -> Node:
        """Lists of names, or mappings by name."""
        return self._named(base, over, None)

    def dependencies(self, base: Node, over: Node) -> Node:
        return self._named(base, over, dependency)

    def _named(self, base: Node, over: Node, of: Callable[[Node], Entries] | None) -> Node:
        before = named(base, of) if isinstance(base, Sequence) else base
        after = named(over, of) if isinstance(over, Sequence) else over
        if not isinstance(after, Mapping):
            return before
        return self._mappings(before, after, None) if isinstance(before, Mapping) else after

    def build(self, base: Node, over: Node) -> Node:
        before, after = _build(base), _build(over)
        places = _SPECIAL.keys["services"].any
        assert places is not None
        if not isinstance(after, Mapping):
            return before
        return self._mappings(before, after, places.keys["build"]) if isinstance(before, Mapping) else after

    def logging(self, base: Node, over: Node) -> Node:
        if not isinstance(base, Mapping) or not isinstance(over, Mapping):
            return base if is_nothing(over) else self.replaced(base, over)
        driver, other = base.get("driver"), over.get("driver")
        if driver is None or other is None or value(driver) == value(other):
            return self._mappings(base, over, None)
        return self.replaced(base, over)

    def ipam(self, base: Node, over: Node) -> Node:
        """Address pools, by their subnet."""
        if not isinstance(base, Sequence) or not isinstance(over, Sequence):
            return self._conflict(base, over)
        found: list[Mapping] = []
        for pool in base.items:
            for other in over.items:
                if isinstance(pool, Mapping) and isinstance(other, Mapping):
                    pool = self._pool(pool, other, found)
        return sequence(base, list(found))

    def _pool(self, pool: Mapping, other: Mapping, found: list[Mapping]) -> Mapping:
        subnets = [_subnet(known) for known in found]
        if _subnet(other) != _subnet(pool) and _subnet(other) not in subnets:
            found.append(other)
            return pool
        merged = self._mappings(pool, other, None)
        if _subnet(merged) in subnets:
            found[subnets.index(_subnet(merged))] = merged
        else:
            found.append(merged)
        return merged


def _subnet(pool: Mapping) -> str | None:
    return text_of(pool.get("subnet"))


def _build(node: Node) -> Node:
    if isinstance(node, Scalar) and not is_nothing(node):
        return mapping(node, {"context": (derived(node, "context"), node)})
    return node


def _list(node: Node) -> list[Node]:
    if isinstance(node, Scalar):
        return [] if is_nothing(node) else [node]
    return items(node)


def _host_list(node: Node) -> list[Scalar]:
    """`host=address` for each host and address, in the order of the hosts where they are a mapping."""
    if not isinstance(node, Mapping):
        return [item for item in _list(node) if isinstance(item, Scalar)]
    found = []
    for host, (key, child) in node.entries().items():
        for address in items(child) if isinstance(child, Sequence) else [child]:
            if isinstance(address, Scalar):
                text = host if is_nothing(address) else f"{host}={marked(address)}"
                found.append(derived(key if is_nothing(address) else address, text))
    return sorted(found, key=marked)


_SPECIAL: "Places[Merger]" = Places(
    {
        **dict.fromkeys(
            (
                "networks.*.labels", "volumes.*.labels", "services.*.annotations", "services.*.build.args",
                "services.*.build.additional_contexts", "services.*.build.labels", "services.*.deploy.labels",
                "services.*.environment", "services.*.labels", "services.*.sysctls",
            ),
            Merge.keyed,
        ),
        **dict.fromkeys(
            (
                "services.*.dns", "services.*.dns_opt", "services.*.dns_search", "services.*.env_file",
                "services.*.label_file", "services.*.tmpfs",
            ),
            Merge.listed,
        ),
        **dict.fromkeys(
            ("services.*.command", "services.*.entrypoint", "services.*.healthcheck.test", "services.*.ulimits.*"),
            Merge.replaced,
        ),
        "networks.*.ipam.config": Merge.ipam,
        "services.*.build": Merge.build,
        "services.*.build.extra_hosts": Merge.hosts,
        "services.*.extra_hosts": Merge.hosts,
        "services.*.depends_on": Merge.dependencies,
        "services.*.logging": Merge.logging,
        "services.*.models": Merge.by_name,
        "services.*.networks": Merge.by_name,
    }
)  # fmt: skip
