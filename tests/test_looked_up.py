"""What is looked up in the index joins the same files as if all files were asked for their words."""

import random
import shutil
import time
from pathlib import Path

import pytest

import joined_trees
from cached import MARGIN
from hullcheck.cache import again, folder
from hullcheck.discover import DiskTree, Entry
from hullcheck.link import tree_index as index
from hullcheck.link.joined import Joined
from hullcheck.link.tree_says import TooManyError
from hullcheck.link.tree_words import Texts

pytestmark = pytest.mark.skipif(not folder.supported(), reason="nothing is kept there")

SEEDS = range(12)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "LEAST", 1)
    monkeypatch.setattr(again, "MARGIN", MARGIN)


def known(root: Path, cache: Path) -> index.Index:
    return index.Index(again.Store(str(cache), time.time_ns()), str(root))


def joins(root: Path, found: index.Index | None, *, change: bool = False) -> Joined:
    tree = DiskTree(str(root))
    tree.walked = found.walked if found is not None else None
    entries = [item for item in tree.entries() if isinstance(item, Entry)]
    return Joined(Texts(tree, entries, index=found), change=change)


def keep(root: Path, cache: Path) -> None:
    """Keep an index of all files, with everything that may be asked of them."""
    time.sleep(2 * MARGIN / 1e9)
    found = known(root, cache)
    made = joins(root, found)
    for path in made.entries:
        made.texts[path]
        made.texts.every(path)
    assert made.bakes is not None
    assert isinstance(made.tree, DiskTree)
    found.save(made.tree, made.entries)


def told(made: Joined) -> dict[str, frozenset[str] | str]:
    """What each file is joined with."""
    found: dict[str, frozenset[str] | str] = {}
    for path in sorted({*made.entries, *made.tree.paths}):
        try:
            found[path] = made.of((path,))
        except TooManyError:
            found[path] = "too much"
    return found


def write(root: Path, seed: int) -> None:
    shutil.rmtree(root, ignore_errors=True)
    for path, text in joined_trees.several(seed).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")


def edit(root: Path, rng: random.Random) -> None:
    paths = sorted(path for path in root.rglob("*") if path.is_file())
    for _ in range(rng.randint(0, 3)):
        path, other = rng.choice(paths), rng.choice(paths)
        if path.exists() and other.exists():
            text = other.read_text()
            shutil.move(path, other) if rng.random() < 0.3 else path.write_text(text)


@pytest.mark.parametrize("change", [False, True], ids=["told", "change"])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_is_joined(seed: int, tmp_path: Path, *, change: bool) -> None:
    root, cache, rng = tmp_path / "tree", tmp_path / "cache", random.Random(seed)
    write(root, seed)
    keep(root, cache)
    for _ in range(3):
        edit(root, rng)
        made = joins(root, known(root, cache), change=change)
        assert made.texts._base is not None
        assert made.texts._base.those(~0) == []  # groups are single bits
        assert told(made) == told(joins(root, None, change=change))


def lacks(where: str, root: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, *, change: bool) -> bool:
    """Is something else joined if nothing is found there?"""
    real = index.View.found

    def found(self: index.View, asked: str, words: list[str]) -> list[str] | None:
        return [] if asked == where else real(self, asked, words)

    keep(root, cache)
    expected = told(joins(root, None, change=change))
    assert told(joins(root, known(root, cache), change=change)) == expected
    with monkeypatch.context() as patch:
        patch.setattr(index.View, "found", found)
        return told(joins(root, known(root, cache), change=change)) != expected


@pytest.mark.parametrize("where", ["says", "makes", "projects", "starts"])
def test_what_is_not_found_would_be_missed(where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(80):
        root, cache = tmp_path / f"tree{seed}", tmp_path / f"cache{seed}"
        write(root, seed)
        if lacks(where, root, cache, monkeypatch, change=False):
            return
    pytest.fail("nobody needs it")


BUILT = "services:\n  base: {build: .}\n"
NETWORK = "services:\n  a: {{image: b}}\nnetworks:\n  x:\n    name: {}\n"
RARE = {
    "names": (False, {"a/compose.yaml": NETWORK.format("\u00e9"), "b/compose.yaml": NETWORK.format("\u00e9")}),
    "begins": (
        False,
        {"web/compose.yaml": "services:\n  a: {image: b}\n", "z/compose.yaml": NETWORK.format("web_default")},
    ),
    "images": (
        False,
        {
            "app/Dockerfile": "FROM acme/base\n",
            "base/Dockerfile": "FROM debian:13.1\n",
            "base/compose.yaml": "services:\n  a:\n    build: .\n  b:\n    image: acme/base\n",
            "base/compose.override.yaml": "services:\n  c:\n    image: a\n",
        },
    ),
    "starts begin": (
        False,
        {"web/Dockerfile": "FROM debian:13.1\n", "web/compose.yaml": BUILT, "app/Dockerfile": "FROM web-base\n"},
    ),
    "images begin": (
        True,
        {
            "web/Dockerfile": "FROM debian:13.1\n",
            "web/compose.yaml": BUILT,
            "z/compose.yaml": "services:\n  q: {image: web-base}\n",
        },
    ),
}


@pytest.mark.parametrize("where", RARE)
def test_what_is_rare_would_be_missed(where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change, files = RARE[where]
    for path, text in files.items():
        (tmp_path / "tree" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tree" / path).write_text(text, encoding="utf-8")
    assert lacks(where, tmp_path / "tree", tmp_path / "cache", monkeypatch, change=change)
