"""Charts as somebody installs them: with the values files beside them, and those that the configuration names."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping

from hullcheck.model.coverage import Gap
from hullcheck.model.node import Node
from hullcheck.model.problem import Problem
from hullcheck.model.settings import Given, HelmValues
from hullcheck.patterns import pattern
from hullcheck.source import Source
from hullcheck.tuples import NamedTuple

MAX_VARIANTS = 30
"""Values files of one chart that it is rendered with, besides those that the configuration names."""

_BESIDE = pattern(r"values[-._][^/]{1,200}\.ya?ml|ci/[^/]{0,200}values\.ya?ml|values/[^/]{1,200}\.ya?ml")
"""Beside a chart: values for an environment, and those that Helm's chart-testing installs it with (its `ci` folder)."""

_FOLDERS = ("ci", "values")

NOT_THERE = "the values aren't there"


class Release(NamedTuple):
    """A chart as it is installed once.

    `chart` is its folder; `label` what tells it from the chart with its own values alone, and is empty for that.
    `values` are files, or values that an object gives, later ones over earlier ones, `sets` over them all.
    `unsure` says why what is installed can't be known in full. The chart's own values hold below them, if `own_values`.
    `post` are the post-renderers that change what it makes.
    """

    chart: str
    label: str = ""
    values: tuple[Source | Node, ...] = ()
    sets: tuple[str, ...] = ()
    name: str = "release-name"
    namespace: str = "default"
    kube_version: str = ""
    api_versions: tuple[str, ...] = ()
    unsure: str = ""
    own_values: bool = True
    post: tuple[Node, ...] = ()

    @property
    def world(self) -> str:
        """What the world that it makes is called."""
        folder = self.chart or "."
        return f"{folder} + {self.label}" if self.label else folder


class Releases:
    """The releases of the charts of a repository; what can't be had becomes one of the `problems`."""

    def __init__(
        self,
        paths: Iterable[str],
        read: Callable[[str], bytes | None],
        given: Given,
        configured: Mapping[str, HelmValues] | None = None,
    ) -> None:
        self._beside: dict[str, list[str]] = {}
        for path in sorted(paths):
            folder, _, name = path.rpartition("/")
            if posixpath.basename(folder) in _FOLDERS:
                folder, name = posixpath.dirname(folder), f"{posixpath.basename(folder)}/{name}"
            if _BESIDE.fullmatch(name) and not self._is_schema(path, read):
                self._beside.setdefault(folder, []).append(path)
        self._read = read
        self._given = given
        self._configured = configured or {}
        self.problems: list[Problem] = []

    @staticmethod
    def _is_schema(path: str, read: Callable[[str], bytes | None]) -> bool:
        """Is it a schema of values by its name and by what it says, rather than values?"""
        if "schema" not in posixpath.basename(path):
            return False
        from hullcheck.model.node import Mapping as MappingNode
        from hullcheck.model.node import as_str, at
        from hullcheck.parse import yaml

        found = yaml.parse(Source(path, read(path) or b"")).documents
        root = found[0].root if found else None
        described = isinstance(at(root, "properties"), MappingNode) or at(root, "$ref") is not None
        return described and (at(root, "$schema") is not None or as_str(at(root, "type")) == "object")

    def of(self, chart: str) -> Iterator[Release]:
        """Each release of the chart in a folder: with its own values first, then with each file that varies them.

        Values that were given on the command line are the only ones then; those of the configuration take the place of
        what lies beside the chart.
        """
        given = self._given
        configured = self._configured.get(chart or ".", HelmValues())
        version = given.kube_version or configured.kube_version
        plain = Release(
            chart,
            sets=(*configured.sets, *given.sets),
            kube_version=version,
            api_versions=(*configured.api_versions, *given.api_versions),
        )
        if given.values:
            yield plain._replace(values=given.values)
            return
        yield plain
        variants = configured.values or tuple((path,) for path in self._lying_beside(chart))
        for files in variants:
            sources = [self._source(path, chart) for path in files]
            label = " + ".join(posixpath.relpath(path, chart or ".") for path in files)
            if all(sources):
                yield plain._replace(label=label, values=tuple(each for each in sources if each is not None))

    def _lying_beside(self, chart: str) -> list[str]:
        found = self._beside.get(chart, [])
        for path in found[MAX_VARIANTS:]:
            why = f"the chart has more than {MAX_VARIANTS} values files beside it"
            place = Source(path, self._read(path) or b"").at(0)
            gap = Gap("limit", "values file", why)
            self.problems.append(Problem("not-analysed", why, place, chart or ".", gap))
        return found[:MAX_VARIANTS]

    def _source(self, path: str, chart: str) -> Source | None:
        data = self._read(path)
        if data is not None:
            return Source(path, data)
        at = posixpath.join(chart, "Chart.yaml")
        place = Source(at, self._read(at) or b"").at(0)
        message = f"the chart isn't judged with `{path}`: it can't be read"
        self.problems.append(
            Problem("not-analysed", message, place, chart or ".", Gap("chart", "values file", NOT_THERE))
        )
        return None
