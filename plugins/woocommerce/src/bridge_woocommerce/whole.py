"""An order with all its refunds, as it was between two answers that say the same of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Final

import msgspec

from bridge.errors import DocumentError, UnavailableError
from bridge.plugin import MAX_PAGE_BYTES
from bridge_woocommerce.client import API, Answer, Client
from bridge_woocommerce.errors import NO_ORDER
from bridge_woocommerce.keyset import Row
from bridge_woocommerce.shapes import Order, Refund

_READINGS: Final = 5
_MOST: Final = MAX_PAGE_BYTES - 2
EVERYTHING: Final = {"dp": "6"}
ORDER: Final = {**EVERYTHING, "_fields": ",".join(field.encode_name for field in msgspec.structs.fields(Order))}
REFUND: Final = {**EVERYTHING, "_fields": ",".join(field.encode_name for field in msgspec.structs.fields(Refund))}


class Whole(msgspec.Struct, frozen=True):
    """The bytes of an order, and of its refunds, as they came."""

    row: Row
    order: msgspec.Raw
    refunds: Sequence[msgspec.Raw]

    def told(self) -> bytes:
        """Both as recorded answers: what says which order refunds are of is the address they were asked at."""
        found = b'{"request":"%b/orders","status":200,"body":%b}' % (API.encode(), self.order)
        if self.refunds:
            path = f"{API}/orders/{self.row.id}/refunds".encode()
            found += b',{"request":"%b","status":200,"body":[%b]}' % (path, b",".join(self.refunds))
        return found


def whole(client: Client, order: msgspec.Raw, page_size: int) -> Whole | None:
    """An order of a list with its refunds; None where it is not there any more.

    What is read of it is its mark of change: where orders are posts, its date of modification tells nothing.
    Raises: UnavailableError for an order that changes at each reading; DocumentError for one that no page can hold; as
            ``Client.get``.
    """
    row = client.decoded(order, Row)
    for _ in range(_READINGS):
        if not row.refunds:
            return _checked(client, Whole(row, order, ()))
        refunds = _refunds(client, row.id, page_size)
        last = asked(client, row.id)
        if refunds is None or isinstance(last, datetime):
            return None
        if client.decoded(order, Order) == client.decoded(last.body, Order):
            return _checked(client, Whole(row, order, refunds))
        order, row = msgspec.Raw(last.body), client.decoded(last.body, Row)
    raise UnavailableError(client.thing, f"its order {row.id} changes whenever it is read")


def order_told(client: Client, order: msgspec.Raw, page_size: int) -> bytes:
    """An order of a list, whole; empty where it is not there any more. Raises: as ``whole``."""
    found = whole(client, order, page_size)
    return found.told() if found is not None else b""


def refund_told(refund: msgspec.Raw) -> bytes:
    """A refund of a list: it names its order itself."""
    return b'{"request":"%b/refunds","status":200,"body":[%b]}' % (API.encode(), refund)


class Chunk(msgspec.Struct, frozen=True):
    """Some of a list, as a page holds it. rows: all of them, also those that went away meanwhile."""

    rows: Sequence[Row]
    body: bytes
    is_last: bool


def chunks(listed: Sequence[tuple[msgspec.Raw, Row]], piece_of: Callable[[msgspec.Raw], bytes]) -> Iterator[Chunk]:
    """What a list brought, in pieces of what a page may hold. piece_of: what to tell of each, if it is there yet."""
    rows: list[Row] = []
    told: list[bytes] = []
    size = 0
    for raw, row in listed:
        piece = piece_of(raw)
        if size + len(piece) > _MOST:
            yield Chunk(rows, b"[%b]" % b",".join(told), is_last=False)
            rows, told, size = [], [], 0
        rows.append(row)
        told += [piece] if piece else []
        size += len(piece) + 1
    if rows:
        yield Chunk(rows, b"[%b]" % b",".join(told), is_last=True)


def asked(client: Client, order_id: int) -> Answer | datetime:
    """One order; when the shop said that there is none of that id."""
    return client.find(f"{API}/orders/{order_id}", NO_ORDER, **ORDER)


def _refunds(client: Client, order_id: int, page_size: int) -> Sequence[msgspec.Raw] | None:
    """All refunds of an order; None where the order is gone."""
    found: list[msgspec.Raw] = []
    page = 1
    while True:
        query = {**REFUND, "per_page": str(page_size), "page": str(page), "orderby": "id", "order": "asc"}
        answer = client.find(f"{API}/orders/{order_id}/refunds", NO_ORDER, **query)
        if isinstance(answer, datetime):
            return None
        rows = client.listed(answer)
        found += rows
        if len(rows) < page_size:
            return found
        page += 1


def _checked(client: Client, found: Whole) -> Whole:
    """The same. Raises: DocumentError for one that no page can hold."""
    if len(found.told()) <= _MOST:
        return found
    raise DocumentError(
        client.thing,
        f"its order {found.row.id} is larger than bridge reads at once",
        "Report this, with the number of its lines and of its fields (meta_data)",
        code="woocommerce.answer.too_large",
    )
