"""Which Dockerfile builds which image: Compose `build:`, skaffold artifacts, bake targets."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from hullcheck.finding import Related
from hullcheck.model.image import ImageRef, ImageUse
from hullcheck.patterns import pattern
from hullcheck.read import File
from hullcheck.source import Field, Location, Source
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hullcheck.model.node import Node

_IMAGE_CONTEXT = "docker-image://"


class Build(NamedTuple):
    """A build that a file asks for: where the Dockerfile is, which stage ships, and the image's name, if it has one.

    `arguments` are the build's own; a value of None is one that can't be known. `closed` says that there are no others.
    `contexts` are the names that it gives to further contexts, `tags` what its image is called besides.
    """

    dockerfile: str
    target: str | None
    image: str
    arguments: tuple[tuple[str, str | None], ...]
    place: Related
    closed: bool = False
    contexts: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


def join(folder: str, *parts: str) -> str | None:
    """A path relative to the root, or None where it leads out of it."""
    path = posixpath.normpath(posixpath.join(folder, *parts))
    return None if path.startswith(("../", "/")) or path == ".." else path


def image_name(text: str) -> str:
    """The name that images are matched by: registry and repository in full, without tag and digest."""
    image = ImageRef.parse(text)
    return image.name if image else ""


def artifacts(file: File) -> Iterator[str]:
    """The names of all images that a `skaffold.yaml` builds, by whatever builder."""
    from hullcheck.model.node import Mapping, as_str
    from hullcheck.parse import yaml

    for document in yaml.parsed(file.source).documents:
        for artifact in _artifacts(document.root):
            image = as_str(artifact.get("image")) if isinstance(artifact, Mapping) else None
            yield image_name(image or "")


def _artifacts(root: "Node | None") -> "Iterator[Node]":
    from hullcheck.model.node import Mapping, Sequence

    profiles = root.get("profiles") if isinstance(root, Mapping) else None
    for holder in (root, *(profiles.items if isinstance(profiles, Sequence) else ())):
        build = _mapping(holder, "build")
        listed = build.get("artifacts") if build else None
        yield from listed.items if isinstance(listed, Sequence) else ()


_BUILDERS = ("docker", "kaniko")
_NO_DOCKERFILE = frozenset(("bazel", "buildpacks", "custom", "jib", "ko"))
_PATCHED = pattern(r"/build/artifacts/(\d{1,4})/(?:docker|kaniko)/(target|dockerfile|buildArgs/[^/]{1,200})")


def from_skaffold(file: File) -> Iterator[Build]:
    """The artifacts of a `skaffold.yaml` that Docker, BuildKit or Kaniko builds, and what its profiles make of them."""
    from hullcheck.model.node import Mapping, as_str, items
    from hullcheck.parse import yaml

    folder = posixpath.dirname(file.source.path)
    for document in yaml.parsed(file.source).documents:
        for artifact in _artifacts(document.root):
            yield from _artifact(folder, artifact, {})
        build = _mapping(document.root, "build")
        base = items(build.get("artifacts")) if build else ()
        for profile in items(document.root.get("profiles") if isinstance(document.root, Mapping) else None):
            changed: dict[int, dict[str, str]] = {}
            for patch in items(profile.get("patches") if isinstance(profile, Mapping) else None):
                match = _PATCHED.fullmatch((as_str(patch.get("path")) if isinstance(patch, Mapping) else None) or "")
                value = as_str(patch.get("value")) if isinstance(patch, Mapping) else None
                if match is not None and value is not None:
                    changed.setdefault(int(match[1]), {})[match[2]] = value
            for number, said in changed.items():
                if number < len(base):
                    yield from _artifact(folder, base[number], said)


def _artifact(folder: str, artifact: "Node", changed: dict[str, str]) -> Iterator[Build]:
    from hullcheck.model.node import Mapping, as_str

    named = artifact.get("image") if isinstance(artifact, Mapping) else None
    image = as_str(named)
    if image is None or named is None or not isinstance(artifact, Mapping):
        return
    if not _NO_DOCKERFILE.isdisjoint(artifact.entries()):
        return
    docker = next((said for word in _BUILDERS if (said := _mapping(artifact, word)) is not None), None)
    context = as_str(artifact.get("context")) or "."
    name = changed.get("dockerfile") or (as_str(docker.get("dockerfile")) if docker else None) or "Dockerfile"
    path = join(folder, context, name)
    target = changed.get("target") or (as_str(docker.get("target")) if docker else None)
    if path is None or "{{" in (target or ""):
        return
    place = Related(named.location, f"skaffold builds `{image}` from it")
    arguments = dict(_build_args(docker))
    arguments |= {key.partition("/")[2]: value for key, value in changed.items() if "/" in key}
    yield Build(path, target, image_name(image), tuple(sorted(arguments.items())), place)


def _build_args(docker: Any) -> tuple[tuple[str, str | None], ...]:
    """The arguments of an artifact; those with a template aren't known."""
    from hullcheck.model.node import as_str

    said = _mapping(docker, "buildArgs")
    found = {name: as_str(value) for name, (_, value) in said.entries().items()} if said else {}
    return tuple((name, None if text is None or "{{" in text else text) for name, text in sorted(found.items()))


