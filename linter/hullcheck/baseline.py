"""A file of old findings that don't count: sorted, one a line, without line numbers."""

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from hullcheck.errors import HullcheckError
from hullcheck.finding import Finding, Suppression
from hullcheck.ignores import NEVER
from hullcheck.source import Location, Source

DEFAULT = ".hullcheck-baseline.json"

_OPTIONAL = {"count": int, "object": str, "reason": str, "until": str}


class Entry(NamedTuple):
    """Equal findings of a file: which, how many, why they are accepted and until when. `object` is for the reader."""

    path: str
    name: str
    object: str
    id: str
    times: int = 1
    reason: str = ""
    until: date | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.path, self.id


class Baseline(NamedTuple):
    """The entries, and the file itself."""

    source: Source
    entries: tuple[Entry, ...]

    def present(self, root: str) -> frozenset[str]:
        """The files of the entries that are there."""
        return frozenset(e.path for e in self.entries if os.path.lexists(os.path.join(root, e.path)))

    def place(self, entry: Entry) -> Location:
        """The line of an entry."""
        lines = range(1, self.source.line_count + 1)
        words = (json.dumps(entry.id), json.dumps(entry.path, ensure_ascii=False))
        return self.source.at_line(next((n for n in lines if all(w in self.source.line(n) for w in words)), 1))


class Applied(NamedTuple):
    """Findings, those of the baseline marked; the entry of each or None; and how many of an entry are not found now."""

    findings: tuple[Finding, ...]
    entries: tuple[Entry | None, ...]
    stale: dict[Entry, int]


def parse(path: str, data: bytes) -> Baseline:
    """The baseline that `data`, the content of `path`, is; raises HullcheckError if it is none."""
    source = Source(path, data)
    try:
        value = json.loads(source.text)
    except (ValueError, RecursionError) as error:
        raise HullcheckError(f"{path}: not a baseline: {error}") from None
    if not isinstance(value, dict) or value.get("version") != 1 or not isinstance(value.get("findings"), list):
        raise HullcheckError(f'{path}: not a baseline: `"version": 1` and a list of `findings` are expected')
    return Baseline(source, tuple(_entry(path, number, entry) for number, entry in enumerate(value["findings"], 1)))


def _entry(path: str, number: int, value: Any) -> Entry:
    where = f"{path}: finding {number}"
    if not isinstance(value, dict) or any(not isinstance(value.get(key), str) for key in ("path", "name", "id")):
        raise HullcheckError(f"{where}: `path`, `name` and `id` are expected")
    for key, kind in _OPTIONAL.items():
        if key in value and (not isinstance(value[key], kind) or isinstance(value[key], bool)):
            raise HullcheckError(f"{where}: `{key}` is no {kind.__name__}")
    unknown = value.keys() - {"path", "name", "id", *_OPTIONAL}
    if unknown:
        raise HullcheckError(f"{where}: unknown key `{min(unknown)}`")
    try:
        until = date.fromisoformat(value["until"]) if "until" in value else None
    except ValueError:
        raise HullcheckError(f"{where}: there is no such day: {value['until']}") from None
    times, reason = value.get("count", 1), value.get("reason", "")
    return Entry(value["path"], value["name"], value.get("object", ""), value["id"], times, reason, until)


def render(entries: Iterable[Entry]) -> str:
    """The file's text: merging two of them is merging lines."""
    lines = ",\n".join(f"    {json.dumps(_plain(entry), ensure_ascii=False)}" for entry in sorted(entries, key=_order))
    return (
        f'{{\n  "version": 1,\n  "findings": [\n{lines}\n  ]\n}}\n'
        if lines
        else '{\n  "version": 1,\n  "findings": []\n}\n'
    )


def _order(entry: Entry) -> tuple[str, ...]:
    return entry.path, entry.name, entry.object, entry.id


