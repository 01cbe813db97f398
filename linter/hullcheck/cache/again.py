"""A run that would come out as an earlier one did: found, and printed again, before anything else is imported.

An entry says which bytes went out, and everything that was looked at on the way. It holds if all of that is as it was.
"""

import marshal
import os
import stat
import sys
import time

from hullcheck import __version__, marks
from hullcheck.cache import folder

OTHERS = frozenset(
    (
        "explain",
        "checks",
        "baseline",
        "migrate",
        "config",
        "clean",
        "fleet",
        "completion",
        "lsp",
        "-h",
        "--help",
        "--version",
    )
)
"""First words of what isn't kept."""

MARGIN = 2_000_000_000
"""Nanoseconds that a file must have been left alone before a run, for its times to tell that it is the same: the
coarsest clock of a file system."""

_LARGE = 1 << 20


class Store:
    """The cache's folder, as a place for what runs find out besides: see `look.Store`."""

    def __init__(self, place: str, began: int) -> None:
        self._place = place
        self._began = began

    def read(self, name: str) -> bytes:
        handle = folder.opened(self._place)
        try:
            return folder.read(handle, name)
        finally:
            os.close(handle)

    def opened(self, name: str) -> folder.Parts:
        handle = folder.opened(self._place)
        try:
            return folder.Parts(handle, name)
        finally:
            os.close(handle)

    def keep(self, name: str, payload: bytes) -> None:
        handle = folder.made(self._place)
        try:
            folder.keep(handle, name, payload)
        finally:
            os.close(handle)

    def settled(self, sign: marks.Signature) -> bool:
        return settled(sign, self._began)

    def made_by(self, names: tuple[str, ...]) -> tuple[str, ...]:
        own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        signs = (os.stat(os.path.join(own, name)) for name in names)
        return tuple(f"{info.st_size} {info.st_mtime_ns}" for info in signs)


class Start:
    """A run that is to be made, and kept: where, under which name, and when it began."""

    def __init__(self, place: str, name: str, program: "Program") -> None:
        self.place = place
        self.name = name
        self.program = program
        self.began = time.time_ns()

    def record(self) -> None:
        """Note from here on what the run looks at, and what it prints and writes."""
        from hullcheck import look

        look.RUN = look.Looks()
        look.RUN.store = Store(self.place, self.began)


class Entry:
    """What is kept of a run; `made_by` is the program that made it."""

    code: int
    day: str
    environ: dict[str, str | None]
    events: list[tuple[int | str, bytes | str]]
    files: dict[str, tuple[marks.Signature | None, int, bytes]]
    folders: dict[str, tuple[marks.Signature | None, bytes]]
    git: tuple[tuple[str, str], ...] | None
    made_by: tuple[object, bytes, bytes]
    refused: dict[str, int]
    steps: dict[str, marks.Step]
    __slots__ = ("code", "day", "environ", "events", "files", "folders", "git", "made_by", "refused", "steps")

    def __init__(self, *values: object) -> None:
        for name, value in zip(self.__slots__, values, strict=True):
            setattr(self, name, value)

    def dumped(self) -> bytes:
        return marshal.dumps(tuple(getattr(self, name) for name in self.__slots__))


class Found:
    """A run whose entry holds, in the folder with this descriptor."""

    def __init__(self, entry: Entry, handle: int, name: str, fresh: "Fresh") -> None:
        self._entry, self._handle, self._name, self._fresh = entry, handle, name, fresh

    @property
    def writes(self) -> bool:
        """Are there files to be written?"""
        return any(isinstance(where, str) for where, _ in self._entry.events)

    def print(self) -> int:
        """Do again what the run did; returns its exit code. Raises HullcheckError or OutputError if that can't be done."""
        for where, data in self._entry.events:
            if isinstance(where, str):
                from hullcheck.written import write

                write(where, str(data))
                continue
            try:
                _put((sys.stdout if where == 1 else sys.stderr).fileno(), data)  # type: ignore[arg-type]
            except OSError as error:
                if where == 1:
                    from hullcheck.streams import OutputError

                    raise OutputError(error) from None
        return self._entry.code

    def renew(self) -> None:
        """Keep what is known better now."""
        entry, fresh = self._entry, self._fresh
        if not fresh.files and not fresh.folders and fresh.made_by is None:
            return
        entry.made_by = fresh.made_by or entry.made_by
        for path, sign in fresh.files.items():
            entry.files[path] = (sign, *entry.files[path][1:])
        for path, sign in fresh.folders.items():
            entry.folders[path] = (sign, *entry.folders[path][1:])
        from contextlib import suppress

        with suppress(OSError):
            folder.keep(self._handle, self._name, entry.dumped())


