"""Which image is built where: what a container runs as, if only its image says so."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping

from hullcheck.model.container import Container, Root, User
from hullcheck.model.image import ImageRef
from hullcheck.read import File
from hullcheck.source import Location, Related
from hullcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hullcheck.link.builds import Build
    from hullcheck.model.compose import ComposeProject, Service
    from hullcheck.model.dockerfile import Dockerfile
    from hullcheck.model.shipped import Shipped


class Images:
    """The images that are built in a repository, by the Dockerfile and by the name they get."""

    def __init__(
        self, dockerfiles: "Mapping[str, Dockerfile]", builds: Iterable[Build], asked: Iterable[Build] = ()
    ) -> None:
        self._dockerfiles = dockerfiles
        self._by_dockerfile: dict[str, list[Build]] = {}
        self._by_name: dict[str, list[Build]] = {}
        for build in builds:
            if build.dockerfile in dockerfiles:
                self._by_dockerfile.setdefault(build.dockerfile, []).append(build)
                if build.image:
                    self._by_name.setdefault(build.image, []).append(build)
        self._bases: dict[str, list[Build]] = {name: list(found) for name, found in self._by_name.items()}
        for build in asked:
            from hullcheck.link.builds import image_name

            for name in map(image_name, build.tags if build.dockerfile in dockerfiles else ()):
                self._bases.setdefault(name, []).append(build)

    def builds_of(self, path: str) -> list[Build]:
        """The builds of a Dockerfile."""
        return self._by_dockerfile.get(path, [])

    def made_by(self, build: Build) -> "Shipped | None":
        """What a build makes; None if its Dockerfile or target isn't here."""
        dockerfile = self._dockerfiles.get(build.dockerfile)
        if dockerfile is None:
            return None
        from hullcheck.model.shipped import shipped

        return shipped(dockerfile, build.target, dict(build.arguments), build.closed)

    def named(self, name: str) -> "Shipped | None":
        """What ships under an image's name, where all builds of that name make the same."""
        return self._only(self._by_name.get(name, []))

    def makes(self, containers: "Iterable[Container]") -> bool:
        """Is an image of one of these containers built here?"""
        return any(
            c.image is not None and c.image.image is not None and c.image.image.name in self._by_name
            for c in containers
        )

    def _only(self, builds: list[Build]) -> "Shipped | None":
        """What they make, if it is one and the same."""
        if len({(build.dockerfile, build.target) for build in builds}) != 1:
            return None
        return self.made_by(builds[0])

    def rested(self, container: Container) -> Container:
        """An image of a Dockerfile that sets no user, with the user of the image that it starts from, if that is built
        here: an `ONBUILD USER` of the base runs in this build, else it is the user that the base ends with."""
        made = container.built
        if container.dialect != "dockerfile" or made is None or made.stage.state.user is not None:
            return container
        image = made.stage.chain[-1].image
        base = self._only(self._bases.get(image.name, [])) if image else None
        if base is None or base.stage.dockerfile is made.stage.dockerfile:
            return container
        from hullcheck.model.privileges import inherited_user

        user = inherited_user(made.stage, base.stage)
        return container if user is None else container._replace(user=user)

    def joined(self, container: Container) -> Container:
        """A Kubernetes container with what its image decides."""
        image = container.image.image if container.image else None
        shipped = self.named(image.name) if image else None
        if shipped is not None:
            container = container._replace(built=shipped)
        if not container.user.unsaid:
            return container
        user = _shipped_user(shipped, container.user.location) if shipped else _listed_user(container, image)
        return container._replace(user=_by_command(user, container) if container.instead else user)

    def joined_service(self, container: Container, build: Build | None) -> Container:
        """A Compose service with what its Dockerfile decides; the finding then belongs to the Dockerfile."""
        shipped = self.made_by(build) if build else None
        if shipped is None:
            return container
        container = container._replace(built=shipped)
        if not container.user.unsaid:
            return container
        return container._replace(user=_shipped_user(shipped, container.user.location), judged_elsewhere=True)


def _by_command(user: User, container: Container) -> User:
    """The user where `command` replaces the image's entry point, and with it what would have left root.

    See https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/
    """
    if not user.drops_privileges:
        return user
    from hullcheck.model.privileges import dropper_of

    drops = dropper_of(container.instead, user.drops_privileges)
    if drops:
        return user._replace(drops_privileges=drops)
    why = f"{user.why}: `command` replaces the entry point that leaves it with `{user.drops_privileges}`"
    place = Related(container.instead[0].location, "this runs instead of the image's entry point")
    return user._replace(drops_privileges="", why=why, related=(*user.related, place))


def _shipped_user(shipped: "Shipped", place: Location) -> User:
    user = shipped.user
    line = Related(user.location, f"its image's user: {user.why}")
    return user._replace(location=place, related=(line, *user.related), why=f"its image is built here, {user.why}")


def _listed_user(container: Container, image: ImageRef | None) -> User:
    """The user of an image that isn't built here, by the table of base images."""
    place = container.user.location
    if image is None:
        why = container.image.reference.unknown if container.image else ""
        return User(Root.UNKNOWN, place, why=why or "no image is named")
    from hullcheck.model.base_images import lookup

    base = lookup(image)
    if base is None:
        return User(Root.UNKNOWN, place, why=f"what `{image.familiar}` runs as isn't known", unlisted=True)
    if base.user:
        root = Root.STATED if base.user.partition(":")[0] in ("root", "0") else Root.NO
        return User(root, place, base.user, f"`{image.familiar}` runs as `{base.user}`")
    return User(Root.IMPLICIT, place, why=f"`{image.familiar}` runs as root", drops_privileges=base.drops)


def stated_builds(files: Iterable[File]) -> Iterator[Build]:
    """The builds that skaffold and bake files name."""
    for file in (reading for each in files for reading in each.readings):
        if file.kind == "skaffold":
            from hullcheck.link.builds import from_skaffold

            yield from from_skaffold(file)
        elif file.kind == "bake":
            from hullcheck.link.builds import from_bake

            yield from from_bake(file)


def service_build(project: "ComposeProject", service: "Service") -> Build | None:
    """The build of a service whose Dockerfile may be in the repository."""
    build = service.build
    if build is None or build.inline.value is not None:
        return None
    path = build.path
    if path is None and build.folder is not None and build.dockerfile.absent:
        path = posixpath.join(build.folder, "Dockerfile")
    if path is None:
        return None
    from hullcheck.link.builds import Build

    return Build(path, *_how(project, service))


def inline_build(project: "ComposeProject", service: "Service") -> Build:
    """The build of a service that holds its Dockerfile itself; the path stands for that."""
    from hullcheck.link.builds import Build

    return Build(
        f"{service.build.inline.location.path}#{service.owner}" if service.build else "", *_how(project, service)
    )


def _how(project: "ComposeProject", service: "Service") -> tuple[Any, ...]:
    build = service.build
    assert build is not None
    arguments = tuple(sorted((name, field.value) for name, field in build.args.items()))
    from hullcheck.link.builds import image_name

    name = image_name(service.image.value) if service.image.value else ""
    place = Related(service.location, f"service `{service.name}` builds and runs it")
    return build.target.value, name, arguments, place, not build.target.unknown, tuple(build.additional_contexts)
