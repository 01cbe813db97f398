"""Network policies as written: whom they select, and what their rules let through."""

from __future__ import annotations

from hullcheck.choices import Enum
from hullcheck.model.kubernetes import KubernetesObject
from hullcheck.model.network.addresses import AddressRange
from hullcheck.model.network.labels import LabelSelector
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple


class Direction(Enum):
    """Which connections of a pod: those it accepts, or those it opens."""

    INGRESS = "ingress"
    EGRESS = "egress"

    @property
    def peers_key(self) -> str:
        """The key of a rule under which its peers are."""
        return "from" if self is Direction.INGRESS else "to"


class Action(Enum):
    """What a rule does with what it matches. A NetworkPolicy's rules all allow; Cilium's may deny, too."""

    ALLOW = "allow"
    DENY = "deny"
    PASS = "pass"


class Tier(Enum):
    """When a policy is asked: an administrator's first, then the namespace's own, then the baseline."""

    ADMIN = "admin"
    NAMESPACE = "namespace"
    BASELINE = "baseline"


class Peer(NamedTuple):
    """One item of a rule's `from` or `to`.

    `pods` and `namespaces` are None where the key is absent or null; without `namespaces` the policy's own is meant,
    or any in a policy of the cluster. `nulls` are the keys that are there with a null. `blocks` are addresses, less
    `excepts`. `elsewhere` says what peers are that nothing in a repository can be compared with: "nodes", "domains",
    or an entity of Cilium's; `names` are the domains. `known` is false if part of it is a template.

    `outside` is true if its addresses are never those of pods, `nodes` if pods on the nodes' network belong to it, too.
    `others` is true if all pods but those that it selects are meant, by a kind of rule that not every version has.
    `services` are what it names instead of pods: of each the namespace and the name, or what selects it by its labels.
    """

    location: Location
    pods: LabelSelector | None = None
    namespaces: LabelSelector | None = None
    blocks: tuple[AddressRange, ...] = ()
    excepts: tuple[AddressRange, ...] = ()
    nulls: tuple[str, ...] = ()
    elsewhere: str = ""
    known: bool = True
    names: tuple[str, ...] = ()
    outside: bool = False
    nodes: bool = False
    others: bool = False
    services: tuple[tuple[str | None, str | LabelSelector], ...] = ()


class PortRule(NamedTuple):
    """One item of a rule's ports: `first` to `last` of the protocol, all of it without, or the port called `name`.

    `protocol` is empty for any, which only a named port of an administrator's policy has. `known` is false if part of
    it is a template.
    """

    location: Location
    protocol: str
    first: int | None = None
    last: int | None = None
    name: str = ""
    known: bool = True


class Rule(NamedTuple):
    """What a policy lets through, or an administrator's decides; None for `peers` or `ports` means all.

    `number` counts from 1. `location` is the rule's first key, or the rule where it is empty. `further` are the
    protocols whose own rules restrict what it allows further, such as "HTTP".
    """

    number: int
    location: Location
    peers: tuple[Peer, ...] | None
    ports: tuple[PortRule, ...] | None
    action: Action = Action.ALLOW
    name: str = ""
    further: tuple[str, ...] = ()

    @property
    def denies(self) -> bool:
        return self.action is Action.DENY


class Fault(NamedTuple):
    """What is wrong with a policy, and where. The API server refuses one with a `fatal` fault."""

    message: str
    location: Location
    evidence: str
    fatal: bool = True


class Policy(NamedTuple):
    """A policy, and the directions in which it isolates the pods that it selects.

    `opaque` is true for the kinds of Calico and the like, whose rules aren't read: what they isolate may be open or not.
    `plugin` is the network plugin whose kind it is, empty for Kubernetes' own. `types` are the `policyTypes` as written, None where absent.
    `keys` are those that its spec has, with their places. `faults` are what is wrong with it. `priority` orders
    administrators' policies, whose `namespaces` say which namespaces' pods they select. `doubtful` is true if part of
    what it selects, or the directions, are a template. `number` tells the policies of one object apart.
    """

    object: KubernetesObject
    namespace: str
    selector: LabelSelector
    ingress: bool
    egress: bool
    opaque: bool = False
    cluster_wide: bool = False
    ingress_rules: tuple[Rule, ...] = ()
    egress_rules: tuple[Rule, ...] = ()
    types: tuple[str, ...] | None = None
    keys: tuple[tuple[str, Location], ...] = ()
    faults: tuple[Fault, ...] = ()
    tier: Tier = Tier.NAMESPACE
    priority: int = 0
    namespaces: LabelSelector | None = None
    doubtful: bool = False
    number: int = 0
    plugin: str = ""

    @property
    def location(self) -> Location:
        return self.object.location

    @property
    def owner(self) -> str:
        return self.object.owner

    @property
    def refused(self) -> bool:
        """Will the API server refuse it, so that it never exists?"""
        return any(fault.fatal for fault in self.faults)

    @property
    def name(self) -> str:
        """How messages name it: `shop/db`, or without a namespace for a policy of the cluster."""
        return self.object.name if self.cluster_wide else f"{self.namespace or 'default'}/{self.object.name}"

    @property
    def written(self) -> frozenset[Direction]:
        """The directions for which there is a key, whatever is behind it."""
        return frozenset(direction for direction in Direction if direction.value in dict(self.keys))

    def key_location(self, key: str) -> Location:
        """Where the spec has that key, else the policy's name."""
        return dict(self.keys).get(key, self.object.location)

    def rules(self, direction: Direction) -> tuple[Rule, ...]:
        return self.ingress_rules if direction is Direction.INGRESS else self.egress_rules

    def affects(self, direction: Direction) -> bool:
        """Does it isolate what it selects in that direction?"""
        return self.ingress if direction is Direction.INGRESS else self.egress

    def concerns(self, direction: Direction) -> bool:
        """Does it bear on what it selects in that direction, even if it doesn't isolate it?"""
        return self.affects(direction) or (bool(self.plugin) and bool(self.rules(direction)))
