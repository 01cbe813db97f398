"""A connection that the configuration forbids and that is open, or that it demands and that is closed.

What must never be reachable, and what always must, is known to those who own a system and to no tool. Said once in the
configuration, it is checked with every change, like a test of the network without a cluster.

To fix: change the policy, the Service or the network, or the assertion in `.hullcheck.yaml`:

    network:
      deny:
        - {from: "*", to: "image:postgres", except: [shop/api], ports: [5432]}
        - {from: outside, to: "ns:internal"}
      allow:
        - {from: "ns:ingress-nginx", to: shop/frontend, ports: [8080]}

`from` and `to` name workloads: `*` any, `shop/db` or `db` by name, `ns:shop` by namespace, `image:postgres` by image,
`data` all data stores. `outside` is whatever isn't in the cluster or on the host. What isn't certain breaks neither.

See https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.model.extent import extent, words
from hullcheck.model.network.assertions import Assertion, Broken, closed, opened
from hullcheck.model.network.network import Reason
from hullcheck.model.network.parts import NetworkUse
from hullcheck.model.settings import Settings
from hullcheck.source import Location

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("compose", "kubernetes"),
    aliases=("nca:permits", "nca:forbids"),
    cwe=(923,),
)


@check.on(NetworkUse)
def broken(use: NetworkUse, settings: Settings) -> Iterator[Finding]:
    for entry in settings.network_deny:
        assertion = Assertion.of(entry)
        for found in opened(use.network, assertion):
            yield _finding(use, assertion, found, "deny", "can connect to")
    if use.network.scope.approximate:
        return
    for entry in settings.network_allow:
        assertion = Assertion.of(entry)
        for found in closed(use.network, assertion):
            yield _finding(use, assertion, found, "allow", "can't connect to")


def _finding(use: NetworkUse, assertion: Assertion, found: Broken, kind: str, verb: str) -> Finding:
    names = ", ".join(f"`{name}`" if name != "outside" else name for name in found.sources[:3])
    names += f" and {len(found.sources) - 3} more" if len(found.sources) > 3 else ""
    target = "outside" if assertion.targets == "outside" else f"`{found.target.name}`"
    place = _place(found)
    there = Related(found.target.location, f"`{found.target.name}` is what the assertion is about")
    return check.finding(
        use,
        f"{names} {verb} {target} ({found.connections}), against `{kind}: {assertion}`"
        f"{f': {assertion.reason}' if assertion.reason else ''}",
        at=place or found.target.location,
        evidence=(kind, str(assertion), found.target.id, *found.sources[:3]),
        extent=extent(from_=words(found.sources, "name"), connections=words(found.connections.split(","), "name")),
        related=(there,) if place else (),
    )


def _place(found: Broken) -> Location | None:
    if isinstance(found.because, Reason):
        return found.because.rule.location
    return found.because
