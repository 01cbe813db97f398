"""`hullcheck check`: judge files and folders, report, gate."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator

from hullcheck import engine, look, report
from hullcheck.check import Registry
from hullcheck.commands import given, policy
from hullcheck.commands.common import (
    Progress,
    add_cache,
    add_format,
    add_policy,
    day,
    keep,
    outputs,
    registry,
    root_of,
    say_all,
    screen,
    use_color,
)
from hullcheck.discover import MAX_MANIFEST
from hullcheck.errors import HullcheckError
from hullcheck.finding import Severity
from hullcheck.request import Policy, Request, Subject
from hullcheck.typed import TYPE_CHECKING
from hullcheck.written import write

if TYPE_CHECKING:
    import argparse

    from hullcheck.change.base import Past
    from hullcheck.commands.hook import Plan
    from hullcheck.policy.baseline import Baseline
    from hullcheck.policy.config import Config
    from hullcheck.request import OwnPolicy
    from hullcheck.result import Result

_READ = ("full", "concise")
"""Formats that people read on a terminal, or editors in their place: paths are from where one stands."""

_WITH_CHECKOUT = ("sarif", "sarif-full", "markdown", "html")
_WITH_COVERAGE = ("full", "json", "markdown", "github", "html")
_WITH_FOLDED = ("full", "json", "sarif", "sarif-full", "markdown", "html")

LEVELS = tuple(str(severity) for severity in reversed(Severity))
FORMATS = tuple(report.FORMATS)


def add(parser: argparse.ArgumentParser) -> None:
    option = parser.add_argument
    option(
        "paths",
        nargs="*",
        metavar="PATH",
        help="what to report on (default: the current folder); `-` is standard input",
    )
    add_format(parser, FORMATS)
    option(
        "--select", action="append", default=[], metavar="WORDS", help="only these: names, concerns or other tools' ids"
    )
    option("--ignore", action="append", default=[], metavar="WORDS", help="not these")
    option("--min-severity", choices=LEVELS, help="what is shown (default: low)")
    option("--fail-on", choices=(*LEVELS, "none"), help="what sets exit code 1 (default: high)")
    option("--profile", choices=("default", "strict"), default="default", help="strict: missing hardening one by one")
    option(
        "--context",
        choices=("production", "all"),
        help="whose findings count: those of production, or of tests, examples and documentation, too (default: production)",
    )
    option(
        "--pod-security", choices=("baseline", "restricted"), default="", help="judge every workload by that standard"
    )
    option("--validate", action="store_true", help="hold manifests against the Kubernetes API (hullcheck[validate])")
    option(
        "--kubernetes-version",
        metavar="VERSION",
        help="--validate, against that version, such as 1.34 (else: the newest)",
    )
    given.add(parser)
    option("--no-inline", action="store_true", help="don't honour ignore comments")
    option("--no-foreign-ignores", action="store_true", help="don't honour other tools' ignore comments")
    option("--show-suppressed", action="store_true", help="list what is suppressed, too")
    option("--show-each", action="store_true", help="list one by one what is told in a line for each project")
    option("--group-by", choices=("file", "check", "owner"), help="full and concise: order findings by that")
    option("--baseline", metavar="FILE", help="old findings that don't count (see `hullcheck baseline`)")
    option("--diff-base", metavar="REV", help="only what is new since REV counts; `auto`: since the base of the change")
    option("--gate", action="store_true", help="judge a change by its base's policy: configuration, baseline, ignores")
    option(
        "--pre-commit",
        action="store_true",
        help="as a hook: what a commit or a push brings counts, and nothing to check is fine",
    )
    option("--allow-no-files", action="store_true", help="exit 0, not 3, where there is nothing to check")
    option("--fix", action="store_true", help="make the fixes that keep the behaviour, then report what is left")
    option("--unsafe-fixes", action="store_true", help="make (or, with --diff, show) those that change behaviour, too")
    option("--diff", action="store_true", help="show what the fixes would change, instead of a report; change nothing")
    option("--fix-only", action="store_true", help="make the fixes, and report nothing")
    option("--stdin-filename", metavar="NAME", help="the name of what is read from standard input")
    option("--jobs", type=int, default=0, metavar="N", help="processes to read files with (default: as many as help)")
    option("--today", metavar="DATE", help="judge dates as on that day")
    option("--sarif-category", default="", metavar="NAME", help="the category of the SARIF run")
    option("--color", choices=("auto", "always", "never"), default="auto")
    option("--statistics", action="store_true", help="count findings by check on standard error")
    option("-q", "--quiet", action="store_true", help="no progress and no notes on standard error")
    option("-v", "--verbose", action="store_true", help="say what is left out, and why")
    option("--fail-on-unjudged", action="store_true", help="exit 4 if anything that was seen can't be judged")
    add_policy(parser)
    add_cache(parser)


def run(options: argparse.Namespace) -> int:
    keep(options, may_be=_may_be_kept(options))
    checks = registry()
    written = outputs(options.output_format, FORMATS)
    if options.group_by and not any(name in _READ for name, _ in written):
        raise HullcheckError(f"--group-by: of the formats {' and '.join(_READ)} only")
    plan = None
    if options.pre_commit and not options.gate and options.paths != ["-"]:
        from hullcheck.commands import hook

        plan = hook.plan(options, root_of(options.paths or ["."]), look.ENVIRON)
        if plan is None:
            return 0
    request_ = request(options, checks, plan)
    result = _judged(options, request_, checks)
    if options.fix_only:
        return 2 if result.exit_code == 2 else 0
    for name, file in written:
        if options.diff and file is None:
            continue
        color = file is None and use_color(options.color)
        made = result.report(
            checks,
            color=color,
            category=options.sarif_category,
            checkout=name in _WITH_CHECKOUT,
            show_suppressed=options.show_suppressed,
        )
        if name in _READ:
            shown = screen(options, result.root)
            made = made._replace(screen=shown if file is None else shown._replace(width=0, links=None))
        text = report.render(name, made._replace(beside=None if file is None else os.path.dirname(file) or "."))
        if file is None:
            sys.stdout.write(text)
        else:
            write(file, text)
    sys.stdout.flush()
    if not options.quiet:
        _warn(result, request_.past, plan)
    _say(options, result, written)
    return result.exit_code


def _may_be_kept(options: argparse.Namespace) -> bool:
    """May a later run print what this one does, if nothing has changed? A gate trusts nothing but its own judgement."""
    changes = options.fix or options.unsafe_fixes or options.fix_only
    return not (changes or options.gate or "-" in options.paths)


def _judged(options: argparse.Namespace, request_: Request, checks: Registry) -> Result:
    """What is found; where fixes are asked for, after they are made, or with them shown on standard output."""

    def lint() -> Result:
        progress = Progress(options)
        result = engine.lint(request_, checks, progress)
        progress.done()
        return result

    if not (options.fix or options.unsafe_fixes or options.diff or options.fix_only):
        return lint()
    from hullcheck.commands import fixing

    if fixing.wanted(options):
        return fixing.make(options, lint)
    result = lint()
    sys.stdout.write(fixing.show(options, result))
    return result


def with_defaults(options: argparse.Namespace) -> argparse.Namespace:
    """The options of another command, with this one's defaults for all others."""
    import argparse

    parser = argparse.ArgumentParser()
    add(parser)
    return argparse.Namespace(**{**vars(parser.parse_args([])), **vars(options)})


