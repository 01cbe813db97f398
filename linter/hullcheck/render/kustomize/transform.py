"""What a kustomization does to every object that it fits: namespace, names, labels, annotations, images, replicas."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from hullcheck.budget import tick
from hullcheck.model.node import Mapping, Node, Scalar, Sequence
from hullcheck.parse.kustomization import RefusedError, UnknownError
from hullcheck.patterns import pattern
from hullcheck.render.kustomize.fieldspecs import FieldSpec
from hullcheck.render.kustomize.pattern import Pattern, PatternError, compiled
from hullcheck.render.kustomize.resources import BUILD_ANNOTATIONS, Gvk, Resource, Resources, word_at
from hullcheck.render.kustomize.scalars import is_null
from hullcheck.render.kustomize.tree import Change, Shared, change_at, empty_mapping, overriding, put, shared, word
from hullcheck.tuples import NamedTuple

STEPS = 10
"""What it costs to change the same in an object as in all others."""

_NOT_RENAMED = (
    Gvk("", "", "CustomResourceDefinition"),
    Gvk("apiregistration.k8s.io", "", "APIService"),
    Gvk("", "", "Namespace"),
)


def change_fields(
    resource: Resource, specs: Iterable[FieldSpec], change: Change, create: type[Node] | None, by: Node
) -> None:
    """Apply the change in every place that the specs name in this object."""
    own = resource.gvk
    for spec in specs:
        if own.selected_by(spec.gvk):
            made = change_at(resource.root, spec.parts, change, create if spec.create else None, by)
            assert isinstance(made, Mapping)
            resource.node = made


def set_word(text: str, by: Node, because: str) -> Change:
    """The change that puts text, which stays text, in a scalar's place."""

    def change(old: Node) -> Node:
        if not isinstance(old, Scalar):
            raise RefusedError("a plain value is expected here", old.location.one_line())
        return word(text, by, because, old if old.text else None)

    return change


class NamespaceRule(NamedTuple):
    """`namespace:`, or a NamespaceTransformer. `subjects` are "defaultOnly", "allServiceAccounts" or "none"."""

    namespace: Scalar
    specs: tuple[FieldSpec, ...]
    because: str = "namespace"
    unset_only: bool = False
    subjects: str = "defaultOnly"


def set_namespace(resources: Resources, rule: NamespaceRule) -> None:
    """Put every object that has one into the namespace; raises RefusedError if two become the same."""
    for resource in resources:
        tick()
        resources.work.spend(STEPS + len(resource.former), rule.namespace.location)
        resource.remember()
        if not resource.cluster:
            _set_own_namespace(resource, rule)
        if resource.kind in ("RoleBinding", "ClusterRoleBinding") and rule.subjects != "none":
            _set_subjects(resource, rule)
        skipped = ("metadata/namespace",) if resource.api_version == "v1" else ("metadata/namespace", "metadata/name")
        specs = [spec for spec in rule.specs if spec.path not in skipped]
        change_fields(resource, specs, _namespace_change(rule), Scalar, rule.namespace)
    resources.renamed()
    resources.check_unique()


def _namespace_change(rule: NamespaceRule) -> Change:
    change = set_word(rule.namespace.text, rule.namespace, rule.because)

    def if_unset(old: Node) -> Node | None:
        return old if isinstance(old, Scalar) and old.text and not is_null(old) else change(old)

    return if_unset if rule.unset_only else change


def _set_own_namespace(resource: Resource, rule: NamespaceRule) -> None:
    made = change_at(resource.root, ("metadata", "namespace"), _namespace_change(rule), Scalar, rule.namespace)
    assert isinstance(made, Mapping)
    resource.node = made


def _set_subjects(resource: Resource, rule: NamespaceRule) -> None:
    key, value = ("kind", "ServiceAccount") if rule.subjects == "allServiceAccounts" else ("name", "default")
    subjects = resource.root.get("subjects")
    if not isinstance(subjects, Sequence):
        return
    items: list[Node] = []
    for subject in subjects.items:
        if isinstance(subject, Mapping) and word_at(subject, key) == value:
            old = subject.get("namespace")
            placed = word(rule.namespace.text, rule.namespace, rule.because, old)
            keep = rule.unset_only and isinstance(old, Scalar) and old.text
            subject = subject if keep else put(subject, "namespace", placed)
        items.append(subject)
    resource.node = put(resource.root, "subjects", subjects.with_items(items))


