"""What must hold for every repository, however broken.

A property lays a case on the desk, runs commands and yields a `Fault` for each thing that doesn't hold. `PROPERTIES` are
all of them, each with how often, of a hundred cases, it is worth its time.
"""

import hashlib
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from xml.etree import ElementTree

from hullcheck.commands.common import registry
from hullcheck.errors import HullcheckError
from hullcheck.policy import config
from hullcheck.policy.ignores import NEVER

from .desk import Desk, Outcome
from .mutate import TOKEN
from .trees import CONTROL, CONTROLLED, Tree


class Case(NamedTuple):
    """A repository, and the one that it was made from."""

    tree: Tree
    base: Tree

    def __repr__(self) -> str:
        return f"Case({ {path: len(data) for path, data in self.tree.items()} })"


class Fault(NamedTuple):
    """Something that doesn't hold: what, at which command, what was seen instead, and which property tells."""

    property: str
    command: str
    seen: str
    by: str = ""

    @property
    def signature(self) -> str:
        """The same for what is the same fault, most probably: without the names and numbers of the case."""
        plain = re.sub(r"'[^']*'|\"[^\"]*\"|`[^`]*`|0x[0-9a-f]+|\d{4,}", "_", self.seen.partition("\n")[0])
        return f"{self.property}: {self.command.split()[0]}: {plain[:200]}"


CONFIGURATION = re.compile(r"\.hullcheck\.ya?ml|pyproject\.toml|.*\.json")
"""Files of the owners' policy: where one is broken, a run can't be done."""

REFUSALS = re.compile(
    r"hullcheck: (?:at the base: )?(?:\.hullcheck\.ya?ml|pyproject\.toml|[^:\n]*\.json|\.trivyignore\b[^:\n]*|\.(?:hadolint|checkov|kube-linter"
    r"|compose-lint|dclintrc)\.yaml|\.tally\.toml)(?: and [^:\n]*)?\b.*"
)
"""What is said where a run can't be done, which is right only for those files."""

_FAILED = re.compile(r"` failed here: |reading this file failed|fault of hullcheck's own")

DAY = ("--today", "2026-11-24")
_FILES = ("full", "concise", "json", "github", "markdown", "gitlab", "junit", "rdjson", "html")
_FORMATS = tuple(word for name in _FILES for word in ("--output-format", f"{name}:../out/{name}"))
_SARIF = ("--output-format", "sarif:../out/sarif", "--output-format", "sarif-full:../out/sarif-full")
_STRICT = (
    "--profile",
    "strict",
    "--pod-security",
    "restricted",
    "--show-suppressed",
    "--min-severity",
    "info",
    "--statistics",
    "-v",
)

CHECKS: tuple[tuple[tuple[str, ...], int], ...] = (
    (
        (
            "check",
            *DAY,
            "--output-format",
            "json:../out/json",
            "--output-format",
            "concise:../out/concise",
            "--no-config",
        ),
        100,
    ),
    (("check", *DAY, *_FORMATS, *_STRICT), 40),
    (("check", *DAY, *_FORMATS, *_SARIF, "--validate"), 8),
)
"""The commands with which a repository is judged and reported, and how many of a hundred it is done with; the first
looks for the control's faults, too."""

COMMANDS: tuple[tuple[str, ...], ...] = (
    ("show", "-v"),
    ("show", "--output-format", "json"),
    ("map",),
    ("map", "--format", "json"),
    ("map", "--format", "svg"),
    ("map", "--format", "html"),
    ("map", "--format", "mermaid", "--compat", "np-guard"),
    ("map", "--format", "dot", "--host-network", "as-pod", "--undeclared-namespaces", "open"),
    ("map", "--policies"),
    ("files",),
    ("files", "--no-gitignore", "--include-vendored"),
    ("config", "show"),
    ("config", "show", "a/b.yaml"),
    ("explain", "privileged"),
    ("check", *DAY, "--diff", "--unsafe-fixes"),
    ("check", *DAY, "--diff", "--no-inline"),
    ("baseline", "show", "known.json", *DAY),
    ("baseline", "show", *DAY),
)
"""Those that change nothing."""


