"""Which files of a tree are joined with some of them: all that may bear on what is told of these.

The files that the words of these lead to (`tree_says.py`) are taken, and what they are joined with in turn, until nothing
is added.

A file is *told of*, or read for the sake of others: of a Compose file that builds a Dockerfile in question it matters
what it makes of that, not what else it builds. Whatever bears on manifests is one: they are told of together.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from hullcheck.budget import tick
from hullcheck.link import tree_facts as facts
from hullcheck.link.tree_facts import TAKES_IN, beginnings, makes
from hullcheck.link.tree_says import Named, TooManyError, TreeSays, is_in
from hullcheck.link.tree_words import Texts
from hullcheck.link.words_of import Words, all_words, is_plain, last
from hullcheck.patterns import pattern

MAX_TOLD = 500
"""Files that are followed; where more are joined, all of the tree may as well be."""

_POLICY = pattern(r"(?:.*/)?(?:\.hullcheck\.ya?ml|\.hullcheck-baseline\.json|pyproject\.toml)")
_OF_CONTAINERS = ("devcontainer-lock.json", "devcontainer-feature.json")


class Joined(TreeSays):
    """The joins of a tree.

    `texts` are those of its files of interest; `listed` is true if the configuration says what projects are. For a
    `change`, all is followed that targets bear on, too, and not only what bears on them.
    """

    def __init__(self, texts: Texts, *, listed: bool = False, change: bool = False) -> None:
        super().__init__(texts)
        self.change = change
        self.listed = listed
        self.told: dict[str, None] = {}
        self.read: dict[str, None] = {}
        self._waiting: list[tuple[str, bool]] = []
        self._applied = False

    def of(self, targets: tuple[str, ...]) -> frozenset[str]:
        """The entries that may bear on what is told of the files and folders `targets`; TooManyError if that isn't known."""
        self.told, self.read, self._applied, self._waiting = {}, {}, False, []
        asked = frozenset(targets)
        below = sorted(path for path in asked if path in self.entries or path in self.paths)
        starts = tuple(f"{path}/" for path in asked if path not in self.entries)  # there is nothing below a file
        if starts:
            every = (path for paths in (self.entries, self.tree.paths) for path in paths)
            below = sorted({*below, *(path for path in every if path.startswith(starts))})
        if self.change:
            below += asked.difference(below)
        if not all(targets) or len(below) > MAX_TOLD + (len(self._manifests) if self.change else 0):
            raise TooManyError
        for path in below:
            self._tell(path)
        return frozenset(path for path in self._closed() if path in self.entries)

    def _closed(self) -> Iterator[str]:
        """What waits to be followed, and all that it is joined with."""
        while self._waiting:
            tick()
            if len(self.told) > MAX_TOLD + (len(self._manifests) if self.change else 0) or len(
                self.read
            ) > MAX_TOLD + len(self._manifests):
                raise TooManyError
            path, told = self._waiting.pop()
            if path in self.entries or path in self._named_bakes:
                self._follow(path, self._words(path), told)
            else:
                self._follow_other(path)
        yield from self.told
        yield from self.read
        yield from self.containers  # few, and they run what others build

    def _tell(self, path: str) -> None:
        if path not in self.told:
            self.told[path] = None
            self._waiting.append((path, True))

    def _need(self, path: str) -> None:
        if self.change:
            self._tell(path)
        elif path not in self.told and path not in self.read:
            self.read[path] = None
            self._waiting.append((path, False))

    def _follow(self, path: str, words: Words, told: bool) -> None:
        if path in self._scripts:
            if told:
                self._follow_dockerfile(path, words)
            return
        if words.manifest and told:
            self._follow_manifests()
        if words.compose or path in self._variables:
            self._follow_project(path, words)
        if words.builds and told:
            self._follow_builds(path, words)
        elif words.builds and not words.odd_builds:  # what is made of variables is read when it is known
            for other in self._likely_built(path, words):
                if self._may_build(path, words, other):
                    self._need(other)
        if told and not (words.builds or words.manifest):
            self._follow_other(path)

    # Dockerfiles

    def _follow_dockerfile(self, path: str, words: Words) -> None:
        """Who builds it, what it starts from and what starts from it, and who runs it."""
        names: set[str] = set()
        beginnings: set[str] = set()
        for other, said in self._likely_builders(posixpath.dirname(path)):
            if self._may_build(other, said, path):
                self._need(other)
                if self._odd_made(other, said):
                    raise TooManyError
                if makes(said):
                    names |= self._made(other, said)
                    beginnings |= self._projects(other, said)
        self._need_makers(words)
        for build in self._asked:
            if build.dockerfile == path:
                names.update(last(tag) for tag in build.tags)
        if names or beginnings:
            named = Named(frozenset(names), frozenset(beginnings))
            for other in self._may_start(named):
                if other != path and _may_name(self.texts[other], named):
                    self._tell(other)
            for other, said in self._making(named.words).items():
                if makes(said) and (self._odd_made(other, said) or not self._made(other, said).isdisjoint(named.words)):
                    self._need(other)
            self._need_runners(named)

    def _need_makers(self, words: Words) -> None:
        """What makes the images that a file names."""
        if not words.words and not words.odd_images:
            return
        pieces = beginnings(words.words)
        for other, said in self._makers(words.words, pieces, everyone=words.odd_images).items():
            if makes(said) and (
                words.odd_images
                or self._odd_made(other, said)
                or not self._made(other, said).isdisjoint(words.words)
                or not self._projects(other, said).isdisjoint(pieces)
            ):
                self._need(other)

    def _need_runners(self, named: Named) -> None:
        """The manifests, if one of them may run an image of these names."""
        if not self._manifests:
            return
        odd = self._varying or not all(map(is_plain, named.words))
        if odd or any(self._names(path, named) for path in self.texts.may_hold(self._manifests, named.words)):
            self._need_manifests()

    # Compose

    def _follow_project(self, path: str, words: Words) -> None:
        """What may be laid over a Compose file, or be started with it, and what shares its networks."""
        if self.listed:
            raise TooManyError
        folder = posixpath.dirname(path)
        for above in _and_above(path):
            for other in self._in_folder.get(above, ()):
                self._need(other)
        for other in self._compose if self.change else ():
            if is_in(other, folder):
                self._need(other)
        for other in self._variables:
            if posixpath.dirname(other) == folder or (".env" in words.words and self._may_say(path, words, other)):
                self._need(other)
        if not words.words.isdisjoint(TAKES_IN):
            if words.odd_files:
                raise TooManyError
            for other in self.entries:
                if other != path and other not in self._scripts and self._may_say(path, words, other):
                    self._need(other)
        for other, said in self._takers(path).items():
            if other != path and self._may_say(other, said, path):
                self._need(other)
        for command in self._commands:
            for other in command.paths if path in command.env else ():
                self._need(other)
        if path in self._is_compose:
            for other in self._said.get(path, ()):
                self._need(other)
            self._need_neighbours(path, words)
        if "env_file" in words.words or path in self._variables:
            self._need_sharing(path, words)

    def _need_neighbours(self, path: str, words: Words) -> None:
        """The projects that may be on a network of one of its own."""
        own = self._projects(path, words)
        if "COMPOSE_PROJECT_NAME" in self._said_names:
            raise TooManyError
        pieces = beginnings(words.names, "_") | own
        mine = {f"{name}_" for name in own}
        starts = tuple(mine)
        for other, said in self._neighbours(words, own, pieces).items():
            if other == path or other not in self._is_compose:
                continue
            theirs = self._projects(other, said)
            if (
                words.odd_names
                or said.odd_names
                or not theirs.isdisjoint(pieces)
                or not words.names.isdisjoint(said.names)
                or any(name.startswith(starts) for name in (*said.names, *theirs))
                or any(name.startswith(tuple(f"{each}_" for each in theirs)) for name in own)
            ):
                self._need(other)

    def _need_sharing(self, path: str, words: Words) -> None:
        """Who names the same file of variables: what is in it is told of one of them."""
        if path in self._variables:
            shared = [path]
        elif words.odd_files:
            raise TooManyError
        else:
            shared = [other for other in self._all if self._may_say(path, words, other)]
        for other, said in self._among(facts.COMPOSE, "says", ("env_file",)).items():
            if (
                other in self._is_compose
                and "env_file" in said.words
                and any(self._may_say(other, said, each) for each in shared)
            ):
                self._need(other)

    def _follow_builds(self, path: str, words: Words) -> None:
        """What it may build, and who makes the images that it names."""
        if words.odd_builds:
            raise TooManyError
        for other in self._likely_built(path, words):
            if self._may_build(path, words, other):
                self._tell(other)
        if self.change and makes(words):
            self._tell_users(path, words)
        inline = not words.words.isdisjoint(("dockerfile_inline", "dockerfile-inline"))
        everything = words.words if inline or words.other else words.images
        self._need_makers(words._replace(words=everything, odd_images=words.odd_images or inline))

    def _tell_users(self, path: str, words: Words) -> None:
        """Who may run, or start from, the images that a file says how to build."""
        if self._odd_made(path, words):
            raise TooManyError
        named = Named(self._made(path, words), frozenset(self._projects(path, words)))
        for other in self._may_start(named):
            if _may_name(self.texts[other], named):
                self._tell(other)
        users = {
            **self._among(facts.BUILDER, "images", named.words),
            **self._among(facts.BUILDER, "images begin", named.beginnings),
            **self._odd(facts.BUILDER, facts.ODD_MADE),
        }
        for other, said in users.items():
            if (
                said.odd_images
                or not said.images.isdisjoint(named.words)
                or not beginnings(said.images).isdisjoint(named.beginnings)
            ):
                self._tell(other)
        found = self._of_manifests
        if self._varying or any(map(found.has, named.words)) or any(map(found.has_beginning, named.beginnings)):
            self._need_manifests()

    # Kubernetes

    def _need_manifests(self) -> None:
        for path in self._manifests:
            self._need(path)

    def alone(self, path: str) -> frozenset[str]:
        """A manifest with all that may make the images in it, where they are plain."""
        self.told, self.read, self._applied, self._waiting = {}, {}, True, []
        self._need(path)
        self._need_makers_of([path])
        return frozenset(each for each in self._closed() if each in self.entries)

    def _follow_manifests(self) -> None:
        """All of them, and what makes the images that they may run."""
        if self._applied:
            return
        self._applied = True
        self._need_manifests()
        self._need_makers_of(self._manifests)

    def _need_makers_of(self, manifests: list[str]) -> None:
        made = [(path, words) for path in self._builders if makes(words := self._words(path))]
        if not made:
            return
        if self._varying:
            for path, _ in made:
                self._need(path)
            return
        found = self._words_of_manifests if manifests is self._manifests else self._words_in(manifests)
        pieces = beginnings(found)
        for path, words in made:
            if (
                words.other
                or self._odd_made(path, words)
                or not self._made(path, words).isdisjoint(found)
                or not self._projects(path, words).isdisjoint(pieces)
            ):
                self._need(path)

    # All others

    def _follow_other(self, path: str) -> None:
        """A file that only others can give a meaning: what names it, and what it says of builds and projects."""
        if _POLICY.fullmatch(path):
            raise TooManyError
        for build in self._asked:
            if build.place.location.path == path:
                if build.dockerfile in self.entries:
                    self._tell(build.dockerfile)
                else:
                    raise TooManyError
        for other, said in self._naming(facts.BUILDER, path).items():
            if other != path and self._may_say(other, said, path):
                self._tell(other)
        for command in self._commands:
            for other in command.paths if path in command.env else ():
                self._tell(other)
        if path in self.containers or any(place.path == path for _, place in self._in_repository.inline):
            text = (self.texts.data(path) or b"").decode("utf-8", "replace")
            self._need_makers(Words(words=all_words(text), odd_images="$" in text or "\\" in text))
        if path.endswith(_OF_CONTAINERS):
            for other in self.containers:
                self._tell(other)
        for each in self._told_by(path):
            self._tell(each)
        if self._manifests and self.may_be_applied(path):
            self._tell(self._manifests[0])


def _and_above(path: str) -> Iterator[str]:
    """A path, and those of all folders that it is in."""
    yield path
    while path:
        path = path.rpartition("/")[0]
        yield path


def _may_name(words: Words, named: Named) -> bool:
    """May a Dockerfile start from an image of one of these names, or copy from it?"""
    return (
        words.odd_images
        or not words.words.isdisjoint(named.words)
        or not beginnings(words.words).isdisjoint(named.beginnings)
    )
