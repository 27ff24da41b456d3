"""The store as services know it: a unit of work and its parts.

A unit of work is opened for one organisation and saved together or not at all; it writes one audit row,
hash-chained, that names everything it changed, but for operational rows (leases, budgets, runs): a unit that wrote
nothing else leaves none. No network call happens inside one. Mutators are idempotent where they say so, and lose
a race with ``StaleError`` rather than overwrite.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from typing import Final, Protocol

import msgspec

from bridge.model import hindrances
from bridge.model.budgets import Use
from bridge.model.channel import Asking, ChannelFacts, Inquiry, KeptChannelFacts, Window
from bridge.model.connections import Connection, ConnectionState, Route
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.documents import Document, DocumentKind, DocumentState, Problem, Witness
from bridge.model.duties import Duty, DutyKind
from bridge.model.entries import Fate, JournalEntry, Mode, OpenLegs, Purpose, Reversal, Slot
from bridge.model.facts import LedgerFacts
from bridge.model.findings import Finding, FindingState, Instruction, InstructionKind, KeptFinding
from bridge.model.leases import Lease, LeaseKind
from bridge.model.lines import Line
from bridge.model.notices import Notice
from bridge.model.openings import AgreedOpening
from bridge.model.organisations import Organisation, Used
from bridge.model.pauses import Pause, Scope
from bridge.model.pending import Pending
from bridge.model.people import Invitation, KeptPerson, Role, Seat, Session, Ticket, TicketKind
from bridge.model.readings import LedgerReading
from bridge.model.reports import Reading
from bridge.model.reviews import Assignment, Review, SignOff
from bridge.model.rules import RuleSet
from bridge.model.runs import Run
from bridge.model.summaries import CheckSummary, KeptSummary, Summary
from bridge.model.vouchers import LedgerCopy
from bridge.store.packing import Content, Lines

_writing: ContextVar[bool] = ContextVar("bridge_writing", default=False)


def is_writing() -> bool:
    """Whether a unit of work that writes is open here: others wait for it, so nothing slow may be done."""
    return _writing.get()


@contextmanager
def writing() -> Iterator[None]:
    """Within, a unit of work writes; every store says so of its units."""
    before = _writing.set(True)
    try:
        yield
    finally:
        _writing.reset(before)


class SealedCredential(msgspec.Struct, frozen=True):
    """A connection's secret, sealed; ``version`` rises with every save.

    expires_at: of the access token. refresh_expires_at: of what it is renewed by, if it is not renewed before.
    consent_ends_at: what no renewal moves. None where the vendor sets no end, or none is known.
    """

    connection_id: str
    version: int
    sealed: bytes
    expires_at: datetime | None
    refresh_expires_at: datetime | None = None
    consent_ends_at: datetime | None = None


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


class Stand(msgspec.Struct, frozen=True):
    """What is said of a revision from now on: as of when its channel stood by it, by whom, and what is kept of that.

    vault_hash: of the payload that takes the place of the one kept; empty: that stays.
    """

    as_of: datetime | None
    witness: Witness
    vault_hash: str = ""


class PlacedLine(msgspec.Struct, frozen=True, gc=False):
    """Where a line stands: the revision it is known by, and its posting, or the reason it is excluded."""

    revision: int
    entry_id: str = ""
    posting: int = 0
    reason: str = ""


class TaxSum(msgspec.Struct, frozen=True, gc=False):
    """What the lines of one tax group, kind and tax base of a revision come to. lines: those that are not zero."""

    group: str
    kind: str
    tax_base: str
    amount_minor: int
    lines: int


class Reserve(msgspec.Struct, frozen=True):
    """What one document's booked lines did to a reserve account.

    given_back_minor: of reserves held before, since given_back_at; held_minor: held back now. Both positive.
    """

    document_id: str
    revision: int
    closed_at: datetime
    currency: str
    given_back_minor: int
    held_minor: int
    given_back_at: datetime | None


class KeptEntry(msgspec.Struct, frozen=True):
    """An entry of a chain; ``is_live`` is false once it was replaced before it was sent."""

    entry: JournalEntry
    is_live: bool
    made_at: datetime


class Outline(msgspec.Struct, frozen=True, gc=False):
    """What an entry is, without its postings."""

    made_at: datetime
    booked_on: date
    narration: str
    currency: str
    mode: Mode
    purpose: Purpose


class OpenEntry(msgspec.Struct, frozen=True):
    """What a live entry adds to what the buyer of an order owes; below nothing where it settles."""

    entry_id: str
    booked_on: date
    owed_by_minor: int


class Standing(msgspec.Struct, frozen=True):
    """How many vouchers of a route stand in a state for a reason."""

    state: DeliveryState
    route_id: str
    reason: str
    count: int


class Chain(msgspec.Struct, frozen=True):
    """A slot's chain of entries.

    live:        those that stand, by number. number: of its last entry, replaced ones included; 0 where there is none.
    sent_before: how many come before the next one in the ledger: one more than the last that is there, or may be, was
                 told. Not their count: where a person withdrew one between two that were sent, that would be told anew.
    rounds:      the latest in which a voucher was tried, by how many had been sent before it.
    """

    live: tuple[KeptEntry, ...] = ()
    number: int = 0
    sent_before: int = 0
    rounds: Mapping[int, int] = {}

    def from_round(self, sent_before: int) -> int:
        """Above every round in which a voucher of this slot was tried when so many had been sent before; 0 if none."""
        return self.rounds.get(sent_before, -1) + 1


class OpenLine(msgspec.Struct, frozen=True, gc=False):
    """A line of a revision that is to be booked. has_fate: of an entry that gave way; it is overwritten."""

    document_id: str
    revision: int
    line: Line
    has_fate: bool


class StandingLine(msgspec.Struct, frozen=True, gc=False):
    """A line as it is booked, and the posting of an entry that it stands in."""

    document_id: str
    revision: int
    line: Line
    entry_id: str
    posting: int


class Revised(msgspec.Struct, frozen=True):
    """The revisions of documents that are to be booked, and what of the entries they were booked in goes.

    keys:       (document id, revision). is_new: no line of them ever had a fate. giving_way: entries that are
                replaced, whose lines are open again. taken_back: entries of which every line is taken back, whether
                or not it changed.
    within:     only lines whose key lies behind the first of these, up to and with the second; empty for no end.
    """

    keys: tuple[tuple[str, int], ...]
    is_new: bool
    giving_way: tuple[str, ...] = ()
    taken_back: tuple[str, ...] = ()
    within: tuple[str, str] = ("", "")


class Difference(msgspec.Struct, frozen=True):
    """One object on which baseline and ledger disagree; either side may be missing.

    ours, theirs: (type, number, dated_on ISO, currency, total_minor, lines_hash, is_voided, marks_hash).
    """

    ref: str
    voucher_id: str
    ours: tuple[str, str, str, str, int, str, bool, str] | None
    theirs: tuple[str, str, str, str, int, str, bool, str] | None


class ClearingMove(msgspec.Struct, frozen=True):
    """What one object in the ledger does now to one account.

    entry_id, route_id: empty for an object that is not ours. settles, open_minor: see ``LedgerCopy``.
    """

    ref: str
    type: str
    number: str
    dated_on: date
    amount_minor: int
    entry_id: str
    route_id: str = ""
    currency: str = ""
    settles: tuple[str, ...] = ()
    open_minor: int | None = None

    @property
    def called(self) -> str:
        """The object for people."""
        return f"{self.type} {self.number or self.ref}"


class Shown(msgspec.Struct, frozen=True, gc=False):
    """What one object in the ledger does now to every account, by ledger id; see ``LedgerCopy``."""

    dated_on: date
    settles: tuple[str, ...]
    open_minor: int | None
    amounts: Mapping[str, int]


class Touched(msgspec.Struct, frozen=True):
    """What units of work wrote: entries or fates of their lines, documents, vouchers, all by id.

    objects: of which the ledger acknowledged something, as (ref, ledger).
    """

    entries: frozenset[str]
    documents: frozenset[str]
    vouchers: frozenset[str]
    objects: frozenset[tuple[str, str]]


class AuditRow(msgspec.Struct, frozen=True):
    """One unit of work in the audit log. notes: JSON list of [action, subject, detail]. hash covers all and prev."""

    seq: int
    at: datetime
    actor: str
    notes: str
    prev_hash: str
    hash: str


SEALED: Final = "sealed"
"""The note of an audit row about the digests of what its unit wrote."""


class Unvouched(msgspec.Struct, frozen=True):
    """Something of which the audit log says otherwise. seq: the audit row that wrote it last; 0 where none did.

    kind: for people (``document``, ``entry``). subject: its key. fault: what is the matter, a phrase.
    """

    kind: str
    subject: str
    fault: str
    seq: int


class WaitingVouchers(msgspec.Struct, frozen=True):
    """Vouchers of a route that stand alike: how many, what their entries come to, and the first day of these."""

    state: DeliveryState
    reason: str
    currency: str
    count: int
    minor: int
    oldest_on: date


class WaitingDocuments(msgspec.Struct, frozen=True):
    """Documents in one currency that are not booked: how many, their totals added up, and when the first closed."""

    currency: str
    count: int
    minor: int
    oldest_at: datetime


class Client(msgspec.Struct, frozen=True):
    """What is kept of one organisation for a look at many. summaries: by route id."""

    organisation: str
    routes: tuple[Route, ...]
    connections: tuple[Connection, ...]
    pauses: tuple[Pause, ...]
    duties: tuple[Duty, ...]
    summaries: Mapping[str, KeptSummary]


class Head(msgspec.Struct, frozen=True):
    """How far an audit log goes: the number of its newest row, when that was written, and its hash."""

    seq: int
    at: datetime
    hash: str


class Connections(Protocol):
    def put(self, connection: Connection) -> bool:
        """Insert or replace by name; true when something changed.

        Raises: ConfigError when another connection already holds this (plugin, account).
        """
        ...

    def get(self, name: str) -> Connection:
        """Raises: ConfigError when there is none of that name."""
        ...

    def all(self) -> tuple[Connection, ...]: ...

    def set_state(self, name: str, state: ConnectionState, reason: str) -> None: ...

    def shut(self, name: str, reason: str) -> None:
        """Bridge is let in no more. One that does not work already keeps its state, reason and instant."""
        ...

    def credential(self, connection_id: str) -> SealedCredential | None: ...

    def put_credential(self, credential: SealedCredential) -> None:
        """Save version n over version n - 1 (or as the first). Raises: StaleError when another came first."""
        ...

    def reseal(self, kept: SealedCredential, sealed: bytes) -> bool:
        """Save the same secret under another key; False when it was saved, or forgotten, meanwhile.

        Its version stays: who is refreshing it just now has a new one to save over it, which nobody else knows.
        """
        ...

    def forget_credential(self, connection_id: str) -> bool:
        """Whether there was one."""
        ...


class Consents(Protocol):
    """Sign-ins at vendors that people began in a browser, sealed, each under a hash of its secret.

    The rows are operational: they stand outside the audit log, which tells what each came to.
    """

    def put(self, key_hash: str, sealed: bytes, until: datetime) -> None: ...

    def get(self, key_hash: str, now: datetime) -> bytes | None:
        """None for none of that hash, and for one that lapsed."""
        ...

    def take(self, key_hash: str) -> bool:
        """Remove it; False where somebody came first."""
        ...

    def forget(self, now: datetime) -> None:
        """Remove those that lapsed."""
        ...


class Routes(Protocol):
    def put(self, route: Route) -> bool:
        """Insert or replace by name; true when something changed."""
        ...

    def get(self, name: str) -> Route:
        """Raises: ConfigError when there is none of that name."""
        ...

    def by_id(self, route_id: str) -> Route: ...

    def all(self) -> tuple[Route, ...]: ...


class RuleSets(Protocol):
    def versions(self, name: str) -> tuple[RuleSet, ...]:
        """Every version of a set, oldest first."""
        ...

    def add(self, rules: RuleSet) -> None:
        """Save the next version. Raises: StaleError when its number is taken."""
        ...


class Facts(Protocol):
    def latest(self, connection: str) -> LedgerFacts | None: ...

    def put(self, facts: LedgerFacts) -> None: ...


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
    ) -> tuple[tuple[str, DocumentKind], ...]:
        """(id, kind) of newest revisions in a state that is not booked, by closed_at, however many they are.

        reasons: None for any. since: see ``held_for``.
        """
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


class Entries(Protocol):
    def chain(self, slot: Slot, *, live_only: bool = False) -> tuple[KeptEntry, ...]:
        """The entries of a slot by number, replaced ones included unless only live ones are asked for."""
        ...

    def chains(self, slots: Collection[Slot], unsent: Collection[DeliveryState]) -> Mapping[Slot, Chain]:
        """The chain of each slot. unsent: states of vouchers that never were in the ledger. Bulk."""
        ...

    def add(self, entry: JournalEntry) -> None:
        """Save the next of its chain. Raises: StaleError when its number is taken."""
        ...

    def add_many(self, entries: Sequence[JournalEntry], *, is_live: bool = True) -> None:
        """The same of many. is_live: false for those whose lines follow in further units, until ``make_live``. Bulk."""
        ...

    def make_live(self, entry_ids: Sequence[str]) -> None:
        """Let entries stand whose lines are all bound. Raises: StaleError when one is not there, or stands already."""
        ...

    def replace(self, entry_ids: Sequence[str]) -> None:
        """Unsent entries stand no longer, and their lines are open again. Bulk.

        What they had taken back must be taken back by whatever takes their place (``retaken``).
        Raises: StaleError when one does not stand.
        """
        ...

    def get(self, entry_id: str) -> KeptEntry:
        """Raises: ConfigError when there is none."""
        ...

    def days(self, entry_ids: Sequence[str]) -> Mapping[str, date]:
        """On which day each was booked, by id; those that are not there are left out. Bulk."""
        ...

    def outlines(self, entry_ids: Sequence[str]) -> Mapping[str, Outline]:
        """What each is, by id; those that are not there are left out. Bulk."""
        ...

    def get_many(self, entry_ids: Sequence[str]) -> Mapping[str, KeptEntry]:
        """The same of many, by id; those that are not there are left out. Bulk."""
        ...

    def beginning(self, text: str) -> tuple[str, ...]:
        """The ids that begin so."""
        ...

    def of_document(self, document_id: str) -> tuple[KeptEntry, ...]: ...

    def of_documents(self, document_ids: Sequence[str]) -> Mapping[str, tuple[KeptEntry, ...]]:
        """The same of many, by document; those without entries are left out. Bulk."""
        ...

    def of_group(self, route_id: str, group: str) -> tuple[KeptEntry, ...]:
        """The live entries of a route whose slots are of a group: a settlement, a payout, an order or a day."""
        ...

    def of_route(self, route_id: str, *, live_only: bool = True) -> Iterator[KeptEntry]: ...

    def touched(self, route_id: str) -> frozenset[tuple[str, str]]:
        """The accounts of our chart that the live entries of a route went to, with the kinds of those postings."""
        ...

    def with_kind(self, route_id: str, *kinds: str, amounts: Sequence[int] | None = None) -> tuple[KeptEntry, ...]:
        """The live entries of a route with a posting of one of these kinds, by slot.

        kinds: of ``model.entries.MOVING``; no other is looked for. amounts: of the posting, where some are named.
        """
        ...

    def reserves(self, route_id: str, account: str, kind: str) -> tuple[Reserve, ...]:
        """What the lines of a kind that are booked to an account of a route come to, by document and currency."""
        ...

    def have_fates(self, document_ids: Sequence[str]) -> bool:
        """Whether a line of one of these documents has a fate, also by an entry that gave way. Bulk."""
        ...

    def open_lines(self, revised: Revised) -> Iterator[tuple[OpenLine, ...]]:
        """Pages of the lines that no entry which stands holds as they now are, in the order of document and key.

        New ones, those of entries that gave way or are about to, and changed ones. Compared in SQL. Memory: a page.
        """
        ...

    def key_behind(self, document_id: str, revision: int, after: str, count: int) -> str:
        """The key of the line that is so many behind another; empty where there are not as many."""
        ...

    def undone_lines(self, revised: Revised) -> Iterator[tuple[StandingLine, ...]]:
        """Pages of what stands in entries that stay and is otherwise now, or gone; in the order of document and key."""
        ...

    def lines_in(self, entry_ids: Sequence[str]) -> Iterator[tuple[StandingLine, ...]]:
        """Pages of the lines that entries hold, at the revision they are booked by. Bulk."""
        ...

    def gone(self, slots: Collection[Slot]) -> tuple[str, ...]:
        """The entries of these slots, and of those beside them in a group, that do not stand, or not yet. Bulk."""
        ...

    def retaken(self, entry_ids: Sequence[str], within: tuple[str, str]) -> Iterator[tuple[StandingLine, ...]]:
        """Pages of what entries have taken back, by where it is booked. within: as of ``Revised``. Bulk."""
        ...

    def forget_taken(self, lines: Sequence[StandingLine]) -> None:
        """These lines are taken back by no entry any more. Bulk."""
        ...

    def bind(self, bound: Sequence[tuple[OpenLine | StandingLine, Fate]]) -> None:
        """Give each line its fate, in place of that by an entry that gave way. Bulk; the entries may come later.

        Raises: InvariantError when a line already has a live fate (the schema refuses it).
        """
        ...

    def settle_fates(self, revised: Revised) -> None:
        """The fates of revised documents, once what stood is taken back and every open line bound.

        Those left are the revision's now; those of lines that are gone go. Bulk.
        """
        ...

    def fates_of(self, document_ids: Sequence[str]) -> Mapping[str, Mapping[str, PlacedLine]]:
        """Where every line of these documents stands: by document id and line key; of some documents, nowhere.

        Memory: the fates of these documents.
        """
        ...

    def documents_in(self, entry_ids: Sequence[str]) -> frozenset[str]:
        """The ids of all documents of which a line is booked in one of these entries."""
        ...

    def entries_with(self, document_ids: Sequence[str]) -> frozenset[str]:
        """The ids of all entries that book a line of one of these documents, booked it once, or take one back."""
        ...

    def take_back(self, reversals: Sequence[tuple[str, Reversal]]) -> None:
        """Lines of earlier revisions, by document id, are un-booked by another posting; their fates are free. Bulk.

        Raises: InvariantError when a line is taken back twice.
        """
        ...

    def add_open_legs(self, route_id: str, legs: Mapping[str, Mapping[str, OpenLegs]]) -> None:
        """Keep what new entries have open, by entry and order. Gone when one is replaced. Bulk."""
        ...

    def open_legs(
        self, route_id: str, order_ids: Sequence[str], *, beside: Sequence[str] = ()
    ) -> Mapping[str, OpenLegs]:
        """What the live entries of a route, but for these, have open of these orders, of those that have any. Bulk."""
        ...

    def open_by_entry(
        self, route_id: str, order_ids: Sequence[str], *, beside: Sequence[str] = ()
    ) -> Mapping[str, tuple[OpenEntry, ...]]:
        """Which live entries of a route, but for these, change what buyers owe, by order; by day, then as made.

        Bulk.
        """
        ...

    def taken_back_by(self, entry_id: str, posting: int) -> Iterator[tuple[Line, ...]]:
        """Pages of the lines of earlier revisions that a posting takes back; posting 0 for those of every posting."""
        ...

    def lines_of(self, entry_id: str, posting: int) -> Iterator[tuple[Line, ...]]:
        """Pages of the lines a posting sums, those taken back since included; posting 0 for those of every posting.

        A posting is minus the sum of these lines, plus the sum of those it takes back.
        """
        ...

    def exclusions(self, document_id: str) -> tuple[tuple[str, int, int], ...]:
        """(reason, how many lines, sum of their minor units) of a document."""
        ...

    def some_lines_of(self, entry_id: str, posting: int, limit: int) -> tuple[Line, ...]:
        """The first of ``lines_of``, so many at most; the others are not read."""
        ...

    def has_lines(self, entry_id: str, posting: int, since: datetime | None, until: datetime | None) -> bool:
        """Whether ``lines_of`` has one of this time; None for no end. until: the first instant after it."""
        ...

    def some_documents_in(self, entry_id: str, limit: int) -> tuple[tuple[str, ...], int]:
        """The first of ``documents_in`` by id, so many at most, and how many there are."""
        ...


class Deliveries(Protocol):
    def add(self, delivery: Delivery) -> None: ...

    def add_many(self, deliveries: Sequence[Delivery]) -> None:
        """The same of many. Raises: StaleError when one is already there. Bulk."""
        ...

    def get(self, voucher_id: str) -> Delivery:
        """Raises: ConfigError when there is none."""
        ...

    def get_many(self, voucher_ids: Sequence[str]) -> Mapping[str, Delivery]:
        """The same of many, by id; those that are not there are left out. Bulk."""
        ...

    def of_entry(self, entry_id: str) -> tuple[Delivery, ...]: ...

    def of_entries(self, entry_ids: Sequence[str]) -> Mapping[str, tuple[Delivery, ...]]:
        """The same of many, by entry; those without deliveries are left out. Bulk."""
        ...

    def refs(self, voucher_ids: Sequence[str]) -> Mapping[str, str]:
        """The ledger's ids of these vouchers, of those that have one. Bulk."""
        ...

    def named(self, name: str) -> tuple[Delivery, ...]:
        """Those of this number, or with this id in a ledger."""
        ...

    def beginning(self, text: str) -> tuple[str, ...]:
        """The voucher ids that begin so."""
        ...

    def move(self, before: Delivery, after: Delivery, *, epoch: int | None = None) -> None:
        """Compare-and-swap: save ``after`` where the row still stands as ``before``.

        What is compared: state, round, attempts, epoch, due_at.

        A delivery may also stay in its state (another due date, another reason) until it is delivered or withdrawn.

        epoch: of the lease under which delivery moves it; checked against the lease row in the same statement.
        Raises: StaleError when another moved it or the lease was lost; InvariantError for an unknown move, or for
                another voucher while it is sending or in doubt.
        """
        ...

    def move_many(self, moves: Sequence[tuple[Delivery, Delivery]], *, epoch: int | None = None) -> frozenset[str]:
        """The same of many of one ledger, (before, after) each: the ids of those that were moved. Bulk.

        What others moved meanwhile is left as it stands, and so is everything when the lease was lost.
        Raises: InvariantError as ``move``, and for any other voucher than before.
        """
        ...

    def due(self, ledger: str, now: datetime, limit: int) -> tuple[Delivery, ...]:
        """Owed, sending or in doubt, due by now, the oldest first.

        An owed voucher that waits for another to be delivered or withdrawn is left out.
        """
        ...

    def next_due(self, ledger: str) -> datetime | None:
        """When the next owed, sending or in-doubt voucher of this ledger comes due; None when there is none.

        A voucher that waits for another to be delivered or withdrawn is not counted; 1970 means at once.
        """
        ...

    def with_state(self, ledger: str, *states: DeliveryState, reasons: Collection[str] = ()) -> tuple[Delivery, ...]:
        """Those in these states, for one of these reasons where some are named; by their date."""
        ...

    def of_route(self, route_id: str) -> Iterator[Delivery]: ...

    def reach(self, route_ids: Sequence[str], ledger: str, account_id: str) -> bool:
        """Whether what a ledger acknowledged of these routes went to one of its accounts."""
        ...

    def contacts(self, route_ids: Sequence[str], ledger: str) -> frozenset[str]:
        """Whom a ledger named on what it acknowledged of these routes, by its own ids."""
        ...

    def standing(self, ledger: str, *states: DeliveryState) -> tuple[Standing, ...]:
        """How many stand in each of these states, by route and reason; none is read itself."""
        ...

    def put_baseline(self, voucher_id: str, entry_id: str, ledger: str, copy: LedgerCopy) -> None:
        """Keep the ledger's echo of a delivered voucher. Idempotent."""
        ...

    def put_baselines(self, ledger: str, echoes: Sequence[tuple[str, str, LedgerCopy]]) -> None:
        """The same of many: (voucher id, entry id, echo). Raises: InvariantError where one is another's. Bulk."""
        ...

    def owners(self, ledger: str, refs: Collection[str]) -> Mapping[str, str]:
        """Whose baseline these objects are: the ledger's id to the voucher's, of those that are any's. Bulk."""
        ...

    def baseline(self, ledger: str, ref: str) -> LedgerCopy | None: ...

    def forget_baseline(self, voucher_id: str) -> None:
        """Its object is not in the ledger any more, as a person wanted."""
        ...

    def behind(self, voucher_ids: Sequence[str]) -> tuple[Delivery, ...]:
        """Those that had to wait for one of these."""
        ...


