"""Services, and the objects that bring connections from outside to them, from their nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from hullcheck.model.kubernetes import KubernetesObject
from hullcheck.model.network.labels import LabelSelector
from hullcheck.model.network.service import Backend, Entrance, Service, ServicePort, TlsGap
from hullcheck.model.node import Mapping, Node, Scalar, as_int, as_str, at, is_null, items
from hullcheck.parse.labels import is_unknown, text_map
from hullcheck.source import Location

_INTERNAL = {
    "service.beta.kubernetes.io/aws-load-balancer-internal": ("true", "0.0.0.0/0"),
    "service.beta.kubernetes.io/aws-load-balancer-scheme": ("internal",),
    "service.beta.kubernetes.io/azure-load-balancer-internal": ("true",),
    "service.beta.kubernetes.io/openstack-internal-load-balancer": ("true",),
    "service.beta.kubernetes.io/oci-load-balancer-internal": ("true",),
    "service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type": ("private",),
    "service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type": ("intranet",),
    "networking.gke.io/load-balancer-type": ("internal",),
    "cloud.google.com/load-balancer-type": ("internal",),
}
"""Annotations with which clouds keep a load balancer off the internet."""

_TLS_ELSEWHERE = (
    "alb.ingress.kubernetes.io/certificate-arn",
    "alb.ingress.kubernetes.io/listen-ports",
    "networking.gke.io/managed-certificates",
    "ingress.gcp.kubernetes.io/pre-shared-cert",
    "kubernetes.io/tls-acme",
    "kubernetes.io/ingress.allow-http",
    "appgw.ingress.kubernetes.io/appgw-ssl-certificate",
    "cert-manager.io/cluster-issuer",
    "cert-manager.io/issuer",
    "traefik.ingress.kubernetes.io/router.tls",
    "traefik.ingress.kubernetes.io/router.entrypoints",
    "external-dns.alpha.kubernetes.io/cloudflare-proxied",
    "nginx.ingress.kubernetes.io/force-ssl-redirect",
    "ingress.kubernetes.io/force-ssl-redirect",
)
"""Annotations by which TLS ends before the Ingress, or by a certificate that the Ingress doesn't name."""

_TLS_ELSEWHERE_CLASSES = ("tailscale", "cloudflare", "ngrok")


def service(made: KubernetesObject) -> Service | None:
    """The object as a Service of the core API."""
    if made.kind != "Service" or made.group:
        return None
    spec = at(made.node, "spec")
    labels = at(spec, "selector")
    kind = as_str(at(spec, "type")) or "ClusterIP"
    external = [text for item in items(at(spec, "externalIPs")) if (text := as_str(item))]
    chosen = LabelSelector.of(text_map(labels))
    if is_unknown(labels) or any(is_unknown(value) for value in _values(labels)):
        chosen = LabelSelector(known=False)
    return Service(
        made,
        made.namespace,
        chosen,
        kind in ("LoadBalancer", "NodePort") or bool(external),
        selects=not is_null(labels) and bool(chosen.requirements or not chosen.known),
        type=kind,
        ports=tuple(_service_port(item) for item in items(at(spec, "ports"))),
        internal=_is_internal(made),
        ranges=tuple(text for item in items(at(spec, "loadBalancerSourceRanges")) if (text := as_str(item))),
        external_ips=tuple(external),
        type_location=_place(at(spec, "type")),
        external_ips_location=_key_place(spec, "externalIPs"),
    )


def _values(node: Node | None) -> list[Node]:
    return [value for _, value in node.entries().values()] if isinstance(node, Mapping) else []


def _place(node: Node | None) -> Location | None:
    return node.location.one_line() if node is not None else None


def _key_place(node: Node | None, key: str) -> Location | None:
    return _place(node.key(key)) if isinstance(node, Mapping) else None


def _service_port(node: Node) -> ServicePort:
    target = at(node, "targetPort")
    number = at(node, "port")
    return ServicePort(
        as_str(at(node, "name")) or "",
        as_int(number),
        as_str(at(node, "protocol")) or "TCP",
        None if is_null(target) else _number_or_name(target),
        (number or node).location.one_line(),
        as_int(at(node, "nodePort")),
    )


def _number_or_name(node: Node | None) -> int | str | None:
    number = as_int(node)
    return as_str(node) if number is None else number


