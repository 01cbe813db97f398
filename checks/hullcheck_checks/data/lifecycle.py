"""When the software in an image stops getting fixes, read out of its name and tag.

The dates are in `eol.json`, which `scripts/refresh_data.py` derives; which image holds which product is said here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import date
from functools import cache, lru_cache

from hullcheck import tables
from hullcheck.model.image import ImageRef
from hullcheck.model.lazy import Lazy
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any


class Release(NamedTuple):
    """A release line of a product: `label` is for messages. `ended` is None if it is supported without a known end.

    `released` is None if unknown. `exact` is false if the table has no such line, only a later one that has ended.
    """

    product: str
    label: str
    released: date | None
    ended: date | None
    exact: bool = True

    @property
    def brief(self) -> bool:
        """Is it one of the lines that are replaced within about a year?"""
        return bool(self.released and self.ended and (self.ended - self.released).days < 400)


IMAGES = {
    # distributions
    "debian": "debian", "bitnami/minideb": "debian", "buildpack-deps": "debian", "ubuntu": "ubuntu", "alpine": "alpine-linux",
    "centos": "centos", "quay.io/centos/centos": "centos-stream", "fedora": "fedora",
    "registry.fedoraproject.org/fedora": "fedora", "quay.io/fedora/fedora": "fedora", "amazonlinux": "amazon-linux",
    "public.ecr.aws/amazonlinux/amazonlinux": "amazon-linux", "oraclelinux": "oracle-linux",
    "container-registry.oracle.com/os/oraclelinux": "oracle-linux", "ghcr.io/oracle/oraclelinux": "oracle-linux",
    "rockylinux": "rocky-linux", "rockylinux/rockylinux": "rocky-linux", "almalinux": "almalinux", "opensuse/leap": "opensuse",
    "registry.opensuse.org/opensuse/leap": "opensuse", "photon": "vmware-photon", "ros": "ros",
    "mcr.microsoft.com/windows/servercore": "windows-server-core", "mcr.microsoft.com/windows/nanoserver": "windows-nano-server",
    # languages
    "python": "python", "node": "nodejs", "php": "php", "golang": "go", "ruby": "ruby", "perl": "perl", "erlang": "erlang",
    "elixir": "elixir", "jruby": "jruby", "eclipse-temurin": "eclipse-temurin", "amazoncorretto": "amazon-corretto",
    "ibm-semeru-runtimes": "ibm-semeru", "sapmachine": "sapmachine", "azul/zulu-openjdk": "azul-zulu",
    "azul/zulu-openjdk-alpine": "azul-zulu", "azul/zulu-openjdk-debian": "azul-zulu",
    "bellsoft/liberica-openjdk-alpine": "bellsoft-liberica", "bellsoft/liberica-openjdk-debian": "bellsoft-liberica",
    "bellsoft/liberica-openjre-alpine": "bellsoft-liberica", "bellsoft/liberica-openjre-debian": "bellsoft-liberica",
    "mcr.microsoft.com/dotnet/sdk": "dotnet", "mcr.microsoft.com/dotnet/aspnet": "dotnet",
    "mcr.microsoft.com/dotnet/runtime": "dotnet", "mcr.microsoft.com/dotnet/runtime-deps": "dotnet",
    "mcr.microsoft.com/dotnet/core/sdk": "dotnet", "mcr.microsoft.com/dotnet/core/aspnet": "dotnet",
    "mcr.microsoft.com/dotnet/core/runtime": "dotnet", "mcr.microsoft.com/dotnet/core/runtime-deps": "dotnet",
    "microsoft/dotnet": "dotnet", "microsoft/aspnetcore": "dotnet", "cimg/python": "python", "cimg/node": "nodejs",
    "cimg/go": "go", "cimg/php": "php", "cimg/ruby": "ruby", "circleci/python": "python", "circleci/node": "nodejs",
    "circleci/golang": "go", "circleci/php": "php", "circleci/ruby": "ruby",
    # databases, queues and search engines
    "postgres": "postgresql", "postgis/postgis": "postgresql", "mysql": "mysql", "mysql/mysql-server": "mysql",
    "mariadb": "mariadb", "mongo": "mongodb", "redis": "redis", "valkey/valkey": "valkey", "memcached": "memcached",
    "elasticsearch": "elasticsearch", "docker.elastic.co/elasticsearch/elasticsearch": "elasticsearch",
    "docker.elastic.co/elasticsearch/elasticsearch-oss": "elasticsearch", "kibana": "kibana",
    "docker.elastic.co/kibana/kibana": "kibana", "docker.elastic.co/kibana/kibana-oss": "kibana", "logstash": "logstash",
    "docker.elastic.co/logstash/logstash": "logstash", "docker.elastic.co/logstash/logstash-oss": "logstash",
    "opensearchproject/opensearch": "opensearch", "couchdb": "apache-couchdb", "apache/couchdb": "apache-couchdb",
    "couchbase": "couchbase-server", "couchbase/server": "couchbase-server", "cassandra": "apache-cassandra",
    "neo4j": "neo4j", "influxdb": "influxdb", "zookeeper": "zookeeper", "rabbitmq": "rabbitmq", "apache/kafka": "apache-kafka",
    "apache/activemq-classic": "apache-activemq", "solr": "solr", "arangodb": "arangodb", "arangodb/arangodb": "arangodb",
    "clickhouse": "clickhouse", "clickhouse/clickhouse-server": "clickhouse", "yandex/clickhouse-server": "clickhouse",
    "cockroachdb/cockroach": "cockroachdb", "quay.io/coreos/etcd": "etcd", "gcr.io/etcd-development/etcd": "etcd",
    "registry.k8s.io/etcd": "etcd", "k8s.gcr.io/etcd": "etcd",
    # web servers and proxies
    "nginx": "nginx", "nginxinc/nginx-unprivileged": "nginx", "httpd": "apache-http-server", "tomcat": "tomcat",
    "jetty": "eclipse-jetty", "haproxy": "haproxy", "haproxytech/haproxy-alpine": "haproxy", "traefik": "traefik",
    "caddy": "caddy", "varnish": "vinyl-cache", "envoyproxy/envoy": "envoy",
    # what holds others' keys or runs others' code
    "quay.io/keycloak/keycloak": "keycloak", "jboss/keycloak": "keycloak", "vault": "hashicorp-vault",
    "hashicorp/vault": "hashicorp-vault", "consul": "consul", "hashicorp/consul": "consul", "docker": "docker-engine",
    "apache/airflow": "apache-airflow", "drupal": "drupal", "nextcloud": "nextcloud",
}  # fmt: skip
"""Images as people write them, and the product that their tag counts the releases of."""

for _language, _product in (("python", "python"), ("javascript-node", "nodejs"), ("typescript-node", "nodejs"),
                            ("go", "go"), ("php", "php"), ("ruby", "ruby"), ("dotnet", "dotnet"), ("base", "debian")):  # fmt: skip
    IMAGES[f"mcr.microsoft.com/devcontainers/{_language}"] = _product
    IMAGES[f"mcr.microsoft.com/vscode/devcontainers/{_language}"] = _product

ALSO_READ = ("rhel", "centos-stream", "ros-2")
"""Products that no image name stands for alone."""

_MIRRORS = Lazy(
    r"(?:public\.ecr\.aws/docker/library|mirror\.gcr\.io/library|registry\.hub\.docker\.com/library|docker\.io/library"
    r"|docker\.io/(?:arm(?:32v[567]|64v8)|amd64|i386|ppc64le|s390x|mips64le|riscv64|winamd64)|docker\.io)/"
)
_VERSION = Lazy(r"v?(\d+(?:\.\d+)*)(?=u\d+|rc|beta|alpha|b\d|\.?x$|[_+]|$)")
_DISTRIBUTION = Lazy(
    r"(?P<alpine>alpine(?P<a>\d+\.\d+))|debian-?(?P<d>\d+)|ubuntu-?(?P<u>\d\d\.?\d\d)|centos(?P<c>\d)(?:\.[\d.]+)?"
    r"|ubi(?P<r>\d)|(?:ol|oraclelinux)(?P<o>\d)|rockylinux(?P<k>\d)|(?:al|amazonlinux)(?P<z>2|2023)|fedora(?P<f>\d\d)"
    r"|(?:windowsservercore|nanoserver)(?P<w>ltsc\d{4}|1607|1709|1803|1903|1909|2004|20h2)"
)
_DISTRIBUTION_GROUPS = {
    "a": "alpine-linux", "d": "debian", "u": "ubuntu", "c": "centos", "r": "rhel", "o": "oracle-linux", "k": "rocky-linux",
    "z": "amazon-linux", "f": "fedora", "w": "windows-server-core",
}  # fmt: skip
_CODENAMES = {
    "wheezy": "7", "jessie": "8", "stretch": "9", "buster": "10", "bullseye": "11", "bookworm": "12", "trixie": "13",
}  # fmt: skip
_UBUNTU = {
    "precise": "12.04", "trusty": "14.04", "xenial": "16.04", "bionic": "18.04", "focal": "20.04", "jammy": "22.04",
    "noble": "24.04", "artful": "17.10", "cosmic": "18.10", "disco": "19.04", "eoan": "19.10", "groovy": "20.10",
    "hirsute": "21.04", "impish": "21.10", "kinetic": "22.10", "mantic": "23.10", "oracular": "24.10", "plucky": "25.04",
    "questing": "25.10",
}  # fmt: skip
_NODE = {
    "argon": "4", "boron": "6", "carbon": "8", "dubnium": "10", "erbium": "12", "fermium": "14", "gallium": "16",
    "hydrogen": "18", "iron": "20", "jod": "22", "krypton": "24",
}  # fmt: skip
_JOINED = frozenset(("debian", "ubuntu", "alpine", "windowsservercore", "nanoserver"))
_ALIASES = {("amazon-linux", "1"): "2018.03"}


_BASES = frozenset(
    ("debian", "ubuntu", "bitnami/minideb", "buildpack-deps", "ros", "osrf/ros", "ubuntu/ubuntu", "debian/debian",
     "phusion/baseimage", "bitnamilegacy/minideb", "mcr.microsoft.com/devcontainers/base", "mcr.microsoft.com/vscode/devcontainers/base")
)  # fmt: skip
"""Images that hold a distribution and nothing else that has a version, so that its release's name is their version."""

