"""The repository around the files: what builds copy, which credentials are committed, who updates and scans images."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

from hullcheck.discover import Tree, like
from hullcheck.model.image import ImageUse
from hullcheck.model.repository import BuildArgument, Committed, Copied, FileText, Pipeline, Updates
from hullcheck.patterns import pattern
from hullcheck.read import File, of_kind
from hullcheck.source import Source
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.link.builds import Build
    from hullcheck.link.ci import Pipelines
    from hullcheck.model.chart_values import ValuesFile
    from hullcheck.model.compose import ComposeProject
    from hullcheck.model.dockerfile import Dockerfile
    from hullcheck.model.kept import Kept
    from hullcheck.model.node import Mapping as YamlMapping

Part = FileText | Copied | Committed | Updates | Pipeline | ImageUse | BuildArgument

_VALUES = pattern(r"values(?:[-_.][\w.-]{1,60})?\.ya?ml|[\w.-]{1,60}[-_.]values\.ya?ml", re.IGNORECASE)
_LONGEST = 200
_MAY_HOLD = pattern(r"pass|secret|token|key|cred|auth|pwd|://", re.IGNORECASE)
"""Words without which a file of values holds no credential."""


class Repository:
    """Reads the facts that only the tree as a whole can give."""

    def __init__(
        self,
        files: Mapping[str, File],
        tree: Tree,
        dockerfiles: Mapping[str, Dockerfile],
        compose: "Iterable[ComposeProject]",
        builds_of: Callable[[str], list[Build]],
        pipelines: "Pipelines",
        handed: Iterable[BuildArgument] = (),
        kept: "Kept | None" = None,
    ) -> None:
        self.kept = kept
        self.files = files
        self.pipelines = pipelines
        self.handed = tuple(handed)
        self.tree = tree
        self.dockerfiles = dockerfiles
        self.compose = list(compose)
        self.builds_of = builds_of
        self.contexts: dict[str, dict[str, list[str | None]]] = {}
        for project in self.compose:
            for service in project.services.values():
                build = service.build
                if build is not None and build.path is not None and build.folder is not None:
                    folders = self.contexts.setdefault(build.path, {})
                    folders.setdefault(build.folder, []).append(build.target.value)

    def parts(self, uses: Iterable[ImageUse]) -> "Iterator[Part | ValuesFile]":
        """Everything that is found; `uses` are the images that files of the dialects name."""
        for file in self.files.values():
            text = FileText(file.source, partial(_spans, file))
            yield text if self.kept is None else self.kept.of(("text", id(file)), file, lambda text=text: text)  # type: ignore[misc]
        yield from self._copied()
        yield from self._committed()
        yield from self._values()
        yield from self._pipelines()
        yield from updates(self.tree, uses)

    def _copied(self) -> Iterator[Copied]:
        if not self.dockerfiles:
            return
        from hullcheck.link.contexts import Contexts

        contexts = Contexts(self.tree)
        for path, dockerfile in self.dockerfiles.items():
            yield from contexts.copied(path, dockerfile, self._folders(path))

    def _folders(self, path: str) -> dict[str, list[str | None]]:
        """The contexts that a Dockerfile is built with, and the targets; its own folder where nothing here says."""
        if path in self.contexts:
            return self.contexts[path]
        return {posixpath.dirname(path): [build.target for build in self.builds_of(path)] or [None]}

    def _committed(self) -> Iterator[Committed]:
        if self.compose or of_kind(self.files, "env", "kustomization"):
            from hullcheck.link.committed import committed

            yield from committed(self.files.values(), self.tree, self.compose)

    def _values(self) -> "Iterator[ValuesFile]":
        """The files of values, but for those of the charts themselves, as far as they may hold a credential."""
        paths = like(self.tree, _is_of_values)
        if not paths:
            return
        from hullcheck.model.chart_values import ValuesFile
        from hullcheck.parse.yaml import parse

        charts = {posixpath.dirname(path) for path in like(self.tree, _is_chart)}
        for path in paths:
            folder, _, name = path.rpartition("/")
            if (name in ("values.yaml", "values.yml") and folder in charts) or self.tree.ignored(path):
                continue
            try:
                source = Source(path, self.tree.read(path))
            except (OSError, ValueError):
                continue
            if not _MAY_HOLD.search(source.text):
                continue
            for document in parse(source).documents:
                from hullcheck.model.node import Mapping as YamlMapping

                if isinstance(document.root, YamlMapping) and document.root.get("sops") is None:
                    yield ValuesFile(source.at(0), document.root)

    def _pipelines(self) -> Iterator[Part]:
        found = self.pipelines
        yield from (FileText(source) for source in found.sources)
        yield from found.uses
        yield from self.handed
        if found.builds and not found.scanned:
            first = found.builds[0]
            yield Pipeline(first.location, first.owner, first.tool)


def updates(tree: Tree, uses: Iterable[ImageUse]) -> Iterator[Updates]:
    """That nothing moves images on, said once, at the first of all the images that the repository names."""
    if not tree.versioned and not like(tree, _is_of_a_platform):
        return
    from hullcheck.link.updates import updater

    bot = updater(tree)
    uncovered = [use for use in uses if is_moved(use) and not bot.covers(use.location.path)]
    if uncovered:
        first = min(uncovered, key=lambda use: (use.location.path, use.location.start))
        folders = sorted({posixpath.dirname(use.location.path) for use in uncovered})
        yield Updates(first.location, first.owner, tuple(folders), bot.path)


def _is_of_values(path: str) -> bool:
    return _VALUES.fullmatch(path.rpartition("/")[2][:_LONGEST]) is not None


def _is_chart(path: str) -> bool:
    return path.endswith("Chart.yaml")


def _is_of_a_platform(path: str) -> bool:
    return path.startswith((".github/", ".gitlab"))


def is_moved(use: ImageUse) -> bool:
    """Does the image come from elsewhere, so that something has to move it on?"""
    return bool(use.image) and not use.built_here and use.how != "frontend"


def _spans(file: File) -> tuple[tuple[int, int, str], ...]:
    """Where the objects of a file stand."""
    if file.also:
        return tuple(sorted(span for reading in file.readings for span in _spans(reading._replace(also=()))))
    model = file.model
    if file.kind == "kubernetes" and model is not None:
        return tuple(sorted((made.node.start, made.node.end, made.owner) for made in model.objects))
    if file.kind == "dockerfile" and model is not None:
        # What stands before the first FROM may be a stage, too, or all there is.
        starts = [(stage.start.location.start if stage.start else 0, stage.owner) for stage in model.stages]
        ends = [*(start for start, _ in starts), len(file.source.text)][1:]
        return tuple((start, end, owner) for (start, owner), end in zip(starts, ends, strict=True))
    if file.kind == "compose" and model is not None:
        return tuple(sorted(_services(model.documents)))
    return ()


def _services(documents: Iterable[YamlMapping]) -> Iterator[tuple[int, int, str]]:
    for document in documents:
        services = document.get("services")
        from hullcheck.model.node import Mapping as YamlMapping

        for key, value in services.entries().values() if isinstance(services, YamlMapping) else ():
            if key.source is document.source:
                yield key.start, max(key.end, value.end), f"services.{key.text}"
