"""A binding for people who haven't logged in.

`system:anonymous` and `system:unauthenticated` are everyone who can reach the API server, without any password or
token. If that is on the internet, so is what the role allows.

To fix: remove the subject, and give each caller an account:

    subjects:
      - kind: ServiceAccount
        name: probe
        namespace: monitoring

The roles that clusters bind themselves (`system:public-info-viewer`, `system:discovery`) are a note, and so is
`system:service-account-issuer-discovery`: the keys by which others verify tokens are public.

See https://kubernetes.io/docs/reference/access-authn-authz/authentication/#anonymous-requests
See https://kubernetes.io/docs/concepts/security/rbac-good-practices/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.edit import delete_item, fix
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.rbac import Bound

check = Check(
    __name__,
    __doc__,
    severity=Severity.CRITICAL,
    dialects=("kubernetes",),
    aliases=("trivy:KSV-0122", "kubescape:C-0262"),
    cwe=(306, 284),
    fixable="unsafe",
)

ANYBODY = frozenset(("system:anonymous", "system:unauthenticated"))
PUBLIC = frozenset(("system:public-info-viewer", "system:discovery", "system:service-account-issuer-discovery"))
"""What says nothing secret. The issuer's keys are for whoever verifies tokens: that binding is how OIDC is set up.

See https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#service-account-issuer-discovery
"""


@check.on("Bound")
def for_anybody(bound: Bound) -> Iterator[Finding]:
    binding = bound.binding
    others = any(subject.name not in ANYBODY for subject in binding.subjects)
    for subject in binding.subjects:
        if subject.kind in ("User", "Group") and subject.name in ANYBODY:
            from hullcheck.model import rights

            yield check.finding(
                bound,
                f"{binding.described} gives `{binding.role_name}` to callers without a login, {subject.described}",
                at=subject.location,
                severity=Severity.INFO if binding.role_name in PUBLIC else None,
                evidence=(subject.name, binding.role_name),
                extent=rights.whole(bound, subject.name),
                fix=fix("take the subject out", delete_item(subject.location), safe=False) if others else None,
            )
