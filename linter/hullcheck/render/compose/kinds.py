"""What Compose reads in a field of a project, and how it prints it: the kinds of fields.

What it refuses becomes a problem; what isn't known stays unknown. Every node keeps the place that decided it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import isfinite

from hullcheck.model.node import Mapping, Node, Scalar, Sequence
from hullcheck.model.problem import Problem
from hullcheck.render.compose import units
from hullcheck.render.compose.nodes import (
    Entries,
    derived,
    entries,
    is_nothing,
    items,
    literal,
    mapping,
    marked,
    sequence,
    show,
    shown,
    text_of,
    value,
)
from hullcheck.render.compose.short import PortRange

Kind = Callable[["Printer", Node], Node | None]
"""Gives the printed node, or None where Compose prints nothing; ValueError for what it refuses."""

Fields = tuple[tuple[str, Kind], ...]


class Printer:
    """Prints nodes by their kinds, and collects what is refused."""

    def __init__(self, ports: int) -> None:
        self.problems: list[Problem] = []
        self.path: list[str] = []
        self.ports = ports

    def fields(self, node: Mapping, fields: Fields) -> Mapping:
        """The fields that are printed, in their order, then what starts with `x-`."""
        written = node.entries()
        found: Entries = {}
        for name, kind in fields:
            entry = written.get(name)
            if entry is None:
                continue
            made = self.field(name, entry[1], kind)
            if made is not None:
                found[name] = (entry[0], made)
        extensions = [name for name in written if name.startswith("x-")]
        for name in sorted(extensions, key=units.key_order):
            found[name] = (written[name][0], anything(self, written[name][1]) or written[name][1])
        return mapping(node, found)

    def field(self, name: str, node: Node, kind: Kind) -> Node | None:
        self.path.append(name)
        try:
            return kind(self, node)
        except ValueError as error:
            if node.unknown:
                return node
            path = ".".join(self.path)
            message = f"Compose refuses `{path}`: {error}"
            self.problems.append(Problem("invalid-object", message, node.location, ".".join(self.path[:2])))
            return None
        finally:
            self.path.pop()


def text(run: Printer, node: Node) -> Node | None:
    plain = value(node)
    if node.unknown:
        return node
    if isinstance(plain, str):
        return node if plain else None
    if isinstance(plain, int) and not isinstance(plain, bool):
        return derived(node, show(plain))
    if plain is None and isinstance(node, Scalar):
        return None
    raise ValueError("must be a text")


def boolean(run: Printer, node: Node) -> Node | None:
    made = optional_boolean(run, node)
    return None if made is not None and not made.unknown and value(made) is False else made


_WORDS = {"true": "true", "y": "true", "yes": "true", "on": "true"}
_WORDS |= {"false": "false", "n": "false", "no": "false", "off": "false"}


def optional_boolean(run: Printer, node: Node) -> Node | None:
    plain = value(node)
    if node.unknown:
        return node
    if isinstance(plain, bool):
        return literal(node, show(plain))
    if plain is None:
        return None
    word = _WORDS.get(plain.lower()) if isinstance(plain, str) else None
    if word is None:
        raise ValueError(f"`{show(plain)}` is no boolean")
    return literal(node, word)


def integer(run: Printer, node: Node) -> Node | None:
    made = optional_integer(run, node)
    return None if made is not None and not made.unknown and value(made) == 0 else made


def optional_integer(run: Printer, node: Node) -> Node | None:
    plain = value(node)
    if node.unknown:
        return node
    if plain is None:
        return None
    if isinstance(plain, str):
        plain = int(plain) if plain.lstrip("+-").isdecimal() and len(plain) < 20 else plain
    if isinstance(plain, (bool, str)) or plain != plain // 1:
        raise ValueError(f"`{show(plain)}` is no whole number")
    return literal(node, str(int(plain)))


def number(run: Printer, node: Node) -> Node | None:
    plain = value(node)
    if node.unknown:
        return node
    if isinstance(plain, str):
        try:
            plain = float(plain.replace("_", "x"))
        except ValueError:
            raise ValueError(f"`{plain}` is no number") from None
    if plain is None or plain == 0:
        return None
    return literal(node, show(units.float32(float(plain))))


def size(run: Printer, node: Node) -> Node | None:
    plain = value(node)
    if node.unknown:
        return node
    if isinstance(plain, float) and not isfinite(plain):
        raise ValueError(f"invalid size `{show(plain)}`")
    number = units.size(plain) if isinstance(plain, str) else int(plain or 0)
    return derived(node, str(number)) if number else None


def duration(run: Printer, node: Node) -> Node | None:
    made = optional_duration(run, node)
    return None if made is not None and not made.unknown and value(made) == "0s" else made


def optional_duration(run: Printer, node: Node) -> Node | None:
    if node.unknown:
        return node
    if is_nothing(node):
        return None
    return derived(node, units.show_duration(units.duration(shown(node))))


def mode(run: Printer, node: Node) -> Node | None:
    plain = value(node)
    if node.unknown:
        return node
    if isinstance(plain, str):
        number = int(plain, 8)
    elif isinstance(plain, int):
        number = plain
    else:
        return None
    return derived(node, f"0{number:o}")


def texts(run: Printer, node: Node) -> Node | None:
    made: list[Node] = []
    for number, item in enumerate(items(node)):
        found = run.field(str(number), item, text)
        made.append(derived(item, "") if found is None else found)
    return sequence(node, made) if made else None


def texts_or_one(run: Printer, node: Node) -> Node | None:
    if isinstance(node, Scalar):
        return None if is_nothing(node) else sequence(node, [node])
    return texts(run, node)


def as_texts(run: Printer, node: Node) -> Node | None:
    """A list of texts and numbers, each printed as a text."""
    made: list[Node] = [_as_text(item) for item in (items(node) if isinstance(node, Sequence) else [node])]
    return sequence(node, made) if made else None


def _as_text(node: Node) -> Node:
    """Whatever a scalar is, as a text."""
    return node if isinstance(value(node), str) or node.unknown else derived(node, shown(node))


def _sorted(found: Entries) -> Entries:
    return {name: found[name] for name in sorted(found, key=units.key_order)}


def options(run: Printer, node: Node) -> Node | None:
    """A mapping to texts; null is the empty text."""
    found = {name: (key, _as_text(child)) for name, (key, child) in entries(node).items()}
    return mapping(node, _sorted(found)) if found else None


def nullable(run: Printer, node: Node) -> Node | None:
    """A mapping to texts in which null stays null."""
    found = {
        name: (key, child if is_nothing(child) else _as_text(child)) for name, (key, child) in entries(node).items()
    }
    return mapping(node, _sorted(found)) if found else None


def arguments(run: Printer, node: Node) -> Node | None:
    """Build arguments: those that come from the caller aren't printed."""
    found = {name: entry for name, entry in entries(node).items() if not is_nothing(entry[1])}
    return nullable(run, mapping(node, found))


