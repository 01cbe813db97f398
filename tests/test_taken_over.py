"""What is taken over for a commit from the files on disk, or from the index, comes out as if it were worked out anew."""

import posixpath
import random
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitrepo import Repo
from hullcheck.change import listing
from hullcheck.change.alike import on_disk
from hullcheck.change.history import CommitTree, History
from hullcheck.discover import DiskTree, Entry, like
from hullcheck.link import deployed
from hullcheck.link.tree_facts import beginnings
from hullcheck.link.tree_words import AllWords
from hullcheck.link.words_of import all_words
from hullcheck.policy.config import Config
from hullcheck.walked import Walked

NAMES = st.text(st.sampled_from("ab 0\t/\n\u00e9"), min_size=1, max_size=8) | st.sampled_from(
    ["a blob b", "a commit b", "a 0\tb", "x", "blob ", " 0\t"]
)
MODES = st.sampled_from(["100644", "100755", listing.LINK, listing.SUBMODULE])
IDS = st.sampled_from([digit * 40 for digit in "abc"])


def _tree(files: dict[str, tuple[str, str]]) -> str:
    kinds = {name: "commit" if mode == listing.SUBMODULE else "blob" for name, (mode, _) in files.items()}
    return "".join(f"{mode} {kinds[name]} {id_}\t{name}\0" for name, (mode, id_) in files.items())


def _staged(files: dict[str, tuple[str, str]], unmerged: Iterable[str]) -> str:
    rows = (
        (name, mode, id_, stage)
        for name, (mode, id_) in files.items()
        for stage in ((2, 3) if name in unmerged else (0,))
    )
    return "".join(f"{mode} {id_} {stage}\t{name}\0" for name, mode, id_, stage in rows)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(NAMES, st.tuples(MODES, IDS)), st.dictionaries(NAMES, st.tuples(MODES, IDS)), st.sets(NAMES))
def test_listings_are_read_and_compared_as_their_rows_are(
    now: dict[str, tuple[str, str]], then: dict[str, tuple[str, str]], unmerged: set[str]
) -> None:
    staged = listing.of_index(_staged(now, unmerged))
    for like_it in (None, staged):
        made = listing.of_tree(_tree(then), like_it)
        assert made.said == {name: " ".join(said) for name, said in then.items()}
        assert made.modes == {mode for mode, _ in then.values()} & {listing.LINK, listing.SUBMODULE}
        differing = {name: True for name, said in now.items() if then.get(name) != said}
        assert made.differences(staged) == {**differing, **dict.fromkeys(then.keys() - now.keys(), False)}
    assert staged.said == {name: " ".join(said) for name, said in now.items()}


PATHS = [
    folder + name
    for folder in ("", "a/", "a/b/", "vendor/", "docs/")
    for name in (
        "Dockerfile",
        "Dockerfile.md",
        "pod.yaml",
        "compose.yaml",
        ".env",
        "values.YAML",
        "notes.txt",
        "x_test.go",
    )
]
CHOSEN = st.dictionaries(st.sampled_from(PATHS), st.sampled_from(["", "a: 1\n", "FROM x\n"]), max_size=10)


def _is_short(path: str) -> bool:
    return len(path) < 12


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    before=CHOSEN,
    after=CHOSEN,
    staged=st.booleans(),
    ignored=st.sampled_from(["", "*.yaml\n", "b/\n"]),
    exclude=st.sampled_from([(), ("docs/",), ("*.md",), ("a/*", "!a/b/")]),
    vendored=st.booleans(),
    link=st.sampled_from(["", "notes.txt", "pod.yaml"]),
    when=st.sampled_from(["before", "after", "only before"]),
)
def test_a_commit_is_seen_as_without_the_disk(
    before: dict[str, str],
    after: dict[str, str],
    staged: bool,
    ignored: str,
    exclude: tuple[str, ...],
    vendored: bool,
    link: str,
    when: str,
    tmp_path: Path,
) -> None:
    folder = tmp_path / "repo"
    shutil.rmtree(folder, ignore_errors=True)
    repo = Repo(folder)
    if link:
        before, after = {**before, link: "a: 1\n"}, {**after, link: "a: 1\n"}
        if when != "after":
            (folder / "link.Dockerfile").symlink_to(link)
    repo.write(dict(before))
    repo.git("add", "-A", "-f")
    repo.git("commit", "-q", "-m", "all", "--allow-empty")
    for path in before:
        if path not in after:
            (folder / path).unlink()
    repo.write(dict(after))
    if ignored:
        repo.write({".gitignore": ignored})
    if link and when == "after":
        (folder / "link.Dockerfile").symlink_to(link)
    elif link and when == "only before":
        (folder / "link.Dockerfile").unlink()
    if staged:
        repo.git("add", "-A", "-f")
    history = History(str(folder))
    disk = DiskTree(str(folder), exclude=exclude, vendored=vendored, tracked=history.tracked())
    disk.walked = Walked({}, {}, lambda sign: True)
    entries = {item.path: item for item in disk.entries() if isinstance(item, Entry)}
    config = Config()._replace(exclude=exclude, include_vendored=vendored)
    beside = tuple(path for path in disk.paths if path not in history.tracked())
    known = on_disk(disk, entries, config)
    assert known is not None
    trees = [
        CommitTree(history, "HEAD", exclude=exclude, vendored=vendored, beside=beside, on_disk=each)
        for each in (None, known)
    ]
    assert list(trees[0].entries()) == list(trees[1].entries())
    assert sorted(trees[0].paths) == sorted(trees[1].paths)
    assert trees[0].seen == trees[1].seen == frozenset(trees[0].paths)
    assert like(trees[0], _is_short) == like(trees[1], _is_short)
    assert on_disk(disk, entries, config._replace(exclude=("other/",))) is None


