"""What a channel says of itself beside its documents: figures of its own reports, balances, which notices it sends."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from bridge.errors import InvariantError
from bridge.model.documents import PAYING, DocumentKind
from bridge.model.money import exponent

BALANCES = "balances"
"""The name under which readings of balances are kept; no report bears it."""

NOTICES = "notices"
"""The same of which notices it sends."""

STATEMENTS = "statements"
"""The same of balances that a person read off the statement of a wallet; they are kept with the ledger."""

READINGS_KEPT = 12
"""Of one span of a report: how many different readings are kept."""

_AT_ONCE = timedelta(minutes=5)


class FigureName(StrEnum):
    """What a figure is of: a period, by the instants of its documents; one settlement or payout; or an instant.

    placed:  how many orders were placed in it. paid: how many were paid in it.
    takings: what the orders paid in it come to, less the refunds made in it.
    total:   what a settlement or payout brings.
    deferred: what is held back at an instant in one part of the channel, as ``Pending`` tells it one by one.
    """

    PLACED = "placed"
    PAID = "paid"
    TAKINGS = "takings"
    TOTAL = "total"
    DEFERRED = "deferred"

    @property
    def is_count(self) -> bool:
        return self in (FigureName.PLACED, FigureName.PAID)


class Figure(msgspec.Struct, frozen=True):
    """One figure that a channel tells of itself.

    since, until: the period, half open, aware UTC; of a document both are the instant at which it closed, of
                  what is deferred the instant.
    value:        a number of orders, or minor units of ``currency``, which a number has not.
    kind, external_id: of a ``total``, the document it is of; of what is ``deferred``, no kind, and the part's name.
    """

    name: FigureName
    since: datetime
    until: datetime
    value: int
    currency: str = ""
    kind: DocumentKind | None = None
    external_id: str = ""

    def __post_init__(self) -> None:
        is_of_document = self.name is FigureName.TOTAL
        if self.since.tzinfo is None or self.until.tzinfo is None or self.until < self.since:
            raise _odd(self, "its period has no zone, or ends before it begins")
        if bool(self.currency) is self.name.is_count:
            raise _odd(self, "an amount has a currency, and a number has none")
        if (self.kind in PAYING and bool(self.external_id)) is not is_of_document:
            raise _odd(self, "a total is of a settlement or payout, and nothing else is")
        if self.currency:
            exponent(self.currency)


class Figures(msgspec.Struct, frozen=True):
    """The figures of one answer. as_of: what happened until then is in them, by the channel's own word."""

    as_of: datetime
    figures: tuple[Figure, ...]


class BalanceName(StrEnum):
    """What a balance holds. total: all that the channel holds for the merchant, whatever the parts are.

    available: to be paid out. pending: not yet to be paid out. deferred: of sales that are not released yet.
    reserved: kept back as a security.
    """

    AVAILABLE = "available"
    PENDING = "pending"
    DEFERRED = "deferred"
    RESERVED = "reserved"
    TOTAL = "total"


class Balance(msgspec.Struct, frozen=True):
    """What the channel holds for the merchant; negative where the merchant owes it."""

    name: BalanceName
    minor: int
    currency: str

    def __post_init__(self) -> None:
        exponent(self.currency)


class Balances(msgspec.Struct, frozen=True):
    """The balances of one instant."""

    as_of: datetime
    balances: tuple[Balance, ...]


class Sending(StrEnum):
    """Whether notices go out. paused: a person stopped them. disabled: the channel did, after deliveries failed."""

    ACTIVE = "active"
    PAUSED = "paused"
    DISABLED = "disabled"


class Subscription(msgspec.Struct, frozen=True):
    """What a channel sends word of, and to whom.

    topic: in the channel's words. address: where its notices go. why: for people, why they do not go out; may be empty.
    """

    topic: str
    address: str
    state: Sending = Sending.ACTIVE
    why: str = ""


class Reading(msgspec.Struct, frozen=True):
    """What a report said of a span, what the balances were on a day, or which notices are sent, as it was read.

    report: its name, ``BALANCES``, ``NOTICES`` or ``STATEMENTS``. span: the month (``2026-06``), the day, the address
    at which notices are expected, or an account and a day. since, until: what of it was asked. read_at: by our own
    clock. by: the person who read it; empty where nobody did.
    """

    connection_id: str
    report: str
    span: str
    since: datetime
    until: datetime
    as_of: datetime
    read_at: datetime
    figures: tuple[Figure, ...] = ()
    balances: tuple[Balance, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    by: str = ""

    @property
    def holds_at(self) -> datetime:
        """Up to when what is saved here can be in it, by our own clock: when it was read, unless it lagged behind."""
        return self.read_at if self.read_at - self.as_of <= _AT_ONCE else self.as_of

    def says_as(self, other: Reading) -> bool:
        """Whether it says the same, whenever that was read."""
        said, said_then = ((one.figures, one.balances, one.subscriptions) for one in (self, other))
        return said == said_then


def _odd(figure: Figure, cause: str) -> InvariantError:
    return InvariantError(f"figure {figure.name} {figure.external_id}".rstrip(), cause, "Report it")
