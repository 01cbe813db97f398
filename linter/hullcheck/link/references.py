"""Which names of a world's objects lead to another of its objects, and which lead nowhere.

Nothing is called missing in a world that isn't known in full, nor where nothing of the kind is kept here at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from hullcheck.budget import tick
from hullcheck.link.world_index import MAX_COMPARED, Everywhere, Question, WorldIndex, may_be_one
from hullcheck.model.kubernetes import KubernetesObject, PodObject, World, is_template
from hullcheck.model.network.labels import LabelSelector, Operator
from hullcheck.model.network.near import within_two
from hullcheck.model.node import Mapping, Node, Scalar, Sequence, as_bool, as_str, at, is_null, items
from hullcheck.model.references import Dangling, Repeated, Unselected
from hullcheck.model.scoped import Scoped, within
from hullcheck.model.workload import Workload
from hullcheck.parse.labels import is_unknown, selector, text_map
from hullcheck.source import Location, Related
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.kept import Kept
    from hullcheck.render.kustomize import Build

_WORKLOADS = frozenset(("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController", "DaemonSet", "Rollout"))
_SCALERS = {
    "HorizontalPodAutoscaler": "scaleTargetRef",
    "ScaledObject": "scaleTargetRef",
    "VerticalPodAutoscaler": "targetRef",
}
_ALWAYS_THERE = frozenset(("kube-root-ca.crt", "openshift-service-ca.crt"))
_GIVEN = (
    "statefulset.kubernetes.io/",
    "apps.kubernetes.io/",
    "batch.kubernetes.io/",
    "controller-uid",
    "pod-template-",
)
"""Beginnings of labels that controllers put on the pods that they make."""

_CONTROLLERS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")


class _Found(NamedTuple):
    """What was found in a world, and what that world asked about the others, with the answers."""

    parts: tuple[Scoped, ...]
    asked: tuple[tuple[Question, str], ...]


def references(worlds: Iterable[World], kept: "Kept | None" = None) -> Iterator[Scoped]:
    """What leads nowhere in each world, what is there twice, and selectors that miss their own pods.

    `kept` has what was found before in the very same worlds: it holds as long as the others give the same answers.
    """
    if kept is None:
        everything = [WorldIndex(world) for world in worlds]
    else:
        everything = [kept.of(("index", id(world)), world, partial(WorldIndex, world)) for world in worlds]
    everywhere = Everywhere(everything)
    for index in everything:
        if kept is None:
            yield from _in_world(index, everywhere)
            continue
        key = ("references", id(index.world))
        found: _Found | None = kept.known(key)
        if found is None or any(everywhere.answer(question) != answer for question, answer in found.asked):
            everywhere.asked.clear()
            parts = tuple(_in_world(index, everywhere))
            found = _Found(parts, tuple(everywhere.asked.items()))
            kept.hold(key, index.world, found)
        yield from found.parts


def _in_world(index: WorldIndex, everywhere: Everywhere) -> Iterator[Scoped]:
    index.left = MAX_COMPARED
    yield from within(index.world.name, _unselected(index.world))
    if not index.world.approximate:
        yield from within(index.world.name, _repeated(index.world))
        yield from within(index.world.name, _Search(index, everywhere).all())


def dead_images(builds: "Iterable[Build]") -> Iterator[Scoped]:
    """Entries of `images` that change nothing in any of the overlays that they are part of."""
    builds = list(builds)
    live = {place for build in builds for place in build.live_images}
    for build in builds:
        for dead in build.dead_images:
            if dead.location in live or build.approximate:
                continue
            near = next((name for name in dead.images if _is_image_near(dead.name, name)), "")
            message = f"no image is called `{dead.name}`, so this entry of `images` changes nothing"
            hint = f"there is `{near}`" if near else ""
            folder = build.folder or "."
            yield Scoped(folder, Dangling("image", folder, dead.location, message, (dead.name,), hint))


def _is_image_near(name: str, other: str) -> bool:
    """Do two names differ only by registry, by folder or by a slip?"""
    short, long = sorted((name.split("/"), other.split("/")), key=len)
    return name != other and (short == long[-len(short) :] or short[-1] == long[-1] or within_two(short[-1], long[-1]))


class _Search:
    def __init__(self, index: WorldIndex, everywhere: Everywhere) -> None:
        self.index = index
        self.everywhere = everywhere

    def all(self) -> Iterator[Dangling]:
        for made in self.index.world.objects:
            tick()
            if made.kind == "Service" and not made.group:
                yield from self._service(made)
            elif made.kind == "Ingress":
                yield from self._ingress(made)
            elif made.kind in ("HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute"):
                yield from self._route(made)
            elif made.kind in _SCALERS:
                yield from self._scaler(made)
            elif made.kind == "StatefulSet" and made.group == "apps":
                yield from self._stateful_set(made)
        for workload in self.index.world.workloads:
            tick()
            if isinstance(workload.part, PodObject) and not workload.part.by_shape:
                yield from self._account(workload)
                yield from _Config(self, workload).all()

    def _service(self, made: KubernetesObject) -> Iterator[Dangling]:
        chosen = at(made.node, "spec", "selector")
        labels, space = text_map(chosen), made.namespace
        external = as_str(at(made.node, "spec", "type")) == "ExternalName"
        labels = {key: value for key, value in labels.items() if not key.startswith(_GIVEN)}
        if not labels or external or _is_unclear(chosen) or self.index.unclear:
            return
        found = self.index.selected(space, labels)
        if found:
            yield from self._ports(made, found)
            return
        if not any(isinstance(w.part, PodObject) and not w.part.by_shape for w in self.index.world.workloads):
            return
        near = self._near_labels(space, labels)
        elsewhere = "" if near else self.everywhere.labelled(labels)
        assert chosen is not None
        asked = ", ".join(f"{key}: {value}" for key, value in labels.items())
        yield Dangling(
            "service",
            made.owner,
            made.location,
            f"Service `{made.name}` selects no workload (`{asked}`)",
            (asked,),
            near,
            elsewhere,
            bool(self.index.custom),
            (Related(chosen.location.one_line(), "its selector"),),
        )

    def _near_labels(self, space: str, labels: dict[str, str]) -> str:
        """What to say of a workload that has nearly these labels."""
        there = self.index.workloads(space)
        for key, value in labels.items():
            if any(may_be_one(w.namespace, space) for w in self.index.by_label.get((key, value), ())):
                continue
            values = {w.labels[key]: w for w in there if key in w.labels} if self.index.left > 0 else {}
            close = self.index.nearest(value, values)
            if close:
                return f"`{values[close].name}` has `{key}: {close}`"
        found = self.index.labelled(labels)
        if found:
            return f"`{found[0].name}`, which it would select, is in namespace `{found[0].namespace}`"
        return ""

    def _ports(self, made: KubernetesObject, workloads: list[Workload]) -> Iterator[Dangling]:
        names = {port.name for w in workloads for c in w.containers for port in c.ports if port.name}
        if not all(w.complete for w in workloads):
            return
        for port in items(at(made.node, "spec", "ports")):
            target = at(port, "targetPort")
            name = as_str(target)
            if not isinstance(target, Scalar) or not name or name.isdecimal() or is_unknown(target) or name in names:
                continue
            near = self.index.nearest(name, names)
            yield Dangling(
                "port",
                made.owner,
                target.location.one_line(),
                f"Service `{made.name}` sends to the port `{name}`, which no container of its pods has",
                (name,),
                f"there is a port `{near}`" if near else "",
                related=(Related(workloads[0].location, "its pods"),),
            )

    def _ingress(self, made: KubernetesObject) -> Iterator[Dangling]:
        spec = at(made.node, "spec")
        backends = [at(spec, "defaultBackend"), at(spec, "backend")]
        for rule in items(at(spec, "rules")):
            backends += [at(path, "backend") for path in items(at(rule, "http", "paths"))]
        for backend in backends:
            modern = at(backend, "service")
            name = at(modern, "name") if modern is not None else at(backend, "serviceName")
            port = at(modern, "port") if modern is not None else at(backend, "servicePort")
            if isinstance(name, Scalar) and not is_unknown(name):
                yield from self._backend(made, name, made.namespace, port)

    def _route(self, made: KubernetesObject) -> Iterator[Dangling]:
        for rule in items(at(made.node, "spec", "rules")):
            for backend in items(at(rule, "backendRefs")):
                name, kind = at(backend, "name"), as_str(at(backend, "kind")) or "Service"
                if isinstance(name, Scalar) and kind == "Service" and not is_unknown(name):
                    space = as_str(at(backend, "namespace")) or made.namespace
                    yield from self._backend(made, name, space, at(backend, "port"))

    def _backend(self, made: KubernetesObject, name: Scalar, space: str, port: Node | None) -> Iterator[Dangling]:
        service = self.index.find("Service", space, name.text)
        if service is not None:
            yield from self._backend_port(made, service, port)
            return
        if not self.index.has_any("Service", space):
            return
        near = self._near_name("Service", space, name.text)
        yield Dangling(
            "ingress",
            made.owner,
            name.location.one_line(),
            f"{made.kind} `{made.name}` sends to the Service `{name.text}`, which isn't there",
            (name.text,),
            near,
            "" if near else self.everywhere.called("Service", name.text),
            name.text in self.index.words,
        )

    def _backend_port(self, made: KubernetesObject, service: KubernetesObject, port: Node | None) -> Iterator[Dangling]:
        said = port if isinstance(port, Scalar) else at(port, "name") or at(port, "number")
        ports = items(at(service.node, "spec", "ports"))
        known = {text for p in ports for key in ("port", "name") if (text := as_str(at(p, key)))}
        if not isinstance(said, Scalar) or is_unknown(said) or not known or said.text in known or is_null(said):
            return
        yield Dangling(
            "ingress",
            made.owner,
            said.location.one_line(),
            f"{made.kind} `{made.name}` sends to port `{said.text}` of the Service `{service.name}`, which has none such",
            (service.name, said.text),
            f"it has {', '.join(f'`{text}`' for text in sorted(known))}",
            related=(Related(service.location, "the Service"),),
        )

    def _scaler(self, made: KubernetesObject) -> Iterator[Dangling]:
        target = at(made.node, "spec", _SCALERS[made.kind])
        name, kind = at(target, "name"), as_str(at(target, "kind")) or "Deployment"
        if not isinstance(name, Scalar) or is_unknown(name) or kind not in _WORKLOADS:
            return
        there = self.index.workloads(made.namespace)
        known = [w for w in self.index.called(name.text) if may_be_one(w.namespace, made.namespace)]
        if not there or any(w.kind == kind for w in known):
            return
        same = next((w for w in known if w.kind in _WORKLOADS), None)
        close = self.index.nearest(name.text, [w.name for w in there if w.kind == kind])
        near = f"there is a {same.kind} of that name" if same else f"there is `{close}`" if close else ""
        yield Dangling(
            "autoscaler",
            made.owner,
            name.location.one_line(),
            f"{made.kind} `{made.name}` scales the {kind} `{name.text}`, which isn't there",
            (kind, name.text),
            near,
            "" if near else self.everywhere.called(kind, name.text),
            name.text in self.index.words,
        )

    def _stateful_set(self, made: KubernetesObject) -> Iterator[Dangling]:
        name = at(made.node, "spec", "serviceName")
        space = made.namespace
        if is_null(name):
            what = f"StatefulSet `{made.name}` names no Service, so its pods have no names of their own"
            yield Dangling("headless", made.owner, made.location, what, ())
            return
        if not isinstance(name, Scalar) or is_unknown(name) or not self.index.has_any("Service", space):
            return
        service = self.index.find("Service", space, name.text)
        what = f"StatefulSet `{made.name}` names the Service `{name.text}`, "
        if service is None:
            near = self._near_name("Service", space, name.text)
            yield Dangling(
                "headless", made.owner, name.location.one_line(), f"{what}which isn't there", (name.text,), near
            )
        elif as_str(at(service.node, "spec", "clusterIP")) != "None":
            related = (Related(service.location, "the Service, which has an address of its own"),)
            place = name.location.one_line()
            yield Dangling("headless", made.owner, place, f"{what}which isn't headless", (name.text,), related=related)

    def _account(self, workload: Workload) -> Iterator[Dangling]:
        said = workload.service_account
        space = workload.namespace
        if said is None or not said.value or said.value == "default" or is_template(said.value):
            return
        if self.index.find("ServiceAccount", space, said.value) or not self.index.has_any("ServiceAccount", space):
            return
        near = self._near_name("ServiceAccount", space, said.value)
        yield Dangling(
            "account",
            workload.owner,
            said.location,
            f"{workload.described} runs as the ServiceAccount `{said.value}`, which isn't there",
            (said.value,),
            near,
            "" if near else self.everywhere.called("ServiceAccount", said.value),
            said.value in self.index.words,
        )

    def _near_name(self, kind: str, space: str, name: str) -> str:
        """What to say of an object with nearly that name, or with that name in another namespace."""
        close = self.index.nearest(name, self.index.names(kind, space))
        if close:
            return f"there is `{close}`"
        other = self.index.by_kind.get(kind, {}).get(name)
        return f"it is in namespace `{other[0].namespace}`" if other else ""


class _Config:
    """What a workload's pods read from ConfigMaps, Secrets and claims."""

    def __init__(self, search: _Search, workload: Workload) -> None:
        self.search = search
        self.index = search.index
        self.workload = workload
        self.space = workload.namespace

    def all(self) -> Iterator[Dangling]:
        pod: PodObject = self.workload.part
        for kind, name, key, optional in _config_references(pod):
            if not isinstance(name, Scalar) or not name.text or is_unknown(name) or as_bool(optional) is True:
                continue
            found = self.index.find(kind, self.space, name.text)
            if found is None:
                yield from self._missing(kind, name)
            elif isinstance(key, Scalar) and key.text and not is_unknown(key):
                yield from self._missing_key(found, key)

    def _missing(self, kind: str, name: Scalar) -> Iterator[Dangling]:
        if name.text in _ALWAYS_THERE or not self.index.has_any(kind, self.space) or name.text in self.index.words:
            return
        near = self.search._near_name(kind, self.space, name.text)
        yield Dangling(
            "config",
            self.workload.owner,
            name.location.one_line(),
            f"{self.workload.described} needs the {kind} `{name.text}`, which isn't there",
            (kind, name.text),
            near,
            "" if near else self.search.everywhere.called(kind, name.text),
        )

    def _missing_key(self, found: KubernetesObject, key: Scalar) -> Iterator[Dangling]:
        maps = [at(found.node, field) for field in ("data", "stringData", "binaryData")]
        keys = {name for node in maps if isinstance(node, Mapping) for name in node.entries()}
        if (
            not keys
            or key.text in keys
            or any(node is not None and node.unknown for node in maps)
            or found.node.unknown
        ):
            return
        near = self.index.nearest(key.text, sorted(keys))
        yield Dangling(
            "key",
            self.workload.owner,
            key.location.one_line(),
            f"{self.workload.described} needs the key `{key.text}` of the {found.kind} `{found.name}`, which has none such",
            (found.kind, found.name, key.text),
            f"it has `{near}`" if near else "",
            related=(Related(found.location, f"the {found.kind}"),),
        )


