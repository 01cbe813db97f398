"""What a rule says and nothing comes of: the API server's authorizer never finds it to allow any request.

See https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-resources
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.model.api_resources import groups_of, is_known, meant, works_in_namespace
from hullcheck.model.rbac import Binding, Role, Rule, Word
from hullcheck.tuples import NamedTuple

_AGGREGATES = "rbac.authorization.k8s.io/aggregate-to-"
_VERBS = frozenset(("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"))


class Dead(NamedTuple):
    """Words of a rule that allow nothing, and why."""

    words: tuple[Word, ...]
    why: str


def is_confined(role: Role, bindings: tuple[Binding, ...]) -> bool:
    """Is a role granted in namespaces alone: a Role, or a ClusterRole that only RoleBindings name?

    One that is gathered into another is granted by what binds that.
    """
    if not role.cluster:
        return True
    gathered = any(name.startswith(_AGGREGATES) for name, _ in role.labels)
    return bool(bindings) and not gathered and not any(binding.cluster for binding in bindings)


def living(rule: Rule, confined: bool) -> Rule:
    """The rule without the words that allow nothing. `confined` is one that is granted in namespaces alone."""
    if not _suspicious(rule, confined):
        return rule
    lost = {id(word) for dead in dead_words(rule, confined) for word in dead.words}
    kept = [tuple(word for word in words if id(word) not in lost) for words in (rule.resources, rule.verbs, rule.urls)]
    resources, verbs, urls = kept
    if not verbs:
        resources, urls = (), ()
    return rule._replace(resources=resources, verbs=verbs, urls=urls, confined=confined)


def _suspicious(rule: Rule, confined: bool) -> bool:
    return confined or any(
        _unmatched(word) or word.text != word.text.lower() for word in (*rule.resources, *rule.verbs)
    )


def dead_words(rule: Rule, confined: bool) -> Iterator[Dead]:
    """The words that allow nothing, each once."""
    left = list(rule.resources)
    for find in (_never, _misspelt, *((_without_namespace,) if confined else ())):
        for dead in find(rule, left):
            yield dead
            left = [word for word in left if not any(word is lost for lost in dead.words)]
    yield from _verbs(rule)
    if confined and rule.urls:
        yield Dead(rule.urls, "a URL that is no resource has no namespace")
    if left and not rule.partial:
        yield from _elsewhere(rule, left)


def _unmatched(word: Word) -> bool:
    return word.text == "" or (word.text.endswith("/*") and len(word.text) > 2)


def _never(rule: Rule, words: list[Word]) -> Iterator[Dead]:
    if found := tuple(word for word in words if _unmatched(word)):
        why = "a resource is its whole name: only `*` and `*/NAME` stand for others"
        yield Dead(found, why)


def _misspelt(rule: Rule, words: list[Word]) -> Iterator[Dead]:
    """A name in upper case or in the singular, in groups of which all names are known."""
    if rule.partial or not all(is_known(word.text) for word in rule.groups):
        return
    for word in words:
        name, slash, rest = word.text.partition("/")
        if right := meant(name):
            yield Dead((word,), f"the resource is called `{right}{slash}{rest}`")


def _without_namespace(rule: Rule, words: list[Word]) -> Iterator[Dead]:
    verbs = frozenset(word.text for word in rule.verbs)
    found = tuple(
        word
        for word in words
        if rule.groups
        and not rule.partial
        and not any(works_in_namespace(group.text, word.text, verbs) for group in rule.groups)
    )
    if found:
        yield Dead(found, "a request for it has no namespace")


def _verbs(rule: Rule) -> Iterator[Dead]:
    if empty := tuple(word for word in rule.verbs if not word.text):
        yield Dead(empty, "no request has an empty verb")
    for word in rule.verbs:
        if word.text not in _VERBS and word.text.lower() in _VERBS:
            yield Dead((word,), f"the verb is called `{word.text.lower()}`")


def _elsewhere(rule: Rule, words: list[Word]) -> Iterator[Dead]:
    """Resources that none of the rule's groups has, and others have."""
    groups = [word.text for word in rule.groups]
    if not groups or not all(is_known(group) for group in groups):
        return
    for word in words:
        name = word.text.partition("/")[0]
        if (homes := groups_of(name)) and not set(homes) & set(groups):
            yield Dead((word,), f"that resource is in the API group `{homes[0]}`")
