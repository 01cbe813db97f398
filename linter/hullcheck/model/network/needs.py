"""Every connection that a repository shows to be used, with the line that shows it.

Workloads speak of Services and of hosts outside, an Ingress leads to one, a webhook is called by the API server, pods
of a StatefulSet know each other, an account with rights asks the API server. Probes need nothing: they come from the
pod's own node, which policies always let in.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import islice

from hullcheck.budget import tick
from hullcheck.choices import Enum
from hullcheck.model.kubernetes import KubernetesObject
from hullcheck.model.network.labels import LabelIndex, Labels, LabelSelector, numbers_in
from hullcheck.model.network.mentions import OTHER_SCHEMES, PROXIES, SCHEMES, Host, Mention, addresses_in, spoken_of
from hullcheck.model.network.network import MAX_WAYS, Doorway, Network, Use, service_named
from hullcheck.model.network.ports import MAX_PORT, PROTOCOLS
from hullcheck.model.network.service import Service, ServicePort
from hullcheck.model.node import Node, as_int, as_str, at, is_null, items
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple

API_PORTS = (443, 6443, 8443, 16443)
"""Where API servers listen, as managed and other distributions have it."""


class Kind(Enum):
    """Who connects, or whom to, beside the workload."""

    USE = "a workload"
    PEERS = "pods of the same StatefulSet"
    ENTRANCE = "outside"
    WEBHOOK = "the API server, in"
    SCRAPE = "Prometheus"
    API = "the API server"
    HOST = "a host outside"
    STRANGER = "a Service that isn't here"


class Need(NamedTuple):
    """A connection that is used. `source` and `target` are workloads by number; None for what isn't one.

    `ports` are those of the target, of which any may be it where there are several; none if that isn't known. `what`
    says who uses it, as the subject of a sentence, at `location`; `owner` is the object that does. `sure` is false where
    it may only be a word. `host` is a name or an address outside, or `namespace/name` of a Service that isn't here;
    `private` is true where the host may have an address that the internet doesn't route. `light` is true where little
    breaks without it.
    """

    kind: Kind
    source: int | None
    target: int | None
    protocol: str
    ports: tuple[int, ...]
    location: Location
    what: str
    owner: str
    sure: bool = True
    host: str = ""
    private: bool = True
    light: bool = False
    doorway: Doorway | None = None

    def connections(self, network: Network) -> int:
        """What it needs, as a set of the network."""
        if self.doorway is not None:
            return self.doorway.connections
        found = 0
        for port in self.ports:
            found |= network.universe.ports.piece(self.protocol, port)
        return found or network.universe.ports.bits(self.protocol)


def needs(network: Network) -> tuple[Need, ...]:
    """All that the network's scope shows to be used; nothing of Compose, which has no policies."""
    if network.scope.kind == "compose":
        return ()
    return network.remembered(
        ("needs",), lambda: tuple(islice(dict.fromkeys(islice(_Needs(network).all(), 2 * MAX_WAYS)), MAX_WAYS))
    )


def too_many(network: Network) -> bool:
    """Is more used than is looked at?"""
    return network.scope.kind != "compose" and len(needs(network)) >= MAX_WAYS


