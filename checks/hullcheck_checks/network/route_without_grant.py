"""A route to a Service of another namespace that no ReferenceGrant allows.

Whoever may write routes could otherwise open any namespace's Services to the world. So the Gateway API lets a route
name another namespace's Service only if a ReferenceGrant there says so; without one the gateway refuses the reference
and answers with an error. Some gateways can be told to ignore that: then the Service is open without its owners'
word.

To fix: grant it in the Service's namespace, or put the route there:

    apiVersion: gateway.networking.k8s.io/v1beta1
    kind: ReferenceGrant
    metadata: {name: from-front, namespace: shop}
    spec:
      from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: front}]
      to: [{group: "", kind: Service, name: api}]

The way in is uncertain in `hullcheck map`. Only Services that are applied together with the route are looked at.

See https://gateway-api.sigs.k8s.io/api-types/referencegrant/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.network.parts import EntranceUse

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("kubernetes",),
    aliases=("owasp-kubernetes:K07",),
    cwe=(284,),
)


@check.on("EntranceUse")
def refused(use: EntranceUse) -> Iterator[Finding]:
    entrance = use.entrance
    network = use.places[0][0]
    here = {(service.namespace or "default", service.object.name) for service in network.scope.services}
    told = set()
    for backend in entrance.backends:
        key = (backend.namespace or "default", backend.service)
        allowed = backend.granted or any(
            there.granted
            for _, other in use.places
            for there in other.backends
            if (there.namespace or "default", there.service) == key
        )
        if allowed or key not in here or key in told:
            continue
        told.add(key)
        known = network.as_known()
        yield check.finding(
            use,
            f"{entrance.object.kind} `{entrance.namespace or 'default'}/{entrance.object.name}` sends to the Service "
            f"`{key[0]}/{key[1]}`, and no ReferenceGrant in `{key[0]}` lets it{known}",
            at=backend.location,
            evidence=key,
            properties={"certain": "false"},
        )
