"""A connection that the configuration forbids and that is open, or that it demands and that is closed.

What must never be reachable, and what always must, is known to those who own a system and to no tool. Said once in the
configuration, it is checked with every change, like a test of the network without a cluster.

To fix: change the policy, the Service or the network, or the assertion in `.hullcheck.yaml`:

    network:
      deny:
        - {from: "*", to: "image:postgres", except: [shop/api], ports: [5432]}
        - {from: outside, to: "ns:internal"}
        - {from: "ns:shop", to: 169.254.169.254/32}
      allow:
        - {from: shop/web, to: shop/api, ports: [8080]}
        - {from: outside, to: shop/web}

`from` and `to` name workloads: `*` any, `shop/db` or `db` by name, `ns:shop` by namespace, `image:postgres` by image,
`label:app=db` by a label of its pods, `data` all data stores. `outside` is whatever isn't in the cluster or on the
host, a CIDR the addresses there that it holds. Without `ports`, `deny` means all, and `allow` any.

An assertion is a test, and a test that tests nothing fails. A word that names nothing here, such as one with a slip, is
a finding at the configuration. So is a connection of which the repository doesn't say whether it is open: because of a
policy of Calico's, a template, or a base that isn't here.

See https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.model.extent import extent, words
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.network.assertions import Assertion, Broken
    from hullcheck.model.network.parts import Asserted, NetworkUse
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


def _assertions(settings: Settings) -> list[Assertion]:
    found = []
    for denies, entries in ((True, settings.network_deny), (False, settings.network_allow)):
        for number, entry in enumerate(entries):
            place = settings.places.get(f"network.{'deny' if denies else 'allow'}.{number}")
            from hullcheck.model.network.assertions import Assertion

            found.append(Assertion.of(entry, denies, place))
    return found


@check.on("NetworkUse")
def against(use: NetworkUse, settings: Settings) -> Iterator[Finding]:
    assertions = _assertions(settings)
    if not assertions:
        return
    from hullcheck.model.network.assertions import asking, broken

    network = asking(use.network, assertions)
    for assertion in assertions:
        for found in broken(network, assertion):
            yield _finding(use, assertion, found)


@check.on("Asserted")
def about_nothing(part: Asserted, settings: Settings) -> Iterator[Finding]:
    for assertion in _assertions(settings):
        from hullcheck.model.network.assertions import is_about_nothing, missing_words

        missing = list(missing_words(part.networks, assertion))
        if missing:
            what = f"{' and '.join(f'`{word}`' for word in missing)} {'names' if len(missing) == 1 else 'name'} nothing"
        elif is_about_nothing(part.networks, assertion):
            what = "nothing is applied together that has both ends"
        else:
            continue
        yield check.finding(
            part,
            f"`{assertion.kind}: {assertion}` tests nothing: {what} here",
            at=assertion.location,
            evidence=("nothing", assertion.kind, str(assertion), *assertion.excepts),
            extent=extent(from_=words((assertion.sources,), "name")),
        )


def _finding(use: NetworkUse, assertion: Assertion, found: Broken) -> Finding:
    names = ", ".join(name if assertion.comes_from_outside else f"`{name}`" for name in found.sources[:3])
    names += f" and {len(found.sources) - 3} more" if len(found.sources) > 3 else ""
    target = assertion.targets if assertion.goes_outside else f"`{found.target.name}`"
    verb = "can connect to" if assertion.denies else "can't connect to"
    if not found.sure:
        verb = "may connect to" if assertion.denies else "perhaps can't connect to"
    place = _place(found)
    there = Related(found.target.location, f"`{found.target.name}` is what the assertion is about")
    return check.finding(
        use,
        f"{names} {verb} {target} ({found.connections}), against `{assertion.kind}: {assertion}`"
        f"{'' if found.sure else _doubt(use)}{f': {assertion.reason}' if assertion.reason else ''}",
        at=place or found.target.location,
        evidence=(assertion.kind, str(assertion), found.target.id, *found.sources[:3], *(() if found.sure else ("?",))),
        extent=extent(from_=words(found.sources, "name"), connections=words(found.connections.split(","), "name")),
        related=(there,) if place else (),
    )


def _doubt(use: NetworkUse) -> str:
    """Why it isn't certain."""
    if use.network.scope.approximate:
        return f"; not all is known: {use.network.scope.approximate}"
    opaque = next((policy for policy in use.network.policies if policy.opaque), None)
    if opaque is not None:
        return f"; what `{opaque.object.name}` lets through isn't known"
    return "; that isn't certain"


def _place(found: Broken) -> Location | None:
    from hullcheck.model.network.network import Reason

    if isinstance(found.because, Reason):
        return found.because.rule.location
    return found.because
