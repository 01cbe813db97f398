"""The pipeline: discover, read, link, check, suppress, compare with the base, gate."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from os.path import isabs

from hullcheck import result
from hullcheck.analysis import Analysis, Judge, Linked, Progress
from hullcheck.check import Registry
from hullcheck.discover import DiskTree, Tree, is_go_test, like
from hullcheck.errors import NotNarrowError
from hullcheck.finding import Finding
from hullcheck.model.coverage import NOT_JUDGED, Coverage
from hullcheck.model.problem import Problem
from hullcheck.model.settings import HelmValues, Settings
from hullcheck.policy.config import Config
from hullcheck.policy.rules import ELSEWHERE, Rules, asked, meant
from hullcheck.request import Policy, Request, Subject, tree
from hullcheck.result import Result
from hullcheck.source import Location, Source
from hullcheck.terms import names
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hullcheck.change.base import Past
    from hullcheck.change.commit import Before
    from hullcheck.change.gate import Change
    from hullcheck.model.kept import Kept
    from hullcheck.narrow import Narrow


MANY = 1_000
"""Parts of the model from which it is worth while to look which of them a commit leaves as they were."""

BEGINNING = 600
"""Characters of a file that may say who made it."""


class Found(NamedTuple):
    """What `hullcheck files` lists: each file with what it is read as, and the ledger of what is in them; paths are below `root`.

    `contexts` are those of files that aren't for production; one that counts in full all the same has why behind it.
    """

    root: str
    kinds: tuple[tuple[str, str], ...]
    coverage: Coverage
    contexts: Mapping[str, str]


def lint(request: Request, registry: Registry, progress: Progress) -> Result:
    """Judge the tree that the request names. Raises HullcheckError if it can't be done."""
    subject, policy, past = request
    root = subject.root()
    targets = subject.targets(root)
    judge = _judge(subject, policy, registry, progress)
    disk = tree(root, subject, targets, policy.config, past)
    near = _narrow(request, targets, judge, disk)
    if near is not None:
        near.prepare(disk)
    kept = _kept() if past is not None else None
    linked = judge.linked(disk, narrow=near, kept=kept)
    if near is not None and past is not None:
        near.keep()
    told: Container[str] = near.told if near is not None and near.told else targets
    try:
        head, change = _compared(linked, disk, judge, request, targets, told, getattr(near, "before", None), kept)
    except NotNarrowError:
        disk = tree(root, subject, targets, policy.config, past)
        kept = _kept()
        head, change = _compared(judge.linked(disk, kept=kept), disk, judge, request, targets, told, kept=kept)
    findings, about = head.findings, tuple[Finding, ...]()
    if change is not None:
        findings = change.comparison.findings
        if subject.only is not None and policy.own is None:
            from hullcheck.change.commit import of_interest

            findings = of_interest(findings, change.same)
        if policy.own is not None:
            findings, about = _gate(change, subject, policy, registry, judge)
    findings = _without_old(findings, root, policy, registry, change, head)
    found = (*result.asked(findings, subject, told), *about)
    head = judge.masked(head, found)
    made = result.made(
        root,
        policy,
        judge,
        head,
        _in_contexts(found, disk, head, change, policy, targets, judge, near),
        targets,
        told,
        fixed=result.fixed(change.comparison.fixed, judge, told) if change else (),
        compared=change is not None,
    )
    if near is not None:
        near.keep()
    if change is None or past is None:
        return made
    base = judge.masked(change.base, (*found, *made.fixed))
    made = made._replace(redact=head.redact | base.redact)
    if subject.only is not None and policy.own is None and not policy.fails_on_unjudged:
        made = made._replace(coverage=_of_commit(made.coverage, change))
    return made._replace(same_as=past.base.how) if _is_same(change) else made


def _narrow(request: Request, targets: tuple[str, ...], judge: Judge, disk: Tree) -> "Narrow | None":
    """What chooses the files that have to be read, where the run is about some of many."""
    subject, policy, past = request
    config = policy.config
    if policy.own is not None or policy.baseline is not None:
        return None
    if (isinstance(disk, DiskTree) and disk.near) or (past is None and not all(targets)):
        return None
    from hullcheck import narrow

    if past is not None:
        commits = subject.only is not None and not subject.head and targets == ("",) and not config.suppress
        if not commits or policy.fails_on_unjudged or not narrow.may_be(("commit",), config):
            return None
        from hullcheck.change.commit import Commit

        return Commit(judge.settings, past, config)
    return narrow.Narrow(targets, judge.settings) if narrow.may_be(targets, config) else None


