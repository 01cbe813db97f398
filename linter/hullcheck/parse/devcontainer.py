"""`devcontainer.json`, which is JSON with comments: what it says, and the service of Compose that comes to the same.

Its keys and the options of `docker run` that it hands on are written as what Compose calls them, with their own places,
so that they are read as any service is. See https://containers.dev/implementors/json_reference/.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator

from hullcheck.model.compose import ComposeFile
from hullcheck.model.coverage import Gap
from hullcheck.model.devcontainer import OWNER, DevContainer, Feature, Hook
from hullcheck.model.lazy import Lazy
from hullcheck.model.node import Mapping, Node, Scalar, Sequence, is_null, items
from hullcheck.model.problem import Problem
from hullcheck.parse import yaml
from hullcheck.patterns import pattern
from hullcheck.source import Location, Source

MAX_ITEMS = 1_000
"""Options, mounts, features and commands of each kind that are looked at."""

MAX_COMMAND = 16 * 1024
"""Characters of a command that are looked at."""

MAX_NAME = 60

HOOKS = (
    "initializeCommand", "onCreateCommand", "updateContentCommand", "postCreateCommand", "postStartCommand",
    "postAttachCommand",
)  # fmt: skip

_LONG = (
    "runArgs", "mounts", "capAdd", "securityOpt", "features", "containerEnv", "remoteEnv", "appPort", "dockerComposeFile",
    *HOOKS,
)  # fmt: skip

_SAME = {
    "image": "image",
    "privileged": "privileged",
    "capAdd": "cap_add",
    "securityOpt": "security_opt",
}
_WITH_COMPOSE = ("privileged", "capAdd", "securityOpt")
"""Keys that also hold for a service of Compose files; `image` and `runArgs` don't."""

_TOKEN = pattern(r'"(?:[^"\\\n]|\\.)*+"?|//[^\n]*+|/\*(?:[^*]++|\*(?!/))*+(?:\*/)?|\t', re.DOTALL)
_VARIABLE = Lazy(r"\$\{(\w{1,40})(?::([^{}:]{1,200}))?(?::([^{}]{0,500}))?\}", most=1_000)
_HOMES = "${HOME}${USERPROFILE}"

_KNOWN = {
    "docker-in-docker": "privileged",
    "docker-outside-of-docker": "socket",
    "docker-from-docker": "socket",
}
"""What features of `ghcr.io/devcontainers/features` ask for besides what they install, by their own metadata.

See https://github.com/devcontainers/features/tree/main/src
"""

_KNOWN_FROM = ("ghcr.io/devcontainers/features/", "ghcr.io/devcontainers-contrib/features/", "")
SOCKET = "/var/run/docker.sock"


def without_comments(text: str) -> str:
    """The text with blanks for comments and tabs, so that every place stays and YAML's reader takes it."""

    def blanked(match: re.Match[str]) -> str:
        return match[0] if match[0][0] == '"' else re.sub(r"[^\n\r]", " ", match[0])

    return _TOKEN.sub(blanked, text)


def parse(source: Source) -> yaml.Documents:
    """The file as nodes; their places are those of the file with its comments."""
    found = yaml.parse(source.with_text(without_comments(source.text)))
    pending = [document.root for document in found.documents if document.root is not None]
    while pending:
        node = pending.pop()
        if node.source is source:
            continue
        node.source = source
        if isinstance(node, Mapping):
            pending += [each for entry in node.items for each in entry]
        elif isinstance(node, Sequence):
            pending += node.items
    return yaml.Documents(found.documents, [_in(source, problem) for problem in found.problems])


def _in(source: Source, problem: Problem) -> Problem:
    message = problem.message.replace("not YAML:", "not JSON, comments apart:")
    return problem._replace(message=message, location=problem.location._replace(source=source))


def read(source: Source) -> tuple[DevContainer | None, list[Problem]]:
    """What a `devcontainer.json` says, and what is wrong with it; None if it is no mapping."""
    parsed = parse(source)
    root = parsed.documents[0].root if parsed.documents else None
    if not isinstance(root, Mapping):
        return None, parsed.problems
    files = root.get("dockerComposeFile")
    named = [files] if isinstance(files, Scalar) else items(files)
    return DevContainer(
        name=_name(root),
        location=_location(root),
        root=root,
        features=tuple(_features(root)),
        hooks=tuple(hooks(root)),
        files=tuple(node for node in named[:MAX_ITEMS] if isinstance(node, Scalar) and node.text),
        service=_text(root.get("service")),
    ), [*parsed.problems, *_too_long(root)]


