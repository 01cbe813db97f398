"""What a file says wrongly, found while reading it."""

from typing import NamedTuple

from hullcheck.model.coverage import Gap
from hullcheck.source import Location


class Problem(NamedTuple):
    """`name` is the check of the `run` concern that reports it: `parse-error`, `invalid-object`, `not-analysed`...

    `gap` says that something couldn't be judged because of it.
    """

    name: str
    message: str
    location: Location
    owner: str = ""
    gap: Gap | None = None
