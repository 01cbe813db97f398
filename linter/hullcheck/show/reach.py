"""The folder that overlays reach, where no repository says how far they may."""

from __future__ import annotations

import os
from collections.abc import Iterator

from hullcheck import look
from hullcheck.discover import DiskTree
from hullcheck.model.node import Mapping, Node, Scalar, Sequence
from hullcheck.source import Source

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
MAX_FOLDERS = 1_000

_REFERENCES = ("resources", "bases", "components", "patchesStrategicMerge", "patches", "patchesJson6902")


def reached(root: str, paths: list[str]) -> str:
    """The root, widened to hold all that the overlays at `paths` are built from.

    Never to the file system's root or the user's own folder: what lies there belongs to no overlay.
    """
    widest = root
    pending = [path if look.isdir(path) else os.path.dirname(path) for path in map(look.realpath, paths)]
    seen: set[str] = set()
    while pending and len(seen) < MAX_FOLDERS:
        folder = pending.pop()
        if folder in seen:
            continue
        seen.add(folder)
        for path in _named_in(folder):
            common = os.path.commonpath((widest, path if look.isdir(path) else os.path.dirname(path)))
            if os.path.dirname(common) == common or common == _home():
                continue
            widest = common
            if look.isdir(path):
                pending.append(path)
    return widest


def _named_in(folder: str) -> Iterator[str]:
    """The files and folders that a folder's kustomization names and that are there."""
    for name in NAMES:
        if not look.lexists(os.path.join(folder, name)):
            continue
        try:
            source = Source(name, DiskTree(folder).read(name))
        except OSError:
            continue
        from hullcheck.parse.yaml import parse

        for document in parse(source).documents:
            for text in _references(document.root):
                path = look.realpath(os.path.join(folder, text))
                if "://" not in text and look.exists(path):
                    yield path


def _references(root: Node | None) -> Iterator[str]:
    if not isinstance(root, Mapping):
        return
    for key in _REFERENCES:
        node = root.get(key)
        for item in node.items if isinstance(node, Sequence) else ():
            if isinstance(item, Scalar):
                yield item.text
            elif isinstance(item, Mapping) and isinstance(path := item.get("path"), Scalar):
                yield path.text


def _home() -> str | None:
    return look.ENVIRON.get("HOME") or look.ENVIRON.get("USERPROFILE")
