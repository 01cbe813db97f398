"""How far rights reach, as extents that can be compared: who may do what to which objects, and where."""

from collections.abc import Callable, Iterable, Iterator

from hullcheck.model.extent import Axis, Extent, extent, union, words
from hullcheck.model.powers import Power, of
from hullcheck.model.rbac import Binding, Bound, Granted, Role, Rule, Word

_OWN = "its own"
"""The namespace of whatever it is, so that it may be called otherwise."""

_MAX_WORDS = 50
"""Entries of a list of which it is asked one by one whether they give a power; of longer ones all count."""


_MAX_RULES = 300
"""Rules of a role that are looked at together."""


def granted(found: Granted, power: Power) -> Extent:
    """How far a power of a role reaches: what all of its rules allow on what gives it, through all that binds it."""
    rule = found.rule
    if any(word.text == power.word.text for word in rule.urls):
        what = list(_of_rule(rule._replace(resources=())))
    else:
        groups = _giving(power, rule.groups, lambda word: rule._replace(groups=(word,)))
        resources = _giving(power, rule.resources, lambda word: rule._replace(resources=(word,)))
        own = rule._replace(groups=groups, resources=resources, urls=())
        others = found.role.rules if len(found.role.rules) <= _MAX_RULES else ()
        what = [*_of_rule(own), *(axes for other in others for axes in _shared(own, other))]
    return union(extent(**axes, **where) for axes in what for where in _bound(found.role, found.bindings))


def _shared(rule: Rule, other: Rule) -> Iterator[dict[str, Axis]]:
    """What another rule allows on the same resources."""
    mine, theirs = next(_of_rule(rule), None), next(_of_rule(other._replace(urls=())), None)
    if mine is not None and theirs is not None:
        yield {**theirs, **{name: theirs[name].common(mine[name]) for name in ("resources", "API_groups")}}  # type: ignore[arg-type]


def whole(bound: Bound) -> Extent:
    """How far everything reaches that a binding gives."""
    binding = bound.binding
    role = {"role": words([f"{binding.role_kind}/{binding.role_name}"], "holder")}
    rules: list[dict[str, Axis]] = [axes for rule in bound.rules for axes in _of_rule(rule)] or [{**role}]
    return union(extent(**axes, **where) for axes in rules for where in _where(binding.namespace, (binding,)))


def to(bound: Bound, *names: str) -> Extent:
    """To how many of these subjects a binding gives something, and where."""
    (where,) = _where(bound.binding.namespace, (bound.binding,))
    return extent(**{**where, "subjects": words(names, "holder")})


def _giving(power: Power, listed: tuple[Word, ...], alone: Callable[[Word], Rule]) -> tuple[Word, ...]:
    """The entries that give the power by themselves, else all."""
    if len(listed) > _MAX_WORDS:
        return listed
    return tuple(word for word in listed if any(of(alone(word), power.name))) or listed


def _of_rule(rule: Rule) -> Iterator[dict[str, Axis]]:
    verbs = words(word.text for word in rule.verbs)
    names: dict[str, Axis] = {"names": words((word.text for word in rule.names), "name")} if rule.names else {}
    if rule.resources:
        resources, groups = (words(word.text for word in found) for found in (rule.resources, rule.groups))
        yield {"verbs": verbs, "resources": resources, "API_groups": groups, **names}
    if rule.urls:
        yield {"verbs": verbs, "URLs": words(word.text for word in rule.urls)}


def _bound(role: Role, bindings: tuple[Binding, ...]) -> Iterator[dict[str, Axis]]:
    if bindings:
        yield from _where(role.namespace, bindings)
    else:
        yield {"namespaces": words((_OWN,), "name"), "subjects": words(("nobody",), "name")}


def _where(own: str, bindings: Iterable[Binding]) -> Iterator[dict[str, Axis]]:
    """In which namespaces whom something is given, all of the cluster's bindings together."""
    subjects: dict[str, set[str]] = {}
    for binding in bindings:
        where = "" if binding.cluster else _OWN if binding.namespace == own else binding.namespace or "default"
        subjects.setdefault(where, set()).update(f"{s.kind} {s.name}" for s in binding.subjects)
    for where, names in subjects.items():
        holders = words(names or {"nobody"}, "holder")
        yield {"subjects": holders, **({"namespaces": words((where,), "name")} if where else {})}
