"""Roles, bindings and subjects, as the API server's authorizer reads them, and who holds what because of which line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from hullcheck.finding import Severity
from hullcheck.model.api_resources import works_in_namespace
from hullcheck.source import Location, Related
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any, TypeVar, cast

T = TypeVar("T")

CLUSTER_ADMIN = "cluster-admin"
BUILT_IN = frozenset((CLUSTER_ADMIN, "admin", "edit", "view"))

OF_CONTROLLERS = frozenset(
    (
        "system:aggregate-to-edit", "system:controller:clusterrole-aggregation-controller",
        "system:controller:generic-garbage-collector", "system:controller:namespace-controller",
        "system:controller:resourcequota-controller", "system:kube-controller-manager", "system:kubelet-api-admin",
        "system:node",
    )
)  # fmt: skip
"""Roles that every cluster has for its own programs, and that are as good as the cluster to others: they read every
Secret, reach every kubelet, or may `escalate`.

See https://kubernetes.io/docs/reference/access-authn-authz/rbac/#core-component-roles
See https://kubernetes.io/docs/reference/access-authn-authz/rbac/#controller-roles
"""
STRONG = frozenset((CLUSTER_ADMIN, "admin", "edit")) | OF_CONTROLLERS
"""Roles of every cluster that are as good as it where a ClusterRoleBinding grants them."""

READS = ("get", "list", "watch")
CHANGES = ("create", "update", "patch")
WRITES = (*CHANGES, "delete", "deletecollection")


class Word(NamedTuple):
    """An entry of a rule's list, and where it stands."""

    text: str
    location: Location


class Rule(NamedTuple):
    """A policy rule. `names` are `resourceNames`; `urls` are those that are no resources.

    `confined` is one that is granted in namespaces alone, `partial` one that isn't known in full.
    """

    groups: tuple[Word, ...]
    resources: tuple[Word, ...]
    verbs: tuple[Word, ...]
    names: tuple[Word, ...]
    urls: tuple[Word, ...]
    location: Location
    confined: bool = False
    partial: bool = False

    def group(self, group: str) -> bool:
        """Does it reach into that API group?"""
        return any(word.text in ("*", group) for word in self.groups)

    def verb(self, *wanted: str) -> Word | None:
        """The verb that allows one of the wanted."""
        return next((word for word in self.verbs if word.text == "*" or word.text in wanted), None)

    def resource(self, *wanted: str) -> Word | None:
        """The entry that covers one of the wanted: `*` is everything, `*/exec` that subresource of anything."""
        for word in self.resources:
            if word.text == "*" or word.text in wanted:
                return word
            if word.text.startswith("*/") and any(name.endswith(word.text[1:]) for name in wanted):
                return word
        return None

    def grants(self, group: str, resources: tuple[str, ...], verbs: tuple[str, ...]) -> Word | None:
        """The resource through which it allows one of these verbs on one of these resources.

        With `resourceNames`, a request without a name isn't allowed: neither `deletecollection` nor the creation of
        an object. That of a subresource has the object's name. In a namespace alone, nothing is allowed that has none.
        """
        if not self.group(group) or self.verb(*verbs) is None:
            return None
        if self.confined:
            asked = frozenset(verb for verb in verbs if self.verb(verb))
            resources = tuple(name for name in resources if works_in_namespace(group, name, asked))
        if self.names:
            named = tuple(verb for verb in verbs if verb not in ("create", "deletecollection"))
            if not named or self.verb(*named) is None:
                resources = tuple(name for name in resources if "/" in name)
        return self.resource(*resources) if resources else None

    @property
    def everything(self) -> bool:
        """Is it what `cluster-admin` holds?"""
        lists = (self.groups, self.resources, self.verbs)
        return not self.names and all(any(word.text == "*" for word in words) for words in lists)


class _Role(NamedTuple):
    kind: str
    name: str
    namespace: str
    owner: str
    location: Location
    rules: tuple[Rule, ...]
    labels: tuple[tuple[str, Word], ...] = ()
    aggregates: bool = False


class Role(_Role):
    """A Role or ClusterRole. `rules` are its own, or those that an aggregation gathers."""

    @cached_property
    def _remembered(self) -> dict[object, object]:
        return {}

    def remembered(self, key: object, make: Callable[[], T]) -> T:
        """What `make` gives, made once for the key: each rule, binding and holder asks the same of its role."""
        if key not in self._remembered:
            self._remembered[key] = make()
        return cast("T", self._remembered[key])

    @property
    def everything(self) -> bool:
        """Is one of the rules what `cluster-admin` holds?"""
        return self.remembered("everything", lambda: any(rule.everything for rule in self.rules))

    @property
    def cluster(self) -> bool:
        return self.kind == "ClusterRole"

    @property
    def reported(self) -> bool:
        """Roles of the cluster itself aren't reported: they are what they are in every cluster."""
        return not self.name.startswith("system:") and self.name not in BUILT_IN

    @property
    def described(self) -> str:
        return f"{self.kind} `{self.name}`"


class Subject(NamedTuple):
    """Whom a binding names. `namespace` is empty where it isn't said, and for users and groups."""

    kind: str
    name: str
    namespace: str
    location: Location

    @property
    def account(self) -> tuple[str, str] | None:
        """The namespace, empty where it isn't said, and the name of the service account that it is; users may be one.

        See https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-subjects
        """
        if self.kind == "ServiceAccount":
            return self.namespace, self.name
        prefix, _, rest = self.name.partition(":serviceaccount:")
        namespace, _, name = rest.partition(":")
        if self.kind != "User" or prefix != "system" or not namespace or not name:
            return None
        return namespace, name

    @property
    def described(self) -> str:
        kind = {"ServiceAccount": "service account", "User": "user", "Group": "group"}.get(self.kind, self.kind)
        return f"{kind} `{self.name}`"


