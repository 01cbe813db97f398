"""Paths to sources: what is looked at, as which kind, and why something is left out."""

from __future__ import annotations

import os
import posixpath
import re
import stat
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from functools import cached_property
from operator import itemgetter

from hullcheck import look
from hullcheck.choices import Enum
from hullcheck.errors import MissingError
from hullcheck.model.coverage import Gap
from hullcheck.model.problem import Problem
from hullcheck.patterns import pattern
from hullcheck.source import Source
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING, Any, BinaryIO, Protocol

if TYPE_CHECKING:
    from hullcheck.marks import Signature
    from hullcheck.model.globs import GitIgnore

MAX_BYTES = 5 * 1024 * 1024
"""What is read of a file; nobody writes more by hand."""

MAX_MANIFEST = 64 * 1024 * 1024
"""What is read of YAML and JSON: everything that is deployed together, rendered into one file, may be that large."""

CHUNK = 1024 * 1024
"""What is looked at at a time of a file that is larger still."""

MAX_NEAR = 2_000
"""Files and folders that are looked at around a file that is in no repository."""

VENDORED = frozenset(
    (
        "node_modules", "bower_components", "vendor", "third_party", "site-packages", "dist-packages",
        ".venv", "venv", ".tox", ".nox", ".terraform", "Pods", "__pycache__",
    )
)  # fmt: skip
"""Folders that hold other people's files; `--include-vendored` looks into them."""


class Kind(Enum):
    """What a file is read as."""

    DOCKERFILE = "dockerfile"
    BESIDE_DOCKERFILE = "beside a dockerfile"  # `Dockerfile.md`, `Dockerfile.j2`: content tells whether it is one
    YAML = "yaml"  # told apart by content, as all kinds of YAML and JSON below are: their names are hints
    COMPOSE = "compose"
    KUSTOMIZATION = "kustomization"
    SKAFFOLD = "skaffold"
    BAKE = "bake"
    CHART = "chart"  # a Helm chart's Chart.yaml
    DEV_CONTAINER = "devcontainer"
    ENV = "env"  # a .env beside a Compose file
    UNKNOWN = "unknown"  # passed by name: decided by content


_DOCKERFILE = pattern(
    r"(?:docker|container)file(?:[._-].+)?|.+\.(?:docker|container)file(?:[._-].+)?", re.IGNORECASE | re.DOTALL
)
_BESIDE_DOCKERFILE = pattern(
    r".+\.(?:md|rst|txt|adoc|licen[cs]e|py|go|js|ts|sh|j2|jinja2?|tmpl|tpl|erb|html|png|svg|swp|bak|orig|asc|sig|log)~?",
    re.IGNORECASE | re.DOTALL,
)
_NOT_DOCKERFILE = pattern(r".+\.(?:dockerignore|containerignore)", re.IGNORECASE | re.DOTALL)
_COMPOSE = pattern(
    r"(?:docker-|podman-|container-)?compose(?:[._-].*)?\.(?:ya?ml|json)|.+[._-](?:docker-)?compose\.(?:ya?ml|json)"
    r"|docker-stack.*\.(?:ya?ml|json)"
    r"|(?:docker-)?compose(?:[._-][^/]*)?\.ya?ml[._-](?:example|sample|dist|template|default|j2|jinja2?|tmpl|tpl|erb|in)",
    re.IGNORECASE | re.DOTALL,
)
KUSTOMIZATION_NAMES = frozenset(("kustomization.yaml", "kustomization.yml", "Kustomization"))
DEV_CONTAINER = "devcontainer.json"
_BAKE = pattern(r"docker-bake(?:\.override)?\.(?:hcl|json)")
STRUCTURED = frozenset((Kind.YAML, Kind.COMPOSE, Kind.KUSTOMIZATION, Kind.SKAFFOLD, Kind.CHART))


