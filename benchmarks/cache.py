"""What a second run costs: `python benchmarks/cache.py`, in processor time of whole processes, next to a bare interpreter.

The runs are interleaved, and what counts are the ratios. `--sizes` are files of the generated trees.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import trees

BARE = (sys.executable, "-I", "-c", "pass")

HULLCHECK = (sys.executable, "-I", "-c", "import sys; from hullcheck.__main__ import run; sys.exit(run())")
"""What installers make of a script; older ones import `re` there, which takes as long as the run that is printed again."""
AGES = 2.1
"""Seconds after which a file's times are relied on."""


def cost(command: tuple[str, ...], folder: Path) -> float:
    """Milliseconds of processor time."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, capture_output=True, check=False, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def measure(size: int, rounds: int, scratch: Path) -> None:
    tree, cache = scratch / "tree", scratch / "cache"
    trees.write(tree, size)
    (tree / ".git").mkdir()
    files = sorted(path for path in tree.rglob("*") if path.is_file())
    with_cache = (*HULLCHECK, "check", "--output-format", "concise", "--cache-dir", str(cache))

    def empty() -> None:
        subprocess.run((*HULLCHECK, "clean", "--cache-dir", str(cache)), capture_output=True, check=False)

    def rewrite() -> None:
        for path in files:
            os.utime(path)

    def settle() -> None:
        time.sleep(AGES)
        cost(with_cache, tree)

    def edit() -> None:
        with files[0].open("a") as file:
            file.write("# more\n")

    def nothing() -> None:
        pass

    cases: dict[str, tuple[Callable[[], None], tuple[str, ...]]] = {
        "bare python": (nothing, BARE),
        "without a cache": (nothing, (*with_cache[:-2], "--no-cache")),
        "first run, kept": (empty, with_cache),
        "unchanged": (settle, with_cache),
        "unchanged, new times (a checkout)": (rewrite, with_cache),
        "one file changed": (edit, with_cache),
    }
    costs: dict[str, list[float]] = {name: [] for name in cases}
    for number in range(rounds + 1):
        for name, (before, command) in cases.items():
            before()
            spent = cost(command, tree)
            if number or rounds == 1:
                costs[name].append(spent)
    bare = statistics.median(costs["bare python"])
    kept = sum(path.stat().st_size for path in cache.iterdir())
    print(f"\n{size} files ({kept / 1e6:.2f} MB kept)")
    for name, each in costs.items():
        print(f"  {name:36} {statistics.median(each):9.1f} ms  {statistics.median(each) / bare:7.1f} x", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--sizes", default="1,360,1000,10000")
    parser.add_argument("--rounds", default=5, type=int)
    options = parser.parse_args()
    for size in map(int, options.sizes.split(",")):
        with tempfile.TemporaryDirectory() as temporary:
            measure(size, max(1, options.rounds if size < 5000 else 2), Path(temporary))


if __name__ == "__main__":
    main()
