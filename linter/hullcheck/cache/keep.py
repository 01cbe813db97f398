"""An entry out of what was noted of a run: only if all that it looked at is still as it was then."""

import os

from hullcheck import look, marks
from hullcheck.cache import again, folder

CODES = (0, 1, 3, 4)
"""Exit codes of runs that were done, as far as they could be."""


def keep(start: again.Start, code: int) -> None:
    """Keep the run that has ended with this exit code, if it may be; nothing is said if it can't be."""
    looks, look.RUN = look.RUN, None
    if looks is None or not looks.wanted or looks.spoiled or code not in CODES:
        return
    try:
        entry = _entry(start, looks, code)
        if entry is None or not again.holds(entry, again.Fresh(start.began)):
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
    if any(not _leads(looks.steps, path, "f") for path in files):
        return None
    return again.Entry(
        code,
        looks.day,
        looks.environ,
        looks.events,
        files,
        folders,
        looks.git,
        start.program.made(),
        looks.refused,
        steps,
    )


def _leads(steps: dict[str, marks.Step], path: str, lies: str) -> bool:
    return steps.get(path) == lies
