"""ConfigMaps and Secrets that a kustomization makes, and the hash of their content that ends their names."""

from __future__ import annotations

import json
import math
import posixpath
from collections.abc import Iterator

from hullcheck.model.node import Mapping, Node, Scalar
from hullcheck.parse.kustomization import RefusedError, flag, struct, text, text_map, texts
from hullcheck.render.kustomize.resources import Resource, word_at
from hullcheck.render.kustomize.scalars import data
from hullcheck.render.kustomize.tree import empty_mapping, put, word
from hullcheck.source import Source
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any, Protocol

FIELDS = "name namespace behavior literals files envs env options type"
_LINE = 70
_HASH = str.maketrans({"0": "g", "1": "h", "3": "k", "a": "m", "e": "t"})


class Reader(Protocol):
    """Reads a file that a kustomization names."""

    def content(self, name: Scalar) -> tuple[Source, bytes]: ...


class Options(NamedTuple):
    """What is put on generated objects."""

    labels: dict[str, tuple[Scalar, Scalar]]
    annotations: dict[str, tuple[Scalar, Scalar]]
    plain_name: bool
    immutable: bool


class _Pair(NamedTuple):
    key: str
    value: bytes
    by: Node  # the place of the value
    written: Source | None = None  # the file whose text it is


def options(node: Node | None) -> Options:
    """`generatorOptions`, or one generator's own."""
    fields = struct(node, "options", "labels annotations disableNameSuffixHash immutable")
    return Options(
        text_map(fields.get("labels"), "labels"),
        text_map(fields.get("annotations"), "annotations"),
        flag(fields.get("disableNameSuffixHash"), "disableNameSuffixHash"),
        flag(fields.get("immutable"), "immutable"),
    )


def generated(node: Node, kind: str, shared: Options, reader: Reader, because: str) -> Resource:
    """The ConfigMap or Secret that one entry makes."""
    what = "secretGenerator" if kind == "Secret" else "configMapGenerator"
    fields = struct(node, what, FIELDS)
    name = text(fields.get("name"), "name")
    if not name:
        raise RefusedError("a generator needs a name", node.location.one_line())
    own = options(fields.get("options"))
    made = _object(kind, fields, node, because)
    made = _with_data(made, _pairs(fields, reader), kind, because, name)
    made = _with_options(made, own, shared, node, because)
    resource = Resource(made)
    resource.hashed = not (own.plain_name or shared.plain_name)
    behavior = text(fields.get("behavior"), "behavior")
    resource.behavior = behavior if behavior in ("create", "replace", "merge") else "unspecified"
    return resource


def _object(kind: str, fields: dict[str, Node], node: Node, because: str) -> Mapping:
    made = empty_mapping(node)
    made.because = because
    made = put(made, "apiVersion", word("v1", node, because))
    made = put(made, "kind", word(kind, node, because))
    metadata = empty_mapping(node)
    for key in ("name", "namespace"):
        value = fields.get(key)
        if isinstance(value, Scalar) and value.text:
            metadata = put(metadata, key, word(value.text, value, because))
    made = put(made, "metadata", metadata)
    if kind == "Secret":
        written = fields.get("type")
        said = text(written, "type")
        made = put(made, "type", word(said or "Opaque", written if said and written else node, because))
    return made


def _pairs(fields: dict[str, Node], reader: Reader) -> Iterator[_Pair]:
    """Keys and values in kustomize's order: from env files, literals, then files."""
    for name in _env_files(fields):
        yield from _from_env(name, reader)
    for literal in texts(fields.get("literals"), "literals"):
        key, equals, value = literal.text.partition("=")
        if not equals or not key:
            raise RefusedError("a literal must be `key=value`", literal.location.one_line())
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        yield _Pair(key, value.encode("utf-8", "surrogatepass"), literal)
    for entry in texts(fields.get("files"), "files"):
        key, path = _file_source(entry)
        source, content = reader.content(entry.replaced(path, "", entry, ""))
        yield _Pair(key, content, entry, source)


def _env_files(fields: dict[str, Node]) -> Iterator[Scalar]:
    yield from texts(fields.get("envs"), "envs")
    single = fields.get("env")
    if text(single, "env") and isinstance(single, Scalar):
        yield single


def _file_source(entry: Scalar) -> tuple[str, str]:
    key, equals, path = entry.text.partition("=")
    if not equals:
        return posixpath.basename(entry.text.rstrip("/")) or entry.text, entry.text
    if not key or not path or "=" in path:
        raise RefusedError("a file must be `path` or `key=path`", entry.location.one_line())
    return key, path


def _from_env(name: Scalar, reader: Reader) -> Iterator[_Pair]:
    source, content = reader.content(name)
    offset = 0
    decoded = content.decode("utf-8", "replace")
    for line in decoded.removeprefix("\ufeff").split("\n"):
        start, offset = offset, offset + len(line) + 1
        stripped = line.removesuffix("\r").lstrip()
        if stripped and not stripped.startswith("#"):
            key, _, value = stripped.partition("=")
            place = Scalar(
                source, min(start, len(source.text)), min(start + len(line), len(source.text)), "", value, ""
            )
            yield _Pair(key, value.encode("utf-8", "surrogatepass"), place)


