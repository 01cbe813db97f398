"""What is judged together: a folder of the workspace, or a file that is in none."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Mapping

from lsprotocol import types
from pygls.uris import from_fs_path

from hullcheck import look
from hullcheck.check import Registry
from hullcheck.discover import relative
from hullcheck.lsp.diagnostics import Diagnostics
from hullcheck.lsp.settings import Settings
from hullcheck.lsp.text import Document
from hullcheck.policy.config import FILES, PYPROJECT
from hullcheck.request import Request
from hullcheck.result import Result
from hullcheck.session import Session
from hullcheck.tuples import NamedTuple

MOST_NAMES = 10_000
"""Files of the editor whose paths below the root are known."""

Ask = Callable[[str, Settings], Request]
"""What is asked for of a path, with the settings that hold there; raises HullcheckError where that can't be done."""

Progress = Callable[[str, int, int], None]


class Judged(NamedTuple):
    """What is known of a folder: the result, the diagnostics by address, and the versions of documents they are about."""

    result: Result
    diagnostics: Mapping[str, list[types.Diagnostic]]
    versions: Mapping[str, int]


class Folder:
    """A folder or file, judged again and again. Only the worker's thread calls `judge` and asks the session.

    `path` is as the editor has it. `stop` ends a judgement that goes on.
    """

    def __init__(self, path: str, settings: Settings, ask: Ask, registry: Registry, encoding: str) -> None:
        self.path = path
        self.settings = settings
        self.registry = registry
        self.encoding = encoding
        self.stop = threading.Event()
        self.session: Session | None = None
        self.result: Result | None = None
        self.documents: dict[str, Document] = {}
        self._ask = ask
        self._made_of: object = None
        self._below = ""
        self._baseline = ""
        self._names: dict[str, str] = {}
        self._spelled: set[str] = set()
        self._diagnostics = Diagnostics(self.uri, encoding)

    def judge(self, documents: Iterable[Document], progress: Progress) -> Judged:
        """Judge the files with these documents in their places. Raises HullcheckError and StoppedError."""
        made_of = self._state()
        if self.session is None or made_of != self._made_of:
            request = self._ask(self._real(), self.settings)
            session = Session(request.subject, request.policy, self.registry, progress)
            self._begin(session, request)
            made_of = self._state()
        assert self.session is not None
        self.documents = {path: d for d in documents if (path := self.name(d.path)) is not None}
        spelled = {d.uri for d in self.documents.values() if d.uri != from_fs_path(d.path)}
        if spelled != self._spelled:
            self._spelled = spelled
            self._diagnostics.forget()
        unsaved = {path: document.data for path, document in self.documents.items()}
        result = self.session.update(unsaved, self.stop.is_set)
        self._made_of = made_of
        self.result = result
        said = self.settings
        diagnostics = self._diagnostics.of(result, unjudged=said.show_unjudged, suppressed=said.show_suppressed)
        return Judged(result, diagnostics, {d.uri: d.version for d in self.documents.values()})

    def _begin(self, session: Session, request: Request) -> None:
        self.session = session
        self._below = relative(session.root, self._real())
        self._names = {}
        self._baseline = (
            os.path.join(session.root, request.policy.config.baseline) if request.policy.config.baseline else ""
        )

    def _state(self) -> object:
        """What the session is made by: if it changes, another one is needed."""
        root = self.session.root if self.session is not None else self.path
        said = self.settings
        named = (said.config, said.baseline, *said.values, *said.env_file)
        paths = [os.path.join(root, name) for name in (*FILES, PYPROJECT)]
        paths += [os.path.join(self.folder, name) for name in named if name]
        paths += [self._baseline] if self._baseline else []
        return said, root, look.today(), tuple(look.state(path) for path in paths)

    def _real(self) -> str:
        """Where it is: a folder that is opened by a link is what the link leads to."""
        return look.realpath(self.path) if look.isdir(self.path) else self.path

    @property
    def folder(self) -> str:
        """The folder that it is, or that the file is in."""
        return self.path if look.isdir(self.path) else os.path.dirname(self.path)

    def name(self, path: str) -> str | None:
        """The path below the root of a file that the editor has; None if it is elsewhere."""
        if self.session is None:
            return None
        if path not in self._names:
            if len(self._names) >= MOST_NAMES:
                self._names.clear()
            self._names[path] = relative(self.session.root, path)
        name = self._names[path]
        return None if name == ".." or name.startswith("../") or os.path.isabs(name) else name

    def uri(self, path: str) -> str:
        """The address of a file, as the editor would have it."""
        if path in self.documents:
            return self.documents[path].uri
        assert self.session is not None
        if not self._below:
            full = os.path.join(self.path, path)
        elif path.startswith(f"{self._below}/"):
            full = os.path.join(self.path, path[len(self._below) + 1 :])
        else:
            full = os.path.join(self.session.root, path)
        return from_fs_path(full) or full


def inside(path: str, folder: str) -> bool:
    """Is a file somewhere in a folder? By the editor's names for both."""
    return path.startswith(folder.rstrip(os.sep) + os.sep)
