"""Kustomizations as Flux and Argo CD change them before they build them: what their object says goes into the file.

Flux sets fields and adds patches, components and images to the kustomization of the folder itself (`fluxcd/pkg/kustomize`,
generator.go), Argo CD does `kustomize edit` there. That isn't an overlay: a prefix takes the other's place, an entry of
`images` that of the same name.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from hullcheck.model.node import Mapping, Node, Scalar, Sequence, as_str, at, is_null, items
from hullcheck.tuples import NamedTuple

Entries = dict[str, tuple[Scalar, Node]]

_ADDED = ("components", "patches", "patchesstrategicmerge", "patchesjson6902", "resources")
_BY_NAME = ("images", "replicas")
_MERGED = ("commonlabels", "commonannotations")


def laid_into(layer: Mapping, fields: Iterable[tuple[Scalar, Node]]) -> Mapping:
    """The kustomization with these fields: lists are added to, entries with a name replaced, anything else is set."""
    entries = dict(layer.entries())
    known = {name.lower(): name for name in entries}
    for key, value in fields:
        name = known.get(key.text.lower(), key.text)
        old = entries[name][1] if name in entries and not is_null(entries[name][1]) else None
        lower = key.text.lower()
        if (
            old is not None
            and lower in (*_ADDED, *_BY_NAME)
            and isinstance(old, Sequence)
            and isinstance(value, Sequence)
        ):
            kept = list(old.items)
            for item in value.items:
                place = _same(kept, item) if lower in _BY_NAME else None
                if place is None:
                    kept.append(item)
                else:
                    kept[place] = item
            value = old.with_items(kept)
        elif old is not None and lower in _MERGED and isinstance(old, Mapping) and isinstance(value, Mapping):
            value = old.with_entries({**old.entries(), **value.entries()})
        entries[name] = (entries[name][0] if name in entries else key, value)
    return layer.with_entries(entries)


def _same(found: list[Node], item: Node) -> int | None:
    named = as_str(at(item, "name"))
    return next((n for n, each in enumerate(found) if as_str(at(each, "name")) == named), None)


class Metadata(NamedTuple):
    """Labels and annotations that Flux puts at all objects that it has built (`commonMetadata`)."""

    labels: Mapping | None
    annotations: Mapping | None

    def within(self, root: Mapping) -> Mapping:
        """The object with them, over those of the same name."""
        metadata = root.get("metadata")
        if not isinstance(metadata, Mapping):
            return root
        entries = dict(metadata.entries())
        for name, more in (("labels", self.labels), ("annotations", self.annotations)):
            if more is None:
                continue
            own = metadata.get(name)
            called = metadata.key(name) or Scalar(more.source, more.start, more.end, "", name, '"')
            made = own.with_entries({**own.entries(), **more.entries()}) if isinstance(own, Mapping) else more
            entries[name] = (called, made)
        key = root.key("metadata")
        assert key is not None
        return root.with_entries({**root.entries(), "metadata": (key, metadata.with_entries(entries))})


def metadata_of(spec: Node | None) -> Metadata | None:
    """What `commonMetadata` says; None if nothing."""
    labels, annotations = at(spec, "commonMetadata", "labels"), at(spec, "commonMetadata", "annotations")
    found = [each if isinstance(each, Mapping) else None for each in (labels, annotations)]
    return Metadata(found[0], found[1]) if any(each is not None for each in found) else None


def moved(node: Node, path: str) -> Sequence:
    """Paths relative to a folder, as they are from the folder of a layer that is nowhere."""
    made = Sequence(node.source, node.start, node.end, "", True)
    for item in items(node):
        text = as_str(item)
        if text is not None:
            there = f"../{posixpath.normpath(posixpath.join(path, text))}"
            made.items.append(Scalar(item.source, item.start, item.end, "", there, '"'))
    return made
