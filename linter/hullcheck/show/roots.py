"""What there is to show: Compose projects, overlays, charts, plain manifests, images that ship."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from hullcheck.discover import (
    MAX_BYTES,
    MAX_MANIFEST,
    STRUCTURED,
    DiskTree,
    Entry,
    Kind,
    TooLargeError,
    Tree,
    kind_of,
    peeked,
)
from hullcheck.errors import HullcheckError
from hullcheck.model.node import Mapping, Scalar
from hullcheck.model.problem import Problem
from hullcheck.parse.wording import Wording
from hullcheck.source import Source
from hullcheck.tuples import NamedTuple

COMPOSE = "compose"
KUSTOMIZATION = "kustomization"
CHART = "chart"
MANIFESTS = "manifests"
IMAGE = "image"
DEV_CONTAINER = "devcontainer"

Read = Callable[[str], bytes | None]


class Options(NamedTuple):
    """How to show: Compose's profiles and variables, a chart's values and cluster, an image's target and build arguments."""

    profiles: tuple[str, ...] | None = None
    env: dict[str, str] = {}  # noqa: RUF012  never changed
    values: tuple[Source, ...] = ()
    sets: tuple[str, ...] = ()
    target: str | None = None
    arguments: dict[str, str | None] = {}  # noqa: RUF012  never changed
    kube_version: str = ""
    api_versions: tuple[str, ...] = ()


class Root(NamedTuple):
    """Something to show: `path` is its folder or file, `kind` one of the words above."""

    path: str
    kind: str


class Shown(NamedTuple):
    """A root with its objects as they would be applied or run, and what couldn't be known of it."""

    path: str
    kind: str
    objects: tuple[Mapping, ...]
    problems: tuple[Problem, ...] = ()


