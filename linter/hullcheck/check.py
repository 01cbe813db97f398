"""What a check is, and how the checks are found."""

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from hullcheck.errors import HullcheckError
from hullcheck.finding import Finding, Fix, Related, Severity
from hullcheck.model.settings import Settings
from hullcheck.source import Location

if TYPE_CHECKING:
    from hullcheck.model.extent import Extent, Later

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
        extent: "Extent | Later | None" = None,
    ) -> Finding:
        """A finding about `part`, at its own place or at `at`; `severity` may only lower the check's.

        `redact` are the places of secrets, which no report may show. `extent` is how far the fault reaches: the same
        fault is new where it reaches further than before.
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
            extent=extent,
        )


class Entry(NamedTuple):
    """What is known of a check without importing it. `parts` are the names of the types that it subscribes to."""

    name: str
    concern: str
    severity: Severity
    dialects: tuple[str, ...]
    aliases: tuple[str, ...]
    default: bool
    grouped: bool
    parts: tuple[str, ...]

    @classmethod
    def of(cls, check: Check) -> "Entry":
        """The entry of a check that has been imported."""
        parts = tuple(sorted({part.__name__ for part, _, _ in check.functions}))
        metadata = (check.name, check.concern, check.severity, check.dialects, check.aliases)
        return cls(*metadata, check.default, check.grouped, parts)


class Registry:
    """All checks, by name. One is imported when it is asked for."""

    def __init__(self, package: str, entries: Iterable[Entry]) -> None:
        self.package = package
        self.entries: dict[str, Entry] = {}
        for entry in entries:
            if entry.name in self.entries:
                raise HullcheckError(f"two checks are called {entry.name}")
            self.entries[entry.name] = entry

    def __iter__(self) -> Iterator[Check]:
        return map(self.__getitem__, self.entries)

    def __contains__(self, name: str) -> bool:
        return name in self.entries

    def __getitem__(self, name: str) -> Check:
        concern = self.entries[name].concern
        module = f"{self.package}.{concern}.{name}".replace("-", "_")
        check: Check = importlib.import_module(module).check
        return check

    def running(self, selected: frozenset[str], dialects: set[str], parts: set[str]) -> Iterator[Check]:
        """The selected checks that have anything to say about these dialects and types of parts."""
        for name, entry in self.entries.items():
            if name in selected and not parts.isdisjoint(entry.parts) and not dialects.isdisjoint(entry.dialects):
                yield self[name]

    @cached_property
    def concerns(self) -> set[str]:
        return {entry.concern for entry in self.entries.values()}

    @cached_property
    def _by_id(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for entry in self.entries.values():
            for alias in entry.aliases:
                tool, _, peer_id = alias.partition(":")
                for spelling in {alias, peer_id, *_spellings(tool, peer_id)}:
                    found.setdefault(spelling.lower(), set()).add(entry.name)
        return found

    def named(self, word: str) -> set[str]:
        """The names of the checks that a word means: a name, a concern or a peer's id; empty if none."""
        if word in self.entries:
            return {word}
        if word in self.concerns:
            return {entry.name for entry in self.entries.values() if entry.concern == word}
        return set(self._by_id.get(word.lower(), ()))

    def words(self) -> list[str]:
        """Everything that `named` understands, for suggestions."""
        ids = (alias.partition(":")[2] for entry in self.entries.values() for alias in entry.aliases)
        return [*self.entries, *self.concerns, *ids]


def _spellings(tool: str, peer_id: str) -> Iterator[str]:
    """Other ways to write a peer's id: trivy's `DS-0002` is also `AVD-DS-0002` and `DS002`."""
    if tool == "trivy" and "-" in peer_id:
        family, _, number = peer_id.partition("-")
        yield f"AVD-{peer_id}"
        yield f"{family}{number[1:]}"


def load(package: str) -> Registry:
    """The checks of a package, from its `index` module: importing them all would take longer than most runs.

    A package without an index is searched.
    """
    try:
        index = importlib.import_module(f"{package}.index")
    except ModuleNotFoundError:
        return Registry(package, map(Entry.of, search(package)))
    return Registry(package, (Entry(row[0], row[1], Severity(row[2]), *row[3:]) for row in index.ROWS))


def search(package: str) -> list[Check]:
    """Import every check in `package`: any module two levels down that is not in a folder called `data`.

    An import error is not caught: a check that can't be loaded must not be missed in silence.
    """
    from pkgutil import iter_modules

    root = importlib.import_module(package)
    checks = []
    for folder in sorted(iter_modules(root.__path__), key=lambda m: m.name):
        if not folder.ispkg or folder.name == "data":
            continue
        concern = importlib.import_module(f"{package}.{folder.name}")
        for module in sorted(iter_modules(concern.__path__), key=lambda m: m.name):
            checks.append(importlib.import_module(f"{concern.__name__}.{module.name}").check)
    return checks


def index(package: str) -> str:
    """The text of the package's `index` module."""
    rows = (Entry.of(check) for check in search(package))
    lines = [f"    {(e.name, e.concern, int(e.severity), *e[3:])!r},\n" for e in rows]
    note = '"""What is known of each check before it is imported; `pytest --update` writes this file."""\n\n'
    return f"{note}ROWS = (  # fmt: skip\n{''.join(lines)})\n"