def kind_of(name: str) -> Kind | None:
    """The kind that a file's name hints at, or None if it is of no interest."""
    lower = name.lower()
    if _BAKE.fullmatch(lower):
        return Kind.BAKE
    if name in KUSTOMIZATION_NAMES:
        return Kind.KUSTOMIZATION
    if lower.endswith((".yaml", ".yml", ".json")):
        if lower in ("skaffold.yaml", "skaffold.yml"):
            return Kind.SKAFFOLD
        if name == "Chart.yaml":
            return Kind.CHART
        if lower.endswith(DEV_CONTAINER):
            return Kind.DEV_CONTAINER
        return Kind.COMPOSE if _COMPOSE.fullmatch(name) else Kind.YAML
    if lower == ".env":
        return Kind.ENV
    if "compose" in lower and _COMPOSE.fullmatch(name):  # to be copied, or filled in
        return Kind.COMPOSE
    if _DOCKERFILE.fullmatch(name) and not _NOT_DOCKERFILE.fullmatch(name):
        return Kind.BESIDE_DOCKERFILE if _BESIDE_DOCKERFILE.fullmatch(name) else Kind.DOCKERFILE
    return None


def is_of_interest(path: str) -> bool:
    """Does a file's name hint at any kind?"""
    return kind_of(path.rpartition("/")[2]) is not None


def is_go_test(path: str) -> bool:
    return path.endswith("_test.go")


_ORDER = tuple(Kind)


def as_entry(path: str, kinds: Iterable[Kind], named: bool = False) -> "Entry":
    """The file, by all the kinds that its name and the names of links to it tell."""
    told = set(kinds)
    if len(told) == 1:
        return Entry(path, told.pop(), named)
    if not told.isdisjoint(STRUCTURED - {Kind.YAML}):
        told.discard(Kind.YAML)
    if Kind.DOCKERFILE in told:
        told.discard(Kind.BESIDE_DOCKERFILE)
    first, *others = sorted(told, key=_ORDER.index) or [Kind.UNKNOWN]
    return Entry(path, first, named, tuple(others))


def plainly_dockerfile(name: str) -> bool:
    """Does the name say nothing else than Dockerfile? Behind a suffix of its own there may be other things."""
    lower = name.lower()
    return lower in ("dockerfile", "containerfile") or lower.endswith((".dockerfile", ".containerfile"))


class Entry(NamedTuple):
    """A file to read: its path relative to the root, its kind, and whether it was passed by name.

    `also` are kinds that the names of links to it tell, where these differ.
    """

    path: str
    kind: Kind
    named: bool = False
    also: tuple[Kind, ...] = ()


class Skipped(NamedTuple):
    """A file or folder that is left out, and why.

    `rule` is the line of the owners' that says so, if one does. `gap` is why it isn't judged, if nobody wanted that.
    """

    path: str
    reason: str
    rule: str = ""
    gap: Gap | None = None


class TooLargeError(OSError):
    """A file is larger than what is read of it."""


def submodule(path: str) -> Skipped:
    """A submodule's folder that holds nothing."""
    return Skipped(path, "a submodule that isn't checked out", gap=Gap("submodule", "submodule"))


class Tree(Protocol):
    """The files of a repository: those on disk, or those of a commit."""

    def entries(self) -> Iterator[Entry | Skipped]:
        """Everything of interest, sorted by path."""

    @property
    def paths(self) -> list[str]:
        """Every file that the walk of `entries` passed, of interest or not, ignored by git or not."""

    @property
    def links(self) -> Mapping[str, str]:
        """The links among `paths` that lead to a file of interest or to a folder, and where to, inside the root."""

    @property
    def versioned(self) -> bool:
        """Does the root hold the history, `.git`?"""

    def ignored(self, path: str) -> bool:
        """Is a file of `paths` one that git leaves alone?"""

    @property
    def named(self) -> tuple[str, ...]:
        """Files that are looked at whatever their names tell."""

    def excluded(self, path: str) -> bool:
        """Do the owners' words leave the file out, wherever it lies and whatever names it?"""

    def read(self, path: str, limit: int = MAX_BYTES) -> bytes:
        """The file's bytes; OSError if it can't be read, TooLargeError if there are more than `limit`."""

    def chunks(self, path: str) -> Iterator[bytes]:
        """The bytes of a file of any size, piece by piece; OSError if it can't be read."""


class Remembered(Protocol):
    """What is known of the folders of a tree from an earlier walk (`walked.py`)."""

    def walk(self, tree: "DiskTree") -> "list[Entry | Skipped]":
        """What the tree's own walk would tell."""

    def like(self, test: Callable[[str], bool], paths: list[str]) -> list[str]:
        """Those of the paths that a test is true of, sorted."""


