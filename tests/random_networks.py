"""Random networks for property tests: workloads, policies, Services, and what they speak of."""

from hypothesis import strategies as st

from hullcheck.model.kubernetes import KubernetesObject
from hullcheck.model.network.addresses import AddressRange
from hullcheck.model.network.endpoint import ContainerPort, Endpoint
from hullcheck.model.network.labels import Labels, LabelSelector, Operator, Requirement
from hullcheck.model.network.policy import Action, Peer, Policy, PortRule, Rule, Tier
from hullcheck.model.network.universe import NAME_LABEL
from hullcheck.source import Location, Source
from naive_network import Facts

HERE = Location(Source("test.yaml", b""), 0, 0)
NAMESPACES = ("a", "b", "c")

keys = st.sampled_from(("app", "tier", NAME_LABEL))
values = st.sampled_from(("1", "2", "a", "b"))
labels = st.dictionaries(st.sampled_from(("app", "tier")), values, max_size=2)


@st.composite
def requirements(draw: st.DrawFn) -> Requirement:
    operator = draw(st.sampled_from(list(Operator)))
    takes_values = operator in (Operator.IN, Operator.NOT_IN)
    listed = draw(st.frozensets(values, min_size=1, max_size=2)) if takes_values else frozenset()
    return Requirement(draw(keys), operator, listed)


selectors = st.lists(requirements(), max_size=2).map(lambda found: LabelSelector(tuple(found)))


@st.composite
def ranges(draw: st.DrawFn) -> AddressRange:
    start = draw(st.integers(0, 7)) * 2
    return AddressRange(start, start + draw(st.sampled_from((1, 2, 4))))


@st.composite
def peers(draw: st.DrawFn) -> Peer:
    if draw(st.booleans()) and draw(st.booleans()):
        return Peer(HERE, blocks=(draw(ranges()),), excepts=tuple(draw(st.lists(ranges(), max_size=1))))
    pods, namespaces = draw(st.none() | selectors), draw(st.none() | selectors)
    return Peer(HERE, LabelSelector() if pods is None and namespaces is None else pods, namespaces)


@st.composite
def port_rules(draw: st.DrawFn, any_protocol: bool = False) -> PortRule:
    protocol = draw(st.sampled_from(("TCP", "UDP")))
    kind = draw(st.sampled_from(("name", "all", "one", "span")))
    if kind == "name":
        return PortRule(HERE, "" if any_protocol else protocol, name=draw(st.sampled_from(("web", "dns"))))
    if kind == "all":
        return PortRule(HERE, protocol)
    first = draw(st.sampled_from((80, 81, 443)))
    return PortRule(HERE, protocol, first, first if kind == "one" else first + 1)


def rules(actions: st.SearchStrategy[Action]) -> st.SearchStrategy[tuple[Rule, ...]]:
    one = st.builds(
        lambda who, ports, action: Rule(1, HERE, who and tuple(who), ports and tuple(ports), action),
        st.none() | st.lists(peers(), min_size=1, max_size=2),
        st.none() | st.lists(port_rules(), min_size=1, max_size=2),
        actions,
    )
    return st.lists(one, max_size=3).map(tuple)


def made(kind: str, name: str, namespace: str = "") -> KubernetesObject:
    return KubernetesObject("networking.k8s.io/v1", kind, name, namespace, HERE, None)


@st.composite
def own_policies(draw: st.DrawFn) -> Policy:
    namespace = draw(st.sampled_from(NAMESPACES))
    ingress, egress = draw(st.sampled_from(((True, False), (False, True), (True, True))))
    allow = rules(st.just(Action.ALLOW))
    return Policy(
        made("NetworkPolicy", "p", namespace),
        namespace,
        draw(selectors),
        ingress,
        egress,
        ingress_rules=draw(allow),
        egress_rules=draw(allow),
    )


@st.composite
def admin_policies(draw: st.DrawFn, number: int = 0) -> Policy:
    tier = draw(st.sampled_from((Tier.ADMIN, Tier.BASELINE)))
    found = rules(st.sampled_from(list(Action)))
    return Policy(
        made("ClusterNetworkPolicy", f"p{number}"),
        "",
        draw(selectors),
        True,
        True,
        cluster_wide=True,
        ingress_rules=draw(found),
        egress_rules=draw(found),
        tier=tier,
        priority=number,
        namespaces=draw(selectors),
    )


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    endpoints = []
    for number in range(draw(st.integers(2, 5))):
        namespace = draw(st.sampled_from(NAMESPACES))
        ports = draw(
            st.lists(
                st.builds(
                    ContainerPort,
                    st.sampled_from(("web", "dns", "")),
                    st.sampled_from(("TCP", "UDP")),
                    st.sampled_from((80, 81, 443)),
                ),
                max_size=2,
            )
        )
        id_ = f"{namespace}/w{number}[Deployment]"
        row = Labels(draw(labels))
        endpoints.append(Endpoint(id_, id_, namespace, f"w{number}", "Deployment", HERE, row, tuple(ports)))
    policies = draw(st.lists(own_policies(), max_size=4))
    for number in range(draw(st.integers(0, 2))):
        policies.append(draw(admin_policies(number)))
    namespaces = {name: {**draw(labels), NAME_LABEL: name} for name in NAMESPACES}
    return Facts(endpoints, policies, namespaces)
