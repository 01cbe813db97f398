"""A run that is asked about a few files of many: what bears on them is read, and what is told is as if all had been."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import suppress
from functools import partial
from itertools import chain, islice

from hullcheck import look
from hullcheck.budget import OutOfTimeError
from hullcheck.discover import MAX_BYTES, DiskTree, Entry, Tree
from hullcheck.link.joined import Joined
from hullcheck.link.project import Project, uses
from hullcheck.link.tree_says import TooManyError
from hullcheck.link.tree_words import Texts
from hullcheck.model.repository import Updates
from hullcheck.model.settings import Settings
from hullcheck.policy.config import Config
from hullcheck.read import File, read, read_all
from hullcheck.source import Source
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.concerned import Concerned
    from hullcheck.link.asked import InTexts
    from hullcheck.link.deployed import Names
    from hullcheck.link.tree_index import Index

LEAST = 40
"""Files of interest from which it is worth while to look which are joined."""

MANY = 1_000
"""Files from which it costs about as much to know that a run about one of them holds as to make it."""

FEW = 100
"""Files that are little to be read."""

TRIES = 5
"""Files of each dialect that are asked whether an image in them comes first."""

MANY_TRIES = 25
"""Files that are asked whether they are of a dialect."""


class Narrow:
    """What is chosen of a tree for the sake of `targets`, files or folders below its root."""

    def __init__(self, targets: tuple[str, ...], settings: Settings) -> None:
        self.targets = targets
        self.told: Container[str] = frozenset()
        self.settings = settings
        self.has_all_manifests = False
        self.preceding = ""
        """A file that isn't read, with an image that nothing moves on, if one was looked for and found."""
        self._joined: Joined | None = None
        self._index: Index | None = None

    def prepare(self, tree: Tree) -> None:
        """Look for what is known of the tree's files, before it is walked.

        Where they are many, and little of them was read the last time, the run isn't kept: to know that it holds would
        take as long as to make it. Nor is one about a commit, which is hardly ever asked for twice.
        """
        if type(tree) is not DiskTree or look.store() is None:
            return
        from hullcheck.link.tree_index import index_of

        index = self._index = index_of(tree)
        if index is None:
            return
        if not tree.near:
            tree.walked = index.walked
        if not self.targets or (len(index.paths) >= MANY and not index.is_wide(self.targets)):
            look.stop()

    def _note(self, targets: tuple[str, ...], texts: Texts, *, narrow: bool) -> None:
        index, tree = self._index, texts.tree
        if index is not None and isinstance(tree, DiskTree):
            if targets:
                index.note(targets, wide=not narrow)
            if narrow and len(tree.paths) >= MANY:
                look.spoil("the next one costs as little")
            if not narrow:
                index.save(tree, texts.entries)

    def _joins(self, texts: Texts, *, change: bool = False) -> Joined:
        return Joined(texts, listed=bool(self.settings.compose_projects), change=change)

    def is_of_many(self, entries: list[Entry]) -> bool:
        """Are there so many files that it is worth while to look which matter?"""
        return len(entries) >= LEAST

    def concerned(self, project: Project, files: dict[str, File]) -> "Concerned | None":
        """The parts of what was linked that may have findings in the targets; None if all of them may."""
        from hullcheck.concerned import Concerned

        return Concerned(project, files, lambda path: _below(path, self.targets))

    def has_no_credential(self, path: str) -> bool:
        """Is it known of a file's text that nothing in it has the form of a credential?"""
        return False

    def asks_nothing(self, path: str) -> bool:
        """Is it known of a file's text that nothing in it asks for findings to be ignored?"""
        index, tree = self._index, self._joined.tree if self._joined is not None else None
        if index is None or not isinstance(tree, DiskTree):
            return False
        if path in index.unasking:
            return True
        with suppress(OSError):
            if index.has(tree, path):
                return not index.get(tree, path, index.asks, partial(_may_ask, path), MAX_BYTES)
        return False

    @property
    def deploys(self) -> "Callable[[str], Names] | None":
        """What the index has of what texts deploy; None if there is none."""
        return self._joined.texts.deploys if self._joined is not None else None

    def keep(self) -> None:
        """Keep what was learned of the files on disk on the way."""
        joined = self._joined
        if self._index is not None and joined is not None and isinstance(joined.tree, DiskTree):
            self._index.save(joined.tree, joined.entries)

    @property
    def asked(self) -> "InTexts | None":
        """What pipelines and scripts say, as far as that was looked up for the choice."""
        return self._joined.asked if self._joined is not None else None

    @property
    def said(self) -> "InTexts | None":
        """The same, if it was looked up."""
        return self._joined.known if self._joined is not None else None

    def chosen(self, tree: Tree, entries: list[Entry]) -> list[Entry]:
        """The files that have to be read: all of them, where that can't be told."""
        if not self.is_of_many(entries):
            return entries
        texts = Texts(tree, entries, index=self._index)
        self._joined = self._joins(texts)
        try:
            wanted = self._joined.of(self.targets)
        except TooManyError:
            self._note(self.targets, texts, narrow=False)
            return entries
        self._note(self.targets, texts, narrow=len(wanted) <= FEW)
        return [texts.entries[path] for path in sorted(wanted)]

    def settled(self, project: Project) -> Project | None:
        """What was linked of the chosen files, without what stands elsewhere if all are linked; None if that isn't known.

        That nothing moves images on is told once, at the first image of all.
        """
        found = self._settled(project)
        self.keep()
        return found

    def _settled(self, project: Project) -> Project | None:
        beside = self._beside(project.dialects)
        if beside is None:
            return None
        project = project._replace(beside=beside)
        for number, (_, part) in enumerate(project.parts):
            if isinstance(part, Updates) and _below(part.location.path, self.targets):
                if not self._is_told_elsewhere(part.location.path):
                    return None
                return project._replace(parts=[*project.parts[:number], *project.parts[number + 1 :]])
        return project

    def _beside(self, known: set[str]) -> frozenset[str] | None:
        """The dialects that there are besides, in files that aren't chosen; None if that can't be told."""
        joined = self._joined
        assert joined is not None
        found = set()
        for dialect, paths in joined.dialects.items():
            if dialect in known or not paths:
                continue
            plain = (path for path in paths if "/templates/" not in path)
            made = (path for path in paths if "/templates/" in path)  # what a chart makes is no object yet
            if any(self._is(path, dialect, joined) for path in islice(chain(plain, made), MANY_TRIES)):
                found.add(dialect)
            elif len(paths) > MANY_TRIES or (dialect == "kubernetes" and not joined.are_plain):
                return None
        return frozenset(found)

    def _is(self, path: str, dialect: str, joined: Joined) -> bool:
        """Does the file hold something of the dialect, whatever else there is?"""
        file = read(joined.tree, joined.entries[path])
        readings = file.readings if file is not None else ()
        return any(
            reading.kind == dialect and reading.model is not None and bool(getattr(reading.model, "objects", True))
            for reading in readings
        )

    def _is_told_elsewhere(self, path: str) -> bool:
        """Is what is told once, at the first image of all, not asked for at that file's?"""
        return self._is_preceded(path)

    def _is_preceded(self, path: str) -> bool:
        """Does an image that nothing moves on stand in a file before that one?"""
        from hullcheck.link.updates import updater

        joined = self._joined
        assert joined is not None
        bot = updater(joined.tree)

        def before(paths: Iterable[str]) -> Iterator[str]:
            return (each for each in sorted(paths) if each < path and not bot.covers(each))

        self.preceding = next((each for each in self._likely(before, joined) if self._has_image(each, joined)), "")
        return bool(self.preceding)

    def _likely(self, before: Callable[[Iterable[str]], Iterator[str]], joined: Joined) -> Iterator[str]:
        """Those that are soon asked."""
        found = joined.dialects
        yield from islice(before(found["dockerfile"]), TRIES)
        manifests = frozenset(found["kubernetes"])
        composed = (each for each in found["compose"] if each in joined.entries and each not in manifests)
        yield from islice(before(composed), TRIES)
        yield from islice((each for each in before(manifests) if not joined.may_be_applied(each)), TRIES)

    def _has_image(self, path: str, joined: Joined) -> bool:
        if joined.change:
            known, joined = joined, self._joins(joined.texts)
            joined.say(known.asked)
        try:
            wanted = joined.of((path,)) if not joined.texts[path].manifest else joined.alone(path)
        except TooManyError:
            return False
        entries = [joined.entries[each] for each in sorted(wanted)]
        files = read_all(joined.tree, entries, 1, lambda what, done, total: None)
        try:
            return any(
                use.image and not use.built_here and use.how != "frontend" and use.location.path == path
                for use in uses(files, joined.tree, self.settings, joined.asked)
            )
        except OutOfTimeError:
            return False


def _may_ask(path: str, data: bytes) -> bool:
    from hullcheck.policy.ignores import may_ask

    return may_ask(Source(path, data).text)


def may_be(targets: tuple[str, ...], config: Config) -> bool:
    """Is a part of the tree asked about, and nothing of it that all files together say?"""
    about_all = config.network_deny or config.network_allow or config.demands.max is not None
    return bool(targets) and all(targets) and not about_all


def _below(path: str, targets: Container[str]) -> bool:
    while path and path not in targets:
        path = path.rpartition("/")[0]
    return bool(path)