def _too_long(root: Mapping) -> Iterator[Problem]:
    """What holds more than is looked at."""
    build = root.get("build")
    args = build.get("args") if isinstance(build, Mapping) else None
    for name, node in (*((name, root.get(name)) for name in _LONG), ("build.args", args)):
        held = node.items if isinstance(node, (Mapping, Sequence)) else ()
        if node is not None and len(held) > MAX_ITEMS:
            yield _limit(name, f"holds more than {MAX_ITEMS:,} entries", node)
    for hook in hooks(root):
        if hook.node.end - hook.node.start > MAX_COMMAND:
            yield _limit(hook.key, f"is longer than {MAX_COMMAND:,} characters", hook.node)


def _limit(name: str, why: str, node: Node) -> Problem:
    gap = Gap("limit", f"`{name}` of a development container", f"it {why}")
    return Problem("not-analysed", f"`{name}` {why}: the rest isn't judged", node.location, OWNER, gap)


def _text(node: Node | None) -> str:
    return node.text if isinstance(node, Scalar) and not is_null(node) else ""


def _name(root: Mapping) -> str:
    """Its name, or that of its folder where there may be several."""
    name = " ".join(_text(root.get("name")).split())
    folder = posixpath.basename(posixpath.dirname(root.source.path))
    return name[:MAX_NAME] or (folder if folder not in ("", ".devcontainer") else OWNER)


def _location(root: Mapping) -> Location:
    for name in ("name", "image", "build", "dockerFile", "dockerComposeFile"):
        key = root.key(name)
        if key is not None:
            return key.location
    return root.source.at(root.start, min(root.start + 1, root.end))


def _features(root: Mapping) -> Iterator[Feature]:
    features = root.get("features")
    for key, value in list(features.entries().values())[:MAX_ITEMS] if isinstance(features, Mapping) else ():
        if not (isinstance(value, Scalar) and value.text == "false" and not value.style):
            yield Feature(key.text, key.location)


def hooks(root: Mapping) -> Iterator[Hook]:
    """The commands of a container's life, or of a feature's."""
    for name in HOOKS:
        node = root.get(name)
        if isinstance(node, Mapping):
            for label, (_, each) in list(node.entries().items())[:MAX_ITEMS]:
                if isinstance(each, (Scalar, Sequence)) and not is_null(each):
                    yield Hook(name, each, label)
        elif node is not None and not is_null(node):
            yield Hook(name, node)


def service(container: DevContainer, features: Iterable[Mapping] = ()) -> ComposeFile:
    """The container as a Compose file with one service; `features` are those of the repository, as they describe
    themselves."""
    made = _Service(container.root, container.path)
    made.all()
    for feature in container.features:
        made.known(feature)
    for root in features:
        made.shared(root)
    return made.file(OWNER)


def overlay(container: DevContainer, features: Iterable[Mapping] = ()) -> ComposeFile | None:
    """What it adds to its service of Compose files, as a file that is laid over them; None if that is nothing."""
    if not container.files or not container.service:
        return None
    made = _Service(container.root, container.path, literal=True)  # other variables say nothing about the service
    first = posixpath.dirname(posixpath.join("/", posixpath.dirname(container.path), _text(container.files[0])))
    made.up = posixpath.relpath(f"/{_workspace(container.path)}", first)  # paths are seen from the first file's folder
    made.shared(container.root)
    for feature in container.features:
        made.known(feature)
    for root in features:
        made.shared(root)
    return made.file(container.service) if made.found or made.pairs else None


