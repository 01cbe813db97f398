"""Seccomp profiles that a repository holds: what they let through.

The format is that of libseccomp's actions in the OCI runtime specification (config-linux, "Seccomp").
"""

from __future__ import annotations

import json

_MAX = 1024 * 1024
_OPEN = ("SCMP_ACT_ALLOW", "SCMP_ACT_LOG", "SCMP_ACT_TRACE", "SCMP_ACT_NOTIFY")
"""Actions with which a call is made; what a tracer or a supervisor does isn't said by the profile."""


def lets_through(text: str) -> str:
    """What a profile lets through, in words, if it is everything but what it lists; empty if it denies by default.

    Empty, too, for what is no profile: the engine refuses it.
    """
    if len(text) > _MAX:
        return ""
    try:
        profile = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(profile, dict) or profile.get("defaultAction") not in _OPEN:
        return ""
    listed = profile.get("syscalls")
    denied = {
        name
        for rule in (listed if isinstance(listed, list) else [])
        if isinstance(rule, dict) and rule.get("action") not in _OPEN and isinstance(rule.get("names"), list)
        for name in rule["names"]
        if isinstance(name, str)
    }
    return f"every system call but {len(denied)}" if denied else "every system call"
