"""Modules whose body isn't run before something of it is asked for: libraries import much that a run has no need of.

Only a process of hullcheck's own does this (`__main__` says so); in another program libraries are imported as ever.
"""

from __future__ import annotations

import sys
from types import ModuleType

allowed = False


class _Deferred(ModuleType):
    """It is itself the module that others import, and is filled on the first question for what isn't there."""

    def __getattr__(self, name: str) -> object:
        if name == "__path__":  # the import system asks for it; a package's is there
            raise AttributeError(name)
        spec = self.__spec__
        self.__class__ = ModuleType  # type: ignore[assignment]
        for stand_in in self.__dict__.pop("_stand_ins"):
            del self.__dict__[stand_in]
        assert spec is not None
        assert spec.loader is not None
        spec.loader.exec_module(self)
        return getattr(self, name)


def defer(name: str, **stand_ins: object) -> None:
    """Have the module imported by the rest of the process without its body, unless it is there already.

    `stand_ins` answer for its attributes of the same names until it is asked for another.
    """
    if name in sys.modules or not allowed:
        return
    from importlib.util import find_spec, module_from_spec

    spec = find_spec(name)
    if spec is None or spec.loader is None:
        return  # who imports it is told so
    module = module_from_spec(spec)
    module.__class__ = _Deferred
    module.__dict__.update(stand_ins, _stand_ins=tuple(stand_ins))
    sys.modules[name] = module
    parent, _, tail = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], tail, module)


class Logger:
    """A logger of the standard library, which isn't imported before it is used."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> object:
        import logging

        return getattr(logging.Logger.manager.getLogger(self._name), name)
