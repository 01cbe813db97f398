"""Text that knows where each of its characters came from.

A run is a stretch of text with one origin: literal template text, whose characters stand in the file as they are; or
a value, printed at some action, whose place is where it was written, in values.yaml for one. A run without an origin
is the printing action's own making, and gets that action as its origin when it is printed.
"""

from __future__ import annotations

from collections.abc import Iterable

from hullcheck.patterns import pattern
from hullcheck.render.helm.limits import spend, spend_text
from hullcheck.render.helm.origin import Origin
from hullcheck.render.helm.unknown import Unknown
from hullcheck.source import Source

_NOWHERE = Source("", b"")

NOT_UTF8 = pattern("[\ud800-\udfff]")
"""Bytes that are no text stand in strings as surrogates."""

MARKER = "UNKNOWN"
"""Stands in rendered text where a value isn't known; the run under it tells why."""

Run = tuple[int, Origin | None, int, Origin | None]
"""Length, origin, offset into an exact origin, and the action that printed it."""


class Text(str):
    """A string with its runs."""

    __slots__ = ("runs",)
    runs: tuple[Run, ...]


class Unsure(Text):
    """A string of which some runs aren't known: a marker stands for them."""

    __slots__ = ()


def readable(value: str) -> str:
    """The text with a replacement character for each byte that is no UTF-8."""
    return value if value.isascii() else NOT_UTF8.sub("�", value)


def text(value: str, runs: Iterable[Run]) -> Text:
    """A string with runs, which cover it in full."""
    runs = tuple(runs)
    made = Unsure(value) if any(run[1] is not None and run[1].unknown for run in runs) else Text(value)
    made.runs = runs
    return made


def from_one(value: str, origin: Origin | None, via: Origin | None = None) -> str:
    """A string that comes from one place as a whole."""
    if origin is None:
        return value
    made = Unsure(value) if origin.unknown else Text(value)
    made.runs = ((len(value), origin, 0, via),)
    return made


def unknown_text(value: Unknown) -> str:
    """The text that stands for a value that isn't known; its place is the action that will print it."""
    return from_one(MARKER, Origin(_NOWHERE, 0, 0, unknown=value))


def unknowns_in(value: str) -> list[Unknown]:
    """The unknown parts of a text."""
    if not isinstance(value, Unsure):
        return []
    return [run[1].unknown for run in value.runs if run[1] is not None and run[1].unknown]


def is_solid(value: str) -> bool:
    """Are all unknown parts of the text such that trimming stops there?"""
    return all(unknown.solid for unknown in unknowns_in(value))


def runs_of(value: str) -> tuple[Run, ...]:
    """The runs of any string."""
    if isinstance(value, Text):
        return value.runs
    return ((len(value), None, 0, None),) if value else ()


def only_origin(value: object) -> Origin | None:
    """The place that a value comes from as a whole, if there is just one."""
    if isinstance(value, Text):
        origins = {id(run[1]): run[1] for run in value.runs if run[0]} or {0: value.runs[0][1] if value.runs else None}
        return next(iter(origins.values())) if len(origins) == 1 else None
    origin = getattr(value, "origin", None)
    return origin if isinstance(origin, Origin) else None


def cut(value: str, start: int, end: int) -> str:
    """`value[start:end]`, with the runs of that part."""
    if start <= 0 and end >= len(value):
        return value
    part = str.__getitem__(value, slice(start, end))
    if not isinstance(value, Text):
        return part
    runs = runs_between(value.runs, start, start + len(part))
    return text(part, runs or (value.runs[:1] and [(0, *value.runs[0][1:])]))


def runs_between(runs: tuple[Run, ...], start: int, end: int) -> list[Run]:
    """The runs of the characters from `start` up to `end`."""
    found = []
    at = 0
    for length, origin, shift, via in runs:
        low, high = max(start, at), min(end, at + length)
        if low < high or (not length and start <= at <= end):
            found.append((max(high - low, 0), origin, shift + max(low - at, 0), via))
        at += length
        if at > end:
            break
    return found


