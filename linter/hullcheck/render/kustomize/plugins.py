"""`generators` and `transformers`: the built-in kinds are followed, programs are never run."""

from __future__ import annotations

from hullcheck.model.node import Mapping, Node, Scalar
from hullcheck.parse.embedded import embedded
from hullcheck.parse.kustomization import Layer, RefusedError, flag, sequence, text, text_map, texts
from hullcheck.render.kustomize import generate as generators
from hullcheck.render.kustomize import replace, transformers
from hullcheck.render.kustomize.fieldspecs import FieldSpec, field_spec
from hullcheck.render.kustomize.files import objects
from hullcheck.render.kustomize.loading import FileReader
from hullcheck.render.kustomize.resources import Resource
from hullcheck.render.kustomize.state import GENERATOR, State
from hullcheck.render.kustomize.transform import NamespaceRule, add_affix, add_words, set_namespace
from hullcheck.render.kustomize.tree import put
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.render.kustomize.build import Builder


def generate(
    own: Layer, state: State, builder: "Builder", stack: tuple[str, ...], reader: FileReader, shared: generators.Options
) -> None:
    """What `generators` make."""
    for resource in _configured(own, "generators", state, builder, stack):
        kind = resource.kind
        if resource.api_version == "builtin" and kind in ("ConfigMapGenerator", "SecretGenerator"):
            node = _without_head(resource.root)
            none = generators.options(None)
            made = generators.generated(node, kind.removesuffix("Generator"), none, reader, "generators")
            builder.absorb(made, state)
        else:
            message = f"what the generator `{kind}` makes isn't known"
            state.unknown(message, resource.root.location.one_line(), GENERATOR)


def transform(own: Layer, state: State, builder: "Builder", stack: tuple[str, ...]) -> None:
    """What `transformers` do, one after the other."""
    for resource in _configured(own, "transformers", state, builder, stack):
        known = resource.api_version == "builtin" and _run(resource, own, state, builder)
        if not known:
            message = f"what the transformer `{resource.kind}` does isn't known"
            state.unknown(message, resource.root.location.one_line(), GENERATOR, changes=True)


def _configured(own: Layer, field: str, state: State, builder: "Builder", stack: tuple[str, ...]) -> list[Resource]:
    """The objects that configure them: written in the kustomization, or in files and folders."""
    gathered = State(builder.work)
    paths = []
    for node in texts(own.node(field), field):
        roots, broken = embedded(node)
        if not broken and roots and all(isinstance(root, Mapping) for root in roots):
            for root in objects(roots):
                gathered.resources.append(Resource(root))
        elif node.text:
            paths.append(node)
    for node in paths:
        builder.add_resource(node, own, gathered, stack)
    state.files |= gathered.files
    state.sources |= gathered.sources
    state.problems += gathered.problems
    state.approximate = state.approximate or gathered.approximate
    if field == "transformers":
        state.uncertain = state.uncertain or gathered.approximate
    return list(gathered.resources)


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


def _run(resource: Resource, own: Layer, state: State, builder: "Builder") -> bool:
    root, kind = resource.root, resource.kind
    runner = _RUNNERS.get(kind)
    if runner is None:
        return False
    runner(root, own, state, builder)
    return True


def _specs(root: Mapping) -> tuple[FieldSpec, ...]:
    return tuple(field_spec(item) for item in sequence(root.get("fieldSpecs"), "fieldSpecs"))


def _namespace(root: Mapping, own: Layer, state: State, builder: "Builder") -> None:
    metadata = root.get("metadata")
    node = metadata.get("namespace") if isinstance(metadata, Mapping) else None
    if not isinstance(node, Scalar) or not node.text:
        return
    subjects = text(root.get("setRoleBindingSubjects"), "setRoleBindingSubjects") or "defaultOnly"
    if subjects not in ("defaultOnly", "allServiceAccounts", "none"):
        raise RefusedError(f"`{subjects}` is no way to set subjects", root.location.one_line())
    unset_only = flag(root.get("unsetOnly"), "unsetOnly")
    set_namespace(state.resources, NamespaceRule(node, _specs(root), "transformers", unset_only, subjects))


def _affix(root: Mapping, own: Layer, state: State, builder: "Builder") -> None:
    specs = _specs(root)
    if not specs:
        raise RefusedError("`fieldSpecs` must say what is renamed", root.location.one_line())
    for name in ("prefix", "suffix"):
        node = root.get(name)
        if isinstance(node, Scalar) and node.text:
            add_affix(state.resources, node, specs, prefix=name == "prefix", because="transformers")


def _hash(root: Mapping, own: Layer, state: State, builder: "Builder") -> None:
    for resource in state.resources:
        if resource.hashed:
            generators.add_hash(resource)
    state.resources.renamed()


def _labels(root: Mapping, own: Layer, state: State, builder: "Builder") -> None:
    words = text_map(root.get("labels"), "labels")
    if words:
        add_words(state.resources, words, _specs(root), "transformers")


def _annotations(root: Mapping, own: Layer, state: State, builder: "Builder") -> None:
    words = text_map(root.get("annotations"), "annotations")
    if words:
        add_words(state.resources, words, _specs(root), "transformers")


def _patch(root: Mapping, own: Layer, state: State, builder: "Builder") -> None:
    loader = transformers.Patches(own.folder, builder.files, state)
    loader.apply(loader.patch(_without_head_and_name(root), "transformers"))


def _json_patch(root: Mapping, own: Layer, state: State, builder: "Builder") -> None:
    loader = transformers.Patches(own.folder, builder.files, state)
    body = _without_head_and_name(root)
    written = body.get("jsonOp")
    if written is not None:
        kept = {name: entry for name, entry in body.entries().items() if name != "jsonOp"}
        body = put(body.with_entries(kept), "patch", written)
    loader.apply(loader.legacy_operations(body, "transformers"))


def _merges(root: Mapping, own: Layer, state: State, builder: "Builder") -> None:
    loader = transformers.Patches(own.folder, builder.files, state)
    nodes: list[Node] = list(sequence(root.get("paths"), "paths"))
    inline = root.get("patches")
    for node in [*nodes, *([inline] if isinstance(inline, Scalar) else [])]:
        loader.apply(loader.legacy_merge(node, "transformers"))


def _without_head_and_name(root: Mapping) -> Mapping:
    heads = ("apiVersion", "kind", "metadata")
    return root.with_entries({name: entry for name, entry in root.entries().items() if name not in heads})


def _replicas(root: Mapping, own: Layer, state: State, builder: "Builder") -> None:
    node = root.get("replica")
    if node is not None:
        config, state.config = state.config, state.config._replace(replicas=_specs(root))
        transformers.replicas(node, state, "transformers")
        state.config = config


def _images(root: Mapping, own: Layer, state: State, builder: "Builder") -> None:
    node = root.get("imageTag")
    if node is not None:
        state.image_names = None
        transformers.images(node, state, "transformers", _specs(root))


def _replacements(root: Mapping, own: Layer, state: State, builder: "Builder") -> None:
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
