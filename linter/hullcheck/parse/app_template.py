"""Pods of the chart `app-template`, which many deploy everything with: its values are what a pod is.

The chart isn't in the repository that uses it, and adds nothing of its own that matters, so what runs is read from the
values: those of `controllers` (versions 2 to 4), and the flat ones of version 1.
See https://bjw-s-labs.github.io/helm-charts/docs/common-library/ and the library's `values.yaml`.
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.model.kubernetes import PodContainer
from hullcheck.model.node import Mapping, Node, Scalar, Sequence, as_bool, as_str, at, is_null, items
from hullcheck.tuples import NamedTuple

MAX_DEPTH = 100

OWN = ("controllers", "defaultPodOptions", "persistence")
"""Values that are read here, and by nobody else then; `FLAT` are those of version 1."""

_MAIN = ("image", "env", "envFrom", "securityContext", "command", "args", "lifecycle", "probes")
FLAT = (
    *_MAIN,
    "initContainers",
    "additionalContainers",
    "sidecars",
    "podSecurityContext",
    "hostNetwork",
    "persistence",
)
_POD = (
    "securityContext", "hostNetwork", "hostPID", "hostIPC", "hostUsers", "automountServiceAccountToken", "hostAliases",
    "dnsPolicy", "imagePullSecrets", "nodeSelector", "runtimeClassName", "shareProcessNamespace", "tolerations",
)  # fmt: skip
_VOLUMES = {"emptyDir": ("medium", "sizeLimit"), "nfs": ("server", "path"), "hostPath": ()}

Entries = dict[str, tuple[Scalar, Node]]


class Pod(NamedTuple):
    """A pod's spec as the chart makes it, and its containers, which are told apart by `controller.container`."""

    spec: Mapping
    containers: tuple[PodContainer, ...]


def has_controllers(values: Node | None) -> bool:
    """Are these the values of a chart that is built with the library, whatever it is called?"""
    for controller in _values(at(values, "controllers")):
        held = [*_values(at(controller, "containers")), *_values(at(controller, "initContainers"))]
        if any(isinstance(at(each, "image"), Mapping) for each in held):
            return True
    return False


def pods(values: Mapping) -> Iterator[Pod]:
    """The pods of `controllers`, those that are switched off aside."""
    controllers = values.get("controllers")
    for name, (_, controller) in controllers.entries().items() if isinstance(controllers, Mapping) else ():
        if isinstance(controller, Mapping) and as_bool(controller.get("enabled")) is not False:
            yield _pod(name, controller, values)


def flat(values: Mapping) -> Pod:
    """The pod of version 1, which has its container's settings beside its own."""
    entries = values.entries()
    main = values.with_entries({key: entries[key] for key in _MAIN if key in entries})
    spec = {key: entries[key] for key in _POD if key in entries and key != "securityContext"}
    if "podSecurityContext" in entries:
        spec["securityContext"] = entries["podSecurityContext"]
    volumes = _Volumes(values, "main", flat=True)
    spec |= volumes.entry(values)
    found = [_container("main", "container", _filled(main, volumes.mounts("main")), main)]
    for key, role in (("initContainers", "init"), ("additionalContainers", "container"), ("sidecars", "container")):
        for name, (at_, node) in _entries(values.get(key)).items():
            if isinstance(node, Mapping):
                found.append(_container(name, role, _filled(node, []), at_))
    return Pod(values.with_entries(spec), tuple(found))


def _pod(name: str, controller: Mapping, values: Mapping) -> Pod:
    merges = as_str(values.get("defaultPodOptionsStrategy")) == "merge"
    own, defaults = _entries(controller.get("pod")), _entries(values.get("defaultPodOptions"))
    spec: Entries = {}
    for key in _POD:
        given = [held[key] for held in (own, defaults) if key in held and not _empty(held[key][1])]
        if given:
            spec[key] = given[0]
            both = [value for _, value in given]
            if merges and len(given) == 2 and isinstance(both[0], Mapping) and isinstance(both[1], Mapping):
                spec[key] = (given[0][0], both[0].with_entries({**both[1].entries(), **both[0].entries()}))
    volumes = _Volumes(values, name)
    spec |= volumes.entry(controller)
    common = _entries(controller.get("defaultContainerOptions"))
    to_init = as_bool(controller.get("applyDefaultContainerOptionsToInitContainers")) is not False
    deep = as_str(controller.get("defaultContainerOptionsStrategy")) == "merge"
    found = []
    for key, role in (("initContainers", "init"), ("containers", "container")):
        for called, (place, node) in _entries(controller.get(key)).items():
            if not isinstance(node, Mapping) or as_bool(node.get("enabled")) is False:
                continue
            made = _over(node, common, deep=deep) if role == "container" or to_init else node
            sidecar = role == "init" and as_str(made.get("restartPolicy")) == "Always"
            filled = _filled(made, volumes.mounts(called))
            found.append(_container(f"{name}.{called}", "sidecar" if sidecar else role, filled, place))
    return Pod(controller.with_entries(spec), tuple(found))


