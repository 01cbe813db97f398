"""Replacements: a value of one object, or a given one, written into fields of others."""

from __future__ import annotations

from collections.abc import Callable

from hullcheck.model.node import Mapping, Node, Scalar, Sequence
from hullcheck.parse.kustomization import RefusedError, UnknownError, flag, number, sequence, struct, text, texts
from hullcheck.render.kustomize.embedded import document, rewritten
from hullcheck.render.kustomize.pattern import PatternError, compiled
from hullcheck.render.kustomize.resources import Gvk, Resource, Resources
from hullcheck.render.kustomize.scalars import is_null, kind_of, style_for
from hullcheck.render.kustomize.selectors import Selector, selector
from hullcheck.render.kustomize.tree import empty_mapping, empty_sequence, put, split_path
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple

DEFAULT_PATH = "metadata.name"

STEPS = 50
"""What it costs to write a value into an object."""

_Set = Callable[[Node], Node]


class FieldOptions(NamedTuple):
    delimiter: str = ""
    part: int = 0
    create: bool = False


class SourceField(NamedTuple):
    """Where the value is read: exactly one object, by plain words."""

    gvk: Gvk
    name: str
    namespace: str
    path: str
    options: FieldOptions
    location: Location


class TargetField(NamedTuple):
    """Where the value is written."""

    select: Selector
    reject: tuple[Selector, ...]
    paths: tuple[str, ...]
    options: FieldOptions
    location: Location


class Replacement(NamedTuple):
    source: SourceField | None
    value: Scalar | None
    targets: tuple[TargetField, ...]
    because: str
    location: Location


def replacement(node: Node, because: str) -> Replacement:
    """One replacement as written."""
    fields = struct(node, "replacements", "source sourceValue targets path")
    value = fields.get("sourceValue")
    text(value, "sourceValue")
    source = fields.get("source")
    place = node.location.one_line()
    if (source is None) == (value is None) or "targets" not in fields:
        raise RefusedError("a replacement needs one source and at least one target", place)
    return Replacement(
        _source(source) if source is not None else None,
        value if isinstance(value, Scalar) else None,
        tuple(_target(item) for item in sequence(fields["targets"], "targets")),
        because,
        place,
    )


def _source(node: Node) -> SourceField:
    fields = struct(node, "source", "group version kind name namespace fieldPath options")
    words = {key: text(fields.get(key), key) for key in ("group", "version", "kind", "name", "namespace", "fieldPath")}
    return SourceField(
        Gvk(words["group"], words["version"], words["kind"]),
        words["name"],
        words["namespace"],
        words["fieldPath"] or DEFAULT_PATH,
        _options(fields.get("options")),
        node.location.one_line(),
    )


def _target(node: Node) -> TargetField:
    fields = struct(node, "targets", "select reject fieldPaths options")
    if "select" not in fields:
        raise RefusedError("a target must select objects", node.location.one_line())
    return TargetField(
        selector(fields["select"], "select"),
        tuple(selector(item, "reject") for item in sequence(fields.get("reject"), "reject")),
        tuple(item.text for item in texts(fields.get("fieldPaths"), "fieldPaths")) or (DEFAULT_PATH,),
        _options(fields.get("options")),
        node.location.one_line(),
    )


def _options(node: Node | None) -> FieldOptions:
    fields = struct(node, "options", "delimiter index create")
    return FieldOptions(
        text(fields.get("delimiter"), "delimiter"),
        number(fields.get("index"), "index"),
        flag(fields.get("create"), "create"),
    )


def apply(resources: Resources, made: Replacement, *, complete: bool) -> None:
    """Write the value into its targets; where the objects aren't `complete`, a missing source changes nothing."""
    value = made.value if made.value is not None else _read(resources, made, complete=complete)
    if value is None:
        return
    for target in made.targets:
        candidates = resources.maybe_named(target.select.name)
        resources.work.spend(len(candidates), target.location)
        for resource in candidates:
            if resource.node is not None and _is_target(resource, target):
                resources.work.spend(STEPS * len(target.paths), target.location)
                called = resource.id
                for path in target.paths:
                    _write(resource, value, path, target, made.because)
                    resource.spread()
                if resource.id != called:
                    resources.renamed()


