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

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.network.addresses import V6
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.network.parts import PolicyUse
    from hullcheck.model.network.policy import Peer, PortRule, Rule

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("kubernetes",),
    aliases=("kubescape:C-0052",),
    cwe=(918,),
)

_METADATA = {
    "169.254.169.254": (169 << 24) + (254 << 16) + (169 << 8) + 254,
    "fd00:ec2::254": V6 + (0xFD00_0EC2 << 96) + 0x254,
}
"""Where clouds have it: all of them, and AWS by IPv6."""


@check.on("PolicyUse")
def reaches_metadata(use: PolicyUse) -> Iterator[Finding]:
    policy = use.policy
    from hullcheck.model.network.policy import Direction, Tier

    if policy.tier is not Tier.NAMESPACE or policy.opaque or policy.refused or not policy.egress:
        return
    network, own = use.places[0]
    from hullcheck.model.network.review import is_denied

    open_ = [
        (text, number)
        for text, number in _METADATA.items()
        if not is_denied(network, own, Direction.EGRESS, partial(_reaches, number))
    ]
    for rule in policy.egress_rules:
        if rule.denies or not _speaks_http(rule):
            continue
        found = [(text, peer) for text, number in open_ for peer in rule.peers or () if _holds(peer, number)]
        if found:
            words = " and ".join(dict.fromkeys(text for text, _ in found))
            from hullcheck.model.network.extents import through

            yield check.finding(
                use,
                f"`{policy.object.name}` lets its pods connect to {words}, the cloud's metadata service",
                at=found[0][1].location,
                evidence=(str(rule.number),),
                extent=through(rule),
            )


def _holds(peer: Peer, number: int) -> bool:
    written = peer.blocks[:1]  # what a word such as `world` means beside IPv4 is seldom thought of, nor there
    inside = any(start <= number < end for start, end in written)
    return inside and not any(start <= number < end for start, end in peer.excepts)


def _reaches(number: int, rule: Rule) -> bool:
    return _speaks_http(rule) and (rule.peers is None or any(_holds(peer, number) for peer in rule.peers))


def _speaks_http(rule: Rule) -> bool:
    return rule.ports is None or any(_is_http(port) for port in rule.ports)


def _is_http(port: PortRule) -> bool:
    if port.protocol != "TCP" or port.name or not port.known:
        return False
    return port.first is None or (port.last is not None and port.first <= 80 <= port.last)
