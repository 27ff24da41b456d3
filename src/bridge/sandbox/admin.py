"""The admin door every sandbox has under ``/_sandbox/``: faults, clock, and what was asked."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime

from bridge.sandbox.clock import SandboxClock
from bridge.sandbox.exact import encode
from bridge.sandbox.faults import Faults
from bridge.sandbox.messages import BadRequestError, Request, Response
from bridge.sandbox.requests_seen import RequestLog
from bridge.sandbox.routes import Routes

__all__ = ["ADMIN_PREFIX", "AdminDoor", "add_common_answers"]

ADMIN_PREFIX = "/_sandbox"


class AdminDoor(Routes):
    """What people and tests tell a fake. A vendor adds what it has beside the answers that all have."""

    def answer(self, method: str, path: str, make: Callable[[Request], object], status: int = 200) -> None:
        """Add a path below the door; its answer is what ``make`` gives, as JSON."""

        def handler(request: Request, _parts: dict[str, str]) -> Response:
            return Response(status, encode(make(request)))

        self.add(method, f"{ADMIN_PREFIX}/{path}".removesuffix("/"), handler)


def add_common_answers(door: AdminDoor, *, clock: SandboxClock, faults: Faults, log: RequestLog) -> None:
    """Add the answers that are the same for every vendor."""

    def pending(_request: Request) -> object:
        return {"pending": faults.pending()}

    def order_fault(request: Request) -> object:
        order = request.json_object()
        faults.order(order.pop("kind", ""), **order)
        return pending(request)

    def clear_faults(request: Request) -> object:
        faults.clear()
        return pending(request)

    def tell_time(_request: Request) -> object:
        return {"now": clock.now().isoformat(), "is_frozen": clock.is_frozen}

    def set_time(request: Request) -> object:
        _move_clock(clock, request.json_object())
        return tell_time(request)

    def clear_requests(_request: Request) -> object:
        log.clear()
        return log.counters()

    door.answer("GET", "", lambda _: {"routes": door.listing()})
    door.answer("GET", "faults", pending)
    door.answer("POST", "faults", order_fault, 201)
    door.answer("DELETE", "faults", clear_faults)
    door.answer("GET", "clock", tell_time)
    door.answer("POST", "clock", set_time)
    door.answer("GET", "requests", lambda _: {"requests": [{**asdict(seen), "at": str(seen.at)} for seen in log.all()]})
    door.answer("DELETE", "requests", clear_requests)
    door.answer("GET", "counters", lambda _: log.counters())


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
