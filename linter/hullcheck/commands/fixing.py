"""`--fix`, `--unsafe-fixes`, `--diff` and `--fix-only`: fixes made, or shown."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from hullcheck.errors import HullcheckError
from hullcheck.finding import Finding
from hullcheck.fix.apply import Applied, apply
from hullcheck.fix.files import CHANGED, diff, write
from hullcheck.report.paths import from_here
from hullcheck.report.safe import Secrets, clean, told
from hullcheck.result import Result

MOST_PASSES = 10
"""How often a tree is linted and fixed again: a fix may have to wait for another one of the same place."""


def wanted(options: argparse.Namespace) -> bool:
    """Are fixes to be made? Raises HullcheckError where that contradicts itself."""
    making = options.fix or options.fix_only or (options.unsafe_fixes and not options.diff)
    if options.diff and (options.fix or options.fix_only):
        raise HullcheckError("--diff changes nothing: it can't be combined with --fix or --fix-only")
    if making and options.paths == ["-"]:
        raise HullcheckError("standard input can't be fixed in place; `--diff` shows what would change")
    return bool(making)


def make(options: argparse.Namespace, lint: Callable[[], Result]) -> Result:
    """Lint and fix until there is nothing more to fix; what is found in the end. Says on standard error what it did.

    The exit code is 2 if a file couldn't be written.
    """
    result = lint()
    files: set[str] = set()
    tried: set[tuple[str, str]] = set()
    fixed = 0
    problems: dict[str, str] = {}
    failed: dict[str, str] = {}
    for _ in range(MOST_PASSES):
        done = apply(_untried(result.shown, tried), options.unsafe_fixes)
        problems.update((made.finding.location.path, made.reason) for made in done.refused)
        now = dict(write(result.root, done.files.values()))
        changed = set(done.files) - set(now)
        moved = {path for path, reason in now.items() if reason == CHANGED}  # by another run, perhaps: look again
        failed = {**{path: reason for path, reason in failed.items() if path not in done.files}, **now}
        tried |= {
            _identity(finding)
            for finding in (*done.fixed, *(made.finding for made in done.refused))
            if finding.location.path not in moved
        }
        if not changed and not moved:
            break
        fixed += sum(1 for finding in done.fixed if finding.location.path in changed)
        files |= changed
        result = lint()
    failed = {path: reason for path, reason in failed.items() if reason != CHANGED or _is_open(result, path)}
    shown = from_here(result.root, options.paths)
    _say(options, fixed, files, {shown(path): reason for path, reason in {**problems, **failed}.items()})
    return result._replace(exit_code=2) if failed else result


def _is_open(result: Result, path: str) -> bool:
    return any(finding.fix and finding.location.path == path for finding in result.shown)


def _identity(finding: Finding) -> tuple[str, str]:
    return finding.location.path, finding.fingerprint


def _untried(findings: tuple[Finding, ...], tried: set[tuple[str, str]]) -> list[Finding]:
    """A fix that was made and didn't help isn't made again."""
    return [finding for finding in findings if finding.fix and _identity(finding) not in tried]


def _say(options: argparse.Namespace, fixed: int, files: set[str], problems: dict[str, str]) -> None:
    for path, reason in sorted(problems.items()):
        print(f"hullcheck: {clean(path)}: not fixed: {clean(told(reason))}", file=sys.stderr)
    if not options.quiet:
        what = "1 finding" if fixed == 1 else f"{fixed} findings"
        where = "1 file" if len(files) == 1 else f"{len(files)} files"
        print(f"hullcheck: fixed {what} in {where}", file=sys.stderr)


def show(options: argparse.Namespace, result: Result) -> str:
    """The diff of what the fixes would change."""
    done = apply(result.shown, options.unsafe_fixes)
    shown = from_here(result.root, options.paths)
    for made in done.refused:
        path = clean(shown(made.finding.location.path))
        print(f"hullcheck: {path}: not fixed: {clean(told(made.reason))}", file=sys.stderr)
    if _more(done) and not options.quiet:
        print("hullcheck: more fixes follow once these are made: they touch the same places", file=sys.stderr)
    return diff(done.files.values(), Secrets(result.findings, result.redact), _patched_from(done, shown, options))


def _patched_from(done: Applied, shown: Callable[[str], str], options: argparse.Namespace) -> Callable[[str], str]:
    """How files are called in a diff: so that `git apply` and `patch -p1` take it here, if they can."""
    if not any(shown(path).startswith(("../", "/")) for path in done.files):
        return shown
    if not options.quiet:
        print("hullcheck: the paths of this diff are from the repository's root: apply it there", file=sys.stderr)
    return str


def _more(done: Applied) -> bool:
    return done.again and bool(done.files)
