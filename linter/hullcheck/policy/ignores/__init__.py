"""What is written in the files to be ignored: our own comments and annotations, and other tools'."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date

from hullcheck.finding import Finding
from hullcheck.read import File
from hullcheck.source import Location
from hullcheck.terms import Terms, names
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.kept import Kept
    from hullcheck.source import Source

NEVER = frozenset(
    (
        "unused-suppression", "suppression-without-reason", "expired-suppression", "too-many-suppressions",
        "suppression-added", "policy-weakened", "file-left-scope",
    )
)  # fmt: skip
"""What can't be suppressed: it is about suppressions, and about the policy itself."""

_WORDS = (
    "hullcheck", "hadolint", "checkov", "bridgecrew", "cortex", "trivy", "tfsec", "kics", "tally", "check=", "check =",
    "dclint", "kube-linter", "kube-score", "polaris", "semgrep", "compose-lint",
)  # fmt: skip
"""Without one of these, in whatever case, a text asks for nothing."""

_IN_SEVERAL = {part: tuple(word for word in _WORDS if part in word) for part in ("check", "lint")}
_OTHERS = tuple(word for word in _WORDS if not any(part in word for part in _IN_SEVERAL))
"""What several of the words have in them, with these words, and the others: so there is less to look for."""


class Ignore(NamedTuple):
    """A place that asks to ignore findings: which, where, why and until when.

    Without an `owner` it covers `lines` of its own file (None: all of it), whoever is made of them. With one it is about
    that object alone, as it runs `within` a scope: what it has, and in `lines` what is about no object in particular.
    `unknown` are words that name no check. `tool` is whose syntax it is in; `scope` is "line", "block", "object" or
    "file".
    """

    location: Location
    terms: Terms
    scope: str
    lines: range | None = None
    owner: str = ""
    reason: str = ""
    until: date | None = None
    unknown: tuple[str, ...] = ()
    tool: str = "hullcheck"
    within: str = ""

    @property
    def names(self) -> frozenset[str]:
        """The checks whose findings it is about, in whole or in part."""
        return names(self.terms)

    @property
    def wide(self) -> bool:
        """Does it cover what will be written there later, too?"""
        return self.scope in ("object", "file")

    @property
    def own(self) -> bool:
        return self.tool == "hullcheck"

    def covers(self, finding: Finding) -> bool:
        """Is the finding, by its owner or else by any of its places, what this is about?"""
        if self.owner:
            if finding.scope != self.within:
                return False
            if finding.owner == self.owner or finding.owner.startswith(f"{self.owner}/"):
                return True
            if not _about_scope(finding):
                return False
        places = (finding.location, *(related.location for related in finding.related))
        return any(self._holds(place) for place in places)

    def _holds(self, place: Location) -> bool:
        return place.path == self.location.path and (self.lines is None or place.line in self.lines)


def _about_scope(finding: Finding) -> bool:
    """Is the finding about a project, a world or a namespace of it, which stand at one of their objects?"""
    owner = finding.owner
    return owner in ("", "services", finding.scope) or (owner.startswith("Namespace/") and owner.count("/") == 1)


def asking(
    files: Collection[File],
    findings: Iterable[Finding],
    kept: "Kept | None" = None,
    silent: "Callable[[str], bool] | None" = None,
) -> list[File]:
    """Those of the files that may ask for anything, and of what `findings` stand in besides: values, patches, templates.

    `kept` is what a session knows of files; `silent` knows of files of the tree that they ask for nothing.
    """
    found = [file for file in files if _asks(file.source, kept, silent)]
    return [*found, *(file for file in _others(files, findings) if _asks(file.source, kept))]


def _others(files: Iterable[File], findings: Iterable[Finding]) -> Iterator[File]:
    known = {file.source.path for file in files}
    for finding in findings:
        for place in (finding.location, *(related.location for related in finding.related)):
            if place.path not in known:
                known.add(place.path)
                yield File(place.source, "template", None)


def may_ask(text: str) -> bool:
    """May a text ask for anything?"""
    lower = text.lower()
    if any(word in lower for word in _OTHERS):
        return True
    return any(part in lower and any(word in lower for word in words) for part, words in _IN_SEVERAL.items())


def _asks(source: Source, kept: "Kept | None", silent: "Callable[[str], bool] | None" = None) -> bool:
    def asks() -> bool:
        return not (silent is not None and silent(source.path)) and may_ask(source.text)

    return asks() if kept is None else kept.of(("asks", id(source)), source, asks)
