"""`python -m tests.fuzz`: fuzzing for as long as is asked for, with what fails made small and written down."""

import argparse
import importlib.util
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from . import hashes, minimise, odd
from .desk import Desk
from .mutate import mutated
from .properties import PROPERTIES, Case, Fault, judged
from .trees import Seed, read, seeds, write

_OWN = 0.3
"""The share of cases that start from `seeds/`, where every kind of file is, and not from a check's fixtures."""


def main() -> int:
    options = _parser().parse_args()
    if options.guided:
        return _guided(options)
    if options.again:
        return _again(Path(options.again))
    return Run(options).run()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0, metavar="N", help="how long (default: 1)")
    parser.add_argument(
        "--seed", type=int, default=None, metavar="S", help="the chance to start from (default: another each time)"
    )
    parser.add_argument(
        "--odd", action="store_true", help="odd values in each place, one after the other, instead of random changes"
    )
    parser.add_argument(
        "--all", action="store_true", help="judge each case by all properties, not now and then by the slow ones"
    )
    parser.add_argument("--only", metavar="WORD", default="", help="only repositories whose name has this in it")
    parser.add_argument(
        "--skip", metavar="WORD", action="append", default=[], help="faults that aren't told: masked, fixed, ..."
    )
    parser.add_argument(
        "--folder", metavar="DIR", default="fuzz-faults", help="where what fails is written (default: fuzz-faults)"
    )
    parser.add_argument("--again", metavar="DIR", help="judge a repository that was written there")
    parser.add_argument(
        "--guided", action="store_true", help="guide the parsers' input by what code it reaches; needs atheris"
    )
    return parser


def _guided(options: argparse.Namespace) -> int:
    """In a process of its own: atheris has to see the linter's modules while they are imported."""
    if importlib.util.find_spec("atheris") is None:
        print("--guided needs atheris: pip install atheris", file=sys.stderr)
        return 2
    words = (str(int(options.minutes * 60)), str(options.seed or 0), str(_START / options.folder))
    return subprocess.call([sys.executable, "-m", "tests.fuzz.guided", *words])


def _again(folder: Path) -> int:
    tree = read(folder / "tree")
    base = read(folder / "base") if (folder / "base").is_dir() else tree
    with Desk() as desk:
        found = list(dict.fromkeys(judged(desk, Case(tree, base), random.Random(0), all_of_them=True)))
    for fault in found:
        print(f"{fault.property}: hullcheck {fault.command}\n    {fault.seen}")
    return 1 if found else 0


class Run:
    """One run of the fuzzer: cases until the time is over, and what they brought."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.seed = random.SystemRandom().randrange(1_000_000) if options.seed is None else options.seed
        self.rng = random.Random(self.seed)
        self.options = options
        self.seeds = tuple(seed for seed in seeds() if options.only in seed.name)
        self.own = tuple(seed for seed in self.seeds if seed.name.startswith("seeds/"))
        self.faults: dict[str, Path] = {}
        self.cases = 0
        self.begun = time.monotonic()

    def run(self) -> int:
        print(f"seed {self.seed}, {len(self.seeds)} repositories", file=sys.stderr)
        with Desk() as desk:
            last: list[Case] = []
            for case in self._rows() if self.options.odd else self._mutated():
                if time.monotonic() - self.begun > self.options.minutes * 60:
                    break
                number = self.rng.randrange(2**32)
                self.cases += 1
                found = {
                    fault.signature: fault
                    for fault in judged(desk, case, random.Random(number), all_of_them=self.options.all)
                }
                for signature, fault in found.items():
                    if signature not in self.faults and fault.property not in self.options.skip:
                        self._keep(desk, case, fault, number)
                self._progress()
                last.append(case)
                if len(last) == 200:
                    for differing, fault in hashes.differing([one.tree for one in last[-40:]]):
                        self._keep(desk, Case(differing, differing), fault, number)
                    last.clear()
        print(
            f"\r\x1b[K{self.cases} cases, {len(self.faults)} kinds of faults, {time.process_time():.0f} s of processor time",
            file=sys.stderr,
        )
        return 1 if self.faults else 0

    def _mutated(self) -> Iterator[Case]:
        while True:
            own = self.own and self.rng.random() < _OWN
            seed = self.rng.choice(self.own if own else self.seeds)
            yield Case(mutated(seed, seeds(), self.rng), seed.tree)

    def _rows(self) -> Iterator[Case]:
        """Odd values for all repositories by turns, the rich ones first."""
        left = [
            (seed, odd.rows(seed.tree, self.rng)) for seed in (*self.own, *(s for s in self.seeds if s not in self.own))
        ]
        while left:
            kept: list[tuple[Seed, Iterator[dict[str, bytes]]]] = []
            for seed, rows in left:
                tree = next(rows, None)
                if tree is not None:
                    kept.append((seed, rows))
                    yield Case(tree, seed.tree)
            left = kept

    def _keep(self, desk: Desk, case: Case, fault: Fault, number: int) -> None:
        """Make a case that fails small, write it down and say how to see it again."""
        folder = _START / self.options.folder / f"{fault.property.replace(' ', '-')}-{self.seed}-{self.cases}"
        small = case
        telling = [holds for holds, _ in PROPERTIES if holds.__name__ == fault.by]

        def fails(tried: Case) -> bool:
            return any(
                f.signature == fault.signature for holds in telling for f in holds(desk, tried, random.Random(number))
            )

        if fails(case):
            small = minimise.smaller(case, fails)
        write(small.tree, folder / "tree")
        write(small.base, folder / "base")
        self.faults[fault.signature] = folder
        files = {path: len(data) for path, data in small.tree.items()}
        print(
            f"\r\x1b[K{fault.property}: hullcheck {fault.command}\n    {fault.seen[:500]}\n    in {folder}: {files}\n"
            f"    again: python -m tests.fuzz --again {folder}",
            flush=True,
        )

    def _progress(self) -> None:
        if sys.stderr.isatty():
            gone = time.monotonic() - self.begun
            print(
                f"\r\x1b[K{gone:.0f} s  {self.cases} cases  {len(self.faults)} kinds of faults",
                end="",
                file=sys.stderr,
                flush=True,
            )


_START = Path.cwd()

if __name__ == "__main__":
    sys.exit(main())
