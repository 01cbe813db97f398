"""A chart's folder read and rendered: as Helm would, or as far as it goes."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterable

from hullcheck.model.coverage import Gap
from hullcheck.model.problem import Problem
from hullcheck.render.helm import limits
from hullcheck.render.helm.chart import Folder, Loader
from hullcheck.render.helm.errors import LimitError
from hullcheck.render.helm.index import Index
from hullcheck.render.helm.install import Install
from hullcheck.render.helm.release import Job, Rendered
from hullcheck.source import Source

RECURSION = 6_000
"""Calls inside one another: templates include each other up to a hundred deep, each of them some blocks deep."""


def render_chart(
    folder: str,
    read: Callable[[str], bytes | None],
    list_files: Callable[[str], Iterable[str]],
    install: Install = Install(),  # noqa: B008  a constant
    index: Index | None = None,
    lenient: bool = False,
) -> Rendered:
    """Render the chart in a folder."""
    limits.start()
    # Trees, closures and values are made by the hundred thousand, and none of them is garbage before the end.
    collects, recursion = gc.isenabled(), sys.getrecursionlimit()
    gc.disable()
    sys.setrecursionlimit(max(recursion, RECURSION))
    try:
        return _render_chart(folder, read, list_files, install, index, lenient)
    finally:
        sys.setrecursionlimit(recursion)
        if collects:
            gc.enable()


def _render_chart(
    folder: str,
    read: Callable[[str], bytes | None],
    list_files: Callable[[str], Iterable[str]],
    install: Install,
    index: Index | None,
    lenient: bool,
) -> Rendered:
    prefix = f"{folder}/" if folder else ""
    names = [path[len(prefix) :] for path in list_files(folder) if path.startswith(prefix)]
    loader = Loader(lambda path: _outside(path, read, list_files), index, lenient)
    files = Folder(folder, names, lambda name: read(prefix + name))
    try:
        chart = loader.load(files)
    except (LimitError, RecursionError) as error:
        chart = None
        place = Source(f"{prefix}Chart.yaml", read(f"{prefix}Chart.yaml") or b"").at(0)
        message = f"the chart can't be rendered: {error}"
        loader.problems = [Problem("not-analysed", message, place, gap=Gap("limit", "chart", str(error)))]
    if lenient:
        from hullcheck.render.helm.judged import JudgedJob, literally

        if chart is None:
            return literally(files, loader.problems)
        limits.start(loader.length)
        return JudgedJob(chart, loader.problems).run(install)
    if chart is None:
        return Rendered([], loader.problems, 0, 0)
    return Job(chart, loader.problems).run(install)


def _outside(
    path: str, read: Callable[[str], bytes | None], list_files: Callable[[str], Iterable[str]]
) -> Folder | None:
    """Another chart's folder, without the files that it ignores itself."""
    prefix = "" if path == "." else f"{path}/"
    names = [each[len(prefix) :] for each in list_files(path if prefix else "") if each.startswith(prefix)]
    if "Chart.yaml" not in names:
        return None
    return Folder(prefix[:-1], names, lambda name: read(prefix + name)).without_ignored()
