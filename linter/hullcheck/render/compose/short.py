"""The short syntax of ports, volumes and devices, taken apart as Compose does.

Each function takes a scalar and gives back the long form, every piece with its own place, or raises RefusedError. What
a variable leaves open is cut where Compose would cut with an empty value, and marked unknown.
"""

from __future__ import annotations

from hullcheck.model.node import Mapping, Scalar
from hullcheck.patterns import pattern
from hullcheck.render.compose.nodes import MARK, PLACES, Entries, derived, literal, mapping, marked, part, unmarked
from hullcheck.tuples import NamedTuple

MAX_EXPANDED = 256
"""Ports of a range that become entries of their own; a longer range stays one entry until it is shown."""

_BIND_OPTIONS = {
    **dict.fromkeys(("rprivate", "private", "rshared", "shared", "rslave", "slave"), "propagation"),
    **dict.fromkeys(("z", "Z"), "selinux"),
}
_IPV4 = pattern(r"(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(?:\.(?!$)|$)){4}")


_FOLDERS = tuple(MARK + place for place in PLACES.values())
"""How what starts with `$HOME` and the like starts."""


class RefusedError(ValueError):
    """Compose refuses this, with its reason."""


class PortRange(Mapping):
    """A published range too long to be written out; its `target` and `published` are those of the first port."""

    __slots__ = ("count",)

    count: int


def volume(node: Scalar) -> Mapping:
    """`SOURCE:TARGET:OPTIONS`, `SOURCE:TARGET` or `TARGET`."""
    spec = marked(node)
    pieces = _sections(spec)
    plain = [unmarked(text) for text, offset in pieces]
    if not node.text and MARK not in spec:
        raise RefusedError("empty volume")
    if any(not text for text, offset in pieces) and len(spec) > 2:
        raise RefusedError(f"`{node.text}`: empty section between colons")
    if len(pieces) > 3:
        raise RefusedError(f"`{node.text}`: too many colons")
    found: Entries = {}
    if len(pieces) == 1 or len(spec) <= 2:
        _put(found, node, "type", derived(node, "volume"))
        _put(found, node, "target", derived(node, clean(spec)))
        if len(spec) > 2:
            _put(found, node, "volume", mapping(node, {}))
        return mapping(node, found)
    source, target = part(node, *pieces[0]), part(node, *pieces[1])
    bind = is_path(plain[0]) or pieces[0][0].startswith(_FOLDERS)
    kind = derived(node, "bind" if bind else "volume")
    if pieces[0][0].startswith(MARK) and "/" not in plain[0] and not bind:
        kind.unknown = source.unknown
    _put(found, node, "type", kind)
    _put(found, node, "source", source)
    cleaned = clean(pieces[1][0])
    _put(found, node, "target", target if cleaned == pieces[1][0] else derived(target, cleaned))
    if len(pieces) == 3:
        _volume_options(node, pieces[2], found)
    if bind:
        options = found["bind"][1].entries() if "bind" in found else {}  # type: ignore[attr-defined]
        _put(options, node, "create_host_path", literal(node, "true"))
        _put(found, node, "bind", mapping(node, options))
    elif "volume" not in found:
        _put(found, node, "volume", mapping(node, {}))
    return mapping(node, found)


def volume_target(node: Scalar) -> str:
    """The path in the container that the short form of a volume names, as it is written."""
    pieces = _sections(marked(node))
    return pieces[1][0] if len(pieces) > 1 else pieces[0][0]


def _volume_options(node: Scalar, piece: tuple[str, int], found: Entries) -> None:
    text, offset = piece
    binds: Entries = {}
    for option in text.split(","):
        at = part(node, option, offset)
        if option == "ro":
            _put(found, node, "read_only", literal(at, "true"))
        elif option == "rw":
            found.pop("read_only", None)
        elif option == "nocopy":
            _put(found, node, "volume", mapping(at, {"nocopy": (derived(at, "nocopy"), literal(at, "true"))}))
        elif option in _BIND_OPTIONS:
            _put(binds, node, _BIND_OPTIONS[option], at)
        elif MARK in option:
            unknown = literal(at, "false")
            unknown.unknown = at.unknown
            found.setdefault("read_only", (derived(node, "read_only"), unknown))
        offset += len(option) + 1
    if binds:
        _put(found, node, "bind", mapping(node, binds))


def _put(found: Entries, node: Scalar, name: str, child: Scalar | Mapping) -> None:
    found[name] = (derived(node, name), child)


def _sections(spec: str) -> list[tuple[str, int]]:
    """The pieces between colons, with their offsets; the colon of a Windows drive separates nothing."""
    pieces: list[tuple[str, int]] = []
    start = 0
    for at, character in enumerate(spec):
        if character == ":" and not (at - start == 1 and spec[start].isalpha()):
            pieces.append((spec[start:at], start))
            start = at + 1
    pieces.append((spec[start:], start))
    return pieces


def is_path(source: str) -> bool:
    """Is a volume's source a path of the host, rather than the name of a volume?"""
    if source.startswith((".", "/", "~", "\\\\")):
        return True
    return len(source) > 1 and source[1] == ":" and source[0].isalpha()


