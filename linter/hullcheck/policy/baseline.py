"""A file of old findings that don't count: sorted, one a line, without line numbers."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from hullcheck import look
from hullcheck.errors import HullcheckError
from hullcheck.finding import Finding, Suppression
from hullcheck.policy.ignores import NEVER
from hullcheck.source import Location, Source
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any

DEFAULT = ".hullcheck-baseline.json"

_OPTIONAL = {"count": int, "object": str, "reason": str, "scope": str, "until": str}


class Entry(NamedTuple):
    """Equal findings of an owner: which, how many, why they are accepted and until when.

    `object` is for the reader. `scope` is the project or world that the owner runs in, empty for the file itself.
    """

    path: str
    name: str
    object: str
    id: str
    times: int = 1
    reason: str = ""
    until: date | None = None
    scope: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        return self.path, self.scope, self.id


class Baseline(NamedTuple):
    """The entries, and the file itself."""

    source: Source
    entries: tuple[Entry, ...]

    def present(self, root: str) -> frozenset[str]:
        """The files of the entries that are there."""
        return frozenset(e.path for e in self.entries if look.lexists(os.path.join(root, e.path)))

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
    said = value["path"], value["name"], value.get("object", ""), value["id"]
    return Entry(*said, times, reason, until, value.get("scope", ""))


def render(entries: Iterable[Entry]) -> str:
    """The file's text: merging two of them is merging lines."""
    lines = ",\n".join(f"    {json.dumps(_plain(entry), ensure_ascii=False)}" for entry in sorted(entries, key=_order))
    return (
        f'{{\n  "version": 1,\n  "findings": [\n{lines}\n  ]\n}}\n'
        if lines
        else '{\n  "version": 1,\n  "findings": []\n}\n'
    )


def _order(entry: Entry) -> tuple[str, ...]:
    return entry.path, entry.name, entry.object, entry.scope, entry.id


def _plain(entry: Entry) -> dict[str, object]:
    plain: dict[str, object] = {key: getattr(entry, key) for key in ("path", "name", "object", "id")}
    if entry.scope:
        plain["scope"] = entry.scope
    if entry.times != 1:
        plain["count"] = entry.times
    if entry.reason:
        plain["reason"] = entry.reason
    if entry.until:
        plain["until"] = entry.until.isoformat()
    return plain


def entries(findings: Iterable[tuple[Finding, Entry | None]]) -> list[Entry]:
    """Entries for findings; why an old entry was accepted, and until when, is kept."""
    found: dict[tuple[str, str, str], Entry] = {}
    for finding, old in findings:
        if finding.name not in NEVER:
            path, scope = finding.location.path, _scope(finding)
            made = Entry(path, finding.name, finding.owner, finding.fingerprint, scope=scope)
            if made.key in found:
                found[made.key] = found[made.key]._replace(times=found[made.key].times + 1)
            else:
                found[made.key] = made._replace(reason=old.reason, until=old.until) if old else made
    return list(found.values())


def _scope(finding: Finding) -> str:
    """The scope as an entry has it: none where it is the file itself."""
    return "" if finding.scope == finding.location.path else finding.scope


class Now(NamedTuple):
    """What is there now: the `files` of the entries, and all scopes; and what files and scopes were called before.

    `renamed` are the old paths of files by their new ones, None where that isn't known; `renamed_scopes` likewise.
    """

    files: frozenset[str]
    scopes: frozenset[str]
    renamed: Mapping[str, str] | None = None
    renamed_scopes: Mapping[str, str] = {}


def apply(findings: Iterable[Finding], baseline: Baseline, today: date, now: Now) -> Applied:
    """Mark the findings that the baseline holds, each entry as many as it counts; one whose day is over holds none.

    An entry is about an owner. It holds another's only if its own is gone: the scope isn't there any more, or the file
    isn't and one of its name is elsewhere.
    """
    search = _Search(baseline, today, now)
    findings = tuple(findings)
    found = tuple(map(search.entry, findings))
    marked = (
        finding if entry is None else finding._replace(suppression=Suppression("baseline", entry.reason))
        for finding, entry in zip(findings, found, strict=True)
    )
    return Applied(tuple(marked), found, search.stale())


class _Search:
    """The entries that are left, by what they are about."""

    def __init__(self, baseline: Baseline, today: date, now: Now) -> None:
        self.now = now
        self.left: Counter[tuple[str, str, str]] = Counter()
        self.said: dict[tuple[str, str, str], Entry] = {}
        self.by_id: dict[str, list[tuple[str, str, str]]] = {}
        for entry in baseline.entries:
            if entry.until is None or today <= entry.until:
                self.left[entry.key] += entry.times
            if entry.key not in self.said:
                self.said[entry.key] = entry
                self.by_id.setdefault(entry.id, []).append(entry.key)

    def stale(self) -> dict[Entry, int]:
        return {self.said[key]: count for key, count in self.left.items() if count > 0}

    def entry(self, finding: Finding) -> Entry | None:
        """The entry that stands for a finding, which is taken off what is left; none for one that reaches further now."""
        if finding.suppression is not None or finding.reached or finding.name in NEVER:
            return None
        identity = finding.fingerprint
        keys = self.by_id.get(identity)
        for key in self._candidates(finding, identity, keys) if keys else ():
            if self.left[key] > 0:
                self.left[key] -= 1
                return self.said[key]
        return None

    def _candidates(
        self, finding: Finding, identity: str, keys: list[tuple[str, str, str]]
    ) -> Iterator[tuple[str, str, str]]:
        now, path, scope = self.now, finding.location.path, _scope(finding)
        old = (now.renamed or {}).get(path, path)
        before = now.renamed_scopes.get(scope, scope)
        yield path, scope, identity
        yield old, "" if before == old else before, identity
        for key in keys:
            if key[0] in (path, old) and (key[1] or key[0]) not in now.scopes:
                yield key
        name = path.rpartition("/")[2]
        for key in keys if now.renamed is None else ():
            if key[0] not in now.files and key[0].rpartition("/")[2] == name:
                yield key


def stale_message(stale: Mapping[Entry, int]) -> str:
    """What is in the baseline and not in the files any more, in a sentence."""
    first, count = min(stale, key=_order), sum(stale.values())
    more = f" and {count - 1} more" if count > 1 else ""
    verb = "are" if count > 1 else "is"
    return f"{first.name} in {first.path}{more} {verb} not found any more: `hullcheck baseline prune`"


def additions(old: Iterable[Entry], new: Iterable[Entry]) -> Iterator[Entry]:
    """What the new entries hold beyond the old ones, or for longer."""
    before: dict[tuple[str, str, str], Entry] = {}
    for entry in old:
        known = before.get(entry.key)
        before[entry.key] = entry if known is None else known._replace(times=known.times + entry.times)
    for entry in new:
        known = before.get(entry.key)
        if known is None or entry.times > known.times:
            yield entry._replace(times=entry.times - (known.times if known else 0))
        elif known.until is not None and (entry.until is None or entry.until > known.until):
            yield entry
