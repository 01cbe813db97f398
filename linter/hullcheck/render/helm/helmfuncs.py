"""The functions that Helm adds, but for those that need the engine; and Sprig's on paths, URLs, JSON and versions."""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from hullcheck.patterns import pattern
from hullcheck.render.helm.data import from_text, placed_json
from hullcheck.render.helm.emit import to_yaml
from hullcheck.render.helm.errors import FailError, LimitError, TemplateError, UndecidedError
from hullcheck.render.helm.functions import go
from hullcheck.render.helm.json import to_json
from hullcheck.render.helm.provenance import Unsure
from hullcheck.render.helm.semver import Version, satisfies
from hullcheck.render.helm.texts import DISORDER, is_disordered
from hullcheck.render.helm.unknown import Unknown
from hullcheck.render.helm.values import List, Map, Value, is_unknown, reason_of


def _unsure(value: Value) -> Unknown | None:
    if isinstance(value, Unknown):
        return Unknown(value.reason)
    return Unknown(DISORDER) if is_disordered(value) else None


def _written(value: Value, write: Callable[[Value], str], must: bool) -> Value:
    """What can't be written is an empty text, or an error for the functions with `must`."""
    unsure = _unsure(value)
    if unsure:
        return unsure
    try:
        return write(value)
    except UndecidedError as error:
        return Unknown(error.message, "string", True)
    except LimitError:
        raise
    except TemplateError:
        if must:
            raise
        return ""


def _pretty_yaml(value: Value) -> str:
    return to_yaml(value, indent_lists=True)


def _pretty_json(value: Value) -> str:
    return to_json(value, pretty=True)


def _raw_json(value: Value) -> str:
    return to_json(value, html=False)


def _declare(name: str, write: Callable[[Value], str], must: bool) -> None:
    go(name, "any", aware=True)(lambda value: _written(value, write, must))


_declare("toYaml", to_yaml, must=False)
_declare("mustToYaml", to_yaml, must=True)
_declare("toYamlPretty", _pretty_yaml, must=False)
_declare("toJson", to_json, must=False)
_declare("mustToJson", to_json, must=True)
_declare("toPrettyJson", _pretty_json, must=False)
_declare("mustToPrettyJson", _pretty_json, must=True)
_declare("toRawJson", _raw_json, must=True)
_declare("mustToRawJson", _raw_json, must=True)


@go("fromYaml", "text", aware=True)
def from_yaml(text: Value) -> Value:
    if isinstance(text, Unknown):
        return Unknown(text.reason, "map")
    try:
        value = from_text(text)
    except TemplateError as error:
        return _broken(text, error.message)
    if value is None:
        return Map()
    return value if isinstance(value, dict) else _broken(text, "no mapping")


@go("fromYamlArray", "text", aware=True)
def from_yaml_array(text: Value) -> Value:
    if isinstance(text, Unknown):
        return Unknown(text.reason, "slice")
    try:
        value = from_text(text)
    except TemplateError as error:
        return List([Unknown(error.message, "string", True)])
    if value is None:
        return List()
    return value if isinstance(value, list) else List([Unknown("no list", "string", True)])


def _broken(text: str, message: str) -> Value:
    """What Helm gives for a text that can't be read: the error under the key `Error`."""
    if isinstance(text, Unsure):
        return Unknown(reason_of(text), "map")
    return Map(Error=Unknown(f"an error message: {message}", "string", True))


@go("fromJson", "string")
def from_json_(text: str) -> Value:
    try:
        value = placed_json(text)
    except TemplateError as error:
        return _broken(text, error.message)
    if value is None:
        return Map()
    return value if isinstance(value, dict) else _broken(text, "no mapping")


@go("mustFromJson", "string")
def must_from_json(text: str) -> Value:
    return placed_json(text)


@go("fromJsonArray", "string")
def from_json_array(text: str) -> Value:
    try:
        value = placed_json(text)
    except TemplateError as error:
        return List([Unknown(error.message, "string", True)])
    if value is None:
        return List()
    return value if isinstance(value, list) else List([Unknown("no list", "string", True)])


@go("fromToml", "string")
def from_toml(text: str) -> Value:
    import tomllib

    try:
        value = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        return _broken(text, str(error))
    return _from_toml(value)


