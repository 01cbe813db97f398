"""What the texts of a workload say of others: hosts with their ports, and whether they are surely connected to.

A text is the value of a variable, a word of a command line or a file that is mounted. Any word of it may happen to be
the name of a Service; a URL, a port behind a name, or a variable that is called like a host says that it is meant.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from hullcheck.model.lazy import Lazy
from hullcheck.model.network.addresses import address, parse
from hullcheck.model.network.ports import MAX_PORT
from hullcheck.patterns import pattern
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple

MAX_TEXT = 10_000
"""Characters of a text that are looked at."""

MAX_KNOWN = 200
"""Characters of a text of which it is remembered what it speaks of: overlays say the same again and again."""

_HOST = pattern(r"(?<![A-Za-z0-9._-])([a-z][a-z0-9_-]{0,62}(?:\.[a-z0-9-]+)*)(?::([0-9]{1,5}))?(?![A-Za-z0-9_-])")
_ADDRESS = Lazy(r"(?<![0-9.])([0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3})(?::([0-9]{1,5}))?(?![0-9./])")
_OWN = tuple(span for text in ("0.0.0.0/8", "127.0.0.0/8") if (span := parse(text)) is not None)
_SCHEME = Lazy(r"[a-z][a-z0-9+.-]{0,30}\Z", re.IGNORECASE)
_COMMAND = Lazy(r"[;&|\n(){}`]")

SCHEMES = {
    "amqp": 5672, "amqps": 5671, "clickhouse": 9000, "ftp": 21, "http": 80, "https": 443, "kafka": 9092, "ldap": 389,
    "ldaps": 636, "memcached": 11211, "mongodb": 27017, "mqtt": 1883, "mqtts": 8883, "mssql": 1433, "mysql": 3306,
    "mysql2": 3306, "nats": 4222, "postgis": 5432, "postgres": 5432, "postgresql": 5432, "redis": 6379, "rediss": 6379,
    "sftp": 22, "smtp": 25, "smtps": 465, "sqlserver": 1433, "ssh": 22, "ws": 80, "wss": 443,
}  # fmt: skip
"""The ports that URLs without one mean (IANA's registry, and the clients' own defaults)."""

OTHER_SCHEMES = frozenset(("grpc", "grpcs", "tcp", "tls", "udp", "otlp", "nats", "bolt", "neo4j"))
"""Schemes of URLs that say no port, and whose hosts are connected to all the same."""

_NO_HOSTS = frozenset(
    (
        "arn", "containerd", "docker", "file", "gcs", "gs", "image", "k8s", "kubernetes", "oci", "projects", "s3", "secret",
        "spiffe", "unix", "urn", "abfs", "abfss", "wasb", "hdfs", "class", "classpath",
    )
)  # fmt: skip
"""Schemes of URLs in which no host stands."""

_HOST_WORDS = (
    "HOST", "HOSTS", "HOSTNAME", "ADDR", "ADDRESS", "ADDRESSES", "URL", "URI", "URLS", "SERVER", "SERVERS", "ENDPOINT",
    "ENDPOINTS", "DSN", "BROKER", "BROKERS", "UPSTREAM", "SEEDS", "SEED", "CONNECT", "MASTER", "PRIMARY",
)  # fmt: skip
"""The last word of what people call a variable with what is connected to."""

_NOT_FOR_CONNECTING = (
    "ALLOW", "CORS", "ORIGIN", "REFER", "VIRTUAL", "LISTEN", "BIND", "ADVERTISE", "ANNOUNCE", "ISSUER", "AUDIENCE", "PUBLIC",
    "EXTERNAL", "REDIRECT", "CALLBACK", "COOKIE", "TRUSTED", "ALIAS", "WHITELIST", "CERT", "SITE",
    "DOMAIN", "EMAIL", "MAILTO", "USERNAME", "DOCS", "HELP", "HOMEPAGE", "SCHEMA", "LICENSE",
)  # fmt: skip
"""Words in the names of variables that hold hosts which the workload is known by, or only speaks of."""

_NEVER = ("NO_PROXY", "NOPROXY", "NONPROXYHOSTS")
"""Variables whose hosts say what isn't done with them."""

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")

_LOOK_UPS = frozenset(("nslookup", "dig", "getent", "host", "ping", "ping6", "resolvectl"))
"""Commands that ask for a name, or that no port is asked with."""

_SAY = frozenset(("echo", "printf", "grep", "egrep", "sed", "awk", "cat", "test", "[", "[[", "#", ":", "exit", "case"))
"""Commands that connect to nothing."""

_CONNECTING = frozenset(("nc", "ncat", "netcat", "telnet"))
"""Commands whose words are a host and a port."""

_PREFIXES = frozenset(
    ("until", "while", "if", "!", "do", "then", "else", "exec", "timeout", "env", "sudo", "time", "-c")
)


class Mention(NamedTuple):
    """A text in which a workload may speak of others.

    `name` is the variable's, or the option's that it is behind. `kind` is "variable", "argument" or "file". `port` is
    what a variable beside it says to be the port, such as `DB_PORT` beside `DB_HOST`. `file` is how it is called.
    """

    text: str
    location: Location
    name: str = ""
    kind: str = "variable"
    port: int | None = None

    @property
    def described(self) -> str:
        """The text as the subject of a sentence; never what it says, which may be secret."""
        if self.kind == "file":
            return f"file `{self.name}`"
        if self.name:
            return f"`{self.name}`" if self.kind == "variable" else f"option `{self.name}`"
        return "its command line"


