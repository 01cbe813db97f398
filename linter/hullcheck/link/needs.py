"""What the objects of a world say of who connects to whom: texts of workloads, and objects of other kinds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from hullcheck.budget import tick
from hullcheck.model.kubernetes import KubernetesObject, PodObject, World, is_template
from hullcheck.model.lazy import Lazy
from hullcheck.model.network.mentions import MAX_TEXT, Mention
from hullcheck.model.network.network import Right
from hullcheck.model.network.ports import MAX_PORT
from hullcheck.model.node import Mapping as Mapped
from hullcheck.model.node import Node, Scalar, as_bool, as_int, as_str, at, items
from hullcheck.model.workload import Workload
from hullcheck.source import Location
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.rbac import Bound

KINDS = frozenset(
    (
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
        ("apiregistration.k8s.io", "APIService"),
        ("monitoring.coreos.com", "ServiceMonitor"),
        ("monitoring.coreos.com", "PodMonitor"),
    )
)
"""Objects that say who connects to a workload."""

_NAMES = frozenset(kind for _, kind in KINDS)

_REFERENCE = Lazy(r"\$\(([A-Za-z_][A-Za-z0-9_.-]{0,200})\)")
MAX_FILES = 50
"""Files of ConfigMaps that are looked at for one workload."""

Maps = dict[tuple[str, str], Node]
"""The data of ConfigMaps, by namespace and name."""


def others(world: World) -> tuple[KubernetesObject, ...]:
    """The objects that say who connects to a workload, and don't run anything themselves."""
    return tuple(made for made in world.objects if made.kind in _NAMES and (made.group, made.kind) in KINDS)


def config_maps(world: World) -> Maps:
    """The data of all ConfigMaps."""
    return {
        (made.namespace, made.name): data
        for made in world.objects
        if made.kind == "ConfigMap" and not made.group and isinstance(data := at(made.node, "data"), Mapped)
    }


def rights(world: World) -> Mapping[str, Right]:
    """Of each workload whose account has rights and whose token is there: the binding that gives it one, by owner."""
    if not any(made.kind in ("RoleBinding", "ClusterRoleBinding") for made in world.objects):
        return {}
    from hullcheck.link import rbac
    from hullcheck.model.rbac import Identity

    found: dict[str, Right] = {}
    for _, part in rbac.parts([world], []):
        tick()
        if isinstance(part, Identity) and part.mounts_token:
            bound = next((bound for bound in part.bound if _names(bound, part.account)), None)
            if bound is not None:
                what = f"{bound.binding.described} gives its account `{part.account}` rights"
                found.setdefault(part.owner, Right(bound.location, what))
    return found


def _names(bound: "Bound", account: str) -> bool:
    """Does a binding give rights to that account itself? What everybody may do is asked for by few."""
    named = any(one.kind == "ServiceAccount" and one.name == account for one in bound.binding.subjects)
    return named and any(rule.verbs for rule in bound.rules)


def rights_of(world: World) -> "partial[Mapping[str, Right]]":
    """The same once somebody asks."""
    return partial(rights, world)


def mentions(workload: Workload, maps: Maps) -> Iterator[Mention]:
    """Where a workload may speak of others: variables, command lines, what probes and hooks run, mounted files."""
    part = workload.part if isinstance(workload.part, PodObject) else None
    for number, container in enumerate(workload.containers):
        tick()
        node = part.containers[number].node if part and number < len(part.containers) else None
        variables = [
            (variable.name, variable.value.value, variable.value.location)
            for variable in container.environment
            if variable.value.value
        ]
        variables = [*_from_maps(node, workload.namespace, maps), *variables]
        values = {name: text for name, text, _ in variables}
        for name, text, place in variables:
            yield Mention(_expanded(text, values), place, name, "variable", _beside(name, values))
        commands = [container.command, *(probe.command for probe in container.probes if probe.how == "exec")]
        for command in commands:
            words = [(_expanded(word.value, values), word.location) for word in command if word.value]
            yield from _options(words)
    if part is not None:
        yield from _files(part, workload.namespace, maps)
        yield from _scraped(part)