def _plain(entry: Entry) -> dict[str, object]:
    plain: dict[str, object] = {key: getattr(entry, key) for key in ("path", "name", "object", "id")}
    if entry.times != 1:
        plain["count"] = entry.times
    if entry.reason:
        plain["reason"] = entry.reason
    if entry.until:
        plain["until"] = entry.until.isoformat()
    return plain


def entries(findings: Iterable[tuple[Finding, Entry | None]]) -> list[Entry]:
    """Entries for findings; why an old entry was accepted, and until when, is kept."""
    found: dict[tuple[str, str], Entry] = {}
    for finding, old in findings:
        if finding.name not in NEVER:
            made = Entry(finding.location.path, finding.name, finding.owner, finding.fingerprint)
            if made.key in found:
                found[made.key] = found[made.key]._replace(times=found[made.key].times + 1)
            else:
                found[made.key] = made._replace(reason=old.reason, until=old.until) if old else made
    return list(found.values())


def apply(
    findings: Iterable[Finding],
    baseline: Baseline,
    today: date,
    present: frozenset[str],
    renamed: Mapping[str, str] | None = None,
) -> Applied:
    """Mark the findings that the baseline holds, each entry as many as it counts; one whose day is over holds none.

    `renamed` are the old paths of files by their new ones, where that is known. Where it isn't, an entry of a file
    that is not among those `present` counts for one of the same name elsewhere.
    """
    left: Counter[tuple[str, str]] = Counter()
    said: dict[tuple[str, str], Entry] = {}
    for entry in baseline.entries:
        if entry.until is None or today <= entry.until:
            left[entry.key] += entry.times
        said.setdefault(entry.key, entry)
    moved = _moved(left, present) if renamed is None else {}
    findings = tuple(findings)
    found = tuple(_entry_of(finding, left, said, renamed or {}, moved) for finding in findings)
    marked = (
        finding if entry is None else finding._replace(suppression=Suppression("baseline", entry.reason))
        for finding, entry in zip(findings, found, strict=True)
    )
    return Applied(tuple(marked), found, {said[key]: count for key, count in left.items() if count > 0})


def _moved(left: Mapping[tuple[str, str], int], present: frozenset[str]) -> dict[tuple[str, str], list[str]]:
    """The old paths of files that are gone, by their name without folders and by what was found there."""
    found: dict[tuple[str, str], list[str]] = {}
    for path, identity in left:
        if path not in present:
            found.setdefault((path.rpartition("/")[2], identity), []).append(path)
    return found


def _entry_of(
    finding: Finding,
    left: Counter[tuple[str, str]],
    said: Mapping[tuple[str, str], Entry],
    renamed: Mapping[str, str],
    moved: Mapping[tuple[str, str], list[str]],
) -> Entry | None:
    """The entry that stands for a finding, which is taken off what is left."""
    if finding.suppression is not None or finding.name in NEVER:
        return None
    path, identity = finding.location.path, finding.fingerprint
    for candidate in (path, renamed.get(path, path), *moved.get((path.rpartition("/")[2], identity), ())):
        if left[candidate, identity] > 0:
            left[candidate, identity] -= 1
            return said[candidate, identity]
    return None


def stale_message(stale: Mapping[Entry, int]) -> str:
    """What is in the baseline and not in the files any more, in a sentence."""
    first, count = min(stale, key=_order), sum(stale.values())
    more = f" and {count - 1} more" if count > 1 else ""
    verb = "are" if count > 1 else "is"
    return f"{first.name} in {first.path}{more} {verb} not found any more: `hullcheck baseline prune`"


def additions(old: Iterable[Entry], new: Iterable[Entry]) -> Iterator[Entry]:
    """What the new entries hold beyond the old ones, or for longer."""
    before: dict[tuple[str, str], Entry] = {}
    for entry in old:
        known = before.get(entry.key)
        before[entry.key] = entry if known is None else known._replace(times=known.times + entry.times)
    for entry in new:
        known = before.get(entry.key)
        if known is None or entry.times > known.times:
            yield entry._replace(times=entry.times - (known.times if known else 0))
        elif known.until is not None and (entry.until is None or entry.until > known.until):
            yield entry
