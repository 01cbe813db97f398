"""A workload that breaks the Pod Security Standard it is to be held to.

The standard's levels are what the API server's own admission enforces, by a label of the namespace. A Deployment that
breaks its namespace's level is accepted, and then never gets a pod: the fault shows in production, as replicas that
don't come. Under `--pod-security` it means that the workload asks for more than the level allows: privileges, host
namespaces, host paths, root.

To fix: change the values that the message names. For `restricted` that is mostly

    spec:
      securityContext:
        runAsNonRoot: true
        seccompProfile: {type: RuntimeDefault}
      containers:
        - name: web
          securityContext:
            allowPrivilegeEscalation: false
            capabilities: {drop: [ALL]}

Without `--pod-security LEVEL` only workloads are judged whose Namespace is in the repository and carries the label. The
`audit` and `warn` labels give a note. `pod-security.version` in the configuration takes an older Kubernetes.

See https://kubernetes.io/docs/concepts/security/pod-security-standards/
See https://kubernetes.io/docs/concepts/security/pod-security-admission/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.model.extent import extent, words
from hullcheck.model.kubernetes import PodObject
from hullcheck.model.node import at
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.pod_security import Expectation, Violation
    from hullcheck.model.settings import Settings
    from hullcheck.model.workload import Workload

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("kubernetes",),
    aliases=(
        "pss:baseline",
        "pss:restricted",
    ),
    cwe=(250,),
)


@check.on("Workload")
def refused(workload: Workload, settings: Settings) -> Iterator[Finding]:
    pod = workload.part
    if not isinstance(pod, PodObject) or not workload.complete:
        return
    namespace = pod.context.namespace
    if namespace is None and not settings.pod_security:
        return
    from hullcheck.model.pod_security import NEWEST, expectations, minor, violations

    version = minor(settings.pod_security_version)
    version = NEWEST if version is None else version
    if settings.pod_security:
        broken = violations(pod.spec, pod.metadata, settings.pod_security, version)
        if broken:
            yield _finding(workload, settings.pod_security, broken, None)
        return
    reported: set[str] = set()
    for asked in expectations(at(namespace.node, "metadata", "labels"), version) if namespace else ():
        broken = violations(pod.spec, pod.metadata, asked.level, asked.version)
        if broken and asked.level not in reported:
            reported.add(asked.level)
            yield _finding(workload, asked.level, broken, asked)


def _finding(workload: Workload, level: str, broken: list[Violation], asked: Expectation | None) -> Finding:
    told = "; ".join(f"{v.reason} ({v.control}: {v.bad[0].detail}{_more(v)})" for v in broken)
    subject = f"{workload.described} breaks Pod Security `{level}`"
    if asked is not None:
        verb = {"enforce": "are refused by", "audit": "are noted by", "warn": "are warned of by"}[asked.mode]
        subject += f", so its pods {verb} namespace `{workload.namespace or 'default'}`"
    place = broken[0].bad[0].location
    every = ((v, bad) for v in broken for bad in v.bad if bad.location != place)
    related = [Related(bad.location, f"{v.control}: {bad.detail}") for v, bad in every]
    if asked is not None:
        related.append(Related(asked.label, f"this label asks for `{asked.level}`"))
    return check.finding(
        workload,
        f"{subject}: {told}",
        at=place,
        severity=Severity.INFO if asked is not None and asked.mode != "enforce" else None,
        evidence=(level, *(v.control for v in broken)),
        extent=extent(level=words((level,), "name"), controls=words((v.control for v in broken), "name")),
        related=related,
    )


def _more(violation: Violation) -> str:
    return f" and {len(violation.bad) - 1} more" if len(violation.bad) > 1 else ""
