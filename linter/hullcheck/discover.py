"""Paths to sources: what is looked at, as which kind, and why something is left out."""

import os
import posixpath
import re
import stat
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, Protocol

from hullcheck.errors import HullcheckError
from hullcheck.model.problem import Problem
from hullcheck.source import Source

if TYPE_CHECKING:
    from hullcheck.model.globs import GitIgnore

MAX_BYTES = 5 * 1024 * 1024
"""Larger files are reported, not read; Kubernetes refuses objects over 3 MiB, and nobody writes more by hand."""

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
    YAML = "yaml"  # Compose or Kubernetes, told apart by content
    COMPOSE = "compose"  # a Compose file by its name
    KUSTOMIZATION = "kustomization"
    SKAFFOLD = "skaffold"
    BAKE = "bake"
    CHART = "chart"  # a Helm chart's Chart.yaml
    ENV = "env"  # a .env beside a Compose file
    UNKNOWN = "unknown"  # passed by name: decided by content


_DOCKERFILE = re.compile(
    r"(?:docker|container)file(?:[._-].+)?|.+\.(?:docker|container)file", re.IGNORECASE | re.DOTALL
)
_NOT_DOCKERFILE = re.compile(
    r".+\.(?:dockerignore|containerignore|md|rst|txt|py|go|js|ts|sh|ya?ml|json|j2|tmpl|tpl|erb|html|png|svg|swp|bak|orig)~?",
    re.IGNORECASE | re.DOTALL,
)
_COMPOSE = re.compile(
    r"(?:docker-|podman-|container-)?compose(?:[._-].*)?\.ya?ml|.+[._-](?:docker-)?compose\.ya?ml|docker-stack.*\.ya?ml",
    re.IGNORECASE | re.DOTALL,
)
_KUSTOMIZATION = frozenset(("kustomization.yaml", "kustomization.yml", "Kustomization"))
_BAKE = re.compile(r"docker-bake(?:\.override)?\.(?:hcl|json)")


def kind_of(name: str) -> Kind | None:
    """The kind that a file's name tells, or None if it is of no interest."""
    lower = name.lower()
    if _BAKE.fullmatch(lower):
        return Kind.BAKE
    if name in _KUSTOMIZATION:
        return Kind.KUSTOMIZATION
    if lower.endswith((".yaml", ".yml")):
        if lower in ("skaffold.yaml", "skaffold.yml"):
            return Kind.SKAFFOLD
        if name == "Chart.yaml":
            return Kind.CHART
        return Kind.COMPOSE if _COMPOSE.fullmatch(name) else Kind.YAML
    if lower.endswith(".json"):
        return Kind.YAML
    if lower == ".env":
        return Kind.ENV
    if _DOCKERFILE.fullmatch(name) and not _NOT_DOCKERFILE.fullmatch(name):
        return Kind.DOCKERFILE
    return None


class Entry(NamedTuple):
    """A file to read: its path relative to the root, its kind, and whether it was passed by name."""

    path: str
    kind: Kind
    named: bool = False


class Skipped(NamedTuple):
    """A file or folder that is left out, and why."""

    path: str
    reason: str


class Tree(Protocol):
    """The files of a repository: those on disk, or those of a commit."""

    def entries(self) -> Iterator[Entry | Skipped]:
        """Everything of interest, sorted by path."""

    @property
    def paths(self) -> list[str]:
        """Every file that the walk of `entries` passed, of interest or not, ignored by git or not."""

    @property
    def versioned(self) -> bool:
        """Does the root hold the history, `.git`?"""

    def ignored(self, path: str) -> bool:
        """Is a file of `paths` one that git leaves alone?"""

    @property
    def named(self) -> tuple[str, ...]:
        """Files that are looked at whatever their names tell."""

    def read(self, path: str) -> bytes:
        """The file's bytes; OSError if it can't be read."""


