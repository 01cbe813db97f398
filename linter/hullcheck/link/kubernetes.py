"""Manifests to worlds: overlays and charts as rendered, and plain manifests side by side."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from hullcheck.discover import Tree
from hullcheck.link.charts import Charts, Installed, noting
from hullcheck.link.expected import asserted_files
from hullcheck.link.kubernetes_containers import workload
from hullcheck.link.plain import Group, apart, by_folder, named, unique
from hullcheck.link.releases import Releases
from hullcheck.model.coverage import Gap
from hullcheck.model.kubernetes import KubernetesObject, PodContext, PodObject, World
from hullcheck.model.node import Mapping as NodeMapping
from hullcheck.model.node import as_str, at, is_null, items
from hullcheck.model.problem import Problem, fault
from hullcheck.model.scoped import Scoped
from hullcheck.model.settings import Given, Settings
from hullcheck.model.workload import Workload
from hullcheck.parse.kubernetes import ManifestFile, object_of, objects_in, read_literally
from hullcheck.parse.pods import pods
from hullcheck.source import Source
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from hullcheck.link.applicationsets import ApplicationSets, Made
    from hullcheck.link.clusters import Place, Unit, Units
    from hullcheck.model.kept import Kept
    from hullcheck.render.kustomize import Build, Kustomizations

MAX_ROUNDS = 5
"""How often what deploys may make more that deploys: applications of applications."""

_DEPLOYING = frozenset(("HelmRelease", "HelmChart", "Application", "ApplicationSet", "Kustomization"))


_NOTHING = World("", "manifests", (), ())

T = TypeVar("T")

Identity = tuple[str, str, str, str]


class Verdict(NamedTuple):
    """A written object, and the names of the worlds that it is judged in; none if it isn't judged."""

    path: str
    object: KubernetesObject
    worlds: tuple[str, ...]


class Linked(NamedTuple):
    """`worlds` with all that is in them; `workloads` as each world makes them; `objects` of all of them.

    `rendered` are the paths of templates that were rendered, so that nothing is left unanalysed there but what
    `problems` says. `dead_images` are entries of overlays' `images` that change nothing. `built` are the names of the
    overlays that take in the objects of each file. `literal` are templates that no chart renders, as what stands in them.
    """

    worlds: list[World]
    workloads: list[Workload]
    objects: list[KubernetesObject]
    problems: list[Problem]
    rendered: frozenset[str]
    dead_images: list[Scoped]
    built: Mapping[str, tuple[str, ...]] = {}
    literal: Mapping[str, ManifestFile] = {}

    def verdicts(self, files: Mapping[str, ManifestFile]) -> Iterator[Verdict]:
        """Every object of these files, and where it is judged.

        An object that an overlay takes in is judged as the overlay makes it: it may be changed, renamed or deleted
        there. One of a chart is known by its template, kind and name; any other by itself.
        """
        known: dict[object, list[str]] = {}
        for world in self.worlds:
            for made in world.objects:
                key = _template_identity(made) if world.kind == "chart" else id(made.node)
                known.setdefault(key, []).append(world.name)
                if world.kind == "chart":
                    known.setdefault(id(made.node), []).append(world.name)
        for path, file in files.items():
            built = self.built.get(path, ()) if file.layer is None else ()
            for made in file.objects:
                found = [
                    *built,
                    *known.get(id(made.node), ()),
                    *known.get(_template_identity(made), ()),
                ]
                yield Verdict(path, made, tuple(dict.fromkeys(found)))


def _template_identity(made: KubernetesObject) -> tuple[str, str, str]:
    return (made.node.source.path, made.kind, made.name)


def link(
    files: dict[str, ManifestFile],
    tree: Tree,
    charts: list[str],
    settings: Settings | None = None,
    kept: "Kept | None" = None,
) -> Linked:
    """Unite the manifests of a repository. `charts` are the paths of `Chart.yaml` files; `settings` have their values.

    `kept` is what a session has of the round before.
    """
    return _Linker(files, tree, charts, settings, kept).linked()


