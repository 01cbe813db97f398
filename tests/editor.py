"""An editor for tests: pygls' own client, which talks to `hullcheck lsp` over standard input and output."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import shutil
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from pathlib import Path
from typing import Any, Self, TypeVar

from lsprotocol import types
from pygls.lsp.client import LanguageClient
from pygls.uris import from_fs_path, to_fs_path

from hullcheck.cli import main
from process import PYTHON, environment

T = TypeVar("T")

TIMEOUT = 60.0

CAPABILITIES: dict[str, Any] = {
    "workspace": {
        "configuration": True,
        "workspaceFolders": True,
        "didChangeWatchedFiles": {"dynamicRegistration": True},
        "didChangeConfiguration": {"dynamicRegistration": True},
        "workspaceEdit": {"documentChanges": True},
    },
    "textDocument": {
        "hover": {"contentFormat": ["markdown", "plaintext"]},
        "codeAction": {
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix", "source.fixAll"]}},
            "dataSupport": True,
            "resolveSupport": {"properties": ["edit"]},
        },
        "publishDiagnostics": {"relatedInformation": True, "versionSupport": True},
    },
    "window": {"workDoneProgress": True},
}


def uri(path: Path | str) -> str:
    found = from_fs_path(str(path))
    assert found is not None
    return found


class Editor:
    """An editor with some folders open. `settings` are those of the section `hullcheck`, by folder, or for all by ""."""

    def __init__(
        self,
        *folders: Path,
        capabilities: Mapping[str, Any] = CAPABILITIES,
        settings: dict[str, Any] | None = None,
        process: int | None = None,
        initial: Any = None,
    ) -> None:
        self.settings = settings or {}
        self.published: list[types.PublishDiagnosticsParams] = []
        self.shown: list[str] = []
        self.logged: list[str] = []
        self.registered: list[str] = []
        self.progress: list[Any] = []
        self.texts: dict[str, tuple[int, str]] = {}
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.client = self.wait(self._start(folders, capabilities, process, initial))

    async def _start(
        self, folders: tuple[Path, ...], capabilities: Mapping[str, Any], process: int | None, initial: Any
    ) -> LanguageClient:
        client = LanguageClient("editor", "1")

        @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def published(params: types.PublishDiagnosticsParams) -> None:
            self.published.append(params)

        @client.feature(types.WINDOW_SHOW_MESSAGE)
        def shown(params: types.ShowMessageParams) -> None:
            self.shown.append(params.message)

        @client.feature(types.WINDOW_LOG_MESSAGE)
        def logged(params: types.LogMessageParams) -> None:
            self.logged.append(params.message)

        @client.feature(types.WORKSPACE_CONFIGURATION)
        def configuration(params: types.ConfigurationParams) -> list[Any]:
            return [self.settings.get(item.scope_uri or "", self.settings.get("")) for item in params.items]

        @client.feature(types.CLIENT_REGISTER_CAPABILITY)
        def register(params: types.RegistrationParams) -> None:
            self.registered.extend(each.method for each in params.registrations)

        @client.feature(types.WINDOW_WORK_DONE_PROGRESS_CREATE)
        def create(params: types.WorkDoneProgressCreateParams) -> None:
            self.progress.append(params.token)

        @client.feature(types.PROGRESS)
        def progress(params: types.ProgressParams) -> None:
            self.progress.append(params.value)

        await client.start_io(*PYTHON, "lsp", "--stdio", env=environment())
        self.initialized = await client.initialize_async(
            types.InitializeParams(
                capabilities=client.protocol._converter.structure(capabilities, types.ClientCapabilities),
                process_id=process,
                initialization_options=initial,
                workspace_folders=[types.WorkspaceFolder(uri(folder), folder.name) for folder in folders],
            )
        )
        client.initialized(types.InitializedParams())
        return client

    def wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(TIMEOUT)

    def tell(self, method: str, params: object) -> None:
        self.loop.call_soon_threadsafe(self.client.protocol.notify, method, params)

    def ask(self, method: str, params: object) -> Any:
        async def answer() -> Any:
            return await self.client.protocol.send_request_async(method, params)

        return self.wait(answer())

    # Documents

    def open(self, path: Path, text: str | None = None) -> None:
        text = path.read_bytes().decode() if text is None else text
        self.texts[uri(path)] = (1, text)
        self.tell(
            types.TEXT_DOCUMENT_DID_OPEN,
            types.DidOpenTextDocumentParams(types.TextDocumentItem(uri(path), "x", 1, text)),
        )

    def write(self, path: Path, text: str) -> None:
        """Replace the whole text of an open document."""
        self.change(path, [types.TextDocumentContentChangeWholeDocument(text)], text)

    def change(self, path: Path, changes: list[Any], text: str) -> None:
        version = self.texts[uri(path)][0] + 1
        self.texts[uri(path)] = (version, text)
        document = types.VersionedTextDocumentIdentifier(version, uri(path))
        self.tell(types.TEXT_DOCUMENT_DID_CHANGE, types.DidChangeTextDocumentParams(document, changes))

    def close(self, path: Path) -> None:
        del self.texts[uri(path)]
        document = types.TextDocumentIdentifier(uri(path))
        self.tell(types.TEXT_DOCUMENT_DID_CLOSE, types.DidCloseTextDocumentParams(document))

    def watched(self, *paths: Path) -> None:
        """Tell that files have changed on disk."""
        changes = [types.FileEvent(uri(path), types.FileChangeType.Changed) for path in paths]
        self.tell(types.WORKSPACE_DID_CHANGE_WATCHED_FILES, types.DidChangeWatchedFilesParams(changes))

    # What is known

    def hover(self, path: Path, line: int, character: int) -> str:
        place = types.TextDocumentIdentifier(uri(path)), types.Position(line, character)
        found = self.ask(types.TEXT_DOCUMENT_HOVER, types.HoverParams(*place))
        return "" if found is None else str(found.contents.value)

    def definition(self, path: Path, word: str, nth: int = 0, *, within: str = "") -> list[str]:
        """Where a word's definition is, as `PATH:LINE` with lines from 1; `within` is text that comes before it."""
        text = self.texts[uri(path)][1] if uri(path) in self.texts else path.read_bytes().decode()
        at = text.index(word, text.index(within) + len(within))
        for _ in range(nth):
            at = text.index(word, at + 1)
        line, character = text.count("\n", 0, at), at - text.rfind("\n", 0, at) - 1
        place = types.TextDocumentIdentifier(uri(path)), types.Position(line, character + 1)
        found = self.ask(types.TEXT_DOCUMENT_DEFINITION, types.DefinitionParams(*place)) or []
        return [f"{to_fs_path(each.uri)}:{each.range.start.line + 1}" for each in found]

    def settle(self, folder: Path) -> None:
        """Wait until all edits are judged: a question is answered only then."""
        self.hover(folder / "none", 0, 0)

    def diagnostics(self, path: Path) -> list[types.Diagnostic]:
        """What was told of a file last."""
        self.hover(path, 0, 0)
        return next((list(p.diagnostics) for p in reversed(self.published) if p.uri == uri(path)), [])

    def all(self, folder: Path) -> dict[str, list[types.Diagnostic]]:
        """What is told of all files below a folder, by path."""
        return {str(to_fs_path(at))[len(str(folder)) + 1 :]: found for at, found in self.last(folder).items()}

    def last(self, folder: Path) -> dict[str, list[types.Diagnostic]]:
        """What is told of all files below a folder, by address."""
        self.settle(folder)
        last = {p.uri: list(p.diagnostics) for p in self.published if p.uri.startswith(f"{uri(folder)}/")}
        return {at: found for at, found in last.items() if found}

    def actions(
        self, path: Path, line: int, only: list[str] | None = None, shown: list[types.Diagnostic] | None = None
    ) -> list[types.CodeAction]:
        place = types.Range(types.Position(line, 0), types.Position(line, 0))
        context = types.CodeActionContext(shown or [], only)
        params = types.CodeActionParams(types.TextDocumentIdentifier(uri(path)), place, context)
        return list(self.ask(types.TEXT_DOCUMENT_CODE_ACTION, params) or [])

    def resolve(self, action: types.CodeAction) -> types.CodeAction:
        found: types.CodeAction = self.ask(types.CODE_ACTION_RESOLVE, action)
        return found

    def apply(self, edit: types.WorkspaceEdit) -> None:
        """Make the edits of documents that are open, in the version that they name."""
        for change in edit.document_changes or ():
            assert isinstance(change, types.TextDocumentEdit)
            version, text = self.texts[change.text_document.uri]
            assert change.text_document.version == version
            path = to_fs_path(change.text_document.uri)
            assert path is not None
            self.write(Path(path), edited(text, list(change.edits)))

    # Folders and the end

    def folders(self, added: tuple[Path, ...] = (), removed: tuple[Path, ...] = ()) -> None:
        made = [[types.WorkspaceFolder(uri(path), path.name) for path in paths] for paths in (added, removed)]
        event = types.WorkspaceFoldersChangeEvent(*made)
        self.tell(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS, types.DidChangeWorkspaceFoldersParams(event))

    def end(self) -> int:
        """Leave in order; returns the server's exit code."""
        self.ask(types.SHUTDOWN, None)
        self.tell(types.EXIT, None)
        return self.ended()

    def ended(self) -> int:
        server = self.client._server
        assert server is not None
        code = self.wait(_ended(server))
        self.wait(self.client.stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)
        self.loop.close()
        return code

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self.loop.is_closed():
            self.end()


