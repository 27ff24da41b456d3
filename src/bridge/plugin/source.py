"""Source: reads one kind of channel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import BinaryIO, Protocol, runtime_checkable

import msgspec

from bridge.model.budgets import Limit
from bridge.model.chart import ChartAccount
from bridge.model.documents import Awaits, DocumentKind, Problem, Witness
from bridge.model.entries import Mode
from bridge.model.lines import Line
from bridge.model.series import Series
from bridge.model.tenders import Tender
from bridge.plugin.notices import NoticeTopic
from bridge.plugin.streams import ChannelReport, Stream


class FileUse(StrEnum):
    """What a type of file is good for: to book from, or only to check what is booked."""

    BOOKS = "books"
    CHECKS = "checks"


class FileType(msgspec.Struct, frozen=True):
    """A type of file that a source reads. title: one sentence for people, with where to get it."""

    title: str
    use: FileUse = FileUse.BOOKS


class SourceCapabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a source declares; the host offers users exactly this, and no more.

    modes:      how its documents can be booked; the first is the default. files: what it reads.
    tenders:    by gateway pattern, the account its money goes through and how it comes, tried in order with
                ``fnmatch``; empty for a channel that reports no payments of buyers.
    payable:    gateways whose money comes in this channel's own payouts: these tenders, and no others, are of the class
                ``marketplace_payout``.
    clearing:   the chart number of its clearing account. bank: the chart number of the bank it pays out to.
    accounts:   of its own (its clearing account, a wallet), beside those that bridge recommends to everyone; their
                numbers are free ones of ``model.chart.CHANNEL_NUMBERS``.
    prefix:     two to four letters that open the numbers of its vouchers (``AMZ``).
    unique:     kinds whose ids no two accounts of the channel share: what came for one connection is refused for
                another, so that nothing is booked twice where both are given it.
    joins_orders: the documents of one order are read together, whatever files brought them: the source is an
                ``OrderSource``.
    streams:    what it is asked for; where it declares any, its source is a ``PulledSource``, but of a connection that
                lacks what it takes to ask (a key): that reads files alone.
    reports:    what the channel tells of itself beside documents: where there is any, what is asked is also a
                ``ReportingSource``. tells_balances: it is also a ``BalanceSource``.
    notices:    what it is to send word of: where there is any, what is asked is also a ``NotifyingSource``.
    limits:     what the vendor allows; the host's session keeps to it.
    """

    modes: tuple[Mode, ...]
    files: tuple[FileType, ...]
    clearing: str
    bank: str
    prefix: str
    accounts: tuple[ChartAccount, ...] = ()
    tenders: tuple[Tender, ...] = ()
    payable: tuple[str, ...] = ()
    unique: tuple[DocumentKind, ...] = ()
    joins_orders: bool = False
    streams: tuple[Stream, ...] = ()
    reports: tuple[ChannelReport, ...] = ()
    tells_balances: bool = False
    notices: tuple[NoticeTopic, ...] = ()
    limits: tuple[Limit, ...] = ()


class SourceFile(Protocol):
    """A file a person brought, openable as often as needed."""

    @property
    def name(self) -> str:
        """Its name without folders, for messages."""
        ...

    @property
    def size(self) -> int:
        """Bytes."""
        ...

    @property
    def charset(self) -> str:
        """The charset its download declared; empty when unknown."""
        ...

    def open(self) -> BinaryIO:
        """A new stream from the beginning; the caller closes it."""
        ...


class DocumentStart(msgspec.Struct, frozen=True, kw_only=True):
    """Opens a document: what the channel says of it as a whole.

    total_minor: what the channel says the lines add up to, receipts and repayments aside; the host adds them up and
                 holds the document on any difference. Instants are aware UTC.
    paid_at, agreed_at, as_of, order_id, status: see ``model.documents.Document``.
    payload:     what is kept of the channel's own words: only fields on an allow-list, nothing of a buyer; the
                 documents of one order may share it. Where orders are joined, it holds what counts of the former ones
                 too, for it takes their place where the content is known. Empty: the file holds nothing of buyers, and
                 is kept whole.
    witness:     ``api`` where the file is an answer of the channel's API, saved.
    awaits:      what it cannot be read without and is not at hand; None where it can. It comes without lines, with
                 an ``order_id``, a payload and a blocking problem that says what to bring; it is kept, and read again
                 with everything else of its order. ``ORDER``: with a total of 0, in the currency ``NOT_KNOWN``.
                 ``DETAILS``: with the total that its order shows; without a blocking problem where its order shows it
                 no more, so that nothing is waited for.
    """

    kind: DocumentKind
    external_id: str
    currency: str
    total_minor: int
    opened_at: datetime
    closed_at: datetime
    pays_at: datetime | None = None
    title: str = ""
    paid_at: datetime | None = None
    as_of: datetime | None = None
    order_id: str = ""
    status: str = ""
    payload: bytes = b""
    witness: Witness = Witness.FILE
    awaits: Awaits | None = None
    agreed_at: datetime | None = None


