"""Bytes of a file to the orders and refunds in it: which of the shop's answers it holds, told apart by what they say.

A file holds one answer as the shop gave it (an order or refund, or a list of them), a recorded one with its request,
status, headers and body, or lists of these; a list may stand under ``orders`` or ``refunds``. First every order and
refund is found (``find``), without reading it; then each is read by itself (``read``).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import msgspec

from bridge_woocommerce.refusal import Place
from bridge_woocommerce.refused import not_used, shops_refusal, unreadable
from bridge_woocommerce.shapes import Order, Refund

_ABOUT_ORDER = re.compile(r"/orders/(\d+)(?=[/?&]|$)")
_REFUNDS = re.compile(r"/refunds(?=[/?&]|$)")
_ORDERS = re.compile(r"/orders(/\d+)?(?=[?&]|$)")
_DECIMALS = re.compile(r"[?&]dp=(\d{1,2})(?=&|$)")
_ABSENT = msgspec.Raw(b"")
_HEAD = 4096
_PIECE = 1 << 16

Content = bytes | memoryview
_T = TypeVar("_T")
_Objects = list[msgspec.Raw]


class Around(msgspec.Struct, frozen=True):
    """What is known of an answer besides what it says.

    path: what was asked for. told_at: when the shop answered; None where the file does not tell. decimals: how many the
    shop shows, where bridge found that out before it kept the answer.
    """

    path: str = ""
    told_at: datetime | None = None
    decimals: int | None = None

    @property
    def asked_decimals(self) -> int | None:
        """How many decimals the shop was asked to give, where it was asked."""
        asked = _DECIMALS.search(self.path)
        return int(asked[1]) if asked else None


class Told(msgspec.Struct, frozen=True, gc=False):
    """Where an order or refund stands in a file, not read yet."""

    raw: msgspec.Raw
    around: Around
    is_refund: bool


class Found(msgspec.Struct, frozen=True):
    """One of a file, with what is known of it without reading it.

    number: its id. order_id: of a refund its order's, 0 where nothing tells; an order's own. totals: the total of an
    order and its tax, as they are written. links: where the shop says it is.
    """

    told: Told
    number: int
    order_id: int
    totals: tuple[str, ...]
    links: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{'refund' if self.told.is_refund else 'order'} {self.number}"


class Answer(msgspec.Struct, frozen=True):
    """One order or refund, as the shop told it once."""

    told: Order | Refund
    around: Around


class _Marks(msgspec.Struct):
    """The fields by which objects are told apart; absent ones are empty."""

    body: msgspec.Raw = _ABSENT
    headers: msgspec.Raw = _ABSENT
    status: msgspec.Raw = _ABSENT
    request: msgspec.Raw = _ABSENT
    decimals: msgspec.Raw = _ABSENT
    code: msgspec.Raw = _ABSENT
    message: msgspec.Raw = _ABSENT
    id: msgspec.Raw = _ABSENT
    amount: msgspec.Raw = _ABSENT
    refunded_payment: msgspec.Raw = _ABSENT
    line_items: msgspec.Raw = _ABSENT
    order_key: msgspec.Raw = _ABSENT
    parent_id: msgspec.Raw = _ABSENT
    total: msgspec.Raw = _ABSENT
    total_tax: msgspec.Raw = _ABSENT
    orders: msgspec.Raw = _ABSENT
    refunds: msgspec.Raw = _ABSENT
    links: msgspec.Raw = msgspec.field(name="_links", default=_ABSENT)

    def has(self, *names: str) -> bool:
        return all(getattr(self, name) is not _ABSENT for name in names)


def find(content: Content, place: Place) -> Iterator[Found]:
    """The orders and refunds of a file, in its order.

    Raises: DocumentError for what is no JSON, no answer bridge books from, or lacks what is needed.
    """
    plain = content[3:] if bytes(content[:3]) == b"\xef\xbb\xbf" else content
    head = bytes(plain[:_HEAD]).lstrip()
    if not head:
        raise place.refuse("is empty", code="woocommerce.file.empty")
    if head[:1] not in {b"[", b"{"}:
        raise unreadable(head, place)
    _check_text(plain, place)
    is_list = head[:1] == b"["
    elements = decoded(plain, _Objects, place) if is_list else [decoded(plain, msgspec.Raw, place)]
    yield from _each(elements, Around(), place)


def read(told: Told, order_id: int, place: Place) -> Answer:
    """One of them. order_id: its order's. Raises: DocumentError for a field that is missing or of another type."""
    if not told.is_refund:
        return Answer(decoded(told.raw, Order, place), told.around)
    refund = decoded(told.raw, Refund, place)
    return Answer(msgspec.structs.replace(refund, parent_id=order_id), told.around)


