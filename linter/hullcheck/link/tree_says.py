"""What the files of a tree say of one another, told by names and words: who may build, run, name or take in what.

What a file says of others is a path, a name of an image, of a project or a network, and each leaves a word in it, or is
made of variables, and then may be any. Nothing is parsed, and who is found in vain costs time alone.
"""

from __future__ import annotations

import posixpath
from collections.abc import Container, Iterable, Iterator
from collections.abc import Set as AbstractSet
from functools import cached_property

from hullcheck.discover import DEV_CONTAINER, Entry, Kind, like, seen
from hullcheck.link import tree_facts as facts
from hullcheck.link.tree_facts import TAKES_IN, beginnings, makes
from hullcheck.link.tree_words import AllWords, Texts
from hullcheck.link.words_of import UNKNOWN, Words, is_plain, words_of
from hullcheck.patterns import pattern
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.link.asked import Asked, InTexts
    from hullcheck.link.builds import Build
    from hullcheck.link.compose_said import Said

_DEPLOYERS = ("argoproj.io", "fluxcd.io", "helm.cattle.io")
"""What is in manifests that take others in by paths, or by patterns of them."""

_VARIES = (b"replacements", b"vars", b"$(", b"transformers", b"generators", b"validators", b"plugin")
_WORD = pattern(r"[A-Za-z0-9_.-]+")
_MAKES = facts.MAKES


class TooManyError(Exception):
    """It can't be told what isn't joined, or hardly anything isn't."""


class Named(NamedTuple):
    """Names that builds give to images: words, and beginnings of words."""

    words: frozenset[str]
    beginnings: frozenset[str]


