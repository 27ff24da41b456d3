"""What is under every sandbox: faults to order, the log, the admin door, and the vendor behind them."""

import threading
from collections.abc import Callable, Mapping
from typing import Protocol, Self
from urllib.parse import urlsplit

from bridge.errors import ConfigError
from bridge.sandbox.admin import ADMIN_PREFIX, AdminDoor, add_common_answers
from bridge.sandbox.clock import SandboxClock
from bridge.sandbox.faults import Fault, FaultKind, Faults
from bridge.sandbox.listening import Listener
from bridge.sandbox.messages import Request, Response, html_response, json_response
from bridge.sandbox.requests_seen import RequestLog

__all__ = ["Gate", "SandboxServer", "Vendor"]

_LOCAL_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
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


class Gate(Protocol):
    """What a vendor has besides, whose clients may have only so many calls under way at a time."""

    def enter(self, request: Request) -> Response | None:
        """Let a call begin, or refuse it with this answer. Called before any fault strikes."""
        ...

    def leave(self, request: Request) -> None:
        """Take note that a call that began has ended."""
        ...


class SandboxServer:
    """Serves one vendor on loopback from its own threads.

    Shape:    listens once constructed; ``stop`` (or leaving the ``with``) ends every connection.
    Failure:  an exception in the vendor's code is answered as 500 and kept in ``crashes``.
    """

    def __init__(
        self,
        vendor: Vendor,
        *,
        port: int = 0,
        clock: SandboxClock | None = None,
        admin: AdminDoor | None = None,
        gate: Gate | None = None,
    ) -> None:
        self.clock = clock or SandboxClock()
        self.faults = Faults()
        self.log = RequestLog()
        self.crashes: list[str] = []
        self._stopping, self._ending = threading.Event(), threading.Lock()
        self._vendor, self._gate = vendor, gate
        self._admin = admin or AdminDoor()
        add_common_answers(self._admin, clock=self.clock, faults=self.faults, log=self.log)
        self._listener = Listener(self.exchange, port=port, clock=self.clock)

    @property
    def base_url(self) -> str:
        """Where it listens, without a trailing slash."""
        return self._listener.base_url

    def stop(self) -> None:
        """Stop listening and end every open connection; a second call does nothing."""
        with self._ending:
            if not self._stopping.is_set():
                self._listener.stop()  # first, so that nobody gets an answer who waits for one
                self._stopping.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def exchange(self, request: Request) -> Response | None:
        """Answer one request, faults included; None means drop the connection."""
        return self._guarded(self._administer if request.path.startswith(ADMIN_PREFIX) else self._play, request)

    def _administer(self, request: Request) -> Response:
        if urlsplit(f"//{request.header('host')}").hostname not in _LOCAL_NAMES:
            return json_response({"error": "the admin door answers to loopback names only"}, 403)
        try:
            return self._admin.handle(request)
        except ConfigError as error:
            return json_response({"error": str(error)}, 400)

    def _play(self, request: Request) -> Response | None:
        refused = self._gate.enter(request) if self._gate else None
        if refused is not None:
            return self._logged(request, None, refused)
        try:
            fault = self.faults.take(request, self._vendor.label(request))
            response = self._carry_out(request) if fault is None else self._strike(fault, request)
        finally:
            if self._gate:
                self._gate.leave(request)
        return self._logged(request, fault, response)

    def _logged(self, request: Request, fault: Fault | None, response: Response | None) -> Response | None:
        self.log.add(
            request,
            label=self._vendor.label(request),
            status=response.status if response else 0,
            fault=str(fault.kind) if fault else "",
            at=self.clock.now(),
        )
        return response

    def _carry_out(self, request: Request) -> Response | None:
        return self._guarded(self._vendor.handle, request)

    def _guarded(self, answer: Callable[[Request], Response | None], request: Request) -> Response | None:
        try:
            return answer(request)
        except Exception as error:  # noqa: BLE001 - the trust boundary: a client must get an answer
            self.crashes.append(f"{type(error).__name__}: {error}")
            return json_response({"error": "the sandbox itself failed", "type": type(error).__name__}, 500)

    def _strike(self, fault: Fault, request: Request) -> Response | None:
        if not fault.kind.name.startswith("COMMIT_THEN_"):
            self._stopping.wait(fault.seconds)
        answer = self._carry_out(request) if fault.kind.reaches_the_books else None
        if fault.kind.name.startswith("COMMIT_THEN_"):
            self._stopping.wait(fault.seconds)
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
