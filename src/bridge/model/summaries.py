"""Summaries: how a route stood when something was last done about it, small enough to show hundreds side by side."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

import msgspec


class Pile(msgspec.Struct, frozen=True):
    """Things that wait for the same. minor: what they come to, by currency. oldest_on: the day of the first of them."""

    count: int = 0
    minor: Mapping[str, int] = {}
    oldest_on: date | None = None

    def __add__(self, other: Pile) -> Pile:
        minor = dict(self.minor)
        for currency, amount in other.minor.items():
            minor[currency] = minor.get(currency, 0) + amount
        days = [on for on in (self.oldest_on, other.oldest_on) if on is not None]
        return Pile(self.count + other.count, minor, min(days, default=None))


class Ending(msgspec.Struct, frozen=True):
    """Something that lets bridge into a connection, and when it ends by itself."""

    connection: str
    what: str
    at: datetime


class Summary(msgspec.Struct, frozen=True):
    """How a route stands at an instant, as far as time alone does not change it.

    through:   all that its channel has is here up to then; None where no stream says so. newest_at: of its documents.
    posted_through: every day up to this one is in the ledger; None while none is.
    unbooked:  documents that are not in the books, for a person. held, parked: vouchers that wait for somebody, and
               that the ledger refused. resting: vouchers that rightly wait, as for their day. going: on their way.
    question:  what must be answered before anything is booked; else empty.
    findings:  open ones, by severity. findings_alone: errors and warnings about nothing that is counted above.
    """

    at: datetime
    through: datetime | None = None
    newest_at: datetime | None = None
    posted_through: date | None = None
    unbooked: Pile = Pile()
    held: Pile = Pile()
    parked: Pile = Pile()
    resting: Pile = Pile()
    going: Pile = Pile()
    question: str = ""
    ends: tuple[Ending, ...] = ()
    findings: Mapping[str, int] = {}
    findings_alone: int = 0

    @property
    def waiting(self) -> Pile:
        """Documents and vouchers that wait for somebody."""
        return self.unbooked + self.held + self.parked

    @property
    def waits(self) -> int:
        """How many things wait for somebody, findings too."""
        return self.waiting.count + self.findings_alone


class GreenSaid(msgspec.Struct, frozen=True):
    """One of the three greens of a check: its name, ``yes``, ``no`` or ``not proven``, and why."""

    name: str
    answer: str
    why: str


class AccountSaid(msgspec.Struct, frozen=True):
    """What stood in an account: opening + in - out = closing, beside the ledger's own balance, where it says one.

    number: of the chart, where bridge knows what the account holds; else empty. purpose: what empties it.
    """

    account: str
    number: str
    purpose: str
    currency: str
    opening_minor: int
    in_minor: int
    out_minor: int
    closing_minor: int
    balance_minor: int | None
    unexplained_minor: int
    items: int
    oldest_on: date | None
    doubt: str = ""


class CheckSummary(msgspec.Struct, frozen=True):
    """What the last check of a route said.

    through: all that its channel has was known to be here up to that day. tied, whole: of the settlements, payouts and
    days that should be in the ledger, how many come to the same on all sides.
    """

    at: datetime
    through: date | None
    greens: tuple[GreenSaid, ...]
    tied: int
    whole: int
    accounts: tuple[AccountSaid, ...]


class KeptSummary(msgspec.Struct, frozen=True):
    """A route's summary, and what its last check said; None before the first."""

    summary: Summary
    check: CheckSummary | None = None
