"""The HTTP server under every sandbox: loopback only, faults and log included."""

import contextlib
import socket
import struct
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from bridge.errors import ConfigError
from bridge.sandbox.admin import ADMIN_PREFIX, add_admin_routes
from bridge.sandbox.clock import SandboxClock
from bridge.sandbox.faults import Fault, FaultKind, Faults
from bridge.sandbox.messages import BadRequestError, Request, Response, html_response, json_response
from bridge.sandbox.requests_seen import RequestLog
from bridge.sandbox.routes import Routes

__all__ = ["SandboxServer", "Vendor"]

_LOOPBACK = "127.0.0.1"
_LOCAL_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_UNAVAILABLE_PAGE = "<html><head><title>503 Service Unavailable</title></head><body>Try later.</body></html>"


class Vendor(Protocol):
    """What the fake of one system supplies; the server does the rest."""

    def handle(self, request: Request) -> Response:
        """Carry a request out and answer it. Called from many threads."""
        ...

    def label(self, request: Request) -> str:
        """Name the operation for the log and for fault orders, such as ``JournalEntry.create``."""
        ...

    def refuse(self, kind: FaultKind, request: Request) -> Response:
        """Say ``throttle`` or ``unauthorized`` in this vendor's own words."""
        ...


class SandboxServer:
    """Serves one vendor on loopback from its own threads.

    Shape:    listens once constructed; ``stop`` (or leaving the ``with``) ends every connection.
    Failure:  an exception in the vendor's code is answered as 500 and kept in ``crashes``.
    """

    def __init__(
        self, vendor: Vendor, *, port: int = 0, clock: SandboxClock | None = None, admin: Routes | None = None
    ) -> None:
        self.clock = clock or SandboxClock()
        self.faults = Faults()
        self.log = RequestLog()
        self.crashes: list[str] = []
        self.stopping = threading.Event()
        self._vendor = vendor
        self._admin = admin or Routes()
        add_admin_routes(self._admin, clock=self.clock, faults=self.faults, log=self.log)
        try:
            self._http = _HttpServer((_LOOPBACK, port), _Connection)
        except (OSError, OverflowError) as error:
            raise BadRequestError(f"cannot listen on port {port}: {error}", "Choose another, or 0") from error
        self._http.sandbox = self
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, name="sandbox", daemon=True
        )
        self._thread.start()

    @property
    def base_url(self) -> str:
        """Where it listens, without a trailing slash."""
        return f"http://{_LOOPBACK}:{self._http.server_address[1]}"

    def stop(self) -> None:
        """Stop listening and end every open connection; a second call does nothing."""
        if self.stopping.is_set():
            return
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()
        self._http.close_connections()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def exchange(self, request: Request) -> Response | None:
        """Answer one request, faults included; None means drop the connection."""
        if request.path.startswith(ADMIN_PREFIX):
            return self._administer(request)
        label = self._vendor.label(request)
        fault = self.faults.take(request, label)
        response = self._carry_out(request) if fault is None else self._strike(fault, request)
        self.log.add(
            request,
            label=label,
            status=response.status if response else 0,
            fault=str(fault.kind) if fault else "",
            at=self.clock.now(),
        )
        return response

    def _administer(self, request: Request) -> Response:
        if urlsplit(f"//{request.header('host')}").hostname not in _LOCAL_NAMES:
            return json_response({"error": "the admin door answers to loopback names only"}, 403)
        try:
            return self._admin.handle(request)
        except ConfigError as error:
            return json_response({"error": str(error)}, 400)
        except Exception as error:  # noqa: BLE001 - the trust boundary: a client must get an answer
            return self._crash(error)

    def _carry_out(self, request: Request) -> Response:
        try:
            return self._vendor.handle(request)
        except Exception as error:  # noqa: BLE001 - the trust boundary: a client must get an answer
            return self._crash(error)

    def _crash(self, error: Exception) -> Response:
        self.crashes.append(f"{type(error).__name__}: {error}")
        return json_response({"error": "the sandbox itself failed", "type": type(error).__name__}, 500)

    def _strike(self, fault: Fault, request: Request) -> Response | None:
        if not fault.kind.name.startswith("COMMIT_THEN_"):
            self.stopping.wait(fault.seconds)
        answer = self._carry_out(request) if fault.kind.reaches_the_books else None
        if fault.kind.name.startswith("COMMIT_THEN_"):
            self.stopping.wait(fault.seconds)
        match fault.kind:
            case FaultKind.DROP | FaultKind.COMMIT_THEN_DROP:
                return None
            case FaultKind.DELAY | FaultKind.COMMIT_THEN_DELAY:
                return answer
            case FaultKind.UNAVAILABLE | FaultKind.COMMIT_THEN_UNAVAILABLE:
                return _with_headers(html_response(_UNAVAILABLE_PAGE, 503), fault.headers)
            case FaultKind.ANSWER | FaultKind.COMMIT_THEN_ANSWER:
                return Response(fault.status, fault.body.encode(), fault.content_type, fault.headers)
            case FaultKind.THROTTLE | FaultKind.UNAUTHORIZED:
                return _with_headers(self._vendor.refuse(fault.kind, request), fault.headers)


def _with_headers(response: Response, headers: Mapping[str, str]) -> Response:
    if not headers:
        return response
    return Response(response.status, response.body, response.content_type, {**response.headers, **headers})


class _HttpServer(ThreadingHTTPServer):
    """Knows its open connections, so that stopping does not wait for idle keep-alive clients."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    sandbox: SandboxServer

    def __init__(self, *arguments: Any) -> None:
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(*arguments)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        with self._lock:
            still_open = list(self._open)
        for connection in still_open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent: a client that goes away mid-answer is part of what is being played."""


class _Connection(BaseHTTPRequestHandler):
    """One client connection, HTTP/1.1 with keep-alive."""

    server: _HttpServer
    protocol_version = "HTTP/1.1"
    server_version = "bridge-sandbox"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave together

    def _serve(self) -> None:
        request = self._read()
        if request is None:
            self._write(json_response({"error": "send Content-Length"}, 411))
            self.close_connection = True
            return
        response = self.server.sandbox.exchange(request)
        if response is None or self.server.sandbox.stopping.is_set():
            self._drop()
        else:
            self._write(response)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _serve  # noqa: N815

    def _read(self) -> Request | None:
        if "transfer-encoding" in self.headers:
            return None
        parts = urlsplit(self.path)
        return Request(
            method=self.command,
            path=unquote(parts.path),
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(self.headers.get("content-length") or 0)),
        )

    def _write(self, response: Response) -> None:
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(response.body)))
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    def _drop(self) -> None:
        """Break the connection without a word, as a dying gateway does."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            self.connection.close()

    def date_time_string(self, timestamp: float | None = None) -> str:
        """What an answer's ``Date`` says: the sandbox's clock, which tests and people set."""
        return super().date_time_string(timestamp or self.server.sandbox.clock.now().timestamp())

    def log_message(self, *_: object) -> None:
        """Write nothing: ``RequestLog`` keeps what matters, without secrets."""
