"""The pipeline: discover, read, link, check, suppress, compare with the base, gate."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from hullcheck import report, suppress
from hullcheck.check import Check, Registry
from hullcheck.config import Config
from hullcheck.discover import DiskTree, Entry, Kind, Skipped, Tree, find_root, kind_of
from hullcheck.finding import Finding, Severity
from hullcheck.ignores import Ignore, written
from hullcheck.link.project import Project, link
from hullcheck.model.settings import Settings
from hullcheck.read import File, read_all
from hullcheck.rules import Rules

if TYPE_CHECKING:
    from hullcheck import changes

UNREAD = frozenset(("parse-error", "unreadable-file", "check-failed"))
"""Findings that mean something wasn't checked: exit code 4."""

Progress = Callable[[str, int, int], None]


class Request(NamedTuple):
    """What is asked for; None leaves a choice to the configuration."""

    paths: tuple[str, ...]
    config: Config
    stdin: bytes | None = None
    stdin_name: str = "-"
    min_severity: Severity | None = None
    fail_on: str | None = None
    diff_base: str | None = None
    no_files_is_fine: bool = False
    inline: bool = True
    foreign: bool = True
    show_suppressed: bool = False
    gitignore: bool = True
    jobs: int = 0
    today: date = date.min
    isolated: bool = False  # the path itself is the root, whatever repository it is in
    strict: bool = False  # missing hardening as single findings
    pod_security: str = ""


class Result(NamedTuple):
    """What came out: all findings of the targets, marked; `shown` are those that count."""

    root: str
    findings: tuple[Finding, ...]
    shown: tuple[Finding, ...]
    skipped: tuple[Skipped, ...]
    files: int
    not_decided: int
    compared: bool
    fail_on: Severity | None
    show_suppressed: bool
    exit_code: int
    fixed: tuple[Finding, ...] = ()

    def counts(self) -> Counter[str]:
        return Counter(finding.name for finding in self.shown)

    def report(self, registry: Registry, *, color: bool, category: str) -> "report.Run":
        """What the report formats need to know of the run."""
        from hullcheck.history import version_control

        return report.Run(
            root=self.root,
            findings=self.findings,
            registry=registry,
            errors=(),
            files=self.files,
            not_decided=self.not_decided,
            fail_on=self.fail_on,
            exit_code=self.exit_code,
            shown=self.shown,
            version_control=version_control(self.root),
            color=color,
            show_suppressed=self.show_suppressed,
            compared=self.compared,
            category=category,
        )


class Found(NamedTuple):
    """What `hullcheck files` lists."""

    kinds: tuple[tuple[str, str], ...]
    skipped: tuple[Skipped, ...]


class Analysis(NamedTuple):
    """One tree, judged: findings with suppressions marked, sorted.

    `files` are those that were of interest, of all that were `seen`; `owners` are the names of all objects in them.
    `ignores` are those that suppress something, with the checks they do it for.
    """

    findings: tuple[Finding, ...]
    skipped: tuple[Skipped, ...]
    files: dict[str, File]
    not_decided: int
    owners: frozenset[str]
    seen: frozenset[str]
    ignores: dict[Ignore, set[str]]

    @property
    def counted(self) -> list[str]:
        """The paths of the files that can have findings of their own."""
        return [path for path, file in self.files.items() if file.counts]


def lint(request: Request, registry: Registry, progress: Progress) -> Result:
    """Judge the tree that the request names. Raises HullcheckError if it can't be done."""
    root = _root(request)
    targets = _targets(root, request)
    settings = select(registry, request)
    rules = Rules(request.config, settings.selected)
    settings = settings._replace(selected=settings.selected | rules.somewhere)
    judge = partial(analyse, registry=registry, settings=settings, rules=rules, request=request, progress=progress)
    disk = _disk(root, request, targets)
    head = judge(disk)
    compared = _compare(head, disk, root, request, judge) if request.diff_base else None
    findings, fixed = compared or (head.findings, ())
    return _result(
        root,
        request,
        head,
        tuple(finding for finding in findings if _touches(finding, targets)),
        tuple(finding for finding in fixed if _touches(finding, targets)),
        sum(1 for path in head.counted if _below(path, targets)),
    )


