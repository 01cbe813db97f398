"""Code scanning's own hash of a line and what follows it, by which it knows an alert again.

The algorithm is that of `src/fingerprints.ts` in github.com/github/codeql-action: a hash of the 100 UTF-16 units from
the line's start, blanks left out, and a number that tells equal ones apart.
"""

from __future__ import annotations

import sys
from array import array

_WINDOW = 100
_FACTOR = 37
_MODULUS = (1 << 64) - 1
_OLDEST = pow(_FACTOR, _WINDOW - 1, 1 << 64)
_NEWLINE = 10
_END = 65535


def line_hashes(data: bytes) -> list[str]:
    """The `primaryLocationLineHash` of each line of a file, the first line first."""
    text = data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    text = text.replace(" ", "").replace("\t", "")
    units = array("H", text.encode(f"utf-16-{sys.byteorder[0]}e", "surrogatepass"))
    units.append(_END)
    count = len(units)
    units.extend([0] * (_WINDOW + 1))
    rolling = 0
    for unit in units[:_WINDOW]:
        rolling = (rolling * _FACTOR + unit) & _MODULUS
    seen: dict[int, int] = {}
    hashes = []
    starts = True
    for at in range(count):
        if starts:
            seen[rolling] = seen.get(rolling, 0) + 1
            hashes.append(f"{rolling:x}:{seen[rolling]}")
        unit = units[at]
        starts = unit == _NEWLINE
        rolling = ((rolling - unit * _OLDEST) * _FACTOR + units[at + _WINDOW]) & _MODULUS
    return hashes
