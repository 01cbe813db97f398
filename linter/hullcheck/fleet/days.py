"""A day that remembers which other days it was compared with: until when what was found is found again."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta

from hullcheck.typed import Any

_ONE = timedelta(days=1)


class Day(date):
    """The day that dates are judged by. `since` and `until` bound the days on which every answer would be the same.

    Both are days on which it still is; None if nothing bounds it there.
    """

    since: date | None = None
    until: date | None = None

    def asked(self, boundary: date) -> None:
        """Note that answers differ before `boundary` and from it on."""
        if boundary <= _plain(self):
            self.since = boundary if self.since is None else max(self.since, boundary)
        else:
            last = boundary - _ONE
            self.until = last if self.until is None else min(self.until, last)

    def only_today(self) -> None:
        """Note that the answer may be another on any other day."""
        self.asked(_plain(self))
        if _plain(self) < date.max:
            self.asked(_plain(self) + _ONE)

    def _with(self, other: date) -> date:
        """Note a comparison, which turns out otherwise on the other's day, or on the one after it."""
        other = _plain(other)
        self.asked(other)
        if other < date.max:
            self.asked(other + _ONE)
        return other

    def __eq__(self, other: object) -> bool:
        return _plain(self) == (self._with(other) if isinstance(other, date) else other)

    def __lt__(self, other: date) -> bool:
        return _plain(self) < self._with(other)

    def __le__(self, other: date) -> bool:
        return _plain(self) <= self._with(other)

    def __gt__(self, other: date) -> bool:
        return _plain(self) > self._with(other)

    def __ge__(self, other: date) -> bool:
        return _plain(self) >= self._with(other)

    def __hash__(self) -> int:
        self.only_today()
        return hash(_plain(self))

    def __sub__(self, other: Any) -> Any:
        if isinstance(other, timedelta):
            self.only_today()
            return _plain(self) - other
        return Span(self, other, 1)

    def __rsub__(self, other: date) -> Any:
        return Span(self, other, -1)

    def __add__(self, other: timedelta) -> Any:
        self.only_today()
        return _plain(self) + other

    def __format__(self, form: str) -> str:
        self.only_today()
        return format(_plain(self), form)

    def __str__(self) -> str:
        self.only_today()
        return str(_plain(self))

    def isoformat(self) -> str:
        self.only_today()
        return _plain(self).isoformat()


class Span:
    """The time between a `Day` and another date, `sign` 1 if it runs from the other to the day."""

    def __init__(self, day: Day, other: date, sign: int) -> None:
        self._day, self._other, self._sign = day, _plain(other), sign
        self._length = (_plain(day) - self._other) * sign

    def _with(self, length: timedelta) -> timedelta:
        """Note a comparison with a length: it turns out otherwise where the day is as far from the other date."""
        with suppress(OverflowError):  # so far away that no day is
            self._day._with(self._other + length * self._sign)
        return length

    def __lt__(self, length: timedelta) -> bool:
        return self._length < self._with(length)

    def __le__(self, length: timedelta) -> bool:
        return self._length <= self._with(length)

    def __gt__(self, length: timedelta) -> bool:
        return self._length > self._with(length)

    def __ge__(self, length: timedelta) -> bool:
        return self._length >= self._with(length)

    def __getattr__(self, name: str) -> Any:
        self._day.only_today()
        return getattr(self._length, name)


def _plain(day: date) -> date:
    return date(day.year, day.month, day.day) if isinstance(day, Day) else day