class Leases(Protocol):
    """Who alone does what. The rows are operational: they stand outside the audit log."""

    def take(
        self,
        kind: LeaseKind,
        subject: str,
        holder: str,
        now: datetime,
        until: datetime,
        *,
        instead_of: Lease | None = None,
    ) -> Lease | None:
        """Become the holder (a new epoch) when free, lapsed or already ours; None while another holds it.

        instead_of: a lease whose holder is known to be dead; it is taken as if it had lapsed, if it still stands.
        """
        ...

    def get(self, kind: LeaseKind, subject: str) -> Lease | None:
        """The lease as it stands, lapsed or not; None when it is free."""
        ...

    def all(self) -> tuple[Lease, ...]:
        """Every lease that somebody holds, lapsed or not."""
        ...

    def last_at(self, now: datetime) -> datetime | None:
        """When a lease was last taken, by the clock of whoever took it, later ones than now aside; None for never."""
        ...

    def renew(self, lease: Lease, until: datetime) -> Lease:
        """Raises: StaleError when it was lost."""
        ...

    def release(self, lease: Lease) -> None:
        """Give it back; nothing happens when it was lost."""
        ...


class Duties(Protocol):
    """What is to be done again and again. The rows are operational: they stand outside the audit log."""

    def all(self) -> tuple[Duty, ...]:
        """Every one, by kind and subject."""
        ...

    def due(self, now: datetime) -> tuple[Duty, ...]:
        """Those that are due, the oldest first, stopped ones too."""
        ...

    def get(self, kind: DutyKind, subject: str) -> Duty | None: ...

    def put(self, duty: Duty) -> None:
        """Save a new one, or one with another rhythm; how often it was asked for stays. Repeat: harmless."""
        ...

    def remove(self, kind: DutyKind, subject: str) -> None:
        """Nobody calls for it any more. Repeat: harmless."""
        ...

    def ask(self, kind: DutyKind, subject: str, at: datetime) -> None:
        """Have it come due at that instant at the latest, also where it is being done just now."""
        ...

    def end(self, duty: Duty, asked_at: datetime) -> None:
        """Save how a turn of it ended, and when it is due next: at that instant, where it was asked for meanwhile."""
        ...


