"""The repository's past, read from git's objects: no checkout, no worktree, nothing executed, nothing fetched."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from functools import cached_property

from hullcheck import look
from hullcheck.change.listing import LINK, SUBMODULE, Blob, Blobs, Listing, compared, of_index, of_tree
from hullcheck.change.unchanged import Names, Unchanged
from hullcheck.discover import (
    MAX_BYTES,
    VENDORED,
    DiskTree,
    Entry,
    Kind,
    Skipped,
    Tree,
    as_entry,
    kind_of,
    patterns,
    submodule,
)
from hullcheck.errors import HullcheckError
from hullcheck.patterns import pattern
from hullcheck.plumbing import Plumbing
from hullcheck.report import VersionControl
from hullcheck.source import Source
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any, Protocol

_FEW = 8
"""Commits whose files are kept, and pairs of them whose differences are."""

_ALL_DIFFERENCES = (
    "--cached", "--raw", "--no-abbrev", "-z", "--no-renames", "--no-ext-diff", "--no-relative", "--ignore-submodules=none",
    "--ita-visible-in-index",
)  # fmt: skip
"""How the index is compared, whatever the configuration says."""

_HOPS = 40
"""Links that are followed one after the other before they count as a loop, as in Linux."""

_ID = pattern(r"[0-9a-f]{40}|[0-9a-f]{64}")
_ABBREVIATED = pattern(r"[0-9a-f]{4,63}")
_NO_NAME = pattern(r"[\x00-\x20\x7f?*\[\\]")
"""What no reference's name has, and a pattern may."""


class Base(NamedTuple):
    """What a change is compared with: the commit whose findings are old ones, and the one whose policy holds.

    `commit` is empty where nothing was committed yet.
    """

    commit: str
    policy: str
    how: str