def _expanded(text: str, values: Mapping[str, str]) -> str:
    """A text with its references to variables replaced, as the kubelet does."""
    if "$(" not in text:
        return text
    return _REFERENCE.sub(lambda match: values.get(match[1], match[0])[:MAX_TEXT], text[:MAX_TEXT])[:MAX_TEXT]


def _beside(name: str, values: Mapping[str, str]) -> int | None:
    """The port that a variable beside one for a host says: `DB_PORT` beside `DB_HOST`."""
    stem, _, last = name.rpartition("_")
    names = [f"{stem}_PORT", f"{stem}_SERVICE_PORT", f"{stem}_port"] if stem else [f"{last}_PORT"]
    if name.endswith(("Host", "host")):
        names.append(f"{name[:-4]}Port" if name.endswith("Host") else f"{name[:-4]}port")
    text = next((values[one] for one in names if one in values), "")
    return int(text) if text.isdecimal() and len(text) <= 5 and 1 <= int(text) <= MAX_PORT else None


def _options(words: list[tuple[str, Location]]) -> Iterator[Mention]:
    """The words of a command line, each with the option that it is the value of."""
    before = ""
    for text, place in words:
        name, is_option, value = text.partition("=")
        if text.startswith("-") and is_option:
            yield Mention(value, place, name.lstrip("-"), "argument")
            before = ""
            continue
        option = before.lstrip("-")
        yield Mention(text, place, "host" if before == "-h" else option if before != "-c" else "", "argument")
        before = text if text.startswith("-") and " " not in text else ""


def _from_maps(node: Node | None, namespace: str, maps: Maps) -> Iterator[tuple[str, str, Location]]:
    """The variables of a container that come out of ConfigMaps, with the places of their values there."""
    for item in items(at(node, "envFrom")):
        data = maps.get((namespace, as_str(at(item, "configMapRef", "name")) or ""))
        prefix = as_str(at(item, "prefix")) or ""
        if isinstance(data, Mapped):
            for key, (_, value) in data.entries().items():
                if isinstance(value, Scalar) and not value.unknown:
                    yield prefix + key, value.text, value.location.one_line()
    for item in items(at(node, "env")):
        reference = at(item, "valueFrom", "configMapKeyRef")
        if reference is None:
            continue
        variable, at_key = as_str(at(item, "name")), as_str(at(reference, "key"))
        said = at(maps.get((namespace, as_str(at(reference, "name")) or "")), at_key or "")
        if variable and at_key and isinstance(said, Scalar) and not said.unknown:
            yield variable, said.text, said.location.one_line()


def _files(part: PodObject, namespace: str, maps: Maps) -> Iterator[Mention]:
    """The files of ConfigMaps that are mounted."""
    left = MAX_FILES
    for volume in items(at(part.spec, "volumes")):
        sources = [at(volume, "configMap"), *(at(s, "configMap") for s in items(at(volume, "projected", "sources")))]
        for source in sources:
            data = maps.get((namespace, as_str(at(source, "name")) or ""))
            for key, (_, value) in data.entries().items() if isinstance(data, Mapped) else ():
                if left and isinstance(value, Scalar) and not value.unknown:
                    left -= 1
                    yield Mention(value.text[:MAX_TEXT], value.location.one_line(), key, "file")


def _scraped(part: PodObject) -> Iterator[Mention]:
    """What the usual annotations tell Prometheus."""
    notes = at(part.metadata, "annotations")
    said, port = at(notes, "prometheus.io/scrape"), at(notes, "prometheus.io/port")
    if said is not None and (as_bool(said) or as_str(said) == "true"):
        text = as_str(port) or str(as_int(port) or "")
        number = int(text) if text.isdecimal() and len(text) <= 5 and 1 <= int(text) <= MAX_PORT else None
        if port is None or number is not None or not is_template(text):
            yield Mention("", said.location.one_line(), "", "scrape", number)
