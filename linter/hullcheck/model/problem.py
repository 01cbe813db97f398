"""What a file says wrongly, found while reading it."""

from __future__ import annotations

from hullcheck import look
from hullcheck.budget import CAUSE, OutOfTimeError
from hullcheck.errors import HullcheckError, NotNarrowError, described
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


def fault(error: Exception, place: Location, what: str, owner: str = "") -> Problem:
    """That a fault of our own ended the work on something; `what` it is, in words. All else is judged.

    What is no fault, but an answer or the end of what a run may use, is raised again.
    """
    if isinstance(error, (HullcheckError, NotNarrowError, MemoryError)):
        raise error
    because = described(error, str(error))
    look.spoil(because)
    message = f"{what} isn't judged in full, by a fault of hullcheck's own: {because}"
    return Problem("check-failed", message, place, owner, Gap("check-failed", what, because))
