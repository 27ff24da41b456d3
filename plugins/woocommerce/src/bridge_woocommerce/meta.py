"""Pure: free fields cut down to what is on the list. A shop's ``meta_data`` may hold anything, buyers' data included.

Source: WooCommerce 10.5.0; a value may be text, number, list or object, and the list itself an object. Fields of
gift cards, of store credit and of captured charges: public code of the extensions and of what connects to them.
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
FOREIGN: Final = "_wcpay_multi_currency_stripe_exchange_rate"
_AMOUNTS: Final = frozenset(
    {
        "_wcpay_transaction_fee",
        "_wcpay_net",
        "_stripe_fee",
        "_stripe_net",
        "Stripe Fee",
        "Net Revenue From Stripe",
        "PayPal Transaction Fee",
        "_paypal_transaction_fee",
        "_funds_used",
        FOREIGN,
    }
)
_BY_CODE: Final = frozenset({"_ywgc_applied_gift_cards", "smart_coupons_contribution"})  # an amount for each card
_CURRENCIES: Final = frozenset({"_stripe_currency"})
_CAPTURED = re.compile(r"_wc_[a-z0-9_]{1,80}_(authorization_amount|capture_total|charge_captured)", re.ASCII)
_CODE = re.compile(r"[A-Za-z]{3}", re.ASCII)
_NAME = re.compile(r"[\w.:-]{1,100}", re.ASCII)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
MAX_NAME = 100
UNREADABLE: Final = "?"

_Amounts = dict[str, msgspec.Raw]


class Entry(msgspec.Struct, omit_defaults=True):
    """One free field, after it was cut down. value: ``?`` where it holds something that cannot be read.

    gross: what a gateway says it charged, where it says so beside its fee. amounts: several, without the codes of the
    cards they were taken from.
    """

    key: str
    value: str = ""
    currency: str = ""
    gross: str = ""
    amounts: list[str] = []


class Card(msgspec.Struct):
    """A gift card as it is kept: what was taken from it, and nothing by which it could be used again."""

    amount: str


class _Found(msgspec.Struct):
    key: str
    value: msgspec.Raw = msgspec.Raw(b"null")
    currency: str = ""
    gross: str = ""
    amounts: list[str] = []


class _Money(msgspec.Struct):
    currency_code: str = ""
    value: str = ""


class _Fees(msgspec.Struct):
    paypal_fee: _Money | None = None
    gross_amount: _Money | None = None


class _Taken(msgspec.Struct):
    amount: msgspec.Raw = msgspec.Raw(b"null")


def payments(raw: msgspec.Raw) -> list[Entry]:
    """The fields of an order in which gateways leave what they charged and kept, and extensions what they took."""
    return [entry for found in _entries(raw) if (entry := _entry(found)) is not None]


def refunded_item(raw: msgspec.Raw) -> list[Entry]:
    """The field that names the sold line which a line of a refund takes back."""
    return [
        Entry(found.key, text)
        for found in _entries(raw)
        if found.key == REFUNDED_ITEM and (text := _text(found.value)).isdecimal()
    ]


def cards(raw: msgspec.Raw) -> list[Card]:
    """What was taken from each gift card; an amount that cannot be read is ``?``."""
    try:
        found = msgspec.json.decode(raw, type=list[_Taken])
    except msgspec.DecodeError:
        return []
    return [Card(text if is_money(text) else UNREADABLE) for taken in found if (text := _text(taken.amount))]


def packed(entries: list[Entry] | list[Card]) -> msgspec.Raw:
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


def _entry(found: _Found) -> Entry | None:
    if found.key == PAYPAL_FEES:
        return _paypal(found)
    if (of_charge := _CAPTURED.fullmatch(found.key)) and of_charge[1] == "charge_captured":
        return Entry(found.key, text) if (text := _text(found.value)) in {"yes", "no"} else None
    if of_charge or found.key in _AMOUNTS:
        text = _text(found.value)
        return Entry(found.key, text if is_money(text) else UNREADABLE) if text else None
    if found.key in _CURRENCIES:
        text = _text(found.value)
        return Entry(found.key, text.upper() if _CODE.fullmatch(text) else UNREADABLE) if text else None
    if found.key in _BY_CODE:
        amounts = _by_code(found.value) or [text if is_money(text) else UNREADABLE for text in found.amounts]
        return Entry(found.key, amounts=amounts) if amounts else None
    return None


def _by_code(raw: msgspec.Raw) -> list[str]:
    """The amounts of an object whose names are codes of cards."""
    try:
        found = msgspec.json.decode(raw, type=_Amounts)
    except msgspec.DecodeError:
        return []
    return [text if is_money(text) else UNREADABLE for text in map(_text, found.values()) if text]


def _paypal(found: _Found) -> Entry | None:
    """The fee of PayPal Payments: an object of amounts, each with its currency."""
    try:
        told = msgspec.json.decode(found.value, type=_Fees)
        money, charged = told.paypal_fee or _Money(), told.gross_amount or _Money()
    except msgspec.DecodeError:  # cut down before
        money, charged = _Money(found.currency, _text(found.value)), _Money(found.currency, found.gross)
    if not money.value:
        return None
    if not (is_money(money.value) and _CODE.fullmatch(money.currency_code)):
        return Entry(found.key, UNREADABLE)
    is_same = is_money(charged.value) and charged.currency_code.upper() == money.currency_code.upper()
    return Entry(found.key, money.value, money.currency_code.upper(), charged.value if is_same else "")


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
