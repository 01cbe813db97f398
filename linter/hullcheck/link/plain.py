"""Manifests that no overlay and no chart takes in: what of them is applied together, and what that is called."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from hullcheck.model.kubernetes import KubernetesObject
from hullcheck.parse.kubernetes import ManifestFile
from hullcheck.tuples import NamedTuple

MAX_ALTERNATIVES = 20
"""How many sets of files in one folder are tried for a file that may belong to any of them."""

MAX_NAMED = 2
"""Files that the name of a group says; of more only the first, and how many they are."""

Identity = tuple[str, str, str]


class Group(NamedTuple):
    """Objects of some files that are applied together.

    `approximate` says why they may be other than they will be, if so; they are fragments, of which nothing may be called
    missing, unless `complete`.
    """

    paths: tuple[str, ...]
    objects: tuple[KubernetesObject, ...]
    approximate: str = ""
    complete: bool = True

    @property
    def folder(self) -> str:
        """The folder that holds all of its files."""
        folders = {posixpath.dirname(path) for path in self.paths}
        return (posixpath.commonpath(folders) if all(folders) else "") or "."

    @property
    def files(self) -> str:
        """The files, as a name."""
        if len(self.paths) <= MAX_NAMED:
            return " + ".join(self.paths)
        return f"{self.paths[0]} + {len(self.paths) - 1} more"


def named(groups: Iterable[Group], taken: Iterable[str]) -> Iterator[tuple[str, Group]]:
    """Each group with a name of its own: its folder, or its files where the folder means another or is `taken`.

    Of several in one folder the only one with several files keeps the folder's name, so that a file that joins them as
    one more alternative renames none of them.
    """
    found = [(group.folder, group) for group in groups]
    known = set(taken)
    sizes: dict[str, list[int]] = {}
    for folder, group in found:
        sizes.setdefault(folder, []).append(len(group.paths))
    for folder, group in found:
        others = sizes[folder]
        mine = len(others) == 1 or (len(group.paths) > 1 and sum(size > 1 for size in others) == 1)
        name = unique(folder if mine and folder not in known else group.files, known)
        known.add(name)
        yield name, group


def unique(name: str, taken: set[str]) -> str:
    """The name, with a number where it is taken."""
    number = 1
    made = name
    while made in taken:
        number += 1
        made = f"{name} ({number})"
    return made


def apart(files: dict[str, ManifestFile], paths: list[str], depth: int = 0) -> Iterator[list[str]]:
    """Files apart by the first folder that separates duplicates: copies of an application are applied one at a time."""
    if not paths:
        return
    if not _duplicates(files[path] for path in paths):
        yield paths
        return
    while True:
        groups: dict[str, list[str]] = {}
        for path in paths:
            folders = path.split("/")[:-1]
            groups.setdefault(folders[depth] if depth < len(folders) else "", []).append(path)
        depth += 1
        if len(groups) > 1 or "" in groups:
            break
    if len(groups) == 1:
        yield from _alternatives(files, paths)
        return
    for name, group in sorted(groups.items()):
        yield from apart(files, group, depth) if name else _alternatives(files, group)


def by_folder(paths: Iterable[str]) -> Iterator[list[str]]:
    """The paths, those of one folder together."""
    groups: dict[str, list[str]] = {}
    for path in paths:
        groups.setdefault(posixpath.dirname(path), []).append(path)
    yield from groups.values()


def _alternatives(files: dict[str, ManifestFile], paths: list[str]) -> Iterator[list[str]]:
    """Files of one folder: together, but for those that hold an object once more."""
    groups: list[tuple[set[Identity], list[str]]] = []
    for path in paths:
        own = _identities(files[path])
        for known, group in groups[:MAX_ALTERNATIVES]:
            if own.isdisjoint(known):
                known |= own
                group.append(path)
                break
        else:
            groups.append((own, [path]))
    for _, group in groups:
        yield group


def _identities(file: ManifestFile) -> set[Identity]:
    return {(m.kind, m.namespace or "default", m.name) for m in file.objects if m.name and m.kind != "Namespace"}


def _duplicates(files: Iterable[ManifestFile]) -> bool:
    """Do several of the files hold an object of the same kind, namespace and name?"""
    seen: set[Identity] = set()
    for file in files:
        own = _identities(file)
        if not own.isdisjoint(seen):
            return True
        seen |= own
    return False