def add_affix(resources: Resources, affix: Scalar, specs: tuple[FieldSpec, ...], *, prefix: bool, because: str) -> None:
    """Put a prefix before the names of all objects, or a suffix after them."""
    for resource in resources:
        resources.work.spend(STEPS + len(resource.former) + len(resource.name) // 16, affix.location)
        first = resource.first_id.gvk
        if any(first.selected_by(kind) for kind in _NOT_RENAMED):
            continue
        for spec in specs:
            if not first.selected_by(spec.gvk):
                continue
            if spec.path == "metadata/name":
                _note_affix(resource, affix.text, prefix=prefix)

            def change(old: Node) -> Node:
                if not isinstance(old, Scalar):
                    raise RefusedError("a name is expected here", old.location.one_line())
                text = affix.text + old.text if prefix else old.text + affix.text
                return old.replaced(text, old.style, affix, because)

            change_fields(resource, (spec,), change, Scalar, affix)
    resources.renamed()


def _note_affix(resource: Resource, text: str, *, prefix: bool) -> None:
    if prefix:
        resource.prefixes = (*resource.prefixes, text)
    else:
        resource.suffixes = (*resource.suffixes, text)
    resource.remember()


def add_words(
    resources: Resources, words: dict[str, tuple[Scalar, Scalar]], specs: tuple[FieldSpec, ...], because: str
) -> None:
    """Put labels or annotations into the mappings that the specs name."""
    for resource in resources:
        steps = len(words) * (5 * STEPS + len(words) // 8 + len(resource.labels()) // 8)
        resources.work.spend(steps, next(iter(words.values()))[0].location)
        for name, (key, value) in words.items():
            new = shared(word(value.text, value, because))
            touched = False

            def change(old: Node, name: str = name, key: Scalar = key, new: Scalar = new) -> Node:
                nonlocal touched
                if not isinstance(old, Mapping):
                    raise RefusedError("a mapping is expected here", old.location.one_line())
                if name in old.entries():
                    touched = touched or isinstance(old.get(name), Shared)
                    return put(old, name, word(new.text, new, because, old.get(name)))
                return old.with_entries({**old.entries(), name: (key, new)})

            change_fields(resource, specs, change, Mapping, key)
            if touched:
                resource.spread()
        resource.shares = True


class ImageRule(NamedTuple):
    """An entry of `images`. Each part is its node, or None; `place` is the entry's own."""

    name: str
    new_name: Scalar | None
    new_tag: Scalar | None
    digest: Scalar | None
    tag_suffix: Scalar | None
    place: Node
    because: str

    @property
    def decides(self) -> Node:
        """The node that a changed image rests on."""
        return self.new_tag or self.digest or self.tag_suffix or self.new_name or self.place


def set_images(resources: Resources, rule: ImageRule, specs: tuple[FieldSpec, ...]) -> int:
    """Replace matching images: below any `containers`, then in the places that the specs name. Gives how many."""
    count = 0
    fitting: dict[str, str | None] = {}

    def made_of(text: str) -> str | None:
        if text not in fitting:
            fitting[text] = new_image(text, rule)
        return fitting[text]

    def change(old: Node) -> Node:
        nonlocal count
        if not isinstance(old, Scalar):
            raise RefusedError("an image is expected here", old.location.one_line())
        new = made_of(old.text)
        if new is None:
            return old
        count += 1
        return old if new == old.text else old.replaced(new, old.style, rule.decides, rule.because)

    resources.work.spend(len(resources), rule.place.location)
    for resource in resources:
        if resource.kind != "CustomResourceDefinition" and any(
            made_of(text) is not None for text in _images(resource, specs)
        ):
            resources.work.spend(STEPS, rule.place.location)
            made = _below_containers(resource.root, change)
            assert isinstance(made, Mapping)
            resource.node = made
            change_fields(resource, specs, change, None, rule.place)
    return count


def _images(resource: Resource, specs: tuple[FieldSpec, ...]) -> tuple[str, ...]:
    """All images in the places where one may be replaced, as long as the object isn't changed."""
    known = resource.images
    if known is not None and known[0] is resource.node and known[1] is specs:
        return known[2]
    found: dict[str, None] = {}

    def note(old: Node) -> Node:
        if not isinstance(old, Scalar):
            raise RefusedError("an image is expected here", old.location.one_line())
        found[old.text] = None
        return old

    node = resource.root
    _below_containers(node, note)
    change_fields(resource, specs, note, None, node)
    resource.images = (node, specs, tuple(found))
    return resource.images[2]


def _below_containers(node: Node, change: Change) -> Node:
    """The tree with the image of every element of a list called `containers` or `initContainers` changed."""
    if isinstance(node, Sequence):
        items = [_below_containers(item, change) for item in node.items]
        return node if all(a is b for a, b in zip(items, node.items, strict=True)) else node.with_items(items)
    if not isinstance(node, Mapping):
        return node
    made = node
    for name, (_, value) in node.entries().items():
        new = _below_containers(value, change)
        if name in ("containers", "initContainers") and isinstance(new, Sequence):
            new = _with_images(new, change)
        if new is not value:
            made = put(made, name, new)
    return made


def _with_images(containers: Sequence, change: Change) -> Sequence:
    items: list[Node] = []
    for container in containers.items:
        if isinstance(container, Mapping):
            image = container.get("image")
            if image is not None:
                new = change(image)
                container = container if new is image or new is None else put(container, "image", new)
        elif not is_null(container):
            raise RefusedError("a container is expected here", container.location.one_line())
        items.append(container)
    same = all(a is b for a, b in zip(items, containers.items, strict=True))
    return containers if same else containers.with_items(items)


_LITERAL = pattern(r"[A-Za-z0-9_./:@-]*")
_REST = r"(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?$"


@lru_cache(maxsize=512)
def _matcher(name: str) -> "re.Pattern[str] | Pattern":
    """`name` is a regular expression; one without repetitions is safe for Python's library."""
    return re.compile(f"^{name}{_REST}") if _LITERAL.fullmatch(name) else compiled(f"^{name}{_REST}")


def new_image(text: str, rule: ImageRule) -> str | None:
    """What the rule makes of an image, or None if it isn't meant."""
    try:
        if not _matcher(rule.name).search(text):
            return None
    except PatternError as error:
        message = f"the pattern `{rule.name}` isn't followed: {error}"
        raise UnknownError(message, rule.place.location.one_line()) from None
    name, tag, digest = split_image(text)
    name = rule.new_name.text if rule.new_name and rule.new_name.text else name
    new_tag, new_digest, suffix = (node.text if node else "" for node in (rule.new_tag, rule.digest, rule.tag_suffix))
    if new_tag or new_digest:
        tag, digest = new_tag, new_digest
    elif suffix:
        tag, digest = tag + suffix, ""
    return f"{name}{':' + tag if tag else ''}{'@' + digest if digest else ''}"


def split_image(text: str) -> tuple[str, str, str]:
    """Name, tag and digest, split where kustomize splits."""
    slash = max(text.find("/"), 0)
    at, colon = text.find("@", slash), text.find(":", slash)
    if at >= 0 and (colon < 0 or at < colon):
        return text[:at], "", text[at:].removeprefix("@")
    if at >= 0:
        return text[:colon], text[colon:at].removeprefix(":"), text[at:].removeprefix("@")
    if colon >= 0:
        return text[:colon], text[colon:].removeprefix(":"), ""
    return text, "", ""


def set_replicas(resources: Resources, name: str, count: Scalar, specs: tuple[FieldSpec, ...], because: str) -> bool:
    """Set the count in the objects of that name; False if there are none."""
    found = False

    def change(old: Node) -> Node:
        if not isinstance(old, Scalar):
            raise RefusedError("a number is expected here", old.location.one_line())
        new = Scalar(count.source, count.start, count.end, "", count.text, "")
        new.because = because
        return overriding(new, old) if old.text else new

    for spec in specs:
        for resource in resources.matching(name, lambda known, spec=spec: known.gvk.selected_by(spec.gvk)):  # type: ignore[misc]
            found = True
            change_fields(resource, (spec,), change, Scalar, count)
    return found


def settled_annotations(resource: Resource) -> None:
    """Annotations as they come out of a build: always text, without those of earlier builds, and none if none is left."""
    metadata = resource.root.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    if annotations is None or not isinstance(metadata, Mapping):
        return
    entries = annotations.entries() if isinstance(annotations, Mapping) else {}
    entries = {name: entry for name, entry in entries.items() if name not in BUILD_ANNOTATIONS}
    if not entries:
        kept = {name: entry for name, entry in metadata.entries().items() if name != "annotations"}
        resource.node = put(resource.root, "metadata", metadata.with_entries(kept))
        return
    made = empty_mapping(annotations).with_entries(
        {name: (key, _as_text(value)) for name, (key, value) in entries.items()}
    )
    resource.set_metadata("annotations", made)


def _as_text(node: Node) -> Node:
    text = node.text if isinstance(node, Scalar) else ""
    if isinstance(node, Scalar) and (node.style or not word(text, node, "").style):
        return node
    made = word(text, node, node.because, node.before)
    made.unknown = node.unknown
    return made
