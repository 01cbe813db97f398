"""Which files of a tree are joined with some of them: all that may bear on what is told of these, told by names and words.

What a file says of others is a path, a name of an image, of a project or a network, and each leaves a word in it, or is
made of variables, and then may be any. So the files that have the words are taken, and what they are joined with in
turn, until nothing is added. Nothing is parsed, and what is taken in vain costs time alone.

A file is *told of*, or read for the sake of others: of a Compose file that builds a Dockerfile in question it matters
what it makes of that, not what else it builds. Whatever bears on manifests is one: they are told of together.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Container, Iterable, Iterator
from functools import cached_property

from hullcheck.budget import tick
from hullcheck.discover import DEV_CONTAINER, Entry, Kind, like
from hullcheck.link import tree_facts as facts
from hullcheck.link.tree_facts import TAKES_IN, beginnings, makes
from hullcheck.link.tree_words import Texts
from hullcheck.link.words_of import UNKNOWN, Words, all_words, is_plain, words_of
from hullcheck.patterns import pattern
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.link.asked import Asked, InTexts
    from hullcheck.link.builds import Build
    from hullcheck.link.compose_said import Said

MAX_TOLD = 500
"""Files that are followed; where more are joined, all of the tree may as well be."""

_POLICY = pattern(r"(?:.*/)?(?:\.hullcheck\.ya?ml|\.hullcheck-baseline\.json|pyproject\.toml)")
_DEPLOYERS = (b"argoproj.io", b"fluxcd.io", b"helm.cattle.io")
"""What is in manifests that take others in by paths, or by patterns of them."""

_OF_CONTAINERS = ("devcontainer-lock.json", "devcontainer-feature.json")
_VARIES = (b"replacements", b"vars", b"$(", b"transformers", b"generators", b"validators", b"plugin")


class TooManyError(Exception):
    """It can't be told what isn't joined, or hardly anything isn't."""


class _Named(NamedTuple):
    """Names that builds give to images: words, and beginnings of words."""

    words: frozenset[str]
    beginnings: frozenset[str]


