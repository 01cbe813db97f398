"""A Dask cluster that is there already: one task a repository, and nothing shared with its workers but the results."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from itertools import islice
from threading import Lock

from hullcheck.errors import HullcheckError
from hullcheck.fleet.identity import identity
from hullcheck.fleet.judge import Outcome, Task, failed, judge
from hullcheck.typed import Any

WAIT = 20
"""Seconds that a scheduler may take to answer."""

AHEAD = 4
"""Tasks for each thread of the workers that the scheduler has at a time."""

_ASK = "__import__('hullcheck.fleet.identity', fromlist=['identity']).identity()"
"""What a worker is asked first; it is text, so that one without hullcheck can be asked, too."""

_GONE = "--scheduler: the scheduler is gone; once it is there again, the same command goes on where this one was"

_ONE = Lock()


def judge_there(task: Task) -> Outcome:
    """Judge on a worker, whose threads do so one after the other: nothing of ours is made for several at once."""
    with _ONE:
        return judge(task)


def outcomes(tasks: Iterable[Task], address: str, run: str) -> Iterator[Outcome]:
    """What becomes of each task, as it becomes known. Raises HullcheckError if the cluster can't judge.

    Where workers die over a repository, it is tried once more when nothing else is left, by itself: a neighbour of one
    that takes all memory isn't blamed for it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from asyncio import CancelledError
        from concurrent.futures import CancelledError as Cancelled

        import distributed

        dask: Any = distributed
        KilledWorker = dask.KilledWorker  # noqa: N806  it is a class
        try:
            client = dask.Client(address, timeout=WAIT, set_as_default=False, name="hullcheck-fleet")
        except (OSError, ValueError, TimeoutError) as error:
            why = str(error).partition("\n")[0]
            raise HullcheckError(f"--scheduler: no scheduler answers at {address}: {why}") from None
        try:
            threads = _checked(client)
            left, suspects = iter(tasks), list[Task]()
            waiting: dict[str, Task] = {}

            def submit(task: Task, number: int) -> Any:
                key = f"hullcheck-{run}-{task.repository.number}-{number}"
                waiting[key] = task
                return client.submit(judge_there, task, key=key, pure=False)

            first = [submit(task, 0) for task in islice(left, threads * AHEAD)]
            completed = dask.as_completed(first, loop=client.loop)
            for future in completed:
                task = waiting.pop(future.key)
                try:
                    done = future.result()
                except KilledWorker:
                    suspects.append(task)
                    done = None
                except (CancelledError, Cancelled):
                    raise HullcheckError(_GONE) from None
                except Exception as error:  # noqa: BLE001  whatever a cluster may say of a task
                    done = _lost(task, error)
                future.release()
                if done is not None:
                    yield done
                if (following := next(left, None)) is not None:
                    completed.add(submit(following, 0))
            for task in suspects:
                future = submit(task, 1)
                try:
                    yield future.result()
                except (CancelledError, Cancelled):
                    raise HullcheckError(_GONE) from None
                except Exception as error:  # noqa: BLE001
                    yield _lost(task, error)
                waiting.clear()
                future.release()
        finally:
            client.close()


def _lost(task: Task, error: Exception) -> Outcome:
    """A task that no worker brings to its end."""
    from distributed import KilledWorker

    if isinstance(error, ImportError):
        raise HullcheckError(f"--scheduler: a worker that joined doesn't have hullcheck[fleet]: {error}") from None
    if isinstance(error, KilledWorker):
        why = "each worker that judged it was ended: there wasn't enough memory for it, or somebody ended them"
    else:
        why = f"the cluster didn't judge it: {type(error).__name__}: {str(error).partition(chr(10))[0][:300]}"
    return Outcome(task.repository.number, failed(why))


def _checked(client: Any) -> int:
    """How many threads the workers have; HullcheckError if they don't all have this hullcheck."""
    client.wait_for_workers(1, timeout=WAIT)
    ours = identity()
    answers: dict[str, Any] = client.run(eval, _ASK, on_error="return")
    said = {worker: each for worker, each in answers.items() if not isinstance(each, OSError)}  # it dies just now
    without = sorted(worker for worker, answer in said.items() if not isinstance(answer, tuple))
    others = {worker: answer[0] for worker, answer in said.items() if isinstance(answer, tuple) and answer != ours}
    if without:
        raise HullcheckError(
            f"--scheduler: {len(without)} of {len(said)} workers don't have hullcheck[fleet], such as {without[0]}: install it there"
        )
    if others:
        worker, version = next(iter(others.items()))
        raise HullcheckError(
            f"--scheduler: {len(others)} of {len(said)} workers have another hullcheck than this one ({ours[0]}, "
            f"{ours[1][:8]}), such as {worker} ({version}, {said[worker][1][:8]}): install the same there"
        )
    workers: dict[str, Any] = client.scheduler_info(n_workers=-1)["workers"]
    return sum(int(worker["nthreads"]) for worker in workers.values()) or 1
