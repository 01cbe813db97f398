"""A run about some manifests looks only at what may have findings there, and finds what it would if it looked at all."""

import random
from pathlib import Path
from typing import Any

import pytest

from hullcheck import concerned, narrow
from test_closure import told

FIXTURES = Path(__file__).parent.parent / "fixtures"
CONCERNS = sorted(path.name for path in FIXTURES.iterdir() if path.is_dir())
MANY = 50
"""Manifests of a tree."""

ASKED = 5
"""Of them asked about, in each tree."""

BEARING = """\
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: restricted}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: preload, namespace: shop}
data: {LD_PRELOAD: /tmp/evil.so, PASSWORD: hunter2hunter2hunter2}
"""

PODS = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
    - name: web
      image: nginx
      envFrom: [{configMapRef: {name: preload}}]
      securityContext: {privileged: true}
"""


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even of a few files not all are looked at."""
    monkeypatch.setattr(narrow, "LEAST", 0)


def of_all(root: Path, targets: list[str], **options: Any) -> dict[str, str]:
    """What is told if all parts are looked at."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(narrow.Narrow, "concerned", lambda *given: None)
        return told(root, targets, **options)


def written(root: Path, concern: str) -> list[str]:
    """The manifests of a concern's fixtures in one folder, where they are applied together; returns some of their names."""
    found = [path for path in sorted((FIXTURES / concern).rglob("*.yaml")) if b"\nkind:" in path.read_bytes()]
    rng = random.Random(concern)
    found = rng.sample(found, min(MANY, len(found)))
    (root / ".git").mkdir()
    names = [f"{number}-{path.name}" for number, path in enumerate(found)]
    for name, path in zip(names, found, strict=True):
        (root / name).write_bytes(path.read_bytes())
    (root / "zz-bearing.yaml").write_text(BEARING, encoding="utf-8")
    (root / "zz-pods.yaml").write_text(PODS, encoding="utf-8")
    return [*rng.sample(names, min(ASKED, len(names))), "zz-bearing.yaml", "zz-pods.yaml"]


@pytest.mark.parametrize("concern", CONCERNS)
def test_nothing_is_missed(concern: str, tmp_path: Path) -> None:
    for name in written(tmp_path, concern):
        assert told(tmp_path, [name], strict=True) == of_all(tmp_path, [name], strict=True), name


HOST = """\
apiVersion: v1
kind: Pod
metadata: {name: agent, namespace: shop, labels: {app: agent}}
spec: {hostNetwork: true, containers: [{name: agent, image: "acme/agent:1"}]}
"""

POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: agent, namespace: shop}
spec: {podSelector: {matchLabels: {app: agent}}, ingress: []}
"""


@pytest.mark.parametrize(
    ("spoiled", "more", "target", "files"),
    [
        ("_BY_THEMSELVES", {"Namespace", "ConfigMap"}, "bearing.yaml", {"bearing.yaml": BEARING, "pods.yaml": PODS}),
        ("_OF_OBJECTS", {"PolicyUse"}, "agent.yaml", {"agent.yaml": HOST, "policy.yaml": POLICY}),
    ],
)
def test_what_is_left_out_counts(
    spoiled: str, more: set[str], target: str, files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".git").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    expected = of_all(tmp_path, [target])
    assert told(tmp_path, [target]) == expected
    monkeypatch.setattr(concerned, spoiled, getattr(concerned, spoiled) | more)
    assert told(tmp_path, [target]) != expected


def test_a_secret_in_a_line_that_is_shown_of_another_file_is_masked(tmp_path: Path) -> None:
    """A policy elsewhere is told of with the workload that it selects, on one line with what must not be shown."""
    (tmp_path / ".git").mkdir()
    secret = "ghp_" + "aB3dE5fG7hI9jK1lM2nO4pQ6rS8tU0vW1xY2"
    (tmp_path / "pods.yaml").write_text(PODS, encoding="utf-8")
    policy = (
        f'{{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {{"name": "a", "namespace": "shop",'
        f' "annotations": {{"a": "{secret}"}}}}, "spec": {{"podSelector": {{}}, "ingress": [{{"from": [{{}}]}}]}}}}\n'
    )
    (tmp_path / "policy.yaml").write_text(policy, encoding="utf-8")
    for target in ("pods.yaml", "policy.yaml"):
        found = told(tmp_path, [target])
        assert found == of_all(tmp_path, [target])
        assert all(secret not in text for text in found.values())