def joined(parts: Iterable[str]) -> str:
    """The parts one after the other, with their runs if any has some."""
    parts = list(parts)
    spend_text(sum(map(len, parts)))
    whole = "".join(parts)
    if not any(isinstance(part, Text) for part in parts):
        return whole
    spend(sum(len(part.runs) for part in parts if isinstance(part, Text)) // 8)
    return text(whole, [run for part in parts for run in runs_of(part)])


def edited(value: Text, changes: Iterable[tuple[int, int, str]]) -> Text:
    """The text with other texts in the place of spans, which are in order; the rest keeps its runs."""
    parts: list[str] = []
    runs: list[Run] = []
    source = iter(value.runs)
    run = next(source, None)
    at = done = 0

    def take(end: int, keep: bool) -> None:
        nonlocal run, at
        while run is not None and (at < end or (at == end and not run[0])):
            length, origin, shift, via = run
            taken = min(length, end - at)
            if keep:
                runs.append((taken, origin, shift, via))
            at += taken
            run = (length - taken, origin, shift + taken, via) if taken < length else next(source, None)

    for start, end, new in changes:
        take(start, True)
        take(end, False)
        parts += [str.__getitem__(value, slice(done, start)), new]
        if new:
            runs.append((len(new), None, 0, None))
        done = end
    take(len(value), True)
    made = text("".join([*parts, str.__getitem__(value, slice(done, len(value)))]), runs)
    assert isinstance(made, Text)
    return made


def indented(value: str, pad: str) -> str:
    """`value` with `pad` before each line."""
    spend_text(len(value) + (value.count("\n") + 1) * len(pad))
    whole = pad + value.replace("\n", "\n" + pad)
    if not isinstance(value, Text):
        return whole
    runs: list[Run] = [(len(pad), None, 0, None)]
    at = 0
    for run in value.runs:
        runs += _indented_run(str.__getitem__(value, slice(at, at + run[0])), run, len(pad))
        at += run[0]
    return text(whole, runs)


def _indented_run(part: str, run: Run, pad: int) -> list[Run]:
    length, origin, shift, via = run
    if "\n" not in part:
        return [run]
    if origin is None or not origin.exact:
        return [(length + part.count("\n") * pad, origin, shift, via)]
    runs: list[Run] = []
    at = 0
    for line in part.split("\n")[:-1]:
        taken = len(line) + 1
        runs += [(taken, origin, shift + at, via), (pad, None, 0, None)]
        at += taken
    return [*runs, (length - at, origin, shift + at, via)] if at < length else runs


def replaced(value: str, old: str, new: str) -> str:
    """`value` with each `old` replaced by `new`, the rest with its runs."""
    count = value.count(old)
    spend_text(len(value) + count * len(new))
    if not count:
        return value
    if not old or not (isinstance(value, Text) or isinstance(new, Text)):
        return value.replace(old, new)
    parts: list[str] = []
    at = 0
    while (found := value.find(old, at)) >= 0:
        parts += [cut(value, at, found), new]
        at = found + len(old)
    return joined([*parts, cut(value, at, len(value))])


def reshaped(value: str, new: str) -> str:
    """`new` as another spelling of `value`: it keeps the place, if that is one as a whole."""
    origin = only_origin(value)
    if origin is None or not isinstance(value, Text):
        return new
    if origin.exact:
        start = origin.start + value.runs[0][2]
        origin = Origin(origin.source, start, start + len(value))
    return from_one(new, origin, value.runs[0][3])


def made_of(value: str, new: str) -> str:
    """`new` as another form of all of `value`, which has its place; of several places the one that most comes from."""
    if only_origin(value) is not None or not isinstance(value, Text):
        return reshaped(value, new)
    lengths: dict[int, int] = {}
    for length, origin, _, _ in value.runs:
        if origin is not None and not origin.exact:
            lengths[id(origin)] = lengths.get(id(origin), 0) + length
    if not lengths or not any(lengths.values()):
        return new
    most = max(lengths, key=lambda each: lengths[each])
    run = next(run for run in value.runs if id(run[1]) == most)
    return from_one(new, run[1], run[3])