def request(options: argparse.Namespace, checks: Registry, plan: Plan | None = None) -> Request:
    """What the options ask for; a hook's plan says what is judged, and what it is compared with."""
    paths = list(plan.paths) if plan else options.paths or ["."]
    if "-" in paths and len(paths) > 1:
        raise HullcheckError("`-` can't be combined with other paths")
    stdin = _standard_input() if paths == ["-"] else None
    if stdin is None and options.stdin_filename:
        raise HullcheckError("--stdin-filename needs the path `-`")
    root = root_of(paths)
    past = plan.past if plan else policy.past(options, root)
    if options.gate and past is not None:
        config, baseline = policy.at_base(options, root, checks, past)
    else:
        config, baseline = policy.on_disk(options, root, paths, checks)
    own = policy.own(options, root, paths, checks) if options.gate else None
    subject = Subject(
        paths=tuple(paths),
        stdin=stdin,
        stdin_name=options.stdin_filename or "-",
        only=plan.only if plan else None,
        head=plan.head if plan else "",
        given=given.given(options),
        gitignore=not options.no_gitignore,
        jobs=options.jobs,
    )
    return Request(subject, _policy(options, config, baseline, own), past)


def _policy(options: argparse.Namespace, config: Config, baseline: Baseline | None, own: OwnPolicy | None) -> Policy:
    return Policy(
        config=config,
        baseline=baseline,
        own=own,
        strict=options.profile == "strict",
        pod_security=options.pod_security,
        validate=options.validate or bool(options.kubernetes_version),
        kubernetes_version=_kubernetes_version(options),
        today=day(options.today),
        inline=not options.no_inline,
        foreign=not options.no_foreign_ignores,
        min_severity=Severity.parse(options.min_severity) if options.min_severity else None,
        fail_on=options.fail_on,
        fail_on_unjudged=options.fail_on_unjudged,
        no_files_is_fine=options.allow_no_files or options.pre_commit,
        context=options.context or "",
    )


