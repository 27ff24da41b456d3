"""Documents: one channel fact each, with identity, revision, witness and provenance."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from functools import cached_property

import msgspec

from bridge import ids
from bridge.errors import DocumentError, InvariantError
from bridge.model.money import NOT_KNOWN, exponent
from bridge.model.series import Series


class DocumentKind(StrEnum):
    """What kind of channel fact a document is."""

    ORDER = "order"
    REFUND = "refund"
    FEE = "fee"
    SETTLEMENT = "settlement"
    PAYOUT = "payout"
    ADJUSTMENT = "adjustment"


PAYING = (DocumentKind.SETTLEMENT, DocumentKind.PAYOUT)
"""Kinds of documents whose total reaches the bank."""


FAILED_STATUS = frozenset({"failed", "canceled", "cancelled"})
"""Channels' words for a payout that never reaches the bank."""

_OF_BUYERS = (DocumentKind.ORDER, DocumentKind.REFUND)


class Witness(StrEnum):
    """Who told us: an API is believed before a file."""

    API = "api"
    FILE = "file"


class Awaits(StrEnum):
    """What a refund waits for, because it cannot be read without it: the code under which it is held meanwhile.

    ORDER:   its order, which tells its currency and what it is about.
    DETAILS: its own answer: its order shows that it is there and what it comes to, but neither when nor what for.
    """

    ORDER = "refund.awaits_order"
    DETAILS = "refund.awaits_details"


AWAITED = {str(awaits): awaits for awaits in Awaits}
"""By the reason why a document is held, what it waits for to be read."""


class Identity(msgspec.Struct, frozen=True, dict=True):
    """Which fact this is, whoever reports it and however often: (channel, account, kind, external id).

    account: the shop domain, seller id or site address. external_id: the channel's own id, as text.
    """

    channel: str
    account: str
    kind: DocumentKind
    external_id: str

    def __post_init__(self) -> None:
        if not (self.channel and self.account and self.external_id):
            raise InvariantError("document identity", "channel, account and external id must not be empty", "Report it")

    @cached_property
    def document_id(self) -> str:
        return ids.derive("doc", self.channel, self.account, self.kind, self.external_id)


BRIDGE = "bridge"
"""In a document's ``plugin``: bridge itself wrote it, on a person's word."""


class Document(msgspec.Struct, frozen=True, gc=False):
    """One content of one channel fact, without its lines.

    total_minor: what the channel itself says the lines add up to, in minor units of ``currency``.
    opened_at, closed_at: the period the document covers (equal for a point in time); aware UTC.
    pays_at:      when the channel says the money reaches the bank; None where it says nothing.
    paid_at:      of an order, and of what belongs to one: when its payments covered it; None while they do not.
    agreed_at:    of an order that is a sale whether it is paid or not, and of what belongs to one: when that order was
                  placed; None where only its payment makes it a sale.
    as_of:        the instant at which the channel stood by this content: when it answered, else when it last changed
                  the document; None where neither is told. Of two contents the later one counts.
    order_id:     the channel's id of the order it belongs to; an order's own id for itself; else empty.
    status:       the channel's own word for where it stands, in lower case; empty where it has none.
    line_count:   lines of the document, zero amounts included.
    content_hash: SHA-256 over the normalised content without volatile fields: a new hash is a new revision.
    vault_hash:   SHA-256 of the raw bytes kept in the vault.
    facts_hash:   of the channel's facts it was read under; empty where it was read from a file.
    series:       where each document begins as another ends, what it tells of that; None where none does.

    Only a document that awaits its order, hence has no lines, may be in no known currency.
    """

    identity: Identity
    revision: int
    currency: str
    total_minor: int
    opened_at: datetime
    closed_at: datetime
    pays_at: datetime | None
    line_count: int
    content_hash: str
    vault_hash: str
    witness: Witness
    plugin: str
    plugin_version: str
    title: str = ""
    paid_at: datetime | None = None
    as_of: datetime | None = None
    order_id: str = ""
    status: str = ""
    facts_hash: str = ""
    series: Series | None = None
    agreed_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.currency != NOT_KNOWN:
            exponent(self.currency)
        elif self.line_count or self.total_minor:
            raise DocumentError(
                f"document {self.identity.external_id}",
                "its currency is not known",
                "Bring what tells it",
                code="money.currency",
            )
        if any(
            at.tzinfo is None
            for at in (self.opened_at, self.closed_at, self.pays_at, self.paid_at, self.as_of, self.agreed_at)
            if at is not None
        ):
            raise InvariantError(f"document {self.identity.external_id}", "an instant has no zone", "Report it")

    @property
    def is_reversal(self) -> bool:
        """Whether no source told it: a person had taken back what one told, or had that stand again."""
        return self.plugin == BRIDGE

    @property
    def document_id(self) -> str:
        return self.identity.document_id


class DocumentState(StrEnum):
    """Where a saved revision stands with the books."""

    NEW = "new"
    BOOKED = "booked"
    HELD = "held"


class Problem(msgspec.Struct, frozen=True):
    """Something a reader must know about a file or a document.

    where:    file, and row or line where there is one. blocking: the document would be held, or its vouchers.
    """

    code: str
    message: str
    where: str
    blocking: bool


def is_of_words(code: str) -> bool:
    """Whether a problem is about words that nobody has classified: ``acme.unclassified``.

    Such lines are booked to suspense, and the vouchers wait until a rule names them or a person releases them.
    """
    return code.endswith(".unclassified")


def called(kind: DocumentKind, external_id: str, title: str) -> str:
    """What people call a document: ``order #1001``, ``settlement 28500000011``, ``Return of #1001``.

    A title that says what it is stands alone; one that only names it comes after its kind. What takes a refund back
    is an order by its kind, and a refund by its title; and the other way round.
    """
    if kind is DocumentKind.SETTLEMENT or not title:
        return f"{kind} {external_id}"
    kinds = _OF_BUYERS if kind in _OF_BUYERS else (kind,)
    says_what = any(word in title.casefold() for word in kinds) or (kind is not DocumentKind.ORDER and " " in title)
    return title if says_what else f"{kind} {title}"
