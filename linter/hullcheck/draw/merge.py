"""Lines between the same items as one, and what is open both ways as one line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from hullcheck.draw.items import Line

Counted = tuple[Line, object, int]
"""A line, what it is of, and how many pairs of workloads that are."""

_ONE_WAY = ("entry", "exit", "use", "denied")


class _Bundle:
    """Lines between the same items that become one."""

    def __init__(self) -> None:
        self.labels: dict[str, None] = {}
        self.ports: dict[str, None] = {}
        self.used: set[str] = set()
        self.counts: dict[object, int] = {}

    def add(self, line: Line, what: object, count: int) -> None:
        self.labels[line.label] = None
        self.ports[line.ports] = None
        self.used.add(line.used)
        self.counts[what] = count


def merged(lines: Iterable[Counted], pairs: Callable[[str, str], int]) -> Iterator[Line]:
    """One line for each two items and each kind; `pairs` says how many pairs of workloads two items have."""
    found: dict[tuple[str, str, bool, str], _Bundle] = {}
    for line, what, count in lines:
        found.setdefault((line.source, line.target, line.certain, line.kind), _Bundle()).add(line, what, count)
    certain = {(source, target) for source, target, sure, kind in found if sure and kind not in ("use", "denied")}
    meant = {(source, target) for source, target, _, kind in found if kind in ("use", "denied")}
    single = []
    for (source, target, is_certain, kind), bundle in found.items():
        if kind == "use" and {(source, target), (target, source)} & certain:
            continue
        labels = [] if "*" in bundle.labels else [text for text in bundle.labels if text]
        text = ", ".join(labels[:3]) + (", …" if len(labels) > 3 else "")
        used = next((state for state in ("denied", "maybe", "allowed") if state in bundle.used), "")
        count, every = sum(bundle.counts.values()), pairs(source, target)
        part = f"{count} of {every}" if every > count else ""
        ports = "; ".join(port for port in list(bundle.ports)[:20] if port)
        single.append(Line(source, target, text, is_certain, kind, ports=ports, used=used, part=part))
    yield from _paired(single, meant)


def _paired(lines: list[Line], meant: set[tuple[str, str]]) -> Iterator[Line]:
    by_ends = {_key(line): line for line in lines}
    done = set()
    for key, line in by_ends.items():
        source, target, *rest = key
        back = by_ends.get((target, source, *rest))
        if back is None or line.kind in _ONE_WAY:
            yield line
        elif key not in done:
            done.add((target, source, *rest))
            towards = (source, target) in meant or line.kind == "data"
            against = (target, source) in meant or back.kind == "data"
            chosen = back if against and not towards else line
            yield chosen._replace(both=True, used=line.used or back.used)


def _key(line: Line) -> tuple[object, ...]:
    one_way = line.kind if line.kind in _ONE_WAY else ""
    return (line.source, line.target, line.label, line.part, line.certain, one_way)
