"""What a change does to all that runs, as text that a reviewer reads from the gravest to the least; and as Markdown."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence

from hullcheck.model.masking import merged, spans
from hullcheck.model.node import Node, Scalar
from hullcheck.report.safe import clean, told
from hullcheck.show.decided import Place
from hullcheck.show.difference import Cause, Change, Unknown, Whole
from hullcheck.show.emit import inline, value, yaml_lines
from hullcheck.show.redact import REDACTED
from hullcheck.show.risk import summary
from hullcheck.show.story import Change as FactChange
from hullcheck.tuples import NamedTuple

NOTHING = "nothing changes in what runs"
MAX_WIDTH = 100
MAX_OBJECTS = 12
MAX_LINES = 12
MAX_DIFF = 2_000
"""Lines of a text up to which the shortest difference is looked for."""

_POD = (
    ("spec", "template", "spec"), ("spec", "jobTemplate", "spec", "template", "spec"),
)  # fmt: skip
_TOLD_BY_VALUES = {
    "image": frozenset(("image",)),
    "memory limit": frozenset(("memory", "mem_limit", "resources")),
    "cpu limit": frozenset(("cpu", "cpus", "resources")),
    "port": frozenset(("ports", "expose", "ExposedPorts")),
}
"""Topics of facts that say no more than the values under these keys."""


class Style(NamedTuple):
    """`verbose` leaves nothing out; without `places` no lines are named; `marked` is Markdown; `path` makes what is printed of a path."""

    verbose: bool = False
    places: bool = True
    marked: bool = False
    path: Callable[[str], str] = str


def render(whole: Whole, style: Style = Style()) -> str:  # noqa: B008  a constant
    """Everything as text, or as Markdown."""
    sections = [
        ("security", [*_facts(whole, style), *_causes((c for c in whole.causes if c.risk is not None), style)]),
        ("what runs", [*_renamed(whole), *_causes((c for c in whole.causes if c.risk is None), style)]),
        ("not compared in full", [line for each in whole.unknown for line in _unknown(each, style)]),
    ]
    lines: list[str] = []
    if whole.empty:
        sections = sections[2:]
        lines = [f"as far as is known, {NOTHING}" if whole.unknown else NOTHING]
    for title, found in sections:
        if found and style.marked:
            block = [*([""] if lines else []), f"### {title.capitalize()}", "", *_fenced(found)]
        elif found:
            block = [*([""] if lines else []), f"{title}:", *(f"  {line}" for line in found)]
        else:
            block = []
        lines += block
    return "\n".join(lines) + "\n"


def _fenced(lines: list[str]) -> list[str]:
    """A block of code whose lines, which come from the repository, can't end it."""
    longest = max((len(line) - len(line.lstrip("`")) for line in (each.strip("+-~ ") for each in lines)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}diff", *lines, fence]


def _facts(whole: Whole, style: Style) -> Iterator[str]:
    """What containers may do now, once for each cause."""
    differing: dict[tuple[str, str], set[str]] = {}
    for each in whole.causes:
        for change in each.changes:
            steps = differing.setdefault((change.thing.world, change.thing.owner), set())
            steps.update(change.difference.path or ("",))
    groups: dict[tuple[str, str], list[FactChange]] = {}
    for fact in whole.facts:
        if not _is_told(fact, differing):
            groups.setdefault((fact.text, fact.because(style.path)), []).append(fact)
    for (text, cause), found in groups.items():
        because = f", {cause}" if style.places else ""
        if len(found) == 1:
            yield clean(told(f"{found[0].title}: {text}{because}"))
            continue
        yield clean(told(f"{text}{because}:"))
        yield from _listed([told(fact.title) for fact in found], style)


def _is_told(fact: FactChange, differing: dict[tuple[str, str], set[str]]) -> bool:
    """Do the values that differ say the same, and no more is to be said of it?"""
    world, _, inner = fact.owner.partition("#")
    thing, _, container = inner.rpartition("/")
    steps = differing.get((world, thing), set()) | differing.get((world, inner), set())
    if fact.text in ("is new", "is gone"):
        return "" in steps or f"[{container}]" in steps
    return not _TOLD_BY_VALUES.get(fact.topic, frozenset()).isdisjoint(steps)


def _listed(names: Iterable[str], style: Style) -> Iterator[str]:
    found = list(dict.fromkeys(names))
    limit = len(found) if style.verbose or len(found) <= MAX_OBJECTS + 1 else MAX_OBJECTS
    yield from (f"    {clean(name)}" for name in found[:limit])
    if len(found) > limit:
        yield f"    and {len(found) - limit} more (-v names them)"


def _renamed(whole: Whole) -> Iterator[str]:
    for before, after in whole.renamed:
        kinds = f"{after.kind}, before: {before.kind}" if after.kind != before.kind else after.kind
        yield clean(f"{before.name} is {after.name} now ({kinds})")


def _causes(causes: Iterable[Cause], style: Style) -> Iterator[str]:
    def rank(cause: Cause) -> tuple[object, ...]:
        first = cause.changes[0]
        return (cause.risk or 0, first.thing.kind, first.thing.world, first.thing.title, first.difference.path)

    for cause in sorted(causes, key=rank):
        yield from _cause(cause, style)


def _cause(cause: Cause, style: Style) -> Iterator[str]:
    first = cause.changes[0]
    if len(cause.changes) == 1:
        place = _places([first], style.path) if style.places else ""
        yield from _told(first, f"{object_name(first)}{_colon(first)}", place, style)
        return
    place = _places(cause.changes, style.path) if style.places else ""
    names = [object_name(change) for change in cause.changes]
    paths = {short(change) for change in cause.changes}
    head = paths.pop() if len(paths) == 1 else ""
    if not first.difference.path:
        yield f"{mark_of(first)} {len(cause.changes)} objects{place}"
    elif first.secret or len({(_text(change.before), _text(change.after)) for change in cause.changes}) == 1:
        yield from _told(first, head, place, style)
    else:
        lead = f"{head}: " if head else ""
        yield from _wrapped(f"{mark_of(first)} {lead}", masked(cause.was), masked(cause.now), place)
    if not head and first.difference.path:
        names = [f"{name}: {short(change)}" for name, change in zip(names, cause.changes, strict=True)]
    yield from _listed(names, style)


def _colon(change: Change) -> str:
    return f": {short(change)}" if change.difference.path else ""


def object_name(change: Change) -> str:
    """The thing and its world; with what it was called, if it is called otherwise now."""
    thing = change.thing
    name = f"{thing.title} of {thing.world}" if thing.kind == "image" else f"{thing.title} in {thing.world}"
    old = change.match.before
    if old is not None and change.match.after is not None and old.title != thing.title:
        name += f" (before: {old.title})"
    if old is not None and old.world != thing.world and change.difference.path == ():
        name += f" (before in {old.world})"
    return name


def short(change: Change) -> str:
    """The path in a thing, without what leads to every pod's specification."""
    return joined(_without_pod(change.difference.path))


def _without_pod(path: tuple[str, ...]) -> tuple[str, ...]:
    for lead in _POD:
        if path[: len(lead)] == lead and len(path) > len(lead):
            return path[len(lead) :]
    return path


def joined(path: tuple[str, ...]) -> str:
    """A path in words: `containers[web].image`."""
    made = ""
    for step in path:
        made += step if step.startswith("[") or not made else f".{step}"
    return made


def mark_of(change: Change) -> str:
    if change.difference.before is None:
        return "+"
    return "-" if change.difference.after is None else "~"


def _told(change: Change, head: str, place: str, style: Style) -> Iterator[str]:
    """One change: what it is about, both values, and where they were decided."""
    mark, old, new = mark_of(change), change.before, change.after
    if not change.difference.path:
        what = summary(change.thing)
        yield f"{mark} {clean(head)}{clean(f': {what}') if what else ''}{place}"
        if style.verbose:
            yield from _block(mark, new if new is not None else old, style)
        return
    if change.difference.reordered:
        yield f"~ {clean(head)}: in another order{place}"
        return
    if change.secret:
        yield f"~ {clean(head)}: {REDACTED} -> {REDACTED}, another value{place}"
        return
    lines = _lines_of(old) if old is not None else []
    after = _lines_of(new) if new is not None else []
    if old is not None and new is not None and max(len(lines), len(after)) > 1:
        yield f"~ {clean(head)}{place}"
        yield from _shortened(list(_line_changes(lines, after)), style)
    elif old is not None and new is not None:
        yield from _wrapped(f"~ {clean(head)}: ", _text(old), _text(new), place)
    else:
        node = new if new is not None else old
        assert node is not None
        text = _text(node)
        if len(text) <= MAX_WIDTH and "\n" not in text:
            yield f"{mark} {clean(head)}: {clean(text)}{place}"
        else:
            yield f"{mark} {clean(head)}{place}"
            yield from _block(mark, node, style)


def _wrapped(lead: str, old: str, new: str, place: str) -> Iterator[str]:
    old, new = clean(_cut(old)), clean(_cut(new))
    if len(lead) + len(old) + len(new) <= 2 * MAX_WIDTH:
        yield f"{lead}{old} -> {new}{place}"
    else:
        yield f"{lead.rstrip(': ')}{place}"
        yield f"    - {old}"
        yield f"    + {new}"


def _cut(text: str) -> str:
    """The text; of a very long one the start and how much there is of it."""
    return text if len(text) <= 10 * MAX_WIDTH else f"{text[: 10 * MAX_WIDTH]}... ({len(text)} characters)"


def _block(mark: str, node: Node | None, style: Style) -> Iterator[str]:
    if node is None:
        return
    lines = []
    for line in yaml_lines(node):
        at = (
            f"  # {style.path(line.node.source.path)}:{line.node.location.line}"
            if line.node is not None and style.places
            else ""
        )
        lines.append(f"    {mark} {clean(masked(line.text))}{clean(at)}")
    yield from _shortened(lines, style)


def _shortened(lines: list[str], style: Style) -> Iterator[str]:
    limit = len(lines) if style.verbose or len(lines) <= MAX_LINES + 1 else MAX_LINES
    yield from lines[:limit]
    if len(lines) > limit:
        yield f"    and {len(lines) - limit} lines more (-v shows them)"


def _lines_of(node: Node) -> list[str]:
    return node.text.split("\n") if isinstance(node, Scalar) and not node.unknown and "\n" in node.text else [""]


def _line_changes(old: list[str], new: list[str]) -> Iterator[str]:
    if max(len(old), len(new)) > MAX_DIFF:
        yield f"    {len(old)} lines before, {len(new)} now"
        return
    old, new = masked("\n".join(old)).split("\n"), masked("\n".join(new)).split("\n")
    found = [
        line for line in difflib.unified_diff(old, new, n=0, lineterm="") if not line.startswith(("---", "+++", "@@"))
    ]
    yield from (f"    {line[0]} {clean(line[1:])}" for line in found)
    if not found:
        yield f"    a secret in it is another ({REDACTED})"


def _text(node: Node | None) -> str:
    if node is None:
        return ""
    if node.unknown or isinstance(node, Scalar):
        return masked(inline(node))
    return masked(json.dumps(value(node), ensure_ascii=False, default=str))


def masked(text: str) -> str:
    """The text without what looks like a credential wherever it stands."""
    for start, end in reversed(list(merged(spans(text)))):
        if text[start:end] != REDACTED:
            text = f"{text[:start]}{REDACTED}{text[end:]}"
    return text


def _places(changes: Sequence[Change], path: Callable[[str], str]) -> str:
    """The lines that decided a value, now and before: those that all of the changes have in common."""
    new, old = _common([change.now_at for change in changes]), _common([change.was_at for change in changes])
    if new is None:
        return clean(f" (before: {_place(old, path)})") if old is not None else ""
    because = f", {new.because}" if new.because else ""
    if old is None or _place(old) == _place(new) or (new.other and not old.other):
        return clean(f" ({_place(new, path)}{because})")
    return clean(f" ({_place(new, path)}{because}; before: {_place(old, path)})")


def _common(places: Sequence[Place | None]) -> Place | None:
    return places[0] if len({_place(place) for place in places}) == 1 else None


def _place(place: Place | None, path: Callable[[str], str] = str) -> str:
    return f"{path(place.path)}:{place.line}" if place is not None else ""


def _unknown(found: Unknown, style: Style) -> Iterator[str]:
    side = {"before": "before: ", "after": "now: "}.get(found.side, "")
    count = f" ({found.times} of them)" if found.times > 1 else ""
    place = (
        f" ({style.path(found.location.path)}:{found.location.line})"
        if found.location is not None and style.places
        else ""
    )
    yield clean(f"{side}{told(found.text)}{count}{place}")
