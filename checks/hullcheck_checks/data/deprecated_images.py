"""Images that their owners have retired: since when, what replaces them, and who says so.

Those whose name alone tells are here; release lines that have ended are in `eol.json`.
"""

from __future__ import annotations

from hullcheck.model.image import ImageRef
from hullcheck.patterns import pattern
from hullcheck.tuples import NamedTuple

_HUB = "https://github.com/docker-library/docs"


class Retired(NamedTuple):
    """What happened to an image, as the end of a sentence; what to take instead, or empty; and the source."""

    fate: str
    instead: str
    source: str


def _deprecated(instead: str = "", since: str = "") -> Retired:
    return Retired(f"is deprecated on Docker Hub{f' since {since}' if since else ''}", instead, _HUB)


EXACT: dict[str, Retired] = {
    "openjdk": _deprecated("eclipse-temurin", "2022"),
    "java": _deprecated("eclipse-temurin", "2016"),
    "adoptopenjdk": _deprecated("eclipse-temurin", "2021"),
    "centos": _deprecated("almalinux` or `rockylinux/rockylinux", "2024"),
    "clefos": _deprecated(since="2024"),
    "clearlinux": _deprecated(since="2025"),
    "consul": _deprecated("hashicorp/consul", "2023"),
    "vault": _deprecated("hashicorp/vault", "2023"),
    "jenkins": _deprecated("jenkins/jenkins", "2018"),
    "owncloud": _deprecated("owncloud/server"),
    "piwik": _deprecated("matomo", "2018"),
    "opensuse": _deprecated("opensuse/leap"),
    "django": _deprecated("python", "2016"),
    "rails": _deprecated("ruby", "2016"),
    "celery": _deprecated("python", "2017"),
    "iojs": _deprecated("node"),
    "fsharp": _deprecated("mcr.microsoft.com/dotnet/sdk"),
    "mono": _deprecated(since="2022"),
    "swarm": _deprecated(),
    "sentry": _deprecated(since="2019"),
    "thrift": _deprecated(since="2019"),
    "euleros": _deprecated(since="2019"),
    "crux": _deprecated(since="2018"),
    "known": _deprecated(since="2018"),
    "express-gateway": _deprecated(),
    "nats-streaming": _deprecated("nats", "2023"),
    "mongo-express": _deprecated(since="2024"),
    "notary": _deprecated(since="2025"),
    "unit": _deprecated(since="2025"),
    "emqx": _deprecated("emqx/emqx", "2025"),
    "php-zendserver": _deprecated(),
    "ubuntu-debootstrap": _deprecated("ubuntu"),
    "ubuntu-upstart": _deprecated("ubuntu"),
    "jobber": _deprecated(),
    "liquibase": _deprecated("liquibase/liquibase", "2025"),
    "rockylinux": Retired("gets no updates among the official images", "rockylinux/rockylinux", _HUB),
    "plone": Retired("has no versions from Plone 6 on", "plone/plone-backend", _HUB),
    "rapidoid": _deprecated(),
    "glassfish": _deprecated(),
    "hipache": _deprecated(),
    "docker-dev": _deprecated(),
    "minio/minio": Retired(
        "gets no new releases since October 2025", "", "https://github.com/minio/minio/issues/21647"
    ),
    "minio/mc": Retired("gets no new releases since October 2025", "", "https://github.com/minio/minio/issues/21647"),
    "quay.io/minio/minio": Retired(
        "gets no new releases since October 2025", "", "https://github.com/minio/minio/issues/21647"
    ),
    "containrrr/watchtower": Retired(
        "is archived since December 2025", "", "https://github.com/containrrr/watchtower"
    ),
    "gcr.io/kaniko-project/executor": Retired(
        "is archived since June 2025", "", "https://github.com/GoogleContainerTools/kaniko"
    ),
    "grafana/promtail": Retired(
        "has no support since March 2026", "grafana/alloy", "https://grafana.com/docs/loki/latest/send-data/promtail/"
    ),
    "grafana/agent": Retired(
        "has reached its end of life in November 2025", "grafana/alloy", "https://grafana.com/docs/agent/latest/"
    ),
    **dict.fromkeys(
        [f"jaegertracing/{name}" for name in (
            "all-in-one", "jaeger-collector", "jaeger-query", "jaeger-agent", "jaeger-ingester",
        )],
        Retired(
            "is part of Jaeger 1, which ended in December 2025", "jaegertracing/jaeger",
            "https://github.com/jaegertracing/jaeger/issues/6321",
        ),
    ),
    "google/cadvisor": Retired(
        "is deprecated", "ghcr.io/google/cadvisor", "https://github.com/google/cadvisor/pull/3806"
    ),
    "gcr.io/cadvisor/cadvisor": Retired(
        "gets no new versions since December 2025", "ghcr.io/google/cadvisor",
        "https://github.com/google/cadvisor/pull/3806",
    ),
    "kubernetesui/dashboard": Retired(
        "is archived since January 2026", "ghcr.io/headlamp-k8s/headlamp",
        "https://github.com/kubernetes-retired/dashboard",
    ),
    "tiangolo/uvicorn-gunicorn": Retired(
        "is deprecated", "python", "https://github.com/tiangolo/uvicorn-gunicorn-docker"
    ),
    "jboss/keycloak": Retired(
        "was replaced in 2022", "quay.io/keycloak/keycloak", "https://www.keycloak.org/server/containers"
    ),
    "jwilder/nginx-proxy": Retired(
        "was moved", "nginxproxy/nginx-proxy", "https://github.com/nginx-proxy/nginx-proxy"
    ),
    "linuxserver/letsencrypt": Retired(
        "was renamed in 2020", "linuxserver/swag", "https://github.com/linuxserver/docker-swag"
    ),
    "quay.io/kubernetes-ingress-controller/nginx-ingress-controller": Retired(
        "is retired", "", "https://kubernetes.io/blog/2025/11/11/ingress-nginx-retirement/"
    ),
    "registry.k8s.io/ingress-nginx/controller": Retired(
        "is retired since March 2026", "", "https://kubernetes.io/blog/2025/11/11/ingress-nginx-retirement/"
    ),
}  # fmt: skip