class _Service:
    """A service of Compose in the making: values by its keys, those of lists one after the other."""

    def __init__(self, root: Mapping, path: str, literal: bool = False) -> None:
        self.literal = literal
        self.root = root
        self.source = root.source
        self.up = posixpath.relpath(f"/{_workspace(path)}", f"/{posixpath.dirname(path)}")
        self.found: dict[str, tuple[Scalar, Node]] = {}
        self.seen: set[tuple[str, str]] = set()
        self.pairs: dict[str, dict[str, tuple[Scalar, Node]]] = {}

    def file(self, name: str) -> ComposeFile:
        maps: dict[str, tuple[Scalar, Node]] = {
            key: (_key(next(iter(e.values()))[0], key), _mapping(self.root, e)) for key, e in self.pairs.items()
        }
        body: Node = _mapping(self.root, self.found | maps)
        services: Node = _mapping(self.root, {name: (_key(self.root, name), body)})
        top = {"services": (_key(self.root, "services"), services)}
        names: dict[str, tuple[Scalar, Node]] = {
            name: (_key(node, name), _mapping(node, {})) for name, node in self._named_volumes()
        }
        if names:
            top["volumes"] = (_key(self.root, "volumes"), _mapping(self.root, names))
        return ComposeFile(self.source, (_mapping(self.root, top),), complete=False)

    def _named_volumes(self) -> Iterator[tuple[str, Node]]:
        """The volumes that are made once they are named."""
        for node in items(self.found["volumes"][1]) if "volumes" in self.found else ():
            if isinstance(node, Mapping):
                name = _text(node.get("source")) if _text(node.get("type")) == "volume" else ""
            else:
                name = _text(node).partition(":")[0] if ":" in _text(node) else ""
            if re.fullmatch(r"[A-Za-z0-9][\w.-]*+", name):
                yield name, node

    def all(self) -> None:
        self.shared(self.root)
        self._copy(self.root, ("image",))
        self.put("user", self.root.key("remoteUser"), self.root.get("remoteUser"))  # what everything is run as there
        self._build()
        self._ports()
        self._options()

    def shared(self, root: Mapping) -> None:
        """What holds for an image and for a service of Compose, and in the description of a feature."""
        self._copy(root, _WITH_COMPOSE)
        for name in ("containerEnv", "remoteEnv"):
            node = root.get(name)
            for key, value in list(node.entries().values())[:MAX_ITEMS] if isinstance(node, Mapping) else ():
                if isinstance(value, Scalar) and not is_null(value) and not (self.literal and "${" in value.text):
                    self.add_variable(key, self.resolved(value))
        self.put("user", root.key("containerUser"), root.get("containerUser"))
        mounts = root.get("mounts")
        for node in items(mounts)[:MAX_ITEMS]:
            self.mount(node)
        if isinstance(root.get("workspaceMount"), Scalar):
            self.mount(root.get("workspaceMount"))

    def known(self, feature: Feature) -> None:
        """What a feature that many use is known to ask for."""
        prefix, _, last = feature.name.rpartition("/")
        asks = _KNOWN.get(last) if f"{prefix}/" in _KNOWN_FROM or not prefix else None
        place = feature.location
        key = Scalar(self.source, place.start, place.end, "", feature.written, '"')
        if asks == "privileged" and "privileged" not in self.found:
            self.found["privileged"] = (key, _scalar(key, "true", ""))
        elif asks == "socket":
            mount = {"type": "bind", "source": SOCKET, "target": "/var/run/docker-host.sock"}
            self.append("volumes", key, _mapping(key, {n: (_key(key, n), _scalar(key, t)) for n, t in mount.items()}))

    def _copy(self, root: Mapping, names: Iterable[str]) -> None:
        for name in names:
            node = root.get(name)
            if isinstance(node, Sequence):
                for item in node.items[:MAX_ITEMS]:
                    self.append(_SAME[name], item, self.resolved(item))
            else:
                self.put(_SAME[name], root.key(name), node)

    def put(self, name: str, key: Scalar | None, node: Node | None) -> None:
        if key is not None and isinstance(node, Scalar) and not is_null(node):
            self.found[name] = (_key(key, name), self.resolved(node))

    def append(self, name: str, at: Node, node: Node) -> None:
        if not isinstance(node, (Scalar, Mapping)) or is_null(node):
            return
        if name not in self.found:
            self.found[name] = (_key(at, name), Sequence(self.source, at.start, at.end, "", True))
        held = self.found[name][1]
        if isinstance(node, Scalar) and name in ("security_opt", "cap_add", "cap_drop"):
            if (name, node.text) in self.seen:
                return
            self.seen.add((name, node.text))
        if isinstance(held, Sequence):
            held.items.append(node)

    def add_variable(self, key: Scalar, node: Node) -> None:
        self.add_pair("environment", key, node)

    def add_pair(self, name: str, key: Scalar, node: Node) -> None:
        self.pairs.setdefault(name, {})[key.text] = (key, node)

    def resolved(self, node: Node) -> Node:
        """The text with the variables of development containers as Compose writes them."""
        if not isinstance(node, Scalar) or "$" not in node.text:
            return node
        return _scalar(node, self._resolved(node.text))

    def _resolved(self, text: str) -> str:
        found, at = [], 0
        for match in _VARIABLE.finditer(text):
            found += [text[at : match.start()].replace("$", "$$"), self._variable(match)]
            at = match.end()
        whole = "".join([*found, text[at:].replace("$", "$$")])
        return whole.replace(_HOMES, "${HOME}")

    def _variable(self, match: re.Match[str]) -> str:
        kind, name, default = match[1], match[2] or "", match[3]
        if kind == "localWorkspaceFolder":
            return self.up
        if kind in ("localEnv", "env") and re.fullmatch(r"[A-Za-z_]\w*", name):
            return f"${{{name}:-{default}}}" if default and "$" not in default else f"${{{name}}}"
        return f"${{{re.sub('[^A-Za-z0-9_]', '_', kind + '_' + name)}}}"

    def mount(self, node: Node | None) -> None:
        """`type=bind,source=...,target=...`, or the same as a mapping."""
        if isinstance(node, Mapping):
            entries = {_MOUNT.get(k, k): (key, self.resolved(v)) for k, (key, v) in node.entries().items()}
            words = {name: entry for name, entry in entries.items() if isinstance(entry[1], Scalar)}
        elif isinstance(node, Scalar):
            words = {}
            for piece in node.text.split(",")[:40]:
                name, _, value = piece.strip().partition("=")
                name = _MOUNT.get(name.lower(), name.lower())
                text = value if value or name not in ("read_only",) else "true"
                plain = "" if name == "read_only" else '"'
                words[name] = (_key(node, name), _scalar(node, self._resolved(text), plain))
        else:
            return
        kept = {name: entry for name, entry in words.items() if name in ("type", "source", "target", "read_only")}
        if "target" not in kept:
            return
        kept.setdefault("type", (_key(node, "type"), _scalar(node, "volume")))
        propagation = words.get("bind-propagation")
        if propagation is not None and _text(kept["type"][1]) == "bind":
            below = _mapping(node, {"propagation": (_key(node, "propagation"), propagation[1])})
            kept["bind"] = (_key(node, "bind"), below)
        self.append("volumes", node, _mapping(node, kept))

    def _build(self) -> None:
        build = self.root.get("build")
        holder = build if isinstance(build, Mapping) else self.root
        made: dict[str, tuple[Scalar, Node]] = {}
        for theirs, ours in (
            ("dockerfile", "dockerfile"),
            ("dockerFile", "dockerfile"),
            ("context", "context"),
            ("target", "target"),
        ):
            for where in (self.root, holder) if theirs in ("dockerFile", "context") else (holder,):
                key, node = where.key(theirs), where.get(theirs)
                if key is not None and isinstance(node, Scalar) and not is_null(node):
                    made[ours] = (_key(key, ours), self.resolved(node))
        args = holder.get("args")
        if isinstance(build, Mapping) and isinstance(args, Mapping):
            pairs = {
                name: (key, self.resolved(value))
                for name, (key, value) in list(args.entries().items())[:MAX_ITEMS]
                if isinstance(value, Scalar)
            }
            made["args"] = (_key(args, "args"), _mapping(args, pairs))
        if "dockerfile" not in made:
            return
        key = self.root.key("build") or made["dockerfile"][0]
        dockerfile = made["dockerfile"][1]
        context = made.get("context")
        folder = _text(context[1]) if context else "."
        if context is None:
            made["context"] = (_key(key, "context"), _scalar(key, "."))
        if (
            isinstance(dockerfile, Scalar)
            and "$" not in dockerfile.text + folder
            and not dockerfile.text.startswith("/")
        ):
            # It is seen from the file's folder, and not from the context as in Compose.
            text = _seen_from(folder, dockerfile.text, posixpath.dirname(self.source.path))
            made["dockerfile"] = (made["dockerfile"][0], _scalar(dockerfile, text))
        self.found["build"] = (_key(key, "build"), _mapping(key, made))

    def _ports(self) -> None:
        """What `appPort` publishes: a number on the host alone, a text as it is."""
        said = self.root.get("appPort")
        for node in [said] if isinstance(said, Scalar) else items(said)[:MAX_ITEMS]:
            if isinstance(node, Scalar) and not is_null(node):
                bare = not node.style and node.text.isdecimal()
                text = f"127.0.0.1:{node.text}:{node.text}" if bare else self._resolved(node.text)
                self.append("ports", node, _scalar(node, text))

    def _options(self) -> None:
        words = [item for item in items(self.root.get("runArgs"))[:MAX_ITEMS] if isinstance(item, Scalar)]
        at = 0
        while at < len(words):
            word, at = words[at], at + 1
            name, value = _option(word.text)
            if not name or name in _FLAGS:
                if name in _FLAGS:
                    self._flag(name, value, word)
                continue
            place = word
            if value is None:
                if at == len(words) or (name not in _VALUED and words[at].text.startswith("-")):
                    continue
                place, at = words[at], at + 1
                value = place.text
            self._valued(name, value, place)

    def _flag(self, name: str, value: str | None, word: Scalar) -> None:
        key = _FLAGS[name]
        if key:
            on = "false" if (value or "true").lower() in ("false", "0", "f") else "true"
            self.found[key] = (_key(word, key), _scalar(word, on, ""))

    def _valued(self, name: str, value: str, word: Scalar) -> None:
        key = _VALUED.get(name, "")
        made = _scalar(word, self._resolved(value))
        if name == "mount":
            self.mount(_scalar(word, value))
        elif key == "environment":
            variable, equals, text = value.partition("=")
            if equals:
                self.add_variable(_key(word, variable), _scalar(word, self._resolved(text)))
        elif key == "sysctls":
            parameter, _, text = value.partition("=")
            self.add_pair(key, _key(word, parameter), _scalar(word, text))
        elif key in _LISTS:
            self.append(key, word, made)
        elif key:
            self.found[key] = (_key(word, key), made)


