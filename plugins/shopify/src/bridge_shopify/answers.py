"""A saved answer of the GraphQL API: what it holds, one order or payout after the other.

Memory: the bytes of the answer and one order; of shopifyPaymentsAccount, all that is in the answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from bridge.plugin import FilePart
from bridge.plugin.reading import JSON_FAULTS, Content, Place, check_crumbs, not_read, without_mark
from bridge_shopify.files import BRING
from bridge_shopify.notes import Seen
from bridge_shopify.order import Tables, order_parts
from bridge_shopify.payments import AccountReader
from bridge_shopify.shop import check_shop
from bridge_shopify.wire import At, Order, Page, Shop
from bridge_shopify.wire_payments import Account

_ASK_AGAIN = "Ask again, and save the answer once it comes without errors: one with errors is not whole"
_DOWNLOAD_BULK = (
    "Download the file at its url, which is kept for 7 days, and bring that JSONL file; where the url is empty, the "
    "operation found nothing or failed"
)
_NULL = b"null"
_CODE = re.compile(r"[A-Z][A-Z_]{0,60}", re.ASCII)


class Data(Struct, frozen=True, rename="camel"):
    """What an answer may hold. Orders are decoded one by one."""

    shop: Shop | None = None
    orders: Page[Raw] | UnsetType | None = UNSET
    order: Raw | UnsetType = UNSET
    shopify_payments_account: Account | UnsetType | None = UNSET
    bulk_operation: Raw | UnsetType = UNSET
    current_bulk_operation: Raw | UnsetType = UNSET
    bulk_operations: Raw | UnsetType = UNSET
    bulk_operation_run_query: Raw | UnsetType = UNSET

    @property
    def is_of_a_bulk_operation(self) -> bool:
        told = (self.bulk_operation, self.current_bulk_operation, self.bulk_operations, self.bulk_operation_run_query)
        return any(each is not UNSET for each in told)


class Answer(Struct, frozen=True, rename="camel"):
    """as_of: the instant for which it holds, in what bridge itself asked for and kept."""

    data: Data | None = None
    errors: Raw | UnsetType = UNSET
    as_of: At | None = None


class Errors(Struct, frozen=True):
    """An answer of which only the errors matter, as their data need not be whole."""

    errors: Raw | UnsetType = UNSET


class Extensions(Struct, frozen=True):
    code: str = ""


class GraphError(Struct, frozen=True):
    """Of an error only its code is read: its message may repeat what was asked for."""

    extensions: Extensions = Extensions()


_ANSWER = msgspec.json.Decoder(Answer)
_HAS_ERRORS = msgspec.json.Decoder(Errors)
_ERRORS = msgspec.json.Decoder(list[GraphError])
_ORDER = msgspec.json.Decoder(Order)


def answer_parts(content: Content, tables: Tables) -> Iterator[FilePart]:
    """The documents of an answer. Raises: DocumentError."""
    place = tables.place
    data, tables.as_of = read_answer(content, place)
    if data.is_of_a_bulk_operation:
        cause = "says how a bulk operation went; the orders are in another file"
        raise place.refuse("file.bulk_answer", cause, next_step=_DOWNLOAD_BULK)
    if data.shop is not None:
        check_shop(data.shop, tables.account, place)
    asked = (data.orders, data.order, data.shopify_payments_account)
    if all(each is UNSET for each in asked):
        raise place.refuse("file.unknown", "holds neither orders nor payouts", next_step=BRING)
    if isinstance(data.orders, Page):
        if data.orders.is_cut:
            tables.notes.count(Seen.MORE_ORDERS)
        for count, raw in enumerate(data.orders.items(), start=1):
            yield from order_parts(read_order(raw, count, place), tables)
    if isinstance(data.order, Raw) and bytes(data.order) != _NULL:
        yield from order_parts(read_order(data.order, 1, place), tables)
    if isinstance(data.shopify_payments_account, Account):
        with place.naming("shopifyPaymentsAccount"):
            yield from AccountReader(data.shopify_payments_account, tables).parts()


def read_answer(content: Content, place: Place) -> tuple[Data, datetime | None]:
    """The data of an answer, and the instant that was kept with it. Raises: DocumentError; one with errors is none."""
    content = without_mark(content)
    check_crumbs(content, place)
    try:
        answer = _ANSWER.decode(content)
    except JSON_FAULTS as error:
        with suppress(*JSON_FAULTS):
            _refuse_errors(_HAS_ERRORS.decode(content).errors, place)
        raise not_read(error, place, "the answer") from error
    _refuse_errors(answer.errors, place)
    if answer.data is None:
        raise place.refuse("answer.errors", "is an answer without data", next_step=_ASK_AGAIN)
    return answer.data, answer.as_of


def _refuse_errors(errors: Raw | UnsetType, place: Place) -> None:
    """Raises: DocumentError ``shopify.answer.errors``, whatever the answer has beside its errors."""
    if isinstance(errors, Raw) and bytes(errors) not in {_NULL, b"[]"}:
        cause = f"is an answer with errors{_codes(errors)}, and nothing of it can be relied on"
        raise place.refuse("answer.errors", cause, next_step=_ASK_AGAIN)


def read_order(raw: Raw, count: int, place: Place) -> Order:
    """The count-th order of an answer. Raises: DocumentError."""
    try:
        return _ORDER.decode(raw)
    except JSON_FAULTS as error:
        raise not_read(error, place, f"order {count} of the file") from error


def _codes(errors: Raw) -> str:
    """The codes of the errors, such as THROTTLED, where they have any."""
    try:
        found = {error.extensions.code for error in _ERRORS.decode(errors)}
    except JSON_FAULTS:
        return ""
    codes = sorted(code for code in found if _CODE.fullmatch(code))[:5]
    return f" ({', '.join(codes)})" if codes else ""
