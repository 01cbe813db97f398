"""What a run on one file costs, as a ratio to a Python that does nothing, and where the time goes.

Processor time of whole processes, the commands in turns, so that what else the machine does falls on all of them.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import trees

RECORDED = Path(__file__).with_name("recorded.json")

HISTORY = Path(__file__).with_name("history.tsv")
"""A line for each time that ratios were recorded, the newest last; the head says what the columns are."""

WORSE = 1.15
"""How many times the recorded ratio fails a check."""

HULLCHECK = (sys.executable, "-I", "-c", "from hullcheck.__main__ import start; start()")
"""As the hooks start it."""

BARE = "python -I -c pass"
FILES = {"Dockerfile": "services/s0/Dockerfile", "Compose file": "stacks/s0/compose.yaml", "manifest": "deploy/a0.yaml"}
PHASES = ("start", "imports", "find files", "read", "link", "checks", "report", "rest")

Commands = Mapping[str, tuple[str, ...]]


def commands(path: str, peers: bool) -> dict[str, tuple[str, ...]]:
    """The commands that judge one changed file, as a hook starts them."""
    found: dict[str, tuple[str, ...]] = {
        BARE: (sys.executable, "-I", "-c", "pass"),
        "hullcheck": (*HULLCHECK, "--no-cache", path),
    }
    if not peers:
        return found
    if "Dockerfile" in path:
        found["hadolint"] = ("hadolint", path)
        found["tally"] = ("tally", "lint", "--slow-checks=off", path)
    if "compose" in path:
        found["compose-lint"] = ("compose-lint", path)
        found["dclint"] = ("dclint", path)
    else:
        found["trivy config"] = ("trivy", "config", "--quiet", "--skip-check-update", path)
        found["checkov"] = ("checkov", "--quiet", "--compact", "-f", path)
    return {name: command for name, command in found.items() if shutil.which(command[0])}


def cost(command: tuple[str, ...], folder: Path) -> float:
    """Seconds of processor time, the program's and the system's for it, that a command takes with all that it starts."""
    process = subprocess.Popen(
        command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return used.ru_utime + used.ru_stime


def interleaved(commands: Commands, folder: Path, rounds: int, seconds: float = 600) -> dict[str, list[float]]:
    """What the commands cost, in turns, after one that doesn't count; fewer rounds, but some, once so long has passed."""
    for command in commands.values():
        cost(command, folder)
    found: dict[str, list[float]] = {name: [] for name in commands}
    end = time.monotonic() + seconds
    for number in range(rounds):
        if number >= 7 and time.monotonic() > end:
            break
        for name, command in commands.items():
            found[name].append(cost(command, folder))
    return found


def ratio(values: list[float], bare: list[float]) -> float:
    """How many times what the other costs: by their medians, or by the lower three quarters if that is less.

    The system counts the time of short processes coarsely, and both tell too much while the machine is busy.
    """
    kept = [sorted(each)[: max(1, len(each) * 3 // 4)] for each in (values, bare)]
    return min(
        statistics.median(values) / statistics.median(bare), statistics.fmean(kept[0]) / statistics.fmean(kept[1])
    )


def write(folder: Path) -> dict[str, Path]:
    """Each file in a folder of its own, by its dialect."""
    trees.write(folder / "all", 5)
    found = {}
    for dialect, path in FILES.items():
        alone = folder / dialect.split()[0] / Path(path).name
        alone.parent.mkdir(parents=True)
        shutil.copy(folder / "all" / path, alone)
        found[dialect] = alone
    return found


def report(folder: Path, rounds: int, peers: bool) -> Iterator[str]:
    """Tables of Markdown: the ratios of all that is there, and hullcheck's phases."""
    files = write(folder)
    for dialect, path in files.items():
        found = interleaved(commands(path.name, peers), path.parent, rounds)
        yield f"\n### One {dialect}\n\n| command | median | least | against bare Python |\n|---|---|---|---|"
        for name, values in found.items():
            times = f"{statistics.median(values) * 1000:.0f} ms | {min(values) * 1000:.0f} ms"
            yield f"| {name} | {times} | {ratio(values, found[BARE]):.1f} x |"
    yield f"\n### Where the milliseconds go\n\n| | {' | '.join(PHASES)} |\n|---{'|---' * len(PHASES)}|"
    for dialect, path in files.items():
        spent = phases(path, max(5, rounds // 2))
        yield f"| {dialect} | {' | '.join(f'{spent[phase] * 1000:.1f}' for phase in PHASES)} |"


def measured(folder: Path, rounds: int, seconds: float) -> dict[str, float]:
    """The ratio of each dialect."""
    found = {}
    for dialect, path in write(folder).items():
        values = interleaved(commands(path.name, peers=False), path.parent, rounds, seconds / len(FILES))
        found[dialect] = round(ratio(values["hullcheck"], values[BARE]), 2)
    return found


def check(folder: Path, rounds: int = 25, seconds: float = 24) -> bool:
    """Is no ratio much worse than the recorded one? Says how they are."""
    recorded = json.loads(RECORDED.read_text("utf-8"))
    fine = True
    for dialect, now in measured(folder, rounds, seconds).items():
        is_worse = now > recorded[dialect] * WORSE
        fine = fine and not is_worse
        print(
            f"one {dialect}: {now:.2f} x bare Python, recorded {recorded[dialect]:.2f}{': worse' if is_worse else ''}"
        )
    return fine


def record(folder: Path, rounds: int) -> None:
    """Write down the ratios of now, for `check`, and add them to the history."""
    found = measured(folder, rounds, 600)
    RECORDED.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    git = ("git", "describe", "--always", "--dirty")
    commit = subprocess.run(git, cwd=HISTORY.parent, capture_output=True, text=True, check=False).stdout.strip()
    version = ".".join(map(str, sys.version_info[:3]))
    row = (date.today().isoformat(), commit or "?", version, *(f"{found[dialect]:.2f}" for dialect in FILES))
    with HISTORY.open("a", encoding="utf-8") as history:
        history.write("\t".join(row) + "\n")


def phases(path: Path, rounds: int) -> dict[str, float]:
    """Seconds of each phase of a run on the file: medians of whole processes that watch themselves."""
    runs = []
    for number in range(rounds + 1):
        done = subprocess.run(
            (sys.executable, str(Path(__file__).with_name("watched.py")), path.name),
            cwd=path.parent, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if number:
            runs.append(json.loads(done.stderr.splitlines()[-1]))
    return {phase: statistics.median(run.get(phase, 0) for run in runs) for phase in PHASES}
