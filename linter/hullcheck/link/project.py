"""All files united: which image runs where, as whom, and what the checks look at."""

from __future__ import annotations

import itertools
import posixpath
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from functools import cached_property

from hullcheck.budget import OutOfTimeError, ticking
from hullcheck.discover import Entry, Kind, Tree, like, seen
from hullcheck.link.local_images import LocalImages
from hullcheck.model.container import Container, Root
from hullcheck.model.image import ImageUse
from hullcheck.model.problem import Problem, fault, late
from hullcheck.model.scoped import Scoped, within
from hullcheck.model.settings import Settings
from hullcheck.model.workload import Workload
from hullcheck.read import File, of_kind, read, united
from hullcheck.source import Location, Source
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from hullcheck.link.asked import Asked, InTexts
    from hullcheck.link.ci import Pipelines
    from hullcheck.model.kept import Kept

T = TypeVar("T")

_SAID = "pipelines"
"""What pipelines and scripts say, among what is kept."""


class Used(NamedTuple):
    """What was really united, for the ledger.

    `nodes` are the ids of the objects that worlds hold as they are written, `files` the paths that built overlays and
    rendered charts are made of; `compose` those that are whole projects or parts of them, and `services` those of other
    files that something extends, by path and name. `templates` are the files that charts make objects of.
    """

    nodes: frozenset[int] = frozenset()
    files: frozenset[str] = frozenset()
    compose: frozenset[str] = frozenset()
    services: frozenset[tuple[str, str]] = frozenset()
    templates: frozenset[str] = frozenset()


class Project(NamedTuple):
    """The parts of the model that checks subscribe to, what is wrong with the files, and what stays undecided.

    `dockerfiles` are those that are files, by path; `compose` the Compose projects; `worlds` the rendered manifests.
    `users` are the scopes and names of what runs an image, by the Dockerfile's path and the stage. `not_decided` counts by
    file what can't be judged because something isn't known. `beside` are dialects of files that aren't linked here.
    `devcontainers` are the scopes of development containers: the paths of their files. `builders` are the files that say
    that a Dockerfile is built.
    """

    parts: list[Scoped]
    problems: list[Problem]
    not_decided: Mapping[str, int]
    dockerfiles: Mapping[str, Any] = {}
    compose: tuple[Any, ...] = ()
    worlds: tuple[Any, ...] = ()
    used: Used = Used()
    beside: frozenset[str] = frozenset()
    users: Mapping[tuple[str, str], tuple[tuple[str, str], ...]] = {}
    devcontainers: frozenset[str] = frozenset()
    builders: Mapping[str, frozenset[str]] = {}

    @property
    def dialects(self) -> set[str]:
        """The dialects that there is anything of."""
        found = (
            ("dockerfile", self.dockerfiles), ("compose", self.compose), ("kubernetes", self.worlds),
            ("devcontainer", self.devcontainers),
        )  # fmt: skip
        return {name for name, there in found if there} | {"repository"} | self.beside


def link(
    files: dict[str, File],
    tree: Tree,
    settings: Settings,
    asked: "InTexts | None" = None,
    kept: "Kept | None" = None,
) -> Project:
    """Unite the files. Everything is looked up by path or name, so the cost grows with the files, not their pairs.

    `asked` is what the tree's pipelines and scripts say, if that is known; `kept` what a session has of manifests.
    """
    return _Linker(files, tree, settings, asked, kept).project()


def uses(files: dict[str, File], tree: Tree, settings: Settings, asked: "InTexts | None" = None) -> Iterator[ImageUse]:
    """The images that files of the dialects use, without anything else that is found out of them."""
    return _Linker(files, tree, settings, asked).uses()


def scopes(files: dict[str, File], tree: Tree, settings: Settings) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """What is applied together: the worlds of manifests, and the Compose projects."""
    linker = _Linker(files, tree, settings)
    return tuple(linker.manifests.worlds) if linker.manifests else (), tuple(linker.compose)