class Pauses(Protocol):
    """What people stopped: for this organisation, or for all of them."""

    def all(self) -> tuple[Pause, ...]:
        """Both, those for all first."""
        ...

    def add(self, pause: Pause) -> bool:
        """False when that is paused already: whoever came first is named."""
        ...

    def lift(self, scope: Scope, subject: str, by: str, *, is_everywhere: bool = False) -> bool:
        """False when nothing of it was paused."""
        ...


class Organisations(Protocol):
    """Which there are, and what is due, fails or is left of any of them: for whoever works for all.

    Nothing else of the store looks beyond its own organisation.
    """

    def all(self) -> tuple[Organisation, ...]:
        """Every one, by name; the operator's first one also where nobody added it."""
        ...

    def get(self, name: str) -> Organisation:
        """Raises: ConfigError ``organisation.unknown``."""
        ...

    def put(self, organisation: Organisation) -> None:
        """Save it, new or changed. Repeat: harmless."""
        ...

    def due(self, now: datetime) -> tuple[tuple[str, Duty], ...]:
        """What is due of every organisation, the oldest first, each with whose it is."""
        ...

    def begun(self, names: Sequence[str]) -> Mapping[tuple[str, str], Lease]:
        """The leases of their duties that somebody holds, lapsed or not, by organisation and the duty's name."""
        ...

    def standings(self, names: Sequence[str]) -> Mapping[str, hindrances.Standing]:
        """What may keep their duties from being begun."""
        ...

    def route_texts(self) -> Mapping[str, tuple[str, ...]]:
        """The routes of all organisations as they are kept, by organisation: who looks again sees what changed."""
        ...

    def working(self) -> tuple[Lease, ...]:
        """Workers, by the leases on their places, lapsed or not."""
        ...

    def failing(self) -> tuple[tuple[str, Duty], ...]:
        """The duties that were kept from their connection the last time, each with whose it is."""
        ...

    def connections(self) -> tuple[tuple[str, Connection], ...]:
        """All connections of all organisations, each with whose it is."""
        ...

    def used(self, month: str) -> tuple[tuple[str, Used], ...]:
        """What a month took, of every organisation, by name."""
        ...

    def tables(self) -> tuple[str, ...]:
        """What rows of an organisation may be in; what refers to others comes before them. Not its own row."""
        ...

    def told(self) -> tuple[str, ...]:
        """Those of them of which an export tells: nothing that is secret, or only of the moment; files apart."""
        ...

    def rows(self, table: str) -> Iterator[Mapping[str, object]]:
        """This organisation's rows of a table by their key, each as what its columns hold."""
        ...

    def erase_some(self, name: str, table: str, most: int) -> int:
        """Delete so many of its rows at most, for good. Returns how many. Only of one that leaves."""
        ...

    def forget(self, name: str) -> None:
        """Delete its own row, the last of it."""
        ...


