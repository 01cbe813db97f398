"""What there isn't on every system that hullcheck runs on: processes that fork, POSIX's calls and modules, `\\n` alone.

No other system is needed for it: what is missing there is taken away here, before hullcheck is imported.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gitrepo import ENVIRONMENT, Repo

PROJECT = Path(__file__).parent.parent
FIXTURES = PROJECT / "fixtures"

CALLS = (
    "O_CLOEXEC", "O_DIRECTORY", "O_NOFOLLOW", "O_NONBLOCK", "chown", "fchmod", "fchown", "fork", "forkpty", "getegid",
    "geteuid", "getgid", "getpgid", "getuid", "killpg", "lchown", "mkfifo", "mknod", "pread", "preadv", "pwrite",
    "register_at_fork", "sched_getaffinity", "setsid", "statvfs", "uname",
)  # fmt: skip
"""Of `os`, what Windows hasn't, according to the library's documentation ("Availability: Unix")."""

MODULES = ("fcntl", "grp", "pwd", "resource", "termios", "tty", "pty", "syslog")
SIGNALS = ("SIGALRM", "SIGCHLD", "SIGCONT", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGQUIT", "SIGSTOP", "SIGTSTP", "SIGUSR1")

START = f"""
import sys
import concurrent.futures.process, multiprocessing, os, signal, subprocess, tempfile, _signal  # the library's own ways
multiprocessing.set_start_method("spawn")
for name in {MODULES!r}:
    sys.modules[name] = None
posix = sys.modules["posix"]
for name in {CALLS!r}:
    for module in (os, posix):
        if hasattr(module, name):
            delattr(module, name)
os.supports_dir_fd = set()
for name in {SIGNALS!r}:
    for module in (signal, _signal):
        if hasattr(module, name):
            delattr(module, name)
from hullcheck.__main__ import run
sys.exit(run())
"""


def hullcheck(*arguments: str, folder: Path, start: str = START, **given: str) -> "subprocess.CompletedProcess[bytes]":
    paths = f"{PROJECT / 'linter'}:{PROJECT / 'checks'}"
    return subprocess.run(
        [sys.executable, "-c", start, *arguments],
        cwd=folder, env={**ENVIRONMENT, "PYTHONPATH": paths, **given}, capture_output=True, check=False, timeout=120,
    )  # fmt: skip


PLAIN = "import sys\nfrom hullcheck.__main__ import run\nsys.exit(run())\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    repo = Repo(tmp_path / "tree")
    repo.write({"Dockerfile": "FROM debian:13.1\nUSER root\n", "compose.yaml": "services:\n  web:\n    build: .\n"})
    repo.write({f"k8s/a{i}.yaml": f"apiVersion: v1\nkind: Pod\nmetadata:\n  name: p{i}\n" for i in range(30)})
    repo.commit()
    repo.write({"Dockerfile": "FROM debian:13.1\nUSER root\nRUN curl example.org | sh\n"})
    return repo.folder


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "--output-format", "json"),
        ("check", "--no-cache", "--jobs", "4"),
        ("check", "--diff-base", "HEAD"),
        ("check", "--diff"),
        ("check", "--output-format", "sarif", "Dockerfile"),
        ("files",),
        ("show",),
        ("map",),
        ("checks",),
        ("explain", "root-user"),
        ("config", "show"),
    ],
    ids=" ".join,
)
def test_every_command_says_the_same_without_what_is_not_everywhere(tree: Path, arguments: tuple[str, ...]) -> None:
    with_all = hullcheck(*arguments, folder=tree, start=PLAIN, XDG_CACHE_HOME=str(tree.parent / "one"))
    without = hullcheck(*arguments, folder=tree, XDG_CACHE_HOME=str(tree.parent / "two"))
    assert without.stderr.decode() == with_all.stderr.decode()
    assert (without.returncode, without.stdout) == (with_all.returncode, with_all.stdout)
    assert with_all.stdout
    again = hullcheck(*arguments, folder=tree, XDG_CACHE_HOME=str(tree.parent / "two"))
    assert again.stdout == without.stdout


def test_it_was_taken_away(tree: Path) -> None:
    """The test above would be none if the interpreter had all of it."""
    asks = START.rpartition("from hullcheck")[0] + "print(hasattr(os, 'fork'), hasattr(os, 'pread'))\nimport fcntl\n"
    done = hullcheck(folder=tree, start=asks)
    assert done.stdout == b"False False\n"
    assert b"import of fcntl halted" in done.stderr


def test_a_fix_and_a_baseline_are_written(tree: Path) -> None:
    done = hullcheck("baseline", "create", folder=tree)
    assert done.returncode == 0, done.stderr.decode()
    done = hullcheck("check", "--baseline", ".hullcheck-baseline.json", folder=tree)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    assert hullcheck("check", "--fix", "--unsafe-fixes", "-q", folder=tree).returncode in (0, 1)


def _facts(report: bytes) -> list[tuple[object, ...]]:
    """What a report says, but for where in a line it ends: a line may be longer by its `\\r`."""
    found = json.loads(report)["findings"]
    return sorted((f["name"], f["path"], f["region"]["startLine"], f["message"], f["severity"]) for f in found)


def _ends(path: Path) -> bool:
    return path.is_file() and path.suffix not in (".json", ".tgz", ".gz") and b"\0" not in path.read_bytes()


@pytest.mark.parametrize("concern", sorted(path.name for path in FIXTURES.iterdir() if path.is_dir()))
def test_lines_may_end_as_on_windows(concern: str, tmp_path: Path) -> None:
    """Every fixture says the same with `\\r\\n`; a script in a heredoc or a block keeps the `\\r` and is no exception."""
    one, two = tmp_path / "one", tmp_path / "two"
    for path in (FIXTURES / concern).rglob("*"):
        if not path.is_file() or path.is_symlink():
            continue
        data = path.read_bytes()
        for folder in (one, two):
            to = folder / path.relative_to(FIXTURES / concern)
            to.parent.mkdir(parents=True, exist_ok=True)
            is_text = folder is two and _ends(path) and b"\r" not in data
            to.write_bytes(data.replace(b"\n", b"\r\n") if is_text else data)
    found = {}
    for folder in (one, two):
        done = hullcheck("check", "--no-cache", "--output-format", "json", "--min-severity", "info", ".", folder=folder, start=PLAIN)  # fmt: skip
        found[folder] = _facts(done.stdout)
    assert found[one]
    assert found[two] == found[one]
