"""The order in which a build puts its objects out."""

from __future__ import annotations

from hullcheck.model.node import Node
from hullcheck.parse.kustomization import RefusedError, struct, text, texts
from hullcheck.render.kustomize.fieldspecs import KIND_ORDER
from hullcheck.render.kustomize.resources import Resource, Resources


def in_order(resources: Resources, options: Node | None) -> list[Resource]:
    """The objects as `sortOptions` says, by default kinds that others need first."""
    fields = struct(options, "sortOptions", "order legacySortOptions")
    if options is not None:
        order = text(fields.get("order"), "order")
        if order not in ("fifo", "legacy"):
            raise RefusedError("`order` must be fifo or legacy", options.location.one_line())
        if order == "fifo":
            return list(resources)
    ranks = _ranks(fields.get("legacySortOptions"))
    return sorted(resources, key=lambda resource: _key(resource, ranks))


def _ranks(node: Node | None) -> dict[str, int]:
    if node is None:
        return KIND_ORDER
    fields = struct(node, "legacySortOptions", "orderFirst orderLast")
    first = [item.text for item in texts(fields.get("orderFirst"), "orderFirst")]
    last = [item.text for item in texts(fields.get("orderLast"), "orderLast")]
    ranks = {kind: number - len(first) for number, kind in enumerate(first)}
    return {**ranks, **{kind: number + 1 for number, kind in enumerate(last)}}


class _Reversed(str):
    """Sorts the other way round."""

    __slots__ = ()

    def __lt__(self, other: str) -> bool:
        return str.__gt__(self, other)


def _key(resource: Resource, ranks: dict[str, int]) -> tuple[int, str, str]:
    gvk = resource.gvk
    kind = f"{gvk.group or '~G'}_{gvk.version or '~V'}_{gvk.kind or '~K'}"
    full = f"{gvk.kind or '[noKind]'}.{gvk.version or '[noVer]'}.{gvk.group or '[noGrp]'}"
    name = f"{full}|{resource.namespace or '~X'}|{resource.name or '~N'}"
    # Of several kinds called Namespace, the core one comes first.
    return ranks.get(gvk.kind, 0), _Reversed(kind) if gvk.kind == "Namespace" else kind, name
