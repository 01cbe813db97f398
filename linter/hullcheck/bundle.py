"""One file with what Python has compiled of the modules that runs import: to find and open each takes a third of a run.

It stands beside Python's own files of that kind, in the package's `__pycache__`, and holds nothing but copies of them.
It is as safe as they are: who could change it could change the package. A module of a package, or of the standard
library, is taken from it if it would be found in the same folder, and its source still has the time and size that Python
noted when it compiled it.
Whatever isn't so is imported as ever; so is all, where the file can't be read or written. Beside them are the regular
expressions that the sources hold, compiled: they are those of this very Python.
"""

from __future__ import annotations

import marshal
import os
import sys
from _frozen_importlib import (
    ModuleSpec,  # these are importlib's own parts: to import itself takes as long as ten modules
)
from _frozen_importlib_external import MAGIC_NUMBER, SourceFileLoader

from hullcheck import patterns

TYPE_CHECKING = False  # type checkers know this name; to import typing for it takes long

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import CodeType, ModuleType
    from typing import Any

    Entry = tuple[str, bool, int, int, int, int, str]
    """A source's path, whether it is a package's, its time and size, where its code starts and how long it is, and the
    path of what Python compiled of it."""

_LIBRARY = os.path.dirname(os.__file__)

_HEADER = 16
"""Bytes before the code in Python's files: a magic number, flags, the source's time and size."""

MOST = 64 * 1024 * 1024
"""Bytes; all modules of hullcheck have some 8 million."""

_PIECE = 100_000
"""Bytes that are read at once."""

_START = b"hullcheck 3 " + MAGIC_NUMBER + sys.hexversion.to_bytes(4, "little")


class _File:
    """The file while it is read: each module's code is taken from its place in it when it is asked for."""

    def __init__(self, path: str) -> None:
        self.number = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0))
        self.size = os.fstat(self.number).st_size
        self._piece = memoryview(b"")
        self._from = 0

    def read(self, start: int, length: int) -> memoryview:
        """What stands there; what comes behind it is read, too, since modules stand in the order of a run's imports."""
        at = start - self._from
        if at < 0 or at + length > len(self._piece):
            self._piece, self._from, at = memoryview(os.pread(self.number, max(length, _PIECE), start)), start, 0
        return self._piece[at : at + length]

    def entries(self) -> tuple[dict[tuple[str, str], Entry], dict[patterns.Key, patterns.Kept]]:
        """The modules and expressions that the file holds; ValueError, EOFError or TypeError if it is none of ours."""
        head = self.read(0, len(_START) + 8)
        if head[: len(_START)] != _START or self.size > MOST:
            raise ValueError
        at = int.from_bytes(head[len(_START) :], "little")
        modules, expressions = marshal.loads(self.read(at, self.size - at))
        if not isinstance(modules, dict) or not isinstance(expressions, dict):
            raise TypeError
        return modules, expressions


class _Loader(SourceFileLoader):
    def __init__(self, name: str, entry: Entry, file: _File, *, is_stale: bool) -> None:
        super().__init__(name, entry[0])
        self.is_stale = is_stale
        self._entry = entry
        self._file = file

    def get_code(self, fullname: str) -> CodeType | None:
        if not self.is_stale:
            start, length = self._entry[4:6]
            try:
                code: CodeType = marshal.loads(self._file.read(start, length))
                return code
            except (OSError, ValueError, EOFError, TypeError):
                pass
        self.is_stale = True
        return super().get_code(fullname)


class Finder:
    """Finds modules in the file; for `sys.meta_path`."""

    def __init__(self, entries: Mapping[tuple[str, str], Entry], file: _File | None) -> None:
        self.entries = entries
        self.file = file
        self.before = _before_library()

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """As import systems ask; None for what others have to find."""
        if path is None:
            entry = self.entries.get((_LIBRARY, name)) if self.before is not None and name not in self.before else None
        else:
            entry = self.entries.get((path[0], name)) if len(path) == 1 else None
        if entry is None or self.file is None:
            return None
        origin, is_package, changed, size = entry[:4]
        try:
            source = os.stat(origin)
        except OSError:
            return None
        is_same = (int(source.st_mtime) & 0xFFFFFFFF, source.st_size & 0xFFFFFFFF) == (changed, size)
        loader = _Loader(name, entry, self.file, is_stale=not is_same)
        spec = ModuleSpec(name, loader, origin=origin, is_package=is_package)
        spec.has_location = True
        spec.cached = entry[6]  # else it is made of the source's path each time
        if spec.submodule_search_locations is not None:
            spec.submodule_search_locations.append(os.path.dirname(origin))
        return spec