def contract(desk: Desk, case: Case, rng: random.Random) -> Iterator[Fault]:
    """Every command ends as documented, with reports that are what they say; and the control's faults are found."""
    desk.put(case.tree, CONTROL)
    policy = any(CONFIGURATION.fullmatch(path) for path in case.tree)
    planted = any(TOKEN.encode() in data for data in case.tree.values())
    for command, share in CHECKS:
        if rng.random() * 100 >= share and not (planted and share > 10):
            continue
        outcome = desk.run(*command)
        yield from _ended(command, outcome, refuses=policy and "--no-config" not in command)
        if outcome.code != 2 and not outcome.raised:
            yield from _reports(desk, command)
            yield from _failed(desk, command)
            yield from _controlled(desk, case.tree) if share == 100 else ()
    for command in rng.sample(COMMANDS, 2):
        outcome = desk.run(*command)
        yield from _ended(command, outcome, refuses=policy or command[0] == "baseline")
        yield from _shown(command, outcome)


def _failed(desk: Desk, command: tuple[str, ...]) -> Iterator[Fault]:
    """Has a check, or the reading of a file, failed?"""
    report = json.loads((desk.out / "json").read_bytes())
    for finding in report["findings"]:
        if finding["name"] == "check-failed":
            yield Fault("failed", " ".join(command), finding["message"])


def _controlled(desk: Desk, tree: Tree) -> Iterator[Fault]:
    report = desk.out / "json"
    if (
        any(path.rpartition("/")[2] == ".gitignore" or path.startswith("control/") for path in tree)
        or not report.is_file()
    ):
        return
    found = {(finding["name"], finding["path"]) for finding in json.loads(report.read_bytes())["findings"]}
    for name, path in sorted(CONTROLLED - found):
        yield Fault("control", "check", f"{name} in {path} isn't found beside it")


def each_command(desk: Desk, case: Case, rng: random.Random) -> Iterator[Fault]:
    """Every command that changes nothing, and those that are asked for something by name."""
    desk.put(case.tree, CONTROL)
    for command in COMMANDS:
        outcome = desk.run(*command)
        yield from _ended(command, outcome, refuses=True)
        yield from _shown(command, outcome)
    by_name: list[tuple[str, ...]] = [("show", path) for path in case.tree] + [("map", path) for path in case.tree]
    by_name += [("check", *DAY, path) for path in case.tree] + [
        ("show", "--container", name) for name in ("web", "api", "c", "build")
    ]
    by_name += [
        ("map", "--explain", "api", "outside"),
        ("map", "--focus", "web"),
        ("show", "--target", "build", "Dockerfile"),
    ]
    by_name += [
        ("show", "--set", "replicas=1e999", "."),
        ("show", "--env", f"TAG={TOKEN}", "--compose-profile", "dev", "."),
    ]
    for command in rng.sample(by_name, min(6, len(by_name))):
        outcome = desk.run(*command)
        yield from _ended(command, outcome, refuses=True, by_name=True)
        yield from _shown(command, outcome)


def _ended(command: tuple[str, ...], outcome: Outcome, *, refuses: bool, by_name: bool = False) -> Iterator[Fault]:
    """Is the exit code one that the command may end with, and nothing that it says a fault of its own?"""
    line = " ".join(command)
    if outcome.raised:
        yield Fault("raised", line, outcome.raised)
        return
    said = next(
        (text for text in outcome.error.splitlines() if re.search("internal error|enough memory|Traceback", text)), ""
    )
    said = said or next(
        (text for text in outcome.out.decode("utf-8", "replace").splitlines() if _FAILED.search(text)), ""
    )
    if said:
        yield Fault("failed", line, said)
        return
    if "\x1b" in outcome.error or b"\x1b" in outcome.out:
        yield Fault("escape", line, "a control character is printed")
    allowed = {"check": (0, 1, 3, 4), "baseline": (0, 1), "map": (0, 3, 4), "migrate": (0,)}.get(command[0], (0, 3))
    if outcome.code in allowed:
        return
    first = outcome.error.partition("\n")[0]
    if outcome.code == 2 and first.startswith("hullcheck: ") and (by_name or (refuses and REFUSALS.fullmatch(first))):
        return
    yield Fault("exit code", line, f"{outcome.code}: {first}")


