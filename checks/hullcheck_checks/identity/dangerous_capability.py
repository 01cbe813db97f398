"""A capability that opens the host, or its other containers, to the one that gets it.

Capabilities are root's power in pieces. SYS_ADMIN, SYS_MODULE and SYS_RAWIO each are enough to leave the container;
others reach the network, processes or kernel of the host.

To fix: leave out the capability; if a program needs it, find the smallest that does, and drop all others:

    services:
      vpn:
        cap_drop: [ALL]
        cap_add: [NET_BIND_SERVICE]

Critical are those that take the host, high those that reach beyond the container, medium the rest of what isn't in the
runtime's own set. That set itself is no finding; NET_RAW is in Docker's, but the Pod Security Standards exclude it. The
`CAP_` in front and the case don't matter.

In a user namespace of its own (`hostUsers: false`) a capability is one over that namespace, and a note.

See https://man7.org/linux/man-pages/man7/capabilities.7.html
See https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.capabilities import GIVES, Tier, bare_name, tier
from hullcheck.model.container import Container
from hullcheck.model.edit import delete, fix
from hullcheck.model.extent import extent, words

check = Check(
    __name__,
    __doc__,
    severity=Severity.CRITICAL,
    dialects=("compose", "kubernetes"),
    aliases=(
        "compose-lint:CL-0011",
        "compose-lint:CL-0024",
        "compose-lint:CL-0027",
        "compose-lint:CL-0028",
        "compose-lint:CL-0029",
        "compose-lint:CL-0030",
        "kics:ce76b7d0-9e77-464d-b86f-c5c48e03e22d",
        "trivy:KSV-0005",
        "trivy:KSV-0022",
        "trivy:KSV-0106",
        "trivy:KSV-0119",
        "trivy:KSV-0120",
        "checkov:CKV_K8S_25",
        "checkov:CKV_K8S_39",
        "kics:19ebaa28-fc86-4a58-bcfa-015c9e22fe40",
        "kics:235236ee-ad78-4065-bd29-61b061f28ce0",
        "polaris:dangerousCapabilities",
        "kubescape:C-0046",
        "pss:capabilities_baseline",
        "cis-docker:5.4",
        "cis-k8s:5.2.9",
    ),
    cwe=(250,),
    fixable="unsafe",
)

_SEVERITIES = {Tier.HOST: Severity.CRITICAL, Tier.NEIGHBOURS: Severity.HIGH, Tier.SOME: Severity.MEDIUM}


@check.on(Container)
def added(container: Container) -> Iterator[Finding]:
    for field in container.capabilities_added:
        if field.value is None:
            continue
        name = bare_name(field.value)
        severity = _SEVERITIES.get(tier(name, docker=container.dialect == "compose"))
        if severity is not None:
            severity = Severity.INFO if container.remapped else severity
            own = ", in a user namespace of its own" if container.remapped else ""
            gives = f": {GIVES[name]}" if name in GIVES else ""
            yield check.finding(
                container,
                f"{container.described} gets the capability `{name}`{gives}{own}",
                at=field.location,
                severity=severity,
                evidence=(name,),
                extent=extent(capabilities=words(("*" if name == "ALL" else name,))),
                related=field.related,
                fix=fix(f"don't add {name}", delete(field.location), safe=False),
            )
