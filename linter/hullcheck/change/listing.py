"""The files of a commit and of the index, as git lists them: read as a whole, and compared row by row where they differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, KeysView, Mapping
from functools import cached_property

from hullcheck.tuples import NamedTuple

LINK = "120000"
SUBMODULE = "160000"
_MODE = 6
"""Characters of a mode; a blank and an id are behind it."""


class Blob(NamedTuple):
    """A file of a commit: its object, which repository (a submodule's folder, else empty) has it, and its mode."""

    id: str
    repository: str
    mode: str


class Listing:
    """What git lists: the mode and id of each name, in git's order.

    `modes` are those of links and submodules, if there are any.
    """

    def __init__(self, rows: list[str], modes: frozenset[str], like: "Listing | None" = None) -> None:
        self.modes = modes
        self._rows: list[str] | None = rows
        self._like = like
        self._differing: tuple[Listing, dict[str, str], dict[str, str]] | None = None

    @classmethod
    def but_for(cls, later: "Listing", own: dict[str, str], theirs: dict[str, str]) -> "Listing":
        """What is listed as in a later one, but for what only the one or the other has."""
        made = cls([], later.modes | {said[:_MODE] for said in own.values()})
        made._rows = None
        made._differing = (later, own, theirs)
        made.__dict__["said"] = _changed(later.said, own, theirs)
        return made

    @cached_property
    def rows(self) -> frozenset[str]:
        """`mode id<tab>name`, each."""
        if self._rows is None:
            return frozenset(f"{said}\t{name}" for name, said in self.said.items())
        return frozenset(self._rows)

    @cached_property
    def said(self) -> dict[str, str]:
        """The mode and id of each name."""
        if self._like is not None:  # most are the same, and have been taken apart
            return _changed(self._like.said, *self._unlike(self._like))
        return _apart(self._rows or ())

    def _unlike(self, other: "Listing") -> tuple[dict[str, str], dict[str, str]]:
        """What only this one has, and what only another has."""
        if self._differing is None or self._differing[0] is not other:
            self._differing = (other, _apart(self.rows - other.rows), _apart(other.rows - self.rows))
        return self._differing[1:]

    def differences(self, later: "Listing") -> dict[str, bool]:
        """The names of which a later listing has something else, and whether it has them at all."""
        gone, new = self._unlike(later)
        order = sorted(new, key=_in_bytes), sorted(gone.keys() - new.keys(), key=_in_bytes)
        return {**dict.fromkeys(order[0], True), **dict.fromkeys(order[1], False)}


def _changed(said: dict[str, str], own: dict[str, str], theirs: dict[str, str]) -> dict[str, str]:
    found = {**said, **own}
    for name in theirs.keys() - own.keys():
        del found[name]
    if not own.keys() <= said.keys():
        found = dict(sorted(found.items(), key=lambda item: _in_bytes(item[0])))
    return found


def compared(differences: str, later: Listing) -> Listing | None:
    """The listing of a commit, by what `diff-index --cached --raw -z` says of it and the index; None if that leaves it open."""
    parts = differences.split("\0")[:-1]
    own: dict[str, str] = {}
    theirs: dict[str, str] = {}
    for said, name in zip(parts[::2], parts[1::2], strict=True):
        before, after, old, new, status = said.removeprefix(":").split(" ")
        if status not in ("A", "D", "M", "T"):
            return None
        if status != "A":
            own[name] = f"{before} {old}"
        if status != "D":
            theirs[name] = f"{after} {new}"
        if later.said.get(name) != theirs.get(name):
            return None
    return Listing.but_for(later, own, theirs)


def of_tree(listed: str, like: Listing | None = None) -> Listing:
    """What `ls-tree -r -z` has printed; it is read with less effort if it is `like` another one."""
    if listed.count(" blob ") + listed.count(" commit ") == listed.count("\0"):  # it isn't in a name, too
        rows = listed.replace(" blob ", " ").replace(" commit ", " ").split("\0")[:-1]
    else:
        parts = (row.partition("\t") for row in listed.split("\0")[:-1])
        rows = [f"{said[:_MODE]} {said.rpartition(' ')[2]}\t{name}" for said, _, name in parts]
    return Listing(rows, _odd(listed), like)


def of_index(listed: str) -> Listing:
    """What `ls-files --stage -z` has printed; of a file that isn't merged the last one."""
    if listed.count(" 0\t") == listed.count("\t") == listed.count("\0"):
        rows = listed.replace(" 0\t", "\t").split("\0")[:-1]
    else:
        parts = (row.partition("\t") for row in listed.split("\0")[:-1])
        found = {name: said.rpartition(" ")[0] for said, _, name in parts}
        rows = [f"{said}\t{name}" for name, said in found.items()]
    return Listing(rows, _odd(listed))


def _odd(listed: str) -> frozenset[str]:
    return frozenset(mode for mode in (LINK, SUBMODULE) if listed.startswith(f"{mode} ") or f"\0{mode} " in listed)


def _apart(rows: Iterable[str]) -> dict[str, str]:
    return {name: said for said, _, name in [row.partition("\t") for row in rows]}


def _in_bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


class Blobs(Mapping[str, Blob]):
    """The files of a commit by their paths: `said` is the mode and id of each, `inside` in which submodule some are.

    `has_links` says whether there may be links among them.
    """

    def __init__(self, said: dict[str, str], inside: dict[str, str], *, has_links: bool) -> None:
        self.said = said
        self.inside = inside
        self.has_links = has_links

    def __getitem__(self, path: str) -> Blob:
        said = self.said[path]
        return Blob(said[_MODE + 1 :], self.inside.get(path, ""), said[:_MODE])

    def __contains__(self, path: object) -> bool:
        return path in self.said

    def __iter__(self) -> Iterator[str]:
        return iter(self.said)

    def __len__(self) -> int:
        return len(self.said)

    def keys(self) -> KeysView[str]:
        return self.said.keys()

    def is_link(self, path: str) -> bool:
        return self.said.get(path, "").startswith(LINK)

    def same(self, other: "Blobs") -> frozenset[str]:
        """The paths at which another commit has the same."""
        inside, theirs = self.inside, other.inside
        get = other.said.get
        return frozenset(
            path
            for path, said in self.said.items()
            if get(path) == said and (not inside or inside.get(path) == theirs.get(path))
        )
