"""A service that is told to ask for no password.

Everyone who reaches the port has everything: other containers on the network, a browser on the same machine that a
web page drives, and the internet as soon as the port is published. Open databases are found and emptied within hours.

To fix: let it ask, and hand the password over as a file:

    environment:
      POSTGRES_PASSWORD_FILE: /run/secrets/db

A MongoDB without a root user asks nobody, either, and a key to sign with that is empty unless somebody sets it
(`JWT_SECRET: ${JWT_SECRET:-}`) lets everybody sign. The finding is high where the port is published on all interfaces
or the container is on the host's network, else medium.

See https://owasp.org/www-community/vulnerabilities/Empty_String_Password
See https://hub.docker.com/_/postgres
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.extent import EVERY_ADDRESS, extent
from hullcheck.model.secrets import signs
from hullcheck.patterns import pattern
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.container import Container
    from hullcheck.model.workload import Workload
    from hullcheck.source import Field, Location

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("dockerfile", "compose", "kubernetes"),
    aliases=("owasp-docker:rule-12", "nsa:authentication"),
    cwe=(306, 258, 1188),
)

YES = frozenset(("yes", "true", "1", "on", "y"))
NO = frozenset(("no", "false", "0", "off", "n"))

SWITCHED_ON = frozenset(
    (
        "MYSQL_ALLOW_EMPTY_PASSWORD", "MYSQL_ALLOW_EMPTY_ROOT_PASSWORD", "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD",
        "MARIADB_ALLOW_EMPTY_PASSWORD", "ALLOW_EMPTY_PASSWORD", "ALLOW_ANONYMOUS_LOGIN", "ALLOW_PLAINTEXT_LISTENER",
        "ALLOW_NONE_AUTHENTICATION", "DISABLE_SECURITY_PLUGIN", "DISABLE_AUTH", "DISABLE_AUTHENTICATION",
        "DANGEROUSLY_OMIT_AUTH", "ARANGO_NO_AUTH", "DANGEROUSLY_DISABLE_AUTH", "NO_AUTH", "SKIP_AUTH",
        "AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED", "LANGFLOW_AUTO_LOGIN", "TRAEFIK_API_INSECURE",
        "N8N_USER_MANAGEMENT_DISABLED",
    )
)  # fmt: skip
"""Variables that leave the password out if they are set to yes."""

SWITCHED_OFF = frozenset(
    (
        "XPACK.SECURITY.ENABLED", "XPACK_SECURITY_ENABLED", "PLUGINS.SECURITY.ENABLED", "NEO4J_DBMS_SECURITY_AUTH__ENABLED",
        "INFLUXDB_HTTP_AUTH_ENABLED", "AUTHENTICATION_ENABLED", "REQUIRE_AUTH", "WEBUI_AUTH", "NACOS_AUTH_ENABLE",
        "PGADMIN_CONFIG_SERVER_MODE",
    )
)  # fmt: skip
"""Variables that leave the password out if they are set to no."""

VALUES = {
    "POSTGRES_HOST_AUTH_METHOD": ("trust",),
    "NEO4J_AUTH": ("none",),
    "ELASTICSEARCH_SECURITY_ENABLED": ("false",),
    "ME_CONFIG_BASICAUTH": ("false",),
}
ALWAYS_ON = frozenset(("MYSQL_ALLOW_EMPTY_PASSWORD", "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD"))
"""Variables that any value that isn't empty switches on."""

OPTIONS = pattern(
    r"--(?:noauth|no-auth|skip-grant-tables|auth=none|disable-auth|insecure-no-auth|protected-mode=no|allow-anonymous"
    r"|anonymous-auth=true|disable-authentication|dangerously-omit-auth)",
)
WITH_ROLE = {"GF_AUTH_ANONYMOUS_ENABLED": ("GF_AUTH_ANONYMOUS_ORG_ROLE", ("admin", "editor"))}
"""Variables that matter if they are set to yes and another has one of these values: what nobody's visitor may do."""

PAIRS = {
    ("--auth", "none"),
    ("--auth-mode", "server"),
    ("--authorization-mode", "AlwaysAllow"),
    ("--protected-mode", "no"),
}
MORE = pattern(
    r"--api\.insecure(?:=(?:true|yes|1))?|--auth-mode=server|--authorization-mode=AlwaysAllow"
    r"|(?:-H|--host)[= ]?tcp://(?:0\.0\.0\.0|\[::\]|):2375|tcp://(?:0\.0\.0\.0|\[::\]|):2375"
)
TOKENS = pattern(r"--(?:ServerApp|NotebookApp|IdentityProvider)\.(?:token|password)=(?:''|\"\")?|--auth[= ]none")


