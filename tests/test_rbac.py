"""Rules as the API server reads them, through the bindings that grant them."""

import pytest

from hullcheck.finding import Severity
from hullcheck.link import rbac
from hullcheck.model.dead_rights import dead_words
from hullcheck.model.kubernetes import World
from hullcheck.model.powers import powers, takes_cluster
from hullcheck.model.rbac import Bound, Granted, Rule
from hullcheck.parse import kubernetes
from hullcheck.source import Source

GROUP = "rbac.authorization.k8s.io"


def world(text: str) -> World:
    found = kubernetes.read(Source("rbac.yaml", text.encode()))
    assert not found.problems
    return World("test", "manifests", tuple(found.objects), ())


def role(rules: str, kind: str = "ClusterRole", namespace: str = "") -> str:
    return f"""
apiVersion: {GROUP}/v1
kind: {kind}
metadata: {{name: role{f", namespace: {namespace}" if namespace else ""}}}
rules: {rules}
---"""


def binding(
    kind: str = "ClusterRoleBinding", namespace: str = "", role_kind: str = "ClusterRole", name: str = "role"
) -> str:
    return f"""
apiVersion: {GROUP}/v1
kind: {kind}
metadata: {{name: binding{f", namespace: {namespace}" if namespace else ""}}}
roleRef: {{apiGroup: {GROUP}, kind: {role_kind}, name: {name}}}
subjects: [{{kind: ServiceAccount, name: app, namespace: shop}}]
---"""


def granted(text: str) -> list[Granted]:
    return [part for _, part in rbac.parts([world(text)], []) if isinstance(part, Granted)]


def rule(text: str) -> Rule:
    (found,) = granted(role(f"[{text}]"))
    return found.rule


def names(text: str) -> list[str]:
    return [power.name for power in powers(rule(text))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}', ["wildcard-rbac"]),
        ('{apiGroups: [""], resources: ["*"], verbs: [get, list]}', ["wildcard-rbac", "rbac-secrets-access"]),
        ('{apiGroups: [""], resources: [secrets], verbs: [watch]}', ["rbac-secrets-access"]),
        ('{apiGroups: ["*"], resources: [secrets], verbs: [get]}', ["wildcard-rbac", "rbac-secrets-access"]),
        ('{apiGroups: [""], resources: [pods/exec], verbs: [get]}', ["rbac-exec"]),
        ('{apiGroups: [""], resources: ["*/exec"], verbs: [create]}', ["rbac-exec"]),
        ('{apiGroups: [""], resources: [pods/attach], verbs: [create]}', ["rbac-exec"]),
        ('{apiGroups: [""], resources: [nodes/proxy], verbs: [get]}', ["rbac-node-proxy"]),
        ('{apiGroups: [""], resources: [serviceaccounts/token], verbs: [create]}', ["rbac-token-create"]),
        ('{apiGroups: [""], resources: [serviceaccounts/token], verbs: [create], resourceNames: [a]}', ["rbac-token-create"]),
        ('{apiGroups: [""], resources: [pods], verbs: [create]}', ["rbac-create-workloads"]),
        ("{apiGroups: [batch], resources: [cronjobs], verbs: [patch]}", ["rbac-create-workloads"]),
        ('{apiGroups: [""], resources: [pods/ephemeralcontainers], verbs: [update]}', ["rbac-create-workloads"]),
        (f"{{apiGroups: [{GROUP}], resources: [clusterroles], verbs: [escalate]}}", ["rbac-escalation"]),
        (f"{{apiGroups: [{GROUP}], resources: [roles], verbs: [bind]}}", ["rbac-escalation"]),
        (f"{{apiGroups: [{GROUP}], resources: [rolebindings], verbs: [create]}}", ["rbac-escalation"]),
        ('{apiGroups: [""], resources: [groups], verbs: [impersonate]}', ["rbac-impersonation"]),
        ("{apiGroups: [authentication.k8s.io], resources: [userextras/scopes], verbs: [impersonate]}", ["rbac-impersonation"]),
        ('{apiGroups: [""], resources: [serviceaccounts], verbs: ["*"]}', ["wildcard-rbac", "rbac-impersonation"]),
        (
            "{apiGroups: [admissionregistration.k8s.io], resources: [mutatingwebhookconfigurations], verbs: [patch]}",
            ["rbac-webhook-control"],
        ),
        ('{apiGroups: [""], resources: [persistentvolumes], verbs: [create]}', ["rbac-persistent-volumes"]),
        ("{apiGroups: [networking.k8s.io], resources: [networkpolicies], verbs: [delete]}", ["rbac-network-control"]),
        ('{apiGroups: [""], resources: [configmaps], verbs: [update], resourceNames: [aws-auth]}', ["rbac-system-config"]),
        ('{apiGroups: [""], resources: [events], verbs: [delete]}', ["rbac-delete-evidence"]),
        ('{nonResourceURLs: ["*"], verbs: [get]}', ["wildcard-rbac"]),
        ("{apiGroups: [apiregistration.k8s.io], resources: [apiservices], verbs: [patch]}", ["rbac-webhook-control"]),
        ('{apiGroups: [admissionregistration.k8s.io], resources: ["*"], verbs: ["*"]}', ["wildcard-rbac", "rbac-webhook-control"]),
        ('{apiGroups: [""], resources: [namespaces], verbs: [patch]}', ["rbac-namespace-control"]),
        ("{apiGroups: [argoproj.io], resources: [workflows], verbs: [create]}", ["rbac-create-workloads"]),
        ("{apiGroups: [tekton.dev], resources: [pipelineruns], verbs: [create]}", ["rbac-create-workloads"]),
        ('{apiGroups: [authentication.k8s.io], resources: [users], verbs: ["impersonate:user-info"]}', ["rbac-impersonation"]),
    ],
)  # fmt: skip
def test_a_rule_gives_a_power(text: str, expected: list[str]) -> None:
    assert names(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        '{apiGroups: [""], resources: [pods], verbs: [get, list, watch, delete]}',
        '{apiGroups: [""], resources: ["pods/*"], verbs: [create]}',
        '{apiGroups: [""], resources: [secrets], verbs: [get], resourceNames: [db]}',
        '{apiGroups: [""], resources: [pods], verbs: [create], resourceNames: [a]}',
        "{apiGroups: [apps], resources: [secrets], verbs: [get]}",
        '{apiGroups: [""], resources: [nodes/metrics], verbs: [get]}',
        '{apiGroups: [""], resources: [pods/log], verbs: [get]}',
        '{apiGroups: [""], resources: [configmaps], verbs: [update]}',
        '{apiGroups: [""], resources: [events], verbs: [create, patch]}',
        f"{{apiGroups: [{GROUP}], resources: [clusterroles], verbs: [bind], resourceNames: [view]}}",
        f"{{apiGroups: [{GROUP}], resources: [clusterroles], verbs: [get, list]}}",
        '{apiGroups: ["apps"], resources: [serviceaccounts], verbs: [impersonate]}',
        "{nonResourceURLs: [/metrics], verbs: [get]}",
    ],
)
def test_a_rule_is_harmless(text: str) -> None:
    assert names(text) == []


