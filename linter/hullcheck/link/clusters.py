"""Folders of this repository that Flux and Argo CD deploy, as the kustomizations that they make of them.

Flux builds a kustomization of a folder, one that lists all manifests below it where there is none, and lays over it what
its own object says (https://fluxcd.io/flux/components/kustomize/kustomizations/); so does Argo CD. Here each of them
becomes a `layer` like those that are written, in a folder that no repository has, so that it is built, claims its files
and is told about as they are. What is deployed to one cluster is then judged together.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property

from hullcheck.link.deployed_layers import Metadata, laid_into, metadata_of, moved
from hullcheck.link.directories import ALL, Taken
from hullcheck.link.gitops import ARGO, ELSEWHERE, FLUX, clean, most_used, overridden, sources_of, url_of
from hullcheck.link.substitutes import Substitutes
from hullcheck.model.coverage import Gap
from hullcheck.model.kubernetes import KubernetesObject
from hullcheck.model.node import Mapping as MappingNode
from hullcheck.model.node import Node, Scalar, Sequence, as_str, at, items
from hullcheck.model.problem import Problem
from hullcheck.parse.kubernetes import ManifestFile, object_of
from hullcheck.parse.kustomization import NAMES
from hullcheck.patterns import pattern
from hullcheck.source import Source
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from hullcheck.render.kustomize import Build

Found = TypeVar("Found")

Place = tuple[str, str, int]
"""Where an object's name was first written, which stays what it is whatever is made of the object."""

_DEPLOYS = ("Kustomization", "Application", "ApplicationSet")

MAX_DEPLOYED = 500
"""Objects of Flux and Argo CD that folders are deployed by; what has more is told."""


class Unit(NamedTuple):
    """A folder that an object deploys: the layer that it makes is in the folder `virtual`.

    `cluster` is what it is deployed to, with whatever else is: the folder of the objects that do it, and where Argo CD
    is told to. `namespace` is that of objects that have none. `substitutes` are put into what is built, `metadata` at it; `changes`: does its object say anything else?
    """

    by: KubernetesObject
    path: str
    virtual: str
    cluster: str
    namespace: str = ""
    substitutes: Substitutes | None = None
    metadata: Metadata | None = None
    changes: bool = False

    @property
    def tool(self) -> str:
        return "Argo CD" if self.by.group == ARGO else "Flux"