@check.on("Container")
def in_an_image(container: Container) -> Iterator[Finding]:
    if container.role == "stage":
        yield from _without_password(container, on_host=False)


@check.on("Workload")
def in_what_runs(workload: Workload) -> Iterator[Finding]:
    for container in workload.containers:
        yield from _without_password(container, on_host=bool(workload.host_network and workload.host_network.value))


def _without_password(container: Container, *, on_host: bool) -> Iterator[Finding]:
    values = {
        variable.name.upper(): (variable.value.value or "").strip().lower()
        for variable in container.environment
        if variable.source != "build argument"
    }
    for variable in container.environment:
        value = (variable.value.value or "").strip().lower()
        if value and variable.source != "build argument" and _disables(variable.name, value, values):
            yield _finding(container, variable.name, variable.value.location, on_host=on_host)
    if _is_docker(container) and values.get("DOCKER_TLS_CERTDIR") == "":
        place = next(v.key for v in container.environment if v.name == "DOCKER_TLS_CERTDIR")
        yield _finding(container, "DOCKER_TLS_CERTDIR", place, on_host=on_host)
    words = container.command
    for number, word in enumerate(words):
        option = _option(word, words[number + 1].value if number + 1 < len(words) else None)
        if option:
            yield _finding(container, option, word.location, on_host=on_host)


def _is_docker(container: Container) -> bool:
    """Is it an engine of its own, as Docker's image starts it?"""
    image = container.image.image if container.image else None
    return image is not None and image.familiar == "docker" and "dind" in (image.tag or "dind")


@check.on("Container")
def signs_with_nothing(container: Container) -> Iterator[Finding]:
    """`JWT_SECRET: ${X:-}`: who doesn't set X gets a key that everybody knows."""
    for variable in container.environment:
        empty = variable.value.value == "" and variable.defaulted and variable.source == "environment"
        if empty and signs(variable.name):
            yield check.finding(
                container,
                f"{container.described} signs with an empty `{variable.name}` where the caller sets none",
                at=variable.value.location,
                severity=Severity.MEDIUM,
                evidence=(variable.name, "empty"),
            )


@check.on("Workload")
def without_root_user(workload: Workload) -> Iterator[Finding]:
    """MongoDB's image makes a database for everyone unless it gets a root user."""
    images = (container.image.image for container in workload.containers if container.image)
    if not any(image is not None and image.familiar == "mongo" for image in images):
        return
    from hullcheck.model.compose import Service

    service = workload.part
    if not isinstance(service, Service) or not workload.complete or service.node.get("env_file") is not None:
        return
    for container in workload.containers:
        image = container.image.image if container.image else None
        names = {variable.name for variable in container.environment}
        if image is None or image.familiar != "mongo" or any(name.startswith("MONGO_INITDB_ROOT") for name in names):
            continue
        program = container.command[0].value if container.command else ""
        if program is None or (program != "mongod" and program[:1] not in ("", "-")):
            continue  # a client
        words = [word.value or "" for word in container.command]
        said = any("--auth" in word or "--keyFile" in word for word in words)
        if not said and not any(_option(word, None) for word in container.command):
            yield _finding(container, "no `MONGO_INITDB_ROOT_USERNAME`", container.location, on_host=False)


def _disables(name: str, value: str, values: dict[str, str]) -> bool:
    upper = name.upper()
    if upper in WITH_ROLE:
        other, roles = WITH_ROLE[upper]
        return value in YES and values.get(other) in roles
    if upper in ALWAYS_ON:
        return value not in NO
    if upper in SWITCHED_ON:
        return value in YES
    if upper in SWITCHED_OFF:
        return value in NO
    return value in VALUES.get(upper, ())


def _option(word: Field[str], following: str | None) -> str:
    text = word.value or ""
    match = OPTIONS.fullmatch(text) or TOKENS.fullmatch(text) or (OPTIONS.search(text) if " " in text else None)
    match = match or MORE.fullmatch(text) or (MORE.search(text) if " " in text else None)
    if match is not None:
        return match[0]
    return f"{text} {following}" if (text, following) in PAIRS else ""


def _finding(container: Container, switch: str, place: Location, *, on_host: bool) -> Finding:
    open_port = on_host or any(port.published is not None and port.public for port in container.ports)
    said = switch if " `" in switch else f"`{switch}`"
    return check.finding(
        container,
        f"{container.described} asks for no password: {said}",
        at=place,
        severity=None if open_port else Severity.MEDIUM,
        evidence=(switch,),
        extent=extent(addresses=EVERY_ADDRESS) if "tcp://" in switch else None,
    )