def _put(number: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        try:
            left = left[os.write(number, left) :]
        except BlockingIOError:
            from select import select

            select((), (number,), ())


def find(arguments: list[str]) -> Found | Start | None:
    """An earlier run that holds; or what is to be kept of the coming one, if anything."""
    try:
        return _find(arguments)
    except (OSError, ValueError, TypeError, EOFError):
        return None


def _find(arguments: list[str]) -> Found | Start | None:
    asked = _asked(arguments)
    if asked is None or not folder.supported() or not _plain(sys.stdout) or not _plain(sys.stderr):
        return None
    named, others = asked
    place, _ = folder.place(named)
    if not place or _is_judged(place, others):
        return None
    program = Program()
    name = _name(arguments)
    began = time.time_ns()
    try:
        handle = folder.opened(place)
    except FileNotFoundError:
        return Start(place, name, program)
    try:
        entry = Entry(*marshal.loads(folder.read(handle, name)))
        fresh = Fresh(began)
        if program.is_same(entry.made_by, fresh) and holds(entry, fresh):
            return Found(entry, handle, name, fresh)
    except (OSError, ValueError, EOFError, TypeError):
        pass
    os.close(handle)
    return Start(place, name, program)


def _asked(arguments: list[str]) -> tuple[str, list[str]] | None:
    """The folder that the arguments name, empty if none, and the others; None if this run is not for the cache."""
    if arguments and arguments[0] in OTHERS:
        return None
    named, others = "", []
    rest = iter(arguments)
    for argument in rest:
        if argument in ("-", "-h") or argument.startswith(("--no-ca", "--h", "--gat", "--vers")):
            return None
        if argument.startswith("--ca"):
            _, equals, value = argument.partition("=")
            named = value if equals else next(rest, "")
        else:
            others.append(argument)
    return named, others


def _plain(stream: object) -> bool:
    """Does the stream go to a file, a pipe or a terminal, as the process was given it?"""
    buffer = getattr(stream, "buffer", None)
    return type(getattr(buffer, "raw", buffer)).__name__ == "FileIO"


def _is_judged(place: str, arguments: list[str]) -> bool:
    """Does the folder lie in what is judged? Whoever wrote that might have written the entries, too."""
    paths = [os.path.realpath(path) for path in (".", *arguments) if path == "." or os.path.lexists(path)]
    inside = False
    for path in paths:
        inside = inside or folder.is_inside(place, _root(path) or path)
    if not inside and len(paths) > 2 and not any(map(_root, paths)):
        inside = folder.is_inside(place, os.path.commonpath(paths[1:]))
    return inside


def _root(path: str) -> str:
    """The repository that a path is in, empty if it is in none."""
    while not os.path.lexists(f"{path}/.git"):
        above = os.path.dirname(path)
        if above == path:
            return ""
        path = above
    return path


def _name(arguments: list[str]) -> str:
    """What tells runs apart before anything is looked at."""
    out, error = sys.stdout, sys.stderr
    parts = (
        os.getcwd(), *arguments, f"\0{out.isatty()}{error.isatty()}", f"{out.line_buffering}{error.line_buffering}",
        f"{getattr(out, 'write_through', None)}", str(marks.terminal(out)), marks.machine(), str(os.geteuid()), sys.getfilesystemencoding(), sys.executable,
    )  # fmt: skip
    return marks.digest(os.fsencode("\0".join(parts))).hex()


class Program:
    """Which hullcheck this is, and what it runs on.

    `fixed` must be the same. What the code and the other packages are is told by the times of files, else, after an
    installation that may be of the same, by what is in them. OSError or LookupError if it can't be told.
    """

    def __init__(self) -> None:
        self._own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        self._path = [path for path in sys.path if path and os.path.isdir(path)]
        [checks, *_] = [path for path in self._path if os.path.isdir(f"{path}/hullcheck_checks")]
        self._tops = (self._own, f"{checks}/hullcheck_checks")
        self._record = f"{os.path.dirname(self._own)}/hullcheck-{__version__}.dist-info/RECORD"
        self._installed = os.path.isfile(self._record)  # each installation writes it anew
        self.fixed = (__version__, sys.version, tuple(sys.path))
        found = [str(marks.signature(os.stat(path))) for path in self._path]
        if self._installed:
            found.append(str(marks.signature(os.stat(self._record))))
        for top in self._tops:
            found += code(top, self._installed)
        self.times = marks.digest(os.fsencode("\n".join(found)))

    def content(self) -> bytes:
        """What tells the code and the versions of all other packages, wherever and whenever they were installed."""
        found = [name for path in self._path for name in os.listdir(path) if name.endswith(("-info", ".pth"))]
        if self._installed:
            with open(self._record, encoding="utf-8") as file:
                found += [
                    line for line in file if line.startswith("hullcheck") and "-info/" not in line and ",sha" in line
                ]
        else:
            for top in self._tops:
                paths = (line.rpartition("\0")[0] for line in code(top, False))
                found += [f"{path[len(top) :]} {content(path).hex()}" for path in paths]
        return marks.digest(os.fsencode("\n".join(sorted(found))))

    def made(self) -> "tuple[object, bytes, bytes]":
        return (self.fixed, self.times, self.content())

    def is_same(self, made_by: "tuple[object, bytes, bytes]", fresh: "Fresh") -> bool:
        """Was an entry made by this program?"""
        fixed, times, known = made_by
        if fixed != self.fixed or (times != self.times and known != self.content()):
            return False
        if times != self.times:
            fresh.made_by = (fixed, self.times, known)
        return True


def code(top: str, installed: bool) -> list[str]:
    """The code in a folder: each file as it is; where it was installed, the names and the folder's own times do."""
    found = [str(marks.signature(os.stat(top)))] if installed else []
    below = []
    with os.scandir(top) as scan:
        for item in scan:
            if item.name == "__pycache__":
                continue
            if "." not in item.name and item.is_dir():
                below.append(item.path)
            elif installed:
                found.append(item.path)
            else:
                info = item.stat()
                found.append(f"{item.path}\0{info.st_size} {info.st_mtime_ns}")
    found.sort()
    for path in sorted(below):
        found += code(path, installed)
    return found


class Fresh:
    """What is known better now: signatures that can be relied on from now on, of what had to be read again."""

    def __init__(self, began: int) -> None:
        self.began = began
        self.files: dict[str, marks.Signature] = {}
        self.folders: dict[str, marks.Signature] = {}
        self.made_by: tuple[object, bytes, bytes] | None = None


def settled(sign: marks.Signature, began: int) -> bool:
    """Was something left alone long enough, so that it would have other times if it were changed from now on?"""
    return max(sign[2], sign[3]) < began - MARGIN


def holds(entry: Entry, fresh: Fresh, but: "frozenset[str] | set[str]" = frozenset()) -> bool:
    """Is everything that the run looked at as it was? The files `but` needn't be looked at."""
    if entry.day and entry.day != time.strftime("%Y-%m-%d"):
        return False
    if any(os.environ.get(name) != value for name, value in entry.environ.items()):
        return False
    if entry.git is not None and entry.git != marks.of_git():
        return False
    if any(marks.step(path) != lies for path, lies in entry.steps.items()):
        return False
    if any(refusal(path) != error for path, error in entry.refused.items()):
        return False
    lstat = os.lstat
    for path, (sign, names) in entry.folders.items():
        info = lstat(path)
        now = (info.st_mode, info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_ino, info.st_dev)
        if now != sign:
            if not stat.S_ISDIR(info.st_mode) or listing(path, info) != names:
                return False
            if settled(now, fresh.began):
                fresh.folders[path] = now
    for path, (sign, size, bytes_) in entry.files.items():
        if path in but:
            continue
        info = lstat(path)
        now = (info.st_mode, info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_ino, info.st_dev)
        if now != sign:
            if not stat.S_ISREG(info.st_mode) or info.st_size != size or (bytes_ and content(path) != bytes_):
                return False
            if settled(now, fresh.began):
                fresh.files[path] = now
    return True


def listing(path: str, info: os.stat_result) -> bytes:
    """What a folder's names are known by."""
    with os.scandir(path) as found:
        return marks.listed(list(found), info.st_uid)


def content(path: str) -> bytes:
    """What a file's bytes are known by; OSError if it can't be read."""
    hashed = marks.blake2b(digest_size=20)
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        while data := os.read(handle, _LARGE):
            hashed.update(data)
    finally:
        os.close(handle)
    return hashed.digest()


def refusal(path: str) -> int:
    """Why a file or folder can't be read, as an error number; 0 if it can."""
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC))
    except OSError as error:
        return error.errno or 1
    return 0
