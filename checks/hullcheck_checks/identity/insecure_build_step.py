"""A build that gets more of its host than building needs.

A step with the insecure security mode, a privileged build, or one in the host's network, runs what it downloads with
access to the machine that builds everything else.

To fix: build without it; what needs the network of the host can ask for it by name instead:

    services:
      app:
        build:
          context: .

`build.privileged` and the entitlement `security.insecure` are high, as `RUN --security=insecure` is in a Dockerfile;
the host's network (`RUN --network=host`) is medium. So is handing the SSH agent to sources that are fetched from
elsewhere.

See https://docs.docker.com/reference/compose-file/build/#entitlements
See https://docs.docker.com/build/building/secrets/#ssh-mounts
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.edit import delete, delete_word, fix
from hullcheck.model.node import Node, Sequence, as_str
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.compose import Build, Service
    from hullcheck.model.dockerfile import Stage

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("dockerfile", "compose"),
    aliases=("cis-docker:4.2",),
    cwe=(250,),
    fixable="unsafe",
)

_ENTITLEMENTS = {"security.insecure": Severity.HIGH, "network.host": Severity.MEDIUM}
_REMOTE = ("https://", "http://", "git://", "ssh://", "git@", "github.com/")


@check.on("Service", needs="build")
def build(service: Service) -> Iterator[Finding]:
    if service.build is None:
        return
    for node, what, severity in _insecure(service.build):
        message = f"the build of service `{service.name}` {what}"
        remedy = None if what.startswith("hands") else fix("leave it out", delete(node.location), safe=False)
        yield check.finding(service, message, at=node.location, severity=severity, evidence=(what,), fix=remedy)


def _insecure(build: Build) -> Iterator[tuple[Node, str, Severity]]:
    privileged, network = build.node.get("privileged"), build.node.get("network")
    if privileged is not None and (as_str(privileged) or "").lower() in ("true", "yes", "on", "y"):
        yield privileged, "is privileged", Severity.HIGH
    if network is not None and as_str(network) == "host":
        yield network, "uses the host's network", Severity.MEDIUM
    entitlements = build.node.get("entitlements")
    for node in entitlements.items if isinstance(entitlements, Sequence) else ():
        severity = _ENTITLEMENTS.get(as_str(node) or "")
        if severity is not None:
            yield node, f"may ask for `{as_str(node)}`", severity
    ssh = build.node.key("ssh")
    if ssh is not None and (build.context.value or "").startswith(_REMOTE):
        yield ssh, "hands the SSH agent to sources that are fetched", Severity.MEDIUM


@check.on("Stage")
def step(stage: Stage) -> Iterator[Finding]:
    for instruction in stage.instructions:
        for flag in instruction.effective.flags if instruction.effective.keyword == "RUN" else ():
            value = stage.expand(flag.value.text, instruction).text if flag.value is not None else ""
            if (flag.name, value) == ("security", "insecure"):
                what, severity = "runs without confinement", Severity.HIGH
            elif (flag.name, value) == ("network", "host"):
                what, severity = "runs in the host's network", Severity.MEDIUM
            else:
                continue
            yield check.finding(
                stage,
                f"a step of {stage.described} {what}: `--{flag.name}={value}`",
                at=flag.location,
                severity=severity if stage.needed else Severity.LOW,
                evidence=(flag.name,),
                fix=fix("leave the flag out", delete_word(flag.location), safe=False),
            )
