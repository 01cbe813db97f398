"""Other tools' ignore comments, each with the reach that it has there; their ids become what their rules are about."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from hullcheck.check import Registry
from hullcheck.patterns import pattern
from hullcheck.policy.ignores import Ignore
from hullcheck.policy.ignores.comments import day
from hullcheck.policy.ignores.ids import Ids
from hullcheck.policy.ignores.lines import Lines
from hullcheck.read import File
from hullcheck.source import Location
from hullcheck.terms import Terms
from hullcheck.tuples import NamedTuple

_WORDS = ("hadolint", "check", "tally", "skip=", "trivy:", "tfsec:", "kics-scan", "dclint")

_COMMENT = pattern(r"(?:^|(?<=[ \t]))#(?P<text>[^\n]*)", re.MULTILINE)

_HADOLINT = pattern(r"\s*hadolint\s+(?:(?P<scope>global|stage)\s+)?ignore\s*=\s*(?P<ids>\w+(?:\s*,\s*\w+)*)(?P<why>.*)")
_TALLY = pattern(
    r"\s*tally\s+(?:(?P<scope>global)\s+)?ignore\s*=\s*(?P<ids>[\w/.-]+(?:\s*,\s*[\w/.-]+)*)(?:\s*;\s*reason\s*=(?P<why>.*))?",
    re.IGNORECASE,
)
_BUILDKIT = pattern(r"\s*check\s*=")
_SKIPPED = pattern(r"\s*skip\s*=\s*(?P<ids>\w+(?:\s*,\s*\w+)*)")
_CHECKOV = pattern(r"(?:checkov|bridgecrew|cortex):skip= *(?P<ids>[\w-]+(?:,[\w-]+)*)(?P<why>:.*)?")
_TRIVY = pattern(r"(?:trivy|tfsec):ignore:(?P<id>[\w*-]+)(?:\[[^\]]{0,2000}\])?(?P<options>(?::(?:exp|ws):[^\s:\[]+)*)")
_EXPIRES = pattern(r":exp:(\d{4}-\d{2}-\d{2})")
_KICS = pattern(
    r"\s*kics-scan\s+(?P<what>ignore-line|ignore-block|ignore|disable|enable)(?:\s*=\s*(?P<ids>[\w,\s-]+))?"
)
_DCLINT = pattern(r"\s*dclint\s+(?P<scope>disable-file|disable-line|disable)\b(?P<ids>[ \t\w,-]*)")


class Comment(NamedTuple):
    """A comment: its place and text behind the `#`, the lines around it, and the checks by their ids."""

    lines: Lines
    location: Location
    text: str
    ids: Ids

    @property
    def alone(self) -> bool:
        return self.lines.stands_alone(self.location.line, self.location.region.start_column)

    @property
    def first(self) -> bool:
        """Is there nothing but comments above it?"""
        return self.location.line < self.lines.top

    def ignore(self, tool: str, terms: Terms, scope: str, reason: str = "") -> Iterator[Ignore]:
        """What it asks for, if that is any of our checks: for the line that it stands at or above, and on, or the file."""
        if terms:
            lines = None if scope == "file" else self._covered(scope)
            yield Ignore(self.location, terms, scope, lines, "", reason, tool=tool)

    def _covered(self, scope: str) -> range:
        line = self.lines.following(self.location.line) if self.alone else self.location.line
        return self.lines.block(line) if scope == "block" else self.lines.statement(line)


Reader = Callable[[Comment], Iterator[Ignore]]


def read(file: File, registry: Registry) -> Iterator[Ignore]:
    """Other tools' comments in a file, as far as our checks do what theirs do."""
    templated = file.kind == "template" or (file.kind == "kubernetes" and getattr(file.model, "templated", False))
    readers = _READERS.get("template" if templated else file.kind, ())
    text = file.source.text
    if not readers or not any(word in text for word in _WORDS):
        return
    ids, lines = Ids(registry), Lines(file)
    for match in _COMMENT.finditer(text):
        location = file.source.at(match.start(), match.start() + len(match[0].rstrip()))
        comment = Comment(lines, location, match["text"], ids)
        for reader in readers:
            yield from reader(comment)


