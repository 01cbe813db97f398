"""The server: which folders there are, when they are judged, and what is told of them."""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path

from hullcheck import __version__, look
from hullcheck.check import Registry
from hullcheck.errors import HullcheckError
from hullcheck.lsp.diagnostics import SOURCE
from hullcheck.lsp.folder import Ask, Folder, Judged, inside
from hullcheck.lsp.protocol import Protocol
from hullcheck.lsp.settings import Settings, read
from hullcheck.lsp.worker import Worker
from hullcheck.patterns import pattern
from hullcheck.report.safe import clean, told
from hullcheck.session import StoppedError
from hullcheck.typed import Any, Self, TypeVar

log = logging.getLogger("hullcheck")

SECTION = "hullcheck"

SOONEST, LATEST = 0.01, 0.4
"""Seconds without an edit before one is judged: next to none, or where that takes longer, as long as it takes."""

SLOW = 0.1
"""Seconds from which judging takes long."""

MOST_WAIT = 1.0
"""Seconds after which edits are judged although more come in."""

STALE = 2.0
"""Seconds that an edit may wait: after that, a judgement isn't given up for one more."""

QUIET = 1.0
"""Seconds without an edit after which memory is tidied."""

PROGRESS = 0.1
"""Seconds between two words of how far a judgement is."""

T = TypeVar("T")

_PLACE = pattern(r"(?P<path>[^\n]{1,4000}?):(?P<line>\d{1,9}): (?P<message>[^\n]+)")


class Area:
    """A folder with what goes on in it: `asked` counts the edits, `done` is how many of them are judged; the first of
    the others came at `since`.

    `given_up` is set when somebody has ended the first judgement; `error` is what was said last of why there is none.
    """

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.asked = 1
        self.done = 0
        self.changed = asyncio.Event()
        self.changed.set()
        self.hurry = asyncio.Event()
        self.waiting: list[tuple[int, asyncio.Future[None]]] = []
        self.judged: Judged | None = None
        self.running = False
        self.given_up = False
        self.error = ""
        self.took = 0.0
        self.since = 0.0
        self.task: asyncio.Task[None] | None = None

    def reach(self, number: int) -> None:
        """So many edits are judged, or won't be: who waits for that goes on."""
        self.done = number
        for wanted, future in self.waiting:
            if wanted <= number and not future.done():
                future.set_result(None)
        self.waiting = [(wanted, future) for wanted, future in self.waiting if not future.done()]

    async def reached(self, number: int) -> None:
        if self.done < number:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self.waiting.append((number, future))
            self.hurry.set()
            await future


_NEVER = 1 << 62
"""As many edits as there won't be."""


