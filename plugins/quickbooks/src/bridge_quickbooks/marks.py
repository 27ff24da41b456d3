"""Pure: whom and what a transaction, or a line of it, is marked with, in QuickBooks' own words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bridge.model.tax import plain_rate
from bridge.model.vouchers import EXCHANGE_RATE, Mark, Marks
from bridge.transport import Json
from bridge_quickbooks.answers import decimal_of, reference, text_of

# By the field that holds the reference, whatever it stands on. Source: QuickBooks v3 Finance.xsd; a department is
# called a location by the web application.
_WORDS: Mapping[str, str] = {
    "CustomerRef": "customer",
    "VendorRef": "vendor",
    "ClassRef": "class",
    "DepartmentRef": "location",
    "ItemRef": "product",
}
_CUSTOMER = "customer"
# How an entity of a kind that nobody knows is called.
_SOMEBODY = "name"


def marks_of(found: Json, currency: str, home_currency: str) -> Marks:
    """What a transaction as a whole is marked with; its rate only where it is in another currency than the books."""
    rate = decimal_of(found.get("ExchangeRate")) if currency != home_currency else None
    marks = tuple(_marks(found))
    return (*marks, Mark(EXCHANGE_RATE, plain_rate(rate))) if rate else marks


def marks_of_line(detail: Json) -> Marks:
    """What a line is marked with, by its detail, whatever kind that is."""
    return tuple(_marks(detail))


def contact_of(found: Json) -> str:
    """The id of the customer that a transaction, or the detail of a line, names.

    Vendors are not meant: bridge names none, and whether their ids are of one series with customers' is not documented.
    """
    return next((mark.value for mark in _marks(found) if mark.kind == _CUSTOMER), "")


def _marks(found: Json) -> Iterator[Mark]:
    for name, word in _WORDS.items():
        if value := reference(found.get(name)):
            yield Mark(word, value, _name(found[name]))
    yield from _entity(found)


def _entity(found: Json) -> Iterator[Mark]:
    """Whom a purchase, or a line of a journal or deposit, names: each says in a form of its own what they are."""
    entity = found.get("EntityRef") or found.get("Entity")
    if not isinstance(entity, Mapping):
        return
    inner = entity.get("EntityRef") or entity
    if value := reference(inner):
        word = text_of(entity.get("Type") or entity.get("type")).lower()
        yield Mark(word or _SOMEBODY, value, _name(inner))


def _name(value: Json) -> str:
    return text_of(value.get("name"))
