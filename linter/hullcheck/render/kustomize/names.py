"""References that follow an object to its new name: the last step of a build, when all names are known."""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.model.node import Mapping, Node, Scalar, Sequence
from hullcheck.parse.kustomization import RefusedError
from hullcheck.render.kustomize.fieldspecs import FieldSpec, Referrers
from hullcheck.render.kustomize.resources import NO_NAMESPACE, Gvk, Id, Resource, Resources, word_at
from hullcheck.render.kustomize.scalars import is_null
from hullcheck.render.kustomize.tree import change_at, is_field, overriding, put
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any


class _Target(NamedTuple):
    """An object that may be referred to; what it is called is looked up once."""

    resource: Resource
    id: Id
    former: tuple[Id, ...]
    written_namespace: str
    name_node: Node


def follow_names(resources: Resources, references: tuple[Referrers, ...]) -> None:
    """Rewrite every reference to an object that was renamed in this build."""
    finder = _Finder(resources)
    if not finder.by_name:
        return
    specs = _by_kind(references)
    places: dict[str, _Places] = {}
    for resource in resources:
        first = resource.first_id.gvk
        if first.kind not in places:
            places[first.kind] = _Places([*specs.get(first.kind, ()), *specs.get("", ())])
        for field, target in places[first.kind].there(resource.root):
            if first.selected_by(field.gvk):
                _Reference(finder, resource, field, target).follow()


def _by_kind(references: tuple[Referrers, ...]) -> dict[str, list[tuple[FieldSpec, Gvk]]]:
    """The places by the kind that has them, in the order of the kinds that they name."""
    found: dict[str, list[tuple[FieldSpec, Gvk]]] = {}
    for referrers in references:
        for field in referrers.fields:
            found.setdefault(field.gvk.kind, []).append((field, referrers.gvk))
    return found


class _Places:
    """The places of a kind that may name another object, in order, with the ways to them: most objects have few.

    A way is a mapping of names to the ways from there; the numbers of the places that it ends at stand under "".
    """

    def __init__(self, listed: list[tuple[FieldSpec, Gvk]]) -> None:
        self.listed = listed
        self.always: list[int] = []
        self.ways: dict[str, Any] = {}
        for number, (field, _) in enumerate(listed):
            names = [part.removesuffix("[]") for part in field.parts]
            if not all(map(is_field, names)):
                self.always.append(number)  # to follow it says what is wrong with it
                continue
            way = self.ways
            for name in names:
                way = way.setdefault(name, {})
            way.setdefault("", []).append(number)

    def there(self, root: Mapping) -> Iterator[tuple[FieldSpec, Gvk]]:
        """The places that an object has, or in the way of which something stands that isn't meant to."""
        found = set(self.always)
        pending: list[tuple[Node, dict[str, Any]]] = [(root, self.ways)]
        while pending:
            node, way = pending.pop()
            found.update(way.get("", ()))
            if isinstance(node, Mapping):
                inner = ((node.get(name), further) for name, further in way.items() if name)
                pending += [(field, further) for field, further in inner if field is not None]
            elif isinstance(node, Sequence):
                pending += [(item, way) for item in node.items]
            else:
                found.update(_all_of(way))
        return (self.listed[number] for number in sorted(found))


def _all_of(way: dict[str, Any]) -> Iterator[int]:
    for name, further in way.items():
        yield from _all_of(further) if name else further


class _Finder:
    """The objects that had another name or place before, by that name."""

    def __init__(self, resources: Resources) -> None:
        self.by_name: dict[str, list[_Target]] = {}
        for resource in resources:
            if resource.former:
                metadata = resource.root.get("metadata")
                node = metadata.get("name") if isinstance(metadata, Mapping) else None
                target = _Target(
                    resource, resource.id, tuple(resource.former_ids), resource.namespace, node or resource.root
                )
                for name in dict.fromkeys(former.name for former in target.former):
                    self.by_name.setdefault(name, []).append(target)
        self._first: dict[tuple[str, str], set[str]] = {}
        for resource in resources:
            first, now = resource.first_id.namespace, resource.effective_namespace
            for key in (("", ""), ("now", now), ("written", resource.namespace)):
                self._first.setdefault(key, set()).add(first)

    def first_namespaces(self, own: str, accounts: set[str]) -> set[str]:
        """The first namespaces of what an object of that namespace may refer to."""
        if own == NO_NAMESPACE:
            return self._first.get(("", ""), set())
        keys = [("now", own), ("now", NO_NAMESPACE), *(("written", account) for account in accounts)]
        return set().union(*(self._first.get(key, set()) for key in keys))


