"""`hullcheck baseline`: a file of the findings that there are, so that only others count."""

from __future__ import annotations

import argparse
import os
import sys

from hullcheck import engine, look
from hullcheck.commands import check, policy
from hullcheck.commands.common import Progress, add_policy, registry, root_of
from hullcheck.discover import relative
from hullcheck.errors import HullcheckError
from hullcheck.finding import Finding
from hullcheck.policy import baseline
from hullcheck.policy.baseline import Applied, Baseline, Entry
from hullcheck.report.unite import each
from hullcheck.result import Result
from hullcheck.written import write

ACTIONS = {
    "create": "write a baseline of all findings that count",
    "update": "take out what is not found any more; new findings only with --accept-new",
    "prune": "take out what is not found any more",
    "show": "list the entries, and which are not found any more",
}


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action", choices=tuple(ACTIONS), help="; ".join(f"{name}: {what}" for name, what in ACTIONS.items())
    )
    parser.add_argument("file", nargs="?", metavar="FILE", help=f"default: as configured, else {baseline.DEFAULT}")
    parser.add_argument("--accept-new", action="store_true", help="with update: add what is new")
    parser.add_argument("--today", metavar="DATE", help="judge dates as on that day")
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress and no notes on standard error")
    add_policy(parser)


def run(options: argparse.Namespace) -> int:
    checks, root = registry(), root_of(["."])
    everything = check.with_defaults(argparse.Namespace(**{**vars(options), "baseline": ""}))
    request = check.request(everything, checks)
    path = options.file or os.path.join(root, request.policy.config.baseline or baseline.DEFAULT)
    known = _read(path, root) if options.action != "create" else None
    if known is None and look.lexists(path):
        raise HullcheckError(f"{path}: there is one already; `hullcheck baseline update` renews it")
    progress = Progress(options)
    result = engine.lint(request, checks, progress)
    progress.done()
    if result.exit_code == 4:
        print("hullcheck: some files can't be read; they are in the baseline, not what is in them", file=sys.stderr)
    if known is None:
        entries = baseline.entries((finding, None) for finding in _all(result))
        write(path, baseline.render(entries))
        more = "" if sum(entry.times for entry in entries) == len(result.shown) else ", each owner's by itself"
        return _say(path, f"{_many(entries)} written{more}")
    found = _all(result)
    now = baseline.Now(known.present(root), frozenset(finding.scope for finding in found))
    applied = baseline.apply(found, known, request.policy.today, now)
    return _show(known, applied) if options.action == "show" else _renew(options, path, known, applied)


def _all(result: Result) -> list[Finding]:
    """All findings that count, of every owner and in the words of every check: each may outlive the others."""
    return [*each(result.shown), *result.left_out]


def _read(path: str, root: str) -> Baseline:
    return baseline.parse(relative(root, path), policy.file_bytes(path))


def _renew(options: argparse.Namespace, path: str, known: Baseline, applied: Applied) -> int:
    """Keep what is still found, where it is found now, and say what is new; it is added only if that is asked for."""
    pairs = list(zip(applied.findings, applied.entries, strict=True))
    new = [(finding, entry) for finding, entry in pairs if entry is None]
    wanted = options.action == "update" and options.accept_new
    entries = baseline.entries(pairs if wanted else [pair for pair in pairs if pair[1] is not None])
    text = baseline.render(entries)
    if text != known.source.text:
        write(path, text)
    _say(path, f"{_many(entries)} kept, {sum(applied.stale.values())} gone")
    if options.action == "update" and new and not wanted:
        added = baseline.entries(new)
        for entry in added:
            print(_line(entry, "new"))
        print(f"hullcheck: {_many(added)} new; `--accept-new` adds what is new to the baseline", file=sys.stderr)
        return 1
    return 0


def _show(known: Baseline, applied: Applied) -> int:
    for entry in known.entries:
        gone = applied.stale.get(entry, 0)
        print(_line(entry, f"{gone} gone" if gone else "found"))
    return 0


def _line(entry: Entry, state: str) -> str:
    from hullcheck.report.safe import clean

    times = f" ({entry.times} times)" if entry.times > 1 else ""
    until = f" until {entry.until}" if entry.until else ""
    reason = f": {entry.reason}" if entry.reason else ""
    return clean(f"{state:8} {entry.path}: {entry.name} in {entry.object or 'the file'}{times}{until}{reason}")


def _many(entries: list[Entry]) -> str:
    count = sum(entry.times for entry in entries)
    return "1 finding" if count == 1 else f"{count} findings"


def _say(path: str, what: str) -> int:
    print(f"hullcheck: {path}: {what}", file=sys.stderr)
    return 0
