"""A fault of our own, wherever it is met, ends the work on one thing: it is told, and no other file loses its findings."""

import random
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

from hullcheck import engine
from hullcheck.commands.common import registry
from hullcheck.policy.config import Config
from hullcheck.request import Policy, Request, Subject
from hullcheck.result import Result

CHECKS = registry()
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: NAME, namespace: shop, labels: {app: NAME}}
spec: {containers: [{name: a, image: "acme/web", securityContext: {privileged: true}}]}
"""
POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec: {podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {}}]}]}
"""
TREE = {
    "Dockerfile": "FROM debian:13\nRUN apt-get install curl\nUSER root\n",
    "docker-bake.hcl": 'target "web" { contexts = { base = "docker-image://debian:9" } }\n',
    "compose.yaml": "services:\n  web: {build: ., image: acme/web, privileged: true, ports: ['80:80']}\n",
    "plain/pod.yaml": POD.replace("NAME", "plain"),
    "base/pod.yaml": POD.replace("NAME", "web"),
    "base/policy.yaml": POLICY,
    "base/kustomization.yaml": "resources: [pod.yaml, policy.yaml]\n",
    "prod/kustomization.yaml": "resources: [../base]\nnamePrefix: prod-\n",
    "chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
    "chart/values.yaml": "name: chart\n",
    "chart/templates/pod.yaml": POD.replace("NAME", "{{ .Values.name | quote }}"),
}
KINDS = {
    "docker-bake.hcl": "Dockerfile",
    "Dockerfile": "Dockerfile",
    "compose.yaml": "Compose",
    "plain": "manifests",
    "base": "manifests",
    "chart": "manifests",
}
"""What one step works on, by the first part of a path."""

WHERE = ("link/", "render/", "parse/", "fix/")
APART = ("link/project.py", "link/joined", "link/tree_", "link/words_", "link/asked", "link/scripts", "link/named")
"""The steps themselves, what chooses files, and what reads texts that are no file of a dialect."""

MOST = 250
"""Functions that are made to fail."""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    for path, text in TREE.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    return tmp_path


def judged(root: Path) -> Result:
    request = Request(Subject((str(root),), jobs=1), Policy(Config(), today=date(2026, 1, 1)))
    return engine.lint(request, CHECKS, lambda what, done, total: None)


def with_profile(root: Path, function: Any) -> Result:
    before = sys.getprofile()
    sys.setprofile(function)
    try:
        return judged(root)
    finally:
        sys.setprofile(before)


def called(root: Path) -> list[CodeType]:
    """What is called in the modules of interest, once everything is imported."""
    found: dict[CodeType, None] = {}

    def note(frame: FrameType, event: str, argument: object) -> None:
        if event == "call" and is_of_interest(frame.f_code):
            found[frame.f_code] = None

    judged(root)
    with_profile(root, note)
    return list(found)


def is_of_interest(code: CodeType) -> bool:
    path = code.co_filename.replace("\\", "/").rpartition("/linter/hullcheck/")[2]
    return path.startswith(WHERE) and not path.startswith(APART) and not code.co_name.startswith("<module")


def told(result: Result) -> set[tuple[str, str, tuple[str, ...]]]:
    return {(finding.name, finding.location.path, finding.evidence) for finding in result.findings}


def kinds(found: set[tuple[str, str, tuple[str, ...]]]) -> set[str]:
    return {KINDS[path.partition("/")[0]] for name, path, _ in found if name != "check-failed"}


def failing(root: Path, code: CodeType) -> Result:
    """What is told if that fails when it is first called."""

    def fail(frame: FrameType, event: str, argument: object) -> None:
        if event == "call" and frame.f_code is code:
            raise ZeroDivisionError("on purpose")

    return with_profile(root, fail)


def sample(root: Path) -> Iterator[CodeType]:
    functions = called(root)
    assert len(functions) > MOST
    yield from random.Random(1).sample(functions, MOST)


def test_whatever_fails_loses_one_thing(tree: Path) -> None:
    expected = told(judged(tree))
    assert kinds(expected) == set(KINDS.values())
    failed = 0
    for code in sample(tree):
        where = f"{code.co_filename}:{code.co_firstlineno} {code.co_qualname}"
        result = failing(tree, code)
        found = told(result)
        lost = kinds(expected) - kinds(found)
        assert len(lost) <= 1, (where, lost)
        if found != expected:
            assert any(name == "check-failed" for name, _, _ in found), (where, expected - found)
            assert result.exit_code == 4, where
            failed += 1
    assert failed > MOST // 2
