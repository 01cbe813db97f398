"""Pipelines: the images that their jobs run in, and the steps that build images or scan them."""

import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple

from hullcheck.discover import Tree
from hullcheck.model.image import ImageUse
from hullcheck.model.lazy import Lazy
from hullcheck.model.node import Mapping, Node, Scalar, Sequence, is_null
from hullcheck.parse import yaml
from hullcheck.source import Field, Location, Source

_WORKFLOW = Lazy(r"(?:.*/)?\.(?:github|gitea|forgejo)/workflows/[^/]+\.ya?ml")
_GITLAB = (".gitlab-ci.yml", ".gitlab-ci.yaml")
_DEV_CONTAINER = Lazy(r"(?:.*/)?(?:\.devcontainer/(?:[^/]+/)?devcontainer|\.devcontainer)\.json")
_BUILDERS = Lazy(
    r"\bdocker(?:\s+--?[a-z-]+(?:[= ]\S+)?){0,5}\s+(?:image\s+|buildx\s+)?(?:build|bake)\b|\bdocker[ -]compose(?:\s+-\S+\s+\S+){0,9}\s+build\b"
    r"|\b(?:podman|nerdctl)\s+build\b|\bbuildah\s+(?:bud|build)\b|/kaniko/executor\b|\bpack\s+build\b|\bskaffold\s+build\b"
)
_BUILD_ACTIONS = Lazy(
    r"docker/(?:build-push-action|bake-action)|redhat-actions/buildah-build|.+/(?:kaniko-action|action-kaniko)|elgohr/.*docker.*",
    re.DOTALL,
)
_SCANNERS = Lazy(
    r"trivy|grype|anchore|snyk|docker/scout|docker\s+scout|docker\s+scan|\bclair|prisma-?cloud|twistcli|sysdig|wiz-?cli"
    r"|container[-_]scanning|\bxray\b|jf\s+docker\s+scan|osv-scanner|cnspec|\binspector\b|qualys|lacework|aqua(?:sec)?/"
    r"|neuvector|dagda|scan-image|image-scan|mondoo",
    re.IGNORECASE,
)
_VARIABLE = Lazy(r"\$\{\{|\$\{?[A-Za-z_]|\$\[\[|\{\{")


class Step(NamedTuple):
    """A step that builds an image, with what."""

    location: Location
    owner: str
    tool: str


class Pipelines(NamedTuple):
    """What the pipelines of a repository do. `sources` are their files."""

    uses: tuple[ImageUse, ...]
    builds: tuple[Step, ...]
    scanned: bool
    sources: tuple[Source, ...]


def pipelines(tree: Tree) -> Pipelines:
    """Read the pipelines and development containers among the files."""
    uses: list[ImageUse] = []
    builds: list[Step] = []
    sources: list[Source] = []
    scanned = False
    for path in sorted(path for path in tree.paths if _of_interest(path) and not tree.ignored(path)):
        try:
            source = Source(path, tree.read(path))
        except OSError:
            continue
        sources.append(source)
        if _DEV_CONTAINER.fullmatch(path):
            uses += _dev_container(source)
            continue
        scanned = scanned or _scans(source.text)
        for document in yaml.parse(source).documents:
            if isinstance(document.root, Mapping):
                reader = _gitlab if _is_gitlab(path) else _github
                for found in reader(document.root):
                    (uses if isinstance(found, ImageUse) else builds).append(found)  # type: ignore[arg-type]
    return Pipelines(tuple(uses), tuple(builds), scanned, tuple(sources))


def _of_interest(path: str) -> bool:
    if not path.endswith((".yml", ".yaml", ".json")):
        return False
    return (
        _is_gitlab(path)
        or _WORKFLOW.fullmatch(path) is not None
        or _DEV_CONTAINER.fullmatch(path) is not None
        or posixpath.basename(path) in ("action.yml", "action.yaml")
    )


def _is_gitlab(path: str) -> bool:
    if path.endswith(_GITLAB):
        return True
    return path.endswith((".yml", ".yaml")) and "/.gitlab/ci/" in f"/{path.rpartition('.')[0]}"[:-1]


def _scans(text: str) -> bool:
    """Does a pipeline name a scanner, or the scan of Amazon's registry?"""
    if _SCANNERS.search(text) is not None:
        return True
    return any("scan" in line.partition("ecr")[2] for line in text.lower().split("\n"))


def _use(node: Node | None, how: str, owner: str) -> Iterator[ImageUse]:
    if isinstance(node, Scalar) and node.text.strip() and not is_null(node):
        text = node.text.strip()
        place = node.location.one_line()
        unknown = "a variable of the pipeline decides it" if _VARIABLE.search(text) else ""
        yield ImageUse(Field(None if unknown else text, place, unknown), how, owner)