class History:
    """A git repository's commits; of a `bare` one, `root` is git's own folder.

    Raises HullcheckError, saying what to do, where there is none.
    """

    def __init__(self, root: str, *, bare: bool = False) -> None:
        self.root = root
        self._bare = bare
        self._repositories: dict[str, Plumbing] = {}
        self._tracked: dict[str, str] | None = None
        self._listings: dict[tuple[str, str], Listing] = {}
        self._staged_here: Listing | None = None
        self._differences: dict[tuple[str, str], dict[str, bool]] = {}
        self.shallow = self._repository("").shallow

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_repositories": {}, "_listings": {}, "_staged_here": None}  # a worker starts its own git

    def _repository(self, folder: str) -> Plumbing:
        if folder not in self._repositories:
            path = os.path.join(self.root, folder).rstrip("/")
            self._repositories[folder] = Plumbing(path, inner=bool(folder), bare=self._bare and not folder)
        return self._repositories[folder]

    def _git(self, *arguments: str, folder: str = "") -> str | None:
        return self._repository(folder).run(*arguments)

    def notes(self) -> Iterator[str]:
        """What the owner of the folder should know of where its history is kept."""
        directory, path = self._repository("").directory, os.path.join(self.root, ".git")
        own = os.path.join(look.realpath(self.root), ".git")
        if look.realpath(directory) != own and not _is_linked(directory, path):
            yield f"the history of this folder is kept elsewhere, in {directory}"
        shared = _common(directory)
        if look.lexists(os.path.join(shared, "objects", "info", "alternates")):
            yield "a part of the history is taken from another repository (objects/info/alternates)"
        if look.lexists(os.path.join(shared, "info", "grafts")):
            yield "grafts are not honoured: commits have the parents that they say"
        replaced = _may_be_replaced(shared) and self._git(
            "for-each-ref", "--count=1", "--format=%(refname)", "refs/replace/"
        )
        if replaced:
            yield "replaced objects (refs/replace) are not honoured: the original ones are compared"

    def commit(self, revision: str) -> str | None:
        """The id of a commit that is here, or None. A name means a branch before it means a tag.

        Raises HullcheckError for what is no revision, or may mean two commits.
        """
        found = self._full(revision)
        return self._peeled(found) if found else None

    def _peeled(self, revision: str) -> str | None:
        head = self._repository("").head
        if revision == "HEAD" and head:
            return head
        found = self._git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        return found.strip() if found else None

    def _full(self, revision: str) -> str | None:
        """A revision with its reference's full name, so that git doesn't have to guess; None if there is none.

        git itself takes a tag before a branch, and would take a tag for the full name of a branch that isn't here; and
        whoever may push a tag isn't always one who may push to a branch.
        """
        if revision.startswith("-") or "\0" in revision or not revision:
            raise HullcheckError(f"`{revision}` is not a revision")
        name, rest = _split(revision)
        if name in ("", "HEAD", "FETCH_HEAD", "ORIG_HEAD") or _ID.fullmatch(name):
            return revision
        if name.startswith("refs/"):
            return revision if self._refs(name) else None
        branches = (f"refs/heads/{name}", f"refs/remotes/{name}", f"refs/remotes/origin/{name}")
        here = self._refs(*branches, f"refs/tags/{name}")
        found = next((ref for ref in branches if ref in here), None)
        if found and here.get(branches[1], here[found]) != here[found]:
            raise HullcheckError(
                f"`{name}` is ambiguous: there are {found} and {branches[1]}; name one of them in full"
            )
        found = found or next(iter(here), None)
        if found and _ABBREVIATED.fullmatch(name):
            self._not_abbreviated(name, found)
        return f"{found}{rest}" if found else revision

    def _not_abbreviated(self, name: str, ref: str) -> None:
        meant = self._peeled(ref)
        for identity in (self._git("rev-parse", f"--disambiguate={name}") or "").split():
            if self._peeled(identity) not in (None, meant):
                raise HullcheckError(f"`{name}` is ambiguous: there are {ref} and a commit {identity[:12]}")

    def _refs(self, *names: str) -> dict[str, str]:
        """The references of exactly these names, and what each stands for."""
        if any(_NO_NAME.search(name) for name in names):
            return {}
        rows = (self._git("for-each-ref", "--format=%(objectname) %(refname)", *names) or "").splitlines()
        found = {name: identity for identity, _, name in (row.partition(" ") for row in rows)}
        return {name: found[name] for name in names if name in found}

    def is_branch(self, revision: str) -> bool:
        full = self._full(revision)
        name = full and self._git("rev-parse", "--verify", "--quiet", "--symbolic-full-name", "--end-of-options", full)
        return (name or "").startswith(("refs/heads/", "refs/remotes/"))

    def parents(self, commit: str = "HEAD") -> tuple[str, ...]:
        """The ids of a commit's parents, whether or not they are here."""
        raw = self._git("cat-file", "-p", commit) or ""
        return tuple(re.findall(r"^parent (\S+)$", raw.partition("\n\n")[0], re.MULTILINE))

    def merge_base(self, commit: str) -> str | None:
        found = self._git("merge-base", "--end-of-options", commit, "HEAD")
        return found.split()[0] if found else None

    def contains(self, commit: str) -> bool:
        """Is the commit HEAD, a parent of it (here or not), or one before?"""
        head = self._peeled("HEAD")
        return head is not None and (
            commit in (head, *self.parents()) or (self._peeled(commit) == commit and self.merge_base(commit) == commit)
        )

    @property
    def empty(self) -> bool:
        return self._git("rev-parse", "--verify", "--quiet", "HEAD") is None

    @property
    def has_references(self) -> bool:
        """Is there any branch or tag?"""
        return bool(self._git("for-each-ref", "--count=1", "--format=%(refname)"))

    def tracked(self) -> frozenset[str]:
        """The files that git keeps, as they are in the index: what .gitignore says doesn't apply to them."""
        return self._tracked_files

    @cached_property
    def _tracked_files(self) -> frozenset[str]:
        if SUBMODULE not in self._in_index("").modes:
            return frozenset(self.index())
        return frozenset(path for path, staged in self.index().items() if not staged.startswith(SUBMODULE))

    def index(self) -> dict[str, str]:
        """The mode and the id of each file in the index, in submodules that are here too, and of submodules."""
        if self._tracked is None:
            here = self._in_index("")
            self._tracked = here.said if SUBMODULE not in here.modes else dict(self._staged(""))
        return self._tracked

    def _in_index(self, folder: str) -> Listing:
        if folder or self._staged_here is None:
            found = of_index(self._git("ls-files", "--stage", "-z", folder=folder) or "")
            if folder:
                return found
            self._staged_here = found
        return self._staged_here

    def _staged(self, folder: str) -> Iterator[tuple[str, str]]:
        for name, staged in self._in_index(folder).said.items():
            path = f"{folder}/{name}" if folder else name
            yield path, staged
            if staged.startswith(SUBMODULE) and self.checked_out(path):
                yield from self._staged(path)

    def checked_out(self, path: str) -> bool:
        """Is a submodule here, with its own history?"""
        folder = os.path.join(self.root, path)
        return not self._bare and look.lexists(os.path.join(folder, ".git")) and not look.islink(folder)

    def differences(self, commit: str, other: str = "") -> Mapping[str, bool]:
        """What differs between a commit and another one, else the index, and whether it is in the latter.

        Submodules are one thing each. An empty `commit` is the one before the first.
        """
        found = self._differences.get((commit, other))
        if found is None:
            if len(self._differences) >= _FEW:
                self._differences.clear()
            found = self._differences[commit, other] = self._compared(commit, other)
        return found

    def _compared(self, commit: str, other: str) -> dict[str, bool]:
        after = self._listed(other, "") if other else self._in_index("")
        if not other and _ID.fullmatch(commit):
            self._compare_with_index(commit)
        before = self._listed(commit, "") if commit else Listing([], frozenset())
        return before.differences(after)

    def _compare_with_index(self, commit: str) -> None:
        """Have the files of a commit known by how they differ from the index, if git can tell that."""
        if ("", commit) in self._listings:
            return
        said = self._git("diff-index", *_ALL_DIFFERENCES, commit, "--")
        found = compared(said, self._in_index("")) if said is not None else None
        if found is not None:
            self._listings["", commit] = found

    def read(self, commit: str, path: str) -> bytes | None:
        """A file's bytes at a commit, links followed; None if there is no such file."""
        for _ in range(_HOPS):
            rows = self._list(commit, "", path)
            found = next((Blob(said[7:], where, said[:6]) for name, said, where in rows if name == path), None)
            if found is None or found.mode != LINK:
                return self.blob(found) if found else None
            path = posixpath.normpath(posixpath.join(posixpath.dirname(path), os.fsdecode(self.blob(found))))
            if path.startswith(("../", "/")):
                return None
        return None

    def blob(self, blob: Blob, limit: int = MAX_BYTES) -> bytes:
        found = self._repository(blob.repository).blob(blob.id, limit)
        if found is None:
            raise _missing(blob)
        return found

    def chunks(self, blob: Blob) -> Iterator[bytes]:
        """The bytes of a file of any size, piece by piece."""
        return self._repository(blob.repository).chunks(blob.id)

    def files(self, commit: str, absent: list[str] | None = None) -> Blobs:
        """All files of a commit, those of submodules that are here too; the others' folders go to `absent`."""
        listing = self._listed(commit, "")
        if SUBMODULE not in listing.modes:
            return Blobs(listing.said, {}, has_links=LINK in listing.modes)
        said: dict[str, str] = {}
        inside: dict[str, str] = {}
        for path, each, folder in self._list(commit, "", absent=absent):
            said[path] = each
            if folder:
                inside[path] = folder
        return Blobs(said, inside, has_links=any(each.startswith(LINK) for each in said.values()))

    def _list(
        self, commit: str, folder: str, *paths: str, absent: list[str] | None = None
    ) -> Iterator[tuple[str, str, str]]:
        """The path of each file, its mode and id, and the submodule that has it."""
        for name, said in self._listed(commit, folder, *paths).said.items():
            path = f"{folder}/{name}" if folder else name
            if said.startswith(SUBMODULE):
                yield from self._submodule(path, said[7:], absent)
            else:
                yield path, said, folder

    def _listed(self, commit: str, folder: str, *paths: str) -> Listing:
        """Everything in a commit, or what is at some paths; the last ones are kept."""
        key = (folder, commit)
        if not paths and key in self._listings:
            return self._listings[key]
        listed = self._git("ls-tree", "-r", "-z", "--full-tree", commit, "--", *paths, folder=folder)
        if listed is None:
            raise HullcheckError(f"git can't read the files of {commit}")
        found = of_tree(listed, None if folder or paths else self._staged_here)
        if not paths and _ID.fullmatch(commit):
            if len(self._listings) >= _FEW:
                self._listings.clear()
            self._listings[key] = found
        return found

    def _submodule(self, path: str, commit: str, absent: list[str] | None) -> Iterator[tuple[str, str, str]]:
        """The files of a submodule's commit; nothing if the submodule isn't checked out."""
        if not self.checked_out(path):
            if absent is not None:
                absent.append(path)
            return
        if self._git("cat-file", "-e", f"{commit}^{{commit}}", folder=path) is None:
            raise HullcheckError(f"the submodule {path} doesn't have its old commit {commit[:12]} here: fetch it first")
        yield from self._list(commit, path, absent=absent)


