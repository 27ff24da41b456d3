"""The admin door every sandbox has under ``/_sandbox/``: faults, clock, and what was asked."""

from dataclasses import asdict
from datetime import datetime

from bridge.sandbox.clock import SandboxClock
from bridge.sandbox.faults import Faults
from bridge.sandbox.messages import BadRequestError, Request, Response, json_response
from bridge.sandbox.requests_seen import RequestLog
from bridge.sandbox.routes import Routes

__all__ = ["ADMIN_PREFIX", "add_admin_routes"]

ADMIN_PREFIX = "/_sandbox"


def add_admin_routes(routes: Routes, *, clock: SandboxClock, faults: Faults, log: RequestLog) -> None:
    """Add the doors that are the same for every vendor."""

    def index(_request: Request, _parts: dict[str, str]) -> Response:
        return json_response({"routes": routes.listing()})

    def list_faults(_request: Request, _parts: dict[str, str]) -> Response:
        return json_response({"pending": faults.pending()})

    def order_fault(request: Request, _parts: dict[str, str]) -> Response:
        order = request.json_object()
        faults.order(order.pop("kind", ""), **order)
        return json_response({"pending": faults.pending()}, 201)

    def clear_faults(_request: Request, _parts: dict[str, str]) -> Response:
        faults.clear()
        return json_response({"pending": []})

    def tell_time(_request: Request, _parts: dict[str, str]) -> Response:
        return json_response({"now": clock.now().isoformat(), "is_frozen": clock.is_frozen})

    def set_time(request: Request, parts: dict[str, str]) -> Response:
        _move_clock(clock, request.json_object())
        return tell_time(request, parts)

    def list_requests(_request: Request, _parts: dict[str, str]) -> Response:
        return json_response({"requests": [asdict(seen) for seen in log.all()]})

    def clear_requests(_request: Request, _parts: dict[str, str]) -> Response:
        log.clear()
        return json_response(log.counters())

    def counters(_request: Request, _parts: dict[str, str]) -> Response:
        return json_response(log.counters())

    routes.add("GET", ADMIN_PREFIX, index)
    routes.add("GET", f"{ADMIN_PREFIX}/faults", list_faults)
    routes.add("POST", f"{ADMIN_PREFIX}/faults", order_fault)
    routes.add("DELETE", f"{ADMIN_PREFIX}/faults", clear_faults)
    routes.add("GET", f"{ADMIN_PREFIX}/clock", tell_time)
    routes.add("POST", f"{ADMIN_PREFIX}/clock", set_time)
    routes.add("GET", f"{ADMIN_PREFIX}/requests", list_requests)
    routes.add("DELETE", f"{ADMIN_PREFIX}/requests", clear_requests)
    routes.add("GET", f"{ADMIN_PREFIX}/counters", counters)


def _move_clock(clock: SandboxClock, order: dict[str, object]) -> None:
    """Carry out ``{"set": INSTANT}``, ``{"advance": SECONDS}`` or ``{"run": true}``."""
    match order:
        case {"set": str(text)}:
            try:
                clock.set(datetime.fromisoformat(text))
            except ValueError as error:
                raise BadRequestError(str(error)) from error
        case {"advance": int(seconds) | float(seconds)}:
            clock.advance(seconds)
        case {"run": True}:
            clock.run()
        case _:
            raise BadRequestError(
                "the clock was not told what to do",
                'Say {"set": "2026-01-31T12:00:00Z"}, {"advance": 60} or {"run": true}',
            )
