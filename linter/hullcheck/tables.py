"""Our own files of facts, which are JSON: read without the library's module for it, which short runs need for nothing else."""

from __future__ import annotations

from hullcheck.typed import Any


def table(path: str) -> Any:
    """What a file that comes with this release holds; OSError if it isn't there."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    try:
        from _json import make_scanner
    except ImportError:
        from json import loads

        return loads(text)
    plain: Any = _Plain
    return make_scanner(plain)(text, 0)[0]


class _Plain:
    """JSON as `json.loads` reads it."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = float
