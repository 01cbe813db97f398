"""Builds that platforms' own files ask for in words of their own: Azure Pipelines, CircleCI, Cloud Build, Jenkins,
GoReleaser, Fly, Render and the like. What they name counts only where such a file is in the repository.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from hullcheck.link.inputs import Inputs
from hullcheck.model.lazy import Lazy
from hullcheck.model.node import Mapping, Node, Scalar, Sequence, as_str, is_null
from hullcheck.parse.build_commands import BuildCommand, command_of
from hullcheck.parse.build_variables import UNKNOWN, VARIABLE, Variables, lookup
from hullcheck.source import Location, Source

_VARIABLE = Lazy(VARIABLE)
_FILES = ("dockerfile", "dockerfile_path", "dockerfilepath")
_CONTEXTS = ("context", "buildcontext", "dockercontext", "docker-context", "build-context", "path")
_TARGETS = ("target", "targetstage", "build-target")
_ARGUMENTS = ("buildargs", "build_args", "args")
_FLAGS = ("arguments", "extra_build_args", "extra-build-args", "build_flag_templates", "docker_build_args")
_HOLDERS = Lazy(
    r"\.?goreleaser[\w.-]*|(?:[\w-]+\.)?garden|render|heroku|devspace|werf|okteto|manifest|railway|zeabur|porter|app|koyeb"
)
"""Files that say which Dockerfile is built by a key of theirs."""

_AZURE = Lazy(r"Docker(?:Compose)?@\d{1,3}")
_DOCKER_STEPS = frozenset(("docker", "podman", "buildah", "executor"))
_ORB = Lazy(r"[\w.-]{1,100}/(?:[\w-]{0,100}(?:build|publish|push)[\w-]{0,100})")
_JENKINS = Lazy(
    r"\bdocker\.build\(\s*+(?:\"[^\"\n]*+\"|'[^'\n]*+'|[\w.]++)(?:\s*+,\s*+(?:\"(?P<double>[^\"\n]*+)\"|'(?P<single>[^'\n]*+)'))?"
)
_AGENT = Lazy(r"\bdockerfile\s*+\{(?P<body>[^{}]{0,2000}+)\}")
_AGENT_WORD = Lazy(
    r"\b(?P<word>filename|dir|additionalBuildArgs)\s*+[:(]?+\s*+(?:\"(?P<double>[^\"\n]*+)\"|'(?P<single>[^'\n]*+)')"
)
_EARTHLY = Lazy(r"(?m)^[ \t]*+FROM[ \t]++DOCKERFILE[ \t]++(?P<rest>[^\n]{1,1000})")
_KEY = Lazy(r"(?i)[\"']?\bdockerfile_?(?:path)?[\"']?[ \t]*+[:=][ \t]*+[\"'](?P<file>[^\"'\n]{1,300})[\"']")
_TOML = Lazy(
    r"(?:.*/)?(?:fly[\w.-]*\.toml|railway\.(?:toml|json)|captain-definition|now\.json|vercel\.json|koyeb\.ya?ml)"
)
_TILTFILE = Lazy(r"(?:.*/)?(?:tiltfile[^/]*|[^/]*\.tiltfile)")
_JENKINSFILE = Lazy(r"(?:.*/)?jenkinsfile[^/]*|.*\.(?:jenkinsfile|groovy)", re.IGNORECASE)


def said_in_yaml(path: str, root: Node, variables: Variables) -> Iterator[Inputs]:
    """The builds that the mappings of a pipeline's or a platform's file ask for."""
    stem, _, kind = posixpath.basename(path.lower()).rpartition(".")
    holder = kind in ("yml", "yaml") and _HOLDERS.fullmatch(stem) is not None
    pending, seen = [root], set()
    while pending:
        node = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Sequence):
            pending += reversed(node.items)
        elif isinstance(node, Mapping):
            pending += reversed([value for _, value in node.items])
            yield from _step(node, variables)
            if holder:
                yield from _held(node, variables)


def _step(node: Mapping, variables: Variables) -> Iterator[Inputs]:
    task, name = as_str(node.get("task")), as_str(node.get("name"))
    arguments, inputs = node.get("args"), node.get("inputs")
    if task and _AZURE.fullmatch(task) and isinstance(inputs, Mapping):
        said = _lower(inputs)
        verb = (as_str(said.get("command")) or as_str(said.get("action")) or "").lower()
        if verb in ("", "buildandpush") or verb.startswith("build"):
            yield from _inputs(inputs, said, variables, "**/Dockerfile")
    elif name and re.split("[:@]", name.rpartition("/")[2])[0] in _DOCKER_STEPS and isinstance(arguments, Sequence):
        words = [as_str(item) or "" for item in arguments.items]
        made = command_of("executor" if "kaniko" in name else "docker", _without_program(words), variables)
        if made is not None:
            yield _of_command(made, arguments.location.one_line(), as_str(node.get("dir")) or "")
    if len(node.items) == 1:
        ((key, value),) = node.items
        if isinstance(key, Scalar) and isinstance(value, Mapping) and _ORB.fullmatch(key.text):
            said = _lower(value)
            if any(word in said for word in (*_FILES, *_CONTEXTS)):
                yield from _inputs(value, said, variables, "")


def _without_program(words: list[str]) -> list[str]:
    return words[1:] if words[:1] == ["docker"] else words


def _held(node: Mapping, variables: Variables) -> Iterator[Inputs]:
    """What a mapping says that names a Dockerfile."""
    said = _lower(node)
    docker = node.get("docker")
    if any(isinstance(said.get(word), Scalar) for word in _FILES) or (
        isinstance(node.get("image"), Scalar) and any(word in said for word in (*_CONTEXTS[:1], "buildargs"))
    ):
        yield from _inputs(node, said, variables, "")
    if isinstance(docker, Mapping):  # heroku.yml
        for _, value in docker.entries().values():
            if isinstance(value, Scalar) and not is_null(value):
                yield Inputs(value.location.one_line(), "", _known(value.text, variables), ".", "", ())


def _lower(node: Mapping) -> dict[str, Node]:
    return {key.lower(): value for key, (_, value) in node.entries().items()}


def _inputs(node: Mapping, said: dict[str, Node], variables: Variables, default: str) -> Iterator[Inputs]:
    def first(words: tuple[str, ...]) -> str:
        found = (said.get(word) for word in words)
        return next((each.text for each in found if isinstance(each, Scalar) and not is_null(each)), "")

    file, context, target = (_known(first(words), variables) for words in (_FILES, _CONTEXTS, _TARGETS))
    flags = command_of("docker", ["build", *_flags(said)], variables)
    arguments = dict(flags.arguments) if flags is not None else {}
    for word in _ARGUMENTS:
        holder = said.get(word)
        for name, (_, value) in holder.entries().items() if isinstance(holder, Mapping) else ():
            arguments[name] = (_known(value.text, variables) or None) if isinstance(value, Scalar) else None
    stage = target or (flags.target if flags is not None and target == "" else target)
    place = next((said[word] for word in _FILES if word in said), node).location.one_line()
    pairs = tuple(sorted(arguments.items()))
    yield Inputs(place, "", default if file == "" else file, context, stage, pairs)


def _flags(said: dict[str, Node]) -> Iterator[str]:
    """The words of what is handed to the builder as it stands."""
    for word in _FLAGS:
        node = said.get(word)
        for each in node.items if isinstance(node, Sequence) else (node,):
            if isinstance(each, Scalar):
                yield from each.text.split()


def _known(text: str, variables: Variables) -> str | None:
    """A text with its variables filled in, if each of them can be one thing only."""

    def value(match: re.Match[str]) -> str:
        found = lookup(variables, match[0])
        return found[0] if len(found) == 1 else UNKNOWN

    made = _VARIABLE.sub(value, text) if "$" in text or "{{" in text or "<<" in text else text
    return None if UNKNOWN in made else made


def said_in_text(source: Source, variables: Variables) -> Iterator[Inputs]:
    """The builds that files in other languages than YAML ask for."""
    path = source.path.lower()
    if _JENKINSFILE.fullmatch(path):
        yield from _jenkins(source, variables)
    elif _TILTFILE.fullmatch(path):
        yield from _tilt(source)
    elif posixpath.basename(path) == "earthfile":
        for match in _EARTHLY.finditer(source.text):
            made = command_of("docker", ["build", *match["rest"].split()], variables)
            if made is not None:
                yield _of_command(made, source.at(match.start(), match.end()).one_line(), "")
    elif _TOML.fullmatch(path):
        for match in _KEY.finditer(source.text):
            yield Inputs(source.at(match.start("file"), match.end("file")), "", match["file"], ".", "", ())


def _tilt(source: Source) -> Iterator[Inputs]:
    """See https://docs.tilt.dev/api.html#api.docker_build: the Dockerfile's path is relative to the Tiltfile."""
    from hullcheck.parse.tiltfile import calls

    for call in calls(source.text):
        words = [call.said.get(key, default) for key, default in (("dockerfile", ""), ("context", "."), ("target", ""))]
        file, context, target = (word if isinstance(word, str) else None for word in words)
        given = call.said.get("build_args", {})
        arguments = tuple(sorted(given.items())) if isinstance(given, dict) else ()
        if call.inline is None and "dockerfile_contents" not in call.said:
            place = source.at(call.start, call.end).one_line()
            yield Inputs(place, "", file, context, target, arguments)


