"""Where what a name at a place stands for is written: in the same file or in another."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from hullcheck.lsp import definition_compose, definition_kubernetes, yaml_at
from hullcheck.lsp.files import named, source_of
from hullcheck.lsp.folder import Folder
from hullcheck.model.dockerfile import Dockerfile
from hullcheck.model.text import Text
from hullcheck.patterns import pattern
from hullcheck.read import File
from hullcheck.source import Location, Source

_VALUES = pattern(r"\.Values((?:\.[A-Za-z0-9_-]+)+)")
_NAMED = pattern(r"\b(?:include|template)\s+\"([^\"\n]{1,200})\"")
_DEFINED = pattern(r"\bdefine\s+\"([^\"\n]{1,200})\"")
_FROM = pattern(r"(?:^|,)from=([^,]+)")

_LISTS = frozenset(
    ("resources", "bases", "components", "crds", "configurations", "generators", "transformers", "validators",
     "patchesStrategicMerge", "files", "envs")
)  # fmt: skip
"""Lists of paths in a kustomization."""


def definitions(folder: Folder, path: str, offset: int) -> list[Location]:
    """The places, without repeats; none where nothing is named."""
    session = folder.session
    assert session is not None
    file = session.files.get(path)
    source = file.source if file is not None else source_of(folder, path)
    if source is None:
        return []
    found: list[Location] = []
    for place in _found(folder, path, file, source, offset):
        if place not in found:
            found.append(place)
    return found


def _found(folder: Folder, path: str, file: File | None, source: Source, offset: int) -> Iterator[Location]:
    yield from _in_template(folder, source, offset)
    kinds = {reading.kind: reading for reading in file.readings} if file is not None else {}
    if "dockerfile" in kinds:
        yield from _in_dockerfile(folder, path, kinds["dockerfile"].model, offset)
        return
    at = yaml_at.trail(source.text, offset)
    if at is None:
        return
    if at.node.kind == "alias":
        anchored = yaml_at.anchor(source.text, at.node, at.root)
        if anchored is not None:
            yield Location(source, anchored.whole, anchored.whole + len(at.node.text) + 1)
        return
    if "kustomization" in kinds:
        yield from _in_kustomization(folder, path, at)
    if "compose" in kinds:
        yield from definition_compose.definitions(folder, path, source, at)
    if "kubernetes" in kinds or not kinds.keys() & {"compose", "kustomization"}:
        yield from definition_kubernetes.definitions(folder, path, at)
    if at.keys and at.keys[-1] == "image" and not at.is_key:
        yield from builders(folder, path, at.node.text, offset)


def builders(folder: Folder, path: str, image: str, offset: int) -> Iterator[Location]:
    """The stages that an image is built from, by its place or its name."""
    assert folder.session is not None
    for _, part in folder.session.parts(path):
        for container in getattr(part, "containers", ()):
            if container.image is None or container.built is None:
                continue
            reference = container.image.reference
            here = reference.location.path == path and reference.location.start <= offset <= reference.location.end
            if here or (image and reference.value == image):
                yield container.built.stage.location


def _in_template(folder: Folder, source: Source, offset: int) -> Iterator[Location]:
    """What a template of a chart names: a value, or another template."""
    assert folder.session is not None
    chart = _chart(folder, source.path)
    if chart is None:
        return
    start = source.text.rfind("\n", 0, offset) + 1
    end = source.text.find("\n", offset)
    line = source.text[start : end if end >= 0 else len(source.text)]
    for match in re.finditer(_VALUES.pattern, line):
        if match.start() <= offset - start <= match.end():
            said = match[1][1:].split(".")
            upto = offset - start - match.start(1)
            number = max(match[1][: max(upto, 1)].count("."), 1)
            yield from _values(folder, chart, said[:number])
            return
    for match in re.finditer(_NAMED.pattern, line):
        if match.start() <= offset - start <= match.end():
            yield from _templates(folder, chart, match[1])
            return


def _chart(folder: Folder, path: str) -> str | None:
    """The folder of the chart that a template is of."""
    assert folder.session is not None
    paths = set(folder.session.tree.paths)
    at = posixpath.dirname(path)
    while True:
        if posixpath.join(at, "Chart.yaml") in paths and path.startswith(posixpath.join(at, "templates/")):
            return at
        if not at:
            return None
        at = posixpath.dirname(at)


def _values(folder: Folder, chart: str, keys: list[str]) -> Iterator[Location]:
    """The value in the chart's own values, and in those beside them."""
    assert folder.session is not None
    beside = sorted(
        p for p in folder.session.tree.paths
        if posixpath.dirname(p) == chart and posixpath.basename(p).startswith("values") and p.endswith((".yaml", ".yml"))
    )  # fmt: skip
    own = posixpath.join(chart, "values.yaml")
    for path in ([own] if own in beside else []) + [p for p in beside if p != own]:
        source = source_of(folder, path)
        for root in yaml_at.roots(source.text) if source is not None else ():
            key = yaml_at.find(root, *keys)
            if key is not None and source is not None:
                yield Location(source, key.start, key.end)


