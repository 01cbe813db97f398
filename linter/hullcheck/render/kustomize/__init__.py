"""Overlays, built as kustomize 5.8 builds them, each value with the place where it was decided.

Nothing is fetched and nothing is run: what would be is noted, and the rest is built.
"""

from __future__ import annotations

import posixpath
from collections import deque
from collections.abc import Callable, Iterable

from hullcheck.budget import OutOfTimeError, Thing, tick
from hullcheck.model.coverage import Gap
from hullcheck.model.node import Mapping, Node, Scalar, Sequence, is_null
from hullcheck.model.problem import Problem, fault, late
from hullcheck.parse.kubernetes import ManifestFile
from hullcheck.parse.kustomization import NAMES, RefusedError, UnknownError
from hullcheck.render.kustomize.build import Builder
from hullcheck.render.kustomize.files import Files, Read, is_remote, resolve
from hullcheck.render.kustomize.resources import Resource
from hullcheck.render.kustomize.state import DeadImage
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple

__all__ = ["Build", "DeadImage", "Kustomizations", "Read", "objects"]

MAX_OBJECTS = 10_000
"""Objects that the overlays of a repository build, all together; large repositories have a thousand or two."""

_REFERENCES = ("resources", "bases", "components", "generators", "transformers", "validators")
_PLAIN = ("apiversion", "kind", "metadata", "resources", "bases", "components")
_PATCHES = ("patches", "patchesstrategicmerge", "patchesjson6902", "replacements")


class Build(NamedTuple):
    """What a kustomization builds. `folder` is its own.

    `objects` are in the order in which kustomize puts them out. `approximate` says why the result isn't known in full:
    objects may be missing; `uncertain`, why those that are there may be other than shown. `refused` is true if
    kustomize wouldn't build it at all, as far as can be told. `files` had a part in it; a patch that found
    nothing to change had none. `live_images` are the entries of `images` that changed something, `dead_images` those that
    didn't. `local` are objects that aren't put out since their own annotation says so.
    `sources` are those of the files whose objects are resources or merged into them, not data, operations or settings.
    """

    folder: str
    objects: tuple[Mapping, ...] = ()
    problems: tuple[Problem, ...] = ()
    approximate: str = ""
    refused: bool = False
    files: frozenset[str] = frozenset()
    dead_images: tuple[DeadImage, ...] = ()
    uncertain: str = ""
    live_images: frozenset[Location] = frozenset()
    local: tuple[Mapping, ...] = ()
    sources: frozenset[str] = frozenset()


