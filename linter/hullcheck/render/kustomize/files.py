"""The files that a kustomization names, read as kustomize reads them and no further than the repository's root."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable

from hullcheck.model.node import Mapping, Node, Scalar, Sequence, has_plain_keys
from hullcheck.parse.embedded import embedded
from hullcheck.parse.kubernetes import ManifestFile, documents
from hullcheck.parse.kustomization import NAMES, RefusedError
from hullcheck.render.kustomize.resources import word_at
from hullcheck.render.kustomize.scalars import is_null
from hullcheck.source import Location, Source
from hullcheck.tuples import NamedTuple

Read = Callable[[str], bytes | None]
"""The bytes of a file of the repository, by its path; None if there is none, or it can't be read."""


Embedded = tuple[tuple[Node, ...], tuple[str, Location] | None]


class Content(NamedTuple):
    """A file, its documents, and what is wrong with the first that can't be read."""

    source: Source
    roots: tuple[Node, ...]
    broken: tuple[str, Location] | None
    templated: bool = False


class Files:
    """Reads each file once. What other parts have read already is taken from them."""

    def __init__(self, manifests: dict[str, ManifestFile], read: Read, paths: Iterable[str] = ()) -> None:
        """`paths` are those of all files of the repository, which charts are looked for among."""
        self.manifests = manifests
        self.paths = paths
        self.read = read
        self._contents: dict[str, Content | None] = {}
        self._bytes: dict[str, bytes | None] = {}
        self._objects: dict[str, list[Mapping]] = {}
        self._embedded: dict[int, tuple[Scalar, Embedded]] = {}
        self.asked: set[str] = set()
        """The paths that were asked for, whether there is such a file or not."""

    def bytes(self, path: str) -> bytes | None:
        self.asked.add(path)
        if path not in self._bytes:
            self._bytes[path] = self.read(path)
        return self._bytes[path]

    def content(self, path: str) -> Content | None:
        """The file's documents, or None if there is no such file."""
        self.asked.add(path)
        if path not in self._contents:
            self._contents[path] = self._load(path)
        return self._contents[path]

    def embedded(self, scalar: Scalar) -> Embedded:
        """The documents of YAML that is written as a text in a file, read once however many overlays take it in."""
        if id(scalar) not in self._embedded:
            self._embedded[id(scalar)] = scalar, embedded(scalar)
        return self._embedded[id(scalar)][1]

    def add(self, manifests: dict[str, ManifestFile]) -> None:
        """More files, or others in the place of those of these paths."""
        self.manifests = {**self.manifests, **manifests}
        for path in manifests:
            self._contents.pop(path, None)
            self._objects.pop(path, None)

    def before_more(self) -> Callable[[], None]:
        """What takes back what is added from here on."""
        there = self.manifests, dict(self._contents), dict(self._objects), set(self.asked)

        def back() -> None:
            self.manifests, self._contents, self._objects, self.asked = there

        return back

    def manifest(self, path: str) -> ManifestFile | None:
        """The file as it was read before, if it was."""
        self.asked.add(path)
        return self.manifests.get(path)

    def _load(self, path: str) -> Content | None:
        known = self.manifests.get(path)
        if known is not None:
            broken = next(((p.message, p.location) for p in known.problems if p.name == "parse-error"), None)
            return Content(known.source, known.documents, broken, known.templated)
        content = self.bytes(path)
        if content is None:
            return None
        source = Source(path, content)
        found = documents(source)
        broken = next(((p.message, p.location) for p in found.problems), None)
        return Content(source, tuple(d.root for d in found.documents if d.root is not None), broken)

    def objects(self, path: str) -> list[Mapping] | None:
        """The objects of a resource file; None if there is no such file. Raises RefusedError for one that is broken."""
        content = self.content(path)
        if content is None:
            return None
        if path not in self._objects:
            if content.templated:
                place = content.source.at(max(content.source.text.find("{{"), 0))
                raise RefusedError("it is a template", place)
            if content.broken:
                raise RefusedError(*content.broken)
            text = content.source.text
            stream = text.lstrip().startswith("{") and "\n---" not in text
            self._objects[path] = objects(content.roots, json=stream)
        return self._objects[path]

    def kustomization(self, folder: str) -> tuple[Source, Mapping] | None:
        """The kustomization of a folder; None if there is none. Raises RefusedError for one that can't be read."""
        found = []
        for name in NAMES:
            content = self.content(posixpath.join(folder, name))
            if content is not None:
                found.append(content)
        if not found:
            return None
        if len(found) > 1:
            raise RefusedError("the folder has more than one kustomization", found[1].source.at(0))
        content = found[0]
        if content.broken:
            raise RefusedError(*content.broken)
        if not content.roots or not isinstance(content.roots[0], Mapping):
            raise RefusedError("the kustomization is empty", content.source.at(0))
        return content.source, content.roots[0]


def resolve(folder: str, name: str) -> str | None:
    """The path below the repository's root that the name means, or None if it leads out of it."""
    path = posixpath.normpath(posixpath.join(folder, name))
    if path == ".":
        return ""
    return None if path.startswith(("/", "../")) or path == ".." else path


def is_below(path: str, folder: str) -> bool:
    """Is it in the folder, or in one of its folders?"""
    return not folder or path == folder or path.startswith(f"{folder}/")


def is_remote(name: str) -> bool:
    """Would it be fetched from elsewhere?"""
    if "://" in name or name.startswith("git::") or "?ref=" in name or "?version=" in name:
        return True
    head = name.partition("/")[0]
    return name.startswith(("git@", "github.com/", "github.com:")) or ("@" in head and ":" in head)


def objects(roots: tuple[Node, ...], *, json: bool = False) -> list[Mapping]:
    """The documents as kustomize takes them for objects: lists taken apart, of a JSON stream the first only."""
    pending = [root for root in (roots[:1] if json else roots) if not is_null(root)]
    found: list[Mapping] = []
    while pending:
        root = pending.pop(0)
        if not isinstance(root, Mapping):
            raise RefusedError("an object is expected here", root.location.one_line())
        if not root.entries():
            continue
        kind = word_at(root, "kind")
        if not kind:
            raise RefusedError("an object without kind", root.location.one_line())
        if kind.endswith("List"):
            items = root.get("items")
            if isinstance(items, Sequence):
                pending += items.items
                continue
            if "items" in root.entries():
                if is_null(items):
                    continue
                raise RefusedError("the items of a list must be a list", root.location.one_line())
        elif not word_at(root, "metadata", "name"):
            raise RefusedError("an object without name", root.location.one_line())
        _check_keys(root)
        found.append(root)
    return found


def _check_keys(root: Node) -> None:
    """Raise RefusedError for a key that is written twice."""
    pending, seen = [root], set()
    while pending:
        node = pending.pop()
        if id(node) in seen or has_plain_keys(node):
            continue
        seen.add(id(node))
        if isinstance(node, Mapping):
            if len(node.items) != len(node.entries()) and node.duplicates:
                key = node.duplicates[0][1]
                raise RefusedError(f"the key `{key.text}` is written twice", key.location)
            pending += [value for _, value in node.items if not isinstance(value, Scalar)]
        elif isinstance(node, Sequence):
            pending += [item for item in node.items if not isinstance(item, Scalar)]
