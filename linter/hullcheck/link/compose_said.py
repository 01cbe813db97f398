"""Which Compose files are laid over one another, as far as scripts, workflows, READMEs and the like say so.

Only a bounded number of small files that are likely to say it is looked at, and nothing of them is run.
"""

from __future__ import annotations

import itertools
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

from hullcheck.model.lazy import Lazy
from hullcheck.patterns import pattern
from hullcheck.render.compose.paths import inside
from hullcheck.source import Location, Source
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any

MAX_FILES = 200
MAX_BYTES = 256 * 1024
MAX_PROJECTS = 100
MAX_LAYERS = 20
MAX_LINE = 2_000
"""How much is looked at: files, bytes of each, projects, files of a project, and characters of a command."""


_NAMES = pattern(
    r"(?:gnu)?makefile|\.?justfile|taskfile\.ya?ml|package\.json|jenkinsfile|rakefile|procfile|\.envrc|tox\.ini"
    r"|pyproject\.toml|noxfile\.py|tasks\.py|fabfile\.py|\.gitlab-ci\.ya?ml|azure-pipelines\.ya?ml|\.travis\.ya?ml"
    r"|bitbucket-pipelines\.ya?ml|\.drone\.ya?ml|\.woodpecker\.ya?ml|cloudbuild\.ya?ml|action\.ya?ml|readme"
)
_ENDINGS = (".mk", ".sh", ".bash", ".ps1", ".bat", ".cmd", ".md", ".mdx", ".rst", ".adoc", ".service", ".just")
_CI_FOLDERS = (".github/", ".gitea/", ".forgejo/", ".gitlab/", ".circleci/", ".woodpecker/", ".buildkite/")
_SCRIPT_FOLDERS = frozenset(("bin", "script", "scripts", "hack", "tools", "ci", ".ci", "dev", "deploy"))

_YAML = (".yml", ".yaml")
_WORDS = (b"-f", b"--file", b"stack deploy", b"COMPOSE_FILE", b"compose-file", b"compose_file", b"omposeFile")
_VARIABLE = pattern(
    r"\$?\{\{-?[ ]*+(?:\.|env\.|vars\.|inputs\.)?(\w++)[^{}\n]*+\}\}|\$?\{\{[^{}\n]*+\}\}"
    r"|\$\{(\w++)[^{}\n]*+\}|\$\((\w++)\)|\$(\w++)"
)
"""A variable of a workflow, a Taskfile or a justfile, of a shell, or of a Makefile."""

_DEFINED = pattern(r"\s*(?:export |local |readonly |declare |set )?(\w{1,60})\s?[:?+]?=\s?(.*)", re.DOTALL)
_SET = pattern(r"\s*(?:- )?([A-Za-z_]\w{0,59}):[ \t]+(.*)", re.DOTALL)
"""A variable as YAML sets it, in a pipeline or a Taskfile."""

_APART = pattern(r"[\s\"'`,\[\](){}<>]+")
_OPERATOR = pattern(r"[;|&]+")
_LISTED = pattern(r"(?:dockerComposeFile|(?<!-)\bcompose[-_]?files?|\bCOMPOSE_FILE)[\"']?\s{0,20}[:=]", re.IGNORECASE)
_ITEM = pattern(r"[\s\"'\[\],|>:;-]{0,200}([^\s\"'\[\],|>:;]{1,300})")
_COMMAND = Lazy(r"[\w./-]*compose[\w-]*(?:\.exe)?|stack|[\w./-]*\*", re.IGNORECASE, most=1_000)
_TEST = pattern(r"[\s(]*+(?:(?:if|elif|while|until|do|then|else|!|@)\s++)*+(?:\[|test\s)")
"""A condition: `-f` asks there whether a file exists."""


class Said(NamedTuple):
    """Files that something lays over one another, in that order, and where it says so; `stack` if it is for a swarm.

    `folder` is the project's directory if one is named, `env` are files of variables that are read instead of `.env`.
    """

    paths: tuple[str, ...]
    place: Location
    stack: bool = False
    folder: str | None = None
    env: tuple[str, ...] = ()


class _How(NamedTuple):
    """The files of one command as they are written, and what else it says of them."""

    layers: list[str]
    stack: bool = False
    folder: str = ""
    env: tuple[str, ...] = ()

    def said(self, near: str, paths: tuple[str, ...], place: Location) -> Said:
        """The same, with what else is named as seen from that folder."""
        folder = inside(near, self.folder) if self.folder and "*" not in self.folder else None
        env = [inside(near, name) for name in self.env if "*" not in name]
        return Said(paths, place, self.stack, folder, tuple(path for path in env if path))


Command = tuple[list[str], bool, str, tuple[str, ...], int]
"""What a command says, as in `_How`, and where it starts: plain values, so that they can be kept."""


