"""What a run costs grows with the size of its input, not with a number in it, nor with its square; and nothing stays."""

import contextlib
import ctypes
import io
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hullcheck.cli import main
from process import environment


def _pods(count: int) -> str:
    pod = {"containers": [{"name": "c", "image": "a:1", "securityContext": {"privileged": True}}]}
    items = [
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"p{number}"}, "spec": pod} for number in range(count)
    ]
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items}, separators=(",", ":"))


SHAPES: dict[str, tuple[str, Callable[[int], str], int]] = {
    "a line of many pods": ("pods.yaml", _pods, 80),
    "many services": ("compose.yaml", lambda n: "services:\n" + "".join(f"  s{i}: {{image: a}}\n" for i in range(n)), 150),
    "many passwords in one line": (
        "compose.yaml",
        lambda n: "services: {a: {image: x, environment: {" + ", ".join(f"P{i}_PASSWORD: aZ9{i}xq" for i in range(n)) + "}}}",
        100,
    ),
    "a long password": (
        "compose.yaml",
        lambda n: f'services:\n  a:\n    image: x\n    environment: {{PASSWORD: "{"aA1+/" * n}"}}\n',
        8_000,
    ),
    "a long capability": ("Dockerfile", lambda n: f"FROM a:1\nRUN setcap {'a' * n}! /x\n", 20_000),
    "addresses with variables": ("Dockerfile", lambda n: f"FROM a:1\nENV X=http://u:{'${' * n}\n", 5_000),
    "tokens that never end": ("Dockerfile", lambda n: f"FROM a:1\nENV X={'-eyJ0000a' * n}\n", 4_000),
    "options of su": ("Dockerfile", lambda n: f"FROM a:1\nENTRYPOINT su {'-s -l ' * n}root\n", 4_000),
    "settings of a package manager": ("Dockerfile", lambda n: f"FROM a:1\nRUN echo '{'[' * n}' > /etc/apt/a.list\n", 8_000),
    "comments": ("Dockerfile", lambda n: "# hullcheck: ignore[" * n + "\nFROM a:1\n", 2_000),
}  # fmt: skip
"""For each shape the file, what it holds at a size, and a size at which a run takes a moment."""