class _Linker:
    def __init__(
        self,
        files: dict[str, File],
        tree: Tree,
        settings: Settings,
        asked: "InTexts | None" = None,
        kept: "Kept | None" = None,
    ) -> None:
        self.kept = kept
        self.files = files
        self.tree = tree
        self.settings = settings
        self.problems = [
            problem for file in files.values() for reading in file.readings for problem in reading.problems
        ]
        self.dockerfiles = {p: f.model for p, f in of_kind(files, "dockerfile").items() if f.model}
        self.commands = asked.commands if asked is not None else None
        self.compose: list[Any] = []
        self.manifests: Any = None
        self.developed: Any = None
        self._in_time(self._take_projects, "compose", "Compose project")
        self.pipelines, self.asked, _, read = asked or self._nothing_asked()
        if kept is not None and read is not None:
            kept.keep(_SAID, None, (self.pipelines, self.asked), read)
        if asked is None:
            self._in_time(self._take_pipelines, "dockerfile compose", "pipeline")
        self._in_time(self._read_named, "dockerfile compose", "Dockerfile that others name")
        self._in_time(self._take_manifests, "kubernetes kustomization chart", "manifest")
        self._in_time(self._take_dev_containers, "devcontainer", "development container")
        self.inline: dict[str, Any] = {}
        self.service_builds: dict[int, Any] = {}
        self.images: Any = None
        if self.dockerfiles or self.compose or of_kind(files, "bake") or self.asked.inline:
            self._in_time(self._take_images, "dockerfile compose", "image")
        self.local: LocalImages | None = None
        self._in_time(self._take_local_images, "dockerfile compose skaffold", "image that is built here")

    def uses(self) -> Iterator[ImageUse]:
        made = (
            self._tagged(self._settled(self._kubernetes_parts(), "kubernetes")),
            self._settled(self._compose_parts(), "compose"),
            self._settled(self._dockerfile_parts(), "dockerfile"),
            self._dev_container_parts(),
        )
        return (each.part for each in itertools.chain(*made) if isinstance(each.part, ImageUse))

    def project(self) -> Project:
        parts: list[Scoped] = []
        take = self._take_parts
        take(parts, lambda: self._tagged(self._settled(self._kubernetes_parts(), "kubernetes")), "kubernetes", "object")
        take(parts, lambda: self._settled(self._compose_parts(), "compose"), "compose", "service")
        take(parts, lambda: self._settled(self._dockerfile_parts(), "dockerfile"), "dockerfile", "stage")
        take(parts, self._dev_container_parts, "devcontainer", "development container")
        take(parts, self._network_parts, "kubernetes compose", "network")
        take(parts, lambda: self._about_repository(parts), "dockerfile compose kubernetes", "join of files")
        undecided = self._sure(lambda: _undecided_in(parts), dict[Any, Any](), "dockerfile compose kubernetes", "file")
        worlds = tuple(self.manifests.worlds) if self.manifests else ()
        dockerfiles = {**self.dockerfiles, **self.inline}
        used = self._sure(lambda: self._used(worlds), Used(), "kubernetes compose", "file")
        users = self._sure(lambda: _users(parts), dict[Any, Any](), "dockerfile", "image")
        developed = frozenset(self.developed.made if self.developed else ())
        return Project(
            parts,
            self.problems,
            undecided,
            dockerfiles,
            tuple(self.compose),
            worlds,
            used,
            users=users,
            devcontainers=developed,
            builders=self._sure(self._builders, dict[Any, Any](), "dockerfile", "image"),
        )

    def _builders(self) -> dict[str, frozenset[str]]:
        """The files that say of a Dockerfile that it is built."""
        found: dict[str, set[str]] = {}
        for path in self.dockerfiles if self.images is not None else ():
            for build in self.images.builds_of(path):
                found.setdefault(path, set()).add(build.place.location.path)
        for build in self.asked.builds:
            found.setdefault(build.dockerfile, set()).add(build.place.location.path)
        return {path: frozenset(by) for path, by in found.items()}

    def _take_local_images(self) -> None:
        self.local = self._local_images()

    def _settled(self, parts: Iterator[Scoped], dialect: str) -> Iterator[Scoped]:
        return parts if self.local is None else self.local.settled(parts, dialect)

    def _tagged(self, parts: Iterator[Scoped]) -> Iterator[Scoped]:
        if self.manifests is None:
            return parts
        from hullcheck.link.deploy_tags import DeployTags

        layers = [f.model.layer for f in of_kind(self.files, "kustomization").values() if f.model and f.model.layer]
        objects = (made for world in self.manifests.worlds for made in world.objects)
        return DeployTags(self.asked.tagged, layers, objects).settled(parts)

    def _take_parts(self, parts: list[Scoped], make: Callable[[], Iterator[Scoped]], kinds: str, what: str) -> None:
        """Add what is made, as far as the run's time lasts."""
        self._in_time(lambda: parts.extend(ticking(make())), kinds, what)

    def _in_time(self, step: Callable[[], None], kinds: str, what: str) -> None:
        """Do it, unless the run's time is used up, or it fails: that is told at the largest file of these kinds."""
        try:
            step()
        except OutOfTimeError as error:
            self.problems.append(late(error, self._largest(kinds, error), what))
        except Exception as error:  # noqa: BLE001  a fault of ours must not lose what else there is
            self.problems.append(fault(error, self._largest(kinds, error), what))

    def _sure(self, make: Callable[[], T], otherwise: T, kinds: str, what: str) -> T:
        """What is made; where that can't be had, which is told, what stands for it."""
        found = [otherwise]
        self._in_time(lambda: found.append(make()), kinds, what)
        return found[-1]

    def _largest(self, kinds: str, error: BaseException) -> Location:
        """The beginning of the largest file of these kinds; raises the error if there is no file at all."""
        sources = [file.source for file in (of_kind(self.files, *kinds.split()) or self.files).values()]
        if not sources:
            raise error
        return max(sources, key=lambda source: (len(source.text), source.path)).at(0)

    def _whole(self, parts: Iterable[Scoped], place: Location, what: str, owner: str = "") -> Iterator[Scoped]:
        """The parts; that a fault of our own ends them is told at the place, and loses no others."""
        try:
            yield from parts
        except Exception as error:  # noqa: BLE001
            self.problems.append(fault(error, place, what, owner))

    def _used(self, worlds: tuple[Any, ...]) -> Used:
        return Used(
            frozenset(self._judged_objects()),
            frozenset(self.manifests.rendered if self.manifests else ()).union(
                *(world.files for world in worlds if world.kind != "manifests")
            ),
            frozenset(path for project in self.compose for path in (*project.paths, *project.taken)),
            frozenset().union(*(project.extended for project in self.compose)),
            frozenset(made.node.source.path for world in worlds if world.kind == "chart" for made in world.objects),
        )

    def _judged_objects(self) -> Iterator[int]:
        """The ids of the objects, as they are written, that some world judges."""
        if self.manifests is not None:
            models = {
                path: file.model
                for path, file in of_kind(self.files, "kubernetes", "kustomization").items()
                if file.model
            }
            yield from (id(verdict.object.node) for verdict in self.manifests.verdicts(models) if verdict.worlds)

    def _take_projects(self) -> None:
        self.compose = self._compose_projects()

    def _take_manifests(self) -> None:
        self.manifests = self._manifests()

    def _take_dev_containers(self) -> None:
        known = {path: file.model for path, file in of_kind(self.files, "devcontainer").items() if file.model}
        if known:
            from hullcheck.link.devcontainers import DevContainers

            self.developed = DevContainers(known, self.tree)
            self.problems += self.developed.problems

    def _dev_container_parts(self) -> Iterator[Scoped]:
        for path in self.developed.made if self.developed else ():
            made = within(path, self.developed.parts(path, self.images))
            yield from self._whole(made, self.files[path].source.at(0), "development container")

    def _take_images(self) -> None:
        from hullcheck.link.images import Images

        self.images = Images(self.dockerfiles, ())  # all there is, if that takes too long
        self.images = self._images()

    def _compose_projects(self) -> list[Any]:
        composed = {path: file.model for path, file in of_kind(self.files, "compose").items() if file.model}
        texts = {path: file.source for path, file in of_kind(self.files, "env").items()}
        if not composed and not self.settings.compose_projects and not _names_compose(texts, self.tree):
            return []
        from hullcheck.link.compose import link
        from hullcheck.link.compose_choice import Around
        from hullcheck.link.compose_said import is_likely
        from hullcheck.link.named import NamedFiles, Texts
        from hullcheck.render.compose.files import Files

        named = NamedFiles(self.files, self.tree)
        variables = Texts(self._variable_files(composed, texts), self.tree)
        likely = like(self.tree, is_likely)
        around = Around(self.tree.paths, self.tree.read, self.settings.compose_projects, self.commands, likely)
        env = {posixpath.dirname(path): self.settings.given.env for path in composed} if self.settings.given.env else {}
        profiles = self.settings.given.profiles
        found = link(Files(composed, named.compose), env, variables, around, profiles=profiles)
        self.problems += named.problems + found.problems + variables.problems()
        self.problems += [problem for project in found.projects for problem in project.problems]
        return found.projects

    def _read_named(self) -> None:
        """Read the Dockerfiles that a build names, wherever they lie and whatever their own names tell."""
        self._read_bakes()
        named = {
            service.build.path for project in self.compose for service in project.services.values() if service.build
        }
        if of_kind(self.files, "skaffold", "bake"):
            from hullcheck.link.images import stated_builds

            named |= {build.dockerfile for build in stated_builds(self.files.values())}
        known = of_kind(self.files, "dockerfile").keys()
        present = seen(self.tree)
        for path in sorted(path for path in named - known if path and (path in present or self._there(path))):
            self._read_dockerfile(path, named=True)
        for path in sorted({build.dockerfile for build in self.asked.builds} - named - known):
            self._read_dockerfile(path, named=False)

    def _read_bakes(self) -> None:
        """Read the bake files that a pipeline names."""
        for path in self.asked.bakes:
            if path not in self.files and not path.endswith((".yaml", ".yml")) and not self.tree.excluded(path):
                self._take(path, read(self.tree, Entry(path, Kind.BAKE)))

    def _there(self, path: str) -> bool:
        """Is there such a file where the walk doesn't lead, such as in a vendored folder?"""
        try:
            next(iter(self.tree.chunks(path)), b"")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return False
        except OSError as error:
            return error.errno is not None
        return True

    def _read_dockerfile(self, path: str, *, named: bool) -> None:
        if self.tree.excluded(path):
            return
        self._take(path, read(self.tree, Entry(path, Kind.DOCKERFILE, named=named)))
        file = of_kind({path: self.files[path]}, "dockerfile").get(path) if path in self.files else None
        if file is not None and file.model:
            self.dockerfiles[path] = file.model

    def _take(self, path: str, file: File | None) -> None:
        """Add what a file turns out to be to what it is known as; its name misled if it can't be read as that."""
        if file is None:
            return
        known = self.files.get(path)
        if known is not None and known.model is None and known.counts:
            self.problems = [problem for problem in self.problems if problem not in known.problems]
            known = None
        made = united([*(known.readings if known else ()), *file.readings])
        assert made is not None
        self.files[path] = made
        self.problems += file.problems

    def _nothing_asked(self) -> "InTexts":
        from hullcheck.link.asked import Asked, InTexts
        from hullcheck.link.ci import Pipelines

        return InTexts(Pipelines(scanned=True), Asked())  # so that nothing is said to be missing

    def _take_pipelines(self) -> None:
        found: tuple[Pipelines, Asked] | None = self.kept.known(_SAID) if self.kept is not None else None
        if found is None:
            read: set[str] = set()
            found = self._read_pipelines(read)
            if self.kept is not None:
                self.kept.keep(_SAID, None, found, read)
        self.pipelines, self.asked = found

    def _read_pipelines(self, read: set[str]) -> "tuple[Pipelines, Asked]":
        """What pipelines and scripts say; what is kept of that notes the files that are `read`."""
        from hullcheck.link.asked import asked
        from hullcheck.link.ci import pipelines

        tree = self.tree
        if self.kept is not None:
            from hullcheck.link.noted import Noted

            tree = Noted(tree, read)
        found = pipelines(tree)
        return found, asked(tree, found)

    def _variable_files(self, composed: dict[str, Any], texts: dict[str, Source]) -> dict[str, Source]:
        """The `.env` files, also those that git leaves alone; what `env_file` names is read once it is asked for."""
        beside = {posixpath.join(posixpath.dirname(path), ".env") for path in composed} - texts.keys()
        for path in beside & seen(self.tree) if beside else ():
            try:
                texts[path] = Source(path, self.tree.read(path))
            except OSError:
                continue
        return texts

    def _manifests(self) -> Any:
        manifests = {p: f.model for p, f in of_kind(self.files, "kubernetes").items() if f.model}
        for path, file in of_kind(self.files, "kustomization").items():
            if file.model:  # objects in the same file are what else it holds
                beside = manifests.get(path)
                manifests[path] = file.model._replace(objects=beside.objects if beside else ())
        charts = list(of_kind(self.files, "chart"))
        if not manifests and not charts and not like(self.tree, _is_of_helmfile):
            return None
        from hullcheck.link.kubernetes import link as link_manifests

        linked = link_manifests(manifests, self.tree, charts, self.settings, self.kept)
        self.problems = [p for p in self.problems if p.name != "not-analysed" or p.location.path not in linked.rendered]
        self.problems += linked.problems
        for path, model in linked.literal.items():
            self.files[path] = _with_model(self.files[path], manifests[path], model)
        return linked

    @cached_property
    def _stated(self) -> tuple[Any, ...]:
        """What files that say what to build state, once all of them are read."""
        from hullcheck.link.images import stated_builds

        return tuple(stated_builds(self.files.values()))

    def _images(self) -> Any:
        from hullcheck.link.images import Images, inline_build, service_build

        builds = list(self._stated)
        dockerfiles = dict(self.dockerfiles)
        self._add_inline_of_bakes()
        self._add_inline_of_tiltfiles()
        for project in self.compose:
            for service in project.services.values():
                build = service_build(project, service)
                if build is None and service.build is not None and service.build.inline.value is not None:
                    build = inline_build(project, service)
                    self._add_inline(build.dockerfile, service)
                if build is not None:
                    builds.append(build)
                    self.service_builds[id(service)] = build
        if self.asked.builds:
            from hullcheck.link.asked import variants

            builds += list(variants(builds, self.asked.builds))
        return Images({**dockerfiles, **self.inline}, builds, self.asked.builds)

    def _local_images(self) -> LocalImages:
        named: list[str] = []
        for file in of_kind(self.files, "skaffold").values():
            from hullcheck.link.builds import artifacts

            named += artifacts(file)
        stated = [*self._stated, *self.service_builds.values()]
        return LocalImages(self.tree, self.compose, stated, self.asked.builds, named)

    def _add_inline_of_bakes(self) -> None:
        for path, file in of_kind(self.files, "bake").items():
            from hullcheck.parse.bake_inline import dockerfiles

            for name, dockerfile in dockerfiles(file.source):
                self.inline[f"{path}#{name}"] = dockerfile
                self.problems += dockerfile.problems

    def _add_inline_of_tiltfiles(self) -> None:
        for name, place in self.asked.inline:
            from hullcheck.model.text import Text
            from hullcheck.parse.dockerfile import parse_text

            dockerfile = parse_text(Text.whole(place.source).slice(place.start, place.end))
            self.inline[f"{place.path}#{name}"] = dockerfile
            self.problems += dockerfile.problems

    def _add_inline(self, path: str, service: Any) -> None:
        from hullcheck.parse.dockerfile import parse_inline

        node = service.build.node.get("dockerfile_inline")
        self.inline[path] = parse_inline(node)
        self.problems += self.inline[path].problems

    def _dockerfile_parts(self) -> Iterator[Scoped]:
        for path, file in of_kind(self.files, "bake").items():
            from hullcheck.link.builds import contexts_of_bake

            yield from self._whole(within(path, contexts_of_bake(file)), file.source.at(0), "bake file", path)
        if not self.dockerfiles and not self.inline:
            return
        from hullcheck.link.dockerfile import parts, unknown

        def made(path: str, dockerfile: Any) -> Iterator[Scoped]:
            builds = self.images.builds_of(path)
            found = parts(dockerfile, builds, self.local.contexts(path) if self.local else frozenset())
            yield from within(path, (self.images.rested(p) if isinstance(p, Container) else p for p in found))
            self.problems += dict.fromkeys(unknown(dockerfile, builds))

        for path, dockerfile in {**self.dockerfiles, **self.inline}.items():
            yield from self._whole(made(path, dockerfile), dockerfile.location, "stage", path)

    def _compose_parts(self) -> Iterator[Scoped]:
        for project in self.compose:
            yield from self._whole(within(project.scope, self._project_parts(project)), project.location, "service")

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
            yield from self._whole(within(world.name, self._world_parts(world)), world.location, "object", world.name)
        from hullcheck.link.references import references
        from hullcheck.link.refused import refused

        worlds, wrong = self.manifests.worlds, list[Problem]()
        strict = bool(self.settings.validate)
        self._in_time(lambda: wrong.extend(refused(worlds, strict=strict, kept=self.kept)), "kubernetes", "object")
        for world in worlds:
            yield from self._whole(self._rights_in(world), world.location, "account", world.name)
        if worlds:
            yield from self._whole(references(worlds, self.kept), worlds[0].location, "reference")
        yield from self.manifests.dead_images
        if self.settings.validate:
            unknown = list(self._unknown_fields())
            told = frozenset(found.location for found in (*unknown, *self.problems))
            wrong = [problem for problem in wrong if problem.location not in told]
            yield from within("", unknown)
        self.problems += wrong

    def _made(self, key: Hashable, held: object, make: Callable[[], T]) -> T:
        return make() if self.kept is None else self.kept.of(key, held, make)

    def _world_parts(self, world: Any) -> Iterator[Any]:
        known = self._made(("names", id(world)), world, lambda: _names(world))
        yield from self._made(("objects", id(world)), world, lambda: tuple(_object_parts(world)))
        for workload in world.workloads:
            if self.kept is None or self.images.makes(workload.containers):
                yield from self._workload(workload, known)
            else:
                key = ("joined", id(workload), known)
                yield from self.kept.of(key, workload, lambda w=workload: tuple(self._workload(w, known)))  # type: ignore[misc]

    def _rights_in(self, world: Any) -> Iterator[Scoped]:
        rights, problems = self._made(("rights", id(world)), world, lambda: _rights(world))
        yield from rights
        self.problems += problems

    def _workload(self, workload: Any, known: frozenset[str]) -> Iterator[Any]:
        from hullcheck.link.named_secrets import without_names

        containers = tuple(without_names(self.images.joined(c), known) for c in workload.containers)
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
        made = []
        for scoped in self._networks():
            made.append(scoped.part)
            yield scoped
        if "" in self.settings.places:
            from hullcheck.model.network.parts import Asserted, NetworkUse

            networks = tuple(part.network for part in made if isinstance(part, NetworkUse))
            yield Scoped("", Asserted(networks, self.settings.places[""]))

    def _networks(self) -> Iterator[Scoped]:
        if not self.compose and self.manifests is None:
            return
        if self.manifests is None:
            from hullcheck.link.compose_network import network_parts

            yield from network_parts(self.compose, self.settings.datastores)
            return
        from hullcheck.link.network import Options, parts

        worlds = self.manifests.worlds
        options = Options(self.settings.datastores, self._mentions())
        yield from parts(worlds, options, self.compose, self.problems, self.kept)

    def _mentions(self) -> tuple[str, ...]:
        """Files that speak of network policies and can't be read."""
        models = ((path, file.model) for path, file in of_kind(self.files, "kubernetes", "chart").items())
        return tuple(
            path for path, model in models if model is not None and model.templated and model.mentions_policies
        )

    def _about_repository(self, parts: list[Scoped]) -> Iterator[Scoped]:
        named = [part for _, part in parts if isinstance(part, ImageUse)]
        return (Scoped(part.location.path, part) for part in self._repository_parts(named))

    def _repository_parts(self, parts: list[Any]) -> Iterator[Any]:
        from hullcheck.link.repository import Repository

        builds_of = self.images.builds_of if self.images else lambda path: []
        made = self.developed.made if self.developed else {}
        uses = tuple(use for use in self.pipelines.uses if use.location.path not in made)
        pipelines = self.pipelines._replace(uses=uses)
        repository = Repository(
            self.files, self.tree, self.dockerfiles, self.compose, builds_of, pipelines, self.asked.handed, self.kept
        )
        yield from repository.parts(part for part in parts if isinstance(part, ImageUse))


