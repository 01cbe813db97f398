"""Which files are edited as what."""

from __future__ import annotations

import os

from hullcheck.discover import Kind, kind_of
from hullcheck.source import Source


def is_dockerfile(source: Source) -> bool:
    """Is it a Dockerfile, by its name or, where that doesn't tell, by how it begins?"""
    kind = kind_of(os.path.basename(source.path))
    if kind is Kind.DOCKERFILE:
        return True
    from hullcheck.parse import wording

    if kind not in (None, Kind.UNKNOWN):
        return wording.is_dockerfile(source.text)
    lines = (line.strip() for line in source.text.splitlines())
    first = next((line for line in lines if line and not line.startswith("#")), "")
    return first.split(None, 1)[:1] in (["FROM"], ["ARG"]) or wording.is_dockerfile(source.text)
