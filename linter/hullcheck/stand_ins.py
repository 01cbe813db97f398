"""What answers for the standard library's modules that nearly every run only asks for a little of: see `deferred.py`.

Each is what the library's own is to who uses it as hullcheck does, or becomes the library's own as soon as it is called.
"""

from __future__ import annotations

import _collections  # type: ignore[import-not-found]
import _functools  # type: ignore[import-not-found]
import _operator
import sys

from hullcheck import deferred, patterns
from hullcheck.deferred import defer, fill

TYPE_CHECKING = False  # type checkers know this name; to import typing for it takes long

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Any


def defer_libraries() -> None:
    """What nearly every run only asks for a little of, in a process of hullcheck's own."""
    if not deferred.allowed:
        return
    defer("re", **patterns.stand_ins())
    defer("functools", **_functions())
    defer("contextlib", contextmanager=_manager, suppress=_Suppress)
    defer("operator", itemgetter=_operator.itemgetter, is_=_operator.is_)
    defer("json")
    defer("warnings", simplefilter=_of_ruamel)
    defer("collections", Counter=_Late("collections", "Counter"), deque=_collections.deque)
    import _collections_abc

    sys.modules.setdefault("collections.abc", _collections_abc)
    sys.modules["collections"].__dict__.setdefault("abc", sys.modules["collections.abc"])
    try:
        from _datetime import date, timedelta  # type: ignore[import-not-found]
    except ImportError:
        return
    defer("datetime", date=date, timedelta=timedelta)


def _of_ruamel(*_: object) -> None:
    """The filters that ruamel.yaml sets: its warnings are told once, as they are without."""


def _functions() -> dict[str, object]:
    names = ("partial", "reduce", "cmp_to_key")
    found = {name: getattr(_functools, name) for name in names if hasattr(_functools, name)}
    return {**found, "cached_property": CachedProperty, "cache": _cache, "lru_cache": _lru_cache}


class CachedProperty:
    """As `functools.cached_property`, for who doesn't ask the class for it."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.func = function
        self.attrname = ""
        self.__doc__ = function.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self.attrname = name

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        value = instance.__dict__[self.attrname] = self.func(instance)
        return value


def _cache(function: Callable[..., Any]) -> Any:
    return _lru_cache(None)(function)


def _lru_cache(maxsize: Any = 128, typed: bool = False) -> Any:
    if callable(maxsize):
        return _lru_cache()(maxsize)

    def decorated(function: Callable[..., Any]) -> Any:
        made = _functools._lru_cache_wrapper(function, maxsize, typed, _info)
        made.cache_parameters = lambda: {"maxsize": maxsize, "typed": typed}
        for name in ("__module__", "__name__", "__qualname__", "__doc__"):
            setattr(made, name, getattr(function, name))
        made.__wrapped__ = function
        return made

    return decorated


def _info(*counts: int) -> Any:
    from functools import _CacheInfo

    return _CacheInfo(*counts)


def _manager(function: Callable[..., Any]) -> Callable[..., Any]:
    """As `contextlib.contextmanager`, but that what is made is no decorator."""

    def manager(*arguments: Any, **named: Any) -> _Manager:
        return _Manager(function(*arguments, **named))

    manager.__name__, manager.__doc__ = function.__name__, function.__doc__
    return manager


class _Manager:
    def __init__(self, steps: Any) -> None:
        self._steps = steps

    def __enter__(self) -> Any:
        return next(self._steps)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is None:
            try:
                next(self._steps)
            except StopIteration:
                return False
            raise RuntimeError("generator didn't stop")
        try:
            self._steps.throw(error)
        except BaseException as raised:
            if isinstance(raised, StopIteration) and raised is not error:
                return True
            if raised is error or (isinstance(error, StopIteration) and raised.__cause__ is error):
                error.__traceback__ = trace
                return False
            raise
        raise RuntimeError("generator didn't stop after throw()")


class _Suppress:
    """As `contextlib.suppress`."""

    def __init__(self, *kinds: type[BaseException]) -> None:
        self._kinds = kinds

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        return kind is not None and issubclass(kind, self._kinds)


class _Late:
    """A class that is imported once one of it is made; until then it may be named, and given parameters."""

    def __init__(self, module: str, name: str) -> None:
        self._module = module
        self._name = name

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        fill(self._module)
        return getattr(sys.modules[self._module], self._name)(*arguments, **named)

    def __getitem__(self, parameters: Any) -> _Late:
        return self
