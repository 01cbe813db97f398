"""What a file's bytes say of other files, found without parsing: which words it has, and where it says more than words.

Linear in the file's length, and wrong only by letting too much through: what may be written in a way that a word doesn't
show is `odd`, and then joined with everything. One such file is enough for all of a tree to be read, so a Compose file
that is odd by its text is parsed, and is odd only if its values are. All of it follows from the bytes and the name alone,
so it can be kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hullcheck.discover import Entry, Kind
from hullcheck.parse.wording import Wording
from hullcheck.patterns import pattern
from hullcheck.source import Source
from hullcheck.tuples import NamedTuple

_WORD = pattern(r"[A-Za-z0-9_.-]+")
_PLAIN = pattern(r"[A-Za-z0-9_.-]+")
_ODD = pattern(
    rb"\0|\\(?:x[2-7]|u00[2-7]|U000000[2-7]|[\r\n]|\xc2\x85|\xe2\x80\xa8|\xe2\x80\xa9)|!!binary|2002:binary|%TAG|![^\s]{0,60}%"
)
_KEYED = pattern(r"[\"']?([A-Za-z0-9_.-]++)[\"']?[ \t]*+:[ \t]++(?![&*!|>{\[ \t])")
_ITEM = pattern(r"-[ \t]++(?![&*!|>{\[ \t-])")
OF_BUILDS = frozenset(("build", "context", "dockerfile", "<<"))
"""Keys whose values lead to Dockerfiles."""

OF_FILES = frozenset(("file", "path", "include", "env_file", "project_directory", "extends", "<<", "COMPOSE_FILE"))
"""Keys whose values lead to other files."""

_IMAGE = pattern(r"(?<![\w/.-])image[\"']?[ \t]*+:(?=[\s\"'{\[])")
_NAME = pattern(r"(?<![\w/.-])name[\"']?[ \t]*+:(?=[\s\"'{\[])")
_VALUE = pattern(r"[\"']?[^\s\"',]++")
_COMPLEX = pattern(r"(?m)(?:^|[ \t{,\[-])\?[ \t\r\n]")
_OPEN_FLOW = pattern(r"(?m)^[^\n{]*+\{[^}\n]*+$|^[^\n{]*+\{[^{}\n]*+\{")
_TARGET = pattern(rb'"target"\s*+:\s*+\{')
_EXTERNAL = pattern(r"(?<![\w/.-])external(?![\w/-])")
_OPEN = pattern(r"[\"']?([A-Za-z0-9_.-]++)[\"']?[ \t]*+:[ \t]*+(?:#.*+)?")
_NOT_PLAIN = ("$", "&", "*", "!", "|", ">", "{", "[", "<", "#", "}", "]")
_FROM = pattern(r"(?im)^[ \t]*+(?:onbuild[ \t]++)?+from[ \t]++(.*+)$|\bfrom=(\S++)")
_SLASHED = pattern(r"\$\{[^}/$]*+/")
MAX_PARSED = 1024 * 1024
"""Characters up to which a file is parsed for what its text leaves open."""

_SCRIPT = frozenset((Kind.DOCKERFILE, Kind.BESIDE_DOCKERFILE))


class Words(NamedTuple):
    """What a file says.

    `manifest` is true if it may bear on Kubernetes; `builds` if it may name what is built from which Dockerfile: a
    Compose, skaffold or bake file. `words` are all of its words. `images` are the last parts of the images that it
    names, `built` those of them that it may also say how to build, `names` what it calls itself, its networks and what it takes from outside. Where one of these may be made of
    variables, `odd_builds` (paths of Dockerfiles), `odd_files` (paths of other files), `odd_images` or `odd_names` is
    true.
    """

    manifest: bool = False
    compose: bool = False
    other: bool = False
    words: frozenset[str] = frozenset()
    images: frozenset[str] = frozenset()
    built: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    odd_builds: bool = False
    odd_files: bool = False
    odd_images: bool = False
    odd_built: bool = False
    odd_names: bool = False

    @property
    def builds(self) -> bool:
        return self.compose or self.other


_EVERY = (
    "build",
    "include",
    "extends",
    "env_file",
    "project_directory",
    "COMPOSE_FILE",
    ".env",
    "..",
    "dockerfile_inline",
)
UNKNOWN = Words(
    True, True, True, frozenset(_EVERY), odd_builds=True, odd_files=True, odd_images=True, odd_built=True, odd_names=True
)  # fmt: skip
"""What is taken for granted of a file that can't be read."""

