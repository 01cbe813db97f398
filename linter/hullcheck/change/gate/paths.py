"""Paths that patterns in .gitignore's syntax are about, whether there are such files yet or not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_NAMES = ("new.yaml", "Dockerfile", "compose.yaml", "new.json")
_MOST = 5_000
"""More paths than that are not made up: then each pattern stands for itself, not for what it has in common with others."""


def witnesses(patterns: Iterable[str]) -> list[str]:
    """For each pattern some paths that it may match, and some for what two of them may match together."""
    made = [list(_of(pattern)) for pattern in dict.fromkeys(patterns)]
    alone = list(dict.fromkeys(path for paths in made for path in paths))
    folders = {path.rpartition("/")[0] for path in alone} - {""}
    if len(folders) * len(alone) > _MOST:
        return alone
    joined = (f"{folder}/{path}" for folder in folders for path in alone)
    names = (f"{folder}/{path.rpartition('/')[2]}" for folder in folders for path in alone)
    return list(dict.fromkeys((*alone, *names, *joined)))


def _of(pattern: str) -> Iterator[str]:
    text = pattern.strip().removeprefix("!")
    plain = "/".join(filter(None, (_plain(segment) for segment in text.split("/"))))
    if not plain:
        plain = "new"
    for start in ("", "new/") if "/" not in text.strip("/") or text.startswith("**/") else ("",):
        if not text.endswith("/"):
            yield start + plain
            if "*" in text.rpartition("/")[2]:
                folder = f"{plain.rpartition('/')[0]}/".lstrip("/")
                yield from (f"{start}{folder}{name}" for name in _NAMES)
        yield from (f"{start}{plain}/{name}" for name in _NAMES)


def _plain(segment: str) -> str:
    """A part of a path that a part of a pattern matches."""
    if segment == "**":
        return ""
    text = re.sub(r"\[!?(.)[^\]]{0,200}\]", r"\1", segment)
    return re.sub(r"\\(.)", r"\1", text.replace("*", "new").replace("?", "x"))
