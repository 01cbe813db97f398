"""Ranges of IP addresses: IPv4 and, behind it in the same number line, IPv6."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator

from hullcheck.patterns import pattern
from hullcheck.tuples import NamedTuple

V6 = 1 << 32
"""Where IPv6 starts on the number line."""

END = V6 + (1 << 128)

_V4 = pattern(r"([0-9]{1,9})\.([0-9]{1,9})\.([0-9]{1,9})\.([0-9]{1,9})(?:/([0-9]{1,3}))?")


class AddressRange(NamedTuple):
    """Addresses from `start` up to, not including, `end`, on one number line."""

    start: int
    end: int

    def holds(self, other: "AddressRange") -> bool:
        return self.start <= other.start and other.end <= self.end


PRIVATE_CIDRS = ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16")
"""IPv4 addresses that the internet doesn't route (RFC 1918, 6598, 1122, 3927), in order."""

ALL_V4 = AddressRange(0, V6)
ALL_V6 = AddressRange(V6, END)


def parse(text: str) -> AddressRange | None:
    """The range of a CIDR such as `10.0.0.0/8`, read as Go's sloppy parser does; None if it is none.

    Bits behind the prefix and leading zeros count for nothing.
    """
    match = _V4.fullmatch(text)
    if match:
        parts = [int(part) for part in match.groups()[:4]]
        if max(parts) > 255 or match[5] is None or int(match[5]) > 32:
            return None
        return _range((parts[0] << 24) | (parts[1] << 16) | (parts[2] << 8) | parts[3], int(match[5]), 32, 0)
    address, slash, prefix = text.partition("/")
    if not slash or not prefix.isdecimal() or len(prefix) > 3 or int(prefix) > 128 or ":" not in address:
        return None
    number = _v6(address)
    return None if number is None else _range(number, int(prefix), 128, V6)


def address(text: str) -> AddressRange | None:
    """The one address that the text is; None if it is none."""
    return parse(f"{text}/{128 if ':' in text else 32}")


def _v6(text: str) -> int | None:
    from ipaddress import AddressValueError, IPv6Address

    try:
        return int(IPv6Address(text))
    except AddressValueError:
        return None


def _range(number: int, prefix: int, width: int, offset: int) -> AddressRange:
    size = 1 << (width - prefix)
    start = offset + (number & ~(size - 1))
    return AddressRange(start, start + size)


def cidrs(ranges: Iterable[AddressRange]) -> list[str]:
    """The fewest CIDRs that hold exactly these ranges, in order."""
    found = []
    for start, end in merged(ranges):
        for part_start, part_end in ((start, min(end, V6)), (max(start, V6), end)):
            found += _cidrs(part_start, part_end)
    return found


def merged(ranges: Iterable[AddressRange]) -> list[AddressRange]:
    """The ranges in order, with those that touch made one."""
    found: list[AddressRange] = []
    for start, end in sorted(ranges):
        if found and start <= found[-1].end:
            found[-1] = AddressRange(found[-1].start, max(end, found[-1].end))
        else:
            found.append(AddressRange(start, end))
    return found


def less(ranges: Iterable[AddressRange], excepts: Iterable[AddressRange]) -> list[AddressRange]:
    """What is left of the ranges without some others."""
    out = list(merged(excepts))
    ends = [end for _, end in out]
    found = []
    for start, end in ranges:
        for number in range(bisect_right(ends, start), len(out)):
            taken = out[number]
            if taken.start >= end:
                break
            if start < taken.start:
                found.append(AddressRange(start, taken.start))
            start = taken.end
        if start < end:
            found.append(AddressRange(start, end))
    return found


def _cidrs(start: int, end: int) -> list[str]:
    found = []
    while start < end:
        offset, width = (V6, 128) if start >= V6 else (0, 32)
        size = (start - offset) & -(start - offset) or 1 << width
        while size > end - start:
            size >>= 1
        found.append(f"{_text(start)}/{width - size.bit_length() + 1}")
        start += size
    return found


def _text(number: int) -> str:
    if number < V6:
        return ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))
    from ipaddress import IPv6Address

    return str(IPv6Address(number - V6))


class AddressSpace:
    """All addresses, cut into the fewest pieces that every given range is made of; sets of pieces are bits."""

    def __init__(self, ranges: Iterable[AddressRange]) -> None:
        cuts = {0, V6, END}
        for start, end in ranges:
            cuts |= {start, end}
        self._cuts = sorted(cuts)
        self.size = len(self._cuts) - 1
        self.all = (1 << self.size) - 1
        self.v4 = self.bits(ALL_V4)

    def bits(self, span: AddressRange) -> int:
        """The pieces of a range, whose ends are among the given ones."""
        first, last = bisect_left(self._cuts, span.start), bisect_left(self._cuts, span.end)
        return (1 << last) - (1 << first)

    def ranges(self, bits: int) -> list[AddressRange]:
        """The ranges that the pieces make up, in order; IPv4 and IPv6 stay apart."""
        return [found for part in (bits & self.v4, bits & ~self.v4) for found in self._runs(part)]

    def _runs(self, bits: int) -> Iterator[AddressRange]:
        while bits:
            first = (bits & -bits).bit_length() - 1
            shifted = bits >> first
            length = (~shifted & (shifted + 1)).bit_length() - 1
            yield AddressRange(self._cuts[first], self._cuts[first + length])
            bits &= ~((1 << (first + length)) - 1)
