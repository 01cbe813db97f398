"""What came out of a run: the findings that count, what is told of the rest, and the exit code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator

from hullcheck import look, report
from hullcheck.analysis import Analysis, Judge, unread
from hullcheck.check import Registry
from hullcheck.discover import Skipped
from hullcheck.finding import Finding, Severity
from hullcheck.model.coverage import Coverage
from hullcheck.once import told_once
from hullcheck.policy.rules import Rules
from hullcheck.report.unite import unite
from hullcheck.request import Policy, Subject
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple


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

    def report(
        self, registry: Registry, *, color: bool, category: str, checkout: bool = False, show_suppressed: bool = False
    ) -> "report.Run":
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
            show_suppressed=show_suppressed,
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


def made(
    root: str,
    policy: Policy,
    judge: Judge,
    head: Analysis,
    findings: Iterable[Finding],
    targets: tuple[str, ...],
    told: Container[str],
    *,
    fixed: tuple[Finding, ...] = (),
    compared: bool = False,
    edits: bool = True,
) -> Result:
    """What comes of a tree that was judged: `findings` are those that were asked for, `told` what they may be about.

    `targets` are the paths that were named; without `edits`, no fix is worked out.
    """
    guessed = {project.scope: project.paths[0] for project in head.scopes[1] if project.guessed}
    once = told_once(findings, judge.registry.covering)
    united = tuple(unite(once.findings, guessed))
    if any(finding.accounts for finding in united):
        from hullcheck.accounts import by_account

        united = tuple(by_account(united, policy.minimum))
    united = _with_edits(united, head) if edits else united
    new = [finding for finding in united if _is_new(finding)]
    files = _files(head, told)
    coverage = head.coverage.below(lambda path: below(path, told))
    if any(map(unread, new)) or _unlisted(head, targets) or (policy.fails_on_unjudged and _unjudged(coverage, policy)):
        code = 4
    elif any(_fails(one, policy, judge.rules) for finding in new for one in (finding, *finding.also)):
        code = 1
    elif not files and not policy.no_files_is_fine:
        code = 3
    else:
        code = 0
    return Result(
        root=root,
        findings=united,
        shown=tuple(f for f in new if f.severity >= policy.minimum),
        skipped=head.skipped,
        files=files,
        not_decided=sum(number for path, number in head.not_decided.items() if below(path, told)),
        compared=compared,
        fail_on=policy.fails_on,
        exit_code=code,
        fixed=fixed,
        minimum=policy.minimum,
        coverage=coverage,
        redact=head.redact,
        everything=policy.everything or all(path in head.files for path in targets),
        left_out=tuple(f for f in once.left_out if _is_new(f) and f.severity >= policy.minimum),
    )


def fixed(findings: Iterable[Finding], judge: Judge, told: Container[str]) -> tuple[Finding, ...]:
    """Of what is found no more, what was asked for, each fact once."""
    asked = (finding for finding in findings if touches(finding, told))
    return tuple(unite(told_once(asked, judge.registry.covering).findings))


def asked(findings: Iterable[Finding], subject: Subject, told: Container[str]) -> Iterator[Finding]:
    """The findings in what was asked about."""
    only = subject.only
    return (f for f in findings if touches(f, told) and (only is None or f.location.path in only))


def below(path: str, targets: Container[str]) -> bool:
    """Is a path one of these, or in one of them?"""
    while path and path not in targets:
        path = path.rpartition("/")[0]
    return path in targets


def touches(finding: Finding, targets: Container[str]) -> bool:
    """Is the finding, a line it rests on, or the overlay or project that has it, in what was asked about?

    One about the configuration itself is about all that it is for.
    """
    if finding.owner == "configuration":
        return True
    places = (finding.location, *(related.location for related in finding.related))
    return any(below(place.path, targets) for place in places) or bool(finding.scope and below(finding.scope, targets))


def _is_new(finding: Finding) -> bool:
    """Does it count: nobody has accepted it, the base doesn't have it, and its file is for production?"""
    return finding.suppression is None and finding.state != "unchanged" and not finding.folded


def _files(head: Analysis, told: Container[str]) -> int:
    """The files that were asked about; an overlay alone counts by what says how it is built."""
    counted = sum(1 for path in head.counted if below(path, told))
    layers = (path for path, file in head.files.items() if file.kind == "kustomization" and below(path, told))
    return counted or sum(1 for _ in layers)


def _unlisted(head: Analysis, targets: tuple[str, ...]) -> bool:
    """Is a folder that was asked about by its name one that can't even be listed?"""
    named = {path or "." for path in targets}
    return any(item.path in named and item.gap is not None and item.gap.what == "folder" for item in head.skipped)


def _unjudged(coverage: Coverage, policy: Policy) -> bool:
    """Is anything not judged for a cause that the owners don't allow?"""
    return any(item.cause not in policy.config.allow_unjudged for item in coverage.unjudged)


def _fails(finding: Finding, policy: Policy, rules: Rules) -> bool:
    level = policy.fails_on
    wanted = level if policy.fail_on is not None else rules.fail_on(finding, level)
    return wanted is not None and finding.severity >= wanted


def _with_edits(findings: tuple[Finding, ...], head: Analysis) -> tuple[Finding, ...]:
    """The findings, what their checks want changed turned into edits."""
    if not any(finding.fix for finding in findings):
        return findings
    from hullcheck.fix.resolve import resolve
    from hullcheck.fix.resting import Resting
    from hullcheck.fix.shared import shared

    try:
        wanted = Resting(head.files, head.scopes[1]).without_repeats(findings)
        return tuple(resolve(wanted, shared(head.scopes)))
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  findings without fixes are better than none
        look.spoil(f"working out fixes failed: {error}")
        return tuple(finding._replace(fix=None) for finding in findings)