class Usage(Protocol):
    """What a month took. The rows are operational: they stand outside the audit log."""

    def add(self, used: Iterable[Used]) -> None:
        """Count these on top of what is there."""
        ...

    def all(self) -> tuple[Used, ...]:
        """Of this organisation, the newest month first."""
        ...


class Budgets(Protocol):
    """What is spent of the vendors' limits, by all organisations: a limit is the vendor's, whoever calls.

    The rows are operational: they stand outside the audit log.
    """

    def uses(self, plugin: str, account: str) -> Mapping[tuple[str, int], tuple[Use, ...]]:
        """What is spent of an account's limits, by (what, seconds); account: empty for those of the application.

        Nobody else reads or changes them until the end of the unit.
        """
        ...

    def put(self, plugin: str, account: str, what: str, seconds: int, uses: tuple[Use, ...]) -> None:
        """Write down what is spent of a limit, after ``uses`` in the same unit."""
        ...


class LedgerCopies(Protocol):
    """The ledger as last observed, and its comparison with the baseline, in SQL."""

    def clear(self, ledger: str) -> None:
        """Forget what was observed, and what it covers; not what is known to be deleted."""
        ...

    def add(self, ledger: str, copies: Sequence[LedgerCopy]) -> None:
        """Upsert by ref. Bulk."""
        ...

    def remove(self, ledger: str, refs: Sequence[str], *, is_deleted: bool = False) -> None:
        """Take these out, where they are there. is_deleted: the ledger says so; of ours that is remembered. Bulk."""
        ...

    def deleted(self, ledger: str) -> frozenset[str]:
        """The objects of ours that the ledger once said are deleted, and that have not come by since."""
        ...

    def covered(self, ledger: str) -> LedgerReading | None:
        """What the copies cover; None where they were never read in full."""
        ...

    def cover(self, ledger: str, reading: LedgerReading) -> None:
        """Say what they cover from now on."""
        ...

    def learn_marks(self, ledger: str) -> None:
        """Objects of ours whose marks were never kept (they are older than that) take those that stand now as told."""
        ...

    def read_after(self, ledger: str, seq: int) -> frozenset[str]:
        """The entries of ours of whose objects one was read when there were so many audit rows, or later."""
        ...

    def get(self, ledger: str, ref: str) -> LedgerCopy | None: ...

    def differences(self, ledger: str) -> Iterator[Difference]:
        """Objects of ours (baseline) that are missing or differ now. One pass in SQL; only these reach Python."""
        ...

    def strangers(
        self, ledger: str, account_ids: Collection[str], contacts: Collection[str], since_on: date
    ) -> Iterator[LedgerCopy]:
        """Objects that are not ours but touch these accounts, name these contacts, carry our key or bear our number.

        Of what is dated before ``since_on`` none: it is there for a route that began earlier.
        """
        ...

    def settling(self, ledger: str, refs: Collection[str]) -> Iterator[LedgerCopy]:
        """Objects, ours or not, that pay one of these or are set against it; none that is voided."""
        ...

    def moving(self, ledger: str, account_id: str, amounts: Collection[int]) -> Iterator[LedgerCopy]:
        """Objects that are not ours, are not voided, and move an account by one of these amounts each."""
        ...

    def twins(self, ledger: str, copies: Sequence[LedgerCopy]) -> Mapping[str, tuple[str, str]]:
        """Which object of ours each of these copies, by the copy's ref: (ref, voucher id). Bulk.

        That with the same key, else with the same number, else of the same date and lines; those that copy none are
        left out.
        """
        ...

    def shown(self, ledger: str, refs: Sequence[str]) -> Mapping[str, Shown]:
        """What each of these objects does now, by ref; without those that are not there, or voided. Bulk."""
        ...

    def answered(self, ledger: str) -> Mapping[str, str]:
        """By ref, whose route an object of ours is that an object of others pays or is set against, if that counts."""
        ...

    def clearing(
        self, ledger: str, account_id: str, since_on: date, without: Container[str] = ()
    ) -> Iterator[ClearingMove]:
        """Every move on an account now, by date: all of ours, and those of others from ``since_on`` on.

        without: entries of ours, by id, whose objects are left out.
        """
        ...

    def as_much(
        self, ledger: str, account_id: str, route_ids: Sequence[str], amounts: Sequence[int]
    ) -> Mapping[int, str]:
        """Of each of these amounts a live entry of these routes whose objects move an account by as much together.

        Of several the one with the least id.
        """
        ...


