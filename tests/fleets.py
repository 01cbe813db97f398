"""Repositories for `hullcheck fleet`: bare ones made by git itself, from files that are given."""

import json
import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pyarrow import dataset

from gitrepo import ENVIRONMENT
from hullcheck.cli import main

GOOD = "FROM debian:13.1\nUSER 10001\n"
ROOT = "FROM debian:13.1\nUSER root\n"
COMPOSE = "services:\n  web:\n    image: {image}\n    ports: ['80:80']\n"
LARGE = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  x: |\n    😀\n" + f"    {'a' * 2_000}\n" * 25_000
)
"""A file that takes a gigabyte of memory to be judged, soon."""


def bare(folder: Path, files: Mapping[str, str | bytes], branch: str = "main") -> Path:
    """A bare repository of one commit, or of one more in one that is there."""
    if not folder.exists():
        git(folder.parent, "init", "-q", "--bare", "-b", branch, folder.name)
        git(folder, "config", "uploadpack.allowFilter", "true")
    lines = [f"commit refs/heads/{branch}\n".encode(), b"committer A <a@example.org> 1700000000 +0000\ndata 1\nx\n"]
    if git(folder, "for-each-ref", f"refs/heads/{branch}"):
        lines.append(f"from refs/heads/{branch}^0\ndeleteall\n".encode())
    for path, text in files.items():
        data = text if isinstance(text, bytes) else text.encode()
        quoted = json.dumps(path)
        lines.append(b"M 100644 inline %s\ndata %d\n%s\n" % (quoted.encode(), len(data), data))
    git(folder, "fast-import", "--quiet", stdin=b"".join(lines))
    return folder


def git(folder: Path, *arguments: str, stdin: bytes = b"") -> str:
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=ENVIRONMENT, input=stdin, capture_output=True, check=False
    )
    assert done.returncode == 0, f"git {arguments}: {done.stderr.decode()}"
    return done.stdout.decode().strip()


def many(folder: Path, number: int) -> Path:
    """That many repositories, each with a fault of its own; every third is fine."""
    for at in range(number):
        bare(folder / f"r{at:03}.git", {"Dockerfile": GOOD if at % 3 == 0 else ROOT, "README": f"{at}\n"})
    return folder


class Outcome(NamedTuple):
    code: int
    out: str
    error: str

    @property
    def tables(self) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = json.loads(self.out)["tables"]
        return found


class Fleet:
    """`hullcheck fleet` with its results and clones in a folder."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.results = folder / "results"
        self._capsys = capsys

    def run(self, *arguments: object, today: str = "2026-11-24") -> Outcome:
        cache = ("--cache-dir", self.folder / "cache")
        return self.main("run", "--today", today, "--workers", 1, *cache, *arguments)

    def main(self, *arguments: object) -> Outcome:
        self._capsys.readouterr()
        words = map(str, arguments)
        code = main(["fleet", next(words), "--results", str(self.results), *words])
        return Outcome(code, *self._capsys.readouterr())

    def ask(self, *arguments: object) -> dict[str, list[dict[str, Any]]]:
        done = self.main(*arguments, "--output-format", "json")
        assert done.code == 0, done.error
        return done.tables

    def listed(self, text: str, name: str = "list.txt") -> Path:
        path = self.folder / name
        path.write_text(text)
        return path

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All rows of a table, as any reader of Parquet has them."""
        found: list[dict[str, Any]] = dataset.dataset(self.results / table, format="parquet").to_table().to_pylist()
        return found

    def last(self) -> dict[str, dict[str, Any]]:
        """The rows of the last run by the last part of the repository's name."""
        rows = self.rows("runs")
        run = max(row["run"] for row in rows)
        return {os.path.basename(row["repository"]): row for row in rows if row["run"] == run}


def states(rows: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    return sorted((os.path.basename(row["repository"]), row["state"]) for row in rows)
