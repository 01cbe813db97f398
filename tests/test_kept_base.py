"""The tree that a change started from, made of what its own tree was made of, comes out as if it were made anew."""

import json
import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from gitrepo import Outcome, Repo
from hullcheck import concerned, engine, narrow
from hullcheck.change import base
from hullcheck.link import asked, joined, network
from hullcheck.model.container import Container
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
        patch.setattr(engine, "MANY", 10**9)
        return outcomes(repo, capsys, patch)


@pytest.mark.parametrize("seed", range(24))
def test_a_base_comes_out_as_if_made_anew(
    seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(narrow, "LEAST", random.Random(seed).choice((0, 1_000)))
    monkeypatch.setattr(engine, "MANY", 0)
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
    monkeypatch.setattr(
        Kept, "moved", lambda self, *given, **named: (moved.append(self), real(self, *given, **named))[1]
    )
    for limit, times in (("0.000001", 0), ("60", 1)):
        moved.clear()
        repo.run(capsys, monkeypatch, "--no-cache", "--diff-base", "HEAD", "--file-time-limit", limit)
        assert len(moved) == times, limit


BUILT = {
    "a/Dockerfile": "FROM debian:13.1 AS one\nUSER root\nFROM debian:13.1 AS two\nUSER 1000\n",
    "build.sh": "docker build --target one a\n",
    "tools/quiet.sh": "true\n",
    **PLAIN,
}


@pytest.mark.parametrize(
    ("once", "edit"),
    [
        (False, {"build.sh": "docker build --target two a\n"}),
        (False, {"tools/quiet.sh": "docker build --target one --build-arg A=b a\n"}),
        (True, {"tools/quiet.sh": "false\n", "k8s/web.yaml": PLAIN["k8s/web.yaml"].replace("1.27", "latest")}),
        (False, {"tools/more.sh": "docker build --target one -t more a\n"}),
        (True, {"a/Dockerfile": BUILT["a/Dockerfile"] + "RUN sudo true\n"}),
    ],
    ids=["says", "speaks", "silent", "new", "built"],
)
def test_what_scripts_say_is_that_of_the_tree(
    once: bool,
    edit: dict[str, str | None],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A script is read once for both trees of a change that doesn't touch it."""
    monkeypatch.setattr(narrow, "LEAST", 0)
    repo = Repo(tmp_path)
    repo.commit(dict(BUILT))
    repo.write(edit)
    repo.git("add", "--all")
    read: list[str] = []
    real = asked._scripts
    monkeypatch.setattr(asked, "_scripts", lambda *given: (read.append("x"), real(*given))[1])
    made = outcomes(repo, capsys, monkeypatch)
    times = len(read)
    monkeypatch.setattr(joined.Joined, "take", lambda *given: None)
    assert made == anew(repo, capsys)
    assert (times < len(read) - times) == once


def test_scripts_that_are_others_are_read_anew(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who took what the script says now for what it said before would see no difference."""
    repo = Repo(tmp_path)
    repo.commit(dict(BUILT) | {"build.sh": "docker build --target two a\n"})
    repo.write({"build.sh": BUILT["build.sh"]})
    expected = outcomes(repo, capsys, monkeypatch)
    assert expected[0].new
    monkeypatch.setattr(base.AsRead, "__contains__", lambda self, path: True)
    assert outcomes(repo, capsys, monkeypatch) != expected


LINKED = {
    "real/pod.yaml": PLAIN["k8s/web.yaml"],
    "k8s/kustomization.yaml": "resources: [pod.yaml, more/pod.yaml]\n",
    "more/pod.yaml": PLAIN["k8s/web.yaml"].replace("web", "more"),
    "Dockerfile": "FROM scratch\n",
}


def linked(folder: Path) -> Repo:
    """A repository whose overlay takes in a link to a file, and a file in a link to a folder."""
    repo = Repo(folder)
    repo.write(dict(LINKED))
    (folder / "k8s/pod.yaml").symlink_to("../real/pod.yaml")
    (folder / "k8s/more").symlink_to("../more")
    repo.commit()
    return repo


def test_what_links_lead_to_is_there_in_the_commit_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = linked(tmp_path)
    repo.write({"Dockerfile": "FROM scratch\nUSER 1\n"})
    made = outcomes(repo, capsys, monkeypatch)
    assert made == anew(repo, capsys)
    assert not any("k8s/" in each for outcome in made for each in outcome.new)
    assert not made[0].report.get("fixed") or not any("k8s/" in each["path"] for each in made[0].report["fixed"])


@pytest.mark.parametrize("path", ["real/pod.yaml", "more/pod.yaml", "k8s/pod.yaml", "k8s/more"])
def test_what_links_lead_to_may_be_another(
    path: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file that it leads to, or the link itself."""
    repo = linked(tmp_path)
    worse = {name: text.replace("{containers", "{hostNetwork: true, containers") for name, text in LINKED.items()}
    if path in LINKED:
        repo.write({path: worse[path]})
    else:
        repo.write({f"bad/{name}": worse[f"{name}/pod.yaml"] for name in ("real", "more")})
        (tmp_path / "bad/pod.yaml").write_text(worse["more/pod.yaml"])
        repo.commit()
        (tmp_path / path).unlink()
        (tmp_path / path).symlink_to("../bad/real" if path == "k8s/pod.yaml" else "../bad")
    repo.git("add", "--all")
    expected = outcomes(repo, capsys, monkeypatch)
    assert expected == anew(repo, capsys)
    assert any("host-network" in each for each in expected[0].new), expected[0].new
    monkeypatch.setattr(base.AsRead, "__contains__", lambda self, path: True)
    assert outcomes(repo, capsys, monkeypatch) != expected


SPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: %s}}\n"
PODS = {
    f"k8s/{space}.yaml": (
        f"apiVersion: v1\nkind: Pod\nmetadata: {{name: web, namespace: {space}}}\n"
        "spec: {containers: [{name: a, image: 'nginx:1.27'}]}\n"
    )
    for space in ("shop", "tools")
}


def test_of_a_hook_only_what_is_made_of_something_else_is_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pod's own file stays, but not its namespace: who took the pod for the old one would see nothing new."""
    monkeypatch.setattr(narrow, "LEAST", 0)
    monkeypatch.setattr(engine, "MANY", 0)
    repo = Repo(tmp_path)
    repo.commit({**PODS, "k8s/space.yaml": SPACE % "privileged"})
    repo.write({"k8s/space.yaml": SPACE % "restricted"})
    repo.git("add", "--all")
    looked: list[set[str]] = []
    altered = concerned.altered

    def noted(*given: Any) -> Any:
        found = altered(*given)
        looked.extend({part.location.path for _, part in each.first if type(part) is Container} for each in found or ())
        return found

    monkeypatch.setattr(concerned, "altered", noted)
    expected = anew(repo, capsys)
    assert any("pod-security-violation" in each for each in expected[1].new), json.dumps(expected[1].report)
    assert outcomes(repo, capsys, monkeypatch) == expected
    assert looked == [{"k8s/shop.yaml"}, {"k8s/shop.yaml"}]
    monkeypatch.setattr(concerned, "_without", lambda *given: ())
    assert outcomes(repo, capsys, monkeypatch) != expected


def test_old_findings_are_known_of_though_they_are_not_looked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """That something was compared is told if anything is found at all: here it is found in what stayed as it was."""
    monkeypatch.setattr(narrow, "LEAST", 0)
    monkeypatch.setattr(engine, "MANY", 0)
    repo = Repo(tmp_path)
    repo.commit(dict(PODS))
    repo.write({"k8s/space.yaml": SPACE % "privileged"})
    repo.git("add", "--all")
    assert outcomes(repo, capsys, monkeypatch) == anew(repo, capsys)