class _Linker:
    def __init__(
        self,
        files: dict[str, ManifestFile],
        tree: Tree,
        charts: list[str],
        settings: Settings | None,
        kept: "Kept | None" = None,
    ) -> None:
        self.kept = kept
        self.files = files
        self.settings = settings
        self.tree = tree
        self.problems: list[Problem] = []
        self.literal: dict[str, ManifestFile] = {}
        self.dead_images: list[Scoped] = []
        self.charts = Charts(tree, self.read, charts, kept)
        self.layer_folders: set[str] = set()
        self.claimed: set[str] = set()
        self.built: dict[str, list[str]] = {}
        self.local: list[KubernetesObject] = []
        self.objects: dict[int, tuple[NodeMapping, KubernetesObject | None]] = {}
        self.crds: set[str] = set()
        self.clusters: set[str] = set()
        self.folders = frozenset(self.charts.folders)
        self.files = {path: self._in_full(path, file) for path, file in files.items()}

    def linked(self) -> Linked:
        """The worlds: overlays, charts, then whatever neither of them takes in. Every object is in one at least."""
        worlds = self._overlays()
        templates = {path: chart for path in self.files if (chart := _chart_of(path, "templates", self.folders))}
        worlds += self._charts({world.name for world in worlds})
        groups = [*self._free(templates), *self._left(templates), *self._lost(templates, worlds)]
        names = {world.name for world in worlds}
        for name, group in named(groups, names):
            files = frozenset(group.paths)
            made = self._world(name, "manifests", list(group.objects), group.approximate, files, group.complete)
            worlds.append(made._replace(folder=group.folder))
        if _DEPLOYING.intersection(made.kind for world in worlds for made in world.objects):
            worlds = self._deployed(worlds)
        worlds += self._helmfiles({world.name for world in worlds})
        if self.kept is not None:
            worlds = [self.kept.same(world) for world in worlds]
        return Linked(
            [world for world in worlds if world.objects],
            [workload for world in worlds for workload in world.workloads],
            [made for world in worlds for made in world.objects],
            [*self.problems, *self.charts.problems],
            frozenset(path for path in self.charts.rendered if _chart_of(path, "templates", self.folders)).union(
                self.literal
            ),
            self.dead_images,
            {path: tuple(names) for path, names in self.built.items()},
            self.literal,
        )

    def _in_full(self, path: str, file: ManifestFile) -> ManifestFile:
        """The file; a template that no chart renders, though it looks like a chart's, as what stands literally in it."""
        if not file.deferred or _chart_of(path, "templates", self.folders):
            return file
        made = self._made(("literal", id(file)), file, lambda: read_literally(file.source))
        self.problems += made.problems
        self.literal[path] = made
        return made

    def _made(self, key: Hashable, held: object, make: Callable[[], T]) -> T:
        return make() if self.kept is None else self.kept.of(key, held, make)

    def _objects_of(self, roots: Iterable[NodeMapping]) -> list[KubernetesObject]:
        """What the mappings are that are objects; what several overlays take in as it is, is one."""
        found: list[KubernetesObject] = []
        for root in roots:
            known = self.objects.get(id(root))
            if known is None:
                made = self._made(("object", id(root)), root, lambda root=root: object_of(root))  # type: ignore[misc]
                known = self.objects[id(root)] = root, made
            if known[1] is not None:
                found.append(known[1])
        return found

    def _world(
        self,
        name: str,
        kind: str,
        objects: list[KubernetesObject],
        approximate: str,
        files: frozenset[str],
        complete: bool,
    ) -> World:
        try:
            return _world(name, kind, objects, approximate, files, complete, self.kept)
        except Exception as error:
            if not objects:
                raise
            problem = fault(error, objects[0].location, "workload", name)
            self.problems.append(problem)
            return World(name, kind, tuple(objects), (), approximate or problem.message, files)

    def _charts(self, taken: set[str]) -> Iterator[World]:
        """The charts as rendered, with what their `crds` folders hold, which is installed as it is."""
        crds: dict[str, list[str]] = {}
        for path in sorted(self.files):
            chart = _chart_of(path, "crds", self.folders)
            if chart and path not in self.claimed:
                crds.setdefault(chart, []).append(path)
        taken = set(taken)
        for made in self.charts.all(self._releases()):
            release = made.release
            paths = crds.pop(release.world, [])
            self.crds.update(paths)
            own = [each for path in paths for each in self.files[path].objects]
            name = release.world
            if name in taken:
                name = unique(posixpath.join(release.chart, release.label or "Chart.yaml"), taken)
            taken.add(name)
            yield self._world(name, "chart", [*made.objects, *own], made.unsure, made.files, True)

    def _deployed(self, worlds: list[World]) -> list[World]:
        """The worlds, with the charts that objects in them install, and those that what these make installs in its turn.

        What is installed in a cluster joins it; elsewhere each release is a world of its own.
        """
        from hullcheck.link.gitops import Deployers, in_namespace
        from hullcheck.link.given import searched, without_shapes

        found = {world.name: world for world in worlds}
        rendered: set[int] = set()
        pending = worlds
        for _ in range(MAX_ROUNDS):
            deployers = Deployers(
                [world._replace(objects=tuple(self._expanded(world.objects))) for world in pending],
                self.charts.is_chart,
                self.read,
            )
            made: dict[str, World] = {}
            joining: dict[str, list[tuple[list[KubernetesObject], Installed, KubernetesObject]]] = {}
            for asked in deployers.releases():
                for installed in self.charts.installed(asked.release):
                    objects = in_namespace(installed.objects, asked.release.namespace)
                    if not installed.unsure and len(items(at(asked.by.node, "spec", "sources"))) < 2:
                        rendered.add(id(asked.by.node))
                    if asked.world in self.clusters:
                        joining.setdefault(asked.world, []).append((objects, installed, asked.by))
                        more = self._world(asked.world, "chart", objects, "", frozenset(), True)
                        more = more._replace(objects=(*made.get(asked.world, _NOTHING).objects, *more.objects))
                    else:
                        name = unique(f"{asked.release.world} of {asked.world}", {*found, *made})
                        more = self._world(name, "chart", objects, installed.unsure, installed.files, True)
                        more = more._replace(by=(asked.by,))
                        found[name] = more
                    made[more.name] = more
            for name, parts in joining.items():
                found[name] = _joined(found[name], parts, self.kept)
            self.problems += deployers.problems
            for name, by, values in deployers.given:
                found[name] = found[name]._replace(workloads=(*found[name].workloads, *searched(by, values, name)))
            for name, why in deployers.unknown.items():
                if name in self.clusters:
                    found[name] = found[name]._replace(approximate=found[name].approximate or why)
            pending = [world for world in made.values() if _DEPLOYING.intersection(each.kind for each in world.objects)]
            if not pending:
                break
        return [without_shapes(world, rendered) for world in found.values()]

    def _helmfiles(self, taken: set[str]) -> Iterator[World]:
        """What helmfiles install, each in a world of its own."""
        if not any("helmfile" in path for path in self.tree.paths):
            return
        from hullcheck.link.helmfiles import Helmfiles

        found = Helmfiles(self.tree.paths, self.read, self.charts.is_chart)
        for part in found.parts(self.charts, taken):
            made = self._world(part.name, "chart", part.objects, part.unsure, part.files, True)
            yield made._replace(by=part.by)
        self.problems += found.problems

    def _releases(self) -> Releases:
        if self.settings is None:
            return Releases(self.tree.paths, self.read, Given())
        return Releases(self.tree.paths, self.read, self.settings.given, self.settings.helm)

    def _free(self, templates: Mapping[str, str]) -> Iterator[Group]:
        """Manifests that belong to nothing: those inside a chart's folder apart from others.

        What stands beside a kustomization that doesn't take it in may be meant for it all the same.
        """
        free: dict[str, list[str]] = {}
        beside = []
        for path, file in sorted(self.files.items()):
            taken = path in self.claimed or path in templates or path in self.crds
            if taken or (file.layer is not None and not file.objects):
                continue
            if posixpath.dirname(path) in self.layer_folders:
                beside.append(path)
            else:
                free.setdefault(self._around(path), []).append(path)
        asserted = asserted_files(self.files)
        for paths in by_folder(sorted(asserted.intersection(path for each in free.values() for path in each))):
            yield self._group(paths, "it is what a test expects, in part", complete=False)
        for paths in free.values():
            for group in apart(self.files, [path for path in paths if path not in asserted]):
                files = [self.files[path] for path in group]
                unread = next((f.source.path for f in files if f.templated or f.problems), "")
                yield self._group(group, f"`{unread}` can't be read in full" if unread else "")
        for paths in by_folder(beside):
            for group in apart(self.files, paths):
                yield self._group(group, "it stands beside an overlay that doesn't take it in")

    def _left(self, templates: Mapping[str, str]) -> Iterator[Group]:
        """What belongs to overlays that nothing here builds, or has no effect there: fragments, as far as can be told."""
        left = sorted(path for path in self.claimed if path not in self.built and path not in templates)
        for paths in by_folder(left):
            yield self._group(paths, "it belongs to an overlay that isn't built", complete=False)
        by_path: dict[str, list[KubernetesObject]] = {}
        for made in self.local:
            by_path.setdefault(made.node.source.path, []).append(made)
        for path, objects in sorted(by_path.items()):
            yield Group((path,), tuple(objects), "overlays leave it out", False)

    def _lost(self, templates: Mapping[str, str], worlds: list[World]) -> Iterator[Group]:
        """Plain objects among a chart's templates that the chart doesn't put out: it ignores the file, or is a library."""
        if not templates:
            return
        known = {_template_identity(made) for world in worlds if world.kind == "chart" for made in world.objects}
        for path in sorted(templates):
            lost = [made for made in self.files[path].objects if _template_identity(made) not in known]
            if lost and path not in self.built:
                yield Group((path,), tuple(lost), "its chart doesn't put it out", False)

    def _group(self, paths: list[str], approximate: str, *, complete: bool = True) -> Group:
        objects = tuple(made for path in paths for made in self.files[path].objects)
        return Group(tuple(paths), objects, approximate, complete)

    def _around(self, path: str) -> str:
        """The innermost chart whose folder the file is in, or empty."""
        while path and self.folders:
            path = posixpath.dirname(path)
            if path in self.folders:
                return path or "."
        return ""

    def read(self, path: str) -> bytes | None:
        """A file's bytes; None if there is none, or it can't be read."""
        try:
            return self.tree.read(path)
        except OSError:
            return None

    def _overlays(self) -> list[World]:
        deploying = any(made.kind in _DEPLOYING for file in self.files.values() for made in file.objects)
        if not deploying and not any(file.layer is not None for file in self.files.values()):
            return []
        from hullcheck.render.kustomize import Kustomizations

        layers: Kustomizations = Kustomizations(self.files, self.read, self.tree.paths)
        told, units = len(self.problems), None
        if self.kept is not None:
            from hullcheck.render.kustomize.again import Again

            layers = again = Again(self.files, self.read, self.tree.paths, self.kept)
            if deploying:
                builds, units = self._with_units(again, again.round)
                if not again.sound:
                    del self.problems[told:]
                    layers = Kustomizations(self.files, self.read, self.tree.paths)
                    builds, units = self._with_units(layers, layers.builds)
            else:
                builds = again.builds_again()
        elif deploying:
            builds, units = self._with_units(layers, layers.builds)
        else:
            builds = layers.builds()
        if not deploying:
            self.layer_folders = set(layers.layers)
        worlds = []
        self.claimed = {path for path in layers.claimed if path in self.files}
        deployed: list[tuple[Unit, Build]] = []
        for built in builds:
            if units is not None and built.folder in units.units:
                deployed.append((units.units[built.folder], built))
                continue
            self.problems += built.problems
            worlds.append(self._overlay(built.folder or ".", [(built, built.files, "")]))
        if units is not None:
            self.problems += units.problems
            self.problems += (units.told(problem) for _, built in deployed for problem in built.problems)
            worlds += self._clusters(deployed, units, {world.name for world in worlds})
        self.problems += layers.unused_components(builds)
        if any(built.dead_images for built in builds):
            from hullcheck.link.references import dead_images

            self.dead_images = list(dead_images(builds))
        return worlds

    def _with_units(
        self, layers: "Kustomizations", build: "Callable[[], list[Build]]"
    ) -> "tuple[list[Build], Units | None]":
        """What the kustomizations build, with the folders that Flux and Argo CD deploy, if they deploy any."""
        builds = build()
        self.layer_folders = set(layers.layers)
        units = self._units(layers, builds)
        if units is not None:
            written, back = builds, layers.before_more()
            layers.add(units.layers)
            builds = build()
            changed = units.changed(builds)
            if changed:  # what deploys is deployed itself, with patches or variables
                back()
                units = self._units(layers, written, changed) or units
                layers.add(units.layers)
                builds = build()
        return builds, units

    def _overlay(self, name: str, parts: "Sequence[tuple[Build, frozenset[str], str]]") -> World:
        """What these builds make together, as a world; with each, its files and the namespace of what has none."""
        objects: list[KubernetesObject] = []
        for built, _, namespace in parts:
            roots = built.objects
            if self.kept is not None:
                roots = self.kept.settled(("put out", built.folder), roots)
            found = self._objects_of(roots)
            if namespace:
                from hullcheck.link.gitops import in_namespace

                found = in_namespace(found, namespace)
            objects += found
            for path in built.sources:
                self.built.setdefault(path, []).append(name)
            self.local += self._objects_of(built.local)
        approximate = next((built.approximate for built, _, _ in parts if built.approximate), "")
        complete = not any(built.uncertain for built, _, _ in parts)
        files = frozenset().union(*(files for _, files, _ in parts))
        return self._world(name, "kustomization", objects, approximate, files, complete)

    def _units(
        self, layers: "Kustomizations", builds: "list[Build]", changed: "Mapping[Place, KubernetesObject] | None" = None
    ) -> "Units | None":
        """The folders that Flux and Argo CD deploy, by their objects as overlays make them; None if there are none.

        `changed` are objects as they are deployed themselves, in the place of those that are written.
        """
        from hullcheck.link.clusters import Units, place_of

        claimed = layers.claimed
        objects = [made for path, file in sorted(self.files.items()) if path not in claimed for made in file.objects]
        objects += (made for built in builds for root in built.objects if (made := object_of(root)) is not None)
        folders = {folder: layer for folder, layer in layers.layers.items() if as_str(at(layer, "kind")) != "Component"}
        objects = [changed.get(place_of(made), made) if changed else made for made in objects]
        objects = self._expanded(objects, tell=changed is None)
        units = Units(objects, self.files, folders, self.charts.is_chart, self.read, self._standing)
        return units if units.units or units.problems else None

    def _standing(self, path: str, source: Source) -> Source:
        """What stands for a file that isn't written, with the text that it follows from."""
        return self._made(
            ("standing", path, id(source)),
            source,
            lambda: Source(path, source.text.encode("utf-8", "surrogatepass")),
        )

    def _expanded(self, objects: Iterable[KubernetesObject], *, tell: bool = False) -> list[KubernetesObject]:
        """The objects, with the Applications that ApplicationSets among them make."""
        found = list(objects)
        sets = [made for made in found if made.kind == "ApplicationSet"]
        if not sets:
            return found
        from hullcheck.link.gitops import ELSEWHERE

        for each in sets:
            made, unknown = self._applications(each)
            found += made
            if unknown and tell:
                gap = Gap("generator", "ApplicationSet", unknown)
                message = f"not all that ApplicationSet `{each.name}` makes is judged: {unknown}"
                self.problems.append(Problem(ELSEWHERE, message, each.location, each.owner, gap))
        return found

    @cached_property
    def _maker(self) -> "ApplicationSets":
        from hullcheck.link.applicationsets import ApplicationSets

        return ApplicationSets(self.tree.paths)

    def _applications(self, of: KubernetesObject) -> "Made":
        """What an ApplicationSet makes."""
        if self.kept is None:
            return self._maker.made(of, self.read)
        key = ("applications", id(of))
        made: Made | None = self.kept.known(key)
        if made is None:
            asked: set[str] = set()
            made = self._maker.made(of, noting(self.read, asked))
            self.kept.keep(key, of, made, asked)
        return made

    def _clusters(self, deployed: "list[tuple[Unit, Build]]", units: "Units", taken: set[str]) -> Iterator[World]:
        """What goes to one cluster, together; what is there twice can't go to the same one."""
        groups: dict[str, list[_Cluster]] = {}
        for unit, plain in deployed:
            built = plain
            for change in (unit.metadata, unit.substitutes):
                if change is not None:
                    built = built._replace(objects=tuple(map(change.within, built.objects)))
            own = _identities(built.objects, unit.namespace)
            found = groups.setdefault(f"{unit.cluster} ({unit.tool})", [])
            cluster = next((each for each in found if own.isdisjoint(each.known)), None)
            if cluster is None:
                cluster = _Cluster()
                found.append(cluster)
            cluster.known |= own
            cluster.parts.append((built, units.written(unit, built.files), unit.namespace))
            cluster.by.append(unit.by)
        for name, found in groups.items():
            for cluster in found:
                called = unique(name, taken)
                taken.add(called)
                self.clusters.add(called)
                yield self._overlay(called, cluster.parts)._replace(by=tuple(cluster.by))


