"""Containers that share a life: a Compose service, or a Kubernetes object that makes pods."""

from __future__ import annotations

from hullcheck.model.container import Container
from hullcheck.source import Field, Location
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hullcheck.model.image import ImageUse


class Sysctl(NamedTuple):
    """A kernel parameter, by its name with dots."""

    name: str
    value: Field[str]
    location: Location


class Workload(NamedTuple):
    """What is deployed as one: its containers, and what they share.

    `kind` is "service" for Compose, else the Kubernetes kind. `namespace` is the one after rendering, empty where unset.
    `labels` are the pods', never the object's own. `scope` names the project, overlay, chart or folder it is part of.
    `complete` is false for a fragment, about which nothing can be called missing. Host namespaces are True where the
    host's are used. `part` is the dialect's own object (a Compose `Service`, a `PodObject`), for checks of one dialect.
    `images` are those that it mounts.
    """

    dialect: str
    owner: str
    kind: str
    name: str
    namespace: str
    location: Location
    containers: tuple[Container, ...]
    scope: str = ""
    complete: bool = True
    labels: dict[str, str] = {}  # noqa: RUF012  never changed
    windows: bool = False
    host_network: Field[bool] | None = None
    host_pid: Field[bool] | None = None
    host_ipc: Field[bool] | None = None
    host_uts: Field[bool] | None = None
    host_users: Field[bool] | None = None  # False: a user namespace of its own; Compose: True for `userns_mode: host`
    host_cgroup: Field[bool] | None = None
    host_process: Field[bool] | None = None
    sysctls: tuple[Sysctl, ...] = ()
    service_account: Field[str] | None = None
    automount_token: Field[bool] | None = None
    part: Any = None
    images: "tuple[ImageUse, ...]" = ()

    @property
    def described(self) -> str:
        """The workload as a message's subject."""
        name = self.name.partition("@")[0]  # behind it stands which of a template's objects it is
        return f"service `{name}`" if self.dialect == "compose" else f"{self.kind} `{name}`"

    @property
    def ends(self) -> bool:
        """Is it meant to run to an end, rather than to serve?"""
        return self.kind in ("Job", "CronJob", "ScaledJob")
