"""Sprig's functions on strings."""

from __future__ import annotations

import re
from collections.abc import Callable

from hullcheck.patterns import pattern
from hullcheck.render.helm.builtins import sliced
from hullcheck.render.helm.errors import LimitError, TemplateError
from hullcheck.render.helm.functions import go
from hullcheck.render.helm.limits import check_items, spend_text
from hullcheck.render.helm.provenance import (
    Unsure,
    cut,
    indented,
    is_solid,
    joined,
    made_of,
    replaced,
    reshaped,
    unknown_text,
)
from hullcheck.render.helm.regex import Pattern, compile_pattern, expand
from hullcheck.render.helm.show import quoted, show
from hullcheck.render.helm.unknown import Unknown
from hullcheck.render.helm.values import (
    NilStrings,
    StringList,
    StringMap,
    Unordered,
    UnorderedValues,
    Value,
    as_unknown,
    is_list,
    is_unknown,
    known_truth,
    reason_of,
)

_SOLID = pattern(r"[A-Za-z0-9+/=]")
_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"


def text_of(value: Value) -> str:
    """Sprig's strval: how a value is put into a text."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    return show(value)


@go("toString", "any", aware=True)
def to_string(value: Value) -> Value:
    return text_of(value)


@go("quote", "any...", aware=True)
def quote(*values: Value) -> str:
    return _spaced([quoted(text_of(value)) for value in values if value is not None])


@go("squote", "any...", aware=True)
def squote(*values: Value) -> str:
    return _spaced([joined(["'", show(value), "'"]) for value in values if value is not None])


@go("cat", "any...", aware=True)
def cat(*values: Value) -> str:
    return _spaced([show(value) for value in values if value is not None])


def _spaced(parts: list[str], separator: str = " ") -> str:
    spread = [part for each in parts for part in (separator, each)]
    return joined(spread[1:])


def _stops(value: str, chars: str) -> bool:
    """Can't these characters be trimmed off any unknown part of the text?"""
    return is_solid(value) and not (isinstance(value, Unsure) and _SOLID.search(chars))


def _unknown_part(value: Value) -> Value:
    """What is left of an unknown text, of which nothing more is known unless it's solid."""
    found = as_unknown(value)
    return found if isinstance(value, Unknown) and found.solid else Unknown(found.reason, "string")


@go("trim", "text", aware=True)
def trim(value: Value) -> Value:
    return _trimmed(value, _SPACE)


@go("trimAll trimall", "text text", aware=True)
def trim_all(chars: Value, value: Value) -> Value:
    return _trimmed(value, chars)


def _trimmed(value: Value, chars: Value) -> Value:
    """Unknown parts that nothing can be trimmed off are where trimming stops."""
    if not chars:
        return value
    if is_unknown(chars) or isinstance(value, Unknown) or not _stops(value, chars):
        return _unknown_part(value if is_unknown(value) else chars)
    start = len(value) - len(value.lstrip(chars))
    return cut(value, start, max(len(value.rstrip(chars)), start))


@go("trimSuffix", "text text", aware=True)
def trim_suffix(suffix: Value, value: Value) -> Value:
    if is_unknown(suffix) or isinstance(value, Unknown) or not _stops(value, suffix):
        return _unknown_part(value if is_unknown(value) else suffix)
    return cut(value, 0, len(value) - len(suffix)) if suffix and value.endswith(suffix) else value


@go("trimPrefix", "text text", aware=True)
def trim_prefix(prefix: Value, value: Value) -> Value:
    if is_unknown(prefix) or isinstance(value, Unknown) or not _stops(value, prefix):
        return _unknown_part(value if is_unknown(value) else prefix)
    return cut(value, len(prefix), len(value)) if prefix and value.startswith(prefix) else value


@go("trunc", "int text", aware=True)
def trunc(count: int, value: Value) -> Value:
    if is_unknown(value):
        found = as_unknown(value)
        return Unknown(found.reason, "string", solid=found.solid and count != 0)
    size = len(value) if value.isascii() else len(value.encode("utf-8", "surrogateescape"))
    if count < 0 and size + count > 0:
        return sliced(value, size + count, size)
    return sliced(value, 0, count) if 0 <= count < size else value


