"""What Amazon holds back for a while (delivery date and seven days; invoices of businesses), one day at a time.

A transaction is listed by the day on which it was posted. Deferred ones come only to whoever asks for that status; one
that came free is listed under the other, so both are asked for, and a day is asked for again while any of it is held.
What was never held back is told by its settlement alone. Nothing of a buyer is kept, and nothing is booked from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import msgspec

from bridge.model.pending import Pending
from bridge.plugin import OwnerEnd, OwnerStart, Page, PagePart
from bridge_amazon.client import Client
from bridge_amazon.finances import Instant, Listing, Money, Partner, Related, Wire, pages, related, text_of
from bridge_amazon.marketplaces import place_of
from bridge_amazon.operations import TRANSACTIONS

OWNER: Final = "day"
_HELD, _FREED = "DEFERRED", "DEFERRED_RELEASED"
_ONE_DAY: Final = timedelta(days=1)
_BEFORE_NOW: Final = timedelta(minutes=3)
"""Amazon refuses an end that is less than two minutes past."""
_LATE: Final = timedelta(hours=48)
"""So long after it happened a transaction may not be listed yet."""


class Breakdown(Wire):
    breakdown_type: str
    breakdown_amount: Money
    breakdowns: list[Breakdown] | None = None


class _Wrapped(Wire):
    """As the model's example has breakdowns, though its schema does not."""

    breakdowns: list[Breakdown] | None = None


class _Context(Wire):
    deferral_reason: str | None = None
    maturity_date: Instant | None = None


class _Marketplace(Wire):
    marketplace_id: str = ""
    marketplace_name: str = ""


class Transaction(Wire):
    """What is kept of one. items and their contexts (goods, shops) are not."""

    transaction_id: str
    transaction_status: str
    posted_date: Instant
    total_amount: Money
    transaction_type: str = ""
    related_identifiers: list[Related] | None = None
    marketplace_details: _Marketplace | None = None
    selling_partner_metadata: Partner | None = None
    contexts: list[_Context] | None = None
    breakdowns: list[Breakdown] | _Wrapped | None = None

    @property
    def is_held(self) -> bool:
        return self.transaction_status.upper() == _HELD

    @property
    def place(self) -> str:
        """The marketplace."""
        told, partner = self.marketplace_details or _Marketplace(), self.selling_partner_metadata or Partner()
        return place_of(told.marketplace_id or partner.marketplace_id, told.marketplace_name)


class Day(msgspec.Struct):
    """All that is kept of a day (UTC). is_over: nothing can be posted on it any more that is not listed."""

    day: date
    as_of: Instant
    is_over: bool
    transactions: list[Transaction]


class _Payload(Wire):
    transactions: list[Transaction] | None = None
    next_token: str | None = None


class _Transactions(Listing):
    """The list stands in a payload, and so does what leads on."""

    payload: _Payload | None = None

    def __post_init__(self) -> None:
        self.next_token = self.payload.next_token if self.payload is not None else None


def days_of(since: datetime, until: datetime) -> Iterator[date]:
    """Every day that has a part in since <= t < until."""
    day = since.astimezone(UTC).date()
    while _start(day) < until:
        yield day
        day += _ONE_DAY


def day_of(name: str) -> date | None:
    """A day by its name; None for none."""
    try:
        return date.fromisoformat(name)
    except ValueError:
        return None


def read_day(client: Client, day: date, now: datetime, places: Iterable[str]) -> Page:
    """All of one day that was held back, and of these marketplaces; empty: of all.

    Network: two calls, and one more for each five hundred transactions. Raises: as ``finances.pages``.
    """
    start, wanted = _start(day), {place.casefold() for place in places}
    end = min(start + _ONE_DAY, now - _BEFORE_NOW)
    as_of, found = now, dict[str, Transaction]()
    for status in (_HELD, _FREED) if start < end else ():
        span = {"postedAfter": text_of(start), "postedBefore": text_of(end), "transactionStatus": status}
        for answer, page in pages(client, TRANSACTIONS, _Transactions, **span):
            as_of = min(as_of, answer.at)
            listed = (page.payload.transactions if page.payload is not None else None) or ()
            found |= {one.transaction_id: one for one in listed if not wanted or one.place.casefold() in wanted}
    told = Day(day, as_of, start + _ONE_DAY + _LATE <= as_of, list(found.values()))
    return Page(msgspec.json.encode(told), as_of)


def minimised(content: bytes) -> bytes:
    """Pure: nothing but what is read."""
    return msgspec.json.encode(msgspec.json.decode(content, type=Day))


def parts_of(content: bytes) -> Iterator[PagePart]:
    """Pure: a day and what of it waits, or waited."""
    day = msgspec.json.decode(content, type=Day)
    yield OwnerStart(OWNER, day.day.isoformat(), day.as_of)
    for transaction in day.transactions:
        yield pending(transaction, day.as_of)
    yield OwnerEnd(is_final=day.is_over and not any(one.is_held for one in day.transactions))


def pending(transaction: Transaction, as_of: datetime) -> Pending:
    """Pure: one transaction. Where nothing says when it came free, that is when it was first seen so."""
    contexts = transaction.contexts or ()
    matures_at = next((one.maturity_date for one in contexts if one.maturity_date is not None), None)
    amount, identifiers = transaction.total_amount, transaction.related_identifiers
    freed_at = None if transaction.is_held else min(matures_at or as_of, as_of)
    return Pending(
        external_id=transaction.transaction_id,
        words=transaction.transaction_type,
        place=transaction.place,
        currency=amount.currency_code,
        amount_minor=amount.minor,
        occurred_at=transaction.posted_date,
        as_of=as_of,
        order_id=related(identifiers, "ORDER_ID"),
        reason=next((one.deferral_reason for one in contexts if one.deferral_reason), ""),
        matures_at=matures_at,
        released_at=freed_at,
        statement=related(identifiers, "SETTLEMENT_ID"),
        parts=tuple(_leaves(transaction.breakdowns)),
    )


def _leaves(breakdowns: Iterable[Breakdown] | _Wrapped | None, above: str = "") -> Iterator[tuple[str, int]]:
    """Amounts that are made of no others, each by the way that leads to it."""
    for one in (breakdowns.breakdowns if isinstance(breakdowns, _Wrapped) else breakdowns) or ():
        words = f"{above} / {one.breakdown_type}" if above else one.breakdown_type
        if one.breakdowns:
            yield from _leaves(one.breakdowns, words)
        else:
            yield words, one.breakdown_amount.minor


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
