"""Which tags of images move by design: channels, and names without any version."""

from __future__ import annotations

import re

from hullcheck.model.image import ImageRef
from hullcheck.patterns import pattern
from hullcheck_checks.data.lifecycle import names_release

CHANNELS = frozenset(
    (
        "edge", "nightly", "main", "mainline", "master", "head", "trunk", "dev", "devel", "develop", "development", "canary",
        "rolling", "stable", "oldstable", "lts", "current", "test", "testing", "unstable", "sid", "rawhide", "tip", "next",
        "beta", "alpha", "rc", "preview", "snapshot", "experimental", "weekly", "daily", "latest", "release", "prod",
        "production", "staging",
    )
)  # fmt: skip
_VERSION = pattern(r"v?[0-9][0-9a-z.]*|(?=[a-f]*[0-9])[0-9a-f]{7,40}")
_MACHINE = pattern(
    r"(?:linux|windows)?(?:arm(?:32|64)?(?:v[5-8])?(?:hf)?|aarch64|i386|i686|x86(?:_64)?|amd64|x64|mips64(?:le)?|ppc64(?:le|el)?"
    r"|riscv64|s390x|loong64|win(?:32|64))"
)
_PLACEHOLDER = pattern(
    r"[A-Z][A-Z0-9_.-]*|local(?:host)?(?:[-_].*)?|(?:.*[-_])?(?:placeholder|change-?me|replace-?me|todo|tbd|xxx+)|tag|version"
)
"""What stands for a tag that is filled in later, or for an image that was built on the machine itself."""


def moves(image: ImageRef) -> bool:
    """Is the tag a channel's, or without a version, so that it moves from one release to the next? `latest` is apart."""
    tag = image.tag.lower()
    if not tag or image.digest or tag == "latest" or _PLACEHOLDER.fullmatch(image.tag):
        return False
    channel, *rest = re.split(r"[-_]", tag)
    if channel in CHANNELS:
        return not any(_VERSION.fullmatch(part) for part in rest)
    if any(char.isdecimal() for part in _without_machine(tag) for char in part):
        return False
    return not names_release(image)


def _without_machine(tag: str) -> list[str]:
    """The parts that may say a version: not those that name an architecture."""
    return [part for part in re.split(r"[-_]", tag.replace("x86_64", "")) if not _MACHINE.fullmatch(part)]
