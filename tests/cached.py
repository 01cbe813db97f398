"""Runs of hullcheck in this process, with the cache and without it, in trees that are edited at random."""

import gc
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from hullcheck import look
from hullcheck.cache import again, keep
from hullcheck.cli import main

MARGIN = 40_000_000
"""Nanoseconds that stand for the two seconds of an ordinary run: more than a tick of the file system's clock."""


class Ended(NamedTuple):
    """What a run printed and wrote; `again` says whether it was an earlier one's."""

    code: int
    out: bytes
    error: bytes
    written: tuple[tuple[str, bytes], ...] = ()
    again: bool = False

    def same(self, other: "Ended") -> bool:
        return self[:4] == other[:4]


@contextmanager
def _streams(out: Path, error: Path) -> Iterator[None]:
    kept = sys.stdout, sys.stderr
    with open(out, "w", encoding="utf-8") as first, open(error, "w", encoding="utf-8") as second:
        sys.stdout, sys.stderr = first, second
        try:
            yield
        finally:
            sys.stdout, sys.stderr = kept


def run(tree: Path, scratch: Path, *arguments: str, outputs: tuple[str, ...] = (), cache: bool = True) -> Ended:
    """A run in a folder, as `hullcheck.__main__` makes it; `outputs` are files that it writes."""
    before = os.getcwd()
    os.chdir(tree)
    given = [*arguments, f"--cache-dir={scratch / 'cache'}"] if cache else [*arguments, "--no-cache"]
    found: again.Found | again.Start | None = None
    collecting = gc.isenabled()
    try:
        with _streams(scratch / "out", scratch / "error"):
            found = again.find(given)
            if isinstance(found, again.Found):
                code = found.print()
                found.renew()
                os.close(found._handle)
            else:
                if found is not None:
                    found.record()
                code = main(given)
                if found is not None:
                    keep.keep(found, code)
        files = tuple((name, Path(name).read_bytes()) for name in outputs if os.path.isfile(name))
    finally:
        look.RUN = None
        os.chdir(before)
        if collecting:
            gc.enable()
    done = isinstance(found, again.Found)
    return Ended(code, (scratch / "out").read_bytes(), (scratch / "error").read_bytes(), files, done)


