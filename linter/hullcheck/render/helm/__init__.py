"""Helm charts rendered without Helm: bounded, without files, network or environment, each value with its place.

Importing this costs nothing; what renders is imported when the first chart is.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from hullcheck.source import Source

if TYPE_CHECKING:
    from hullcheck.render.helm.index import Index
    from hullcheck.render.helm.release import Rendered


def charts(paths: Iterable[str]) -> list[str]:
    """The folders of the charts among these files; those that lie inside another chart belong to it."""
    folders = sorted(path[: -len("/Chart.yaml")] for path in paths if path.endswith("/Chart.yaml"))
    if any(path == "Chart.yaml" for path in paths):
        folders.insert(0, "")
    found: list[str] = []
    for folder in folders:
        if not any(folder.startswith(f"{other}/charts/" if other else "charts/") for other in found):
            found.append(folder)
    return found


def render(
    chart_folder: str,
    read: Callable[[str], bytes | None],
    list_files: Callable[[str], Iterable[str]],
    values: Sequence[Source] = (),
    sets: Sequence[str] = (),
    release: str = "release-name",
    namespace: str = "default",
    kube_version: str = "",
    index: "Index | None" = None,
    lenient: bool = False,
    api_versions: Sequence[str] = (),
) -> "Rendered":
    """The objects of a chart as `helm template` prints them.

    `read` gives a file's bytes by its path, `list_files` the paths of all files below a folder: the chart's, and those
    of its dependencies at `file://..`; no other file is ever asked for. `values` are value files, later ones over earlier ones; `sets` are `a.b=c`, over them all. `index` finds dependencies among the charts of the
    repository. `kube_version` is the cluster's, empty for what Helm
    assumes; `api_versions` are those that the cluster has besides Helm's own. `lenient`: what Helm refuses is unknown, and all that can be known of the rest is given.
    """
    from hullcheck.render.helm.release import render_chart

    cluster = (kube_version, api_versions)
    return render_chart(chart_folder, read, list_files, values, sets, release, namespace, *cluster, index, lenient)