def test_a_wildcard_over_an_own_group_is_low() -> None:
    (power,) = powers(rule('{apiGroups: [example.com], resources: ["*"], verbs: ["*"]}'))
    assert power.severity is Severity.LOW


SECRETS = '[{apiGroups: [""], resources: [secrets], verbs: [get]}]'


@pytest.mark.parametrize(
    ("text", "severity", "reach"),
    [
        (role(SECRETS) + binding(), Severity.HIGH, "in the whole cluster"),
        (role(SECRETS) + binding("RoleBinding", "shop"), Severity.MEDIUM, "in namespace `shop`"),
        (role(SECRETS) + binding("RoleBinding", "kube-system"), Severity.HIGH, "in namespace `kube-system`"),
        (role(SECRETS), Severity.MEDIUM, "bound to nobody here"),
        (role(SECRETS, "Role", "shop"), Severity.LOW, "bound to nobody here"),
        (
            role(SECRETS, "Role", "shop") + binding("RoleBinding", "shop", "Role"),
            Severity.MEDIUM,
            "in namespace `shop`",
        ),
        (role(SECRETS, "Role", "shop") + binding("RoleBinding", "other", "Role"), Severity.LOW, "bound to nobody here"),
        (role(SECRETS) + binding() + binding("RoleBinding", "shop"), Severity.HIGH, "in the whole cluster"),
    ],
)
def test_bindings_decide_how_bad_it_is(text: str, severity: Severity, reach: str) -> None:
    (found,) = granted(text)
    assert (found.severity(Severity.HIGH), found.reach) == (severity, reach)