def _annotations(made: KubernetesObject) -> dict[str, str]:
    return text_map(at(made.node, "metadata", "annotations"))


def _is_internal(made: KubernetesObject) -> bool:
    annotations = _annotations(made)
    return any(annotations.get(key, "").lower() in values for key, values in _INTERNAL.items())


def entrance(made: KubernetesObject) -> Entrance | None:
    """The object as something that brings connections in from outside, if its kind is one that does."""
    read = _ENTRANCES.get((made.group, made.kind)) if made.kind in _ENTRANCE_KINDS else None
    return read(made) if read else None


def _entrance(made: KubernetesObject, backends: Iterable[Backend], gaps: Iterable[TlsGap] = ()) -> Entrance:
    return Entrance(made, made.namespace, tuple(backends), tuple(gaps), _tls_elsewhere(made))


def _tls_elsewhere(made: KubernetesObject) -> str:
    annotations = _annotations(made)
    found = next((key for key in annotations if key in _TLS_ELSEWHERE), "")
    if found:
        return found
    name = annotations.get("kubernetes.io/ingress.class") or as_str(at(made.node, "spec", "ingressClassName")) or ""
    return next((word for word in _TLS_ELSEWHERE_CLASSES if word in name), "")


def _ingress(made: KubernetesObject) -> Entrance:
    return _entrance(made, _ingress_backends(made), _ingress_gaps(made))


def _ingress_backends(made: KubernetesObject) -> Iterator[Backend]:
    """The Services that an Ingress names, in today's spelling and in the one before 1.19."""
    spec = at(made.node, "spec")
    found = [at(spec, "defaultBackend"), at(spec, "backend")]
    for rule in items(at(spec, "rules")):
        found += [at(path, "backend") for path in items(at(rule, "http", "paths"))]
    for backend in found:
        name = at(backend, "service", "name") or at(backend, "serviceName")
        port = at(backend, "service", "port", "number") or at(backend, "service", "port", "name")
        if is_null(port):
            port = at(backend, "servicePort")
        yield from _backend(made, name, port)


def _backend(
    made: KubernetesObject, name: Node | None, port: Node | None, namespace: str = "", target: bool = False
) -> Iterator[Backend]:
    text = as_str(name)
    if text and name is not None and not is_unknown(name):
        place = name.location.one_line()
        yield Backend(namespace or made.namespace, text, _number_or_name(port), made, place, target)


def _ingress_gaps(made: KubernetesObject) -> Iterator[TlsGap]:
    spec = at(made.node, "spec")
    covered = [as_str(host) or "" for entry in items(at(spec, "tls")) for host in items(at(entry, "hosts"))]
    if any(is_null(at(entry, "hosts")) for entry in items(at(spec, "tls"))) or is_unknown(at(spec, "tls")):
        return  # such an entry is for any host
    for rule in items(at(spec, "rules")):
        node = at(rule, "host")
        host = as_str(node)
        if is_unknown(node) or is_unknown(rule):
            continue
        if host and node is not None and not any(_covers(name, host) for name in covered):
            yield TlsGap(host, node.location.one_line(), host.startswith("*"))
    rules = items(at(spec, "rules"))
    serves = bool(rules) or not is_null(at(spec, "defaultBackend"))
    if serves and not covered and all(is_null(at(rule, "host")) for rule in rules):
        yield TlsGap("", made.location)


def _covers(name: str, host: str) -> bool:
    return name == host or (name.startswith("*.") and host.partition(".")[2] == name[2:])


def _route(made: KubernetesObject) -> Entrance:
    """OpenShift's Route. Its port is that of the pods, or a name of the Service's."""
    spec = at(made.node, "spec")
    port = at(spec, "port", "targetPort")

    def backends() -> Iterator[Backend]:
        for target in (at(spec, "to"), *items(at(spec, "alternateBackends"))):
            if as_str(at(target, "kind")) in (None, "Service"):
                yield from _backend(made, at(target, "name"), port, target=as_int(port) is not None)

    return _entrance(made, backends(), _route_gaps(made, at(spec, "tls")))


def _route_gaps(made: KubernetesObject, tls: Node | None) -> Iterator[TlsGap]:
    if is_null(tls):
        host = at(made.node, "spec", "host")
        yield TlsGap(as_str(host) or "", _place(host) or made.location)


