"""What is drawn of a map or a difference, whatever the format: items in boxes, and lines."""

from __future__ import annotations

from hullcheck.draw.names import shortened
from hullcheck.tuples import NamedTuple

OUTSIDE = "{outside}"

MAX_NAMES = 3
TITLE_LENGTH = 26


class Badge(NamedTuple):
    """A mark on an item: "outside" or "ingress" that it can be reached from there, "host" that it is on the host's
    network. `text` is what it shows, `said` the whole of it."""

    kind: str
    text: str
    said: str


class Item(NamedTuple):
    """What is drawn as one: workloads, or something outside. `box` is their namespace, empty for what is outside.

    `kind` is "workload", "outside", "controller", "addresses" or "unchanged". `ids` are the workloads' as in JSON. `free`
    is true where nothing restricts connections among them, `confined` where policies say who may connect. `danger` is
    "outside" for a data store that can be reached from there, "open" for one that nothing restricts. `says` are further
    lines below the title. `changed` is "added", "removed", "opened", "closed" or "changed" in a difference.
    """

    key: str
    names: tuple[str, ...]
    box: str
    kind: str = "workload"
    data: str = ""
    free: bool = False
    confined: bool = False
    exposed: bool = False
    ids: tuple[str, ...] = ()
    prefix: str = ""
    danger: str = ""
    badges: tuple[Badge, ...] = ()
    says: tuple[str, ...] = ()
    changed: str = ""

    @property
    def title(self) -> str:
        """Its names, as many as have room: `orders, billing (+3)`."""
        names = [shortened(name, self.prefix) for name in self.names]
        shown = 1
        while shown < min(len(names), MAX_NAMES) and len(", ".join(names[: shown + 1])) <= TITLE_LENGTH:
            shown += 1
        more = len(names) - shown
        text = ", ".join(names[:shown])
        return f"{text} (+{more})" if more > 0 else text

    @property
    def subtitle(self) -> str:
        """What there is to say of it, a line each."""
        words = [self.data] if self.data else []
        if self.danger == "outside":
            words.append("open to outside")
        if self.free:
            words.append("unrestricted")
        elif self.danger == "open":
            words.append("open to all")
        return "\n".join([*([", ".join(words)] if words else []), *self.says])


class Line(NamedTuple):
    """A connection. `kind` is "entry" from outside, "exit" to it, "data" to a data store, "use" where it is only meant,
    "denied" where it is meant and denied, "same" in a difference where it is as it was, or "other". `both` is true where
    either end can open it.

    `ports` are all connections as in JSON, `label` those that are shown. `used` is "allowed", "denied" or "maybe" where
    the configuration speaks of it. `part` says how many of the pairs it is about, if not all. `changed` is "opened",
    "closed" or "changed" in a difference.
    """

    source: str
    target: str
    label: str
    certain: bool
    kind: str
    both: bool = False
    ports: str = ""
    used: str = ""
    part: str = ""
    changed: str = ""


class Graph(NamedTuple):
    """Items by box, and lines, those first that matter most. `notes` are sentences to stand below.

    `prefixes` are what names in a box begin with and is left out of them. `kind` is that of the scope, `title` its name.
    """

    title: str
    boxes: tuple[tuple[str, tuple[Item, ...]], ...]
    outside: tuple[Item, ...]
    lines: tuple[Line, ...]
    notes: tuple[str, ...]
    prefixes: dict[str, str] = {}  # noqa: RUF012  never changed
    kind: str = ""
