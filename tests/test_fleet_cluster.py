"""`--scheduler`: on a real cluster of several processes, nothing is lost and nothing is there twice, whoever dies."""

import os
import re
import signal
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fleets import LARGE, Fleet, bare, many, states
from hullcheck.fleet import cluster
from hullcheck.fleet.clones import Kept
from hullcheck.fleet.identity import identity
from hullcheck.fleet.judge import Options, Task
from hullcheck.fleet.repositories import repositories

pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="clones are kept on POSIX systems only"),
    pytest.mark.filterwarnings("ignore"),
]

MEMORY = 450_000_000


@pytest.fixture(scope="module")
def workers() -> Iterator[Any]:
    """A scheduler and three worker processes, each with little memory, on loopback."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import dask
        from distributed import LocalCluster

        settings = {
            "distributed.scheduler.allowed-failures": 0, "distributed.worker.memory.target": False,
            "distributed.worker.memory.spill": False, "distributed.worker.memory.pause": False,
            "distributed.worker.daemon": True,
        }  # fmt: skip
        os.environ["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
        with dask.config.set(settings), LocalCluster(
            n_workers=3, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None,
            memory_limit=MEMORY, silence_logs=60,
        ) as made:  # fmt: skip
            yield made


@pytest.fixture
def fleet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Fleet:
    return Fleet(tmp_path, capsys)


def _processes(made: Any) -> list[int]:
    from distributed import Client

    with Client(made.scheduler_address, set_as_default=False) as client:
        return list(client.run(os.getpid).values())


def test_one_worker_killed_and_one_repository_too_large(
    fleet: Fleet, tmp_path: Path, workers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(tmp_path / "all", 24)
    bare(tmp_path / "all/large.git", {"pod.yaml": LARGE})
    killed, seen = [], []
    judged = cluster.outcomes

    def watched(*arguments: Any) -> Iterator[Any]:
        for outcome in judged(*arguments):
            seen.append(outcome.number)
            if len(seen) == 4:
                killed.append(_processes(workers)[0])
                os.kill(killed[0], signal.SIGKILL)
            yield outcome

    monkeypatch.setattr(cluster, "outcomes", watched)
    done = fleet.run(tmp_path / "all", "--scheduler", workers.scheduler_address)
    assert killed
    assert done.code == 4, done.error
    assert sorted(seen) == list(range(25))
    rows = fleet.rows("runs")
    assert states(rows) == [("large.git", "failed"), *((f"r{at:03}.git", "judged") for at in range(24))]
    assert "enough memory" in fleet.last()["large.git"]["error"]
    found = [(row["repository"], row["check"]) for row in fleet.rows("findings") if row["check"] == "root-user"]
    assert len(found) == len(set(found)) == 16

    again = fleet.run(tmp_path / "all", "--scheduler", workers.scheduler_address, "--memory-limit", 1)
    assert "24 unchanged, 1 failed" in again.out
    assert len([row for row in fleet.rows("findings") if row["check"] == "root-user"]) == 16


def test_no_scheduler_is_told(fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "WAIT", 1)
    bare(tmp_path / "a.git", {"README": "x"})
    done = fleet.run(tmp_path / "a.git", "--scheduler", "tcp://127.0.0.1:9")
    assert (done.code, "no scheduler answers at tcp://127.0.0.1:9" in done.error) == (2, True), done.error
    assert fleet.run(tmp_path / "a.git", "--scheduler", "nonsense://x").code == 2


def test_workers_of_another_hullcheck_are_refused(
    fleet: Fleet, tmp_path: Path, workers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare(tmp_path / "a.git", {"README": "x"})
    monkeypatch.setattr(cluster, "identity", lambda: ("9.9", "0" * 32))
    done = fleet.run(tmp_path / "a.git", "--scheduler", workers.scheduler_address)
    assert done.code == 2
    assert re.search(r"(\d) of \1 workers have another hullcheck than this one \(9\.9, 00000000\)", done.error)


def test_workers_without_hullcheck_are_refused(
    fleet: Fleet, tmp_path: Path, workers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare(tmp_path / "a.git", {"README": "x"})
    monkeypatch.setattr(cluster, "_ASK", "__import__('hullcheck_that_is_not_there')")
    done = fleet.run(tmp_path / "a.git", "--scheduler", workers.scheduler_address)
    assert done.code == 2
    assert re.search(r"(\d) of \1 workers don't have hullcheck\[fleet\]", done.error), done.error


def test_a_worker_that_joins_later_with_another_hullcheck_judges_nothing(tmp_path: Path, workers: Any) -> None:
    (one,) = repositories([str(bare(tmp_path / "a.git", {"README": "x"}))], [])
    task = Task(one, Options("2026-11-24"), "0" * 32, Kept(str(tmp_path / "clones")))
    assert identity()[1] != task.code
    (outcome,) = cluster.outcomes([task], workers.scheduler_address, "x")
    assert "another hullcheck" in outcome.refused