def _templates(folder: Folder, chart: str, name: str) -> Iterator[Location]:
    assert folder.session is not None
    below = posixpath.join(chart, "")
    for path in sorted(folder.session.tree.paths):
        if path.startswith(below) and "/templates/" in f"/{path}" and path.endswith((".tpl", ".yaml", ".yml", ".txt")):
            source = source_of(folder, path)
            for match in re.finditer(_DEFINED.pattern, source.text) if source is not None else ():
                if match[1] == name and source is not None:
                    yield Location(source, match.start(1), match.end(1))


def _in_dockerfile(folder: Folder, path: str, model: Dockerfile | None, offset: int) -> Iterator[Location]:
    """The stage that a word names, or the Dockerfile of the image."""
    for instruction in model.instructions if model is not None else ():
        if not instruction.location.start <= offset <= instruction.location.end or model is None:
            continue
        if instruction.keyword == "FROM" and instruction.words and _on(instruction.words[0], offset):
            name = instruction.words[0].text
            yield from _stage(model, name, instruction.location.start)
            yield from builders(folder, path, name, offset)
            yield from _based(folder, path, offset)
        for flag in instruction.flags:
            if flag.value is None or not flag.location.start <= offset <= flag.location.end:
                continue
            named = _FROM.search(flag.value.text) if flag.name == "mount" else None
            name = flag.value.text if flag.name == "from" else named[1] if named else ""
            if name:
                yield from _stage(model, name, instruction.location.start)
                yield from builders(folder, path, name, -1)


def _on(word: Text, offset: int) -> bool:
    place = word.location
    return place.start <= offset <= place.end


def _stage(model: Dockerfile, name: str, before: int) -> Iterator[Location]:
    """The stage of that name or number, the last one before an offset."""
    stages = [i for i in model.instructions if i.keyword == "FROM" and i.location.start < before]
    if name.isdecimal() and len(name) < 6:
        yield from (i.location for i in stages[int(name) : int(name) + 1])
        return
    for instruction in reversed(stages):
        words = instruction.words
        if len(words) > 2 and words[1].text.lower() == "as" and words[2].text.lower() == name.lower():
            yield words[2].location
            return


def _based(folder: Folder, path: str, offset: int) -> Iterator[Location]:
    """The stage of another Dockerfile that a base image is built from."""
    assert folder.session is not None
    for _, part in folder.session.parts(path):
        if getattr(part, "role", "") != "stage" or part.location.path != path:
            continue
        for stage in getattr(part.built, "chain", ()):
            if stage.location.path != path:
                yield stage.location


def _in_kustomization(folder: Folder, path: str, at: yaml_at.Trail) -> Iterator[Location]:
    """The file or folder that is named."""
    names = [key for key in at.keys if isinstance(key, str)]
    if at.is_key or not names:
        return
    said = at.node.text
    listed = isinstance(at.keys[-1], int) and names[-1] in _LISTS
    if not listed and names[-1] not in ("path", "env", "valuesFile"):
        return
    if names[-1] == "files":
        said = said.rpartition("=")[2]
    yield from named(folder, posixpath.dirname(path), said)