def commands_in(path: str, data: bytes) -> list[Command]:
    """The commands of a text by which Compose may be started."""
    data = data[:MAX_BYTES]
    if not any(word in data for word in _WORDS):
        return []
    return [(*how, start) for how, start in _commands(Source(path, data).text, path.endswith(_YAML))]


def said_by_texts(
    paths: Iterable[str],
    read: Callable[[str], bytes],
    known: Iterable[str],
    commands: Callable[[str], list[Command]] | None = None,
    likely: Iterable[str] | None = None,
) -> list[Said]:
    """What the texts among `paths` say of the Compose files that are `known`.

    `likely` are those of the paths that may be such texts, if that was looked up before; `commands` gives what is known of
    a text, else it is read. Of several files that are laid over one another only one needs to be known: the others may be
    empty, or not be recognised without it.
    """
    paths, known = list(paths), frozenset(known)
    found: dict[tuple[Any, ...], Said] = {}
    likely = sorted(filter(is_likely, paths) if likely is None else likely, key=lambda path: (path.count("/"), path))
    texts: list[tuple[str, list[Command]]] = []
    for path in likely[:MAX_FILES]:
        with suppress(OSError, ValueError):
            if told := commands_in(path, read(path)) if commands is None else commands(path):
                texts.append((path, told))
    if not texts:
        return []
    by_folder: dict[str, list[str]] = {}
    for path in sorted(known):
        by_folder.setdefault(posixpath.dirname(path), []).append(path)
    beside = frozenset(path for path in paths if path.endswith(_YAML) and posixpath.dirname(path) in by_folder)
    there = _There(by_folder, beside - known)
    named: dict[str, list[str]] = {}
    for path in paths:
        if path.endswith((*_YAML, ".json")):
            named.setdefault(posixpath.dirname(path), []).append(path)
    anything = _There(named, frozenset())
    for path, told in texts:
        source: Source | None = None
        for layers, stack, project, env, start in told:
            how = _How(layers, stack, project, env)
            for near, resolved in _resolved(how.layers, posixpath.dirname(path), there, anything):
                source = source or Source(path, read(path)[:MAX_BYTES])
                said = how.said(near, resolved, source.at(start))
                found.setdefault((said.paths, said.stack, said.folder, said.env), said)
                if len(found) >= MAX_PROJECTS:
                    return list(found.values())
    return list(found.values())


def said_by_container(path: str, read: Callable[[str], bytes]) -> list[tuple[str, Location]]:
    """The files that a `devcontainer.json` names, as it names them, each with its place."""
    try:
        source = Source(path, read(path)[:MAX_BYTES])
    except (OSError, ValueError):
        return []
    key = source.text.find('"dockerComposeFile"')
    if key < 0:
        return []
    start = source.text.find(":", key) + 1
    rest = source.text[start : start + MAX_LINE].lstrip()
    rest = rest[: rest.find("]") + 1] if rest.startswith("[") else rest.partition("\n")[0].partition(",")[0]
    at = source.text.find(rest, start)
    names = list(re.finditer(r'"([^"\n]*)"', rest))[:MAX_LAYERS]
    return [(name[1], source.at(at + name.start(1), at + name.end(1))) for name in names if name[1]]


def is_likely(path: str) -> bool:
    """Is it a file that may say how Compose is started?"""
    folder, _, name = path.lower().rpartition("/")
    if _NAMES.fullmatch(name) or name.endswith(_ENDINGS):
        return True
    if f"{folder}/".startswith(_CI_FOLDERS):
        return name.endswith((".yml", ".yaml"))
    return "." not in name and posixpath.basename(folder) in _SCRIPT_FOLDERS


def _commands(text: str, yaml: bool = False) -> Iterator[tuple[_How, int]]:
    """The files of each command or setting, as they are written there, with the place; `*` is what isn't known.

    A variable that holds options is a part of the commands that use it, and only one by itself if none does.
    """
    defined: dict[str, str] = {}
    options: dict[str, tuple[str, int]] = {}
    start = 0
    pending = ""
    for line in text.splitlines(keepends=True):
        begins, start = start, start + len(line)
        bare = line.rstrip()
        if bare.endswith(("\\", "`", "^")) and len(pending) < MAX_LINE:
            pending += bare[:-1] + " "
            continue
        whole, pending = (pending + bare)[:MAX_LINE], ""
        says = "-f" in whole or "=" in whole or "stack" in whole or (yaml and ".y" in whole)
        if says or (defined and "$" in whole):
            expanded = whole
            if "$" in whole or "{{" in whole:
                for used in _used(whole):
                    options.pop(used, None)
                expanded = _expanded(whole, defined)
            definition = _DEFINED.fullmatch(expanded) if "=" in expanded else None
            definition = definition or (_SET.fullmatch(expanded) if yaml and ("-f" in whole or ".y" in whole) else None)
            value = definition[2].strip().strip("\"'")[:MAX_LINE] if definition is not None else ""
            if definition is not None and len(defined) < MAX_FILES:
                defined[definition[1]] = value
                if value.startswith("-"):
                    options[definition[1]] = expanded, begins
                    continue
            if "-f" in expanded or "stack" in expanded:
                yield from ((how, begins) for how in _layers(expanded))
    for expanded, begins in options.values():
        yield from ((how, begins) for how in _layers(expanded))
    plain = text.casefold()
    may_list = any(word in plain for word in ("composefile", "compose-file", "compose_file"))
    for listed in _LISTED.finditer(text) if may_list else ():
        layers = list(_items(text, listed.end()))
        if layers:
            yield _How(layers), listed.start()