class DocumentLines(msgspec.Struct, frozen=True):
    """Some lines of the open document, in file order; a few thousand at most, so that memory stays bounded."""

    lines: tuple[Line, ...]


class ConcernKind(StrEnum):
    """What a person must look at, because no money moved and the channel's words changed all the same.

    gone:      a refund that a later whole answer about its order does not show any more.
    cancelled: an order that was paid, is cancelled, and was not refunded. binned: the same of one in the bin.
    edited:    an order that was changed after it was paid: what it comes to now is not what was charged.
    charge_unknown: an order that was changed before it was first read; its total is taken as what was charged.
    manual_refund: a refund that the channel did not ask the gateway to pay; it is taken as paid by it all the same.
    refund_unshown: an order that the channel calls refunded, and of which it shows no refund, or less.
    order_gone: a refund that waits for its order, which the channel does not have any more.
    """

    GONE = "gone"
    CANCELLED = "cancelled"
    BINNED = "binned"
    EDITED = "edited"
    CHARGE_UNKNOWN = "charge_unknown"
    MANUAL_REFUND = "manual_refund"
    REFUND_UNSHOWN = "refund_unshown"
    ORDER_GONE = "order_gone"


class Concern(msgspec.Struct, frozen=True):
    """Something about a document that a person must decide: a finding, for as long as the newest words say so.

    at:           when the channel said so first, as far as is known; aware UTC: what a person then has booked is dated
                  that day. amount_minor: what is at stake, from the merchant's side. message: one sentence for people.
    """

    kind: ConcernKind
    at: datetime
    amount_minor: int
    message: str


class DocumentEnd(msgspec.Struct, frozen=True):
    """Closes the open document, with what a person must know (bounded: grouped by cause), and must decide.

    series: of a statement that begins where another ends, what it takes over and hands on. The host compares it with
            those before and after, and tells a person where they disagree or one is missing between them.
    """

    problems: tuple[Problem, ...] = ()
    concerns: tuple[Concern, ...] = ()
    series: Series | None = None


class DocumentCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What a file that only checks says of one document: the host compares it with what it holds.

    external_id: may be empty where the file names documents by title alone.
    total_minor: None where the file says nothing of it; it then only proves that the document is there.
    at:          when the channel made the document, aware UTC, where the file says so: of a channel that is asked, what
                 is later than it was read is not expected to be there yet.
    """

    kind: DocumentKind
    external_id: str
    title: str
    currency: str
    total_minor: int | None
    tax_minor: int | None = None
    at: datetime | None = None


class FileNotes(msgspec.Struct, frozen=True):
    """What a person must know of a file as a whole, between its documents; it holds none of them, so none is blocking.

    problems: bounded, grouped by cause.
    """

    problems: tuple[Problem, ...]


FilePart = DocumentStart | DocumentLines | DocumentEnd | DocumentCheck | FileNotes


class Source(Protocol):
    """Reads one connection of a channel."""

    def read_file(self, file: SourceFile) -> Iterator[FilePart]:
        """The documents of a file: for each a start, its lines in pieces, an end; or its checks, one a document.

        Memory:  bounded by a piece, whatever the file's size.
        Raises:  DocumentError, also midway, when the file cannot be read whole (truncated, mixed styles,
                 wrong encoding, unknown columns, a file type that does not book); the host then keeps nothing of
                 it and goes on with the next file.
        """
        ...


class StandIn(msgspec.Struct, frozen=True):
    """What a person says of what nobody can bring: the refunds that wait for it are then free amounts.

    currency, gateway: of an order that is missing. Where it is there, it tells both.
    """

    currency: str
    gateway: str


@runtime_checkable
class OrderSource(Source, Protocol):
    """A source whose documents of one order hang together: refunds are priced by it, edits by what was paid for it."""

    def read_order(
        self, order_id: str, payloads: Sequence[bytes], stand_in: StandIn | None = None
    ) -> Iterator[FilePart]:
        """All documents of one order, its refunds and fees, from everything that was ever kept of them.

        payloads: every payload kept of a document with this ``order_id``, each once, the earliest first: former
                  contents of the order too, so that what was charged and when it changed is known. The order itself
                  may be missing. stand_in: what its refunds wait for is missing for good.
        Pure:     the same payloads give the same documents, in whatever files and turns they came.
        Raises:   DocumentError, as ``read_file``.
        """
        ...