def _standard_input() -> bytes:
    """All of it; raises HullcheckError if it can't be read, or is more than is read of any file."""
    try:
        data = sys.stdin.buffer.read(MAX_MANIFEST + 1) if sys.stdin is not None else None
    except OSError as error:
        raise HullcheckError(f"standard input can't be read: {error.strerror}") from None
    if data is None:
        raise HullcheckError("standard input can't be read: it is closed")
    if len(data) > MAX_MANIFEST:
        raise HullcheckError(f"standard input can't be read: larger than {MAX_MANIFEST // 1024 // 1024} MiB")
    return data


def _kubernetes_version(options: argparse.Namespace) -> str:
    """The version that is asked for, as `1.34`; empty if none is."""
    text = (options.kubernetes_version or "").removeprefix("v")
    if text and not re.fullmatch(r"latest|1\.\d{1,3}(\.\d{1,3})?", text):
        raise HullcheckError(f"--kubernetes-version: {text} is no version such as 1.34")
    return text


def _warn(result: Result, past: Past | None, plan: Plan | None) -> None:
    """Say what the run rests on, on standard error: what wasn't judged, and where nothing was there to be judged."""
    notes = [*(plan.notes if plan else ()), *(past.history.notes() if past else ())]
    if result.same_as and not plan:
        notes.append(f"nothing changed: no file that is looked at differs from {result.same_as}")
    say_all(notes)


def _say(options: argparse.Namespace, result: Result, written: list[tuple[str, str | None]]) -> None:
    from hullcheck.report.safe import clean

    def say(text: str) -> None:
        print(text, file=sys.stderr)

    if options.verbose:
        shown = screen(options, result.root).path
        for skipped in result.skipped:
            say(f"hullcheck: left out {clean(shown(skipped.path))}: {skipped.reason}")
    if not result.files and not result.findings and not result.coverage.unjudged and not options.quiet:
        say(
            "hullcheck: nothing to check: no Dockerfile, Compose file, Kubernetes manifest or development container found"
        )
    if options.diff and not options.quiet:
        for line in _unread(result, screen(options, result.root).path):
            say(f"hullcheck: {line}")
    told = not options.diff and any(file is None and name in _WITH_COVERAGE for name, file in written)
    if not options.quiet and not told:
        from hullcheck.report.writer import unjudged

        for line in unjudged(result.coverage, screen(options, result.root).path):
            say(f"hullcheck: {clean(line)}")
    folded = result.folded
    if folded and not options.quiet and not any(file is None and name in _WITH_FOLDED for name, file in written):
        from hullcheck.report.elsewhere import counted

        say(f"hullcheck: {counted(folded)}")
    if not options.quiet and any(name in ("full", "markdown") for name, _ in written):
        from hullcheck.facts import warning

        if old := warning(day(options.today)):
            say(f"hullcheck: {old}")
    if options.statistics:
        for name, count in sorted(result.counts().items(), key=lambda item: (-item[1], item[0])):
            say(f"{count:6}  {name}")
        say(f"{result.not_decided:6}  not decided")
        for state, count in result.coverage.counts().items():
            say(f"{count:6}  {state}")


def _unread(result: Result, shown: Callable[[str], str]) -> Iterator[str]:
    """What couldn't be read, for a run that prints no report: there is nothing to be fixed in it, and it isn't fine."""
    from hullcheck.analysis import unread
    from hullcheck.report.safe import Secrets, clean

    secrets = Secrets(result.findings)
    for finding in filter(unread, result.shown):
        yield clean(f"{shown(finding.location.path)}:{finding.location.line}: {secrets.text(finding.message)}")