class Roots:
    """The roots of a tree; each is read only when it is shown."""

    def __init__(self, tree: Tree, options: Options = Options()) -> None:  # noqa: B008  a constant
        self.tree = tree
        self.options = options
        self._part: str | None = None
        self.unread: dict[str, str] = {}
        """The files of interest that couldn't be read, and why."""

    @cached_property
    def entries(self) -> list[Entry]:
        """All files of interest: for most overlays and charts nobody asks."""
        if self._part is not None:
            self._part = None
            self.tree.paths.clear()
        return [item for item in self.tree.entries() if isinstance(item, Entry)]

    @cached_property
    def kinds(self) -> dict[str, Kind]:
        return {entry.path: entry.kind for entry in self.entries}

    @property
    def paths(self) -> list[str]:
        """All files of the tree."""
        _ = self.entries  # walks
        return self.tree.paths

    def _kind(self, path: str) -> Kind | None:
        return self.kinds.get(path) if self._part is None else kind_of(posixpath.basename(path))

    def read(self, path: str) -> bytes | None:
        """A file's bytes; None if there is none, or it can't be read."""
        kind = self._kind(path)
        try:
            return self.tree.read(path, MAX_MANIFEST if kind in STRUCTURED else MAX_BYTES)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            large = isinstance(error, TooLargeError)
            if kind is not None and not (large and not peeked(self.tree, Entry(path, kind))):
                self.unread[path] = error.strerror or str(error)
            return None

    def at(self, path: str) -> list[Root]:
        """What a file or folder stands for. Raises HullcheckError if it is nothing that can be shown."""
        alone = self._alone(path)
        if alone is not None:
            return [alone]
        found = [self._file(path)] if path in self.kinds else self._folder(path)
        found = found or list(self.below(path))
        if path in self.kinds and self.read(path) is None:
            raise HullcheckError(f"{path}: can't be read: {self.unread.get(path, 'it is too large')}")
        if not found:
            raise HullcheckError(f"{path or '.'}: there is nothing to show")
        return found

    def _alone(self, path: str) -> Root | None:
        """The overlay or chart that a folder is, if that can be told from what lies in it: then nothing else is walked."""
        if not path or "entries" in self.__dict__ or not isinstance(self.tree, DiskTree):
            return None
        items = self.tree.part(path)
        kinds = {item.kind for item in items or () if isinstance(item, Entry) and posixpath.dirname(item.path) == path}
        for kind, root in ((Kind.KUSTOMIZATION, KUSTOMIZATION), (Kind.CHART, CHART)):
            if kind in kinds:
                self._part = path
                return Root(path, root)
        self.tree.paths.clear()
        return None

    def _file(self, path: str) -> Root:
        kind = self.kinds[path]
        if kind is Kind.KUSTOMIZATION:
            return Root(posixpath.dirname(path), KUSTOMIZATION)
        if kind is Kind.CHART:
            return Root(posixpath.dirname(path), CHART)
        if kind is Kind.DOCKERFILE:
            return Root(path, IMAGE)
        if kind is Kind.DEV_CONTAINER:
            return Root(path, DEV_CONTAINER)
        return Root(path, COMPOSE if self._is_compose(path) else MANIFESTS)

    def _is_compose(self, path: str) -> bool:
        from hullcheck.parse.compose import looks_like
        from hullcheck.parse.yaml import parse

        found = parse(self._source(path))
        return any(document.root is not None and looks_like(document.root) for document in found.documents)

    def _source(self, path: str) -> Source:
        return Source(path, self.read(path) or b"")

    def _folder(self, folder: str) -> list[Root]:
        """The roots that a folder is itself: an overlay or a chart, then a project, then images, else its manifests."""
        inside = [entry for entry in self.entries if posixpath.dirname(entry.path) == folder]
        kinds = {entry.kind for entry in inside}
        if Kind.KUSTOMIZATION in kinds:
            return [Root(folder, KUSTOMIZATION)]
        if Kind.CHART in kinds:
            return [Root(folder, CHART)]
        found = [Root(folder, COMPOSE)] if self._taken(folder) else []
        found += [Root(entry.path, IMAGE) for entry in inside if entry.kind is Kind.DOCKERFILE]
        if not found and any(self._manifests(entry.path) for entry in inside if entry.kind is Kind.YAML):
            found = [Root(folder, MANIFESTS)]
        return found

    def below(self, folder: str) -> Iterator[Root]:
        """Every root below a folder: what no other root includes."""
        inside = [entry for entry in self.entries if _is_below(entry.path, folder)]
        overlays = self._overlays(inside)
        charts = _charts(inside)
        yield from (Root(path, KUSTOMIZATION) for path in overlays.roots if _is_below(path, folder))
        yield from (Root(path, CHART) for path in charts)
        folders = sorted({posixpath.dirname(entry.path) for entry in inside})
        yield from (Root(path, COMPOSE) for path in folders if self._taken(path))
        yield from (Root(path, MANIFESTS) for path in self._plain(inside, overlays.claimed, charts))
        yield from (Root(entry.path, DEV_CONTAINER) for entry in inside if entry.kind is Kind.DEV_CONTAINER)
        yield from (Root(entry.path, IMAGE) for entry in inside if entry.kind is Kind.DOCKERFILE)

    def _overlays(self, inside: Iterable[Entry]) -> "_Overlays":
        layers = {e.path: self._source(e.path) for e in inside if e.kind is Kind.KUSTOMIZATION}
        if not layers:
            return _Overlays([], set())
        from hullcheck.parse import kubernetes
        from hullcheck.render.kustomize import Kustomizations

        found = Kustomizations({path: kubernetes.read(source) for path, source in layers.items()}, self.read)
        return _Overlays(found.roots, found.claimed)

    def _plain(self, inside: Iterable[Entry], claimed: set[str], charts: list[str]) -> list[str]:
        """The folders of manifests that belong to no overlay and no chart."""
        free = (
            entry.path
            for entry in inside
            if entry.kind is Kind.YAML
            and entry.path not in claimed
            and not any(_is_below(entry.path, chart) for chart in charts)
        )
        return sorted({posixpath.dirname(path) for path in free if self._manifests(path)})

    def _manifests(self, path: str) -> list[Mapping]:
        """A file's objects, if it holds manifests."""
        source = self._source(path)
        if not Wording(source.text).manifest:
            return []
        from hullcheck.parse import kubernetes

        return [made.node for made in kubernetes.read(source).objects]

    def _taken(self, folder: str) -> tuple[str, ...]:
        """The files that Compose takes in a folder."""
        inside = [p for p, kind in self.kinds.items() if kind is Kind.COMPOSE and posixpath.dirname(p) == folder]
        env = posixpath.join(folder, ".env")
        if not inside and env not in self.kinds:
            return ()
        from hullcheck.link.compose import taken
        from hullcheck.link.named import NamedFiles
        from hullcheck.parse.compose import read

        files = {path: read(self._source(path)) for path in inside}
        texts = {env: self._source(env)} if env in self.kinds else {}
        return taken(files, folder, {}, texts, NamedFiles({}, self.tree).compose)

    def shown(self, root: Root) -> Shown:
        """The root's objects."""
        show = {
            COMPOSE: self._compose, KUSTOMIZATION: self._kustomization, CHART: self._chart,
            MANIFESTS: self._objects, IMAGE: self._image, DEV_CONTAINER: self._dev_container,
        }[root.kind]  # fmt: skip
        return show(root)

    def _compose(self, root: Root) -> Shown:
        from hullcheck.link.compose import show
        from hullcheck.link.named import NamedFiles, Texts
        from hullcheck.parse.compose import read

        paths = (root.path,) if root.path in self.kinds else self._taken(root.path)
        named = NamedFiles({}, self.tree).compose
        files = {path: read(self._source(path)) for path in paths if path in self.kinds}
        folder = posixpath.dirname(paths[0])
        made = show(
            files,
            paths,
            {folder: self.options.env},
            Texts({}, self.tree),
            profiles=self.options.profiles,
            root_name=posixpath.basename(getattr(self.tree, "root", "")),
            read=named,
        )
        return Shown(root.path, COMPOSE, (made.root,), made.project.problems)

    def _dev_container(self, root: Root) -> Shown:
        """The service of Compose that it comes to, or those that it names with what it lays over them."""
        from hullcheck.link.compose import show
        from hullcheck.link.named import NamedFiles, Texts
        from hullcheck.parse import devcontainer
        from hullcheck.render.compose.files import Unread
        from hullcheck.render.compose.paths import inside

        container, problems = devcontainer.read(self._source(root.path))
        if container is None:
            return Shown(root.path, DEV_CONTAINER, (), tuple(problems))
        over = devcontainer.overlay(container) if container.files else devcontainer.service(container)
        named = NamedFiles({}, self.tree).compose
        folder = posixpath.dirname(root.path)
        paths = [inside(folder, node.text) for node in container.files if isinstance(node, Scalar)]
        read = [path for path in paths if path is not None and not isinstance(named(path), Unread)]
        files = {root.path: over} if over is not None else {}
        together = (*read, *files)
        if not together:
            return Shown(root.path, DEV_CONTAINER, (), tuple(problems))
        made = show(
            files, together, {}, Texts({}, self.tree) if read else {}, profiles=self.options.profiles, read=named
        )
        return Shown(root.path, DEV_CONTAINER, (made.root,), (*problems, *made.project.problems))

    def _kustomization(self, root: Root) -> Shown:
        from hullcheck.render.kustomize import Kustomizations, objects

        built = Kustomizations({}, self.read, _Later(lambda: self.paths)).build(root.path)
        return Shown(
            root.path, KUSTOMIZATION, tuple(o for o in objects(built) if isinstance(o, Mapping)), built.problems
        )

    def _chart(self, root: Root) -> Shown:
        from hullcheck.render.helm import render
        from hullcheck.render.helm.index import Index

        index = Index(_Later(lambda: [path for path, kind in self.kinds.items() if kind is Kind.CHART]), self.read)
        options = self.options
        made = render(
            root.path,
            self.read,
            self._files_below,
            options.values,
            options.sets,
            kube_version=options.kube_version,
            index=index,
            api_versions=options.api_versions,
        )
        return Shown(root.path, CHART, tuple(document.root for document in made.documents), tuple(made.problems))

    def _files_below(self, folder: str) -> list[str]:
        whole = self._part is None or not _is_below(folder, self._part)
        return [path for path in (self.paths if whole else self.tree.paths) if _is_below(path, folder)]

    def _objects(self, root: Root) -> Shown:
        paths = [root.path] if root.path in self.kinds else sorted(
            p for p, kind in self.kinds.items() if kind is Kind.YAML and posixpath.dirname(p) == root.path
        )  # fmt: skip
        found: list[Mapping] = []
        problems: list[Problem] = []
        from hullcheck.parse import kubernetes

        for path in paths:
            source = self._source(path)
            if Wording(source.text).manifest:
                read = kubernetes.read(source)
                found += [made.node for made in read.objects]
                problems += read.problems
        return Shown(root.path, MANIFESTS, tuple(found), tuple(problems))

    def _image(self, root: Root) -> Shown:
        from hullcheck.parse.dockerfile import parse
        from hullcheck.show.image import image

        dockerfile = parse(self._source(root.path))
        made = image(dockerfile, self.options.target, self.options.arguments)
        if made is None and self.options.target is None:
            source = dockerfile.source
            problem = Problem("parse-error", "there is no stage, so there is nothing to show", source.at(0))
            return Shown(root.path, IMAGE, (), (*dockerfile.problems, problem))
        if made is None:
            raise HullcheckError(f"{root.path}: there is no stage `{self.options.target}`")
        return Shown(root.path, IMAGE, (made,), tuple(dockerfile.problems))


class _Later:
    """Paths that aren't looked for before they are gone through."""

    def __init__(self, find: Callable[[], list[str]]) -> None:
        self._find = find

    def __iter__(self) -> Iterator[str]:
        return iter(self._find())


class _Overlays(NamedTuple):
    roots: list[str]
    claimed: set[str]


def _charts(entries: Iterable[Entry]) -> list[str]:
    from hullcheck.render.helm import charts

    return charts([entry.path for entry in entries if entry.kind is Kind.CHART])


def _is_below(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(f"{folder}/")
