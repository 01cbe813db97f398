"""Which workloads no policy confines, in which scopes, and which policy nearly does or does so elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hullcheck.model.network.labels import LabelSelector, Operator
from hullcheck.model.network.network import Network
from hullcheck.model.network.parts import Isolation, NearMiss, PolicyScope
from hullcheck.model.network.policy import Direction, Policy, Tier
from hullcheck.model.network.universe import NAME_LABEL
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.kubernetes import World
    from hullcheck.model.network.endpoint import Endpoint

MAX_NEAR_MISSES = 3


class Finder:
    """Policies by the labels and namespaces that they select."""

    def __init__(self, policies: Iterable[Policy]) -> None:
        self._by_selector: dict[str, dict[LabelSelector, list[Policy]]] = {}
        self._unknown: list[Policy] = []
        self.paths: set[str] = set()
        for policy in policies:
            self.paths.add(policy.location.path)
            if policy.refused:
                continue
            if policy.cluster_wide or policy.doubtful or not policy.selector.known:
                self._unknown.append(policy)
            else:
                self._by_selector.setdefault(policy.namespace, {}).setdefault(policy.selector, []).append(policy)
        from hullcheck.model.network.cover import SelectorIndex

        self._index = {namespace: SelectorIndex(selectors) for namespace, selectors in self._by_selector.items()}

    def find(self, endpoint: Endpoint) -> Iterator[Policy]:
        """The policies that may select the workload; a namespace that is unset may be any."""
        spaces = self._index if endpoint.unset_namespace else {"", endpoint.namespace} & self._index.keys()
        for space in spaces:
            for selector in self._index[space].matching(endpoint.labels.values):
                yield from self._by_selector[space][selector]
        for policy in self._unknown:
            if _may_select(policy, endpoint):
                yield policy


def _may_select(policy: Policy, endpoint: Endpoint) -> bool:
    """Is nothing that is known of a policy against it, whose selector isn't, or that is for all namespaces?"""
    if not policy.cluster_wide:
        return policy.namespace in ("", endpoint.namespace) or endpoint.unset_namespace
    if policy.doubtful or not policy.selector.known:
        return True
    labels, space = endpoint.labels, {NAME_LABEL: endpoint.namespace}
    wanted = [r for r in policy.selector.requirements if not r.key.startswith("io.cilium.")]
    if not labels.open and not all(r.key in labels.hidden or r.holds(labels.values) for r in wanted):
        return False
    spaces = policy.namespaces.requirements if policy.namespaces is not None else ()
    return endpoint.unset_namespace or all(r.holds(space) for r in spaces if r.key == NAME_LABEL)


def scopes(networks: Iterable[tuple[Network, World]], mentions: Iterable[str]) -> Iterator[PolicyScope]:
    """Scopes to judge as a whole, of networks with their worlds; `mentions` are paths that speak of policies.

    Manifests without policies are one, if they lie in one folder and are applied one at a time.
    """
    networks = list(networks)
    elsewhere = _Elsewhere(networks, mentions)
    first: dict[str, PolicyScope] = {}
    for network, world in networks:
        if not any(endpoint.complete for endpoint in network.endpoints):
            continue
        scope = _scope(network, world, elsewhere)
        if scope.approximate:
            continue
        if network.scope.kind != "manifests" or scope.policies:
            yield scope
            continue
        known = first.setdefault(network.scope.folder, scope)
        if known is not scope:
            first[network.scope.folder] = known._replace(also=(*known.also, scope.name))
    yield from first.values()


def _scope(network: Network, world: World, elsewhere: _Elsewhere) -> PolicyScope:
    workloads = tuple(e for e in network.endpoints if e.complete)
    return PolicyScope(
        network.scope.name,
        network,
        workloads,
        network.scope.policies,
        "" if network.scope.policies else elsewhere.of(workloads, world),
        network.scope.approximate,
    )


class _Elsewhere:
    """Where policies are, by the namespaces that they are in.

    What a world is made of is not elsewhere: a policy that its values switch off, or that it takes out, isn't there. A
    template that speaks of policies may have some wherever it is applied, unless a chart has been rendered with it.
    """

    def __init__(self, networks: list[tuple[Network, World]], mentions: Iterable[str]) -> None:
        rendered: set[str] = set()
        for _, world in networks:
            if world.kind == "chart" and not world.approximate:
                rendered |= world.files
        anywhere = set(mentions) - rendered
        by_namespace: dict[str, set[str]] = {}
        for network, _ in networks:
            for policy in network.scope.policies:
                paths = anywhere
                if policy.namespace and not policy.cluster_wide:
                    paths = by_namespace.setdefault(policy.namespace, set())
                paths.add(policy.location.path)
        self._anywhere = sorted(anywhere)
        self._by_namespace = {name: sorted(paths) for name, paths in by_namespace.items()}
        self._all = sorted(anywhere.union(*by_namespace.values()))

    def of(self, workloads: tuple[Endpoint, ...], world: World) -> str:
        """The path of a policy of another world that may be for one of the workloads; empty if there is none.

        A namespace that is unset may be any.
        """
        places = [self._anywhere, *(self._by_namespace.get(name, []) for name in {e.namespace for e in workloads})]
        if any(endpoint.unset_namespace for endpoint in workloads):
            places = [self._all]
        first = (next((path for path in paths if path not in world.files), "") for paths in places)
        return min(filter(None, first), default="")


