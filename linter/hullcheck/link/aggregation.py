"""Which rules an aggregated ClusterRole has: those of all roles that its selectors select, the cluster's own among them.

The controller of the cluster overwrites what the role says itself, and looks again once a role that it selects has
changed: what such a role gathers is gathered with it.

See https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.model.network.labels import LabelIndex, Labels, LabelSelector, numbers_in
from hullcheck.model.node import Node, at, items
from hullcheck.model.rbac import CLUSTER_ADMIN, READS, WRITES, Role, Rule, Word
from hullcheck.parse.labels import selector
from hullcheck.source import Location

MAX_GATHERED = 10_000
"""Rules that the aggregations of one world gather; roles that select one another gather the product of both."""

MAX_FOLLOWED = 200_000
"""Roles that are looked at for that, each as often as it is selected."""

_LABEL = "rbac.authorization.k8s.io/aggregate-to-"
_BOOT = {"kubernetes.io/bootstrapping": "rbac-defaults"}
_OWN = {
    CLUSTER_ADMIN: _BOOT,
    "admin": _BOOT,
    "edit": {**_BOOT, f"{_LABEL}admin": "true"},
    "view": {**_BOOT, f"{_LABEL}edit": "true"},
    "system:aggregate-to-admin": {**_BOOT, f"{_LABEL}admin": "true"},
    "system:aggregate-to-edit": {**_BOOT, f"{_LABEL}edit": "true"},
    "system:aggregate-to-view": {**_BOOT, f"{_LABEL}view": "true"},
}
"""Roles that every cluster has, with their labels."""

_CHANGES = (*READS, *WRITES)
_EDITS = (
    ("", ("secrets", "configmaps", "services", "serviceaccounts"), _CHANGES),
    ("", ("pods", "pods/exec", "pods/attach"), _CHANGES),
    ("", ("serviceaccounts",), ("impersonate",)),
    ("", ("serviceaccounts/token",), ("create",)),
    ("apps", ("daemonsets", "deployments", "replicasets", "statefulsets"), _CHANGES),
    ("batch", ("cronjobs", "jobs"), _CHANGES),
    ("networking.k8s.io", ("ingresses", "networkpolicies"), _CHANGES),
)
_BINDS = (("rbac.authorization.k8s.io", ("rolebindings", "roles"), _CHANGES),)
_RULES = {
    CLUSTER_ADMIN: (("*", ("*",), ("*",)),),
    "admin": (*_EDITS, *_BINDS),
    "edit": _EDITS,
    "system:aggregate-to-admin": _BINDS,
    "system:aggregate-to-edit": _EDITS,
}
"""What of their rules is a power over others."""


class Gathering:
    """Gathers the rules of the roles of one world. `most` is how many; `truncated` says that the last role has more."""

    def __init__(self, roles: list[Role], nodes: list[Node]) -> None:
        self.most = MAX_GATHERED
        self.truncated = False
        self._roles = roles
        self._nodes = nodes
        here = {role.name for role in roles if role.cluster}
        self._own = [name for name in _OWN if name not in here]
        labels = [{name: word.text for name, word in role.labels} for role in roles]
        self._index = LabelIndex(map(Labels, (*labels, *(_OWN[name] for name in self._own))))
        self._cluster = sum(1 << number for number, role in enumerate(roles) if role.cluster)
        self._cluster |= ((1 << len(self._own)) - 1) << len(roles)
        self._found: dict[LabelSelector, tuple[int, ...]] = {}
        self._selectors: dict[int, tuple[LabelSelector, ...]] = {}
        self._left = MAX_GATHERED
        self._follow = MAX_FOLLOWED

    def rules(self, role: Role, places: list[Node]) -> list[Rule]:
        """The rules that a role gathers by the selectors at these places."""
        found: dict[object, Rule] = {}
        self.truncated = False
        for place in places:
            for number in self._reached(selector(place)):
                if number >= len(self._roles):
                    known = _RULES.get(self._own[number - len(self._roles)], ())
                    for group, names, verbs in known:
                        found.setdefault((group, names), _rule(group, names, verbs, place.location))
                elif self._roles[number] is not role:
                    if len(self._roles[number].rules) > self._left:
                        self.truncated = True
                        return list(found.values())
                    own = self._roles[number].rules
                    new: dict[object, Rule] = {id(rule): rule for rule in own if id(rule) not in found}
                    self._left -= len(new)
                    found.update(new)
        return list(found.values())

    def _reached(self, wanted: LabelSelector) -> list[int]:
        """The roles that a selector selects, and those that are gathered by these."""
        seen = {wanted}
        waiting = [wanted]
        found: set[int] = set()
        while waiting:
            for number in self._selected(waiting.pop()):
                self._follow -= 1
                if self._follow < 0:
                    self.truncated = True
                    return sorted(found)
                if number not in found:
                    found.add(number)
                    new = [each for each in self._of(number) if each not in seen]
                    seen.update(new)
                    waiting += new
        return sorted(found)

    def _selected(self, wanted: LabelSelector) -> tuple[int, ...]:
        if wanted not in self._found:
            self._found[wanted] = tuple(numbers_in(self._index.match(wanted).sure & self._cluster))
        return self._found[wanted]

    def _of(self, number: int) -> tuple[LabelSelector, ...]:
        """The selectors of a role, if it gathers others."""
        if number >= len(self._roles) or not self._roles[number].aggregates:
            return ()
        if number not in self._selectors:
            self._selectors[number] = tuple(dict.fromkeys(_selectors(self._nodes[number])))
        return self._selectors[number]


def _selectors(node: Node) -> Iterator[LabelSelector]:
    for place in items(at(node, "aggregationRule", "clusterRoleSelectors")):
        yield selector(place)


def _rule(group: str, resources: tuple[str, ...], verbs: tuple[str, ...], location: Location) -> Rule:
    place = location.one_line()
    groups, names, words = (tuple(Word(text, place) for text in each) for each in ((group,), resources, verbs))
    return Rule(groups, names, words, (), (), place)
