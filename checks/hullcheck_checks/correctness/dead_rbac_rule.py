"""A rule, or a word of one, that allows nothing.

A right to what has no namespace (nodes, persistent volumes, ClusterRoles, users, URLs) can only be granted in the
whole cluster: in a Role, or through a RoleBinding, it is never asked for. So are names that no resource has: `secret`,
`Secrets`, `pods/*`. Whoever reviews the role takes it for more than it is; whoever needs the right meets a refusal, and
asks for too much next.

To fix: grant what has no namespace by a ClusterRole and a ClusterRoleBinding, and name resources as
`kubectl api-resources` does:

    kind: ClusterRole
    metadata:
      name: node-reader
    rules:
      - apiGroups: [""]
        resources: [nodes]
        verbs: [get, list]

In a namespace, `bind` on `clusterroles` works, and so does changing the namespace itself. Of custom resources nothing
is said: whether they have a namespace isn't known from here.

See https://kubernetes.io/docs/reference/access-authn-authz/rbac/#role-and-clusterrole
See https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-resources
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.dead_rights import dead_words, is_confined
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.rbac import Granted

check = Check(
    __name__,
    __doc__,
    severity=Severity.INFO,
    dialects=("kubernetes",),
    aliases=("owasp-kubernetes:K03",),
    cwe=(732,),
)


@check.on("Granted")
def for_nothing(granted: Granted) -> Iterator[Finding]:
    role, rule = granted.role, granted.written
    if rule is None or not role.reported:
        return
    for dead in dead_words(rule, is_confined(role, granted.bindings)):
        names = ", ".join(f"`{word.text}`" for word in dead.words[:4])
        more = f" and {len(dead.words) - 4} more" if len(dead.words) > 4 else ""
        where = ", which is only bound in namespaces," if role.cluster and "no namespace" in dead.why else ""
        yield check.finding(
            granted,
            f"{role.described}{where} allows nothing by {names}{more}: {dead.why}",
            at=dead.words[0].location,
            evidence=tuple(sorted(word.text for word in dead.words)),
        )
