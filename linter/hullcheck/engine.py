"""The pipeline: discover, read, link, check, suppress, compare with the base, gate."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from datetime import date

from hullcheck import look, report
from hullcheck.analysis import Analysis, Judge, Progress, unread
from hullcheck.check import Registry
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
from hullcheck.errors import NotNarrowError
from hullcheck.finding import Finding, Severity
from hullcheck.model.coverage import Coverage
from hullcheck.model.problem import Problem
from hullcheck.model.settings import Given, HelmValues, Settings
from hullcheck.once import told_once
from hullcheck.patterns import pattern
from hullcheck.policy.config import Config, level
from hullcheck.policy.rules import ELSEWHERE, Rules, asked, meant
from hullcheck.report.unite import unite
from hullcheck.source import Location, Source
from hullcheck.terms import names
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hullcheck.change.base import Past
    from hullcheck.change.commit import Before
    from hullcheck.change.gate import Change
    from hullcheck.narrow import Narrow
    from hullcheck.policy.baseline import Baseline


_CONTEXT = pattern(r"\.env.*|.*\.dockerignore|\.hullcheck\.ya?ml", re.DOTALL)
"""Files that say something about others, and hold nothing to be judged, even if they are passed by name."""

BEGINNING = 600
"""Characters of a file that may say who made it."""


class OwnPolicy(NamedTuple):
    """The policy that a change brings, which doesn't hold yet; `error` says why it can't be read, if so."""

    config: Config | None
    baseline: "Baseline | None"
    error: str


class Request(NamedTuple):
    """What is asked for; None leaves a choice to the configuration.

    With `own`, the change that `past` is the base of is gated: `config` and `baseline` are the base's. A hook is only
    interested in findings in the files `only`, and may judge the commit `head` instead of what is on disk.
    """

    paths: tuple[str, ...]
    config: Config
    stdin: bytes | None = None
    stdin_name: str = "-"
    min_severity: Severity | None = None
    fail_on: str | None = None
    past: "Past | None" = None
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
    validate: bool = False
    kubernetes_version: str = ""
    baseline: "Baseline | None" = None
    own: OwnPolicy | None = None
    only: frozenset[str] | None = None
    head: str = ""
    fail_on_unjudged: bool = False
    given: Given = Given()
    context: str = ""


class Result(NamedTuple):
    """What came out: all findings of the targets, marked and united for printing; `shown` are those that count.

    `same_as` is what the files were compared with if none of them differs. `redact` are the places of all secrets.
    `left_out` would count, if others didn't tell the same; `everything` says that all contexts count in full.
    """

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
    minimum: Severity = Severity.INFO
    coverage: Coverage = Coverage()
    same_as: str = ""
    redact: frozenset[Location] = frozenset()
    left_out: tuple[Finding, ...] = ()
    everything: bool = False

    @property
    def folded(self) -> tuple[Finding, ...]:
        """What would count if its file were for production."""
        return report.folded(self.findings, self.minimum)

    def counts(self) -> Counter[str]:
        return Counter(finding.name for finding in self.shown)

    def report(self, registry: Registry, *, color: bool, category: str, checkout: bool = False) -> "report.Run":
        """What the report formats need to know of the run; `checkout` for those that say where the files come from."""
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
            version_control=_version_control(self.root) if checkout else None,
            color=color,
            show_suppressed=self.show_suppressed,
            compared=self.compared,
            category=category,
            fixed=self.fixed,
            minimum=self.minimum,
            coverage=self.coverage,
            redact=tuple(self.redact),
            everything=self.everything,
        )


def _version_control(root: str) -> "report.VersionControl | None":
    from hullcheck.change.history import version_control

    return version_control(root)


class Found(NamedTuple):
    """What `hullcheck files` lists: each file with what it is read as, and the ledger of what is in them.

    `contexts` are those of files that aren't for production; one that counts in full all the same has why behind it.
    """

    kinds: tuple[tuple[str, str], ...]
    coverage: Coverage
    contexts: Mapping[str, str] = {}


def lint(request: Request, registry: Registry, progress: Progress) -> Result:
    """Judge the tree that the request names. Raises HullcheckError if it can't be done."""
    root = _root(request)
    targets = _targets(root, request)
    judge = _judge(request, registry, progress)
    disk = _disk(root, request, targets)
    near = _narrow(request, targets, judge, disk)
    if near is not None:
        near.prepare(disk)
    head = judge(disk, narrow=near)
    before = getattr(near, "before", None)
    told: Container[str] = near.told if near is not None and near.told else targets
    try:
        change = _change(head, disk, request, judge, told, before)
    except NotNarrowError:
        disk = _disk(root, request, targets)
        head = judge(disk)
        change = _change(head, disk, request, judge, told)
    findings, about = head.findings, tuple[Finding, ...]()
    if change is not None:
        findings = change.comparison.findings
        if request.own is not None:
            findings, about = _gate(change, request, registry, judge)
    findings = _without_old(findings, root, request, registry, change, head)
    result = _result(
        root,
        request,
        head,
        judge,
        _in_contexts((*_asked(findings, request, told), *about), Trees(disk, head, change), request, targets, judge),
        _fixed(change, judge, told) if change else (),
        _files(head, told),
        compared=change is not None,
        coverage=head.coverage.below(lambda path: _below(path, told)),
        not_decided=sum(number for path, number in head.not_decided.items() if _below(path, told)),
    )
    result = result._replace(redact=head.redact | change.base.redact if change else head.redact)
    return result._replace(same_as=request.past.base.how) if request.past and change and _is_same(change) else result


