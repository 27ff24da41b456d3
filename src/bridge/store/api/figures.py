"""What lines, postings and the ledger's objects of a time come to, summed up for people who compare."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

import msgspec

from bridge.model.line_tax import Tax
from bridge.model.lines import Part


class Fated(StrEnum):
    """What became of lines. booked: on the days that were asked about; elsewhere: on others. excluded: with a reason.

    waits: they are in no entry that stands, or only as they were in an earlier revision.
    """

    BOOKED = "booked"
    ELSEWHERE = "elsewhere"
    EXCLUDED = "excluded"
    WAITS = "waits"


class Facet(StrEnum):
    """By what lines tell themselves apart: their SKU, the channel's words for them, their tax."""

    SKU = "sku"
    WORDS = "words"
    TAX = "tax"


class ToldSum(msgspec.Struct, frozen=True):
    """What the channel told of a kind of line in a time."""

    kind: str
    part: Part
    currency: str
    fated: Fated
    minor: int
    lines: int


class GroupSums(msgspec.Struct, frozen=True):
    """What lines of several groups of kinds come to, group by group, and in how many orders or other documents."""

    currency: str
    groups: tuple[tuple[int, int], ...]


class ToldDocument(msgspec.Struct, frozen=True):
    """What lines of one document, and of one order in it, come to. at: when the first of them happened."""

    document_id: str
    kind: str
    external_id: str
    order_id: str
    currency: str
    minor: int
    at: datetime


class FacetSum(msgspec.Struct, frozen=True):
    """What the channel told of lines that say the same of themselves. rule, account: by which they are booked; or none.

    value: a SKU, words, or a tax as it is kept.
    """

    kind: str
    value: str
    currency: str
    rule: str
    account: str
    minor: int
    lines: int


class BookedSum(msgspec.Struct, frozen=True):
    """What entries that stand post to an account for a kind of line, tax included; debit positive."""

    account: str
    kind: str
    tax_code: str
    currency: str
    minor: int
    tax_minor: int


class TaxBooked(msgspec.Struct, frozen=True):
    """What lines of tax that are booked to an account come to, by the tax that they tell; from the merchant's side.

    tax_code: of the posting that they ride on, where one bears its tax.
    """

    account: str
    kind: str
    tax_code: str
    tax: Tax
    currency: str
    minor: int


class LedgerMove(msgspec.Struct, frozen=True):
    """What objects that were read in a ledger move on an account, without tax; debit positive.

    route_id: whose they are; empty for those that bridge did not make.
    """

    account_id: str
    route_id: str
    currency: str
    minor: int
    objects: int


class Figures(Protocol):
    """Reads all of a time, for whoever asks about that time; sums it where it is.

    since, until: of instants the first, and the first one after it; of days both are included.
    """

    def size(self, connection_id: str, since: datetime, until: datetime) -> int:
        """How many lines the documents have of which a part lies in a time."""
        ...

    def told(
        self, connection_id: str, since: datetime, until: datetime, days: tuple[date, date]
    ) -> tuple[ToldSum, ...]:
        """What the channel told of a time, by kind; without what is gone there. days: those to be booked on."""
        ...

    def groups(
        self, connection_id: str, since: datetime, until: datetime, groups: tuple[tuple[str, ...], ...]
    ) -> tuple[GroupSums, ...]:
        """What lines of each of these groups of kinds come to, by currency."""
        ...

    def largest(
        self, connection_id: str, since: datetime, until: datetime, kinds: tuple[str, ...], limit: int
    ) -> tuple[ToldDocument, ...]:
        """The documents, by order, in which lines of these kinds take most from the merchant."""
        ...

    def values(self, connection_id: str, since: datetime, until: datetime, facet: Facet) -> frozenset[tuple[str, str]]:
        """What lines of a time say of themselves, with their kind, which is empty for a SKU. Memory: each once."""
        ...

    def facets(self, connection_id: str, since: datetime, until: datetime, facet: Facet) -> tuple[FacetSum, ...]:
        """The same, with what they come to, and by which rule they are booked."""
        ...

    def booked(self, route_id: str, since_on: date, until_on: date) -> tuple[BookedSum, ...]:
        """What a route's entries of these days post."""
        ...

    def taxes(self, route_id: str, since_on: date, until_on: date) -> tuple[TaxBooked, ...]:
        """The lines of tax that these entries hold, without those that they take back."""
        ...

    def in_ledger(
        self, ledger: str, account_ids: Sequence[str], since_on: date, until_on: date
    ) -> tuple[LedgerMove, ...]:
        """What objects of these days move on these accounts, as the ledger was last read, by account and route."""
        ...

    def sent_at(self, ledger: str) -> datetime | None:
        """When the last voucher that is there was sent to a ledger; None where none is."""
        ...
