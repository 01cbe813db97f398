"""The repository's past, read from git's objects: no checkout, no worktree, nothing executed, nothing fetched."""

import os
import posixpath
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from hullcheck.discover import (
    CHUNK,
    MAX_BYTES,
    VENDORED,
    Entry,
    Kind,
    Skipped,
    TooLargeError,
    as_entry,
    kind_of,
    patterns,
    submodule,
)
from hullcheck.errors import HullcheckError
from hullcheck.report import VersionControl

_LINK = "120000"
_HOPS = 40
"""Links that are followed one after the other before they count as a loop, as in Linux."""

_ENVIRONMENT = {"GIT_NO_LAZY_FETCH": "1", "GIT_NO_REPLACE_OBJECTS": "1", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}


class Base(NamedTuple):
    """What a change is compared with: the commit whose findings are old ones, and the one whose policy holds.

    `commit` is empty where nothing was committed yet.
    """

    commit: str
    policy: str
    how: str


class Blob(NamedTuple):
    """A file of a commit: its object, which repository (a submodule's folder, else empty) has it, its mode and size."""

    id: str
    repository: str
    mode: str
    size: int


class History:
    """A git repository's commits. Raises HullcheckError, saying what to do, where there is none."""

    def __init__(self, root: str) -> None:
        self.root = root
        self._repositories: dict[str, Any] = {}
        self._repository("")

    def __getstate__(self) -> dict[str, Any]:
        return {"root": self.root, "_repositories": {}}  # a worker starts its own git

    def _repository(self, folder: str) -> Any:
        if folder not in self._repositories:
            import git

            try:
                self._repositories[folder] = git.Repo(os.path.join(self.root, folder))
            except (git.InvalidGitRepositoryError, git.NoSuchPathError):
                raise HullcheckError(f"{folder or self.root} is no git repository: nothing to compare with") from None
            except (git.GitCommandNotFound, OSError) as error:
                raise HullcheckError(f"git can't be started: {error}") from None
        return self._repositories[folder]

    def _git(self, *arguments: str, folder: str = "") -> str | None:
        """What git prints, or None if it refuses; raises HullcheckError if it doesn't trust the repository at all."""
        status, out, error = self._repository(folder).git.execute(
            ["git", "--literal-pathspecs", *arguments],
            with_extended_output=True,
            with_exceptions=False,
            stdout_as_string=False,
            strip_newline_in_stdout=False,
            env=_ENVIRONMENT,
        )
        if status and "dubious ownership" in str(error):
            trust = f"git config --global --add safe.directory {self.root}"
            raise HullcheckError(f"git doesn't trust the owner of this repository; if you do: `{trust}`")
        return None if status else os.fsdecode(out)

    def commit(self, revision: str) -> str | None:
        """The id of a commit that is here, or None."""
        if revision.startswith("-") or "\0" in revision or not revision:
            raise HullcheckError(f"`{revision}` is not a revision")
        found = self._git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        return found.strip() if found else None

    def is_branch(self, revision: str) -> bool:
        name = self._git("rev-parse", "--verify", "--quiet", "--symbolic-full-name", "--end-of-options", revision) or ""
        return name.startswith(("refs/heads/", "refs/remotes/"))

    def first_parent(self) -> str | None:
        """The id of HEAD's first parent if HEAD is a merge, whether or not the parent is here; else None."""
        raw = self._git("cat-file", "-p", "HEAD") or ""
        parents = re.findall(r"^parent (\S+)$", raw.partition("\n\n")[0], re.MULTILINE)
        return parents[0] if len(parents) > 1 else None

    def merge_base(self, commit: str) -> str | None:
        found = self._git("merge-base", "--end-of-options", commit, "HEAD")
        return found.split()[0] if found else None

    @property
    def empty(self) -> bool:
        return self._git("rev-parse", "--verify", "--quiet", "HEAD") is None

    @property
    def shallow(self) -> bool:
        return (self._git("rev-parse", "--is-shallow-repository") or "").strip() == "true"

    def tracked(self) -> frozenset[str]:
        """The files that git keeps, as they are in the index: what .gitignore says doesn't apply to them."""
        listed = self._git("ls-files", "-z", "--recurse-submodules") or self._git("ls-files", "-z") or ""
        return frozenset(filter(None, listed.split("\0")))

    def changed(self, commit: str) -> frozenset[str]:
        """The tracked files, and submodules' folders, that differ on disk from the commit, or may."""
        listed = self._git("diff-index", "--name-only", "-z", "--ignore-submodules=none", commit, "--")
        if listed is None:
            raise HullcheckError(f"git can't compare the files with {commit}")
        return frozenset(filter(None, listed.split("\0")))

    def read(self, commit: str, path: str) -> bytes | None:
        """A file's bytes at a commit, links followed; None if there is no such file."""
        for _ in range(_HOPS):
            found = next((blob for name, blob in self._list(commit, "", path) if name == path), None)
            if found is None or found.mode != _LINK:
                return self.blob(found) if found else None
            path = posixpath.normpath(posixpath.join(posixpath.dirname(path), os.fsdecode(self.blob(found))))
            if path.startswith(("../", "/")):
                return None
        return None

    def blob(self, blob: Blob, limit: int = MAX_BYTES) -> bytes:
        if blob.size > limit:
            raise TooLargeError(f"larger than {limit // 1024 // 1024} MiB")
        try:
            return bytes(self._repository(blob.repository).git.get_object_data(blob.id)[3])
        except ValueError:
            raise _missing(blob) from None

    def chunks(self, blob: Blob) -> Iterator[bytes]:
        """The bytes of a file of any size, piece by piece."""
        try:
            stream = self._repository(blob.repository).git.stream_object_data(blob.id)[3]
        except ValueError:
            raise _missing(blob) from None
        while chunk := stream.read(CHUNK):
            yield bytes(chunk)

    def files(self, commit: str, absent: list[str] | None = None) -> dict[str, Blob]:
        """All files of a commit, those of submodules that are here too; the others' folders go to `absent`."""
        return dict(self._list(commit, "", absent=absent))

    def _list(
        self, commit: str, folder: str, *paths: str, absent: list[str] | None = None
    ) -> Iterator[tuple[str, Blob]]:
        listed = self._git("ls-tree", "-r", "-z", "-l", "--full-tree", commit, "--", *paths, folder=folder)
        if listed is None:
            raise HullcheckError(f"git can't read the files of {commit}")
        for row in filter(None, listed.split("\0")):
            details, _, name = row.partition("\t")
            mode, kind, identity, size = details.split()
            path = f"{folder}/{name}" if folder else name
            if kind == "blob":
                yield path, Blob(identity, folder, mode, int(size) if size.isdigit() else 0)
            elif kind == "commit":
                yield from self._submodule(path, identity, absent)

    def _submodule(self, path: str, commit: str, absent: list[str] | None) -> Iterator[tuple[str, Blob]]:
        """The files of a submodule's commit; nothing if the submodule isn't checked out."""
        folder = os.path.join(self.root, path)
        if not os.path.lexists(os.path.join(folder, ".git")) or os.path.islink(folder):
            if absent is not None:
                absent.append(path)
            return
        if self._git("cat-file", "-e", f"{commit}^{{commit}}", folder=path) is None:
            raise HullcheckError(f"the submodule {path} doesn't have its old commit {commit[:12]} here: fetch it first")
        yield from self._list(commit, path, absent=absent)


