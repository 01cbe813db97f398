"""How far rights reach, as extents that can be compared: who may do what to which objects, and where."""

from collections.abc import Callable, Iterable, Iterator

from hullcheck.model.extent import Axis, Extent, extent, level, union, words
from hullcheck.model.powers import Power, of
from hullcheck.model.rbac import Binding, Bound, Granted, Role, Rule, Word

_WIDTHS = ("nowhere here", "in a namespace", "in the whole cluster")
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


def whole(bound: Bound, *names: str) -> Extent:
    """How far everything reaches that a binding gives, to all of its subjects or to some."""
    binding = bound.binding
    if names:
        binding = binding._replace(subjects=tuple(s for s in binding.subjects if s.name in names))
    role: dict[str, Axis] = {"role": words([f"{binding.role_kind}/{binding.role_name}"], "holder")}
    rules = [axes for rule in bound.rules for axes in _of_rule(rule)] or [role]
    return union(extent(**axes, **where) for axes in rules for where in _where(binding.namespace, (binding,)))


def to(bound: Bound, *names: str) -> Extent:
    """To how many of these subjects a binding gives something, and where."""
    binding = bound.binding._replace(subjects=tuple(s for s in bound.binding.subjects if s.name in names))
    return union(extent(**where) for where in _where(binding.namespace, (binding,)))


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
        yield {"where": level(_WIDTHS[0], _WIDTHS)}


def _where(own: str, bindings: Iterable[Binding]) -> Iterator[dict[str, Axis]]:
    """To whom something is given in the whole cluster, and to whom in which namespaces; both may be called otherwise."""
    found: dict[str, set[str]] = {}
    for binding in bindings:
        space = _OWN if binding.namespace == own else binding.namespace or "default"
        for name in [f"{s.kind} {s.name}" for s in binding.subjects] or ["nobody"]:
            width, whom = (_WIDTHS[2], name) if binding.cluster else (_WIDTHS[1], f"{name} in {space}")
            found.setdefault(width, set()).add(whom)
    for width, names in found.items():
        yield {"where": level(width, _WIDTHS), "subjects": words(names, "holder")}