class _Needs:
    def __init__(self, network: Network) -> None:
        self.network = network
        self.endpoints = network.endpoints
        self.services: dict[tuple[str, str], Service] = {}
        for service in network.scope.services:
            self.services.setdefault((service.namespace or "default", service.object.name), service)

    def all(self) -> Iterator[Need]:
        yield from self._between()
        yield from self._peers()
        yield from self._entrances()
        yield from self._api_server()
        for number, mentions in enumerate(self.network.scope.mentions):
            tick()
            yield from self._outside(number, mentions)
        yield from self._annotated()
        for made in self.network.scope.others:
            tick()
            yield from self._said(made)

    def _between(self) -> Iterator[Need]:
        for use in self.network.uses:
            kind = Kind.PEERS if use.source == use.target else Kind.USE
            yield _need(kind, use, self.endpoints[use.source].owner)

    def _peers(self) -> Iterator[Need]:
        """The pods of a StatefulSet over the ports of its headless Service, where there are several."""
        for number, endpoint in enumerate(self.endpoints):
            node = endpoint.object.node if endpoint.object is not None and endpoint.kind == "StatefulSet" else None
            name, replicas = at(node, "spec", "serviceName"), at(node, "spec", "replicas")
            count = as_int(replicas)
            service = self.services.get((endpoint.namespace, as_str(name) or ""))
            if service is None or name is None or count in (0, 1) or is_null(replicas):
                continue
            if not self.network.served_by(service) >> number & 1:
                continue
            for port in service.ports:
                target = self.network.target_of(port, number) if port.protocol in PROTOCOLS else None
                if target is not None:
                    yield Need(
                        Kind.PEERS, number, number, port.protocol, (target,), name.location.one_line(),
                        f"Service `{service.object.name}` of StatefulSet `{endpoint.name}`", endpoint.owner,
                        sure=target in _AMONG_PEERS,
                    )  # fmt: skip

    def _entrances(self) -> Iterator[Need]:
        for doorway in self.network.doorways:
            if doorway.kind == "hostNetwork" or not doorway.connections:
                continue
            made = doorway.entrance or doorway.service
            owner = made.owner if made is not None else self.endpoints[doorway.workload].owner
            yield Need(
                Kind.ENTRANCE, None, doorway.workload, "TCP", (), doorway.location, doorway.via, owner,
                sure=doorway.kind != "hostPort", doorway=doorway,
            )  # fmt: skip

    def _said(self, made: KubernetesObject) -> Iterator[Need]:
        """What an object of another kind says to be connected to."""
        match made.kind:
            case "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration":
                for hook in items(at(made.node, "webhooks")):
                    light = as_str(at(hook, "failurePolicy")) == "Ignore"
                    yield from self._called(made, at(hook, "clientConfig", "service"), light)
            case "CustomResourceDefinition":
                client = at(made.node, "spec", "conversion", "webhook", "clientConfig", "service")
                yield from self._called(made, client, False)
            case "APIService":
                yield from self._called(made, at(made.node, "spec", "service"), False)
            case "ServiceMonitor":
                yield from self._monitored(made)
            case "PodMonitor":
                yield from self._pods_monitored(made)

    def _called(self, made: KubernetesObject, node: Node | None, light: bool) -> Iterator[Need]:
        """The workloads behind a Service that the API server calls."""
        name = at(node, "name")
        service = self.services.get((as_str(at(node, "namespace")) or "default", as_str(name) or ""))
        if service is None or name is None or not service.selects:
            return
        asked = as_int(at(node, "port")) or 443
        what = f"{made.kind} `{made.name}`"
        for number in numbers_in(self.network.served_by(service)):
            for port in service.ports:
                target = self.network.target_of(port, number) if port.number == asked else None
                if target is not None and port.protocol == "TCP":
                    yield Need(
                        Kind.WEBHOOK, None, number, "TCP", (target,), name.location.one_line(), what, made.owner,
                        light=light,
                    )  # fmt: skip

    def _monitored(self, made: KubernetesObject) -> Iterator[Need]:
        chosen = _matching(at(made.node, "spec", "selector"))
        spaces = _namespaces(made)
        for number in numbers_in(self._labelled_services.match(chosen).sure) if chosen is not None else ():
            service = self.network.scope.services[number]
            if not service.selects or (spaces and (service.namespace or "default") not in spaces):
                continue
            for endpoint in items(at(made.node, "spec", "endpoints")):
                for port in service.ports:
                    if _is_asked(endpoint, port):
                        for behind in numbers_in(self.network.served_by(service)):
                            target = self.network.target_of(port, behind)
                            if target is not None and port.protocol == "TCP":
                                yield _scrape(behind, target, endpoint.location.one_line(), made)

    def _pods_monitored(self, made: KubernetesObject) -> Iterator[Need]:
        chosen, spaces = _matching(at(made.node, "spec", "selector")), _namespaces(made)
        for number in numbers_in(self._labelled_pods.match(chosen).sure) if chosen is not None else ():
            pod = self.endpoints[number]
            if spaces and pod.namespace not in spaces:
                continue
            for endpoint in items(at(made.node, "spec", "podMetricsEndpoints")):
                name, asked = as_str(at(endpoint, "port")), as_int(at(endpoint, "portNumber"))
                for port in pod.ports:
                    if port.protocol == "TCP" and (port.name == name if name else port.number == asked):
                        yield _scrape(number, port.number, endpoint.location.one_line(), made)

    @cached_property
    def _labelled_services(self) -> LabelIndex:
        nodes = (at(service.object.node, "metadata", "labels") for service in self.network.scope.services)
        return LabelIndex(Labels(_text_map(node)) for node in nodes)

    @cached_property
    def _labelled_pods(self) -> LabelIndex:
        return LabelIndex(endpoint.labels for endpoint in self.endpoints)

    def _annotated(self) -> Iterator[Need]:
        """The pods that have the usual annotation, and those of Services that have it."""
        for number, mentions in enumerate(self.network.scope.mentions):
            for mention in mentions:
                if mention.kind == "scrape":
                    yield self._noted(number, mention.port, mention.location)
        for service in self.network.scope.services:
            notes = at(service.object.node, "metadata", "annotations")
            said = at(notes, "prometheus.io/scrape")
            if service.selects and said is not None and as_str(said) == "true":
                text = as_str(at(notes, "prometheus.io/port")) or ""
                port = int(text) if text.isdecimal() and len(text) < 6 and 1 <= int(text) <= MAX_PORT else None
                for number in numbers_in(self.network.served_by(service)):
                    yield self._noted(number, port, said.location.one_line())

    def _noted(self, number: int, port: int | None, location: Location) -> Need:
        endpoint = self.endpoints[number]
        declared = [one.number for one in endpoint.ports if one.protocol == "TCP"]
        ports = (port,) if port is not None else tuple(declared)
        what = "`prometheus.io/scrape`"
        return Need(
            Kind.SCRAPE, None, number, "TCP", ports, location, what, endpoint.owner, sure=len(ports) == 1, light=True
        )

    def _api_server(self) -> Iterator[Need]:
        rights = self.network.scope.rights()
        for number, endpoint in enumerate(self.endpoints):
            right = rights.get(endpoint.owner)
            if right is not None and endpoint.object is not None:
                place = _account_place(endpoint.object) or endpoint.location
                yield Need(Kind.API, number, None, "TCP", API_PORTS, place, right.what, endpoint.owner)

    def _outside(self, number: int, mentions: tuple[Mention, ...]) -> Iterator[Need]:
        """The hosts that a workload speaks of and that are none of the Services here."""
        endpoint = self.endpoints[number]
        proxied = any(mention.name.upper() in PROXIES for mention in mentions)
        for mention in mentions:
            for host in (*spoken_of(mention), *addresses_in(mention)) if mention.kind != "file" else ():
                service = self.services.get(service_named(host.name, endpoint.namespace))
                if service is not None and service.selects:
                    continue
                for found in self._host(host, service, mention):
                    sure = found.sure and host.sure and not proxied
                    yield found._replace(source=number, owner=endpoint.owner, sure=sure)

    def _host(self, host: Host, service: Service | None, mention: Mention) -> Iterator[Need]:
        port = host.port or SCHEMES.get(host.scheme)
        ports = (port,) if port else ()
        words = host.name.rstrip(".").lower().split(".")
        need = Need(Kind.HOST, None, None, "TCP", ports, mention.location, mention.described, "", host=host.name)
        if words[0].isdecimal():
            yield need._replace(sure=False)
        elif service is not None:  # without a selector: where it leads is written by hand
            name = as_str(at(service.object.node, "spec", "externalName"))
            yield need._replace(host=name or host.name, private=True, sure=False)
        elif "svc" in words[2:4] or (len(words) == 2 and words[1] in self._spaces):
            named = words[1:] if words[3:4] == ["svc"] else words
            yield need._replace(kind=Kind.STRANGER, host=f"{named[1]}/{named[0]}", sure=False)
        elif len(words) == 1:
            whole = host.sure and mention.text.strip() == f"{host.name}:{host.port}"
            if (host.scheme in SCHEMES or host.scheme in OTHER_SCHEMES or whole) and words[0] != "localhost":
                yield need._replace(kind=Kind.STRANGER, host=f"/{words[0]}", sure=False)
        elif _is_outside(words, host.scheme) and (host.sure or (host.scheme and ports)):
            yield need._replace(private=_may_be_private(words, ports))

    @cached_property
    def _spaces(self) -> set[str]:
        return {endpoint.namespace for endpoint in self.endpoints} | set(self.network.scope.namespaces)