async def _ended(server: asyncio.subprocess.Process) -> int:
    return await asyncio.wait_for(server.wait(), 20)


def edited(text: str, edits: list[Any]) -> str:
    """A text of ASCII after edits by line and column, as an editor makes them: all at once."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def offset(position: types.Position) -> int:
        return min(starts[min(position.line, len(starts) - 1)] + position.character, len(text))

    for edit in sorted(edits, key=lambda e: offset(e.range.start), reverse=True):
        text = text[: offset(edit.range.start)] + edit.new_text + text[offset(edit.range.end) :]
    return text


def tree(root: Path, files: dict[str, str]) -> Path:
    (root / ".git").mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(text.encode())
    return root


@contextlib.contextmanager
def opened(editor: Editor, root: Path) -> Iterator[Editor]:
    editor.folders((root,))
    editor.settle(root)
    yield editor
    for path in [path for path in editor.texts if path.startswith(f"{uri(root)}/")]:
        editor.close(Path(path.removeprefix("file://")))
    editor.folders(removed=(root,))


Told = set[tuple[Any, ...]]


def told(editor: Editor, root: Path) -> Told:
    """What the editor shows: place, name and message, and whether it is only there for a finding elsewhere."""
    return {
        (path, d.range.start.line + 1, d.range.start.character + 1, d.code, d.message)
        for path, found in editor.all(root).items()
        for d in found
        if d.code != "not-judged"
    }


def findings(root: Path, *options: str) -> list[dict[str, Any]]:
    """What the command tells of the files as they are on disk."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        main(["check", "--output-format", "json", "--no-cache", "--jobs", "1", *options, str(root)])
    return [finding for finding in json.loads(out.getvalue())["findings"] if not finding["suppressed"]]


def command(root: Path, *options: str) -> Told:
    """The same, in the form of what the editor shows."""
    found: Told = set()
    for f in findings(root, *options):
        place = f["region"]
        found.add((f["path"], place["startLine"], place["startColumn"], f["name"], f["message"]))
        seen = {f["path"]}
        for r in f["related"]:
            if r["path"] not in seen:
                seen.add(r["path"])
                message = f"{r['message']}: {f['message']}, see {f['path']}:{place['startLine']}"
                found.add((r["path"], r["region"]["startLine"], r["region"]["startColumn"], f["name"], message))
    return found


def saved(root: Path, editor: Editor, scratch: Path) -> Path:
    """A copy of a tree in which everything that the editor has is saved."""
    copy = scratch / root.name
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(root, copy)
    for path, (_, text) in editor.texts.items():
        if path.startswith(f"{uri(root)}/"):
            target = copy / path[len(uri(root)) + 1 :]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text.encode())
    return copy


def until(holds: Callable[[], object], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)