class Findings(Protocol):
    def settle(self, route_id: str, found: Sequence[Finding], now: datetime, *, prefix: str) -> tuple[KeptFinding, ...]:
        """Make the open findings of a route whose code starts with ``prefix`` be exactly these.

        New ones open; gone ones close; known ones carry forward; an accepted one whose facts changed re-opens, and so
        does every other of the route whose acceptance has lapsed.
        Returns those open or accepted now.
        """
        ...

    def add(self, finding: Finding, now: datetime) -> None:
        """Open one outside a drift run. Idempotent by id."""
        ...

    def add_many(self, findings: Sequence[Finding], now: datetime) -> None:
        """The same of many. Bulk."""
        ...

    def of_route(self, route_id: str, *states: FindingState) -> tuple[KeptFinding, ...]: ...

    def get(self, finding_id: str) -> KeptFinding: ...

    def close(self, finding_id: str) -> None:
        """Its cause is gone. Idempotent."""
        ...

    def of_ids(self, finding_ids: Sequence[str]) -> tuple[KeptFinding, ...]:
        """Those of these that were ever raised, whatever became of them."""
        ...

    def beginning(self, text: str) -> tuple[str, ...]:
        """The ids that begin so."""
        ...

    def accept(self, finding_id: str, by: str, reason: str, until: datetime | None) -> None: ...


