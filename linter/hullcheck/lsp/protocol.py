"""The connection: messages in and out over two streams, and the documents that the editor has open."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Generator
from contextlib import suppress

from lsprotocol import types
from pygls.io_ import StdoutWriter, run_async
from pygls.protocol import LanguageServerProtocol
from pygls.protocol.language_server import lsp_method
from pygls.uris import to_fs_path

from hullcheck.lsp.text import Document, Text
from hullcheck.typed import Any, BinaryIO

log = logging.getLogger("hullcheck")

PARENT = 2.0
"""Seconds between two looks whether the editor is still there."""

CHUNK = 1 << 16


class Protocol(LanguageServerProtocol):
    """pygls' protocol, with documents of our own: its lines end at more than the protocol's do.

    `ended` is set once the editor has said `exit`.
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.documents: dict[str, Document] = {}
        self.ended = threading.Event()

    @property
    def encoding(self) -> str:
        """What columns are counted in, once that is agreed on."""
        agreed = self._workspace.position_encoding if self._workspace is not None else None
        return str(getattr(agreed, "value", agreed) or "utf-16")

    @property
    def code(self) -> int:
        """The exit code: 0 if the editor has asked for the end as it should."""
        return 0 if self._shutdown else 1

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> Generator[Any, Any, None]:
        item = params.text_document
        path = to_fs_path(item.uri) if item.uri.startswith("file:") else None
        if path:
            self.documents[item.uri] = Document(item.uri, path, item.version, Text(item.text, self.encoding))
            yield from self._told(types.TEXT_DOCUMENT_DID_OPEN, params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> Generator[Any, Any, None]:
        document = self.documents.get(params.text_document.uri)
        if document is not None:
            text = document.text
            for change in params.content_changes:
                text = text.changed(change)
            self.documents[document.uri] = Document(document.uri, document.path, params.text_document.version, text)
            yield from self._told(types.TEXT_DOCUMENT_DID_CHANGE, params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> Generator[Any, Any, None]:
        if self.documents.pop(params.text_document.uri, None) is not None:
            yield from self._told(types.TEXT_DOCUMENT_DID_CLOSE, params)

    def _told(self, method: str, params: object) -> Generator[Any, Any, None]:
        handler = self.fm.features.get(method)
        if handler is not None:
            yield handler, (params,), None

    @lsp_method(types.EXIT)
    def lsp_exit(self, *_: object) -> Generator[Any, Any, None]:
        self.ended.set()
        return
        yield


async def talk(protocol: Protocol, stdin: BinaryIO, stdout: BinaryIO, on_error: Any) -> None:
    """Take messages and answer them until the editor says so, closes the stream or is gone."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    protocol.set_writer(StdoutWriter(stdout))
    threading.Thread(target=_feed, args=(stdin, reader, loop), name="input", daemon=True).start()
    watch = asyncio.ensure_future(_watch(protocol, reader))
    try:
        await run_async(protocol.ended, reader, protocol, log, on_error)
    except (asyncio.IncompleteReadError, ValueError, OSError) as error:
        log.error("the connection is lost: %s", error)
    finally:
        watch.cancel()
        with suppress(asyncio.CancelledError):
            await watch


def _feed(stdin: BinaryIO, reader: asyncio.StreamReader, loop: asyncio.AbstractEventLoop) -> None:
    """Hand on what comes in; a thread of its own, since not every system can wait for a pipe otherwise."""
    read = getattr(stdin, "read1", stdin.read)
    with suppress(RuntimeError):  # the loop is closed
        try:
            while data := read(CHUNK):
                loop.call_soon_threadsafe(reader.feed_data, data)
        except (OSError, ValueError):
            pass
        loop.call_soon_threadsafe(reader.feed_eof)


async def _watch(protocol: Protocol, reader: asyncio.StreamReader) -> None:
    """End if the editor's process is gone, though something holds the pipe open."""
    while True:
        await asyncio.sleep(PARENT)
        process = getattr(protocol._server, "process_id", None)
        if os.name == "posix" and process and not _lives(process):
            log.error("the editor is gone")
            protocol.ended.set()
            reader.feed_eof()
            return


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True
