"""What a hook on one file of many costs: `python benchmarks/hook.py`, in processor time, next to the file by itself.

The file is changed before each run, as a hook's is. `--sizes` are files of the generated trees. "As a hook" is what
pre-commit runs: the file is staged, and what is new in it is told, by the tree and the commit before.
"""

import argparse
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import trees
from cache import AGES, HULLCHECK, cost

KINDS = {"Dockerfile": "services/*/Dockerfile", "Compose": "stacks/*/compose.yaml", "manifest": "deploy/*.yaml"}


GIT = ("git", "-c", "user.name=benchmark", "-c", "user.email=benchmark@example.com", "-c", "gc.auto=0")


def git(tree: Path, *arguments: str) -> None:
    subprocess.run((*GIT, *arguments), cwd=tree, capture_output=True, check=True)


def measure(size: int, rounds: int, scratch: Path) -> None:
    tree, cache = scratch / "tree", scratch / "cache"
    trees.write(tree, size)
    git(tree, "init")
    git(tree, "add", "--all")
    git(tree, "commit", "--message", "a tree")
    print(f"\n{size} files")
    for kind, pattern in KINDS.items():
        found = sorted(tree.glob(pattern))
        file = found[len(found) // 2]
        alone = scratch / "alone" / file.relative_to(tree)
        alone.parent.mkdir(parents=True, exist_ok=True)
        (scratch / "alone/.git").mkdir(exist_ok=True)
        shutil.copy(file, alone)
        check = (*HULLCHECK, "check", "--output-format", "concise", str(file.relative_to(tree)))
        with_index = (*check, "--cache-dir", str(cache))
        cost(with_index, tree)
        time.sleep(AGES)
        cost((*with_index, "--quiet"), tree)
        runs: dict[str, list[float]] = {"alone": [], "without an index": [], "with an index": [], "as a hook": []}
        for _ in range(rounds):
            with file.open("a") as text:
                text.write("# more\n")
            runs["alone"].append(cost((*check, "--no-cache"), scratch / "alone"))
            runs["without an index"].append(cost((*check, "--no-cache"), tree))
            runs["with an index"].append(cost(with_index, tree))
            git(tree, "add", str(file))
            runs["as a hook"].append(cost((*with_index, "--pre-commit"), tree))
        lone = statistics.median(runs["alone"])
        for name, each in runs.items():
            print(
                f"  {kind:10} {name:18} {statistics.median(each):8.0f} ms {statistics.median(each) / lone:6.1f} x",
                flush=True,
            )
    subprocess.run((*HULLCHECK, "clean", "--cache-dir", str(cache)), capture_output=True, check=False)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--sizes", default="360,5000,10000")
    parser.add_argument("--rounds", default=5, type=int)
    options = parser.parse_args()
    for size in map(int, options.sizes.split(",")):
        with tempfile.TemporaryDirectory() as temporary:
            measure(size, max(1, options.rounds), Path(temporary))


if __name__ == "__main__":
    main()