_MOUNT = {
    "src": "source",
    "dst": "target",
    "destination": "target",
    "readonly": "read_only",
    "ro": "read_only",
}
_FLAGS = {
    "privileged": "privileged", "init": "init", "read-only": "read_only", "oom-kill-disable": "oom_kill_disable",
    **dict.fromkeys(("rm", "detach", "d", "interactive", "i", "tty", "t", "it", "ti", "publish-all", "P"), ""),
    **dict.fromkeys(("no-healthcheck", "sig-proxy", "disable-content-trust", "quiet", "q", "help"), ""),
}  # fmt: skip
"""Options of `docker run` without a value, and what Compose calls them."""

_VALUED = {
    "cap-add": "cap_add", "cap-drop": "cap_drop", "security-opt": "security_opt", "volume": "volumes", "v": "volumes",
    "mount": "mount", "device": "devices", "user": "user", "u": "user", "publish": "ports", "p": "ports",
    "network": "network_mode", "net": "network_mode", "pid": "pid", "ipc": "ipc", "uts": "uts", "userns": "userns_mode",
    "cgroupns": "cgroup", "env": "environment", "e": "environment", "group-add": "group_add", "sysctl": "sysctls",
    "device-cgroup-rule": "device_cgroup_rules", "tmpfs": "tmpfs", "memory": "mem_limit", "m": "mem_limit",
    "platform": "platform", "isolation": "isolation", "pids-limit": "pids_limit", "workdir": "working_dir",
    "w": "working_dir",
    **dict.fromkeys(("name", "hostname", "h", "label", "l", "add-host", "gpus", "shm-size", "cpus", "env-file"), ""),
    **dict.fromkeys(("volumes-from", "restart", "runtime", "ulimit", "entrypoint", "dns", "expose", "log-opt"), ""),
}  # fmt: skip
"""Options with a value; those without a word mean nothing here."""

