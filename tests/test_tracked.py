"""What git tracks is judged, whatever `.gitignore` says, and is told from the index as git tells it."""

import json
import random
from pathlib import Path

import pytest

from gitrepo import Repo
from hullcheck import tracked
from hullcheck.cli import main
from hullcheck.discover import DiskTree, Entry, Skipped
from hullcheck.walked import Row, Walked

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {hostPID: true, containers: [{name: c, image: x}]}\n"
NAMES = ("a", "b", "ab", "a b", "é", "link", "DIRC", "a.yaml", "x" * 70)


def _random(rng: random.Random) -> str:
    return "/".join(rng.choice(NAMES) for _ in range(rng.randint(1, 4))) + rng.choice(("", ".yaml", "1"))


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("options", [(), ("--object-format=sha256",)], ids=["sha1", "sha256"])
@pytest.mark.parametrize("version", ["2", "3", "4"])
@pytest.mark.parametrize("many", [0, 1_000_000], ids=["each entry", "by name"])
def test_an_index_is_read_as_git_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, options: tuple[str, ...], version: str, many: int
) -> None:
    rng = random.Random(seed)
    repo = Repo(tmp_path, *options)
    paths = set()
    for path in sorted({_random(rng) for _ in range(rng.randint(1, 40))}):
        full = tmp_path / path
        if any(parent.is_file() for parent in full.parents if parent != tmp_path) or full.exists():
            continue
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_text(path)
        paths.add(path)
    kept = [path for path in sorted(paths) if rng.random() < 0.6]
    if kept:
        repo.git("add", "-f", "--", *kept)
        repo.git("add", "-f", "--intent-to-add", "--", *sorted(paths - set(kept))[:1]) if version == "3" else None
        repo.git("update-index", "--index-version", "2" if version == "3" else version)
    listed = set(filter(None, repo.git("ls-files", "-z").split("\0")))
    folders = {"/".join(path.split("/")[:n]) for path in listed for n in range(1, path.count("/") + 1)}
    everything = paths | {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if ".git" not in path.parts}
    monkeypatch.setattr(tracked, "MANY", many)
    index = tracked.of(str(tmp_path))
    for path in sorted(everything | {"a/", "y", "a.yam"}):
        assert (path in index) == (path in listed | folders), path


@pytest.mark.parametrize(
    "data", [b"", b"DIRC", b"DIRC\0\0\0\2\0\0\1\0" + b"a" * 100, b"DIRC\0\0\0\4\0\0\0\1" + b"\xff" * 80]
)
def test_an_index_that_is_none_tells_of_nothing(tmp_path: Path, data: bytes) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/index").write_bytes(data)
    index = tracked.of(str(tmp_path))
    assert "a" not in index
    assert all("a" not in index for _ in range(tracked.MANY + 1))


def _told(root: Path) -> tuple[list[str], dict[str, str]]:
    items: list[Entry | Skipped] = list(DiskTree(str(root)).entries())
    return [i.path for i in items if isinstance(i, Entry)], {i.path: i.reason for i in items if isinstance(i, Skipped)}


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path)
    made.write({".gitignore": "kustomize\n.env\n", "kustomize/base/pod.yaml": POD, "kustomize/mine.yaml": POD})
    made.write({".env": "POSTGRES_PASSWORD=kR8xv2qLw0Zp\n"})
    return made


def test_what_is_ignored_but_tracked_is_judged(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    assert _told(repo.folder) == ([], {"kustomize": "ignored by git", ".env": "ignored by git"})
    repo.git("add", "-f", "kustomize/base", ".env")
    assert _told(repo.folder) == ([".env", "kustomize/base/pod.yaml"], {"kustomize/mine.yaml": "ignored by git"})
    assert main(["check", "--no-cache", "--output-format", "json", str(repo.folder)]) == 1
    found = {finding["name"] for finding in json.loads(capsys.readouterr().out)["findings"]}
    assert {"host-pid-ipc", "secret-file-committed"} <= found


def test_a_second_work_tree_has_an_index_of_its_own(repo: Repo, tmp_path: Path) -> None:
    repo.git("add", "-f", ".gitignore", "kustomize/base")
    repo.git("commit", "-q", "-m", "all")
    repo.git("worktree", "add", "-q", "second")
    assert _told(tmp_path / "second") == (["kustomize/base/pod.yaml"], {})


def test_a_walk_that_remembers_sees_that_git_tracks_more(repo: Repo) -> None:
    rows: dict[str, Row] = {}
    names: dict[str, tuple[str, ...]] = {}
    for added, expected in ((".gitignore", []), ("kustomize/base", ["kustomize/base/pod.yaml"])):
        repo.git("add", "-f", added)
        tree = DiskTree(str(repo.folder))
        tree.walked = Walked(rows, names, lambda sign: True)
        assert [item.path for item in tree.entries() if isinstance(item, Entry)] == expected
        rows, names = tree.walked.rows, tree.walked.names()
