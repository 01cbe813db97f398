"""What a check is, and how the checks are found."""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol, TypeVar

from hullcheck.errors import HullcheckError
from hullcheck.finding import Finding, Fix, Related, Severity
from hullcheck.model.settings import Settings
from hullcheck.source import Location

P = TypeVar("P")

Function = Callable[[P], Iterable[Finding]] | Callable[[P, Settings], Iterable[Finding]]
"""What looks for a fault in a part; one that needs to know what the run was asked for takes the settings, too."""


class Part(Protocol):
    """Anything in the model that a finding can be about."""

    @property
    def location(self) -> Location: ...

    @property
    def owner(self) -> str: ...


class Check:
    """One concern, in every dialect: its name, its page and the functions that look for it.

    The name is the module's own with dashes, the concern is the folder's. The docstring is the documentation: its
    first sentence the summary, then why it matters, how to cure it, and `See https://...` lines.

    `aliases` are peers' ids for the same concern, as `tool:id`. `cwe` are CWE numbers. `precision` is how often a
    finding is right, in code scanning's words. `default` is False for checks that must be selected. `grouped` ones are
    missing hardening: unless selected by name, or under `--profile strict`, they are told by `hardening-missing`.
    """

    def __init__(
        self,
        module: str,
        doc: str | None,
        *,
        severity: Severity,
        dialects: tuple[str, ...],
        aliases: tuple[str, ...] = (),
        cwe: tuple[int, ...] = (),
        precision: str = "high",
        fixable: str = "no",
        default: bool = True,
        grouped: bool = False,
    ) -> None:
        *_, concern, name = module.split(".")
        self.name = name.replace("_", "-")
        self.concern = concern.replace("_", "-")
        self.doc = doc or ""
        self.severity = severity
        self.dialects = dialects
        self.aliases = aliases
        self.cwe = cwe
        self.precision = precision
        self.fixable = fixable
        self.default = default
        self.grouped = grouped
        self.functions: list[tuple[type, Function[Any], bool]] = []

    def __repr__(self) -> str:
        return f"Check({self.name!r})"

    @property
    def summary(self) -> str:
        """The first sentence of the docstring."""
        return " ".join(self.doc.split("\n\n", 1)[0].split())

    def on(self, part: type[P]) -> Callable[[Function[P]], Function[P]]:
        """Run the decorated function on every part of that type in the model."""

        def register(function: Function[P]) -> Function[P]:
            takes_settings = function.__code__.co_argcount > 1
            self.functions.append((part, function, takes_settings))
            return function

        return register

    def finding(
        self,
        part: Part,
        message: str,
        *,
        at: Location | None = None,
        severity: Severity | None = None,
        evidence: tuple[str, ...] = (),
        related: Iterable[Related] = (),
        fix: Fix | None = None,
        redact: Iterable[Location] = (),
        properties: Mapping[str, str | tuple[str, ...]] | None = None,
    ) -> Finding:
        """A finding about `part`, at its own place or at `at`; `severity` may only lower the check's.

        `redact` are the places of secrets, which no report may show.
        """
        return Finding(
            name=self.name,
            severity=self.severity if severity is None else min(severity, self.severity),
            message=message,
            location=(at or part.location).one_line(),
            owner=part.owner,
            evidence=evidence,
            related=tuple(Related(r.location.one_line(), r.message) for r in related),
            fix=fix,
            redact=tuple(redact),
            properties=tuple(sorted(properties.items())) if properties else (),
        )


class Registry:
    """All checks, by name."""

    def __init__(self, checks: Iterable[Check]) -> None:
        self.by_name: dict[str, Check] = {}
        for check in checks:
            if check.name in self.by_name:
                raise HullcheckError(f"two checks are called {check.name}")
            self.by_name[check.name] = check
        self._by_id: dict[str, set[str]] = {}
        for check in self.by_name.values():
            for alias in check.aliases:
                tool, _, peer_id = alias.partition(":")
                for spelling in {alias, peer_id, *_spellings(tool, peer_id)}:
                    self._by_id.setdefault(spelling.lower(), set()).add(check.name)

    def __iter__(self) -> Iterator[Check]:
        return iter(self.by_name.values())

    def __getitem__(self, name: str) -> Check:
        return self.by_name[name]

    @property
    def concerns(self) -> set[str]:
        return {check.concern for check in self}

    def named(self, word: str) -> set[str]:
        """The names of the checks that a word means: a name, a concern or a peer's id; empty if none."""
        if word in self.by_name:
            return {word}
        concern = {check.name for check in self if check.concern == word}
        return concern or set(self._by_id.get(word.lower(), ()))

    def words(self) -> list[str]:
        """Everything that `named` understands, for suggestions."""
        return [*self.by_name, *self.concerns, *(a.partition(":")[2] for c in self for a in c.aliases)]


def _spellings(tool: str, peer_id: str) -> Iterator[str]:
    """Other ways to write a peer's id: trivy's `DS-0002` is also `AVD-DS-0002` and `DS002`."""
    if tool == "trivy" and "-" in peer_id:
        family, _, number = peer_id.partition("-")
        yield f"AVD-{peer_id}"
        yield f"{family}{number[1:]}"


def load(package: str) -> Registry:
    """Import every check in `package`: any module two levels down that is not in a folder called `data`.

    An import error is not caught: a check that can't be loaded must not be missed in silence.
    """
    root = importlib.import_module(package)
    checks = []
    for folder in sorted(pkgutil.iter_modules(root.__path__), key=lambda m: m.name):
        if not folder.ispkg or folder.name == "data":
            continue
        concern = importlib.import_module(f"{package}.{folder.name}")
        for module in sorted(pkgutil.iter_modules(concern.__path__), key=lambda m: m.name):
            checks.append(importlib.import_module(f"{concern.__name__}.{module.name}").check)
    return Registry(checks)
