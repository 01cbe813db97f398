"""Names that lead nowhere: a Service without pods, a key that no ConfigMap has, an `images:` entry for no image."""

from __future__ import annotations

from hullcheck.source import Location, Related
from hullcheck.tuples import NamedTuple


class Dangling(NamedTuple):
    """A reference to something that isn't there.

    `kind` is "service", "port", "ingress", "autoscaler", "config", "key", "account", "headless" or "image". `what` says
    in a sentence's words what is missing. `near` is what was probably meant, `elsewhere` the path where it is, though
    not among what is applied together. `made_by_others` is true if something here may make it in the cluster.
    """

    kind: str
    owner: str
    location: Location
    what: str
    evidence: tuple[str, ...]
    near: str = ""
    elsewhere: str = ""
    made_by_others: bool = False
    related: tuple[Related, ...] = ()

    @property
    def message(self) -> str:
        """What is missing, with what was probably meant or where it is."""
        near = f"; {self.near}" if self.near else ""
        return f"{self.what}{near}{f'; there is one in {self.elsewhere}, which is applied apart' if self.elsewhere else ''}"

    @property
    def doubtful(self) -> bool:
        """May it be there all the same, made by something else?"""
        return self.made_by_others or bool(self.elsewhere)


class Repeated(NamedTuple):
    """An object that is there twice in what is applied together; the later one counts. `equal` if both say the same."""

    owner: str
    location: Location
    first: Location
    equal: bool


class Unselected(NamedTuple):
    """A workload whose selector doesn't select its own pods. `selector` is empty where there is none at all."""

    owner: str
    location: Location
    described: str
    selector: str
    labels: Location
