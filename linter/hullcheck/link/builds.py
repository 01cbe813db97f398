"""Which Dockerfile builds which image: Compose `build:`, skaffold artifacts, bake targets."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable, Iterator

from hullcheck.finding import Related
from hullcheck.model.image import ImageRef
from hullcheck.read import File
from hullcheck.source import Location, Source
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hullcheck.model.node import Node


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

    for document in yaml.parse(file.source).documents:
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


def from_skaffold(file: File) -> Iterator[Build]:
    """The artifacts of a `skaffold.yaml` that Docker or BuildKit builds."""
    from hullcheck.parse import yaml

    folder = posixpath.dirname(file.source.path)
    for document in yaml.parse(file.source).documents:
        for artifact in _artifacts(document.root):
            yield from _artifact(folder, artifact)


def _artifact(folder: str, artifact: "Node") -> Iterator[Build]:
    from hullcheck.model.node import Mapping, as_str

    named = artifact.get("image") if isinstance(artifact, Mapping) else None
    image = as_str(named)
    if image is None or named is None or not isinstance(artifact, Mapping):
        return
    docker = _mapping(artifact, "docker")
    context = as_str(artifact.get("context")) or "."
    name = (as_str(docker.get("dockerfile")) if docker else None) or "Dockerfile"
    path = join(folder, context, name)
    if path is not None:
        target = as_str(docker.get("target")) if docker else None
        place = Related(named.location, f"skaffold builds `{image}` from it")
        yield Build(path, target, image_name(image), _build_args(docker), place)


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
    """The targets of a bake file, in JSON or HCL; values that aren't plain strings are left out.

    Of a target that holds its Dockerfile itself, the path is the bake file's with the target's name behind `#`.
    """
    folder = posixpath.dirname(file.source.path)
    for name, target in _bake_targets(file.source):
        context, dockerfile = _text(target.get("context"), "."), _text(target.get("dockerfile"), "Dockerfile")
        path = join(folder, context, dockerfile)
        if isinstance(target.get("dockerfile-inline"), str):
            path = f"{file.source.path}#{name}"
        elif path is None or "${" in path:
            continue
        place = Related(_named(file.source, name), f"bake target `{name}` builds it")
        tags = target.get("tags")
        names = (
            [image_name(tag) for tag in tags if isinstance(tag, str) and "$" not in tag]
            if isinstance(tags, list)
            else []
        )
        said = target.get("contexts")
        contexts = tuple(sorted(said)) if isinstance(said, dict) else ()
        for image in names or [""]:
            stage = _text(target.get("target"), "") or None
            yield Build(path, stage, image, _arguments(target.get("args")), place, contexts=contexts)


def _text(value: object, default: str) -> str:
    return value if isinstance(value, str) else default


def _arguments(value: object) -> tuple[tuple[str, str | None], ...]:
    if not isinstance(value, dict):
        return ()
    return tuple((str(k), v if isinstance(v, str) and "${" not in v else None) for k, v in sorted(value.items()))


def _bake_targets(source: Source) -> Iterable[tuple[str, dict[str, Any]]]:
    if source.path.endswith(".json"):
        try:
            targets = json.loads(source.text).get("target", {})
        except (ValueError, AttributeError, RecursionError):
            return []
    else:
        from hullcheck.parse.hcl import bake_targets

        targets = bake_targets(source.text)
    return [(str(k), v) for k, v in targets.items() if isinstance(v, dict)] if isinstance(targets, dict) else []


def _named(source: Source, name: str) -> Location:
    match = re.search(rf'"?{re.escape(name)}"?', source.text)
    return source.at(match.start(), match.end()) if match else source.at(0)