_CONTEXTS = frozenset((Kind.KUSTOMIZATION, Kind.CHART))


def is_plain(name: str) -> bool:
    """Is the name of a file or folder one word, however it is written in a text?"""
    return _PLAIN.fullmatch(name) is not None


def words_of(entry: Entry, data: bytes) -> Words:
    """What the file says; `data` are its bytes."""
    hints = {entry.kind, *entry.also}
    if hints <= _SCRIPT or (Kind.UNKNOWN in hints and begins_as_dockerfile(data)):
        return of_dockerfile(data)
    odd = any(mark in data for mark in _MARKS) and _ODD.search(data) is not None
    json = entry.path.lower().endswith(".json")
    bakes = json and _TARGET.search(data) is not None
    keys = _json_keys(data) if json and (odd or bakes or b"services" in data) else None
    if Kind.ENV not in hints:
        data = _in_lines(entry.path, data)
    if keys is not None and Kind.COMPOSE not in hints and hints.isdisjoint(_BUILDERS) and keys.isdisjoint(_OF_JSON):
        return Words(Wording(Source(entry.path, data).text).manifest)
    compose = Kind.COMPOSE in hints
    if not compose and (odd or b"services" in data) and (keys is None or "services" in keys):
        compose = _has_services(entry.path, data)
    if odd:
        return _of_odd(entry, data, hints, compose)
    manifest = not hints.isdisjoint(_CONTEXTS) or (b"apiVersion" in data and b"kind" in data)
    other = not hints.isdisjoint(_BUILDERS) or b"skaffold/" in data or (bakes and (keys is None or "target" in keys))
    if compose or other or Kind.ENV in hints:
        found = _of_text(data.decode("utf-8", "replace"), Words(manifest, compose, other))
        return _settled(found, Source(entry.path, data)) if _is_open(found) else found
    return Words(manifest)


def _in_lines(path: str, data: bytes) -> bytes:
    """The same, with an LF for each break that only YAML knows: a CR by itself, NEL, LS and PS."""
    if data.count(b"\r") == data.count(b"\r\n") and not any(mark in data for mark in _BREAKS):
        return data
    return _BREAK.sub("\n", Source(path, data).text).encode("utf-8", "replace")


def _is_open(words: Words) -> bool:
    return words.odd_builds or words.odd_files or words.odd_images or words.odd_built or words.odd_names


def _settled(words: Words, source: Source) -> Words:
    """The words of a Compose file, with what its values leave open in place of what its text does."""
    if not words.compose or words.other or len(source.text) > MAX_PARSED:
        return words
    from hullcheck.link.words_in_nodes import said_in

    said = said_in(source, OF_BUILDS, OF_FILES)
    if said is None:
        return words
    named = frozenset(map(last, said.images))
    made = frozenset(map(last, said.built))
    odd_images, odd_built = any(map(_made_up, said.images)), any(map(_made_up, said.built))
    return words._replace(
        words=all_words(source.text).union(*map(all_words, said.texts)),
        images=named - {""},
        built=made - {""},
        names=said.names - {""},
        odd_builds=said.odd_builds and "build" in said.texts,
        odd_files=said.odd_files,
        odd_images=odd_images or "" in named,
        odd_built=odd_built or "" in made,
        odd_names=said.odd_names or "" in said.names,
    )


def _of_odd(entry: Entry, data: bytes, hints: set[Kind], compose: bool) -> Words:
    """One whose words may be spelled in other ways: told by what its keys may be, else taken for anything."""
    text = Source(entry.path, data).text
    wording = Wording(text)
    manifest = not hints.isdisjoint(_CONTEXTS) or wording.manifest
    other = not hints.isdisjoint(_BUILDERS) or wording.has("skaffold") or wording.bake(entry.path)
    if compose or other or Kind.ENV in hints:
        found = UNKNOWN._replace(manifest=manifest, compose=compose, other=other)
        return _settled(found, Source(entry.path, data)) if compose else found
    return Words(manifest)


