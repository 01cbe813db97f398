"""Which commit a change is compared with, and which one's policy holds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import cached_property

from hullcheck import look
from hullcheck.change.history import Base, CommitTree, History
from hullcheck.discover import seen
from hullcheck.errors import HullcheckError
from hullcheck.patterns import pattern
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hullcheck.discover import Entry, Tree
    from hullcheck.policy.config import Config

_ID = pattern(r"[0-9a-f]{40}|[0-9a-f]{64}")
_NONE = pattern(r"0{40}|0{64}")
"""What stands for the commit before the first one."""

_DEFAULT_BRANCHES = tuple(
    f"refs/{name}" for name in ("remotes/origin/HEAD", "remotes/origin/main", "remotes/origin/master", "heads/main", "heads/master")
)  # fmt: skip


class Past:
    """What a change is compared with, opened when it is first asked for.

    With `strict`, as the gate is, a run of which the CI says that it is about another commit than the one that is
    checked out has no base: nothing of the change would have been seen.
    """

    def __init__(self, root: str, revision: str, environ: Mapping[str, str], *, strict: bool = False) -> None:
        self._root = root
        self._revision = revision
        self._environ = environ
        self._strict = strict
        self.made: tuple[Tree, Config, CommitTree] | None = None
        """The tree of the base that was made for a tree and a configuration."""

    @cached_property
    def history(self) -> History:
        return History(self._root)

    @cached_property
    def base(self) -> Base:
        """Raises HullcheckError, saying what to do, if it isn't here."""
        return resolve(self.history, self._revision, self._environ, strict=self._strict)


class Told(NamedTuple):
    """The commit that the CI says a run is about, empty if it doesn't say which; and what it calls it."""

    commit: str
    how: str


def resolve(history: History, revision: str, environ: Mapping[str, str], *, strict: bool = False) -> Base:
    """The base that `revision` means: a branch stands for where HEAD left it, `auto` for what the CI says.

    Raises HullcheckError, saying what to do, if that commit isn't here, or if the change isn't.
    """
    told = _head(environ) if strict or revision == "auto" or environ.get("CI") else None
    if told is not None and told.commit and (strict or revision == "auto"):
        _must_contain(history, told, environ)
    base = _auto(history, environ) if revision == "auto" else _named(history, revision)
    if told is not None and base.commit and base.commit == history.commit("HEAD"):
        _must_contain(history, told, environ)
    return base


def _named(history: History, revision: str) -> Base:
    if revision == "HEAD" and history.commit("HEAD") is None and history.empty:
        return Base("", "", "HEAD, before the first commit")
    commit = _present(history, revision)
    if revision != "HEAD" and history.is_branch(revision):
        return _left(history, commit, revision)
    return Base(commit, commit, revision)


def _auto(history: History, environ: Mapping[str, str]) -> Base:
    if environ.get("HULLCHECK_DIFF_BASE"):
        return _named(history, environ["HULLCHECK_DIFF_BASE"])
    if _is_merge_of_request(history, environ) and len(parents := history.parents()) > 1:
        return Base(_present(history, parents[0]), parents[0], "the base branch that the pull request is merged into")
    for commit, how, contained in _announced(environ):
        found = _present(history, commit)
        return Base(found, found, how) if contained else _left(history, found, how)
    branch = environ.get("GITHUB_BASE_REF") or environ.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
    if branch:
        return _left(history, _present(history, f"refs/remotes/origin/{branch}"), f"origin/{branch}")
    before = _before(environ)
    if before is not None:
        return _pushed(history, before)
    if environ.get("CI"):
        raise HullcheckError("--diff-base auto: this is no change that I know of, only a state; name the revision")
    for name in _DEFAULT_BRANCHES:
        if found_here := history.commit(name):
            return _left(history, found_here, name.split("/", 2)[2])
    raise HullcheckError("--diff-base auto: there is no origin/HEAD, main or master here; name the revision")


def _is_merge_of_request(history: History, environ: Mapping[str, str]) -> bool:
    """Is HEAD the merge that GitHub itself made of a pull request and its base?"""
    if not re.fullmatch(r"refs/pull/[0-9]+/merge", environ.get("GITHUB_REF", "")):
        return False
    return history.commit("HEAD") == environ.get("GITHUB_SHA")


def _announced(environ: Mapping[str, str]) -> Iterator[tuple[str, str, bool]]:
    """The base's commit as the CI tells it, what it is, and whether HEAD certainly contains it."""
    event = _event(environ)
    for found, how, contained in (
        (_at(event, "merge_group", "base_sha"), "the merge group's base", True),
        (_at(event, "pull_request", "base", "sha"), "the pull request's base", False),
        (environ.get("CI_MERGE_REQUEST_TARGET_BRANCH_SHA"), "the merge request's target", True),
        (environ.get("CI_MERGE_REQUEST_DIFF_BASE_SHA"), "the merge request's base", True),
    ):
        if isinstance(found, str) and _ID.fullmatch(found):
            yield found, how, contained


def _before(environ: Mapping[str, str]) -> str | None:
    """What the branch was before a push, all zeros if it wasn't there; None if the run is about no push."""
    said = _at(_event(environ), "before")
    if environ.get("CI_PIPELINE_SOURCE") == "push":
        said = environ.get("CI_COMMIT_BEFORE_SHA")
    return said if isinstance(said, str) and _ID.fullmatch(said) else None