class Units:
    """The units that objects make; `layers` are their kustomizations, to be built with those that are written.

    `folders` are those that have a kustomization, with that, `charts` those that have a chart.
    """

    def __init__(
        self,
        objects: Iterable[KubernetesObject],
        files: Mapping[str, ManifestFile],
        folders: Mapping[str, MappingNode],
        is_chart: Callable[[str], bool],
        read: Callable[[str], bytes | None],
        standing: Callable[[str, Source], Source],
    ) -> None:
        self._read = read
        self._standing = standing
        self._files = files
        self._folders = folders
        self._is_chart = is_chart
        self.problems: list[Problem] = []
        self.layers: dict[str, ManifestFile] = {}
        self.units: dict[str, Unit] = {}
        self._generated: dict[str, str] = {}
        self._stand_for: dict[str, KubernetesObject] = {}
        objects = list(objects)
        self._config_maps: dict[tuple[str, str], list[KubernetesObject]] = {}
        self._artifacts: dict[str, list[tuple[KubernetesObject, list[_Copy]]]] = {}
        for made in objects:
            if made.kind == "ConfigMap":
                self._config_maps.setdefault((made.namespace, made.name), []).append(made)
            elif made.kind == "ArtifactGenerator":
                for name, copies in _artifacts(made):
                    self._artifacts.setdefault(name, []).append((made, copies))
        flux = [made for made in objects if made.kind == "Kustomization" and made.group.endswith(FLUX)]
        argo = [made for made in objects if made.kind == "Application" and made.group == ARGO]
        if flux:
            self._flux(flux)
        if argo:
            self._argo(argo)
        self._join()

    # Flux

    def _flux(self, found: list[KubernetesObject]) -> None:
        paths = {id(made): self._path(made) for made in found}
        own = most_used((self._source_name(made), paths[id(made)]) for made in found if self._holds(paths[id(made)]))
        for made in found:
            path = paths[id(made)]
            if "${" in path:
                self._elsewhere(made, path, "its path has variables")
            elif self._source_name(made) not in own or not self._holds(path):
                self._elsewhere(made, path, "its files are in no folder of this repository")
            else:
                spec = at(made.node, "spec")
                unit = Unit(made, path, "", "", "", self._substitutes(made), metadata_of(spec))
                self._add(unit, _flux_fields(spec))

    def _substitutes(self, made: KubernetesObject) -> Substitutes | None:
        """The variables that a Kustomization of Flux sets; None if it sets none."""
        build = at(made.node, "spec", "postBuild")
        if build is None:
            return None
        values: dict[str, Scalar] = {}
        complete = True
        for entry in items(at(build, "substituteFrom")):
            name = as_str(at(entry, "name")) or ""
            known = (
                self._config_maps.get((made.namespace, name), ()) if as_str(at(entry, "kind")) == "ConfigMap" else ()
            )
            held = _nearest(((each, each) for each in known), made)
            data = at(held.node, "data") if held is not None else None
            if isinstance(data, MappingNode):
                values.update(_scalars(data))
            else:
                complete = False
        own = at(build, "substitute")
        if isinstance(own, MappingNode):
            values.update(_scalars(own))
        return Substitutes(values, complete)

    def _source_name(self, made: KubernetesObject) -> str:
        kind = as_str(at(made.node, "spec", "sourceRef", "kind")) or ""
        name = as_str(at(made.node, "spec", "sourceRef", "name")) or ""
        if kind == "ExternalArtifact":
            name = next((copy.source for copy in self._copies(made)), "")
            return f"GitRepository/{name}" if name else ""
        return f"{kind}/{name}" if kind == "GitRepository" else ""

    def _path(self, made: KubernetesObject) -> str:
        """The folder of this repository that a Kustomization takes, also out of an artifact that is made of it."""
        path = _path(made)
        if as_str(at(made.node, "spec", "sourceRef", "kind")) != "ExternalArtifact":
            return path
        copies = [each for each in self._copies(made) if f"{path}/".startswith(f"{each.to}/" if each.to else "")]
        best = max(copies, key=lambda copy: len(copy.to), default=None)
        return path if best is None else clean(posixpath.join(best.folder, path[len(best.to) :].lstrip("/")))

    def _copies(self, made: KubernetesObject) -> "list[_Copy]":
        name = as_str(at(made.node, "spec", "sourceRef", "name")) or ""
        return _nearest(self._artifacts.get(name, ()), made) or []

    # Argo CD

    def _argo(self, found: list[KubernetesObject]) -> None:
        own = most_used(
            (url_of(source), _argo_path(source) or "")
            for made in found
            for source in sources_of(made)
            if self._holds(_argo_path(source)) or self._is_chart(_argo_path(source) or "-")
        )
        kept: dict[str, set[Taken]] = {}
        for source in (source for made in found for source in sources_of(made) if url_of(source) in own):
            path = _argo_path(source)
            if path is not None:
                kept.setdefault(path, set()).add(Taken.of(at(source, "directory")))
        for made in found:
            for source in sources_of(made):
                path = _argo_path(source)
                if path is None or self._is_chart(path):
                    continue
                if "{{" in path:
                    self._elsewhere(made, path, "a template decides its path")
                    continue
                if url_of(source) not in own or not self._holds(path):
                    self._elsewhere(made, path, "its files are in no folder of this repository")
                    continue
                recurse = as_str(at(source, "directory", "recurse")) == "true"
                taken = next(iter(kept[path])) if len(kept[path]) == 1 else ALL
                namespace = as_str(at(made.node, "spec", "destination", "namespace")) or ""
                changed, problem = overridden(source, made, path, self._read)
                self.problems += [problem] if problem is not None else []
                fields = _argo_fields(at(changed, "kustomize"))
                self._add(Unit(made, path, "", "", namespace), fields, recurse=recurse, taken=taken)

    # Both

    def _holds(self, path: str | None) -> bool:
        """Is there a folder with a kustomization, or with manifests?"""
        return path is not None and (path in self._folders or path in self._with_manifests)

    @cached_property
    def _with_manifests(self) -> set[str]:
        """The folders that have manifests in them or below."""
        found: set[str] = set()
        for path in self._manifests("", True):
            folder = posixpath.dirname(path)
            while folder not in found:
                found.add(folder)
                folder = posixpath.dirname(folder)
        return found

    def _manifests(self, folder: str, recurse: bool) -> Iterator[str]:
        below = f"{folder}/" if folder else ""
        for path, file in self._files.items():
            there = path.startswith(below) and (recurse or "/" not in path[len(below) :])
            if there and file.objects and not file.deferred:
                yield path

    def _add(self, unit: Unit, fields: Iterable[tuple[str, Node]], *, recurse: bool = True, taken: Taken = ALL) -> None:
        made = unit.by
        if len(self.units) >= MAX_DEPLOYED:
            why = f"more than {MAX_DEPLOYED} objects deploy folders"
            self.problems.append(Problem("not-analysed", why, made.location, made.owner, Gap("limit", made.kind, why)))
            return
        virtual = f"<deployed {len(self.units)}>"
        layer = self._folders.get(unit.path)
        said = [(_word(name, made), value) for name, value in fields]
        if layer is not None:
            root = laid_into(layer, said)
            self.layers[posixpath.join(virtual, NAMES[0])] = ManifestFile(layer.source, documents=(root,), layer=root)
        else:
            place = made.location
            resources = Sequence(place.source, place.start, place.end, "", True)
            resources.items = [_word(f"../{self._listed(made, unit.path, recurse, taken)}", made)]
            own = {"resources": resources, **{key.text: value for key, value in said}}
            if "components" in own:
                own["components"] = moved(own["components"], unit.path)
            self._put(virtual, own, made)
        self.units[virtual] = unit._replace(virtual=virtual, changes=bool(said))

    def _listed(self, made: KubernetesObject, path: str, recurse: bool, kept: Taken) -> str:
        """The folder of a kustomization that lists what is below a folder that has none: folders that have one, and files."""
        if path in self._generated:
            return self._generated[path]
        below = f"{path}/" if path else ""
        nested = sorted(folder for folder in self._folders if folder.startswith(below)) if recurse else []
        taken: list[str] = []
        for folder in nested:
            inside = folder[len(below) :]
            if kept.has(posixpath.join(inside, NAMES[0])) and not any(folder.startswith(f"{e}/") for e in taken):
                taken.append(folder)
        names = [*taken]
        for each in sorted(self._manifests(path, recurse)):
            if not kept.has(each[len(below) :]):
                continue
            if self._files[each].layer is None and not any(each.startswith(f"{folder}/") for folder in taken):
                names.append(each)
        resources = Sequence(made.location.source, made.location.start, made.location.end, "", True)
        resources.items = [_word(name[len(below) :], made) for name in names]
        self._put(path, {"resources": resources}, made)
        self._generated[path] = path
        return path

    def _put(self, folder: str, fields: Mapping[str, Node], made: KubernetesObject) -> None:
        place = made.location
        path = posixpath.join(folder, NAMES[0])
        source = self._standing(path, place.source)
        root = MappingNode(source, place.start, place.end, "", False)
        root.items = [(_word(name, made), value) for name, value in fields.items()]
        self.layers[path] = ManifestFile(source, documents=(root,), layer=root)
        self._stand_for[path] = made

    def _elsewhere(self, made: KubernetesObject, path: str | None, because: str) -> None:
        message = f"what {made.kind} `{made.name}` deploys (`{path or '.'}`) isn't judged: {because}"
        gap = Gap(ELSEWHERE, made.kind, because)
        self.problems.append(Problem(ELSEWHERE, message, made.location, made.owner, gap))

    def _join(self) -> None:
        """Which units go to one cluster: what one deploys is where it is itself, and so is what lies beside it."""
        first: dict[str, str] = {}
        for virtual, unit in self.units.items():
            seen: set[str] = set()
            at_ = unit
            while True:
                above = self._above(at_, seen)
                if above is None:
                    break
                seen.add(above.virtual)
                at_ = above
            folder = at_.path if at_.path and _covers(at_, at_.by) else posixpath.dirname(at_.by.location.path)
            first[virtual] = folder or "."
        for virtual, unit in list(self.units.items()):
            target = at(unit.by.node, "spec", "destination")
            where = as_str(at(target, "name")) or as_str(at(target, "server")) or ""
            where = "" if where in ("in-cluster", "https://kubernetes.default.svc") else where
            self.units[virtual] = unit._replace(cluster=f"{first[virtual]} -> {where}" if where else first[virtual])

    def _above(self, unit: Unit, seen: set[str]) -> Unit | None:
        """The unit that deploys the object of this one, if another does: the one with the deepest folder."""
        path = unit.by.location.path
        holders = [
            other
            for other in self.units.values()
            if other.virtual not in seen and other.by is not unit.by and _is_below(path, other.path)
        ]
        return max(holders, key=lambda other: len(other.path), default=None)

    def changed(self, builds: Iterable[Build]) -> dict[Place, KubernetesObject]:
        """What deploys, as units deploy it with changes of their own; what several make different things of stays."""
        found: dict[Place, KubernetesObject] = {}
        several: set[Place] = set()
        for built in builds:
            unit = self.units.get(built.folder)
            if unit is None or not (unit.changes or unit.substitutes or unit.metadata):
                continue
            for root in built.objects:
                if as_str(root.get("kind")) in _DEPLOYS:
                    made = object_of(unit.substitutes.within(root) if unit.substitutes else root)
                    if made is not None and (made.group.endswith(FLUX) or made.group == ARGO):
                        place = place_of(made)
                        several |= {place} & found.keys()
                        found[place] = made
        return {place: made for place, made in found.items() if place not in several}

    def told(self, problem: Problem) -> Problem:
        """A problem of a build, at the object that deploys where it is at a layer that isn't written."""
        made = self._stand_for.get(problem.location.path)
        if made is not None:
            return problem._replace(location=made.location, owner=made.owner)
        unit = self.units.get(problem.owner)
        return problem if unit is None else problem._replace(owner=unit.by.owner)

    def written(self, unit: Unit, files: frozenset[str]) -> frozenset[str]:
        """The files of a unit's build that there are, those of the objects that deploy in the place of their layers."""
        found = (self._stand_for[path].location.path if path in self._stand_for else path for path in files)
        return frozenset((*found, unit.by.location.path))


