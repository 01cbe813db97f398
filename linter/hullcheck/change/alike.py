"""What is known of the names of files on disk, for a commit that has nearly the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import itemgetter

from hullcheck.change.history import CommitTree
from hullcheck.discover import DiskTree, Entry, Skipped, Tree, is_of_interest, like
from hullcheck.policy.config import Config


class OnDisk:
    """The tree `disk`, and its `entries`: they tell of a commit's where names alone tell what is of interest."""

    def __init__(self, disk: DiskTree, entries: Mapping[str, Entry]) -> None:
        self._disk = disk
        self._entries = entries
        self.paths = disk.seen
        self.listed = disk.paths
        self._moved: tuple[frozenset[str], frozenset[str]] | None = None

    def entries(self, tree: CommitTree) -> list[Entry | Skipped]:
        """What the commit holds of interest: what is on disk, too, and is entered there, is the same in both."""
        said, entries = tree.blobs.said, self._entries
        if tree.blobs.has_links or self._disk.links or self._disk.named:
            return tree.seen_as(said)
        likely = like(self._disk, is_of_interest)
        if tree.paths is self.listed and len(likely) == len(entries) and not tree.absent:  # none is left out
            return [*entries.values()]
        same: list[Entry | Skipped] = [entry for entry in entries.values() if entry.path in said]
        left_out = frozenset(likely) - entries.keys()
        others = tree.seen_as([*(said.keys() - self.paths), *(left_out & said.keys())])
        return sorted([*same, *others], key=itemgetter(0)) if others else same

    def like(self, test: Callable[[str], bool], paths: list[str]) -> list[str]:
        """Those of the commit's paths that a test is true of, sorted."""
        if paths is self.listed:
            return like(self._disk, test)
        if self._moved is None:
            then = frozenset(paths)
            self._moved = (self.paths - then, then - self.paths)
        gone, new = self._moved
        found = like(self._disk, test)
        if gone:
            found = [path for path in found if path not in gone]
        return sorted([*found, *filter(test, new)]) if new else found


def on_disk(disk: Tree, entries: Mapping[str, Entry], config: Config) -> OnDisk | None:
    """What is known of a tree that was walked; None if it isn't seen as a commit is."""
    if type(disk) is not DiskTree or disk.near or disk.walked is None:
        return None
    if disk.vendored != config.include_vendored or disk.exclude != config.exclude:
        return None
    return OnDisk(disk, entries)
