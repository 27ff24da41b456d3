"""Documents of channels with their lines, and the raw files they came in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from bridge.model.channel import Window
from bridge.model.documents import Document, DocumentKind, DocumentState, Problem, Witness
from bridge.model.lines import Line
from bridge.store.packing import Content, Lines


class KeptDocument(msgspec.Struct, frozen=True, gc=False):
    """A saved revision, with where it stands with the books.

    lines_minor: the sum of its lines, money in and back aside: what should be its total.
    reason:      stable code of why it is held. problems: what the reader said.
    """

    document: Document
    connection_id: str
    lines_minor: int
    state: DocumentState
    saved_at: datetime
    reason: str = ""
    problems: tuple[Problem, ...] = ()


class Unbooked(msgspec.Struct, frozen=True, gc=False):
    """A document that waits, at its newest revision. opened_at: when it begins."""

    document_id: str
    kind: DocumentKind
    opened_at: datetime


class Stand(msgspec.Struct, frozen=True):
    """What is said of a revision from now on: as of when its channel stood by it, by whom, and what is kept of that.

    vault_hash: of the payload that takes the place of the one kept; empty: that stays.
    """

    as_of: datetime | None
    witness: Witness
    vault_hash: str = ""


class TaxSum(msgspec.Struct, frozen=True, gc=False):
    """What the lines of one tax group, kind and tax base of a revision come to. lines: those that are not zero."""

    group: str
    kind: str
    tax_base: str
    amount_minor: int
    lines: int


class Vault(Protocol):
    def has(self, content_hash: str) -> bool: ...

    def put(self, name: str, content: Content) -> bool:
        """Keep raw bytes; false when already there. name: of the file they are. Memory: a piece."""
        ...

    def write_ahead(self, content_hash: str, number: int, pieces: Sequence[bytes]) -> None:
        """Keep pieces from this number on, counted from 1, of what a later unit puts. Idempotent."""
        ...

    def open(self, content_hash: str) -> Iterator[bytes]:
        """The same bytes, in pieces. Raises: ConfigError when unknown; InvariantError when they do not match."""
        ...

    def contents(self, content_hashes: Sequence[str]) -> Mapping[str, bytes]:
        """Small contents, whole, by their hashes. Bulk. Raises: as ``open``."""
        ...

    def put_many(self, name: str, contents: Collection[Content]) -> int:
        """Keep many small contents; how many were not there already. name: of the file they came from. Bulk."""
        ...

    def seen(self, connection_id: str, hashes: Sequence[str]) -> frozenset[str]:
        """Those of these hashes whose files were taken in for a connection, whether or not their bytes were kept."""
        ...

    def has_seen(self, connection_id: str, content_hash: str) -> bool: ...

    def remember(self, connection_id: str, content_hash: str, name: str) -> None:
        """Say that a file was taken in for this connection. Idempotent."""
        ...


class Documents(Protocol):
    def lock(self, document_id: str) -> None:
        """Be alone with this document until the end of the unit: taken before its state is read to decide on it."""
        ...

    def lock_many(self, document_ids: Iterable[str]) -> None:
        """Be alone with all of these, taken in one order whoever asks; any number of them takes a few locks."""
        ...

    def latest(self, document_id: str) -> KeptDocument | None:
        """Its newest revision."""
        ...

    def revision(self, document_id: str, revision: int) -> KeptDocument | None: ...

    def heads(self, document_ids: Sequence[str]) -> Mapping[str, tuple[KeptDocument, ...]]:
        """Every saved revision of each, newest first; those that are not there are left out. Bulk."""
        ...

    def add_many(self, documents: Sequence[tuple[KeptDocument, Lines | None]]) -> None:
        """Save whole revisions, heads and lines, of as many documents; some hundred at a time. Bulk.

        No lines: they were written ahead, and checked. Nothing of them is saved when it
        raises: StaleError when a revision number is not the next one; PluginError when a key comes twice in a
                document; InvariantError when the lines are not as many, or do not add up, as a head says.
        """
        ...

    def write_ahead(self, document_id: str, revision: int, lines: Lines) -> int:
        """Save some lines of a revision whose head a later unit adds: of a document too large for one unit. Bulk.

        Nobody reads lines without a head. Returns how many they are.
        Raises: StaleError when the head is there; PluginError when a key comes twice.
        """
        ...

    def check_ahead(self, document_id: str, revision: int, line_count: int, lines_minor: int) -> None:
        """Raises: InvariantError when what was written ahead is not as many lines, or does not add up to this."""
        ...

    def clear_ahead(self, document_id: str, revision: int, most: int) -> int:
        """Remove lines that were written ahead and have no head, so many at most; how many there were.

        Raises: StaleError when the head is there.
        """
        ...

    def confirm(self, stands: Mapping[tuple[str, int], Stand]) -> None:
        """The channel stood by the content of these revisions later on, or by a better witness. Bulk."""
        ...

    def set_state(self, document_id: str, revision: int, state: DocumentState, reason: str) -> None: ...

    def set_problems(self, document_id: str, revision: int, problems: Sequence[Problem]) -> None:
        """Say what speaks against a revision, in place of what was said before."""
        ...

    def set_states(self, keys: Sequence[tuple[str, int]], state: DocumentState, reason: str) -> None:
        """The same of many (document id, revision). Raises: InvariantError when one is not there. Bulk."""
        ...

    def with_state(
        self, connection_id: str, *states: DocumentState, kinds: Collection[DocumentKind] = ()
    ) -> tuple[KeptDocument, ...]:
        """Newest revisions in these states, of these kinds where some are named, by closed_at."""
        ...

    def in_series(self, connection_id: str) -> tuple[KeptDocument, ...]:
        """Newest revisions that stand in a series, whatever their state, by closed_at: some hundred a year."""
        ...

    def held_for(
        self, connection_id: str, reasons: Sequence[str], *, since: datetime | None = None
    ) -> tuple[KeptDocument, ...]:
        """Newest revisions held for one of these reasons, by closed_at.

        since: only those paid from then on, or, where nothing says when they were paid, closed from then on.
        """
        ...

    def waiting(
        self,
        connection_id: str,
        state: DocumentState,
        reasons: Sequence[str] | None = None,
        *,
        since: datetime | None = None,
    ) -> tuple[Unbooked, ...]:
        """Newest revisions in a state that is not booked, by when they begin, however many they are.

        reasons: None for any. since: see ``held_for``.
        """
        ...

    def new(self, connection_id: str, limit: int) -> tuple[Unbooked, ...]:
        """The first so many newest revisions that nobody has looked at, by when they begin."""
        ...

    def reasons(self, connection_id: str, state: DocumentState) -> frozenset[str]:
        """For which reasons newest revisions stand in this state, which is not booked. A look-up for each reason."""
        ...

    def newest_of(self, connection_id: str, kinds: Collection[DocumentKind], limit: int) -> tuple[datetime, ...]:
        """When the last so many documents of these kinds were closed, the newest first."""
        ...

    def unlisted(self, window: Window, kinds: Collection[DocumentKind]) -> tuple[tuple[str, str], ...]:
        """(kind, external id) of documents of these kinds that were closed in a window, and are none of its owners.

        Left out is what is gone already.
        """
        ...

    def paying(
        self, connection_id: str, *, totals: Sequence[int] = (), statuses: Sequence[str] = ()
    ) -> tuple[KeptDocument, ...]:
        """Newest revisions of settlements and payouts of one of these totals, and of those in one of these statuses."""
        ...

    def failures(self, connection_id: str) -> tuple[tuple[KeptDocument, int, datetime], ...]:
        """Lines by which newest revisions of settlements and payouts take a payout back: in minor units, and when."""
        ...

    def of_connection(self, connection_id: str, *kinds: DocumentKind) -> Iterator[KeptDocument]:
        """Newest revision of every document of a connection, or of these kinds, by closed_at. Memory: some hundred."""
        ...

    def of_orders(self, connection_id: str, order_ids: Sequence[str], *, plugin: str = "") -> tuple[KeptDocument, ...]:
        """Newest revision of every document that belongs to one of these orders, by order, closed_at and id. Bulk.

        plugin: only those that this one told.
        """
        ...

    def payloads_of_orders(self, connection_id: str, order_ids: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """The hash of every payload that was ever kept of a document of each order, each once, the earliest first.

        Orders of which nothing is kept are left out. Bulk.
        """
        ...

    def titled(self, connection_id: str, kind: DocumentKind, titles: Sequence[str]) -> tuple[KeptDocument, ...]:
        """Newest revision of every document of a kind that bears one of these titles, by closed_at. Bulk."""
        ...

    def bearing(self, connection_id: str, references: Collection[str], kind: str) -> frozenset[str]:
        """The documents in whose newest revision a line of this kind bears one of these references."""
        ...

    def references(self, document_ids: Collection[str], kind: str) -> frozenset[str]:
        """What the lines of this kind in the newest revisions of these refer to."""
        ...

    def with_reference(self, connection_id: str, references: Sequence[str], kind: str) -> Mapping[str, tuple[str, int]]:
        """Which document of a connection holds a line of this kind with each reference, and its newest revision.

        Of several the one that closed last; references that none holds are left out. Bulk.
        """
        ...

    def converted(self, connection_id: str, references: Sequence[str], currency: str) -> Mapping[str, tuple[str, int]]:
        """Tenders of a connection's booked orders and refunds that are in another currency, or buyers paid in another.

        By reference, their currency and minor units; references that none has are left out. Bulk.
        """
        ...

    def sums(self, keys: Sequence[tuple[str, int]], kinds: Sequence[str]) -> Mapping[str, Mapping[str, int]]:
        """What the lines of these kinds add up to, by document id and kind, money in and back aside. Bulk.

        Kinds without a line are left out.
        """
        ...

    def lines_many(self, keys: Sequence[tuple[str, int]]) -> Iterator[tuple[str, tuple[Line, ...]]]:
        """Each document id with all lines of that revision in key order, in the order of the keys.

        Memory: a page, or the largest document. No cursor stays open between two.
        """
        ...

    def lines(self, document_id: str, revision: int, *, kind: str = "") -> Iterator[tuple[Line, ...]]:
        """Pages of lines in key order, of one kind when given. Memory: a page."""
        ...

    def tax_sums(self, document_id: str, revision: int, kinds: Sequence[str] = ()) -> Iterator[TaxSum]:
        """What the tax groups of a revision come to, of these kinds where some are named; sorted by group.

        Lines of no group are left out; groups of nothing but zeros are not.
        """
        ...

    def gateways(self, connection_id: str) -> frozenset[str]:
        """By which gateways buyers paid or were paid back. Reads all lines of a connection: for a person's question."""
        ...
