"""Credentials in the text of configuration files: properties, INI, TOML, YAML, JSON, XML, SQL, servers' directives."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hullcheck.model.lazy import Lazy
from hullcheck.model.secrets import Grade, by_name, literal
from hullcheck.tuples import NamedTuple

_PROPERTY = Lazy(
    r"(?<![^\n{,;\"'])[ \t]*+(?:(?:export|-)[ \t]++)?+[\"']?(?P<name>[A-Za-z_][A-Za-z0-9_.-]{0,80})[\"']?[ \t]*+(?:=|:(?=\s|\"))"
    r"[ \t]*+(?=(?P<value>\"[^\"\n]{1,1000}+\"|'[^'\n]{1,1000}+'|[^\s,;}#{\[][^\n,;}]{0,1000}+))"
)
_CODE = Lazy(r"[()\[\]{}<>|]|\b(?:String|string|str|Optional|os\.environ|process\.env|getenv|def|return|function)\b")
_ELEMENT = Lazy(r"<(?P<name>[A-Za-z_][\w.:-]{0,80})(?:\s[^<>]{0,400}+)?>(?P<value>[^<>\n]{1,400}+)</")
_ATTRIBUTE = Lazy(
    r"\s(?P<name>[A-Za-z_][\w.:-]{0,80})=(?:\"(?P<value>[^\"<>\n]{1,400}+)\"|'(?P<single>[^'<>\n]{1,400}+)')"
)
_NAMED = Lazy(
    r"\s(?:name|key)=[\"'](?P<name>[A-Za-z_][\w.:-]{0,80})[\"']\s{1,40}+value=[\"'](?P<value>[^\"'<>\n]{1,400}+)[\"']"
)
_DIRECTIVE = Lazy(
    r"(?<![^\n\"'])[ \t]*+(?P<name>requirepass|masterauth|sentinel[ \t]{1,9}auth-pass[ \t]{1,9}\S{1,80}|tls-key-file-pass)[ \t]++"
    r"(?P<value>\"[^\"\n]{1,400}+\"|[^\s\"']{1,400}+)"
)
_STATEMENT = Lazy(
    r"\b(?P<name>PASSWORD|IDENTIFIED\s{1,9}(?:WITH\s{1,9}\w{1,40}\s{1,9})?BY(?:\s{1,9}PASSWORD)?)\s{0,9}"
    r"(?:=\s{0,9})?(?:PASSWORD\()?'(?P<value>[^'\n]{1,400}+)'",
    re.IGNORECASE,
)


class Property(NamedTuple):
    """A name and its value in the text of a configuration file, the value as half-open offsets."""

    name: str
    value: str
    start: int
    end: int


def in_properties(text: str) -> Iterator[Property]:
    """The credentials in properties, INI, JSON, YAML, TOML or assignments."""
    for match in _PROPERTY.finditer(text):
        name, written = match["name"], match["value"].rstrip()
        if by_name(name) is Grade.STRONG:
            yield from _held(name, written, match.start("value"))


def in_config(text: str) -> Iterator[Property]:
    """The credentials in a configuration file's text, whatever its format, in order. Each comes once."""
    end = -1
    for found in sorted(_all(text), key=lambda found: (found.start, -found.end)):
        if found.start >= end:
            end = found.end
            yield found


def _all(text: str) -> Iterator[Property]:
    yield from in_properties(text)
    if '\\"' in text or "\\n" in text:  # a text within a text, each of its characters where it was
        yield from _all(text.replace('\\"', '" ').replace("\\n", " \n"))
    if "</" in text or "/>" in text:
        yield from _in_xml(text)
    if "pass" in text or "masterauth" in text:
        for match in _DIRECTIVE.finditer(text):
            yield from _held(match["name"].split()[0], match["value"], match.start("value"), "password")
    if "'" in text and any(word in text.casefold() for word in ("password", "identified")):
        for match in _STATEMENT.finditer(text):
            yield from _held(match["name"].upper(), match["value"], match.start("value"), "password")


def _in_xml(text: str) -> Iterator[Property]:
    for pattern in (_ELEMENT, _NAMED):
        for match in pattern.finditer(text):
            if by_name(match["name"]) is Grade.STRONG:
                yield from _held(match["name"], match["value"], match.start("value"))
    for match in _ATTRIBUTE.finditer(text):
        group = "value" if match["value"] is not None else "single"
        if by_name(match["name"]) is Grade.STRONG:
            yield from _held(match["name"], match[group], match.start(group))


def _held(name: str, written: str, at: int, kind: str = "") -> Iterator[Property]:
    """The value, without quotes, if it is a credential under that name (or one of that `kind`)."""
    value = written.strip("\"' \t")
    if literal(kind or name, value) and not _CODE.search(value):
        start = at + written.find(value)
        yield Property(name, value, start, start + len(value))