@go("substr", "int int string")
def substr(start: int, end: int, value: str) -> Value:
    size = len(value.encode("utf-8", "surrogateescape"))
    if start < 0:
        low, high = 0, end
    else:
        low, high = start, size if end < 0 or end > size else end
    if not 0 <= low <= high <= size:
        raise TemplateError("error calling substr: slice bounds out of range")
    return sliced(value, low, high)


@go("upper", "text", aware=True)
def upper(value: Value) -> Value:
    if is_unknown(value):
        return _same_shape(value)
    return reshaped(value, "".join(char.upper() if len(char.upper()) == 1 else char for char in value))


def _same_shape(value: Value) -> Unknown:
    """Another unknown text that is empty if this one is."""
    found = as_unknown(value)
    whole = isinstance(value, Unknown) or is_solid(value)
    return Unknown(found.reason, "string", known_truth(value), solid=found.solid and whole and _is_whole(value))


def _is_whole(value: Value) -> bool:
    """Is nothing of the text known?"""
    return isinstance(value, Unknown) or len(value.runs) == 1


@go("lower", "text", aware=True)
def lower(value: Value) -> Value:
    if is_unknown(value):
        return _same_shape(value)
    return reshaped(value, "".join(char.lower() if len(char.lower()) == 1 else char for char in value))


@go("title", "string")
def title(value: str) -> str:
    parts = []
    before = " "
    for char in value:
        parts.append(char.upper() if _separates(before) and len(char.upper()) == 1 else char)
        before = char
    return "".join(parts)


def _separates(char: str) -> bool:
    if char.isascii():
        return not (char.isalnum() or char == "_")
    return not (char.isalpha() or char.isdecimal()) and char.isspace()


@go("untitle", "string")
def untitle(value: str) -> str:
    return re.sub(r"(^|\s)(\S)", lambda match: match[1] + match[2].lower(), value)


@go("swapcase", "string")
def swapcase(value: str) -> str:
    return value.swapcase()


@go("nospace", "string")
def nospace(value: str) -> str:
    return "".join(value.split())


def _by_bytes() -> Unknown:
    """The library cuts characters in pieces, which no template can want."""
    return Unknown("what this function does to a text that isn't ASCII isn't supported", "string", True)


@go("initials", "string")
def initials(value: str) -> Value:
    if not value.isascii():
        return _by_bytes()
    return "".join(word[0] for word in value.split())


@go("repeat", "int string")
def repeat(count: int, value: str) -> str:
    if count < 0:
        raise TemplateError("error calling repeat: strings: negative Repeat count")
    spend_text(count * len(value))
    return value * count


@go("replace", "text text text", aware=True)
def replace(old: Value, new: Value, value: Value) -> Value:
    if is_unknown(old) or isinstance(new, Unknown):
        return Unknown(reason_of(old if is_unknown(old) else new), "string")
    if is_unknown(value):
        value = unknown_text(value) if isinstance(value, Unknown) else value
        if not old or not _stops(value, old):
            return Unknown(reason_of(value), "string")
    return replaced(value, str(old), new)


@go("plural", "string string int")
def plural(one: str, many: str, count: int) -> str:
    return one if count == 1 else many


@go("contains", "text text", aware=True)
def contains(part: Value, value: Value) -> Value:
    return _compared(part, value, lambda: part in str(value))


@go("hasPrefix", "text text", aware=True)
def has_prefix(part: Value, value: Value) -> Value:
    return _compared(part, value, lambda: str(value).startswith(part))


@go("hasSuffix", "text text", aware=True)
def has_suffix(part: Value, value: Value) -> Value:
    return _compared(part, value, lambda: str(value).endswith(part))


def _compared(part: Value, value: Value, compare: Callable[[], bool]) -> Value:
    """Compare with a part of the text, unless that may be among what isn't known of it."""
    if is_unknown(part):
        return Unknown(reason_of(part), "bool")
    if not is_unknown(value):
        return compare()
    if isinstance(value, Unknown):
        value = unknown_text(value)
    return compare() if part and _stops(value, part) else Unknown(reason_of(value), "bool")


