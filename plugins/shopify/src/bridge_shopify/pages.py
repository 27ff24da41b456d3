"""Pure: what is kept of a page that was pulled, and its owners: orders, payouts, disputes, with all that hangs on them.

A page has the form of an answer, and says beside its data for which instant it holds. So has what is kept of each
document, and both are read by the code that reads files.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

import msgspec
from msgspec import UNSET, Raw, UnsetType

from bridge.plugin import MAX_PAGE_BYTES, FileNotes, FilePart, OwnerEnd, OwnerStart, PagePart
from bridge.plugin import Page as PulledPage
from bridge.plugin.reading import JSON_FAULTS, Place, not_read
from bridge_shopify.answers import read_answer, read_order
from bridge_shopify.facts import digits
from bridge_shopify.objections import is_cut
from bridge_shopify.order import Tables, order_parts
from bridge_shopify.payments import AccountReader
from bridge_shopify.streams import DISPUTE, ORDER, PAYOUT
from bridge_shopify.wire import At, Order, Page, Wire
from bridge_shopify.wire_payments import Account, Dispute, Payout

_ENDED_PAYOUTS = frozenset({"PAID", "FAILED", "CANCELED"})
_ENDED_DISPUTES = frozenset({"WON", "LOST", "ACCEPTED", "PREVENTED", "CHARGE_REFUNDED"})


class _Data(Wire, frozen=True):
    orders: Page[Order] | UnsetType = UNSET
    shopify_payments_account: Account | UnsetType = UNSET


class _Kept(Wire, frozen=True):
    """The allow-list of a page."""

    data: _Data
    as_of: At | None = None


_LONGEST_PLAIN: Final = MAX_PAGE_BYTES
_LONGEST_UNPACKED: Final = 64_000_000
"""Of a payout's answer: some 140,000 rows."""
_PACKED: Final = b"\x78"
_KEPT = msgspec.json.Decoder(_Kept)
_ENCODER = msgspec.json.Encoder()


def orders_body(orders: Sequence[Order]) -> bytes:
    """The body of a page of orders."""
    return _ENCODER.encode(_Kept(_Data(orders=Page(nodes=list(orders)))))


def account_body(account: Account) -> bytes:
    """The body of a page of payouts or disputes; packed where a payout has more rows than a page would hold."""
    body = _ENCODER.encode(_Kept(_Data(shopify_payments_account=account)))
    return body if len(body) <= _LONGEST_PLAIN else zlib.compress(body, level=1)


def minimised(page: PulledPage, place: Place) -> bytes:
    """What is kept: fields that are named in ``wire``, and the page's instant. Raises: DocumentError."""
    try:
        told = _KEPT.decode(_unpacked(page.body, place))
    except JSON_FAULTS as error:
        raise not_read(error, place, "the answer") from error
    return _ENCODER.encode(_Kept(told.data, page.as_of))


def _unpacked(body: bytes, place: Place) -> bytes:
    """Memory: ``_LONGEST_UNPACKED``. Raises: DocumentError for what is longer; msgspec.DecodeError for damage."""
    if not body.startswith(_PACKED):
        return body
    unpacking = zlib.decompressobj()
    try:
        found = unpacking.decompress(body, _LONGEST_UNPACKED)
    except zlib.error as error:
        raise msgspec.DecodeError("is damaged") from error
    if unpacking.unconsumed_tail:
        cause = f"is of a payout of more than {_LONGEST_UNPACKED // 1_000_000} MB"
        raise place.refuse("file.too_large", cause, next_step="Export its rows from the admin, and bring that file")
    if not unpacking.eof:
        raise msgspec.DecodeError("is damaged")
    return found


def page_parts(content: bytes, tables: Tables) -> Iterator[PagePart]:
    """The owners of what was kept of a page, or of one document. Raises: DocumentError."""
    place = tables.place
    data, as_of = read_answer(content, place)
    if as_of is None:
        raise place.refuse("file.shape", "does not say for which instant it holds")
    tables.as_of = as_of
    raws = list(data.orders.items()) if isinstance(data.orders, Page) else []
    raws += [data.order] if isinstance(data.order, Raw) else []
    for count, raw in enumerate(raws, start=1):
        yield from _order(read_order(raw, count, place), tables, as_of)
    if isinstance(data.shopify_payments_account, Account):
        with place.naming("shopifyPaymentsAccount"):
            yield from _account(data.shopify_payments_account, tables, as_of)
    if problems := tables.notes.problems():
        yield FileNotes(problems)


def _order(order: Order, tables: Tables, as_of: datetime) -> Iterator[PagePart]:
    is_whole = not is_cut(order)
    with tables.place.naming(ORDER):
        start = OwnerStart(ORDER, digits(order.id), as_of, is_whole=is_whole)
    yield from _owner(start, order_parts(order, tables), is_final=is_whole)


def _account(account: Account, tables: Tables, as_of: datetime) -> Iterator[PagePart]:
    """A page holds one payout with its rows, or disputes."""
    payouts: list[Payout] = account.payouts.items() if isinstance(account.payouts, Page) else []
    for payout in payouts:
        one = Account(payouts=Page(nodes=[payout]), balance_transactions=account.balance_transactions)
        start = OwnerStart(PAYOUT, digits(payout.id), as_of)
        yield from _owner(start, AccountReader(one, tables).parts(), is_final=payout.status in _ENDED_PAYOUTS)
    disputes: list[Dispute] = account.disputes.items() if isinstance(account.disputes, Page) else []
    for dispute in disputes:
        parts = AccountReader(Account(disputes=Page(nodes=[dispute])), tables).parts()
        is_final = dispute.status in _ENDED_DISPUTES
        yield from _owner(OwnerStart(DISPUTE, digits(dispute.id), as_of), parts, is_final=is_final)


def _owner(start: OwnerStart, parts: Iterator[FilePart], *, is_final: bool) -> Iterator[PagePart]:
    yield start
    yield from parts
    yield OwnerEnd(is_final=is_final)