def _missing(blob: Blob) -> HullcheckError:
    advice = "this clone is partial: fetch all objects"
    return HullcheckError(f"git doesn't have the file {blob.id[:12]} of the base here; {advice}")


class CommitTree:
    """The files of a commit, as a walk of the disk would find them.

    `beside` are files that lie on the disk and aren't in git: they are there for the base as they are for the head.
    """

    def __init__(
        self,
        history: History,
        commit: str,
        *,
        exclude: tuple[str, ...] = (),
        vendored: bool = False,
        named: tuple[str, ...] = (),
        beside: tuple[str, ...] = (),
    ) -> None:
        self._history = history
        self._commit = commit
        self._vendored = vendored
        self._excluded = patterns(exclude) if exclude else None
        self.named = named
        self._entered: dict[str, bool] = {}
        self._absent: list[str] = []
        self.blobs = history.files(commit, self._absent) if commit else {}
        self.paths = [*(path for path in self.blobs if not self._left_out(path)), *beside]

    def unchanged(self) -> frozenset[str]:
        """The paths of files that are the same on disk."""
        if not self._commit:
            return frozenset()
        changed = self._history.changed(self._commit)
        return frozenset(
            path for path, blob in self.blobs.items() if path not in changed and blob.repository not in changed
        )

    def _left_out(self, path: str) -> bool:
        """Does the file lie in a folder that a walk doesn't enter?"""
        folder = path.rpartition("/")[0]
        if folder not in self._entered:
            vendored = not self._vendored and not VENDORED.isdisjoint(folder.split("/"))
            inside = bool(folder) and self._excluded is not None and self._excluded.match(f"{folder}/")
            self._entered[folder] = not (vendored or inside)
        return not self._entered[folder]

    def entries(self) -> Iterator[Entry | Skipped]:
        found: dict[str, set[Kind]] = {}
        for path in self.blobs:
            kind = kind_of(path.rpartition("/")[2])
            if kind is None or self._left_out(path) or self.excluded(path):
                continue
            real = self._real(path)
            if real is not None and not self.excluded(real):
                found.setdefault(real, set()).add(kind)
        for path in self.named:
            if path in self.blobs:
                kind = kind_of(path.rpartition("/")[2])
                found.setdefault(path, {kind} if kind else set())
        items: list[Entry | Skipped] = [as_entry(path, kinds, path in self.named) for path, kinds in found.items()]
        items += [submodule(path) for path in self._absent if not self._left_out(path) and not self.excluded(path)]
        yield from sorted(items, key=lambda item: item.path)

    def _real(self, path: str) -> str | None:
        """The file that a path stands for once links are followed; None if that isn't one of the commit's."""
        if self.blobs[path].mode != _LINK:
            return path
        for _ in range(_HOPS):
            parts = path.split("/")
            link = next((p for n in range(len(parts)) if self._is_link(p := "/".join(parts[: n + 1]))), None)
            if link is None:
                return path if path in self.blobs else None
            try:
                target = self._history.blob(self.blobs[link]).decode()
            except (OSError, UnicodeDecodeError):
                return None
            path = posixpath.normpath(posixpath.join(posixpath.dirname(link), target, path[len(link) + 1 :]))
            if path.startswith(("../", "/")) or path == "..":
                return None
        return None

    def _is_link(self, path: str) -> bool:
        return path in self.blobs and self.blobs[path].mode == _LINK

    @property
    def versioned(self) -> bool:
        return True

    def ignored(self, path: str) -> bool:
        return path not in self.blobs

    def excluded(self, path: str) -> bool:
        return self._excluded is not None and self._excluded.match(path)

    def read(self, path: str, limit: int = MAX_BYTES) -> bytes:
        return self._history.blob(self._blob(path), limit)

    def chunks(self, path: str) -> Iterator[bytes]:
        return self._history.chunks(self._blob(path))

    def _blob(self, path: str) -> Blob:
        blob = self.blobs.get(path)
        if blob is None:
            raise FileNotFoundError(2, "not in the commit", path)
        return blob


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
