"""A debugger, or the daemon's own interface, that others can connect to.

Who connects to a debugger runs code in the process: Java's JDWP, Node's inspector, Python's debugpy and Go's delve
ask for no password. The Docker daemon's port 2375 gives the whole host.

To fix: take the port out of what is deployed, and debug through a tunnel:

    services:
      app:
        command: ["node", "server.js"]     # no --inspect=0.0.0.0
        ports:
          - "127.0.0.1:9229:9229"

Reported are ports of debuggers that a pod declares or Compose publishes on every interface, where something else
speaks for one or the program has other ports of its own, and command lines and variables that start one on all
addresses. Port 2375 is a high finding.

See https://nodejs.org/en/learn/getting-started/debugging#security-implications
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.extent import EVERY_ADDRESS, extent
from hullcheck.model.network.loopback import to_loopback
from hullcheck.patterns import pattern
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.container import Container, Port

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("compose", "kubernetes"),
    aliases=("owasp-docker:rule-5", "cis-docker:5.7"),
    cwe=(489, 749),
    fixable="unsafe",
)

_DEBUGGERS = {
    5005: "Java's debugger",
    9229: "Node's inspector",
    5678: "Python's debugger",
    2345: "Go's debugger",
    2375: "the Docker daemon",
}
_ALONE = (2375, 9229)
"""Ports that nothing else listens on."""

_THEIR_OWN = frozenset(("n8n", "http-echo", "flame", "pgbouncer"))
_NAMED = pattern(r"debug|jdwp|inspect|delve|dlv")
_WORDS = pattern(r"(?i)jdwp|debugpy|\bdlv\b|--inspect|DEBUG")
_VARIABLES = ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "JAVA_OPTS", "CATALINA_OPTS", "NODE_OPTIONS", "JPDA_ADDRESS")
_STARTED = pattern(
    r"--inspect(?:-brk)?=(?:0\.0\.0\.0|\[::\])(?::[0-9]+)?"
    r"|transport=dt_socket\S{0,500}address=(?:\*|0\.0\.0\.0):[0-9]+"
    r"|debugpy\s+--listen\s+0\.0\.0\.0:[0-9]+"
    r"|dlv\s.{0,500}--listen=(?:0\.0\.0\.0)?:[0-9]+"
)


@check.on("Container", needs="ports command environment")
def attachable(container: Container) -> Iterator[Finding]:
    if container.dialect not in ("compose", "kubernetes"):
        return
    for port in container.ports:
        what = _debugger(container, port)
        if what and (container.dialect == "kubernetes" or port.public):
            verb = "publishes" if container.dialect == "compose" else "declares"
            severity = Severity.HIGH if port.number == 2375 else Severity.MEDIUM
            from hullcheck.model.network.compose_review import tempered
            from hullcheck.model.network.extents import published

            yield check.finding(
                container,
                f"{container.described} {verb} port {port.number}, that of {what}",
                at=port.location,
                severity=tempered(severity, port.location.path),
                evidence=(str(port.number),),
                extent=published(port),
                fix=to_loopback(port) if container.dialect == "compose" else None,
            )
    yield from _started(container)


def _debugger(container: Container, port: Port) -> str:
    """The debugger whose port it is, if it is likely one: programs that have no other port listen there themselves."""
    if port.number is None or port.protocol.lower() == "udp":
        return ""
    what = _DEBUGGERS.get(port.number, "")
    if not what or port.number in _ALONE or _NAMED.search(port.name.lower()):
        return what
    image = container.image.image if container.image is not None else None
    if image is not None and image.repository.rpartition("/")[2] in _THEIR_OWN:
        return ""
    others = [other for other in container.ports if other.number not in _DEBUGGERS]
    return what if others or _mentions(container) else ""


def _mentions(container: Container) -> bool:
    """Does the command or a variable speak of debugging?"""
    texts = [word.value or "" for word in container.command]
    texts += [f"{variable.name}={variable.value.value or ''}" for variable in container.environment]
    return any(_WORDS.search(text) for text in texts)


def _started(container: Container) -> Iterator[Finding]:
    """A command line with a debugger that listens on all addresses."""
    options = [v.value for v in container.environment if v.name in _VARIABLES and v.source != "build argument"]
    for word in (*container.command, *options):
        match = _STARTED.search(word.value or "")
        if match:
            from hullcheck.model.network.compose_review import tempered

            yield check.finding(
                container,
                f"{container.described} starts a debugger for all addresses: `{match[0]}`",
                at=word.location,
                severity=tempered(Severity.MEDIUM, word.location.path),
                evidence=(match[0],),
                extent=extent(addresses=EVERY_ADDRESS),
            )
            return
