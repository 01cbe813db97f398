"""One thread that judges, while the editor goes on talking: sessions are no business of two threads at once."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable

from hullcheck.typed import Any, TypeVar

T = TypeVar("T")


class Worker:
    """Does what it is given, one after the other. It doesn't keep the process alive."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._jobs: queue.SimpleQueue[tuple[asyncio.Future[Any], Callable[..., Any], tuple[Any, ...]] | None] = (
            queue.SimpleQueue()
        )
        self._thread = threading.Thread(target=self._work, name="judge", daemon=True)
        self._thread.start()

    def run(self, function: Callable[..., T], *arguments: object) -> "asyncio.Future[T]":
        """What the function comes to, once those before are done; who no longer waits for it cancels that."""
        future: asyncio.Future[T] = self._loop.create_future()
        self._jobs.put((future, function, arguments))
        return future

    def end(self) -> None:
        self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            future, function, arguments = job
            if future.cancelled():
                continue
            try:
                outcome: Any = function(*arguments)
                failed = False
            except BaseException as error:  # noqa: BLE001  it is told to who waits
                outcome, failed = error, True
            try:
                self._loop.call_soon_threadsafe(_settle, future, outcome, failed)
            except RuntimeError:  # the loop is closed: nobody waits any more
                return


def _settle(future: "asyncio.Future[Any]", outcome: Any, failed: bool) -> None:
    if future.done():
        return
    if not failed:
        future.set_result(outcome)
    elif isinstance(outcome, Exception) and not isinstance(outcome, StopIteration):
        future.set_exception(outcome)
    else:
        future.set_exception(RuntimeError(str(outcome) or type(outcome).__name__))