def _missing(blob: Blob) -> HullcheckError:
    advice = "this clone is partial: fetch all objects"
    return HullcheckError(f"git doesn't have the file {blob.id[:12]} of the base here; {advice}")


class OnDisk(Protocol):
    """What is known of the files on disk, where they are seen as those of the commit are (`alike.py`)."""

    paths: frozenset[str]
    listed: list[str]

    def entries(self, tree: "CommitTree") -> list[Entry | Skipped]:
        """What the commit holds of interest, as its own look at it would tell."""

    def like(self, test: Callable[[str], bool], paths: list[str]) -> list[str]:
        """Those of the commit's paths that a test is true of, sorted."""


class CommitTree:
    """The files of a commit, as a walk of the disk would find them.

    `beside` are files that lie on the disk and aren't in git: they are there for the base as they are for the head. What is
    known of names `on_disk` isn't worked out again.
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
        on_disk: "OnDisk | None" = None,
    ) -> None:
        self._history = history
        self._commit = commit
        self._vendored = vendored
        self._excluded = patterns(exclude) if exclude else None
        self.named = named
        self._entered: dict[str, bool] = {}
        self.absent: list[str] = []
        self._leads: dict[str, str | None] = {}  # no more than there are links
        self._unchanged: tuple[Tree, Unchanged] | None = None
        self.blobs = history.files(commit, self.absent) if commit else Blobs({}, {}, has_links=False)
        self.beside = frozenset(beside)
        self.walked = on_disk
        there = self.walked.paths if self.walked is not None else frozenset()
        self.paths = [*beside]
        if self.walked is not None and not beside and there == self.blobs.keys():
            self.paths = self.walked.listed
        else:
            self.paths += [path for path in self.blobs.said if path in there or not self._left_out(path)]

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_unchanged": None, "walked": None}  # a worker only reads

    def unchanged(self, in_: Tree, but: frozenset[str] = frozenset(), names: Names | None = None) -> AbstractSet[str]:
        """The paths of files that are the same in a later tree, byte for byte, without those of `but`.

        `names` gives the names that git gives to files on disk. Of one tree, what is found out is kept.
        """
        if isinstance(in_, CommitTree):
            return self.blobs.same(in_.blobs) - but
        if but:
            return Unchanged(self._history, self.blobs, names, but)
        if self._unchanged is None or self._unchanged[0] is not in_:
            self._unchanged = (in_, Unchanged(self._history, self.blobs, names))
        return self._unchanged[1]

    def _left_out(self, path: str) -> bool:
        """Does the file lie in a folder that a walk doesn't enter?"""
        folder = path.rpartition("/")[0]
        if folder not in self._entered:
            vendored = not self._vendored and not VENDORED.isdisjoint(folder.split("/"))
            inside = bool(folder) and self._excluded is not None and self._excluded.match(f"{folder}/")
            self._entered[folder] = not (vendored or inside)
        return not self._entered[folder]

    def entries(self) -> Iterator[Entry | Skipped]:
        return iter(self._everything)

    @cached_property
    def _everything(self) -> list[Entry | Skipped]:
        return self.walked.entries(self) if self.walked is not None else self.seen_as(self.blobs.said)

    def seen_as(self, paths: Iterable[str]) -> list[Entry | Skipped]:
        """What some of the files are, sorted, and the submodules that aren't here."""
        found: dict[str, set[Kind]] = {}
        for path in paths:
            kind = kind_of(path.rpartition("/")[2])
            if kind is None or self._left_out(path) or self.excluded(path):
                continue
            real = self.real(path)
            if real is not None and not self.excluded(real):
                found.setdefault(real, set()).add(kind)
        for path in self.named:
            if path in self.blobs:
                kind = kind_of(path.rpartition("/")[2])
                found.setdefault(path, {kind} if kind else set())
        items: list[Entry | Skipped] = [as_entry(path, kinds, path in self.named) for path, kinds in found.items()]
        items += [submodule(path) for path in self.absent if not self._left_out(path) and not self.excluded(path)]
        return sorted(items, key=lambda item: item.path)

    def real(self, path: str) -> str | None:
        """The file that a path stands for once links are followed; None if that isn't one of the commit's."""
        found = self.followed(path)
        return found if found in self.blobs else None

    def followed(self, path: str) -> str | None:
        """Where a path leads once links are followed, whether or not there is a file; None if that is nowhere inside."""
        if not self.blobs.has_links or (path in self.blobs and not self.is_link(path)):
            return path
        for _ in range(_HOPS):
            parts = path.split("/")
            link = next((p for n in range(len(parts)) if self.is_link(p := "/".join(parts[: n + 1]))), None)
            if link is None:
                return path
            if link not in self._leads:
                self._leads[link] = self._text(link)
            target = self._leads[link]
            if target is None:
                return None
            path = posixpath.normpath(posixpath.join(posixpath.dirname(link), target, path[len(link) + 1 :]))
            if path.startswith(("../", "/")) or path == "..":
                return None
        return None

    def _text(self, link: str) -> str | None:
        try:
            return self._history.blob(self.blobs[link]).decode()
        except (OSError, UnicodeDecodeError):
            return None

    def target(self, path: str) -> str:
        """Where a link leads; empty if the path is none."""
        if not self.is_link(path):
            return ""
        told = self._history.blob(self.blobs[path]).decode("utf-8", "replace")
        return posixpath.normpath(posixpath.join(posixpath.dirname(path), told))

    @cached_property
    def seen(self) -> frozenset[str]:
        """The files of `paths`."""
        taken = self.walked is not None and self.paths is self.walked.listed
        return self.walked.paths if self.walked is not None and taken else frozenset(self.paths)

    @cached_property
    def links(self) -> dict[str, str]:
        """The links of the commit, and where they lead."""
        return {path: self.target(path) for path in self.paths if self.is_link(path)} if self.blobs.has_links else {}

    def is_link(self, path: str) -> bool:
        return self.blobs.is_link(path)

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
        """The file's, or that of the file that a link leads to, as on disk."""
        real = self.real(path)
        if real is None:
            raise FileNotFoundError(2, "not in the commit", path)
        return self.blobs[real]


