"""What a file says wrongly, found while reading it."""

from typing import NamedTuple

from hullcheck.source import Location


class Problem(NamedTuple):
    """`name` is the check of the `run` concern that reports it: `parse-error`, `invalid-object`, `not-analysed`..."""

    name: str
    message: str
    location: Location
    owner: str = ""
