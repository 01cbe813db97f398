"""A repository that is judged again after each edit, in one process: for editors, and whoever watches a tree.

    session = Session(Subject((".",)), Policy(config), registry())
    result = session.update()                            # as engine.lint would have it
    result = session.update({"web/Dockerfile": text})    # with what an editor hasn't saved
    session.idle()                                       # when nobody waits

What comes out is what a run from the beginning would tell. Files are read again if they have changed. What an edit bears
on is found by `link/joined.py`, as for a hook: that is linked and checked anew, and everything else is as it was. Where
that can't be told, or hardly anything isn't joined, all is linked and checked, of the files as they were read.
"""

from __future__ import annotations

import gc
import time
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from hullcheck import budget, engine
from hullcheck.analysis import Analysis, Progress
from hullcheck.change.commit import bears_on_all
from hullcheck.check import Registry
from hullcheck.errors import HullcheckError
from hullcheck.link.joined import Joined
from hullcheck.link.project import Project, link
from hullcheck.link.repository import is_moved, updates
from hullcheck.link.tree_says import TooManyError
from hullcheck.link.tree_words import Texts
from hullcheck.model.coverage import Coverage
from hullcheck.model.image import ImageUse
from hullcheck.model.kept import Kept
from hullcheck.model.repository import Updates
from hullcheck.model.scoped import Scoped
from hullcheck.narrow import may_be
from hullcheck.read import File, read_all
from hullcheck.request import Policy, Subject
from hullcheck.result import Result, touches
from hullcheck.snapshot import GoneError, Snapshot
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any

MOST = 0.5
"""The share of the files from which on all are linked and checked at once."""


class StoppedError(Exception):
    """An update was told to stop, and nothing has come of it."""


class _State(NamedTuple):
    """What is known of the tree as it was last: its files as read (None is one of no interest), and what came out.

    `parts` is the model, where all of it was made at once.
    """

    tree: Snapshot
    joined: Joined
    read: Mapping[str, File | None]
    analysis: Analysis
    dockerfiles: frozenset[str]
    developed: frozenset[str]
    uses: tuple[ImageUse, ...]
    updates: Updates | None
    result: Result
    parts: list[Scoped] | None = None

    @property
    def is_late(self) -> bool:
        """Did something take too long, so that it may come out otherwise next time?"""
        return self.analysis.is_late