def held_by(source: Source) -> Iterator[tuple[str, Location]]:
    """The Dockerfiles that a Tiltfile holds itself: the image's name, and where the text stands."""
    if _TILTFILE.fullmatch(source.path.lower()) and "dockerfile_contents" in source.text:
        from hullcheck.parse.tiltfile import calls

        for number, call in enumerate(calls(source.text), 1):
            ref = call.said.get("ref")
            if call.inline is not None:
                yield ref if isinstance(ref, str) else str(number), source.at(*call.inline)


def _jenkins(source: Source, variables: Variables) -> Iterator[Inputs]:
    for match in _JENKINS.finditer(source.text):
        made = command_of("docker", ["build", *(match["double"] or match["single"] or ".").split()], variables)
        if made is not None:
            yield _of_command(made, source.at(match.start(), match.end()).one_line(), "")
    for match in _AGENT.finditer(source.text):
        said = {word["word"]: word["double"] or word["single"] or "" for word in _AGENT_WORD.finditer(match["body"])}
        made = command_of("docker", ["build", *said.get("additionalBuildArgs", "").split(), "."], variables)
        if made is not None and not _VARIABLE.search(said.get("dir", "") + said.get("filename", "")):
            file = posixpath.join(said.get("dir", ""), said.get("filename", "Dockerfile"))
            yield _of_command(made._replace(file=file), source.at(match.start(), match.end()).one_line(), "")


def _of_command(made: BuildCommand, place: Location, folder: str) -> Inputs:
    return Inputs(place, folder, made.file, made.context, made.target, made.arguments, (), made.tags, made.contexts)
