"""Bytes of a file to the orders and refunds in it: which of the shop's answers it holds, told apart by what they say.

A file holds one answer as the shop gave it (an order or refund, or a list of them), with its head (``curl -i``) or
without, a recorded one with its request, status, headers and body, or lists of these; a list may stand under ``orders``
or ``refunds``. First every order and refund is found (``find``), without reading it; then each is read by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from bridge.plugin.reading import Content, Place, check_crumbs, check_utf8, or_none, without_mark
from bridge_woocommerce.around import Around, around, without_head
from bridge_woocommerce.decoding import decoded
from bridge_woocommerce.refused import not_used, shops_refusal, unreadable
from bridge_woocommerce.shapes import Order, Refund

_ABOUT_ORDER = re.compile(r"/orders/(\d+)(?=[/?&]|$)")
_REFUNDS = re.compile(r"/refunds(?=[/?&]|$)")
_ORDERS = re.compile(r"/orders(/\d+)?(?=[?&]|$)")
_ABSENT = msgspec.Raw(b"")
_BEGIN = 4096
_DEPTH = 5

_Objects = list[msgspec.Raw]


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
    plain, told, status = without_head(without_mark(content))
    begin = bytes(plain[:_BEGIN]).lstrip()
    if not begin:
        raise place.refuse("file.empty", "is empty")
    if begin[:1] not in {b"[", b"{"}:
        raise unreadable(begin, place)
    check_utf8(plain, place, code="file.json")
    check_crumbs(plain, place)
    if not 200 <= status < 300:
        raise shops_refusal(decoded(plain, msgspec.Raw, place), status, place)
    is_list = begin[:1] == b"["
    elements = decoded(plain, _Objects, place) if is_list else [decoded(plain, msgspec.Raw, place)]
    yield from _each(elements, told, place)


def read(told: Told, order_id: int, place: Place) -> Answer:
    """One of them. order_id: its order's. Raises: DocumentError for a field that is missing or of another type."""
    if not told.is_refund:
        return Answer(decoded(told.raw, Order, place, f"order {order_id}"), told.around)
    number = or_none(told.raw, _Number)
    refund = decoded(told.raw, Refund, place, f"refund {number.id}" if number else "a refund")
    return Answer(msgspec.structs.replace(refund, parent_id=order_id), told.around)


def _each(elements: _Objects, told: Around, place: Place, depth: int = 0) -> Iterator[Found]:
    """depth: how many lists and recordings lie around them."""
    if depth > _DEPTH:
        raise place.refuse("file.json", "is nested deeper than any answer is")
    for element in elements:
        if _is_list(element):
            yield from _each(decoded(element, _Objects, place), told, place, depth + 1)
            continue
        marks = decoded(element, _Marks, place)
        if marks.has("body") and (marks.has("headers") or marks.has("status")):
            yield from _recorded(marks, place, depth + 1)
        elif not marks.has("id") and (marks.has("orders") or marks.has("refunds")):
            wrapped = [list_ for list_ in (marks.orders, marks.refunds) if list_ is not _ABSENT]
            yield from _each(wrapped, told, place, depth + 1)
        else:
            yield _placed(element, marks, told, place)


def _recorded(recorded: _Marks, place: Place, depth: int) -> Iterator[Found]:
    status = or_none(recorded.status, int)
    if bytes(memoryview(recorded.body)[:_BEGIN]).lstrip()[:1] == b'"':
        raise unreadable(msgspec.json.decode(recorded.body, type=str).encode("utf-8", "replace"), place)
    if status is not None and not 200 <= status < 300:
        raise shops_refusal(recorded.body, status, place)
    told = around(recorded.request, recorded.headers, recorded.decimals)
    yield from _each([recorded.body], told, place, depth)


def _placed(element: msgspec.Raw, marks: _Marks, told: Around, place: Place) -> Found:
    is_refund = marks.has("id", "amount") and (marks.has("line_items") or marks.has("refunded_payment"))
    is_order = marks.has("id", "line_items") and not marks.has("amount")
    if is_refund or is_order or marks.has("id", "order_key") or (marks.has("id") and _ORDERS.search(told.path)):
        number = decoded(marks.id, int, place, "the id of a refund" if is_refund else "the id of an order")
        links = or_none(marks.links, _Links) or _Links()
        hrefs = tuple([link.href for link in (*links.own, *links.collection)])
        order_id = _parent(marks, told, links) if is_refund else number
        totals = () if is_refund else tuple([or_none(raw, str) or "" for raw in (marks.total, marks.total_tax)])
        return Found(Told(element, told, is_refund), number, order_id, totals, hrefs)
    if marks.has("id") and _REFUNDS.search(told.path):
        raise place.refuse("file.fields", "has a refund without its lines")
    if marks.has("code", "message"):
        raise shops_refusal(element, None, place)
    raise not_used(told.path, place)


def _parent(marks: _Marks, told: Around, links: _Links) -> int:
    """The refund's order: what it says, else what was asked for, else where it links to; 0 when nothing tells."""
    if marks.has("parent_id") and (named := or_none(marks.parent_id, int)):
        return named
    found = next(
        (match for text in (told.path, *(link.href for link in links.up)) if (match := _ABOUT_ORDER.search(text))),
        None,
    )
    return int(found[1]) if found else 0


class _Number(msgspec.Struct):
    id: int


class _Link(msgspec.Struct):
    href: str = ""


class _Links(msgspec.Struct):
    """Where an order or refund, the list it is in, and its order are to be found."""

    own: list[_Link] = msgspec.field(name="self", default_factory=list)
    collection: list[_Link] = []
    up: list[_Link] = []


def _is_list(raw: msgspec.Raw) -> bool:
    return bytes(memoryview(raw)[:1]) == b"["
