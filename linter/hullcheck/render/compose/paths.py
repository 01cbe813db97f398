"""Paths in a project: which values are paths, what they are seen from another folder, and what stays in the root."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from operator import is_

from hullcheck.model.node import Mapping, Node, Scalar, Sequence
from hullcheck.patterns import pattern
from hullcheck.render.compose.nodes import MARK, Entries, derived, mapping, marked, sequence, text_of
from hullcheck.render.compose.patterns import Places

Rebase = Callable[[Node, str], Node]

_REMOTE = ("https://", "http://", "git://", "ssh://", "github.com/", "git@")
_WINDOWS = pattern(r"[A-Za-z]:[\\/]|\\\\")


def is_remote_context(text: str) -> bool:
    """Is a build context fetched, rather than a folder?"""
    return "://" in text or text.startswith(("service:", *_REMOTE))


def is_remote_file(text: str) -> bool:
    """Does `include` or `extends` name something that would have to be fetched?"""
    return text.startswith(("oci://", "git@", "https://", "http://", "ssh://", "git://", "github.com/")) or (
        ".git#" in text or text.endswith(".git")
    )


def is_absolute(path: str) -> bool:
    """Does it mean the same from every folder? So does the user's home."""
    return path.startswith(("/", "~")) or _WINDOWS.match(path) is not None


def inside(folder: str, path: str) -> str | None:
    """A path as seen from `folder`, as one from the root; None if it leads out of it, or isn't relative."""
    if is_absolute(path):
        return None
    joined = posixpath.normpath(posixpath.join(folder, path))
    if joined == ".":
        return ""
    return None if joined == ".." or joined.startswith("../") else joined


def rebase(root: Mapping, folder: str) -> Mapping:
    """The tree, whose relative paths were seen from `folder`, with paths as they are seen from above it."""
    made = _rebase(root, _PLACES, folder)
    assert isinstance(made, Mapping)
    return made


def rebase_service(service: Mapping, folder: str) -> Mapping:
    """The same for one service."""
    places = _PLACES.keys["services"].any
    assert places is not None
    made = _rebase(service, places, folder)
    assert isinstance(made, Mapping)
    return made


def _rebase(node: Node, places: "Places[Rebase]", folder: str) -> Node:
    if places.here is not None:
        return places.here(node, folder)
    if isinstance(node, Mapping):
        found: Entries = {}
        same = True
        for name, (key, child) in node.entries().items():
            below = places.below(name)
            new = child if below is None else _rebase(child, below, folder)
            same = same and new is child
            found[name] = (key, new)
        return node if same else mapping(node, found, type(node))
    if isinstance(node, Sequence) and places.any is not None:
        made = [_rebase(item, places.any, folder) for item in node.items]
        return node if all(map(is_, made, node.items)) else sequence(node, made)
    return node


def _path(node: Node, folder: str) -> Node:
    text = marked(node) if isinstance(node, Scalar) else ""
    if not text or is_absolute(text) or text.startswith(MARK):
        return node
    moved = posixpath.normpath(posixpath.join(folder, text))
    return node if moved == text else derived(node, moved)


def _context(node: Node, folder: str) -> Node:
    text = text_of(node)
    return node if text is None or is_remote_context(text) else _path(node, folder)


def _extended(node: Node, folder: str) -> Node:
    text = text_of(node)
    return node if text is None or is_remote_file(text) else _path(node, folder)


def _mount(node: Node, folder: str) -> Node:
    if not isinstance(node, Mapping) or text_of(node.get("type")) != "bind":
        return node
    return _with(node, "source", folder)


def _volume(node: Node, folder: str) -> Node:
    options = node.get("driver_opts") if isinstance(node, Mapping) else None
    if not isinstance(node, Mapping) or not isinstance(options, Mapping) or text_of(node.get("driver")) != "local":
        return node
    if text_of(options.get("o")) != "bind":
        return node
    changed = _with(options, "device", folder)
    if changed is options:
        return node
    return mapping(node, node.entries() | {"driver_opts": (node.entries()["driver_opts"][0], changed)})


def _with(node: Mapping, name: str, folder: str) -> Mapping:
    entry = node.entries().get(name)
    if entry is None:
        return node
    moved = _path(entry[1], folder)
    return node if moved is entry[1] else mapping(node, node.entries() | {name: (entry[0], moved)})


_PLACES: "Places[Rebase]" = Places(
    {
        "services.*.build.context": _context,
        "services.*.build.additional_contexts.*": _context,
        "services.*.build.ssh.*": _path,
        "services.*.env_file.*.path": _path,
        "services.*.label_file.*": _path,
        "services.*.extends.file": _extended,
        "services.*.develop.watch.*.path": _path,
        "services.*.volumes.*": _mount,
        "configs.*.file": _path,
        "secrets.*.file": _path,
        "volumes.*": _volume,
    }
)