def _over(node: Mapping, common: Entries, *, deep: bool) -> Mapping:
    """The container over what all containers of its controller have."""
    own = {key: entry for key, entry in node.entries().items() if deep or not _empty(entry[1])}
    made = {**common, **own}
    for key in common.keys() & own.keys() if deep else ():
        mine, theirs = own[key][1], common[key][1]
        if isinstance(mine, Mapping) and isinstance(theirs, Mapping):
            made[key] = (own[key][0], mine.with_entries({**theirs.entries(), **mine.entries()}))
    return node.with_entries(made) if common else node


def _container(name: str, role: str, node: Mapping, place: Node) -> PodContainer:
    return PodContainer(role, name, place.location.one_line(), node)


def _filled(node: Mapping, mounts: list[Node]) -> Mapping:
    """A container's values as the container that the chart makes of them."""
    kept = {
        key: entry for key, entry in node.entries().items() if key not in ("image", "env", "probes", "nameOverride")
    }
    made = known(node.with_entries(kept), 0)
    assert isinstance(made, Mapping)
    entries = dict(made.entries())
    image = node.entries().get("image")
    if image is not None:
        reference = image_of(image[1])
        if reference is not None:
            entries["image"] = (image[0], reference)
        policy = at(image[1], "pullPolicy")
        if policy is not None:
            entries["imagePullPolicy"] = (_word("imagePullPolicy", policy), policy)
    env = node.entries().get("env")
    if env is not None:
        entries["env"] = (env[0], known(_variables(env[1]), 0))
    for name, (key, probe) in _entries(node.get("probes")).items():
        spec = at(probe, "spec")
        if as_bool(at(probe, "enabled")) and as_bool(at(probe, "custom")) and isinstance(spec, Mapping):
            entries[f"{name}Probe"] = (key, known(spec, 0))
    if mounts:
        entries["volumeMounts"] = (_word("volumeMounts", mounts[0]), _list(mounts))
    return node.with_entries(entries)


def image_of(node: Node | None) -> Scalar | None:
    """The image that `registry`, `repository`, `tag` and `digest` come to, at the place of what pins it; None if the chart has a say."""
    if isinstance(node, Scalar):
        return _known_text(node) if node.text else None
    repository, tag, digest = at(node, "repository"), at(node, "tag"), at(node, "digest")
    if not isinstance(repository, Scalar) or not repository.text or is_null(repository):
        return None
    text, last = repository.text, repository
    registry = as_str(at(node, "registry"))
    if registry:
        text = f"{registry}/{text}"
    pins = [
        (mark, pin)
        for mark, pin in ((":", tag), ("@", digest))
        if isinstance(pin, Scalar) and pin.text and not is_null(pin)
    ]
    if not pins:
        return None
    for mark, pin in pins:
        text += f"{mark}{pin.text}"
        last = pin
    made = Scalar(last.source, last.start, last.end, "", text, '"')
    made.because = "image"
    parts = [repository, *(pin for _, pin in pins)]
    made.unknown = next((part.unknown for part in parts if part.unknown), "")
    return _known_text(made)


def _variables(env: Node) -> Node:
    """`NAME: value` as a list of variables."""
    if not isinstance(env, Mapping):
        return env
    found: list[Node] = []
    for name, (key, value) in env.entries().items():
        named = (_word("name", key), Scalar(key.source, key.start, key.end, "", name, '"'))
        if isinstance(value, Mapping):
            entries = {k: entry for k, entry in value.entries().items() if k != "dependsOn"}
            if "value" not in entries and "valueFrom" not in entries:
                entries = {"valueFrom": (key, value.with_entries(entries))}
        else:
            entries = {"value": (key, value)}
        found.append(_mapping({"name": named, **entries}, key))
    return _list(found) if found else env