class _Cluster:
    """What goes to one cluster: which objects are there, the builds that make them, and what deploys these."""

    def __init__(self) -> None:
        self.known: set[Identity] = set()
        self.parts: list[tuple[Build, frozenset[str], str]] = []
        self.by: list[KubernetesObject] = []


def _chart_of(path: str, part: str, charts: frozenset[str]) -> str:
    """The chart in whose `part` ("templates", "crds"), or a sub-chart's, the file is; "." for the root, empty if in none."""
    folders = path.split("/")[:-1] if charts else []
    for number, folder in enumerate(folders):
        if folder == part:
            above = folders[:number]
            while "/".join(above) not in charts and len(above) > 1 and above[-2] == "charts":
                above = above[:-2]
            if "/".join(above) in charts:
                return "/".join(above) or "."
    return ""


def _world(
    name: str,
    kind: str,
    objects: list[KubernetesObject],
    approximate: str,
    files: frozenset[str],
    complete: bool,
    kept: "Kept | None" = None,
) -> World:
    if any(made.kind.endswith("List") for made in objects):
        objects = list(objects_in(made.node for made in objects))
    context = _Context(name, objects)
    made = [_workload(found, pod, context, complete, kept) for found in objects for pod in _pods(found, kept)]
    made.sort(key=lambda w: (w.location.path, w.location.start))
    return World(name, kind, tuple(objects), tuple(made), approximate, files)


