"""How long a run may take, and one thing in it: asked for in every loop that input can make long.

No thread and no signal is needed for that, so a run can be part of any program: what goes on for long calls `tick()`,
which raises OutOfTimeError once the time is up. Who works on a thing that can be left out (a file, an overlay, a check
of one part) does so within `thing()`, and turns the error into a problem that says what ate the time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar

from hullcheck import look
from hullcheck.typed import TypeVar

RUN = 600.0
"""Seconds that a run may take unless it is told otherwise; the largest repositories take one of them."""

THING = 60.0
"""Seconds that one thing in it may take."""

CAUSE = "time-limit"
"""The check that reports it, and the cause of what isn't judged for it."""

_T = TypeVar("_T")


class OutOfTimeError(BaseException):
    """The time is up: the run's as a `whole`, or that of one thing in it; `seconds` were allowed.

    It is no Exception: what makes a problem of any fault must let it through.
    """

    def __init__(self, seconds: float, *, whole: bool) -> None:
        limit = "run's time limit" if whole else "time limit for one file"
        super().__init__(f"the {limit} of {seconds:g} s is used up")
        self.whole = whole

    def told(self) -> bool:
        """Has it been said already what the run's time was used up by? From now on it has."""
        clock = _CLOCK.get()
        if not self.whole or clock is None:
            return False
        told, clock.told = clock.told, True
        return told


def used_up() -> str:
    """Why something was left out for want of time, empty if nothing was."""
    clock = _CLOCK.get()
    return clock.used_up if clock is not None else ""


class _Clock:
    def __init__(self, run: float, thing: float, now: Callable[[], float]) -> None:
        self.now = now
        self.run, self.thing = run, thing
        self.end = now() + run if run else float("inf")
        self.until = self.end
        self.told = False
        self.used_up = ""

    def error(self) -> OutOfTimeError:
        whole = self.until == self.end
        error = OutOfTimeError(self.run if whole else self.thing, whole=whole)
        self.used_up = self.used_up or str(error)
        look.spoil(self.used_up)
        return error


_CLOCK: ContextVar[_Clock | None] = ContextVar("clock", default=None)


class limited:  # noqa: N801  it is used as a function
    """What is done within takes so many seconds at most, by the clock `now`; 0 means any number: used with `with`."""

    def __init__(self, run: float = RUN, thing: float = THING, now: Callable[[], float] = time.monotonic) -> None:
        self._limits = run, thing, now

    def __enter__(self) -> None:
        self._token = _CLOCK.set(_Clock(*self._limits))

    def __exit__(self, *_: object) -> None:
        _CLOCK.reset(self._token)


def tick() -> None:
    """Raise OutOfTimeError if the time is up."""
    clock = _CLOCK.get()
    if clock is not None and clock.now() > clock.until:
        raise clock.error()


def ticking(items: Iterable[_T], every: int = 64) -> Iterator[_T]:
    """The items, with a tick now and then."""
    for number, item in enumerate(items):
        if not number % every:
            tick()
        yield item


class Thing:
    """What can be left out if it takes too long: used with `with`, also within another."""

    def __enter__(self) -> None:
        self.clock = _CLOCK.get()
        if self.clock is not None:
            self.before = self.clock.until
            if self.clock.thing:
                self.clock.until = min(self.before, self.clock.now() + self.clock.thing)

    def again(self) -> None:
        """From here on it is another thing, of the same kind."""
        clock = self.clock
        if clock is not None and clock.thing:
            until = clock.now() + clock.thing
            clock.until = self.before
            if until < self.before:
                clock.until = until

    def __exit__(self, *raised: object) -> bool | None:
        if self.clock is not None:
            self.clock.until = self.before
        return None


def left() -> tuple[float, float]:
    """What is left for a part of the run that is done in another process: to be given to `limited` there."""
    clock = _CLOCK.get()
    if clock is None:
        return 0, 0
    return (max(clock.end - clock.now(), 0.001) if clock.run else 0), clock.thing
