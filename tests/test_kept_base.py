"""The tree that a change started from, made of what its own tree was made of, comes out as if it were made anew."""

import json
import random
import shutil
from pathlib import Path

import pytest

from gitrepo import Outcome, Repo
from hullcheck import engine, narrow
from hullcheck.link import network
from hullcheck.model.kept import Kept
from session_worlds import Worlds


def changed(seed: int, folder: Path) -> Repo:
    """A repository of overlays, charts and manifests, in which a few files are edited since its only commit."""
    tree = Worlds(folder, random.Random(seed))
    shutil.rmtree(folder / ".git")
    repo = Repo(folder)
    repo.commit()
    for _ in range(tree.chance.randint(1, 4)):
        tree.edit()
    repo.git("add", "--all", "--force")
    return repo


HOW = (("--diff-base", "HEAD"), ("--pre-commit", "."))


def outcomes(repo: Repo, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> list[Outcome]:
    """What a review and a hook tell."""
    environment = {"GIT_INDEX_FILE": str(repo.folder / ".git" / "index")}
    return [
        repo.run(capsys, patch, "--no-cache", *how, environment=environment if "--pre-commit" in how else None)
        for how in HOW
    ]


def anew(repo: Repo, capsys: pytest.CaptureFixture[str]) -> list[Outcome]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "_kept", lambda: None)
        return outcomes(repo, capsys, patch)


@pytest.mark.parametrize("seed", range(24))
def test_a_base_comes_out_as_if_made_anew(
    seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(narrow, "LEAST", random.Random(seed).choice((0, 1_000)))
    repo = changed(seed, tmp_path / "tree")
    assert outcomes(repo, capsys, monkeypatch) == anew(repo, capsys)


PLAIN = {
    "k8s/web.yaml": (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop, labels: {app: web}}\n"
        "spec: {containers: [{name: a, image: 'nginx:1.27'}]}\n"
    ),
    "k8s/policy.yaml": (
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a, namespace: shop}\n"
        "spec: {podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress]}\n"
    ),
    "k8s/kustomization.yaml": "resources: [web.yaml, policy.yaml]\n",
}


def test_it_is_used_and_what_is_used_wrongly_is_seen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The policy is gone: who took the old overlay for the new one would see no difference."""
    repo = Repo(tmp_path)
    repo.commit(dict(PLAIN))
    repo.write({"k8s/kustomization.yaml": "resources: [web.yaml]\n"})
    expected = repo.run(capsys, monkeypatch, "--no-cache", "--diff-base", "HEAD")
    assert any("isolation-lost" in each for each in expected.new), json.dumps(expected.report)
    monkeypatch.setattr(Kept, "changed", lambda *given: None)
    assert repo.run(capsys, monkeypatch, "--no-cache", "--diff-base", "HEAD") != expected


def test_the_same_is_made_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = Repo(tmp_path)
    repo.commit(dict(PLAIN))
    repo.write({"other/Dockerfile": "FROM scratch\n"})
    made = []
    scope = network.scope
    monkeypatch.setattr(network, "scope", lambda *given: made.append(given[0].name) or scope(*given))
    repo.run(capsys, monkeypatch, "--no-cache", "--diff-base", "HEAD")
    assert made == ["k8s"]


def test_what_was_cut_short_is_not_used_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether or not somebody wants to be told that the time was up."""
    repo = Repo(tmp_path)
    repo.commit({**PLAIN, ".hullcheck.yaml": "ignore: [time-limit]\n"})
    repo.write({"k8s/kustomization.yaml": "resources: [web.yaml]\n"})
    moved: list[object] = []
    real = Kept.moved
    monkeypatch.setattr(Kept, "moved", lambda self, *given, **named: (moved.append(self), real(self, *given, **named))[1])
    for limit, times in (("0.000001", 0), ("60", 1)):
        moved.clear()
        repo.run(capsys, monkeypatch, "--no-cache", "--diff-base", "HEAD", "--file-time-limit", limit)
        assert len(moved) == times, limit
