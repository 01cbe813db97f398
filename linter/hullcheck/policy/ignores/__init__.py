"""What is written in the files to be ignored: our own comments and annotations, and other tools'."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice

from hullcheck.check import Registry
from hullcheck.finding import Finding
from hullcheck.read import File
from hullcheck.source import Location
from hullcheck.terms import Terms, names
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.compose import ComposeProject
    from hullcheck.model.kept import Kept
    from hullcheck.model.kubernetes import World
    from hullcheck.source import Source

NEVER = frozenset(
    (
        "unused-suppression", "suppression-without-reason", "expired-suppression", "too-many-suppressions",
        "suppression-added", "policy-weakened", "file-left-scope",
    )
)  # fmt: skip
"""What can't be suppressed: it is about suppressions, and about the policy itself."""

_SERVICE = "x-hullcheck"
_ANNOTATIONS = ("hullcheck.dev/", ".io/skip", "kube-linter.io/", "kube-score/", "polaris.fairwinds.com/")
"""Words without which no service or object asks for anything."""

_WORDS = (
    "hullcheck", "hadolint", "checkov", "bridgecrew", "cortex", "trivy", "tfsec", "kics", "tally", "check=", "check =",
    "dclint", "kube-linter", "kube-score", "polaris", "semgrep", "compose-lint",
)  # fmt: skip
"""Without one of these, in whatever case, a text asks for nothing."""

MAX_IN_FILE = 2_000
"""More in one file are not honoured, so that a hostile file can't take all time."""


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


def _all_files(files: Iterable[File], findings: Iterable[Finding]) -> Iterator[File]:
    """The files, and those that findings stand in besides: values, patches, templates."""
    known = set()
    for file in files:
        known.add(file.source.path)
        yield file
    for finding in findings:
        for place in (finding.location, *(related.location for related in finding.related)):
            if place.path not in known:
                known.add(place.path)
                yield File(place.source, "template", None)


def _about_scope(finding: Finding) -> bool:
    """Is the finding about a project, a world or a namespace of it, which stand at one of their objects?"""
    owner = finding.owner
    return owner in ("", "services", finding.scope) or (owner.startswith("Namespace/") and owner.count("/") == 1)


def _may_ask(text: str) -> bool:
    lower = text.lower()
    return any(word in lower for word in _WORDS)


def _asks(source: Source, kept: "Kept | None") -> bool:
    if kept is None:
        return _may_ask(source.text)
    return kept.of(("asks", id(source)), source, lambda: _may_ask(source.text))


def written(
    files: Iterable[File],
    projects: "tuple[ComposeProject, ...]",
    worlds: "tuple[World, ...]",
    registry: Registry,
    foreign: bool = True,
    findings: Iterable[Finding] = (),
    kept: "Kept | None" = None,
) -> Iterator[Ignore]:
    """What files, the services of Compose projects and Kubernetes objects ask to ignore.

    Comments hold in every file that one of the `findings` stands in, be it a chart's values or a patch. With
    `foreign`, other tools' words count, too. `kept` is what a session knows of files.
    """
    files = [file for file in _all_files(files, findings) if _asks(file.source, kept)]
    if not files:
        return
    from hullcheck.policy.ignores import comments, objects, peers

    files, texts = [reading for file in files for reading in file.readings], []
    for file in files:
        readers = (comments.read, objects.read, *((peers.read,) if foreign else ()))
        yield from islice((ignore for read in readers for ignore in read(file, registry)), MAX_IN_FILE)
        texts.append(file.source.text)
    if any(_SERVICE in text for text in texts):
        yield from objects.at_services(projects, files, registry)
    if any(word in text for text in texts for word in _ANNOTATIONS):
        yield from objects.at_objects(worlds, registry, foreign)
