"""One file with what Python has compiled of the modules that runs import: to find and open each takes a third of a run.

It stands beside Python's own files of that kind, in the package's `__pycache__`, and holds nothing but copies of them.
It is as safe as they are: who could change it could change the package. A module of a package, or of the standard
library, is taken from it if it would be found in the same folder, and its source still has the time and size that Python
noted when it compiled it.
Whatever isn't so is imported as ever; so is all, where the file can't be read or written. Beside them are the regular
expressions that the sources hold, compiled: they are those of this very Python.

Modules that runs import together are kept together, in groups: one name that a hundred of them use is made once, which
takes a quarter less time. A run that had to take much that it didn't import writes the file anew, those groups split.
"""

from __future__ import annotations

import marshal
import os
import sys
from _frozen_importlib import (
    ModuleSpec,  # these are importlib's own parts: to import itself takes as long as ten modules
)
from _frozen_importlib_external import MAGIC_NUMBER, SourceFileLoader

from hullcheck import deferred, patterns

TYPE_CHECKING = False  # type checkers know this name; to import typing for it takes long

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import CodeType, ModuleType
    from typing import Any

    Key = tuple[str, str]
    """The folder that a module is found in, and its name."""

    Entry = tuple[str, bool, int, int, int, int, int, str]
    """A source's path, whether it is a package's, its time and size, the number of the group that its code is in, its
    place there, how long the code is, and the path of what Python compiled of it."""

    Module = tuple[Key, Entry, CodeType]

_LIBRARY = os.path.dirname(os.__file__)

_HEADER = 16
"""Bytes before the code in Python's files: a magic number, flags, the source's time and size."""

MOST = 64 * 1024 * 1024
"""Bytes; all modules of hullcheck have some 8 million."""

_START = b"hullcheck 4 " + MAGIC_NUMBER + sys.hexversion.to_bytes(4, "little")


_TOGETHER = 256 * 1024
"""Bytes of a group: to get memory for more costs what is gained."""

_SPARE = 16
"""The part of what a run takes out of the file, by which it may be too much."""

_NONE = (OSError, ValueError, EOFError, TypeError, IndexError)
"""What comes of a file that is none, or spoilt."""


class _File:
    """The file while it is read: a group's code is taken from its place in it when one of its modules is asked for."""

    def __init__(self, path: str) -> None:
        self.number = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0))
        self.size = os.fstat(self.number).st_size
        self.places: tuple[tuple[int, int], ...] = ()
        self._taken: dict[int, tuple[CodeType, ...]] = {}

    def entries(self) -> tuple[dict[Key, Entry], dict[patterns.Key, patterns.Kept]]:
        """The modules and expressions that the file holds; one of `_NONE` is raised if it is none of ours."""
        head = os.pread(self.number, len(_START) + 8, 0)
        if head[: len(_START)] != _START or self.size > MOST:
            raise ValueError
        at = int.from_bytes(head[len(_START) :], "little")
        modules, expressions, self.places = marshal.loads(os.pread(self.number, self.size - at, at))
        if not isinstance(modules, dict) or not isinstance(expressions, dict):
            raise TypeError
        return modules, expressions

    def bytes_of(self, group: int) -> bytes:
        """The code of a group's modules, as it is kept."""
        start, length = self.places[group]
        return os.pread(self.number, length, start)

    def code(self, entry: Entry) -> CodeType:
        """A module's code; one of `_NONE` is raised if it is spoilt."""
        group, number = entry[4:6]
        if group not in self._taken:
            self._taken[group] = ()
            self._taken[group] = marshal.loads(self.bytes_of(group))
        code = self._taken[group][number]
        if type(code) is not type(_split.__code__):
            raise TypeError
        return code

    def is_wide(self, entries: Mapping[Key, Entry], used: set[Key]) -> bool:
        """Was much more taken out of the file than was used?"""
        lengths = {key: entry[6] for key, entry in entries.items() if entry[4] in self._taken}
        return sum(lengths.values()) > sum(lengths.get(key, 0) for key in used) * (_SPARE + 1) // _SPARE


class _Loader(SourceFileLoader):
    def __init__(self, name: str, entry: Entry, file: _File, *, is_stale: bool) -> None:
        super().__init__(name, entry[0])
        self.is_stale = is_stale
        self.is_run = False
        self._entry = entry
        self._file = file

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """An empty module that has its file's name: the import system only gives one, but asks a while for it."""
        module = type(sys)(spec.name)
        module.__file__ = spec.origin
        module.__dict__["__cached__"] = spec.cached
        return module

    def get_code(self, fullname: str) -> CodeType | None:
        self.is_run = True
        if not self.is_stale:
            try:
                return self._file.code(self._entry)
            except _NONE:
                pass
        self.is_stale = True
        return super().get_code(fullname)


class Finder:
    """Finds modules in the file; for `sys.meta_path`."""

    def __init__(self, entries: Mapping[Key, Entry], file: _File | None) -> None:
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
        spec.cached = entry[7]  # else it is made of the source's path each time
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
    except _NONE:
        return  # none, or half of one


