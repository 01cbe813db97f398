"""A role that can run commands in pods.

A command in a container has its service account's token, its Secrets and its network. `get` is enough: clients use it
to open a websocket.

To fix: keep that right for people who debug, for as long as they do, and drop it from programs:

    - apiGroups: [""]
      resources: [pods/log]
      verbs: [get]

`pods/exec`, `pods/attach` and `*/exec` count; `pods` doesn't cover them. Forwarding ports is low.

A rule is judged by the bindings that grant it: it is one level lower in one namespace alone, unless that is
`kube-system`, one lower for named objects, and one lower where nothing here binds the role.

See https://kubernetes.io/docs/reference/access-authn-authz/authorization/
See https://kubernetes.io/docs/concepts/security/rbac-good-practices/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.terms import Alias
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.rbac import Granted

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("kubernetes",),
    aliases=(
        Alias("trivy:KSV-0053", "pods/exec"),
        Alias("trivy:KSV-0054", "pods/attach"),
        Alias("checkov:CKV2_K8S_2", "pods/exec", ("create", "every verb")),
        Alias("polaris:clusterrolePodExecAttach", "ClusterRole", ("pods/exec", "pods/attach")),
        Alias("polaris:rolePodExecAttach", "Role", ("pods/exec", "pods/attach")),
        Alias("kubescape:C-0002", "pods/exec"),
        Alias("kubescape:C-0063", "pods/portforward"),
    ),
    cwe=(250, 269),
)


@check.on("Granted")
def runs_commands(granted: Granted) -> Iterator[Finding]:
    from hullcheck.model.powers import evidence, kinds, of, told

    for power in of(granted.rule, check.name) if granted.role.reported else ():
        from hullcheck.model import rights

        yield check.finding(
            granted,
            told(granted, power),
            at=power.word.location,
            severity=granted.severity(power.severity),
            evidence=evidence(granted, power),
            kinds=kinds(granted),
            related=granted.related,
            extent=rights.granted(granted, power),
        )
