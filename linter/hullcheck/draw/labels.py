"""Connections in a drawing: the ports that matter, short."""

from __future__ import annotations

from hullcheck.model.network.ports import MAX_PORT, PROTOCOLS, PortRange, text_of

MAX_LENGTH = 24
OTHERS = " +"
"""At the end of a label: other ports are open, too, at which nothing is known to listen."""


def short(connections: str) -> str:
    """Connections for a label: TCP goes without saying, all is `*`."""
    if connections == "All Connections":
        return "*"
    text = connections.removeprefix("TCP ") if connections.count(" ") == 1 else connections
    return text if len(text) <= MAX_LENGTH else f"{text[: MAX_LENGTH - 2]}…"


def label(connections: str, listens: tuple[PortRange, ...]) -> str | None:
    """The label of a connection to what listens on some ports; None if it is about none of them.

    Nothing is left out where it isn't said what listens, or where everything is open.
    """
    if connections == "All Connections" or not listens:
        return short(connections)
    found = listened(connections, listens)
    if not found:
        return None
    shown = short(text_of(found))
    return shown if text_of(found) == connections else f"{shown}{OTHERS}"


def listened(connections: str, listens: tuple[PortRange, ...]) -> list[PortRange]:
    """Those of the ports that are listened on which a connection is about, in order."""
    found = []
    spans = ranges(connections)
    for own in sorted(listens):
        for span in spans:
            first, last = max(own.first, span.first), min(own.last, span.last)
            if own.protocol == span.protocol and first <= last:
                found.append(PortRange(own.protocol, first, last))
    return found


def ranges(connections: str) -> list[PortRange]:
    """The ranges that a text such as `SCTP 1-65535,TCP 80,443-444` is about."""
    if connections == "All Connections":
        return [PortRange(protocol, 1, MAX_PORT) for protocol in PROTOCOLS]
    found, protocol = [], ""
    for word in connections.split(",") if connections != "No Connections" else ():
        name, space, span = word.rpartition(" ")
        protocol = name if space else protocol
        first, _, last = span.partition("-")
        found.append(PortRange(protocol, int(first), int(last or first)))
    return found
