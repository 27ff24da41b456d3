"""Pure: which of Shopify's files is this, by what is in it."""

from __future__ import annotations

import csv
import re
from enum import Enum, auto

from bridge.plugin import FileType, FileUse
from bridge.plugin.reading import Place, column_names, looks_like, separator_of, without_mark

HEAD_BYTES = 1 << 16
BRING = (
    "Bring a saved answer of the GraphQL Admin API (orders, or shopifyPaymentsAccount), the JSONL file of a bulk "
    "operation over orders, or an export of payment transactions, payouts or orders from the admin in English"
)


class Layout(Enum):
    """What a file is."""

    ANSWER = auto()
    BULK = auto()
    PAYMENT_TRANSACTIONS = auto()
    PAYOUTS = auto()
    ORDERS = auto()


READ = (
    FileType(
        "Saved GraphQL answers (JSON) with orders, or with one order: the ORDER of each, and a REFUND for each of its "
        "refunds and returns."
    ),
    FileType("The result of a bulk operation over orders (JSONL): the same documents."),
    FileType(
        "Saved GraphQL answers (JSON) of shopifyPaymentsAccount: payouts with their balance transactions, and lost "
        "disputes."
    ),
    FileType(
        "Payment transactions exported from the admin (payment_transactions_export, CSV) with their Payout ID: payouts."
    ),
    FileType("Payouts exported from the admin (payouts_export, CSV): totals to check against.", FileUse.CHECKS),
    FileType("Orders exported from the admin (orders_export, CSV): totals to check against.", FileUse.CHECKS),
)

_ORDERS = {"name", "financial status", "lineitem name"}
_TRANSACTIONS = {"transaction date", "type", "amount", "fee", "net"}
_PAYOUTS = {"payout date", "status", "charges", "total"}
_OTHERS = {b"[": "a list, not an answer: bring each answer as it came"}
_FIRST_KEY = re.compile(rb'\s*\{\s*"([^"\\]{0,80})"\s*:', re.ASCII)
_ID = b"gid://shopify/"
_ANSWER_KEYS = {b"data", b"errors", b"extensions"}
_REST_KEYS = {b"orders", b"order", b"payouts", b"payout", b"transactions", b"refunds", b"disputes"}


def layout(head: bytes, place: Place) -> Layout:
    """What the file is that begins with these bytes.

    Raises: DocumentError ``shopify.file.empty`` for a file without content, ``shopify.file.rest`` for the older REST
            API, ``shopify.file.unknown`` for anything else.
    """
    text = bytes(without_mark(head))
    if not text.strip():
        raise place.refuse("file.empty", "is empty")
    if text.lstrip()[:1] == b"{":
        return _json(text, place)
    if found := _csv(text):
        return found
    raise place.refuse("file.unknown", f"is no file bridge knows{looks_like(head, _OTHERS)}", next_step=BRING)


def _json(text: bytes, place: Place) -> Layout:
    key = _FIRST_KEY.match(text)
    if key is not None and key[1] in _ANSWER_KEYS:
        return Layout.ANSWER
    if key is not None and key[1] in _REST_KEYS:
        raise place.refuse("file.rest", "is an answer of the older REST API", next_step=BRING)
    if _ID not in text:
        cause = (
            "is no file of Shopify's: it is JSON, and nothing at its beginning has an id of Shopify's (gid://shopify/)"
        )
        raise place.refuse("file.unknown", cause, next_step=BRING)
    return Layout.BULK


def _csv(text: bytes) -> Layout | None:
    first = text.decode("utf-8", errors="replace").lstrip("\r\n").splitlines()[0]
    names = set(column_names(next(csv.reader([first], delimiter=separator_of(first)), [])))
    if names >= _ORDERS:
        return Layout.ORDERS
    if names >= _TRANSACTIONS:
        return Layout.PAYMENT_TRANSACTIONS
    if names >= _PAYOUTS:
        return Layout.PAYOUTS
    return None
