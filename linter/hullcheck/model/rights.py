"""How far rights reach, as extents that can be compared: who may do what to which objects, and where."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from hullcheck.model.extent import Axis, Extent, Later, extent, level, union, words
from hullcheck.model.powers import Power, of
from hullcheck.model.rbac import Binding, Bound, Granted, Role, Rule, Word

_WIDTHS = ("nowhere here", "in a namespace", "in the whole cluster")
_OWN = "its own"
"""The namespace of whatever it is, so that it may be called otherwise."""

_MAX_WORDS = 50
"""Entries of a list of which it is asked one by one whether they give a power; of longer ones all count."""


_MAX_RULES = 300
"""Rules of a role that are looked at together."""

_MAX_WHOLE = 1_000
"""Rules of a role that are compared one by one where it is bound; of more it is the role that counts."""

Axes = dict[str, Axis]


def granted(found: Granted, power: Power) -> Later:
    """How far a power of a role reaches: what all of its rules allow on what gives it, through all that binds it."""
    return Later(lambda: _granted(found, power))


def _granted(found: Granted, power: Power) -> Extent:
    rule = found.rule
    if any(word.text == power.word.text for word in rule.urls):
        what = list(_of_rule(rule._replace(resources=())))
    else:
        groups = _giving(power, rule.groups, lambda word: rule._replace(groups=(word,)))
        resources = _giving(power, rule.resources, lambda word: rule._replace(resources=(word,)))
        what = list(_of_rule(rule._replace(groups=groups, resources=resources, urls=())))
        what += _shared(found.role, what[0]) if what and len(found.role.rules) <= _MAX_RULES else ()
    return union(extent(**axes, **where) for axes in what for where in _bound(found))


def _shared(role: Role, mine: Axes) -> list[Axes]:
    """What the rules of a role allow on the same resources."""
    key = mine["resources"], mine["API_groups"]
    return role.remembered(key, lambda: list(_common(role, mine)))


def _common(role: Role, mine: Axes) -> Iterator[Axes]:
    for theirs in role.remembered("axes", lambda: list(_on_resources(role))):
        both = {name: theirs[name].common(mine[name]) for name in ("resources", "API_groups")}  # type: ignore[arg-type]
        if not any(axis.empty for axis in both.values()):
            yield {**theirs, **both}


def _on_resources(role: Role) -> Iterator[Axes]:
    return (axes for rule in role.rules if rule.resources for axes in _of_rule(rule._replace(urls=())))


def whole(bound: Bound, *names: str) -> Later:
    """How far everything reaches that a binding gives, to all of its subjects or to some."""
    return Later(lambda: _whole(bound, *names))


def _whole(bound: Bound, *names: str) -> Extent:
    binding = bound.binding
    if names:
        binding = binding._replace(subjects=tuple(s for s in binding.subjects if s.name in names))
    role: Axes = {"role": words([f"{binding.role_kind}/{binding.role_name}"], "holder")}
    rules = _allowed(bound.role) if bound.role is not None else []
    return union(extent(**axes, **where) for axes in rules or [role] for where in _where(binding.namespace, (binding,)))


def _allowed(role: Role) -> list[Axes]:
    """All that a role allows; nothing of one that is too long to be compared rule by rule."""
    if len(role.rules) > _MAX_WHOLE:
        return []
    return role.remembered("allowed", lambda: [axes for rule in role.rules for axes in _of_rule(rule)])


def to(bound: Bound, *names: str) -> Extent:
    """To how many of these subjects a binding gives something, and where."""
    binding = bound.binding._replace(subjects=tuple(s for s in bound.binding.subjects if s.name in names))
    return union(extent(**where) for where in _where(binding.namespace, (binding,)))


def _giving(power: Power, listed: tuple[Word, ...], alone: Callable[[Word], Rule]) -> tuple[Word, ...]:
    """The entries that give the power by themselves, else all."""
    if len(listed) > _MAX_WORDS:
        return listed
    return tuple(word for word in listed if any(of(alone(word), power.name))) or listed


def _of_rule(rule: Rule) -> Iterator[Axes]:
    verbs = words(word.text for word in rule.verbs)
    names: Axes = {"names": words((word.text for word in rule.names), "name")} if rule.names else {}
    if rule.resources:
        resources, groups = (words(word.text for word in found) for found in (rule.resources, rule.groups))
        yield {"verbs": verbs, "resources": resources, "API_groups": groups, **names}
    if rule.urls:
        yield {"verbs": verbs, "URLs": words(word.text for word in rule.urls)}


def _bound(found: Granted) -> list[Axes]:
    if not found.bindings:
        return [{"where": level(_WIDTHS[0], _WIDTHS)}]
    return found.role.remembered("where", lambda: list(_where(found.role.namespace, found.bindings)))


def _where(own: str, bindings: Iterable[Binding]) -> Iterator[Axes]:
    """To whom something is given in the whole cluster, and to whom in which namespaces; both may be called otherwise."""
    found: dict[str, set[str]] = {}
    for binding in bindings:
        space = _OWN if binding.namespace == own else binding.namespace or "default"
        for name in [f"{s.kind} {s.name}" for s in binding.subjects] or ["nobody"]:
            width, whom = (_WIDTHS[2], name) if binding.cluster else (_WIDTHS[1], f"{name} in {space}")
            found.setdefault(width, set()).add(whom)
    for width, names in found.items():
        yield {"where": level(width, _WIDTHS), "subjects": words(names, "holder")}
