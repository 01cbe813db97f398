"""All files united: which image runs where, as whom, and what the checks look at."""

import itertools
import posixpath
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from hullcheck.discover import Entry, Kind, Tree
from hullcheck.model.container import Container, Root
from hullcheck.model.image import ImageUse
from hullcheck.model.problem import Problem
from hullcheck.model.scoped import Scoped, within
from hullcheck.model.settings import Settings
from hullcheck.model.workload import Workload
from hullcheck.read import File, of_kind, read
from hullcheck.source import Source


class Project(NamedTuple):
    """The parts of the model that checks subscribe to, what is wrong with the files, and what stays undecided.

    `dockerfiles` are those that are files, by path; `compose` the Compose projects; `worlds` the rendered manifests.
    """

    parts: list[Scoped]
    problems: list[Problem]
    not_decided: int
    dockerfiles: Mapping[str, Any] = {}
    compose: tuple[Any, ...] = ()
    worlds: tuple[Any, ...] = ()

    @property
    def dialects(self) -> set[str]:
        """The dialects that there is anything of."""
        found = (("dockerfile", self.dockerfiles), ("compose", self.compose), ("kubernetes", self.worlds))
        return {name for name, there in found if there} | {"repository"}


def link(files: dict[str, File], tree: Tree, settings: Settings) -> Project:
    """Unite the files. Everything is looked up by path or name, so the cost grows with the files, not their pairs."""
    return _Linker(files, tree, settings).project()


def scopes(files: dict[str, File], tree: Tree, settings: Settings) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """What is applied together: the worlds of manifests, and the Compose projects."""
    linker = _Linker(files, tree, settings)
    return tuple(linker.manifests.worlds) if linker.manifests else (), tuple(linker.compose)


