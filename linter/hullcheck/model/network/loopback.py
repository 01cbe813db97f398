"""The edit that publishes a port to the host itself alone."""

from __future__ import annotations

from hullcheck.finding import Edit, Fix
from hullcheck.model.container import Port
from hullcheck.patterns import pattern
from hullcheck.source import Location

_EVERYWHERE = pattern(r"(?:0\.0\.0\.0:|\[::\]:|::ffff:0\.0\.0\.0:)?(?=[0-9])")


def to_loopback(port: Port) -> Fix | None:
    """Write `127.0.0.1:` in front of a port in the short form, or in the place of the address of all interfaces.

    None for the long form, for a port of the container alone, for one with an address of its own and for text that
    isn't there as such.
    """
    place = port.location
    text = place.text
    quote = text[:1] if text[:1] in "\"'" else ""
    body = text[len(quote) :]
    match = _EVERYWHERE.match(body)
    if match is None or "\n" in text or "{" in text or body[match.end() :].count(":") != 1:
        return None
    start = place.start + len(quote)
    edits = [Edit(Location(place.source, start, start + match.end()), "127.0.0.1:")]
    return Fix("publish it to the host itself alone", tuple(edits), safe=False)
