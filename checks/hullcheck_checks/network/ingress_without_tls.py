"""A host that is served without TLS.

What crosses the network in the clear can be read and changed by everybody on the way: passwords, session cookies, the
page itself. A `tls` entry covers the hosts that it lists and no others.

To fix: name a certificate for the host:

    spec:
      tls:
        - hosts: [shop.example.com]
          secretName: shop-tls
      rules:
        - host: shop.example.com

TLS that a cloud's load balancer or a tunnel ends before the Ingress isn't reported, as far as an annotation or the
class says so. For a Gateway an HTTP listener is reported whose host no HTTPS listener covers; one for every host beside
an HTTPS listener is what leads there.

See https://kubernetes.io/docs/concepts/services-networking/ingress/#tls
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.extent import extent, words
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.network.parts import EntranceUse

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("kubernetes",),
    aliases=("polaris:tlsSettingsMissing", "kubescape:C-0263", "kube-score:ingress-tls"),
    cwe=(319,),
)


@check.on("EntranceUse")
def in_the_clear(use: EntranceUse) -> Iterator[Finding]:
    if use.entrance.tls_elsewhere or any(network.scope.approximate for network, _ in use.places):
        return
    kind, name = use.entrance.object.kind, use.entrance.object.name
    for gap in use.entrance.gaps:
        if gap.host.endswith((".local", ".localhost", ".test", ".internal")) or gap.host == "localhost":
            continue
        what = f"`{gap.host}`" if gap.host else "every host"
        yield check.finding(
            use,
            f"{kind} `{name}` serves {what} without TLS",
            at=gap.location,
            evidence=(gap.host,),
            extent=extent(hosts=words((gap.host or "*",))),
        )