class Session:
    """Judges `subject` by `policy` as often as it is told to, each time as it is then.

    No commit is compared with and no standard input is read; another configuration is another session. `rounds` counts the
    updates by how they were made: `whole`, `narrow`, or `same` where nothing had changed.
    """

    def __init__(
        self,
        subject: Subject,
        policy: Policy,
        registry: Registry,
        progress: Progress = lambda what, done, total: None,
    ) -> None:
        if policy.own or subject.stdin is not None:
            raise HullcheckError("a session compares with no commit, and reads no standard input")
        self.asked = engine.prepared(subject, policy, registry, progress)
        self.rounds: Counter[str] = Counter()
        self._state: _State | None = None
        self._kept = Kept()
        self._heap = _Heap()

    @property
    def root(self) -> str:
        """The folder that all paths are relative to."""
        return self.asked.root

    def update(self, unsaved: Mapping[str, bytes] | None = None, stop: Callable[[], bool] | None = None) -> Result:
        """What is found now; `unsaved` are all the files that differ from what is on disk, by path below the root.

        Raises OutOfTimeError or HullcheckError where a run would, and StoppedError soon after `stop`, which is asked now
        and then and may be set by another thread, says so for good; the session is then as it was before.
        """
        clock = partial(_time, stop) if stop is not None else time.monotonic
        with self._heap.busy(), budget.limited(*_LIMITS, clock):
            try:
                state = self._updated(unsaved or {})
                if stop is not None and stop():
                    raise StoppedError  # what was cut short looks as if it took too long
            except BaseException as error:
                self._kept.undo()
                if isinstance(error, budget.OutOfTimeError) and stop is not None and stop():
                    raise StoppedError from None
                raise
            self._kept.done()
            self._state = state
            return state.result

    def _updated(self, unsaved: Mapping[str, bytes]) -> _State:
        config = self.asked.policy.config
        tree = self.asked.tree(partial(_snapshot, unsaved))
        assert isinstance(tree, Snapshot)
        _ = [*tree.entries()]  # walks
        before = self._state
        if before is None:
            self._kept.changed(frozenset(), frozenset(tree.paths))
            return self._whole(tree, {}, self._joined(tree))
        changed = tree.succeed(before.tree)
        if not changed and tree.left_out == before.tree.left_out and not before.is_late:
            self.rounds["same"] += 1
            before.tree.renew(tree)
            return before
        if before.is_late:
            self._kept.clear()
        self._kept.changed(changed, frozenset(tree.paths))
        joined = self._joined(tree, before, changed)
        made = None
        if not before.is_late and may_be(("a part",), config) and not config.suppress:
            made = self._narrow(before, tree, joined, changed)
        return made or self._whole(tree, _unchanged(before, tree, changed), joined)

    @property
    def tree(self) -> Snapshot:
        """The files as they were judged last."""
        return self._last.tree

    @property
    def files(self) -> Mapping[str, File]:
        """What was read of the files of interest, by path."""
        return self._last.analysis.files

    @property
    def scopes(self) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """What is applied together, as rendered: the worlds of manifests, and the Compose projects."""
        return self._last.analysis.scopes

    def parts(self, path: str) -> list[Scoped]:
        """The model of a file, and of all that is joined with it, as it was judged last."""
        last = self._last
        if last.parts is not None:
            return last.parts
        judge = self.asked.judge
        with self._heap.busy(), budget.limited(*_LIMITS):
            texts = Texts(last.tree, last.tree.found.values())
            texts.take(last.joined.texts, _Others(()))
            try:
                told = Joined(texts, listed=bool(judge.settings.compose_projects)).of((path,))
            except TooManyError:
                told = frozenset(last.analysis.files)
            return link({p: f for p, f in last.analysis.files.items() if p in told}, last.tree, judge.settings).parts

    @property
    def _last(self) -> _State:
        if self._state is None:
            raise HullcheckError("nothing was judged yet")
        return self._state

    def with_edits(self) -> Result:
        """What was found last, with the edits of fixes, which are worked out only here."""
        with self._heap.busy():
            return self.asked.result(self._last.analysis, self._last.tree, edits=True)

    def idle(self) -> None:
        """Free what edits have left, while nobody waits: takes time by what was made since, not by the tree's size."""
        self._heap.tidy()

    def _whole(self, tree: Snapshot, known: Mapping[str, File | None], joined: Joined) -> _State:
        self.rounds["whole"] += 1
        judge = self.asked.judge
        entries = [*tree.found.values()]
        files = read_all(tree, entries, judge.jobs, judge.progress, known)
        read = {entry.path: files.get(entry.path) for entry in entries}
        self._kept.begin()
        project = link(files, tree, judge.settings, joined.asked, self._kept)
        analysis = judge.analysis(files, project, entries, tree.left_out, self._kept)
        self._kept.end()
        return self._told(tree, joined, read, analysis, _Facts.of(project))._replace(parts=project.parts)

    def _told(
        self, tree: Snapshot, joined: Joined, read: Mapping[str, File | None], analysis: Analysis, facts: "_Facts"
    ) -> _State:
        return _State(tree, joined, read, analysis, *facts, self.asked.result(analysis, tree, edits=False))

    def _joined(self, tree: Snapshot, before: _State | None = None, changed: frozenset[str] = frozenset()) -> Joined:
        texts = Texts(tree, tree.found.values())
        if before is not None:
            texts.take(before.joined.texts, _Others(changed))
        made = Joined(texts, listed=bool(self.asked.judge.settings.compose_projects), change=True)
        made.noted = set()
        if (
            before is not None
            and tree.left_out == before.tree.left_out
            and sorted(tree.paths) == sorted(before.tree.paths)
        ):
            made.take(before.joined, changed)
        return made

    def _narrow(self, before: _State, tree: Snapshot, now: Joined, changed: frozenset[str]) -> _State | None:
        """What is known once the change is followed, and only what it bears on is judged; None where that can't be told."""
        if tree.left_out != before.tree.left_out or any(map(tree.is_link, changed)):
            return None
        try:
            told = self._followed(before, tree, now, changed)
        except (TooManyError, GoneError):
            return None
        if told is None or sum(1 for path in told if path in tree.found) > MOST * len(tree.found):
            return None
        judge = self.asked.judge
        chosen = [entry for path, entry in tree.found.items() if path in told]
        files = read_all(tree, chosen, 1, judge.progress, _unchanged(before, tree, changed))
        read = {path: file for path, file in before.read.items() if path in tree.found}
        read.update((entry.path, files.get(entry.path)) for entry in chosen)
        kept = self._kept if now.has_all_manifests(told) else None
        if kept is not None:
            kept.begin()
        project = link(files, tree, judge.settings, now.asked, kept)
        known = _Facts(before.dockerfiles, before.developed, before.uses, before.updates)
        facts = known.without(told).and_of(_Facts.of(project), told, tree)
        there = _Merged(before.analysis, told, files, project.worlds, project.compose)
        if there.others() or before.analysis.files.keys() - before.tree.found.keys():
            return None  # what only others name may be named no more
        dialects = _dialects(facts, there.scopes)
        if dialects != _dialects(known, before.analysis.scopes):
            return None
        if facts.updates != known.updates and not all(
            part is None or part.location.path in told for part in (facts.updates, known.updates)
        ):
            return None
        parts = [scoped for scoped in project.parts if not isinstance(scoped.part, Updates)]
        parts += (Scoped(part.location.path, part) for part in (facts.updates,) if part is not None)
        project = project._replace(parts=parts, beside=frozenset(dialects))
        analysis = there.analysis(judge.analysis(files, project, chosen, tree.left_out, kept), tree)
        if kept is not None:
            kept.end()
        if analysis is None:
            return None
        self.rounds["narrow"] += 1
        return self._told(tree, now, read, analysis, facts)

    def _followed(self, before: _State, tree: Snapshot, now: Joined, changed: frozenset[str]) -> frozenset[str] | None:
        """All that the change bears on, in the tree as it was or as it is; None if it may bear on everything."""
        trees = (tree, before.tree)
        concerned = changed & (tree.found.keys() | before.tree.found.keys())
        concerned |= changed & (now.named() | before.joined.named())
        if any(bears_on_all(path, trees) for path in changed):
            return None
        told = frozenset(concerned)
        while told:
            now.of(tuple(told))
            before.joined.of(tuple(told))
            more = told | now.told.keys() | now.read.keys() | before.joined.told.keys() | before.joined.read.keys()
            if more == told:
                break
            told = more
        return told


