"""Helm charts rendered without Helm: bounded, without files, network or environment, each value with its place.

Importing this costs nothing; what renders is imported when the first chart is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from hullcheck.source import Source
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.node import Node
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
    values: "Sequence[Source | Node]" = (),
    sets: Sequence[str] = (),
    release: str = "release-name",
    namespace: str = "default",
    kube_version: str = "",
    api_versions: Sequence[str] = (),
    index: "Index | None" = None,
    lenient: bool = False,
    own_values: bool = True,
) -> "Rendered":
    """The objects of a chart as `helm template` prints them.

    `read` gives a file's bytes by its path, `list_files` the paths of all files below a folder: the chart's, and those
    of its dependencies at `file://..`; no other file is ever asked for. The rest is as in `install.Install`. `index` finds
    dependencies among the charts of the repository. `lenient`: what Helm refuses is unknown, and all that can be known of the rest is given.
    """
    from hullcheck.render.helm.install import Install
    from hullcheck.render.helm.rendering import render_chart

    install = Install(values, sets, release, namespace, kube_version, api_versions, own_values)
    return render_chart(chart_folder, read, list_files, install, index, lenient)