def _reports(desk: Desk, command: tuple[str, ...]) -> Iterator[Fault]:
    """Can every report be read by what it is for, and does none show the credential?"""
    line = " ".join(command)
    for report in sorted(desk.out.iterdir()):
        data = report.read_bytes()
        readable: Callable[[bytes], Any] | None = {"junit": ElementTree.fromstring}.get(report.name, json.loads)
        if report.name in ("full", "concise", "github", "markdown", "html"):
            readable = bytes.decode
        yield from _readable(line, report.name, data, readable)
        if TOKEN.encode() in data:
            yield Fault("masked", line, f"the credential is in the report {report.name}")


def _shown(command: tuple[str, ...], outcome: Outcome) -> Iterator[Fault]:
    """Is what a command prints what it says it is, and without the credential?"""
    line = " ".join(command)
    if outcome.code == 0 and "json" in command:
        yield from _readable(line, "output", outcome.out, json.loads)
    if outcome.code == 0 and "svg" in command:
        yield from _readable(line, "output", outcome.out, ElementTree.fromstring)
    asked = TOKEN in line
    for name, text in (("output", outcome.out.decode("utf-8", "replace")), ("error", outcome.error)):
        if TOKEN in text and not asked:
            at = text.index(TOKEN)
            yield Fault("masked", line, f"the credential is in the {name}: {text[max(0, at - 60) : at + 60]!r}")


def _readable(line: str, name: str, data: bytes, read: Callable[[bytes], Any] | None) -> Iterator[Fault]:
    try:
        if read is not None:
            read(data)
    except (ValueError, ElementTree.ParseError) as error:
        yield Fault("readable", line, f"{name} can't be read: {type(error).__name__}: {error}")


def deterministic(desk: Desk, case: Case, rng: random.Random) -> Iterator[Fault]:
    """Two runs give the same bytes, with one process and with two."""
    desk.put(case.tree)
    for again in (("--jobs", "2"), ("--jobs", "1")):
        digests = [digest(desk, *jobs) for jobs in (("--jobs", "1"), again)]
        if digests[0] != digests[1]:
            yield Fault("deterministic", f"check {' '.join(again)}", "two runs differ")


def digest(desk: Desk, *more: str) -> str:
    """What all that a repository is told comes to."""
    made = hashlib.sha256()
    commands = (
        ("check", *DAY, "--output-format", "json", "--output-format", "full:../out/full", "-v", *more),
        ("files",),
    )
    for command in commands if more else (*commands, ("show",), ("map",)):
        outcome = desk.run(*command)
        made.update(repr((outcome.code, outcome.out, outcome.error, outcome.raised)).encode())
    report = desk.out / "full"
    made.update(report.read_bytes() if report.is_file() else b"")
    return made.hexdigest()


def fixed(desk: Desk, case: Case, rng: random.Random) -> Iterator[Fault]:
    """Fixes leave files that can be read and have no other finding than before, and what is fixed stays fixed."""
    desk.put(case.tree)
    command = ("check", *DAY, "--no-config", "--min-severity", "info", "--output-format", "json:../out/json")
    for flag in ("--fix", "--unsafe-fixes"):
        before = _found(desk, command)
        outcome = desk.run(*command, flag)
        yield from _ended((*command, flag), outcome, refuses=False)
        after = _found(desk, command)
        for (name, path), count in sorted((after - before).items()):
            if flag == "--unsafe-fixes" and name not in _BROKEN:  # what changes behaviour may have other faults
                continue
            yield Fault("fixed", f"check {flag}", f"{name} is found {count} times more: in {path!r}")
        again = desk.run(*command, flag)
        changed = re.search(r"fixed [1-9]\d* finding", again.error)
        if changed and "not fixed" not in outcome.error:
            yield Fault("fixed", f"check {flag}", f"a second run isn't without work: {changed[0]}")


