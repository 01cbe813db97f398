"""Which repositories are judged: folders that are named, and lists of them as lines, TSV, CSV or JSON lines."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator

from hullcheck.errors import HullcheckError
from hullcheck.fleet.address import MOST, address, hidden, is_url, masked
from hullcheck.report.safe import well_formed
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any

MAX_LIST = 256 * 1024 * 1024
"""Bytes of a list."""

MAX_LINES = 2_000_000
MAX_FOUND = 100_000
"""Folders that are looked at below one that is named."""

MAX_DEPTH = 4
"""How far below a named folder repositories are looked for: `host/group/owner/name`."""

COLUMNS = ("repository", "ref", "team", "labels", "name")
_ALIASES = {"url": "repository", "path": "repository", "clone_url": "repository", "owner": "team", "branch": "ref"}
_SPLIT = str.maketrans(",;", "  ")


class Repository(NamedTuple):
    """One to be judged. `place` is as written, with its credentials: only `name` and `shown` are for others to see.

    `ref` is a branch, a tag or a commit, empty for what HEAD is (of a folder with a work tree: for its files).
    `error` says why it can't be judged, if the list tells that already; `number` is its place in all lists.
    """

    name: str
    place: str
    shown: str
    ref: str = ""
    team: str = ""
    labels: tuple[str, ...] = ()
    error: str = ""
    number: int = 0


def repositories(paths: list[str], lists: list[str]) -> list[Repository]:
    """All that are asked for, each name once. Raises HullcheckError for a list or a path that can't be read."""
    found = [_made({"repository": path}, "") for path in _in_folders(paths)]
    for file in lists:
        found += _listed(file)
    return list(_once(found))


def _once(found: list[Repository]) -> Iterator[Repository]:
    """The repositories, numbered; one whose name is there already, and that isn't the same, is an error of its own."""
    known: dict[str, Repository] = {}
    for number, one in enumerate(found):
        one = one._replace(number=number)
        first = known.setdefault(one.name, one)
        if first is one:
            yield one
        elif first._replace(number=0) != one._replace(number=0) and not one.error:
            error = f"the name is there twice: only the first, {first.shown}, is judged by it"
            yield one._replace(name=f"{one.name} (again, number {number + 1})", error=error)


def _in_folders(paths: list[str]) -> Iterator[str]:
    """The repositories that paths are, or that lie below them; a folder without any is one itself."""
    for path in paths:
        if not os.path.isdir(path):
            raise HullcheckError(f"no such folder: {path}")
        if is_repository(path):
            yield os.path.abspath(path)
            continue
        below = list(_below(os.path.abspath(path), MAX_DEPTH, [MAX_FOUND]))
        yield from below or [os.path.abspath(path)]


def _below(folder: str, depth: int, left: list[int]) -> Iterator[str]:
    try:
        with os.scandir(folder) as items:
            names = sorted(item.name for item in items if item.is_dir(follow_symlinks=False))
    except OSError:
        return
    for name in names:
        left[0] -= 1
        if left[0] < 0:
            raise HullcheckError(f"more than {MAX_FOUND:,} folders: name the repositories in a list (--repositories)")
        path = os.path.join(folder, name)
        if is_repository(path):
            yield path
        elif depth > 1:
            yield from _below(path, depth - 1, left)


def is_repository(path: str) -> bool:
    """Is a folder a work tree of git, or a bare repository?"""
    return os.path.lexists(os.path.join(path, ".git")) or is_bare(path)


def is_bare(path: str) -> bool:
    """Has a folder what git's own has?"""
    parts = ("HEAD", "objects", "refs")
    return not os.path.lexists(os.path.join(path, ".git")) and all(
        os.path.lexists(os.path.join(path, part)) for part in parts
    )


def _listed(file: str) -> list[Repository]:
    try:
        with open(file, "rb") as stream:
            data = stream.read(MAX_LIST + 1)
    except OSError as error:
        raise HullcheckError(f"--repositories: {file}: {error.strerror}") from None
    if len(data) > MAX_LIST:
        raise HullcheckError(f"--repositories: {file}: larger than {MAX_LIST // 1024 // 1024} MiB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise HullcheckError(f"--repositories: {file}: not UTF-8: byte {error.start}") from None
    lines = text.splitlines()
    if len(lines) > MAX_LINES:
        raise HullcheckError(f"--repositories: {file}: more than {MAX_LINES:,} lines")
    folder = os.path.dirname(os.path.abspath(file))
    return [_made(row, folder) for row in _rows(file, lines)]


def _rows(file: str, lines: list[str]) -> Iterator[dict[str, Any]]:
    """The columns of each line that names a repository; what is no such line has an `error`."""
    header: tuple[str, ...] = COLUMNS
    ending = os.path.splitext(file)[1].lower()
    first = True
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line.lstrip().startswith("{"):
            yield _json(line, f"{os.path.basename(file)}:{number}")
            continue
        cells = _cells(line, ending)
        named = tuple(_ALIASES.get(cell.strip().lower(), cell.strip().lower()) for cell in cells)
        if first and "repository" in named:
            header = named
        else:
            yield {name: cell.strip() for name, cell in zip(header, cells, strict=False)}
        first = False


def _cells(line: str, ending: str) -> list[str]:
    """The cells of a line: by tabs if it has any, by commas in a CSV file or before another cell; else one."""
    if "\t" in line or ending == ".tsv":
        return line.split("\t")
    if ending == ".csv" or ("," in line and ending not in (".txt", ".list")):
        try:
            return next(csv.reader([line], strict=True), [line])
        except csv.Error:
            return [line]
    return [line]


def _json(line: str, where: str) -> dict[str, Any]:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return {"error": f"{where}: not JSON"}
    if not isinstance(said, dict):
        return {"error": f"{where}: no object"}
    found: dict[str, Any] = {_ALIASES.get(str(key), str(key)): value for key, value in said.items()}
    unknown = sorted(found.keys() - set(COLUMNS))
    if unknown:
        return {**found, "error": f"{where}: no such key: {', '.join(unknown)[:200]}"}
    return found


def _made(row: dict[str, Any], folder: str) -> Repository:
    place, ref, team, name = (_text(row.get(key)) for key in ("repository", "ref", "team", "name"))
    labels = _labels(row.get("labels"))
    error = _text(row.get("error"))
    try:
        if not place and not error:
            raise HullcheckError("no repository is named")
        at = address(place) if place else None
        shown = at.shown if at is not None else ""
    except HullcheckError as fault:
        shown, error = hidden(place)[:MOST], error or masked(str(fault))
    if place and folder and not is_url(place):
        place = shown = os.path.normpath(os.path.join(folder, os.path.expanduser(place)))
    given = name or (f"{shown}@{ref}" if ref else shown) or error
    return Repository(well_formed(given[:MOST]), place, well_formed(shown), ref, team[:MOST], labels, error)


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else "" if value is None else str(value)[:MOST]


def _labels(value: object) -> tuple[str, ...]:
    """Labels as words: of a text with spaces, commas or semicolons between, of a list, or `key=value` of an object."""
    if isinstance(value, dict):
        words = [f"{key}={each}" for key, each in value.items()]
    elif isinstance(value, list):
        words = [_text(each) for each in value]
    else:
        words = _text(value).translate(_SPLIT).split()
    return tuple(dict.fromkeys(word[:200] for word in words if word))[:100]