class _Volumes:
    """The `persistence` of the values, as the pods of one controller have it."""

    def __init__(self, values: Mapping, controller: str, *, flat: bool = False) -> None:
        self.controller = controller
        self.flat = flat
        self.held = {
            name: (key, known(node, 0))
            for name, (key, node) in _entries(values.get("persistence")).items()
            if isinstance(node, Mapping) and as_bool(node.get("enabled")) is not False
        }

    def entry(self, at_: Node) -> Entries:
        volumes = [volume for name, (key, node) in self.held.items() if (volume := self._volume(name, key, node))]
        return {"volumes": (_word("volumes", at_), _list(volumes))} if volumes else {}

    def _volume(self, name: str, key: Scalar, node: Node) -> Node | None:
        kind = as_str(at(node, "type")) or ("pvc" if self.flat else "persistentVolumeClaim")
        named = {"name": (_word("name", key), Scalar(key.source, key.start, key.end, "", name, '"'))}
        entries = _entries(node)
        if kind == "custom":
            return _mapping({**_entries(at(node, "volumeSpec")), **named}, node)
        if kind not in _VOLUMES:
            return None
        own = {field: entries[field] for field in _VOLUMES[kind] if field in entries}
        if kind == "hostPath" and "hostPath" in entries:
            own["path"] = entries["hostPath"]
            if "hostPathType" in entries:
                own["type"] = entries["hostPathType"]
        return _mapping({**named, kind: (_word(kind, node), _mapping(own, node))}, node)

    def mounts(self, container: str) -> list[Node]:
        """What a container of the controller mounts."""
        found: list[Node] = []
        for name, (key, node) in self.held.items():
            every, some = items(at(node, "globalMounts")), at(node, "advancedMounts")
            given = [*every, *items(at(some, self.controller, container))]
            if self.flat and as_str(at(node, "mountPath")) == "-":
                continue
            if not every and not _entries(some):
                given = [node]
            own = at(node, "hostPath") if as_str(at(node, "type")) == "hostPath" else None
            for mount in given:
                path = at(mount, "mountPath" if self.flat else "path") if mount is not node or self.flat else None
                path = path if isinstance(path, Scalar) else own
                path = path if isinstance(path, Scalar) else Scalar(key.source, key.start, key.end, "", f"/{name}", '"')
                entries: Entries = {
                    "name": (_word("name", mount), Scalar(key.source, key.start, key.end, "", name, '"')),
                    "mountPath": (_word("mountPath", path), path),
                }
                entries |= {
                    f: e for f, e in _entries(mount).items() if f in ("readOnly", "subPath", "mountPropagation")
                }
                found.append(_mapping(entries, mount))
        return found


def known(node: Node, depth: int, seen: dict[int, Node] | None = None) -> Node:
    """The values, those that hold templates as what isn't known; what is shared stays so."""
    seen = {} if seen is None else seen
    if id(node) in seen:
        return seen[id(node)]
    made = node
    if isinstance(node, Scalar):
        made = _known_text(node)
    elif isinstance(node, Mapping) and node.source.text.startswith("{{", node.start):  # a template without quotes
        made = Scalar(node.source, node.start, node.end, "", node.source.text[node.start : node.end], "")
        made.unknown = "it has a template"
    elif depth < MAX_DEPTH and isinstance(node, Sequence):
        made = node.with_items([known(item, depth + 1, seen) for item in node.items])
    elif depth < MAX_DEPTH and isinstance(node, Mapping):
        made = node.with_entries(
            {k: (key, known(value, depth + 1, seen)) for k, (key, value) in node.entries().items()}
        )
    seen[id(node)] = made
    return made


def _known_text(node: Scalar) -> Scalar:
    if "{{" not in node.text or node.unknown:
        return node
    made = Scalar(node.source, node.start, node.end, node.tag, node.text, node.style)
    made.unknown, made.because = "it has a template", node.because
    return made


def _entries(node: Node | None) -> Entries:
    return node.entries() if isinstance(node, Mapping) else {}


def _values(node: Node | None) -> Iterator[Node]:
    return (value for _, value in _entries(node).values())


def _empty(node: Node) -> bool:
    if isinstance(node, Scalar):
        return is_null(node) or not node.text
    return not (node.items if isinstance(node, Mapping | Sequence) else ())


def _word(text: str, place: Node) -> Scalar:
    return Scalar(place.source, place.start, place.end, "", text, '"')


def _mapping(entries: Entries, place: Node) -> Mapping:
    return Mapping(place.source, place.start, place.end, "", False).with_entries(entries)


def _list(found: list[Node]) -> Sequence:
    made = Sequence(found[0].source, found[0].start, found[-1].end, "", False)
    made.items = found
    return made
