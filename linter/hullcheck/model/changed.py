"""What a change does that no single state shows, beside the paths and entrances of `model/network/parts.py`."""

from __future__ import annotations

from hullcheck.model.network.endpoint import Endpoint
from hullcheck.model.network.policy import Direction
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple


class FurtherOut(NamedTuple):
    """A workload that may connect to more than it could, beyond the workloads of the repository.

    `location` is the rule that lets it, `whom` and `connections` are words; `everybody` is true for all addresses, or
    all pods of the cluster. `certain` is false where not everything is known.
    """

    endpoint: Endpoint
    location: Location
    whom: str
    connections: str
    why: str
    everybody: bool = False
    certain: bool = True

    @property
    def owner(self) -> str:
        return self.endpoint.owner


class Doubtful(NamedTuple):
    """Workloads that a policy confined for certain, and of which that isn't known any more.

    `gone` are the policies that did, with their old places; `now` those that may.
    """

    endpoints: tuple[Endpoint, ...]
    direction: Direction
    gone: tuple[tuple[str, Location], ...]
    now: tuple[tuple[str, Location], ...] = ()

    @property
    def location(self) -> Location:
        return self.endpoints[0].location

    @property
    def owner(self) -> str:
        return self.endpoints[0].owner


class Relaxed(NamedTuple):
    """A namespace whose Pod Security level is lower than it was. `place` is the old label's."""

    namespace: str
    location: Location
    owner: str
    before: str
    after: str
    place: Location
