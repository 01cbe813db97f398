"""An image whose software gets no more security fixes.

After the end of its life a distribution or a runtime is no longer repaired. Every hole that is found later stays open
in everything that is built on it, and rebuilding doesn't help, because there is nothing newer to install. Attackers
compare the fixes of the supported releases with the unsupported one.

To fix: move to a release that is supported:

    FROM python:3.13-slim-bookworm

The tag tells, also under a digest; `3.8-slim-buster` names two releases, of Python and of Debian. The dates are those
of endoflife.date, Debian's with its long-term support. A release line that is replaced within about a year, and ended
less than a year ago, is a medium finding; one that ends within half a year is only a note.

See https://endoflife.date/
See https://owasp.org/www-project-kubernetes-top-ten/2022/en/src/K10-vulnerable-components
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.typed import TYPE_CHECKING
from hullcheck_checks.data.lifecycle import Release, releases

if TYPE_CHECKING:
    from hullcheck.model.image import ImageUse
    from hullcheck.model.settings import Settings

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("dockerfile", "compose", "kubernetes", "devcontainer"),
    aliases=("tally:ruby/eol-ruby-version", "cis-docker:4.4"),
    cwe=(1104,),
)

SOON = timedelta(days=183)
YEAR = timedelta(days=365)


@check.on("ImageUse")
def past_its_life(use: ImageUse, settings: Settings) -> Iterator[Finding]:
    image = use.image
    if image is None or use.built_here:
        return
    ending = [r for r in releases(image) if r.ended and r.ended - settings.today <= SOON]
    ended = [r for r in ending if r.ended and r.ended <= settings.today]
    if not ending:
        return
    said = ", ".join(_when(release, release in ended) for release in (ended or ending))
    fault = "is past its end of life" if ended else "is near its end of life"
    yield check.finding(
        use,
        f"{use.how} {use.shown} {fault}: {said}",
        severity=max((_severity(release, settings) for release in ended), default=Severity.INFO),
        evidence=(image.name, *(release.label.rpartition(" ")[0] for release in ended or ending)),
        related=use.origins,
    )


def _when(release: Release, ended: bool) -> str:
    if not release.exact:
        return f"{release.label}, no longer supported"
    return f"{release.label} {'since' if ended else 'on'} {release.ended}"


def _severity(release: Release, settings: Settings) -> Severity:
    recent = release.ended and settings.today - release.ended < YEAR
    return Severity.MEDIUM if release.brief and recent else Severity.HIGH