def test_an_aggregated_role_has_the_rules_that_it_selects() -> None:
    text = f"""
apiVersion: {GROUP}/v1
kind: ClusterRole
metadata: {{name: gathered}}
aggregationRule:
  clusterRoleSelectors:
    - matchLabels: {{example.com/part-of: gathered}}
rules: []
---
apiVersion: {GROUP}/v1
kind: ClusterRole
metadata: {{name: part, labels: {{example.com/part-of: gathered}}}}
rules: {SECRETS}
---"""
    assert [found.role.name for found in granted(text)] == ["gathered", "part"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (role(SECRETS) + binding(), ""),
        (binding(name="cluster-admin"), ""),
        (binding(name="system:node"), ""),
        (binding(name="absent"), "ClusterRole `absent` isn't here"),
        (role(SECRETS) + binding(name="rule"), "ClusterRole `rule` isn't here, but `role` is"),
        (role(SECRETS) + binding().replace(", namespace: shop", ""), "has no namespace"),
        (role(SECRETS) + binding().replace(f"apiGroup: {GROUP}", "apiGroup: v1"), "has the API group `v1`"),
        (
            role(SECRETS) + binding() + "\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n",
            "isn't among those of namespace `shop`",
        ),
    ],
)
def test_a_binding_may_come_to_nothing(text: str, problem: str) -> None:
    (bound,) = [part for _, part in rbac.parts([world(text)], []) if isinstance(part, Bound)]
    assert problem in bound.problem
    assert bool(problem) == bool(bound.problem)


CLUSTER_SCOPED = (
    '{apiGroups: [""], resources: [nodes/proxy], verbs: [get]}',
    '{apiGroups: [""], resources: ["*/proxy"], verbs: [get]}',
    '{apiGroups: [""], resources: [persistentvolumes], verbs: ["*"]}',
    '{apiGroups: [""], resources: [users, groups], verbs: [impersonate]}',
    "{apiGroups: [admissionregistration.k8s.io], resources: [mutatingwebhookconfigurations], verbs: [patch]}",
    "{apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests/approval, signers], verbs: ['*']}",
    f"{{apiGroups: [{GROUP}], resources: [clusterroles], verbs: [escalate, update]}}",
    f"{{apiGroups: [{GROUP}], resources: [clusterrolebindings], verbs: [create]}}",
    '{nonResourceURLs: ["*"], verbs: ["*"]}',
)


@pytest.mark.parametrize("text", CLUSTER_SCOPED)
def test_what_has_no_namespace_is_granted_in_the_whole_cluster_alone(text: str) -> None:
    local = role(f"[{text}]", "Role", "shop") + binding("RoleBinding", "shop", "Role")
    (by_role,), (by_binding,) = granted(local), granted(role(f"[{text}]") + binding("RoleBinding", "shop"))
    assert not [*powers(by_role.rule), *powers(by_binding.rule)]
    (both,) = granted(role(f"[{text}]") + binding("RoleBinding", "shop") + binding())
    (unbound,) = granted(role(f"[{text}]"))
    assert (both.rule, unbound.rule) == (both.written, unbound.written)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{{apiGroups: [{GROUP}], resources: [clusterroles], verbs: [bind]}}", ["rbac-escalation"]),
        (f"{{apiGroups: [{GROUP}], resources: [roles], verbs: [escalate]}}", ["rbac-escalation"]),
        ('{apiGroups: [""], resources: [users, serviceaccounts], verbs: [impersonate]}', ["rbac-impersonation"]),
        ('{apiGroups: [""], resources: [namespaces], verbs: [update]}', ["rbac-namespace-control"]),
        ('{apiGroups: [""], resources: [nodes, secrets], verbs: [get]}', ["rbac-secrets-access"]),
        ('{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}', ["wildcard-rbac"]),
    ],
)
def test_what_works_in_a_namespace(text: str, expected: list[str]) -> None:
    (found,) = granted(role(f"[{text}]", "Role", "shop") + binding("RoleBinding", "shop", "Role"))
    assert [power.name for power in powers(found.rule)] == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{apiGroups: [""], resources: [nodes, pods], verbs: [get]}', ["nodes"]),
        ('{apiGroups: [""], resources: ["pods/*"], verbs: [get]}', ["pods/*"]),
        ('{apiGroups: [""], resources: [secret, Secrets], verbs: [get]}', ["secret", "Secrets"]),
        ('{apiGroups: [""], resources: [secrets], verbs: [""]}', [""]),
        ('{apiGroups: [""], resources: [deployments], verbs: [get]}', ["deployments"]),
        ('{apiGroups: ["", apps], resources: [deployments, pods], verbs: [get]}', []),
        ("{apiGroups: [extensions], resources: [deployments], verbs: [get]}", []),
        ("{apiGroups: [example.com], resources: [nodes, Widgets, secret], verbs: [get]}", []),
        ('{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}', []),
        ('{apiGroups: [""], resources: [namespaces], verbs: [get, patch]}', []),
        ('{apiGroups: [""], resources: [namespaces], verbs: [list]}', ["namespaces"]),
        (f"{{apiGroups: [{GROUP}], resources: [clusterroles], verbs: [bind, get]}}", []),
    ],
)
def test_words_of_a_role_that_allow_nothing(text: str, words: list[str]) -> None:
    (found,) = granted(role(f"[{text}]", "Role", "shop"))
    assert found.written is not None
    assert [word.text for dead in dead_words(found.written, True) for word in dead.words] == words


