"""The options that say what charts and Compose projects are rendered with, the same for every command."""

from __future__ import annotations

from hullcheck import look
from hullcheck.commands.common import say_all
from hullcheck.errors import HullcheckError
from hullcheck.model.settings import Given
from hullcheck.patterns import pattern
from hullcheck.source import Source
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from hullcheck.discover import Tree
    from hullcheck.render.compose.interpolate import Variables

_VERSION = pattern(r"v?\d{1,4}\.\d{1,4}(\.\d{1,4})?([-+][0-9A-Za-z.+-]{1,60})?")
MAX_FILE = 4 * 1024 * 1024
"""Bytes of a file of values or variables that are read."""


def add(parser: argparse.ArgumentParser) -> None:
    """The options."""
    option = parser.add_argument
    option("--compose-profile", action="append", metavar="NAME", help="Compose: an active profile")
    option("--env", action="append", default=[], metavar="NAME=VALUE", help="Compose: a variable")
    option("--env-file", action="append", default=[], metavar="FILE", help="Compose: a file of variables")
    option("--values", action="append", default=[], metavar="FILE", help="Helm: a file of values")
    option("--set", action="append", default=[], metavar="KEY=VALUE", help="Helm: a value")
    option("--kube-version", metavar="VERSION", help="Helm: the version of Kubernetes to render for")
    option("--api-versions", action="append", default=[], metavar="NAME", help="Helm: an API that the cluster has")


def given(options: argparse.Namespace) -> Given:
    """What the options say. Raises HullcheckError for what can't be read, or is no such thing."""
    return Given(
        values=tuple(map(_values, options.values)),
        sets=tuple(map(_set, options.set)),
        env=env(options),
        kube_version=_version(options.kube_version or ""),
        api_versions=tuple(name.strip() for text in options.api_versions for name in text.split(",") if name.strip()),
        profiles=_profiles(options),
    )


def env(options: argparse.Namespace) -> dict[str, str]:
    """The variables: those of files, a later one over an earlier, and over them those that are named one by one."""
    found: dict[str, str] = {}
    if options.env_file:
        from hullcheck.render.compose.dotenv import variables

        known: Variables = {}
        for path in options.env_file:
            known = known | variables(_source("--env-file", path), known, {})
        found = {name: setting.text for name, setting in known.items()}
    return found | dict(pair("--env", text) for text in options.env)


def pair(option: str, text: str) -> tuple[str, str]:
    """The two sides of NAME=VALUE."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise HullcheckError(f"{option}: `{text}` is not NAME=VALUE")
    return name, value


def _set(text: str) -> str:
    if "=" not in text:
        raise HullcheckError(f"--set: `{text}` is not KEY=VALUE")
    return text


def _values(path: str) -> Source:
    return _source("--values", path)


def _source(option: str, path: str) -> Source:
    try:
        with look.opened(path) as file:
            data = file.read(MAX_FILE + 1)
    except OSError as error:
        raise HullcheckError(f"{option}: {path}: {error.strerror}") from None
    if len(data) > MAX_FILE:
        raise HullcheckError(f"{option}: {path}: larger than {MAX_FILE // 1024 // 1024} MiB")
    return Source(path, data)


def _version(text: str) -> str:
    if text and not _VERSION.fullmatch(text):
        raise HullcheckError(f"--kube-version: {text} is no version such as 1.34")
    return text


def _profiles(options: argparse.Namespace) -> tuple[str, ...] | None:
    """The active profiles; None where none are said."""
    found = options.compose_profile
    return tuple(name for text in found for name in text.split(",") if name) if found is not None else None


def values_of(tree: "Tree", root: str, sources: tuple[Source, ...]) -> tuple[Source, ...]:
    """The files of values as an earlier tree of the repository has them; says which it doesn't have."""
    if not sources:
        return ()
    from hullcheck.change.history import as_then

    found, missing = as_then(tree, root, sources)
    say_all(f"--values: {path} isn't there before, so that side goes without it" for path in missing)
    return found