def decoded(raw: Content | msgspec.Raw, wanted: type[_T], place: Place) -> _T:
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


def _check_text(content: Content, place: Place) -> None:
    """Raises: DocumentError for what is no UTF-8, wherever it stands; a piece at a time."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for begin in range(0, len(content), _PIECE):
            decoder.decode(content[begin : begin + _PIECE])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise place.refuse("is not in UTF-8, as JSON is", code="woocommerce.file.json") from None


def _each(elements: _Objects, around: Around, place: Place) -> Iterator[Found]:
    for element in elements:
        if _is_list(element):
            yield from _each(decoded(element, _Objects, place), around, place)
            continue
        marks = decoded(element, _Marks, place)
        if marks.has("body") and (marks.has("headers") or marks.has("status")):
            yield from _recorded(marks, place)
        elif not marks.has("id") and (marks.has("orders") or marks.has("refunds")):
            wrapped = [list_ for list_ in (marks.orders, marks.refunds) if list_ is not _ABSENT]
            yield from _each(wrapped, around, place)
        else:
            yield _placed(element, marks, around, place)


def _recorded(recorded: _Marks, place: Place) -> Iterator[Found]:
    status = _or_none(recorded.status, int)
    if bytes(memoryview(recorded.body)[:_HEAD]).lstrip()[:1] == b'"':
        raise unreadable(msgspec.json.decode(recorded.body, type=str).encode("utf-8", "replace"), place)
    if status is not None and not 200 <= status < 300:
        raise shops_refusal(recorded.body, status, place)
    around = Around(_path(recorded.request), _date(recorded.headers), _or_none(recorded.decimals, int))
    yield from _each([recorded.body], around, place)


def _placed(element: msgspec.Raw, marks: _Marks, around: Around, place: Place) -> Found:
    is_refund = marks.has("id", "amount") and (marks.has("line_items") or marks.has("refunded_payment"))
    is_order = marks.has("id", "line_items") and not marks.has("amount")
    if is_refund or is_order or marks.has("id", "order_key") or (marks.has("id") and _ORDERS.search(around.path)):
        number = decoded(marks.id, int, place)
        links = _or_none(marks.links, _Links) or _Links()
        hrefs = tuple([link.href for link in (*links.own, *links.collection)])
        order_id = _parent(marks, around, links) if is_refund else number
        totals = () if is_refund else tuple([_or_none(raw, str) or "" for raw in (marks.total, marks.total_tax)])
        return Found(Told(element, around, is_refund), number, order_id, totals, hrefs)
    if marks.has("id") and _REFUNDS.search(around.path):
        raise place.refuse("has a refund without its lines", code="woocommerce.file.fields")
    if marks.has("code", "message"):
        raise shops_refusal(element, None, place)
    raise not_used(around.path, place)


def _parent(marks: _Marks, around: Around, links: _Links) -> int:
    """The refund's order: what it says, else what was asked for, else where it links to; 0 when nothing tells."""
    if marks.has("parent_id") and (named := _or_none(marks.parent_id, int)):
        return named
    found = next(
        (match for text in (around.path, *(link.href for link in links.up)) if (match := _ABOUT_ORDER.search(text))),
        None,
    )
    return int(found[1]) if found else 0


class _Link(msgspec.Struct):
    href: str = ""


class _Links(msgspec.Struct):
    """Where an order or refund, the list it is in, and its order are to be found."""

    own: list[_Link] = msgspec.field(name="self", default_factory=list)
    collection: list[_Link] = []
    up: list[_Link] = []


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


def _is_list(raw: msgspec.Raw) -> bool:
    return bytes(memoryview(raw)[:1]) == b"["


def _or_none(raw: msgspec.Raw, wanted: type[_T]) -> _T | None:
    try:
        return msgspec.json.decode(raw, type=wanted)
    except msgspec.DecodeError:
        return None