def save(path: str) -> None:
    """Write the file anew if modules were imported, or expressions compiled, that aren't in it, or that stand wrong."""
    if sys.dont_write_bytecode or not path:
        return
    finder = next((each for each in sys.meta_path if isinstance(each, Finder)), Finder({}, None))
    missing, used = {}, set()
    for name, module in [*sys.modules.items(), *deferred.apart.items()]:
        key = _key(name, module)
        if key:
            loader = getattr(module.__spec__, "loader", None)
            if key not in finder.entries or getattr(loader, "is_stale", False):
                missing[key] = module.__spec__
            if getattr(loader, "is_run", type(module) is type(sys)):
                used.add(key)
    is_wide = finder.file is not None and finder.file.is_wide(finder.entries, used)
    if (missing or patterns.missed or is_wide) and os.access(os.path.dirname(path), os.W_OK):
        expressions = {key: made for key in patterns.missed if (made := patterns.to_keep(key))}
        if missing or is_wide or (expressions and len(expressions) + len(patterns.kept) <= patterns.MOST):
            _write(path, finder, missing, used, patterns.kept | expressions)


def _key(name: str, module: Any) -> Key | None:
    """The folder that a module is found in, and its name; None if it isn't one to keep."""
    spec = getattr(module, "__spec__", None)
    above = name.rpartition(".")[0]
    package = sys.modules.get(above) or deferred.apart.get(above)
    folders = getattr(package, "__path__", None) if above else (_LIBRARY,)
    if spec is None or not spec.cached or not isinstance(spec.loader, SourceFileLoader) or not folders:
        return None
    home = os.path.dirname(spec.origin)
    if not above and (home if spec.submodule_search_locations is None else os.path.dirname(home)) != _LIBRARY:
        return None
    return (folders[0], name) if len(folders) == 1 and spec.name == name else None


def _write(
    path: str,
    finder: Finder,
    missing: Mapping[Key, Any],
    used: set[Key],
    expressions: Mapping[patterns.Key, patterns.Kept],
) -> None:
    entries: dict[Key, Entry] = {}
    parts: list[bytes] = []
    places: list[tuple[int, int]] = []
    at = len(_START) + 8
    for group in (*_kept(finder, missing), *_compiled(missing)):
        for together in _split(group, used):
            data = marshal.dumps(tuple(code for _, _, code in together))
            if at + len(data) > MOST:
                continue
            for number, (key, entry, _) in enumerate(together):
                entries[key] = (*entry[:4], len(places), number, *entry[6:])
            places.append((at, len(data)))
            parts.append(data)
            at += len(data)
    part = f"{path}.{os.urandom(8).hex()}"
    index = marshal.dumps((entries, dict(expressions), tuple(places)))
    try:
        with open(part, "xb") as file:
            file.write(b"".join((_START, at.to_bytes(8, "little"), *parts, index)))
        os.replace(part, path)
    except BaseException as error:
        from contextlib import suppress

        with suppress(OSError):
            os.unlink(part)
        if not isinstance(error, OSError):
            raise


def _split(group: list[Module], used: set[Key]) -> Iterator[list[Module]]:
    """What of a group this run has used, and what it hasn't, in pieces that are read at once."""
    for is_used in (True, False):
        together: list[Module] = []
        length = 0
        for module in group:
            if (module[0] in used) is not is_used:
                continue
            if length > _TOGETHER:
                yield together
                together, length = [], 0
            together.append(module)
            length += module[1][6]
        if together:
            yield together


def _kept(finder: Finder, missing: Mapping[Key, Any]) -> Iterator[list[Module]]:
    """What the file holds and is to stay, group by group."""
    groups: dict[int, list[tuple[Key, Entry]]] = {}
    for key, entry in finder.entries.items():
        groups.setdefault(entry[4], []).append((key, entry))
    for number, group in groups.items():
        assert finder.file is not None
        try:
            codes = marshal.loads(finder.file.bytes_of(number))  # those that were run have changed by that
            yield [(key, entry, codes[entry[5]]) for key, entry in group if key not in missing]
        except _NONE:
            continue


def _compiled(missing: Mapping[Key, Any]) -> Iterator[list[Module]]:
    """What Python has compiled of the modules that the file doesn't hold."""
    group: list[Module] = []
    for key, spec in missing.items():
        try:
            with open(spec.cached, "rb") as file:
                compiled = file.read(MOST)
            code = marshal.loads(compiled[_HEADER:])
        except _NONE:
            continue  # Python has kept nothing of it
        if compiled[:4] != MAGIC_NUMBER or any(compiled[4:8]):
            continue  # made by another Python, or known by a hash
        changed, size = (int.from_bytes(compiled[n : n + 4], "little") for n in (8, 12))
        package = spec.submodule_search_locations is not None
        entry = (spec.origin, package, changed, size, 0, 0, len(compiled) - _HEADER, spec.cached)
        group.append((key, entry, code))
    yield group
