"""What the server answers to, by the protocol's names."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

from lsprotocol import types
from pygls.uris import to_fs_path

from hullcheck.discover import kind_of
from hullcheck.lsp import answers
from hullcheck.lsp.actions import FIX_ALL, Can
from hullcheck.lsp.folder import inside
from hullcheck.lsp.server import SECTION, Server
from hullcheck.typed import TypeVar

T = TypeVar("T")

TRIES = 3
"""How often a question is asked anew because somebody goes on typing."""

MANY = 500
"""Files that change at once, from which it isn't asked which folders they matter to."""

_IGNORED = ("/.git/", "/node_modules/")


def register(server: Server) -> None:
    """Have the server answer."""
    _lifecycle(server)
    _documents(server)
    _questions(server)


def _lifecycle(server: Server) -> None:
    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        said = params.initialization_options
        server.initial = said.get(SECTION, said.get("settings", said)) if isinstance(said, dict) else said

    @server.feature(types.INITIALIZED)
    async def initialized(params: types.InitializedParams) -> None:
        folders = [folder.uri for folder in server.workspace.folders.values()]
        if not folders and server.workspace.root_uri:
            folders = [server.workspace.root_uri]
        for uri in folders:
            _open(server, uri)
        for document in list(server.protocol.documents.values()):
            if server.home(document.path) is None and _is_ours(document.path):
                server.open_area(document.path)
        await _watch(server)

    @server.feature(types.SHUTDOWN)
    def shutdown(params: None) -> None:
        server.closing = True
        for area in server.areas.values():
            area.folder.stop.set()
            area.changed.set()

    @server.feature(types.WINDOW_WORK_DONE_PROGRESS_CANCEL)
    def give_up(params: types.WorkDoneProgressCancelParams) -> None:
        area = server.areas.get(server.shown_tokens.get(str(params.token), ""))
        if area is not None:
            area.given_up = True
            area.folder.stop.set()

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def folders_changed(params: types.DidChangeWorkspaceFoldersParams) -> None:
        for folder in params.event.removed:
            server.close_area(_folder(folder.uri))
        for folder in params.event.added:
            _open(server, folder.uri)
        for document in list(server.protocol.documents.values()):
            if server.home(document.path) is None and _is_ours(document.path):
                server.open_area(document.path)
            elif document.path in server.areas and any(inside(document.path, at) for at in server.areas):
                server.close_area(document.path)

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def configuration_changed(params: types.DidChangeConfigurationParams) -> None:
        await server.settings_changed(params.settings)


def _open(server: Server, uri: str) -> None:
    if path := _folder(uri):
        server.open_area(path)


def _is_ours(path: str) -> bool:
    """Is a file that is in no folder one to be judged, by its name? Editors open all kinds of files."""
    return kind_of(os.path.basename(path)) is not None


def _folder(uri: str) -> str:
    """The path of a folder; empty if it isn't one of files."""
    path = (to_fs_path(uri) if uri.startswith("file:") else None) or ""
    return path.rstrip("/\\") or path


async def _watch(server: Server) -> None:
    """Have the editor tell of files that change otherwise, and of settings, if it does so only when asked."""
    workspace = server.client_capabilities.workspace
    wanted = []
    watched = workspace.did_change_watched_files if workspace else None
    if watched is not None and watched.dynamic_registration:
        options = types.DidChangeWatchedFilesRegistrationOptions([types.FileSystemWatcher("**/*")])
        wanted.append(types.Registration("watch", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options))
    settings = workspace.did_change_configuration if workspace else None
    if settings is not None and settings.dynamic_registration:
        section = {"section": SECTION}
        wanted.append(types.Registration("settings", types.WORKSPACE_DID_CHANGE_CONFIGURATION, section))
    if wanted:
        try:
            await asyncio.wait_for(
                server.client_register_capability_async(types.RegistrationParams(wanted)), timeout=10
            )
        except Exception as error:  # noqa: BLE001  it goes without, too
            server.log(f"the editor doesn't tell of changes: {error}", types.MessageType.Warning)


def _documents(server: Server) -> None:
    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        path = to_fs_path(params.text_document.uri) or ""
        if server.home(path) is None and _is_ours(path):
            server.open_area(path)
        server.edited(path)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        server.edited(to_fs_path(params.text_document.uri) or "")

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(params: types.DidSaveTextDocumentParams) -> None:
        server.edited(to_fs_path(params.text_document.uri) or "")

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        path = to_fs_path(params.text_document.uri) or ""
        server.close_area(path)
        server.edited(path)

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def watched(params: types.DidChangeWatchedFilesParams) -> None:
        paths = {
            to_fs_path(change.uri) or ""
            for change in params.changes
            if not any(part in change.uri for part in _IGNORED)
        }
        many = len(paths) > MANY
        areas = server.areas if many else {a.folder.path: a for path in paths for a in server.concerned(path)}
        for area in areas.values():
            server.changed(area)


def _questions(server: Server) -> None:
    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hover(params: types.HoverParams) -> types.Hover | None:
        return await _asked(server, params.text_document.uri, answers.hover, params.position, _formats(server))

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    async def definition(params: types.DefinitionParams) -> list[types.Location] | None:
        return await _asked(server, params.text_document.uri, answers.definition, params.position)

    kinds = [types.CodeActionKind.QuickFix, FIX_ALL]
    options = types.CodeActionOptions(code_action_kinds=kinds, resolve_provider=True)

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, options)
    async def actions(params: types.CodeActionParams) -> list[types.CodeAction] | None:
        return await _asked(server, params.text_document.uri, answers.actions, params, _can(server))

    @server.feature(types.CODE_ACTION_RESOLVE)
    async def resolve(action: types.CodeAction) -> types.CodeAction:
        uri = action.data.get("uri") if isinstance(action.data, dict) else None
        if not isinstance(uri, str):
            return action
        found = await _asked(server, uri, answers.resolved, action, _can(server)) or action
        if found.edit is None:
            message = "hullcheck: there is no edit that does this and nothing else; the configuration's `suppress` can"
            if isinstance(action.data, dict) and action.data.get("do") == "all":
                message = "hullcheck: there is nothing left that is safe to fix"
            server.window_show_message(types.ShowMessageParams(types.MessageType.Info, message))
        return found


async def _asked(server: Server, uri: str, answer: Callable[..., T], *arguments: object) -> T | None:
    """What is known of a document as it is now: asked again if it was edited in the meantime."""
    path = to_fs_path(uri) if uri.startswith("file:") else None
    for _ in range(TRIES):
        area = await server.settled(path) if path else None
        if area is None or path is None:
            return None
        document = server.protocol.documents.get(uri)
        found = await server.ask_worker(answer, area.folder, path, *arguments)
        if document is server.protocol.documents.get(uri) and (found is not None or area.done >= area.asked):
            return found
    return None


def _formats(server: Server) -> bool:
    """Does the editor take Markdown?"""
    document = server.client_capabilities.text_document
    said = document.hover if document is not None else None
    formats = said.content_format if said is not None else None
    return formats is None or types.MarkupKind.Markdown in formats


def _can(server: Server) -> Can:
    document, workspace = server.client_capabilities.text_document, server.client_capabilities.workspace
    action = document.code_action if document is not None else None
    resolve = action.resolve_support if action is not None else None
    edit = workspace.workspace_edit if workspace is not None else None
    return Can(
        versions=bool(edit and edit.document_changes),
        resolve=bool(resolve and "edit" in resolve.properties and action and action.data_support),
        snippets=bool(edit and edit.snippet_edit_support),
    )
