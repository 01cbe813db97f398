"""Files of the tree as it was judged, by path and as others name them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from hullcheck.discover import KUSTOMIZATION_NAMES
from hullcheck.lsp.folder import Folder
from hullcheck.source import Location, Source


def source_of(folder: Folder, path: str) -> Source | None:
    """A file of the tree, whatever it is; None if there is none, or it can't be read."""
    assert folder.session is not None
    known = folder.session.files.get(path)
    if known is not None:
        return known.source
    try:
        return Source(path, folder.session.tree.read(path))
    except OSError:
        return None


def named(folder: Folder, base: str, said: str) -> Iterator[Location]:
    """The start of the file that is named relative to a folder; of a folder, what says how it is built."""
    assert folder.session is not None
    if "://" in said or not said or "\0" in said:
        return
    path = posixpath.normpath(posixpath.join(base, said))
    wanted = [path, *(posixpath.join("" if path == "." else path, name) for name in sorted(KUSTOMIZATION_NAMES))]
    paths = set(folder.session.tree.paths)
    for each in wanted:
        source = source_of(folder, each) if each in paths else None
        if source is not None:
            yield Location(source, 0, 0)
            return
