"""What a text may be about, told without parsing it: linear in its length, and wrong only by letting too much through.

A key is rarely written in another way than as it is, but every reader of YAML takes `"\\x61piVersion"`, a line that
goes on in a quoted key, `!!binary` and a handle for it as well; such files have to be parsed to be told from others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from hullcheck.model.lazy import Lazy

_ODD = Lazy("\\\\(?:x[4-7]|u00[4-7]|U000000[4-7]|[\r\n\x85\u2028\u2029])")
_CONTINUED = Lazy("\\\\(?:\r\n|[\r\n\x85\u2028\u2029])[ \t]*")
_LETTER = Lazy(r"\\(?:x([4-7][0-9A-Fa-f])|u00([4-7][0-9A-Fa-f])|U000000([4-7][0-9A-Fa-f]))")
_TAG_ESCAPE = Lazy(r"![\w:.,!/<-]{0,60}%[2-7][0-9A-Fa-f]")
_JSON_SERVICES = Lazy(r'services["\']?\s*:\s*\{')
_JSON_TARGET = Lazy(r'"target"\s*:\s*\{')

_TAIL = 1_024
"""Characters of a piece that are looked at again with the next one: more than any spelling of a word takes."""

_FROM = Lazy(
    r"FROM(?:[ \t]++--[a-z]++=\S++)*+[ \t]++[^\s\"'`;()]++(?:[ \t]++AS[ \t]++[\w.-]++)?+[ \t]*+(?:#.*+)?", re.IGNORECASE
)
_ARG = Lazy(r"ARG[ \t]+[A-Za-z_]\w*(?:=.*)?", re.IGNORECASE)
_SYNTAX = Lazy(r"#[ \t]*(?:syntax|escape|check)[ \t]*=[ \t]*\S+", re.IGNORECASE)
_PLACEHOLDER = Lazy(r"\{\{[^{}\n]*+\}\}|\{%[^%\n]*+%\}|\{#[^#\n]*+#\}|<%[^%\n]*+%>")
_STAGE = Lazy(r"^[ \t]*FROM[ \t]+\S", re.IGNORECASE | re.MULTILINE)


class Wording:
    """The words of a text: `has` is never false for a key that some spelling of it makes."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._spelled: str | None = None
        self._opaque = False

    def has(self, word: str) -> bool:
        """May the text have this word, of ASCII letters, as a key?"""
        if word in self.text:
            return True
        if self._spelled is None:
            self._spelled = _spelled(self.text)
            self._opaque = _opaque(self.text)
        return self._opaque or word in self._spelled

    @property
    def manifest(self) -> bool:
        """May it hold a Kubernetes object?"""
        return self.has("apiVersion") and self.has("kind")

    def compose(self, path: str) -> bool:
        """May it hold the services of a Compose project? In JSON the word alone says little."""
        if not self.has("services"):
            return False
        if not path.lower().endswith(".json") or self._opaque or self._spelled:
            return True
        return _JSON_SERVICES.search(self.text) is not None

    def bake(self, path: str) -> bool:
        """May it be a bake file in JSON?"""
        return path.lower().endswith(".json") and '"target"' in self.text and _JSON_TARGET.search(self.text) is not None


def _spelled(text: str) -> str:
    """The text with its escaped letters as they are meant; empty if there are none."""
    if "\0" in text:
        text = text.replace("\0", "")
    elif "\\" not in text or _ODD.search(text) is None:
        return ""
    return _LETTER.sub(lambda m: chr(int(m[1] or m[2] or m[3], 16)), _CONTINUED.sub("", text))


def _opaque(text: str) -> bool:
    """Can a key be written in base 64?"""
    if "!" not in text:
        return False
    if "!!binary" in text or "2002:binary" in text or "%TAG" in text:
        return True
    return "%" in text and _TAG_ESCAPE.search(text) is not None


def interesting(chunks: Iterable[bytes], path: str) -> bool:
    """May a file that is read piece by piece hold an object or a project?"""
    tail, found = "", set[str]()
    words = ("apiVersion", "kind", "services")
    for chunk in chunks:
        text = tail + chunk.decode("latin-1").replace("\0", "")
        wording = Wording(text)
        found.update(word for word in words if word not in found and wording.has(word))
        if {"apiVersion", "kind"} <= found or ("services" in found and wording.compose(path)):
            return True
        tail = text[-_TAIL:]
        if "\\" in tail and not tail.rpartition("\\")[2].strip() and len(tail.rpartition("\\")[2]) > _TAIL // 2:
            return True  # a line that goes on behind very many blanks
    return False


def any_stage(chunks: Iterable[bytes]) -> bool:
    """Does a line of a file that is read piece by piece start like a Dockerfile's stage?"""
    tail = "\n"
    for chunk in chunks:
        text = tail + chunk.decode("latin-1")
        if _STAGE.search(text) is not None:
            return True
        tail = text[-_TAIL:]
    return False


def is_dockerfile(text: str) -> bool:
    """Does the text begin as a Dockerfile must: with a directive, an `ARG` or a `FROM` as the builder takes it?

    `from x import y` is none, nor is prose. A template's placeholders may be any word, and lines of them alone nothing.
    """
    for line in text.lstrip("\ufeff").splitlines():
        line, goes_on = line.strip(), line.rstrip().endswith(("\\", "`"))
        if "{" in line or "<%" in line:
            line = _PLACEHOLDER.sub("x", line) if _PLACEHOLDER.sub("", line).strip() else ""
        if _SYNTAX.fullmatch(line):
            return _STAGE.search(text) is not None
        if not line or line.startswith("#"):
            continue
        if _ARG.fullmatch(line):
            return _STAGE.search(text) is not None
        line = line.rstrip("\\` \t")
        return (goes_on and line.upper() in ("FROM", "ARG")) or _FROM.fullmatch(line) is not None
    return False
