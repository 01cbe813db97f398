"""A hook on a commit: what its changed files bear on is read, in the tree and in the commit before."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import suppress

from hullcheck import narrow
from hullcheck.change.history import LINK, SUBMODULE, Unchanged
from hullcheck.discover import DiskTree, Entry, TooLargeError, Tree
from hullcheck.errors import NotNarrowError
from hullcheck.finding import Finding
from hullcheck.link.joined import Joined, TooManyError
from hullcheck.link.project import Project
from hullcheck.link.tree_words import Texts
from hullcheck.model.repository import is_credential_file
from hullcheck.model.settings import Settings
from hullcheck.narrow import Narrow
from hullcheck.patterns import pattern
from hullcheck.plumbing import identify_file
from hullcheck.policy.config import Config
from hullcheck.read import File
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.change.base import Past
    from hullcheck.change.history import CommitTree
    from hullcheck.concerned import Concerned
    from hullcheck.link.tree_index import Index


class _OfChange(Narrow):
    """One of the two trees of a change, which have the files `_changed` not in common."""

    _changed = frozenset[str]()

    def concerned(self, project: Project, files: dict[str, File]) -> "Concerned | None":
        """None: what is told of one tree may be asked for in the other."""
        return None

    def _is_told_elsewhere(self, path: str) -> bool:
        """As for any; at a file that isn't changed it is no news."""
        known = bool(self.preceding) and self.preceding < path and self.preceding not in self._changed
        return path not in self._changed or known or super()._is_told_elsewhere(path)


