"""What docs/fleet.md says: the columns of the tables, and how to use a cluster."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from fleets import ROOT, bare
from hullcheck.fleet.tables import TABLES, VERSION

PAGE = Path(__file__).parent.parent / "docs" / "fleet.md"
_TABLES = re.compile(r"(?<=<!-- tables -->\n).*?(?=<!-- end of tables -->)", re.DOTALL)
_SHELL = re.compile(r"(?<=^```sh\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)

pytestmark = pytest.mark.skipif(os.name == "nt", reason="clones are kept on POSIX systems only")


def described() -> str:
    """The tables as the page has them."""
    parts = []
    for name, columns in TABLES.items():
        rows = (f"| `{each.name}` | {each.kind} | {each.about} |" for each in columns)
        parts.append("\n".join((f"### {name}\n", "| column | | |", "|---|---|---|", *rows)))
    return "\n" + "\n\n".join(parts) + "\n\n"


def test_the_columns_are_as_the_page_says(update: bool) -> None:
    text = PAGE.read_text(encoding="utf-8")
    if update:
        PAGE.write_text(_TABLES.sub(lambda _: described(), text), encoding="utf-8")
    else:
        assert _TABLES.findall(text) == [described()], "pytest tests/test_fleet_docs.py --update"
    assert f"version of the columns, {VERSION};" in text.replace("\n", " ")


def test_the_commands_of_a_cluster_are_tried(tmp_path: Path) -> None:
    (block,) = _SHELL.findall(PAGE.read_text(encoding="utf-8"))
    assert "hullcheck fleet run --scheduler" in block
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for name, module in (("hullcheck", "hullcheck"), ("dask", "dask")):
        tool = tmp_path / "bin" / name
        tool.parent.mkdir(exist_ok=True)
        tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {module} "$@"\n')
        tool.chmod(0o755)
    bare(tmp_path / "a.git", {"Dockerfile": ROOT})
    (tmp_path / "list.jsonl").write_text('{"path": "a.git"}\n')
    environment = {
        **os.environ,
        "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    with (tmp_path / "error").open("w") as error:
        started = subprocess.Popen(
            ["bash", "-c", block.replace("8786", str(port))], cwd=tmp_path, env=environment, stdout=subprocess.PIPE,
            stderr=error, text=True, start_new_session=True,
        )  # fmt: skip
    try:
        assert started.stdout is not None
        lines = [started.stdout.readline() for _ in range(2)]
        assert started.wait(60) == 1, (tmp_path / "error").read_text()
    finally:
        os.killpg(started.pid, signal.SIGKILL)
        started.stdout.close()
        started.wait()
    assert lines[0] == "1 repository: 1 judged\n"