def command(run: Printer, node: Node) -> Node | None:
    plain = value(node)
    if isinstance(node, Sequence):
        return sequence(node, [_as_text(item) for item in node.items])
    if node.unknown:
        return node
    if not isinstance(plain, str):
        return None
    return sequence(node, [derived(node, word) for word in units.words(plain)])


def test(run: Printer, node: Node) -> Node | None:
    if isinstance(node, Scalar) and not is_nothing(node):
        return sequence(node, [derived(node, "CMD-SHELL"), _as_text(node)])
    return texts(run, node)


def hosts(run: Printer, node: Node) -> Node | None:
    found: list[Scalar] = []
    if isinstance(node, Mapping):
        for host, (_, child) in node.entries().items():
            for address in child.items if isinstance(child, Sequence) else [child]:
                found.append(_host(address, host, marked(address) if isinstance(address, Scalar) else ""))
    else:
        for item in items(node):
            if not isinstance(item, Scalar):
                continue
            text = marked(item)
            separator = "=" if "=" in text else ":"
            host, cut, addresses = text.partition(separator)
            if not cut:
                raise ValueError(f"`{item.text}` has no address")
            found += [_host(item, host, address) for address in addresses.split(",")]
    return sequence(node, [*sorted(found, key=marked)]) if found else None


