"""Which objects a patch or replacement is for."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from hullcheck.model.node import Node
from hullcheck.parse.kustomization import RefusedError, UnknownError, struct, text
from hullcheck.patterns import pattern
from hullcheck.render.kustomize.pattern import PatternError, is_word, matches_whole
from hullcheck.render.kustomize.resources import Gvk, Resource, Resources
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple

STEPS = 3
PATTERN_STEPS = 20
"""What it costs to hold a selector against an object, without patterns and with them."""

FIELDS = "group version kind name namespace labelSelector annotationSelector"

_WORD = r"[A-Za-z0-9_./-]++"
_REQUIREMENT = pattern(
    rf"\s*+(?:(?P<not>!)\s*+(?P<absent>{_WORD})|(?P<key>{_WORD})\s*+"
    rf"(?:(?P<in>in|notin)\s*+\((?P<values>[^()]*+)\)|(?P<operator>==|=|!=|>|<)\s*+(?P<value>[A-Za-z0-9_.-]*+))?)\s*+(?:,|$)"
)
_Test = Callable[[dict[str, str]], bool]


class Selector(NamedTuple):
    """What a target says; each of the five words is a pattern for the whole, or empty for anything."""

    gvk: Gvk
    name: str
    namespace: str
    labels: str
    annotations: str
    location: Location

    @property
    def by_name(self) -> bool:
        """Does it ask for a kind, name or namespace at all?"""
        return bool(any(self.gvk) or self.name or self.namespace)

    def fits(self, gvk: Gvk, name: str, namespace: str) -> bool:
        return self.fits_kind(gvk) and self._fits(self.name, name) and self._fits(self.namespace, namespace)

    def fits_kind(self, gvk: Gvk) -> bool:
        return all(self._fits(pattern, word) for pattern, word in zip(self.gvk, gvk, strict=True))

    def fits_words(self, resource: Resource) -> bool:
        """Do labels and annotations have what it asks for?"""
        return (not self.labels or self._holds(self.labels, resource.labels())) and (
            not self.annotations or self._holds(self.annotations, resource.annotations())
        )

    def _fits(self, pattern: str, word: str) -> bool:
        try:
            return matches_whole(pattern, word)
        except PatternError as error:
            raise UnknownError(f"the pattern `{pattern}` isn't followed: {error}", self.location) from None

    def _holds(self, expression: str, words: dict[str, str]) -> bool:
        tests = requirements(expression)
        if tests is None:
            raise RefusedError(f"`{expression}` is no selector", self.location)
        return all(test(words) for test in tests)


def selector(node: Node, what: str) -> Selector:
    """The selector that a `target` or `select` is."""
    fields = struct(node, what, FIELDS)
    words = {name: text(fields.get(name), f"{what}.{name}") for name in FIELDS.split()}
    return Selector(
        Gvk(words["group"], words["version"], words["kind"]),
        words["name"],
        words["namespace"],
        words["labelSelector"],
        words["annotationSelector"],
        node.location.one_line(),
    )


def select(resources: Resources, wanted: Selector) -> list[Resource]:
    """The objects that a patch's target means: by the first or the present name and namespace, and the present kind."""
    found = []
    candidates = resources.maybe_named(wanted.name)
    plain = all(not pattern or is_word(pattern) for pattern in (*wanted.gvk, wanted.name, wanted.namespace))
    resources.work.spend((STEPS if plain else PATTERN_STEPS) * len(candidates), wanted.location)
    for resource in candidates:
        if resource.node is None or not wanted.fits_kind(resource.gvk):
            continue
        first, now = resource.first_id, resource.id
        named = wanted._fits(wanted.name, first.name) or wanted._fits(wanted.name, now.name)
        placed = wanted._fits(wanted.namespace, first.namespace) or wanted._fits(wanted.namespace, now.namespace)
        if named and placed and wanted.fits_words(resource):
            found.append(resource)
    return found


@lru_cache(maxsize=256)
def requirements(expression: str) -> tuple[_Test, ...] | None:
    """The tests of a label selector such as `app=web,tier in (a,b),!old`, or None if it is none."""
    tests: list[_Test] = []
    at = 0
    while at < len(expression.rstrip()):
        match = _REQUIREMENT.match(expression, at)
        if match is None or match.end() == at:
            return None
        at = match.end()
        tests.append(_test(match))
    return tuple(tests)


def _test(match: re.Match[str]) -> _Test:
    if match["not"]:
        return lambda words, key=match["absent"]: key not in words  # type: ignore[misc]
    key = match["key"]
    if match["in"]:
        values = frozenset(value.strip() for value in match["values"].split(","))
        if match["in"] == "in":
            return lambda words: words.get(key) in values
        return lambda words: words.get(key) not in values
    operator, value = match["operator"], match["value"]
    if operator in ("=", "=="):
        return lambda words: words.get(key) == value
    if operator == "!=":
        return lambda words: words.get(key) != value
    if operator in (">", "<"):
        return lambda words: _compared(words.get(key), operator, value)
    return lambda words: key in words


def _compared(word: str | None, operator: str, value: str) -> bool:
    if not (word and re.fullmatch(r"-?\d{1,18}", word) and re.fullmatch(r"-?\d{1,18}", value)):
        return False
    return int(word) > int(value) if operator == ">" else int(word) < int(value)
