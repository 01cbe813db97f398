"""The index of a tree: a run about some files tells the same with it and without, whatever was changed in between."""

import json
import os
import pickle
import random
import subprocess
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

import joined_trees
from cached import MARGIN, Ended, git, run
from hullcheck import look, narrow
from hullcheck.cache import again, folder
from hullcheck.change import commit, unchanged
from hullcheck.discover import DiskTree
from hullcheck.link import tree_index as index
from hullcheck.walked import Walked

pytestmark = pytest.mark.skipif(not folder.supported(), reason="nothing is kept there")

SEEDS = range(40) if os.environ.get("HULLCHECK_TEST_SLOW") else range(6)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of few files not all are read, what was found out is kept, and soon relied on."""
    monkeypatch.setattr(narrow, "LEAST", 0)
    monkeypatch.setattr(index, "LEAST", 1)
    monkeypatch.setattr(again, "MARGIN", MARGIN)


@pytest.fixture
def hits(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that weren't read."""
    found: list[str] = []
    real = look.known
    monkeypatch.setattr(look, "known", lambda path, *others: (found.append(path), real(path, *others))[1])
    return found


def settle() -> None:
    time.sleep(2 * MARGIN / 1e9)


def written(tree: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(text, encoding="utf-8")


def edited(tree: Path, rng: random.Random, seed: int) -> None:
    """One change, as people and tools make them."""
    paths = sorted(path for path in tree.rglob("*") if path.is_file() and ".git/" not in f"{path}/")
    others = joined_trees.Maker(seed).tree()
    path = rng.choice(paths)
    alike = [text for name, text in others.items() if name.rpartition("/")[2] == path.name]
    how = rng.choice(("text", "text", "text", "swap", "new", "gone", "moved", "times", "link", "ignore"))
    if how == "text":
        path.write_text(rng.choice(alike) if alike else f"{path.read_text()}# more\n", encoding="utf-8")
    elif how == "swap":  # of the same size, and with the times of before
        info, text = path.stat(), path.read_text(encoding="utf-8")
        path.write_text(text.replace("web", "bew"), encoding="utf-8")
        os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns))
    elif how == "new":
        written(tree, dict([rng.choice(sorted(others.items()))]))
    elif how == "gone":
        path.unlink()
    elif how == "moved":
        os.replace(path, rng.choice(paths))
    elif how == "times":
        os.utime(path)
    elif how == "ignore":
        (path.parent / ".gitignore").write_text(rng.choice(("", path.name, "*.yaml\n!compose.yaml", "web/")))
    else:
        path.unlink()
        path.symlink_to(rng.choice(paths))


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was taken from the index at once, for many files and folders; as of trees of many files, runs aren't recorded."""
    monkeypatch.setattr(narrow, "MANY", 0)
    found: list[str] = []
    those, enter, enter_all = index.View.those, DiskTree.enter, DiskTree.enter_all

    def noted(self: index.View, group: int) -> list[str]:
        paths = those(self, group)
        found.extend(paths)
        return paths

    def entered(self: DiskTree, folder: str, *others: object) -> None:
        found.append(f"{folder}/")
        enter(self, folder, *others)  # type: ignore[arg-type]

    def all_entered(self: DiskTree, folders: Iterable[str], paths: Iterable[str]) -> None:
        folders = list(folders)
        found.extend(f"{path}/" for path in folders)
        enter_all(self, folders, paths)

    monkeypatch.setattr(index.View, "those", noted)
    monkeypatch.setattr(DiskTree, "enter", entered)
    monkeypatch.setattr(DiskTree, "enter_all", all_entered)
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_output_is_the_same_with_the_index_and_without(seed: int, tmp_path: Path, hits: list[str]) -> None:
    same_after_edits(seed, tmp_path)
    assert hits, "nothing was known"


@pytest.mark.parametrize("seed", [100 + seed for seed in SEEDS])
def test_output_is_the_same_where_it_is_looked_up(seed: int, tmp_path: Path, looked_up: list[str]) -> None:
    same_after_edits(seed, tmp_path)
    assert any(path.endswith("/") for path in looked_up)
    assert not all(path.endswith("/") for path in looked_up)