class DiskTree:
    """The files below a folder on disk.

    Links are never followed out of the root, nor into a folder; a link to a file inside the root stands for that file.
    `tracked` are files that git keeps: what .gitignore says doesn't apply to them; without any, the repository's index
    is asked. `near` is for files that are in no
    repository: only what lies close to the `named` ones is looked at, and no manifest that wasn't named.
    """

    def __init__(
        self,
        root: str,
        *,
        exclude: tuple[str, ...] = (),
        vendored: bool = False,
        gitignore: bool = True,
        named: tuple[str, ...] = (),
        tracked: frozenset[str] = frozenset(),
        near: bool = False,
    ) -> None:
        self.root = look.realpath(root)
        self.near = near
        self._left = MAX_NEAR if near else -1
        self.vendored = vendored
        self.gitignore = gitignore
        self.named = named
        self.paths: list[str] = []
        self.links: dict[str, str] = {}
        self._ignores: dict[str, list[tuple[str, GitIgnore]]] = {}
        self._excluded = patterns(exclude) if exclude else None
        self._submodules: set[str] = set()
        self._walked: set[str] = set()
        self.is_taken_over = False
        self.exclude = exclude
        self._tracked = tracked
        self.asks_index = gitignore and not tracked
        self.options = (str(gitignore), str(vendored), str(bool(tracked)), *exclude)
        self.walked: Remembered | None = None
        self.store = look.store()
        self.odd: set[str] = set()

    def __getstate__(self) -> dict[str, Any]:
        state = {**vars(self), "walked": None, "store": None}  # a worker only reads
        return state if self._tracked else {**state, "kept": ()}

    def entries(self) -> Iterator[Entry | Skipped]:
        items = self._all()
        if not self.named and not self.links and isinstance(items, list):  # no name stands for another file
            return iter(sorted(items, key=itemgetter(0)))
        return self._united(items)

    def _united(self, items: Iterable[Entry | Skipped]) -> Iterator[Entry | Skipped]:
        found: dict[str, Entry] = {}
        kinds: dict[str, set[Kind]] = {}
        skipped: dict[str, Skipped] = {}
        for item in items:
            if not isinstance(item, Entry):
                skipped.setdefault(item.path, item)
            elif (first := found.setdefault(item.path, item)) is not item:
                kinds.setdefault(item.path, {first.kind}).add(item.kind)
        for path in self.named:
            kind = kind_of(os.path.basename(path))
            told = kinds.get(path) or ({found[path].kind} if path in found else {kind} if kind else set())
            kinds[path] = told
        named = frozenset(self.named)
        found.update((path, as_entry(path, told, path in named)) for path, told in kinds.items())
        left_out = [item for path, item in skipped.items() if path not in found]
        everything: list[Entry | Skipped] = [*found.values(), *left_out]
        yield from sorted(everything, key=itemgetter(0))

    def _all(self) -> Iterable[Entry | Skipped]:
        return self._walks() if self.walked is None else self.walked.walk(self)

    def _walks(self) -> Iterator[Entry | Skipped]:
        if not self.near:
            yield from self._walk("", [])
            return
        for folder in sorted({posixpath.dirname(path) for path in self.named}):
            for item in self._walk(folder, []):
                if not (isinstance(item, Entry) and item.kind is Kind.YAML):
                    yield item

    def part(self, folder: str) -> list[Entry | Skipped] | None:
        """What a walk would tell of a folder and all below it, without a look elsewhere; None if it wouldn't get there."""
        ignores: list[tuple[str, GitIgnore]] = []
        at = ""
        for name in folder.split("/") if folder else ():
            if self.gitignore:
                rules = self._read_gitignore(posixpath.join(at, ".gitignore"))
                ignores = [*ignores, (at, rules)] if rules else ignores
            at = posixpath.join(at, name)
            full = os.path.join(self.root, at)
            if look.islink(full) or not look.isdir(full) or self._left_out(name, at, True, ignores) is not None:
                return None
        self.paths.clear()
        self.__dict__.pop("seen", None)
        return list(self._walk(folder, ignores))

    @property
    def versioned(self) -> bool:
        return look.lexists(os.path.join(self.root, ".git"))

    def ignored(self, path: str) -> bool:
        folder, _, name = path.rpartition("/")
        ignores = self.ignores_in(folder) if folder in self._walked else []
        if not ignores:
            return False
        left_out = self._left_out(name, path, False, ignores)
        return left_out is not None and left_out.reason == IGNORED

    def excluded(self, path: str) -> bool:
        return self._excluded is not None and self._excluded.match(path)

    def read(self, path: str, limit: int = MAX_BYTES) -> bytes:
        file, size = self._open(path)
        with file:
            data = file.read(size + 1) if size <= limit else b""  # to ask for all there may be takes that much memory
            if size < len(data) <= limit:  # it grows
                data += file.read(limit + 1 - len(data))
            if max(size, len(data)) > limit:
                raise TooLargeError(f"larger than {limit // 1024 // 1024} MiB")
            return data

    def chunks(self, path: str) -> Iterator[bytes]:
        with self._open(path)[0] as file:
            while chunk := file.read(CHUNK):
                yield chunk

    def _open(self, path: str) -> tuple[BinaryIO, int]:
        """The file, for the caller to close, and its size."""
        full = os.path.join(self.root, path)
        if self.has_entered(path) and not look.islink(full):
            file = look.opened(full, _AT_ONCE | _NO_LINK)  # the caller closes it
        else:
            if not _inside(look.realpath(full), self.root):
                raise OSError("a link that leads out of the repository")
            file = look.opened(full, _AT_ONCE)
        info = os.fstat(file.fileno())
        if not stat.S_ISREG(info.st_mode):
            file.close()
            raise OSError("not a regular file")
        return file, info.st_size

    def known_by(self, path: str) -> "Signature | None":
        """What tells whether a file is still the same; None if it is one that a link leads to or from."""
        return look.signed(f"{self.root}/{path}") if self.has_entered(path) else None

    def has_entered(self, path: str) -> bool:
        """Is the file in a folder that the walk entered, which no link leads to?"""
        return bool(_NO_LINK) and path.rpartition("/")[0] in self._walked and not path.endswith(("/..", "/."))

    def _walk(self, folder: str, ignores: "list[tuple[str, GitIgnore]]") -> Iterator[Entry | Skipped]:
        for item in self.listed(folder, ignores):
            if isinstance(item, str):
                yield from self._walk(item, self.ignores_in(folder))
            else:
                yield item

    def listed(self, folder: str, ignores: "list[tuple[str, GitIgnore]]") -> Iterator[Entry | Skipped | str]:
        """What is in a folder; of the folders in it that are to be entered, the paths.

        `ignores` hold above. The folder is `odd` if more bears on that than its names and these: a list in it, a link, or
        what git keeps.
        """
        try:
            items = self.scan(folder)
        except OSError as error:
            reason = f"can't be listed: {error.strerror}"
            self.odd.add(folder)
            yield Skipped(folder or ".", reason, gap=Gap("unreadable", "folder", reason))
            return
        self._walked.add(folder)
        if not items and folder in self._submodules:
            yield submodule(folder)
        names = {item.name for item in items}
        if self.gitignore and ".gitignore" in names:
            rules = self._read_gitignore(os.path.join(folder, ".gitignore"))
            ignores = [*ignores, (folder, rules)] if rules else ignores
        if ".gitmodules" in names:
            self._submodules.update(posixpath.join(folder, path) for path in self._gitmodules(folder))
        if ignores:
            self._ignores[folder] = ignores
        if not _OF_LISTS.isdisjoint(names) or not items or any(item.is_symlink() for item in items):
            self.odd.add(folder)
        for item in items:
            if not self._left:
                return
            self._left -= 1
            path = f"{folder}/{item.name}" if folder else item.name
            is_folder = item.is_dir(follow_symlinks=False)
            kind = None
            if not is_folder:
                self.paths.append(path)
                kind = kind_of(item.name)
                if kind is None:
                    if item.is_symlink() and look.isdir(item.path):
                        yield from self._linked_folder(item, path, ignores)
                    continue
            left_out = self._left_out(item.name, path, is_folder, ignores)
            if is_folder:
                if left_out is None:
                    yield path
                elif item.name != ".git":
                    yield left_out
                continue
            assert kind is not None
            yield left_out or self._file(item, path, kind)

    def enter(self, folder: str, paths: Iterable[str], ignores: "list[tuple[str, GitIgnore]]") -> None:
        """Take for granted what is in a folder, of which it is known: the files, and what is ignored there."""
        self._walked.add(folder)
        self.paths += paths
        if ignores:
            self._ignores[folder] = ignores

    def enter_all(self, folders: Iterable[str], paths: Iterable[str]) -> None:
        """The same, of many folders: where the tree `is_taken_over`, what is ignored above one is ignored in it, too."""
        self._walked.update(folders)
        self.paths += paths

    def ignores_in(self, folder: str) -> "list[tuple[str, GitIgnore]]":
        """What is ignored in a folder that was entered, by the folders whose lists say so."""
        while self.is_taken_over and folder and folder not in self._ignores:
            folder = folder.rpartition("/")[0]
        return self._ignores.get(folder, [])

    def _file(self, item: "os.DirEntry[str]", path: str, kind: Kind) -> Entry | Skipped:
        reason, cause = "", "unreadable"
        if item.is_symlink():
            real = look.realpath(item.path)
            if not _inside(real, self.root):
                reason, cause = _OUTSIDE, "outside"
            elif not look.isfile(real):
                reason, cause = "a link to something that is not a file", "missing"
            else:
                link, path = path, os.path.relpath(real, self.root).replace(os.sep, "/")
                self.links[link] = path
                if self.excluded(path):
                    return Skipped(path, _EXCLUDED)
        elif not item.is_file(follow_symlinks=False):
            reason = "not a regular file"
        return Skipped(path, reason, gap=Gap(cause, "file", reason)) if reason else Entry(path, kind)

    def _linked_folder(
        self, item: "os.DirEntry[str]", path: str, ignores: "list[tuple[str, GitIgnore]]"
    ) -> Iterator[Entry | Skipped]:
        """A link to a folder: what lies inside the root is walked where it is."""
        real = look.realpath(item.path)
        if _inside(real, self.root):
            self.links[path] = os.path.relpath(real, self.root).replace(os.sep, "/")
        else:
            left_out = self._left_out(item.name, path, False, ignores)
            yield left_out or Skipped(path, _OUTSIDE, gap=Gap("outside", "folder", _OUTSIDE))

    def scan(self, folder: str) -> "list[os.DirEntry[str]]":
        """What is in a folder; OSError if it can't be listed."""
        return look.scan(os.path.join(self.root, folder))

    def _gitmodules(self, folder: str) -> Iterator[str]:
        try:
            text = self.read(posixpath.join(folder, ".gitmodules")).decode("utf-8", "replace")
        except OSError:
            return
        for line in text.split("\n"):
            key, _, value = line.partition("=")
            if key.strip() == "path" and value.strip():
                yield posixpath.normpath(value.strip().strip('"'))

    def _left_out(
        self, name: str, path: str, is_folder: bool, ignores: "list[tuple[str, GitIgnore]]"
    ) -> Skipped | None:
        if is_folder and name == ".git":
            return Skipped(path, "git's own folder")
        if is_folder and name in VENDORED and not self.vendored:
            return Skipped(path, "vendored", name)
        slashed = f"{path}/" if is_folder else path
        if self._excluded is not None and self._excluded.match(slashed):
            return Skipped(path, _EXCLUDED, self._excluded.why(slashed))
        for folder, rules in reversed(ignores):
            below = slashed[len(folder) + 1 :] if folder else slashed
            verdict = rules.check(below)
            if verdict is not None:
                kept = verdict and path in self.kept
                if kept or (verdict and self._tracked):
                    self.odd.add(path.rpartition("/")[0])
                return Skipped(path, IGNORED, rules.why(below)) if verdict and not kept else None
        return None

    @cached_property
    def kept(self) -> Container[str]:
        """What git tracks, and all folders that hold any of it."""
        if not self._tracked:
            from hullcheck.tracked import of

            return of(self.root)
        folders = {path.rpartition("/")[0] for path in self._tracked} - {""}
        return self._tracked.union(folders, (parent for folder in folders for parent in _parents(folder)))

    @cached_property
    def seen(self) -> frozenset[str]:
        """The files of `paths`, once all was walked."""
        return frozenset(self.paths)

    @property
    def entered(self) -> frozenset[str]:
        """Those of them of which `has_entered` is true."""
        return self.seen if _NO_LINK else frozenset()

    def _read_gitignore(self, path: str) -> "GitIgnore | None":
        try:
            text = self.read(path).decode("utf-8", "surrogateescape").removeprefix("\ufeff")
        except OSError:
            return None
        rules = patterns(text.split("\n"))
        return rules if rules.rules else None