_AMONG_PEERS = frozenset(
    (
        2380, 4369, 25672, 7000, 7001, 2888, 3888, 9300, 8300, 8301, 8302, 4567, 4568, 4444, 6222, 5701, 2552, 26257,
        16379, 7946, 8201, 9094, 5000, 33061,
    )
)  # fmt: skip
"""Ports that only members of a cluster talk over: etcd, RabbitMQ, Cassandra, ZooKeeper, Elasticsearch, Consul, Galera,
NATS, Hazelcast, Akka, CockroachDB, Redis, memberlist, Vault, Alertmanager."""


def _need(kind: Kind, use: Use, owner: str) -> Need:
    ports = () if use.port is None else (use.port,)
    return Need(kind, use.source, use.target, use.protocol, ports, use.location, use.what, owner, use.sure)


def _scrape(number: int, port: int, location: Location, made: KubernetesObject) -> Need:
    what = f"{made.kind} `{made.name}`"
    return Need(Kind.SCRAPE, None, number, "TCP", (port,), location, what, made.owner, light=True)


def _is_asked(endpoint: Node, port: ServicePort) -> bool:
    name, target = as_str(at(endpoint, "port")), at(endpoint, "targetPort")
    if name:
        return port.name == name
    wanted: object = as_int(target) or as_str(target)
    return wanted is not None and wanted in (port.target, port.number if port.target is None else None)