class Server(LanguageServer):
    """What an editor talks to; `ask` says what is to be judged of a path."""

    protocol: Protocol

    def __init__(self, registry: Registry, ask: Ask) -> None:
        super().__init__("hullcheck", __version__, protocol_cls=Protocol)
        self.registry = registry
        self.ask = ask
        self.areas: dict[str, Area] = {}
        self.initial: object = None
        self.published: dict[str, dict[str, list[types.Diagnostic]]] = {}
        self.shown: dict[str, list[types.Diagnostic]] = {}
        self.said: set[str] = set()
        self.worker: Worker | None = None
        self.closing = False
        self.shown_tokens: dict[str, str] = {}
        self.tidying: asyncio.TimerHandle | None = None

    def report_server_error(self, error: Exception, source: Any) -> None:
        """A fault is for the log, and nothing that an editor should interrupt anybody for."""
        self.log(f"{type(error).__name__}: {error}", types.MessageType.Error)

    def log(self, message: str, kind: types.MessageType = types.MessageType.Info) -> None:
        text = clean(told(message))
        log.log(logging.ERROR if kind is types.MessageType.Error else logging.INFO, "%s", text)
        self.window_log_message(types.LogMessageParams(kind, f"hullcheck: {text}"))

    def say(self, message: str, kind: types.MessageType = types.MessageType.Warning) -> str:
        """Show a message, once; returns it as it is shown."""
        text = clean(told(message))
        if text not in self.said and len(self.said) < 1_000:
            self.said.add(text)
            self.window_show_message(types.ShowMessageParams(kind, f"hullcheck: {text}"))
        self.log(message, kind)
        return text

    # Folders

    def home(self, path: str) -> Area | None:
        """The innermost folder that a file is in, or its own area if it is in none."""
        if path in self.areas:
            return self.areas[path]
        found = [area for at, area in self.areas.items() if inside(path, at)]
        return max(found, key=lambda area: len(area.folder.path), default=None)

    def concerned(self, path: str) -> list[Area]:
        """All areas that a file may matter to: those that it is below the root of."""
        return [
            area for area in self.areas.values()
            if area.folder.session is None or area.folder.name(path) is not None
        ]  # fmt: skip

    def open_area(self, path: str) -> None:
        """Judge a folder or file from now on, if it isn't already."""
        if path in self.areas or not look.lexists(path):
            return
        area = self.areas[path] = Area(Folder(path, Settings(), self.ask, self.registry, self.protocol.encoding))
        area.task = asyncio.ensure_future(self.begin(area))

    async def begin(self, area: Area) -> None:
        try:
            area.folder.settings = await self.settings_of(area.folder.path)
            await self.keep(area)
        finally:
            area.reach(_NEVER)  # whatever ends it, nobody waits for more

    def close_area(self, path: str) -> None:
        area = self.areas.pop(path, None)
        if area is None:
            return
        area.folder.stop.set()
        if area.task is not None:
            area.task.cancel()
        area.reach(_NEVER)
        for uri in [uri for uri, found in self.published.items() if path in found]:
            del self.published[uri][path]
            self.publish(uri)

    async def settings_of(self, path: str) -> Settings:
        """What the editor says for a folder, or what it said at first."""
        said: object = self.initial
        workspace = self.client_capabilities.workspace
        if workspace is not None and workspace.configuration:
            item = types.ConfigurationItem(scope_uri=from_fs_path(path), section=SECTION)
            try:
                answers = await asyncio.wait_for(
                    self.workspace_configuration_async(types.ConfigurationParams([item])), timeout=10
                )
                said = answers[0] if answers and answers[0] is not None else said
            except Exception as error:  # noqa: BLE001  whatever an editor answers
                self.log(f"the settings can't be had: {error}", types.MessageType.Warning)
        settings, wrong = read(said)
        for fault in wrong:
            self.say(f"setting {fault}")
        return settings

    async def settings_changed(self, said: object) -> None:
        inner = said.get(SECTION) if isinstance(said, dict) else None
        if isinstance(inner, dict):
            self.initial = inner
        for path, area in list(self.areas.items()):
            settings = await self.settings_of(path)
            if settings != area.folder.settings:
                area.folder.settings = settings
                self.changed(area)

    # Judging

    def changed(self, area: Area) -> None:
        """Have a folder judged again, and what is judged of what was before given up, unless that is long overdue."""
        now = time.monotonic()
        if area.done >= area.asked:
            area.since = now
        area.asked += 1
        area.changed.set()
        if area.running and area.judged is not None and now - area.since < STALE:
            area.folder.stop.set()

    def edited(self, path: str) -> None:
        for area in self.concerned(path):
            self.changed(area)

    async def keep(self, area: Area) -> None:
        """Judge a folder whenever something has changed, for as long as it is open."""
        while True:
            await area.changed.wait()
            await self.calm(area)
            area.changed.clear()
            if self.closing:
                return
            asked = area.asked
            area.folder.stop.clear()
            area.given_up = False
            started = time.monotonic()
            area.running = True
            try:
                area.judged = await self.judge(area)
                area.since = time.monotonic()
                self.said.discard(area.error)
                self.tell(area, area.judged)
            except StoppedError:
                if not area.given_up:
                    area.changed.set()
                    continue
                self.log(f"{area.folder.path} isn't judged: it was ended; the next edit begins anew")
            except Exception as error:  # noqa: BLE001  nothing in a repository ends the server
                self.failed(area, error)
            finally:
                area.running = False
            area.took = time.monotonic() - started
            area.reach(asked)
            self.tidy_later()

    async def calm(self, area: Area) -> None:
        """Wait until there was no edit for a while, unless somebody waits for the outcome."""
        if area.judged is None:
            return
        pause = min(area.took, LATEST) if area.took >= SLOW else SOONEST
        end = time.monotonic() + MOST_WAIT
        asked = -1
        while asked != area.asked and time.monotonic() < end and not area.hurry.is_set():
            asked = area.asked
            with suppress(TimeoutError):
                await asyncio.wait_for(area.hurry.wait(), pause)
        area.hurry.clear()

    async def judge(self, area: Area) -> Judged:
        assert self.worker is not None
        if not area.folder.settings.enable:
            area.folder.session = None
            raise DisabledError
        documents = list(self.protocol.documents.values())
        if area.folder.session is not None:
            return await self.worker.run(area.folder.judge, documents, _silent)
        async with Shown(self, area.folder.path) as shown:
            return await self.worker.run(area.folder.judge, documents, shown.progress)

    async def settled(self, path: str) -> Area | None:
        """The folder of a file, with all edits up to now judged; None if it isn't judged."""
        area = self.home(path)
        if area is None:
            return None
        await area.reached(area.asked)
        return area if area.judged is not None and area.folder.session is not None else None

    async def ask_worker(self, function: Callable[..., T], *arguments: object) -> T | None:
        """What a function comes to in the worker's thread; None, with a word in the log, if it fails."""
        assert self.worker is not None
        try:
            return await self.worker.run(function, *arguments)
        except StoppedError:
            return None
        except Exception as error:
            log.error("a question can't be answered", exc_info=error)
            self.log(f"a question can't be answered: {type(error).__name__}: {error}", types.MessageType.Error)
            return None

    def failed(self, area: Area, error: Exception) -> None:
        """Say why a folder can't be judged. What was told of it stays."""
        path = area.folder.path
        if isinstance(error, DisabledError):
            area.judged = None
            self.tell(area, None)
            return
        said = str(error) if isinstance(error, HullcheckError) else f"{type(error).__name__}: {error}"
        if not isinstance(error, HullcheckError):
            log.error("%s can't be judged", clean(path), exc_info=error)
        match = _PLACE.fullmatch(said)
        place = os.path.join(area.folder.session.root if area.folder.session else path, match["path"]) if match else ""
        if match and look.isfile(place):
            line = max(int(match["line"]) - 1, 0)
            diagnostic = types.Diagnostic(
                types.Range(types.Position(line, 0), types.Position(line + 1, 0)),
                clean(told(match["message"])),
                types.DiagnosticSeverity.Error,
                code="configuration",
                source=SOURCE,
            )
            self.published.setdefault(from_fs_path(place) or place, {})[path] = [diagnostic]
            self.publish(from_fs_path(place) or place)
        area.error = self.say(f"{path}: {said}; what is shown is as it was before", types.MessageType.Error)

    # Telling

    def tell(self, area: Area, judged: Judged | None) -> None:
        """Publish what is new of a folder."""
        path = area.folder.path
        found: Mapping[str, list[types.Diagnostic]] = judged.diagnostics if judged is not None else {}
        gone = [uri for uri, by in self.published.items() if path in by and uri not in found]
        for uri in gone:
            del self.published[uri][path]
        for uri, diagnostics in found.items():
            self.published.setdefault(uri, {})[path] = diagnostics
        for uri in (*gone, *found):
            self.publish(uri)

    def publish(self, uri: str) -> None:
        """Tell what is known of a file, if that isn't what was told: by the innermost folder that it is in, if any."""
        by = self.published.get(uri, {})
        path = to_fs_path(uri) or ""
        home = self.home(path)
        if home is not None:
            found = by.get(home.folder.path, [])
        else:
            found = _distinct(each for made in by.values() for each in made)
        if not by:
            self.published.pop(uri, None)
        if found == self.shown.get(uri, []):
            return
        if found:
            self.shown[uri] = list(found)
        else:
            self.shown.pop(uri, None)
        document = self.protocol.documents.get(uri)
        version = home.judged.versions.get(uri) if document is not None and home is not None and home.judged else None
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found, version))

    def tidy_later(self) -> None:
        if self.tidying is not None:
            self.tidying.cancel()
        self.tidying = asyncio.get_running_loop().call_later(QUIET, self.tidy)

    def tidy(self) -> None:
        for area in self.areas.values():
            session = area.folder.session
            if session is not None and self.worker is not None:
                self.worker.run(session.idle)
                return  # the collector is the process's: one is enough


