"""The charts of a repository, each rendered as often as it is installed."""

from __future__ import annotations

import posixpath
from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterator
from functools import cached_property

from hullcheck.budget import OutOfTimeError, Thing, tick
from hullcheck.discover import Tree
from hullcheck.link.releases import Release, Releases
from hullcheck.model.coverage import Gap
from hullcheck.model.kubernetes import KubernetesObject
from hullcheck.model.node import as_str, at
from hullcheck.model.problem import Problem, fault, late
from hullcheck.parse import yaml
from hullcheck.parse.kubernetes import object_of, told_apart
from hullcheck.source import Location, Source
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.kept import Kept
    from hullcheck.model.node import Node
    from hullcheck.render.helm.index import Index

MAX_RENDERED = 10_000
"""Objects that all charts of a repository make; a repository of a hundred charts has two or three thousand."""


class Installed(NamedTuple):
    """What a release makes; `unsure` says why it can't be known in full, `files` are those of the chart."""

    release: Release
    objects: list[KubernetesObject]
    unsure: str
    files: frozenset[str]


class _Made(NamedTuple):
    """What rendering a release comes to."""

    objects: tuple[KubernetesObject, ...]
    problems: tuple[Problem, ...]
    unsure: str


class Charts:
    """`folders` are those of the charts, `rendered` the templates that were, `problems` what couldn't be."""

    def __init__(
        self, tree: Tree, read: Callable[[str], bytes | None], files: list[str], kept: "Kept | None" = None
    ) -> None:
        self._kept = kept
        self._tree = tree
        self._read = read
        self._files = files
        self._chart_files = frozenset(files)
        self._objects = 0
        self.problems: list[Problem] = []
        self.rendered: set[str] = set()
        self._told: set[tuple[str, str, int]] = set()
        self.folders = self._outermost() if files else []

    @cached_property
    def _paths(self) -> list[str]:
        return sorted(self._tree.paths)

    @cached_property
    def _index(self) -> "Index":
        from hullcheck.render.helm.index import Index

        return Index(self._files, self._read)

    def is_chart(self, folder: str) -> bool:
        """Is there a chart in that folder, one inside of another's too?"""
        return posixpath.join(folder, "Chart.yaml") in self._chart_files

    def all(self, releases: Releases) -> Iterator[Installed]:
        """What each release makes: those of the charts' own values first, so that no variant takes another chart's place."""
        later: list[Release] = []
        for chart in self.folders:
            first, *others = releases.of(chart)
            later += others
            yield from self.installed(first)
        self.problems += releases.problems
        for release in later:
            yield from self.installed(release)

    def installed(self, release: Release) -> Iterator[Installed]:
        """What a release makes; nothing where that can't be had."""
        if self._objects >= MAX_RENDERED:
            self._too_many(release)
            return
        below = _in_folder(self._paths, release.chart)
        try:
            made = self._made(release)
        except OutOfTimeError as error:
            self.problems.append(late(error, self._place(release), f"chart `{release.world}`", release.world))
            return
        except Exception as error:  # noqa: BLE001  a fault of ours must not lose the others
            self.problems.append(fault(error, self._place(release), f"chart `{release.world}`", release.world))
            return
        for problem in made.problems:
            place = problem.location
            same = problem.message, place.path, place.start  # the same file, read again for another release
            if same not in self._told:
                self._told.add(same)
                self.problems.append(problem)
        self.rendered.update(path for path in below if "templates" in path.split("/"))
        self._objects += len(made.objects)
        yield Installed(release, list(made.objects), made.unsure, frozenset(below))

    def _made(self, release: Release) -> "_Made":
        """What the release makes; raises OutOfTimeError."""
        if self._kept is None:
            return self._rendered(release, self._read)
        from hullcheck.model.kept import key_of

        key = ("release", key_of(release._replace(values=(), unsure="")), release.unsure, *map(_key, release.values))
        found: _Made | None = self._kept.known(key)
        if found is None:
            asked = set(self._files)  # dependencies are looked for among all charts
            found = self._rendered(release, noting(self._read, asked))
            self._kept.keep(key, release, found, asked)
        return found

    def _rendered(self, release: Release, read: Callable[[str], bytes | None]) -> "_Made":
        from hullcheck.render.helm import render

        paths = self._paths
        with Thing():
            tick()
            made = render(
                release.chart,
                read,
                lambda folder: _in_folder(paths, folder),
                release.values,
                release.sets,
                release.name,
                release.namespace,
                release.kube_version,
                release.api_versions,
                index=self._index,
                lenient=True,
                own_values=release.own_values,
            )
        roots = [document.root for document in made.documents]
        problems, unsure = list(made.problems), release.unsure or made.unsure
        if release.post:
            from hullcheck.render.kustomize.post import post_rendered

            changed = post_rendered(roots, release.post)
            roots = changed.objects
            problems += [self._told_at(problem, release) for problem in changed.problems]
            unsure = unsure or changed.unsure
        found = (made_of for root in roots if (made_of := object_of(root)) is not None)
        return _Made(tuple(told_apart(found)), tuple(problems), unsure)

    def _told_at(self, problem: Problem, release: Release) -> Problem:
        """A problem of a post-renderer at the object that has it, rather than in a file that there isn't."""
        place = release.post[0].location.one_line()
        at_ = place if problem.location.path.startswith("<") else problem.location
        return problem._replace(location=at_, owner=release.world)

    def _too_many(self, release: Release) -> None:
        """Tell that a chart isn't rendered since the others have made so much."""
        why = f"the charts of this repository make more than {MAX_RENDERED:,} objects"
        noun = "chart with other values" if release.label else "chart"
        gap = Gap("limit", noun, why)
        self.problems.append(Problem("not-analysed", why, self._place(release), release.label, gap))

    def _place(self, release: Release) -> Location:
        path = posixpath.join(release.chart, "Chart.yaml")
        return Source(path, self._read(path) or b"").at(0)

    def _outermost(self) -> list[str]:
        """The folders of the charts; a `Chart.yaml` that describes none claims nothing."""
        from hullcheck.render.helm import charts as outermost

        good = []
        for path in self._files:
            why = self._not_a_chart(path)
            if not why:
                good.append(path)
                continue
            folder = posixpath.dirname(path)
            below = f"{folder}/templates/" if folder else "templates/"
            if any(each.startswith(below) for each in self._tree.paths):
                gap = Gap("chart", "chart", why)
                place = Source(path, self._read(path) or b"").at(0)
                self.problems.append(
                    Problem("not-analysed", f"the chart can't be rendered: {why}", place, folder or ".", gap)
                )
        return outermost(good)

    def _not_a_chart(self, path: str) -> str:
        """Why helm would refuse this `Chart.yaml`, or empty."""
        found = yaml.parse(Source(path, (self._read(path) or b"").removeprefix(b"\xef\xbb\xbf")))
        root = found.documents[0].root if found.documents else None
        if as_str(at(root, "name")):
            return ""
        return found.problems[0].message if found.problems else "`Chart.yaml` names no chart"


def noting(read: Callable[[str], bytes | None], asked: set[str]) -> Callable[[str], bytes | None]:
    """The same, with the paths noted that are asked for."""

    def noted(path: str) -> bytes | None:
        asked.add(path)
        return read(path)

    return noted


def _key(value: "Source | Node") -> Hashable:
    """What tells values from others: the bytes of a file, or which node it is."""
    return (value.path, value.data) if isinstance(value, Source) else id(value)


def _in_folder(paths: list[str], folder: str) -> list[str]:
    """Those of the sorted paths that are below a folder."""
    if not folder:
        return paths
    return paths[bisect_left(paths, f"{folder}/") : bisect_left(paths, f"{folder}0")]