def test_what_is_as_good_as_the_cluster() -> None:
    assert takes_cluster(rule('{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}'))
    assert takes_cluster(rule(f"{{apiGroups: [{GROUP}], resources: [clusterroles], verbs: [bind]}}"))
    assert takes_cluster(rule('{apiGroups: [""], resources: [secrets], verbs: [list]}'))
    assert not takes_cluster(rule('{apiGroups: [""], resources: [secrets], verbs: [create]}'))
    assert not takes_cluster(rule(f"{{apiGroups: [{GROUP}], resources: [rolebindings], verbs: [create]}}"))
    assert not takes_cluster(
        rule('{apiGroups: [""], resources: [serviceaccounts/token], verbs: [create], resourceNames: [a]}')
    )


PEER = '[{apiGroups: [""], resources: [pods/exec], verbs: [create]}]'


def _role(name: str, rules: str = "[]", labels: str = "{}", selectors: str = "") -> str:
    rule = f"aggregationRule: {{clusterRoleSelectors: [{selectors}]}}\n" if selectors else ""
    return (
        f"apiVersion: {GROUP}/v1\nkind: ClusterRole\nmetadata: {{name: {name}, labels: {labels}}}\n"
        f"{rule}rules: {rules}\n---\n"
    )


@pytest.mark.parametrize(
    ("selectors", "expected"),
    [
        ("{matchExpressions: [{key: part, operator: In, values: [a, b]}]}", {"secrets", "pods/exec"}),
        ("{matchExpressions: [{key: part, operator: NotIn, values: [a]}], matchLabels: {of: x}}", {"pods/exec"}),
        ("{matchExpressions: [{key: part, operator: Exists}], matchLabels: {of: y}}", set()),
        ("{matchLabels: {part: a}}, {matchLabels: {part: b}}", {"secrets", "pods/exec"}),
        ("{matchLabels: {part: middle}}", {"secrets"}),
        ("{}", {"secrets", "pods/exec", "*", "configmaps", "services"}),
        ("{matchLabels: {kubernetes.io/bootstrapping: rbac-defaults}}", {"*", "secrets"}),
        ("{matchLabels: {rbac.authorization.k8s.io/aggregate-to-edit: 'true'}}", {"secrets", "serviceaccounts/token"}),
        ("{matchLabels: {rbac.authorization.k8s.io/aggregate-to-view: 'true'}}", set()),
    ],
)
def test_a_selector_of_an_aggregation_selects_as_any_other_does(selectors: str, expected: set[str]) -> None:
    text = (
        _role("gathered", '[{apiGroups: [""], resources: [nodes], verbs: [get]}]', selectors=selectors)
        + _role("first", SECRETS, "{part: a, of: x}")
        + _role("second", PEER, "{part: b, of: x}")
        + _role("middle", labels="{part: middle}", selectors="{matchLabels: {part: a}}")
        + _role("circle", labels="{part: a}", selectors="{matchLabels: {part: middle}}")
    )
    found = {word.text for part in granted(text) if part.role.name == "gathered" for word in part.rule.resources}
    assert found >= expected
    assert "nodes" not in found
    assert expected or not found


def test_an_account_may_be_bound_by_the_name_that_it_has_as_a_user() -> None:
    subject = "{kind: ServiceAccount, name: app, namespace: shop}"
    for name, account in (
        ("system:serviceaccount:shop:app", ("shop", "app")),
        ("system:serviceaccount::app", None),
        ("x:serviceaccount:shop:app", None),
        ("app", None),
    ):
        text = role(SECRETS) + binding().replace(subject, f"{{kind: User, name: '{name}', apiGroup: {GROUP}}}")
        (found,) = granted(text)
        assert found.bindings[0].subjects[0].account == account
        assert found.accounts == (("shop/app",) if account else ())