class Shown:
    """What shows how far the first judgement of a folder is, in an editor that can show that."""

    def __init__(self, server: Server, path: str) -> None:
        self.server = server
        self.title = f"hullcheck: {clean(os.path.basename(path) or path)}"
        self.token = f"hullcheck-{next(_NUMBERS)}"
        self.path = path
        self.loop = asyncio.get_running_loop()
        self.next = 0.0
        self.is_open = False

    async def __aenter__(self) -> Self:
        window = self.server.client_capabilities.window
        if window is not None and window.work_done_progress:
            progress = self.server.work_done_progress
            with suppress(Exception):  # whatever an editor answers
                await asyncio.wait_for(progress.create_async(self.token), timeout=2)
                progress.begin(self.token, types.WorkDoneProgressBegin(self.title, cancellable=True, percentage=0))
                self.server.shown_tokens[self.token] = self.path
                self.is_open = True
        return self

    async def __aexit__(self, *_: object) -> None:
        self.server.shown_tokens.pop(self.token, None)
        if self.is_open:
            self.is_open = False
            self.server.work_done_progress.end(self.token, types.WorkDoneProgressEnd())
            self.server.work_done_progress.tokens.pop(self.token, None)

    def progress(self, what: str, done: int, total: int) -> None:
        """Called by the worker's thread, often."""
        now = time.monotonic()
        if self.is_open and now >= self.next:
            self.next = now + PROGRESS
            with suppress(RuntimeError):
                self.loop.call_soon_threadsafe(self.report, what, done, total)

    def report(self, what: str, done: int, total: int) -> None:
        if self.is_open:
            percentage = min(100 * done // max(total, 1), 100)
            text = f"{what} {done}/{total}"
            self.server.work_done_progress.report(
                self.token, types.WorkDoneProgressReport(message=text, percentage=percentage)
            )


_NUMBERS = itertools.count(1)


class DisabledError(Exception):
    """The settings say that nothing is judged."""


def _silent(what: str, done: int, total: int) -> None:
    pass


def _distinct(diagnostics: Iterable[types.Diagnostic]) -> list[types.Diagnostic]:
    found: list[types.Diagnostic] = []
    for each in diagnostics:
        if each not in found:
            found.append(each)
    return found
