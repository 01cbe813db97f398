"""What the run was asked for, as far as a check may need to know it."""

from __future__ import annotations

from datetime import date

from hullcheck.source import Location, Source
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any


class Given(NamedTuple):
    """What is said to whatever renders: charts' files of `values` and `sets` over them, and Compose's variables.

    `kube_version` and `api_versions` are what charts are told of the cluster, besides what is usual. `profiles` are those
    of Compose that are active, None for all.
    """

    values: tuple[Source, ...] = ()
    sets: tuple[str, ...] = ()
    env: dict[str, str] = {}  # noqa: RUF012  never changed
    kube_version: str = ""
    api_versions: tuple[str, ...] = ()
    profiles: tuple[str, ...] | None = None


class HelmValues(NamedTuple):
    """What the configuration says of a chart: each of `values` are files that it is rendered with once."""

    values: tuple[tuple[str, ...], ...] = ()
    sets: tuple[str, ...] = ()
    kube_version: str = ""
    api_versions: tuple[str, ...] = ()


class Settings(NamedTuple):
    """`today` is the day to judge dates by.

    `selected` are the names of the checks that run. `grouped` are the items that `hardening-missing` reports together:
    none under `--profile strict`, never one that was selected or ignored by its own name or a peer's id.
    `trusted_registries` and `trusted_images` are patterns with `*`; empty means that nothing was configured.
    `policies_elsewhere` says that network policies are kept in another repository. `pod_security` is the level that
    `--pod-security` asks for, or empty; `pod_security_version` a Kubernetes version such as "1.31", or "latest".
    `named` and `ignored` are the checks that were selected or ignored by a name, a concern or a peer's id.
    `network_deny` and `network_allow` are the configuration's assertions; `datastores` more names of images that hold
    data. `validate` is the Kubernetes version whose API manifests are held against, such as "1.31", or "latest"; empty if
    they aren't. `compose_projects` are the Compose projects that the configuration lists. `places` are those of entries of
    the configuration that are judged themselves, by their dotted key, with its own under the empty one. `given`
    is what charts and Compose projects are rendered with, `helm` what the configuration says of charts, by folder.
    """

    today: date
    selected: frozenset[str] = frozenset()
    grouped: frozenset[str] = frozenset()
    strict: bool = False
    trusted_registries: tuple[str, ...] = ()
    trusted_images: tuple[str, ...] = ()
    policies_elsewhere: bool = False
    pod_security: str = ""
    pod_security_version: str = "latest"
    network_deny: tuple[dict[str, str], ...] = ()
    network_allow: tuple[dict[str, str], ...] = ()
    datastores: tuple[str, ...] = ()
    named: frozenset[str] = frozenset()
    ignored: frozenset[str] = frozenset()
    validate: str = ""
    compose_projects: tuple[Any, ...] = ()
    places: dict[str, Location] = {}  # noqa: RUF012  never changed
    given: Given = Given()
    helm: dict[str, HelmValues] = {}  # noqa: RUF012  never changed

    def told_together(self, item: str) -> bool:
        """Is this item of missing hardening told by `hardening-missing`, rather than by itself or not at all?"""
        return not self.strict and item not in self.named and item not in self.ignored

    def told_alone(self, item: str) -> bool:
        """Is it told by its own check, one finding for each container?"""
        return item in self.selected and not (self.told_together(item) and "hardening-missing" in self.selected)