@given(
    st.lists(st.text(st.sampled_from("ab-_.A/ "), max_size=12)),
    st.text(st.sampled_from("ab-_"), min_size=1, max_size=4),
)
def test_words_of_many_texts_are_found_as_in_each(texts: list[str], word: str) -> None:
    found = AllWords(["\n".join(("", *sorted(all_words(text)), "")) for text in texts])
    words = frozenset[str]().union(*map(all_words, texts)) - {""}
    assert found.words() == words
    assert found.has(word) == (word in words)
    assert found.has_part(word) == any(word in each for each in words)
    assert found.has_beginning(word) or word not in beginnings(words)
    assert not found.has_beginning(word) or word in {each[: len(word)].lower() for each in words}


class _Texts:
    """A tree of texts, in which some paths are ignored."""

    def __init__(self, files: dict[str, str], ignored: frozenset[str]) -> None:
        self.files = files
        self.paths = list(files)
        self._ignored = ignored

    def ignored(self, path: str) -> bool:
        return path in self._ignored

    def read(self, path: str, limit: int = 0) -> bytes:
        return self.files[path].encode()


def _named(tree: _Texts, counts: frozenset[str], wanted: frozenset[str]) -> deployed.Named:
    """What is deployed, worked out of all files at once."""
    present = frozenset(tree.paths) & wanted
    folders = {posixpath.dirname(path) for path in present} | {posixpath.dirname(posixpath.dirname(p)) for p in present}
    files, found = set(), set()
    for path in tree.paths:
        if not deployed.may_deploy(path) or path not in counts or tree.ignored(path):
            continue
        names = deployed.said(tree.read(path))
        for word, deploys in names:
            for meant in deployed._meant(word, ["", posixpath.dirname(path), *deployed._moves(names)]):
                if meant in present:
                    files.add(meant)
                elif deploys and meant in folders - {""}:
                    found.add(meant)
    return deployed.Named(frozenset(files), frozenset(found))


@pytest.mark.parametrize("seed", range(60))
def test_what_is_deployed_is_the_same_asked_one_by_one(seed: int) -> None:
    chance = random.Random(seed)
    paths = [
        f"{folder}/{name}" for folder in ("k8s", "k8s/test", "docs", "e2e") for name in ("a.yaml", "b.yaml", "c.yaml")
    ]
    lines = [f"kubectl apply -f {path}" for path in paths] + [
        "kubectl apply -k k8s/test",
        "cd docs && kubectl apply -f a.yaml",
    ]
    lines += ["helm install x docs", "kubectl get -f e2e/a.yaml", "echo docs/b.yaml", "kubectl apply -f k8s", "cd k8s"]
    files = dict.fromkeys(chance.sample(paths, 8), "")
    files |= {
        name: "\n".join(chance.sample(lines, 2))
        for name in ("deploy.sh", "Makefile", "docs/up.sh")
        if chance.random() < 0.7
    }
    tree = _Texts(files, frozenset(chance.sample(sorted(files), 1)))
    counts, wanted = (frozenset(path for path in files if chance.random() < 0.8) for _ in range(2))
    told = _named(tree, counts, wanted)
    lazy = deployed.Deployed(tree, counts.__contains__, wanted.__contains__)  # type: ignore[arg-type]
    known = deployed.Deployed(  # type: ignore[arg-type]
        tree, counts.__contains__, wanted.__contains__, lambda path: deployed.said(tree.read(path))
    )
    for path in (*paths, *files, "docs/Chart.yaml", "none/Chart.yaml"):
        assert lazy.has(path) == known.has(path) == told.has(path), path