class _Reference:
    """One place of one object that may name another."""

    def __init__(self, finder: _Finder, referrer: Resource, field: FieldSpec, target: Gvk) -> None:
        self.finder = finder
        self.referrer = referrer
        self.field = field
        self.target = target
        self.own = referrer.id

    def follow(self) -> None:
        made = change_at(self.referrer.root, self.field.parts, self._changed, None, self.referrer.root)
        assert isinstance(made, Mapping)
        self.referrer.node = made

    def _changed(self, node: Node) -> Node:
        if is_null(node):
            return node
        if isinstance(node, Scalar):
            return self._scalar(node)
        if isinstance(node, Mapping):
            return self._mapping(node)
        assert isinstance(node, Sequence)
        items = [self._element(item) for item in node.items]
        return node if all(a is b for a, b in zip(items, node.items, strict=True)) else node.with_items(items)

    def _element(self, node: Node) -> Node:
        if is_null(node) or isinstance(node, (Scalar, Mapping)):
            return self._changed(node)
        raise RefusedError("a name is expected here", node.location.one_line())

    def _scalar(self, node: Scalar) -> Node:
        found = self._find(node.text, None)
        return node if found is None or found.id.name == node.text else _renamed(node, found)

    def _mapping(self, node: Mapping) -> Node:
        """A reference with a namespace of its own, which follows, too."""
        name = node.get("name")
        if name is None:
            raise RefusedError("there is no `name` here, though a reference is expected", node.location.one_line())
        text = name.text if isinstance(name, Scalar) else ""
        found = self._find(text, node)
        if found is None or (found.id.name == text and not found.written_namespace):
            return node
        made = node if found.id.name == text else put(node, "name", _renamed(name, found))
        if not found.written_namespace:
            return made
        old = made.get("namespace")
        if isinstance(old, Scalar) and old.text == found.written_namespace:
            return made
        return put(made, "namespace", _placed(found, old))

    def _find(self, name: str, node: Mapping | None) -> _Target | None:
        """The object that is meant, or None if there is none or it wasn't renamed."""
        found = [t for t in self.finder.by_name.get(name, ()) if self._may_be(t, name)]
        if node is not None:
            found = self._in_namespace(found, node)
        if len(found) == 1:
            return found[0]
        found = [t for t in found if _same_affixes(t.resource, self.referrer, either_empty=True)]
        if len(found) > 1:
            found = [t for t in found if _same_affixes(t.resource, self.referrer, either_empty=False)]
        if len(found) > 1:
            names = {(t.id.name, t.written_namespace if node is not None else "") for t in found}
            if len(names) > 1:
                raise RefusedError(f"`{name}` may mean several objects", self.referrer.root.location.one_line())
        return found[0] if found else None

    def _may_be(self, target: _Target, name: str) -> bool:
        if not any(i.gvk.selected_by(self.target) for i in target.former):
            return False
        return self._fits_role(target) and self._reachable(target)

    def _fits_role(self, target: _Target) -> bool:
        if not self.field.path.endswith("roleRef/name"):
            return True
        role = self.referrer.root.get("roleRef")
        if not isinstance(role, Mapping) or role.get("apiGroup") is None or role.get("kind") is None:
            return True
        wanted = Gvk(word_at(role, "apiGroup"), "", word_at(role, "kind"))
        return any(i.gvk.selected_by(wanted) for i in target.former)

    def _reachable(self, target: _Target) -> bool:
        """Namespaces keep objects apart, but for those outside of any and for the accounts of a RoleBinding."""
        if NO_NAMESPACE in (self.own.namespace, target.id.namespace):
            return True
        if target.id.namespace == self.own.namespace:
            return True
        return target.id.gvk.kind == "ServiceAccount" and target.written_namespace in self._subject_namespaces()

    def _subject_namespaces(self) -> set[str]:
        if self.own.gvk.kind != "RoleBinding":
            return set()
        subjects = self.referrer.root.get("subjects")
        found = subjects.items if isinstance(subjects, Sequence) else []
        return {word_at(s, "namespace") for s in found if word_at(s, "kind") == "ServiceAccount"}

    def _in_namespace(self, found: list[_Target], node: Mapping) -> list[_Target]:
        """Those whose first, else whose present namespace is the one that the reference says."""
        said = node.get("namespace")
        if said is None:
            return found
        wanted = said.text if isinstance(said, Scalar) else ""
        if self._any_in(wanted):
            return [t for t in found if t.former[0].namespace == wanted]
        return [t for t in found if t.id.namespace == wanted]

    def _any_in(self, namespace: str) -> bool:
        """Was any object that may be referred to first in that namespace?"""
        return namespace in self.finder.first_namespaces(self.own.namespace, self._subject_namespaces())


def _renamed(node: Node, target: _Target) -> Node:
    by = target.name_node
    made = Scalar(by.source, by.start, by.end, "", target.id.name, "")
    made.because = by.because
    return overriding(made, node)


def _placed(target: _Target, old: Node | None) -> Node:
    metadata = target.resource.root.get("metadata")
    by = metadata.get("namespace") if isinstance(metadata, Mapping) else None
    by = by or target.name_node
    made = Scalar(by.source, by.start, by.end, "", target.written_namespace, "")
    made.because, made.before = by.because, old
    return made


def _same_affixes(one: Resource, other: Resource, *, either_empty: bool) -> bool:
    for mine, theirs in ((one.prefixes, other.prefixes), (one.suffixes, other.suffixes)):
        if either_empty and not (mine and theirs):
            continue
        if not _same_ending(mine, theirs):
            return False
    return True


def _same_ending(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    count = min(len(one), len(other))
    return one[-count:] == other[-count:] if count else len(one) == len(other)
