"""Processes of our own on this machine, each with one repository at a time: one that dies takes only that with it.

They are interpreters of their own, started anew and not forked: nothing of this process has to survive that, and no
program that embeds us is run a second time.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection, wait

from hullcheck.deferred import imported
from hullcheck.fleet.judge import Outcome, Task, failed
from hullcheck.typed import Any

_DIES = 3
"""Processes that may die before they were ever ready, one after the other, until it is given up."""

JUDGE = "hullcheck.fleet.judge:judge"
_START = "import sys; sys.path[:] = {path!r}; from hullcheck.fleet.pool import serve; serve({descriptor}, {memory}, {work!r})"


class Worker:
    """A process that judges what it is sent."""

    def __init__(self, memory: int, work: str) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            path = [os.path.abspath(each) for each in sys.path if each]
            code = _START.format(path=path, descriptor=theirs.fileno(), memory=memory, work=work)
            options = ("-I", *(("-B",) if sys.dont_write_bytecode else ()))
            self.process = subprocess.Popen(
                [sys.executable, *options, "-c", code], pass_fds=(theirs.fileno(),), stdin=subprocess.DEVNULL
            )
        self.pipe = Connection(ours.detach())
        self.task: Task | None = None
        self.ready = False

    def give(self, task: Task) -> None:
        self.task = task
        with suppress(OSError):  # it died just now: that is noticed where it is waited for
            self.pipe.send(task)

    def received(self) -> Outcome | None:
        """What the process says; None if that is only that it is there. EOFError if it is dead."""
        try:
            said: Outcome | None = self.pipe.recv()
        except OSError:
            raise EOFError from None
        self.ready = True
        return said

    def end(self) -> None:
        """Let the process end, by force if it doesn't."""
        self.pipe.close()
        try:
            self.process.wait(2)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @property
    def death(self) -> str:
        """How it ended."""
        code = self.process.wait()
        if code >= 0:
            return f"the process that judged it ended with {code}"
        name = signal.Signals(-code).name if -code in set(signal.Signals) else str(-code)
        memory = ": there wasn't enough memory for it, or somebody ended it" if name == "SIGKILL" else ""
        return f"the process that judged it was ended by {name}{memory}"


def serve(descriptor: int, memory: int, work: str) -> None:
    """Judge what comes through a socket until nothing does; the life of a worker. `work` is `MODULE:FUNCTION`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started us says when we end
    pipe = Connection(descriptor)
    module, _, name = work.partition(":")
    judge = getattr(imported(module), name)
    if memory:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    pipe.send(None)
    while True:
        try:
            task = pipe.recv()
        except (EOFError, OSError):
            return
        outcome = judge(task)
        try:
            pipe.send(outcome)
        except MemoryError:
            pipe.send(Outcome(task.repository.number, failed("there isn't enough memory for all of this")))


def outcomes(tasks: Iterable[Task], workers: int, *, memory: int = 0, work: str = JUDGE) -> Iterator[Outcome]:
    """What becomes of each task, as it becomes known. `memory` bounds the bytes of each process, 0 for any."""
    left = iter(tasks)
    pool: dict[Any, Worker] = {}
    deaths = 0

    def start(task: Task) -> None:
        worker = Worker(memory, work)
        pool[worker.pipe] = worker
        worker.give(task)

    try:
        task = next(left, None)
        while task is not None and len(pool) < workers:
            start(task)
            task = next(left, None)
        while pool:
            for pipe in wait(list(pool)):
                worker = pool[pipe]
                assert worker.task is not None
                number = worker.task.repository.number
                try:
                    done = worker.received()
                except EOFError:
                    del pool[pipe]
                    deaths = 0 if worker.ready else deaths + 1
                    why = worker.death
                    worker.end()
                    refused = f"no process can be started here: {why}" if deaths >= _DIES else ""
                    yield Outcome(number, failed(why), refused=refused)
                    if task is not None:
                        start(task)
                        task = next(left, None)
                    continue
                if done is None:
                    continue
                yield done
                if task is not None:
                    worker.give(task)
                    task = next(left, None)
                else:
                    del pool[pipe]
                    worker.end()
    finally:
        for worker in pool.values():
            worker.process.kill()
            worker.end()


def cores() -> int:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1
