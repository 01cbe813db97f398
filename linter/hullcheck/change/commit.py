"""A hook on a commit: what its changed files bear on is read, in the tree and in the commit before."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from functools import partial
from operator import is_

from hullcheck import narrow
from hullcheck.analysis import discovered
from hullcheck.change.listing import LINK, SUBMODULE
from hullcheck.discover import MAX_BYTES, DiskTree, Entry, TooLargeError, Tree, seen
from hullcheck.errors import NotNarrowError
from hullcheck.finding import Finding
from hullcheck.link.joined import Joined
from hullcheck.link.project import Project
from hullcheck.link.tree_index import GIT, differing
from hullcheck.link.tree_says import TooManyError
from hullcheck.link.tree_words import Texts
from hullcheck.model.repository import is_credential_file
from hullcheck.model.settings import Settings
from hullcheck.narrow import Narrow
from hullcheck.patterns import pattern
from hullcheck.plumbing import identify, identify_file
from hullcheck.policy.config import Config
from hullcheck.read import File
from hullcheck.source import Source
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
        from hullcheck.change.base import AsRead, base_tree, same_files

        history = self.past.history
        ours, index, names = {entry.path: entry for entry in entries}, self._index, None
        if index is not None and isinstance(tree, DiskTree):
            index.look_at(tree, ours.keys())
            names = _Names(index, tree)
        texts = Texts(tree, ours, index=index)
        base = base_tree(tree, self.past, self.config, ours)
        found, _ = discovered(base)
        old = ours if len(found) == len(ours) and all(map(is_, found, ours.values())) else {e.path: e for e in found}
        same = base.unchanged(tree, names=names)
        changed = differing(ours.keys() if old is ours else ours.keys() | old.keys(), same)
        before = Texts(base, old, texts, same)
        changed.update(history.differences(self.past.base.commit))
        modes = (history.index().get(path, "").partition(" ")[0] for path in changed)
        if any(mode in (LINK, SUBMODULE) for mode in modes) or any(base.target(path) for path in changed):
            return entries
        now = self._joined = self._joins(texts, change=True)
        then = self._joins(before, change=True)
        now.noted = set()
        wide = True
        try:
            if same_files(tree, base, self.past.history.tracked()):
                said, alike = now.asked, AsRead(same, base)
                others = {path for path in now.noted if path not in alike}
                silent = {path for path in others & now.silent if _is_silent(path, base)}
                now.noted -= silent
                now.say(said._replace(read=frozenset(now.noted)))
                then.take(now, frozenset(others - silent))
            changed |= differing((now.named() | then.named()) & base.blobs.keys(), same)
            if any(bears_on_all(path, (tree, base)) for path in changed):
                return entries
            wanted, old_wanted = self._both(now, then, frozenset(changed))
            wide = len(wanted) > narrow.FEW
        except TooManyError:
            return entries
        finally:
            self._note((), texts, narrow=not wide)
        self.targets = tuple(sorted({*changed, *now.told, *then.told}))
        self.told = Told(frozenset(self.targets), (tree, base), (ours, old))
        self._changed = frozenset(changed)
        self.has_all_manifests = now.has_all_manifests(wanted) and then.has_all_manifests(old_wanted)
        self.before = Before(self.targets, self.settings, then, old_wanted, self._changed)
        self.before.has_all_manifests = self.has_all_manifests
        return [texts.entries[path] for path in sorted(wanted)]

    def has_no_credential(self, path: str) -> bool:
        """As the index knows it, which is asked for the files of interest: in a commit most are as they were."""
        tree = self._joined.tree if self._joined is not None else None
        if self._index is None or not isinstance(tree, DiskTree) or path.endswith(".json"):
            return False
        with suppress(OSError):
            if self._index.has(tree, path):
                return bool(self._index.get(tree, path, "silent", partial(_has_no_credential, path), MAX_BYTES))
        return False

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


class Told:
    """The files of which findings are told: those that the change bears on, and all that nothing is made of by itself.

    What a chart's helper or a text in it says stands there, and is told where it is used.
    """

    def __init__(
        self, paths: frozenset[str], trees: "tuple[Tree, ...]", entries: tuple[Mapping[str, Entry], ...]
    ) -> None:
        self._paths = paths
        self._trees = trees
        self._entries = entries

    def __contains__(self, path: object) -> bool:
        if path in self._paths:
            return True
        return not any(path in each for each in self._entries) and any(path in seen(tree) for tree in self._trees)


def _is_silent(path: str, base: "CommitTree") -> bool:
    """Does a text say nothing of builds, as it is read of a commit?"""
    from hullcheck.link import asked

    try:
        return not asked.has_word(base.read(path, asked.MAX_BYTES))
    except OSError:
        return True


def _has_no_credential(path: str, data: bytes) -> bool:
    from hullcheck.model.tokens import by_value

    return not any(True for _ in by_value(Source(path, data).text))


class _Names:
    """The names that git gives to files on disk, from the index of the tree as far as it knows them."""

    def __init__(self, index: "Index", tree: DiskTree) -> None:
        self._index = index
        self._tree = tree

    def __call__(self, path: str, digits: int) -> str:
        if self._index.has(self._tree, path):
            with suppress(TooLargeError):
                made = partial(identify, digits=digits)
                return str(self._index.get(self._tree, path, GIT[digits], made, MAX_BYTES))
        return identify_file(f"{self._tree.root}/{path}", digits)

    def known(self, paths: AbstractSet[str]) -> Iterable[tuple[str, str]]:
        return self._index.git_names(self._tree, paths)


class Before(_OfChange):
    """What was chosen of the commit that a change started from."""

    def __init__(
        self,
        targets: tuple[str, ...],
        settings: Settings,
        joined: Joined,
        wanted: frozenset[str],
        changed: frozenset[str],
    ) -> None:
        super().__init__(targets, settings)
        self._joined: Joined = joined
        self._wanted = wanted
        self._changed = changed

    def chosen(self, tree: Tree, entries: list[Entry]) -> list[Entry]:
        return [self._joined.entries[path] for path in sorted(self._wanted)]

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


def bears_on_all(path: str, trees: Iterable[Tree]) -> bool:
    """May the file have another say than before in what is found anywhere: a pipeline, a script, a list of what is ignored?"""
    from hullcheck.link.asked import is_script
    from hullcheck.link.compose_said import is_likely
    from hullcheck.link.deployed import may_deploy

    if _SPECIAL.fullmatch(path) or is_credential_file(path):
        return True
    if not is_script(path) and not is_likely(path) and not may_deploy(path):
        return False
    texts: list[bytes] = []
    for tree in trees:
        try:
            texts.append(tree.read(path))
        except FileNotFoundError:
            texts.append(b"")
        except OSError:
            return True
    return (
        any(says(path, text) for says in (_builds, _starts) for text in texts)
        or len({_deploys(path, text) for text in texts}) > 1
    )


def _builds(path: str, text: bytes) -> bool:
    """May the text be a script that says how images are built?"""
    from hullcheck.link import asked

    return asked.is_script(path) and asked.has_word(text)


def _starts(path: str, text: bytes) -> bool:
    """May the text say how Compose is started?"""
    from hullcheck.link import compose_said

    return compose_said.is_likely(path) and bool(compose_said.commands_in(path, text))


def _deploys(path: str, text: bytes) -> tuple[tuple[str, bool], ...]:
    """What the text says of files that it deploys."""
    from hullcheck.link import deployed

    return deployed.said(text[: deployed.MOST_BYTES]) if deployed.may_deploy(path) else ()