class DiskTree:
    """The files below a folder on disk.

    Links are never followed out of the root, nor into a folder; a link to a file inside the root stands for that file.
    `tracked` are files that git keeps: what .gitignore says doesn't apply to them. `near` is for files that are in no
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
        self.root = os.path.realpath(root)
        self.near = near
        self._left = MAX_NEAR if near else -1
        self.vendored = vendored
        self.gitignore = gitignore
        self.named = named
        self.paths: list[str] = []
        self._ignores: dict[str, list[tuple[str, GitIgnore]]] = {}
        self._excluded = patterns(exclude) if exclude else None
        self._kept = tracked | {parent for path in tracked for parent in _parents(path)}

    def entries(self) -> Iterator[Entry | Skipped]:
        named = dict.fromkeys(self.named)
        found: dict[str, Entry | Skipped] = {}
        for item in self._all():
            known = found.get(item.path)
            if known is None or (isinstance(known, Entry) and isinstance(item, Entry) and known.kind is Kind.YAML):
                found[item.path] = item
        for path in named:
            kind = kind_of(os.path.basename(path))
            known = found.get(path)
            kind = known.kind if isinstance(known, Entry) else kind or Kind.UNKNOWN
            found[path] = Entry(path, kind, named=True)
        yield from sorted(found.values(), key=lambda item: item.path)

    def _all(self) -> Iterator[Entry | Skipped]:
        if not self.near:
            yield from self._walk("", [])
            return
        for folder in sorted({posixpath.dirname(path) for path in self.named}):
            for item in self._walk(folder, []):
                if not (isinstance(item, Entry) and item.kind is Kind.YAML):
                    yield item

    @property
    def versioned(self) -> bool:
        return os.path.lexists(os.path.join(self.root, ".git"))

    def ignored(self, path: str) -> bool:
        folder, _, name = path.rpartition("/")
        return self._left_out(name, path, False, self._ignores.get(folder, [])) == "ignored by git"

    def read(self, path: str) -> bytes:
        full = os.path.join(self.root, path)
        real = os.path.realpath(full)
        if not _inside(real, self.root):
            raise OSError("a link that leads out of the repository")
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
        descriptor = os.open(full, flags)
        with open(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise OSError("not a regular file")
            if status.st_size > MAX_BYTES:
                raise OSError(f"larger than {MAX_BYTES // 1024 // 1024} MiB")
            return file.read(MAX_BYTES + 1)[:MAX_BYTES]

    def _walk(self, folder: str, ignores: "list[tuple[str, GitIgnore]]") -> Iterator[Entry | Skipped]:
        try:
            with os.scandir(os.path.join(self.root, folder)) as scan:
                items = list(scan)
        except OSError as error:
            yield Skipped(folder or ".", f"can't be listed: {error.strerror}")
            return
        if self.gitignore and any(item.name == ".gitignore" for item in items):
            rules = self._read_gitignore(os.path.join(folder, ".gitignore"))
            ignores = [*ignores, (folder, rules)] if rules else ignores
        if ignores:
            self._ignores[folder] = ignores
        for item in items:
            if not self._left:
                return
            self._left -= 1
            path = f"{folder}/{item.name}" if folder else item.name
            is_folder = item.is_dir(follow_symlinks=False)
            if not is_folder:
                self.paths.append(path)
                if kind_of(item.name) is None:
                    continue
            reason = self._left_out(item.name, path, is_folder, ignores)
            if is_folder:
                if reason is None:
                    yield from self._walk(path, ignores)
                elif item.name != ".git":
                    yield Skipped(path, reason)
                continue
            yield from self._file(item, path, reason)

    def _file(self, item: "os.DirEntry[str]", path: str, reason: str | None) -> Iterator[Entry | Skipped]:
        kind = kind_of(item.name)
        if kind is None:
            return
        if reason is None and item.is_symlink():
            real = os.path.realpath(item.path)
            if not _inside(real, self.root):
                reason = "a link that leads out of the repository"
            elif not os.path.isfile(real):
                reason = "a link to something that is not a file"
            else:
                path = os.path.relpath(real, self.root).replace(os.sep, "/")
        elif reason is None and not item.is_file(follow_symlinks=False):
            reason = "not a regular file"
        yield Skipped(path, reason) if reason else Entry(path, kind)

    def _left_out(self, name: str, path: str, is_folder: bool, ignores: "list[tuple[str, GitIgnore]]") -> str | None:
        if is_folder and name == ".git":
            return "git's own folder"
        if is_folder and name in VENDORED and not self.vendored:
            return "vendored"
        slashed = f"{path}/" if is_folder else path
        if self._excluded is not None and self._excluded.match(slashed):
            return "excluded by the configuration"
        for folder, rules in reversed(ignores):
            verdict = rules.check(slashed[len(folder) + 1 :] if folder else slashed)
            if verdict is not None:
                return "ignored by git" if verdict and path not in self._kept else None
        return None

    def _read_gitignore(self, path: str) -> "GitIgnore | None":
        try:
            text = self.read(path).decode("utf-8", "surrogateescape").removeprefix("\ufeff")
        except OSError:
            return None
        rules = patterns(text.split("\n"))
        return rules if rules.rules else None


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
        if not os.path.lexists(path):
            raise HullcheckError(f"no such file or folder: {path}")
        # A link's own place counts: what it points to may be outside.
        real.append(os.path.join(os.path.realpath(os.path.dirname(path) or "."), os.path.basename(path)))
    folders = [p if os.path.isdir(p) else os.path.dirname(p) for p in map(os.path.normpath, real)]
    common = os.path.realpath(os.path.commonpath(folders))
    at = common
    while True:
        if os.path.lexists(os.path.join(at, ".git")):
            return at
        parent = os.path.dirname(at)
        if parent == at:
            break
        at = parent
    here = os.path.realpath(".")
    only_files = not any(os.path.isdir(p) for p in paths)
    return here if only_files and _inside(common, here) else common


def load(tree: Tree, entry: Entry) -> Source | Problem:
    """The file's source, or the problem that says why it can't be read."""
    try:
        return Source(entry.path, tree.read(entry.path))
    except OSError as error:
        source = Source(entry.path, b"")
        return Problem("unreadable-file", f"can't be read: {error.strerror or error}", source.at(0))
