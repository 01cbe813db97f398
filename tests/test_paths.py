"""Paths as people read them: from where they stand, in everything that is printed for a terminal, and nowhere else."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from gitrepo import Repo
from hullcheck.cli import main
from hullcheck.report.paths import from_here

FILES = {
    "shop/compose.yaml": "services:\n  web: {build: ../other, privileged: true}\n  db: {image: postgres:16, privileged: true}\n",
    "other/Dockerfile": "FROM python:3.12\nUSER root\n",
    "k8s/kustomization.yaml": "resources: [a.yaml]\n",
    "k8s/a.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: b:1}]}\n",
}


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "tree"
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    Repo(root)
    monkeypatch.chdir(root / "shop")
    return root


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    main(list(arguments))
    return capsys.readouterr().out


@pytest.mark.parametrize("name", ["full", "concise"])
def test_reports_for_people_name_files_from_here(
    tree: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    text = told(capsys, "--output-format", name, "--select", "privileged,root-user", ".", "../other")
    assert "../other/Dockerfile:2:6" in text
    assert "shop/" not in text
    assert "compose.yaml:2:" in text
    monkeypatch.chdir(tree)
    assert "shop/compose.yaml:2:" in told(capsys, "--output-format", name)
    monkeypatch.chdir(tree.parent)
    assert "tree/shop/compose.yaml:2:" in told(capsys, "--output-format", name, "tree")


def test_a_hook_names_files_from_here(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Repo(tree).commit()
    (tree / "other" / "Dockerfile").write_text("FROM python:3.13\nUSER root\n")
    text = told(capsys, "--pre-commit", "--output-format", "concise", "../other/Dockerfile")
    assert text.startswith("../other/Dockerfile:")
    assert "\nother/" not in text


def test_a_related_place_is_named_from_here(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "--select", "root-user", "../other")
    assert "--> ../other/Dockerfile:2:6\n" in text
    assert "::: compose.yaml:2:3\n" in text


def test_a_tree_elsewhere_is_named_as_it_was_asked_for(
    tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    concise = ("--output-format", "concise", "--select", "privileged")
    assert told(capsys, *concise, str(tree)).startswith(f"{tree}/shop/compose.yaml:2:")
    assert told(capsys, *concise, "../tree").startswith("../tree/shop/compose.yaml:2:")


def test_what_machines_read_is_named_from_the_root(
    tree: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("json", "sarif", "github", "gitlab", "junit", "rdjson", "markdown"):
        here = told(capsys, "--output-format", name, "..")
        monkeypatch.chdir(tree)
        assert here == told(capsys, "--output-format", name, ".")
        monkeypatch.chdir(tree / "shop")
        assert "shop/compose.yaml" in here
    shown = json.loads(told(capsys, "show", "--output-format", "json", "../k8s"))
    assert {place["path"] for place in shown["roots"][0]["origins"]} == {"k8s/a.yaml"}


def test_other_commands_name_files_from_here(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert {line.split()[-1] for line in told(capsys, "files", "..").splitlines() if line[0] != " "} == {
        "compose.yaml", "../other/Dockerfile", "../k8s/kustomization.yaml", "../k8s/a.yaml"
    }  # fmt: skip
    assert "# ../k8s/a.yaml:2" in told(capsys, "show", "../k8s")
    story = told(capsys, "show", "--container", "web", "..").splitlines()
    assert [line.split()[-1] for line in story[1:3]] == ["../other/Dockerfile:1", "compose.yaml:2"]
    assert any(line.lstrip().startswith("../other/Dockerfile:2: ") for line in story)
    assert "\n  compose.yaml:2: web\n" in told(capsys, "map", "-q", "--explain", "web", "db", "..")
    assert told(capsys, "map", "-q", "..").splitlines()[0].startswith("../k8s ")


def test_a_change_of_what_runs_names_files_from_here(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Repo(tree).commit()
    path = tree / "k8s" / "a.yaml"
    path.write_text(path.read_text().replace("b:1", "b:2"))
    assert "../k8s/a.yaml:4" in told(capsys, "show", "--diff-base", "HEAD", "..")
    assert "(k8s/a.yaml:4" in told(capsys, "show", "--diff-base", "HEAD", "--format", "markdown", "..")


def test_a_diff_can_be_applied_where_one_stands(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "--diff", "--no-cache")
    assert "--- a/compose.yaml\n+++ b/compose.yaml\n" in text
    subprocess.run(["git", "apply", "--check"], input=text, text=True, check=True, cwd=tree / "shop")


def test_a_diff_of_files_above_is_from_the_root_and_says_so(
    tree: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tree / "other")
    main(["--diff", ".."])
    done = capsys.readouterr()
    assert "+++ b/shop/compose.yaml\n" in done.out
    assert "from the repository's root" in done.err
    subprocess.run(["git", "apply", "--check"], input=done.out, text=True, check=True, cwd=tree)


def test_a_wrong_configuration_is_named_from_here(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / ".hullcheck.yaml").write_text("fail-on: hgih\n")
    assert main([]) == 2
    assert capsys.readouterr().err.startswith("hullcheck: ../.hullcheck.yaml:1: fail-on: ")
    (tree / ".hullcheck.yaml").write_text("fail-on: critical\n")
    assert "# ../.hullcheck.yaml:1\n" in told(capsys, "config", "show")


def test_paths_that_have_nothing_in_common(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "a" / "root"
    here = tmp_path / "b"
    for folder in (root, here):
        folder.mkdir(parents=True)
    monkeypatch.chdir(here)
    assert from_here(str(root))("x/y") == "../a/root/x/y"
    assert from_here(str(root), [str(root)])("x/y") == f"{root}/x/y"
    assert from_here(str(root))("/etc/x") == "/etc/x"
    assert from_here(str(here))("x/y") == "x/y"
    assert from_here(str(tmp_path))("b") == "."
    assert from_here(str(tmp_path))("bb/c") == "../bb/c"
    here.rmdir()
    assert from_here(str(root))("x/y") == f"{root}/x/y"
    os.chdir(tmp_path)
