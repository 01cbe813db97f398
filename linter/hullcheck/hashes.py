"""SHA-256 as in hashlib, which loads OpenSSL as well: that takes a tenth of a short run."""

from __future__ import annotations

from hullcheck.typed import TYPE_CHECKING

__all__ = ("sha256",)

if TYPE_CHECKING:
    from hashlib import sha256
else:
    try:
        from _sha2 import sha256
    except ImportError:
        try:
            from _sha256 import sha256  # Python 3.11
        except ImportError:
            from hashlib import sha256
