"""Bake files in HCL, as far as they are plain strings."""

from __future__ import annotations

from hullcheck.typed import Any

MAX_CHARACTERS = 200_000


def bake_targets(text: str) -> dict[str, Any]:
    """The `target` blocks by name; empty for what can't be read. Expressions stay as text with `${`."""
    import hcl2

    if len(text) > MAX_CHARACTERS:
        return {}
    try:
        blocks = hcl2.loads(text).get("target", [])
    except Exception:  # noqa: BLE001  lark raises whatever its grammar meets
        return {}
    targets = {}
    for block in blocks:
        for name, body in block.items():
            if isinstance(body, dict):
                targets[_unquoted(name)] = {_unquoted(key): _plain(value) for key, value in body.items()}
    return targets


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {_unquoted(key): _plain(item) for key, item in value.items()}
    return _unquoted(value) if isinstance(value, str) else value


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
