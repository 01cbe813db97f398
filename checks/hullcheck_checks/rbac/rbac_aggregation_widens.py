"""A ClusterRole that adds a dangerous right to `view`, `edit` or `admin`.

The label makes its rules part of the built-in role, in every namespace where somebody holds that: people who were
given read access can suddenly read Secrets or run commands, and no binding changed.

To fix: aggregate only what suits the role, and give the rest a role of its own:

    metadata:
      name: widgets-view
      labels:
        rbac.authorization.k8s.io/aggregate-to-view: "true"
    rules:
      - apiGroups: [example.com]
        resources: [widgets]
        verbs: [get, list, watch]

`edit` and `admin` hold Secrets, commands and workloads anyway; for them, only what goes beyond that is reported.

See https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles
See https://kubernetes.io/docs/concepts/security/rbac-good-practices/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.model.extent import extent, words
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.rbac import Role

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("kubernetes",),
    aliases=("cis-k8s:5.1.3",),
    cwe=(250, 732),
)

PREFIX = "rbac.authorization.k8s.io/aggregate-to-"
ORDINARY = frozenset(("rbac-network-control", "rbac-delete-evidence", "rbac-system-config"))
HELD_BY_EDIT = ORDINARY | {"rbac-secrets-access", "rbac-create-workloads", "rbac-exec", "rbac-token-create"}


@check.on("Role")
def widens(role: Role) -> Iterator[Finding]:
    for name, word in role.labels:
        target = name.removeprefix(PREFIX)
        if not name.startswith(PREFIX) or word.text != "true" or target not in ("view", "edit", "admin"):
            continue
        fine = ORDINARY if target == "view" else HELD_BY_EDIT
        from hullcheck.model.powers import powers

        found = [p for rule in role.rules for p in powers(rule) if p.name not in fine and p.severity >= Severity.MEDIUM]
        if found:
            yield check.finding(
                role,
                f"{role.described} adds {found[0].what} to everybody's `{target}`",
                at=word.location,
                extent=extent(roles=words((target,), "name"), rights=words((p.what for p in found), "name")),
                evidence=(target, *sorted({power.name for power in found})),
                related=(Related(found[0].word.location, "this rule allows it"),),
            )