def _pods(made: KubernetesObject, kept: "Kept | None") -> Iterable[PodObject]:
    return pods(made) if kept is None else kept.of(("pods", id(made)), made, lambda: tuple(pods(made)))


def _workload(
    made: KubernetesObject, pod: PodObject, context: "_Context", complete: bool, kept: "Kept | None"
) -> Workload:
    around = context.of(made, pod.spec)
    if kept is None or around.claims is not None:
        return workload(pod._replace(context=around), complete=complete)
    spaces = (id(around.namespace), id(around.account), *map(id, around.limit_ranges))
    key = ("workload", id(pod), complete, around.world, spaces)
    return kept.of(key, (pod, around), lambda: workload(pod._replace(context=around), complete=complete))


def _joined(
    world: World,
    parts: "Sequence[tuple[list[KubernetesObject], Installed, KubernetesObject]]",
    kept: "Kept | None" = None,
) -> World:
    """The world with what is installed in it besides, each with the object that asks for it."""
    complete = all(workload.complete for workload in world.workloads)
    objects = [*world.objects, *(made for own, _, _ in parts for made in own)]
    unsure = next((installed.unsure for _, installed, _ in parts if installed.unsure), "")
    files = world.files.union(*(installed.files for _, installed, _ in parts))
    made = _world(world.name, world.kind, objects, world.approximate or unsure, files, complete, kept)
    return made._replace(by=(*world.by, *(by for _, _, by in parts)))


