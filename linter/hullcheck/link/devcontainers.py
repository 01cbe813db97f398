"""Development containers as the containers that they are, joined with what they are built from."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from hullcheck.discover import Tree
from hullcheck.link.compose import alone
from hullcheck.link.images import Images, service_build
from hullcheck.model.coverage import Gap
from hullcheck.model.devcontainer import OWNER, DevContainer, Feature
from hullcheck.model.node import Mapping as YamlMapping
from hullcheck.model.node import as_str, at
from hullcheck.model.problem import Problem
from hullcheck.model.workload import Workload
from hullcheck.parse import devcontainer
from hullcheck.parse.lifecycle import stages
from hullcheck.render.compose.paths import inside
from hullcheck.source import Source
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hullcheck.model.dockerfile import Stage

MAX_FEATURES = 50
"""Features of the repository that one container is joined with."""

_DESCRIPTION = "devcontainer-feature.json"
_ASKED = ("privileged", "capAdd", "securityOpt", "mounts", "containerEnv")
_LOCKS = ("devcontainer-lock.json", ".devcontainer-lock.json")


class Made(NamedTuple):
    """A development container with what it comes to: what runs, and the stages that stand for its commands.

    Where it names Compose files, its own containers are none: they are those of the project that it is part of.
    """

    container: DevContainer
    workloads: tuple[Workload, ...]
    stages: "tuple[Stage, ...]"
    project: Any = None


class DevContainers:
    """All of a repository; `problems` are what of them can't be judged."""

    def __init__(self, known: Mapping[str, DevContainer], tree: Tree) -> None:
        self.tree = tree
        self.problems: list[Problem] = []
        self.made = {path: self._made(container) for path, container in known.items()}

    def _made(self, container: DevContainer) -> Made:
        container = container._replace(features=tuple(self._locked(container)))
        own = tuple(self._own_features(container))
        more = tuple(hook for root in own for hook in devcontainer.hooks(root) if not hook.on_host)
        container = container._replace(hooks=(*container.hooks, *more))
        project = None
        if not container.files:
            project = alone(devcontainer.service(container, own), container.path)
        else:
            self._aside(container, own)
        workloads = project.workloads if project is not None else ()
        return Made(container, tuple(map(_renamed(container), workloads)), tuple(stages(container)), project)

    def _aside(self, container: DevContainer, own: tuple[YamlMapping, ...]) -> None:
        """Tell what features of the repository ask for where Compose files say what the container is."""
        for root in own:
            asked = [name for name in _ASKED if root.get(name) is not None]
            if asked:
                because = "its own features aren't laid over the service of Compose files"
                what = f"`{asked[0]}` of a feature isn't judged: {because}"
                gap = Gap("generator", "feature of a development container", because)
                self.problems.append(Problem("not-analysed", what, container.location, OWNER, gap))

    def _locked(self, container: DevContainer) -> Iterator[Feature]:
        """The features, with the digests of the lock file beside the container."""
        folder = posixpath.dirname(container.path)
        name = _LOCKS[posixpath.basename(container.path).startswith(".")]
        found = self._root(posixpath.join(folder, name)) if container.features else None
        for feature in container.features:
            resolved = as_str(at(found, "features", feature.written, "resolved")) or ""
            integrity = as_str(at(found, "features", feature.written, "integrity")) or ""
            yield feature._replace(locked=integrity or resolved.partition("@")[2])

    def _own_features(self, container: DevContainer) -> Iterator[YamlMapping]:
        """How features that lie in the repository describe themselves."""
        folder = posixpath.dirname(container.path)
        own = [feature for feature in container.features if feature.own]
        for feature in own[MAX_FEATURES:]:
            because = f"a container is joined with {MAX_FEATURES} of its own features"
            gap = Gap("limit", "feature of a development container", because)
            self.problems.append(Problem("not-analysed", because, feature.location, OWNER, gap))
        for feature in own[:MAX_FEATURES]:
            path = inside(folder, posixpath.join(feature.written, _DESCRIPTION))
            root = self._root(path) if path is not None else None
            if root is not None:
                yield root
                continue
            what = f"the feature `{feature.written}` isn't here"
            gap = Gap("missing", "feature of a development container", what)
            self.problems.append(Problem("not-analysed", what, feature.location, OWNER, gap))

    def _root(self, path: str) -> YamlMapping | None:
        try:
            source = Source(path, self.tree.read(path))
        except (OSError, ValueError):
            return None
        documents = devcontainer.parse(source).documents
        root = documents[0].root if documents else None
        return root if isinstance(root, YamlMapping) else None

    def parts(self, path: str, images: Images | None) -> Iterator[Any]:
        """Everything that checks may look at; images that are built here are joined."""
        made = self.made[path]
        yield made.container
        yield from made.stages
        for workload in made.workloads:
            build = service_build(made.project, workload.part) if images is not None else None
            containers = tuple(
                images.joined_service(each, build) if images is not None else each for each in workload.containers
            )
            yield workload._replace(containers=containers, part=made.container)
            for each in containers:
                yield each
                if each.image is not None and not each.image.reference.absent:
                    yield each.image


def _renamed(container: DevContainer) -> Any:
    """A service's workload as that of a development container."""

    def renamed(workload: Workload) -> Workload:
        containers = tuple(
            each._replace(
                dialect="devcontainer",
                owner=OWNER,
                name=container.name,
                role="development",
                location=container.location,
                user=each.user._replace(why=each.user.why.replace("`user` is", "its user is")),
                image=each.image._replace(how="development container", owner=OWNER) if each.image else None,
            )
            for each in workload.containers
        )
        return workload._replace(
            dialect="devcontainer",
            owner=OWNER,
            kind="development container",
            name=container.name,
            location=container.location,
            containers=containers,
        )

    return renamed