def clean(path: str) -> str:
    """The shortest spelling of a path with slashes, as Go's `path.Clean` gives it."""
    if not path:
        return ""
    rooted = path.startswith("/")
    parts: list[str] = []
    for piece in path.split("/"):
        if piece == ".." and (parts and parts[-1] != ".."):
            parts.pop()
        elif piece == ".." and rooted:
            continue
        elif piece not in ("", "."):
            parts.append(piece)
    return ("/" if rooted else "") + "/".join(parts) or ("/" if rooted else ".")


class _PortSpec(NamedTuple):
    address: tuple[str, int]
    published: tuple[str, int]
    target: tuple[str, int]
    protocol: str


def ports(node: Scalar) -> list[Mapping]:
    """`[ADDRESS:][PUBLISHED:]TARGET[/PROTOCOL]`, with ranges: an entry for each port."""
    spec = marked(node)
    pieces = _port_pieces(spec)
    target = unmarked(pieces.target[0])
    if MARK in pieces.target[0] and not target:
        return [_port(node, pieces, None, None)]
    first, last = _range(target, "container port")
    published = unmarked(pieces.published[0])
    if MARK in pieces.published[0]:
        return [_port(node, pieces, first, None)]
    if not published:
        return _numbered(node, pieces, first, last, None)
    start, end = _range(published, "host port")
    if last - first != end - start:
        if first != last:
            raise RefusedError(f"ranges of different length: `{pieces.target[0]}` and `{published}`")
        return [_port(node, pieces, first, f"{start}-{end}")]
    return _numbered(node, pieces, first, last, start)


def _port_pieces(spec: str) -> _PortSpec:
    before, colon, target = spec.rpartition(":")
    at = len(before) + 1 if colon else 0
    address, colon, published = before.rpartition(":")
    where = len(address) + 1 if colon else 0
    port, _, protocol = target.partition("/")
    protocol = protocol.partition("/")[0]
    if not port:
        raise RefusedError(f"`{spec.replace(MARK, '')}`: no port specified")
    protocol = protocol.lower() or "tcp"
    if protocol not in ("tcp", "udp", "sctp") and MARK not in protocol:
        raise RefusedError(f"invalid protocol `{protocol}`")
    if address and MARK not in address and not is_address(address.removeprefix("[").removesuffix("]")):
        raise RefusedError(f"invalid IP address `{address}`")
    return _PortSpec((address, 0), (published, where), (port, at), protocol)


def _range(text: str, what: str) -> tuple[int, int]:
    first, dash, last = text.partition("-")
    try:
        start = _port_number(first)
        end = _port_number(last) if dash else start
    except ValueError:
        raise RefusedError(f"invalid {what} `{text}`") from None
    if end < start:
        raise RefusedError(f"invalid {what} `{text}`")
    return start, end


def _port_number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 20) or int(text) > 65535:
        raise ValueError(text)
    return int(text)


def _numbered(node: Scalar, pieces: _PortSpec, first: int, last: int, published: int | None) -> list[Mapping]:
    if last - first >= MAX_EXPANDED:
        one = _port(node, pieces, first, None if published is None else str(published))
        made = PortRange(one.source, one.start, one.end, "", True)
        made.items, made._entries, made.count = one.items, one.entries(), last - first + 1
        return [made]
    numbers = sorted(range(first, last + 1), key=lambda number: f"{number}/")
    return [
        _port(node, pieces, number, None if published is None else str(published + number - first))
        for number in numbers
    ]


def _port(node: Scalar, pieces: _PortSpec, target: int | None, published: str | None) -> Mapping:
    found: Entries = {}
    _put(found, node, "mode", derived(node, "ingress"))
    address = part(node, *pieces.address)
    if address.text.startswith("["):
        bare = derived(address, pieces.address[0].removeprefix("[").removesuffix("]"))
        bare.start, bare.end = address.start, address.end
        address = bare
    if address.text or address.unknown:
        _put(found, node, "host_ip", address)
    written = part(node, *pieces.target)
    number = literal(written, "" if target is None else str(target))
    number.unknown = written.unknown
    _put(found, node, "target", number)
    if published is not None or MARK in pieces.published[0]:
        at = part(node, *pieces.published)
        host = derived(at, pieces.published[0] if published is None else published)
        host.start, host.end = at.start, at.end
        _put(found, node, "published", host)
    protocol = derived(node, pieces.protocol)
    _put(found, node, "protocol", protocol)
    return mapping(node, found)


def is_address(text: str) -> bool:
    """Is it an IP address?"""
    if _IPV4.fullmatch(text):
        return all(piece == "0" or not piece.startswith("0") for piece in text.split("."))
    if ":" not in text:
        return False
    from socket import AF_INET6, inet_pton

    try:
        inet_pton(AF_INET6, text)
    except (OSError, ValueError):
        return False
    return True


def device(node: Scalar) -> Mapping:
    """`SOURCE[:TARGET[:PERMISSIONS]]`."""
    spec = marked(node)
    pieces = spec.split(":")
    if len(pieces) > 3:
        raise RefusedError(f"confusing device mapping `{node.text}`: use the long syntax")
    found: Entries = {}
    source = part(node, pieces[0], 0)
    _put(found, node, "source", source)
    target = part(node, pieces[1], len(pieces[0]) + 1) if len(pieces) > 1 and pieces[1] else source
    _put(found, node, "target", target)
    _put(found, node, "permissions", derived(node, pieces[2] if len(pieces) > 2 else "rwm"))
    return mapping(node, found)
