"""An object of an API version that Kubernetes no longer serves.

The API server refuses it. A NetworkPolicy, a Role or an admission webhook that isn't created protects nothing, and a
PodSecurityPolicy has enforced nothing since Kubernetes 1.25, wherever it is still kept.

To fix: say the version that took its place; some fields may have moved:

    apiVersion: networking.k8s.io/v1
    kind: Ingress

In the place of PodSecurityPolicy came labels on namespaces: `pod-security.kubernetes.io/enforce: restricted`.

See https://kubernetes.io/docs/reference/using-api/deprecation-guide/
See https://kubernetes.io/docs/concepts/security/pod-security-admission/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.edit import fix, replace
from hullcheck.model.node import at
from hullcheck.terms import Alias
from hullcheck.typed import TYPE_CHECKING
from hullcheck_checks.data.apis import NEWEST, old_api

if TYPE_CHECKING:
    from hullcheck.model.kubernetes import KubernetesObject

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("kubernetes",),
    aliases=(
        Alias("kube-linter:no-extensions-v1beta", "extensions/v1beta*"),
        "kube-score:stable-version",
        "trivy:KSV-0107",
        Alias("checkov:CKV_K8S_1", "PodSecurityPolicy"),
        Alias("checkov:CKV_K8S_2", "PodSecurityPolicy"),
        Alias("checkov:CKV_K8S_3", "PodSecurityPolicy"),
        Alias("checkov:CKV_K8S_4", "PodSecurityPolicy"),
        Alias("checkov:CKV_K8S_5", "PodSecurityPolicy"),
        Alias("checkov:CKV_K8S_6", "PodSecurityPolicy"),
        Alias("checkov:CKV_K8S_7", "PodSecurityPolicy"),
        Alias("checkov:CKV_K8S_24", "PodSecurityPolicy"),
        Alias("checkov:CKV_K8S_32", "PodSecurityPolicy"),
        Alias("checkov:CKV_K8S_36", "PodSecurityPolicy"),
        "kics:94b76ea5-e074-4ca2-8a03-c5a606e30645",
        Alias("kics:2270987f-bb51-479f-b8be-3ca73e5ad648", "PodSecurityPolicy"),
        Alias("kics:a33e9173-b674-4dfb-9d82-cf3754816e4b", "PodSecurityPolicy"),
        Alias("kics:87554eef-154d-411d-bdce-9dbd91e56851", "PodSecurityPolicy"),
        Alias("kics:80f93444-b240-4ebb-a4c6-5c40b76c04ea", "PodSecurityPolicy"),
        Alias("kics:91dacd0e-d189-4a9c-8272-5999a3cc32d9", "PodSecurityPolicy"),
        Alias("kics:c48e57d3-d642-4e0b-90db-37f807b41b91", "PodSecurityPolicy"),
        Alias("kics:7307579a-3abb-46ad-9ce5-2a915634d5c8", "PodSecurityPolicy"),
        Alias("kics:de4421f1-4e35-43b4-9783-737dd4e4a47e", "PodSecurityPolicy"),
        Alias("kics:e3aa0612-4351-4a0d-983f-aefea25cf203", "PodSecurityPolicy"),
        Alias("kics:caa93370-791f-4fc6-814b-ba6ce0cb4032", "PodSecurityPolicy"),
        "kubescape:C-0068",
        Alias("kubescape:C-0213", "PodSecurityPolicy"),
        Alias("kubescape:C-0214", "PodSecurityPolicy"),
        Alias("kubescape:C-0215", "PodSecurityPolicy"),
        Alias("kubescape:C-0216", "PodSecurityPolicy"),
        Alias("kubescape:C-0217", "PodSecurityPolicy"),
        Alias("kubescape:C-0218", "PodSecurityPolicy"),
        Alias("kubescape:C-0219", "PodSecurityPolicy"),
        Alias("kubescape:C-0220", "PodSecurityPolicy"),
    ),
    cwe=(477,),
    fixable="safe",
)


@check.on("KubernetesObject")
def gone(made: KubernetesObject) -> Iterator[Finding]:
    old = old_api(made.api_version, made.kind)
    written = at(made.node, "apiVersion")
    if old is None or old.removed is None or old.removed > NEWEST or written is None or written.unknown:
        return
    instead = f"; it is `{old.instead}` now" if old.instead else ""
    if made.kind == "PodSecurityPolicy":
        instead = ", and nothing enforces it"
    yield check.finding(
        made,
        f"`{made.api_version}` of {made.kind} is gone since Kubernetes 1.{old.removed}{instead}",
        at=written.location,
        evidence=(made.api_version,),
        kinds=(made.kind,),
        fix=fix(f"say {old.instead}", replace(written.location, old.instead), safe=True) if old.same else None,
    )
