"""What a hook tells where it reads only what a change bears on: a fault may stand in a file that nothing is made of."""

from pathlib import Path

import pytest

from gitrepo import Repo
from helm_support import CHART
from hullcheck import narrow

FLAG = '{{- define "flag" }}{{ if .Values.trusted }}true{{ else }}false{{ end }}{{ end }}\n'
USES = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
    - name: web
      image: registry.example.org/web:1.2.3
      securityContext: {privileged: {{ include "flag" . }}}
"""
BASE: dict[str, str | None] = {
    "chart/Chart.yaml": CHART,
    "chart/values.yaml": "trusted: ''\n",
    "chart/templates/_helpers.tpl": FLAG,
    "chart/templates/web.yaml": USES,
    "other/pod.yaml": USES.replace('{{ include "flag" . }}', "false").replace("web", "other"),
}


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    monkeypatch.setattr(narrow, "LEAST", 0)
    made = Repo(tmp_path / "repo")
    made.commit(BASE)
    return made


def test_a_helper_is_told_that_a_value_switches_on(
    repo: Repo, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.write({"chart/values.yaml": "trusted: 'yes'\n"})
    repo.git("add", "--all")
    outcome = repo.run(capsys, monkeypatch, "--pre-commit", "--no-cache")
    assert outcome.code == 1
    assert outcome.new == ["privileged chart/templates/_helpers.tpl"]


def test_another_value_is_no_news(
    repo: Repo, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit({"chart/values.yaml": "trusted: 'yes'\n"})
    repo.write({"chart/values.yaml": "trusted: 'y'\n"})
    repo.git("add", "--all")
    outcome = repo.run(capsys, monkeypatch, "--pre-commit", "--no-cache")
    assert (outcome.code, outcome.new) == (0, [])
