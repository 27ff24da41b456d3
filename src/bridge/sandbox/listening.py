"""The way in over HTTP: uvicorn on loopback in a thread of its own, and connections that break when told to."""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from email.utils import format_datetime

import uvicorn
from starlette.requests import ClientDisconnect
from starlette.requests import Request as Received
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from bridge.sandbox.clock import SandboxClock
from bridge.sandbox.messages import BadRequestError, Request, Response

__all__ = ["Listener", "let_nobody_in"]

_LOOPBACK = "127.0.0.1"
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_BACKLOG = 128
_AN_HOUR = 3_600
_TURNS = 5
"""Of the loop, after which everybody who was let in is among the connections."""
_LONGEST_HEAD = 1 << 20  # bytes of a request line and headers: queries can be long
_MOST_AT_ONCE = 64


class Listener:
    """Answers over HTTP what ``exchange`` gives, or breaks the connection where it gives None.

    Shape:    listens once constructed; ``exchange`` is called from many threads. Answers are dated by ``clock``.
    """

    def __init__(self, exchange: Callable[[Request], Response | None], *, port: int, clock: SandboxClock) -> None:
        try:
            self._socket = socket.create_server((_LOOPBACK, port), backlog=_BACKLOG)
        except (OSError, OverflowError) as error:
            raise BadRequestError(f"cannot listen on port {port}: {error}", "Choose another, or 0") from error
        # Handed on to every connection: head and body of an answer are two segments, and neither waits for the other.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.base_url = f"http://{_LOOPBACK}:{self._socket.getsockname()[1]}"
        self._exchange, self._clock = exchange, clock
        # Of its own, because the loop's would be waited for at the end, however long a handler takes.
        self._threads = ThreadPoolExecutor(_MOST_AT_ONCE, "sandbox-answer")
        self._server = _Server(self._answer)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name="sandbox", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and break every open connection; requests that are being carried out are not waited for."""
        self._server.end()
        self._thread.join()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        with contextlib.suppress(ClientDisconnect):  # a client that goes away is part of what is being played
            request = await _read(scope, receive)
            response = await asyncio.get_running_loop().run_in_executor(self._threads, self._exchange, request)
            if response is None:
                await self._server.reset(scope, receive)
            else:
                await self._write(response, send)

    async def _write(self, response: Response, send: Send) -> None:
        """Not by Starlette's response, which writes the names of headers small."""
        told = {
            "Server": "bridge-sandbox",
            "Date": format_datetime(self._clock.now(), usegmt=True),
            "Content-Type": response.content_type,
            "Content-Length": str(len(response.body)),
        }
        told |= response.headers
        headers = [(name.encode(), str(value).encode("latin-1")) for name, value in told.items()]
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": response.body})


class _Server(uvicorn.Server):
    """Ends when it is told, not at the next of ten looks a second, and takes leave of no connection."""

    def __init__(self, answer: Callable[[Scope, Receive, Send], object]) -> None:
        super().__init__(
            uvicorn.Config(
                answer,
                interface="asgi3",
                loop="asyncio",
                http="h11",
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="critical",  # ``RequestLog`` keeps what matters, without secrets
                access_log=False,
                date_header=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=_AN_HOUR,
                h11_max_incomplete_event_size=_LONGEST_HEAD,
            )
        )
        self._is_up = threading.Event()

    async def main_loop(self) -> None:
        self._loop, self._ending = asyncio.get_running_loop(), asyncio.Event()
        self._is_up.set()
        await self._ending.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await let_nobody_in(self.servers)
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()

    def end(self) -> None:
        """From another thread."""
        self._is_up.wait()
        self._loop.call_soon_threadsafe(self._ending.set)

    async def reset(self, scope: Scope, receive: Receive) -> None:
        """Break a connection without a word, as a dying gateway does, and wait until it is gone."""
        for one in list(self.server_state.connections):
            if isinstance(one, H11Protocol) and one.scope is scope:
                ours = one.transport.get_extra_info("socket")
                ours.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
                one.transport.abort()
        while (await receive())["type"] != "http.disconnect":
            pass


async def let_nobody_in(servers: Iterable[asyncio.Server]) -> None:
    """Before they are closed: asyncio loses the socket of whom it has let in, and not met, when a server closes."""
    for server in servers:
        for listening in server.sockets:
            asyncio.get_running_loop().remove_reader(listening.fileno())
    for _ in range(_TURNS):
        await asyncio.sleep(0)


async def _read(scope: Scope, receive: Receive) -> Request:
    received = Received(scope, receive)
    return Request(
        method=received.method,
        path=scope["path"],
        query=dict(received.query_params),
        headers=dict(received.headers),
        body=await received.body(),
    )
