"""All files united: which image runs where, as whom, and what the checks look at."""

import posixpath
from collections.abc import Iterator
from typing import Any, NamedTuple

from hullcheck.finding import Related
from hullcheck.link.builds import Build, from_bake, from_skaffold, image_name, join
from hullcheck.model.base_images import lookup
from hullcheck.model.container import Container, Root, User
from hullcheck.model.image import ImageRef, ImageUse
from hullcheck.model.problem import Problem
from hullcheck.read import File
from hullcheck.source import Field


class Project(NamedTuple):
    """The parts of the model that checks subscribe to, what is wrong with the files, and what stays undecided."""

    parts: list[Any]
    problems: list[Problem]
    not_decided: int


def link(files: dict[str, File]) -> Project:
    """Unite the files. Everything is looked up by path or name, so the cost grows with the files, not their pairs."""
    return _Linker(files).project()


class _Linker:
    def __init__(self, files: dict[str, File]) -> None:
        self.files = files
        self.problems = [problem for file in files.values() for problem in file.problems]
        self.dockerfiles = {path: file.model for path, file in files.items() if file.kind == "dockerfile"}
        self.compose = self._compose_projects()
        self.builds = list(self._builds())
        self.by_image: dict[str, list[Build]] = {}
        self.by_dockerfile: dict[str, list[Build]] = {}
        for build in self.builds:
            if build.dockerfile in self.dockerfiles:
                self.by_dockerfile.setdefault(build.dockerfile, []).append(build)
                if build.image:
                    self.by_image.setdefault(build.image, []).append(build)

    def project(self) -> Project:
        parts: list[Any] = []
        parts += self._kubernetes_parts()
        parts += self._compose_parts()
        parts += self._dockerfile_parts()
        undecided = sum(1 for part in parts if _undecided(part))
        return Project(parts, self.problems, undecided)

    def _compose_projects(self) -> list[Any]:
        composed = {path: file.model for path, file in self.files.items() if file.kind == "compose" and file.model}
        if not composed:
            return []
        from hullcheck.link.compose import projects

        env = {posixpath.dirname(path): _variables(file) for path, file in self.files.items() if file.kind == "env"}
        found = projects(composed, env)
        self.problems += [problem for project in found for problem in project.problems]
        return found

    def _builds(self) -> Iterator[Build]:
        for file in self.files.values():
            if file.kind == "skaffold":
                yield from from_skaffold(file)
            elif file.kind == "bake":
                yield from from_bake(file)
        for project in self.compose:
            for service in project.services.values():
                build = self._compose_build(service)
                if build is not None:
                    yield build

    def _compose_build(self, service: Any) -> Build | None:
        build = service.build
        if build is None or build.context.unknown or build.dockerfile.unknown or build.inline.value:
            return None
        folder = posixpath.dirname(build.context.location.path)
        path = join(folder, build.context.value or ".", build.dockerfile.value or "Dockerfile")
        if path is None:
            return None
        arguments = tuple(sorted((name, field.value) for name, field in build.args.items()))
        name = image_name(service.image.value) if service.image.value else ""
        place = Related(service.location, f"service `{service.name}` builds and runs it")
        return Build(path, build.target.value, name, arguments, place, closed=True)

    def _dockerfile_parts(self) -> Iterator[Any]:
        if not self.dockerfiles:
            return
        from hullcheck.link.dockerfile import parts

        for path, dockerfile in self.dockerfiles.items():
            yield from parts(dockerfile, self.by_dockerfile.get(path, ()))

    def _built(self, image: str) -> Any:
        """What ships under that name, where exactly one build here makes it."""
        builds = self.by_image.get(image, [])
        if len({(b.dockerfile, b.target) for b in builds}) != 1:
            return None
        build = builds[0]
        return self.dockerfiles[build.dockerfile].shipped(build.target, dict(build.arguments), build.closed)

    def _compose_parts(self) -> Iterator[Any]:
        for project in self.compose:
            for service in project.services.values():
                built_here = service.build is not None
                use = ImageUse(service.image, f"service `{service.name}`: image", service.owner, built_here=built_here)
                if not service.image.absent:
                    yield use
                user = _compose_user(service)
                yield Container(
                    "compose",
                    service.owner,
                    service.name,
                    service.location,
                    use,
                    user,
                    complete=service.complete,
                )

    def _kubernetes_parts(self) -> Iterator[Any]:
        manifests = {p: f.model for p, f in self.files.items() if f.kind in ("kubernetes", "kustomization") and f.model}
        if not manifests:
            return
        from hullcheck.link.scopes import link as link_manifests

        linked = link_manifests(manifests)
        self.problems += linked.problems
        yield from linked.parts
        for workload in linked.workloads:
            for container in workload.containers:
                use = ImageUse(container.image, f"container `{container.name}`: image", container.owner)
                if not container.image.absent:
                    yield use
                user = self._kubernetes_user(container)
                yield Container(
                    "kubernetes",
                    container.owner,
                    container.name,
                    container.location,
                    use,
                    user,
                    complete=workload.complete,
                )

    def _kubernetes_user(self, container: Any) -> User:
        """The effective user, in the order in which the kubelet decides (kubernetes.io, security context)."""
        said, non_root = container.run_as_user, container.run_as_non_root
        if container.windows:
            return User(Root.UNKNOWN, container.location, why="it runs on Windows")
        if said.unknown or non_root.unknown:
            return User(Root.UNKNOWN, container.location, why=said.unknown or non_root.unknown)
        if said.value is not None:
            root = Root.STATED if said.value == 0 and non_root.value is not True else Root.NO
            return User(root, said.location, str(said.value), "`runAsUser` is 0")
        if non_root.value:
            return User(Root.NO, non_root.location, why="`runAsNonRoot` is true")
        return self._image_user(container.image, container.location)

    def _image_user(self, reference: Field[str], place: Any) -> User:
        if reference.value is None:
            return User(Root.UNKNOWN, place, why=reference.unknown or "no image is named")
        image = ImageRef.parse(reference.value)
        if image is None:
            return User(Root.UNKNOWN, place, why=f"`{reference.value}` is not an image reference")
        shipped = self._built(image.name)
        if shipped is not None:
            user: User = shipped.user
            line = Related(user.location, f"its image's user: {user.why.removeprefix('unlisted:').strip()}")
            return user._replace(
                location=place, related=(line, *user.related), why=f"its image is built here, {user.why}"
            )
        base = lookup(image)
        if base is None:
            return User(Root.UNKNOWN, place, why=f"unlisted: what `{image.familiar}` runs as isn't known")
        if base.user:
            root = Root.STATED if base.user in ("root", "0") else Root.NO
            return User(root, place, base.user, f"`{image.familiar}` runs as `{base.user}`")
        drops = "its entry point" if base.drops else ""
        return User(Root.IMPLICIT, place, why=f"`{image.familiar}` runs as root", drops_privileges=drops)


def _compose_user(service: Any) -> User:
    field = service.user
    if field.unknown:
        return User(Root.UNKNOWN, field.location, why=field.unknown)
    if field.value is None:
        return User(Root.UNKNOWN, service.location, why="the image decides")
    name = field.value.partition(":")[0].strip()
    root = name == "root" or (name.isdigit() and int(name[:20]) == 0)
    return User(Root.STATED if root else Root.NO, field.location, field.value, f"`user` is `{field.value}`")


def _variables(file: File) -> dict[str, str]:
    pairs = {}
    for line in file.source.text.splitlines():
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and not name.startswith("#"):
            pairs[name.strip()] = value.strip().strip("'\"")
    return pairs


def _undecided(part: object) -> bool:
    if isinstance(part, ImageUse):
        return bool(part.reference.unknown)
    return (
        isinstance(part, Container) and part.user.root is Root.UNKNOWN and part.complete and part.dialect != "compose"
    )
