"""Whether reports depend on how Python hashes text: the same repositories in processes with other seeds."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .desk import Desk
from .properties import Fault, digest
from .trees import Tree, read, write

_ROOT = Path(__file__).parent.parent.parent


def differing(trees: list[Tree]) -> Iterator[tuple[Tree, Fault]]:
    """The repositories of which two processes tell differently."""
    with tempfile.TemporaryDirectory() as folder:
        for number, tree in enumerate(trees):
            write(tree, Path(folder, str(number), "tree"))
        one, other = _digests(folder, "1"), _digests(folder, "4711")
    for tree, first, second in zip(trees, one, other, strict=True):
        if first != second:
            yield tree, Fault("hash seed", "check", "two processes differ")


def _digests(folder: str, seed: str) -> list[str]:
    paths = os.pathsep.join(str(_ROOT / name) for name in ("linter", "checks", "."))
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.hashes", folder],
        cwd=_ROOT, env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": paths}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.split()


def main(folder: str) -> None:
    """Print a digest of each repository in the folder, in a line of its own."""
    names = sorted(os.listdir(folder), key=int)
    with Desk() as desk:
        for name in names:
            desk.put(read(Path(folder, name, "tree")) if Path(folder, name, "tree").is_dir() else {})
            print(digest(desk))


if __name__ == "__main__":
    main(sys.argv[1])
