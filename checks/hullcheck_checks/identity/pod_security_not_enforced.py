"""A namespace that enforces no Pod Security Standard.

Whoever may create a pod in such a namespace may create a privileged one, and with it take the node. Pod Security
Admission is part of every cluster and needs one label to refuse that.

To fix: say what the namespace's pods may do at most, and find out first with `warn`:

    metadata:
      labels:
        pod-security.kubernetes.io/enforce: baseline
        pod-security.kubernetes.io/warn: restricted

A namespace without a label is reported if workloads of it are kept beside it, one with the level `privileged` always,
and so is a label that Pod Security doesn't know, such as `pod-security.kubernetes.io/enfore`. Namespaces of the system
are not reported, nor where Kyverno or Gatekeeper policies are kept in the same place.

See https://kubernetes.io/docs/concepts/security/pod-security-admission/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Fix, Severity
from hullcheck.model.edit import fix, put, replace
from hullcheck.model.node import Mapping, Node, Scalar, at
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.kubernetes import KubernetesObject, World

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
_KNOWN = frozenset(
    f"pod-security.kubernetes.io/{mode}{end}" for mode in ("enforce", "audit", "warn") for end in ("", "-version")
)
_ENGINES = ("kyverno.io", "constraints.gatekeeper.sh", "templates.gatekeeper.sh", "policies.kubewarden.io")
_SYSTEM = ("kube-system", "kube-public", "kube-node-lease")


@check.on("World")
def unenforced(world: World) -> Iterator[Finding]:
    if any(made.group in _ENGINES for made in world.objects):
        return
    used = {workload.namespace for workload in world.workloads}
    for made in world.objects:
        if (made.kind, made.group) == ("Namespace", "") and made.name not in _SYSTEM:
            yield from _judged(made, used=made.name in used)


def _judged(namespace: KubernetesObject, *, used: bool) -> Iterator[Finding]:
    labels = at(namespace.node, "metadata", "labels")
    label = at(labels, _LABEL)
    slip = _misspelt(labels) if label is None else None
    if slip is not None:
        yield check.finding(
            namespace,
            f"namespace `{namespace.name}` enforces no Pod Security Standard: `{slip.text}` is no label of it",
            at=slip.location,
            evidence=(slip.text,),
            fix=fix(f"write `{_LABEL}`", replace(slip.location, _LABEL), safe=False) if _is_plain(slip) else None,
        )
    elif label is None:
        if used:
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


def _misspelt(labels: Node | None) -> Scalar | None:
    """A label that was meant to be `enforce`."""
    for key, value in labels.entries().values() if isinstance(labels, Mapping) else ():
        near = "security" in key.text and len(key.text) < 80 and key.text not in _KNOWN
        if near and isinstance(value, Scalar):
            from difflib import get_close_matches

            if get_close_matches(key.text, [_LABEL], n=1, cutoff=0.9):
                return key
    return None


def _is_plain(key: Scalar) -> bool:
    return key.location.text == key.text


def _enforced(namespace: KubernetesObject) -> Fix:
    """The label, beside the name."""
    return fix("enforce the level `baseline`", put(namespace.location, ("labels", _LABEL), "baseline"), safe=False)