def _odd(repo: Repo, inner: Repo) -> None:
    """An index in which nearly everything differs from its commit that may."""
    repo.write(
        {"a.yaml": "a: 1\n", "b.yaml": "b: 1\n", "run.sh": "echo\n", "link": "x", "gone": "y\n", "moved.yaml": "m: 1\n"}
    )
    repo.write({"sparse/a.yaml": "a: 2\n", "only/deep/b.yaml": "b\n", "assumed": "1\n", "\u00e9 0\tx": "1\n"})
    repo.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner.folder), "sub")
    repo.git("config", "submodule.sub.ignore", "all")
    repo.git("config", "diff.renames", "copies")
    repo.git("config", "diff.ignoreSubmodules", "all")
    repo.git("config", "diff.external", "false")
    repo.git("add", "-A")
    repo.git("commit", "-q", "-m", "all")
    inner.commit({"pod.yaml": f"{TEXT}# more\n"})
    repo.git("-C", "sub", "-c", "protocol.file.allow=always", "fetch", "-q", "origin")
    repo.git("-C", "sub", "checkout", "-q", "FETCH_HEAD")
    repo.git("mv", "moved.yaml", "only/moved.yaml")
    (repo.folder / "link").unlink()
    (repo.folder / "link").symlink_to("a.yaml")
    (repo.folder / "run.sh").chmod(0o755)
    repo.write({"b.yaml": "b: 2\n", "new/c.yaml": "c: 1\n"})
    repo.git("add", "-A")
    repo.git("rm", "-q", "--cached", "gone")
    repo.git("update-index", "--assume-unchanged", "assumed")
    repo.git("update-index", "--skip-worktree", "sparse/a.yaml")
    repo.write({"assumed": "2\n", "a.yaml": "a: unstaged\n", "later.yaml": "d: 1\n"})
    repo.git("add", "--intent-to-add", "later.yaml")


TEXT = "apiVersion: v1\nkind: Pod\n"


@pytest.mark.parametrize("more", ["", "unmerged", "sparse index", "split index", "version 4"])
def test_what_differs_from_the_index_is_what_the_listings_tell(
    more: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner, repo = Repo(tmp_path / "inner"), Repo(tmp_path / "repo")
    inner.commit({"pod.yaml": TEXT})
    _odd(repo, inner)
    if more == "unmerged":
        id_ = repo.git("hash-object", "-w", "a.yaml")
        rows = "".join(f"100644 {id_} {stage}\tb.yaml\n" for stage in (1, 2, 3))
        command = ["git", "update-index", "--index-info"]
        subprocess.run(command, cwd=repo.folder, input=f"0 {'0' * 40}\tb.yaml\n{rows}", text=True, check=True)
    elif more == "sparse index":
        repo.git("commit", "-q", "-m", "sparse")
        repo.git("sparse-checkout", "init", "--cone", "--sparse-index")
        repo.git("sparse-checkout", "set", "new")
        repo.write({"new/c.yaml": "c: 2\n"})
        repo.git("add", "new/c.yaml")
    elif more == "split index":
        repo.git("update-index", "--split-index")
        repo.write({"new/c.yaml": "c: 2\n"})
        repo.git("add", "new/c.yaml")
    elif more == "version 4":
        repo.git("update-index", "--index-version", "4")
    monkeypatch.chdir(tmp_path)
    history, plain = History(str(repo.folder)), History(str(repo.folder))
    monkeypatch.setattr(plain, "_compare_with_index", lambda commit: None)
    asked: list[tuple[str, str]] = []
    real = history._git

    def noted(*words: str, folder: str = "") -> str | None:
        asked.append((words[0], folder))
        return real(*words, folder=folder)

    monkeypatch.setattr(history, "_git", noted)
    commit = history.commit("HEAD") or ""
    told = [dict(each.differences(commit)) for each in (plain, history)]
    assert told[0] == told[1]
    assert list(told[0]) == list(told[1])
    assert told[0]
    files = [each.files(commit) for each in (plain, history)]
    assert list(files[0].items()) == list(files[1].items())
    assert files[0].has_links <= files[1].has_links
    assert ("diff-index", "") in asked
    assert (("ls-tree", "") in asked) == (more == "unmerged")
    if not more:
        expected = {
            "link",
            "run.sh",
            "b.yaml",
            "new/c.yaml",
            "moved.yaml",
            "only/moved.yaml",
            "gone",
            "sub",
            "later.yaml",
        }
        assert set(told[0]) == expected


def test_a_submodule_that_is_not_here_is_told_of_the_commit(tmp_path: Path) -> None:
    inner, outer = Repo(tmp_path / "inner"), Repo(tmp_path / "outer")
    inner.commit({"pod.yaml": TEXT})
    outer.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner.folder), "deploy/sub")
    outer.commit({"Dockerfile": "FROM x\n"})
    cloned = tmp_path / "clone"
    outer.git("clone", "-q", str(outer.folder), str(cloned))
    history = History(str(cloned))
    disk = DiskTree(str(cloned), tracked=history.tracked())
    disk.walked = Walked({}, {}, lambda sign: True)
    entries = {item.path: item for item in disk.entries() if isinstance(item, Entry)}
    known = on_disk(disk, entries, Config())
    trees = [CommitTree(history, "HEAD", on_disk=each) for each in (None, known)]
    told = [list(tree.entries()) for tree in trees]
    assert told[0] == told[1]
    assert [item.path for item in told[1]] == ["Dockerfile", "deploy/sub"]
