"""Bytes of a file to the orders and refunds in it: which of the shop's answers it holds, told apart by what they say.

A file holds one answer as the shop gave it (an order or refund, or a list of them), a recorded one with its request,
status, headers and body, or a list of recorded ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import msgspec

from bridge_woocommerce.refusal import Place
from bridge_woocommerce.refused import not_used, shops_refusal, unreadable
from bridge_woocommerce.shapes import Order, OrderFacts, Refund

_ABOUT_ORDER = re.compile(r"/orders/(\d+)(?=[/?&]|$)")
_REFUNDS = re.compile(r"/refunds(?=[/?&]|$)")
_ORDERS = re.compile(r"/orders(/\d+)?(?=[?&]|$)")
_DECIMALS = re.compile(r"[?&]dp=(\d{1,2})(?=&|$)")
_ABSENT = b""


class Answer(msgspec.Struct, frozen=True):
    """One order or refund, and what is told of the answer it stood in.

    told_at: when the shop answered; None where the file does not tell. decimals: how many it was asked to give, where
    it was asked. facts: of a refund's order, where they were kept beside it.
    """

    told: Order | Refund
    told_at: datetime | None = None
    decimals: int | None = None
    facts: OrderFacts | None = None


class Recorded(msgspec.Struct, omit_defaults=True):
    """An answer with what was asked and said around it; also how bridge keeps an order or refund."""

    request: msgspec.Raw = msgspec.Raw(b"null")
    status: msgspec.Raw = msgspec.Raw(b"null")
    headers: msgspec.Raw = msgspec.Raw(b"null")
    body: msgspec.Raw = msgspec.Raw(b"null")
    order: OrderFacts | None = None


class _Marks(msgspec.Struct):
    """The fields by which objects are told apart; absent ones are empty."""

    body: msgspec.Raw = msgspec.Raw(_ABSENT)
    headers: msgspec.Raw = msgspec.Raw(_ABSENT)
    status: msgspec.Raw = msgspec.Raw(_ABSENT)
    code: msgspec.Raw = msgspec.Raw(_ABSENT)
    message: msgspec.Raw = msgspec.Raw(_ABSENT)
    id: msgspec.Raw = msgspec.Raw(_ABSENT)
    amount: msgspec.Raw = msgspec.Raw(_ABSENT)
    refunded_payment: msgspec.Raw = msgspec.Raw(_ABSENT)
    line_items: msgspec.Raw = msgspec.Raw(_ABSENT)
    order_key: msgspec.Raw = msgspec.Raw(_ABSENT)

    def has(self, *names: str) -> bool:
        return all(bytes(getattr(self, name)) for name in names)


_T = TypeVar("_T")
_Objects = list[msgspec.Raw]


def answers(content: bytes, place: Place) -> Iterator[Answer]:
    """The orders and refunds of a file, in its order.

    Raises: DocumentError for what is no JSON, no answer bridge books from, or lacks what is needed.
    """
    for element in _elements(_json(content, place)):
        marks = _decoded(element, _Marks, place)
        if marks.has("body") and (marks.has("headers") or marks.has("status")):
            yield from _recorded(_decoded(element, Recorded, place), place)
        else:
            yield _answer(element, place, Recorded(body=element))


def _recorded(recorded: Recorded, place: Place) -> Iterator[Answer]:
    status = _or_none(recorded.status, int)
    body = bytes(recorded.body).lstrip()
    if body[:1] == b'"':
        raise unreadable(msgspec.json.decode(body, type=str).encode("utf-8", "replace"), place)
    if status is not None and not 200 <= status < 300:
        raise shops_refusal(recorded.body, status, place)
    for element in _elements(recorded.body):
        yield _answer(element, place, recorded)


def _answer(element: msgspec.Raw, place: Place, recorded: Recorded) -> Answer:
    path = _path(recorded.request)
    marks = _decoded(element, _Marks, place)
    asked = _DECIMALS.search(path)
    told_at, decimals = _date(recorded.headers), int(asked[1]) if asked else None
    if marks.has("id", "amount") and (marks.has("line_items") or marks.has("refunded_payment")):
        refund = _decoded(element, Refund, place)
        refund = msgspec.structs.replace(refund, parent_id=_parent(refund, path, element))
        return Answer(refund, told_at, decimals, recorded.order)
    is_order = marks.has("id", "line_items") and not marks.has("amount")
    if is_order or marks.has("id", "order_key") or (marks.has("id") and _ORDERS.search(path)):
        return Answer(_decoded(element, Order, place), told_at, decimals)
    if marks.has("id") and _REFUNDS.search(path):
        raise place.refuse("has a refund without its lines", code="woocommerce.file.fields")
    if marks.has("code", "message"):
        raise shops_refusal(element, None, place)
    raise not_used(path, place)


def _parent(refund: Refund, path: str, element: msgspec.Raw) -> int:
    """The refund's order: what it says, else what was asked for, else where it links to; 0 when nothing tells."""
    if refund.parent_id:
        return refund.parent_id
    links = _or_none(element, _Linked)
    places = [path, *(link.href for link in (links.links.up if links else []))]
    found = next((match for text in places if (match := _ABOUT_ORDER.search(text))), None)
    return int(found[1]) if found else 0