def same_after_edits(seed: int, tmp_path: Path) -> None:
    tree, rng = tmp_path / "tree", random.Random(seed)
    written(tree, joined_trees.several(seed))
    git_of(tree)
    asked = [
        str(path.relative_to(tree)) for path in sorted(tree.rglob("*")) if path.is_file() and ".git" not in path.parts
    ]
    for step in range(8):
        if rng.random() < 0.7:
            settle()
        target = rng.choice([path for path in asked if (tree / path).exists()])
        arguments = rng.choice(([target], ["--output-format", "json", target], ["-v", os.path.dirname(target)]))
        assert run(tree, tmp_path, *arguments).same(run(tree, tmp_path, *arguments, cache=False)), arguments
        edited(tree, rng, seed * 100 + step)
        if os.path.islink(tree / target) or not (tree / target).exists():
            asked.remove(target)


@pytest.mark.parametrize("seed", [1, 2, 4])
def test_a_hook_is_told_the_same(seed: int, tmp_path: Path, hits: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    same_after_commits(seed, tmp_path, monkeypatch)
    assert hits


@pytest.mark.parametrize("seed", [101, 103, 104])
def test_a_hook_is_told_the_same_where_it_is_looked_up(
    seed: int, tmp_path: Path, looked_up: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    same_after_commits(seed, tmp_path, monkeypatch)
    assert any(path.endswith("/") for path in looked_up)
    assert not all(path.endswith("/") for path in looked_up)


def same_after_commits(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree, rng = tmp_path / "tree", random.Random(seed)
    written(tree, joined_trees.several(seed))
    git_of(tree)
    monkeypatch.setenv("GIT_INDEX_FILE", str(tree / ".git/index"))
    for step in range(6):
        settle()
        edited(tree, rng, seed * 100 + step)
        git(tree, "add", "--all", "--force")
        settle()
        arguments = ("--pre-commit", "--output-format", "json")
        assert run(tree, tmp_path, *arguments).same(run(tree, tmp_path, *arguments, cache=False))
        git(tree, "commit", "-q", "--allow-empty", "-m", "next")


def git_of(tree: Path, *options: str) -> None:
    git(tree, "init", "-q", *options, ".")
    git(tree, "add", "--all", "--force")
    git(tree, "commit", "-q", "-m", "first")


TWO = "FROM debian:13.1 AS good\nUSER 10001\nFROM debian:13.1 AS bad\n"
FILES = {
    "0/Dockerfile": "FROM debian:13.1\nUSER 10001\n",
    "web/Dockerfile": TWO,
    "app/compose.yaml": "services:\n  a: {build: {context: ../wob, target: good}}\n",
    **{f"more/c{number}.yaml": f"a: {number}\n" for number in range(40)},
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    made = tmp_path / "tree"
    written(made, FILES)
    (made / ".git").mkdir()
    settle()
    return made


def both(tree: Path, scratch: Path) -> tuple[Ended, Ended]:
    return run(tree, scratch, "web/Dockerfile"), run(tree, scratch, "web/Dockerfile", cache=False)


def renamed(tree: Path) -> None:
    (tree / "app/compose.yaml").write_text(FILES["app/compose.yaml"].replace("wob", "web"))


def test_a_change_of_a_file_that_was_not_read_is_noticed(tree: Path, tmp_path: Path, hits: list[str]) -> None:
    first, _ = both(tree, tmp_path)
    (tree / "web/Dockerfile").write_text(f"{TWO}# more\n")
    settle()
    second, _ = both(tree, tmp_path)
    assert any(path.endswith("app/compose.yaml") for path in hits)
    again_, _ = both(tree, tmp_path)
    assert again_.again
    assert again_.same(second)
    renamed(tree)
    last, plain = both(tree, tmp_path)
    assert not last.again
    assert last.same(plain)
    assert not last.same(first)


def test_a_signature_that_tells_nothing_would_be_noticed(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DiskTree, "known_by", lambda self, path: (0o100644, 1, 1, 1, 1, 1))
    monkeypatch.setattr(index.Index, "get", _trusting(index.Index.get))
    both(tree, tmp_path)
    renamed(tree)
    made, plain = both(tree, tmp_path)
    assert not made.same(plain)


def test_a_worker_is_not_sent_what_was_walked(tree: Path) -> None:
    files = DiskTree(str(tree))
    files.walked = Walked({}, {}, lambda sign: True)
    assert [item.path for item in files.entries()]
    sent = pickle.loads(pickle.dumps(files))
    assert sent.read("web/Dockerfile") == TWO.encode()
    assert sent.walked is None


@pytest.mark.parametrize("how", ["a file", "a folder"])
def test_what_is_looked_up_is_known_by_signatures(
    tree: Path, tmp_path: Path, looked_up: list[str], monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    for _ in range(2):
        first, plain = both(tree, tmp_path)
        assert first.same(plain)
        settle()
    assert "app/compose.yaml" in looked_up
    assert "app/" in looked_up
    real = look.changed
    if how == "a file":
        monkeypatch.setattr(look, "changed", lambda *asked: [])
        renamed(tree)
    else:
        folders = ("", "app", "more", "web", "0")
        monkeypatch.setattr(look, "changed", lambda *asked: [path for path in real(*asked) if path not in folders])
        renamed(tree)
        (tree / "app/compose.yaml").rename(tree / "app/compose.yml")
    made, plain = both(tree, tmp_path)
    assert not made.same(plain)
    monkeypatch.undo()
    made, plain = both(tree, tmp_path)
    assert made.same(plain)


def _trusting(real: object) -> object:
    kept: dict[tuple[str, str], object] = {}

    def get(self: index.Index, tree: DiskTree, path: str, what: str, made: object, limit: int) -> object:
        if (path, what) not in kept:
            kept[path, what] = real(self, tree, path, what, made, limit)  # type: ignore[operator]
        return kept[path, what]

    return get


@pytest.mark.parametrize("how", ["cut", "changed", "open to others", "other values"])
def test_a_damaged_index_is_none(tree: Path, tmp_path: Path, hits: list[str], how: str) -> None:
    both(tree, tmp_path)
    for path in (tmp_path / "cache").iterdir():
        data = path.read_bytes()
        if how == "cut":
            path.write_bytes(data[: len(data) // 2])
        elif how == "changed":
            path.write_bytes(data[:-1] + bytes((data[-1] ^ 1,)))
        elif how == "open to others":
            path.chmod(0o666)
        elif path.name != folder.TAG:
            handle = folder.opened(str(tmp_path / "cache"))
            folder.keep(handle, path.name, b"i\x01\x00\x00\x00")
            os.close(handle)
    hits.clear()
    made, plain = both(tree, tmp_path)
    assert made.same(plain)
    assert not hits


@pytest.mark.parametrize("option", ["--no-cache", "--gate", "--fix"])
def test_it_is_not_used_where_nothing_is_kept(tree: Path, tmp_path: Path, hits: list[str], option: str) -> None:
    both(tree, tmp_path)
    hits.clear()
    run(tree, tmp_path, option, "web/Dockerfile", cache=option != "--no-cache")
    assert not hits


def test_a_hook_reads_no_file_only_to_see_that_it_is_as_in_the_commit(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git_of(tree)
    monkeypatch.setenv("GIT_INDEX_FILE", str(tree / ".git/index"))
    read: list[str] = []
    real = unchanged.identify_file
    monkeypatch.setattr(unchanged, "identify_file", lambda path, *given: (read.append(path), real(path, *given))[1])
    opened: list[str] = []
    really = DiskTree.read
    monkeypatch.setattr(
        DiskTree, "read", lambda self, path, *given: (opened.append(path), really(self, path, *given))[1]
    )
    for number in range(3):
        (tree / "web/Dockerfile").write_text(TWO.replace("10001", f"1000{number}") + "USER root\n")
        git(tree, "add", "--all")
        settle()
        opened.clear()
        made = run(tree, tmp_path, "--pre-commit", "web/Dockerfile")
        assert b"web/Dockerfile" in made.out
    assert read == []
    assert [path for path in opened if path.startswith("more/")] == []


TOKEN = "ghp_" + "aB3dE5fG7hI9jK1lM2nO4pQ6rS8tU0vW1xY2"
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: a, image: nginx}]}\n"


def test_that_a_file_holds_no_credential_is_known_of_its_bytes(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hook finds what is new, and shows old ones beside it, whatever was known of the file before."""
    written(
        tree, {f"k8s/{n}.yaml": POD.replace("web", f"web{n}") for n in range(9)} | {"k8s/old.yaml": f"{POD}# {TOKEN}\n"}
    )
    git_of(tree)
    monkeypatch.setenv("GIT_INDEX_FILE", str(tree / ".git/index"))
    asked: list[str] = []
    real = commit._has_no_credential
    monkeypatch.setattr(commit, "_has_no_credential", lambda path, data: (asked.append(path), real(path, data))[1])
    arguments = ("--pre-commit", "--output-format", "json", ".")
    for number, more in enumerate(("# one", f"# {TOKEN}", "# two")):
        written(tree, {"k8s/3.yaml": f"{POD}{more}\n", "k8s/old.yaml": f"{POD}# {TOKEN}\n{more}\n"})
        git(tree, "add", "--all")
        settle()
        asked.clear()
        made = run(tree, tmp_path, *arguments)
        assert made.same(run(tree, tmp_path, *arguments, cache=False))
        told = {each["path"] for each in json.loads(made.out)["findings"] if each["name"] == "secret-value"}
        assert told == {"k8s/old.yaml", *(["k8s/3.yaml"] if number == 1 else [])}
        assert "k8s/3.yaml" in asked
        assert ("k8s/5.yaml" in asked) == (number == 0)
    monkeypatch.setattr(commit.Commit, "has_no_credential", lambda self, path: True)
    written(tree, {"k8s/3.yaml": f"{POD}# three\n"})
    git(tree, "add", "--all")
    told = {each["name"] for each in json.loads(run(tree, tmp_path, *arguments).out)["findings"]}
    assert told
    assert "secret-value" not in told


@pytest.mark.parametrize("asked", [("web/Dockerfile",), ("--pre-commit", ".")])
def test_what_asks_for_nothing_is_known_of_files_as_they_are(
    asked: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A comment that comes in is honoured, and one that goes isn't any more."""
    monkeypatch.setattr(narrow, "MANY", 0)
    tree = tmp_path / "tree"
    written(tree, {**FILES, "web/Dockerfile": TWO})
    git_of(tree)
    monkeypatch.setenv("GIT_INDEX_FILE", str(tree / ".git/index"))
    looked: list[str] = []
    real = narrow._may_ask
    monkeypatch.setattr(narrow, "_may_ask", lambda path, data: (looked.append(path), real(path, data))[1])
    arguments = (*asked, "--output-format", "json")
    comment = '# hullcheck: ignore[root-user] reason="it is meant so"\n'
    told = []
    for number, text in enumerate((TWO, f"{TWO}USER root\n", f"{TWO}{comment}USER root\n", f"{TWO}USER root\n#\n")):
        (tree / "web/Dockerfile").write_text(text)
        if number:
            git(tree, "add", "--all")
        settle()
        for _ in range(2):
            made = run(tree, tmp_path, *arguments)
            assert made.same(run(tree, tmp_path, *arguments, cache=False))
        found = json.loads(made.out)["findings"] if made.out else []
        told.append({each["name"] for each in found if each["suppressed"] is None} & {"root-user"})
    assert told == [set(), {"root-user"}, set(), {"root-user"}]
    assert looked
    monkeypatch.setattr(narrow.Narrow, "asks_nothing", lambda self, path: True)
    (tree / "web/Dockerfile").write_text(f"{TWO}{comment}USER root\n# more\n")
    git(tree, "add", "--all")
    made = run(tree, tmp_path, *arguments)
    assert "root-user" in {each["name"] for each in json.loads(made.out)["findings"] if each["suppressed"] is None}


@pytest.mark.parametrize("form", ["sha1", "sha256"])
def test_the_index_knows_the_names_that_git_gives(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hits: list[str]
) -> None:
    """Of all that are as they were; a file whose name was kept and that has changed isn't the commit's any more."""
    tree = tmp_path / "tree"
    written(tree, {**FILES, "more/Dockerfile": TWO, "notes.txt": "a\n"})
    os.symlink("Dockerfile", tree / "more/link.Dockerfile")
    git_of(tree, f"--object-format={form}")
    monkeypatch.setenv("GIT_INDEX_FILE", str(tree / ".git/index"))
    given: dict[str, str] = {}
    real = index.Index.git_names

    def noted(self: index.Index, *asked: Any) -> Iterator[tuple[str, str]]:
        for path, name in real(self, *asked):
            given[path] = name
            yield path, name

    monkeypatch.setattr(index.Index, "git_names", noted)
    for number in range(4):
        (tree / "web/Dockerfile").write_text(TWO.replace("10001", f"1000{number}") + "USER root\n")
        git(tree, "add", "--all")
        if number == 3:
            for path in ("0/Dockerfile", "more/c7.yaml"):  # as long, and as old, and not staged
                before = os.stat(tree / path)
                (tree / path).write_text((tree / path).read_text().replace("1", "2"))
                os.utime(tree / path, ns=(before.st_atime_ns, before.st_mtime_ns))
        settle()
        given.clear()
        hits.clear()
        made = run(tree, tmp_path, "--pre-commit", "web/Dockerfile", "--output-format", "json")
        assert made.same(run(tree, tmp_path, "--pre-commit", "web/Dockerfile", "--output-format", "json", cache=False))
    asked = ["git", "-C", str(tree), "ls-files", "--stage"]
    said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.splitlines()
    names = {path: row.split()[1] for row, _, path in (line.partition("\t") for line in said)}
    unlike = {"web/Dockerfile", "0/Dockerfile", "more/c7.yaml", "more/link.Dockerfile"}
    assert len(given) > 40
    assert {path: names[path] for path in given} == given
    assert unlike.isdisjoint(given)


def test_pipelines_are_read_once_for_both_trees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless one of them has a pipeline, or a file that one may name, that isn't the other's."""
    from hullcheck.link import ci

    workflow = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n    - run: docker build --target good web\n"
    tree = tmp_path / "tree"
    written(tree, {**FILES, ".github/workflows/build.yml": workflow})
    git_of(tree)
    monkeypatch.setenv("GIT_INDEX_FILE", str(tree / ".git/index"))
    read: list[str] = []
    real = ci.pipelines
    monkeypatch.setattr(ci, "pipelines", lambda tree: (read.append(tree), real(tree))[1])

    def times(*staged: str) -> int:
        if staged:
            git(tree, "add", *staged)
        settle()
        read.clear()
        arguments = ("--pre-commit", "--output-format", "json", "web/Dockerfile")
        made = run(tree, tmp_path, *arguments)
        count = len(read)
        assert made.same(run(tree, tmp_path, *arguments, cache=False))
        return count

    (tree / "web/Dockerfile").write_text(f"{TWO}USER root\n")
    assert times("web/Dockerfile") == 1
    script = tree / "build.sh"
    script.write_text("docker build --target bad web\n")
    assert times() == 2  # beside git: the commit has none
    script.unlink()
    assert times() == 1
    for number, text in enumerate(("make\n", "docker build --target bad web\n")):
        (tree / "text").write_text(text)
        script.symlink_to("text")
        git(tree, "add", "--all")
        git(tree, "commit", "-q", "-m", "a link")
        (tree / "web/Dockerfile").write_text(f"{TWO}# {number}\nUSER root\n")
        assert times("web/Dockerfile") == 1  # a link is followed in the commit, too
        script.unlink()
    git(tree, "rm", "-q", "--cached", "build.sh")
    git(tree, "commit", "-q", "-m", "no link")
    (tree / "web/Dockerfile.new").write_text(TWO)
    assert times("web/Dockerfile.new") == 2
