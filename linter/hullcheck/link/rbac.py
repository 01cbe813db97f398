"""Who may do what: subjects, bindings, roles and rules of what is applied together, joined to the pods that hold them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hullcheck.budget import tick
from hullcheck.model.coverage import Gap
from hullcheck.model.kubernetes import KubernetesObject, PodObject, World
from hullcheck.model.node import Mapping, Node, Scalar, Sequence, as_bool, as_str
from hullcheck.model.problem import Problem
from hullcheck.model.rbac import (
    BUILT_IN,
    Binding,
    Bound,
    Granted,
    Identity,
    LegacyAccount,
    Role,
    Rule,
    Subject,
    Word,
)
from hullcheck.model.scoped import Scoped, within
from hullcheck.model.unknowns import known_in_full
from hullcheck.model.workload import Workload
from hullcheck.source import Field, Location
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any

GROUP = "rbac.authorization.k8s.io"
_KINDS = frozenset(("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding", "ServiceAccount"))
Part = Granted | Bound | Identity | LegacyAccount | Role

MAX_COMPARED = 100_000
"""Names that are compared with those of missing roles, for a hint."""


def parts(worlds: Iterable[World], problems: list[Problem]) -> Iterator[Scoped]:
    """Every rule with all that grants it, every binding, and every workload with its account, world by world.

    What isn't followed is added to `problems`.
    """
    for world in worlds:
        yield from within(world.name, _Graph(world, problems).parts())


def _unique(items: Iterable[Any]) -> tuple[Any, ...]:
    return tuple({id(item): item for item in items}.values())


class _Account(NamedTuple):
    """A ServiceAccount that is declared, and whether it keeps its token from pods."""

    location: Location
    mounts: bool | None
    mounts_place: Location | None


class _Graph:
    """What is applied together, by name."""

    def __init__(self, world: World, problems: list[Problem]) -> None:
        self.world = world
        objects = [made for made in world.objects if made.kind in _KINDS]
        self.all_roles = list(_roles(objects, problems))
        self.roles = {(r.kind, r.namespace, r.name): r for r in self.all_roles}
        self.by_name: dict[str, Role] = {}
        for role in self.all_roles:
            if role.kind == "Role":
                self.by_name.setdefault(role.name, self.roles["Role", role.namespace, role.name])
        self.bindings = list(_bindings(objects))
        self.accounts = {
            (a.namespace, a.name): _account(a) for a in objects if a.kind == "ServiceAccount" and not a.group
        }
        self.first_account: dict[str, _Account] = {}
        for (_, name), account in self.accounts.items():
            self.first_account.setdefault(name, account)
        self.namespaces = {made.name for made in world.objects if made.kind == "Namespace" and not made.group}
        self.by_account: dict[str, dict[str, list[tuple[int, Workload]]]] = {}
        self.by_namespace: dict[str, list[Workload]] = {}
        for number, workload in enumerate(world.workloads):
            self.by_namespace.setdefault(workload.namespace, []).append(workload)
            account_name = account_of(workload)
            if account_name is not None:
                spaces = self.by_account.setdefault(account_name, {})
                spaces.setdefault(workload.namespace, []).append((number, workload))
        self.names_of: dict[str, list[str]] = {}
        for kind, _, name in self.roles:
            self.names_of.setdefault(kind, []).append(name)
        self.left = MAX_COMPARED
        self.bound = [self._bind(binding) for binding in self.bindings]

    def parts(self) -> Iterator[Part]:
        """The rules, bindings, roles and identities of the world."""
        yield from self.granted()
        yield from self.bound
        yield from self.all_roles
        yield from self.identities()

    def _bind(self, binding: Binding) -> Bound:
        role = self.role_of(binding)
        rules: tuple[Rule, ...] = ()
        if role is not None:
            own, confined = role.rules, not binding.cluster
            from hullcheck.model.dead_rights import living

            rules = role.remembered(("living", confined), lambda: tuple(living(rule, confined) for rule in own))
        return Bound(binding, role, tuple(self.holders(binding)), self._problem(binding, role), rules)

    def role_of(self, binding: Binding) -> Role | None:
        """The role that a binding refers to, if it is here."""
        if binding.role_kind == "ClusterRole":
            return self.roles.get(("ClusterRole", "", binding.role_name))
        exact = self.roles.get(("Role", binding.namespace, binding.role_name))
        if exact is not None or binding.namespace:
            return exact or self.roles.get(("Role", "", binding.role_name))
        return self.by_name.get(binding.role_name)

    def holders(self, binding: Binding) -> Iterator[Workload]:
        """The workloads whose account a binding reaches."""
        seen: set[int] = set()
        for subject in binding.subjects:
            for workload in self._running_as(subject, binding):
                if id(workload) not in seen:
                    seen.add(id(workload))
                    yield workload

    def _running_as(self, subject: Subject, binding: Binding) -> Iterable[Workload]:
        if (account := subject.account) is not None:
            return self._accounted(account[1], account[0] or binding.namespace)
        prefix = "system:serviceaccounts"
        if subject.kind == "Group" and subject.name in (prefix, "system:authenticated"):
            return self.world.workloads
        if subject.kind == "Group" and subject.name.startswith(f"{prefix}:"):
            namespace = subject.name.removeprefix(f"{prefix}:")
            return self.by_namespace.get(namespace, ())
        return ()

    def _accounted(self, name: str, namespace: str) -> Iterable[Workload]:
        """The workloads that run as an account, in the order of the world."""
        spaces = self.by_account.get(name, {})
        fitting = [namespace, ""] if namespace else list(spaces)
        found = [pair for space in fitting for pair in spaces.get(space, ())]
        return (workload for _, workload in sorted(found, key=lambda pair: pair[0]))

    def granted(self) -> Iterator[Granted]:
        """Every rule with the bindings of its role."""
        by_role: dict[tuple[str, str, str], list[Bound]] = {}
        for bound in self.bound:
            tick()
            if bound.role is not None:
                by_role.setdefault((bound.role.kind, bound.role.namespace, bound.role.name), []).append(bound)
        for role in self.all_roles:
            bound_here = by_role.get((role.kind, role.namespace, role.name), [])
            holders = _unique(workload for bound in bound_here for workload in bound.holders)
            bindings = tuple(bound.binding for bound in bound_here)
            from hullcheck.model.dead_rights import is_confined, living

            rules = tuple(living(rule, is_confined(role, bindings)) for rule in role.rules)
            living_role = role._replace(rules=rules)
            for written, rule in zip(role.rules, rules, strict=True):
                yield Granted(living_role, rule, bindings, holders, written)

    def identities(self) -> Iterator[Identity | LegacyAccount]:
        """The workloads with their accounts."""
        reaching: dict[int, list[Bound]] = {}
        for bound in self.bound:
            tick()
            for workload in bound.holders:
                reaching.setdefault(id(workload), []).append(bound)
        known: dict[tuple[int, ...], tuple[Bound, ...]] = {}
        for workload in self.world.workloads:
            tick()
            name = account_of(workload)
            if name is not None:
                own = reaching.get(id(workload), [])
                yield self._identity(workload, name, known.setdefault(tuple(map(id, own)), tuple(own)))
            legacy = _legacy(workload)
            if legacy is not None:
                yield legacy

    def _identity(self, workload: Workload, name: str, bound: tuple[Bound, ...]) -> Identity:
        said = workload.service_account
        stated = said is not None and said.value is not None
        account = self._declared(workload.namespace, name)
        token = workload.automount_token
        place = workload.location
        if said is not None and stated and said.location.path == workload.location.path:
            place = said.location
        mounts, decided = _mounts(token, account, place)
        return Identity(
            workload, name, place, stated, mounts, decided, bound,
            account.location if account else None, not self.world.approximate, mounts is False and _projects(workload),
        )  # fmt: skip

    def _declared(self, namespace: str, name: str) -> _Account | None:
        exact = self.accounts.get((namespace, name))
        if exact is not None:
            return exact
        return self.accounts.get(("", name)) if namespace else self.first_account.get(name)

    def _problem(self, binding: Binding, role: Role | None) -> str:
        """Why a binding comes to nothing, as far as can be told from here; else empty."""
        if binding.group != GROUP:
            return f"`roleRef` has the API group `{binding.group}`, where roles are in `{GROUP}`"
        for subject in binding.subjects:
            if subject.kind == "ServiceAccount" and not subject.namespace and binding.cluster:
                return f"{subject.described} has no namespace, which a ClusterRoleBinding refuses"
        if role is None and not _built_in(binding) and not self.world.approximate:
            near = self._near(binding)
            return f"{binding.role_kind} `{binding.role_name}` isn't here{f', but `{near[0]}` is' if near else ''}"
        for subject in binding.subjects:
            if self._is_missing(subject):
                return (
                    f"{subject.described} isn't among those of namespace `{subject.namespace}`, which is declared here"
                )
        return ""

    def _near(self, binding: Binding) -> list[str]:
        """The role that may be meant."""
        names = self.names_of.get(binding.role_kind, [])
        if len(names) > self.left:
            return []
        self.left -= len(names)
        from difflib import get_close_matches

        return get_close_matches(binding.role_name, names, n=1, cutoff=0.75)

    def _is_missing(self, subject: Subject) -> bool:
        if subject.kind != "ServiceAccount" or subject.name == "default" or subject.namespace not in self.namespaces:
            return False
        return not self.world.approximate and self._declared(subject.namespace, subject.name) is None


def account_of(workload: Workload) -> str | None:
    """The account that a workload's pods run as; None where that can't be known."""
    said = workload.service_account
    if workload.dialect != "kubernetes" or (said is not None and said.unknown):
        return None
    name = said.value if said is not None else None
    silent = isinstance(workload.part, PodObject) and not workload.part.default_account
    return name or (None if silent else "default")


def _mounts(token: Field[bool] | None, account: _Account | None, place: Location) -> tuple[bool | None, Location]:
    """Does the token reach the pod? The pod's word beats the account's; without either it does."""
    if token is not None and (token.unknown or token.value is not None):
        return token.value, token.location
    if account is not None and account.mounts is not None and account.mounts_place is not None:
        return account.mounts, account.mounts_place
    return True, place


def _projects(workload: Workload) -> bool:
    """Does a container mount a volume with a token for the API? One for another audience is of no use there.

    See https://kubernetes.io/docs/concepts/storage/projected-volumes/#serviceaccounttoken
    """
    spec = getattr(workload.part, "spec", None)
    names = set()
    for volume in _items(_at(spec, "volumes")):
        for source in _items(_at(volume, "projected", "sources")):
            token = _at(source, "serviceAccountToken")
            audience = as_str(_at(token, "audience")) or ""
            if isinstance(token, Mapping) and (not audience or "kubernetes.default" in audience):
                names.add(as_str(_at(volume, "name")))
    lists = (_items(_at(spec, key)) for key in ("containers", "initContainers")) if names else ()
    mounts = (mount for found in lists for container in found for mount in _items(_at(container, "volumeMounts")))
    return any(as_str(_at(mount, "name")) in names for mount in mounts)


def _legacy(workload: Workload) -> LegacyAccount | None:
    spec = getattr(workload.part, "spec", None)
    if not isinstance(spec, Mapping):
        return None
    old, new = as_str(spec.get("serviceAccount")), as_str(spec.get("serviceAccountName"))
    key = spec.key("serviceAccount")
    if not old or key is None or old == new:
        return None
    return LegacyAccount(workload, key.location, old, new or "")


def _built_in(binding: Binding) -> bool:
    """Does every cluster have that role?"""
    if binding.role_kind == "Role" and binding.role_name == "extension-apiserver-authentication-reader":
        return True
    return binding.role_kind == "ClusterRole" and (
        binding.role_name in BUILT_IN or binding.role_name.startswith("system:")
    )


def _roles(objects: list[KubernetesObject], problems: list[Problem]) -> Iterator[Role]:
    written = [made for made in objects if made.kind in ("Role", "ClusterRole") and made.group == GROUP]
    found = [
        Role(
            made.kind,
            made.name,
            "" if made.kind == "ClusterRole" else made.namespace,
            made.owner,
            made.location,
            tuple(_rules(made.node.get("rules"))),
            tuple(_labels(made.node)),
            _at(made.node, "aggregationRule") is not None,
        )
        for made in written
    ]
    gathering = None
    for role, made in zip(found, written, strict=True):
        places = _items(_at(made.node, "aggregationRule", "clusterRoleSelectors")) if role.cluster else []
        if not places:
            yield role
            continue
        if gathering is None:
            from hullcheck.link.aggregation import Gathering

            gathering = Gathering(found, [made.node for made in written])
        rules = gathering.rules(role, places)
        if gathering.truncated:
            why = f"the aggregated roles of what is applied together gather more than {gathering.most:,} rules"
            message = f"{role.described} isn't judged in full: {why}"
            gap = Gap("limit", "aggregated role", why)
            problems.append(Problem("not-analysed", message, role.location.one_line(), role.owner, gap))
        yield role._replace(rules=tuple(rules))


def _labels(node: Mapping) -> Iterator[tuple[str, Word]]:
    labels = _at(node, "metadata", "labels")
    for key, value in labels.entries().values() if isinstance(labels, Mapping) else ():
        if isinstance(value, Scalar):
            yield key.text, Word(value.text, key.location)


def _rules(node: Node | None) -> Iterator[Rule]:
    for item in _items(node):
        if isinstance(item, Mapping):
            lists = [item.get(key) for key in ("apiGroups", "resources", "verbs", "resourceNames", "nonResourceURLs")]
            groups, resources, verbs, names, urls = (tuple(_words(node)) for node in lists)
            partial = bool(item.unknown) or not all(map(known_in_full, lists))
            yield Rule(groups, resources, verbs, names, urls, item.location.one_line(), partial=partial)


def _words(node: Node | None) -> Iterator[Word]:
    for item in _items(node):
        if isinstance(item, Scalar) and not item.unknown:
            yield Word(item.text, item.location.one_line())


def _bindings(objects: list[KubernetesObject]) -> Iterator[Binding]:
    for made in objects:
        if made.kind not in ("RoleBinding", "ClusterRoleBinding") or made.group != GROUP:
            continue
        reference = made.node.get("roleRef")
        name = _at(reference, "name")
        yield Binding(
            made.kind,
            made.name,
            "" if made.kind == "ClusterRoleBinding" else made.namespace,
            made.owner,
            made.location,
            as_str(_at(reference, "kind")) or "",
            as_str(name) or "",
            name.location.one_line() if name is not None else made.location,
            tuple(_subjects(made.node.get("subjects"))),
            as_str(_at(reference, "apiGroup")) or GROUP,
        )


def _subjects(node: Node | None) -> Iterator[Subject]:
    for item in _items(node):
        name = _at(item, "name")
        if isinstance(name, Scalar):
            kind, namespace = as_str(_at(item, "kind")) or "", as_str(_at(item, "namespace")) or ""
            yield Subject(kind, name.text, namespace, name.location.one_line())


def _account(made: KubernetesObject) -> _Account:
    node = made.node.get("automountServiceAccountToken")
    return _Account(made.location, as_bool(node), node.location if node is not None else None)


def _items(node: Node | None) -> list[Node]:
    return node.items if isinstance(node, Sequence) else []


def _at(node: Node | None, *keys: str) -> Node | None:
    for key in keys:
        node = node.get(key) if isinstance(node, Mapping) else None
    return node
