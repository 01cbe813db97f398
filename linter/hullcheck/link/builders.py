"""Images that are built here without a Dockerfile, by ko, jib or buildpacks: what they start from.

See https://ko.build/configuration/, https://github.com/GoogleContainerTools/jib and
https://buildpacks.io/docs/reference/config/project-descriptor/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.discover import Tree, like
from hullcheck.model.image import ImageUse
from hullcheck.model.lazy import Lazy
from hullcheck.model.node import Mapping, Node, Scalar, Sequence, at, is_null
from hullcheck.parse import yaml
from hullcheck.source import Field, Source

MAX_FILES = 500
MAX_BYTES = 512 * 1024

_MAVEN = Lazy(r"<from>\s*+<image>\s*+(?P<image>[^<>\s]{1,300}+)\s*+</image>")
_GRADLE = Lazy(
    r"\bfrom\s*+\{\s*+image(?:\.set\(|\s*+=)?+\s*+[\"'](?P<image>[^\"'\n]{1,300}+)[\"']|\bfrom\.image\s*+=\s*+[\"'](?P<other>[^\"'\n]{1,300}+)[\"']"
)
_PACK = Lazy(r"(?m)^[ \t]*+builder[ \t]*+=[ \t]*+[\"'](?P<image>[^\"'\n]{1,300}+)[\"']")
_PROTOCOLS = ("docker://", "registry://")


def bases(tree: Tree) -> Iterator[ImageUse]:
    """The images that what these tools build starts from."""
    likely = [path for path in like(tree, _is_likely) if not tree.ignored(path)]
    for path in likely[:MAX_FILES]:
        try:
            data = tree.read(path, MAX_BYTES)
        except OSError:
            continue
        name = path.rpartition("/")[2]
        if name.startswith((".ko.", "skaffold")):
            for document in yaml.parse(Source(path, data)).documents:
                yield from _of_ko(document.root) if name.startswith(".ko.") else _of_skaffold(document.root)
        elif b"jib" in data or name == "project.toml":
            yield from _of_text(Source(path, data), name)


def _is_likely(path: str) -> bool:
    return path.endswith(
        (
            "pom.xml",
            "build.gradle",
            "build.gradle.kts",
            "project.toml",
            ".ko.yaml",
            ".ko.yml",
            "skaffold.yaml",
            "skaffold.yml",
        )
    )


def _of_ko(root: Node | None) -> Iterator[ImageUse]:
    if isinstance(root, Mapping):
        yield from _use(root.get("defaultBaseImage"), "ko's base image", "ko")
        overrides = root.get("baseImageOverrides")
        for name, (_, value) in overrides.entries().items() if isinstance(overrides, Mapping) else ():
            yield from _use(value, "ko's base image", f"ko.{name}")


def _of_skaffold(root: Node | None) -> Iterator[ImageUse]:
    artifacts = at(root, "build", "artifacts")
    for artifact in artifacts.items if isinstance(artifacts, Sequence) else ():
        image = at(artifact, "image")
        owner = f"artifact.{image.text}" if isinstance(image, Scalar) else "artifact"
        for keys, how in (
            (("jib", "fromImage"), "jib's base image"), (("ko", "fromImage"), "ko's base image"),
            (("buildpacks", "builder"), "builder"), (("buildpacks", "runImage"), "base image"),
        ):  # fmt: skip
            yield from _use(at(artifact, *keys), how, owner)


def _use(node: Node | None, how: str, owner: str) -> Iterator[ImageUse]:
    if isinstance(node, Scalar) and node.text.strip() and not is_null(node) and "{{" not in node.text:
        yield ImageUse(Field(node.text.strip(), node.location.one_line()), how, owner)


def _of_text(source: Source, name: str) -> Iterator[ImageUse]:
    pattern, how, owner = (
        (_PACK, "builder", "buildpacks")
        if name == "project.toml"
        else (_MAVEN if name == "pom.xml" else _GRADLE, "jib's base image", "jib")
    )
    for match in pattern.finditer(source.text):
        group = "image" if match["image"] is not None else "other"
        text, start = match[group], match.start(group)
        for protocol in _PROTOCOLS:
            if text.startswith(protocol):
                text, start = text[len(protocol) :], start + len(protocol)
        if "$" not in text and "://" not in text:
            yield ImageUse(Field(text, source.at(start, match.end(group))), how, owner)