def _nearest(found: "Iterable[tuple[KubernetesObject, Found]]", to: KubernetesObject) -> "Found | None":
    """Of objects that are called alike, and so are in different clusters, what the one nearest to another object has.

    None if there is none, or several that are as near.
    """
    folders = posixpath.dirname(to.location.path).split("/")
    best, others = -1, 0
    nearest: Found | None = None
    for made, has in found:
        own = posixpath.dirname(made.location.path).split("/")
        common = len(posixpath.commonprefix([folders, own]))
        if common > best:
            best, others, nearest = common, 0, has
        elif common == best:
            others += 1
    return None if others else nearest


class _Copy(NamedTuple):
    """What an artifact takes of a source: the contents of a folder, and where it puts them."""

    source: str
    folder: str
    to: str


def _artifacts(made: KubernetesObject) -> Iterator[tuple[str, list[_Copy]]]:
    """The artifacts that a generator of Flux makes of Git repositories, by name.

    See https://fluxcd.io/flux/components/source/artifactgenerators/
    """
    spec = at(made.node, "spec")
    sources = {
        as_str(at(source, "alias")) or "": as_str(at(source, "name")) or ""
        for source in items(at(spec, "sources"))
        if as_str(at(source, "kind")) == "GitRepository"
    }
    for artifact in items(at(spec, "artifacts")):
        copies = []
        for entry in items(at(artifact, "copy")):
            source, _, folder = (as_str(at(entry, "from")) or "").removeprefix("@").partition("/")
            to = (as_str(at(entry, "to")) or "").removeprefix("@artifact")
            if source in sources and folder.endswith("**"):
                copies.append(_Copy(sources[source], clean(folder.removesuffix("**")), clean(to)))
        yield as_str(at(artifact, "name")) or "", copies


