"""A namespace with workloads that enforces no Pod Security Standard.

Whoever may create a pod in such a namespace may create a privileged one, and with it take the node. Pod Security
Admission is part of every cluster and needs one label to refuse that.

To fix: say what the namespace's pods may do at most, and find out first with `warn`:

    metadata:
      labels:
        pod-security.kubernetes.io/enforce: baseline
        pod-security.kubernetes.io/warn: restricted

Namespaces of the system are not reported, nor where Kyverno or Gatekeeper policies are kept in the same place.

See https://kubernetes.io/docs/concepts/security/pod-security-admission/
"""

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Fix, Severity
from hullcheck.model.edit import fix, put, replace
from hullcheck.model.kubernetes import KubernetesObject, World
from hullcheck.model.node import Scalar, at

check = Check(
    __name__,
    __doc__,
    severity=Severity.INFO,
    dialects=("kubernetes",),
    aliases=(
        *(f"kubescape:C-{number:04}" for number in range(192, 205)),
        "cis-k8s:5.2.1",
    ),
    cwe=(250,),
    fixable="unsafe",
)

_LABEL = "pod-security.kubernetes.io/enforce"
_ENGINES = ("kyverno.io", "constraints.gatekeeper.sh", "templates.gatekeeper.sh", "policies.kubewarden.io")
_SYSTEM = ("kube-system", "kube-public", "kube-node-lease")


@check.on(World)
def unenforced(world: World) -> Iterator[Finding]:
    if any(made.group in _ENGINES for made in world.objects):
        return
    used = {workload.namespace for workload in world.workloads}
    for made in world.objects:
        if (made.kind, made.group) == ("Namespace", "") and made.name in used and made.name not in _SYSTEM:
            yield from _judged(made)


def _judged(namespace: KubernetesObject) -> Iterator[Finding]:
    label = at(namespace.node, "metadata", "labels", _LABEL)
    if label is None:
        yield check.finding(
            namespace, f"namespace `{namespace.name}` enforces no Pod Security Standard", fix=_enforced(namespace)
        )
    elif isinstance(label, Scalar) and not label.unknown and label.text == "privileged":
        message = f"namespace `{namespace.name}` enforces the level `privileged`, which forbids nothing"
        yield check.finding(
            namespace,
            message,
            at=label.location,
            evidence=("privileged",),
            fix=fix("enforce the level `baseline`", replace(label.location, "baseline"), safe=False),
        )


def _enforced(namespace: KubernetesObject) -> Fix:
    """The label, beside the name."""
    return fix("enforce the level `baseline`", put(namespace.location, ("labels", _LABEL), "baseline"), safe=False)