_BREAKS = (b"\x85", b"\xe2\x80\xa8", b"\xe2\x80\xa9", b"\xff\xfe", b"\xfe\xff")
"""Bytes without which a text has none of the rarer breaks."""

_BREAK = pattern("\r(?!\n)|[\x85\u2028\u2029]")
_MARKS = (b"\\", b"!", b"\0", b"%TAG")
_BUILDERS = frozenset((Kind.SKAFFOLD, Kind.BAKE))
_DIRECT = pattern(rb"(?m)^services[ \t]*+:")
_ACTION = pattern(rb"(?m)^\{\{(?![^\n]*services)[^\n]*\}\}[ \t\r]*$")
"""A line of a template that is no value."""

_NO_KEY = pattern(rb"(?m)^[^\s#A-Za-z0-9_-]|^---[ \t]+[^\s#]|\0|^\xef\xbb\xbf")


_OF_JSON = frozenset(("services", "target", "apiVersion"))


def _json_keys(data: bytes) -> frozenset[str] | None:
    """The keys at the top of a file in JSON; None if it is none."""
    import json

    try:
        root = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return frozenset(root) if isinstance(root, dict) else frozenset()


def _has_services(path: str, data: bytes) -> bool:
    """May a document have the key `services` at its top?

    Not where each begins with plain keys that aren't indented: what is spelled in another way stands in quotes.
    """
    if b"\0" in data:
        data = Source(path, data).text.encode("utf-8", "replace")
    if _DIRECT.search(data) is not None:
        return True
    if b"{{" in data:
        data = _ACTION.sub(b"", data)
    if _NO_KEY.search(data) is None and not _is_indented(data):
        return False
    if len(data) > MAX_PARSED:
        return True
    from hullcheck.link.words_in_nodes import has_services

    return has_services(Source(path, data))


def _is_indented(data: bytes) -> bool:
    """Does a document begin with a line that is indented?"""
    begins = True
    for line in data.split(b"\n"):
        bare = line.strip()
        if begins and bare and not bare.startswith(b"#"):
            if line[:1].isspace():
                return True
            begins = False
        if line.startswith(b"---"):
            begins = True
    return False


def begins_as_dockerfile(data: bytes) -> bool:
    """Is a file whose name tells nothing read as a Dockerfile?"""
    lines = (line.split(None, 1)[:1] for line in data.decode("utf-8", "replace").splitlines())
    first = next((words[0] for words in lines if words and not words[0].startswith("#")), "")
    return first.upper().lstrip("\ufeff") in ("FROM", "ARG")


def of_dockerfile(data: bytes) -> Words:
    """What a Dockerfile says: its words, among them the images that it starts from and copies of."""
    text = data.decode("utf-8", "replace")
    named = [(line or word) for line, word in _FROM.findall(text)]
    odd = any("\\" in value or "`" in value or any(map(_made_up, value.split())) for value in named)  # it goes on
    return Words(words=all_words(text), odd_images=odd or "\0" in text)


def _made_up(image: str) -> bool:
    """May the last part of an image's name be made of variables?"""
    if image.startswith("--"):
        return False
    name = last(image)
    return "$" in name or "}" in name or _SLASHED.search(image) is not None


def last(image: str) -> str:
    """The last part of an image's name, without tag and digest."""
    return re.split("[:@]", image.rpartition("/")[2], maxsplit=1)[0]


def all_words(text: str) -> frozenset[str]:
    """The words of a text, and what they are without dashes and dots around them."""
    found = set(_WORD.findall(text))
    found |= {word.strip("-.") for word in found if word[0] in "-." or word[-1] in "-."}
    return frozenset(found)