_SAYS = frozenset((*_CODENAMES, *_UBUNTU, "forky", "duke", "resolute"))
_ROS = frozenset(
    ("foxy", "galactic", "humble", "iron", "jazzy", "kilted", "lyrical", "noetic", "melodic", "kinetic", "indigo", "lunar")
)  # fmt: skip


def names_release(image: ImageRef) -> bool:
    """Does a tag without digits name a release of what the image is: `debian:bookworm`, `node:jod-slim`?"""
    name = _MIRRORS.sub("", image.name, count=1)
    product = IMAGES.get(name, "")
    parts = image.tag.lower().split("-")
    if product == "nodejs" and parts[0] in _NODE:
        return True
    if name.removeprefix("docker.io/") in _BASES or product in ("debian", "ubuntu"):
        return not {*_SAYS, *_ROS}.isdisjoint(parts)
    return False


@lru_cache(maxsize=256)
def releases(image: ImageRef) -> tuple[Release, ...]:
    """What the image's name and tag say of the releases in it: of its product, and of the distribution below."""
    found: dict[str, Release] = {}
    for product, version in _mentions(image):
        release = release_of(product, version)
        if release is not None:
            found.setdefault(release.product, release)
    return tuple(found.values())


def _mentions(image: ImageRef) -> Iterator[tuple[str, str]]:
    """Products with the version that is named, as written."""
    name = _MIRRORS.sub("", image.name, count=1)
    product = IMAGES.get(name, "")
    parts = image.tag.lower().split("-")
    if "devcontainers" in name and len(parts) > 1 and re.fullmatch(r"[0-9](?:\.\d+)*", parts[0]):
        parts = parts[1:]
    if product:
        first = parts[0].removeprefix("stream") if product == "centos-stream" else parts[0]
        version = _version(product, first.removeprefix(product) if product == "centos" else first)
        if version:
            yield product, version
            if product == "ros":
                yield "ros-2", version
    if product.startswith("windows"):
        return
    if not product and (postgres := re.search(r"(?:^|-)pg(\d\d?)(?:-|$)", image.tag)):
        yield "postgresql", postgres[1]
    yield from _below(parts, 0 if product and product != "ros" else 1)
    if not product:
        for part in re.split(r"[/-]", name.lower())[1:]:
            yield from _distribution(part)