def _narrow(request: Request, targets: tuple[str, ...], judge: Judge, tree: Tree) -> "Narrow | None":
    """What chooses the files that have to be read, where the run is about some of many."""
    if request.own is not None or request.baseline is not None:
        return None
    if isinstance(tree, DiskTree) and tree.near:
        return None
    from hullcheck import narrow

    if request.past is not None:
        commits = request.only is not None and not request.head and targets == ("",) and not request.config.suppress
        if not commits or _fails_on_unjudged(request) or not narrow.may_be(("commit",), request.config):
            return None
        from hullcheck.change.commit import Commit

        return Commit(judge.settings, request.past, request.config)
    return narrow.Narrow(targets, judge.settings) if narrow.may_be(targets, request.config) else None


def _fixed(change: "Change", judge: Judge, targets: Container[str]) -> tuple[Finding, ...]:
    """What the base had and the change hasn't any more, each fact once."""
    fixed = (finding for finding in change.comparison.fixed if _touches(finding, targets))
    return tuple(unite(told_once(fixed, judge.registry.covering).findings))


def _is_same(change: "Change") -> bool:
    """Is no file that was looked at, now or at the base, another one?"""
    return all(path in change.same for path in change.head.seen | change.base.seen)


def _change(
    head: Analysis,
    disk: Tree,
    request: Request,
    judge: Judge,
    targets: Container[str],
    before: "Before | None" = None,
) -> "Change | None":
    """The comparison with the base, if one is asked for and can tell anything."""
    past = request.past
    if past is None:
        return None
    if request.only is not None and request.own is None and not any(_asked(head.findings, request, targets)):
        return None  # where nothing is found, nothing is new
    from hullcheck.change import gate

    overlaid = frozenset(_targets(_root(request), request) if request.stdin is not None else ())
    return gate.explained(gate.judge_change(head, disk, past, judge, overlaid, before), judge)