def _mapping(node: Any, key: str) -> Any:
    from hullcheck.model.node import Mapping

    value = node.get(key) if isinstance(node, Mapping) else None
    return value if isinstance(value, Mapping) else None


def from_bake(file: File) -> Iterator[Build]:
    """The targets of a bake file, in JSON or HCL; one whose Dockerfile isn't known is left out.

    Of a target that holds its Dockerfile itself, the path is the bake file's with the target's name behind `#`.
    """
    from hullcheck.parse.bake import targets

    folder = posixpath.dirname(file.source.path)
    for block, name, said in targets(file.source):
        context, dockerfile = said.get("context", "."), said.get("dockerfile", "Dockerfile")
        if "dockerfile-inline" in said:
            path: str | None = f"{file.source.path}#{said['dockerfile-inline']}"
        elif not isinstance(context, str) or not isinstance(dockerfile, str) or "://" in context:
            continue
        else:
            path = join(folder, context, dockerfile)
        if path is None:
            continue
        place = Related(_named(file.source, block), f"bake target `{name}` builds it")
        tags, given = said.get("tags"), said.get("contexts")
        names = [image_name(tag) for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
        contexts = tuple(sorted(given)) if isinstance(given, dict) else ()
        stage = said.get("target") or None
        for image in dict.fromkeys(names) or [""]:
            if stage is None or isinstance(stage, str):
                yield Build(path, stage, image, _arguments(said.get("args")), place, contexts=contexts)


def contexts_of_bake(file: File) -> Iterator[ImageUse]:
    """The images that targets of a bake file take as contexts: they may stand for any base, stage or `COPY --from`."""
    from hullcheck.parse.bake import targets

    for block, name, said in targets(file.source):
        given = said.get("contexts")
        for context, value in sorted(given.items()) if isinstance(given, dict) else ():
            how = f"image of build context `{context}`"
            if isinstance(value, str) and value.startswith(_IMAGE_CONTEXT):
                image = value.removeprefix(_IMAGE_CONTEXT)
                start = file.source.text.find(image)
                place = file.source.at(start, start + len(image)) if start >= 0 else _named(file.source, block)
                yield ImageUse(Field(image, place), f"bake target `{name}`: {how}", f"target.{name}")
            elif not isinstance(value, str):
                place = _named(file.source, block)
                yield ImageUse(Field(None, place, f"the context `{context}` isn't known"), how, f"target.{name}")


def _arguments(value: object) -> tuple[tuple[str, str | None], ...]:
    """The arguments of a target: those that are null are as if they weren't there."""
    from hullcheck.parse.bake_values import as_text

    said = sorted(value.items()) if isinstance(value, dict) else ()
    return tuple(
        (name, as_text(each) if isinstance(each, str | int | float) and each != "" else None)
        for name, each in said
        if each is not None
    )


def _named(source: Source, name: str) -> Location:
    match = re.search(rf'"?{re.escape(name)}"?', source.text)
    return source.at(match.start(), match.end()) if match else source.at(0)
