"""What the server answers to, by the protocol's names."""

from __future__ import annotations

import asyncio

from lsprotocol import types
from pygls.uris import to_fs_path

from hullcheck.lsp.server import SECTION, Server

_IGNORED = ("/.git/", "/node_modules/")


def register(server: Server) -> None:
    """Have the server answer."""
    _lifecycle(server)
    _documents(server)


def _lifecycle(server: Server) -> None:
    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        said = params.initialization_options
        server.initial = said.get(SECTION, said.get("settings", said)) if isinstance(said, dict) else said

    @server.feature(types.INITIALIZED)
    async def initialized(params: types.InitializedParams) -> None:
        await _watch(server)
        folders = [folder.uri for folder in server.workspace.folders.values()]
        if not folders and server.workspace.root_uri:
            folders = [server.workspace.root_uri]
        for uri in folders:
            await _open(server, uri)
        for document in list(server.protocol.documents.values()):
            if server.home(document.path) is None:
                await server.open_area(document.path)

    @server.feature(types.SHUTDOWN)
    def shutdown(params: None) -> None:
        for area in server.areas.values():
            area.folder.stop.set()

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    async def folders_changed(params: types.DidChangeWorkspaceFoldersParams) -> None:
        for folder in params.event.removed:
            server.close_area(to_fs_path(folder.uri) or "")
        for folder in params.event.added:
            await _open(server, folder.uri)
        for document in list(server.protocol.documents.values()):
            if server.home(document.path) is None:
                await server.open_area(document.path)
            elif document.path in server.areas and any(
                document.path != at and document.path.startswith(f"{at}/") for at in server.areas
            ):
                server.close_area(document.path)

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def configuration_changed(params: types.DidChangeConfigurationParams) -> None:
        await server.settings_changed(params.settings)


async def _open(server: Server, uri: str) -> None:
    path = to_fs_path(uri) if uri.startswith("file:") else None
    if path:
        await server.open_area(path.rstrip("/") or path)


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
    async def opened(params: types.DidOpenTextDocumentParams) -> None:
        path = to_fs_path(params.text_document.uri) or ""
        if server.home(path) is None:
            await server.open_area(path)
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
        areas = {id(area): area for path in paths for area in server.concerned(path)}
        for area in areas.values():
            server.changed(area)
