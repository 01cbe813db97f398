"""What a check is, and how the checks are found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property

from hullcheck.deferred import imported
from hullcheck.errors import HullcheckError
from hullcheck.finding import Finding, Fix, Related, Severity, told
from hullcheck.finding import Part as Piece
from hullcheck.model.settings import Settings
from hullcheck.source import Field, Location
from hullcheck.terms import Term, Terms, When, when_of, whole
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING, Any, Protocol, TypeVar

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

    `aliases` are peers' ids for the same concern, as `tool:id`; an `Alias` says of which findings. `covered_by` are
    checks that tell the same fact and more where they find the same at the same place. `cwe` are CWE numbers. `precision` is how often a
    finding is right, in code scanning's words. `default` is False for checks that must be selected. `grouped` ones are
    missing hardening: unless selected by name, or under `--profile strict`, they are told by `hardening-missing`.
    `gathered` ones are so common, and each weighs so little, that people are told of many at once: it is what is said
    after their number.
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
        gathered: str = "",
        covered_by: tuple[str, ...] = (),
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
        self.gathered = gathered
        self.covered_by = covered_by
        self.functions: list[tuple[str, Function[Any], bool]] = []
        self.needs: dict[str, tuple[str, ...]] = {}
        """By type of part, what one of them must have for anything to be found; () if that can't be told."""

    def __repr__(self) -> str:
        return f"Check({self.name!r})"

    @property
    def summary(self) -> str:
        """The first sentence of the docstring."""
        return " ".join(self.doc.split("\n\n", 1)[0].split())

    def on(self, part: type[P] | str, *, needs: str = "") -> Callable[[Function[P]], Function[P]]:
        """Run the decorated function on every part of that type in the model.

        A type that isn't needed in all dialects, and takes long to import, may be given by its name.

        `needs` are attributes of the part (`mounts`, `containers.privileged` of each container, `node.logging` for a
        key), with spaces between: where all of them are empty, false or absent, the function finds nothing. If that is
        so in all parts of a run, the check isn't even imported.
        """

        def register(function: Function[P]) -> Function[P]:
            takes_settings = function.__code__.co_argcount > 1
            name = part if isinstance(part, str) else part.__name__
            self.functions.append((name, function, takes_settings))
            before = self.needs.get(name)
            self.needs[name] = () if not needs or before == () else (*(before or ()), *needs.split())
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
        kinds: tuple[str, ...] = (),
    ) -> Finding:
        """A finding about `part`, at its own place or at `at`; `severity` may only lower the check's.

        `redact` are the places of secrets, which no report may show. `extent` is how far the fault reaches: the same
        fault is new where it reaches further than before. `kinds` are words that the conditions of aliases ask for.
        """
        graded = self.severity if severity is None else min(severity, self.severity)
        if getattr(part, "if_target", False):  # one step lower: it is only built by name
            graded, message = Severity(max(graded - 1, 0)), f"{message}, if it is built as a target"
        if " `` " in message:
            message = message.replace(" `` ", " without a name ")
        return Finding(
            name=self.name,
            severity=graded,
            message=message,
            location=(at or part.location).one_line(),
            owner=part.owner,
            evidence=evidence,
            related=tuple(Related(r.location.one_line(), r.message) for r in related),
            fix=fix,
            redact=tuple(redact),
            properties=tuple(sorted(properties.items())) if properties else (),
            extent=extent,
            dialect=self._dialect(part),
            kinds=kinds,
        )

    def joint(
        self,
        part: Part,
        lead: str,
        pieces: Iterable[Piece],
        joint: str = ", ",
        *,
        at: Location | None = None,
        **more: Any,
    ) -> Finding:
        """A finding that joins several faults, each of which can be accepted by itself; `more` is as for `finding`."""
        parts = tuple(p._replace(place=p.place.one_line()) if p.place is not None else p for p in pieces)
        keys = tuple(dict.fromkeys(piece.key for piece in parts if piece.key))
        found = self.finding(part, told(lead, joint, parts), at=at, evidence=keys, **more)
        return found._replace(parts=parts, lead=lead, joint=joint)

    def _dialect(self, part: Part) -> str:
        """The dialect of what the part belongs to; empty for a file of no dialect."""
        said: str | None = getattr(part, "dialect", None)
        if said is not None:
            return said
        if len(self.dialects) == 1:
            return self.dialects[0]
        owner = part.owner
        if owner.startswith(_COMPOSE):
            return "compose"
        if owner[:1].isupper() and owner.count("/") > 1:
            return "kubernetes"
        return "dockerfile" if "dockerfile" in self.dialects and type(part).__name__ in _IN_DOCKERFILES else ""


