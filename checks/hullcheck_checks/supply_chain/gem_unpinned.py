"""A Ruby gem that is installed without a version.

Each build takes the newest release, and a gem may run code while it is installed. A release that an attacker uploaded
is in the image before anybody hears of it, and a build of last week can't be repeated.

To fix: say the version:

    RUN gem install rake --version 13.2.1

`gem install rake:13.2.1` does it as well. Files that lie in the image are not reported.

See https://guides.rubygems.org/command-reference/#gem-install
See https://github.com/ossf/scorecard/blob/main/docs/checks.md#pinned-dependencies
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.package_options import GEM
from hullcheck.model.packages import apart, verb_at
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.dockerfile import Stage

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("dockerfile",),
    aliases=("hadolint:DL3028", "kics:22cd11f7-9c6c-4f6e-84c0-02058120b341", "tally:hadolint/DL3028"),
    cwe=(1357, 494),
)


@check.on("Stage")
def unpinned(stage: Stage) -> Iterator[Finding]:
    for command in stage.commands:
        words = command.arguments
        at = verb_at(words, GEM)
        if command.name != "gem" or at >= len(words) or words[at].text not in ("install", "i"):
            continue
        options, packages = apart((*words[:at], *words[at + 1 :]), GEM)
        if any(option.name in ("-v", "--version", "-g", "--file") for option in options):
            continue
        loose = [
            w for w in packages if not (":" in w.text or "$" in w.text or "/" in w.text or w.text.endswith(".gem"))
        ]
        if loose:
            yield check.finding(
                stage,
                f"`gem` installs {', '.join(f'`{word.text[:60]}`' for word in loose[:5])} without a version",
                at=loose[0].location,
                evidence=tuple(word.text[:60] for word in loose),
            )
