"""A connection that the repository shows to be used, and that its network policies deny.

`api` has `DATABASE_URL=postgres://db:5432`, and no policy lets it connect there: it fails once the policies are
applied, often long after they were written.

To fix: allow it on the side that denies it. The port is that of the pods, not of the Service:

    # the policy of `db`
    ingress:
      - from:
          - podSelector:
              matchLabels: {app: api}
        ports:
          - {protocol: TCP, port: 5432}

`hullcheck map --policies` writes policies that leave everything open that is used, and `hullcheck map --explain api db
5432` says rule by rule why a connection is denied.

What is used is read from variables and the ConfigMaps that they come from, command lines, probes and hooks that run a
command, Ingresses, routes and public Services, webhooks, what Prometheus is told to scrape, the rights of accounts, and
the headless Services of StatefulSets. Reported at the line that uses it, with the policies that deny it. With
`--diff-base`, what was open before is told as cut by the change, with the policy or the rule that did it.

Nothing is said where policies may let it through: those of plugins that aren't read, labels that aren't known, pods on
the host's network. Probes by HTTP, TCP and gRPC come from the pod's own node, which is always let in. What only costs
metrics, and what may come from a pod of the same namespace that isn't here, is a low finding; where part of the scope
isn't known, such as a remote base, it is shown on request only.

See https://kubernetes.io/docs/concepts/services-networking/network-policies/#the-two-sorts-of-pod-isolation
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.model.network.needs import Kind, Need
from hullcheck.model.network.policy import Direction
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.network.blocked import Denial, Denied
    from hullcheck.model.network.network import Network

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("kubernetes",),
    aliases=("owasp-kubernetes:K07",),
    cwe=(684,),
)


@check.on("Denied")
def denied(part: Denied) -> Iterator[Finding]:
    network, need, denials = part.network, part.blocked.need, part.blocked.denials
    known = "" if part.known else " (as far as is known)"
    before = f"; {part.before}" if part.before else ""
    said = "this change cuts" if part.change else "policies cut"
    yield check.finding(
        part,
        f"{said} {_cut(network, need)}: {need.what}{_USES[need.kind]}, but {_why(network, need, denials)}{before}{known}",
        severity=_severity(part),
        evidence=(
            need.kind.value,
            _id(network, need.source),
            _id(network, need.target) or need.host,
            _ports(network, need),
        ),
        related=_related(part),
    )


_USES = {
    Kind.USE: " names it",
    Kind.PEERS: " shows that its pods talk to each other",
    Kind.ENTRANCE: " leads there",
    Kind.WEBHOOK: " names it",
    Kind.SCRAPE: " asks for its metrics",
    Kind.API: "",
    Kind.HOST: " names it",
}


def _cut(network: Network, need: Need) -> str:
    """`api` from `db` (TCP 5432), in words."""
    whom = "the API server" if need.kind is Kind.API else f"`{need.host}`"
    match need.kind:
        case Kind.USE:
            ends = f"{_name(network, need.source)} from {_name(network, need.target)}"
        case Kind.PEERS:
            ends = f"the pods of {_name(network, need.source)} from each other"
        case Kind.API | Kind.HOST:
            ends = f"{_name(network, need.source)} from {whom}"
        case Kind.ENTRANCE:
            ends = f"{_name(network, need.target)} from the outside"
        case Kind.WEBHOOK:
            ends = f"the API server from {_name(network, need.target)}"
        case _:
            ends = f"Prometheus from {_name(network, need.target)}"
    return f"{ends}{'' if need.kind is Kind.API else f' ({_ports(network, need)})'}"


def _name(network: Network, number: int | None) -> str:
    return "" if number is None else f"`{network.endpoints[number].name}`"


def _id(network: Network, number: int | None) -> str:
    return "" if number is None else network.endpoints[number].id


def _ports(network: Network, need: Need) -> str:
    if need.ports:
        return f"{need.protocol} {','.join(map(str, need.ports))}"
    return network.universe.ports.text(need.connections(network))


def _why(network: Network, need: Need, denials: tuple[Denial, ...]) -> str:
    """Which side denies it, by which policies."""
    return ", and ".join(_side(network, need, denial) for denial in denials)


def _side(network: Network, need: Need, denial: Denial) -> str:
    ingress = denial.direction is Direction.INGRESS
    does = "lets it in to" if ingress else "lets it out of"
    if denial.rule is not None:
        return f"rule {denial.rule.rule.number} of `{denial.rule.policy.object.name}` denies it"
    names = [f"`{policy.object.name}`" for policy in denial.policies]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    which = f"none of {', '.join(names[:3])}{more}" if len(names) > 1 else f"{names[0]} doesn't" if names else "nothing"
    text = f"{which} {does.replace('lets', 'let', 1) if len(names) == 1 else does} {_name(network, denial.workload)}"
    if denial.near is not None:
        policy, rule, ports = denial.near
        text += f": rule {rule.number} of `{policy.object.name}` is for {ports} only"
    return text


def _related(part: Denied) -> Iterator[Related]:
    yield from (Related(place, words) for place, words in part.by)
    told = {place for place, _ in part.by}
    for denial in part.blocked.denials:
        name = part.network.endpoints[denial.workload].name
        if denial.rule is not None:
            yield Related(denial.rule.rule.location, f"this rule of `{denial.rule.policy.object.name}` denies it")
        if denial.near is not None:
            yield Related(denial.near[1].location, f"this rule of `{denial.near[0].object.name}` opens other ports")
        for policy in denial.policies[:3]:
            if policy.location not in told:
                told.add(policy.location)
                yield Related(
                    policy.location, f"`{policy.object.name}` confines the {denial.direction.value} of `{name}`"
                )


def _severity(part: Denied) -> Severity | None:
    if not part.known:
        return Severity.INFO
    return Severity.LOW if part.blocked.need.light or not part.blocked.certain else None
