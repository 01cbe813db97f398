"""Commands in scripts and pipelines that build an image, found in any text: `docker build -f app/img --target x .`.

Nothing is run. Variables hold what the same text gives them; a word with any other in it isn't known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice, product

from hullcheck.budget import tick
from hullcheck.model.lazy import Lazy
from hullcheck.parse.build_variables import UNKNOWN, VARIABLE, Variables, lookup, named
from hullcheck.tuples import NamedTuple

MAX_COMMANDS = 500
"""Commands of these programs that are looked at in one text."""

MAX_WORDS = 200
MAX_CHOICES = 256
"""Ways of filling in the variables of one command: as many as jobs of a workflow's matrix."""

_START = Lazy(
    r"(?<![\w./-])(?:docker(?:-buildx)?|podman|nerdctl|buildah|img|finch|depot|buildctl|executor|fly(?:ctl)?|az[ \t]++acr)(?=[ \t])"
    r"|/kaniko/executor(?=[ \t])|\$[({]*+(?P<program>\w*+)[)}]?+(?=[ \t]++(?:(?:image|buildx|--\S++)[ \t]++)?+(?:build|bud)[ \t])"
)
_PROGRAMS = frozenset(("docker", "docker-buildx", "podman", "nerdctl", "buildah", "img", "finch"))
_PROGRAM_WORDS = ("docker", "podman", "buildah", "nerdctl", "container", "engine", "oci")
_PIECE = Lazy(
    r"(?P<blank>(?:[ \t]++|\\\r?\n|`\r?\n)++)|(?P<variable>" + VARIABLE + r")"
    r"|'(?P<single>[^'\n]*+)'|\"(?P<double>(?:[^\"\\\n]|\\.)*+)\"|\\(?P<escaped>[^\n])|(?P<plain>[^\s'\"\\;&|<>()$`#{]++|[$#{])"
)
_FOLDER = Lazy(r"(?:^|[;&|\n])[ \t@-]*(?:cd|pushd)[ \t]+([\w./-]+)|working-directory:[ \t]*[\"']?([\w./-]+)")
_LISTED = Lazy(
    r"[\"'](?P<program>docker|podman|nerdctl|buildah|/kaniko/executor)[\"'](?P<rest>(?:\s*+,\s*+(?:\"[^\"\n]*+\"|'[^'\n]*+')){1,200}+)"
)
_QUOTED = Lazy(r"\"([^\"\n]*+)\"|'([^'\n]*+)'")
# fmt: off
_VALUED = frozenset((
    "add-host", "allow", "annotation", "arch", "attest", "authfile", "build-arg", "build-context",
    "builder", "cache-from", "cache-to", "call", "cap-add", "cgroup-parent", "cpu-period", "cpu-quota",
    "cpu-shares", "cpuset-cpus", "cpuset-mems", "creds", "env", "file", "format", "from",
    "host", "config", "context", "iidfile", "isolation", "jobs", "label", "log-level",
    "memory", "memory-swap", "metadata-file", "network", "no-cache-filter", "os", "output", "platform",
    "progress", "provenance", "sbom", "secret", "security-opt", "set", "shm-size", "ssh",
    "tag", "target", "ulimit", "volume", "connection", "url", "namespace", "dockerfile", "destination",
    "build-target", "frontend", "local", "opt", "registry", "resource-group", "app", "region", "project", "token",
    "tarPath", "tar-path", "cache-repo", "context-sub-path", "verbosity", "digest-file", "custom-platform", "bucket",
))
# fmt: on
_SHORT = {"f": "file", "t": "tag", "o": "output", "m": "memory", "c": "cpu-shares", "v": "volume", "l": "log-level"}
_SHORT_OF_KANIKO = {"f": "dockerfile", "c": "context", "d": "destination", "b": "bucket", "v": "verbosity"}


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
    if not any(word in text for word in ("cd ", "cd\t", "pushd", "working-directory")):
        return ()
    return tuple(dict.fromkeys(match[1] or match[2] for match in _FOLDER.finditer(text)))[:20]


NOTHING_KNOWN = Variables()
_UNVARIED: tuple[Mapping[str, str], ...] = ({},)


