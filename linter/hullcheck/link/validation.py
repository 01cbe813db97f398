"""Objects held against the Kubernetes API, and against the custom resources that the repository declares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hullcheck.model.kubernetes import KubernetesObject, PodObject, World
from hullcheck.model.lazy import Lazy
from hullcheck.model.misfit import Misfit, UnknownField, misfits
from hullcheck.model.misplaced import misplaced
from hullcheck.model.node import Mapping, Node, as_bool, as_str, at, is_null, items, plain
from hullcheck.model.openapi import GroupVersionKind, Type, Types
from hullcheck.model.problem import Problem
from hullcheck.parse.openapi import types
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any

MAX_COPIES = 20
"""How many declarations of one custom resource are compared with; of more, nothing is concluded."""


MAX_EXPLAINED = 1000
"""For how many unknown fields what was meant is looked for."""

_FOR_TESTS = Lazy(r"(?:.*?/)??(?:tests?|testing|testdata|test-data|fixtures|e2e|mocks?|examples?|samples?)/")


class Validated(NamedTuple):
    """Fields that no API knows, and values that it refuses."""

    unknown: list[UnknownField]
    problems: list[Problem]


def validate(
    worlds: Iterable[World], declared: Iterable[KubernetesObject], version: str, told: frozenset[Location] = frozenset()
) -> Validated:
    """Hold all objects of the worlds against the API of a Kubernetes version, or "latest".

    `declared` are objects among which there may be definitions of custom resources; objects of kinds that nothing
    defines are left alone, and fields at the places that are `told` by other checks, too. Raises HullcheckError if
    there are no schemas of that version.
    """
    api = types(version)
    custom = _Custom(api, declared)
    who = "Kubernetes" if version == "latest" else f"Kubernetes {api.version}"
    found = Validated([], [])
    seen: set[int] = set()
    for world in worlds:
        for made in world.objects:
            if id(made.node) not in seen:
                seen.add(id(made.node))
                group, _, own = made.api_version.rpartition("/")
                native = api.kind(group, own, made.kind)
                if native is not None:
                    _judge(made, [native], who, world, found)
                else:
                    _judge(made, custom.of((group, own, made.kind), made.location.path), "its definition", world, found)
    return found._replace(unknown=[field for field in found.unknown if field.location not in told])


def security_fields(worlds: Iterable[World]) -> frozenset[Location]:
    """The places of the security settings that `misplaced-security-field` reports."""
    workloads = (workload for world in worlds for workload in world.workloads)
    pods = (workload.part for workload in workloads if isinstance(workload.part, PodObject))
    return frozenset(found.location for pod in pods for found in misplaced(pod))


def _judge(made: KubernetesObject, declared: list[Type], who: str, world: World, found: Validated) -> None:
    for type_, misfit in _in_all(made.node, declared, world.kind == "kustomization"):
        if misfit.holder is not None:
            explained = len(found.unknown) < MAX_EXPLAINED
            found.unknown.append(UnknownField(made, misfit, misfit.holder, type_, explained))
        else:
            message = f"{who} refuses `{'.'.join(misfit.path)}`: it {misfit.message}"
            found.problems.append(Problem("invalid-object", message, misfit.location, made.owner))


def _in_all(node: Node, declared: list[Type], rendered: bool) -> Iterator[tuple[Type, Misfit]]:
    """What doesn't fit any of the types that the object may be of."""
    if not declared:
        return
    first, *others = declared
    found = list(misfits(node, first, rendered=rendered))
    for type_ in others if found else ():
        places = {misfit.location for misfit in misfits(node, type_, rendered=rendered)}
        found = [misfit for misfit in found if misfit.location in places]
    yield from ((first, misfit) for misfit in found)


class _Declared(NamedTuple):
    """A custom resource's schema. One that is there for tests holds for objects below `folder` only."""

    schema: Node
    pruned: bool
    folder: str


class _Custom:
    """The custom resources that a repository declares; each is read when an object of its kind comes up."""

    def __init__(self, api: Types, declared: Iterable[KubernetesObject]) -> None:
        self.api = api
        self.written: dict[GroupVersionKind, list[_Declared]] = {}
        self.made: dict[tuple[GroupVersionKind, tuple[str, ...]], list[Type]] = {}
        seen: set[int] = set()
        for made in declared:
            if made.kind == "CustomResourceDefinition" and id(made.node) not in seen:
                seen.add(id(made.node))
                match = _FOR_TESTS.match(made.location.path)
                for kind, schema, pruned in _schemas(made):
                    self.written.setdefault(kind, []).append(_Declared(schema, pruned, match[0] if match else ""))

    def of(self, kind: GroupVersionKind, path: str) -> list[Type]:
        """What its declarations say an object in that file is; none if it isn't known, or they can't all be compared."""
        written = [declared for declared in self.written.get(kind, ()) if path.startswith(declared.folder)]
        key = (kind, tuple(declared.folder for declared in written))
        if written and key not in self.made:
            self.made[key] = self._types(kind[2], written)
        return self.made.get(key, [])

    def _types(self, kind: str, written: list[_Declared]) -> list[Type]:
        if len(written) > MAX_COPIES or any(_unknown_inside(declared.schema) for declared in written):
            return []
        rules: list[tuple[Any, bool]] = []
        for declared in written:
            rule = (plain(declared.schema), declared.pruned)
            if rule not in rules:
                rules.append(rule)
        return [self.api.custom(rule, kind, pruned=pruned) for rule, pruned in rules]


def _schemas(definition: KubernetesObject) -> Iterator[tuple[GroupVersionKind, Node, bool]]:
    """Each version of the custom resource, with its schema, and whether fields that it doesn't name are dropped."""
    spec = at(definition.node, "spec")
    kept = as_bool(at(spec, "preserveUnknownFields"))
    pruned = kept is not True if definition.api_version.endswith("/v1") else kept is False
    group, kind = as_str(at(spec, "group")), as_str(at(spec, "names", "kind"))
    common = at(spec, "validation", "openAPIV3Schema")
    versions = [
        (as_str(at(entry, "name")), at(entry, "schema", "openAPIV3Schema")) for entry in items(at(spec, "versions"))
    ]
    for version, own in versions or [(as_str(at(spec, "version")), None)]:
        schema = common if is_null(own) else own
        if group and kind and version and isinstance(schema, Mapping):
            yield (group, version, kind), schema, pruned


def _unknown_inside(schema: Node) -> bool:
    """Is a part of it unknown, so that nothing can be concluded from what it doesn't say?"""
    pending, seen = [schema], set[int]()
    while pending:
        node = pending.pop()
        if node.unknown:
            return True
        if id(node) not in seen:
            seen.add(id(node))
            pending += (value for _, value in node.items) if isinstance(node, Mapping) else items(node)
    return False