class Instructions(Protocol):
    def hold(self) -> None:
        """Be the only unit of the organisation in which people decide, until its end: of two, one sees the other."""
        ...

    def add(self, instruction: Instruction) -> None: ...

    def of_subject(self, subject: str) -> tuple[Instruction, ...]:
        """What people said of it, oldest first. One whose time has not come (a clock was wrong) does not count yet."""
        ...

    def given_after(self, at: datetime) -> tuple[Instruction, ...]:
        """Those that bear a later time."""
        ...

    def of_kind(self, kind: InstructionKind) -> tuple[Instruction, ...]:
        """Every one of a kind that people give rarely, oldest first."""
        ...

    def of_subjects(self, subjects: Sequence[str]) -> Mapping[str, tuple[Instruction, ...]]:
        """The same of many, by subject; those about which nothing was said are left out. Bulk."""
        ...


class Windows(Protocol):
    """Which spans of a channel's streams were read. Operational: by themselves these rows leave no audit row."""

    def current(self, connection_id: str, stream: str) -> Window | None:
        """The one that is not closed."""
        ...

    def closed(self, connection_id: str, stream: str) -> tuple[Window, ...]:
        """Every one that is, the earliest first."""
        ...

    def through(self, connection_id: str) -> Mapping[str, datetime]:
        """By stream, up to when it was read whole; where its first window begins, where none is closed."""
        ...

    def askings(self, connection_id: str) -> Mapping[str, Asking]:
        """How asking for each stream goes, and (``""``) how the channel is set; none where it was never asked."""
        ...

    def put_asking(self, connection_id: str, asking: Asking) -> None: ...

    def to_count(self, connection_id: str, now: datetime) -> tuple[Window, ...]:
        """Closed ones that are to be counted again by now, the longest due first; some hundred at most."""
        ...

    def keep_only(self, connection_id: str, streams: Collection[str]) -> None:
        """Forget what was read of other streams: they are not there any more, and nothing waits for them.

        Of none: the connection is not asked any more, and that it ever was is forgotten too.
        """
        ...

    def open(self, window: Window) -> None:
        """Begin one. Raises: StaleError when one of its stream is not closed yet, or begins there."""
        ...

    def save(self, window: Window) -> Window:
        """Its new content, as saved once more. Raises: StaleError when somebody saved it since it was read."""
        ...

    def forget(self, window: Window) -> None:
        """That it was read, or is. Raises: StaleError when somebody saved it since it was read here."""
        ...

    def join(self, before: Window, after: Window) -> None:
        """Make two closed ones that touch, or overlap, one: what the later says, from the earlier's beginning."""
        ...

    def add_owners(self, window: Window, owners: Collection[tuple[str, str]]) -> int:
        """Note (kind, external id) of owners that came in it. Returns how many of them had not yet. Bulk."""
        ...

    def owners(self, window: Window) -> frozenset[tuple[str, str]]: ...

    def clear_owners(self, window: Window) -> None:
        """Forget them: it begins again, or will not be counted again."""
        ...

    def forget_owner(self, connection_id: str, kind: str, external_id: str) -> None:
        """It is gone: no window of this connection holds it."""
        ...


class Inquiries(Protocol):
    """What a channel is asked for by its id. Operational: by themselves these rows leave no audit row."""

    def add(self, connection_id: str, inquiries: Sequence[Inquiry]) -> None:
        """Want things asked. One that is wanted already is asked at the earlier time, for the reason given last."""
        ...

    def due(self, connection_id: str, now: datetime, limit: int) -> tuple[Inquiry, ...]:
        """Those to be asked by now, the longest due first."""
        ...

    def of_connection(self, connection_id: str, limit: int) -> tuple[Inquiry, ...]:
        """So many of all that is asked for, the next due first."""
        ...

    def settle(self, connection_id: str, inquiry: Inquiry, due_at: datetime | None) -> None:
        """It was asked: ask again then, or no more. One that somebody wanted again meanwhile stays as it is."""
        ...