@go("indent", "int text", aware=True)
def indent(spaces: int, value: str) -> Value:
    return _indent(spaces, value, "")


@go("nindent", "int text", aware=True)
def nindent(spaces: int, value: str) -> Value:
    return _indent(spaces, value, "\n")


def _indent(spaces: int, value: Value, before: str) -> Value:
    if isinstance(value, Unknown):
        value = unknown_text(value)
    if spaces < 0:
        raise TemplateError("error calling indent: strings: negative Repeat count")
    if spaces > 10_000:
        raise LimitError("an indentation of more than 10000 characters")
    return joined([before, indented(value, " " * spaces)])


def strings_of(value: Value) -> list[str]:
    """Sprig's strslice: the texts of what isn't nil in a list."""
    if is_list(value) and not isinstance(value, bytes):
        return [text_of(item) for item in value if item is not None]
    return [] if value is None else [text_of(value)]


@go("join", "string any", aware=True)
def join(separator: str, value: Value) -> Value:
    if isinstance(value, Unknown):
        return Unknown(value.reason, "string")
    if is_disordered(value):
        return Unknown(DISORDER, "string", True)
    return _spaced(strings_of(value), separator)


DISORDER = "the order of a map's keys isn't the same in every run"


def is_disordered(value: Value) -> bool:
    """Is it a list whose order isn't known?"""
    return isinstance(value, Unordered | UnorderedValues) and len(value) > 1


@go("toStrings", "any", aware=True)
def to_strings(value: Value) -> Value:
    return value if isinstance(value, Unknown) else StringList(strings_of(value))


@go("split", "string string")
def split(separator: str, value: str) -> StringMap:
    return StringMap((f"_{at}", part) for at, part in enumerate(_split(value, separator, -1)))


@go("splitn", "string int string")
def splitn(separator: str, count: int, value: str) -> StringMap:
    return StringMap((f"_{at}", part) for at, part in enumerate(_split(value, separator, count)))


@go("splitList", "string string")
def split_list(separator: str, value: str) -> StringList:
    return StringList(_split(value, separator, -1))


def _split(value: str, separator: str, count: int) -> list[str]:
    if count == 0:
        return []
    if not separator:
        check_items(len(value))
        chars = list(value)
        return chars if count < 0 or len(chars) <= count else [*chars[: count - 1], "".join(chars[count - 1 :])]
    check_items(value.count(separator))
    parts: list[str] = []
    at = 0
    while (found := value.find(separator, at)) >= 0 and (count < 0 or len(parts) < count - 1):
        parts.append(cut(value, at, found))
        at = found + len(separator)
    return [*parts, cut(value, at, len(value))]


@go("abbrev", "int string")
def abbrev(width: int, value: str) -> Value:
    if not value.isascii():
        return _by_bytes()
    return value if width < 4 or len(value) <= width else value[: width - 3] + "..."


@go("wrap", "int string")
def wrap(width: int, value: str) -> Value:
    return _wrapped(value, width, "\n", False)


@go("wrapWith", "int string string")
def wrap_with(width: int, separator: str, value: str) -> Value:
    return _wrapped(value, width, separator or "\n", True)


def _wrapped(value: str, width: int, newline: str, breaks: bool) -> Value:
    if not value.isascii():
        return _by_bytes()
    width = max(width, 1)
    spend_text(len(value) + len(value) * len(newline))
    parts: list[str] = []
    at = 0
    while len(value) - at > width:
        if value[at] == " ":
            at += 1
            continue
        space = value.rfind(" ", at, at + width + 1)
        if space < 0 and not breaks:
            space = value.find(" ", at + width)
            if space < 0:
                break
        if space >= 0:
            parts += [value[at:space], newline]
            at = space + 1
        else:
            parts += [value[at : at + width], newline]
            at += width
    return "".join([*parts, value[at:]])


