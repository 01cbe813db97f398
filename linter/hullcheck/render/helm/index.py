"""The charts of a repository by name, for charts that depend on their neighbours."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property

from hullcheck.model.node import Mapping, Scalar
from hullcheck.parse.yaml import parse
from hullcheck.render.helm.errors import TemplateError
from hullcheck.render.helm.semver import Version, compare, satisfies
from hullcheck.source import Source


class Index:
    """`paths` are those of all `Chart.yaml`; they are read when a chart first misses something."""

    def __init__(self, paths: Iterable[str], read: Callable[[str], bytes | None]) -> None:
        self._paths = paths
        self.read = read

    @cached_property
    def _folders(self) -> dict[str, list[tuple[str, str]]]:
        found: dict[str, list[tuple[str, str]]] = {}
        for path in self._paths:
            documents = parse(Source(path, self.read(path) or b"")).documents
            root = documents[0].root if documents else None
            name, version = (root.get(key) if isinstance(root, Mapping) else None for key in ("name", "version"))
            if isinstance(name, Scalar) and isinstance(version, Scalar):
                found.setdefault(name.text, []).append((version.text, path.rpartition("/")[0]))
        return found

    def folder(self, name: str, constraint: str, near: str) -> str | None:
        """The folder of the chart that a dependency means: its newest version that fits, the nearest of several."""
        fitting = []
        for version, folder in self._folders.get(name, ()):
            parsed = _fitting(version, constraint)
            if parsed is not None and folder != near:
                fitting.append((parsed, _shared(folder, near), folder))
        best: tuple[Version, int, str] | None = None
        for one in sorted(fitting, key=lambda each: (-each[1], each[2])):
            if best is None or compare(one[0], best[0]) > 0:
                best = one
        return best[2] if best else None


def _fitting(version: str, constraint: str) -> Version | None:
    try:
        parsed = Version(version)
        return parsed if not constraint or satisfies(constraint, parsed) else None
    except TemplateError:
        return None


def _shared(first: str, second: str) -> int:
    """How many folders two paths have in common from the top."""
    count = 0
    for one, other in zip(first.split("/"), second.split("/"), strict=False):
        if one != other:
            break
        count += 1
    return count
