"""Commands in scripts and pipelines that build an image, found in any text: `docker build -f app/img --target x .`.

Nothing is run and nothing expanded; a word with a variable in it isn't known.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from hullcheck.model.lazy import Lazy
from hullcheck.tuples import NamedTuple

MAX_COMMANDS = 500
"""Commands of these programs that are looked at in one text."""

MAX_WORDS = 200

_START = Lazy(r"(?<![\w./-])(?:docker|podman|nerdctl|buildah)(?=[ \t])")
_PIECE = Lazy(
    r"(?P<blank>(?:[ \t]++|\\\r?\n)++)|(?P<variable>\$\{\{[^{}\n]*+\}\}|\$\([^()\n]*+\)|\$\{[^{}$\n]*+\}|\$\w++)"
    r"|'(?P<single>[^'\n]*+)'|\"(?P<double>(?:[^\"\\\n]|\\.)*+)\"|\\(?P<escaped>[^\n])|(?P<plain>[^\s'\"\\;&|<>()$`#]++|[$#])"
)
_HERE = Lazy(r"\$\{\{\s*github\.workspace\s*\}\}/?|\$\(pwd\)/?|\$\(CURDIR\)/?|\$\{?PWD\}?/?|\$\{?CI_PROJECT_DIR\}?/?")
_FOLDER = Lazy(r"(?:^|[;&|\n])[ \t@-]*(?:cd|pushd)[ \t]+([\w./-]+)|working-directory:[ \t]*[\"']?([\w./-]+)")
# fmt: off
_VALUED = frozenset((
    "add-host", "allow", "annotation", "arch", "attest", "authfile", "build-arg", "build-context",
    "builder", "cache-from", "cache-to", "call", "cap-add", "cgroup-parent", "cpu-period", "cpu-quota",
    "cpu-shares", "cpuset-cpus", "cpuset-mems", "creds", "env", "file", "format", "from",
    "host", "config", "context", "iidfile", "isolation", "jobs", "label", "log-level",
    "memory", "memory-swap", "metadata-file", "network", "no-cache-filter", "os", "output", "platform",
    "progress", "provenance", "sbom", "secret", "security-opt", "set", "shm-size", "ssh",
    "tag", "target", "ulimit", "volume", "connection", "url", "namespace",
))
# fmt: on
_SHORT = {"f": "file", "t": "tag", "o": "output", "m": "memory", "c": "cpu-shares", "v": "volume", "l": "log-level"}


class BuildCommand(NamedTuple):
    """What a command builds, and where it stands in the text. What isn't known is None, where something is said.

    `bake` are the files of `docker buildx bake`, which builds what they say. `tags` are what the image is called, as far
    as that is known, `contexts` the names of further contexts.
    """

    start: int
    end: int
    file: str | None
    context: str | None
    target: str | None
    arguments: tuple[tuple[str, str | None], ...]
    bake: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    contexts: tuple[str, ...] = ()


def folders(text: str) -> tuple[str, ...]:
    """The folders that a script changes to, and those that the steps of a pipeline work in."""
    return tuple(dict.fromkeys(match[1] or match[2] for match in _FOLDER.finditer(text)))[:20]


def commands(text: str) -> Iterator[BuildCommand]:
    """Every command of the text that builds an image, as far as it can be told from the text alone."""
    if "build" not in text and "bake" not in text and "bud" not in text:
        return
    for match in islice(_START.finditer(text), MAX_COMMANDS):
        words, end = _words(text, match.start())
        made = _command(words, match.start(), end)
        if made is not None:
            yield made


_UNKNOWN = "\0"
"""Stands for what a variable holds."""


def _words(text: str, at: int) -> tuple[list[str], int]:
    """The words of the simple command at an offset, and where it ends."""
    words: list[str] = []
    word: list[str] | None = None
    while len(words) < MAX_WORDS and (match := _PIECE.match(text, at)) is not None:
        kind, piece = match.lastgroup, match[0]
        if kind == "plain" and piece[0] == "#" and word is None:
            break
        if kind == "blank":
            if word is not None:
                words.append("".join(word))
            word = None
        else:
            word = [] if word is None else word
            value = piece if kind == "variable" else match[kind or 0]
            if "$" in value and kind != "single":
                value = _HERE.sub("./", value)
                value = _UNKNOWN if "$" in value else value
            word.append(value)
        at = match.end()
    if word is not None:
        words.append("".join(word))
    return words, at


def _command(words: list[str], start: int, end: int) -> BuildCommand | None:
    positional: list[str] = []
    options: dict[str, list[str]] = {}
    at = 1
    while at < len(words):
        word = words[at]
        at += 1
        if not word.startswith("-") or word == "-":
            positional.append(word)
            continue
        name, given, value = _option(word)
        if not given and name in _VALUED and at < len(words):
            value, at = words[at], at + 1
        options.setdefault(name, []).append(value)
    verbs = [word for word in positional[:3] if word in ("image", "buildx", "builder")]
    rest = positional[len(verbs) :]
    if not rest or rest[0] not in ("build", "bud", "b", "bake"):
        return None
    files = options.get("file", [])
    if rest[0] == "bake":
        return BuildCommand(start, end, None, None, None, (), tuple(filter(_known, files)))
    context = _known(rest[1]) if len(rest) > 1 else "."
    target = _known(options.get("target", [""])[-1])
    arguments = tuple(_argument(word) for word in options.get("build-arg", []))
    tags = tuple(filter(_known, options.get("tag", [])))
    contexts = tuple(word.partition("=")[0] for word in options.get("build-context", []))
    return BuildCommand(
        start, end, _known(files[-1]) if files else "", context, target, arguments, tags=tags, contexts=contexts
    )


_HANDED = Lazy(
    r"--build-arg(?:=|[ \t]++)[\"']?+(?P<name>[A-Za-z_]\w*+)(?:=(?P<value>\$\{\{[^{}\n]*+\}\}|[^\s\"'\\]*+))?"
)


def handed(text: str, command: BuildCommand) -> Iterator[tuple[str, str, int, int]]:
    """The arguments of a build, as they are written: name, value, and where that stands."""
    for match in _HANDED.finditer(text[command.start : command.end]):
        start, end = match.start("name"), match.end()
        yield match["name"], match["value"] or "", command.start + start, command.start + end


def _known(word: str) -> str | None:
    return None if _UNKNOWN in word else word


def _option(word: str) -> tuple[str, bool, str]:
    """An option's long name, whether its word gives a value, and the value."""
    if word.startswith("--"):
        name, given, value = word[2:].partition("=")
        return name, bool(given), value
    name = _SHORT.get(word[1], word[1])
    return name, len(word) > 2 and name in _VALUED, word[2:].removeprefix("=")


def _argument(word: str) -> tuple[str, str | None]:
    name, given, value = word.partition("=")
    return name, _known(value) if given else None
