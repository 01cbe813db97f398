"""A whole run: each repository judged once, here or on a cluster, and what becomes of it kept as soon as it is known."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

from hullcheck.errors import HullcheckError
from hullcheck.fleet import clones
from hullcheck.fleet.dataset import Dataset, digest
from hullcheck.fleet.identity import identity
from hullcheck.fleet.judge import Known, Options, Outcome, Task
from hullcheck.fleet.repositories import Repository
from hullcheck.hashes import sha256
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any
from hullcheck.written import write


class Plan(NamedTuple):
    """What is asked for. `workers` are processes on this machine, each with `memory` bytes at most, 0 for any.

    With a `scheduler`, its cluster judges. `again` judges what is unchanged, too; SARIF goes to the folder `sarif`.
    """

    repositories: list[Repository]
    options: Options
    results: str
    kept: clones.Kept
    workers: int = 1
    memory: int = 0
    scheduler: str = ""
    sarif: str = ""
    again: bool = False


class Summary(NamedTuple):
    """What became of a run: how many repositories in each state, the exit code, and the errors of those that failed."""

    run: str
    states: Counter[str]
    exit_code: int
    findings: Counter[str]
    errors: tuple[tuple[str, str], ...]
    resumed: bool


Progress = Callable[[int, int, int], None]
"""Told how many are done, of how many, and how many of them failed."""

MOST_ERRORS = 20
"""Repositories that failed and are named at the end; the results have all."""

_SHOWN = tuple(name for name in ("critical", "high", "medium", "low", "info"))


def run(plan: Plan, progress: Progress) -> Summary:
    """Judge all. Raises HullcheckError if that can't be gone on with; what was judged by then is kept."""
    dataset = Dataset(plan.results, make=True)
    with dataset.alone():
        return _Run(plan, dataset).all(progress)


class _Run:
    def __init__(self, plan: Plan, dataset: Dataset) -> None:
        self._plan = plan
        self._dataset = dataset
        self._version, self._code = identity()
        self._by_number = {one.number: one for one in plan.repositories}
        self._run, self._started, self.resumed = dataset.begin(self._asked(), datetime.now(UTC))
        self._states, self._codes, self._findings = Counter[str](), Counter[int](), Counter[str]()
        self._errors: list[tuple[str, str]] = []

    def _asked(self) -> str:
        """A digest of what is asked: an interrupted run of the same goes on."""
        plan, asked = self._plan, sha256()
        asked.update(repr((self._code, plan.options.digest, plan.options.today, plan.again)).encode())
        for one in plan.repositories:
            asked.update(repr((one.name, one.shown, one.ref, one.team, one.labels)).encode("utf-8", "surrogateescape"))
        return str(asked.hexdigest())

    def all(self, progress: Progress) -> Summary:
        plan = self._plan
        done = self._dataset.done(self._run) if self.resumed else {}
        left = [one for one in plan.repositories if done.get(one.name, "failed") == "failed"]
        at, total = len(plan.repositories) - len(left), len(plan.repositories)
        for row in self._rows_before(done):
            self._count(row)
        progress(at, total, 0)
        for outcome in self._outcomes(left):
            if outcome.refused:
                raise HullcheckError(f"this can't be judged: {outcome.refused}")
            self._keep(outcome)
            at += 1
            progress(at, total, self._states["failed"])
        self._dataset.end(self._run)
        return self._summary()

    def _rows_before(self, done: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """What an interrupted run found out already."""
        if done:
            for row in self._dataset.rows(self._run):
                if row["state"] != "failed":
                    yield row

    def _outcomes(self, left: list[Repository]) -> Iterator[Outcome]:
        plan = self._plan
        if not left:
            return iter(())
        if plan.scheduler:
            from hullcheck.fleet import cluster

            return cluster.outcomes(self._tasks(left), plan.scheduler, self._run)
        from hullcheck.fleet import pool

        return pool.outcomes(self._tasks(left), min(plan.workers, len(left)), memory=plan.memory)

    def _tasks(self, left: list[Repository]) -> Iterator[Task]:
        plan = self._plan
        latest = {} if plan.again else self._dataset.latest((one.name for one in left), _KEPT)
        for one in left:
            row = latest.get(one.name)
            if plan.sarif and not os.path.exists(self._sarif(one)):
                row = None
            known = None
            if row is not None:
                known = Known(row["result"], row["since"], row["until"], row)
            yield self._task(one)._replace(known=known, sarif=bool(plan.sarif))

    def _task(self, one: Repository) -> Task:
        return Task(one, self._plan.options, self._code, self._plan.kept, run=self._run, started=self._started)

    def _keep(self, outcome: Outcome) -> None:
        one = self._by_number[outcome.number]
        row = self._task(one).row(outcome.row)
        if outcome.sarif:
            write(self._sarif(one), outcome.sarif)
        self._dataset.write(self._run, row, outcome.files)
        self._count(row)

    def _sarif(self, one: Repository) -> str:
        """A file for the repository's report: its name as far as it can be one, and a digest that makes it the only one."""
        words = re.sub(r"[^A-Za-z0-9._-]+", "-", one.name)[-80:].strip("-.")
        return os.path.join(self._plan.sarif, f"{words or 'repository'}-{digest(one.name)[:8]}.sarif")

    def _count(self, row: Mapping[str, Any]) -> None:
        self._states[row["state"]] += 1
        self._codes[row["exit_code"]] += 1
        for name in _SHOWN:
            self._findings[name] += row.get(name) or 0
        if row["state"] == "failed" and len(self._errors) < MOST_ERRORS:
            self._errors.append((row["repository"], row["error"]))

    def _summary(self) -> Summary:
        """As one run of `check` over all would end: what wasn't judged first, then what was found."""
        codes = self._codes
        if codes[2] or codes[4]:
            code = 4
        elif codes[1]:
            code = 1
        else:
            code = 0 if codes[0] else 3
        return Summary(self._run, self._states, code, self._findings, tuple(self._errors), self.resumed)


_KEPT = (
    "result", "exit_code", "files", "findings", *_SHOWN, "suppressed", "judged", "left_out", "not_judged", "since",
    "until",
)  # fmt: skip
"""Columns that an unchanged repository has as it had them."""
