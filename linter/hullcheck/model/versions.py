"""Texts without the versions in them: a newer version of a thing is the same thing."""

from __future__ import annotations

from hullcheck.patterns import pattern

_VERSION = pattern(r"(?<!\d)\d++(?:\.\d++)++")
_ADDRESS = pattern(r"(?<=//)(?:\d{1,3}\.){3}\d{1,3}(?=[:/?#]|$)|(?:(?<=@)|(?<!\S))(?:\d{1,3}\.){3}\d{1,3}(?=[:/])")
_LETTER = pattern(r"[A-Za-z]")


def without_versions(text: str) -> str:
    """The text with `#` for each version. The address of a host, in front of a port or a path, is none."""
    if not _LETTER.search(text):
        return text
    hosts = {match.start() for match in _ADDRESS.finditer(text)}
    return _VERSION.sub(lambda match: match[0] if match.start() in hosts else "#", text)