def _host(node: Node, host: str, address: str) -> Scalar:
    if not host or ":" in host or "=" in host:
        raise ValueError(f"bad host name `{host}`")
    if len(address) > 2 and address[0] == "[" and address[-1] == "]":
        address = address[1:-1]
    return derived(node, f"{host}={address}")


def limit(run: Printer, node: Node) -> Node | None:
    if isinstance(node, Mapping):
        zero = literal(node, "0")
        found = {name: node.entries().get(name, (derived(node, name), zero)) for name in ("soft", "hard")}
        return mapping(node, {name: (key, _as_integer(child)) for name, (key, child) in found.items()})
    if value(node) == 0:
        both: Entries = {name: (derived(node, name), literal(node, "0")) for name in ("soft", "hard")}
        return mapping(node, both)
    return _as_integer(node)


def _as_integer(node: Node) -> Node:
    plain = value(node)
    return literal(node, str(plain)) if isinstance(plain, int) and not node.unknown else node


def count(run: Printer, node: Node) -> Node | None:
    text = text_of(node) or ""
    return literal(node, "-1") if text.lower() == "all" else integer(run, node)


def anything(run: Printer, node: Node) -> Node | None:
    """An extension: anything, with sorted keys."""
    if isinstance(node, Mapping):
        found: Entries = {}
        for name, (key, child) in _sorted(node.entries()).items():
            found[name] = (key, anything(run, child) or child)
        return mapping(node, found)
    if isinstance(node, Sequence):
        made = []
        for item in node.items:
            made.append(anything(run, item) or item)
        return sequence(node, made)
    return node


def struct(*fields: tuple[str, Kind], keep_empty: bool = True, null: bool = False) -> Kind:
    """A mapping of these fields; an empty one is printed only if `keep_empty`, null only if `null`."""

    def kind(run: Printer, node: Node) -> Node | None:
        if not isinstance(node, Mapping):
            return node if null and is_nothing(node) else None
        made = run.fields(node, fields)
        return made if keep_empty or made.entries() else None

    return kind


def listed(of: Kind) -> Kind:
    def kind(run: Printer, node: Node) -> Node | None:
        made: list[Node] = []
        for number, item in enumerate(items(node)):
            found = run.field(str(number), item, of)
            if found is not None:
                made.append(found)
        return sequence(node, made) if made else None

    return kind


def mapped(of: Kind) -> Kind:
    def kind(run: Printer, node: Node) -> Node | None:
        found: Entries = {}
        for name, (key, child) in _sorted(entries(node)).items():
            made = run.field(name, child, of)
            if made is not None:
                found[name] = (key, made)
        return mapping(node, found) if found else None

    return kind


def multiple(run: Printer, node: Node) -> Node | None:
    """A mapping to lists of texts."""
    found: Entries = {}
    for name, (key, child) in _sorted(entries(node)).items():
        found[name] = (key, as_texts(run, child) or sequence(child, []))
    return mapping(node, found) if found else None


def ssh(run: Printer, node: Node) -> Node | None:
    made: list[Node] = []
    for name, (key, child) in _sorted(entries(node)).items():
        text = text_of(child)
        made.append(derived(key, name) if text is None else derived(child, f"{name}: {text}"))
    return sequence(node, made) if made else None


def ports(of: Kind) -> Kind:
    """A list of ports, with long ranges written out."""

    def kind(run: Printer, node: Node) -> Node | None:
        written: list[Node] = []
        for item in items(node):
            written += _expanded(run, item) if isinstance(item, PortRange) else [item]
        return listed(of)(run, sequence(node, written))

    return kind


def _expanded(run: Printer, item: PortRange) -> Iterator[Mapping]:
    first, published = text_of(item.get("target")), text_of(item.get("published"))
    count = min(item.count, run.ports)
    run.ports -= count
    for offset in sorted(range(count), key=lambda number: f"{number + int(first or 0)}/"):
        found = dict(item.entries())
        found["target"] = (found["target"][0], literal(item, str(int(first or 0) + offset)))
        if published is not None:
            found["published"] = (found["published"][0], derived(item, str(int(published) + offset)))
        yield mapping(item, found)
