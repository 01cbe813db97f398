"""One repository, judged in a process of its own or on another machine: a task to its outcome, whatever happens."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cache

from hullcheck import budget, engine, report, result
from hullcheck.analysis import discovered
from hullcheck.change.history import CommitTree, History
from hullcheck.check import Registry, load
from hullcheck.discover import DiskTree, Tree
from hullcheck.errors import HullcheckError
from hullcheck.finding import Finding, Severity
from hullcheck.fleet import clones, tables
from hullcheck.fleet.address import address, is_url, masked
from hullcheck.fleet.days import Day
from hullcheck.fleet.identity import identity
from hullcheck.fleet.repositories import Repository, is_bare
from hullcheck.fleet.rows import Rows
from hullcheck.fleet.tightened import tightened
from hullcheck.hashes import sha256
from hullcheck.link.asked import InTexts, asked
from hullcheck.link.ci import pipelines
from hullcheck.link.images import stated_builds
from hullcheck.link.project import link
from hullcheck.model.coverage import JUDGED, LEFT_OUT, NOT_JUDGED
from hullcheck.policy import baseline, config
from hullcheck.policy.config import Config
from hullcheck.read import read_all
from hullcheck.request import Policy, Subject
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any

CHECKS = "hullcheck_checks"

_SEVERITIES = tuple(str(severity) for severity in reversed(Severity))
_SETTLED = 2_000_000_000
"""Nanoseconds that a file must have been left alone, for its times to tell that it is the same."""

MAX_SIGNED = 1_000_000
"""Files of a folder from which it isn't looked whether all are as they were."""


class Options(NamedTuple):
    """How all are judged. `policy` are the bytes of the organisation's, `policy_path` its name in messages.

    `today` is as `2026-01-31`. Times are in seconds, 0 for any.
    """

    today: str
    policy: bytes | None = None
    policy_path: str = ""
    strict: bool = False
    inline: bool = True
    foreign: bool = True
    own: bool = True
    vendored: bool = False
    fail_on: str | None = None
    min_severity: str | None = None
    time_limit: float = budget.RUN
    file_time_limit: float = budget.THING

    @property
    def digest(self) -> str:
        """Equal for what judges the same but for the day."""
        words = (repr(each) for each in self._replace(today="", policy_path=""))
        return str(sha256("\0".join(words).encode()).hexdigest()[:32])


class Known(NamedTuple):
    """What an earlier run found out: its result, the days on which it holds, and the row that it wrote."""

    result: str
    since: date | None
    until: date | None
    row: dict[str, Any]


class Task(NamedTuple):
    """A repository to be judged, by the hullcheck with the digest `code`; `known` is what there is of it already.

    `run` and when it `started` are for the row.
    """

    repository: Repository
    options: Options
    code: str
    kept: clones.Kept
    known: Known | None = None
    sarif: bool = False
    run: str = ""
    started: datetime = datetime.min

    def row(self, made: dict[str, Any]) -> dict[str, Any]:
        """The repository's whole row in `runs`, with what is made of it."""
        one = self.repository
        return {
            "schema": tables.VERSION,
            "run": self.run,
            "started": self.started,
            "finished": datetime.now(UTC),
            "number": one.number,
            "repository": one.name,
            "place": one.shown,
            "ref": one.ref,
            "team": one.team,
            "labels": list(one.labels),
            "hullcheck": identity()[0],
            "code": self.code,
            "policy": self.options.digest,
            **made,
        }


class Outcome(NamedTuple):
    """What became of a task: columns of its row in `runs`, and the bytes of the files of all tables.

    `refused` says why this process can't judge at all; `sarif` is the report, if one was asked for.
    """

    number: int
    row: dict[str, Any]
    files: dict[str, bytes] = {}  # noqa: RUF012  never changed
    sarif: str = ""
    refused: str = ""


@cache
def registry() -> Registry:
    """The checks that come with hullcheck."""
    return load(CHECKS)


def judge(task: Task) -> Outcome:
    """Judge a repository. Whatever is wrong with it is told in its row."""
    version, code = identity()
    if code != task.code:
        return Outcome(task.repository.number, {}, refused=f"this is another hullcheck ({version}, {code[:8]})")
    began = time.monotonic()
    for name in _ELSEWHERE:
        os.environ.pop(name, None)
    collects = gc.isenabled()
    gc.disable()  # what is read is kept to the end, and then is garbage all at once
    try:
        if task.repository.error:
            raise HullcheckError(task.repository.error)
        outcome = _judged(task)
    except (Exception, budget.OutOfTimeError) as error:  # noqa: BLE001
        outcome = Outcome(task.repository.number, failed(described(error)))
    _tidy()
    if collects:
        gc.enable()
    row = {**outcome.row, "seconds": round(time.monotonic() - began, 3)}
    return outcome._replace(row=row, files={**outcome.files, "runs": tables.rows_in_runs([task.row(row)])})


