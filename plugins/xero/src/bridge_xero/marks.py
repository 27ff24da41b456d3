"""Pure: whom and what a document, or a line of it, is marked with, in Xero's own words."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.model.tax import plain_rate
from bridge.model.vouchers import EXCHANGE_RATE, Mark, Marks
from bridge.transport import Json
from bridge_xero.kinds import BANK_TRANSFER
from bridge_xero.wire import amount, part, rows, text

_UNSAID = "00000000-0000-0000-0000-000000000000"


def of_object(found: Json, kind: str, *, currency: str, home_currency: str) -> Marks:
    """Of a document as a whole.

    The rate is told only where it is in another currency than the books, and never of a transfer, whose list leaves it
    out (Xero Accounting OpenAPI 16.1.0, examples of getBankTransfers). A payment is marked with nobody: it is whoever
    its invoice names, and a contact that was changed there is told once.
    """
    return tuple(_of_object(found, is_foreign=currency != home_currency and kind != BANK_TRANSFER))


def of_line(line: Json) -> Marks:
    """Of a line: at most two categories of tracking, and its item by its code: not every answer tells the item's id."""
    code, name = text(line.get("ItemCode")), text(part(line.get("Item")).get("Name"))
    shown = f"{code} ({name})" if name not in {"", code} else code
    return (*tracking(line.get("Tracking")), *((Mark("item", code, shown),) if code else ()))


def tracking(found: object) -> Iterator[Mark]:
    """The options that were chosen, each by its id, or where an answer leaves that out by what it is called."""
    for one in rows(found):
        option, chosen = text(one.get("Option")), text(one.get("TrackingOptionID"))
        if value := option if chosen in {"", _UNSAID} else chosen:
            yield Mark(f"tracking {text(one.get('Name'))}".strip(), value, option)


def contact_of(found: Json) -> str:
    """The id of the contact that it names."""
    return text(part(found.get("Contact")).get("ContactID"))


def _of_object(found: Json, *, is_foreign: bool) -> Iterator[Mark]:
    if contact := contact_of(found):
        yield Mark("contact", contact, text(part(found.get("Contact")).get("Name")))
    if is_foreign and (rate := amount(found.get("CurrencyRate"))):
        yield Mark(EXCHANGE_RATE, plain_rate(rate))
