"""The rights of a service account are told once, and each of them is still one by itself for everything else."""

from pathlib import Path

import pytest

from gitrepo import Outcome, Repo
from hullcheck.engine import Result
from hullcheck.finding import Severity
from hullcheck.report.unite import each
from judge import CHECKS, judge

ROLE = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: %s}
rules:
  - apiGroups: [%s]
    resources: [%s]
    verbs: [%s]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: %s}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: %s}
subjects: [%s]
---
"""
OPERATOR = "{kind: ServiceAccount, name: operator, namespace: ops}"
OTHER = "{kind: ServiceAccount, name: other, namespace: ops}"
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: operator, namespace: ops}
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec:
      serviceAccountName: operator
      containers: [{name: a, image: docker.io/acme/a:1.2.3}]
"""
SERVICE_ACCOUNTS = "".join(
    f"apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: {name}, namespace: ops}}\n---\n"
    for name in ("operator", "other")
)
NAMES = ("pod-can-take-cluster", "rbac-create-workloads", "rbac-secrets-access", "rbac-webhook-control")


def role(name: str, group: str, resource: str, verb: str = "create, get", *subjects: str) -> str:
    return ROLE % (name, f"'{group}'", resource, verb, name, name, ", ".join(subjects or (OPERATOR,)))


SECRETS = role("secrets", "", "secrets")
WORKLOADS = role("workloads", "apps", "deployments")
WEBHOOKS = role("webhooks", "admissionregistration.k8s.io", "mutatingwebhookconfigurations")
ALL = SERVICE_ACCOUNTS + SECRETS + WORKLOADS + WEBHOOKS + DEPLOYMENT


def rights(result: Result, *, shown: bool = True) -> list[tuple[str, ...]]:
    found = [f for f in (result.shown if shown else result.findings) if f.name in NAMES]
    return [tuple(sorted(one.name for one in each((f,)))) for f in found]


def test_one_finding_tells_all_rights_of_an_account(tmp_path: Path) -> None:
    result = judge(tmp_path, {"rbac.yaml": ALL})
    assert rights(result) == [NAMES]
    (found,) = [f for f in result.shown if f.accounts and f.name in NAMES]
    assert found.name == "pod-can-take-cluster"
    assert "3 more rights of service account `ops/operator`" in found.message
    assert {r.location.line for r in found.related} >= {
        ALL[: ALL.index(x)].count("\n") + 1 for x in ("resources: [secrets]", "resources: [deployments]")
    }
    assert dict(found.properties)["rights"] == found.properties[-1][1]


def test_other_tools_ids_are_those_of_all_of_them(tmp_path: Path) -> None:
    import json

    from hullcheck import report

    result = judge(tmp_path, {"rbac.yaml": ALL})
    run = result.report(CHECKS, color=False, category="")
    (found,) = [f for f in json.loads(report.render("json", run))["findings"] if f["name"] in NAMES]
    assert {"trivy:KSV-0041", "trivy:KSV-0048", "trivy:KSV-0114", "kubescape:C-0267"} <= set(found["aliases"])
    assert found["account"] == "ops/operator"
    assert len(found["objects"]) == 4


def test_accounts_are_not_mixed(tmp_path: Path) -> None:
    result = judge(
        tmp_path, {"rbac.yaml": SERVICE_ACCOUNTS + SECRETS + role("workloads", "apps", "deployments", "create", OTHER)}
    )
    assert sorted(rights(result)) == [("rbac-create-workloads",), ("rbac-secrets-access",)]


def test_a_right_of_two_accounts_is_told_once_with_that_of_more(tmp_path: Path) -> None:
    shared = role("secrets", "", "secrets", "get", OTHER, OPERATOR)
    result = judge(tmp_path, {"rbac.yaml": SERVICE_ACCOUNTS + shared + WORKLOADS + WEBHOOKS})
    assert rights(result) == [("rbac-create-workloads", "rbac-secrets-access", "rbac-webhook-control")]


def test_a_role_that_nobody_holds_is_told_by_itself(tmp_path: Path) -> None:
    unbound = [text.partition("---\n")[0] + "---\n" for text in (SECRETS, WORKLOADS)]
    assert sorted(rights(judge(tmp_path, {"rbac.yaml": "".join(unbound)}))) == [
        ("rbac-create-workloads",),
        ("rbac-secrets-access",),
    ]


def test_what_is_accepted_is_accepted_alone(tmp_path: Path) -> None:
    accepted = ALL.replace(
        "    resources: [secrets]", "    # hullcheck: ignore[rbac-secrets-access] reason=x\n    resources: [secrets]"
    )
    result = judge(tmp_path, {"rbac.yaml": accepted})
    assert rights(result) == [tuple(name for name in NAMES if name != "rbac-secrets-access")]
    assert [f.name for f in result.findings if f.suppression] == ["rbac-secrets-access"]


def test_what_fails_is_each_of_them(tmp_path: Path) -> None:
    config = "fail-on: none\noverrides: [{paths: [b.yaml], fail-on: high}]\n"
    files = {"a.yaml": SERVICE_ACCOUNTS + SECRETS + DEPLOYMENT, "b.yaml": WORKLOADS}
    assert judge(tmp_path, files, config).exit_code == 1


def test_what_is_not_shown_is_not_told_with_others(tmp_path: Path) -> None:
    from hullcheck.accounts import by_account

    found = [f for f in judge(tmp_path, {"rbac.yaml": ALL}).findings if f.accounts]
    single = [one._replace(severity=Severity.LOW if n else Severity.HIGH) for n, one in enumerate(each(found))]
    assert len(by_account(single, Severity.MEDIUM)) == len(single)
    assert len(by_account(single, Severity.LOW)) == 1


def run(tmp_path: Path, base: str, head: str, *fixtures: object) -> Outcome:
    repo = Repo(tmp_path / "repo")
    repo.commit({"rbac.yaml": base})
    repo.git("checkout", "-q", "-b", "change")
    repo.commit({"rbac.yaml": head})
    return repo.run(*fixtures, "--gate", "--diff-base", "main")  # type: ignore[arg-type]


def new_rights(outcome: Outcome) -> list[str]:
    found = [f for f in outcome.report["findings"] if f["state"] == "new" and f["name"] in NAMES]
    return sorted(name for f in found for name in f.get("rights", [f["name"]]))


def test_a_right_more_is_new_for_the_gate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    base = SERVICE_ACCOUNTS + SECRETS + WORKLOADS + DEPLOYMENT
    outcome = run(tmp_path, base, SERVICE_ACCOUNTS + SECRETS + WORKLOADS + WEBHOOKS + DEPLOYMENT, capsys, monkeypatch)
    assert new_rights(outcome) == ["pod-can-take-cluster", "rbac-webhook-control"]
    assert outcome.code == 1


def test_a_right_for_another_is_new_for_the_gate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    base = SERVICE_ACCOUNTS + SECRETS + WORKLOADS + DEPLOYMENT
    outcome = run(tmp_path, base, SERVICE_ACCOUNTS + SECRETS + WEBHOOKS + DEPLOYMENT, capsys, monkeypatch)
    assert new_rights(outcome) == ["pod-can-take-cluster", "rbac-webhook-control"]
    assert outcome.code == 1