class TreeSays:
    """What is said in a tree; `texts` are those of its files of interest."""

    def __init__(self, texts: Texts) -> None:
        self.tree = texts.tree
        self.texts = texts
        self.entries = self.texts.entries
        self.dockerfiles = texts.those(facts.DOCKERFILE)
        self._scripts = frozenset(self.dockerfiles)
        self.containers = texts.those(facts.CONTAINER)
        self._lone: dict[str, bool] = {}
        self._called: dict[str, set[str]] = {}
        self._taking: dict[str, dict[str, Words]] = {}
        self.noted: set[str] | None = None
        """If it is to be known: the files that pipelines and scripts were looked for in."""
        self.silent: frozenset[str] = frozenset()
        """Those of them of which only that was asked, and none was found."""

    def take(self, other: "TreeSays", changed: frozenset[str]) -> None:
        """Take over what pipelines and scripts say from a tree with the same files, of which these have changed."""
        known = other.known
        if known is not None and other.noted is not None and other.noted.isdisjoint(changed):
            self.noted = other.noted
            self._in_tree = known._replace(commands=self.texts.commands)

    def has_all_manifests(self, paths: Container[str]) -> bool:
        """Are all manifests among these files?"""
        return all(path in paths for path in self._manifests)

    def say(self, said: "InTexts") -> None:
        """Take that for what pipelines and scripts say."""
        self._in_tree = said

    def named(self) -> AbstractSet[str]:
        """The files that aren't of interest by themselves, and that one which is may name."""
        others = self.paths - self.entries.keys()
        if not others:
            return others
        builders = [self._words(path) for path in self._builders]
        words = frozenset().union(*(said.words for said in builders))
        contexts = [*self.texts.those(facts.CHART), *self.texts.those(facts.OVERLAY)]
        words |= self._words_in(contexts)
        charts = {posixpath.dirname(path) for path in contexts if path.endswith("Chart.yaml")}
        odd = any(said.odd_files or said.odd_builds for said in builders)
        return {
            path
            for path in others
            if odd
            or (name := posixpath.basename(path)) in words
            or not is_plain(name)
            or any(is_in(path, chart) for chart in charts)
        }

    @cached_property
    def paths(self) -> AbstractSet[str]:
        """All files that were seen."""
        return seen(self.tree)

    @cached_property
    def _all(self) -> list[str]:
        return sorted(self.entries.keys() | self.paths)

    def _words(self, path: str) -> Words:
        return self.texts[path] if path in self.entries else self._named_bakes[path]

    @cached_property
    def _named_bakes(self) -> dict[str, Words]:
        """The bake files that only pipelines and scripts know to be such."""
        found = {path: self._words_as(path, Kind.BAKE) for path in self.bakes if path not in self.entries}
        return {path: words for path, words in found.items() if words.builds}

    def _words_as(self, path: str, kind: Kind) -> Words:
        """What a file says that others say the kind of."""
        data = self.texts.data(path)
        return UNKNOWN if data is None else words_of(Entry(path, kind), data)

    @cached_property
    def _builders(self) -> list[str]:
        """The files that may say what is built, how it is run, or which others do."""
        return [*self.texts.those(facts.BUILDER), *self._named_bakes]

    @cached_property
    def _compose(self) -> list[str]:
        return [*self.texts.those(facts.COMPOSE), *(p for p, words in self._named_bakes.items() if words.compose)]

    @cached_property
    def _variables(self) -> list[str]:
        """The `.env` files."""
        return self.texts.those(facts.VARIABLES)

    @cached_property
    def _manifests(self) -> list[str]:
        return self.texts.those(facts.MANIFEST)

    def _among(self, group: int, where: str, words: Iterable[str]) -> dict[str, Words]:
        """Those of the builders or takers that are looked up `where` by one of the words, and perhaps others."""
        found = self.texts.among(group, where, words)
        return {path: self._words(path) for path in (*found, *self._named_bakes)}

    def _odd(self, group: int, odd: int) -> dict[str, Words]:
        """Those of a group of which something can't be told by words."""
        there = frozenset(self.texts.those(group)) if self.texts.those(odd) else frozenset()
        return {path: self._words(path) for path in self.texts.those(odd) if path in there}

    def _naming(self, group: int, path: str) -> dict[str, Words]:
        """Those of a group that may name a file or folder by the last part of its path, and perhaps others."""
        name = path.rpartition("/")[2]
        if not is_plain(name):
            return {other: self._words(other) for other in (*self.texts.those(group), *self._named_bakes)}
        return {**self._among(group, "says", (name,)), **self._odd(group, facts.ODD_FILES)}

    def _may_start(self, named: Named) -> list[str]:
        """The Dockerfiles that may start from an image of one of these names, or copy from it, and perhaps others."""
        among = self.texts.among
        found = (
            *among(facts.DOCKERFILE, "starts", named.words),
            *(among(facts.DOCKERFILE, "starts begin", named.beginnings) if named.beginnings else ()),
            *self.texts.those(facts.ODD_START),
        )
        return list(dict.fromkeys(found))

    def _likely_builders(self, folder: str) -> Iterator[tuple[str, Words]]:
        """Those that `_leads` may be true of: who doesn't name the folder is in it, or is moved by others."""
        name = posixpath.basename(folder)
        if (folder and not is_plain(name)) or self._movers:
            yield from ((path, self._words(path)) for path in self._builders)
            return
        below = f"{folder}/" if folder else ""
        found = {**self._among(_MAKES, "says", (name or "..",)), **self._odd(_MAKES, facts.ODD_BUILDS)}
        beside = (other for other in self._builders if (other.startswith(below) if below else "/" not in other))
        for other in (*beside, *self._said, *self._started):
            if other not in found and (other in self.entries or other in self._named_bakes):
                found[other] = self._words(other)
        yield from found.items()

    def _makers(self, names: Iterable[str], pieces: set[str], *, everyone: bool) -> dict[str, Words]:
        """The builders that may make an image of these names, or of names that begin so, and perhaps others."""
        if everyone or "COMPOSE_PROJECT_NAME" in self._said_names:
            return {path: self._words(path) for path in self._builders}
        return {
            **self._making(names),
            **self._among(_MAKES, "projects", pieces),
            **self._odd(_MAKES, facts.ODD_NAMES),
            **self._called_by_others(),
        }

    def _making(self, names: Iterable[str]) -> dict[str, Words]:
        """The builders that may make an image of these names, and perhaps others: where other files have a part in a
        Compose file's services, whatever it names may be what is built."""
        found = self._among(_MAKES, "makes", names)
        shared = (path for path in self.texts.among(_MAKES, "images", names) if path in self._shared)
        return {**found, **{path: self._words(path) for path in shared}, **self._odd(_MAKES, facts.ODD_MADE)}

    @cached_property
    def _shared(self) -> frozenset[str]:
        """The Compose files that others may have a part in: all but those that surely are lone."""
        takers = [self._words(path) for path in (*self.texts.those(facts.TAKES), *self._named_bakes)]
        if any(words.odd_files for words in takers):
            return self._is_compose
        named = frozenset().union(*(words.words for words in takers))
        found = {*self.texts.those(facts.TAKES), *self._said}
        for paths in self._in_folder.values():
            for path in paths:
                if len(paths) > 1 or (takers and ((name := path.rpartition("/")[2]) in named or not is_plain(name))):
                    found.add(path)
        return frozenset(found)

    def _called_by_others(self) -> dict[str, Words]:
        """The Compose files whose projects other files say something of."""
        there = self._is_compose
        return {path: self._words(path) for path in (*self._said, *self._started) if path in there}

    def _made(self, path: str, words: Words) -> frozenset[str]:
        """The names that a file may give to what is built."""
        return words.built if words.other or self._is_lone(path, words) else words.images

    def _odd_made(self, path: str, words: Words) -> bool:
        return words.odd_built if words.other or self._is_lone(path, words) else words.odd_images

    def _is_lone(self, path: str, words: Words) -> bool:
        """Does no other file have a part in its services?"""
        if path not in self._lone:
            self._lone[path] = (
                words.words.isdisjoint(TAKES_IN)
                and len(self._in_folder.get(path.rpartition("/")[0], ())) == 1
                and len(self._said.get(path, ())) <= 1
                and not any(
                    self._may_say(other, said, path) for other, said in self._takers(path).items() if other != path
                )
            )
        return self._lone[path]

    @cached_property
    def _is_compose(self) -> frozenset[str]:
        return frozenset(self._compose)

    @cached_property
    def _in_folder(self) -> dict[str, list[str]]:
        """The Compose files of each folder."""
        found: dict[str, list[str]] = {}
        for path in self._compose:
            found.setdefault(path.rpartition("/")[0], []).append(path)
        return found

    def _takers(self, path: str) -> dict[str, Words]:
        """The files that take in others, by their names that one, and perhaps others."""
        name = path.rpartition("/")[2]
        if name not in self._taking:
            found = self._naming(facts.TAKES, path)
            self._taking[name] = {other: words for other, words in found.items() if self._takes_in(other, words)}
        return self._taking[name]

    def _takes_in(self, path: str, words: Words) -> bool:
        return (path in self.entries or words.compose) and not words.words.isdisjoint(TAKES_IN)

    @cached_property
    def _movers(self) -> dict[str, Words]:
        """The files that say of others from which folder their paths are seen."""
        found = {path: self._words(path) for path in self.texts.those(facts.MOVES)}
        bakes = {path: words for path, words in self._named_bakes.items() if self._takes_in(path, words)}
        return {**found, **{path: words for path, words in bakes.items() if not words.words.isdisjoint(facts.MOVED_BY)}}

    def _may_build(self, path: str, words: Words, dockerfile: str) -> bool:
        """May the file say that the Dockerfile is built?"""
        if not makes(words):
            return False
        folder, _, name = dockerfile.rpartition("/")
        named = name == "Dockerfile" or name in words.words or not is_plain(name)
        return words.odd_builds or (named and self._leads(path, words, folder))

    def _may_say(self, path: str, words: Words, other: str) -> bool:
        """May the file name the other one?"""
        folder, _, name = other.rpartition("/")
        return words.odd_files or ((name in words.words or not is_plain(name)) and self._leads(path, words, folder))

    def _leads(self, path: str, words: Words, folder: str) -> bool:
        """May a path in the file lead into the folder, from wherever its paths are seen?"""
        if _leads(posixpath.dirname(path), words, folder):
            return True
        if any(_leads(posixpath.dirname(each), words, folder) for each in self._said.get(path, ())):
            return True
        if any(_leads(each, words, folder) for each in self._started.get(path, ())):
            return True
        if self._is_moved(path):
            name = posixpath.basename(folder)
            return ".." in words.words or name in words.words or not is_plain(name)
        return False

    def _is_moved(self, path: str) -> bool:
        """May another file say that this one's paths are seen from some other folder?"""
        name = posixpath.basename(path)
        return any(words.odd_files or name in words.words or not is_plain(name) for words in self._movers.values())

    def _names(self, path: str, named: Named) -> bool:
        try:
            words = self.texts.every(path)
        except (OSError, ValueError):
            return True
        return any(word in words for word in named.words)

    def _neighbours(self, words: Words, own: set[str], pieces: set[str]) -> dict[str, Words]:
        """The Compose files whose project, or a name in them, may have to do with these, and perhaps others."""
        if words.odd_names:
            return {path: self._words(path) for path in self._compose}
        return {
            **self._among(facts.COMPOSE, "projects", pieces | beginnings(own, "_")),
            **self._among(facts.COMPOSE, "names", words.names),
            **self._among(facts.COMPOSE, "begins", own),
            **self._odd(facts.COMPOSE, facts.ODD_NAMES),
            **self._called_by_others(),
        }

    @cached_property
    def _said_names(self) -> frozenset[str]:
        return frozenset().union(*(self.texts[path].words for path in self._variables))

    def _projects(self, path: str, words: Words) -> set[str]:
        """What the projects may be called that a Compose file is part of."""
        if path not in self._called:
            names = {posixpath.basename(posixpath.dirname(each)) for each in (path, *self._said.get(path, ()))}
            names.update(map(posixpath.basename, self._started.get(path, ())))
            names |= words.names
            if words.odd_names:
                names |= words.words
            if words.odd_names or "COMPOSE_PROJECT_NAME" in self._said_names:
                names |= self._said_names
            self._called[path] = facts.normal(names)
        return self._called[path]

    @cached_property
    def _said(self) -> dict[str, set[str]]:
        """The Compose files that scripts, pipelines, READMEs and development containers lay over one another."""

        found: dict[str, set[str]] = {}
        for said in (*(each.paths for each in self._commands), *self._containers):
            for path in said:
                found.setdefault(path, set()).update(said)
        return found

    @cached_property
    def _commands(self) -> list["Said"]:
        """How scripts, pipelines and READMEs start Compose."""
        from hullcheck.link.compose_said import MAX_PROJECTS, is_likely, said_by_texts

        if len(self._compose) + len(self._variables) == 0:
            return []
        likely = like(self.tree, is_likely)
        told = said_by_texts(self.tree.paths, self.tree.read, self._compose, self.texts.commands, likely)
        if len(told) >= MAX_PROJECTS:
            raise TooManyError
        return told

    @cached_property
    def _started(self) -> dict[str, set[str]]:
        """The folders that commands say the paths in a Compose file are seen from."""
        found: dict[str, set[str]] = {}
        for said in self._commands:
            for path in said.paths if said.folder is not None else ():
                found.setdefault(path, set()).add(said.folder or "")
        return found

    @cached_property
    def _containers(self) -> list[tuple[str, ...]]:
        """The Compose files of each development container."""
        paths = like(self.tree, is_dev_container)
        if not paths:
            return []
        from hullcheck.link.compose_choice import path_in_container
        from hullcheck.link.compose_said import said_by_container

        found = []
        for path in paths:
            named = (path_in_container(path, name) for name, _ in said_by_container(path, self.tree.read))
            found.append(tuple(each for each in named if each is not None))
        return found

    def _likely_built(self, path: str, words: Words) -> Iterator[str]:
        """The Dockerfiles in folders that a file names the last part of, or that paths in it may be seen from, and perhaps
        others."""
        if not makes(words):
            return
        by_name = self._by_folder
        if words.odd_builds or (".." in words.words and self._is_moved(path)):
            yield from self.dockerfiles
            return
        own = (path, *self._said.get(path, ()), *(f"{each}/" for each in self._started.get(path, ())))
        above = {"", *(end for each in own for end in each.split("/")[:-1])}
        for name in by_name:
            if name in words.words or name in above or not is_plain(name):
                yield from by_name[name]

    @cached_property
    def _by_folder(self) -> dict[str, list[str]]:
        """The Dockerfiles by the names of their folders, whatever these are in."""
        found: dict[str, list[str]] = {}
        for path in self.dockerfiles:
            found.setdefault(path.rpartition("/")[0].rpartition("/")[2], []).append(path)
        return found

    @property
    def dialects(self) -> dict[str, list[str]]:
        """The files that may be of each dialect."""
        return {"dockerfile": self.dockerfiles, "compose": self._compose, "kubernetes": self._manifests}

    @property
    def are_plain(self) -> bool:
        """Are there manifests alone, and neither charts nor overlays that may change them?"""
        return not self.texts.those(facts.CHART) and not self.texts.those(facts.OVERLAY)

    @cached_property
    def _of_manifests(self) -> AllWords:
        return self.texts.all_words(self._manifests)

    @cached_property
    def _words_of_manifests(self) -> frozenset[str]:
        return self._of_manifests.words()

    def _words_in(self, paths: list[str]) -> set[str]:
        found: set[str] = set()
        for path in paths:
            found.update(_WORD.findall((self.texts.data(path) or b"").decode("utf-8", "replace")))
        return found

    @cached_property
    def _varying(self) -> bool:
        """May the name of an image be put together of pieces, by a chart or an overlay?"""
        if self.texts.those(facts.CHART):
            return True
        for path in self.texts.those(facts.OVERLAY):
            data = self.texts.data(path)
            if data is None or any(word in data for word in _VARIES):
                return True
        return False

    def _told_by(self, path: str) -> Iterator[str]:
        from hullcheck.link.compose_said import is_likely

        if (is_likely(path) or path.endswith(DEV_CONTAINER)) and self._compose:
            words = frozenset(_WORD.findall((self.texts.data(path) or b"").decode("utf-8", "replace")))
            yield from (other for other in self._said if posixpath.basename(other) in words)

    @cached_property
    def _deploys(self) -> bool:
        """May manifests take in others by the folders that these are in?"""
        return any(map(self._of_manifests.has_part, _DEPLOYERS))

    def may_be_applied(self, path: str) -> bool:
        """May an overlay, a chart or what deploys folders take the file in?"""
        name = posixpath.basename(path)
        if self._deploys:
            return True
        if any(is_in(path, posixpath.dirname(other)) for other in self.texts.those(facts.CHART)):
            return True
        for other in self.texts.those(facts.OVERLAY):
            data = self.texts.data(other)
            if data is None or not is_plain(name) or name.encode() in data:
                return True
        return False

    @property
    def _asked(self) -> tuple["Build", ...]:
        return self._in_repository.builds

    @property
    def bakes(self) -> tuple[str, ...]:
        """The bake files that pipelines and scripts name."""
        return self._in_repository.bakes

    @cached_property
    def _in_tree(self) -> "InTexts":
        """What pipelines and scripts ask for."""
        from hullcheck.link.asked import InTexts, asked
        from hullcheck.link.ci import pipelines

        if self.noted is None:
            found = pipelines(self.tree)
            return InTexts(found, asked(self.tree, found, self.texts.has_word), self.texts.commands)
        from hullcheck.link.noted import Noted

        tree = Noted(self.tree, self.noted)
        found = pipelines(tree)
        ask = asked(tree, found, tree.first(self.texts.has_word))
        self.silent = tree.silent
        return InTexts(found, ask, self.texts.commands)

    @property
    def asked(self) -> "InTexts":
        """What the pipelines say, and what they and scripts ask for."""
        return self._in_tree

    @property
    def known(self) -> "InTexts | None":
        """The same, if it was looked up."""
        return self.__dict__.get("_in_tree")

    @property
    def _in_repository(self) -> "Asked":
        return self._in_tree.asked


def is_dev_container(path: str) -> bool:
    return path.endswith(DEV_CONTAINER)


def is_in(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(f"{folder}/")


def _leads(own: str, words: Words, folder: str) -> bool:
    """May a path in a file, seen from the folder `own`, lead into the other one?

    What both have in common needn't be named, all else has to be; and who leaves his own folder says `..`.
    """
    if own == folder:
        return True
    start, end = own.split("/") if own else [], folder.split("/") if folder else []
    same = 0
    while same < min(len(start), len(end)) and start[same] == end[same]:
        same += 1
    if same < len(start) and ".." not in words.words:
        return False
    return all(name in words.words or not is_plain(name) for name in end[same:])