class ChannelFactsKept(Protocol):
    """Dated snapshots of what channels say of themselves; some a year."""

    def all(self, connection_id: str) -> tuple[KeptChannelFacts, ...]:
        """Every snapshot, earliest first."""
        ...

    def put(self, connection_id: str, facts: ChannelFacts, at: datetime) -> bool:
        """Keep them, dated; false when the latest say the same."""
        ...


class Readings(Protocol):
    """What channels said of themselves, dated. Operational: by themselves these rows leave no audit row."""

    def put(self, reading: Reading) -> None:
        """Keep it as the latest of its report and span.

        What says the same as the one before takes its place, and so does a later one of the same day (UTC). Of each
        span the last ``READINGS_KEPT`` are kept.
        """
        ...

    def of_report(self, connection_id: str, report: str) -> tuple[Reading, ...]:
        """All that is kept of it, by span, of each the earliest read first."""
        ...

    def newest(self, connection_id: str, report: str) -> Reading | None:
        """The latest of its last span."""
        ...


class Pendings(Protocol):
    """Money that channels hold back. Operational: by themselves these rows leave no audit row."""

    def put(self, connection_id: str, owner: tuple[str, str], pending: Sequence[Pending]) -> None:
        """Keep what an owner (kind, id) holds now, in the place of all that it held before.

        What another owner held comes over to this one; see ``Pending.after`` for what is remembered of it.
        """
        ...

    def at(self, connection_id: str, instant: datetime) -> tuple[Pending, ...]:
        """What was held back at an instant, as far as it was told, by id. Memory: all of it."""
        ...


class Openings(Protocol):
    """What people agreed that accounts held before anything of them is read."""

    def put(self, opening: AgreedOpening) -> None:
        """Keep one, in the place of what was agreed of that account and currency before."""
        ...

    def of_ledger(self, ledger: str) -> Mapping[tuple[str, str], AgreedOpening]:
        """By (account id, currency). Memory: all of them, which are few."""
        ...


class Audit(Protocol):
    def note(self, action: str, subject: str, detail: str = "") -> None:
        """Add to this unit of work's audit row; parts note their own changes. A unit that wrote nothing has no row."""
        ...

    def tell(self, action: str, subject: str, detail: str = "") -> None:
        """The same, and that something was done is worth a row though nothing was written."""
        ...

    def rows(self) -> Iterator[AuditRow]: ...

    def newest(self, limit: int, before: int | None = None) -> tuple[AuditRow, ...]:
        """The last so many rows, of those before that one where it is given; the newest first."""
        ...

    def head(self) -> Head | None:
        """The newest row, unverified, its time by the clock of whoever wrote it; None when there is none."""
        ...

    def touched(self, since: int) -> Touched:
        """What the rows behind this number wrote, by their digests and notes."""
        ...

    def begun_at(self) -> datetime | None:
        """When the first row was written, by the clock of whoever wrote it; None when there is none."""
        ...

    def hash_of(self, seq: int) -> str:
        """The hash of the row of that number, unverified; empty when there is none."""
        ...

    def unvouched(self) -> Iterator[Unvouched]:
        """What does not stand in the store as the audit row that wrote it last says, read in pages.

        Changed, gone, or written past the log; and audit rows whose own digests were changed.
        """
        ...

    def vouch(self) -> int:
        """Have this unit's audit row vouch for all that no row vouches for yet, as it stands; how much that is.

        Of a store from before digests; of one that has some already, nothing is done.
        """
        ...

    def verify(self) -> tuple[int, str]:
        """Recompute the chain. Returns (rows checked, head hash). Raises: InvariantError at the first broken row."""
        ...


class Carries(Protocol):
    """What a check hands to the next, a body a day, for a route as seen by the check of one. Operational."""

    def of(self, route_id: str, of_route: str) -> Mapping[str, bytes]:
        """All of it, by day."""
        ...

    def put(self, route_id: str, of_route: str, bodies: Mapping[str, bytes], gone: Collection[str]) -> None:
        """Keep these in the place of what was kept of their days, and of others nothing."""
        ...

    def forget(self, route_id: str) -> None:
        """All of what its checks handed on."""
        ...


class Assignments(Protocol):
    """Who has what waits."""

    def put(self, assignment: Assignment) -> None:
        """Keep it in the place of what was said of its subject before."""
        ...

    def of_subjects(self, subjects: Sequence[str]) -> Mapping[str, Assignment]:
        """By subject; those that nobody was ever given are left out. Bulk."""
        ...


class Reviews(Protocol):
    """The last check of each route, which is operational, and what people signed, which stays."""

    def put(self, review: Review) -> None:
        """Keep it in the place of the one before."""
        ...

    def get(self, route_id: str) -> Review | None: ...

    def add_sign_off(self, sign_off: SignOff) -> bool:
        """False where the same person signed the same already."""
        ...

    def sign_off(self, sign_off_id: str) -> SignOff:
        """Raises: ConfigError when there is none."""
        ...

    def sign_offs(self, route_id: str) -> tuple[SignOff, ...]:
        """All of a route, the newest first."""
        ...


class Summaries(Protocol):
    """How each route stood when something was last done about it. Operational: written beside the audit log."""

    def all(self) -> Mapping[str, KeptSummary]:
        """By route id; a route of which nothing was summed up yet is not there."""
        ...

    def put(self, route_id: str, summary: Summary, check: CheckSummary | None = None) -> None:
        """Keep it, unless a later one is there. check: None leaves what the last check said."""
        ...

    def has_delivered(self, route_id: str) -> bool:
        """Whether a voucher of that route is in its ledger; reads those that are not, while none is."""
        ...

    def vouchers(self, route_id: str, ledger: str, *states: DeliveryState) -> tuple[WaitingVouchers, ...]:
        """The vouchers of a route in these states, summed up by state, reason and currency."""
        ...

    def documents(
        self, connection_id: str, state: DocumentState, reasons: Collection[str]
    ) -> tuple[WaitingDocuments, ...]:
        """The newest revisions in this state, for one of these reasons, summed up by currency."""
        ...


class Runs(Protocol):
    """What was done, numbered from 1. The rows are operational: they stand outside the audit log."""

    def begin(self, run: Run) -> Run:
        """Save it under the next number; returns it with that number."""
        ...

    def save(self, run: Run) -> None:
        """Save how it stands now. Repeat: harmless. Raises: ConfigError when there is none of its number."""
        ...

    def get(self, number: int) -> Run:
        """Raises: ConfigError when there is none of that number."""
        ...

    def newest(self, limit: int, before: int | None = None) -> tuple[Run, ...]:
        """The last so many that began, newest first."""
        ...

    def running(self) -> tuple[Run, ...]:
        """Those of which nobody has said yet how they ended, oldest first."""
        ...

    def forget(self, before: datetime, newest: int) -> int:
        """Let go of runs that ended before then, but for so many of the newest. Returns how many."""
        ...


