"""A parser directive that is only a comment.

`# syntax=`, `# escape=` and `# check=` count on the first lines alone, before anything else. A misspelt name, or a
line that comes too late, is a comment: the file is read in another way than its author thinks.

To fix: put it first, spelt right:

    # syntax=docker/dockerfile:1
    FROM debian:12

See https://docs.docker.com/reference/dockerfile/#parser-directives
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.dockerfile import Dockerfile

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("dockerfile",),
    aliases=("tally:tally/syntax-directive-typo",),
    cwe=(710,),
)

NAMES = ("syntax", "escape", "check")
TYPOS = frozenset(
    (
        "sytnax",
        "synax",
        "syntx",
        "sintax",
        "snytax",
        "syntaxt",
        "syntaks",
        "syntex",
        "sytax",
        "syntac",
        "esacpe",
        "excape",
    )
)
LOOKED_AT = 20


@check.on("Dockerfile")
def comment(dockerfile: Dockerfile) -> Iterator[Finding]:
    counted = {directive.value.location.line for directive in dockerfile.directives.values()}
    for line in islice(dockerfile.text.slice(0, min(len(dockerfile.text), 4_000)).lines(), LOOKED_AT):
        if line.text.strip() and not line.text.lstrip().startswith("#"):
            return
        match = re.match(r"\s*#\s*([A-Za-z]+)\s*=\s*(\S+)\s*$", line.text)
        if match is None or line.at(0, 1).line in counted:
            continue
        name = match[1].lower()
        if name in TYPOS or (name == "syntax" and "/" in match[2]) or (name == "escape" and match[2] in "\\`"):
            why = "is misspelt" if name in TYPOS else "comes too late"
            yield check.finding(
                dockerfile,
                f"`{match[0].strip()}` {why}, and is only a comment",
                at=line.at(*match.span(1)),
                evidence=(name,),
            )