class Kustomizations:
    """All kustomizations of a repository, by folder, and how they use one another.

    `manifests` are the files read so far, by path, the kustomizations among them. `read` gives the bytes of any other
    file of the repository. `paths` are those of all its files: charts for `helmCharts` are looked for among them.
    """

    def __init__(self, manifests: dict[str, ManifestFile], read: Read, paths: Iterable[str] = ()) -> None:
        self.files = Files(manifests, read, paths)
        self.layers: dict[str, Mapping] = {}
        for path, file in sorted(manifests.items()):
            if file.layer is not None and posixpath.basename(path) in NAMES:
                self.layers.setdefault(posixpath.dirname(path), file.layer)
        self.included: set[str] = set()
        self.includes: dict[str, list[str]] = {}
        self.resource_files: set[str] = set()
        self.other_files: set[str] = set()
        for folder, layer in self.layers.items():
            self._note(folder, layer, folder)
        self.builder = Builder(self.files)
        self.objects = 0

    def before_more(self) -> Callable[[], None]:
        """What takes back what is added and built from here on; it is called once at most."""
        files, builder, objects = self.files.before_more(), self.builder.before_more(), self.objects
        layers, included = dict(self.layers), set(self.included)
        includes = {folder: list(others) for folder, others in self.includes.items()}
        paths = set(self.resource_files), set(self.other_files)

        def back() -> None:
            files()
            builder()
            self.layers, self.included, self.includes, self.objects = layers, included, includes, objects
            self.resource_files, self.other_files = paths

        return back

    def add(self, layers: dict[str, ManifestFile]) -> None:
        """More kustomizations, in folders that have none: of their own, or a written one that is changed, which they replace."""
        self.files.add(layers)
        for path, file in layers.items():
            assert file.layer is not None
            self.layers[posixpath.dirname(path)] = file.layer
        for path, file in layers.items():
            assert file.layer is not None
            folder, home = posixpath.dirname(path), posixpath.dirname(file.layer.source.path)
            self._note(folder, file.layer, home)
            if home != folder:
                self.included.add(home)
                self.includes.setdefault(folder, []).append(home)
        self.objects = 0

    def _note(self, folder: str, layer: Mapping, home: str) -> None:
        """Who includes whom, and which files belong to a kustomization, whose paths are relative to `home`."""
        for key, (_, value) in layer.entries().items():
            name = key.lower()
            if name in _REFERENCES:
                for text in _texts(value):
                    path = None if is_remote(text) else resolve(home, text)
                    if path in self.layers:
                        self.included.add(path)
                        self.includes.setdefault(folder, []).append(path)
                    elif path is not None and name in ("resources", "bases"):
                        self.resource_files.add(path)
                    elif path is not None:
                        self.other_files.add(path)
            elif name in _PATCHES:
                for text in _paths(value):
                    path = resolve(home, text)
                    if path is not None:
                        self.other_files.add(path)

    @property
    def only_patches(self) -> set[str]:
        """Files that are never whole objects: patches, and what configures a build."""
        return self.other_files - self.resource_files

    @property
    def claimed(self) -> set[str]:
        """Files that belong to some kustomization, and so aren't manifests on their own."""
        return self.other_files | self.resource_files

    @property
    def roots(self) -> list[str]:
        """The folders of the kustomizations that no other includes; a component is no root."""
        return sorted(f for f, layer in self.layers.items() if f not in self.included and not _is_component(layer))

    def builds(self) -> list[Build]:
        """The kustomizations that are built on their own: each has a part in one of the builds, if it can be built.

        Besides the roots those that only what can't be built includes, and those that include one another in circles.
        """
        pending = deque(self.roots)
        others = iter(sorted(folder for folder, layer in self.layers.items() if not _is_component(layer)))
        found: dict[str, Build] = {}
        taken: set[str] = set()
        while True:
            folder = pending.popleft() if pending else next(others, None)
            if folder is None:
                return list(found.values())
            path = self.layers[folder].source.path
            if folder in found or (path in taken and posixpath.dirname(path) == folder):
                continue
            built = found[folder] = self.build(folder)
            taken |= built.files
            if not built.files:
                pending += [f for f in self.includes.get(folder, ()) if not _is_component(self.layers[f])]

    def unused_components(self, builds: "list[Build]") -> list[Problem]:
        """The components that have a part in none of the builds, and hold more than files that are judged anyway."""
        taken = frozenset().union(*(built.files for built in builds))
        unused = [layer for layer in self.layers.values() if _is_component(layer) and layer.source.path not in taken]
        message = "no overlay that can be built uses this component, so what it changes isn't judged"
        gap = Gap("unused", "component", "no overlay that can be built uses it")
        return [
            Problem("not-analysed", message, layer.source.at(layer.start), posixpath.dirname(layer.source.path), gap)
            for layer in unused
            if _changes_something(layer)
        ]

    def build(self, folder: str) -> Build:
        """What the kustomization of that folder builds; this doesn't raise."""
        try:
            with Thing():
                tick()
                ordered, state = self.builder.root(folder)
            self._count(ordered, folder)
        except OutOfTimeError as error:
            layer = self.layers[folder]
            problem = late(error, layer.source.at(layer.start), "overlay", folder or ".")
            return Build(folder, (), (problem,), str(error))
        except UnknownError as error:
            return self._failed(folder, error.message, error.location, "limit")
        except RefusedError as error:
            message = f"kustomize wouldn't build this: {error.message}"
            gap = Gap("overlay", "overlay", error.message)
            problem = Problem("not-analysed", message, error.location, folder or ".", gap)
            return Build(folder, (), (problem,), message, refused=True)
        except RecursionError:
            layer = self.layers[folder]
            message = "its objects are nested too deep to be changed"
            return self._failed(folder, message, layer.source.at(layer.start), "limit")
        except Exception as error:  # noqa: BLE001  a fault of ours must not lose the others
            layer = self.layers[folder]
            problem = fault(error, layer.source.at(layer.start), "overlay", folder or ".")
            return Build(folder, (), (problem,), problem.message)
        return Build(
            folder,
            tuple(resource.root for resource in ordered),
            tuple(problem._replace(owner=folder or ".") for problem in dict.fromkeys(state.problems)),
            state.approximate,
            files=frozenset(state.files),
            dead_images=tuple(state.dead_images),
            uncertain=state.uncertain,
            live_images=frozenset(state.live_images),
            local=tuple(state.local),
            sources=frozenset(state.sources),
        )

    def _count(self, built: Iterable[Resource], folder: str) -> None:
        """Raise UnknownError if there are too many objects in all builds together."""
        self.objects += sum(1 for _ in built)
        if self.objects > MAX_OBJECTS:
            self.objects = MAX_OBJECTS
            layer = self.layers[folder]
            message = f"the overlays of this repository build more than {MAX_OBJECTS:,} objects"
            raise UnknownError(message, layer.source.at(layer.start))

    def _failed(self, folder: str, message: str, place: Location, cause: str) -> Build:
        problem = Problem("not-analysed", message, place, folder or ".", Gap(cause, "overlay", message))
        return Build(folder, (), (problem,), message)


def objects(built: Build) -> list[Node]:
    """The objects in the order in which `kubectl kustomize` prints them."""
    return list(built.objects)


def _is_component(layer: Mapping) -> bool:
    kind = next((value for key, (_, value) in layer.entries().items() if key.lower() == "kind"), None)
    return isinstance(kind, Scalar) and kind.text == "Component"


def _changes_something(layer: Mapping) -> bool:
    """Does it say more than which files and folders it takes in?"""
    return any(key.lower() not in _PLAIN and not is_null(value) for key, (_, value) in layer.entries().items())


def _texts(node: Node) -> list[str]:
    return [i.text for i in node.items if isinstance(i, Scalar) and i.text] if isinstance(node, Sequence) else []


def _paths(node: Node) -> list[str]:
    """The paths of a list of patches: plain ones, and those of entries with a `path`."""
    found = [text for text in _texts(node) if "\n" not in text]
    for item in node.items if isinstance(node, Sequence) else ():
        path = item.get("path") if isinstance(item, Mapping) else None
        if isinstance(path, Scalar) and path.text:
            found.append(path.text)
    return found
