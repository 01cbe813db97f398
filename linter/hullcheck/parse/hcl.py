"""HCL, as the library reads it: texts with their quotes, expressions as text within `${}`."""

from __future__ import annotations

from hullcheck.typed import Any

MAX_CHARACTERS = 200_000


def blocks(text: str) -> dict[str, Any]:
    """The file's blocks by their kind; empty for what can't be read."""
    import hcl2

    if len(text) > MAX_CHARACTERS:
        return {}
    try:
        found: dict[str, Any] = hcl2.loads(text)
    except Exception:  # noqa: BLE001  lark raises whatever its grammar meets
        return {}
    return found