class People(Protocol):
    """People of all organisations; seats and invitations of this one. What changes a seat is noted for the audit."""

    def get(self, person_id: str) -> KeptPerson | None: ...

    def all(self) -> tuple[KeptPerson, ...]:
        """Everybody, whatever the organisation, by name."""
        ...

    def of_subject(self, subject: str) -> KeptPerson | None:
        """Who an OpenID provider calls so."""
        ...

    def add(self, person: KeptPerson) -> None:
        """Raises: StaleError when somebody added one of that subject first."""
        ...

    def roles(self, person_id: str) -> Mapping[str, Role]:
        """What one may in every organisation there is."""
        ...

    def seats(self) -> tuple[Seat, ...]:
        """Of this organisation, the oldest first."""
        ...

    def give(self, seat: Seat) -> None:
        """Give a seat, or change its role. Alone: no other unit of the organisation reads or changes seats beside."""
        ...

    def take(self, person_id: str) -> bool:
        """Take a seat away; false when there was none. Alone: as ``give``."""
        ...

    def hold(self) -> None:
        """Be the only unit of the organisation that changes seats, until its end."""
        ...

    def invite(self, invitation: Invitation) -> None: ...

    def invitations(self) -> tuple[Invitation, ...]:
        """Those of this organisation that nobody brought yet, the oldest first, whether good or not."""
        ...

    def take_invitation(self, invitation_id: str) -> Invitation | None:
        """Take it out, so that it is good once: of two at the same time one gets None. Its time is the caller's."""
        ...


class SignIns(Protocol):
    """Sessions, and what leads to them, of all organisations. Operational."""

    def begin(self, session: Session) -> None: ...

    def get(self, session_id: str) -> Session | None:
        """Whether it has ended by its time is the caller's to judge."""
        ...

    def of(self, person_id: str) -> tuple[Session, ...]:
        """Those of a person, the one that was seen last first."""
        ...

    def see(self, session_id: str, at: datetime) -> None:
        """It was used; one that is gone stays so."""
        ...

    def end(self, session_id: str, person_id: str = "") -> bool:
        """End one, of that person where one is named; false when there was none."""
        ...

    def end_all(self, person_id: str) -> int:
        """End all of a person."""
        ...

    def put(self, ticket: Ticket) -> None: ...

    def take(self, kind: TicketKind, ticket_id: str, now: datetime) -> Ticket | None:
        """Take it out, so that it is good once: of two at a time one gets None. None too when its time is over."""
        ...

    def forget(self, now: datetime) -> None:
        """Let go of sessions and tickets whose time is over, and of people who have no seat anywhere any more."""
        ...


class UnitOfWork(Protocol):
    """Writes of one organisation that are saved together or not at all."""

    @property
    def connections(self) -> Connections: ...
    @property
    def consents(self) -> Consents: ...
    @property
    def routes(self) -> Routes: ...
    @property
    def rules(self) -> RuleSets: ...
    @property
    def facts(self) -> Facts: ...
    @property
    def vault(self) -> Vault: ...
    @property
    def documents(self) -> Documents: ...
    @property
    def entries(self) -> Entries: ...
    @property
    def deliveries(self) -> Deliveries: ...
    @property
    def leases(self) -> Leases: ...
    @property
    def duties(self) -> Duties: ...
    @property
    def pauses(self) -> Pauses: ...
    @property
    def organisations(self) -> Organisations: ...
    @property
    def usage(self) -> Usage: ...
    @property
    def budgets(self) -> Budgets: ...
    @property
    def runs(self) -> Runs: ...
    @property
    def copies(self) -> LedgerCopies: ...
    @property
    def findings(self) -> Findings: ...
    @property
    def instructions(self) -> Instructions: ...
    @property
    def windows(self) -> Windows: ...
    @property
    def inquiries(self) -> Inquiries: ...
    @property
    def channel_facts(self) -> ChannelFactsKept: ...
    @property
    def readings(self) -> Readings: ...
    @property
    def pending(self) -> Pendings: ...
    @property
    def openings(self) -> Openings: ...
    @property
    def carries(self) -> Carries: ...
    @property
    def assignments(self) -> Assignments: ...
    @property
    def reviews(self) -> Reviews: ...
    @property
    def people(self) -> People: ...
    @property
    def sign_ins(self) -> SignIns: ...
    @property
    def summaries(self) -> Summaries: ...
    @property
    def audit(self) -> Audit: ...


class Inbox(Protocol):
    """Notices of vendors, of all organisations, until somebody comes to them. Outside the audit log.

    It has a database of its own: no unit of work holds it up, and none is needed to read it.
    """

    def save(self, notices: Sequence[Notice]) -> int:
        """Keep these for good, together; how many were not there before. Raises: TransientError; none is kept then."""
        ...

    def waiting(self, limit: int) -> tuple[Notice, ...]:
        """Those that nobody came to, the first that came first."""
        ...

    def settle(self, numbers: Sequence[int], now: datetime) -> None:
        """Somebody came to these. Repeat: harmless."""
        ...

    def count(self) -> int:
        """How many wait."""
        ...

    def forget(self, before: datetime, ends_before: datetime) -> int:
        """Let go of what was come to and came before that; of what ends an account, or asks for erasure, later."""
        ...

    def erase(self, organisation: str) -> int:
        """Let go of all that came to the addresses of an organisation. Returns how many."""
        ...


class Store(Protocol):
    """Opens units of work for one organisation."""

    def unit(self, actor: str) -> AbstractContextManager[UnitOfWork]:
        """Read and write; commits at the end of the block, rolls back when it raises."""
        ...

    def reading(self) -> AbstractContextManager[UnitOfWork]:
        """Read only, one consistent snapshot; a write raises."""
        ...


class Stores(Store, Protocol):
    """Opens the stores of all organisations of a database, too."""

    def of(self, organisation_id: str, *, is_leaving: bool = False) -> Store:
        """That of another one, over the same connections.

        is_leaving: for whoever erases it. For any other, what a unit wrote of one that is being erased, or that was
        since this store first saw it, is refused: ConfigError ``organisation.leaving``.
        """
        ...


class Clients(Protocol):
    """Looks at several organisations of one database at once."""

    def clients(self, organisations: Collection[str]) -> tuple[Client, ...]:
        """What is kept of each of these, by name, in one moment; of no other. One that has nothing is there, empty."""
        ...
