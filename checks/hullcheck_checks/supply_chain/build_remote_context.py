"""An image that is built from sources somewhere else, which can change.

The build fetches a branch or a tag and runs what is in it, with all that the build has: network, secrets, cache.
Whoever may push there decides what runs here.

To fix: name the commit:

    services:
      app:
        build: https://github.com/acme/app.git#4f2c1de0e8a5b7f3c9d2a1b0e6f4d3c2b1a09f8e

A tag is low: it is meant to stay, and can be moved. A full commit is no finding. An archive over HTTP is medium unless
it is pinned by a digest.

See https://docs.docker.com/build/concepts/context/#remote-context
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.extent import sources
from hullcheck.patterns import pattern
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.compose import Service
    from hullcheck.source import Field

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("compose",),
    aliases=("cis-docker:4.2",),
    cwe=(494, 829),
)

_REMOTE = pattern(r"(?:https?|git|ssh)://|git@|github\.com/")
_COMMIT = pattern(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_TAG = pattern(r"(?:refs/tags/)?v?[0-9]++(?:(?:\.[0-9]++)*+(?:\+[\w.-]+)?|[-.][\w.-]+)")


@check.on("Service", needs="build")
def contexts(service: Service) -> Iterator[Finding]:
    if service.build is not None:
        for what, field in (("", service.build.context), *service.build.additional_contexts.items()):
            if field.value is not None and _REMOTE.match(field.value):
                yield from _judged(service, what, field, field.value)


def _judged(service: Service, name: str, field: Field[str], url: str) -> Iterator[Finding]:
    address, _, fragment = url.partition("#")
    reference = fragment.partition(":")[0] or _query(address)
    if _COMMIT.fullmatch(reference):
        return
    built = f"service `{service.name}` is built" if not name else f"service `{service.name}` is built with `{name}`"
    if not reference:
        what = "from the tip of a repository" if ".git" in address or "git" in address[:4] else "from an address"
    else:
        what = f"from the {'tag' if _TAG.fullmatch(reference) else 'branch'} `{reference}`"
    yield check.finding(
        service,
        f"{built} {what}, which can change",
        at=field.location,
        severity=Severity.LOW if reference and _TAG.fullmatch(reference) else None,
        evidence=(name, address.partition("?")[0], reference),
        extent=sources(f"{address.partition('?')[0]}#{reference}"),
        related=field.related,
    )


def _query(address: str) -> str:
    match = re.search(r"[?&](?:ref|tag|branch|commit|checksum)=(?:sha256:)?([^&]+)", address)
    return match[1] if match else ""