def _version(product: str, part: str) -> str:
    if product == "nodejs" and part in _NODE:
        return _NODE[part]
    if product.startswith("windows"):
        return part.removeprefix("ltsc") if part != "1809" else ""
    if product.startswith("ros"):
        return part
    if product in ("debian", "ubuntu") and (part in _CODENAMES or part in _UBUNTU):
        return ""
    match = _VERSION.match(part)
    return _ALIASES.get((product, match[1]), match[1]) if match else ""


def _below(parts: list[str], start: int) -> Iterator[tuple[str, str]]:
    """The distributions that the parts of a tag name from `start` on; `debian-10` and `ubuntu-18.04` are one mention."""
    for number, part in enumerate(parts):
        following = parts[number + 1] if number + 1 < len(parts) else ""
        if part in _JOINED:
            yield from _distribution(f"{part}{following}")
        elif number < start:
            continue
        elif part in _CODENAMES:
            yield "debian", _CODENAMES[part]
        elif part in _UBUNTU:
            yield "ubuntu", _UBUNTU[part]
        else:
            yield from _distribution(part)


def _distribution(part: str) -> Iterator[tuple[str, str]]:
    match = _DISTRIBUTION.fullmatch(part)
    for group, product in _DISTRIBUTION_GROUPS.items():
        if match and match[group]:
            version = match[group].removeprefix("ltsc")
            if product == "ubuntu" and "." not in version:
                version = f"{version[:2]}.{version[2:]}"
            yield product, version


