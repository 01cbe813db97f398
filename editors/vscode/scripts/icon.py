"""Draws icon.png, the extension's picture: a hull on the waves, and a tick. `python scripts/icon.py` writes it anew."""

from __future__ import annotations

import math
import struct
import sys
import zlib
from pathlib import Path

SIDE = 128
FINE = 4  # samples a pixel, each way

SEA, HULL, TICK, WAVE = (0x12, 0x34, 0x4D), (0xF2, 0xF5, 0xF7), (0x3D, 0xDC, 0x97), (0x4A, 0x9F, 0xD8)
Colour = tuple[int, int, int]


def colour(x: float, y: float) -> Colour | None:
    """What is at a place of the square from 0 to 1; None outside the rounded corners."""
    corner = 0.18
    dx, dy = max(corner - x, x - 1 + corner, 0.0), max(corner - y, y - 1 + corner, 0.0)
    if math.hypot(dx, dy) > corner:
        return None
    if min(_from_line(x, y, 0.36, 0.30, 0.46, 0.41), _from_line(x, y, 0.46, 0.41, 0.68, 0.16)) < 0.045:
        return TICK
    if abs(y - 0.86 - 0.025 * math.sin(x * 6 * math.pi)) < 0.028 and 0.1 < x < 0.9:
        return WAVE
    if 0.52 < y < 0.76:  # narrower towards the keel
        inset = 0.12 + 0.2 * ((y - 0.52) / 0.24) ** 1.6
        if inset < x < 1 - inset:
            return HULL
    return SEA


def _from_line(x: float, y: float, x1: float, y1: float, x2: float, y2: float) -> float:
    """How far a place is from a line's piece."""
    along = ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / ((x2 - x1) ** 2 + (y2 - y1) ** 2)
    along = min(1.0, max(0.0, along))
    return math.hypot(x - x1 - along * (x2 - x1), y - y1 - along * (y2 - y1))


def pixels() -> bytes:
    """The picture's rows, as PNG has them: a byte 0 for "as it is", then red, green, blue and opacity of each pixel."""
    rows = bytearray()
    for row in range(SIDE):
        rows.append(0)
        for column in range(SIDE):
            seen = [
                colour((column + (i + 0.5) / FINE) / SIDE, (row + (j + 0.5) / FINE) / SIDE)
                for i in range(FINE)
                for j in range(FINE)
            ]
            inside = [each for each in seen if each is not None]
            mean = (
                [round(sum(each[part] for each in inside) / len(inside)) for part in range(3)] if inside else [0, 0, 0]
            )
            rows += bytes([*mean, round(255 * len(inside) / len(seen))])
    return bytes(rows)


def png(rows: bytes) -> bytes:
    """The rows as a PNG file."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def rows_of(file: bytes) -> bytes:
    """The rows in a file that `png` made."""
    start = file.index(b"IDAT")
    (size,) = struct.unpack(">I", file[start - 4 : start])
    return zlib.decompress(file[start + 4 : start + 4 + size])


if __name__ == "__main__":
    target = Path(__file__).parent.parent / "icon.png"
    target.write_bytes(png(pixels()))
    sys.stdout.write(f"{target}: {target.stat().st_size} bytes\n")
