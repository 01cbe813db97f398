"""A kustomization's own transformers, in kustomize's order, whatever theirs in the file is."""

from __future__ import annotations

import json

from hullcheck.model.node import Mapping, Node, Scalar, Sequence
from hullcheck.parse.kustomization import Layer, RefusedError, flag, number, sequence, struct, text, text_map
from hullcheck.render.kustomize import replace
from hullcheck.render.kustomize.fieldspecs import FieldSpec, field_spec, with_all, with_one
from hullcheck.render.kustomize.files import Files, objects
from hullcheck.render.kustomize.jsonpatch import Operation, levelled, operations
from hullcheck.render.kustomize.loading import MissingError, file_path
from hullcheck.render.kustomize.patches import Patch, apply_patch
from hullcheck.render.kustomize.resources import Gvk, Resources
from hullcheck.render.kustomize.scalars import is_null
from hullcheck.render.kustomize.selectors import selector
from hullcheck.render.kustomize.state import TEMPLATE, DeadImage, State
from hullcheck.render.kustomize.transform import (
    ImageRule,
    NamespaceRule,
    add_affix,
    add_words,
    set_images,
    set_namespace,
    set_replicas,
    split_image,
)
from hullcheck.render.kustomize.tree import stamped
from hullcheck.source import Location

MAX_SHOWN_IMAGES = 200


def run(own: Layer, state: State, files: Files) -> None:
    """Everything that this layer does to the objects gathered so far."""
    loader = Patches(own.folder, files, state)
    merges = own.list("patchesStrategicMerge")
    for number_, node in enumerate(merges):
        loader.apply(loader.legacy_merge(node, f"patchesStrategicMerge[{number_}]"))
    if merges:
        state.note(own.path, "PatchStrategicMergeTransformer")
    for number_, node in enumerate(own.list("patches")):
        loader.apply(loader.patch(node, f"patches[{number_}]"))
        state.note(own.path, "PatchTransformer")
    namespace = own.node("namespace")
    if text(namespace, "namespace") and isinstance(namespace, Scalar):
        set_namespace(state.resources, NamespaceRule(namespace, state.config.namespace))
        state.note(own.path, "NamespaceTransformer")
    _names(own, state)
    _labels(own, state)
    annotations = text_map(own.node("commonAnnotations"), "commonAnnotations")
    if annotations:
        add_words(state.resources, annotations, state.config.common_annotations, "commonAnnotations")
        state.note(own.path, "AnnotationsTransformer")
    for number_, node in enumerate(own.list("patchesJson6902")):
        loader.apply(loader.legacy_operations(node, f"patchesJson6902[{number_}]"))
        state.note(own.path, "PatchJson6902Transformer")
    for number_, node in enumerate(own.list("replicas")):
        replicas(node, state, f"replicas[{number_}]")
        state.note(own.path, "ReplicaCountTransformer")
    state.image_names = None
    for number_, node in enumerate(own.list("images", "imageTags")):
        images(node, state, f"images[{number_}]")
        state.note(own.path, "ImageTagTransformer")
    replacements = own.list("replacements")
    for number_, node in enumerate(replacements):
        _replacements(node, own.folder, state, files, f"replacements[{number_}]")
    if replacements:
        state.note(own.path, "ReplacementTransformer")


def _names(own: Layer, state: State) -> None:
    for name, prefix, specs in (
        ("namePrefix", True, state.config.name_prefix),
        ("nameSuffix", False, state.config.name_suffix),
    ):
        node = own.node(name)
        if text(node, name) and isinstance(node, Scalar):
            add_affix(state.resources, node, specs, prefix=prefix, because=name)
            state.note(own.path, "PrefixTransformer" if prefix else "SuffixTransformer")


def _labels(own: Layer, state: State) -> None:
    for number_, node in enumerate(own.list("labels")):
        fields = struct(node, "labels", "pairs includeSelectors includeTemplates fields")
        specs = tuple(field_spec(item) for item in sequence(fields.get("fields"), "fields"))
        specs = _label_places(specs, fields, state, node)
        pairs = text_map(fields.get("pairs"), "pairs")
        if pairs:
            add_words(state.resources, pairs, specs, f"labels[{number_}]")
        state.note(own.path, "LabelTransformer")
    common = text_map(own.node("commonLabels"), "commonLabels")
    if common:
        add_words(state.resources, common, state.config.common_labels, "commonLabels")
    if common or own.list("labels"):
        state.note(own.path, "LabelTransformer")