def _with_data(made: Mapping, pairs: Iterator[_Pair], kind: str, because: str, name: str) -> Mapping:
    found: dict[str, _Pair] = {}
    for pair in pairs:
        if pair.key in found:
            raise RefusedError(f"`{name}` has the key `{pair.key}` twice", pair.by.location.one_line())
        found[pair.key] = pair
    fields: dict[str, dict[str, tuple[Scalar, Node]]] = {"data": {}} if kind == "Secret" else {}
    for key, pair in sorted(found.items()):
        field, value = "data", _decoded(pair.value)
        if kind == "Secret" or value is None:
            field = "data" if kind == "Secret" else "binaryData"
            value = _base64(pair.value)
        scalar = Scalar(pair.by.source, pair.by.start, pair.by.end, "", value, '"')
        scalar.because = because
        if pair.written is not None and field == "data" and kind != "Secret" and value == pair.written.text:
            scalar.before = Scalar(pair.written, 0, len(value), "", value, "")
        fields.setdefault(field, {}).update(put(empty_mapping(made), key, scalar).entries())
    for field, entries in fields.items():
        made = put(made, field, empty_mapping(made).with_entries(entries))
    return made


def _decoded(content: bytes) -> str | None:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None


def _base64(content: bytes) -> str:
    from binascii import b2a_base64

    encoded = b2a_base64(content, newline=False).decode()
    lines = [encoded[at : at + _LINE] for at in range(0, len(encoded), _LINE)]
    return "".join(f"{line}\n" for line in lines) if len(encoded) >= _LINE else encoded


def _with_options(made: Mapping, own: Options, shared: Options, node: Node, because: str) -> Mapping:
    metadata = made.get("metadata")
    assert isinstance(metadata, Mapping)
    for name, mine, theirs in (
        ("labels", own.labels, shared.labels),
        ("annotations", own.annotations, shared.annotations),
    ):
        words = {**theirs, **mine}
        if words:
            inner = empty_mapping(node)
            for key, (written, value) in sorted(words.items()):
                entry = (written, word(value.text, value, because))
                inner = inner.with_entries({**inner.entries(), key: entry})
            metadata = put(metadata, name, inner)
    made = put(made, "metadata", metadata)
    if own.immutable or shared.immutable:
        true = Scalar(node.source, node.start, node.end, "", "true", "")
        true.because = because
        made = put(made, "immutable", true)
    return made


def absorbed(new: Resource, old: Resource) -> None:
    """The generated object in the place of the old one, with its name, and with `merge` its data, too."""
    metadata_old, metadata_new = old.root.get("metadata"), new.root.get("metadata")
    assert isinstance(metadata_old, Mapping)
    assert isinstance(metadata_new, Mapping)
    for name in ("labels", "annotations"):
        mine, theirs = metadata_new.get(name), metadata_old.get(name)
        entries = {**_entries(theirs), **_entries(mine)}
        if entries:
            metadata_new = put(metadata_new, name, empty_mapping(metadata_new).with_entries(entries))
    for name in ("name", "namespace"):
        value = metadata_old.get(name)
        if value is not None:
            metadata_new = put(metadata_new, name, value)
        elif name in metadata_new.entries():
            kept = {key: entry for key, entry in metadata_new.entries().items() if key != name}
            metadata_new = metadata_new.with_entries(kept)
    made = put(new.root, "metadata", metadata_new)
    if new.behavior == "merge":
        for field in ("data", "binaryData"):
            entries = {**_as_texts(_entries(old.root.get(field))), **_entries(made.get(field))}
            if entries:
                made = put(made, field, empty_mapping(made).with_entries(entries))
    new.node = made
    new.former, new.prefixes, new.suffixes = old.former, old.prefixes, old.suffixes
    new.variables, new.through = old.variables, old.through
    if new.behavior == "merge":
        new.origin = old.origin
    new.hashed = new.hashed and old.hashed
    new.behavior = old.behavior


def _as_texts(entries: dict[str, tuple[Scalar, Node]]) -> dict[str, tuple[Scalar, Node]]:
    """The entries with every value as text, whatever it was."""
    return {
        name: (key, value if isinstance(value, Scalar) and value.style else _as_text(value))
        for name, (key, value) in entries.items()
    }


def _as_text(node: Node) -> Scalar:
    return word(node.text if isinstance(node, Scalar) else "", node, node.because, node.before)


def _entries(node: Node | None) -> dict[str, tuple[Scalar, Node]]:
    return node.entries() if isinstance(node, Mapping) else {}


def add_hash(resource: Resource) -> None:
    """End the name with the hash of the content."""
    resource.remember()
    metadata = resource.root.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    if isinstance(name, Scalar):
        resource.set_metadata(
            "name", name.replaced(f"{name.text}-{content_hash(resource.root)}", name.style, name, name.because)
        )


def content_hash(root: Mapping) -> str:
    """Ten characters that stand for the content, as kustomize computes them."""
    kind = word_at(root, "kind")
    values: dict[str, Any] = {"kind": kind, "name": ""}
    if kind == "Secret":
        values["type"] = word_at(root, "type")
        optional = "stringData"
    else:
        optional = "binaryData"
    for name in ("data", optional):
        value = root.get(name)
        if isinstance(value, Mapping):
            values[name] = data(value)
        elif name == "data":
            values[name] = value.text if isinstance(value, Scalar) else ""
    from hullcheck.hashes import sha256  # asked for by few

    digest = sha256(go_json(values).encode("utf-8", "replace")).hexdigest()
    return digest[:10].translate(_HASH)


_ESCAPED = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


def go_json(value: Any) -> str:
    """JSON as Go writes it: keys sorted, no blanks, `<`, `>` and `&` escaped."""
    written = json.dumps(_go_numbers(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return written.translate(_ESCAPED)


def _go_numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _go_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_go_numbers(item) for item in value]
    if isinstance(value, float) and math.isfinite(value) and value.is_integer() and abs(value) < 1e21:
        return int(value)
    return value
