"""An image taken by a tag that is meant to move.

Tags such as `stable`, `edge`, `nightly` or `main` name a channel, not a version: like `latest`, they bring other code
from one pull to the next, tested or not.

To fix: name the version behind the channel:

    FROM rust:1.83-slim

With a digest the tag decides nothing, and there is no finding. `bookworm` or `3.12-slim` name one release that gets
fixes; they are left alone, as is a build of a channel with its date or commit (`nightly-2026-08-01`).

See https://docs.docker.com/build/building/best-practices/#pin-base-image-versions
"""

import re
from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.extent import extent, words
from hullcheck.model.image import ImageUse
from hullcheck.terms import Alias

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("dockerfile", "compose", "kubernetes"),
    aliases=(
        Alias("compose-lint:CL-0004", ("stable", "edge", "nightly", "dev", "test")),
        Alias(
            "dclint:service-image-require-explicit-tag",
            ("stable", "edge", "test", "nightly", "dev", "beta", "canary", "lts"),
        ),
    ),
    cwe=(1357,),
)

CHANNELS = frozenset(
    (
        "edge", "nightly", "main", "mainline", "master", "head", "trunk", "dev", "devel", "develop", "development", "canary",
        "rolling", "stable", "oldstable", "lts", "current", "test", "testing", "unstable", "sid", "rawhide", "tip", "next",
        "beta", "alpha", "rc", "preview", "snapshot", "experimental", "weekly", "daily", "latest",
    )
)  # fmt: skip
VERSION = re.compile(r"v?[0-9][0-9a-z.]*|(?=[a-f]*[0-9])[0-9a-f]{7,40}")


@check.on(ImageUse)
def rolling(use: ImageUse) -> Iterator[Finding]:
    image = use.image
    if image is None or image.digest or use.built_here or image.tag.lower() == "latest":
        return
    channel, *rest = re.split(r"[-_]", image.tag.lower())
    if channel not in CHANNELS or any(VERSION.fullmatch(part) for part in rest):
        return
    yield check.finding(
        use,
        f"{use.how} {use.shown} follows the channel `{image.tag}`, which moves",
        evidence=(image.name,),
        kinds=(image.tag,),
        extent=extent(registries=words((image.name,), "name")),
        related=use.origins,
    )