_LIMITS = (budget.RUN, budget.THING)


def _time(stop: Callable[[], bool]) -> float:
    """The time, by which it is too late for everything once it is to stop."""
    return float("inf") if stop() else time.monotonic()


def _snapshot(unsaved: Mapping[str, bytes], root: str, **options: object) -> Snapshot:
    return Snapshot(root, unsaved, **options)


def _unchanged(before: _State, tree: Snapshot, changed: Container[str]) -> dict[str, File | None]:
    if before.is_late:
        return {}
    return {path: before.read[path] for path in tree.found if path in before.read and path not in changed}


class _Others:
    """All paths but some."""

    def __init__(self, but: Container[str]) -> None:
        self._but = but

    def __contains__(self, path: object) -> bool:
        return path not in self._but


class _Facts(NamedTuple):
    """What is known of a whole tree by files: Dockerfiles, development containers, images from elsewhere, and that
    nothing moves these on."""

    dockerfiles: frozenset[str]
    developed: frozenset[str]
    uses: tuple[ImageUse, ...]
    updates: Updates | None

    @classmethod
    def of(cls, project: Project) -> "_Facts":
        uses = tuple(part for _, part in project.parts if isinstance(part, ImageUse) and is_moved(part))
        said = (part for _, part in project.parts if isinstance(part, Updates))
        return cls(frozenset(project.dockerfiles), project.devcontainers, uses, next(said, None))

    def without(self, told: Container[str]) -> "_Facts":
        def kept(paths: Iterable[str]) -> frozenset[str]:
            return frozenset(path for path in paths if path.partition("#")[0] not in told)

        uses = tuple(use for use in self.uses if use.location.path not in told)
        return self._replace(dockerfiles=kept(self.dockerfiles), developed=kept(self.developed), uses=uses)

    def and_of(self, other: "_Facts", told: Container[str], tree: Snapshot) -> "_Facts":
        uses = (*self.uses, *(use for use in other.uses if use.location.path in told))
        return _Facts(
            self.dockerfiles | other.dockerfiles,
            self.developed | other.developed,
            uses,
            next(updates(tree, uses), None),
        )


