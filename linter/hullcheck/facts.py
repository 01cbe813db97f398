"""Of which day the tables of facts are: when software stops getting fixes, what base images run as, what is retired.

`scripts/refresh_data.py` brings them up to date. What ages is only that something new isn't known.
"""

from __future__ import annotations

import os
from datetime import date
from functools import cache

from hullcheck.tables import table

MAX_DAYS = 180
"""The age from which on a run says so."""


@cache
def days() -> dict[str, date]:
    """The day of each table, by what it is about."""
    path = os.path.join(os.path.dirname(__file__), "data", "facts.json")
    return {name: date.fromisoformat(entry["date"]) for name, entry in table(path).items()}


def age(today: date) -> int:
    """How many days old the oldest table is."""
    return (today - min(days().values())).days


def described(today: date) -> str:
    """A line for each table, with its day and its age."""
    lines = [f"{name}: {day}, {_count((today - day).days)} old" for name, day in sorted(days().items())]
    return "\n".join(("facts are as known on these days:", *(f"  {line}" for line in lines)))


def warning(today: date) -> str:
    """What a run says where the facts are old; empty where they aren't."""
    found = age(today)
    if found <= MAX_DAYS:
        return ""
    return (
        f"what is known of images is {_count(found)} old: a newer hullcheck knows more of what has ended or is retired"
    )


def _count(number: int) -> str:
    return f"{number} day{'' if number == 1 else 's'}"
