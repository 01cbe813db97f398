"""`vars`: values of objects that stand for `$(NAME)` in the places where kustomize looks for it."""

from __future__ import annotations

from hullcheck.model.node import Mapping, Node, Scalar, Sequence
from hullcheck.parse.kustomization import RefusedError, struct, text
from hullcheck.render.kustomize.fieldspecs import FieldSpec
from hullcheck.render.kustomize.replace import DEFAULT_PATH, smart_path
from hullcheck.render.kustomize.resources import Gvk, Resource, Resources, gvk
from hullcheck.render.kustomize.scalars import is_null, kind_of, style_for, value_of
from hullcheck.render.kustomize.tree import change_at
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any


class Variable(NamedTuple):
    name: str
    gvk: Gvk
    object_name: str
    namespace: str
    path: str
    location: Location


def variable(node: Node) -> Variable:
    """An entry of `vars`."""
    fields = struct(node, "vars", "name objref fieldref")
    target = struct(fields.get("objref"), "objref", "apiVersion group version kind name namespace")
    words = {key: text(target.get(key), key) for key in ("apiVersion", "group", "version", "kind", "name", "namespace")}
    kind = Gvk(words["group"], words["version"], words["kind"])
    if words["apiVersion"]:
        kind = gvk(words["apiVersion"], words["kind"])
    field = struct(fields.get("fieldref"), "fieldref", "fieldPath")
    return Variable(
        text(fields.get("name"), "name"),
        kind,
        words["name"],
        words["namespace"],
        text(field.get("fieldPath"), "fieldPath") or DEFAULT_PATH,
        node.location.one_line(),
    )


def mark(resources: Resources, made: Variable) -> None:
    """Note the object that the variable reads, by what it is called in this layer."""
    found = []
    for resource in resources.named(made.object_name):
        for known in (*resource.former_ids, resource.id):
            if known.name != made.object_name or known.gvk != made.gvk:
                continue
            if not made.namespace or known.namespace == made.namespace:
                found.append(resource)
                break
    if len(found) > 1:
        raise RefusedError(f"the variable `{made.name}` may read several objects", made.location)
    for resource in found:
        resource.variables = (*resource.variables, made.name)


def resolve(resources: Resources, variables: dict[str, Variable], specs: tuple[FieldSpec, ...]) -> None:
    """Replace the variables everywhere."""
    values = {name: _value(resources, made) for name, made in sorted(variables.items())}
    if not values:
        return
    for resource in resources:
        _resolve_in(resource, values, specs)


def _value(resources: Resources, made: Variable) -> Scalar | None:
    """What it reads; None for a mapping or list, which is left alone."""
    for resource in resources:
        if made.name in resource.variables:
            node: Node | None = resource.root
            for part in _with_indices(smart_path(made.path)):
                node = _down(node, part)
            if node is None:
                raise RefusedError(f"`{made.path}` is missing in what `{made.name}` reads", made.location)
            return node if isinstance(node, Scalar) else None
    raise RefusedError(f"the variable `{made.name}` reads an object that isn't here", made.location)


def _with_indices(path: list[str]) -> list[str]:
    """The path with `containers[0]` taken apart."""
    parts = []
    for part in path:
        name, bracket, index = part.partition("[")
        if bracket and name and index.endswith("]") and index[:-1].isdecimal():
            parts += [name, index[:-1]]
        else:
            parts.append(part)
    return parts


def _down(node: Node | None, part: str) -> Node | None:
    if isinstance(node, Mapping):
        return node.get(part)
    if isinstance(node, Sequence):
        if part.isdecimal():
            return node.items[int(part)] if len(part) < 8 and int(part) < len(node.items) else None
        key, equals, value = part.strip("[]").partition("=")
        for item in node.items:
            found = item.get(key) if equals and isinstance(item, Mapping) else None
            if isinstance(found, Scalar) and found.text == value:
                return item
    return None


def _resolve_in(resource: Resource, values: dict[str, Scalar | None], specs: tuple[FieldSpec, ...]) -> None:
    own = resource.gvk

    def change(node: Node) -> Node:
        if is_null(node):
            return node
        if isinstance(node, Scalar):
            return _replaced(node, values)
        if isinstance(node, Mapping):
            entries = {}
            for name, (key, value) in node.entries().items():
                entries[name] = (key, _replaced(value, values) if isinstance(value, Scalar) else value)
            return node.with_entries(entries)
        assert isinstance(node, Sequence)
        for item in node.items:
            if not isinstance(item, Scalar) or kind_of(item) != "str":
                raise RefusedError("text is expected in this list", item.location.one_line())
        return node.with_items([_replaced(item, values) for item in node.items if isinstance(item, Scalar)])

    for spec in specs:
        if own.selected_by(spec.gvk):
            made = change_at(resource.root, spec.parts, change, None, resource.root)
            assert isinstance(made, Mapping)
            resource.node = made


def _replaced(node: Scalar, values: dict[str, Scalar | None]) -> Node:
    if kind_of(node) != "str" or "$" not in node.text:
        return node
    found = expand(node.text, values)
    if isinstance(found, Scalar):
        style = '"' if kind_of(found) == "str" and style_for(found.text) else ""
        return node.replaced(found.text, style, found, "vars")
    if found == node.text:
        return node
    return node.replaced(found, style_for(found), node, "vars")


def expand(text: str, values: dict[str, Scalar | None]) -> "str | Scalar":
    """The text with its variables' values; the value itself where the text is nothing else."""
    parts = []
    done = at = 0
    while at < len(text):
        if text[at] != "$" or at + 1 >= len(text):
            at += 1
            continue
        parts.append(text[done:at])
        following = text[at + 1]
        close = text.find(")", at + 2) if following == "(" else -1
        if close >= 0:
            name = text[at + 2 : close]
            value = values.get(name)
            if value is not None and at == 0 and close == len(text) - 1:
                return value
            parts.append(_shown(value) if value is not None else f"$({name})")
            done = close + 1
        else:
            parts.append("$" if following == "$" else f"${following}")
            done = at + 2
        at = done
    return "".join(parts) + text[done:]


def _shown(value: Scalar) -> str:
    typed: Any = value_of(value)
    return str(typed).lower() if isinstance(typed, bool) else value.text
