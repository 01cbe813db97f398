"""What a file says wrongly, found while reading it."""

from __future__ import annotations

from hullcheck.budget import CAUSE, OutOfTimeError
from hullcheck.model.coverage import Gap
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple


class Problem(NamedTuple):
    """`name` is the check of the `run` concern that reports it: `parse-error`, `invalid-object`, `not-analysed`...

    `gap` says that something couldn't be judged because of it.
    """

    name: str
    message: str
    location: Location
    owner: str = ""
    gap: Gap | None = None


def late(error: OutOfTimeError, place: Location, what: str, owner: str = "") -> Problem:
    """That something took too long; `what` it is, in words. Once the run's time is up, one thing is told to have used it.

    Everything behind that one isn't judged, and is no fault of its own.
    """
    if error.told():
        because = "the run's time was used up before"
        return Problem("not-analysed", f"{what}: {because}", place, owner, Gap(CAUSE, what, because))
    return Problem(CAUSE, f"{what} isn't judged in full: {error}", place, owner, Gap(CAUSE, what, str(error)))