def _github(root: Mapping) -> Iterator[ImageUse | Step]:
    runs = root.get("runs")
    if isinstance(runs, Mapping):
        yield from _docker_action(runs.get("image"), "action's image", "runs")
        yield from _steps(runs, "runs")
    jobs = root.get("jobs")
    for key, job in jobs.entries().values() if isinstance(jobs, Mapping) else ():
        if isinstance(job, Mapping):
            yield from _job(f"jobs.{key.text}", key.text, job)


def _job(owner: str, name: str, job: Mapping) -> Iterator[ImageUse | Step]:
    container = job.get("container")
    image = container.get("image") if isinstance(container, Mapping) else container
    yield from _use(image, f"job `{name}`: container", owner)
    services = job.get("services")
    for key, service in services.entries().values() if isinstance(services, Mapping) else ():
        if isinstance(service, Mapping):
            yield from _use(service.get("image"), f"job `{name}`: service `{key.text}`", owner)
    yield from _docker_action(job.get("uses"), f"job `{name}`: image", owner)
    yield from _steps(job, owner)


def _steps(holder: Mapping, owner: str) -> Iterator[ImageUse | Step]:
    steps = holder.get("steps")
    for step in steps.items if isinstance(steps, Sequence) else ():
        if not isinstance(step, Mapping):
            continue
        action, script = step.get("uses"), step.get("run")
        yield from _docker_action(action, "step's image", owner)
        if isinstance(action, Scalar) and _BUILD_ACTIONS.fullmatch(action.text.partition("@")[0]):
            yield Step(action.location.one_line(), owner, action.text.partition("@")[0])
        yield from _builds(script, owner)


def _docker_action(node: Node | None, how: str, owner: str) -> Iterator[ImageUse]:
    """An action that is an image: `docker://alpine:3.22`."""
    if isinstance(node, Scalar) and node.text.startswith("docker://"):
        for use in _use(node, how, owner):
            text, place = use.reference.value, use.location
            reference = use.reference._replace(value=text.removeprefix("docker://") if text else None)
            at = place.source.text.find("docker://", place.start, place.end)
            yield use._replace(reference=reference._replace(location=place._replace(start=max(at, place.start) + 9)))


def _builds(node: Node | None, owner: str) -> Iterator[Step]:
    for script in node.items if isinstance(node, Sequence) else (node,):
        if isinstance(script, Scalar):
            match = _BUILDERS.search(script.location.text)
            if match:
                place = script.location
                tool = " ".join(match[0].split())
                yield Step(Location(place.source, place.start + match.start(), place.start + match.end()), owner, tool)


_GITLAB_WORDS = frozenset(
    ("stages", "variables", "include", "workflow", "cache", "before_script", "after_script", "spec")
)


def _gitlab(root: Mapping) -> Iterator[ImageUse | Step]:
    yield from _gitlab_images(root, "pipeline", "")
    for key, job in root.entries().values():
        if isinstance(job, Mapping) and key.text not in _GITLAB_WORDS and key.text not in ("image", "services"):
            how = "pipeline" if key.text == "default" else f"job `{key.text}`"
            yield from _gitlab_images(job, how, f"jobs.{key.text}")
            yield from _builds(job.get("script"), f"jobs.{key.text}")


def _gitlab_images(holder: Mapping, how: str, owner: str) -> Iterator[ImageUse]:
    image = holder.get("image")
    yield from _use(image.get("name") if isinstance(image, Mapping) else image, f"{how}: image", owner)
    services = holder.get("services")
    for service in services.items if isinstance(services, Sequence) else ():
        yield from _use(service.get("name") if isinstance(service, Mapping) else service, f"{how}: service", owner)


def _dev_container(source: Source) -> Iterator[ImageUse]:
    """The image of a development container, in JSON with comments."""
    for document in yaml.parse(Source(source.path, _without_comments(source.text).encode())).documents:
        if isinstance(document.root, Mapping):
            for use in _use(document.root.get("image"), "development container", "devcontainer"):
                place = use.location._replace(source=source)
                yield use._replace(reference=use.reference._replace(location=place))


_JSON_COMMENT = re.compile(r'"(?:[^"\\\n]|\\.)*+"?|//[^\n]*+|/\*(?:[^*]++|\*(?!/))*+(?:\*/)?', re.DOTALL)


def _without_comments(text: str) -> str:
    """The text with blanks for comments, so that every place stays."""

    def blanked(match: re.Match[str]) -> str:
        return match[0] if match[0][0] == '"' else re.sub(r"[^\n]", " ", match[0])

    return _JSON_COMMENT.sub(blanked, text)