class Commit(_OfChange):
    """What is chosen of a tree, and of the commit `past` that it started from, for the sake of what is new in it.

    All that the changed files bear on is `told` of: these paths are the targets, once the tree's files are chosen.
    """

    def __init__(self, settings: Settings, past: "Past", config: Config) -> None:
        super().__init__((), settings)
        self.past = past
        self.config = config
        self.before: Before | None = None

    def chosen(self, tree: Tree, entries: list[Entry]) -> list[Entry]:
        """As for any; the change is looked up in the index, and in what the files of interest hold."""
        if not self.is_of_many(entries):
            return entries
        from hullcheck.change.base import base_tree

        base = base_tree(tree, self.past, self.config)
        old = [item for item in base.entries() if isinstance(item, Entry)]
        texts = Texts(tree, entries, index=self._index)
        names = None
        if self._index is not None and isinstance(tree, DiskTree):
            names = _Names(self._index, tree)
        same = base.unchanged(tree, names=names)
        before = Texts(base, old, texts, same)
        changed = _differing(texts.entries.keys() | before.entries.keys(), same)
        changed.update(self.past.history.differences(self.past.base.commit))
        modes = (self.past.history.index().get(path, "").partition(" ")[0] for path in changed)
        if any(mode in (LINK, SUBMODULE) for mode in modes) or any(base.target(path) for path in changed):
            return entries
        now, then = self._joins(texts, change=True), self._joins(before, change=True)
        wide = True
        try:
            now.noted = set()
            named = now.named()
            if self._has_same_paths(tree, base):
                then.take(now, frozenset(_otherwise(now.noted, base, same)))
            changed |= _differing((named | then.named()) & base.blobs.keys(), same)
            if any(bears_on_all(path, (tree, base)) for path in changed):
                return entries
            wanted, old_wanted = self._both(now, then, frozenset(changed))
            wide = len(wanted) > narrow.FEW
        except TooManyError:
            return entries
        finally:
            self._note((), texts, narrow=not wide)
        self.targets = tuple(sorted({*changed, *now.told, *then.told}))
        self.told = frozenset(self.targets)
        self._joined, self._changed = now, frozenset(changed)
        self.has_all_manifests = now.has_all_manifests(wanted) and then.has_all_manifests(old_wanted)
        self.before = Before(self.targets, self.settings, then, old_wanted, base, self._changed, same)
        self.before.has_all_manifests = self.has_all_manifests
        return [entry for entry in entries if entry.path in wanted]

    def _has_same_paths(self, tree: Tree, base: "CommitTree") -> bool:
        """Does git keep the same files in both trees, and lie the same beside them?"""
        differences = self.past.history.differences(self.past.base.commit)
        return all(there and path in base.blobs for path, there in differences.items()) and frozenset(
            base.paths
        ) == frozenset(tree.paths)

    def settled(self, project: Project) -> Project | None:
        found = super().settled(project)
        if found is None:
            self.before = None  # then all of both trees is judged
        elif self.before is not None:
            self.before.preceding = self.preceding
        return found

    def _both(self, now: Joined, then: Joined, changed: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
        """What is joined with the change in either tree: followed in both until nothing is added."""
        told = changed
        while True:
            wanted, old_wanted = now.of(tuple(told)), then.of(tuple(told))
            more = told | now.told.keys() | then.told.keys()
            if more == told:
                return wanted, old_wanted
            told = more


class _Names:
    """The names that git gives to files on disk, from the index of the tree as far as it knows them."""

    def __init__(self, index: "Index", tree: DiskTree) -> None:
        self._index = index
        self._tree = tree

    def __call__(self, path: str, digits: int) -> str:
        if self._index.has(self._tree, path):
            with suppress(TooLargeError):
                return self._index.git_name(self._tree, path, digits)
        return identify_file(f"{self._tree.root}/{path}", digits)

    def known(self, paths: Iterable[str], digits: int) -> Iterable[tuple[str, str]]:
        return self._index.git_names(self._tree, paths, digits)


def _otherwise(noted: Iterable[str], base: "CommitTree", same: AbstractSet[str]) -> Iterator[str]:
    """Those of the noted paths of which something else may be known in the other of two trees with the same paths.

    What is beside git is read in one alone. Of a link, the one reads what is at its end.
    """
    for path in noted:
        blob = base.blobs.get(path.removesuffix("/"))
        is_read = path.endswith("/")
        if path in base.beside or (blob is not None and (blob.mode == LINK if is_read else path not in same)):
            yield path


def _differing(paths: AbstractSet[str], same: AbstractSet[str]) -> set[str]:
    """Those of the paths that aren't the same in both trees."""
    if isinstance(same, Unchanged):
        same.look_up(paths)
    return {path for path in paths if path not in same}


class Before(_OfChange):
    """What was chosen of the commit that a change started from."""

    def __init__(
        self,
        targets: tuple[str, ...],
        settings: Settings,
        joined: Joined,
        wanted: frozenset[str],
        tree: "CommitTree",
        changed: frozenset[str],
        same: AbstractSet[str],
    ) -> None:
        super().__init__(targets, settings)
        self._joined = joined
        self._wanted = wanted
        self._changed = changed
        self.tree = tree
        self.same = same

    def chosen(self, tree: Tree, entries: list[Entry]) -> list[Entry]:
        return [entry for entry in entries if entry.path in self._wanted]

    def settled(self, project: Project) -> Project | None:
        found = super().settled(project)
        if found is None:
            raise NotNarrowError
        return found


def of_interest(findings: Iterable[Finding], same: Container[str]) -> tuple[Finding, ...]:
    """The findings that a commit brings, and the old ones that show a line of a file which isn't the `same` as before."""
    return tuple(
        each
        for each in findings
        if each.state != "unchanged"
        or each.owner == "configuration"
        or any(place.path not in same for place in (each.location, *(related.location for related in each.related)))
    )


_SPECIAL = pattern(
    r"(?:.*/)?(?:\.git(?:ignore|attributes|modules)|[^/]*\.(?:docker|container)ignore|\.helmignore|tiltfile|[^/]+\.tiltfile"
    r"|devspace\.ya?ml|werf\.yaml|\.?renovate[^/]*|dependabot\.ya?ml|package\.json|\.hullcheck[^/]*|pyproject\.toml"
    r"|action\.ya?ml|devcontainer\.json|\.devcontainer\.json|\.gitlab-ci[^/]*)"
    r"|(?:.*/)?\.(?:github|gitea|forgejo|gitlab)/.+",
    re.IGNORECASE | re.DOTALL,
)
_SAYS = (
    b"build",
    b"bake",
    b"-f",
    b"--file",
    b"stack",
    b"ompose",
    b"kubectl",
    b"kustomiz",
    b"helm",
    b"apply",
    b"deploy",
    b"argocd",
    b"flux",
)


def bears_on_all(path: str, trees: Iterable[Tree]) -> bool:
    """May the file have a say in what is found anywhere: a pipeline, a script that builds, a list of what is ignored?"""
    from hullcheck.link.asked import is_script
    from hullcheck.link.compose_said import is_likely

    if _SPECIAL.fullmatch(path) or is_credential_file(path):
        return True
    if not is_script(path) and not is_likely(path):
        return False
    for tree in trees:
        try:
            data = tree.read(path)
        except FileNotFoundError:
            continue
        except OSError:
            return True
        if any(word in data for word in _SAYS):
            return True
    return False