def _before_library() -> frozenset[str] | None:
    """The names of what is found before the standard library's modules; None if nobody knows."""
    found: set[str] = set()
    for folder in sys.path:
        if folder == _LIBRARY:
            return frozenset(found)
        try:
            found.update(name.partition(".")[0] for name in os.listdir(folder or "."))
        except FileNotFoundError:
            continue  # an archive that there could be
        except OSError:
            return None
    return None


def place() -> str:
    """The path of the file, for this version of Python; empty if Python is told to keep such files elsewhere."""
    tag = sys.implementation.cache_tag
    if sys.pycache_prefix is not None or not tag or sys.flags.optimize or not hasattr(os, "pread"):
        return ""
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), "__pycache__", f"modules.{tag}.bundle")


def install(path: str) -> None:
    """Have modules taken from the file, if there is one."""
    try:
        file = _File(path)
        modules, expressions = file.entries()
        sys.meta_path.insert(0, Finder(modules, file))
        patterns.kept.update(expressions)
    except (OSError, ValueError, EOFError, TypeError):
        return  # none, or half of one


def save(path: str) -> None:
    """Write the file anew if modules were imported, or expressions compiled, that aren't in it."""
    if sys.dont_write_bytecode or not path:
        return
    finder = next((each for each in sys.meta_path if isinstance(each, Finder)), Finder({}, None))
    missing = {}
    for name, module in list(sys.modules.items()):
        key = _key(name, module)
        if key and (key not in finder.entries or getattr(getattr(module, "__loader__", None), "is_stale", False)):
            missing[key] = module.__spec__
    if (missing or patterns.missed) and os.access(os.path.dirname(path), os.W_OK):
        expressions = {key: made for key in patterns.missed if (made := patterns.to_keep(key))}
        if missing or (expressions and len(expressions) + len(patterns.kept) <= patterns.MOST):
            _write(path, finder, missing, patterns.kept | expressions)


def _key(name: str, module: Any) -> tuple[str, str] | None:
    """The folder that a module is found in, and its name; None if it isn't one to keep."""
    spec = getattr(module, "__spec__", None)
    above = name.rpartition(".")[0]
    folders = getattr(sys.modules.get(above), "__path__", None) if above else (_LIBRARY,)
    if spec is None or not spec.cached or not isinstance(spec.loader, SourceFileLoader) or not folders:
        return None
    home = os.path.dirname(spec.origin)
    if not above and (home if spec.submodule_search_locations is None else os.path.dirname(home)) != _LIBRARY:
        return None
    return (folders[0], name) if len(folders) == 1 and spec.name == name else None


def _write(
    path: str,
    finder: Finder,
    missing: Mapping[tuple[str, str], Any],
    expressions: Mapping[patterns.Key, patterns.Kept],
) -> None:
    entries: dict[tuple[str, str], Entry] = {}
    parts: list[bytes | memoryview] = []
    at = len(_START) + 8
    kept = {key: entry for key, entry in finder.entries.items() if key not in missing}
    for key, entry in kept.items():
        start, length = entry[4:6]
        assert finder.file is not None
        parts.append(finder.file.read(start, length))
        entries[key] = (*entry[:4], at, length, entry[6])
        at += length
    for key, spec in missing.items():
        try:
            with open(spec.cached, "rb") as file:
                compiled = file.read(MOST)
        except OSError:
            continue  # Python has kept nothing of it
        if compiled[:4] != MAGIC_NUMBER or any(compiled[4:8]) or at + len(compiled) > MOST:
            continue  # made by another Python, or known by a hash
        changed, size = (int.from_bytes(compiled[n : n + 4], "little") for n in (8, 12))
        package = spec.submodule_search_locations is not None
        parts.append(compiled[_HEADER:])
        entries[key] = (spec.origin, package, changed, size, at, len(compiled) - _HEADER, spec.cached)
        at += len(compiled) - _HEADER
    part = f"{path}.{os.urandom(8).hex()}"
    try:
        with open(part, "xb") as file:
            file.write(
                b"".join((_START, at.to_bytes(8, "little"), *parts, marshal.dumps((entries, dict(expressions)))))
            )
        os.replace(part, path)
    except BaseException as error:
        from contextlib import suppress

        with suppress(OSError):
            os.unlink(part)
        if not isinstance(error, OSError):
            raise