def _matching(node: Node | None) -> LabelSelector | None:
    """The labels that a monitor asks for; None where they can't be told."""
    if at(node, "matchExpressions") is not None or node is None or node.unknown:
        return None
    return LabelSelector.of(_text_map(at(node, "matchLabels")))


def _text_map(node: Node | None) -> dict[str, str]:
    entries = getattr(node, "entries", None)
    return {key: text for key, (_, v) in entries().items() if (text := as_str(v)) is not None} if entries else {}


def _namespaces(made: KubernetesObject) -> frozenset[str]:
    """The namespaces that a monitor looks in; empty for all."""
    node = at(made.node, "spec", "namespaceSelector")
    if at(node, "any") is not None:
        return frozenset()
    named = frozenset(text for item in items(at(node, "matchNames")) if (text := as_str(item)))
    return named or frozenset((made.namespace or "default",))


def _account_place(made: KubernetesObject) -> Location | None:
    for path in (("spec", "template", "spec"), ("spec",), ("spec", "jobTemplate", "spec", "template", "spec")):
        node = at(made.node, *path, "serviceAccountName")
        if node is not None and not is_null(node):
            return node.location.one_line()
    return None


_NO_DOMAIN = frozenset(("localhost", "svc", "cluster", "invalid", "localdomain"))
_FILES = frozenset(
    (
        "yaml", "yml", "json", "conf", "cfg", "sh", "py", "js", "jar", "xml", "properties", "toml", "txt", "log", "sock",
        "pem", "crt", "key", "html", "go", "so", "sql", "ini", "env", "db",
    )
)  # fmt: skip
"""Endings of files, some of which are top-level domains, too."""
_PRIVATE_ENDS = ("internal", "local", "lan", "corp", "intra", "intranet", "home", "private")
_CLOUD_PRIVATE = (
    "rds",
    "cache",
    "privatelink",
    "vpce",
    "database",
    "servicebus",
    "vault",
    "internal",
    "docdb",
    "redshift",
)
"""Parts of the names of what clouds offer within a private network."""
_WEB = frozenset((25, 80, 443, 465, 587))


def _is_outside(words: list[str], scheme: str) -> bool:
    """May it be a host outside, with a last part as domains have it? Outside of URLs it may as well be a file."""
    last = words[-1]
    return last.isalpha() and len(last) > 1 and (bool(scheme) or last not in _FILES) and last not in _NO_DOMAIN


def _may_be_private(words: list[str], ports: tuple[int, ...]) -> bool:
    """May its address be one that the internet doesn't route? Web and mail of the internet's own names aren't."""
    if words[-1] in _PRIVATE_ENDS or any(part in _CLOUD_PRIVATE for part in words[1:]):
        return True
    return not ports or any(port not in _WEB for port in ports)
