"""What fields the objects of an API have, and of which types: an OpenAPI document's word, or a custom resource's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from hullcheck.patterns import pattern
from hullcheck.typed import Any

Rule = Mapping[str, Any]
"""A schema as OpenAPI writes it."""

GroupVersionKind = tuple[str, str, str]

MAX_PLACES = 20_000
"""How many fields of a kind are known by their place; the largest built-in kinds have 4,000."""

MAX_PLACE_DEPTH = 14

_OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_TYPED = ("apiVersion", "kind")


class Types:
    """The types that an OpenAPI document defines, made one by one as they are asked for.

    `version` is the Kubernetes version they are of, such as "1.37"; empty for those of custom resources.
    """

    def __init__(self, definitions: Mapping[str, Rule], version: str = "") -> None:
        self.version = version
        self._definitions = definitions
        self._made: dict[str, Type] = {}

    @cached_property
    def _kinds(self) -> dict[GroupVersionKind, str]:
        return {
            (said["group"], said["version"], said["kind"]): name
            for name, rule in self._definitions.items()
            for said in rule.get("x-kubernetes-group-version-kind", ())
        }

    def kind(self, group: str, version: str, kind: str) -> "Type | None":
        """The type of a kind's objects; None if this API has no such kind."""
        name = self._kinds.get((group, version, kind))
        return self.named(name) if name is not None else None

    def named(self, name: str) -> "Type":
        """The type of that name; one that isn't defined may be anything."""
        if name not in self._made:
            rule = self._definitions.get(name, {})
            self._made[name] = Type(rule, self, name.rpartition(".")[2])
        return self._made[name]

    def of(self, rule: Rule) -> "Type":
        """The type that a rule says, or refers to."""
        reference = rule.get("$ref")
        return Type(rule, self) if reference is None else self.named(reference.rpartition("/")[2])

    def custom(self, rule: Rule, kind: str, *, pruned: bool) -> "Type":
        """The type of a custom resource's objects; of those that aren't `pruned`, unknown fields are kept."""
        return _Custom(rule, self, kind, pruned=pruned, whole=True)


class Type:
    """What a value may be. `kinds` are JSON's names for it, empty if it may be anything. `name` may be empty."""

    def __init__(self, rule: Rule, types: Types, name: str = "") -> None:
        self.rule = rule
        self.types = types
        self.name = name
        self.kinds = frozenset(_kinds(rule))
        self._fields: dict[str, Type] = {}

    def __repr__(self) -> str:
        return f"Type({self.name or dict(self.rule)})"

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the fields."""
        return tuple(self._properties)

    @property
    def _properties(self) -> Rule:
        found = self.rule.get("properties")
        return found if isinstance(found, Mapping) else {}

    @property
    def open(self) -> bool:
        """May there be any other fields?"""
        return not self.names

    def field(self, name: str) -> "Type | None":
        """The type of the field of that name; None if there is none."""
        if name not in self._fields:
            rule = self._properties.get(name)
            if not isinstance(rule, Mapping):
                return self.values
            self._fields[name] = self._inner(rule)
        return self._fields[name]

    @cached_property
    def values(self) -> "Type | None":
        """What all values of a map are, whatever their keys."""
        rule = self.rule.get("additionalProperties")
        return self._inner(rule) if isinstance(rule, Mapping) else None

    @cached_property
    def items(self) -> "Type | None":
        """What all items of a list are."""
        rule = self.rule.get("items")
        return self._inner(rule) if isinstance(rule, Mapping) else None

    @property
    def format(self) -> str:
        """OpenAPI's name for a kind of string or number, such as `int32`; `quantity` for a Kubernetes quantity."""
        return "quantity" if self.name == "Quantity" else str(self.rule.get("format", ""))

    @property
    def enum(self) -> tuple[str, ...]:
        """The words that it may be; empty if it isn't one of a few."""
        said = self.rule.get("enum")
        return tuple(word for word in said if isinstance(word, str)) if isinstance(said, list) else ()

    @cached_property
    def places(self) -> dict[str, list[tuple[str, ...]]]:
        """Where in an object of this type a field of some name can stand, nearest to the top first.

        A place is the path of what has the field; a list is written `ports[]`.
        """
        found: dict[str, list[tuple[str, ...]]] = {}
        level: list[tuple[Type, tuple[str, ...]]] = [(self, ())]
        count = 0
        while level and count < MAX_PLACES and len(level[0][1]) < MAX_PLACE_DEPTH:
            deeper: list[tuple[Type, tuple[str, ...]]] = []
            for owner, path in level:
                for name in owner.names:
                    found.setdefault(name, []).append(path)
                    deeper += _below(owner, name, path)
                count += len(owner.names)
            level = deeper
        return found

    def _inner(self, rule: Rule) -> "Type":
        return self.types.of(rule)


class _Custom(Type):
    """A custom resource's type. An object in it is `whole` if it has the fields that every object has."""

    def __init__(self, rule: Rule, types: Types, name: str = "", *, pruned: bool, whole: bool) -> None:
        super().__init__(rule, types, name)
        self.pruned = pruned
        self.whole = whole or rule.get("x-kubernetes-embedded-resource") is True

    @cached_property
    def names(self) -> tuple[str, ...]:
        common = (*_TYPED, "metadata") if self.whole else ()
        return tuple(dict.fromkeys((*common, *self._properties)))

    @property
    def open(self) -> bool:
        kept = self.rule.get("x-kubernetes-preserve-unknown-fields") is True
        extended = self.rule.get("additionalProperties") not in (None, False)
        return not (self.pruned and self.names) or kept or extended or "object" not in self.kinds

    def field(self, name: str) -> "Type | None":
        if self.whole and name == "metadata":
            return self.types.named(_OBJECT_META)
        if self.whole and name in _TYPED:
            return self._fields.setdefault(name, Type({"type": "string"}, self.types))
        return super().field(name)

    def _inner(self, rule: Rule) -> Type:
        return _Custom(rule, self.types, pruned=self.pruned, whole=False)


def _kinds(rule: Rule) -> Iterator[str]:
    if rule.get("x-kubernetes-int-or-string") is True:
        yield from ("integer", "string")
        return
    said = rule.get("type")
    if said is None:
        choices = rule.get("oneOf") or rule.get("anyOf")
        listed = choices if isinstance(choices, list) else []
        inner = [choice.get("type") if isinstance(choice, Mapping) else None for choice in listed]
        said = [] if None in inner else [word for one in inner for word in (one if isinstance(one, list) else [one])]
    for word in said if isinstance(said, list) else [said]:
        if isinstance(word, str) and word != "null":
            yield word


def _below(owner: Type, name: str, path: tuple[str, ...]) -> Iterator[tuple[Type, tuple[str, ...]]]:
    """What a field leads to, unless it leads to its own type again."""
    inner = owner.field(name)
    step = name
    while inner is not None and (inner.items is not None or (inner.values is not None and not inner.names)):
        step += "[]" if inner.items is not None else ".*"
        inner = inner.items or inner.values
    if inner is not None and inner.names and inner is not owner and not _RECURSIVE.search(inner.name):
        yield inner, (*path, step)


_RECURSIVE = pattern(r"^JSONSchemaProps$|^ObjectMeta$")
