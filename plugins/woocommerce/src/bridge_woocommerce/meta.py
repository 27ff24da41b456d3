"""Pure: free fields cut down to what is on the list. A shop's ``meta_data`` may hold anything, buyers' data included.

Source: WooCommerce 10.5.0; a value may be text, number, list or object, and the list itself an object.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from bridge_woocommerce.facts import is_money

PAYPAL_FEES: Final = "_ppcp_paypal_fees"
REFUNDED_ITEM: Final = "_refunded_item_id"
_AMOUNTS: Final = frozenset(
    {"_wcpay_transaction_fee", "_stripe_fee", "Stripe Fee", "PayPal Transaction Fee", "_paypal_transaction_fee"}
)
_CURRENCIES: Final = frozenset({"_stripe_currency"})
_CODE = re.compile(r"[A-Za-z]{3}", re.ASCII)
_NAME = re.compile(r"[\w.:-]{1,100}", re.ASCII)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
MAX_NAME = 100
UNREADABLE: Final = "?"


class Entry(msgspec.Struct):
    """One free field, after it was cut down. value: ``?`` where it holds something that cannot be read."""

    key: str
    value: str = ""
    currency: str = ""


class _Found(msgspec.Struct):
    key: str
    value: msgspec.Raw = msgspec.Raw(b"null")
    currency: str = ""


class _Money(msgspec.Struct):
    currency_code: str = ""
    value: str = ""


class _Fees(msgspec.Struct):
    paypal_fee: _Money | None = None


def fees(raw: msgspec.Raw) -> list[Entry]:
    """The fields of an order in which gateways leave their fees, in the shop's order."""
    return [entry for found in _entries(raw) if (entry := _fee(found)) is not None]


def refunded_item(raw: msgspec.Raw) -> list[Entry]:
    """The field that names the sold line which a line of a refund takes back."""
    return [
        Entry(found.key, text)
        for found in _entries(raw)
        if found.key == REFUNDED_ITEM and (text := _text(found.value)).isdecimal()
    ]


def packed(entries: list[Entry]) -> msgspec.Raw:
    """Such fields as they are kept; read again they are the same."""
    return msgspec.Raw(msgspec.json.encode(entries))


def plain_name(text: str | None) -> str:
    """A name of the shop's own making, its HTML entities written out."""
    return plain(html.unescape(text or ""))


def plain(text: str) -> str:
    """A text on one line, without control characters and excess length."""
    return " ".join(_CONTROLS.sub(" ", text).split())[:MAX_NAME].strip()


def token(text: str | None) -> str:
    """A gateway's or transaction's name; empty where it is no name but words a person wrote."""
    plain = (text or "").strip()
    return plain if _NAME.fullmatch(plain) else ""


def _fee(found: _Found) -> Entry | None:
    if found.key == PAYPAL_FEES:
        return _paypal(found)
    if found.key in _AMOUNTS:
        text = _text(found.value)
        return Entry(found.key, text if is_money(text) else UNREADABLE) if text else None
    if found.key in _CURRENCIES:
        text = _text(found.value)
        return Entry(found.key, text.upper() if _CODE.fullmatch(text) else UNREADABLE) if text else None
    return None


def _paypal(found: _Found) -> Entry | None:
    """The fee of PayPal Payments: an object of amounts, each with its currency."""
    try:
        money = msgspec.json.decode(found.value, type=_Fees).paypal_fee or _Money()
    except msgspec.DecodeError:
        money = _Money(found.currency, _text(found.value))  # cut down before
    if not money.value:
        return None
    is_read = is_money(money.value) and _CODE.fullmatch(money.currency_code)
    return Entry(found.key, money.value, money.currency_code.upper()) if is_read else Entry(found.key, UNREADABLE)


def _entries(raw: msgspec.Raw) -> Iterator[_Found]:
    """Each field that has a name; PHP writes a list with gaps as an object."""
    fields: list[msgspec.Raw] | Mapping[str, msgspec.Raw]
    try:
        fields = msgspec.json.decode(raw, type=list[msgspec.Raw] | dict[str, msgspec.Raw])
    except msgspec.DecodeError:
        return
    for field in fields.values() if isinstance(fields, Mapping) else fields:
        try:
            yield msgspec.json.decode(field, type=_Found)
        except msgspec.DecodeError:
            continue


def _text(raw: msgspec.Raw) -> str:
    """A value as the text that stands there: of a text what is between the quotes, of a number its digits."""
    try:
        return msgspec.json.decode(raw, type=str).strip()
    except msgspec.DecodeError:
        digits = bytes(raw).decode("ascii", errors="replace").strip()
        return digits if is_money(digits) else UNREADABLE if digits not in {"null", "false", "[]", "{}"} else ""
