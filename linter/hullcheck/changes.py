"""The repository's past, read from git's objects: no checkout, no worktree, nothing executed."""

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from hullcheck.discover import MAX_BYTES, VENDORED, Entry, Skipped, kind_of, patterns
from hullcheck.errors import HullcheckError
from hullcheck.finding import Finding
from hullcheck.report import VersionControl

_BLOB = 0o100000
_TREE = 0o040000
_LINK = 0o120000


class CommitTree:
    """The files of a commit; links are not followed."""

    def __init__(self, tree: Any, *, exclude: tuple[str, ...] = (), vendored: bool = False) -> None:
        self._blobs: dict[str, Any] = {}
        self._vendored = vendored
        self._excluded = patterns(exclude) if exclude else None
        self._collect(tree)

    def _collect(self, tree: Any) -> None:
        folders = [tree]
        while folders:
            for item in folders.pop():
                if self._excluded is not None and self._excluded.match_file(item.path):
                    continue
                if item.type == "tree":
                    if self._vendored or item.name not in VENDORED:
                        folders.append(item)
                elif item.type == "blob" and item.mode != _LINK:
                    self._blobs[item.path] = item

    def entries(self) -> Iterator[Entry | Skipped]:
        for path in sorted(self._blobs):
            kind = kind_of(path.rpartition("/")[2])
            if kind is not None:
                yield Entry(path, kind)

    @property
    def paths(self) -> list[str]:
        return list(self._blobs)

    def read(self, path: str) -> bytes:
        blob = self._blobs.get(path)
        if blob is None:
            raise FileNotFoundError(2, "not in the commit", path)
        if blob.size > MAX_BYTES:
            raise OSError(f"larger than {MAX_BYTES // 1024 // 1024} MiB")
        return bytes(blob.data_stream.read())


def base_tree(root: str, revision: str, options: dict[str, Any]) -> CommitTree | None:
    """The tree at `revision`; None for HEAD of a repository that has no commit yet.

    Raises HullcheckError if there is no repository or no such revision, saying what to do.
    """
    import git

    if revision.startswith("-"):
        raise HullcheckError(f"--diff-base: {revision} is not a revision")
    try:
        repository = git.Repo(root)
    except (git.InvalidGitRepositoryError, git.NoSuchPathError):
        raise HullcheckError("--diff-base: this is not a git repository") from None
    if revision == "HEAD" and not repository.head.is_valid():
        return None
    try:
        return CommitTree(repository.commit(revision).tree, **options)
    except (git.BadName, ValueError, IndexError, OSError):
        shallow = os.path.exists(os.path.join(repository.git_dir, "shallow"))
        advice = "this clone is shallow: fetch more history (`fetch-depth: 2`, or 0)" if shallow else "fetch it first"
        raise HullcheckError(f"--diff-base: no revision {revision} here; {advice}") from None


def mark(findings: Iterable[Finding], base: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings with their state: "unchanged" for those that the base has, too, else "new".

    Findings are matched as multisets, first by path and fingerprint, then by fingerprint alone for renamed files.
    """
    left = Counter((f.location.path, f.fingerprint) for f in base if f.suppression is None)
    marked: list[Finding] = []
    for finding in findings:
        key = (finding.location.path, finding.fingerprint)
        known = left[key] > 0
        left[key] -= known
        marked.append(finding._replace(state="unchanged" if known else "new"))
    here = {finding.location.path for finding in marked}
    moved = Counter({fp: n for (path, fp), n in left.items() if n > 0 and path not in here})
    for number, finding in enumerate(marked):
        if finding.state == "new" and moved[finding.fingerprint] > 0:
            moved[finding.fingerprint] -= 1
            marked[number] = finding._replace(state="unchanged")
    return tuple(marked)


def version_control(root: str) -> VersionControl | None:
    """Where the checkout comes from, read from git's files without starting git; None if it isn't one."""
    folder = os.path.join(root, ".git")
    try:
        head = _line(os.path.join(folder, "HEAD"))
        branch = head.removeprefix("ref: refs/heads/") if head.startswith("ref: ") else ""
        revision = _resolve(folder, head)
        with open(os.path.join(folder, "config"), encoding="utf-8", errors="replace") as file:
            text = file.read()
    except OSError:
        return None
    match = re.search(r'\[remote "origin"\][^\[]*?\burl\s*=\s*(\S+)', text)
    uri = _without_credentials(match[1]) if match else ""
    return VersionControl(uri, revision, branch) if uri.startswith("https://") and revision else None


def _line(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.readline().strip()


def _resolve(folder: str, head: str) -> str:
    if not head.startswith("ref: "):
        return head
    name = head[5:]
    if ".." in name.split("/"):
        return ""
    try:
        return _line(os.path.join(folder, name))
    except OSError:
        with open(os.path.join(folder, "packed-refs"), encoding="utf-8", errors="replace") as file:
            return next((line.split()[0] for line in file if line.rstrip().endswith(f" {name}")), "")


def _without_credentials(url: str) -> str:
    return re.sub(r"^(https?://)[^/@]*@", r"\1", url)
