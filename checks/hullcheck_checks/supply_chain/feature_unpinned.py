"""A feature of a development container that moves.

A feature is a script that is run as root while the container is built, and it may ask for privileges and mounts of the
host. `ghcr.io/devcontainers/features/node:1` is whatever its owner published last under that number, and without a tag
it is the newest of all: what is opened tomorrow isn't what was read today.

To fix: keep the lock file that the tool writes, which has each feature's digest:

    $ devcontainer upgrade --workspace-folder .
    $ git add .devcontainer/devcontainer-lock.json

or name the digest itself:

    {
      "features": {
        "ghcr.io/devcontainers/features/node@sha256:8c0de46939b6...": {}
      }
    }

It is medium where not even a version is said, or an archive is fetched from an address; low for `:1` and `:1.7`. A full
version such as `:1.7.1` isn't told, and a feature in the repository itself is as pinned as anything in it.

See https://containers.dev/implementors/features/#referencing-a-feature
See https://github.com/devcontainers/spec/blob/main/docs/specs/devcontainer-lockfile.md
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.downloads import without_secrets
from hullcheck.patterns import pattern
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.devcontainer import DevContainer, Feature

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("devcontainer",),
    aliases=("scorecard:Pinned-Dependencies", "cis-docker:4.11"),
    cwe=(829, 1357),
)

_FULL = pattern(r"v?\d++\.\d++\.\d++.*+")
_REFERENCE = pattern(r"[A-Za-z0-9][\w.-]*(?::\d+)?(?:/[A-Za-z0-9][\w.-]*)+(?::[\w.-]+)?")


@check.on("DevContainer")
def moving(container: DevContainer) -> Iterator[Finding]:
    for feature in container.features:
        if feature.own or feature.locked or feature.digest:
            continue
        found = _said(feature)
        if found:
            words, severity = found
            yield check.finding(
                container,
                f"the feature `{without_secrets(feature.written)}` is {words}",
                at=feature.location,
                severity=severity,
                evidence=(without_secrets(feature.written),),
            )


def _said(feature: Feature) -> tuple[str, Severity | None] | None:
    """What is wrong with how a feature is named, and how grave that is."""
    if feature.archive:
        return "an archive that nothing verifies", None
    if _REFERENCE.fullmatch(feature.written) is None:
        return None
    if feature.tag in ("", "latest"):
        return "taken in its newest version, whichever that is", None
    if _FULL.fullmatch(feature.tag):
        return None
    return f"taken by the tag `{feature.tag}`, which moves", Severity.LOW
