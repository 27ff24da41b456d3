"""Source: reads one kind of channel."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import BinaryIO, Protocol

import msgspec

from bridge.model.documents import DocumentKind, Problem, Witness
from bridge.model.entries import Mode
from bridge.model.lines import Line


class FileUse(StrEnum):
    """What a type of file is good for: to book from, or only to check what is booked."""

    BOOKS = "books"
    CHECKS = "checks"


class FileType(msgspec.Struct, frozen=True):
    """A type of file that a source reads. title: one sentence for people, with where to get it."""

    title: str
    use: FileUse = FileUse.BOOKS


class SourceCapabilities(msgspec.Struct, frozen=True):
    """What a source declares; the host offers users exactly this, and no more.

    modes:      how its documents can be booked; the first is the default. files: what it reads.
    tenders:    (gateway pattern, chart number of the account its money goes through), tried in order with
                ``fnmatch``; empty for a channel that reports no payments of buyers.
    payable:    gateways whose money comes in this channel's own payouts.
    clearing:   the chart number of its clearing account. bank: the chart number of the bank it pays out to.
    prefix:     two to four letters that open the numbers of its vouchers (``AMZ``).
    """

    modes: tuple[Mode, ...]
    files: tuple[FileType, ...]
    clearing: str
    bank: str
    prefix: str
    tenders: tuple[tuple[str, str], ...] = ()
    payable: tuple[str, ...] = ()


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


class DocumentStart(msgspec.Struct, frozen=True):
    """Opens a document: what the channel says of it as a whole.

    total_minor: what the channel says the lines add up to, receipts and repayments aside; the host adds them up and
                 holds the document on any difference. Instants are aware UTC.
    paid_at, as_of, order_id, status: see ``model.documents.Document``.
    payload:     what is kept of the channel's own words: only fields on an allow-list, nothing of a buyer; the
                 documents of one order may share it. Empty: the file holds nothing of buyers, and is kept whole.
    witness:     ``api`` where the file is an answer of the channel's API, saved.
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


class DocumentLines(msgspec.Struct, frozen=True):
    """Some lines of the open document, in file order; a few thousand at most, so that memory stays bounded."""

    lines: tuple[Line, ...]


class DocumentEnd(msgspec.Struct, frozen=True):
    """Closes the open document, with what a person must know (bounded: grouped by cause)."""

    problems: tuple[Problem, ...] = ()


class DocumentCheck(msgspec.Struct, frozen=True):
    """What a file that only checks says of one document: the host compares it with what it holds.

    external_id: may be empty where the file names documents by title alone.
    total_minor: None where the file says nothing of it; it then only proves that the document is there.
    """

    kind: DocumentKind
    external_id: str
    title: str
    currency: str
    total_minor: int | None
    tax_minor: int | None = None


FilePart = DocumentStart | DocumentLines | DocumentEnd | DocumentCheck


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
