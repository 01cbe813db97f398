"""What workflows, other pipelines and development containers say of images: those that they run in, build or scan."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from collections.abc import Sequence as Sequence_

from hullcheck.link.inputs import Inputs, Step, is_gitlab
from hullcheck.link.matrix import MAX_JOBS, Choice, Choices, calls, choices, filled
from hullcheck.model.image import ImageUse
from hullcheck.model.lazy import Lazy
from hullcheck.model.node import Mapping, Node, Scalar, Sequence, is_null
from hullcheck.model.repository import BuildArgument
from hullcheck.patterns import pattern
from hullcheck.source import Field, Location, Source

_BUILDERS = Lazy(
    r"\bdocker(?:\s+--?[a-z-]+(?:[= ]\S+)?){0,5}\s+(?:image\s+|buildx\s+)?(?:build|bake)\b|\bdocker[ -]compose(?:\s+-\S+\s+\S+){0,9}\s+build\b"
    r"|\b(?:podman|nerdctl)\s+build\b|\bbuildah\s+(?:bud|build)\b|/kaniko/executor\b|\bpack\s+build\b|\bskaffold\s+build\b"
)
_BUILDS = ("build", "bake", "/kaniko/executor")
"""Words of which every one of these commands has one."""

_BUILD_ACTIONS = Lazy(
    r"docker/(?:build-push-action|bake-action)|redhat-actions/buildah-build|.+/(?:kaniko-action|action-kaniko)|elgohr/.*docker.*",
    re.DOTALL,
)
_VARIABLE = Lazy(r"\$\{\{|\$\{?[A-Za-z_]|\$\[\[|\{\{")

MAX_CALLS = 3
"""Workflows and actions that use one another, one after the other."""

Found = ImageUse | Step | Inputs | BuildArgument | Choices


def found_in(read: list[tuple[str, Mapping]]) -> Iterator[Found]:
    """What the documents of pipelines say, each with the path of its file."""
    given = _given(read)
    for path, root in read:
        yield from _gitlab(root) if is_gitlab(path) else _github(root, given.get(_called(path), ()))


def _given(read: list[tuple[str, Mapping]]) -> dict[str, list[Choice]]:
    """What the workflows and actions of the repository are handed by those that use them, by what they are used as."""
    given: dict[str, list[Choice]] = {}
    if not any("uses: ./" in root.source.text for _, root in read):
        return given
    for _ in range(MAX_CALLS):
        found: dict[str, list[Choice]] = {}
        for path, root in read:
            if not is_gitlab(path) and "uses: ./" in root.source.text:
                for name, handed in calls(root, given.get(_called(path), ())):
                    known = found.setdefault(name, [])
                    if handed not in known and len(known) < MAX_JOBS:
                        known.append(handed)
        if found == given:
            break
        given = found
    return given


def _called(path: str) -> str:
    """What a workflow is used as, or an action: its folder."""
    folder, _, name = path.rpartition("/")
    return folder if name in ("action.yml", "action.yaml") else path


def _use(node: Node | None, how: str, owner: str) -> Iterator[ImageUse]:
    if isinstance(node, Scalar) and node.text.strip() and not is_null(node):
        text = node.text.strip()
        place = node.location.one_line()
        unknown = "a variable of the pipeline decides it" if _VARIABLE.search(text) else ""
        yield ImageUse(Field(None if unknown else text, place, unknown), how, owner)


def _github(root: Mapping, given: Sequence_[Choice]) -> Iterator[Found]:
    runs = root.get("runs")
    if isinstance(runs, Mapping):
        yield from _docker_action(runs.get("image"), "action's image", "runs")
        made = Choices(root.source.path, root.start, root.end, choices(root, runs, given))
        yield made
        yield from _steps(runs, "runs", made.values)
    jobs = root.get("jobs")
    for key, job in jobs.entries().values() if isinstance(jobs, Mapping) else ():
        if isinstance(job, Mapping):
            yield from _job(f"jobs.{key.text}", key.text, job, choices(root, job, given))


def _job(owner: str, name: str, job: Mapping, values: tuple[Choice, ...]) -> Iterator[Found]:
    yield Choices(job.source.path, job.start, job.end, values)
    container = job.get("container")
    image = container.get("image") if isinstance(container, Mapping) else container
    yield from _use(image, f"job `{name}`: container", owner)
    services = job.get("services")
    for key, service in services.entries().values() if isinstance(services, Mapping) else ():
        if isinstance(service, Mapping):
            yield from _use(service.get("image"), f"job `{name}`: service `{key.text}`", owner)
    yield from _docker_action(job.get("uses"), f"job `{name}`: image", owner)
    yield from _steps(job, owner, values)


def _steps(holder: Mapping, owner: str, values: tuple[Choice, ...]) -> Iterator[Found]:
    steps = holder.get("steps")
    for step in steps.items if isinstance(steps, Sequence) else ():
        if not isinstance(step, Mapping):
            continue
        action, script = step.get("uses"), step.get("run")
        yield from _docker_action(action, "step's image", owner)
        if isinstance(action, Scalar) and _BUILD_ACTIONS.fullmatch(action.text.partition("@")[0]):
            yield Step(action.location.one_line(), owner, action.text.partition("@")[0])
            yield from dict.fromkeys(made for each in values for made in _inputs(action, step.get("with"), each))
            yield from _handed(step.get("with"), owner)
        yield from _builds(script, owner)


def _inputs(action: Scalar, said: Node | None, values: Choice) -> Iterator[Inputs]:
    """What `docker/build-push-action`, its like for Bake and Buildah's are told to build."""
    place = action.location.one_line()
    if action.text.startswith("docker/bake-action"):
        names = tuple(n for n in re.split(r"[\n,]+", _text(said, "files", values) or "") if n and "$" not in n)
        yield Inputs(place, "", None, None, None, (), tuple(map(str.strip, names)))
        return
    context = _text(said, "context", values)
    context = "." if context in ("", "{{defaultContext}}") else context
    files: tuple[str | None, ...] = (_text(said, "file", values),)
    if action.text.startswith("redhat-actions/"):
        listed = _text(said, "containerfiles", values) or _text(said, "dockerfiles", values)
        files = tuple(listed.split()) if listed else (listed,)
    lines = filled(_raw(said, "build-args"), values).splitlines()
    pairs = (line.strip().partition("=") for line in lines if "=" in line)
    arguments = tuple((name, None if not value or _VARIABLE.search(value) else value) for name, _, value in pairs)
    tags = tuple(tag.strip() for tag in re.split(r"[\n,]", _raw(said, "tags")) if tag.strip() and "$" not in tag)
    contexts = tuple(
        line.strip().partition("=")[0] for line in _raw(said, "build-contexts").splitlines() if "=" in line
    )
    for file in files:
        yield Inputs(place, "", file, context, _text(said, "target", values), arguments, (), tags, contexts)