def _with_model(file: File, old: Any, new: Any) -> File:
    """The file, one of its readings with another model."""
    readings = [r._replace(model=new) if r.model is old else r._replace(also=()) for r in file.readings]
    return readings[0]._replace(also=tuple(readings[1:]))


def _users(parts: list[Scoped]) -> dict[tuple[str, str], tuple[tuple[str, str], ...]]:
    """Who runs which image: services and containers whose Dockerfile is here."""
    found: dict[tuple[str, str], dict[tuple[str, str], None]] = {}
    for scope, part in parts:
        if isinstance(part, Container) and part.built is not None and part.dialect != "dockerfile":
            image = part.built.stage
            found.setdefault((image.location.path, image.owner), {})[scope, part.owner] = None
    return {image: tuple(users) for image, users in found.items()}


def _names_compose(texts: dict[str, Source], tree: Tree) -> bool:
    """Does something name Compose files, though none is recognised?"""
    return any("COMPOSE_FILE" in source.text for source in texts.values()) or bool(like(tree, _is_dev_container))


def _is_dev_container(path: str) -> bool:
    return path.endswith("devcontainer.json")


def _is_of_helmfile(path: str) -> bool:
    return "helmfile" in path


def _rights(world: Any) -> tuple[list[Scoped], list[Problem]]:
    """Who may do what in a world, and what isn't followed of that."""
    from hullcheck.link.rbac import parts

    problems: list[Problem] = []
    return list(parts([world], problems)), problems