def isolations(networks: Iterable[Network]) -> Iterator[Isolation]:
    """One for each workload of the scopes that have policies and are known in full."""
    networks = list(networks)
    everywhere = Finder(policy for network in networks for policy in network.scope.policies)
    for network in networks:
        if network.scope.policies and not network.scope.approximate:
            yield from _Confinement(network, everywhere).all()


class _Confinement:
    def __init__(self, network: Network, everywhere: Finder) -> None:
        self.network = network
        self.everywhere = everywhere
        self.own = Finder(network.scope.policies)
        self.foreign = everywhere.paths - self.own.paths
        self.mixed = _mixed(network)
        self.egress_namespaces = {
            endpoint.namespace
            for number, endpoint in enumerate(network.endpoints)
            if network.isolated(number, Direction.EGRESS)
        }
        self.near = _NearMisses(self._selecting_nothing())

    def _selecting_nothing(self) -> Iterator[Policy]:
        compiler = self.network.compiler
        for policy, members in zip(compiler.policies, compiler.members, strict=True):
            if not members.maybe:
                yield policy

    def all(self) -> Iterator[Isolation]:
        for number, endpoint in enumerate(self.network.endpoints):
            if endpoint.complete:
                yield self._isolation(number, endpoint)

    def _isolation(self, number: int, endpoint: Endpoint) -> Isolation:
        ingress, egress = (self._confined(number, direction) for direction in Direction)
        whole = ingress and egress
        return Isolation(
            network=self.network,
            number=number,
            workload=endpoint,
            ingress=ingress,
            egress=egress,
            uncertain=not whole and self._uncertain(number, endpoint),
            served=bool(endpoint.ports) or self.network.is_served(number),
            exposed=any(d.kind != "hostNetwork" for d in self.network.doorways_of(number)),
            namespace_restricts_egress=endpoint.namespace in self.egress_namespaces,
            near_misses=() if whole else tuple(self.near.of(endpoint)),
            elsewhere="" if whole else self._elsewhere(endpoint, ingress, egress),
        )

    def _confined(self, number: int, direction: Direction) -> bool:
        """Does a policy of any kind confine the workload, or may one?"""
        if self.network.isolated(number, direction, sure=False):
            return True
        if self.network.is_free(number, direction):
            return False
        return any(policy.tier is not Tier.NAMESPACE for policy, _ in self.network.selecting(number, direction))

    def _uncertain(self, number: int, endpoint: Endpoint) -> bool:
        """Would a policy of this scope select it, if an unset namespace were another?"""
        if not self.mixed:
            return False
        known = {id(policy) for d in Direction for policy, _ in self.network.selecting(number, d)}
        return any(id(policy) not in known and not policy.cluster_wide for policy in self.own.find(endpoint))

    def _elsewhere(self, endpoint: Endpoint, ingress: bool, egress: bool) -> str:
        """Where a policy of another scope would confine it in a direction that is open here."""
        for policy in self.everywhere.find(endpoint) if self.foreign else ():
            helps = (policy.ingress and not ingress) or (policy.egress and not egress)
            if helps and policy.location.path in self.foreign:
                return policy.location.path
        return ""


def _mixed(network: Network) -> bool:
    """Do some things say their namespace while others leave it to whoever applies them?"""
    unset = {endpoint.unset_namespace for endpoint in network.endpoints}
    left = {not policy.namespace for policy in network.scope.policies if not policy.cluster_wide}
    return (True in unset and False in left) or (False in unset and True in left)


class _NearMisses:
    """Policies that select nothing, by what a workload may nearly share with them."""

    def __init__(self, policies: Iterable[Policy]) -> None:
        self._like: dict[tuple[str, str, str], list[tuple[Policy, str]]] = {}
        self._same: dict[tuple[str, str], list[tuple[Policy, str]]] = {}
        for policy in policies:
            if policy.opaque or not policy.selector.known:
                continue
            for requirement in policy.selector.requirements:
                if requirement.operator is Operator.IN and len(requirement.values) == 1:
                    value = next(iter(requirement.values))
                    namespace = policy.namespace or "default"
                    like = (namespace, requirement.key, _skeleton(value))
                    self._like.setdefault(like, []).append((policy, value))
                    self._same.setdefault((namespace, value), []).append((policy, requirement.key))

    def of(self, endpoint: Endpoint) -> Iterator[NearMiss]:
        found = 0
        for key, value in endpoint.labels.values.items():
            like = self._like.get((endpoint.namespace, key, _skeleton(value)), ())
            same = self._same.get((endpoint.namespace, value), ())
            misses = [(p, f"`{key}: {other}`", f"`{key}: {value}`") for p, other in like if other != value]
            misses += [(p, f"`{other}: {value}`", f"`{key}: {value}`") for p, other in same if other != key]
            for policy, wanted, has in misses[: MAX_NEAR_MISSES - found]:
                found += 1
                yield NearMiss(policy, f"this policy selects {wanted}, the pods have {has}")


def _skeleton(value: str) -> str:
    return "".join(c for c in value.lower() if c.isascii() and c.isalnum())
