"""How a chart is installed."""

from __future__ import annotations

from collections.abc import Sequence

from hullcheck.source import Source
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.node import Node


class Install(NamedTuple):
    """How a chart is installed: `values` are files or nodes, later ones over earlier ones; `sets` are `a.b=c`, over all.

    `api_versions` are those that the cluster has besides Kubernetes' own. `own_values`: the chart's own hold below them.
    """

    values: "Sequence[Source | Node]" = ()
    sets: Sequence[str] = ()
    release: str = "release-name"
    namespace: str = "default"
    kube_version: str = ""
    api_versions: Sequence[str] = ()
    own_values: bool = True
