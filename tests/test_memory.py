"""What a run holds in memory is within a multiple of what it reads: the one that SECURITY.md promises."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from process import PYTHON, environment

pytestmark = pytest.mark.skipif(not hasattr(os, "wait4"), reason="the system doesn't say what a process took")

PROMISE = re.compile(r"\*\*(\d+) MB and ([\d,]+) times the size")
SLACK = 16_000_000
"""Bytes: the allocator gives and takes whole arenas."""


BETWEEN = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
_, status, used = os.wait4(process.pid, 0)
print(os.waitstatus_to_exitcode(status), used.ru_maxrss)
"""
"""Runs a command from a small process: what the one had that starts it counts as taken, until the program is loaded."""


def pods(count: int) -> list[object]:
    spec = {"containers": [{"name": "c", "image": "a"}]}
    return [
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"p{number}"}, "spec": spec} for number in range(count)
    ]


def lines(head: str, line: Callable[[int], str]) -> Callable[[int], str]:
    return lambda count: head + "".join(map(line, range(count)))


SHAPES: dict[str, tuple[str, Callable[[int], str], int, str]] = {
    "settings of an image": ("Dockerfile", lines("FROM a:1\n", lambda i: f"ENV A{i}=b{i}\n"), 2_500, "json"),
    "steps of an image": ("Dockerfile", lines("FROM a:1\n", lambda i: f"RUN make {i} && cp /a{i} /b\n"), 1_500, "json"),
    "stages": ("Dockerfile", lines("", lambda i: f"FROM a AS s{i}\nUSER 0\n"), 400, "json"),
    "services": ("compose.yaml", lines("services:\n", lambda i: f" s{i}: {{image: a, privileged: 1}}\n"), 500, "json"),
    "services in SARIF": ("compose.yaml", lines("services:\n", lambda i: f" s{i}: {{image: a, privileged: 1}}\n"), 500, "sarif"),
    "a stream of pods": ("pods.yaml", lambda n: "".join(f"---\n{json.dumps(pod)}\n" for pod in pods(n)), 300, "json"),
    "a list of pods": ("pods.json", lambda n: json.dumps({"apiVersion": "v1", "kind": "List", "items": pods(n)}), 400, "json"),
    "data of a ConfigMap": (
        "map.yaml",
        lines("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n", lambda i: f"  k{i}: v{i}\n"),
        10_000,
        "json",
    ),
    "data of no interest": ("data.json", lambda n: json.dumps({"a": list(range(n))}), 200_000, "json"),
}  # fmt: skip
"""Per shape the file, what it holds at a size, a size at which a run takes a moment, and the format."""


def peak(folder: Path, form: str) -> int:
    """The most bytes that a run over a folder has in memory at once."""
    command = (*PYTHON, "check", "--output-format", form, "--quiet", "--jobs", "1")
    done = subprocess.run(
        (sys.executable, "-I", "-c", BETWEEN, *command), cwd=folder, env=environment(), capture_output=True, check=True
    )
    code, used = map(int, done.stdout.split())
    assert code in (0, 1, 3, 4)
    return used * (1 if os.uname().sysname == "Darwin" else 1024)


@pytest.mark.parametrize("shape", SHAPES)
def test_memory_is_within_the_promised_multiple(tmp_path: Path, shape: str) -> None:
    name, made, size, form = SHAPES[shape]
    said = PROMISE.search((Path(__file__).parent.parent / "SECURITY.md").read_text(encoding="utf-8"))
    assert said, "SECURITY.md has no multiple"
    base, times = int(said[1]) * 1_000_000, int(said[2].replace(",", ""))
    sizes, peaks = [], []
    for count in (size, 2 * size):
        folder = tmp_path / str(count)
        (folder / ".git").mkdir(parents=True)
        text = made(count)
        (folder / name).write_text(text)
        sizes.append(len(text))
        peaks.append(peak(folder, form))
    assert peaks[0] < base + times * sizes[0]
    assert peaks[1] < base + times * sizes[1]
    assert peaks[1] - peaks[0] < times * (sizes[1] - sizes[0]) + SLACK
