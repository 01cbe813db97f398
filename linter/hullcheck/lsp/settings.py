"""What a workspace says: the settings of the section `hullcheck`, which mirror the options of `hullcheck check`."""

from __future__ import annotations

from collections.abc import Mapping

from hullcheck.finding import Severity
from hullcheck.patterns import pattern
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any

_KUBERNETES = pattern(r"v?(latest|1\.\d{1,3}(\.\d{1,3})?)")


class Settings(NamedTuple):
    """What is said; empty where nothing is, and the repository's configuration holds."""

    enable: bool = True
    config: str = ""
    no_config: bool = False
    profile: str = ""
    context: str = ""
    min_severity: str = ""
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    include_vendored: bool = False
    no_gitignore: bool = False
    no_inline: bool = False
    no_foreign_ignores: bool = False
    pod_security: str = ""
    validate: bool = False
    kubernetes_version: str = ""
    env: tuple[str, ...] = ()
    env_file: tuple[str, ...] = ()
    compose_profile: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    set: tuple[str, ...] = ()
    kube_version: str = ""
    api_versions: tuple[str, ...] = ()
    baseline: str = ""
    show_suppressed: bool = False
    show_unjudged: bool = True


_CHOICES: Mapping[str, tuple[str, ...]] = {
    "profile": ("default", "strict"),
    "context": ("production", "all"),
    "min_severity": tuple(str(severity) for severity in Severity),
    "pod_security": ("baseline", "restricted"),
}

_OF_COMMANDS = frozenset(("trace", "path", "args", "command", "server", "interpreter", "failon"))
"""Settings that editors keep in the section for themselves, or that mean nothing here."""


def read(said: object) -> tuple[Settings, list[str]]:
    """The settings, and what is wrong with what was said: that is told, and left out.

    Names may be written as options are (`min-severity`) or as editors do (`minSeverity`).
    """
    found: dict[str, Any] = {}
    wrong: list[str] = []
    if said is None:
        return Settings(), []
    if not isinstance(said, dict):
        return Settings(), ["`hullcheck` must be an object of settings"]
    names = {_plain(name): name for name in Settings._fields}
    for key, value in said.items():
        plain = _plain(str(key))
        if plain in _OF_COMMANDS or value is None:
            continue
        if plain not in names:
            from hullcheck.schema import did_you_mean

            wrong.append(f"`{key}` is no setting{did_you_mean(str(key), sorted(map(camel, names.values())))}")
            continue
        made, fault = _value(names[plain], value)
        if fault:
            wrong.append(f"`{key}`: {fault}")
        else:
            found[names[plain]] = made
    return Settings(**found), wrong


def camel(name: str) -> str:
    """The name as editors write it: `minSeverity`."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def _plain(name: str) -> str:
    return name.replace("-", "").replace("_", "").lower()


def _value(name: str, value: object) -> tuple[Any, str]:
    """The setting's value, or what is wrong with it."""
    default = Settings._field_defaults[name]
    if isinstance(default, bool):
        return (value, "") if isinstance(value, bool) else (None, "must be true or false")
    if isinstance(default, tuple):
        return _list(name, value)
    if not isinstance(value, str):
        return None, "must be a text"
    choices = _CHOICES.get(name)
    if value and choices and value not in choices:
        return None, f"must be one of {', '.join(choices)}"
    if name == "kubernetes_version" and value and not _KUBERNETES.fullmatch(value):
        return None, f"{value} is no version such as 1.34"
    return value.removeprefix("v") if name == "kubernetes_version" else value, ""


def _list(name: str, value: object) -> tuple[Any, str]:
    """A list of texts; `env` and `set` may be objects of names and values."""
    if name in ("env", "set") and isinstance(value, dict):
        rows = value.items()
        if not all(isinstance(each, str | int | float | bool) for _, each in rows):
            return None, "must hold plain values"
        return tuple(f"{key}={str(each).lower() if isinstance(each, bool) else each}" for key, each in rows), ""
    if isinstance(value, str):
        value = [value] if value else []
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        return None, "must be a list of texts"
    if name in ("env", "set") and (bad := next((each for each in value if "=" not in each), None)) is not None:
        return None, f"`{bad}` is not NAME=VALUE"
    return tuple(value), ""
