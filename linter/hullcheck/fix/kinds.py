"""Which files are edited as what."""

import os

from hullcheck.discover import Kind, kind_of
from hullcheck.source import Source


def is_dockerfile(source: Source) -> bool:
    """Is it a Dockerfile, by its name or, where that doesn't tell, by its first instruction?"""
    kind = kind_of(os.path.basename(source.path))
    if kind in (None, Kind.UNKNOWN):
        lines = (line.strip() for line in source.text.splitlines())
        first = next((line for line in lines if line and not line.startswith("#")), "")
        return first.split(None, 1)[:1] in (["FROM"], ["ARG"])
    return kind is Kind.DOCKERFILE
