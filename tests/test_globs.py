"""Patterns with stars: `.gitignore` as git reads it, and none that takes more than its size times the text's."""

import random
import subprocess
import time
from pathlib import Path

import pytest

from hullcheck.discover import patterns
from hullcheck.link.updates import _folder_pattern
from hullcheck.model.globs import GitIgnore, among, like, rule

NAMES = ["a", "b", "ab", "a.b", "abc", "-", "]", "a b", "[a]", "!a", "#a", "a*", "x\\y", "é", "A", "a "]
PIECES = [
    "**", "**", "*", "[ab]", "[!a]", "[^b]?", "[a-c]*", "[[:alpha:]]", "[]a]", "[a\\]]", "[a/b]", "a[", "\\a", "\\*",
    "a\\", "***", "a**", "**b", "[[:bad:]]", "[b-a]", "[--a]", "[a-]", *NAMES,
]  # fmt: skip


def _tree(folder: Path, names: list[str], depth: int, rng: random.Random) -> list[str]:
    paths = []
    for name in rng.sample(names, 6 if depth < 2 else 3):
        path = folder / name
        if depth < 3 and rng.random() < 0.5:
            path.mkdir()
            paths += [f"{name}/", *(f"{name}/{below}" for below in _tree(path, names, depth + 1, rng))]
        else:
            path.touch()
            paths.append(name)
    return paths


def _line(rng: random.Random) -> str:
    if rng.random() < 0.3:
        text = "".join(rng.choice("aabb//***?[]!^-\\# .cé:") for _ in range(rng.randint(1, 7)))
    else:
        made = ["".join(rng.choice("ab*?.") for _ in range(rng.randint(1, 4))) for _ in range(4)]
        text = "/".join(rng.choice(PIECES + made) for _ in range(rng.randint(1, 4)))
    text = f"/{text}" if rng.random() < 0.2 else text
    text += "/" if rng.random() < 0.25 else ""
    text = f"!{text}" if rng.random() < 0.2 else text
    return text + (rng.choice([" ", "  ", "\\ ", "\t", "\\  "]) if rng.random() < 0.1 else "")


@pytest.mark.parametrize("seed", range(4))
def test_gitignore_is_read_as_git_reads_it(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    paths = {path.rstrip("/"): path for path in _tree(tmp_path, NAMES, 0, rng)}
    for _ in range(60):
        lines = [_line(rng) for _ in range(rng.randint(1, 4))]
        (tmp_path / ".gitignore").write_text("\n".join(lines) + "\n", encoding="utf-8")
        asked = ["git", "check-ignore", "--no-index", "-v", "-n", "-z", "--stdin"]
        made = subprocess.run(asked, cwd=tmp_path, input="\0".join(paths).encode(), capture_output=True, check=False)
        words = made.stdout.decode().split("\0")
        ours = GitIgnore(lines)
        for source, _, pattern, path in zip(words[::4], words[1::4], words[2::4], words[3::4], strict=False):
            wanted = None if not source else not pattern.startswith("!")
            assert ours.check(paths[path]) is wanted, (lines, path)


@pytest.mark.parametrize(
    ("lines", "path", "wanted"),
    [
        (["build/"], "build/x.yaml", True),
        (["build/"], "build", False),
        (["*", "!*.yaml"], "a.yaml", False),
        (["deploy/**", "!deploy/dev/**"], "deploy/dev/a.yaml", False),
        (["deploy/**", "!deploy/dev/**"], "deploy/prod/a.yaml", True),
        (["/a.yaml"], "b/a.yaml", False),
        (["a.yaml"], "b/a.yaml", True),
        (["**/test/**"], "x/test/y/z.yaml", True),
        (["#a", "", "a[", "a\\"], "#a", False),
        (["\\#a"], "#a", True),
        (["a\r"], "a", True),
    ],
)
def test_lists_of_paths_take_the_last_rule_that_names_a_path_or_its_folder(
    lines: list[str], path: str, wanted: bool
) -> None:
    assert patterns(lines).match(path) is wanted


def test_no_pattern_takes_long() -> None:
    start = time.process_time()
    assert not GitIgnore(["*a" * 200 + "b"]).match("a" * 255)
    assert not GitIgnore(["/" + "**/a/" * 200 + "b"]).match("a/" * 500 + "c")
    assert not GitIgnore(["**/" + "[a-z]*" * 100 + "/**/b"]).match("a" * 255 + "/c")
    assert not like("*a" * 2_000 + "b", "a" * 4_000)
    assert not among(_folder_pattern("/**/a" * 300 + "/b"), ["a"] * 1_000)
    assert rule("a" * 5_000) is None
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    ("pattern", "text", "wanted"),
    [("a*c", "abc", True), ("*", "", True), ("a*a", "a", False), ("*b*", "abc", True), ("a.c", "abc", False), ("**a", "a", True)],
)  # fmt: skip
def test_stars_stand_for_any_characters(pattern: str, text: str, wanted: bool) -> None:
    assert like(pattern, text) is wanted


@pytest.mark.parametrize(
    ("pattern", "folder", "wanted"),
    [
        ("/", "", True), ("/", "a", False), ("/a", "a", True), ("/a/**", "a", True), ("/a/**", "a/b/c", True),
        ("**", "", True), ("/**/b", "b", False), ("/**/b", "a/b", True), ("/a*/?", "ab/c", True), ("/a*", "a/b", False),
    ],
)  # fmt: skip
def test_folders_of_dependabot(pattern: str, folder: str, wanted: bool) -> None:
    assert among(_folder_pattern(pattern), folder.split("/") if folder else []) is wanted