def _gateway_route(made: KubernetesObject) -> Entrance:
    """A route of the Gateway API, whatever its protocol."""

    def backends() -> Iterator[Backend]:
        for rule in items(at(made.node, "spec", "rules")):
            for target in items(at(rule, "backendRefs")):
                if as_str(at(target, "kind")) in (None, "Service"):
                    namespace = as_str(at(target, "namespace")) or ""
                    yield from _backend(made, at(target, "name"), at(target, "port"), namespace)

    return _entrance(made, backends())


def _gateway(made: KubernetesObject) -> Entrance:
    """A Gateway's listeners; connections go on through its routes."""

    def gaps() -> Iterator[TlsGap]:
        if "waypoint" in (as_str(at(made.node, "spec", "gatewayClassName")) or ""):
            return  # of a mesh, inside
        listeners = items(at(made.node, "spec", "listeners"))
        secure = {
            as_str(at(one, "hostname")) or "" for one in listeners if as_str(at(one, "protocol")) in ("HTTPS", "TLS")
        }
        for listener in listeners:
            host = as_str(at(listener, "hostname")) or ""
            protocol = at(listener, "protocol")
            beside = bool(secure) and not host  # what it is for is to lead to the others
            if (
                as_str(protocol) == "HTTP"
                and not beside
                and not any(not name or _covers(name, host) for name in secure)
            ):
                yield TlsGap(host, _place(protocol) or made.location)

    return _entrance(made, (), gaps())


def _traefik(made: KubernetesObject) -> Entrance:
    def backends() -> Iterator[Backend]:
        for route in items(at(made.node, "spec", "routes")):
            for target in items(at(route, "services")):
                if as_str(at(target, "kind")) in (None, "Service"):
                    namespace = as_str(at(target, "namespace")) or ""
                    yield from _backend(made, at(target, "name"), at(target, "port"), namespace)

    return _entrance(made, backends())


def _contour(made: KubernetesObject) -> Entrance:
    def backends() -> Iterator[Backend]:
        spec = at(made.node, "spec")
        for route in (*items(at(spec, "routes")), at(spec, "tcpproxy")):
            for target in items(at(route, "services")):
                yield from _backend(made, at(target, "name"), at(target, "port"))

    return _entrance(made, backends())


def _virtual_service(made: KubernetesObject) -> Entrance | None:
    """Istio's VirtualService, where it is bound to a gateway."""
    spec = at(made.node, "spec")
    if not any(as_str(gateway) not in (None, "mesh") for gateway in items(at(spec, "gateways"))):
        return None

    def backends() -> Iterator[Backend]:
        for key in ("http", "tcp", "tls"):
            for rule in items(at(spec, key)):
                for target in items(at(rule, "route")):
                    host = at(target, "destination", "host")
                    name, _, rest = (as_str(host) or "").partition(".")
                    namespace = rest.partition(".")[0]
                    if isinstance(host, Scalar) and not is_unknown(host) and name:
                        port = as_int(at(target, "destination", "port", "number"))
                        place = host.location.one_line()
                        yield Backend(namespace or made.namespace, name, port, made, place)

    return _entrance(made, backends())


_ENTRANCES: dict[tuple[str, str], Callable[[KubernetesObject], Entrance | None]] = {
    ("networking.k8s.io", "Ingress"): _ingress,
    ("extensions", "Ingress"): _ingress,
    ("route.openshift.io", "Route"): _route,
    ("", "Route"): _route,
    ("gateway.networking.k8s.io", "Gateway"): _gateway,
    **{
        ("gateway.networking.k8s.io", f"{protocol}Route"): _gateway_route
        for protocol in ("HTTP", "GRPC", "TLS", "TCP", "UDP")
    },
    **{
        (group, kind): _traefik
        for group in ("traefik.io", "traefik.containo.us")
        for kind in ("IngressRoute", "IngressRouteTCP", "IngressRouteUDP")
    },
    ("projectcontour.io", "HTTPProxy"): _contour,
    ("networking.istio.io", "VirtualService"): _virtual_service,
}
_ENTRANCE_KINDS = frozenset(kind for _, kind in _ENTRANCES)
