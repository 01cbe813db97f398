"""From the streams to the end of the talk."""

from __future__ import annotations

import asyncio

from hullcheck.check import Registry
from hullcheck.lsp.features import register
from hullcheck.lsp.folder import Ask
from hullcheck.lsp.protocol import talk
from hullcheck.lsp.server import Server
from hullcheck.lsp.worker import Worker
from hullcheck.typed import BinaryIO


def serve(registry: Registry, ask: Ask, stdin: BinaryIO, stdout: BinaryIO) -> int:
    """Serve one editor to the end; returns the exit code."""
    server = Server(registry, ask)
    register(server)

    async def run() -> None:
        server.worker = Worker(asyncio.get_running_loop())
        try:
            await talk(server.protocol, stdin, stdout, server._report_server_error)
        finally:
            server.closing = True
            for path in list(server.areas):
                area = server.areas[path]
                area.folder.stop.set()
                if area.task is not None:
                    area.task.cancel()
            server.worker.end()

    asyncio.run(run())
    return server.protocol.code