def _read(resources: Resources, made: Replacement, *, complete: bool) -> Node | None:
    source = made.source
    assert source is not None
    candidates = resources.named(source.name) if source.name else resources.items
    resources.work.spend(len(candidates), source.location)
    found = [r for r in candidates if r.node is not None and _is_source(r, source)]
    if not found and not complete:
        return None
    if len(found) != 1:
        what = "selects more than one object" if found else "selects nothing"
        raise RefusedError(f"the source of this replacement {what}", source.location)
    node = _lookup(found[0].root, smart_path(source.path), source.location)
    if node is None or _is_nothing(node):
        raise RefusedError(f"`{source.path}` is missing in the source of this replacement", source.location)
    return _part(node, source)


def _is_nothing(node: Node) -> bool:
    if isinstance(node, Scalar):
        return is_null(node)
    return not (node.items if isinstance(node, Sequence) else node.entries() if isinstance(node, Mapping) else ())


def _part(node: Node, source: SourceField) -> Node:
    options = source.options
    if not options.delimiter:
        return node
    if not isinstance(node, Scalar):
        raise RefusedError("a delimiter can only be used with a plain value", source.location)
    parts = node.text.split(options.delimiter)
    if not 0 <= options.part < len(parts):
        raise RefusedError(f"there is no part {options.part} in `{node.text[:80]}`", source.location)
    return _scalar_like(node, parts[options.part])


def _scalar_like(node: Scalar, new: str) -> Scalar:
    """The scalar with other text, of the same type."""
    style = node.style or (style_for(new) if kind_of(node) == "str" else "")
    made = Scalar(node.source, node.start, node.end, "", new, style)
    made.because, made.before = node.because, node.before
    return made


def _written_ids(resource: Resource) -> list[tuple[Gvk, str, str]]:
    """What it is and was called, with its namespace as written now, and the effective ones of before."""
    now = (resource.gvk, resource.name, resource.namespace)
    return [now, *((i.gvk, i.name, i.namespace) for i in resource.former_ids)]


def _is_source(resource: Resource, source: SourceField) -> bool:
    wanted = source.namespace
    return any(
        (not source.name or source.name == name)
        and (not wanted or wanted == (namespace or "default"))
        and gvk.selected_by(source.gvk)
        for gvk, name, namespace in _written_ids(resource)
    )


def _is_target(resource: Resource, target: TargetField) -> bool:
    if not target.select.fits_words(resource):
        return False
    ids = _written_ids(resource)
    for reject in target.reject:
        if (reject.labels or reject.annotations) and reject.fits_words(resource):
            return False
        if reject.by_name and any(reject.fits(*names) for names in ids):
            return False
    return any(target.select.fits(*names) for names in ids)


def smart_path(path: str) -> list[str]:
    """The parts of a path with dots; those in brackets stay together, and lose them unless they hold a `=`."""
    parts: list[str] = []
    split = split_path(path, ".")
    at = 0
    while at < len(split):
        part = split[at]
        if part.startswith("[") and not part.endswith("]"):
            end = next((n for n in range(at + 1, len(split)) if split[n].endswith("]")), len(split) - 1)
            joined = ".".join(split[at : end + 1])
            parts.append(joined if "=" in joined else joined.strip("[]"))
            at = end
        else:
            parts.append(part)
        at += 1
    return parts


def _is_index(part: str) -> bool:
    return part.isdecimal() and len(part) < 8


def _is_match(part: str) -> bool:
    return part.startswith("[") and part.endswith("]")


def _key_and_value(part: str, place: Location) -> tuple[str, str]:
    key, equals, value = part[1:-1].partition("=")
    if not equals:
        raise RefusedError(f"`{part}` must be `[key=value]`", place)
    return key, value


