"""The files of a folder as they were at one moment, with what an editor hasn't saved yet; what was read is kept."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping

from hullcheck import look
from hullcheck.discover import MAX_BYTES, MAX_MANIFEST, DiskTree, Entry, Skipped, TooLargeError
from hullcheck.marks import Signature
from hullcheck.typed import Any

MARGIN = 2_000_000_000
"""Nanoseconds that a file must have been left alone for its times to tell that it is the same."""

State = tuple[Signature | None, Signature | None]

_NOTHING: State = (None, None)


class GoneError(Exception):
    """An earlier moment is asked about a file that has changed, and wasn't read then."""


class _Unsaved:
    """A file in a folder that is in an editor only, or a folder that such a file is in; as `os.DirEntry`."""

    def __init__(self, path: str, name: str, folder: bool) -> None:
        self.path, self.name, self._folder = path, name, folder

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        return self._folder

    def is_file(self, *, follow_symlinks: bool = True) -> bool:
        return not self._folder

    def is_symlink(self) -> bool:
        return False


class Snapshot(DiskTree):
    """A tree whose files are read once. `unsaved` are the bytes of some, by path, whatever is on disk.

    Once there is a `later` one, what is the same in both is read there, and what isn't, and wasn't read, is gone.
    """

    def __init__(self, root: str, unsaved: Mapping[str, bytes], **options: Any) -> None:
        super().__init__(root, **options)
        self.unsaved = dict(unsaved)
        self.began = time.time_ns()
        self.states: dict[str, State] = {}
        self.held: dict[str, bytes] = {}
        self.later: Snapshot | None = None
        self.changed: frozenset[str] = frozenset()
        self.found: dict[str, Entry] = {}
        self.left_out: list[Skipped] = []
        self._is_listed = False

    def entries(self) -> Iterator[Entry | Skipped]:
        if not self._is_listed:
            self._is_listed = True
            for item in super().entries():
                if isinstance(item, Entry):
                    self.found[item.path] = item
                else:
                    self.left_out.append(item)
            for path in self.paths:
                self.states.setdefault(path, self._state(path))
        items: list[Entry | Skipped] = [*self.found.values(), *self.left_out]
        return iter(sorted(items, key=lambda item: item.path))

    def scan(self, folder: str) -> "list[os.DirEntry[str]]":
        own = self._unsaved_in(folder)
        try:
            items = super().scan(folder)
        except OSError:
            if not own:
                raise
            items = []
        known = {item.name for item in items}
        made: list[Any] = [
            _Unsaved(os.path.join(self.root, folder, name), name, is_folder)
            for name, is_folder in own.items()
            if name not in known
        ]
        return [*items, *made]

    def _unsaved_in(self, folder: str) -> dict[str, bool]:
        """The names in a folder of unsaved files, and whether that is the name of a folder."""
        start = f"{folder}/" if folder else ""
        below = (path[len(start) :].partition("/") for path in self.unsaved if path.startswith(start))
        return {name: bool(slash) for name, slash, _ in below}

    def read(self, path: str, limit: int = MAX_BYTES) -> bytes:
        data = self.known(path)
        if data is None:
            if self.later is not None:
                return self._later(path).read(path, limit)
            self.states.setdefault(path, self._state(path))
            data = super().read(path, limit)
            self.held[path] = data
        if len(data) > limit:
            raise TooLargeError(f"larger than {limit // 1024 // 1024} MiB")
        return data

    def chunks(self, path: str) -> Iterator[bytes]:
        data = self.known(path)
        if data is not None:
            return iter((data,))
        if self.later is not None:
            return self._later(path).chunks(path)
        self.states.setdefault(path, self._state(path))
        return super().chunks(path)

    def known(self, path: str) -> bytes | None:
        """A file's bytes, if they needn't be read."""
        found = self.unsaved.get(path)
        return self.held.get(path) if found is None else found

    def _later(self, path: str) -> "Snapshot":
        if path in self.changed:
            raise GoneError(path)
        assert self.later is not None
        return self.later

    def _state(self, path: str) -> State:
        return look.state(os.path.join(self.root, path))

    def is_link(self, path: str) -> bool:
        """Is the file a link, or in a folder that is one?"""
        return self.states.get(path, _NOTHING)[1] is not None or (
            path not in self.unsaved and os.path.join(self.root, path) != look.realpath(os.path.join(self.root, path))
        )

    def succeed(self, before: "Snapshot") -> frozenset[str]:
        """Take over what is as it was in an earlier one; the paths of all else, gone or new or of another kind."""
        there, then = frozenset(self.paths), frozenset(before.paths)
        asked = there | then | before.states.keys() | self.unsaved.keys() | before.unsaved.keys()
        changed = frozenset(
            path
            for path in asked
            if (path in there) != (path in then)
            or self.found.get(path) != before.found.get(path)
            or not self._is_same(path, before)
        )
        before.later, before.changed = self, changed
        return changed

    def renew(self, now: "Snapshot") -> None:
        """Be the later one, in which everything is as it was: another file may be unsaved, or saved by now."""
        self.held.update(now.held)
        self.unsaved, self.states, self.began = now.unsaved, now.states, now.began
        self.later = None

    def _is_same(self, path: str, before: "Snapshot") -> bool:
        data = before.known(path)
        if path not in self.unsaved and path not in before.unsaved:
            state = self.states.setdefault(path, self._state(path))
            if state == before.states.get(path):
                if data is None:
                    return True  # nobody has asked
                if _is_settled(state, before.began):
                    self.held[path] = data
                    return True
        if data is None:
            return path not in before.states and path not in before.paths and not self._is_there(path)
        try:
            return self.read(path, MAX_MANIFEST) == data
        except OSError:
            return False

    def _is_there(self, path: str) -> bool:
        return path in self.unsaved or self._state(path) != _NOTHING


def _is_settled(state: State, began: int) -> bool:
    """Was it left alone long enough, so that it would have other times if it were changed from then on?"""
    return all(sign is None or max(sign[2], sign[3]) < began - MARGIN for sign in state)
