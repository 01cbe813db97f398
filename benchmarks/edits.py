"""What an edit costs in one process: `python benchmarks/edits.py FOLDER FILE`, in processor time, next to the first update.

The file is changed by a comment each time, as an editor's unsaved text; without arguments, in a generated tree.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import trees

from hullcheck.commands.common import registry
from hullcheck.policy.config import Config
from hullcheck.request import Policy, Subject
from hullcheck.session import Session


def spent(work: Callable[[], object]) -> float:
    """Milliseconds of processor time."""
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1000


def measure(root: Path, file: str, rounds: int) -> None:
    """Print what the first update takes, with and without imports, and what the others take."""
    asked = (Subject((str(root),), jobs=1), Policy(Config(), today=date(2026, 1, 1)))
    checks = registry()
    session = Session(*asked, checks)
    first = spent(session.update)
    session.idle()
    text = (root / file).read_bytes()
    edits, runs = [], []
    for number in range(rounds + 1):
        unsaved = {file: text + b"# more\n" * number}
        edits.append(spent(lambda unsaved=unsaved: session.update(unsaved)))  # type: ignore[misc]
        session.idle()
        runs.append(spent(Session(*asked, checks).update))
    edit, run = statistics.median(edits[1:]), statistics.median(runs[1:])
    print(
        f"{root.name}: {file}: with imports {first:.0f} ms, first {run:.0f} ms, edit {edit:.0f} ms, {edit / run:.2f} x"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", nargs="?")
    parser.add_argument("file", nargs="?", default="deploy/a50.yaml")
    parser.add_argument("--rounds", default=6, type=int)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(options.folder or temporary)
        if not options.folder:
            trees.write(root, 1_000)
            (root / ".git").mkdir()
        measure(root, options.file, options.rounds)


if __name__ == "__main__":
    main()
