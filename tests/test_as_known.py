"""Findings in a scope that isn't known in full say so, unless a policy of the repository decides."""

from pathlib import Path

import pytest

from hullcheck.cli import main

DATABASE = """
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: shop}
spec:
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: "postgres:16", ports: [{containerPort: 5432}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {type: LoadBalancer, selector: {app: db}, ports: [{port: 5432}]}
"""
OTHERS = "".join(
    f"---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: shop, labels: {{app: {name}}}}}\n"
    "spec: {containers: [{name: c, image: app}]}\n"
    for name in ("one", "two")
)
OPEN = """---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec: {podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress], ingress: [{}]}
"""
REMOTE = "resources: [all.yaml, 'https://example.com/policies?ref=1']\n"


def found(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, kustomization: str) -> str:
    (tmp_path / "all.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "kustomization.yaml").write_text(kustomization, encoding="utf-8")
    names = "exposed-datastore,datastore-open"
    main(["check", "-q", str(tmp_path), "--select", names, "--output-format", "concise", "--min-severity", "info"])
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "kustomization", "said"),
    [
        (DATABASE + OTHERS, REMOTE, {"exposed-datastore": True}),
        (DATABASE + OTHERS, "resources: [all.yaml]\n", {"exposed-datastore": False, "datastore-open": False}),
        (
            DATABASE + OTHERS + OPEN,
            REMOTE,
            {"exposed-datastore": False, "datastore-open": False},
        ),
    ],
)
def test_what_isnt_known_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, kustomization: str, said: dict[str, bool]
) -> None:
    out = found(tmp_path, capsys, text, kustomization)
    lines = {name: line for line in out.splitlines() for name in said if f"[{name}]" in line}
    assert {name: "as far as is known" in line for name, line in lines.items()} == said