def like(tree: Tree, test: Callable[[str], bool]) -> list[str]:
    """The paths of a tree's files that a test is true of, sorted; it is a function of a module, and looks at nothing else."""
    walked: Remembered | None = getattr(tree, "walked", None)
    return walked.like(test, tree.paths) if walked is not None else sorted(filter(test, tree.paths))


def seen(tree: Tree) -> frozenset[str]:
    """The paths of a tree that was walked; many ask for them."""
    found: frozenset[str] | None = getattr(tree, "seen", None)
    return found if found is not None else frozenset(tree.paths)


IGNORED = "ignored by git"
_OF_LISTS = frozenset((".gitignore", ".gitmodules"))
_NO_LINK, _AT_ONCE = getattr(os, "O_NOFOLLOW", 0), getattr(os, "O_NONBLOCK", 0)
_EXCLUDED = "excluded by the configuration"
_OUTSIDE = "a link that leads out of the repository"


def _parents(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path


def patterns(lines: Iterable[str]) -> "GitIgnore":
    """A matcher for lines in .gitignore's syntax; a line that is none is left out, as git does."""
    from hullcheck.model.globs import GitIgnore

    return GitIgnore(lines)


def _inside(path: str, root: str) -> bool:
    return path == root or path.startswith(root.rstrip(os.sep) + os.sep)


def find_root(paths: list[str]) -> str:
    """The repository that the paths are in: the folder that holds `.git`, else their common folder.

    Raises HullcheckError for a path that doesn't exist.
    """
    real = []
    for path in paths:
        if not look.lexists(path):
            raise MissingError(path)
        real.append(_own_place(path))
    folders = [p if look.isdir(p) else os.path.dirname(p) for p in map(os.path.normpath, real)]
    common = look.realpath(os.path.commonpath(folders))
    if repository := _repository(common):
        return repository
    here = look.realpath(".")
    only_files = not any(look.isdir(p) for p in paths)
    return here if only_files and _inside(common, here) else common


def _repository(folder: str) -> str | None:
    """The folder that holds `.git`: this one, or one above it."""
    while not look.lexists(os.path.join(folder, ".git")):
        folder, below = os.path.dirname(folder), folder
        if folder == below:
            return None
    return folder


def _own_place(path: str) -> str:
    """Where a path that was asked for lies. A link's own place counts, for what it points to may be outside of the
    repository that has it; one to a folder that isn't is followed."""
    folder = look.realpath(os.path.dirname(path) or ".")
    full = os.path.join(folder, os.path.basename(path))
    if not look.islink(full) or not look.isdir(full):
        return full
    real, repository = look.realpath(full), _repository(folder)
    return real if repository is None or _inside(real, repository) else full


def relative(root: str, path: str) -> str:
    """The path below the root, with `/` between its parts; empty for the root itself."""
    full = _own_place(path)
    relative = os.path.relpath(os.path.normpath(full), root).replace(os.sep, "/")
    return "" if relative == "." else relative


def load(tree: Tree, entry: Entry) -> Source | Problem | None:
    """The file's source, or the problem that says why it can't be read; None if it is large and of no interest."""
    try:
        return Source(entry.path, tree.read(entry.path, MAX_MANIFEST if entry.kind in STRUCTURED else MAX_BYTES))
    except TooLargeError as error:
        why, cause = str(error), "size"
        if not peeked(tree, entry):
            return None
    except OSError as error:
        why, cause = error.strerror or str(error), "unreadable"
    place = Source(entry.path, b"").at(0)
    return Problem("unreadable-file", f"can't be read: {why}", place, gap=Gap(cause, "file", why))


def peeked(tree: Tree, entry: Entry) -> bool:
    """May a file that is too large to be read hold anything of interest?"""
    from hullcheck.parse import wording

    if entry.named or entry.kind in (Kind.ENV, Kind.BAKE, Kind.UNKNOWN):
        return True
    try:
        if entry.kind in (Kind.DOCKERFILE, Kind.BESIDE_DOCKERFILE):
            name = posixpath.basename(entry.path)
            return plainly_dockerfile(name) or wording.any_stage(tree.chunks(entry.path))
        return wording.interesting(tree.chunks(entry.path), entry.path)
    except OSError:
        return True