_COMPOSE = ("services.", "networks.", "volumes.", "secrets.", "configs.")
_IN_DOCKERFILES = ("Copied", "Dockerfile", "ImageUse", "Stage")
"""Parts of the model that stand in a Dockerfile where no other dialect has them."""


class Entry(NamedTuple):
    """What is known of a check without importing it. `parts` are the names of the types that it subscribes to.

    `conditions` are those of aliases that are about some of its findings only, by the alias. `needs` are, for types of
    parts, the attributes of which one must hold something in one of them.
    """

    name: str
    concern: str
    severity: Severity
    dialects: tuple[str, ...]
    aliases: tuple[str, ...]
    default: bool
    grouped: bool
    parts: tuple[str, ...]
    covered_by: tuple[str, ...] = ()
    conditions: tuple[tuple[str, tuple[Any, ...]], ...] = ()
    needs: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @classmethod
    def of(cls, check: Check) -> "Entry":
        """The entry of a check that has been imported."""
        parts = tuple(sorted({part for part, _, _ in check.functions}))
        aliases = tuple(map(str, check.aliases))
        metadata = (check.name, check.concern, check.severity, check.dialects, aliases)
        whens = ((str(alias), tuple(when_of(alias, check.dialects))) for alias in check.aliases)
        conditions = tuple((alias, when) for alias, when in whens if when != tuple(When()))
        needs = tuple(sorted((part, needed) for part, needed in check.needs.items() if needed))
        return cls(*metadata, check.default, check.grouped, parts, check.covered_by, conditions, needs)

    @property
    def terms(self) -> Iterator[Term]:
        """What each of its aliases stands for."""
        conditions = dict(self.conditions)
        for alias in self.aliases:
            yield Term(self.name, alias, When(*conditions.get(alias, ())))


_MOST_TOLD = 4_096
"""Kinds of findings whose ids of other tools are kept."""


class Parts:
    """The parts of a run, to be asked what is in any of them."""

    def __init__(self, parts: Iterable[Any]) -> None:
        self._by_type: dict[str, list[Any]] = {}
        for part in parts:
            self._by_type.setdefault(type(part).__name__, []).append(part)
        self._known: dict[tuple[str, str], bool] = {}

    def may_interest(self, entry: Entry) -> bool:
        """Is there a part of a type that the check subscribes to, with what it needs to find anything?"""
        needs = dict(entry.needs)
        there = [part for part in entry.parts if part in self._by_type]
        return any(part not in needs or any(self.have(part, path) for path in needs[part]) for part in there)

    def have(self, type_name: str, path: str) -> bool:
        """Does that attribute of any part of the type hold something?"""
        key = (type_name, path)
        if key not in self._known:
            self._known[key] = any(holds(part, path) for part in self._by_type.get(type_name, ()))
        return self._known[key]


def holds(part: Any, path: str) -> bool:
    """Does an attribute, by its path, hold anything: an item, a value that is said and isn't false, or an unknown one?"""
    name, _, rest = path.partition(".")
    value = part.get(name) if hasattr(part, "get") else getattr(part, name)
    if rest:
        return any(holds(each, rest) for each in (value if isinstance(value, tuple) else (value,)) if each is not None)
    return bool(value.value or value.unknown or value.parts) if isinstance(value, Field) else bool(value)