def _is_same(change: "Change") -> bool:
    """Is no file that was looked at, now or at the base, another one?"""
    return all(path in change.same for path in change.head.seen | change.base.seen)


def _of_commit(coverage: Coverage, change: "Change") -> Coverage:
    """What was judged, and what wasn't of the files that a commit changes, or was before."""
    from hullcheck.change.gate.unjudged import brought

    new = frozenset(map(id, brought(change, ())))
    return Coverage(
        tuple(
            item
            for item in coverage.items
            if item.state != NOT_JUDGED or item.path not in change.same or id(item) in new
        )
    )


def _compared(
    linked: Linked,
    disk: Tree,
    judge: Judge,
    request: Request,
    targets: tuple[str, ...],
    told: Container[str],
    before: "Before | None" = None,
    kept: "Kept | None" = None,
) -> "tuple[Analysis, Change | None]":
    """What was linked, checked, and compared as the request wants it; there is no change if nothing can be told of it.

    Of a hook only news counts. Where there is much, what isn't another than before isn't checked, in neither tree.
    """
    subject, policy, past = request
    overlaid = frozenset(targets if subject.stdin is not None else ())
    if past is not None and before is not None and len(linked.project.parts) >= MANY:
        change = _change(linked, disk, past, judge, overlaid, before, kept)
        head = change.head
        if _can_tell(head, subject, policy, told):
            return head, change
        return head, change if judge.may_find_more(head, lambda f: any(result.asked([f], subject, told))) else None
    head = judge.checked(linked)
    if past is None or not _can_tell(head, subject, policy, told):
        return head, None
    return head, _change(head, disk, past, judge, overlaid, before, kept)


def _can_tell(head: Analysis, subject: Subject, policy: Policy, told: Container[str]) -> bool:
    """Can a comparison tell anything? Where a hook finds nothing, nothing is new; a gate looks at the policy, too."""
    return subject.only is None or policy.own is not None or any(result.asked(head.findings, subject, told))


def _kept() -> "Kept":
    """What a tree is made of, so that the one it is compared with is made anew only where it is another."""
    from hullcheck.model.kept import Kept

    return Kept()


def _change(
    head: Analysis | Linked,
    disk: Tree,
    past: "Past",
    judge: Judge,
    overlaid: frozenset[str],
    before: "Before | None" = None,
    kept: "Kept | None" = None,
) -> "Change":
    """The comparison with the base; `overlaid` are files that aren't on disk as they are judged."""
    from hullcheck.change import gate

    return gate.explained(gate.judge_change(head, disk, past, judge, overlaid, before, kept), judge)


