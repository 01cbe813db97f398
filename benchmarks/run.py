"""How fast hullcheck is next to its peers, side by side in one run: `python benchmarks/run.py`.

Times are of whole cold processes. What counts are the ratios, which hold on any machine. Peers that aren't on PATH, or
in the folder of `--peers`, are left out; `--repository DIR` adds a real repository, `--sizes` other tree sizes,
`--quick` takes fewer runs. `--check` only holds the ratios of one file against those in recorded.json, and fails if one
is more than 15 % worse; `--record` writes them down, and adds them to history.tsv.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import one_file
import repositories
import trees

HULLCHECK = (*one_file.HULLCHECK, "check", "--no-cache", "--output-format", "json")
TIMEOUT = 900


class Timing(NamedTuple):
    """Seconds of a command's runs; none if it isn't there or took too long."""

    name: str
    seconds: tuple[float, ...]

    @property
    def median(self) -> float | None:
        return statistics.median(self.seconds) if self.seconds else None


def measure(name: str, command: tuple[str, ...], runs: int, folder: Path) -> Timing:
    """Run a command several times, after one run that doesn't count."""
    if shutil.which(command[0]) is None:
        return Timing(name, ())
    seconds = []
    for number in range(runs + 1):
        start = time.perf_counter()
        try:
            subprocess.run(command, cwd=folder, capture_output=True, timeout=TIMEOUT, check=False)
        except subprocess.TimeoutExpired:
            break
        if number or runs == 1:
            seconds.append(time.perf_counter() - start)
    return Timing(name, tuple(seconds))


def whole_tree(dockerfiles: list[str]) -> dict[str, tuple[str, ...]]:
    """The commands that judge a repository; hadolint gets the Dockerfiles by name."""
    return {
        "hullcheck": (*HULLCHECK, "."),
        "hadolint (Dockerfiles)": ("hadolint", *dockerfiles),
        "trivy config": ("trivy", "config", "--quiet", "--skip-check-update", "."),
        "checkov": ("checkov", "--quiet", "--compact", "-d", "."),
    }


def table(title: str, timings: list[Timing], files: int = 0) -> Iterator[str]:
    """Rows of Markdown: the median, how often hullcheck fits into it, and files per second."""
    ours = next(t.median for t in timings if t.name == "hullcheck")
    yield f"\n### {title}\n"
    yield "| command | median | against hullcheck |" + (" files/s |" if files else "")
    yield "|---|---|---|" + ("---|" if files else "")
    for timing in timings:
        if timing.median is None or ours is None:
            yield f"| {timing.name} | not here | |" + (" |" if files else "")
            continue
        rate = f" {files / timing.median:.0f} |" if files else ""
        yield f"| {timing.name} | {timing.median * 1000:.0f} ms | {timing.median / ours:.2f} x |{rate}"


def repository(folder: Path, title: str, runs: int, peers: bool) -> float | None:
    files = [path for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts]
    dockerfiles = sorted(str(path.relative_to(folder)) for path in files if path.name == "Dockerfile")
    commands = whole_tree(dockerfiles)
    chosen = commands if peers else {"hullcheck": commands["hullcheck"]}
    timings = [measure(n, c, runs if n.startswith(("hullcheck", "hado")) else 1, folder) for n, c in chosen.items()]
    print("\n".join(table(f"{title}: {len(files)} files", timings, len(files))), flush=True)
    return timings[0].median


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--repository", action="append", default=[], type=Path, metavar="DIR")
    parser.add_argument("--sizes", default="1000,10000", help="files of the generated trees")
    parser.add_argument("--peers-up-to", default=1000, type=int, help="the largest tree that peers are run on")
    parser.add_argument("--peers", type=Path, metavar="DIR", help="a folder with peers' programs")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--one-file", action="store_true", help="only runs on one file")
    parser.add_argument("--check", action="store_true", help="fail if one file costs much more than recorded")
    parser.add_argument("--record", action="store_true", help="write down what one file costs")
    options = parser.parse_args()
    runs = 3 if options.quick else 15
    if options.peers:
        os.environ["PATH"] = f"{options.peers.resolve()}{os.pathsep}{os.environ['PATH']}"
    with tempfile.TemporaryDirectory() as temporary:
        one = Path(temporary, "one")
        if options.check:
            sys.exit(0 if one_file.check(one) else 1)
        if options.record:
            one_file.record(one, 41)
            return
        for line in one_file.report(one, 7 if options.quick else 31, peers=True):
            print(line, flush=True)
        if options.one_file:
            return
        medians = {}
        for size in map(int, options.sizes.split(",")):
            folder = Path(temporary, str(size))
            trees.write(folder, size)
            peers = size <= options.peers_up_to
            medians[size] = repository(folder, "A generated tree", min(runs, 5), peers)
        for folder in options.repository:
            for line in repositories.report(folder.resolve(), min(runs, 7), peers=True):
                print(line, flush=True)
        growth = [f"{size} files {1000 * (seconds or 0) / size:.2f} ms a file" for size, seconds in medians.items()]
        print("\nGrowth: " + ", ".join(growth))


if __name__ == "__main__":
    main()
