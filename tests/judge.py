"""Files judged in a test: text in, findings out."""

from datetime import date
from pathlib import Path

from hullcheck import engine
from hullcheck.check import Registry
from hullcheck.commands.common import registry
from hullcheck.finding import Finding, Severity
from hullcheck.policy.config import Config, parse
from hullcheck.request import Policy, Request, Subject
from hullcheck.result import Result

CHECKS: Registry = registry()
TODAY = date(2026, 11, 24)


def configured(text: str) -> Config:
    """The configuration that a `.hullcheck.yaml` with this text is."""
    return parse(".hullcheck.yaml", text.encode(), CHECKS)


def judge(folder: Path, files: dict[str, str], config: str = "", *, foreign: bool = True) -> Result:
    """Write the files into the folder and judge it, as on a fixed day."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    policy = Policy(configured(config), min_severity=Severity.INFO, today=TODAY, foreign=foreign)
    return engine.lint(Request(Subject((str(folder),), isolated=True), policy), CHECKS, lambda what, done, total: None)


def named(result: Result, *names: str) -> list[Finding]:
    """The findings of these checks, suppressed ones too."""
    return [finding for finding in result.findings if finding.name in names]