def _pushed(history: History, before: str) -> Base:
    if _NONE.fullmatch(before):
        return Base("", "", "before the first push")
    commit = history.commit(before)
    if commit is None:
        raise HullcheckError(
            f"--diff-base auto: what the branch was before this push, {before[:12]}, isn't here: fetch it "
            f"(`git fetch origin {before}`, or `fetch-depth: 0`); after a forced push it may be gone: name the revision"
        )
    return Base(commit, commit, "what the branch was before the push")


def _head(environ: Mapping[str, str]) -> Told | None:
    """The commit that the run is about, as the CI tells it; None if it doesn't say that there is one."""
    event = _event(environ)
    for found, how in (
        (_at(event, "pull_request", "head", "sha"), "the pull request's head"),
        (_at(event, "merge_group", "head_sha"), "the merge group's head"),
        (_at(event, "workflow_run", "head_sha"), "the head that the workflow ran for"),
        (_at(event, "check_suite", "head_sha"), "the head that was checked"),
        (_at(event, "check_run", "check_suite", "head_sha"), "the head that was checked"),
        (_at(event, "after") if "before" in event else None, "what was pushed"),
        (environ.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA"), "the merge request's head"),
    ):
        if isinstance(found, str) and _ID.fullmatch(found) and not _NONE.fullmatch(found):
            return Told(found, how)
    if _at(event, "issue", "pull_request") is not None:
        return Told("", "a pull request's head, which the event doesn't name")
    return None


def _must_contain(history: History, told: Told, environ: Mapping[str, str]) -> None:
    """Raise HullcheckError, saying what to do, if the commit that the run is about isn't checked out."""
    if told.commit and (history.contains(told.commit) or _is_merge_of_request(history, environ)):
        return
    if told.how == "what was pushed" and history.commit("HEAD") in (
        environ.get("GITHUB_SHA"), history.commit(told.commit),
    ):  # fmt: skip
        return  # a tag: it is an object of its own
    head = (history.commit("HEAD") or "")[:12]
    named = f", {told.commit[:12]}" if told.commit else ""
    what = f"HEAD is {head}; the run is about {told.how}{named}, which isn't checked out: nothing of it was seen"
    advice = "check out the change (actions/checkout with `ref: refs/pull/N/merge` or the head's commit)"
    if history.shallow:
        advice += ", with its history (`fetch-depth: 0`) if it has more commits"
    raise HullcheckError(f"{what}; {advice}")


def _at(value: object, *keys: str) -> object:
    """A value inside nested mappings, or None."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _event(environ: Mapping[str, str]) -> dict[str, Any]:
    path = environ.get("GITHUB_EVENT_PATH", "")
    if not path:
        return {}
    import json

    try:
        with look.opened(path) as file:
            event = json.loads(file.read().decode())
    except (OSError, ValueError, RecursionError) as error:
        raise HullcheckError(f"--diff-base: the event's payload can't be read: {error}") from None
    return event if isinstance(event, dict) else {}


def _present(history: History, revision: str) -> str:
    commit = history.commit(revision)
    if commit is None:
        how = "fetch it first"
        if history.shallow:
            how = "this clone is shallow: fetch more history (`fetch-depth: 2` for a pull request, 0 for all of it)"
        raise HullcheckError(f"--diff-base: no revision {revision} here; {how}")
    return commit


def _left(history: History, commit: str, how: str) -> Base:
    """Where HEAD left the branch that ends at `commit`."""
    common = history.merge_base(commit)
    if common is None:
        advice = "; this clone is shallow: fetch all history (`fetch-depth: 0`)" if history.shallow else ""
        raise HullcheckError(f"--diff-base: HEAD and {how} have no common ancestor here{advice}")
    return Base(common, commit, f"the merge base with {how}" if common != commit else how)


def same_files(disk: Tree, base: CommitTree, tracked: frozenset[str]) -> bool:
    """Do both trees have the same files, and is none of them one that git keeps in one of them only?"""
    kept = isinstance(disk, CommitTree) or tracked.issuperset(base.blobs.said)
    return kept and (disk.paths is base.paths or seen(disk) == base.seen)


class AsRead:
    """The paths at which a tree and the earlier one `base` have the same to read, links followed, if they have the same files.

    `same` are the paths of files, and of links, that are the same in both.
    """

    def __init__(self, same: AbstractSet[str], base: CommitTree) -> None:
        self._same = same
        self._base = base
        self._others = base.beside - base.blobs.keys()

    def __contains__(self, path: object) -> bool:
        if not isinstance(path, str):
            return False
        found = self._base.followed(path)
        if found is None:
            return self._has_same_links
        there = found in self._same if found in self._base.blobs else found not in self._others
        return there and (found == path or self._has_same_links)

    @cached_property
    def _has_same_links(self) -> bool:
        return all(path in self._same for path in self._base.blobs.said if self._base.is_link(path))


def base_tree(disk: Tree, past: Past, config: Config, entries: "Mapping[str, Entry] | None" = None) -> CommitTree:
    """The files of the commit that a change started from, as those of the change are looked at.

    For the same tree it is the same again, with what is known of it. `entries` are those of the tree, if they are known.
    """
    made = past.made
    if made is None or made[0] is not disk or made[1] is not config:
        tracked = past.history.tracked()
        known = None
        if entries is not None:
            from hullcheck.change.alike import on_disk

            known = on_disk(disk, entries, config)
        beside = (
            ()
            if isinstance(disk, CommitTree) or tracked.issuperset(disk.paths)
            else [path for path in disk.paths if path not in tracked]
        )
        tree = CommitTree(
            past.history,
            past.base.commit,
            exclude=config.exclude,
            vendored=config.include_vendored,
            named=disk.named,
            beside=tuple(beside),
            on_disk=known,
        )
        made = past.made = (disk, config, tree)
    return made[2]
