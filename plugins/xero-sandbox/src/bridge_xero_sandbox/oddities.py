"""Strange answers to order, which only the vendor itself can give.

The faults that every sandbox knows happen on the way; these happen inside: a 500 that is kept under its idempotency
key, a day that is null, a status nobody has heard of.
"""

from collections.abc import Iterable
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import NamedTuple

from bridge.sandbox import BadRequestError, BooksDoor, Orders, Request, Response
from bridge_xero_sandbox.wire import JsonObject, encode, load

__all__ = ["Oddities", "Oddity", "OddityKind", "add_oddity_routes", "twisted"]

_DAYS = frozenset({"Date", "DueDate", "UpdatedDateUTC", "DateString", "DueDateString"})


class OddityKind(StrEnum):
    """What is odd: a 500 before or after the books are written, null days, an unknown status in a 200.

    Of an array: elements that are refused, the others saved; and an answer that lists them in another order.
    """

    SERVER_ERROR = "server_error"
    COMMIT_THEN_SERVER_ERROR = "commit_then_server_error"
    NULL_DATES = "null_dates"
    UNKNOWN_STATUS = "unknown_status"
    REFUSE_ELEMENTS = "refuse_elements"
    OTHER_ORDER = "other_order"


class Oddity(NamedTuple):
    """One that was ordered. label: a glob of what it strikes. places: of the elements that are refused, from 1 on."""

    kind: OddityKind
    label: str
    places: tuple[int, ...] = ()


class Oddities(Orders[Oddity]):
    """The queue of what was ordered."""

    def order(self, kind: str, label: str = "*", times: int = 1, places: Iterable[int] = ()) -> None:
        """Order an oddity.

        Raises:   BadRequestError if there is none of that kind.
        """
        try:
            self.add(Oddity(OddityKind(kind), label, tuple(places)), times)
        except ValueError as error:
            raise BadRequestError(f"kind must be one of: {', '.join(OddityKind)}") from error

    def take(self, label: str) -> Oddity | None:
        """Give the oddity that strikes this request, and use it up by one."""
        return self.next(lambda oddity: fnmatchcase(label, oddity.label))

    def pending(self) -> list[dict[str, object]]:
        """List what was ordered and has not struck as often as it may."""
        return [{**one._asdict(), "kind": str(one.kind), "times": left} for one, left in self.waiting()]


def add_oddity_routes(admin: BooksDoor, oddities: Oddities) -> None:
    """Let the admin door order them."""

    def pending(_request: Request) -> object:
        return {"pending": oddities.pending()}

    def order(request: Request) -> object:
        told = request.json_object()
        if unknown := sorted(set(told) - {"kind", "label", "times", "places"}):
            raise BadRequestError(f"unknown keys in the oddity: {', '.join(unknown)}")
        oddities.order(str(told.get("kind", "")), told.get("label", "*"), told.get("times", 1), told.get("places", ()))
        return pending(request)

    def clear(request: Request) -> object:
        oddities.clear()
        return pending(request)

    admin.answer("GET", "oddities", pending)
    admin.answer("POST", "oddities", order, 201)
    admin.answer("DELETE", "oddities", clear)


def twisted(kind: OddityKind, response: Response) -> Response:
    """Give an answer with its days nulled, its statuses unknown, or its elements in another order."""
    body = load(response.body.decode())
    for value in body.values():
        elements = value if isinstance(value, list) else []
        if kind is OddityKind.OTHER_ORDER:
            elements.reverse()
            continue
        for element in elements:
            _twist(kind, element)
    return Response(response.status, encode(body), response.content_type, response.headers)


def _twist(kind: OddityKind, element: JsonObject) -> None:
    names: Iterable[str] = _DAYS if kind is OddityKind.NULL_DATES else ("Status",)
    for name in names:
        if name in element:
            element[name] = None if kind is OddityKind.NULL_DATES else "UNDERREVIEW"
