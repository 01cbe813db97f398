"""Modules whose body isn't run before something of it is asked for: libraries import much that a run has no need of.

Only a process of hullcheck's own does this (`__main__` says so); in another program libraries are imported as ever.
"""

from __future__ import annotations

import _frozen_importlib  # what importlib is made of: to import that takes as long as ten modules
import sys
from types import ModuleType

from hullcheck.typed import Any

allowed = False

apart: dict[str, ModuleType] = {}
"""Modules that were imported with stand-ins for what they import, for one user of theirs: nobody else is given them."""


class _Deferred(ModuleType):
    """It is itself the module that others import, and is filled on the first question for what isn't there."""

    def __getattr__(self, name: str) -> Any:
        if name == "__path__":  # the import system asks for it; a package's is there
            raise AttributeError(name)
        fill(self.__name__)
        return getattr(self, name)


def fill(name: str) -> None:
    """Have the module's body run, if it was deferred."""
    module: Any = sys.modules.get(name)
    if not isinstance(module, _Deferred):
        return
    loader: Any = module.__spec__ and module.__spec__.loader
    module.__class__ = ModuleType  # type: ignore[assignment]
    for stand_in in module.__dict__.pop("_stand_ins"):
        del module.__dict__[stand_in]
    loader.exec_module(module)


def defer(name: str, **stand_ins: object) -> None:
    """Have the module imported by the rest of the process without its body, unless it is there already.

    `stand_ins` answer for its attributes of the same names until it is asked for another.
    """
    if name in sys.modules or not allowed:
        return
    parent, _, tail = name.rpartition(".")
    if parent:
        __import__(parent)
    importing: Any = _frozen_importlib
    spec = importing._find_spec(name, sys.modules[parent].__path__ if parent else None)  # as importlib does
    if spec is None or spec.loader is None:
        return  # who imports it is told so
    module = importing.module_from_spec(spec)
    module.__class__ = _Deferred
    module.__dict__.update(stand_ins, _stand_ins=tuple(stand_ins))
    sys.modules[name] = module
    if parent:
        setattr(sys.modules[parent], tail, module)


def imported(name: str) -> Any:
    """A module by its whole name, as `importlib.import_module` gives it."""
    __import__(name)
    return sys.modules[name]


class Logger:
    """A logger of the standard library, which isn't imported before it is used.

    Of what is less than a warning nothing is heard, unless somebody has asked the library for it.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def debug(self, *arguments: object, **named: object) -> None:
        """Say something, if anybody can hear it."""
        if type(sys.modules.get("logging")) is ModuleType:
            self.__getattr__("debug")(*arguments, **named)

    def info(self, *arguments: object, **named: object) -> None:
        """The same."""
        if type(sys.modules.get("logging")) is ModuleType:
            self.__getattr__("info")(*arguments, **named)

    def __getattr__(self, name: str) -> Any:
        import logging

        return getattr(logging.Logger.manager.getLogger(self._name), name)