class _Link(msgspec.Struct):
    href: str = ""


class _Links(msgspec.Struct):
    up: list[_Link] = []


class _Linked(msgspec.Struct):
    links: _Links = msgspec.field(name="_links", default_factory=_Links)


class _Request(msgspec.Struct):
    path: str = ""


def _path(request: msgspec.Raw) -> str:
    """What was asked for; empty where the file does not tell."""
    asked = _or_none(request, _Request)
    return asked.path if asked is not None else _or_none(request, str) or ""


def _date(headers: msgspec.Raw) -> datetime | None:
    """The instant of the answer's ``Date`` header; None where there is none that can be read."""
    named = _or_none(headers, dict[str, msgspec.Raw]) or {}
    text = next((_or_none(value, str) for name, value in named.items() if name.casefold() == "date"), None)
    try:
        found = parsedate_to_datetime(text or "")
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None


def _json(content: bytes, place: Place) -> msgspec.Raw:
    plain = content.removeprefix(b"\xef\xbb\xbf").strip()
    if not plain:
        raise place.refuse("is empty", code="woocommerce.file.empty")
    if plain[:1] not in {b"[", b"{"}:
        raise unreadable(plain, place)
    try:
        plain.decode("utf-8")
    except UnicodeDecodeError:
        raise place.refuse("is not in UTF-8, as JSON is", code="woocommerce.file.json") from None
    return _decoded(plain, msgspec.Raw, place)


def _elements(raw: msgspec.Raw) -> _Objects:
    """The elements of a list; an object alone is a list of one."""
    found = _or_none(raw, _Objects)
    return [raw] if found is None else found


def _decoded(raw: bytes | msgspec.Raw, wanted: type[_T], place: Place) -> _T:
    """Raises: DocumentError; its message names fields and types, never what stands in them."""
    try:
        return msgspec.json.decode(raw, type=wanted)
    except msgspec.ValidationError as error:
        if "missing required field" in str(error):
            cause = f"lacks a field bridge needs ({error}), as when the shop is asked with _fields"
            raise place.refuse(cause, code="woocommerce.file.fields") from None
        raise place.refuse(f"has a field of another type ({error})", code="woocommerce.file.types") from None
    except msgspec.DecodeError as error:
        if "truncated" in str(error):
            raise place.refuse("ends in the middle", code="woocommerce.file.truncated") from None
        raise place.refuse(f"is no JSON ({error})", code="woocommerce.file.json") from None
    except RecursionError:
        raise place.refuse("is nested deeper than any answer is", code="woocommerce.file.json") from None


def _or_none(raw: msgspec.Raw, wanted: type[_T]) -> _T | None:
    try:
        return msgspec.json.decode(raw, type=wanted)
    except msgspec.DecodeError:
        return None
