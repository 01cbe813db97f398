"""How many of a workload there are, what scales it, and what may take its pods away."""

from __future__ import annotations

from hullcheck.model.kubernetes import KubernetesObject
from hullcheck.model.workload import Workload
from hullcheck.source import Field, Location
from hullcheck.tuples import NamedTuple


class Autoscaler(NamedTuple):
    """A HorizontalPodAutoscaler, or what does the same; `minimum` and `maximum` are numbers of pods."""

    object: KubernetesObject
    minimum: Field[int]
    maximum: Field[int]

    @property
    def location(self) -> Location:
        return self.object.location

    @property
    def owner(self) -> str:
        return self.object.owner


class Availability(NamedTuple):
    """A workload with what keeps it available.

    `replicas` is the written number. `served` is the place of a Service that selects it. `budgeted` is true if a
    PodDisruptionBudget may select it. `strategy` is the update strategy's type. `spread` is true if something asks for
    its pods to be on several nodes. `claims` is true if it mounts a PersistentVolumeClaim.
    """

    workload: Workload
    replicas: Field[int]
    served: Location | None
    autoscaler: Autoscaler | None
    budgeted: bool
    strategy: Field[str]
    spread: bool
    claims: bool

    @property
    def location(self) -> Location:
        return self.workload.location

    @property
    def owner(self) -> str:
        return self.workload.owner

    @property
    def several(self) -> bool:
        """Are there at least two pods of it, for certain?"""
        least = self.autoscaler.minimum.value if self.autoscaler else self.replicas.value
        return least is not None and least > 1


class Budget(NamedTuple):
    """A PodDisruptionBudget with the workloads that it selects. The amounts are as written: `1` or `50%`."""

    object: KubernetesObject
    min_available: Field[str]
    max_unavailable: Field[str]
    eviction_policy: Field[str]
    workloads: tuple[Availability, ...]

    @property
    def location(self) -> Location:
        return self.object.location

    @property
    def owner(self) -> str:
        return self.object.owner