def commands(
    text: str,
    variables: Variables = NOTHING_KNOWN,
    choices: Callable[[int], Sequence[Mapping[str, str]]] = lambda at: _UNVARIED,
) -> Iterator[BuildCommand]:
    """Every command of the text that builds an image, as far as it can be told from the text alone.

    A command with variables is told once for each way of filling them in: `variables` by any of their values, `choices`
    are, for an offset, values that belong together, such as those of one job of a matrix.
    """
    if "build" not in text and "bake" not in text and "bud" not in text and "executor" not in text:
        return
    for match in islice(_START.finditer(text), MAX_COMMANDS):
        program = match[0]
        if program.startswith("$"):
            if not _is_program(variables, match["program"] or ""):
                continue
            program = "docker"
        words, end = _words(text, match.end())
        for filled in _filled(words, variables, choices(match.start())):
            made = command(program, filled, match.start(), end)
            if made is not None:
                yield made
    for match in islice(_LISTED.finditer(text), MAX_COMMANDS):
        listed = [tuple(_template(word[1] or word[2])) for word in _QUOTED.finditer(match["rest"])]
        for filled in _filled(listed, variables, choices(match.start())):
            made = command(match["program"], filled, match.start(), match.end())
            if made is not None:
                yield made


def command_of(program: str, arguments: Iterable[str], variables: Variables = NOTHING_KNOWN) -> BuildCommand | None:
    """What a program builds that is given these arguments, one by one."""
    words = [tuple(_template(text)) for text in islice(arguments, MAX_WORDS)]
    return next((command(program, filled, 0, 0) for filled in _filled(words, variables, _UNVARIED)), None)


def _is_program(variables: Variables, name: str) -> bool:
    """Is it a variable for the program that builds?"""
    values = [value.split() for value in variables.values(name) if value not in ("", UNKNOWN)]
    if values:
        return any(words and words[0].rpartition("/")[2] in _PROGRAMS for words in values)
    return any(word in name.lower() for word in _PROGRAM_WORDS)


_Word = tuple[tuple[str, bool], ...]
"""A word's pieces, each with whether it is a variable."""


def _words(text: str, at: int) -> tuple[list[_Word], int]:
    """The words of the simple command that goes on at an offset, and where it ends."""
    words: list[_Word] = []
    word: list[tuple[str, bool]] | None = None
    while len(words) < MAX_WORDS and (match := _PIECE.match(text, at)) is not None:
        kind, piece = match.lastgroup, match[0]
        if kind == "plain" and piece[0] == "#" and word is None:
            break
        if kind == "blank":
            if word is not None:
                words.append(tuple(word))
            word = None
        else:
            word = [] if word is None else word
            if kind == "variable":
                word.append((piece, True))
            elif kind == "single" and "{{" not in match["single"]:
                word.append((match["single"], False))
            else:
                word += _template(match[kind or 0])
        at = match.end()
    if word is not None:
        words.append(tuple(word))
    return words, at


def _template(text: str) -> Iterator[tuple[str, bool]]:
    """A text's pieces."""
    at = 0
    for match in _VARIABLE.finditer(text):
        yield text[at : match.start()], False
        yield match[0], True
        at = match.end()
    yield text[at:], False


_VARIABLE = Lazy(VARIABLE)


def _filled(words: list[_Word], variables: Variables, choices: Sequence[Mapping[str, str]]) -> Iterator[list[str]]:
    """The words of a command, for each way of filling in its variables."""
    used = {piece: named(piece)[0] for piece, variable in chain(*words) if variable}
    if not used:
        yield ["".join(piece for piece, _ in word) for word in words]
        return
    kept = {tuple((name, choice[name]) for name in used.values() if name in choice): None for choice in choices}
    made = ((chosen, values) for chosen in kept for values in _values(used, variables, dict(chosen)))
    for _, values in islice(made, MAX_CHOICES):
        tick()
        yield ["".join(values[piece] if variable else piece for piece, variable in word) for word in words]


