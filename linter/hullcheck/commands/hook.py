"""What a run as a hook is about: which files' findings count, and what they are compared with.

pre-commit tells a hook the files that are staged and that it wasn't told to leave out; in its environment, what is
pushed; and nothing that tells `run --all-files` from a commit. So what git says of itself comes in: it gives the index
of a commit to its hooks, and only to them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping

from hullcheck import look
from hullcheck.change.base import Past
from hullcheck.change.history import History
from hullcheck.change.listing import LINK, SUBMODULE
from hullcheck.discover import kind_of, relative
from hullcheck.model.repository import is_credential_file
from hullcheck.patterns import pattern
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

_BESIDE = pattern(
    r"(?:.*/)?(?:\.env[^/]*|[^/]+\.env|[^/]*\.(?:docker|container)ignore|\.helmignore|[^/]+\.tpl|charts/[^/]+\.tgz|templates/.+)",
    re.IGNORECASE | re.DOTALL,
)
"""Files that say something about others, by their paths."""

_KEYS = ("apiVersion", "kind", "services", "op", "$patch")
_AROUND = " {[-\"'"
_KEY = pattern(r"[\"']?[A-Za-z_][\w.-]*+[\"']?:(?:\s|$)")
_VARIABLE = pattern(r"(?:export )?[A-Za-z_]\w*+=")
_FIRST = 20
"""How a patch begins, a file of values or of variables; and how many lines of one are looked at."""

_START = 64 * 1024


class Plan(NamedTuple):
    """What counts: findings in the files `only`, none that `past` has; with `past` None, old ones, too.

    `head` is the commit that is judged, empty for what is on disk; `notes` is what its owner should know.
    """

    paths: tuple[str, ...]
    only: frozenset[str]
    past: Past | None
    head: str = ""
    notes: tuple[str, ...] = ()


def plan(options: argparse.Namespace, root: str, environ: Mapping[str, str]) -> Plan | None:
    """What a hook has to do, or None if there is nothing: what changes is of no interest here.

    Raises HullcheckError where there is no git repository to ask.
    """
    passed = {relative(root, path) for path in options.paths}
    found = _plan(options, root, passed, environ)
    fixes = options.fix or options.unsafe_fixes or options.fix_only
    return found._replace(only=found.only & passed) if found and fixes and "" not in passed else found


def _plan(options: argparse.Namespace, root: str, passed: set[str], environ: Mapping[str, str]) -> Plan | None:
    if options.diff_base:
        return _compared(Past(root, options.diff_base, environ), passed, "", environ)
    pushed = environ.get("PRE_COMMIT_FROM_REF")
    if pushed:
        past = Past(root, pushed, {})
        to = past.history.commit(environ.get("PRE_COMMIT_TO_REF") or "HEAD") or ""
        return _compared(past, passed, "" if to == past.history.commit("HEAD") else to, environ)
    if "GIT_INDEX_FILE" in environ:
        look.spoil("a commit is hardly ever asked about twice")
    past = Past(root, "HEAD", {})
    if _commits(past.history, passed, environ):
        return _compared(past, passed, "", environ)
    if not passed:
        return None
    files = past.history.tracked()
    whole = "" in passed or passed >= {path for path in files if concerns(path)}
    return Plan((root,) if whole else tuple(options.paths), files | passed, None)


def concerns(path: str) -> bool:
    """Does a file's name tell that it is judged, or says something about what is? `files` of the hooks says the same."""
    return kind_of(path.rpartition("/")[2]) is not None or _BESIDE.fullmatch(path) is not None


def _commits(history: History, passed: set[str], environ: Mapping[str, str]) -> bool:
    """Is this about a commit, rather than about the files as they are?"""
    if "GIT_INDEX_FILE" in environ:
        return True
    if "" in passed or environ.get("CI") or environ.get("PRE_COMMIT_LOCAL_BRANCH"):
        return False
    return passed <= history.differences(history.commit("HEAD") or "").keys()


def _compared(past: Past, passed: set[str], head: str, environ: Mapping[str, str]) -> Plan | None:
    history = past.history
    changed = history.differences(past.base.commit, head)
    left_out = {
        path
        for path, there in changed.items()
        if there and concerns(path) and path not in passed and "" not in passed and environ.get("PRE_COMMIT")
    }
    told = [path for path, there in changed.items() if _of_interest(history, path, there, head) or path in passed]
    if not set(told) - left_out:
        return None
    files = frozenset(history.files(head)) if head else history.tracked()
    missing = sorted(path for path in changed if history.index().get(path, "").startswith(SUBMODULE))
    notes = tuple(
        f"the submodule {path} is not judged: it isn't checked out here"
        for path in missing
        if changed[path] and not history.checked_out(path)
    )
    return Plan((history.root,), (files | passed) - left_out, past, head, notes)


def _of_interest(history: History, path: str, there: bool, head: str) -> bool:
    """May what happened to a file change what is found, here or elsewhere?"""
    if concerns(path) or is_credential_file(path):
        return True
    mode = history.index().get(path, "").partition(" ")[0]
    if not there or head or mode in (LINK, SUBMODULE):
        return bool(head) or mode in (LINK, SUBMODULE)
    return _looks(history.root, path)


def _looks(root: str, path: str) -> bool:
    """Does a file whose name tells nothing begin like one that others may name: a Dockerfile, a manifest, a patch, values, variables?"""
    try:
        with look.opened(os.path.join(root, path), getattr(os, "O_NONBLOCK", 0)) as file:
            text = file.read(_START).decode("utf-8", "replace")
    except OSError:
        return False
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    plain = [line for line in lines[:_FIRST] if not line.startswith("---")]
    if plain and (_KEY.match(plain[0]) or all(map(_VARIABLE.match, plain))):
        return True
    return _is_from(lines) or any(line.partition(":")[0].strip(_AROUND) in _KEYS for line in lines)


def _is_from(lines: Iterable[str]) -> bool:
    word = next((line.split(None, 1)[0].upper() for line in lines), "")
    return word in ("FROM", "ARG")