class Registry:
    """All checks, by name. One is imported when it is asked for."""

    def __init__(self, package: str, entries: Iterable[Entry]) -> None:
        self.package = package
        self.entries: dict[str, Entry] = {}
        self._peers: dict[str, list[tuple[str, When | None]]] = {}
        self._told: dict[tuple[object, ...], list[str]] = {}
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
        check: Check = imported(module).check
        return check

    def running(self, selected: frozenset[str], dialects: set[str], parts: Parts) -> Iterator[Check]:
        """The selected checks that may have anything to say about these dialects and parts."""
        for name, entry in self.entries.items():
            if name in selected and not dialects.isdisjoint(entry.dialects) and parts.may_interest(entry):
                yield self[name]

    @cached_property
    def concerns(self) -> set[str]:
        return {entry.concern for entry in self.entries.values()}

    @cached_property
    def covering(self) -> dict[str, tuple[str, ...]]:
        """For each check that others cover where they find the same, those, the strongest first."""
        return {entry.name: entry.covered_by for entry in self.entries.values() if entry.covered_by}

    @cached_property
    def _by_id(self) -> dict[str, set[Term]]:
        found: dict[str, set[Term]] = {}
        for entry in self.entries.values():
            for term in entry.terms:
                tool, _, peer_id = term.peer.partition(":")
                for spelling in {term.peer, peer_id, *_spellings(tool, peer_id)}:
                    found.setdefault(spelling.lower(), set()).add(term)
        return found

    def meant(self, word: str) -> Terms:
        """What a word stands for: a check, all of a concern, or what a peer's id is about; nothing if it is none."""
        if word in self.entries:
            return whole((word,))
        if word in self.concerns:
            return whole(entry.name for entry in self.entries.values() if entry.concern == word)
        return frozenset(Term(term.name) if term.whole else term for term in self.by_id(word))

    def by_id(self, word: str) -> Terms:
        """What a peer's id is about, however it is spelled."""
        return frozenset(self._by_id.get(word.lower(), ()))

    def named(self, word: str) -> set[str]:
        """The names of the checks that a word means, in whole or in part; empty if none."""
        return {term.name for term in self.meant(word)}

    def aliases(self, finding: Finding) -> list[str]:
        """The ids of those rules of other tools that are about a finding."""
        pieces = finding.pieces
        key = (finding.name, finding.dialect, finding.kinds, *((part.check, part.words) for part in pieces))
        if key in self._told:
            return list(self._told[key])
        found: dict[str, None] = {}
        for part in pieces:
            words = (*part.words, *finding.kinds)
            for name in (finding.name, part.check):
                for peer, when in self._peers_of(name) if name else ():
                    if when is None or when.holds(finding.dialect, words):
                        found[peer] = None
        if len(self._told) < _MOST_TOLD:
            self._told[key] = list(found)
        return list(found)

    def _peers_of(self, name: str) -> "list[tuple[str, When | None]]":
        """The ids of other tools for a check, with what a finding must be for them; None if that is nothing."""
        if name not in self._peers:
            terms = self.entries[name].terms
            self._peers[name] = [(term.peer, term.when if term.when != When() else None) for term in terms]
        return self._peers[name]

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
        index = imported(f"{package}.index")
    except ModuleNotFoundError:
        return Registry(package, map(Entry.of, search(package)))
    return Registry(package, (Entry(row[0], row[1], Severity(row[2]), *row[3:]) for row in index.ROWS))


def search(package: str) -> list[Check]:
    """Import every check in `package`: any module two levels down that is not in a folder called `data`.

    An import error is not caught: a check that can't be loaded must not be missed in silence.
    """
    from pkgutil import iter_modules

    root = imported(package)
    checks = []
    for folder in sorted(iter_modules(root.__path__), key=lambda m: m.name):
        if not folder.ispkg or folder.name == "data":
            continue
        concern = imported(f"{package}.{folder.name}")
        for module in sorted(iter_modules(concern.__path__), key=lambda m: m.name):
            checks.append(imported(f"{concern.__name__}.{module.name}").check)
    return checks


def index(package: str) -> str:
    """The text of the package's `index` module."""
    rows = (Entry.of(check) for check in search(package))
    lines = [f"    {(e.name, e.concern, int(e.severity), *e[3:])!r},\n" for e in rows]
    note = '"""What is known of each check before it is imported; `pytest --update` writes this file."""\n\n'
    return f"{note}ROWS = (  # fmt: skip\n{''.join(lines)})\n"