def _dialects(facts: _Facts, scopes: tuple[tuple[object, ...], tuple[object, ...]]) -> set[str]:
    worlds, compose = scopes
    there = (
        ("dockerfile", facts.dockerfiles), ("compose", compose), ("kubernetes", worlds), ("devcontainer", facts.developed)
    )  # fmt: skip
    return {"repository", *(name for name, found in there if found)}


class _Merged:
    """What was known of a tree, with what is judged anew of some files in the place of what was known of them."""

    def __init__(
        self,
        before: Analysis,
        told: frozenset[str],
        files: Mapping[str, File],
        worlds: tuple[object, ...],
        compose: tuple[object, ...],
    ) -> None:
        self._before = before
        self._told = told
        self._files = files
        self.scopes = (
            worlds or before.scopes[0],
            (*(p for p in before.scopes[1] if told.isdisjoint(p.paths)), *compose),
        )  # fmt: skip

    def others(self) -> set[str]:
        """Files that aren't among those that were chosen, and were read all the same."""
        return self._files.keys() - self._told

    def analysis(self, now: Analysis, tree: Snapshot) -> Analysis | None:
        """All together; None if something is said of the configuration that only the whole tree can tell."""
        before, told = self._before, self._told
        of_all = [[f for f in each.findings if f.owner == "configuration"] for each in (before, now)]
        if any(of_all):
            return None
        kept = [finding for finding in before.findings if not touches(finding, told)]
        made = [finding for finding in now.findings if touches(finding, told)]
        files = {path: file for path, file in before.files.items() if path not in told} | now.files
        items = [item for item in before.coverage.items if item.path not in told]
        items += [item for item in now.coverage.items if item.path in told]
        return Analysis(
            tuple(sorted([*kept, *made], key=lambda finding: finding.sort_key)),
            tuple(tree.left_out),
            dict(sorted(files.items())),
            {**_but(before.not_decided, told), **now.not_decided},
            frozenset(_owners(before.owners, told)) | now.owners,
            frozenset(tree.found),
            {**{ignore: terms for ignore, terms in before.ignores.items() if ignore.location.path not in told}, **now.ignores},
            self.scopes,
            Coverage(tuple(sorted(items, key=lambda item: (item.path, item.kind, item.object, item.reason)))),
            frozenset(user for user in before.users if user[0] not in told) | now.users,
            frozenset(place for place in before.redact if place.path not in told) | now.redact,
            {**{path: by for path, by in before.builders.items() if path not in told}, **now.builders},
        )  # fmt: skip


def _but(numbers: Mapping[str, int], told: Container[str]) -> dict[str, int]:
    return {path: number for path, number in numbers.items() if path not in told}


def _owners(owners: Iterable[tuple[str, str]], told: Container[str]) -> Iterator[tuple[str, str]]:
    return ((scope, name) for scope, name in owners if scope not in told)


class _Heap:
    """What the collector of cycles is let see: it doesn't run while somebody waits, and passes over what stays.

    Models have cycles, so that without it each edit would leave some behind. What the first update made is put aside
    (`gc.freeze`); when nobody waits, what was made since is looked through, and all of it once that is as much again.
    """

    def __init__(self) -> None:
        self._kept = 0
        self._since = 0
        self._first = True

    @contextmanager
    def busy(self) -> Iterator[None]:
        collecting = gc.isenabled()
        gc.disable()
        try:
            yield
        finally:
            if collecting:
                gc.enable()

    def tidy(self) -> None:
        made = gc.get_count()[0]
        if not self._first and self._since + made < self._kept:
            self._since += max(made - gc.collect(1), 0)
            return
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        self._first = False
        self._kept, self._since = gc.get_freeze_count(), 0