def _values(used: Mapping[str, str], variables: Variables, chosen: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """What the variables hold, each way: those of one name always the same."""
    by_piece = {piece: lookup(variables, piece, chosen) or (UNKNOWN,) for piece in used}
    names = list(dict.fromkeys(used.values()))
    first = {name: piece for piece, name in reversed(list(used.items()))}
    for values in product(*(by_piece[first[name]] for name in names)):
        held = dict(zip(names, values, strict=True))
        yield {piece: held[name] for piece, name in used.items()}


def command(program: str, words: list[str], start: int = 0, end: int = 0) -> BuildCommand | None:
    """What a program builds that is called with these words."""
    kaniko = program.endswith("executor")
    positional: list[str] = []
    options: dict[str, list[str]] = {}
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if not word.startswith("-") or word == "-":
            positional.append(word)
            continue
        name, given, value = _option(word, _SHORT_OF_KANIKO if kaniko else _SHORT)
        if not given and name in _VALUED and at < len(words):
            value, at = words[at], at + 1
        options.setdefault(name, []).append(value)
    if kaniko:
        return _kaniko(options, start, end)
    verbs = [word for word in positional[:3] if word in ("image", "buildx", "builder")]
    rest = positional[len(verbs) :]
    if program.startswith("fly"):
        rest = ["build", *rest[1:]] if rest[:1] == ["deploy"] and "dockerfile" in options else []
    if not rest or rest[0] not in ("build", "bud", "b", "bake"):
        return None
    if program == "buildctl":
        return _buildctl(options, start, end)
    files = [*options.get("file", []), *options.get("dockerfile", [])]
    if rest[0] == "bake":
        return BuildCommand(start, end, None, None, None, (), tuple(filter(_known, files)))
    context = _known(rest[1]) if len(rest) > 1 else "."
    return _made(options, start, end, _known(files[-1]) if files else "", context)


def _made(
    options: Mapping[str, list[str]], start: int, end: int, file: str | None, context: str | None
) -> BuildCommand:
    target = _known(["", *options.get("build-target", []), *options.get("target", [])][-1])
    arguments = tuple(_argument(word) for word in options.get("build-arg", []))
    tags = tuple(filter(_known, [*options.get("tag", []), *options.get("destination", [])]))
    contexts = tuple(word.partition("=")[0] for word in options.get("build-context", []))
    return BuildCommand(start, end, file, context, target, arguments, tags=tags, contexts=contexts)


def _kaniko(options: Mapping[str, list[str]], start: int, end: int) -> BuildCommand | None:
    """See https://github.com/GoogleContainerTools/kaniko#additional-flags"""
    if options.keys().isdisjoint(("dockerfile", "destination", "no-push", "context")):
        return None
    said = options.get("context", ["."])[-1].removeprefix("dir://").replace("/workspace", ".", 1)
    file = options.get("dockerfile", [""])[-1].removeprefix("/workspace/")
    return _made(options, start, end, _known(file), _known(said))


def _buildctl(options: Mapping[str, list[str]], start: int, end: int) -> BuildCommand | None:
    """See https://github.com/moby/buildkit#exploring-dockerfiles"""
    local = dict(word.partition("=")[::2] for word in options.get("local", []))
    said = dict(word.partition("=")[::2] for word in options.get("opt", []))
    if "dockerfile" not in local:
        return None
    arguments = [f"{name[10:]}={value}" for name, value in said.items() if name.startswith("build-arg:")]
    given = {"target": [said["target"]] if "target" in said else [], "build-arg": arguments}
    file = f"{local['dockerfile']}/{said.get('filename', 'Dockerfile')}"
    return _made(given, start, end, _known(file), _known(local.get("context", ".")))


_HANDED = Lazy(
    r"--build-arg(?:=|[ \t]++)[\"']?+(?P<name>[A-Za-z_]\w*+)(?:=(?P<value>\$\{\{[^{}\n]*+\}\}|[^\s\"'\\]*+))?"
)


def handed(text: str, command: BuildCommand) -> Iterator[tuple[str, str, int, int]]:
    """The arguments of a build, as they are written: name, value, and where that stands."""
    for match in _HANDED.finditer(text[command.start : command.end]):
        start, end = match.start("name"), match.end()
        yield match["name"], match["value"] or "", command.start + start, command.start + end


def _known(word: str) -> str | None:
    return None if UNKNOWN in word else word


def _option(word: str, short: Mapping[str, str]) -> tuple[str, bool, str]:
    """An option's long name, whether its word gives a value, and the value."""
    if word.startswith("--"):
        name, given, value = word[2:].partition("=")
        return name, bool(given), value
    name = short.get(word[1], word[1])
    return name, len(word) > 2 and name in _VALUED, word[2:].removeprefix("=")


def _argument(word: str) -> tuple[str, str | None]:
    name, given, value = word.partition("=")
    return name, _known(value) if given and value else None  # what is empty here is set where the script is run