def git(tree: Path, *arguments: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(("git", "-C", str(tree), *who, *arguments), check=True, capture_output=True)


FILES = {
    "Dockerfile": "FROM debian:12\nRUN curl http://example.com/x | sh\nCOPY . /app\nCMD [\"app\"]\n",
    ".dockerignore": "*.pem\n",
    "app/Dockerfile": "FROM alpine:3.20\nUSER app\nHEALTHCHECK CMD true\nCMD [\"app\"]\n",
    "compose.yaml": "services:\n  web:\n    image: web:${TAG}\n    env_file: web.env\n    privileged: true\n  db:\n    build: ./app\n",
    "compose.override.yaml": "services:\n  web:\n    ports: ['8080:80']\n",
    ".env": "TAG=1.0\n",
    "web.env": "PASSWORD=hunter2hunter2\n",
    "k8s/base/kustomization.yaml": "resources: [pod.yaml]\n",
    "k8s/base/pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - {name: a, image: 'a:1', securityContext: {privileged: true}}\n",
    "k8s/prod/kustomization.yaml": "resources: [../base]\nnamePrefix: prod-\n",
    "chart/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n",
    "chart/values.yaml": "host: true\n",
    "chart/templates/p.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: c}\nspec:\n  hostNetwork: {{ .Values.host }}\n  containers: [{name: c, image: 'c:1'}]\n",
    ".gitignore": "ignored/\n",
    "ignored/Dockerfile": "FROM scratch\nUSER root\n",
    ".hullcheck.yaml": "ignore: [pipefail]\n",
    ".hullcheck-baseline.json": "",
    "notes.txt": "nothing\n",
    ".github/workflows/build.yml": "on: push\njobs: {b: {runs-on: x, steps: [{run: docker build -f other.txt .}]}}\n",
    "other.txt": "FROM debian:10\n",
}  # fmt: skip

TEXTS = {
    ".gitignore": ("", "ignored/\n", "k8s/\n", "*.yaml\n!compose.yaml\n"),
    ".env": ("TAG=1.0\n", "TAG=latest\n", "COMPOSE_FILE=compose.yaml\n", "COMPOSE_PROJECT_NAME=x\n"),
    ".hullcheck.yaml": ("ignore: [pipefail]\n", "exclude: ['k8s/**']\n", "min-severity: high\n", "fail-on: none\n", "nonsense: 1\n"),
    ".dockerignore": ("*.pem\n", "*\n", "", "!*.key\n"),
    "k8s/base/kustomization.yaml": ("resources: [pod.yaml]\n", "resources: []\n", "resources: [pod.yaml]\nnamespace: n\n"),
    "chart/values.yaml": ("host: true\n", "host: false\n", "{}\n"),
}  # fmt: skip

OPTIONS = (
    (), ("--output-format", "json"), ("--output-format", "sarif:report.sarif"), ("--output-format", "json:made.json"),
    ("-v", "--statistics"), ("--diff-base", "HEAD"), ("--diff-base", "HEAD~1", "--output-format", "github"),
    ("app",), ("compose.yaml",), ("k8s/prod",), ("--no-config",), ("--today", "2031-01-01"), ("--select", "privileged"),
    ("--baseline", ".hullcheck-baseline.json"), ("--no-gitignore",), ("--jobs", "2"), ("missing",),
    ("--pre-commit",), ("--output-format", "markdown", "--show-suppressed"), ("--include-vendored", "--exclude", "app"),
    ("files",), ("show",), ("show", "k8s/prod", "--output-format", "json"), ("show", "--container", "web"),
    ("show", "--diff-base", "HEAD~1"), ("map",), ("map", "--format", "json"), ("map", "--diff-base", "HEAD~1"),
)  # fmt: skip


class Tree:
    """A repository that is edited at random."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self.folder = folder
        self.chance = chance
        for path, text in FILES.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        (folder / ".hullcheck-baseline.json").unlink()
        git(folder, "init", "-q", "-b", "main")
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "-m", "one")
        (folder / "compose.yaml").write_text(FILES["compose.yaml"].replace("privileged: true", "privileged: false"))
        git(folder, "commit", "-q", "-a", "-m", "two")
        (folder / "link.Dockerfile").symlink_to("app/Dockerfile")

    def edit(self) -> str:
        """Make one change; returns what it was."""
        edits: tuple[Callable[[], str], ...] = (
            self._change, self._change, self._change, self._word, self._word, self._delete, self._add, self._rename,
            self._touch, self._chmod, self._link, self._restored, self._commit, self._checkout, self._folder, self._ignored,
        )  # fmt: skip
        return self.chance.choice(edits)()

    def _files(self) -> list[Path]:
        found = (path for path in self.folder.rglob("*") if ".git" not in path.parts)
        return sorted(path for path in found if path.is_file() and not path.is_symlink())

    def _any(self) -> Path:
        return self.chance.choice(self._files())

    def _change(self) -> str:
        path = self.chance.choice([*TEXTS, *FILES])
        text = self.chance.choice(TEXTS.get(path, (FILES[path], FILES[path] + "# more\n")))
        if path.endswith("baseline.json"):
            text = '{"version": 1, "findings": []}\n'
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        if not (self.folder / path).is_dir():
            (self.folder / path).write_text(text)
        return f"{path} = {text!r}"

    def _word(self) -> str:
        path = self._any()
        text = path.read_text()
        old, new = self.chance.choice(
            (
                ("true", "false"),
                ("false", "true"),
                ("a:1", "a:2"),
                ("debian", "ubuntu"),
                ("root", "user"),
                ("app", "bpp"),
            )
        )
        path.write_text(text.replace(old, new, 1))
        return f"{path.name}: {old} -> {new}"

    def _restored(self) -> str:
        """Other bytes, as many, with the times that the file had."""
        path = self._any()
        info = path.stat()
        path.write_text(path.read_text().replace("true", "TRUE").replace("1", "2").replace("debian", "alpine"))
        os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns))
        return f"{path.name} changed, with its times"

    def _delete(self) -> str:
        path = self._any()
        path.unlink()
        return f"{path.name} deleted"

    def _add(self) -> str:
        name = self.chance.choice(
            (
                "new/Dockerfile",
                "Dockerfile.dockerignore",
                "k8s/more.yaml",
                "secret.pem",
                "x.env",
                "app/.env",
                ".hullcheck.yml",
            )
        )
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(
            "FROM debian:9\n"
            if "Docker" in name
            else "kind: Pod\napiVersion: v1\nmetadata: {name: z}\nspec: {hostPID: true}\n"
        )
        return f"{name} added"

    def _rename(self) -> str:
        path = self._any()
        path.rename(path.with_name(self.chance.choice(("Dockerfile", "other.txt", "z.yaml", "pod.yaml", ".env"))))
        return f"{path.name} renamed"

    def _touch(self) -> str:
        path = self._any()
        os.utime(path)
        return f"{path.name} touched"

    def _chmod(self) -> str:
        path = self._any()
        path.chmod(self.chance.choice((0o644, 0o600, 0o755)))
        return f"{path.name}: other rights"

    def _link(self) -> str:
        path = self.folder / self.chance.choice(("link.Dockerfile", "k8s/linked.yaml", "away"))
        to = self.chance.choice(
            ("app/Dockerfile", "Dockerfile", "base/pod.yaml", "/etc", "nowhere", "k8s", "other.txt")
        )
        if path.is_symlink() or path.is_file():
            path.unlink()
        if not path.exists() and path.parent.is_dir():
            path.symlink_to(to)
        return f"{path.name} -> {to}"

    def _commit(self) -> str:
        git(self.folder, "add", "-A")
        git(self.folder, "commit", "-q", "--allow-empty", "-m", "more")
        return "committed"

    def _checkout(self) -> str:
        git(self.folder, "stash", "-q", "-u")
        return "changes stashed"

    def _folder(self) -> str:
        path = self.folder / "app"
        if path.is_dir():
            path.rename(self.folder / "moved")
        elif (self.folder / "moved").is_dir():
            (self.folder / "moved").rename(path)
        return "a folder renamed"

    def _ignored(self) -> str:
        (self.folder / "ignored").mkdir(exist_ok=True)
        (self.folder / "ignored" / "Dockerfile").write_text(f"FROM debian:{self.chance.randint(1, 12)}\n")
        return "an ignored file changed"


def walk(scratch: Path, seed: int, steps: int) -> Iterator[tuple[str, Ended, Ended]]:
    """Edits of a tree, each with the same run without and with the cache."""
    chance = random.Random(seed)
    tree = Tree(scratch / "tree", chance)
    options = chance.sample(OPTIONS, 3)
    for number in range(steps):
        what = tree.edit() if number else "nothing"
        if not number % 12:
            options = chance.sample(OPTIONS, 3)
        for given in options:
            time.sleep(2 * MARGIN / 1e9)
            outputs = tuple(word.partition(":")[2] for word in given if ":" in word)
            plain = run(tree.folder, scratch, *given, outputs=outputs, cache=False)
            for _ in range(2):
                made = run(tree.folder, scratch, *given, outputs=outputs)
                yield f"seed {seed}, step {number}, {what}, {given}", plain, made
        if not (tree.folder / ".git").is_dir():
            shutil.rmtree(tree.folder)
            return