PREFIXES: dict[str, Retired] = {
    "k8s.gcr.io/": Retired(
        "is frozen since April 2023", "registry.k8s.io",
        "https://kubernetes.io/blog/2023/02/06/k8s-gcr-io-freeze-announcement/",
    ),
    "gcr.io/google_containers/": Retired(
        "is frozen", "registry.k8s.io", "https://kubernetes.io/blog/2023/02/06/k8s-gcr-io-freeze-announcement/"
    ),
    "gcr.io/google-containers/": Retired(
        "is frozen", "registry.k8s.io", "https://kubernetes.io/blog/2023/02/06/k8s-gcr-io-freeze-announcement/"
    ),
    "gcr.io/kubebuilder/": Retired(
        "isn't served since March 2025", "", "https://github.com/kubernetes-sigs/kubebuilder/discussions/3907"
    ),
    "microsoft/": Retired(
        "was moved to Microsoft's own registry in 2018", "mcr.microsoft.com",
        "https://devblogs.microsoft.com/dotnet/net-core-container-images-now-published-to-microsoft-container-registry/",
    ),
    "bitnami/": Retired(
        "gets no new versions on Docker Hub since September 2025", "",
        "https://github.com/bitnami/containers/issues/83267",
    ),
    "bitnamilegacy/": Retired(
        "is an archive without updates", "", "https://github.com/bitnami/containers/issues/83267"
    ),
    "circleci/": Retired(
        "is deprecated since December 2021", "cimg", "https://circleci.com/docs/guides/execution-managed/migrating-to-cimg/"
    ),
    "gcr.io/heptio-images/": Retired("is abandoned since 2019", "", "https://github.com/vmware-tanzu/velero"),
}  # fmt: skip

_PREFIXES = tuple(PREFIXES)
_TILLER = pattern(r"(?:^|/)tiller$")
_HELM_2 = Retired(
    "is part of Helm 2, which ended in November 2020", "", "https://helm.sh/blog/helm-v2-deprecation-timeline/"
)


def retired(image: ImageRef) -> Retired | None:
    """What its owners say of an image, if they have retired it."""
    name = image.familiar
    if name in EXACT:
        early_access = name == "openjdk" and "-ea" in image.tag
        return None if early_access else EXACT[name]
    if _TILLER.search(name):
        return _HELM_2
    if not name.startswith(_PREFIXES):
        return None
    return next((fate for prefix, fate in PREFIXES.items() if name.startswith(prefix)), None)
