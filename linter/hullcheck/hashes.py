"""SHA-256 as hashlib has it, without the OpenSSL that hashlib loads: reports only need it for fingerprints."""

from __future__ import annotations

import sys

try:
    if sys.version_info >= (3, 12):
        from _sha2 import sha256
    else:
        from _sha256 import sha256  # type: ignore[import-not-found]
except ImportError:  # an interpreter that is built without
    from hashlib import sha256

__all__ = ("sha256",)
