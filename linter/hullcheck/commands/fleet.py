"""`hullcheck fleet`: judge many repositories, and ask what there is in all of them."""

from __future__ import annotations

import gc
import os
import sys
import time

from hullcheck import budget, look
from hullcheck.commands.common import add_time_limits, day, say_all
from hullcheck.deferred import imported
from hullcheck.errors import HullcheckError
from hullcheck.typed import TYPE_CHECKING, Any
from hullcheck.written import write

if TYPE_CHECKING:
    import argparse

    from hullcheck.fleet.run import Plan, Summary

RESULTS = "fleet"
"""The folder of the results, unless it is said otherwise."""

LEVELS = ("critical", "high", "medium", "low", "info")
QUESTIONS = {
    "report": "the worst repositories, checks and teams, and what became of them from run to run",
    "images": "which images and bases run where, which are past their end of life, which are built here and used there",
    "exposed": "what can be reached from outside, across repositories",
    "query": "the answer to a question in SQL",
}


def add(parser: argparse.ArgumentParser) -> None:
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND", dest="question")
    _add_run(subparsers.add_parser("run", help="judge repositories, and keep what is found"))
    for name, summary in QUESTIONS.items():
        _add_question(name, subparsers.add_parser(name, help=summary))


def _add_run(parser: argparse.ArgumentParser) -> None:
    from hullcheck.fleet.clones import MAX_ALL, MAX_ONE

    option = parser.add_argument
    option("paths", nargs="*", metavar="PATH", help="a repository, or a folder below which all are judged")
    option(
        "--repositories", action="append", default=[], metavar="FILE",
        help="a list of them, one a line: address, ref, team, labels as TSV, CSV or JSON lines",
    )  # fmt: skip
    option("--results", default=RESULTS, metavar="DIR", help=f"where what is found is kept (default: {RESULTS})")
    option("--policy", metavar="FILE", help="a configuration that a repository's own may only tighten")
    option("--no-config", action="store_true", help="use no repository's own configuration")
    option("--profile", choices=("default", "strict"), default="default", help="strict: missing hardening one by one")
    option("--no-inline", action="store_true", help="don't honour ignore comments")
    option("--no-foreign-ignores", action="store_true", help="don't honour other tools' ignore comments")
    option("--include-vendored", action="store_true", help="look into node_modules, vendor and the like, too")
    option("--min-severity", choices=LEVELS, help="what counts as found (default: low)")
    option("--fail-on", choices=(*LEVELS, "none"), help="what sets exit code 1 (default: high)")
    option("--sarif-dir", default="", metavar="DIR", help="write a SARIF file for each repository there")
    option("--workers", type=int, default=0, metavar="N", help="processes on this machine (default: one a processor)")
    option("--memory-limit", type=int, default=0, metavar="MB", help="address space of each process (default: any)")
    option("--scheduler", default="", metavar="ADDRESS", help="judge on this Dask cluster, such as tcp://host:8786")
    option("--cache-dir", default="", metavar="DIR", help="where clones are kept (default: the user's cache folder)")
    option("--cache-size", type=int, default=MAX_ALL, metavar="MB", help=f"of all clones (default: {MAX_ALL})")
    option("--clone-size", type=int, default=MAX_ONE, metavar="MB", help=f"of one clone (default: {MAX_ONE})")
    option("--again", action="store_true", help="judge what hasn't changed, too")
    option("--today", metavar="DATE", help="judge dates as on that day")
    option("-q", "--quiet", action="store_true", help="no progress and no summary")
    add_time_limits(parser)


def _add_question(name: str, parser: argparse.ArgumentParser) -> None:
    option = parser.add_argument
    if name == "query":
        option("sql", metavar="SQL", help="one SELECT; the tables are those of docs/fleet.md")
    else:
        option("--run", dest="of", default="", metavar="RUN", help="of that run (default: the last)")
        option("--top", type=int, default=20, metavar="N", help="rows of each table of a text (default: 20; 0: all)")
    option("--results", default=RESULTS, metavar="DIR", help=f"where results are kept (default: {RESULTS})")
    formats = ("text", "json", "csv", *(("html",) if name == "report" else ()))
    option("--output-format", default="text", metavar="NAME[:FILE]", help=", ".join(formats))
    parser.set_defaults(formats=formats)


def run(options: argparse.Namespace) -> int:
    """Do what is asked; returns the exit code."""
    _must_be_there()
    gc.enable()  # a run of many doesn't end soon
    if options.question != "run":
        return _answer(options)
    plan = _plan(options)
    if not plan.repositories:
        raise HullcheckError("no repository is named: give folders, or a list with --repositories")
    os.makedirs(plan.sarif, exist_ok=True) if plan.sarif else None
    from hullcheck.fleet.run import run as judge_all

    progress = Progress(options.quiet)
    try:
        with budget.limited(0, 0):
            summary = judge_all(plan, progress)
    except KeyboardInterrupt:
        progress.done()
        say_all(["what was judged is kept; the same command goes on where this one was"])
        raise
    finally:
        progress.done()
    if not options.quiet:
        _say(summary, plan)
    return summary.exit_code


