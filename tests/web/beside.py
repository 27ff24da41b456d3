"""A site answered by a thread of this process, of which nothing is left when it ends."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from bridge.sandbox.listening import let_nobody_in

PATIENCE_SECONDS = 90


class _Server(uvicorn.Server):
    """Breaks at the end what is still open, such as what a browser opened ahead.

    The collector would find its socket in the middle of another test.
    """

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await let_nobody_in(self.servers)
        await super().shutdown(sockets)
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)


@contextmanager
def beside(app: ASGIApp) -> Iterator[str]:
    """A site on loopback; its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(
            app, log_config=None, access_log=False, log_level="critical", timeout_graceful_shutdown=1
        )
        server = _Server(config)
        thread = threading.Thread(target=server.run, args=([listening],), name="site", daemon=True)
        thread.start()
        until = time.monotonic() + PATIENCE_SECONDS
        while not server.started:
            assert thread.is_alive(), "the site did not start"
            assert time.monotonic() < until, "the site does not start"
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