def _identities(objects: "Iterable[NodeMapping]", namespace: str) -> set[Identity]:
    from hullcheck.link.gitops import FLUX

    found = (made for root in objects if (made := object_of(root)) is not None)
    return {
        (m.group, m.kind, m.namespace or namespace, m.name)
        for m in found
        if m.kind != "Namespace" and not m.group.endswith(FLUX)
    }


class _Context:
    """What the objects of a world are to a pod of it: its namespace, its account, what limits it."""

    def __init__(self, world: str, objects: Iterable[KubernetesObject]) -> None:
        self.world = world
        self.namespaces: dict[str, KubernetesObject] = {}
        self.accounts: dict[tuple[str, str], KubernetesObject] = {}
        self.limits: dict[str, list[KubernetesObject]] = {}
        objects = list(objects)
        from hullcheck.model.claims import Claims

        self.claims = Claims(objects) if any(made.kind == "PersistentVolume" for made in objects) else None
        for made in objects:
            if made.kind not in ("Namespace", "ServiceAccount", "LimitRange") or made.group:
                continue
            if made.kind == "Namespace":
                self.namespaces[made.name] = made
            elif made.kind == "ServiceAccount":
                self.accounts[(made.namespace or "default", made.name)] = made
            else:
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
            self.claims or None,
        )
