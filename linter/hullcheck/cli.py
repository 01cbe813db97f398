"""Arguments to a run to an exit code; the only module that prints."""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from datetime import date
from typing import NoReturn

from hullcheck import __version__, config, engine
from hullcheck.check import Registry, load
from hullcheck.errors import HullcheckError
from hullcheck.finding import Severity

CHECKS = "hullcheck_checks"
LEVELS = tuple(str(severity) for severity in reversed(Severity))
FORMATS = ("full", "concise", "json", "sarif", "sarif-full", "github", "markdown")
COMMANDS = ("check", "explain", "checks", "files", "config")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code: 0 clean, 1 findings, 2 not done, 3 nothing to check, 4 unreadable."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or arguments[0] not in (*COMMANDS, "-h", "--help", "--version"):
        arguments.insert(0, "check")
    _make_output_safe()
    try:
        options = _parser().parse_args(arguments)
        return int(options.run(options))
    except HullcheckError as error:
        print(f"hullcheck: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 2
    except KeyboardInterrupt:
        print("hullcheck: interrupted", file=sys.stderr)
        return 2


def _make_output_safe() -> None:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise HullcheckError(f"{message} (see `hullcheck {self.prog.split()[-1]} --help`)")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="hullcheck", description="One static security linter for Dockerfiles, Compose and Kubernetes."
    )
    parser.add_argument("--version", action="version", version=f"hullcheck {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    _add_check(commands.add_parser("check", help="check files and folders (the default command)"))
    explain = commands.add_parser("explain", help="show a check's page")
    explain.add_argument("name", help="a check's name or another tool's id for it")
    explain.set_defaults(run=_explain)
    checks = commands.add_parser("checks", help="list the checks")
    checks.add_argument("--output-format", choices=("text", "json"), default="text")
    checks.set_defaults(run=_checks)
    files = commands.add_parser("files", help="list what is found, as which kind, and what is left out")
    files.add_argument("paths", nargs="*", metavar="PATH")
    _add_policy(files)
    files.set_defaults(run=_files)
    config = commands.add_parser("config", help="show the configuration in effect, or its JSON Schema")
    config.add_argument("what", choices=("show", "schema"))
    config.add_argument("paths", nargs="*", metavar="PATH")
    _add_policy(config)
    config.set_defaults(run=_config)
    return parser


def _add_policy(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", metavar="FILE", help="use this configuration instead of the repository's")
    parser.add_argument("--no-config", action="store_true", help="use no configuration")
    parser.add_argument(
        "--exclude", action="append", default=[], metavar="GLOB", help="leave out paths; .gitignore syntax"
    )
    parser.add_argument(
        "--include-vendored", action="store_true", help="look into node_modules, vendor and the like, too"
    )
    parser.add_argument("--no-gitignore", action="store_true", help="look at what .gitignore leaves out, too")


def _add_check(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "paths",
        nargs="*",
        metavar="PATH",
        help="what to report on (default: the current folder); `-` is standard input",
    )
    add("--output-format", action="append", default=[], metavar="NAME[:FILE]", help=f"repeatable: {', '.join(FORMATS)}")
    add(
        "--select", action="append", default=[], metavar="WORDS", help="only these: names, concerns or other tools' ids"
    )
    add("--ignore", action="append", default=[], metavar="WORDS", help="not these")
    add("--min-severity", choices=LEVELS, help="what is shown (default: low)")
    add("--fail-on", choices=(*LEVELS, "none"), help="what sets exit code 1 (default: high)")
    add("--no-inline", action="store_true", help="don't honour ignore comments")
    add("--show-suppressed", action="store_true", help="list what is suppressed, too")
    add("--diff-base", metavar="REV", help="tell what is new since REV; only that is shown and gated")
    add("--pre-commit", action="store_true", help="as a hook: compare with HEAD, and nothing to check is fine")
    add("--allow-no-files", action="store_true", help="exit 0, not 3, where there is nothing to check")
    add("--stdin-filename", metavar="NAME", help="the name of what is read from standard input")
    add("--jobs", type=int, default=0, metavar="N", help="processes to read files with (default: as many as help)")
    add("--today", metavar="DATE", help="judge dates as on that day")
    add("--sarif-category", default="", metavar="NAME", help="the category of the SARIF run")
    add("--color", choices=("auto", "always", "never"), default="auto")
    add("--statistics", action="store_true", help="count findings by check on standard error")
    add("-q", "--quiet", action="store_true", help="no progress and no notes on standard error")
    add("-v", "--verbose", action="store_true", help="say what is left out, and why")
    _add_policy(parser)
    parser.set_defaults(run=_check)


def registry() -> Registry:
    """The checks that come with hullcheck."""
    return load(CHECKS)


def _check(options: argparse.Namespace) -> int:
    from hullcheck import report

    checks = registry()
    outputs = [_output(text) for text in options.output_format or ["full"]]
    request = _request(options, checks)
    progress = _Progress(options)
    result = engine.lint(request, checks, progress)
    progress.done()
    for name, file in outputs:
        color = file is None and _color(options.color)
        text = report.render(name, result.report(checks, color=color, category=options.sarif_category))
        if file is None:
            sys.stdout.write(text)
        else:
            _write(file, text)
    sys.stdout.flush()
    _say(options, result)
    return result.exit_code


def _request(options: argparse.Namespace, checks: Registry) -> "engine.Request":
    paths = options.paths or ["."]
    if "-" in paths and len(paths) > 1:
        raise HullcheckError("`-` can't be combined with other paths")
    stdin = sys.stdin.buffer.read() if paths == ["-"] else None
    if stdin is None and options.stdin_filename:
        raise HullcheckError("--stdin-filename needs the path `-`")
    return engine.Request(
        paths=tuple(paths),
        config=_read_config(options, paths, checks),
        stdin=stdin,
        stdin_name=options.stdin_filename or "-",
        min_severity=Severity.parse(options.min_severity) if options.min_severity else None,
        fail_on=options.fail_on,
        diff_base=options.diff_base or ("HEAD" if options.pre_commit else None),
        no_files_is_fine=options.allow_no_files or options.pre_commit,
        inline=not options.no_inline,
        show_suppressed=options.show_suppressed,
        gitignore=not options.no_gitignore,
        jobs=options.jobs,
        today=_day(options.today),
    )


def _read_config(options: argparse.Namespace, paths: list[str], checks: Registry) -> "config.Config":
    from hullcheck.discover import find_root

    if options.no_config:
        base = config.Config()
    else:
        base = config.read(find_root([p for p in paths if p != "-"] or ["."]), options.config, checks)
    select = tuple(_words(getattr(options, "select", ())))
    ignore = tuple(_words(getattr(options, "ignore", ())))
    for flag, words in (("--select", select), ("--ignore", ignore)):
        for word in words:
            config.resolve(word, checks, flag)
    return base._replace(
        select=select or base.select,
        ignore=(*base.ignore, *ignore),
        exclude=(*base.exclude, *options.exclude),
        include_vendored=base.include_vendored or options.include_vendored,
    )


def _words(values: list[str]) -> list[str]:
    return [word.strip() for value in values for word in value.split(",") if word.strip()]


def _day(text: str | None) -> date:
    try:
        return date.fromisoformat(text) if text else date.today()
    except ValueError:
        raise HullcheckError(f"--today: no such day: {text}") from None


def _output(text: str) -> tuple[str, str | None]:
    name, colon, file = text.partition(":")
    if name not in FORMATS:
        raise HullcheckError(f"--output-format: no format is called `{name}`; there are {', '.join(FORMATS)}")
    if colon and not file:
        raise HullcheckError(f"--output-format: {name}: needs a file name")
    return name, file or None


def _write(file: str, text: str) -> None:
    # Written whole or not at all: an upload must not see half a file.
    part = f"{file}.part"
    try:
        with open(part, "w", encoding="utf-8", errors="backslashreplace", newline="") as stream:
            stream.write(text)
        os.replace(part, file)
    except OSError as error:
        raise HullcheckError(f"{file}: can't be written: {error.strerror}") from None


def _color(choice: str) -> bool:
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR") or os.environ.get("CLICOLOR_FORCE"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


class _Progress:
    """How far the run is, on a terminal only, and only once it takes a second."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._shown = False
        self._next = time.monotonic() + 1
        self._on = sys.stderr.isatty() and not options.quiet and not os.environ.get("CI")

    def __call__(self, what: str, done: int, total: int) -> None:
        if self._on and time.monotonic() >= self._next:
            self._next = time.monotonic() + 0.1
            self._shown = True
            print(f"\r\x1b[K{what} {done}/{total}", end="", file=sys.stderr, flush=True)

    def done(self) -> None:
        if self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _say(options: argparse.Namespace, result: "engine.Result") -> None:
    from hullcheck.report.safe import clean

    def say(text: str) -> None:
        print(text, file=sys.stderr)

    if options.verbose:
        for skipped in result.skipped:
            say(f"hullcheck: left out {clean(skipped.path)}: {skipped.reason}")
    if not result.files and not options.quiet:
        say("hullcheck: nothing to check: no Dockerfile, Compose file or Kubernetes manifest found")
    if options.statistics:
        for name, count in sorted(result.counts().items(), key=lambda item: (-item[1], item[0])):
            say(f"{count:6}  {name}")
        say(f"{result.not_decided:6}  not decided")


def _explain(options: argparse.Namespace) -> int:
    checks = registry()
    names = sorted(config.resolve(options.name, checks, "explain"))
    for name in names:
        check = checks[name]
        print(f"{check.name} ({check.severity}, {check.concern}; {', '.join(check.dialects)})\n")
        print(check.doc.strip())
        if check.aliases:
            print(f"\nAlso known as: {', '.join(check.aliases)}")
        if name != names[-1]:
            print("\n" + "-" * 72 + "\n")
    return 0


def _checks(options: argparse.Namespace) -> int:
    checks = sorted(registry(), key=lambda check: (check.concern, check.name))
    if options.output_format == "json":
        import json

        rows = [
            {
                "name": check.name,
                "severity": str(check.severity),
                "concern": check.concern,
                "summary": check.summary,
                "dialects": list(check.dialects),
                "aliases": list(check.aliases),
                "fixable": check.fixable,
                "default": check.default,
            }
            for check in checks
        ]
        print(json.dumps({"checks": rows}, indent=2))
        return 0
    width = max(len(check.name) for check in checks)
    for check in checks:
        print(f"{check.name:{width}}  {check.severity!s:8}  {check.summary}")
    return 0


def _files(options: argparse.Namespace) -> int:
    from hullcheck.report.safe import clean

    result = engine.find(_request(_with_defaults(options), registry()))
    for path, kind in result.kinds:
        print(f"{kind:12} {clean(path)}")
    for skipped in result.skipped:
        print(f"{'left out':12} {clean(skipped.path)} ({skipped.reason})")
    return 0 if result.kinds else 3


def _with_defaults(options: argparse.Namespace) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    _add_check(parser)
    return argparse.Namespace(**{**vars(parser.parse_args([])), **vars(options)})


def _config(options: argparse.Namespace) -> int:
    if options.what == "schema":
        print(config.schema(), end="")
        return 0
    effective = _read_config(options, options.paths or ["."], registry())
    print(f"# from {effective.path or 'the defaults'}")
    print(f"select: [{', '.join(effective.select)}]")
    print(f"ignore: [{', '.join(effective.ignore)}]")
    print(f"exclude: [{', '.join(effective.exclude)}]")
    print(f"include-vendored: {str(effective.include_vendored).lower()}")
    print(f"min-severity: {effective.min_severity}")
    print(f"fail-on: {effective.fail_on if effective.fail_on is not None else 'none'}")
    print(f"policies-elsewhere: {str(effective.policies_elsewhere).lower()}")
    print(f"suppress: {len(effective.suppress)} entries")
    return 0
