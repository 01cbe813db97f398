"""Which commit a change is compared with, and which one's policy holds."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from hullcheck.errors import HullcheckError
from hullcheck.history import Base, History

_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")

_DEFAULT_BRANCHES = ("origin/HEAD", "origin/main", "origin/master", "main", "master")


class Past:
    """What a change is compared with, opened when it is first asked for."""

    def __init__(self, root: str, revision: str, environ: Mapping[str, str]) -> None:
        self._root = root
        self._revision = revision
        self._environ = environ

    @cached_property
    def history(self) -> History:
        return History(self._root)

    @cached_property
    def base(self) -> Base:
        """Raises HullcheckError, saying what to do, if it isn't here."""
        return resolve(self.history, self._revision, self._environ)


def resolve(history: History, revision: str, environ: Mapping[str, str]) -> Base:
    """The base that `revision` means: a branch stands for where HEAD left it, `auto` for what the CI says.

    Raises HullcheckError, saying what to do, if that commit isn't here.
    """
    if revision == "auto":
        return _auto(history, environ)
    if revision == "HEAD" and history.empty:
        return Base("", "", "HEAD, before the first commit")
    commit = _present(history, revision)
    if history.is_branch(revision):
        return _left(history, commit, revision)
    return Base(commit, commit, revision)


def _auto(history: History, environ: Mapping[str, str]) -> Base:
    if environ.get("HULLCHECK_DIFF_BASE"):
        return resolve(history, environ["HULLCHECK_DIFF_BASE"], {})
    parent = _merged_into(history, environ)
    if parent:
        return Base(_present(history, parent), parent, "the base branch that the pull request is merged into")
    for commit, how, contained in _announced(environ):
        found = _present(history, commit)
        return Base(found, found, how) if contained else _left(history, found, how)
    branch = environ.get("GITHUB_BASE_REF") or environ.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
    if branch:
        return _left(history, _present(history, f"refs/remotes/origin/{branch}"), f"origin/{branch}")
    if environ.get("CI"):
        raise HullcheckError("--diff-base auto: this is no pull request that I know of; name the revision")
    for name in _DEFAULT_BRANCHES:
        if found_here := history.commit(name):
            return _left(history, found_here, name)
    raise HullcheckError("--diff-base auto: there is no origin/HEAD, main or master here; name the revision")


def _merged_into(history: History, environ: Mapping[str, str]) -> str | None:
    """HEAD's first parent, if HEAD is the merge that GitHub itself made of a pull request and its base."""
    if not re.fullmatch(r"refs/pull/[0-9]+/merge", environ.get("GITHUB_REF", "")):
        return None
    return history.first_parent() if history.commit("HEAD") == environ.get("GITHUB_SHA") else None


def _announced(environ: Mapping[str, str]) -> Iterator[tuple[str, str, bool]]:
    """The base's commit as the CI tells it, what it is, and whether HEAD certainly contains it."""
    event = _event(environ.get("GITHUB_EVENT_PATH", ""))
    request, group = event.get("pull_request"), event.get("merge_group")
    for found, how, contained in (
        (group.get("base_sha") if isinstance(group, dict) else None, "the merge group's base", True),
        (_sha(request), "the pull request's base", False),
        (environ.get("CI_MERGE_REQUEST_TARGET_BRANCH_SHA"), "the merge request's target", True),
        (environ.get("CI_MERGE_REQUEST_DIFF_BASE_SHA"), "the merge request's base", True),
    ):
        if isinstance(found, str) and _ID.fullmatch(found):
            yield found, how, contained


def _sha(request: object) -> object:
    base = request.get("base") if isinstance(request, dict) else None
    return base.get("sha") if isinstance(base, dict) else None


def _event(path: str) -> dict[str, Any]:
    if not path:
        return {}
    try:
        with open(path, encoding="utf-8") as file:
            event = json.load(file)
    except (OSError, ValueError) as error:
        raise HullcheckError(f"--diff-base auto: the event's payload can't be read: {error}") from None
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
