"""`generators` and `transformers`: the built-in kinds are followed, programs are never run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hullcheck.model.node import Mapping, Node, Scalar
from hullcheck.parse.embedded import embedded
from hullcheck.parse.kustomization import Layer, RefusedError, flag, sequence, text, text_map, texts
from hullcheck.render.kustomize import generate as generators
from hullcheck.render.kustomize import replace, transformers
from hullcheck.render.kustomize.fieldspecs import FieldSpec, field_spec
from hullcheck.render.kustomize.files import Files, objects
from hullcheck.render.kustomize.loading import FileReader
from hullcheck.render.kustomize.resources import Resource
from hullcheck.render.kustomize.state import GENERATOR, State
from hullcheck.render.kustomize.transform import NamespaceRule, add_affix, add_words, set_namespace
from hullcheck.render.kustomize.tree import put


def written(own: Layer, field: str) -> tuple[list[Mapping], list[Scalar]]:
    """What `generators` or `transformers` say: objects that are written there, and the files and folders of others."""
    found: list[Mapping] = []
    paths = []
    for node in texts(own.node(field), field):
        roots, broken = embedded(node)
        if not broken and roots and all(isinstance(root, Mapping) for root in roots):
            found += objects(roots)
        elif node.text:
            paths.append(node)
    return found, paths


def generated(configured: Iterable[Resource], state: State, reader: FileReader) -> Iterator[Resource]:
    """What `generators` make, each when the one before is there."""
    for resource in configured:
        kind = resource.kind
        if resource.api_version == "builtin" and kind in ("ConfigMapGenerator", "SecretGenerator"):
            node = _without_head(resource.root)
            none = generators.options(None)
            yield generators.generated(node, kind.removesuffix("Generator"), none, reader, "generators")
        else:
            message = f"what the generator `{kind}` makes isn't known"
            state.unknown(message, resource.root.location.one_line(), GENERATOR)


def transform(configured: Iterable[Resource], own: Layer, state: State, files: Files) -> None:
    """What `transformers` do, one after the other."""
    for resource in configured:
        known = resource.api_version == "builtin" and _run(resource, own, state, files)
        if not known:
            message = f"what the transformer `{resource.kind}` does isn't known"
            state.unknown(message, resource.root.location.one_line(), GENERATOR, changes=True)


def _without_head(root: Mapping) -> Mapping:
    """A plugin's configuration as the field of a kustomization would have it."""
    entries = root.entries()
    kept = {name: entry for name, entry in entries.items() if name not in ("apiVersion", "kind", "metadata")}
    made = root.with_entries(kept)
    metadata = root.get("metadata")
    for name in ("name", "namespace"):
        value = metadata.get(name) if isinstance(metadata, Mapping) else None
        if value is not None and name not in kept:
            made = put(made, name, value)
    return made


def _run(resource: Resource, own: Layer, state: State, files: Files) -> bool:
    root, kind = resource.root, resource.kind
    runner = _RUNNERS.get(kind)
    if runner is None:
        return False
    runner(root, own, state, files)
    return True


def _specs(root: Mapping) -> tuple[FieldSpec, ...]:
    return tuple(field_spec(item) for item in sequence(root.get("fieldSpecs"), "fieldSpecs"))


def _namespace(root: Mapping, own: Layer, state: State, files: Files) -> None:
    metadata = root.get("metadata")
    node = metadata.get("namespace") if isinstance(metadata, Mapping) else None
    if not isinstance(node, Scalar) or not node.text:
        return
    subjects = text(root.get("setRoleBindingSubjects"), "setRoleBindingSubjects") or "defaultOnly"
    if subjects not in ("defaultOnly", "allServiceAccounts", "none"):
        raise RefusedError(f"`{subjects}` is no way to set subjects", root.location.one_line())
    unset_only = flag(root.get("unsetOnly"), "unsetOnly")
    set_namespace(state.resources, NamespaceRule(node, _specs(root), "transformers", unset_only, subjects))


def _affix(root: Mapping, own: Layer, state: State, files: Files) -> None:
    specs = _specs(root)
    if not specs:
        raise RefusedError("`fieldSpecs` must say what is renamed", root.location.one_line())
    for name in ("prefix", "suffix"):
        node = root.get(name)
        if isinstance(node, Scalar) and node.text:
            add_affix(state.resources, node, specs, prefix=name == "prefix", because="transformers")


def _hash(root: Mapping, own: Layer, state: State, files: Files) -> None:
    for resource in state.resources:
        if resource.hashed:
            generators.add_hash(resource)
    state.resources.renamed()


def _labels(root: Mapping, own: Layer, state: State, files: Files) -> None:
    words = text_map(root.get("labels"), "labels")
    if words:
        add_words(state.resources, words, _specs(root), "transformers")


def _annotations(root: Mapping, own: Layer, state: State, files: Files) -> None:
    words = text_map(root.get("annotations"), "annotations")
    if words:
        add_words(state.resources, words, _specs(root), "transformers")


def _patch(root: Mapping, own: Layer, state: State, files: Files) -> None:
    loader = transformers.Patches(own.folder, files, state)
    loader.apply(loader.patch(_without_head_and_name(root), "transformers"))


def _json_patch(root: Mapping, own: Layer, state: State, files: Files) -> None:
    loader = transformers.Patches(own.folder, files, state)
    body = _without_head_and_name(root)
    written = body.get("jsonOp")
    if written is not None:
        kept = {name: entry for name, entry in body.entries().items() if name != "jsonOp"}
        body = put(body.with_entries(kept), "patch", written)
    loader.apply(loader.legacy_operations(body, "transformers"))


def _merges(root: Mapping, own: Layer, state: State, files: Files) -> None:
    loader = transformers.Patches(own.folder, files, state)
    nodes: list[Node] = list(sequence(root.get("paths"), "paths"))
    inline = root.get("patches")
    for node in [*nodes, *([inline] if isinstance(inline, Scalar) else [])]:
        loader.apply(loader.legacy_merge(node, "transformers"))


def _without_head_and_name(root: Mapping) -> Mapping:
    heads = ("apiVersion", "kind", "metadata")
    return root.with_entries({name: entry for name, entry in root.entries().items() if name not in heads})


def _replicas(root: Mapping, own: Layer, state: State, files: Files) -> None:
    node = root.get("replica")
    if node is not None:
        config, state.config = state.config, state.config._replace(replicas=_specs(root))
        transformers.replicas(node, state, "transformers")
        state.config = config


def _images(root: Mapping, own: Layer, state: State, files: Files) -> None:
    node = root.get("imageTag")
    if node is not None:
        state.image_names = None
        transformers.images(node, state, "transformers", _specs(root))


def _replacements(root: Mapping, own: Layer, state: State, files: Files) -> None:
    for node in sequence(root.get("replacements"), "replacements"):
        replace.apply(state.resources, replace.replacement(node, "transformers"), complete=state.complete)


_RUNNERS = {
    "NamespaceTransformer": _namespace,
    "PrefixTransformer": _affix,
    "SuffixTransformer": _affix,
    "PrefixSuffixTransformer": _affix,
    "HashTransformer": _hash,
    "LabelTransformer": _labels,
    "AnnotationsTransformer": _annotations,
    "PatchTransformer": _patch,
    "PatchJson6902Transformer": _json_patch,
    "PatchStrategicMergeTransformer": _merges,
    "ReplicaCountTransformer": _replicas,
    "ImageTagTransformer": _images,
    "ReplacementTransformer": _replacements,
}
