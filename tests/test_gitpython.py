"""GitPython's way to start git, imported without the rest of it: it is the library's own, and does the same."""

import os
import subprocess
import sys
from pathlib import Path

import git as whole
import pytest
from git.util import remove_password_if_present

from gitrepo import ENVIRONMENT, Repo
from hullcheck import deferred, gitpython

ROOTS = [path for path in sys.path if path]
START = "from hullcheck import deferred, gitpython\nimport sys\n"
OWN = "deferred.allowed = True\n"
SAY = (
    "Git, missing = gitpython.command()\n"
    "def say(*words, **more):\n"
    "    try:\n"
    "        started = Git().execute(['git', *words], as_process=True, env={'A': 'b'}, **more)\n"
    "    except missing as error:\n"
    "        return 'missing', type(error.__cause__).__name__\n"
    "    return (*started.proc.communicate(b'HEAD\\n' if more else None), started.proc.returncode)\n"
    "print(say('rev-parse', 'HEAD'), say('no-such-command'), say('cat-file', '--batch', istream=-1))\n"
)


def _python(folder: Path, code: str, *before: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(map(str, (*before, *ROOTS)))
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env={**ENVIRONMENT, "PYTHONPATH": path, **environment},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_both_start_git_alike(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    head = repo.commit({"a": "b\n"})
    alone, plain = _python(tmp_path, START + OWN + SAY), _python(tmp_path, START + SAY)
    assert (alone.stderr, alone.stdout) == (plain.stderr, plain.stdout)
    assert alone.stdout.count(head) == 2
    assert "no-such-command" in alone.stdout


def test_alone_it_imports_little(tmp_path: Path) -> None:
    Repo(tmp_path).commit({"a": "b\n"})
    told = "print(*(name for name, module in sys.modules.items() if type(module) is type(sys)), file=sys.stderr)\n"
    loaded = set(_python(tmp_path, START + OWN + SAY + told).stderr.split())
    assert "subprocess" in loaded
    heavy = {"typing", "logging", "threading", "signal", "locale", "textwrap", "pathlib", "gitdb", "atexit"}
    assert not heavy & loaded
    assert not {name for name in loaded if name.partition(".")[0] == "git"}


def test_nobody_else_is_given_it(tmp_path: Path) -> None:
    code = (
        "import git\nassert git.Git is not Git and git.Git.__module__ == 'git.cmd' and git.Repo\n"
        "assert issubclass(git.GitCommandNotFound, git.exc.CommandError) and git.GitCommandNotFound is not missing\n"
        "assert git.cmd is sys.modules['git.cmd'] is not deferred.apart['git.cmd']\n"
        "import typing, logging, threading\nassert typing.Union[int, str] and threading.Thread\n"
        "assert logging.getLogger('x').isEnabledFor(logging.ERROR)\n"
        "assert gitpython.command()[0] is git.Git\n"  # it is there anyway
    )
    done = _python(tmp_path, START + OWN + SAY + code)
    assert (done.returncode, done.stderr) == (0, "")


def test_another_program_has_the_library_as_ever() -> None:
    assert not deferred.allowed
    assert gitpython.command() == (whole.Git, whole.GitCommandNotFound)


@pytest.mark.parametrize(
    "text",
    [
        "from git.util import what_nobody_knows\n",
        "from git.somewhere import LazyMixin\n",
        "from git.types import TBD\nclass Git(TBD[str]): pass\n",
        "raise RuntimeError\n",
    ],
)
def test_a_release_that_is_not_known_is_imported_as_a_whole(tmp_path: Path, text: str) -> None:
    (tmp_path / "git").mkdir()
    (tmp_path / "git/cmd.py").write_text(text)
    (tmp_path / "git/__init__.py").write_text("class Git: pass\nclass GitCommandNotFound(Exception): pass\n")
    code = (
        "Git, missing = gitpython.command()\nimport git\n"
        "assert (Git, missing) == (git.Git, git.GitCommandNotFound)\n"
        "assert [name for name in sys.modules if name.partition('.')[0] == 'git'] == ['git']\n"
        "assert not deferred.apart\nimport typing\nassert typing.Union[int, str]\n"
    )
    done = _python(tmp_path, START + OWN + code, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_there_is_no_git(tmp_path: Path) -> None:
    done = _python(tmp_path, START + OWN + SAY, PATH="/nonexistent")
    assert done.stdout.count("('missing', 'FileNotFoundError')") == 3


@pytest.mark.parametrize(
    "word",
    [
        "https://user:secret@example.org/x", "--url=https://user:secret@example.org", "ssh://git@example.org/x",
        "//user:secret@example.org", "http.extraheader=Authorization: basic secret",
        "http.https://example.org/.ExtraHeader=AUTHORIZATION: bearer secret", "cat-file", "-c", "a=b:c", "user@host:x",
    ],
)  # fmt: skip
def test_no_password_is_told(word: str) -> None:
    assert gitpython._redacted(["git", word]) == remove_password_if_present(["git", word])
