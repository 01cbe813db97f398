"""Sets of connections: protocols and their ports."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from hullcheck.tuples import NamedTuple

PROTOCOLS = ("SCTP", "TCP", "UDP")
MAX_PORT = 65535

_BASE = {protocol: number * MAX_PORT for number, protocol in enumerate(PROTOCOLS)}


class PortRange(NamedTuple):
    """Ports `first` to `last` of a protocol, both included."""

    protocol: str
    first: int
    last: int


class PortSpace:
    """All ports of all protocols, cut into the fewest pieces that every given range is made of.

    A set of connections is a set of pieces, kept as bits: union is `|`, intersection is `&`.
    """

    def __init__(self, ranges: Iterable[PortRange]) -> None:
        cuts = {number * MAX_PORT for number in range(len(PROTOCOLS) + 1)}
        for protocol, first, last in ranges:
            base = _BASE[protocol]
            cuts |= {base + first - 1, base + last}
        self._cuts = sorted(cuts)
        self.all = (1 << (len(self._cuts) - 1)) - 1

    def bits(self, protocol: str, first: int = 1, last: int = MAX_PORT) -> int:
        """The connections of a range, whose ends are among the given ones."""
        base = _BASE[protocol]
        start, end = bisect_left(self._cuts, base + first - 1), bisect_left(self._cuts, base + last)
        return (1 << end) - (1 << start)

    def piece(self, protocol: str, port: int) -> int:
        """The connections that no given range tells from those of a port, itself among them."""
        return 1 << bisect_right(self._cuts, _BASE[protocol] + port - 1) - 1

    def ranges(self, bits: int) -> tuple[PortRange, ...]:
        """The set as ranges, in the order of protocols and ports."""
        found = []
        for protocol in PROTOCOLS:
            rest = bits & self.bits(protocol)
            while rest:
                first = (rest & -rest).bit_length() - 1
                shifted = rest >> first
                length = (~shifted & (shifted + 1)).bit_length() - 1
                base = _BASE[protocol]
                found.append(PortRange(protocol, self._cuts[first] - base + 1, self._cuts[first + length] - base))
                rest &= ~((1 << (first + length)) - 1)
        return tuple(found)

    def text(self, bits: int) -> str:
        """The set in words, as in `SCTP 1-65535,TCP 80,443-444`."""
        if bits == self.all:
            return "All Connections"
        return text_of(self.ranges(bits))


def text_of(ranges: Iterable[PortRange]) -> str:
    """Ranges in words; they are in order."""
    words: list[str] = []
    protocol = ""
    for found in ranges:
        span = str(found.first) if found.first == found.last else f"{found.first}-{found.last}"
        words.append(span if found.protocol == protocol else f"{found.protocol} {span}")
        protocol = found.protocol
    text = ",".join(words)
    return {"": "No Connections", "SCTP 1-65535,TCP 1-65535,UDP 1-65535": "All Connections"}.get(text, text)
