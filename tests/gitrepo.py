"""A real git repository in a test, and hullcheck run on it as from the command line."""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from hullcheck.cli import main

ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "GITHUB_", "CI"))},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.org",
}  # fmt: skip


class Outcome(NamedTuple):
    """How a run ended, and what its JSON report says."""

    code: int
    report: dict[str, Any]
    error: str

    @property
    def new(self) -> list[str]:
        """The names and paths of the findings that count."""
        found = [f for f in self.report.get("findings", ()) if not f["suppressed"] and f.get("state") != "unchanged"]
        return sorted(f"{finding['name']} {finding['path']}" for finding in found)


class Repo:
    """A repository in a folder, on its branch `main`."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main", *options, ".")

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, env=ENVIRONMENT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"git {arguments}: {done.stderr}"
        return done.stdout.strip()

    def write(self, files: dict[str, str | None]) -> None:
        """Write files; None deletes one."""
        for name, text in files.items():
            path = self.folder / name
            if text is None:
                path.unlink()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(text.encode())

    def commit(self, files: dict[str, str | None] | None = None) -> str:
        """Commit files, and everything else that was changed; returns the commit's id."""
        self.write(files or {})
        self.git("add", "--all", "--force")
        self.git("commit", "-q", "--no-verify", "--allow-empty", "-m", "a change")
        return self.git("rev-parse", "HEAD")

    def run(
        self,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
    ) -> Outcome:
        """`hullcheck check` in the repository, with nothing of a CI in the environment but what is given."""
        monkeypatch.chdir(self.folder)
        for name in list(os.environ):
            if name.startswith(("GITHUB_", "CI", "HULLCHECK_", "PRE_COMMIT", "GIT_")):
                monkeypatch.delenv(name)
        for name, value in (environment or {}).items():
            monkeypatch.setenv(name, value)
        code = main(["check", "--output-format", "json", "--today", "2026-11-24", *arguments])
        out, error = capsys.readouterr()
        return Outcome(code, json.loads(out) if out else {}, error)
