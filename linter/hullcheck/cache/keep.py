"""An entry out of what was noted of a run: only if all that it looked at is still as it was then."""

import os
from itertools import groupby
from operator import itemgetter

from hullcheck import look, marks
from hullcheck.cache import again, folder

CODES = (0, 1, 3, 4)
"""Exit codes of runs that were done, as far as they could be."""


def keep(start: again.Start, code: int) -> None:
    """Keep the run that has ended with this exit code, if it may be; nothing is said if it can't be."""
    while look.LATER:
        look.LATER.pop()()
    looks, look.RUN = look.RUN, None
    if looks is None or not looks.wanted or looks.spoiled or code not in CODES:
        return
    try:
        entry = _entry(start, looks, code)
        if entry is None or not again.holds(entry, again.Fresh(start.began), looks.by_signature):
            return
        handle = folder.made(start.place)
        try:
            folder.keep(handle, start.name, entry.dumped())
        finally:
            os.close(handle)
    except (OSError, ValueError):
        pass


def _entry(start: again.Start, looks: look.Looks, code: int) -> again.Entry | None:
    files: dict[str, tuple[object, ...]] = {}
    for path, content in looks.files.items():
        sure = again.settled(content.signature, start.began)
        digest = content.digest
        if content.touched and not digest:
            if not sure or content.size > look.MOST:
                return None
            digest = again.content(path)
            if marks.signature(os.lstat(path)) != content.signature:
                return None
        files[path] = (content.signature if sure else None, content.size, digest)
    folders = {
        path: (sign if again.settled(sign, start.began) else None, digest)
        for path, (sign, digest) in looks.folders.items()
    }
    steps = {
        path: lies
        for path, lies in looks.steps.items()
        if not (lies == "f" and path in files) and not (lies == "d" and path in folders)
    }
    if any(looks.steps.get(path) != "f" for path in files):
        return None
    return again.Entry(
        code,
        looks.day,
        looks.environ,
        _joined(looks.events),
        files,
        folders,
        looks.git,
        start.program.made(),
        looks.refused,
        steps,
    )


def _joined(events: list[tuple[int | str, bytes | str]]) -> list[tuple[int | str, bytes | str]]:
    """The events, with what went to one stream in a row as one."""
    joined: list[tuple[int | str, bytes | str]] = []
    for where, row in groupby(events, key=itemgetter(0)):
        parts = [data for _, data in row]
        if isinstance(where, int):
            joined.append((where, b"".join(part for part in parts if isinstance(part, bytes))))
        else:
            joined += ((where, part) for part in parts)
    return joined
