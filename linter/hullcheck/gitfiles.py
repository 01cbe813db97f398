"""Which files git's answers rest on: noted where a run is recorded, since git is a program of its own."""

from __future__ import annotations

import os

from hullcheck import look
from hullcheck.marks import of_git

_NOT_ASKED = frozenset(("hooks", "logs", "modules", "worktrees", "lfs", "rr-cache", "fsmonitor--daemon", "objects"))
"""Folders of a repository that no command of ours looks into; `objects` is listed, since each is named by its content."""

_ELSEWHERE = ("GIT_DIR", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_WORK_TREE")

_MOST = 20_000
"""Files beyond which it isn't worth while."""


def note(directory: str) -> None:
    """Note all that git may look at to answer about the repository in `directory`; nothing if the run isn't kept."""
    if look.RUN is None or look.RUN.spoiled:
        return
    look.RUN.git = of_git()
    said = dict(look.RUN.git)
    if any(name in said for name in _ELSEWHERE):
        look.spoil("the repository is somewhere else")
        return
    if "GIT_INDEX_FILE" in said:
        _file(said["GIT_INDEX_FILE"])
    for path in _configurations(said):
        _configuration(path)
    for folder in said.get("PATH", os.defpath).split(os.pathsep):
        if look.isfile(program := os.path.join(folder, "git")):
            _file(program, read=False)
            break
    for top in dict.fromkeys((directory, _common(directory))):
        _configuration(os.path.join(top, "config"))
        _configuration(os.path.join(top, "config.worktree"))
        _state(top, [_MOST])
        _objects(os.path.join(top, "objects"))


def _common(directory: str) -> str:
    said = _file(os.path.join(directory, "commondir"))
    return os.path.normpath(os.path.join(directory, os.fsdecode(said).strip())) if said else directory


def _configurations(said: dict[str, str]) -> list[str]:
    home = said.get("HOME", "")
    own = said.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    named = [said[name] for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM") if said.get(name)]
    return ["/etc/gitconfig", os.path.join(home, ".gitconfig"), os.path.join(own, "git", "config"), *named]


def _configuration(path: str) -> None:
    if b"include" in _file(path).lower():
        look.spoil("git's configuration has parts in other files")


def _file(path: str, read: bool = True) -> bytes:
    """A file's bytes, noted; none if it isn't there, or isn't one."""
    if not look.isfile(path):
        return b""
    try:
        with look.opened(path, getattr(os, "O_NONBLOCK", 0)) as file:
            return file.read() if read else b""
    except OSError:
        return b""


def _state(folder: str, left: list[int]) -> None:
    """Everything in a folder but what isn't asked for: references, the index, and so on."""
    try:
        items = look.scan(folder)
    except OSError:
        return
    for item in items:
        if not left[0]:
            look.spoil("git's folder has too many files")
            return
        left[0] -= 1
        if item.is_dir(follow_symlinks=False):
            if item.name not in _NOT_ASKED:
                _state(item.path, left)
        else:
            _file(item.path)


def _objects(folder: str) -> None:
    """Which objects there are: what is in one, its name says."""
    try:
        items = look.scan(folder)
        for item in items:
            if item.is_dir():
                look.scan(item.path)
    except OSError:
        return
    if look.lexists(os.path.join(folder, "info", "alternates")):
        look.spoil("a part of the history is elsewhere")
