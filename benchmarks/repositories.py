"""What a whole repository costs, cold and without any cache, next to what other tools take for what they judge of it.

Processor time of whole processes with all that they start, in turns; the time on the clock beside it, which says less,
as it depends on the processors that are free. Each tool is given what it can judge: hadolint the Dockerfiles,
compose-lint the Compose files, the others the folder.
"""

import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from one_file import BARE, HULLCHECK, cost

SLOW = 3
"""Runs of a tool that takes as long as hundreds of hullcheck's."""

COMPOSE = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")

Commands = Mapping[str, tuple[str, ...]]


def commands(folder: Path, peers: bool) -> dict[str, tuple[str, ...]]:
    """The commands that judge a repository, as far as the programs are here."""
    files = sorted(path.relative_to(folder) for path in folder.rglob("*") if ".git" not in path.parts)
    dockerfiles = tuple(str(path) for path in files if path.name == "Dockerfile" and (folder / path).is_file())
    composed = tuple(str(path) for path in files if path.name in COMPOSE)
    found: dict[str, tuple[str, ...]] = {
        BARE: (sys.executable, "-I", "-c", "pass"),
        "hullcheck": (*_HULLCHECK, "--output-format", "json", "."),
        "hullcheck, full report": (*_HULLCHECK, "."),
    }
    if not peers:
        return found
    if dockerfiles:
        found["hadolint"] = ("hadolint", *dockerfiles)
    if composed:
        found["compose-lint"] = ("compose-lint", *composed)
    found["trivy config"] = ("trivy", "config", "--quiet", "--skip-check-update", ".")
    found["checkov"] = ("checkov", "--quiet", "--compact", "-d", ".")
    return {name: command for name, command in found.items() if shutil.which(command[0])}


_HULLCHECK = (*HULLCHECK, "check", "--no-cache")
_SLOW = ("trivy config", "checkov")


def measured(folder: Path, rounds: int, peers: bool) -> dict[str, list[tuple[float, float]]]:
    """Seconds of the processor and of the clock of each command's runs, in turns, after one that doesn't count."""
    wanted = commands(folder, peers)
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in wanted}
    for number in range(rounds + 1):
        for name, command in wanted.items():
            if name in _SLOW and number > SLOW:
                continue
            start = time.perf_counter()
            used = cost(command, folder)
            if number:
                found[name].append((used, time.perf_counter() - start))
    return found


def report(folder: Path, rounds: int, peers: bool) -> Iterator[str]:
    """A table of Markdown: each command's medians, and how many times what hullcheck takes that is."""
    found = measured(folder, rounds, peers)
    medians = {name: [statistics.median(column) for column in zip(*runs, strict=True)] for name, runs in found.items()}
    together = [name for name in ("hadolint", "compose-lint") if name in medians]
    if len(together) == 2:
        medians["hadolint and compose-lint"] = [sum(values) for values in zip(*map(medians.get, together), strict=True)]
    yield f"\n### {folder.name}, cold\n\n| command | processor | clock | against hullcheck |\n|---|---|---|---|"
    for name, (used, passed) in medians.items():
        ratio = used / medians["hullcheck"][0]
        yield f"| {name} | {used * 1000:.0f} ms | {passed * 1000:.0f} ms | {ratio:.2f} x |"
    if "trivy config" in medians:
        with tempfile.TemporaryDirectory() as empty:
            start = statistics.median(cost(commands(folder, True)["trivy config"], Path(empty)) for _ in range(SLOW))
        yield f"\n`trivy config` takes {start * 1000:.0f} ms of it for an empty folder."