_LISTS = frozenset(
    ("cap_add", "cap_drop", "security_opt", "volumes", "devices", "ports", "group_add", "device_cgroup_rules", "tmpfs")
)
_SHORT = pattern(r"-([A-Za-z])=?(.+)", re.DOTALL)


def _option(text: str) -> tuple[str, str | None]:
    """An option's name, and its value where that is in the same word; no name for what is none."""
    if text.startswith("--"):
        name, equals, value = text[2:].partition("=")
        return name, value if equals else None
    if not text.startswith("-") or len(text) < 2:
        return "", None
    if text[1:] in _FLAGS or text[1:] in _VALUED:
        return text[1:], None
    match = _SHORT.fullmatch(text)
    return (match[1], match[2]) if match is not None and match[1] in _VALUED else ("", None)


def _workspace(path: str) -> str:
    """The folder that an editor opens: that with the file, or with the `.devcontainer` that the file is in."""
    parts = posixpath.dirname(path).split("/")
    return "/".join(parts[: parts.index(".devcontainer")] if ".devcontainer" in parts else parts)


def _seen_from(context: str, path: str, folder: str) -> str:
    """A path that is relative to `folder`, as seen from the context, which is relative to it, too."""
    start = posixpath.normpath(posixpath.join("/", *[f"_{n}" for n in range(9)], folder, context))
    file = posixpath.normpath(posixpath.join("/", *[f"_{n}" for n in range(9)], folder, path))
    return posixpath.relpath(file, start)


def _scalar(at: Node, text: str, style: str = '"') -> Scalar:
    return Scalar(at.source, at.start, at.end, "", text, style)


def _key(at: Node, name: str) -> Scalar:
    return Scalar(at.source, at.start, at.end, "", name, '"')


def _mapping(at: Node, entries: dict[str, tuple[Scalar, Node]]) -> Mapping:
    return Mapping(at.source, at.start, at.end, "", True).with_entries(entries)