def _handed(said: Node | None, owner: str) -> Iterator[BuildArgument]:
    """The lines of `build-args`."""
    node = said.get("build-args") if isinstance(said, Mapping) else None
    from hullcheck.parse.inline import text_of

    for line in text_of(node).lines() if isinstance(node, Scalar) else ():
        name, equals, value = line.text.strip().partition("=")
        if equals and re.fullmatch(r"\w{1,200}", name):
            yield BuildArgument(line.strip().location, owner, "build-args", name, value.strip().strip("\"'"))


_WORKSPACE = Lazy(r"\$\{\{\s*github\.workspace\s*\}\}/?")


def _raw(said: Node | None, key: str) -> str:
    node = said.get(key) if isinstance(said, Mapping) else None
    return node.text if isinstance(node, Scalar) and not is_null(node) else ""


def _text(said: Node | None, key: str, values: Choice) -> str | None:
    """An input's text, empty if it isn't given; None if a variable decides it that isn't known."""
    text = filled(_WORKSPACE.sub("./", _raw(said, key)), values).strip()
    return None if "${{" in text else text


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
            text = script.location.text
            match = _BUILDERS.search(text) if any(word in text for word in _BUILDS) else None
            if match:
                place = script.location
                tool = " ".join(match[0].split())
                yield Step(Location(place.source, place.start + match.start(), place.start + match.end()), owner, tool)


_GITLAB_WORDS = frozenset(
    ("stages", "variables", "include", "workflow", "cache", "before_script", "after_script", "spec")
)


def _gitlab(root: Mapping) -> Iterator[Found]:
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


def dev_container(source: Source) -> Iterator[Found]:
    """The image of a development container, or what it is built from, in JSON with comments."""
    from hullcheck.parse import yaml

    for document in yaml.parse(Source(source.path, _without_comments(source.text).encode())).documents:
        if isinstance(document.root, Mapping):
            for use in _use(document.root.get("image"), "development container", "devcontainer"):
                place = use.location._replace(source=source)
                yield use._replace(reference=use.reference._replace(location=place))
            yield from _dev_build(source, document.root)


def _dev_build(source: Source, root: Mapping) -> Iterator[Inputs]:
    """Both `build.dockerfile` and the older `dockerFile` are relative to the file's folder, as the context is."""
    build = root.get("build")
    for holder, key, context in ((build, "dockerfile", build), (root, "dockerFile", root)):
        name = _raw(holder, key)
        node = holder.get(key) if isinstance(holder, Mapping) else None
        if name and node is not None:
            args = build.get("args") if isinstance(build, Mapping) else None
            entries = args.entries().items() if isinstance(args, Mapping) else ()
            arguments = tuple((word, _plain_text(value)) for word, (_, value) in entries)
            place = node.location._replace(source=source)
            target = _plain_text(build.get("target")) if isinstance(build, Mapping) and build.get("target") else ""
            folder = posixpath.dirname(source.path)
            yield Inputs(place, folder, None if "$" in name else name, _raw(context, "context"), target, arguments)


def _plain_text(node: Node | None) -> str | None:
    return node.text if isinstance(node, Scalar) and "${" not in node.text else None


_JSON_COMMENT = pattern(r'"(?:[^"\\\n]|\\.)*+"?|//[^\n]*+|/\*(?:[^*]++|\*(?!/))*+(?:\*/)?', re.DOTALL)


def _without_comments(text: str) -> str:
    """The text with blanks for comments, so that every place stays."""

    def blanked(match: re.Match[str]) -> str:
        return match[0] if match[0][0] == '"' else re.sub(r"[^\n]", " ", match[0])

    return _JSON_COMMENT.sub(blanked, text)