def place_of(made: KubernetesObject) -> Place:
    """What an object is known by, however it is patched."""
    return made.kind, made.location.path, made.location.start


def _covers(unit: Unit, made: KubernetesObject) -> bool:
    """Is the object's file below the folder that the unit deploys?"""
    return _is_below(made.location.path, unit.path)


def _is_below(path: str, folder: str) -> bool:
    return not folder or path.startswith(f"{folder}/")


def _scalars(node: MappingNode) -> Iterator[tuple[str, Scalar]]:
    return ((name, value) for name, (_, value) in node.entries().items() if isinstance(value, Scalar))


def _path(made: KubernetesObject) -> str:
    return clean(as_str(at(made.node, "spec", "path")) or "")


def _argo_path(source: Node) -> str | None:
    path = as_str(at(source, "path"))
    return None if path is None else clean(path)


def _word(text: str, made: KubernetesObject) -> Scalar:
    place = made.location
    return Scalar(place.source, place.start, place.end, "", text, '"')


_FLUX_FIELDS = {
    "targetNamespace": "namespace",
    "namePrefix": "namePrefix",
    "nameSuffix": "nameSuffix",
    "patches": "patches",
    "patchesStrategicMerge": "patchesStrategicMerge",
    "patchesJson6902": "patchesJson6902",
    "images": "images",
    "components": "components",
}