class _ConfigReference(NamedTuple):
    kind: str
    name: Node | None
    key: Node | None
    optional: Node | None


def _config_references(pod: PodObject) -> Iterator[_ConfigReference]:
    for container in pod.containers:
        for variable in items(at(container.node, "env")):
            source = at(variable, "valueFrom")
            for field, kind in (
                (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")) if source is not None else ()
            ):
                ref = at(source, field)
                yield _ConfigReference(kind, at(ref, "name"), at(ref, "key"), at(ref, "optional"))
        for source in items(at(container.node, "envFrom")):
            for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
                ref = at(source, field)
                yield _ConfigReference(kind, at(ref, "name"), None, at(ref, "optional"))
    for volume in items(at(pod.spec, "volumes")):
        yield from _volume_references(volume, "name", "secretName")
        for source in items(at(volume, "projected", "sources")):
            yield from _volume_references(source, "name", "name")
    for ref in items(at(pod.spec, "imagePullSecrets")):
        yield _ConfigReference("Secret", at(ref, "name"), None, None)


def _volume_references(volume: Node, config_name: str, secret_name: str) -> Iterator[_ConfigReference]:
    config, secret = at(volume, "configMap"), at(volume, "secret")
    for ref, kind, name in ((config, "ConfigMap", config_name), (secret, "Secret", secret_name)):
        if ref is None:
            continue
        yield _ConfigReference(kind, at(ref, name), None, at(ref, "optional"))
        for item in items(at(ref, "items")):
            yield _ConfigReference(kind, at(ref, name), at(item, "key"), at(ref, "optional"))
    yield _ConfigReference("PersistentVolumeClaim", at(volume, "persistentVolumeClaim", "claimName"), None, None)


def _is_unclear(labels: Node | None) -> bool:
    found = labels.entries().values() if isinstance(labels, Mapping) else ()
    return is_unknown(labels) or any(is_unknown(value) for _, value in found)


def _repeated(world: World) -> Iterator[Repeated]:
    seen: dict[tuple[str, str, str, str], KubernetesObject] = {}
    for made in world.objects:
        tick()
        hook = at(made.node, "metadata", "annotations", "helm.sh/hook")
        if (
            is_null(at(made.node, "metadata", "name"))
            or made.kind == "Namespace"
            or is_template(made.name)
            or hook is not None
        ):
            continue
        key = (made.group, made.kind, made.namespace or "default", made.name)
        first = seen.setdefault(key, made)
        if first is not made and first.node is not made.node:
            yield Repeated(made.owner, made.location, first.location, _say_the_same(first.node, made.node))


def _say_the_same(one: Node, other: Node) -> bool:
    if isinstance(one, Scalar) and isinstance(other, Scalar):
        return one.text == other.text
    if isinstance(one, Sequence) and isinstance(other, Sequence):
        pairs = zip(one.items, other.items, strict=False)
        return len(one.items) == len(other.items) and all(_say_the_same(a, b) for a, b in pairs)
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        mine, theirs = one.entries(), other.entries()
        return mine.keys() == theirs.keys() and all(_say_the_same(mine[k][1], theirs[k][1]) for k in mine)
    return False


def _unselected(world: World) -> Iterator[Unselected]:
    for workload in world.workloads:
        tick()
        pod = workload.part
        if not isinstance(pod, PodObject) or not workload.complete or pod.object.kind not in _CONTROLLERS:
            continue
        if pod.object.group not in ("apps", "extensions"):
            continue
        chosen = at(pod.object.node, "spec", "selector")
        labels = at(pod.metadata, "labels")
        place = _labels_place(workload, pod)
        if is_null(chosen):
            if pod.object.api_version == "apps/v1":
                yield Unselected(workload.owner, workload.location, workload.described, "", place)
            continue
        wanted = selector(chosen)
        if not wanted.known or _is_unclear(labels) or (wanted.matches(workload.labels) and wanted.requirements):
            continue
        assert chosen is not None
        yield Unselected(
            workload.owner, _selector_place(chosen, wanted, workload), workload.described, str(wanted), place
        )


def _labels_place(workload: Workload, pod: PodObject) -> Location:
    metadata = pod.metadata
    if isinstance(metadata, Mapping):
        key = metadata.key("labels")
        if key is not None:
            return key.location
    return workload.location


def _selector_place(chosen: Node, wanted: LabelSelector, workload: Workload) -> Location:
    """The first label that is asked for and isn't there, else the selector."""
    labels = at(chosen, "matchLabels")
    for requirement in wanted.requirements:
        if requirement.operator is Operator.IN and not requirement.holds(workload.labels):
            entry = at(labels, requirement.key)
            if entry is not None:
                return entry.location.one_line()
    return chosen.location.one_line()