def _compare(
    head: Analysis, disk: Tree, root: str, request: Request, judge: "partial[Analysis]"
) -> "changes.Comparison":
    """Judge the base's tree, too, with the same policy, and tell what is new."""
    from hullcheck import base, changes, history

    past = history.History(root)
    commit = base.resolve(past, request.diff_base or "", os.environ).commit
    tracked = past.tracked()
    beside = tuple(path for path in disk.paths if path not in tracked)
    tree = history.CommitTree(past, commit, beside=beside, **_tree_options(request))
    same = tree.unchanged()
    if request.stdin is not None:
        same -= {relative(root, request.stdin_name)}
    known = {path: head.files.get(path) for path in head.seen & same}
    return changes.compare(_side(head), _side(judge(tree, known=known)))


def _side(analysis: Analysis) -> "changes.Side":
    from hullcheck.changes import Side

    sources = {path: file.source for path, file in analysis.files.items()}
    return Side(analysis.findings, sources, analysis.owners)


def find(request: Request) -> Found:
    """The files that a run would look at, with what they are read as, and those it leaves out."""
    root = _root(request)
    targets = _targets(root, request)
    entries, skipped = _discover(_disk(root, request, targets))
    read = read_all(_disk(root, request, targets), entries, request.jobs, lambda what, done, total: None)
    kinds = tuple((file.kind, path) for path, file in sorted(read.items()) if _below(path, targets))
    return Found(kinds, tuple(s for s in skipped if _below(s.path, targets)))


def select(registry: Registry, request: Request) -> Settings:
    """The checks to run, and what they may know. What the run says of itself is always among them, unless ignored."""
    config = request.config
    strict = request.strict or config.profile == "strict"
    chosen = _named(registry, (*config.select, *config.extend_select))
    grouped = frozenset[str]()
    if not config.select:
        default = {check.name for check in registry if check.default}
        grouped = frozenset(name for name in default - chosen if registry[name].grouped and not strict)
        chosen |= default - grouped
    chosen |= {check.name for check in registry if check.concern == "run"}
    ignored = _named(registry, config.ignore)
    if config.policies_elsewhere:
        ignored |= {"no-network-policies", "missing-ingress-policy", "missing-egress-policy"}
    return Settings(
        today=request.today,
        selected=frozenset(chosen - ignored),
        grouped=grouped - ignored,
        strict=strict,
        trusted_registries=config.trusted_registries,
        trusted_images=config.trusted_images,
        policies_elsewhere=config.policies_elsewhere,
        pod_security=request.pod_security or config.pod_security,
        pod_security_version=config.pod_security_version,
        network_deny=config.network_deny,
        network_allow=config.network_allow,
        datastores=config.datastores,
    )


def _named(registry: Registry, words: Iterable[str]) -> set[str]:
    return set[str]().union(*(registry.named(word) for word in words))


def analyse(
    tree: Tree,
    registry: Registry,
    settings: Settings,
    rules: Rules,
    request: Request,
    progress: Progress,
    known: Mapping[str, File | None] | None = None,
) -> Analysis:
    """Read a tree, unite its files and run the selected checks over the model.

    `known` are files that another tree has, too: they have been read, and None is one of no interest.
    """
    selected = settings.selected
    entries, skipped = _discover(tree)
    files = read_all(tree, entries, request.jobs, progress, known)
    project = link(files, tree, settings)
    findings = rules.judge([*_problems(project, registry, selected), *_checked(project, registry, settings)])
    foreign = request.config.demands.foreign and request.foreign
    ignores = [i for file in files.values() for i in written(file, registry, foreign)] if request.inline else []
    marked = suppress.apply(findings, ignores, request.config, request.today)
    review = suppress.Review(registry, selected, request.config, request.today)
    about = suppress.complaints(ignores, marked, review)
    return Analysis(
        tuple(sorted(_unique([*marked.findings, *about]), key=lambda finding: finding.sort_key)),
        tuple(skipped),
        files,
        project.not_decided,
        frozenset(part.owner for part in project.parts),
        frozenset(entry.path for entry in entries),
        marked.used,
    )


def _discover(tree: Tree) -> tuple[list[Entry], list[Skipped]]:
    entries, skipped = [], []
    for item in tree.entries():
        if isinstance(item, Entry):
            entries.append(item)
        else:
            skipped.append(item)
    return entries, skipped


def _checked(project: Project, registry: Registry, settings: Settings) -> Iterator[Finding]:
    by_type: dict[type, list[tuple[Check, Any, bool]]] = {}
    for check in registry:
        if check.name in settings.selected:
            for part_type, function, takes_settings in check.functions:
                by_type.setdefault(part_type, []).append((check, function, takes_settings))
    for part in project.parts:
        for check, function, takes_settings in by_type.get(type(part), ()):
            try:
                yield from list(function(part, settings) if takes_settings else function(part))
            except Exception as error:  # noqa: BLE001  a check's own fault must not lose the other findings
                message = f"`{check.name}` failed here: {type(error).__name__}: {error}"
                yield registry["check-failed"].finding(part, message, evidence=(check.name,))