def _from_toml(value: Value) -> Value:
    from hullcheck.render.helm.values import Int64

    if isinstance(value, dict):
        return Map((key, _from_toml(item)) for key, item in value.items())
    if isinstance(value, list):
        return List(map(_from_toml, value))
    if isinstance(value, int) and not isinstance(value, bool):
        return Int64(value)
    return value if isinstance(value, str | float | bool) else Unknown("a point in time", "struct", True)


@go("required", "text any", aware=True)
def required(message: str, value: Value) -> Value:
    if value is None or (isinstance(value, str) and not value):
        raise TemplateError(str(message))
    return value


@go("fail", "text", aware=True)
def fail(message: Value) -> Value:
    raise FailError("it fails on purpose" if is_unknown(message) else str(message))


@go("lookup", "text text text text", aware=True)
def lookup(version: str, kind: str, namespace: str, name: str) -> Map:
    """Without a cluster there is nothing to find."""
    return Map()


@go("getHostByName", "text", aware=True)
def get_host_by_name(name: str) -> str:
    return ""


@go("hello")
def hello() -> str:
    return "Hello!"


@go("base osBase", "string")
def base(path: str) -> str:
    return (path.rstrip("/").rpartition("/")[2] or "/") if path else "."


@go("dir osDir", "string")
def dir_(path: str) -> str:
    return _clean(path.rpartition("/")[0] + "/" if "/" in path else ".")


@go("clean osClean", "string")
def clean(path: str) -> str:
    return _clean(path)


def _clean(path: str) -> str:
    cleaned = posixpath.normpath(path) if path else "."
    return "/" + cleaned.lstrip("/") if cleaned.startswith("//") else cleaned


@go("ext osExt", "string")
def ext(path: str) -> str:
    name = path.rpartition("/")[2]
    return name[name.rindex(".") :] if "." in name else ""


@go("isAbs osIsAbs", "string")
def is_abs(path: str) -> bool:
    return path.startswith("/")


@go("semver", "string")
def semver(text: str) -> Version:
    return Version(str(text))


@go("semverCompare", "string string")
def semver_compare(constraint: str, version: str) -> bool:
    return satisfies(str(constraint), Version(str(version)))


@go("urlParse", "string")
def url_parse(text: str) -> Value:
    from urllib.parse import unquote, urlsplit

    try:
        parts = urlsplit(text)
        hostname = parts.netloc.rpartition("@")[2]
    except ValueError:
        raise TemplateError("error calling urlParse: unable to parse url") from None
    if any(ord(char) <= 0x20 or ord(char) == 0x7F for char in text) or "%" in text or "[" in text:
        return Unknown("how this URL is parsed isn't supported", "map", True)
    user, at, _ = parts.netloc.rpartition("@")
    opaque = bool(parts.scheme) and not parts.netloc and not parts.path.startswith("/")
    return Map(
        scheme=parts.scheme,
        host=hostname,
        hostname=hostname.rpartition(":")[0] if ":" in hostname else hostname,
        path="" if opaque else unquote(parts.path),
        query=parts.query,
        opaque=parts.path if opaque else "",
        fragment=parts.fragment,
        userinfo=user if at else "",
    )


_URL_PARTS = ("scheme", "host", "path", "query", "opaque", "fragment", "userinfo")
_SIMPLE_URL = pattern(r"[A-Za-z0-9._~/:=&?-]*")


@go("urlJoin", "map")
def url_join(parts: Value) -> Value:
    """Only of parts in which nothing must be escaped."""
    found = {name: parts.get(name, "") for name in _URL_PARTS}
    for name, value in found.items():
        if not isinstance(value, str):
            raise TemplateError(f"error calling urlJoin: unable to parse {name} key, must be of type string")
        if not _SIMPLE_URL.fullmatch(value):
            return Unknown("how this URL is escaped isn't supported", "string")
    url = f"{found['scheme']}:" if found["scheme"] else ""
    if found["opaque"]:
        url += str(found["opaque"])
    else:
        url += _hierarchy(found)
    return (
        url + (f"?{found['query']}" if found["query"] else "") + (f"#{found['fragment']}" if found["fragment"] else "")
    )


def _hierarchy(parts: dict[str, str]) -> str:
    host, path, user = parts["host"], parts["path"], parts["userinfo"]
    slashes = "//" if host or user or (parts["scheme"] and path) else ""
    between = "/" if path and not path.startswith("/") and host else ""
    return slashes + (f"{user}@" if user else "") + host + between + path
