"""hullcheck as a process of its own, as the Action and the hooks start it, with an environment that is given."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

PYTHON = (sys.executable, "-W", "ignore", "-m", "hullcheck")
"""Not isolated: a bare clone has its packages in the path that the tests set; the tree is never the current folder's."""

_PACKAGES = os.pathsep.join(path for path in sys.path if path)


class Ended(NamedTuple):
    """How a process ended, and what it said."""

    code: int
    out: str
    error: str


def environment(**given: str | None) -> dict[str, str]:
    """What a process needs to start at all, and what is given; None takes something away."""
    home = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "PYTHONPATH": _PACKAGES}
    home["XDG_CACHE_HOME"] = os.environ["XDG_CACHE_HOME"]
    made: dict[str, str | None] = {**home, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONSAFEPATH": "1", **given}
    return {name: value for name, value in made.items() if value is not None}


def run(folder: Path | str, *arguments: str, env: dict[str, str] | None = None, **options: Any) -> Ended:
    """hullcheck in a folder; `options` as of `subprocess.run`."""
    wanted: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
    command = (*options.pop("before", ()), *PYTHON, *arguments)
    done = subprocess.run(
        command, cwd=folder, env=environment() if env is None else env, timeout=120, check=False, **{**wanted, **options}
    )  # fmt: skip
    return Ended(done.returncode, (done.stdout or b"").decode(), (done.stderr or b"").decode("utf-8", "replace"))


def start(folder: Path, *arguments: str, **options: Any) -> "subprocess.Popen[bytes]":
    """hullcheck, started and not waited for, in a session of its own."""
    wanted: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
    return subprocess.Popen(
        (*PYTHON, *arguments), cwd=folder, env=environment(), start_new_session=True, **{**wanted, **options}
    )


def ordinary() -> tuple[str, ...]:
    """What stands before a command so that the rights of files hold for it, too; skips the test if nothing can do it.

    The superuser keeps the name and loses what lets it by: another user couldn't start an interpreter from its home.
    """
    if os.name == "nt":
        pytest.skip("rights are others there")
    if os.geteuid() != 0:
        return ()
    program = shutil.which("setpriv")
    if program is None:
        pytest.skip("the superuser may do everything, and there is no `setpriv`")
    before = (program, "--bounding-set=-dac_override,-dac_read_search,-fowner")
    if subprocess.run((*before, "true"), capture_output=True, check=False).returncode:
        pytest.skip("the superuser may do everything, and can't give it up here")
    return before
