"""What a run is asked, which is three things: what to look at, by whose policy, and what that is compared with."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date

from hullcheck import look
from hullcheck.discover import (
    KUSTOMIZATION_NAMES,
    MAX_BYTES,
    DiskTree,
    Entry,
    Skipped,
    Tree,
    as_entry,
    find_root,
    kind_of,
    relative,
)
from hullcheck.finding import Severity
from hullcheck.model.settings import Given
from hullcheck.patterns import pattern
from hullcheck.policy.config import Config, level
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.change.base import Past
    from hullcheck.policy.baseline import Baseline


_CONTEXT = pattern(r"\.env.*|.*\.dockerignore|\.hullcheck\.ya?ml", re.DOTALL)
"""Files that say something about others, and hold nothing to be judged, even if they are passed by name."""


class Subject(NamedTuple):
    """What to look at, and how.

    Which things: `paths`, relative to the working folder; in the place of one, the bytes `stdin` as the file
    `stdin_name`; findings in the files `only`, if that isn't None. A path that is `isolated` is the root itself,
    whatever repository it is in.
    As what: on disk, or in the commit `head` if one is named; rendered with what is `given`.
    How: `gitignore` says whether what git ignores is left out; `jobs` is the number of processes, 0 for as many as help.
    """

    paths: tuple[str, ...]
    stdin: bytes | None = None
    stdin_name: str = "-"
    only: frozenset[str] | None = None
    isolated: bool = False
    head: str = ""
    given: Given = Given()
    gitignore: bool = True
    jobs: int = 0

    def root(self) -> str:
        """The folder that all paths are relative to from there on."""
        if self.isolated:
            path = look.realpath(self.paths[0])
            return path if look.isdir(path) else os.path.dirname(path)
        paths = [path for path in self.paths if path != "-"] or ["."]
        root = find_root(paths)
        if look.lexists(os.path.join(root, ".git")):
            return root
        from hullcheck.show.reach import reached  # imported where there is no repository

        return reached(root, paths)

    def targets(self, root: str) -> tuple[str, ...]:
        """The paths that are asked about, relative to the root."""
        if self.stdin is not None:
            return (relative(root, self.stdin_name),)
        return tuple(relative(root, path) for path in self.paths)


class OwnPolicy(NamedTuple):
    """The policy that a change brings, which doesn't hold yet; `error` says why it can't be read, if so."""

    config: Config | None
    baseline: "Baseline | None"
    error: str


class Policy(NamedTuple):
    """By whose policy: what the owners say, and what the command line says instead; None and empty leave it to `config`.

    The owners: `config`, and old findings that don't count, of the `baseline`. With `own`, a change is gated: those
    two are the base's, and `own` is what the change makes of them.
    What is judged: as `strict`, missing hardening as single findings; `pod_security` and `validate`, with the version
    of Kubernetes; as on the day `today`.
    What is honoured: ignore comments, `inline`, and other tools', `foreign`.
    What counts: from `min_severity` on it is shown; `fail_on`, `fail_on_unjudged` and `no_files_is_fine` make the exit
    code; what isn't for production does if `context` says so.
    """

    config: Config
    baseline: "Baseline | None" = None
    own: OwnPolicy | None = None
    strict: bool = False
    pod_security: str = ""
    validate: bool = False
    kubernetes_version: str = ""
    today: date = date.min
    inline: bool = True
    foreign: bool = True
    min_severity: Severity | None = None
    fail_on: str | None = None
    fail_on_unjudged: bool = False
    no_files_is_fine: bool = False
    context: str = ""

    @property
    def everything(self) -> bool:
        """Do all contexts count in full?"""
        return (self.context or self.config.context) == "all"

    @property
    def minimum(self) -> Severity:
        """The least that is shown."""
        return self.config.min_severity if self.min_severity is None else self.min_severity

    @property
    def fails_on(self) -> Severity | None:
        """What sets exit code 1, where no path has a level of its own."""
        if self.fail_on is not None:
            return level(self.fail_on)
        own = self.config.gate_fail_on if self.own is not None else ""
        return level(own) if own else self.config.fail_on

    @property
    def fails_on_unjudged(self) -> bool:
        """Does what isn't judged set exit code 4, whatever it is?"""
        return self.fail_on_unjudged or self.config.fail_on_unjudged


class Request(NamedTuple):
    """The three together, as a command line says them; with `past` None, nothing is compared."""

    subject: Subject
    policy: Policy
    past: "Past | None" = None


def tree(
    root: str,
    subject: Subject,
    targets: tuple[str, ...],
    config: Config,
    past: "Past | None" = None,
    kind: Callable[..., DiskTree] = DiskTree,
) -> Tree:
    """What is looked at, as a tree: of a commit, or of the files on disk, of that kind."""
    if past is not None and subject.head:
        from hullcheck.change.history import CommitTree

        exclude, vendored = config.exclude, config.include_vendored
        return CommitTree(past.history, subject.head, exclude=exclude, vendored=vendored)
    files = tuple(t for t in targets if t and not look.isdir(os.path.join(root, t)))
    alone = len(files) == len(targets) and not look.lexists(os.path.join(root, ".git"))
    alone = alone and not any(
        path.rpartition("/")[2] in KUSTOMIZATION_NAMES for path in files
    )  # they are made of others
    found = kind(
        root,
        named=tuple(path for path in files if not _CONTEXT.fullmatch(path.rpartition("/")[2])),
        near=alone,
        gitignore=subject.gitignore,
        exclude=config.exclude,
        vendored=config.include_vendored,
        tracked=past.history.tracked() if past is not None else subject.only or frozenset(),
    )
    return Overlay(found, targets[0], subject.stdin) if subject.stdin is not None else found


class Overlay:
    """A tree in which one file has other content: that of standard input."""

    def __init__(self, tree: Tree, path: str, data: bytes) -> None:
        self.tree = tree
        self.path = path
        self.data = data

    def entries(self) -> Iterator[Entry | Skipped]:
        kind = kind_of(os.path.basename(self.path))
        yield as_entry(self.path, {kind} if kind else (), named=True)
        yield from (item for item in self.tree.entries() if item.path != self.path)

    @property
    def paths(self) -> list[str]:
        return self.tree.paths

    @property
    def links(self) -> Mapping[str, str]:
        return self.tree.links

    @property
    def named(self) -> tuple[str, ...]:
        return (self.path, *self.tree.named)

    @property
    def versioned(self) -> bool:
        return self.tree.versioned

    def ignored(self, path: str) -> bool:
        return self.tree.ignored(path)

    def excluded(self, path: str) -> bool:
        return self.tree.excluded(path)

    def read(self, path: str, limit: int = MAX_BYTES) -> bytes:
        return self.data if path == self.path else self.tree.read(path, limit)

    def chunks(self, path: str) -> Iterator[bytes]:
        return iter((self.data,)) if path == self.path else self.tree.chunks(path)
