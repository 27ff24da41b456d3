"""Faults of single items of a batch to order: those that every sandbox knows strike whole calls."""

from dataclasses import dataclass
from typing import Any

from bridge.sandbox import BadRequestError, BooksDoor, Orders, Request
from bridge_quickbooks_sandbox.refusals import KNOWN_CODES

__all__ = ["ItemFault", "ItemFaults", "add_item_fault_routes"]


@dataclass(frozen=True, slots=True)
class ItemFault:
    """What one item of a batch is answered with.

    Shape:    ``code`` is the code of its fault; empty: the answer says nothing of it. ``contains`` is text in the
              item. ``commits``: it is carried out all the same.
    """

    code: str = ""
    contains: str = ""
    commits: bool = False


class ItemFaults(Orders[ItemFault]):
    """The queue of what was ordered."""

    def order(self, *, times: int | None = 1, skip: int = 0, **what: Any) -> None:
        """Order a fault; the keywords are the fields of ``ItemFault``.

        Raises:   BadRequestError for a keyword or a code that is not known.
        """
        if unknown := sorted(set(what) - set(ItemFault.__dataclass_fields__)):
            raise BadRequestError(f"unknown keys in the fault: {', '.join(unknown)}")
        fault = ItemFault(**what)
        if fault.code and fault.code not in KNOWN_CODES:
            raise BadRequestError(f"code must be one of: {', '.join(sorted(KNOWN_CODES))}")
        self.add(fault, times, skip)

    def take(self, item: str) -> ItemFault | None:
        """Give the fault that strikes an item, by its text, and use it up by one."""
        return self.next(lambda fault: fault.contains in item)


def add_item_fault_routes(admin: BooksDoor, faults: ItemFaults) -> None:
    """Let the admin door order them."""

    def pending(_request: Request) -> object:
        waiting = faults.waiting()
        return {"pending": [{"code": one.code, "contains": one.contains, "left": left} for one, left in waiting]}

    def order(request: Request) -> object:
        faults.order(**request.json_object())
        return pending(request)

    def clear(request: Request) -> object:
        faults.clear()
        return pending(request)

    admin.answer("GET", "item-faults", pending)
    admin.answer("POST", "item-faults", order, 201)
    admin.answer("DELETE", "item-faults", clear)
