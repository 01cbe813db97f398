"""Images that something of the repository builds, and the contexts that builds are given by name: no registry's.

What Skaffold, Tilt, DevSpace or werf build is put into manifests in the place of the names there. What a Compose project
builds, its services run; a Dockerfile may start from whatever is built here. Elsewhere, what is built counts where the
name has no slash, so that nobody can have pushed it anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hullcheck.discover import Tree, like
from hullcheck.model.image import ImageRef, ImageUse
from hullcheck.model.lazy import Lazy
from hullcheck.model.node import Sequence, as_str
from hullcheck.model.scoped import Scoped
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.link.builds import Build
    from hullcheck.model.compose import ComposeProject

MAX_FILES = 200
MAX_BYTES = 256 * 1024

_TILT = Lazy(
    r"\b(?:docker_build|custom_build|docker_build_with_restart|custom_build_with_restart|podman_build|nix_build|k8s_image)"
    r"\(\s*+(?:ref\s*+=\s*+)?[\"']([^\"'\n]{1,300})[\"']"
)
_DEVSPACE = Lazy(r"(?m)^[ \t]+image:[ \t]*+[\"']?([^\s\"'#]{1,300})")
_WERF = Lazy(r"(?m)^image:[ \t]*+[\"']?([^\s\"'#]{1,300})")
_READERS = {"tiltfile": _TILT, "devspace.yaml": _DEVSPACE, "devspace.yml": _DEVSPACE, "werf.yaml": _WERF}


class LocalImages:
    """What is built here, by name: `settled` says so of the uses of images."""

    def __init__(
        self,
        tree: Tree,
        projects: "Iterable[ComposeProject]",
        stated: Iterable[Build],
        asked: Iterable[Build],
        artifacts: Iterable[str],
    ) -> None:
        builds = [*stated, *asked]
        self._contexts: dict[str, set[str]] = {}
        for build in builds:
            self._contexts.setdefault(build.dockerfile, set()).update(build.contexts)
        deployed = {name for name in (*artifacts, *_put_in(tree)) if name and _is_own(name)}
        composed, built = set[str](), set[str]()
        if projects or builds:
            from hullcheck.link.builds import image_name

            composed = {
                name for each in projects for name in map(image_name, _of_project(each)) if name and _is_own(name)
            }
            built = {
                name for each in builds for name in (each.image, *map(image_name, each.tags)) if name and _is_own(name)
            }
        bare = {name for name in built | composed if name.startswith("docker.io/library/")}
        self._names = {
            "kubernetes": deployed | bare,
            "compose": deployed | bare | composed,
            "dockerfile": deployed | composed | built,
        }

    def contexts(self, dockerfile: str) -> frozenset[str]:
        """The names that builds of a Dockerfile give to contexts."""
        return frozenset(self._contexts.get(dockerfile, ()))

    def settled(self, parts: Iterable[Scoped], dialect: str) -> Iterator[Scoped]:
        """The parts; of those that are uses of images it is said whether the image is built here."""
        names = self._names[dialect]
        return _settled(parts, names) if names else iter(parts)


def _settled(parts: Iterable[Scoped], names: set[str]) -> Iterator[Scoped]:
    for part in parts:
        use = part.part
        if isinstance(use, ImageUse) and not use.built_here:
            image = use.image
            if image is not None and not image.digest and image.name in names:
                yield Scoped(part.scope, use._replace(built_here=True))
                continue
        yield part


def _is_own(name: str) -> bool:
    """Is it no name that everybody means another image by?"""
    image = ImageRef.parse(name)
    from hullcheck.model import base_images
    from hullcheck.model.official import official_images

    return image is not None and image.familiar not in official_images() and base_images.lookup(image) is None


def _of_project(project: "ComposeProject") -> Iterator[str]:
    """The names of the images that a project's services build: said, or what Compose makes of the project's name."""
    for service in project.services.values():
        if service.build is None:
            continue
        if service.image.value:
            yield service.image.value
        elif service.image.absent and project.name:
            yield from (f"{project.name}-{service.name}".lower(), f"{project.name}_{service.name}".lower())
        tags = service.build.node.get("tags")
        for tag in tags.items if isinstance(tags, Sequence) else ():
            yield as_str(tag) or ""


def _put_in(tree: Tree) -> Iterator[str]:
    """The names that Tilt, DevSpace and werf put what they build in the place of."""
    likely = [(path, reader) for path in like(tree, _may_be_read) if (reader := _reader(path)) is not None]
    for path, reader in likely[:MAX_FILES]:
        try:
            text = tree.read(path, MAX_BYTES).decode("utf-8", "replace")
        except OSError:
            continue
        for match in reader.finditer(text):
            if "$" not in match[1] and "{" not in match[1]:
                from hullcheck.link.builds import image_name

                yield image_name(match[1])


def _may_be_read(path: str) -> bool:
    """Is it worth while to look at the name? Most files' are neither."""
    lower = path.lower()
    return "tiltfile" in lower or lower.endswith(tuple(_READERS))


def _reader(path: str) -> Lazy | None:
    name = path.rpartition("/")[2].lower()
    return _READERS.get("tiltfile" if name.startswith("tiltfile") or name.endswith(".tiltfile") else name)