def _of_text(text: str, words: Words) -> Words:
    """The words of a Compose, skaffold or bake file, or of variables for one."""
    anything = words.other
    found = all_words(text)
    lists = not found.isdisjoint(("include", "env_file"))
    odd_builds = odd_files = False
    plain = text.replace("$$", "") if "$$" in text else text
    if "$" in plain:
        odd_builds = odd_files = anything
        for line in plain.split("\n") if not anything else ():
            if "$" not in line:
                continue
            keyed = _KEYED.match(line.lstrip(" \t-"))
            if keyed is not None:
                odd_builds = odd_builds or keyed[1] in OF_BUILDS
                odd_files = odd_files or keyed[1] in OF_FILES
            elif _ITEM.match(line.lstrip()) is not None:
                odd_files = odd_files or lists
            elif not line.lstrip().startswith("#"):
                odd_builds = odd_files = True
    if _COMPLEX.search(text) is not None:
        return UNKNOWN._replace(manifest=words.manifest, compose=words.compose, other=words.other)
    images = list(_values(text, _IMAGE))
    named = frozenset(map(last, (image for _, image in images)))
    made = found if anything else frozenset(map(last, _built(text, images)))
    names = {name for _, name in _values(text, _NAME)}
    outer, odd_outer = _external(text)
    return words._replace(
        words=found,
        images=found if anything else named - {""},
        built=made - {""},
        names=(frozenset(names) | outer) - {""},
        odd_builds=(odd_builds and (anything or "build" in found)) or (anything and "{{" in text),
        odd_files=odd_files and (anything or not OF_FILES.isdisjoint(found)),
        odd_images="" in named,
        odd_built="" in made,
        odd_names="" in names or odd_outer,
    )


def _values(text: str, key: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    """Where a key stands, and its values: empty where one isn't plain."""
    for match in key.finditer(text):
        start = match.end()
        while text[start : start + 1] in (" ", "\t"):
            start += 1
        value = _VALUE.match(text, start)
        word = value[0].strip(" \t\"'") if value is not None else ""
        word = word if "$" in word else word.rstrip("}]")
        if not word or word.startswith(_NOT_PLAIN) or (_made_up(word) if key is _IMAGE else "$" in word):
            yield match.start(), ""
        else:
            yield match.start(), word


def _built(text: str, images: list[tuple[int, str]]) -> Iterator[str]:
    """Those of the values that stand in a block that may say how the image is built."""
    if "build" not in text:
        return
    if "<<" in text or _OPEN_FLOW.search(text) is not None:
        yield from (image for _, image in images)
        return
    for at, image in images:
        if "build" in _block(text, at):
            yield image


def _block(text: str, at: int) -> str:
    """The lines around a place that are indented as deep as its own, or deeper."""
    start = text.rfind("\n", 0, at) + 1
    end = text.find("\n", at)
    end = len(text) if end < 0 else end
    depth = at - start - len(text[start:at].lstrip(" "))
    while start and _is_within(text[(above := text.rfind("\n", 0, start - 1) + 1) : start - 1], depth):
        start = above
    while end < len(text):
        below = text.find("\n", end + 1)
        below = len(text) if below < 0 else below
        if not _is_within(text[end + 1 : below], depth):
            break
        end = below
    return text[start:end]


def _is_within(line: str, depth: int) -> bool:
    bare = line.strip()
    return not bare or bare.startswith("#") or len(line) - len(line.lstrip(" ")) >= depth


def _external(text: str) -> tuple[frozenset[str], bool]:
    """The keys of what is said to be made elsewhere; and whether there are some that can't be told."""
    if "external" not in text:
        return frozenset(), False
    found: set[str] = set()
    above: list[tuple[int, str]] = []
    for line in text.split("\n"):
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        depth = len(line) - len(line.lstrip())
        while above and above[-1][0] >= depth:
            above.pop()
        if _EXTERNAL.search(bare) is not None:
            flow = _FLOW.fullmatch(bare)
            name = flow[1] if flow is not None else above[-1][1] if above and _IS_EXTERNAL.match(bare) else ""
            if not name:
                return frozenset(), True
            found.add(name)
        opened = _OPEN.fullmatch(bare)
        above.append((depth, opened[1] if opened is not None else ""))
    return frozenset(found), False


_FLOW = pattern(r"([A-Za-z0-9_.-]++)[ \t]*+:[ \t]*+\{[^{}&]*+\}(?:[ \t]++#.*+)?")
_IS_EXTERNAL = pattern(r"external[ \t]*+:")