def _label_places(
    specs: tuple[FieldSpec, ...], fields: dict[str, Node], state: State, node: Node
) -> tuple[FieldSpec, ...]:
    place = node.location.one_line()
    specs = with_all(specs, state.config.labels, place)
    if flag(fields.get("includeSelectors"), "includeSelectors"):
        return with_all(specs, state.config.common_labels, place)
    if flag(fields.get("includeTemplates"), "includeTemplates"):
        specs = with_all(specs, state.config.template_labels, place)
    return with_one(specs, FieldSpec(Gvk("", "", ""), "metadata/labels", create=True), place)


def replicas(node: Node, state: State, because: str) -> None:
    """An entry of `replicas`."""
    fields = struct(node, "replicas", "name count")
    name, count = text(fields.get("name"), "name"), fields.get("count")
    number(count, "count")
    if not isinstance(count, Scalar):
        count = Scalar(node.source, node.start, node.end, "", "0", "")
    if not set_replicas(state.resources, name, count, state.config.replicas, because) and state.complete:
        raise RefusedError(f"there is nothing called `{name}` whose replicas can be set", node.location.one_line())


def images(node: Node, state: State, because: str, specs: tuple[FieldSpec, ...] | None = None) -> None:
    """An entry of `images`; one that changes nothing is noted."""
    fields = struct(node, "images", "name newName tagSuffix newTag digest")
    parts: dict[str, Scalar | None] = {}
    for key in ("newName", "newTag", "digest", "tagSuffix"):
        value = fields.get(key)
        parts[key] = value if text(value, key) and isinstance(value, Scalar) else None
    name = text(fields.get("name"), "name")
    rule = ImageRule(name, parts["newName"], parts["newTag"], parts["digest"], parts["tagSuffix"], node, because)
    place = fields["name"].location if "name" in fields else node.location.one_line()
    if set_images(state.resources, rule, state.config.images if specs is None else specs):
        state.live_images.add(place)
        state.image_names = None
    else:
        if state.image_names is None:
            state.image_names = _image_names(state.resources)
        state.dead_images.append(DeadImage(name, place, state.image_names))


def _image_names(resources: Resources) -> tuple[str, ...]:
    """The names of images that are there, for what was meant."""
    found: dict[str, None] = {}
    pending: list[Node] = [resource.root for resource in resources]
    while pending and len(found) < MAX_SHOWN_IMAGES:
        node = pending.pop()
        if isinstance(node, Mapping):
            image = node.get("image")
            if isinstance(image, Scalar) and image.text:
                found[split_image(image.text)[0]] = None
            pending += [value for _, value in node.entries().values()]
        elif isinstance(node, Sequence):
            pending += node.items
    return tuple(sorted(found))


def _replacements(node: Node, folder: str, state: State, files: Files, because: str) -> None:
    """An entry of `replacements`: one that is written there, or a file with one or several."""
    path = node.get("path") if isinstance(node, Mapping) else None
    written = [node]
    if text(path, "path") and isinstance(path, Scalar):
        if isinstance(node, Mapping) and (node.get("source") is not None or node.get("targets") is not None):
            raise RefusedError("a replacement is written here or in a file, not both", node.location.one_line())
        try:
            file = file_path(path, folder, files)
        except MissingError as missing:
            state.unknown(missing.message, missing.location, missing.gap, changes=True)
            return
        state.files.add(file)
        content = files.content(file)
        root = content.roots[0] if content and content.roots else None
        written = root.items if isinstance(root, Sequence) else [root] if root is not None else []
    for item in written:
        replace.apply(state.resources, replace.replacement(item, because), complete=state.complete)


