"""Catches the browser when the vendor sends it back: one request to this machine, then the door is shut."""

from __future__ import annotations

import contextlib
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Final
from urllib.parse import urlsplit

from bridge.clock import Clock
from bridge.errors import ConfigError, UnavailableError
from bridge.transport import is_loopback

WAIT_SECONDS: Final = 600
_PAGE = b"<!doctype html><title>bridge</title><p>bridge has its answer. You may close this window.</p>"

_AGAIN = "Run the command again; with --paste where the browser is on another machine"


class RedirectReceiver:
    """Listens on 127.0.0.1 at the redirect address's port; made before the person is sent away."""

    def __init__(self, redirect_uri: str) -> None:
        parts = urlsplit(redirect_uri)
        if parts.scheme != "http" or not is_loopback(parts.hostname or "") or not parts.port:
            raise ConfigError(
                f"redirect_uri {redirect_uri}",
                "is not an address of this machine with a port, so bridge cannot wait there",
                "Paste the address you were sent back to (--paste), or set redirect_uri in [bridge]",
                code="config.redirect_uri",
            )
        try:
            self._server = _Server(("127.0.0.1", parts.port), _Handler)
        except OSError as cause:
            raise ConfigError(
                f"port {parts.port}", f"cannot be listened on: {cause.strerror}",
                "End the program that holds it, or paste the address you were sent back to (--paste)",
                code="config.redirect_uri",
            ) from cause  # fmt: skip
        self._server.path = parts.path or "/"

    def wait(self, clock: Clock, seconds: int = WAIT_SECONDS) -> str:
        """The path and query that the browser came with. Raises: UnavailableError when nobody came in time."""
        started = clock.now()
        with contextlib.closing(self._server) as server:
            while not server.received:
                if (clock.now() - started).total_seconds() > seconds:
                    raise UnavailableError("the browser", f"did not come back within {seconds} s", _AGAIN)
                server.timeout = 0.5
                server.handle_request()
            return server.received

    def close(self) -> None:
        """Stop listening without having waited."""
        self._server.server_close()


class _Server(HTTPServer):
    path = "/"
    received = ""

    def close(self) -> None:
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    timeout = 5  # a browser may open a connection and say nothing

    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, _Server)
        is_ours = urlsplit(self.path).path == server.path
        self.send_response(200 if is_ours else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Connection", "close")
        self.end_headers()
        if is_ours:
            self.wfile.write(_PAGE)
            server.received = self.path

    def log_message(self, *_: Any) -> None:
        """Nothing: the address holds the code."""
