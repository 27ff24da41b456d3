"""What Amazon holds back for a while (delivery date and seven days; invoices of businesses), one day at a time.

A transaction is listed by the day on which it was posted. Deferred ones come only to whoever asks for that status; one
that came free is listed under the other, so both are asked for. Nothing tells that it came free: the last weeks are
read anew each day, and what is held for longer is asked for by its day. What was never held back is told by its
settlement alone. Nothing of a buyer is kept, and nothing is booked from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import msgspec

from bridge.model.pending import Pending
from bridge.plugin import OwnerEnd, OwnerStart, Page, PagePart
from bridge_amazon.client import Client
from bridge_amazon.finances import Instant, Listing, Money, Partner, Related, Wire, pages, related, text_of
from bridge_amazon.marketplaces import place_of
from bridge_amazon.operations import TRANSACTIONS
from bridge_amazon.streams import READ_ANEW_DAYS

OWNER: Final = "day"
_HELD, _FREED = "DEFERRED", "DEFERRED_RELEASED"
_ONE_DAY: Final = timedelta(days=1)
_BEFORE_NOW: Final = timedelta(minutes=3)
"""Amazon refuses an end that is less than two minutes past."""
_MANY: Final = 2_500
"""Transactions behind which a page ends: more could be longer than a page may be."""


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
    """All that is kept of a day (UTC)."""

    day: date
    as_of: Instant
    transactions: list[Transaction]

    @property
    def is_final(self) -> bool:
        """Whether nobody need ask for it by itself: nothing of it is held, or it is within what is read anew daily."""
        is_read_anew = self.as_of < _start(self.day) + timedelta(days=READ_ANEW_DAYS - 1)
        return is_read_anew or not any(one.is_held for one in self.transactions)


class _Days(msgspec.Struct):
    days: list[Day]


class _Payload(Wire):
    transactions: list[Transaction] | None = None
    next_token: str | None = None


class Transactions(Listing):
    """The list stands in a payload, and so does what leads on."""

    payload: _Payload | None = None

    def __post_init__(self) -> None:
        self.next_token = self.payload.next_token if self.payload is not None else None


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a window stands. done: the last day that was given. at_once: how many days are asked for together.

    Twenty: all that is kept is then read with what the plan allows at once. Amazon answers a month with an error.
    """

    done: date | None = None
    at_once: int = 20

    @classmethod
    def of(cls, cursor: bytes) -> Place:
        return msgspec.json.decode(cursor, type=cls) if cursor else cls()

    @property
    def cursor(self) -> bytes:
        return msgspec.json.encode(self)

    def next_days(self, since: datetime, until: datetime) -> list[date]:
        """The next of those that have a part in since <= t < until."""
        first = since.astimezone(UTC).date() if self.done is None else self.done + _ONE_DAY
        days = (first + number * _ONE_DAY for number in range(self.at_once))
        return [day for day in days if _start(day) < until]

    def behind(self, day: date) -> Place:
        return msgspec.structs.replace(self, done=day)

    def slower(self) -> Place:
        """Where all that the plan allows did not do for these days, or Amazon did not manage them: fewer at once."""
        return msgspec.structs.replace(self, at_once=max(1, self.at_once // 2))


NOWHERE: Final = Place()


def day_of(name: str) -> date | None:
    """A day by its name; None for none."""
    try:
        return date.fromisoformat(name)
    except ValueError:
        return None


def read_days(client: Client, days: Sequence[date], now: datetime, places: Iterable[str]) -> list[Day]:
    """All of some days, one behind the other, that was held back, and of these marketplaces; empty: of all.

    Network: two calls, and one more for each five hundred transactions. Raises: as ``finances.pages``.
    """
    start, wanted = _start(days[0]), {place.casefold() for place in places}
    end = min(_start(days[-1]) + _ONE_DAY, now - _BEFORE_NOW)
    as_of, found = now, dict[str, Transaction]()
    for status in (_HELD, _FREED) if start < end else ():
        span = {"postedAfter": text_of(start), "postedBefore": text_of(end), "transactionStatus": status}
        for answer, page in pages(client, TRANSACTIONS, Transactions, **span):
            as_of = min(as_of, answer.at)
            listed = (page.payload.transactions if page.payload is not None else None) or ()
            found |= {one.transaction_id: one for one in listed if not wanted or one.place.casefold() in wanted}
    told = {day: Day(day, as_of, []) for day in days}
    for one in found.values():
        if (day := one.posted_date.astimezone(UTC).date()) in told:
            told[day].transactions.append(one)
    return list(told.values())


def pages_of(days: Iterable[Day], place: Place = NOWHERE) -> Iterator[Page]:
    """Pure: some days behind each other, as few pages as they fit into. place: behind which they come."""
    some, many = list[Day](), 0
    for day in days:
        if some and many + len(day.transactions) > _MANY:
            yield _page(some, place)
            some, many = [], 0
        some.append(day)
        many += len(day.transactions)
    yield _page(some, place)


def minimised(content: bytes) -> bytes:
    """Pure: nothing but what is read."""
    return msgspec.json.encode(msgspec.json.decode(content, type=_Days))


def parts_of(content: bytes) -> Iterator[PagePart]:
    """Pure: each day, and what of it waits, or waited."""
    for day in msgspec.json.decode(content, type=_Days).days:
        yield OwnerStart(OWNER, day.day.isoformat(), day.as_of)
        for transaction in day.transactions:
            yield pending(transaction, day.as_of)
        yield OwnerEnd(day.is_final)


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


def _page(days: list[Day], place: Place) -> Page:
    return Page(msgspec.json.encode(_Days(days)), days[0].as_of, place.behind(days[-1].day).cursor)


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
