"""Other tools' ids, and the findings that their rules are about."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from fnmatch import fnmatchcase

from hullcheck.check import Registry
from hullcheck.terms import Term, Terms


class Ids:
    """What the ids of one tool at a time stand for: `all` and DL3002 mean something else to each."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._by_tool: dict[str, dict[str, set[Term]]] = {}
        for entry in registry.entries.values():
            for term in entry.terms:
                tool, _, identity = term.peer.partition(":")
                if not term.when.related:
                    self._by_tool.setdefault(tool, {}).setdefault(identity.lower(), set()).add(term)

    def all(self, tool: str) -> Terms:
        """What all rules of the tool are about."""
        return frozenset().union(*self._by_tool.get(tool, {}).values())

    def terms(self, tool: str, *words: str) -> Terms:
        """What the tool's ids stand for; ids without a counterpart stand for nothing. `*` stands for anything."""
        return frozenset().union(*(self._meant(tool, word.strip()) for word in words))

    def _meant(self, tool: str, word: str) -> AbstractSet[Term]:
        known = self._by_tool.get(tool, {})
        if "*" in word:
            wanted = _plain(word)
            return set().union(*(terms for key, terms in known.items() if fnmatchcase(_plain(key), wanted)))
        return known.get(word.lower()) or (self._registry.by_id(word) & self.all(tool) if word else set())


def _plain(identity: str) -> str:
    """An id without what its spellings differ in: `AVD-DS-0002` and `DS002` are `ds2`."""
    return re.sub(r"-?(?P<digits>\d++)|-(?=\*)", _shortened, identity.lower().removeprefix("avd-"))


def _shortened(match: re.Match[str]) -> str:
    digits = match["digits"] or ""
    more = match.string[match.end() : match.end() + 1] == "*"
    return digits.lstrip("0") or ("" if more else digits[-1:])
