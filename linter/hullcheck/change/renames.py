"""What is still the same after it was moved or renamed: files by their content, places by the lines around them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from hullcheck.source import Location, Source
from hullcheck.tuples import NamedTuple

_HALF = 0.5
"""Share of the content that a renamed file keeps: git's own threshold."""

_SAME = 0.7
"""Share of the lines around a place that are kept."""

_BEFORE, _AFTER = 4, 8
"""Lines that are looked at around a place."""

_FAR = 2_000
"""Lines above a place in which what encloses it is looked for."""

_COMMON = 50
_TRIES = 20
"""What keeps the cost linear: in how many files a line still tells something, and how many files are compared in full."""


class Content(NamedTuple):
    """A file's lines without the blanks around them, how often each, and the length of them all."""

    lines: Counter[str]
    length: int

    @classmethod
    def of(cls, text: str) -> "Content":
        lines = Counter(line.strip() for line in text.splitlines())
        return cls(lines, sum(len(line) * count for line, count in lines.items()))

    def share(self, other: "Content") -> float:
        """How much of the longer of the two is in both, from 0 to 1."""
        return self._common(other) / max(self.length, other.length, 1)

    def kept_in(self, other: "Content") -> float:
        """How much of this one is in the other, whatever else that holds."""
        return self._common(other) / max(self.length, 1)

    def _common(self, other: "Content") -> int:
        return sum(len(line) * min(count, other.lines[line]) for line, count in self.lines.items())


def renames(base: Mapping[str, Source], head: Mapping[str, Source]) -> dict[str, str]:
    """The new paths of files that were renamed, with their old ones."""
    gone = {path: source.text for path, source in base.items() if path not in head}
    fresh = {path: source.text for path, source in head.items() if path not in base}
    if not gone or not fresh:
        return {}
    found = _identical(gone, fresh)
    taken = set(found.values())
    old = {path: Content.of(text) for path, text in gone.items() if path not in taken}
    new = {path: Content.of(text) for path, text in fresh.items() if path not in found}
    for _, _, before, after in sorted(_scores(old, new)):
        if after not in found and before not in taken:
            found[after] = before
            taken.add(before)
    return found


def renamed_scopes(
    base: Mapping[str, frozenset[str]], head: Mapping[str, frozenset[str]], renamed: Mapping[str, str]
) -> dict[str, str]:
    """The new names of scopes that are called otherwise now, with their old ones: those that share most files.

    What Compose takes by itself was rather what it took by itself before than what somebody had to ask for.
    """
    gone = {name: files for name, files in base.items() if name not in head}
    fresh = {name: files for name, files in head.items() if name not in base}
    if not gone or not fresh:
        return {}
    holders: dict[str, list[str]] = {}
    for name, files in gone.items():
        for path in files:
            holders.setdefault(path, []).append(name)
    scores = []
    for name, files in fresh.items():
        old = {renamed.get(path, path) for path in files}
        shared = Counter(holder for path in old for holder in holders.get(path, ())[:_COMMON])
        scores += [
            (_is_default(name) and not _is_default(holder), -count / max(len(old), len(gone[holder])), holder, name)
            for holder, count in shared.items()
        ]
    found: dict[str, str] = {}
    taken: set[str] = set()
    for _, _, before, after in sorted(scores):
        if after not in found and before not in taken:
            found[after] = before
            taken.add(before)
    return found


def _is_default(scope: str) -> bool:
    """Is it one file, or that and the override beside it? So is a world."""
    _, *others = scope.split(" + ")
    return not others or (len(others) == 1 and ".override.y" in others[0])


def _identical(gone: Mapping[str, str], fresh: Mapping[str, str]) -> dict[str, str]:
    by_text: dict[str, list[str]] = {}
    for path in sorted(gone):
        by_text.setdefault(gone[path], []).append(path)
    found = {}
    for path in sorted(fresh):
        candidates = by_text.get(fresh[path])
        if candidates:
            best = next((c for c in candidates[:_COMMON] if _name(c) == _name(path)), candidates[0])
            candidates.remove(best)
            found[path] = best
    return found


def _scores(old: Mapping[str, Content], new: Mapping[str, Content]) -> Iterator[tuple[float, bool, str, str]]:
    """Pairs that share half or more, as sort keys: the likest first, and of these the ones that keep their name."""
    holders: dict[str, list[str]] = {}
    for path, content in old.items():
        for line in content.lines:
            holders.setdefault(line, []).append(path)
    for path, content in new.items():
        telling = (holders[line] for line in content.lines if len(holders.get(line, ())) in range(1, _COMMON + 1))
        shared = Counter(candidate for candidates in telling for candidate in candidates)
        for candidate, _ in shared.most_common(_TRIES):
            share = content.share(old[candidate])
            if share >= _HALF:
                yield -share, _name(candidate) != _name(path), candidate, path


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def alike(old: Location, new: Location, renamed: tuple[str, str] = ("", "")) -> bool:
    """Do two places stand among the same lines, apart from blanks, comments and a name that was changed?"""
    before, after = _around(old, *renamed), _around(new)
    return (before & after).total() >= _SAME * max(before.total(), after.total())


def enclosing(location: Location) -> list[str]:
    """The lines that a line is in, by their indentation, from the inside out; in a Dockerfile the stage's first."""
    source, number = location.source, location.line
    depth, found = _depth(source.line(number)), []
    for above in range(number - 1, max(0, number - _FAR), -1):
        line = source.line(above)
        content = line.strip()
        if content[:5].upper() == "FROM " or (_depth(line) < depth and content and not content.startswith("#")):
            found.append(content)
            depth = _depth(line)
        if found and not depth:
            break
    return found


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def is_dockerfile(location: Location) -> bool:
    return not location.path.endswith((".yaml", ".yml", ".json", ".tpl"))


def _around(location: Location, old: str = "", new: str = "") -> Counter[str]:
    """The lines around a place, of the same stage or document."""
    source, at = location.source, location.line
    first, last = at, at
    while first > max(1, at - _BEFORE) and not _starts(source.line(first)):
        first -= 1
    while last < at + _AFTER and not _starts(source.line(last + 1)):
        last += 1
    lines = [source.line(number).strip() for number in range(first, last + 1)]
    if old != new and old:
        word = re.compile(rf"(?<![\w.-]){re.escape(old)}(?![\w-])")
        lines = [word.sub(lambda match: new, line) for line in lines]
    return Counter(line for line in lines if line and not line.startswith("#"))


def _starts(line: str) -> bool:
    """Does a stage or a document start here?"""
    return line.startswith("---") or line[:5].upper() == "FROM "