@cache
def table() -> dict[str, Any]:
    """The table as it is shipped: `source`, `date` and `products`."""
    found: dict[str, Any] = tables.table(os.path.join(os.path.dirname(__file__), "eol.json"))
    return found


def release_of(product: str, version: str) -> Release | None:
    """The release line that a version belongs to, or None if nobody knows when it ends.

    `7.4.33` belongs to the line `7.4`. A version that is less exact than the lines (`7`) is the newest line it covers.
    One older than every line that could hold it has ended if the next newer one has.
    """
    title, lines = table()["products"][product]
    parts = version.split(".")
    for count in range(len(parts), 0, -1):
        line = ".".join(parts[:count])
        if line in lines:
            return _release(title, line, lines[line])
    covered = [line for line in lines if line.startswith(f"{version}.")]
    if covered:
        newest = max(covered, key=_numbers)
        return _release(title, newest, lines[newest])._replace(label=f"{title} {version}")
    if not parts[0].isdecimal():
        return None
    own = _numbers(version)
    later = [line for line in lines if _numbers(line) > own]
    if not later:
        return None
    following = _release(title, "", lines[min(later, key=_numbers)])
    return following._replace(label=f"{title} {version}", exact=False) if following.ended else None


def _release(title: str, line: str, dates: list[str]) -> Release:
    released, ended = (date.fromisoformat(day) if day else None for day in dates)
    return Release(title, f"{title} {line}", released, ended)


def _numbers(line: str) -> tuple[int, ...]:
    return tuple(int(number[:9]) for number in re.findall(r"\d+", line))
