"""Docker's official images: what a name without a slash can mean on Docker Hub.

The list is `hullcheck/data/official_images.txt`, which says where it is from.
"""

from __future__ import annotations

import os
from functools import cache


@cache
def official_images() -> frozenset[str]:
    """The names, such as `nginx`."""
    path = os.path.join(os.path.dirname(os.path.dirname(__file__)), "data", "official_images.txt")
    with open(path, encoding="utf-8") as lines:
        return frozenset(line.strip() for line in lines if line[:1] not in "#\n")