_BROKEN = (
    "parse-error",
    "unreadable-file",
    "not-analysed",
    "check-failed",
    "invalid-object",
    "unknown-field",
    "duplicate-object",
)


def _found(desk: Desk, command: tuple[str, ...]) -> Counter[tuple[str, str]]:
    desk.run(*command)
    report = desk.out / "json"
    findings = json.loads(report.read_bytes())["findings"] if report.is_file() else ()
    return Counter((finding["name"], finding["path"]) for finding in findings)


def accepted(desk: Desk, case: Case, rng: random.Random) -> Iterator[Fault]:
    """With a baseline of all that is found, nothing that can be accepted counts; and it can be renewed."""
    desk.put(case.tree)
    known = "../out/known.json"
    create = ("baseline", "create", known, *DAY, "--no-config")
    yield from _ended(create, desk.run(*create), refuses=False)
    command = ("check", *DAY, "--no-config", "--baseline", known, "--output-format", "json:../out/json")
    yield from _ended(command, desk.run(*command), refuses=False)
    report = desk.out / "json"
    for finding in json.loads(report.read_bytes())["findings"] if report.is_file() else ():
        if not finding["suppressed"] and finding["severity"] != "info" and finding["name"] not in NEVER:
            yield Fault("accepted", "check --baseline", f"{finding['name']} counts: {finding['message']}")
    for action, *more in (("prune",), ("update", "--accept-new"), ("show",)):
        renew = ("baseline", action, known, *more, *DAY, "--no-config")
        yield from _ended(renew, desk.run(*renew), refuses=False)


def gated(desk: Desk, case: Case, rng: random.Random) -> Iterator[Fault]:
    """A change is judged as documented, in both directions; and one that changes nothing brings nothing."""
    pairs = ((case.base, case.tree), (case.tree, case.base), (case.tree, case.tree))
    for before, after in pairs:
        desk.put(after)
        base = desk.commit(before)
        for options in (("--gate",), ()):
            command = ("check", *DAY, *options, "--output-format", "json:../out/json", "--diff-base")
            outcome = desk.run(*command, base)
            yield from _ended(command, outcome, refuses=True)
            report = desk.out / "json"
            if before is after and outcome.code in (1, 4) and report.is_file():
                new = [
                    f
                    for f in json.loads(report.read_bytes())["findings"]
                    if not f["suppressed"] and f.get("state") != "unchanged"
                ]
                said = f"{new[0]['name']}: {new[0]['message']}" if new else "nothing new"
                yield Fault("gated", " ".join(command), f"no change, and exit code {outcome.code}: {said}")
    for view in (("show", "--diff-base", base), ("map", "--diff-base", base)):
        yield from _ended(view, desk.run(*view), refuses=True)
    desk.forget()


def migrated(desk: Desk, case: Case, rng: random.Random) -> Iterator[Fault]:
    """What another tool's configuration is turned into is a configuration."""
    desk.put(case.tree)
    for path in case.tree:
        if re.search(r"hadolint|trivyignore|checkov|kube-linter|compose-lint|tally|dclintrc", path):
            command = ("migrate", path)
            outcome = desk.run(*command)
            yield from _ended(command, outcome, refuses=True)
            yield from _shown(command, outcome)
            if outcome.code == 0:
                try:
                    config.parse(".hullcheck.yaml", outcome.out, registry())
                except HullcheckError as error:
                    yield Fault("migrated", f"migrate {path}", f"no configuration: {error}")


Property = Callable[[Desk, Case, random.Random], Iterator[Fault]]

PROPERTIES: tuple[tuple[Property, int], ...] = (
    (contract, 100),
    (migrated, 100),
    (each_command, 8),
    (fixed, 12),
    (accepted, 10),
    (deterministic, 5),
    (gated, 6),
)


def judged(desk: Desk, case: Case, rng: random.Random, *, all_of_them: bool = False) -> Iterator[Fault]:
    """The faults of a case by the properties that are due, or by all."""
    for holds, share in PROPERTIES:
        if all_of_them or rng.random() * 100 < share:
            yield from (fault._replace(by=holds.__name__) for fault in holds(desk, case, rng))