class _Linker:
    def __init__(self, files: dict[str, File], tree: Tree, settings: Settings) -> None:
        self.files = files
        self.tree = tree
        self.settings = settings
        self.problems = [
            problem for file in files.values() for reading in file.readings for problem in reading.problems
        ]
        self.dockerfiles = {p: f.model for p, f in of_kind(files, "dockerfile").items() if f.model}
        self.compose = self._compose_projects()
        self._read_named()
        self.manifests = self._manifests()
        self.inline: dict[str, Any] = {}
        self.service_builds: dict[int, Any] = {}
        self.images: Any = self._images() if self.dockerfiles or self.compose else None

    def project(self) -> Project:
        parts: list[Scoped] = [*self._kubernetes_parts(), *self._compose_parts(), *self._dockerfile_parts()]
        parts += self._network_parts()
        parts += within("", self._repository_parts([part for _, part in parts if isinstance(part, ImageUse)]))
        undecided = sum(1 for _, part in parts if _undecided(part))
        worlds = tuple(self.manifests.worlds) if self.manifests else ()
        return Project(
            parts, self.problems, undecided, {**self.dockerfiles, **self.inline}, tuple(self.compose), worlds
        )

    def _compose_projects(self) -> list[Any]:
        composed = {path: file.model for path, file in of_kind(self.files, "compose").items() if file.model}
        if not composed:
            return []
        from hullcheck.link.compose import projects

        found = projects(composed, {}, self._variable_files(composed))
        self.problems += [problem for project in found for problem in project.problems]
        return found

    def _read_named(self) -> None:
        """Read the Dockerfiles that a build names and whose own name doesn't tell that they are some."""
        named = {
            service.build.path for project in self.compose for service in project.services.values() if service.build
        }
        if of_kind(self.files, "skaffold", "bake"):
            from hullcheck.link.images import stated_builds

            named |= {build.dockerfile for build in stated_builds(self.files.values())}
        for path in sorted((named & set(self.tree.paths)) - self.files.keys()) if named else ():
            file = read(self.tree, Entry(path, Kind.DOCKERFILE, named=True))
            if file is not None:
                self.files[path] = file
                self.problems += file.problems
                if file.model:
                    self.dockerfiles[path] = file.model

    def _variable_files(self, composed: dict[str, Any]) -> dict[str, Source]:
        """The `.env` files, and those that an `env_file` may name: near a Compose file, and with `env` in their name."""
        folders = {posixpath.dirname(path) for path in composed}
        texts = {path: file.source for path, file in of_kind(self.files, "env").items()}
        for path in self.tree.paths:
            name = posixpath.basename(path)
            if path not in texts and "env" in name and any(f == "" or path.startswith(f"{f}/") for f in folders):
                try:
                    texts[path] = Source(path, self.tree.read(path))
                except OSError:
                    continue
        return texts

    def _manifests(self) -> Any:
        manifests = {p: f.model for p, f in of_kind(self.files, "kubernetes", "kustomization").items() if f.model}
        charts = list(of_kind(self.files, "chart"))
        if not manifests and not charts:
            return None
        from hullcheck.link.kubernetes import link as link_manifests

        manifests = {path: self._read_in_full(path, model, charts) for path, model in manifests.items()}

        linked = link_manifests(manifests, self.tree, charts)
        self.problems = [p for p in self.problems if p.name != "not-analysed" or p.location.path not in linked.rendered]
        self.problems += linked.problems
        return linked

    def _read_in_full(self, path: str, model: Any, charts: list[str]) -> Any:
        """A template of no chart, though it looks like one, as what stands literally in it."""
        if not model.deferred or any(path.startswith(chart.removesuffix("Chart.yaml")) for chart in charts):
            return model
        from hullcheck.parse.kubernetes import read_literally

        made = read_literally(model.source)
        self.problems = [p for p in self.problems if p not in model.problems] + list(made.problems)
        return made

    def _images(self) -> Any:
        from hullcheck.link.images import Images, inline_build, service_build, stated_builds

        builds = list(stated_builds(self.files.values()))
        dockerfiles = dict(self.dockerfiles)
        for project in self.compose:
            for service in project.services.values():
                build = service_build(project, service)
                if build is None and service.build is not None and service.build.inline.value is not None:
                    build = inline_build(project, service)
                    self._add_inline(build.dockerfile, service)
                if build is not None:
                    builds.append(build)
                    self.service_builds[id(service)] = build
        return Images({**dockerfiles, **self.inline}, builds)

    def _add_inline(self, path: str, service: Any) -> None:
        from hullcheck.parse.dockerfile import parse_inline

        node = service.build.node.get("dockerfile_inline")
        self.inline[path] = parse_inline(node)
        self.problems += self.inline[path].problems

    def _dockerfile_parts(self) -> Iterator[Scoped]:
        if not self.dockerfiles and not self.inline:
            return
        from hullcheck.link.dockerfile import parts

        for path, dockerfile in {**self.dockerfiles, **self.inline}.items():
            yield from within(path, parts(dockerfile, self.images.builds_of(path)))

    def _compose_parts(self) -> Iterator[Scoped]:
        for project in self.compose:
            yield from within(project.scope, self._project_parts(project))

    def _project_parts(self, project: Any) -> Iterator[Any]:
        yield project
        for service in project.services.values():
            yield service
            yield from service.images
        for workload in project.workloads:
            build = self.service_builds.get(id(workload.part))
            containers = tuple(self.images.joined_service(c, build) for c in workload.containers)
            yield from _workload_parts(workload._replace(containers=containers))

    def _kubernetes_parts(self) -> Iterator[Scoped]:
        if self.manifests is None:
            return
        if any(world.workloads for world in self.manifests.worlds) and self.images is None:
            from hullcheck.link.images import Images

            self.images = Images({}, ())
        for world in self.manifests.worlds:
            yield from within(world.name, self._world_parts(world))
        from hullcheck.link.rbac import parts
        from hullcheck.link.references import references

        yield from parts(self.manifests.worlds)
        yield from references(self.manifests.worlds)
        yield from self.manifests.dead_images
        if self.settings.validate:
            yield from within("", self._unknown_fields())

    def _world_parts(self, world: Any) -> Iterator[Any]:
        from hullcheck.link.availability import availabilities

        yield world
        yield from world.objects
        yield from availabilities(world)
        for workload in world.workloads:
            containers = tuple(map(self.images.joined, workload.containers))
            yield from _workload_parts(workload._replace(containers=containers))

    def _unknown_fields(self) -> Iterator[Any]:
        from hullcheck.link.validation import security_fields, validate

        written = (made for f in of_kind(self.files, "kubernetes").values() if f.model for made in f.model.objects)
        declared = itertools.chain(self.manifests.objects, written)
        told = "misplaced-security-field" in self.settings.selected
        places = security_fields(self.manifests.worlds) if told else frozenset()
        found = validate(self.manifests.worlds, declared, self.settings.validate, places)
        self.problems += found.problems
        yield from found.unknown

    def _network_parts(self) -> Iterator[Scoped]:
        if not self.compose and self.manifests is None:
            return
        if self.manifests is None:
            from hullcheck.link.compose_network import network_parts

            yield from network_parts(self.compose, self.settings.datastores)
            return
        from hullcheck.link.network import Options, parts

        worlds = self.manifests.worlds
        yield from parts(worlds, Options(self.settings.datastores, self._mentions()), self.compose)

    def _mentions(self) -> tuple[str, ...]:
        """Files that speak of network policies and can't be read."""
        models = ((path, file.model) for path, file in of_kind(self.files, "kubernetes", "chart").items())
        return tuple(
            path for path, model in models if model is not None and model.templated and model.mentions_policies
        )

    def _repository_parts(self, parts: list[Any]) -> Iterator[Any]:
        from hullcheck.link.repository import Repository

        builds_of = self.images.builds_of if self.images else lambda path: []
        repository = Repository(self.files, self.tree, self.dockerfiles, self.compose, builds_of)
        yield from repository.parts(part for part in parts if isinstance(part, ImageUse))


def _workload_parts(workload: Workload) -> Iterator[Any]:
    """A workload, its containers, and the images that they name."""
    yield workload
    for container in workload.containers:
        yield container
        if container.image is not None and not container.image.reference.absent:
            yield container.image


def _undecided(part: object) -> bool:
    if isinstance(part, ImageUse):
        return bool(part.reference.unknown)
    return (
        isinstance(part, Container) and part.user.root is Root.UNKNOWN and part.complete and part.dialect != "compose"
    )