def _gate(
    change: "Change", request: Request, registry: Registry, judge: Judge
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    from hullcheck.change import gate

    own = request.own
    assert own is not None
    runs = _judge(request._replace(config=own.config), registry, judge.progress).settings if own.config else None
    selected = runs.selected | runs.grouped if runs else frozenset()
    asked_for = gate.Own(own.config, own.error, selected, own.baseline, request.baseline)
    return gate.review(change, judge, asked_for, folds=not _everything(request))


def _without_old(
    findings: tuple[Finding, ...],
    root: str,
    request: Request,
    registry: Registry,
    change: "Change | None",
    head: Analysis,
) -> tuple[Finding, ...]:
    """The findings, those of the baseline marked, and what is in it and isn't found any more."""
    if request.baseline is None:
        return findings
    from hullcheck.policy import baseline

    known = request.baseline
    if change is not None and request.own is not None:
        from hullcheck.change.gate.policy import held

        there = frozenset(scope for scope, _ in change.base.owners)
        known = held(known, change.base.findings, there, request.today)
    now = baseline.Now(known.present(root), frozenset(scope for scope, _ in head.owners))
    if change is not None:
        now = now._replace(renamed=change.comparison.renamed, renamed_scopes=change.comparison.scopes)
    applied = baseline.apply(findings, known, request.today, now)
    if not applied.stale or os.path.isabs(known.source.path):
        return applied.findings
    part = Problem("", "", known.place(min(applied.stale)))
    stale = registry["unused-suppression"].finding(part, baseline.stale_message(applied.stale), evidence=("baseline",))
    return (*applied.findings, stale)


def _judge(request: Request, registry: Registry, progress: Progress) -> Judge:
    settings = select(registry, request)
    rules = Rules(request.config, settings.selected, asked(registry, request.config))
    return Judge(
        registry=registry,
        settings=settings._replace(selected=settings.selected | rules.somewhere),
        rules=rules,
        config=request.config,
        today=request.today,
        inline=request.inline,
        foreign=request.foreign,
        jobs=request.jobs,
        progress=progress,
    )


def find(request: Request, registry: Registry) -> Found:
    """The files that a run looks at, with what they are read as, and what becomes of all that is in them."""
    root = _root(request)
    targets = _targets(root, request)
    judge = _judge(request, registry, lambda what, done, total: None)
    tree = _disk(root, request, targets)
    seen = judge(tree)
    kinds = tuple(
        (reading.kind, path)
        for path, file in sorted(seen.files.items())
        for reading in file.readings
        if _below(path, targets)
    )
    from hullcheck.context.counted import Counted

    counted = Counted(tree, seen, request.config.contexts)
    contexts = {path: said for _, path in kinds if (said := counted.said(path, targets))}
    return Found(kinds, seen.coverage.below(lambda path: _below(path, targets)), contexts)


def select(registry: Registry, request: Request) -> Settings:
    """The checks to run, and what they may know. What the run says of itself is always among them, unless ignored."""
    config = request.config
    strict = request.strict or config.profile == "strict"
    terms = meant(registry, (*config.select, *config.extend_select))
    chosen, named = set(names(terms)), names(terms)
    grouped = frozenset[str]()
    if not config.select:
        default = {check.name for check in registry.entries.values() if check.default}
        grouped = frozenset(name for name in default - chosen if registry.entries[name].grouped and not strict)
        chosen |= default - grouped
    elif _JOINS in chosen:
        named = frozenset(term.name for term in terms if term.whole)  # the rest is told there, in all dialects
    chosen |= {check.name for check in registry.entries.values() if check.concern == "run"}
    ignored = {term.name for term in meant(registry, config.ignore) if term.whole}
    validate = request.validate or config.validate or "unknown-field" in (*config.select, *config.extend_select)
    if validate and "unknown-field" in registry:
        chosen.add("unknown-field")
    if config.policies_elsewhere:
        ignored |= {"no-network-policies", "missing-ingress-policy", "missing-egress-policy"}
    return Settings(
        today=request.today,
        selected=frozenset(chosen - ignored),
        grouped=grouped - ignored,
        named=frozenset(named),
        ignored=frozenset(ignored),
        strict=strict,
        trusted_registries=config.trusted_registries,
        trusted_images=config.trusted_images,
        policies_elsewhere=config.policies_elsewhere,
        pod_security=request.pod_security or config.pod_security,
        pod_security_version=config.pod_security_version,
        network_deny=config.network_deny,
        network_allow=config.network_allow,
        datastores=config.datastores,
        validate=(request.kubernetes_version or config.kubernetes_version) if validate else "",
        compose_projects=listed(config),
        helm=charts_said(config),
        places=_places(config),
        given=request.given,
    )


_JOINS = "hardening-missing"
"""The check that tells together what others tell one by one."""


def _places(config: Config) -> dict[str, Location]:
    """Where what it says of the network is written."""
    if not config.network_deny and not config.network_allow:
        return {}
    source = config.source or Source(config.path, b"")
    found = {"": source.at_line(1)}
    for kind, entries in (("deny", config.network_deny), ("allow", config.network_allow)):
        for number in range(len(entries)):
            key = f"network.{kind}.{number}"
            line = int(config.said.get(key, config.said.get("network", ":1")).rpartition(":")[2])
            found[key] = source.at_line(min(line, source.line_count))
    return found


def listed(config: Config) -> tuple[Any, ...]:
    """The Compose projects that the configuration lists, each with its place there."""
    if not config.compose_projects:
        return ()
    from hullcheck.link.compose_choice import Listed

    source = config.source or Source(config.path, b"")
    return tuple(
        Listed(project.files, source.at_line(min(project.line or 1, source.line_count)), project.profiles, project.name)
        for project in config.compose_projects
    )


def charts_said(config: Config) -> dict[str, HelmValues]:
    """What the configuration says of charts, by their folders."""
    return {folder: HelmValues(*chart) for folder, chart in config.helm.items()}


def _root(request: Request) -> str:
    if request.isolated:
        path = look.realpath(request.paths[0])
        return path if look.isdir(path) else os.path.dirname(path)
    paths = [path for path in request.paths if path != "-"] or ["."]
    root = find_root(paths)
    if look.lexists(os.path.join(root, ".git")):
        return root
    from hullcheck.show.reach import reached  # imported where there is no repository

    return reached(root, paths)


def _targets(root: str, request: Request) -> tuple[str, ...]:
    if request.stdin is not None:
        return (relative(root, request.stdin_name),)
    return tuple(relative(root, path) for path in request.paths)


def _below(path: str, targets: Container[str]) -> bool:
    while path and path not in targets:
        path = path.rpartition("/")[0]
    return path in targets


def _touches(finding: Finding, targets: Container[str]) -> bool:
    """Is the finding, a line it rests on, or the overlay or project that has it, in what was asked about?

    One about the configuration itself is about all that it is for.
    """
    if finding.owner == "configuration":
        return True
    places = (finding.location, *(related.location for related in finding.related))
    return any(_below(place.path, targets) for place in places) or bool(
        finding.scope and _below(finding.scope, targets)
    )


def _files(head: Analysis, targets: Container[str]) -> int:
    """The files that were asked about; an overlay alone counts by what says how it is built."""
    counted = sum(1 for path in head.counted if _below(path, targets))
    layers = (path for path, file in head.files.items() if file.kind == "kustomization" and _below(path, targets))
    return counted or sum(1 for _ in layers)


def _asked(findings: Iterable[Finding], request: Request, targets: Container[str]) -> Iterator[Finding]:
    """The findings in what was asked about."""
    only = request.only
    return (f for f in findings if _touches(f, targets) and (only is None or f.location.path in only))


class Trees(NamedTuple):
    """A tree with what was judged of it, and the change that made it, if that is known."""

    tree: Tree
    head: Analysis
    change: "Change | None" = None


def _in_contexts(
    findings: tuple[Finding, ...], trees: Trees, request: Request, targets: tuple[str, ...], judge: Judge
) -> tuple[Finding, ...]:
    """The findings with what their files are there for; those that don't count in full for that are folded."""
    if not request.config.contexts:
        sources = {f.location.path: f.location.source for f in findings}
        likely = (path for path in sources if ELSEWHERE.search(path) or "# Source: " in sources[path].text[:BEGINNING])
        in_go = any(path not in targets for path in sources) and any(p.endswith("_test.go") for p in trees.tree.paths)
        if not in_go and next(likely, None) is None:
            return findings
    from hullcheck.context.counted import Asking, marked_in

    said, everything = request.config.contexts, _everything(request)
    return marked_in(findings, trees, Asking(targets, said, everything, lambda name: judge.registry[name].concern))


class Asked(NamedTuple):
    """What a request is about, for who judges it again and again: it compares with nothing, and reads no stream."""

    request: Request
    root: str
    targets: tuple[str, ...]
    judge: Judge

    def tree(self, kind: Callable[..., DiskTree]) -> Tree:
        """The files as they are now, as a tree of that kind."""
        return _disk(self.root, self.request, self.targets, kind)

    def result(self, head: Analysis, tree: Tree, *, edits: bool = True) -> Result:
        """What `lint` tells of a tree that was judged so; without `edits`, no fix is worked out."""
        targets = self.targets
        found = tuple(_asked(head.findings, self.request, targets))
        return _result(
            self.root,
            self.request,
            head,
            self.judge,
            _in_contexts(found, Trees(tree, head), self.request, targets, self.judge),
            (),
            _files(head, targets),
            compared=False,
            coverage=head.coverage.below(lambda path: _below(path, targets)),
            not_decided=sum(number for path, number in head.not_decided.items() if _below(path, targets)),
            edits=edits,
        )._replace(redact=head.redact)


def prepared(request: Request, registry: Registry, progress: Progress) -> Asked:
    """What is to be judged, and how. Raises HullcheckError if there is no such thing."""
    root = _root(request)
    return Asked(request, root, _targets(root, request), _judge(request, registry, progress))


def touches(finding: Finding, paths: Container[str]) -> bool:
    """Is a finding about these paths, or does it rest on one of them?"""
    return _touches(finding, paths)


def _disk(root: str, request: Request, targets: tuple[str, ...], kind: Callable[..., DiskTree] = DiskTree) -> Tree:
    if request.past is not None and request.head:
        from hullcheck.change.history import CommitTree

        exclude, vendored = request.config.exclude, request.config.include_vendored
        return CommitTree(request.past.history, request.head, exclude=exclude, vendored=vendored)
    files = tuple(t for t in targets if t and not look.isdir(os.path.join(root, t)))
    alone = len(files) == len(targets) and not look.lexists(os.path.join(root, ".git"))
    alone = alone and not any(
        path.rpartition("/")[2] in KUSTOMIZATION_NAMES for path in files
    )  # they are made of others
    tree = kind(
        root,
        named=tuple(path for path in files if not _CONTEXT.fullmatch(path.rpartition("/")[2])),
        near=alone,
        gitignore=request.gitignore,
        exclude=request.config.exclude,
        vendored=request.config.include_vendored,
        tracked=request.past.history.tracked() if request.past is not None else request.only or frozenset(),
    )
    return Overlay(tree, targets[0], request.stdin) if request.stdin is not None else tree


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


def _result(
    root: str,
    request: Request,
    head: Analysis,
    judge: Judge,
    findings: tuple[Finding, ...],
    fixed: tuple[Finding, ...],
    files: int,
    compared: bool,
    coverage: Coverage,
    not_decided: int,
    edits: bool = True,
) -> Result:
    minimum = request.config.min_severity if request.min_severity is None else request.min_severity
    guessed = {project.scope: project.paths[0] for project in head.scopes[1] if project.guessed}
    told = told_once(findings, judge.registry.covering)
    united = tuple(unite(told.findings, guessed))
    if any(finding.accounts for finding in united):
        from hullcheck.accounts import by_account

        united = tuple(by_account(united, minimum))
    united = _with_edits(united, head) if edits else united
    new = [f for f in united if f.suppression is None and f.state != "unchanged" and not f.folded]
    fail_on = _fail_on(request)
    if (
        any(map(unread, new))
        or _unlisted(head, root, request)
        or (_fails_on_unjudged(request) and _unjudged(coverage, request.config))
    ):
        code = 4
    elif any(_fails(one, fail_on, judge.rules, request) for f in new for one in (f, *f.also)):
        code = 1
    elif not files and not request.no_files_is_fine:
        code = 3
    else:
        code = 0
    return Result(
        root=root,
        findings=united,
        shown=tuple(f for f in new if f.severity >= minimum),
        skipped=head.skipped,
        files=files,
        not_decided=not_decided,
        compared=compared,
        fail_on=fail_on,
        show_suppressed=request.show_suppressed,
        exit_code=code,
        fixed=fixed,
        minimum=minimum,
        coverage=coverage,
        everything=_everything(request) or all(path in head.files for path in _targets(root, request)),
        left_out=tuple(
            f
            for f in told.left_out
            if f.suppression is None and f.state != "unchanged" and not f.folded and f.severity >= minimum
        ),
    )


def _everything(request: Request) -> bool:
    """Do all contexts count in full?"""
    return (request.context or request.config.context) == "all"


def _unlisted(head: Analysis, root: str, request: Request) -> bool:
    """Is a folder that was asked about by its name one that can't even be listed?"""
    asked = {path or "." for path in _targets(root, request)}
    return any(item.path in asked and item.gap is not None and item.gap.what == "folder" for item in head.skipped)


def _fails_on_unjudged(request: Request) -> bool:
    return request.fail_on_unjudged or request.config.fail_on_unjudged


def _unjudged(coverage: Coverage, config: Config) -> bool:
    """Is anything not judged for a cause that the owners don't allow?"""
    return any(item.cause not in config.allow_unjudged for item in coverage.unjudged)


def _with_edits(findings: tuple[Finding, ...], head: Analysis) -> tuple[Finding, ...]:
    """The findings, what their checks want changed turned into edits."""
    if not any(finding.fix for finding in findings):
        return findings
    from hullcheck.fix.resolve import resolve
    from hullcheck.fix.resting import Resting
    from hullcheck.fix.shared import shared

    wanted = Resting(head.files, head.scopes[1]).without_repeats(findings)
    return tuple(resolve(wanted, shared(head.scopes)))


def _fail_on(request: Request) -> Severity | None:
    """What sets exit code 1, where no path has a level of its own."""
    if request.fail_on is not None:
        return level(request.fail_on)
    own = request.config.gate_fail_on if request.own is not None else ""
    return level(own) if own else request.config.fail_on


def _fails(finding: Finding, fail_on: Severity | None, rules: Rules, request: Request) -> bool:
    wanted = fail_on if request.fail_on is not None else rules.fail_on(finding, fail_on)
    return wanted is not None and finding.severity >= wanted