class Binding(NamedTuple):
    """A RoleBinding or ClusterRoleBinding."""

    kind: str
    name: str
    namespace: str
    owner: str
    location: Location
    role_kind: str
    role_name: str
    role_place: Location
    subjects: tuple[Subject, ...]
    group: str = "rbac.authorization.k8s.io"

    @property
    def cluster(self) -> bool:
        return self.kind == "ClusterRoleBinding"

    @property
    def described(self) -> str:
        return f"{self.kind} `{self.name}`"

    @property
    def accounts(self) -> tuple[str, ...]:
        """The service accounts that it names, each with its namespace."""
        found = (subject.account for subject in self.subjects)
        return tuple(f"{each[0] or self.namespace or 'default'}/{each[1]}" for each in found if each is not None)


class Bound(NamedTuple):
    """A binding with the role that it refers to, None if that isn't here, and the workloads that get it.

    `rules` are those of the role, without what such a binding can't grant.
    """

    binding: Binding
    role: Role | None
    holders: tuple[Any, ...] = ()
    problem: str = ""
    rules: tuple[Rule, ...] = ()

    @property
    def location(self) -> Location:
        return self.binding.location

    @property
    def owner(self) -> str:
        return self.binding.owner

    @property
    def accounts(self) -> tuple[str, ...]:
        return self.binding.accounts


class Granted(NamedTuple):
    """A rule of a role, with everything that grants it.

    `role` and `rule` are without what nothing of that can grant; `written` is the rule as it stands.
    """

    role: Role
    rule: Rule
    bindings: tuple[Binding, ...]
    holders: tuple[Any, ...] = ()
    written: Rule | None = None

    @property
    def location(self) -> Location:
        return self.rule.location

    @property
    def owner(self) -> str:
        return self.role.owner

    def severity(self, power: Severity, names_lower: bool = True) -> Severity:
        """A power's severity, lower where it reaches less far: a namespace, named objects, nobody at all."""
        level = int(power)
        if not any(binding.cluster for binding in self.bindings):
            namespaces = {binding.namespace for binding in self.bindings} or {self.role.namespace}
            confined = bool(self.bindings) or not self.role.cluster
            level -= 1 if confined and "kube-system" not in namespaces else 0
        level -= 0 if self.bindings else 1
        level -= 1 if self.rule.names and names_lower else 0
        return Severity(max(level, int(Severity.INFO)))

    @property
    def reach(self) -> str:
        """How far it reaches, for messages."""
        if not self.bindings:
            return "bound to nobody here"
        if any(binding.cluster for binding in self.bindings):
            return "in the whole cluster"
        names = sorted({binding.namespace for binding in self.bindings if binding.namespace})
        return f"in namespace `{names[0]}`" if len(names) == 1 else "in a namespace"

    @property
    def accounts(self) -> tuple[str, ...]:
        """The service accounts that hold it."""
        return tuple(dict.fromkeys(account for binding in self.bindings for account in binding.accounts))

    @property
    def related(self) -> tuple[Related, ...]:
        gathered = (Related(self.role.location, f"{self.role.described} gathers it"),) if self.role.aggregates else ()
        return (*gathered, *granted_by(self.bindings), *held_by(self.holders))


SHOWN = 4
"""Bindings and workloads that a finding names."""


def granted_by(bindings: Iterable[Binding]) -> Iterator[Related]:
    """The bindings as places, with whom they bind."""
    for binding in tuple(bindings)[:SHOWN]:
        subjects = ", ".join(subject.described for subject in binding.subjects[:3]) or "nobody"
        yield Related(binding.location, f"{binding.described} grants it to {subjects}")


def held_by(workloads: Iterable[Any]) -> Iterator[Related]:
    """The workloads that run with it, as places."""
    for workload in tuple(workloads)[:SHOWN]:
        yield Related(workload.location, f"{workload.described} runs with it")


class Identity(NamedTuple):
    """A workload with the account that it runs as.

    `account` is its name, `place` where that is said, or would be. `declared` is the ServiceAccount's place, if it is
    here. `mounts_token` is None where that can't be known; `token_place` is the line that decides it. `bound` are the
    bindings that reach the account, with their roles. `certain` is false if there may be bindings that aren't seen.
    `projected` is true if a volume of the pod brings a token for the API, whatever else is said of mounting one.
    """

    workload: Any
    account: str
    place: Location
    said: bool
    mounts_token: bool | None
    token_place: Location
    bound: tuple[Bound, ...]
    declared: Location | None = None
    certain: bool = True
    projected: bool = False

    @property
    def location(self) -> Location:
        return self.place

    @property
    def owner(self) -> str:
        owner: str = self.workload.owner
        return owner

    @property
    def accounts(self) -> tuple[str, ...]:
        """The account that it runs as, with its namespace."""
        namespace = self.owner.split("/")[1] if self.owner.count("/") > 1 else ""
        return (f"{namespace or 'default'}/{self.account}",)


class LegacyAccount(NamedTuple):
    """A pod that names its account by the deprecated field alone, or by both, differently."""

    workload: Any
    location: Location
    name: str
    other: str

    @property
    def owner(self) -> str:
        owner: str = self.workload.owner
        return owner