class Joined:
    """The joins of a tree.

    `texts` are those of its files of interest; `listed` is true if the configuration says what projects are. For a
    `change`, all is followed that targets bear on, too, and not only what bears on them.
    """

    def __init__(self, texts: Texts, *, listed: bool = False, change: bool = False) -> None:
        self.tree = texts.tree
        self.texts = texts
        self.change = change
        self.entries = self.texts.entries
        self.listed = listed
        self.dockerfiles = texts.those(facts.DOCKERFILE)
        self._scripts = frozenset(self.dockerfiles)
        self.containers = texts.those(facts.CONTAINER)
        self.told: dict[str, None] = {}
        self.read: dict[str, None] = {}
        self._waiting: list[tuple[str, bool]] = []
        self._applied = False
        self._lone: dict[str, bool] = {}
        self._called: dict[str, set[str]] = {}
        self._taking: dict[str, dict[str, Words]] = {}
        self.noted: set[str] | None = None
        """If it is to be known: the files that pipelines and scripts were looked for in."""
        self.silent: frozenset[str] = frozenset()
        """Those of them of which only that was asked, and none was found."""

    def take(self, other: "Joined", changed: frozenset[str]) -> None:
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

    def like(self, other: "Joined") -> "Joined":
        """The same, with what another one knows of the same tree."""
        self._in_tree = other.asked
        return self

    def of(self, targets: tuple[str, ...]) -> frozenset[str]:
        """The entries that may bear on what is told of the files and folders `targets`; TooManyError if that isn't known."""
        self.told, self.read, self._applied, self._waiting = {}, {}, False, []
        asked = frozenset(targets)
        below = sorted(asked.intersection((*self.entries, *self.tree.paths)))
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

    def named(self) -> set[str]:
        """The files that aren't of interest by themselves, and that one which is may name."""
        builders = [self._words(path) for path in self._builders]
        words = frozenset().union(*(said.words for said in builders))
        contexts = [*self.texts.those(facts.CHART), *self.texts.those(facts.OVERLAY)]
        words |= self._words_in(contexts)
        charts = {posixpath.dirname(path) for path in contexts if path.endswith("Chart.yaml")}
        odd = any(said.odd_files or said.odd_builds for said in builders)
        return {
            path
            for path in self.tree.paths
            if path not in self.entries
            and (
                odd
                or (name := posixpath.basename(path)) in words
                or not is_plain(name)
                or any(_in(path, chart) for chart in charts)
            )
        }

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

    @cached_property
    def _all(self) -> list[str]:
        return sorted(self.entries.keys() | set(self.tree.paths))

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
                names.update(_last(tag) for tag in build.tags)
        if names or beginnings:
            named = _Named(frozenset(names), frozenset(beginnings))
            for other in self._may_start(named):
                if other != path and _may_name(self.texts[other], named):
                    self._tell(other)
            for other, said in self._making(named.words).items():
                if makes(said) and (self._odd_made(other, said) or not self._made(other, said).isdisjoint(named.words)):
                    self._need(other)
            self._need_runners(named)

    def _may_start(self, named: _Named) -> list[str]:
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

    def _need_runners(self, named: _Named) -> None:
        """The manifests, if one of them may run an image of these names."""
        if not self._manifests:
            return
        odd = self._varying or not all(map(is_plain, named.words))
        if odd or any(self._names(path, named) for path in self.texts.may_hold(self._manifests, named.words)):
            self._need_manifests()

    def _names(self, path: str, named: _Named) -> bool:
        try:
            words = self.texts.every(path)
        except (OSError, ValueError):
            return True
        return any(word in words for word in named.words)

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
            if _in(other, folder):
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

    def _tell_users(self, path: str, words: Words) -> None:
        """Who may run, or start from, the images that a file says how to build."""
        if self._odd_made(path, words):
            raise TooManyError
        named = _Named(self._made(path, words), frozenset(self._projects(path, words)))
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
        found = self._words_of_manifests
        if self._varying or not found.isdisjoint(named.words) or not beginnings(found).isdisjoint(named.beginnings):
            self._need_manifests()

    # Kubernetes

    def _need_manifests(self) -> None:
        for path in self._manifests:
            self._need(path)

    @property
    def dialects(self) -> dict[str, list[str]]:
        """The files that may be of each dialect."""
        return {"dockerfile": self.dockerfiles, "compose": self._compose, "kubernetes": self._manifests}

    @property
    def are_plain(self) -> bool:
        """Are there manifests alone, and neither charts nor overlays that may change them?"""
        return not self.texts.those(facts.CHART) and not self.texts.those(facts.OVERLAY)

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

    @cached_property
    def _words_of_manifests(self) -> set[str]:
        return self._words_in(self._manifests)

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
        if self._manifests and self._may_be_applied(path):
            self._tell(self._manifests[0])

    def _told_by(self, path: str) -> Iterator[str]:
        from hullcheck.link.compose_said import is_likely

        if (is_likely(path) or path.endswith(DEV_CONTAINER)) and self._compose:
            words = frozenset(_WORD.findall((self.texts.data(path) or b"").decode("utf-8", "replace")))
            yield from (other for other in self._said if posixpath.basename(other) in words)

    def _may_be_applied(self, path: str) -> bool:
        """May an overlay or a chart take the file in?"""
        name = posixpath.basename(path)
        if any(word in (self.texts.data(other) or b"") for other in self._manifests for word in _DEPLOYERS):
            return True
        if any(_in(path, posixpath.dirname(other)) for other in self.texts.those(facts.CHART)):
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


_WORD = pattern(r"[A-Za-z0-9_.-]+")
_MAKES = facts.MAKES


def is_dev_container(path: str) -> bool:
    return path.endswith(DEV_CONTAINER)


def _and_above(path: str) -> Iterator[str]:
    """A path, and those of all folders that it is in."""
    yield path
    while path:
        path = path.rpartition("/")[0]
        yield path


def _in(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(f"{folder}/")


def _last(image: str) -> str:
    return re.split("[:@]", image.rpartition("/")[2], maxsplit=1)[0]


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


def _may_name(words: Words, named: _Named) -> bool:
    """May a Dockerfile start from an image of one of these names, or copy from it?"""
    return (
        words.odd_images
        or not words.words.isdisjoint(named.words)
        or not beginnings(words.words).isdisjoint(named.beginnings)
    )