def _flux_fields(spec: Node | None) -> Iterator[tuple[str, Node]]:
    for theirs, ours in _FLUX_FIELDS.items():
        value = at(spec, theirs)
        if value is not None:
            yield ours, value


_ARGO_FIELDS = (
    "namePrefix", "nameSuffix", "namespace", "patches", "commonLabels", "commonAnnotations", "replicas", "components",
    "images",
)  # fmt: skip


def _argo_fields(own: Node | None) -> Iterator[tuple[str, Node]]:
    for name in _ARGO_FIELDS:
        value = at(own, name)
        if value is not None:
            yield name, _images(value) if name == "images" else value


_IMAGE = pattern(
    r"(?:(?P<name>[^=\s]{1,300})=)?(?P<new>[^=@\s]{1,300}?)(?::(?P<tag>[^:/@\s]{1,200}))?(?:@(?P<digest>[^@\s]{1,200}))?"
)


def _images(node: Node) -> Sequence:
    """`old=new:tag`, as `kustomize edit set image` takes it, as entries of `images`."""
    made = Sequence(node.source, node.start, node.end, "", True)
    for item in items(node):
        match = _IMAGE.fullmatch(as_str(item) or "")
        if match is None:
            continue
        said = {"name": match["name"] or match["new"], "newTag": match["tag"], "digest": match["digest"]}
        said["newName"] = match["new"] if match["name"] else None
        entry = MappingNode(item.source, item.start, item.end, "", True)
        entry.items = [
            (
                Scalar(item.source, item.start, item.end, "", key, '"'),
                Scalar(item.source, item.start, item.end, "", text, '"'),
            )
            for key, text in said.items()
            if text
        ]
        made.items.append(entry)
    return made
