"""The ports that EXPOSE names."""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.patterns import pattern
from hullcheck.source import Location
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.container import Port
    from hullcheck.model.state import Said

_PORT = pattern(r"(?P<host>.*:)?(?P<first>[0-9]+)(?:-(?P<last>[0-9]+))?(?:/(?P<protocol>[A-Za-z]+)?)?")


def exposed_port(said: Said) -> Iterator[Port]:
    """The ports of one word, which may hold several once its variables are expanded; none if it can't be known."""
    text = said.value.text
    if text is None:
        return
    for word in text.split():
        port = _port(word, said.location)
        if port is not None:
            yield port


def _port(word: str, location: Location) -> Port | None:
    match = _PORT.fullmatch(word)
    if match is None:
        return None
    first = int(match["first"][:9])
    last = int((match["last"] or match["first"])[:9])
    from hullcheck.model.container import Port

    return Port(first, last, (match["protocol"] or "tcp").lower(), location)