def _tidy() -> None:
    """Let go what a judgement has left. What stays, modules and tables, isn't looked through again each time."""
    global _judged_here
    gc.collect()
    _judged_here += 1
    if _judged_here & (_judged_here - 1) == 0:
        gc.freeze()


_judged_here = 0

_ELSEWHERE = (
    "GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_NAMESPACE",
)  # fmt: skip
"""Variables by which a hook says that all repositories are the one that it is of."""


def failed(error: str) -> dict[str, Any]:
    """The columns of a repository that couldn't be judged."""
    return {"state": "failed", "error": error, "exit_code": 2}


def described(error: BaseException) -> str:
    """Why a repository couldn't be judged, in one line, without credentials."""
    from hullcheck.report.safe import clean, told

    if isinstance(error, MemoryError):
        return "there isn't enough memory for all of this"
    said = masked(str(error))
    if isinstance(error, OSError) and not isinstance(error, HullcheckError):
        said = f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}"
    elif not isinstance(error, HullcheckError | budget.OutOfTimeError):
        said = f"internal error, please report it: {type(error).__name__}: {said}"
    return clean(told(said))[:1_000]


class _Opened(NamedTuple):
    """A repository, found: `state` says what it is at, and the rest what opens it once it has to be judged."""

    folder: str
    commit: str
    state: str
    history: Callable[[], History] | None


@contextmanager
def _opened(task: Task) -> Iterator[_Opened | None]:
    """What is to be judged; None if there is nothing, because nothing was ever committed."""
    repository = task.repository
    if is_url(repository.place):
        at = address(repository.place)
        with clones.clone(task.kept, at, repository.ref) as (commit, fetched):
            yield _Opened(os.path.realpath(task.kept.folder), commit, commit, fetched)
        return
    folder = os.path.realpath(repository.place)
    if not os.path.isdir(folder):
        raise HullcheckError("no such folder")
    bare = is_bare(folder)
    if not bare and not repository.ref:
        yield _Opened(folder, "", _signed(folder), None)
        return
    history = History(folder, bare=bare)
    here = history.commit(repository.ref or "HEAD")
    if here is not None:
        yield _Opened(folder, here, here, lambda: history)
    elif not history.has_references:
        yield None
    elif repository.ref:
        raise HullcheckError(f"there is no `{repository.ref}`")
    else:
        raise HullcheckError("HEAD names a branch that isn't here: say which is meant")


def _signed(folder: str) -> str:
    """What tells the files below a folder from others, but for their content; empty if that can't be told."""
    digest, left, now = sha256(), MAX_SIGNED, time.time_ns()
    for at, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != ".git")
        left -= len(names) + 1
        if left < 0:
            return ""
        for name in sorted(names):
            path = os.path.join(at, name)
            try:
                info = os.lstat(path)
            except OSError:
                return ""
            if max(info.st_mtime_ns, info.st_ctime_ns) > now - _SETTLED:
                return ""
            words = (os.path.relpath(path, folder), info.st_mode, info.st_size, info.st_ino)
            digest.update(repr((*words, info.st_mtime_ns, info.st_ctime_ns)).encode("utf-8", "surrogateescape"))
    return str(digest.hexdigest())


def _judged(task: Task) -> Outcome:
    number = task.repository.number
    with _opened(task) as found:
        if found is None:
            return Outcome(number, {"state": "empty", "exit_code": 3})
        key = _key(task, found.state)
        today = date.fromisoformat(task.options.today)
        known = task.known
        if known is not None and found.state and known.result.partition("-")[0] == key and _holds(known, today):
            return Outcome(number, {**known.row, "state": "unchanged", "commit": found.commit, "today": today})
        judgement = _Judgement(task, found, f"{key}-{task.options.today.replace('-', '')}")
        with budget.limited(task.options.time_limit, task.options.file_time_limit):
            return judgement.outcome()


def _key(task: Task, state: str) -> str:
    """Equal where the same would be found on the same day."""
    words = (str(tables.VERSION), task.code, task.options.digest, task.repository.name, state)
    return str(sha256("\0".join(words).encode("utf-8", "surrogateescape")).hexdigest()[:32])


def _holds(known: Known, today: date) -> bool:
    return (known.since is None or known.since <= today) and (known.until is None or today <= known.until)