def _problems(project: Project, registry: Registry, selected: frozenset[str]) -> Iterator[Finding]:
    for problem in project.problems:
        if problem.name in selected:
            yield registry[problem.name].finding(problem, problem.message, evidence=(problem.message,))


def _unique(findings: Iterable[Finding]) -> Iterable[Finding]:
    """One finding for each fault and place: an anchor used by three services is one line to change."""
    seen: dict[tuple[object, ...], Finding] = {}
    for finding in findings:
        seen.setdefault((finding.name, finding.location, finding.evidence or (finding.message,)), finding)
    return seen.values()


def _root(request: Request) -> str:
    if request.isolated:
        path = os.path.realpath(request.paths[0])
        return path if os.path.isdir(path) else os.path.dirname(path)
    return find_root([path for path in request.paths if path != "-"] or ["."])


def _targets(root: str, request: Request) -> tuple[str, ...]:
    if request.stdin is not None:
        return (relative(root, request.stdin_name),)
    return tuple(relative(root, path) for path in request.paths)


def relative(root: str, path: str) -> str:
    """The path below the root, with `/` between its parts; empty for the root itself."""
    full = os.path.join(os.path.realpath(os.path.dirname(path) or "."), os.path.basename(path))
    relative = os.path.relpath(os.path.normpath(full), root).replace(os.sep, "/")
    return "" if relative == "." else relative


def _below(path: str, targets: tuple[str, ...]) -> bool:
    return any(not target or path == target or path.startswith(f"{target}/") for target in targets)


def _touches(finding: Finding, targets: tuple[str, ...]) -> bool:
    """Is the finding, or a line it rests on, in what was asked about?"""
    places = (finding.location, *(related.location for related in finding.related))
    return any(_below(place.path, targets) for place in places)


def _tree_options(request: Request) -> dict[str, Any]:
    return {"exclude": request.config.exclude, "vendored": request.config.include_vendored}


def _disk(root: str, request: Request, targets: tuple[str, ...]) -> Tree:
    named = tuple(t for t in targets if t and not os.path.isdir(os.path.join(root, t)))
    tree = DiskTree(root, named=named, gitignore=request.gitignore, **_tree_options(request))
    return Overlay(tree, targets[0], request.stdin) if request.stdin is not None else tree


class Overlay:
    """A tree in which one file has other content: that of standard input."""

    def __init__(self, tree: Tree, path: str, data: bytes) -> None:
        self.tree = tree
        self.path = path
        self.data = data

    def entries(self) -> Iterator[Entry | Skipped]:
        yield Entry(self.path, kind_of(os.path.basename(self.path)) or Kind.UNKNOWN, named=True)
        yield from (item for item in self.tree.entries() if item.path != self.path)

    @property
    def paths(self) -> list[str]:
        return self.tree.paths

    @property
    def versioned(self) -> bool:
        return self.tree.versioned

    def ignored(self, path: str) -> bool:
        return self.tree.ignored(path)

    def read(self, path: str) -> bytes:
        return self.data if path == self.path else self.tree.read(path)


def _result(
    root: str,
    request: Request,
    head: Analysis,
    findings: tuple[Finding, ...],
    fixed: tuple[Finding, ...],
    files: int,
) -> Result:
    minimum = request.config.min_severity if request.min_severity is None else request.min_severity
    counted = [f for f in findings if f.suppression is None]
    new = [f for f in counted if f.state != "unchanged"]
    fail_on = request.config.fail_on
    if request.fail_on is not None:
        fail_on = None if request.fail_on == "none" else Severity.parse(request.fail_on)
    if any(f.name in UNREAD for f in counted):
        code = 4
    elif fail_on is not None and any(f.severity >= fail_on for f in new):
        code = 1
    elif not files and not request.no_files_is_fine:
        code = 3
    else:
        code = 0
    return Result(
        root=root,
        findings=findings,
        shown=tuple(f for f in new if f.severity >= minimum),
        skipped=head.skipped,
        files=files,
        not_decided=head.not_decided,
        compared=request.diff_base is not None,
        fail_on=fail_on,
        show_suppressed=request.show_suppressed,
        exit_code=code,
        fixed=fixed,
    )