def _must_be_there() -> None:
    """Raise HullcheckError, saying what to do, where it can't be done at all."""
    if os.name != "posix":
        raise HullcheckError("fleet: on Linux and macOS only")
    for name in ("pyarrow", "duckdb"):
        try:
            imported(name)
        except ImportError:
            raise HullcheckError(f"{name} isn't installed: `pip install 'hullcheck[fleet]'`") from None


def _plan(options: argparse.Namespace) -> Plan:
    from hullcheck.fleet import clones, pool
    from hullcheck.fleet.judge import Options
    from hullcheck.fleet.repositories import repositories
    from hullcheck.fleet.run import Plan

    for name in ("workers", "memory_limit"):
        if getattr(options, name) < 0:
            raise HullcheckError(f"--{name.replace('_', '-')}: a number of at least 0")
    for name in ("cache_size", "clone_size"):
        if getattr(options, name) < 1:
            raise HullcheckError(f"--{name.replace('_', '-')}: a number of at least 1")
    policy = _policy(options.policy)
    return Plan(
        repositories=repositories(options.paths, options.repositories),
        options=Options(
            today=day(options.today).isoformat(),
            policy=policy,
            policy_path=options.policy or "",
            strict=options.profile == "strict",
            inline=not options.no_inline,
            foreign=not options.no_foreign_ignores,
            own=not options.no_config,
            vendored=options.include_vendored,
            fail_on=options.fail_on,
            min_severity=options.min_severity,
            time_limit=options.time_limit,
            file_time_limit=options.file_time_limit,
        ),
        results=options.results,
        kept=clones.Kept(clones.place(options.cache_dir), options.cache_size, options.clone_size),
        workers=options.workers or pool.cores(),
        memory=options.memory_limit * 1_000_000,
        scheduler=options.scheduler,
        sarif=options.sarif_dir,
        again=options.again,
    )


def _policy(path: str | None) -> bytes | None:
    """The bytes of an organisation's policy, which is one; HullcheckError says what is wrong with it."""
    if path is None:
        return None
    from hullcheck.commands.common import registry
    from hullcheck.commands.policy import file_bytes
    from hullcheck.policy import config

    data = file_bytes(path)
    config.parse(path, data, registry())
    return data


def _say(summary: Summary, plan: Plan) -> None:
    """What became of the run, on standard output; what failed, on standard error."""
    from hullcheck.report.safe import clean

    states = summary.states
    words = [f"{states[name]:,} {name}" for name in ("judged", "unchanged", "empty", "failed") if states[name]]
    found = [f"{summary.findings[name]:,} {name}" for name in LEVELS[:4] if summary.findings[name]]
    total = sum(states.values())
    print(f"{total:,} repositor{'y' if total == 1 else 'ies'}: {', '.join(words)}")
    print(f"findings: {', '.join(found) or 'none'}")
    print(f"run {summary.run} in {clean(plan.results)}; ask `hullcheck fleet report`")
    sys.stdout.flush()
    say_all(f"{name}: {error}" for name, error in summary.errors)
    more = states["failed"] - len(summary.errors)
    if more > 0:
        say_all([f"{more:,} more failed: `hullcheck fleet report` lists them"])


class Progress:
    """How far the run is, at what rate and for how long still, on a terminal only."""

    def __init__(self, quiet: bool) -> None:
        self._on = sys.stderr.isatty() and not quiet and not look.ENVIRON.get("CI")
        self._shown = False
        self._first: tuple[float, int] | None = None
        self._next = 0.0

    def __call__(self, done: int, total: int, failed: int) -> None:
        now = time.monotonic()
        if self._first is None:
            self._first = now, done
        if self._on and now >= self._next:
            self._next = now + 0.2
            self._shown = True
            print(f"\r\x1b[K{self.line(done, total, failed, now)}", end="", file=sys.stderr, flush=True)

    def line(self, done: int, total: int, failed: int, now: float) -> str:
        """`1,200/10,000 repositories, 3 failed, 25.0/s, 0:05:52 left`."""
        began, before = self._first or (now, done)
        words = [f"{done:,}/{total:,} repositories"]
        if failed:
            words.append(f"{failed:,} failed")
        if done > before and now > began:
            rate = (done - before) / (now - began)
            left = int((total - done) / rate)
            words += [f"{rate:,.1f}/s", f"{left // 3600}:{left // 60 % 60:02}:{left % 60:02} left"]
        return ", ".join(words)

    def done(self) -> None:
        if self._shown:
            self._shown = False
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _answer(options: argparse.Namespace) -> int:
    form, _, file = options.output_format.partition(":")
    if form not in options.formats:
        raise HullcheckError(f"--output-format: `{form}` is none of {', '.join(options.formats)}")
    text = _answered(options, form)
    if file:
        write(file, text)
    else:
        sys.stdout.write(text)
    return 0


def _answered(options: argparse.Namespace, form: str) -> str:
    from hullcheck.fleet import answers
    from hullcheck.fleet.database import Database
    from hullcheck.fleet.dataset import Dataset

    asks = options.question != "query"
    with Database(Dataset(options.results), options.of if asks else "", hold=asks) as database:
        found: list[Any]
        if options.question == "query":
            found = [database.query(options.sql)]
        else:
            found = answers.ANSWERS[options.question](database)
        if form == "html":
            from hullcheck.fleet.page import render

            return render(database, found)
        return answers.FORMATS[form](found, getattr(options, "top", 0))
