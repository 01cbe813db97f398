"""Egress to every address, the cloud's metadata service included.

At 169.254.169.254 the machine's cloud hands out credentials of the node to whoever asks from it. A pod that may
connect to every address may ask, and a fault that lets an attacker choose a URL is enough to take them.

To fix: leave the address out:

    egress:
      - to:
          - ipBlock:
              cidr: 0.0.0.0/0
              except: [169.254.169.254/32]

See https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html
"""

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.network.extents import through
from hullcheck.model.network.parts import PolicyUse
from hullcheck.model.network.policy import Direction, Peer, PortRule, Rule, Tier
from hullcheck.model.network.review import is_denied

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("kubernetes",),
    aliases=("kubescape:C-0052",),
    cwe=(918,),
)

_METADATA = (169 << 24) + (254 << 16) + (169 << 8) + 254


@check.on(PolicyUse)
def reaches_metadata(use: PolicyUse) -> Iterator[Finding]:
    policy = use.policy
    if policy.tier is not Tier.NAMESPACE or policy.opaque or policy.refused or not policy.egress:
        return
    network, own = use.places[0]
    if is_denied(network, own, Direction.EGRESS, lambda rule: _speaks_http(rule) and _reaches(rule)):
        return
    for rule in policy.egress_rules:
        if rule.denies:
            continue
        peer = next((peer for peer in rule.peers or () if _holds_it(peer)), None)
        if peer is not None and _speaks_http(rule):
            yield check.finding(
                use,
                f"`{policy.object.name}` lets its pods connect to 169.254.169.254, the cloud's metadata service",
                at=peer.location,
                evidence=(str(rule.number),),
                extent=through(rule),
            )


def _reaches(rule: Rule) -> bool:
    return rule.peers is None or any(map(_holds_it, rule.peers))


def _holds_it(peer: Peer) -> bool:
    inside = any(start <= _METADATA < end for start, end in peer.blocks)
    return inside and not any(start <= _METADATA < end for start, end in peer.excepts)


def _speaks_http(rule: Rule) -> bool:
    return rule.ports is None or any(_is_http(port) for port in rule.ports)


def _is_http(port: PortRule) -> bool:
    if port.protocol != "TCP" or port.name or not port.known:
        return False
    return port.first is None or (port.last is not None and port.first <= 80 <= port.last)
