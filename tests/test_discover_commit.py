"""A commit's tree is walked as the disk is: the same files, as the same kinds."""

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitrepo import Repo
from hullcheck.change.history import CommitTree, History
from hullcheck.discover import DiskTree, Entry, Skipped
from hullcheck.read import read_all

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: x}]}\n"
FOLDERS = ["", "a/", "a/b/", "vendor/", "vendor/x/", "docs/"]
NAMES = [
    "Dockerfile", "Dockerfile.md", "x.Dockerfile", "img", "pod.yaml", "compose.yaml", "compose.json", "Chart.yaml",
    "skaffold.yaml", "kustomization.yaml", "docker-bake.hcl", "docker-bake.json", ".env", "values.YAML", "notes.txt",
]  # fmt: skip
TEXTS = [
    "",
    POD,
    "FROM x\nUSER root\n",
    "services: {a: {image: x}}\n",
    f"name: c\n---\n{POD}",
    "resources: [pod.yaml]\n",
    '{"target": {"a": {"dockerfile": "img"}}}',
    "- [\n",
]
PATHS = [folder + name for folder in FOLDERS for name in NAMES]
EXCLUDES = [(), ("docs/",), ("a/*", "!a/b/"), ("*.json",), ("a/b/Dockerfile", "!Dockerfile")]
IGNORED = ["", "a/\n", "*.yaml\n", "b/\n!compose.yaml\n"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    files=st.dictionaries(st.sampled_from(PATHS), st.sampled_from(TEXTS), min_size=1, max_size=12),
    links=st.dictionaries(st.sampled_from(PATHS), st.sampled_from([*PATHS, "gone", "a", "../out"]), max_size=3),
    exclude=st.sampled_from(EXCLUDES),
    ignored=st.sampled_from(IGNORED),
    vendored=st.booleans(),
)
def test_disk_and_commit_agree(
    files: dict[str, str],
    links: dict[str, str],
    exclude: tuple[str, ...],
    ignored: str,
    vendored: bool,
    tmp_path: Path,
) -> None:
    folder = tmp_path / "repo"
    shutil.rmtree(folder, ignore_errors=True)
    repo = Repo(folder)
    repo.write(dict(files))
    if ignored:
        repo.write({".gitignore": ignored})
    for path, target in links.items():
        place = folder / path
        if not place.exists() and not place.is_symlink():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to("../" * path.count("/") + target)
    repo.git("add", "-A", "-f")
    repo.git("commit", "-q", "-m", "all", "--allow-empty")
    history = History(str(folder))
    disk = DiskTree(str(folder), exclude=exclude, vendored=vendored, tracked=history.tracked())
    commit = CommitTree(history, "HEAD", exclude=exclude, vendored=vendored)
    found = [entry for entry in disk.entries() if isinstance(entry, Entry)]
    kept = [entry for entry in commit.entries() if isinstance(entry, Entry)]
    assert found == kept
    assert sorted(disk.paths) == sorted(commit.paths)
    assert all(disk.excluded(path) == commit.excluded(path) for path in disk.paths)
    read = [read_all(tree, found, 1, lambda what, done, total: None) for tree in (disk, commit)]
    kinds = [{path: [each.kind for each in file.readings] for path, file in files.items()} for files in read]
    assert kinds[0] == kinds[1]


def test_a_submodule_that_isnt_checked_out_is_told_of_in_both(tmp_path: Path) -> None:
    inner = Repo(tmp_path / "inner")
    inner.commit({"pod.yaml": POD})
    outer = Repo(tmp_path / "outer")
    outer.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner.folder), "deploy/sub")
    outer.commit({"Dockerfile": "FROM x\n"})
    cloned = tmp_path / "clone"
    outer.git("clone", "-q", str(outer.folder), str(cloned))
    history = History(str(cloned))
    for tree in (DiskTree(str(cloned)), CommitTree(history, "HEAD")):
        left_out = [item for item in tree.entries() if isinstance(item, Skipped) and item.gap]
        assert [(item.path, item.gap.cause) for item in left_out if item.gap] == [("deploy/sub", "submodule")]
        assert "isn't checked out" in left_out[0].reason


@pytest.mark.parametrize("size", [6, 9])
def test_a_large_file_of_a_commit_is_peeked_at_as_on_the_disk(
    size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hullcheck.discover.MAX_MANIFEST", 8 * 1024 * 1024)
    repo = Repo(tmp_path / "repo")
    line = "# nothing but words in a long comment\n"
    filler = line * (size * 1024 * 1024 // len(line))
    repo.commit({"a.yaml": filler + POD, "b.yaml": filler})
    for tree in (DiskTree(str(repo.folder)), CommitTree(History(str(repo.folder)), "HEAD")):
        entries = [entry for entry in tree.entries() if isinstance(entry, Entry)]
        read = read_all(tree, entries, 1, lambda what, done, total: None)
        assert list(read) == ["a.yaml"]
        assert [problem.name for problem in read["a.yaml"].problems] == (["unreadable-file"] if size > 8 else [])
