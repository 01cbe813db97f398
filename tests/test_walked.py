"""A walk that knows folders from an earlier one tells what a walk of all folders does, whatever was changed in between."""

import os
import random
import shutil
import time
from pathlib import Path

import pytest

from cached import MARGIN
from hullcheck import look
from hullcheck.cache import folder
from hullcheck.discover import DiskTree, Entry, Skipped, like
from hullcheck.marks import Signature
from hullcheck.walked import Row, Walked

pytestmark = pytest.mark.skipif(not folder.supported(), reason="nothing is kept there")

FOLDERS = ("", "a", "a/b", "a/b/c", "d", "d/vendor", "d/e f", "\u00e9")
NAMES = ("Dockerfile", "compose.yaml", "x.yaml", ".env", "main.go", "Chart.yaml", "Dockerfile.md", "kustomization.yaml")
RULES = ("*.yaml\n", "b/\n", "!x.yaml\n*.md\n", "Dockerfile*\n!Dockerfile\n", "# nothing\n", "/a/b/c\n")


def is_short(path: str) -> bool:
    return len(path) < 16


class Walks:
    """The same tree, walked with what the last walk found and without."""

    def __init__(self, root: Path, **options: object) -> None:
        self.root = root
        self.options = options
        self.rows: dict[str, Row] = {}
        self.names: dict[str, tuple[str, ...]] = {}
        self.known = 0

    def check(self) -> None:
        time.sleep(2 * MARGIN / 1e9)
        began = time.time_ns()

        def settled(sign: Signature) -> bool:
            return max(sign[2], sign[3]) < began - MARGIN

        fresh, again = (DiskTree(str(self.root), **self.options) for _ in range(2))  # type: ignore[arg-type]
        again.walked = walked = Walked(self.rows, self.names, settled)
        assert told(again) == told(fresh)
        self.known += sum(1 for path, row in walked.rows.items() if row is self.rows.get(path))
        self.rows, self.names = walked.rows, walked.names()


def told(tree: DiskTree) -> tuple[object, ...]:
    items: list[Entry | Skipped] = list(tree.entries())
    paths = sorted(tree.paths)
    return items, paths, dict(tree.links), [path for path in paths if tree.ignored(path)], like(tree, is_short)


def edit(root: Path, rng: random.Random) -> None:
    """One change of what is there; what can't be done isn't."""
    path, other = (root / rng.choice(FOLDERS) / rng.choice(NAMES) for _ in range(2))
    how = rng.choice(
        (
            "new",
            "new",
            "new",
            "gone",
            "text",
            "move",
            "link",
            "link to a folder",
            "ignore",
            "ignore",
            "submodule",
            "empty",
        )
    )
    if how == "new":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_text(str(rng.random()))
    elif how == "gone":
        shutil.rmtree(path.parent) if path.parent != root and rng.random() < 0.2 else path.unlink()
    elif how == "text":
        path.write_text("more")
    elif how == "move":
        os.replace(path, other)
    elif how == "link":
        path.symlink_to(os.path.relpath(other, path.parent) if rng.random() < 0.8 else "/etc/hostname")
    elif how == "link to a folder":
        (path.parent / "linked").symlink_to(other.parent)
    elif how == "submodule":
        (root / ".gitmodules").write_text('[submodule "s"]\n\tpath = d/s\n')
    elif how == "ignore":
        (path.parent / ".gitignore").write_text(rng.choice(RULES))
    else:
        (root / "d/s").mkdir()


OPTIONS: tuple[dict[str, object], ...] = (
    {},
    {"vendored": True, "gitignore": False},
    {"exclude": ("d/*.yaml", "a/b/c/"), "named": ("main.go", "a/x.yaml")},
    {"tracked": frozenset(("a/x.yaml", "a/b/compose.yaml", "d/Dockerfile.md"))},
)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("options", OPTIONS, ids=["plain", "all", "some", "tracked"])
def test_what_is_told_is_what_a_walk_of_all_tells(seed: int, options: dict[str, object], tmp_path: Path) -> None:
    rng = random.Random(seed)
    root = tmp_path / "tree"
    root.mkdir()
    walks = Walks(root, **options)
    for _ in range(16):
        for _ in range(rng.randint(0, 3)):
            try:
                edit(root, rng)
            except OSError:
                continue
        walks.check()
    assert walks.known


def test_an_empty_folder_may_become_a_submodule(tmp_path: Path) -> None:
    (tmp_path / "d/s").mkdir(parents=True)
    walks = Walks(tmp_path)
    walks.check()
    walks.check()
    (tmp_path / ".gitmodules").write_text('[submodule "s"]\n\tpath = d/s\n')
    walks.check()


def test_what_git_keeps_of_what_is_ignored_may_change(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/x.yaml").write_text("a: 1")
    (tmp_path / ".gitignore").write_text("*.yaml")
    walks = Walks(tmp_path, tracked=frozenset(("a/x.yaml",)))
    walks.check()
    walks.check()
    walks.options["tracked"] = frozenset(("b",))
    walks.check()


@pytest.mark.parametrize("spoilt", ["folder", "names"])
def test_a_folder_that_is_not_looked_at_would_be_noticed(
    spoilt: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").mkdir()
    walks = Walks(tmp_path)
    (tmp_path / "a/Dockerfile").touch()
    walks.check()
    (tmp_path / "a/compose.yaml").touch()
    if spoilt == "folder":
        monkeypatch.setattr(look, "changed", lambda *asked: [])
    else:
        monkeypatch.setattr(Walked, "_changes", lambda self: (frozenset(), []))
    with pytest.raises(AssertionError):
        walks.check()
