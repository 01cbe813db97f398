"""GitPython's way to start git, without the rest of GitPython: to import that takes as long as to judge many files.

Only a process of hullcheck's own does this, as with `deferred.py`; in another program, or with a release of GitPython that
wants more than is known here, the library is imported as ever.
"""

from __future__ import annotations

import _frozen_importlib  # what importlib is made of: to import that takes as long as ten modules
import sys
from collections.abc import Callable, Mapping
from types import ModuleType

from hullcheck import deferred
from hullcheck.typed import Any


def command() -> tuple[Any, type[Exception]]:
    """GitPython's `Git`, and what it raises where there is no git to start; ImportError if there is no GitPython.

    The library itself looks for the program as it is imported, and raises ImportError if that isn't there.
    """
    if deferred.allowed and "git" not in sys.modules:
        try:
            return _alone()
        except Exception:  # noqa: BLE001  whatever a release that isn't known stumbles over
            for name in [name for name in deferred.apart if name.partition(".")[0] == "git"]:
                del deferred.apart[name]
    import git

    return git.Git, git.GitCommandNotFound


def _alone() -> tuple[Any, type[Exception]]:
    """The same of its module `git.cmd`, and of that alone; any error if that can't be imported so."""
    if "git.cmd" not in deferred.apart:
        _prepare()
        importing: Any = _frozen_importlib
        spec = importing._find_spec("git", None)  # as importlib does
        package: Any = ModuleType("git")
        package.__path__ = spec.submodule_search_locations
        parts = {"git": package, **{name: _part(name, known) for name, known in _PARTS.items()}}
        if "typing" not in sys.modules:
            parts["typing"] = _Typing("typing")
        try:
            sys.modules.update(parts)
            __import__("git.cmd")
        finally:
            for name in parts:
                del sys.modules[name]  # who asks for it from now on gets the real one
            for name in [name for name in sys.modules if name.partition(".")[0] == "git"]:
                deferred.apart[name] = sys.modules.pop(name)
        deferred.apart["git"] = package
    module: Any = deferred.apart["git.cmd"]
    return module.Git, _NotFoundError


def _prepare() -> None:
    """The library's modules that a start of git asks only a little of, or nothing."""
    from _thread import allocate_lock

    deferred.defer("threading", Lock=allocate_lock)
    for name in ("locale", "signal"):
        deferred.defer(name)
    deferred.defer("logging", getLogger=deferred.Logger)
    deferred.defer("textwrap", dedent=_late("textwrap", "dedent"))
    __import__("subprocess")  # as any other module has it


class _NotFoundError(Exception):
    """There is no git to start."""


def _late(module: str, name: str) -> Callable[..., Any]:
    """A function of a library's module that isn't imported before it is called."""

    def called(*arguments: Any, **named: Any) -> Any:
        return getattr(deferred.imported(module), name)(*arguments, **named)

    return called


def _expanded(path: object) -> Any:
    return None if path is None else _late("git.util", "expand_path")(path)


def _redacted(words: Any) -> list[str]:
    """As `git.util.remove_password_if_present`: only in what may be an address, or a header, there can be a password."""
    if any("//" in word or "extraheader" in word.lower() for word in words):
        return list(_late("git.util", "remove_password_if_present")(words))
    return list(words)


def _errors(*names: str) -> dict[str, type[Exception]]:
    return {name: type(name, (Exception,), {}) for name in names}


_PARTS: dict[str, Mapping[str, object]] = {
    "git.compat": {
        "defenc": sys.getfilesystemencoding(),
        **{name: _late("git.compat", name) for name in ("force_bytes", "safe_decode")},
    },
    "git.exc": {
        **_errors("CommandError", "GitCommandError", "UnsafeOptionError", "UnsafeProtocolError"),
        "GitCommandNotFound": _NotFoundError,
    },
    "git.types": dict.fromkeys(("TBD", "Literal", "PathLike"), object),
    "git.util": {
        "expand_path": _expanded,
        "remove_password_if_present": _redacted,
        **{name: _late("git.util", name) for name in ("cygpath", "is_cygwin_git", "patch_env", "stream_copy")},
    },
}
"""What `git.cmd` takes from the rest of GitPython. A release that takes something else is imported as a whole."""


def _part(name: str, known: Mapping[str, object]) -> ModuleType:
    module = ModuleType(name)
    module.__dict__.update(known)
    return module


class _Typing(ModuleType):
    """It has every name, for annotations that nobody reads."""

    TYPE_CHECKING = False

    @staticmethod
    def cast(_: object, value: Any) -> Any:
        """The value as it is."""
        return value

    @staticmethod
    def overload(function: Any) -> Any:
        """The function as it is: the last of them holds."""
        return function

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return object
