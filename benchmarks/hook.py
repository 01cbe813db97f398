"""What a hook on one file of many costs: `python benchmarks/hook.py [FOLDER ...]`, in processor time, next to the file by
itself.

The file is changed before each run, as a hook's is. It is one of a generated tree of each of `--sizes` files, or, where
folders are named, of a copy of each of these: generated trees have no odd files, and one of those may have all of a
repository read. "As a hook" is what pre-commit runs: the file is staged, and what is new in it is told, by the tree and
the commit before.
"""

import argparse
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import trees
from cache import AGES, HULLCHECK, cost

KINDS = {"Dockerfile": "services/*/Dockerfile", "Compose": "stacks/*/compose.yaml", "manifest": "deploy/*.yaml"}


GIT = ("git", "-c", "user.name=benchmark", "-c", "user.email=benchmark@example.com", "-c", "gc.auto=0")


def git(tree: Path, *arguments: str) -> None:
    subprocess.run((*GIT, *arguments), cwd=tree, capture_output=True, check=True)


def generated(tree: Path, size: int) -> dict[str, Path]:
    """A file of each kind, in a tree that is written for it."""
    trees.write(tree, size)
    return {kind: middle(tree.glob(pattern)) for kind, pattern in KINDS.items()}


def copied(tree: Path, folder: Path) -> dict[str, Path]:
    """A file of each kind that there is, in a copy of a repository as it is now."""
    shutil.copytree(folder, tree, symlinks=True, ignore=shutil.ignore_patterns(".git"))
    files = [path for path in sorted(tree.rglob("*")) if path.is_file() and not path.is_symlink()]
    yaml = [path for path in files if path.suffix in (".yaml", ".yml") and "templates" not in path.parts]
    found = {
        "Dockerfile": [path for path in files if path.name == "Dockerfile"],
        "Compose": [path for path in yaml if "compose" in path.name],
        "manifest": [path for path in yaml if path.read_bytes().startswith(b"apiVersion:")],
    }
    return {kind: middle(paths) for kind, paths in found.items() if paths}


def middle(paths: Iterable[Path]) -> Path:
    found = sorted(paths)
    return found[len(found) // 2]


def measure(name: str, tree: Path, files: dict[str, Path], rounds: int, scratch: Path) -> None:
    cache = scratch / "cache"
    git(tree, "init")
    git(tree, "add", "--all", "--force")
    git(tree, "commit", "--message", "a tree")
    print(f"\n{name}")
    for kind, file in files.items():
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
        git(tree, "commit", "--all", "--message", "more")
        lone = statistics.median(runs["alone"])
        for how, each in runs.items():
            print(
                f"  {kind:10} {how:18} {statistics.median(each):8.0f} ms {statistics.median(each) / lone:6.1f} x",
                flush=True,
            )
    subprocess.run((*HULLCHECK, "clean", "--cache-dir", str(cache)), capture_output=True, check=False)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split(":", 1)[0])
    parser.add_argument("folders", nargs="*", type=Path, help="repositories to copy, instead of generated trees")
    parser.add_argument("--sizes", default="360,5000,10000")
    parser.add_argument("--rounds", default=5, type=int)
    options = parser.parse_args()
    makers: dict[str, Callable[[Path], dict[str, Path]]] = {
        folder.resolve().name: partial(copied, folder=folder) for folder in options.folders
    } or {f"{size} files": partial(generated, size=int(size)) for size in options.sizes.split(",")}
    for name, make in makers.items():
        with tempfile.TemporaryDirectory() as temporary:
            scratch = Path(temporary)
            measure(name, scratch / "tree", make(scratch / "tree"), max(1, options.rounds), scratch)


if __name__ == "__main__":
    main()