def _gate(
    change: "Change", subject: Subject, policy: Policy, registry: Registry, judge: Judge
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    from hullcheck.change import gate

    own = policy.own
    assert own is not None
    selected = frozenset[str]()
    if own.config is not None:
        runs = _judge(subject, policy._replace(config=own.config), registry, judge.progress).settings
        selected = runs.selected | runs.grouped
    asked_for = gate.Own(own.config, own.error, selected, own.baseline, policy.baseline)
    return gate.review(change, judge, asked_for, folds=not policy.everything)


def _in_contexts(
    findings: Iterable[Finding],
    tree: Tree,
    head: Analysis,
    change: "Change | None",
    policy: Policy,
    targets: tuple[str, ...],
    judge: Judge,
    near: "Narrow | None" = None,
) -> tuple[Finding, ...]:
    """The findings with what their files are there for; those that don't count in full for that are folded."""
    found, said = tuple(findings), policy.config.contexts
    if not said:
        sources = {f.location.path: f.location.source for f in found}
        likely = (path for path in sources if ELSEWHERE.search(path) or "# Source: " in sources[path].text[:BEGINNING])
        in_go = any(path not in targets for path in sources) and bool(like(tree, is_go_test))
        if not in_go and next(likely, None) is None:
            return found
    from hullcheck.context.counted import Asking, Counted, marked_in

    asking = Asking(targets, policy.everything, lambda name: judge.registry[name].concern)
    now = Counted(tree, head, said, near.deploys if near is not None else None)
    if change is None:
        return marked_in(found, now, asking)
    before: Narrow | None = getattr(near, "before", None)
    then = Counted(change.tree, change.base, said, before.deploys if before is not None else None)
    return marked_in(found, now, asking, then, change.comparison.renamed)


def _without_old(
    findings: tuple[Finding, ...],
    root: str,
    policy: Policy,
    registry: Registry,
    change: "Change | None",
    head: Analysis,
) -> tuple[Finding, ...]:
    """The findings, those of the baseline marked, and what is in it and isn't found any more."""
    if policy.baseline is None:
        return findings
    from hullcheck.policy import baseline

    known = policy.baseline
    if change is not None and policy.own is not None:
        from hullcheck.change.gate.policy import held

        there = frozenset(scope for scope, _ in change.base.owners)
        known = held(known, change.base.findings, there, policy.today)
    now = baseline.Now(known.present(root), frozenset(scope for scope, _ in head.owners))
    if change is not None:
        now = now._replace(renamed=change.comparison.renamed, renamed_scopes=change.comparison.scopes)
    applied = baseline.apply(findings, known, policy.today, now)
    if not applied.stale or isabs(known.source.path):
        return applied.findings
    part = Problem("", "", known.place(min(applied.stale)))
    stale = registry["unused-suppression"].finding(part, baseline.stale_message(applied.stale), evidence=("baseline",))
    return (*applied.findings, stale)


def _judge(subject: Subject, policy: Policy, registry: Registry, progress: Progress) -> Judge:
    settings = select(registry, policy)
    rules = Rules(policy.config, settings.selected, asked(registry, policy.config))
    return Judge(
        registry=registry,
        settings=settings._replace(selected=settings.selected | rules.somewhere, given=subject.given),
        rules=rules,
        config=policy.config,
        today=policy.today,
        inline=policy.inline,
        foreign=policy.foreign,
        jobs=subject.jobs,
        progress=progress,
    )


def find(subject: Subject, policy: Policy, registry: Registry) -> Found:
    """The files that a run looks at, with what they are read as, and what becomes of all that is in them."""
    root = subject.root()
    targets = subject.targets(root)
    judge = _judge(subject, policy, registry, lambda what, done, total: None)
    files = tree(root, subject, targets, policy.config)
    seen = judge(files)
    kinds = tuple(
        (reading.kind, path)
        for path, file in sorted(seen.files.items())
        for reading in file.readings
        if result.below(path, targets)
    )
    from hullcheck.context.counted import Counted

    counted = Counted(files, seen, policy.config.contexts)
    contexts = {path: told for _, path in kinds if (told := counted.said(path, targets))}
    return Found(root, kinds, seen.coverage.below(lambda path: result.below(path, targets)), contexts)


def select(registry: Registry, policy: Policy) -> Settings:
    """The checks to run, and what they may know. What the run says of itself is always among them, unless ignored."""
    config = policy.config
    strict = policy.strict or config.profile == "strict"
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
    validate = policy.validate or config.validate or "unknown-field" in (*config.select, *config.extend_select)
    if validate and "unknown-field" in registry:
        chosen.add("unknown-field")
    if config.policies_elsewhere:
        ignored |= {"no-network-policies", "missing-ingress-policy", "missing-egress-policy"}
    return Settings(
        today=policy.today,
        selected=frozenset(chosen - ignored),
        grouped=grouped - ignored,
        named=frozenset(named),
        ignored=frozenset(ignored),
        strict=strict,
        trusted_registries=config.trusted_registries,
        trusted_images=config.trusted_images,
        policies_elsewhere=config.policies_elsewhere,
        pod_security=policy.pod_security or config.pod_security,
        pod_security_version=config.pod_security_version,
        network_deny=config.network_deny,
        network_allow=config.network_allow,
        datastores=config.datastores,
        validate=(policy.kubernetes_version or config.kubernetes_version) if validate else "",
        compose_projects=listed(config),
        helm=charts_said(config),
        places=_places(config),
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


class Asked(NamedTuple):
    """What is to be judged again and again, and how: it is compared with no commit, and no stream is read."""

    subject: Subject
    policy: Policy
    root: str
    targets: tuple[str, ...]
    judge: Judge

    def tree(self, kind: Callable[..., DiskTree]) -> Tree:
        """The files as they are now, as a tree of that kind."""
        return tree(self.root, self.subject, self.targets, self.policy.config, kind=kind)

    def result(self, head: Analysis, files: Tree, *, edits: bool = True) -> Result:
        """What `lint` tells of a tree that was judged so; without `edits`, no fix is worked out."""
        findings = _without_old(head.findings, self.root, self.policy, self.judge.registry, None, head)
        asked_for = result.asked(findings, self.subject, self.targets)
        found = _in_contexts(asked_for, files, head, None, self.policy, self.targets, self.judge)
        return result.made(self.root, self.policy, self.judge, head, found, self.targets, self.targets, edits=edits)


def prepared(subject: Subject, policy: Policy, registry: Registry, progress: Progress) -> Asked:
    """What is to be judged, and how. Raises HullcheckError if there is no such thing."""
    root = subject.root()
    return Asked(subject, policy, root, subject.targets(root), _judge(subject, policy, registry, progress))