class Host(NamedTuple):
    """A host that a text speaks of, with the port if one is said, and the scheme of the URL that it is in.

    `sure` is true if it is there to be connected to.
    """

    name: str
    port: int | None = None
    scheme: str = ""
    sure: bool = False


def hosts_in(text: str) -> Iterator[tuple[str, int | None]]:
    """The words of a text that may be hosts, each with a port if one is said.

    A word alone may be anything, unless it is all there is.
    """
    yield from ((host.name, host.port) for host in _hosts(text))


def _hosts(text: str) -> Iterable[Host]:
    """The same with schemes; `sure` where it is in a URL, or a port is said."""
    return _known_hosts(text) if len(text) <= MAX_KNOWN else _find_hosts(text[:MAX_TEXT])


@lru_cache(maxsize=256)
def _known_hosts(text: str) -> tuple[Host, ...]:
    return tuple(_find_hosts(text))


def _find_hosts(text: str) -> Iterator[Host]:
    whole = text.strip()
    for match in _HOST.finditer(text):
        start = match.start()
        in_url, at_sign = text.endswith("//", 0, start), text.endswith("@", 0, start)
        if in_url and _is_user(text, match.end(1)):
            continue
        if "." in match[1] or match[2] or match[0] == whole or in_url or at_sign:
            port = int(match[2]) if match[2] else None
            scheme = _scheme(text, start) if in_url or at_sign else ""
            if scheme in _NO_HOSTS:
                continue
            known = port is None or 1 <= port <= MAX_PORT
            yield Host(match[1], port if known else None, scheme, known and (bool(scheme) or port is not None))


def _is_user(text: str, at: int) -> bool:
    """Is what ends there in a URL the user's name, since an `@` follows before the host ends?"""
    sign = text.find("@", at, at + 300)
    return sign >= 0 and not any(mark in text[at:sign] for mark in " \t\n/?#,;\"'")


def _scheme(text: str, at: int) -> str:
    """The scheme of the URL whose host starts there; empty if it is none."""
    start = text.rfind("://", max(at - 300, 0), at)
    if start < 0 or any(mark in text[start + 3 : at] for mark in " \t\n,;/\"'"):
        return ""
    match = _SCHEME.search(text[max(start - 31, 0) : start])
    return match[0].lower() if match else ""


def addresses_in(mention: Mention) -> Iterator[Host]:
    """The IPv4 addresses of other hosts that a text speaks of with a port, or in a URL."""
    text = mention.text[:MAX_TEXT]
    for match in _ADDRESS.finditer(text):
        scheme = _scheme(text, match.start())
        port = _port(match[2] or "") or SCHEMES.get(scheme) or mention.port
        span = address(match[1])
        if port and span is not None and not any(own.holds(span) for own in _OWN):
            yield Host(match[1], port, scheme)


def spoken_of(mention: Mention) -> Iterator[Host]:
    """The hosts that a text speaks of, each with whether it is there to be connected to."""
    whole = mention.text.strip()
    is_file, is_script = mention.kind == "file", mention.kind == "argument" and (" " in whole or "\n" in whole)
    found = () if is_file or is_script else _hosts(mention.text)
    if not (found or is_file or is_script):
        return
    name = mention.name.upper().replace("-", "_").replace(".", "_").lstrip("_")
    if any(word in name for word in _NEVER):
        return
    if is_file:
        for line in mention.text[:MAX_TEXT].splitlines():
            if not line.lstrip().startswith(("#", "//", ";")):
                yield from (host._replace(sure=False) for host in _hosts(line))
        return
    if is_script:
        yield from _in_script(mention.text)
        return
    words = name.split("_")
    doubtful = any(word.startswith(_NOT_FOR_CONNECTING) for word in words)
    for host in found:
        sure = host.sure
        if whole == host.name:
            sure = bool(words) and words[-1] in _HOST_WORDS
        port = host.port
        if port is None and not host.scheme and mention.port is not None:
            port = mention.port
        yield Host(host.name, port, host.scheme, sure and not doubtful)


def _in_script(text: str) -> Iterator[Host]:
    """The hosts in a command of a shell: of what connects, not of what only prints or asks for an address."""
    for line in _COMMAND.compiled.split(text[:MAX_TEXT]):
        words = line.split()
        while words and (words[0] in _PREFIXES or words[0].isdecimal() or words[0].endswith("sh") or "=" in words[0]):
            words.pop(0)
        program = words[0].rpartition("/")[2] if words else ""
        if program in _LOOK_UPS:
            continue
        quiet = program in _SAY or program.startswith("#")
        for host in _hosts(line):
            if host.name != line.strip():
                yield host._replace(sure=host.sure and not quiet)
        for host in () if quiet else _asked(program, words):
            yield host


def _asked(program: str, words: list[str]) -> Iterator[Host]:
    """What a client is told to connect to: `nc db 5432`, `pg_isready -h db -p 5432`."""
    pairs = list(itertools.pairwise(words))
    ports = (_port(value) for option, value in pairs if option in ("-p", "-P", "--port"))
    port = next((found for found in ports if found), None)
    for option, value in pairs:
        if option in ("-h", "--host", "--hostname") and (match := _HOST.fullmatch(value.strip("\"'"))):
            yield Host(match[1], _port(match[2] or "") or port, "", True)
        elif option is not words[0] and _port(value) and (match := _HOST.fullmatch(option.strip("\"'"))):
            yield Host(match[1], _port(value), "", program in _CONNECTING)


def _port(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= 5 and 1 <= int(text) <= MAX_PORT else None
