"""Manifests to worlds: overlays and charts as rendered, and plain manifests side by side."""

import posixpath
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hullcheck.discover import Tree
from hullcheck.link.kubernetes_containers import workload
from hullcheck.model.kubernetes import KubernetesObject, PodContext, World
from hullcheck.model.node import as_str, at, is_null
from hullcheck.model.problem import Problem
from hullcheck.model.scoped import Scoped
from hullcheck.model.workload import Workload
from hullcheck.parse.kubernetes import ManifestFile, object_of, told_apart
from hullcheck.parse.pods import pods

MAX_ALTERNATIVES = 20
"""How many sets of files in one folder are tried for a file that may belong to any of them."""

Identity = tuple[str, str, str]


class Linked(NamedTuple):
    """`worlds` with all that is in them; `workloads` as each world makes them; `objects`, each that is written once.

    `rendered` are the paths of templates that were rendered, so that nothing is left unanalysed there but what
    `problems` says. `dead_images` are entries of overlays' `images` that change nothing.
    """

    worlds: list[World]
    workloads: list[Workload]
    objects: list[KubernetesObject]
    problems: list[Problem]
    rendered: frozenset[str]
    dead_images: list[Scoped]


def link(files: dict[str, ManifestFile], tree: Tree, charts: list[str]) -> Linked:
    """Unite the manifests of a repository. `charts` are the paths of `Chart.yaml` files."""
    return _Linker(files, tree, charts).linked()


class _Linker:
    def __init__(self, files: dict[str, ManifestFile], tree: Tree, charts: list[str]) -> None:
        self.files = files
        self.tree = tree
        self.problems: list[Problem] = []
        self.rendered: set[str] = set()
        self.dead_images: list[Scoped] = []
        self.chart_files = charts
        self.charts: list[str] = []
        self.layer_folders: set[str] = set()
        if charts:
            from hullcheck.render.helm import charts as outermost

            self.charts = outermost(charts)

    def linked(self) -> Linked:
        overlays, claimed = self._overlays()
        worlds = [*overlays, *self._rendered_charts()]
        in_chart = {path for path in self.files if self._chart_of(path) is not None}
        beside = {path for path in self.files if posixpath.dirname(path) in self.layer_folders}
        claimed |= beside
        free = [p for p, f in self.files.items() if p not in claimed and p not in in_chart and f.layer is None]
        worlds += [self._plain(name, paths) for name, paths in _apart(self.files, sorted(free))]
        seen = frozenset().union(*(world.files for world in worlds))
        left = sorted(claimed - seen - in_chart)
        worlds += [self._leftover(name, paths) for name, paths in _by_folder(self.files, left)]
        return Linked(
            [world for world in worlds if world.objects],
            [workload for world in worlds for workload in world.workloads],
            list(_distinct_objects(worlds)),
            self.problems,
            frozenset(self.rendered),
            self.dead_images,
        )

    def read(self, path: str) -> bytes | None:
        """A file's bytes; None if there is none, or it can't be read."""
        try:
            return self.tree.read(path)
        except OSError:
            return None

    def _overlays(self) -> tuple[list[World], set[str]]:
        if not any(file.layer is not None for file in self.files.values()):
            return [], set()
        from hullcheck.render.kustomize import Kustomizations

        layers = Kustomizations(self.files, self.read)
        self.layer_folders = set(layers.layers)
        worlds, builds = [], [layers.build(folder) for folder in layers.roots]
        for built in builds:
            self.problems += built.problems
            objects = [made for root in built.objects if (made := object_of(root)) is not None]
            complete = not built.uncertain
            name = built.folder or "."
            worlds.append(_world(name, "kustomization", objects, built.approximate, built.files, complete))
        if any(built.dead_images for built in builds):
            from hullcheck.link.references import dead_images

            self.dead_images = list(dead_images(builds))
        return worlds, {path for path in layers.claimed if path in self.files}

    def _rendered_charts(self) -> Iterator[World]:
        if not self.charts:
            return
        from hullcheck.render.helm import render
        from hullcheck.render.helm.index import Index

        paths = sorted(self.tree.paths)
        index = Index(self.chart_files, self.read)
        for chart in self.charts:
            below = _in_folder(paths, chart)
            made = render(chart, self.read, lambda folder: _in_folder(paths, folder), index=index, lenient=True)
            self.problems += made.problems
            self.rendered.update(path for path in below if "templates" in path.split("/"))
            found = (made_of for d in made.documents if (made_of := object_of(d.root)) is not None)
            objects = list(told_apart(found))
            yield _world(chart or ".", "chart", objects, made.unsure, frozenset(below), True)

    def _chart_of(self, path: str) -> str | None:
        return next((c for c in self.charts if not c or path.startswith(f"{c}/")), None)

    def _plain(self, name: str, paths: list[str]) -> World:
        files = [self.files[path] for path in paths]
        unread = next((f.source.path for f in files if f.templated or f.problems), "")
        approximate = f"`{unread}` can't be read in full" if unread else ""
        objects = [made for file in files for made in file.objects]
        return _world(name, "manifests", objects, approximate, frozenset(paths), True)

    def _leftover(self, name: str, paths: list[str]) -> World:
        """What belongs to overlays that nothing here builds, or stands beside them: fragments, as far as can be told."""
        objects = [made for path in paths for made in self.files[path].objects]
        return _world(name, "manifests", objects, "it belongs to an overlay that isn't built", frozenset(paths), False)


