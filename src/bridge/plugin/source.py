"""Source: reads one kind of channel."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO, Protocol

import msgspec

from bridge.model.documents import DocumentKind, Problem
from bridge.model.entries import Mode
from bridge.model.lines import Line


class SourceCapabilities(msgspec.Struct, frozen=True):
    """What a source declares; the host offers users exactly this, and no more.

    modes:      how its documents can be booked. files: one sentence a file type it reads, for people.
    clearing:   the chart number of its clearing account. bank: the chart number of the bank it pays out to.
    prefix:     two to four letters that open the numbers of its vouchers (``AMZ``).
    """

    modes: tuple[Mode, ...]
    files: tuple[str, ...]
    clearing: str
    bank: str
    prefix: str


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

    total_minor: what the channel says the lines add up to; the host adds them up and holds the document on any
    difference. Instants are aware UTC.
    """

    kind: DocumentKind
    external_id: str
    currency: str
    total_minor: int
    opened_at: datetime
    closed_at: datetime
    pays_at: datetime | None = None
    title: str = ""


class DocumentLines(msgspec.Struct, frozen=True):
    """Some lines of the open document, in file order; a few thousand at most, so that memory stays bounded."""

    lines: tuple[Line, ...]


class DocumentEnd(msgspec.Struct, frozen=True):
    """Closes the open document, with what a person must know (bounded: grouped by cause)."""

    problems: tuple[Problem, ...] = ()


FilePart = DocumentStart | DocumentLines | DocumentEnd


class Source(Protocol):
    """Reads one connection of a channel."""

    def read_file(self, file: SourceFile) -> Iterator[FilePart]:
        """The documents of a file: for each a start, its lines in pieces, an end.

        Memory:  bounded by a piece, whatever the file's size.
        Raises:  DocumentError, also midway, when the file cannot be read whole (truncated, mixed styles,
                 wrong encoding, unknown columns, a file type that does not book); the host then keeps nothing of
                 it and goes on with the next file.
        """
        ...
