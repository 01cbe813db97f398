"""Routes of the Gateway API to Services of other namespaces: is there a ReferenceGrant for each?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hullcheck.model.kubernetes import KubernetesObject
from hullcheck.model.network.service import Backend, Entrance
from hullcheck.model.node import Node, as_str, at, items
from hullcheck.parse.labels import is_unknown
from hullcheck.tuples import NamedTuple

_GROUP = "gateway.networking.k8s.io"


class _Grant(NamedTuple):
    """What a ReferenceGrant lets routes of a kind and namespace refer to in its own; empty for any Service."""

    namespace: str
    kind: str
    source: str
    service: str


def with_grants(entrances: Iterable[Entrance], objects: Iterable[KubernetesObject]) -> Iterator[Entrance]:
    """The entrances, those backends marked that no ReferenceGrant lets them send to.

    See https://gateway-api.sigs.k8s.io/api-types/referencegrant/
    """
    grants: set[_Grant] | None = None
    objects = tuple(objects)
    for entrance in entrances:
        made = entrance.object
        if made.group != _GROUP or all(_is_own(entrance, backend) for backend in entrance.backends):
            yield entrance
            continue
        if grants is None:
            grants = {grant for one in objects if _is_grant(one) for grant in _grants(one)}
        backends = (
            backend._replace(granted=_is_own(entrance, backend) or _is_granted(entrance, backend, grants))
            for backend in entrance.backends
        )
        yield entrance._replace(backends=tuple(backends))


def _is_own(entrance: Entrance, backend: Backend) -> bool:
    return (backend.namespace or "default") == (entrance.namespace or "default")


def _is_granted(entrance: Entrance, backend: Backend, grants: set[_Grant]) -> bool:
    there, here = backend.namespace or "default", entrance.namespace or "default"
    kinds, sources, services = (entrance.object.kind, "?"), (here, "?"), (backend.service, "", "?")
    return any(_Grant(there, k, s, name) in grants for k in kinds for s in sources for name in services)


def _is_grant(made: KubernetesObject) -> bool:
    return (made.group, made.kind) == (_GROUP, "ReferenceGrant")


def _grants(made: KubernetesObject) -> Iterator[_Grant]:
    """What the object grants; `?` stands for what a template says."""
    spec = at(made.node, "spec")
    for source in items(at(spec, "from")):
        if _word(at(source, "group")) not in (_GROUP, "?"):
            continue
        for target in items(at(spec, "to")):
            if _word(at(target, "group")) in ("", "?") and _word(at(target, "kind")) in ("Service", "?"):
                yield _Grant(
                    made.namespace or "default",
                    _word(at(source, "kind")),
                    _word(at(source, "namespace")),
                    _word(at(target, "name")),
                )


def _word(node: Node | None) -> str:
    return "?" if is_unknown(node) else as_str(node) or ""