def _items(text: str, at: int) -> Iterator[str]:
    """The names of files that follow one another in a list, however it is written."""
    for _ in range(MAX_LAYERS):
        item = _ITEM.match(text, at)
        word = _VARIABLE.sub("*", item[1]) if item is not None else ""
        if item is None or not word.endswith((".yml", ".yaml", ".json")):
            return
        yield word
        at = item.end()


def _used(line: str) -> Iterator[str]:
    """The variables that a line names."""
    return (_name(match) for match in _VARIABLE.finditer(line))


def _name(match: "re.Match[str]") -> str:
    return match[1] or match[2] or match[3] or match[4] or ""


def _expanded(line: str, defined: dict[str, str]) -> str:
    def value(match: "re.Match[str]") -> str:
        return defined.get(_name(match), "*")

    return _VARIABLE.sub(value, line)[:MAX_LINE]


def _layers(line: str) -> Iterator[_How]:
    """The files that the commands of one line name, each command's together."""
    folded = line.casefold()
    if "compose" not in folded and "stack" not in folded and "*" not in folded:
        return
    for command in _OPERATOR.split(line):
        if _TEST.match(command) is not None:
            continue
        words = [word for word in _APART.split(command.replace("=", " ")) if word]
        starts = [word for word in words if _COMMAND.fullmatch(word)]
        if not starts:
            continue
        options = ("-f", "--file", "-c", "--compose-file") if "stack" in words else ("-f", "--file")
        named = [
            after if word in options else word[2:]
            for word, after in itertools.pairwise([*words, ""])
            if (word in options and after) or (word.startswith("-f") and word.endswith(_YAML))
        ]
        if named and not (all(map(_unknown, starts)) and all(map(_unknown, named))):  # `$TOOL -f $FILE` may be anything
            pairs = list(itertools.pairwise(words))
            folder = next((after for word, after in pairs if word == "--project-directory"), "")
            env = tuple(after for word, after in pairs if word == "--env-file")[:MAX_LAYERS]
            yield _How(named[:MAX_LAYERS], "stack" in words and "deploy" in words, folder, env)


def _unknown(word: str) -> bool:
    """Does a word end in what isn't known, so that it may be of any kind?"""
    return word.endswith("*")


class _There(NamedTuple):
    """The Compose files that are known, by folder, and other files beside them that may be meant by their names."""

    known: dict[str, list[str]]
    others: frozenset[str]


def _resolved(layers: list[str], folder: str, there: _There, anything: _There) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The files that are meant, and as seen from where: from the text's own folder, from the root, else wherever they are.

    Where files of these names are, whatever is in them, they are meant, and none elsewhere.
    """
    near = dict.fromkeys((folder, "", posixpath.dirname(folder)))
    meant = next((each for each in near if _in_folder(layers, each, anything)), None)
    for each in there.known if meant is None else (meant,):
        yield from ((each, paths) for paths in _in_folder(layers, each, there))


def _in_folder(layers: list[str], folder: str, there: _There) -> list[tuple[str, ...]]:
    """The files that are meant if paths are seen from that folder; a `*` in the last stands for each that fits."""
    *before, last = [_fitting(folder, layer, there) for layer in layers]
    if not last or not all(len(found) == 1 for found in before):
        return []
    lower = [found[0] for found in before]
    whole = ((*lower, path) for path in last if path not in lower)
    return [paths for paths in whole if not there.others.issuperset(paths)]


def _fitting(folder: str, layer: str, there: _There) -> list[str]:
    path = inside(folder, layer.rpartition("*/")[2])  # a variable may name the folder
    if path is None:
        return []
    beside = there.known.get(posixpath.dirname(path), [])
    start, star, end = path.partition("*")
    if not star:
        return [path] if path in beside or path in there.others else []
    return [each for each in beside if len(each) > len(start + end) and each.startswith(start) and each.endswith(end)]
