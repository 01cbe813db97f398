"""Which bot moves images on, and where it looks."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from hullcheck.discover import Tree, like
from hullcheck.model.globs import STAR, Token, among, any_char
from hullcheck.model.node import Mapping, Sequence, as_str
from hullcheck.parse import yaml
from hullcheck.patterns import pattern
from hullcheck.source import Source

Folder = list[tuple[Token, ...] | None]
"""A pattern for a folder: what each part of its path matches, None for any number of parts."""


class Updater:
    """What moves images on. `path` is its configuration, or empty; `folders` are patterns, None for everything."""

    def __init__(self, path: str, folders: list[Folder] | None) -> None:
        self.path = path
        self.folders = folders

    def covers(self, path: str) -> bool:
        """Does it look at the images in that file?"""
        if self.folders is None:
            return True
        folder = posixpath.dirname(path)
        parts = folder.split("/") if folder else []
        return any(among(pattern, parts) for pattern in self.folders)


_RENOVATE = pattern(r"(?:\.github/|\.gitlab/)?(?:renovate\.json5?|\.renovaterc(?:\.json5?)?)")
_ECOSYSTEMS = frozenset(("docker", "docker-compose", "helm"))


def updater(tree: Tree) -> Updater:
    """Renovate, which looks at everything unless told otherwise, or Dependabot, which looks where it is told to."""
    for path in like(tree, _is_renovate):
        if path != "package.json" or b'"renovate"' in _read(tree, path):
            return Updater(path, None)
    for path in (".github/dependabot.yml", ".github/dependabot.yaml"):
        if path in tree.paths:
            return Updater(path, list(_dependabot(Source(path, _read(tree, path)))))
    return Updater("", [])


def _is_renovate(path: str) -> bool:
    """May the file hold what Renovate is told?"""
    return path == "package.json" or _RENOVATE.fullmatch(path) is not None


def _read(tree: Tree, path: str) -> bytes:
    try:
        return tree.read(path)
    except OSError:
        return b""


def _dependabot(source: Source) -> Iterator[Folder]:
    """Patterns for the folders that an entry for images names."""
    for document in yaml.parse(source).documents:
        entries = document.root.get("updates") if isinstance(document.root, Mapping) else None
        for entry in entries.items if isinstance(entries, Sequence) else ():
            if isinstance(entry, Mapping) and as_str(entry.get("package-ecosystem")) in _ECOSYSTEMS:
                listed = entry.get("directories")
                nodes = listed.items if isinstance(listed, Sequence) else (entry.get("directory"),)
                yield from (_folder_pattern(text) for node in nodes if (text := as_str(node)) is not None)


def _folder_pattern(text: str) -> Folder:
    parts = [part for part in text.split("/") if part not in ("", ".")]
    found: Folder = []
    for number, part in enumerate(parts, 1):
        found += [_glob(part)] if part != "**" else [None] if number == len(parts) else [(STAR,), None]
    return found


def _glob(part: str) -> tuple[Token, ...]:
    return tuple(STAR if char == "*" else any_char if char == "?" else f"={char}" for char in part)