def _is_linked(directory: str, path: str) -> bool:
    """Does the folder of a linked worktree or a submodule say that it belongs to this `.git`?"""
    with suppress(OSError):
        if look.realpath(_line(os.path.join(directory, "gitdir"))) == look.realpath(path):
            return True
    with suppress(OSError):
        said = re.search(
            r"^[ \t]*worktree[ \t]*=[ \t]*([^\s][^\n]*)$", _text(os.path.join(directory, "config")), re.MULTILINE
        )
        root = look.realpath(os.path.dirname(path))
        return said is not None and look.realpath(os.path.join(directory, said[1].strip())) == root
    return False


def _common(directory: str) -> str:
    """The folder that a linked worktree shares with the others; the folder itself if it is no such worktree."""
    try:
        return os.path.normpath(os.path.join(directory, _line(os.path.join(directory, "commondir"))))
    except OSError:
        return directory


def _may_be_replaced(directory: str) -> bool:
    """May there be references to replaced objects? False only if git's files say that there are none."""
    if "GIT_COMMON_DIR" in look.ENVIRON or "GIT_REFERENCE_BACKEND" in look.ENVIRON:
        return True
    if any(look.lexists(os.path.join(directory, name)) for name in ("reftable", "refs/replace")):
        return True
    for name, sign in (("config", "refstorage"), ("packed-refs", "refs/replace/")):
        try:
            if sign in _text(os.path.join(directory, name)).lower():
                return True
        except FileNotFoundError:
            continue
        except OSError:
            return True
    return False