def _in_folder(paths: list[str], folder: str) -> list[str]:
    """Those of the sorted paths that are below a folder."""
    if not folder:
        return paths
    return paths[bisect_left(paths, f"{folder}/") : bisect_left(paths, f"{folder}0")]


def _world(
    name: str,
    kind: str,
    objects: list[KubernetesObject],
    approximate: str,
    files: frozenset[str],
    complete: bool,
) -> World:
    context = _Context(name, objects)
    made = [
        workload(pod._replace(context=context.of(found, pod.spec)), complete=complete)
        for found in objects
        for pod in pods(found)
    ]
    made.sort(key=lambda w: (w.location.path, w.location.start))
    return World(name, kind, tuple(objects), tuple(made), approximate, files)


class _Context:
    """What the objects of a world are to a pod of it: its namespace, its account, what limits it."""

    def __init__(self, world: str, objects: Iterable[KubernetesObject]) -> None:
        self.world = world
        self.namespaces: dict[str, KubernetesObject] = {}
        self.accounts: dict[tuple[str, str], KubernetesObject] = {}
        self.limits: dict[str, list[KubernetesObject]] = {}
        for made in objects:
            if made.group:
                continue
            if made.kind == "Namespace":
                self.namespaces[made.name] = made
            elif made.kind == "ServiceAccount":
                self.accounts[(made.namespace or "default", made.name)] = made
            elif made.kind == "LimitRange":
                self.limits.setdefault(made.namespace or "default", []).append(made)

    def of(self, made: KubernetesObject, spec: object) -> PodContext:
        namespace = made.namespace or "default"
        named = at(spec, "serviceAccountName")  # type: ignore[arg-type]
        name = as_str(at(spec, "serviceAccount") if is_null(named) else named)  # type: ignore[arg-type]
        return PodContext(
            self.world,
            self.namespaces.get(namespace),
            self.accounts.get((namespace, name or "default")),
            tuple(self.limits.get(namespace, ())),
        )


def _distinct_objects(worlds: Iterable[World]) -> Iterator[KubernetesObject]:
    seen = set()
    for world in worlds:
        for made in world.objects:
            key = (made.location, made.owner)
            if key not in seen:
                seen.add(key)
                yield made


def _apart(files: dict[str, ManifestFile], paths: list[str], depth: int = 0) -> Iterator[tuple[str, list[str]]]:
    """Files apart by the first folder that separates duplicates: copies of an application are applied one at a time."""
    if not paths:
        return
    if not _duplicates(files[path] for path in paths):
        yield _common_folder(paths), paths
        return
    while True:
        groups: dict[str, list[str]] = {}
        for path in paths:
            folders = path.split("/")[:-1]
            groups.setdefault(folders[depth] if depth < len(folders) else "", []).append(path)
        depth += 1
        if len(groups) > 1 or "" in groups:
            break
    if len(groups) == 1:
        yield from _apart_files(files, paths)
        return
    for name, group in sorted(groups.items()):
        yield from _apart(files, group, depth) if name else _apart_files(files, group)


def _apart_files(files: dict[str, ManifestFile], paths: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Files of one folder: together, but for those that hold an object once more."""
    groups: list[tuple[set[Identity], list[str]]] = []
    for path in paths:
        own = _identities(files[path])
        for known, group in groups[:MAX_ALTERNATIVES]:
            if own.isdisjoint(known):
                known |= own
                group.append(path)
                break
        else:
            groups.append((own, [path]))
    for _, group in groups:
        yield _common_folder(group) if len(group) > 1 else group[0], group


def _by_folder(files: dict[str, ManifestFile], paths: list[str]) -> Iterator[tuple[str, list[str]]]:
    groups: dict[str, list[str]] = {}
    for path in paths:
        groups.setdefault(posixpath.dirname(path), []).append(path)
    for folder, group in groups.items():
        yield folder or ".", group


def _identities(file: ManifestFile) -> set[Identity]:
    return {(m.kind, m.namespace or "default", m.name) for m in file.objects if m.name and m.kind != "Namespace"}


def _duplicates(files: Iterable[ManifestFile]) -> bool:
    """Do several of the files hold an object of the same kind, namespace and name?"""
    seen: set[Identity] = set()
    for file in files:
        own = _identities(file)
        if not own.isdisjoint(seen):
            return True
        seen |= own
    return False


def _common_folder(paths: list[str]) -> str:
    folders = [posixpath.dirname(path) for path in paths]
    return (posixpath.commonpath(folders) if all(folders) else "") or "."
