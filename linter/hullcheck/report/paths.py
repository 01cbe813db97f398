"""Paths as people read them: from where they stand, so that they can be clicked and given to the next command."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from hullcheck import look

Shown = Callable[[str], str]
"""From a path below a root to what is printed for it."""


def from_here(root: str, asked: Iterable[str] = ()) -> Shown:
    """How the files below a root are called from the current folder; those elsewhere as the paths that were `asked` for.

    `root` has no links in it. A tree that has nothing to do with the current folder is called by absolute paths where
    it was asked for by one. What is absolute already stays so.
    """
    here = look.here()
    if here == root:
        return str
    apart = not _is_below(root, here) and not _is_below(here, root)
    if not here or (apart and any(map(os.path.isabs, asked))):
        return lambda path: os.path.normpath(os.path.join(root, path)).replace(os.sep, "/")
    known: dict[str, str] = {}

    def shown(path: str) -> str:
        found = known.get(path)
        if found is None:
            found = (
                path if os.path.isabs(path) else os.path.relpath(os.path.join(root, path), here).replace(os.sep, "/")
            )
            if len(known) < _MOST:
                known[path] = found
        return found

    return shown


_MOST = 100_000
"""Paths whose names are remembered."""


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