def _lookup(node: Node | None, path: list[str], place: Location) -> Node | None:
    """The node down a path that names one place."""
    for part in (word.strip() for word in path if word.strip()):
        if node is None or is_null(node):
            return None
        if _is_index(part) or part == "-":
            if not isinstance(node, Sequence):
                raise RefusedError(f"`{part}` is for lists", place)
            index = len(node.items) - 1 if part == "-" else int(part)
            node = node.items[index] if 0 <= index < len(node.items) else None
        elif part == "*":
            raise RefusedError("`*` can't be used in a source", place)
        elif _is_match(part):
            node = _first_match(node, *_key_and_value(part, place))
        elif isinstance(node, Mapping):
            node = node.get(part)
        else:
            raise RefusedError(f"`{part}` is for mappings", place)
    return node


def _first_match(node: Node, key: str, value: str) -> Node | None:
    for item in node.items if isinstance(node, Sequence) else ():
        found = item.get(key) if key and isinstance(item, Mapping) else item if not key else None
        if isinstance(found, Scalar) and found.text == value:
            return item
    return None


def _write(resource: Resource, value: Node, path: str, target: TargetField, because: str) -> None:
    parts = smart_path(path)
    inside = _in_text(resource.root, parts, value, target, because)
    if inside is not None:
        resource.node = inside
        return
    writer = _Writer(value, target, because)
    made = writer.at(resource.root, parts)
    if not writer.count:
        raise RefusedError(f"`{path}` is missing in {resource.id}", target.location)
    assert isinstance(made, Mapping)
    resource.node = made


class _Writer:
    """Writes a value in every place that a path means, and counts them."""

    def __init__(self, value: Node, target: TargetField, because: str) -> None:
        self.value = value
        self.target = target
        self.because = because
        self.count = 0

    def at(self, node: Node, path: list[str]) -> Node:
        if not path:
            self.count += 1
            return self._set(node)
        part, rest = path[0], path[1:]
        if _is_index(part):
            return self._index(node, int(part), rest)
        if _is_match(part):
            return self._match(node, part, rest)
        if part == "*":
            return self._each(node, rest, lambda item: True)
        return self._field(node, part, rest)

    def _field(self, node: Node, part: str, rest: list[str]) -> Node:
        if is_null(node):
            return node
        if not isinstance(node, Mapping):
            raise RefusedError(f"`{part}` is for mappings", self.target.location)
        field = node.get(part)
        if field is None:
            if not self.target.options.create:
                return node
            field = self._made(rest[0] if rest else "")
        if isinstance(field, Scalar) and rest and not is_null(field):
            self.count += 1  # kustomize looks into the text, and writes nothing
            return node
        return put(node, part, self.at(field, rest))

    def _made(self, following: str) -> Node:
        """What is created before the next part: a list, a mapping, or the value's own kind."""
        by = self.target.select
        place = Mapping(by.location.source, by.location.start, by.location.end, "", False)
        if _is_match(following) or _is_index(following):
            return empty_sequence(place)
        if following or isinstance(self.value, Mapping):
            return empty_mapping(place)
        if isinstance(self.value, Sequence):
            return empty_sequence(place)
        return Scalar(place.source, place.start, place.end, "!!new", "", "")

    def _items(self, node: Node, part: str) -> list[Node]:
        if is_null(node):
            return []
        if not isinstance(node, Sequence):
            raise RefusedError(f"`{part}` is for lists", self.target.location)
        return list(node.items)

    def _index(self, node: Node, index: int, rest: list[str]) -> Node:
        items = self._items(node, str(index))
        if index == len(items) and self.target.options.create:
            items.append(self._made(rest[0] if rest else ""))
        if index >= len(items):
            raise RefusedError(f"there are only {len(items)} elements, and {index} is asked for", self.target.location)
        items[index] = self.at(items[index], rest)
        return node.with_items(items) if isinstance(node, Sequence) else node

    def _match(self, node: Node, part: str, rest: list[str]) -> Node:
        key, value = _key_and_value(part, self.target.location)
        if not key:
            rest = []
        fits = self._fits(key, value)
        before = self.count
        made = self._each(node, rest, fits)
        if self.count > before or not self.target.options.create or not isinstance(node, Sequence):
            return made
        if not any(map(fits, node.items)):
            node = node.with_items([*node.items, self._new_element(key, value)])
        made = self._each(node, rest, fits)
        if self.count == before:
            raise RefusedError(f"no element can be made for `{part}`", self.target.location)
        return made

    def _new_element(self, key: str, value: str) -> Node:
        scalar = Scalar(self.value.source, self.value.start, self.value.end, "", value, "")
        return put(empty_mapping(self.value), key, scalar) if key else scalar

    def _fits(self, key: str, value: str) -> Callable[[Node], bool]:
        try:
            pattern = compiled(value)
        except PatternError as error:
            raise UnknownError(f"the pattern `{value}` isn't followed: {error}", self.target.location) from None

        def fits(item: Node) -> bool:
            found = item if not key else item.get(key) if isinstance(item, Mapping) else None
            return isinstance(found, Scalar) and pattern.search(found.text.strip())

        return fits

    def _each(self, node: Node, rest: list[str], fits: Callable[[Node], bool]) -> Node:
        items = [self.at(item, rest) if fits(item) else item for item in self._items(node, "*")]
        if not isinstance(node, Sequence) or all(a is b for a, b in zip(items, node.items, strict=True)):
            return node
        return node.with_items(items)

    def _set(self, old: Node) -> Node:
        value, options = self.value, self.target.options
        if options.delimiter:
            if not isinstance(old, Scalar):
                raise RefusedError("a delimiter can only be used with a plain value", self.target.location)
            parts = old.text.split(options.delimiter)
            word = value.text if isinstance(value, Scalar) else ""
            if options.part < 0:
                parts.insert(0, word)
            elif options.part >= len(parts):
                parts.append(word)
            else:
                parts[options.part] = word
            return self._text(old, options.delimiter.join(parts))
        if isinstance(old, Scalar):
            if not isinstance(value, Scalar):
                return self._text(old, "")
            return self._text(old, value.text)
        return self._copied(value, old)

    def _text(self, old: Scalar, new: str) -> Scalar:
        """Only the text is taken over: the type stays what the field had, unless it was just made."""
        if old.tag == "!!new" or is_null(old):
            style = ""
        elif kind_of(old) == "str":
            style = old.style or style_for(new)
        else:
            style = ""
        made = Scalar(self.value.source, self.value.start, self.value.end, "", new, style)
        made.because = self.because
        made.before = None if old.tag == "!!new" else old
        return made

    def _copied(self, value: Node, old: Node) -> Node:
        made: Node
        if isinstance(value, Mapping):
            made = value.with_entries(value.entries())
        elif isinstance(value, Sequence):
            made = value.with_items(value.items)
        else:
            assert isinstance(value, Scalar)
            made = _scalar_like(value, value.text)
        made.because, made.before = self.because, old
        return made