def _run(*arguments: str) -> tuple[int, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(list(arguments))
    return code, out.getvalue() + err.getvalue()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("output", ["full"])
def test_the_time_of_a_run_grows_with_its_input(repository: Path, shape: str, output: str) -> None:
    name, made, size = SHAPES[shape]
    times = []
    for count in (size, size, 4 * size):  # the first loads what is needed
        (repository / name).write_text(made(count), encoding="utf-8")
        start = time.process_time()
        code, _ = _run("check", "--output-format", output, ".")
        times.append(time.process_time() - start)
        assert code in (0, 1, 4)
    assert times[2] < 9 * times[1] + 0.5


def test_a_range_of_ports_costs_no_more_than_its_two_numbers(repository: Path) -> None:
    words = "9000-8000 http 80/icmp 60000-700000000 1-65535 1-65535/udp 2-65535 3-65535"
    (repository / "Dockerfile").write_text(f"FROM a:1\nEXPOSE {words}\n")
    start = time.process_time()
    assert _run("show", ".")[0] == 0
    assert _run("check", ".")[0] in (0, 1)
    assert time.process_time() - start < 20


def test_a_pattern_of_gitignore_takes_no_longer_for_its_stars(repository: Path) -> None:
    (repository / ".gitignore").write_text("*a" * 40 + "b\n")
    (repository / ("a" * 60 + ".yaml")).touch()
    (repository / "Dockerfile").write_text("FROM a:1\n")
    (repository / ".hullcheck.yaml").write_text(f"exclude: ['{'*a' * 40}b']\n")
    start = time.process_time()
    _run("check", ".")
    assert time.process_time() - start < 5


NUMBERS = [
    "1e999",
    "-1e999",
    ".inf",
    "-.inf",
    ".nan",
    "9" * 350,
    "9" * 5_000,
    "0x" + "f" * 390,
    "+0",
    "-0",
    "1e-999",
    "0o9",
    "1_0",
]


@pytest.mark.parametrize("number", NUMBERS)
def test_no_number_ends_a_run(repository: Path, number: str) -> None:
    fields = (
        "mem_limit",
        "cpus",
        "scale",
        "pids_limit",
        "shm_size",
        "oom_score_adj",
        "stop_grace_period",
        "user",
        "cpu_shares",
    )
    service = "".join(f"    {field}: {number}\n" for field in fields)
    (repository / "compose.yaml").write_text(
        f"services:\n  a:\n    image: x\n{service}    ports: [{number}, '{number}:{number}']\n"
        f"    deploy: {{replicas: {number}}}\n    ulimits: {{nofile: {number}}}\n"
    )
    (repository / "pod.yaml").write_text(
        f"apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  hostPID: {number}\n  securityContext: {{runAsUser: {number}}}\n"
        f"  containers:\n  - {{name: c, image: a, ports: [{{containerPort: {number}, hostPort: {number}}}],"
        f" resources: {{limits: {{cpu: {number}, memory: {number}}}}}}}\n"
    )
    (repository / "Dockerfile").write_text(
        f"FROM a:1\nUSER {number}\nEXPOSE {number}\nHEALTHCHECK --interval={number}s CMD a\n"
    )
    _all_commands(repository)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "RUN a\n",
        "RUN a\nFROM a\n",
        "ARG TOKEN=ghp_abc \\\n#",
        "ENV PASSWORD=a1b2c3d4e5\n",
        "FROM\n",
        "\0",
        "FROM a\0b\n",
        "# c\n",
        "ARG A=1 \\\nFROM a\nRUN x\n",
    ],
)
def test_no_dockerfile_ends_a_run(repository: Path, text: str) -> None:
    (repository / "Dockerfile").write_text(text)
    (repository / "other.Dockerfile").write_text("FROM alpine:3.20\nRUN curl http://a/b | sh\n")
    said = _all_commands(repository)
    assert "other.Dockerfile" in said


def _all_commands(repository: Path) -> str:
    said = ""
    for arguments in (
        ("check", "."),
        ("check", "--fix", "--diff", "."),
        ("files", "."),
        ("show", "."),
        ("map", "."),
        ("baseline", "."),
    ):
        code, text = _run(*arguments)
        assert 0 <= code <= (4 if arguments[0] != "show" else 3), (arguments, text)
        assert not (arguments[0] == "show" and code == 2), text
        assert "check-failed" not in text, text
        said += text
        for made in repository.glob(".hullcheck*baseline*"):
            made.unlink()
    return said


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="only glibc says what is in use"
)
def test_many_runs_in_one_process_leave_nothing(repository: Path) -> None:
    """Two thousand, each with other names: what is kept of them has a bound. Then some that leak, which must be noticed."""
    clean, leaking = many_runs(repository, 2_000, 400)
    assert clean < MOST_KEPT
    assert leaking > MOST_KEPT, "a leak of 2 KiB a run isn't seen: this test shows nothing"


MOST_KEPT = 0.7
"""KiB that a run may leave: a quarter of one, and less with each run, is what fills the caches up to their bounds."""


def many_runs(folder: Path, runs: int, leaking: int) -> tuple[float, float]:
    """The KiB that stay of a run, and of one that leaks two more; in a process that has done nothing else."""
    script = Path(__file__).with_name("many_runs.py")
    done = subprocess.run(
        (sys.executable, script, folder, str(runs), str(leaking)), env=environment() | {"PYTHONMALLOC": "malloc"}, capture_output=True, check=False, timeout=600
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    warm, end, last = json.loads(done.stdout)
    return (end - warm) / (runs * 0.7), (last - end) / leaking