class Patches:
    """Loads patches from files and from the kustomization, and applies them."""

    def __init__(self, folder: str, files: Files, state: State) -> None:
        self.folder = folder
        self.files = files
        self.state = state
        self.path = ""  # the file of the patch that was loaded last

    def apply(self, patch: Patch | None) -> None:
        """Apply a patch that was just loaded. A file of which a part went nowhere isn't among those that were used."""
        if patch is not None:
            patch = patch._replace(types=self.state.types)
            used = apply_patch(self.state.resources, patch, complete=self.state.complete)
            if used and self.path:
                self.state.files.add(self.path)
                if patch.merges:
                    self.state.sources.add(self.path)

    def patch(self, node: Node, because: str) -> Patch | None:
        """An entry of `patches`: a merge or operations, whichever it is."""
        fields = struct(node, "patches", "path patch target options")
        place = node.location.one_line()
        content, written = self._content(fields, because, place)
        if content is None:
            return None
        roots, json_text = content
        target = selector(fields["target"], "target") if "target" in fields else None
        options = struct(fields.get("options"), "options", "allowNameChange allowKindChange")
        rename = flag(options.get("allowNameChange"), "allowNameChange")
        change_kind = flag(options.get("allowKindChange"), "allowKindChange")
        steps = self._operations(roots, json_text, because)
        if steps:
            return Patch((), steps, target, place)
        merges = self._merges(roots, because, written)
        return Patch(merges, (), target, place, rename, change_kind) if merges else None

    def legacy_merge(self, node: Node, because: str) -> Patch | None:
        """An entry of `patchesStrategicMerge`: a file's path, or the patch itself."""
        if not text(node, "patchesStrategicMerge") or not isinstance(node, Scalar):
            return None
        roots, broken = self.files.embedded(node)
        inline = not broken and bool(roots) and all(isinstance(root, Mapping) for root in roots)
        self.path = ""
        if not inline:
            content, _ = self._content({"path": node}, because, node.location)
            if content is None:
                return None
            roots = content[0]
        return Patch(self._merges(roots, because, node.location), (), None, node.location.one_line(), legacy=True)

    def legacy_operations(self, node: Node, because: str) -> Patch | None:
        """An entry of `patchesJson6902`."""
        fields = struct(node, "patchesJson6902", "path patch target options")
        place = node.location.one_line()
        target = selector(fields["target"], "target") if "target" in fields else None
        if target is None or not target.name:
            raise RefusedError("a JSON patch must say the name of its target", place)
        content, _ = self._content(fields, because, place)
        if content is None:
            return None
        steps = self._operations(*content, because)
        if not steps:
            raise RefusedError("this is no JSON patch", place)
        return Patch((), steps, target, place, legacy=True)

    def _content(
        self, fields: dict[str, Node], because: str, place: Location
    ) -> tuple[tuple[tuple[Node, ...], str] | None, Location]:
        """The documents of the patch and its text; None if its file isn't here, which is noted."""
        path, written = fields.get("path"), fields.get("patch")
        self.path = ""
        if bool(text(path, "path")) == bool(text(written, "patch").strip()):
            raise RefusedError("a patch needs one of `patch` and `path`", place)
        if isinstance(written, Scalar) and written.text.strip():
            roots, broken = self.files.embedded(written)
            if broken:
                raise RefusedError(f"the patch can't be read: {broken[0]}", broken[1])
            return (roots, written.text.strip()), written.location
        assert isinstance(path, Scalar)
        try:
            file = file_path(path, self.folder, self.files)
        except MissingError as missing:
            self.state.unknown(missing.message, missing.location, missing.gap, changes=True)
            return None, place
        self.path = file
        content = self.files.content(file)
        assert content is not None
        if content.templated:
            self.state.unknown(f"the patch `{path.text}` is a template", path.location, TEMPLATE, changes=True)
            return None, place
        if content.broken:
            raise RefusedError(f"the patch can't be read: {content.broken[0]}", content.broken[1])
        return (content.roots, content.source.text.lstrip("\ufeff")), path.location

    def _operations(self, roots: tuple[Node, ...], written: str, because: str) -> tuple[Operation, ...]:
        """The operations, or none if it is no JSON patch: a text that starts with a bracket must be JSON."""
        if not roots or not isinstance(roots[0], Sequence):
            return ()
        is_json = written.startswith("[")
        if is_json and not _is_json(written):
            raise RefusedError("a patch that starts with a bracket must be JSON", roots[0].location.one_line())
        node = stamped(roots[0], because)
        return tuple(operations(node if is_json else levelled(node)) or ())

    def _merges(self, roots: tuple[Node, ...], because: str, place: Location) -> tuple[Mapping, ...]:
        found = objects(tuple(root for root in roots if not is_null(root)))
        made = [stamped(root, because) for root in found]
        return tuple(root for root in made if isinstance(root, Mapping))


def _is_json(written: str) -> bool:
    try:
        json.loads(written)
    except (ValueError, RecursionError):
        return False
    return True