class _Judgement:
    """The judgement of a repository at one state, under the identity `result`."""

    def __init__(self, task: Task, found: _Opened, identity: str) -> None:
        self._task = task
        self._found = found
        self._result = identity
        self._registry = registry()
        self._day = Day.fromisoformat(task.options.today)
        self._history = found.history() if found.history is not None else None

    def outcome(self) -> Outcome:
        task, found, options = self._task, self._found, self._task.options
        history = self._history
        own = self._own(history)
        policy = Policy(
            config=own._replace(include_vendored=own.include_vendored or options.vendored),
            baseline=self._baseline(own),
            strict=options.strict,
            today=self._day,
            inline=options.inline,
            foreign=options.foreign,
            min_severity=Severity.parse(options.min_severity) if options.min_severity else None,
            fail_on=options.fail_on,
        )
        folder = history.root if history is not None else found.folder
        subject = Subject(paths=(folder,), isolated=True, jobs=1)
        asked_for = engine.prepared(subject, policy, self._registry, lambda what, done, total: None)
        judge = asked_for.judge
        tree: Tree = asked_for.tree(DiskTree) if history is None else self._of_commit(history, policy.config)
        entries, skipped = discovered(tree)
        files = read_all(tree, entries, 1, judge.progress)
        said = pipelines(tree)
        texts = InTexts(said, asked(tree, said))
        project = link(files, tree, judge.settings, texts)
        head = judge.analysis(files, project, entries, skipped)
        head = head._replace(findings=(*head.findings, *self._refused))
        made = asked_for.result(head, tree, edits=task.sarif)
        builds = (*stated_builds(files.values()), *texts.asked.builds)
        rows = Rows(self._result, task.repository.name, self._registry, judge.settings)
        by_table = rows.all(made, head, project, builds)
        written = {name: tables.parquet(name, found_rows) for name, found_rows in by_table.items() if found_rows}
        return Outcome(task.repository.number, self._row(made), written, self._sarif(made) if task.sarif else "")

    def _of_commit(self, history: History, held: Config) -> CommitTree:
        """The commit's files; those that were listed for its configuration, if that leaves out none."""
        if self._all is not None and not held.exclude and not held.include_vendored:
            return self._all
        return CommitTree(history, self._found.commit, exclude=held.exclude, vendored=held.include_vendored)

    def _row(self, made: result.Result) -> dict[str, Any]:
        counts, coverage = dict.fromkeys(_SEVERITIES, 0), made.coverage.counts()
        for finding in made.shown:
            counts[str(finding.severity)] += 1
        return {
            "state": "judged" if made.files or made.findings or coverage[NOT_JUDGED] else "empty",
            "commit": self._found.commit,
            "result": self._result,
            "exit_code": made.exit_code,
            "files": made.files,
            "findings": len(made.shown),
            **counts,
            "suppressed": sum(1 for finding in made.findings if finding.suppression is not None),
            "judged": coverage[JUDGED],
            "left_out": coverage[LEFT_OUT],
            "not_judged": coverage[NOT_JUDGED],
            "today": date.fromisoformat(self._task.options.today),
            "since": self._day.since,
            "until": self._day.until,
        }

    def _own(self, history: History | None) -> Config:
        """The configuration that holds: the repository's, the policy, or the policy tightened by the repository."""
        options = self._task.options
        self._refused: tuple[Finding, ...] = ()
        self._read: Callable[[str], bytes | None] = lambda name: None
        paths: tuple[str, ...] = ()
        self._all: CommitTree | None = None
        if history is not None:
            self._all = CommitTree(history, self._found.commit)
            blobs, paths = self._all.blobs, tuple(self._all.blobs)
            self._read = lambda name: history.read(self._found.commit, name) if name in blobs else None
        own = Config()
        if options.own:
            own = (
                config.find(self._read, self._registry)
                if history is not None
                else config.read(self._found.folder, None, self._registry)
            )
        if options.policy is None:
            return own
        base = config.parse(options.policy_path, options.policy, self._registry)._replace(source=None)
        merged = tightened(base, own, paths or _paths(self._found.folder), self._registry)
        self._refused = merged.refused
        return merged.config._replace(baseline="")

    def _baseline(self, own: Config) -> baseline.Baseline | None:
        """The repository's own old findings that don't count."""
        if not own.baseline:
            return None
        try:
            data = (
                self._all.read(own.baseline)
                if self._all is not None
                else DiskTree(self._found.folder).read(own.baseline)
            )
        except OSError as error:
            raise HullcheckError(f"{own.baseline}: can't be read: {error.strerror or error}") from None
        return baseline.parse(own.baseline, data)

    def _sarif(self, made: result.Result) -> str:
        run = made.report(self._registry, color=False, category="")
        shown = self._task.repository.shown
        if self._found.commit and shown.startswith("https://"):
            run = run._replace(
                version_control=report.VersionControl(shown, self._found.commit, self._task.repository.ref)
            )
        return report.render("sarif", run)


def _paths(folder: str) -> tuple[str, ...]:
    tree = DiskTree(folder)
    for _ in tree.entries():
        pass
    return tuple(tree.paths)
