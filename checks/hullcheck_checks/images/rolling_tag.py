"""An image taken by a tag that names no version, and so moves.

Tags such as `stable`, `edge`, `nightly` or `main` name a channel, not a version: like `latest`, they bring other code
from one pull to the next, tested or not. So does a tag that only says how an image is made or for which machine:
`redis:alpine`, `php:fpm`, `mongo:noble`, `arm64v8-latest`.

To fix: name the version behind the channel:

    FROM rust:1.83-slim

With a digest the tag decides nothing, and there is no finding. `debian:bookworm` or `python:3.12-slim` name one release
that gets fixes; they are left alone, as is a build of a channel with its date or commit (`nightly-2026-08-01`), and
what stands for a tag (`TAG`, `local`).

See https://docs.docker.com/build/building/best-practices/#pin-base-image-versions
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.extent import extent, words
from hullcheck.terms import Alias
from hullcheck.typed import TYPE_CHECKING
from hullcheck_checks.data.tags import CHANNELS, moves

if TYPE_CHECKING:
    from hullcheck.model.image import ImageUse

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("dockerfile", "compose", "kubernetes", "devcontainer"),
    aliases=(
        Alias("compose-lint:CL-0004", ("stable", "edge", "nightly", "dev", "test")),
        Alias(
            "dclint:service-image-require-explicit-tag",
            ("stable", "edge", "test", "nightly", "dev", "beta", "canary", "lts"),
        ),
    ),
    cwe=(1357,),
)


@check.on("ImageUse")
def rolling(use: ImageUse) -> Iterator[Finding]:
    image = use.image
    if image is None or use.built_here or use.tagged_later or not moves(image):
        return
    channel = not CHANNELS.isdisjoint(re.split(r"[-_]", image.tag.lower()))
    yield check.finding(
        use,
        f"{use.how} {use.shown} {'follows the channel' if channel else 'has no version in its tag'} `{image.tag}`, which moves",
        evidence=(image.name,),
        kinds=(image.tag,),
        extent=extent(registries=words((image.name,), "name")),
        related=use.origins,
    )