@go("b64enc", "text", aware=True)
def b64enc(value: Value) -> Value:
    if is_unknown(value):
        shape = _same_shape(value)
        return Unknown(shape.reason, "string", shape.truth, solid=shape.truth is True, decoded=value)
    import base64

    return made_of(value, base64.b64encode(value.encode("utf-8", "surrogateescape")).decode())


@go("b64dec", "text", aware=True)
def b64dec(value: Value) -> Value:
    if is_unknown(value):
        found = as_unknown(value)
        return found.decoded if found.decoded is not None and _is_whole(value) else Unknown(found.reason, "string")
    import base64
    import binascii

    try:
        data = base64.b64decode(value.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        return Unknown("the text is no base64", "string", True)
    return made_of(value, data.decode("utf-8", "surrogateescape"))


@go("b32enc", "string")
def b32enc(value: str) -> str:
    import base64

    return base64.b32encode(value.encode("utf-8", "surrogateescape")).decode()


@go("b32dec", "string")
def b32dec(value: str) -> Value:
    import base64
    import binascii

    try:
        return base64.b32decode(value).decode("utf-8", "surrogateescape")
    except (binascii.Error, ValueError):
        return Unknown("the text is no base32", "string", True)


@go("sha1sum", "string")
def sha1sum(value: str) -> str:
    return _digest("sha1", value)


@go("sha256sum", "string")
def sha256sum(value: str) -> str:
    return _digest("sha256", value)


@go("sha512sum", "string")
def sha512sum(value: str) -> str:
    return _digest("sha512", value)


def _digest(name: str, value: str) -> str:
    import hashlib

    return hashlib.new(name, value.encode("utf-8", "surrogateescape"), usedforsecurity=False).hexdigest()


@go("adler32sum", "string")
def adler32sum(value: str) -> str:
    import zlib

    return str(zlib.adler32(value.encode("utf-8", "surrogateescape")))


@go("regexMatch mustRegexMatch", "string string")
def regex_match(pattern: str, value: str) -> bool:
    return _pattern(pattern).search(str(value)) is not None


@go("regexFind mustRegexFind", "string string")
def regex_find(pattern: str, value: str) -> str:
    found = _pattern(pattern).search(str(value))
    return cut(value, found[0], found[1]) if found else ""


@go("regexFindAll mustRegexFindAll", "string string int")
def regex_find_all(pattern: str, value: str, count: int) -> Value:
    found: StringList = StringList()
    for match in _pattern(pattern).matches(str(value)):
        if 0 <= count <= len(found):
            break
        found.append(cut(value, match[0], match[1]))
    return found or NilStrings()


@go("regexReplaceAll mustRegexReplaceAll", "string string string")
def regex_replace_all(pattern: str, value: str, replacement: str) -> str:
    compiled = _pattern(pattern)
    return _replaced(pattern, value, lambda found: expand(compiled, str(replacement), str(value), found))


@go("regexReplaceAllLiteral mustRegexReplaceAllLiteral", "string string string")
def regex_replace_all_literal(pattern: str, value: str, replacement: str) -> str:
    return _replaced(pattern, value, lambda found: str(replacement))


def _replaced(pattern: str, value: str, replacement: Callable[[list[int]], str]) -> str:
    parts: list[str] = []
    at = 0
    for found in _pattern(pattern).matches(str(value)):
        parts += [cut(value, at, found[0]), replacement(found)]
        at = found[1]
    return joined([*parts, cut(value, at, len(value))]) if parts else value


@go("regexSplit mustRegexSplit", "string string int")
def regex_split(pattern: str, value: str, count: int) -> Value:
    if count == 0:
        return NilStrings()
    if pattern and not value:
        return StringList([""])
    parts = StringList()
    at = end = 0
    for found in _pattern(pattern).matches(str(value)):
        if count > 0 and len(parts) == count - 1:
            break
        end = found[0]
        if found[1]:
            parts.append(cut(value, at, end))
        at = found[1]
    if end != len(value):
        parts.append(cut(value, at, len(value)))
    return parts


@go("regexQuoteMeta", "string")
def regex_quote_meta(value: str) -> str:
    return re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", value)


def _pattern(pattern: str) -> Pattern:
    return compile_pattern(str(pattern))