def _split(revision: str) -> tuple[str, str]:
    """The name that a revision begins with, and what is said of it, such as `~1`."""
    end = min((at for mark in ("~", "^", ":", "@{") if (at := revision.find(mark)) >= 0), default=len(revision))
    return ("", revision) if revision == "@" else (revision[:end], revision[end:])


def version_control(root: str) -> VersionControl | None:
    """Where the checkout comes from, read from git's files without starting git; None if it isn't one."""
    folder = os.path.join(root, ".git")
    try:
        head = _line(os.path.join(folder, "HEAD"))
        branch = head.removeprefix("ref: refs/heads/") if head.startswith("ref: ") else ""
        revision = _resolve(folder, head)
        text = _text(os.path.join(folder, "config"))
    except OSError:
        return None
    match = re.search(r'\[remote "origin"\][^\[]*?\burl\s*=\s*(\S+)', text)
    uri = _without_credentials(match[1]) if match else ""
    return VersionControl(uri, revision, branch) if uri.startswith("https://") and revision else None


def _line(path: str) -> str:
    return _text(path).partition("\n")[0].strip()


def _text(path: str) -> str:
    folder, name = os.path.split(path)
    return DiskTree(folder).read(name).decode("utf-8", "replace")


def _resolve(folder: str, head: str) -> str:
    if not head.startswith("ref: "):
        return head
    name = head[5:]
    if ".." in name.split("/"):
        return ""
    try:
        return _line(os.path.join(folder, name))
    except OSError:
        packed = _text(os.path.join(folder, "packed-refs")).splitlines()
        return next((line.split()[0] for line in packed if line.rstrip().endswith(f" {name}")), "")


def _without_credentials(url: str) -> str:
    return re.sub(r"^(https?://)[^/@]*@", r"\1", url)


def as_then(tree: Tree, root: str, sources: tuple[Source, ...]) -> tuple[tuple[Source, ...], list[str]]:
    """Files that were named from the current folder, as an earlier tree of the repository has them.

    Those outside of it are the same for both. Second are the paths of those that it doesn't have.
    """
    found, missing = [], []
    for source in sources:
        inside = os.path.relpath(look.realpath(source.path), look.realpath(root))
        if inside == ".." or inside.startswith(f"..{os.sep}"):
            found.append(source)
            continue
        try:
            found.append(Source(source.path, tree.read(inside.replace(os.sep, "/"))))
        except OSError:
            missing.append(source.path)
    return tuple(found), missing
