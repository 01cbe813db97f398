"""Which bot moves images on, and where it looks."""

import posixpath
import re
from collections.abc import Iterator

from hullcheck.discover import Tree
from hullcheck.model.node import Mapping, Sequence, as_str
from hullcheck.parse import yaml
from hullcheck.source import Source


class Updater:
    """What moves images on. `path` is its configuration, or empty; `folders` are patterns, None for everything."""

    def __init__(self, path: str, folders: list[str] | None) -> None:
        self.path = path
        self.folders = folders

    def covers(self, path: str) -> bool:
        """Does it look at the images in that file?"""
        if self.folders is None:
            return True
        folder = posixpath.dirname(path)
        return any(re.fullmatch(pattern, folder) for pattern in self.folders)


_RENOVATE = re.compile(r"(?:\.github/|\.gitlab/)?(?:renovate\.json5?|\.renovaterc(?:\.json5?)?)")
_ECOSYSTEMS = frozenset(("docker", "docker-compose", "helm"))


def updater(tree: Tree) -> Updater:
    """Renovate, which looks at everything unless told otherwise, or Dependabot, which looks where it is told to."""
    for path in tree.paths:
        if _RENOVATE.fullmatch(path) or (path == "package.json" and b'"renovate"' in _read(tree, path)):
            return Updater(path, None)
    for path in (".github/dependabot.yml", ".github/dependabot.yaml"):
        if path in tree.paths:
            return Updater(path, list(_dependabot(Source(path, _read(tree, path)))))
    return Updater("", [])


def _read(tree: Tree, path: str) -> bytes:
    try:
        return tree.read(path)
    except OSError:
        return b""


def _dependabot(source: Source) -> Iterator[str]:
    """Expressions for the folders that an entry for images names."""
    for document in yaml.parse(source).documents:
        entries = document.root.get("updates") if isinstance(document.root, Mapping) else None
        for entry in entries.items if isinstance(entries, Sequence) else ():
            if isinstance(entry, Mapping) and as_str(entry.get("package-ecosystem")) in _ECOSYSTEMS:
                listed = entry.get("directories")
                nodes = listed.items if isinstance(listed, Sequence) else (entry.get("directory"),)
                yield from (_folder_pattern(text) for node in nodes if (text := as_str(node)) is not None)


def _folder_pattern(text: str) -> str:
    parts = [part for part in text.split("/") if part not in ("", ".")]
    if parts and parts[-1] == "**":
        head = "/".join(_glob(part) for part in parts[:-1])
        return f"{head}(?:/.*)?" if head else ".*"
    return "/".join(".*" if part == "**" else _glob(part) for part in parts[:20])


def _glob(part: str) -> str:
    return re.escape(part).replace(r"\*", "[^/]*").replace(r"\?", "[^/]")
