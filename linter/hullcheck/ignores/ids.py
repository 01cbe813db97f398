"""Other tools' ids, and the checks that cover the same concern."""

import re
from fnmatch import fnmatchcase

from hullcheck.check import Registry


class Ids:
    """The checks by the ids of one tool at a time: `all` and DL3002 mean something else to each."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._by_tool: dict[str, dict[str, set[str]]] = {}
        for check in registry.entries.values():
            for alias in check.aliases:
                tool, _, identity = alias.partition(":")
                self._by_tool.setdefault(tool, {}).setdefault(identity.lower(), set()).add(check.name)

    def all(self, tool: str) -> frozenset[str]:
        """Every check that does what a rule of the tool does."""
        return frozenset().union(*self._by_tool.get(tool, {}).values())

    def names(self, tool: str, *words: str) -> frozenset[str]:
        """The checks that the tool's ids mean; ids without a counterpart mean none. `*` stands for anything."""
        return frozenset().union(*(self._named(tool, word.strip()) for word in words))

    def _named(self, tool: str, word: str) -> set[str]:
        known = self._by_tool.get(tool, {})
        if "*" in word:
            wanted = _plain(word)
            return set().union(*(names for key, names in known.items() if fnmatchcase(_plain(key), wanted)))
        return known.get(word.lower()) or (self._registry.named(word) & self.all(tool) if word else set())


def _plain(identity: str) -> str:
    """An id without what its spellings differ in: `AVD-DS-0002` and `DS002` are `ds2`."""
    return re.sub(r"-?(?P<digits>\d++)|-(?=\*)", _shortened, identity.lower().removeprefix("avd-"))


def _shortened(match: re.Match[str]) -> str:
    digits = match["digits"] or ""
    more = match.string[match.end() : match.end() + 1] == "*"
    return digits.lstrip("0") or ("" if more else digits[-1:])