def _names(world: Any) -> frozenset[str]:
    from hullcheck.link.named_secrets import names

    return names(world.objects, world.workloads)


def _object_parts(world: Any) -> Iterator[Any]:
    """A world, its objects, and what follows from these alone."""
    from hullcheck.link.availability import availabilities
    from hullcheck.model.node import at
    from hullcheck.parse.custom_images import images

    yield world
    yield from world.objects
    yield from availabilities(world)
    taken = {id(at(c.node, "image")) for w in world.workloads if w.part for c in w.part.containers}
    for made in world.objects:
        yield from images(made, taken)


def _workload_parts(workload: Workload) -> Iterator[Any]:
    """A workload, its containers, and the images that they name."""
    yield workload
    yield from workload.images
    for container in workload.containers:
        yield container
        if container.image is not None and not container.image.reference.absent:
            yield container.image


def _undecided_in(parts: Iterable[Scoped]) -> dict[str, int]:
    """How much can't be judged in each file because it isn't known."""
    found: dict[str, int] = {}
    for _, part in parts:
        if number := _undecided(part):
            found[part.location.path] = found.get(part.location.path, 0) + number
    return found


def _undecided(part: object) -> int:
    """How much of it can't be judged because it isn't known: an image, a user, a folder of the host, who reaches a port."""
    if isinstance(part, ImageUse):
        return int(bool(part.reference.unknown))
    if not isinstance(part, Container):
        return 0
    if part.dialect != "compose":
        return int(part.user.root is Root.UNKNOWN and part.complete)
    said = part.user.root is Root.UNKNOWN and not part.user.unsaid
    hidden = sum(1 for mount in part.mounts if mount.source.unknown) + sum(
        1 for port in part.ports if port.public is None
    )
    return hidden + int(said)