def _in_text(root: Mapping, parts: list[str], value: Node, target: TargetField, because: str) -> Mapping | None:
    """The object with the value written into JSON or YAML that is itself the text of a field; None if it is none."""
    for length in range(1, len(parts)):
        try:
            field = _lookup(root, parts[:length], target.location)
        except RefusedError:
            return None
        if isinstance(field, Scalar) and not is_null(field):
            new = _rewritten(field, parts[length:], value, target)
            if new is None:
                return None
            made = Scalar(value.source, value.start, value.end, "", new, field.style or style_for(new))
            made.because, made.before = because, field
            changed = _put_down(root, parts[:length], made, target.location)
            return changed if isinstance(changed, Mapping) else None
    return None


def _rewritten(field: Scalar, path: list[str], value: Node, target: TargetField) -> str | None:
    """The text with the value put in, or None if the path leads nowhere in it."""
    root = document(field)
    if root is None:
        return None
    writer = _Writer(value, target._replace(options=FieldOptions(create=target.options.create)), "")
    try:
        made = writer.at(root, path)
    except RefusedError:
        return None
    return rewritten(field.text, root, made) if writer.count else None


def _put_down(node: Node, path: list[str], new: Node, place: Location) -> Node:
    """The tree with the new node in the place that the path names, which is there."""
    if not path:
        return new
    if isinstance(node, Mapping):
        inner = node.get(path[0])
        assert inner is not None
        return put(node, path[0], _put_down(inner, path[1:], new, place))
    assert isinstance(node, Sequence)
    wanted = _lookup(node, path[:1], place)
    return node.with_items([_put_down(i, path[1:], new, place) if i is wanted else i for i in node.items])