def _hadolint(comment: Comment) -> Iterator[Ignore]:
    match = _HADOLINT.match(comment.text)
    if match is not None and comment.alone:
        scope = {"global": "file", "stage": "block"}.get(match["scope"] or "", "line")
        terms = comment.ids.terms("hadolint", *match["ids"].split(","))
        yield from comment.ignore("hadolint", terms, scope, match["why"].strip(" #"))


def _tally(comment: Comment) -> Iterator[Ignore]:
    match = _TALLY.match(comment.text)
    if match is not None and comment.alone:
        terms = _all_or(comment, "tally", match["ids"])
        yield from comment.ignore("tally", terms, "file" if match["scope"] else "line", (match["why"] or "").strip())


def _buildkit(comment: Comment) -> Iterator[Ignore]:
    """A directive at the top of the Dockerfile, for all of it."""
    check = _BUILDKIT.match(comment.text)
    settings = comment.text[check.end() :].split(";") if check is not None and comment.first else ()
    match = next(filter(None, map(_SKIPPED.match, settings)), None)
    if match is not None:
        yield from comment.ignore("buildkit", _all_or(comment, "buildkit", match["ids"]), "file")


def _all_or(comment: Comment, tool: str, ids: str) -> Terms:
    words = [word.strip() for word in ids.split(",")]
    return comment.ids.all(tool) if "all" in map(str.lower, words) else comment.ids.terms(tool, *words)


def _checkov(comment: Comment) -> Iterator[Ignore]:
    """Anywhere in a Dockerfile, for all of it."""
    for match in _CHECKOV.finditer(comment.text):
        terms = comment.ids.terms("checkov", *match["ids"].split(","))
        yield from comment.ignore("checkov", terms, "file", (match["why"] or "").strip(" :"))


def _trivy(comment: Comment) -> Iterator[Ignore]:
    """For what starts at the same line or the next one, with all that is in it."""
    scope = "line" if comment.lines.file.kind == "dockerfile" else "block"
    for match in _TRIVY.finditer(comment.text):
        expires = _EXPIRES.search(match["options"])
        for ignore in comment.ignore("trivy", comment.ids.terms("trivy", match["id"]), scope):
            yield ignore._replace(until=day(expires[1])) if expires else ignore


def _kics(comment: Comment) -> Iterator[Ignore]:
    match = _KICS.match(comment.text)
    if match is None or not comment.alone:
        return
    everything, what = comment.ids.all("kics"), match["what"]
    if what in ("ignore-line", "ignore-block"):
        yield from comment.ignore("kics", everything, what.removeprefix("ignore-"))
    elif comment.first:
        named = comment.ids.terms("kics", *(match["ids"] or "").split(","))
        terms = {"disable": named, "enable": everything - named}.get(what, everything)
        yield from comment.ignore("kics", terms, "file")


def _dclint(comment: Comment) -> Iterator[Ignore]:
    match = _DCLINT.match(comment.text)
    if match is None:
        return
    words = re.split(r"[\s,]+", match["ids"].strip())
    terms = comment.ids.terms("dclint", *words) if words != [""] else comment.ids.all("dclint")
    if match["scope"] == "disable-line":
        yield from comment.ignore("dclint", terms, "line")
    elif match["scope"] == "disable-file" or comment.first:
        yield from comment.ignore("dclint", terms, "file")


_READERS: dict[str, tuple[Reader, ...]] = {
    "dockerfile": (_hadolint, _tally, _buildkit, _checkov, _trivy, _kics),
    "compose": (_dclint, _kics),
    "kubernetes": (_kics,),
    "template": (_trivy, _kics),
}
"""Who reads comments in which kind of file: checkov and trivy, too, take none from plain manifests."""
