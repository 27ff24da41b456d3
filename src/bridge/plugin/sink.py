"""Sink: writes one kind of ledger, and reads back what is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol, runtime_checkable

import msgspec

from bridge.errors import BridgeError
from bridge.model.budgets import Limit
from bridge.model.connections import BankLeg
from bridge.model.entries import JournalEntry, Posting, Purpose
from bridge.model.facts import LedgerFacts
from bridge.model.ledger_sums import LedgerSum
from bridge.model.readings import Unread
from bridge.model.tax import NONE
from bridge.model.tracking import Tracked
from bridge.model.vouchers import AccountRef, LedgerCopy, Voucher
from bridge.plugin.lookup import Unknown

NO_REFS: Mapping[str, str] = MappingProxyType({})
NO_TRACKING: Mapping[int, tuple[Tracked, ...]] = MappingProxyType({})


class Cure(StrEnum):
    """What ends a refusal: another account or tax code in the route's mapping, or an open period."""

    ACCOUNT = "account"
    TAX_CODE = "tax code"
    PERIOD = "period"


class BankFeed(msgspec.Struct, frozen=True, kw_only=True):
    """How a ledger takes in the lines of a bank, in its own words: sentences for whoever mends what it did by itself.

    undo: how a line that was coded is taken back, up to where it is to be coded again; no full stop.
    stop: which rule or switch makes it code lines by itself, and where; no full stop.
    """

    undo: str = "Take back what the bank's line was coded to"
    stop: str = "Change the rule of the bank feed that coded it"


class MasterKind(StrEnum):
    """What a ledger lists and vouchers name. option: of a dimension, which is what lines are reported by."""

    ACCOUNT = "account"
    DIMENSION = "dimension"
    OPTION = "option"
    CUSTOMER = "customer"
    SUPPLIER = "supplier"
    ITEM = "item"


class SinkCapabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a sink declares.

    types:          the ledger's objects it may write. number_length: longest voucher number; 0 if none.
    type_words:     (type, words): what the ledger itself calls such an object, for people; also of those that it only
                    reads. One without words is called by its type.
    tells_editor:   whether the ledger says who changed an object.
    feed_days:      how far back the ledger tells what changed; 0 where it does not, else ``ChangingSink`` is kept.
    batch_size:     how many vouchers one call may carry; 1: one by one, else ``BatchingSink`` is kept.
    batch_of_one_type: whether a call carries vouchers of one type only.
    bank_legs:      how a payout may reach the bank in this ledger. settlement_leg, payout_leg: the default where a
                    settlement, or a payout of a channel that books by order or day, pays out.
    limits:         what the vendor allows; the host's session keeps to it, reads included.
    cures:          (code, cure) of the refusals that something else than sending again cures: the voucher is then
                    planned anew before it goes out.
    account_types:  (number, purpose or class of an account of the chart, words): as what it is made in this ledger,
                    for people. What is said of a number goes before what is said of its purpose, and that before what
                    is said of its class.
    undoes:         (type, what becomes of it: ``deleted``, ``voided``) of the types that can be taken out of the ledger
                    again; where there are some, ``UndoingSink`` is kept.
    bank_feed:      how it takes in the bank's own lines.
    creates:        what it makes in the ledger's lists on a person's word; then ``CreatingSink`` is kept.
    names_customers: purposes of entries whose vouchers stand in the name of a customer.
    needs_items:    whether each line of its sales forms names an item; else only those do whose rules say so.
    channel_dimension: by which of its dimensions a channel is told from others; empty where it has none.
    tells_sums:     whether it tells what its accounts come to; then ``SummingSink`` is kept.
    turns_rates:    whether its rates say how much of an object's currency one unit of the ledger's own is, and not the
                    other way round.
    """

    types: tuple[str, ...]
    number_length: int
    tells_editor: bool
    feed_days: int = 0
    batch_size: int = 1
    batch_of_one_type: bool = False
    limits: tuple[Limit, ...] = ()
    bank_legs: tuple[BankLeg, ...] = (BankLeg.TRANSFER, BankLeg.NONE)
    settlement_leg: BankLeg = BankLeg.TRANSFER
    payout_leg: BankLeg = BankLeg.TRANSFER
    cures: tuple[tuple[str, Cure], ...] = ()
    account_types: tuple[tuple[str, str], ...] = ()
    undoes: tuple[tuple[str, str], ...] = ()
    bank_feed: BankFeed = BankFeed()
    creates: tuple[MasterKind, ...] = ()
    names_customers: tuple[Purpose, ...] = ()
    needs_items: bool = False
    channel_dimension: str = ""
    tells_sums: bool = False
    turns_rates: bool = False
    type_words: tuple[tuple[str, str], ...] = ()

    @property
    def words(self) -> Mapping[str, str]:
        """What objects are called, by type; see ``plugin.wording.object_name``."""
        return dict(self.type_words)


class OpenDocument(msgspec.Struct, frozen=True):
    """What an earlier entry of the same order left open in the customer's name: the first of its vouchers.

    settled_minor: how much of that this entry pays or credits; above nothing. contact: the name that rules gave it;
                   empty where it stands in the channel's own. What settles it stands in the same.
    """

    voucher_id: str
    settled_minor: int
    contact: str = ""


class PlanRequest(msgspec.Struct, frozen=True, kw_only=True):
    """All that decides the vouchers of an entry.

    accounts:  every account of the entry's postings, resolved; 2220 Refunds payable too where money went back beside
               what a buyer owes, if the ledger has it. prefix: opens the voucher number. dated_on: their day.
    after:     voucher ids that must be in the ledger before these. tax_codes: treatment to the ledger's own code,
               for every treatment of the entry's postings.
    names:     what the accounts are called in bridge's chart, by number, for descriptions.
    tracking:  what each posting is reported by, by the posting's number; the words on the posting are only a rule's.
    customer:  the name of the contact in which the channel's sales stand, where no rule names another.
    again:     how often a person had it taken out of the ledger to book it again: its keys and numbers differ by it.
    is_cash:   tax is due when money comes: nothing that bears a tax code may be a journal, which has no money.
    rate:      what the ledger, if it is a ``RatedSink``, gives in its own currency for one unit of the entry's on the
               day of ``dated_on``, exact decimal text; empty where it was not asked, or knows none.
    settles:   what earlier entries left open that its leg on 1150 Due from buyers settles, oldest first. It comes to
               less than that leg where one of those will never be in the ledger; empty where it is not of one order.
    owed_again_by: where its buyer owes money again that went back, the name that rules gave to what that had paid.
    """

    entry: JournalEntry
    accounts: Mapping[str, AccountRef]
    facts: LedgerFacts
    prefix: str
    dated_on: date
    after: tuple[str, ...] = ()
    tax_codes: Mapping[str, str] = NO_REFS
    names: Mapping[str, str] = NO_REFS
    tracking: Mapping[int, tuple[Tracked, ...]] = NO_TRACKING
    customer: str = ""
    again: int = 0
    is_cash: bool = False
    rate: str = ""
    settles: tuple[OpenDocument, ...] = ()
    owed_again_by: str = ""

    def is_due_with_money(self, postings: Iterable[Posting]) -> bool:
        """Whether some of these fill a return, and their company owes its tax when money comes."""
        return self.is_cash and any(posting.tax_code not in {"", NONE} for posting in postings)


class Present(msgspec.Struct, frozen=True):
    """It is there, as this copy shows."""

    copy: LedgerCopy


class Absent(msgspec.Struct, frozen=True):
    """The ledger was asked, answered in full, and it is not there (``deleted``: it was, and is gone)."""

    deleted: bool = False


LookUp = Present | Absent | Unknown


class Parcel(msgspec.Struct, frozen=True):
    """One voucher as it leaves.

    header_key: the vendor's idempotency header of this attempt.
    refs:       of every voucher in ``after`` that is delivered: voucher id to the ledger's id.
    """

    voucher: Voucher
    header_key: str
    refs: Mapping[str, str] = NO_REFS


class Sought(msgspec.Struct, frozen=True):
    """One voucher that may be in the ledger. refs: as of a parcel. sent_at: when it left us first; None: not known."""

    voucher: Voucher
    refs: Mapping[str, str] = NO_REFS
    sent_at: datetime | None = None


DayOfCurrency = tuple[str, date]
"""A currency (ISO 4217) on a day."""


Outcome = LedgerCopy | BridgeError
"""What came of one parcel of several: the ledger's echo, or what ``Sink.send`` raises for it."""


class Observation(msgspec.Struct, frozen=True):
    """What to read back: every object dated in [since_on, until_on], of every type that posts anything.

    accounts: ledger account ids. contacts: ids of the customers that bridge names there.
    Objects that neither are ours nor touch or name one of these may be left out.
    """

    since_on: date
    until_on: date
    accounts: frozenset[str]
    contacts: frozenset[str] = frozenset()

    def concerns(self, copy: LedgerCopy) -> bool:
        """Whether an object touches one of the accounts, or it or a line of it names one of the contacts."""
        touched = any(line.account_id in self.accounts for line in copy.lines)
        return touched or not self.contacts.isdisjoint(copy.contacts)

    def takes(self, copy: LedgerCopy) -> bool:
        """Whether an object is one of those that may not be left out."""
        return self.since_on <= copy.dated_on <= self.until_on and (bool(copy.key) or self.concerns(copy))


class Changes(msgspec.Struct, frozen=True):
    """A part of what changed. copies: objects that are new or were edited, as they stand now; gone: refs of deleted.

    whole: refs of objects all whose parts are in ``copies``, for a ledger that tells a part only with its object, and
    of one that is taken away nothing. The ref of a part is its object's, a slash and its own.
    """

    copies: tuple[LedgerCopy, ...] = ()
    gone: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()


class Sink(Protocol):
    """Writes one connection of a ledger."""

    @property
    def settle_seconds(self) -> int:
        """How long after a send a look-up may still miss what was committed; absence is proven only after it.

        Covers the time the ledger may still be working on a request, and the time its index may trail.
        """
        ...

    def facts(self) -> LedgerFacts:
        """A fresh snapshot: chart, currencies, preferences, lock date. Network."""
        ...

    def plan(self, request: PlanRequest) -> tuple[Voucher, ...]:
        """Decide the vouchers of an entry, in full. Pure: no network, no clock; the same input gives the same bytes.

        Raises: HoldError with a code when the entry cannot be expressed (a foreign currency without a rate).
        """
        ...

    def render(self, voucher: Voucher, refs: Mapping[str, str] = NO_REFS) -> bytes:
        """The exact body that ``send`` would send. Pure. Money leaves as exact decimal text.

        refs: as for ``send``; in a preview those that are not delivered yet are missing, and their voucher ids
              stand in their place.
        """
        ...

    def send(self, voucher: Voucher, header_key: str, refs: Mapping[str, str] = NO_REFS) -> LedgerCopy:
        """Send once and return the ledger's echo. Never repeats by itself.

        refs:   of every voucher in ``after`` that is delivered: voucher id to the ledger's id.

        Raises: TransientError when provably nothing was written; RejectedError when the ledger refused;
                ConflictError when its number is taken; AuthorizationError; InDoubtError for anything unclear, with
                a code of its own where the vendor did answer: a new header key is then used.
        """
        ...

    def look_up(self, voucher: Voucher, refs: Mapping[str, str] = NO_REFS) -> LookUp:
        """Ask by key whether this voucher is there. Network; never writes; never raises for a bad answer."""
        ...

    def same_amount(self, voucher: Voucher) -> tuple[LedgerCopy, ...]:
        """Other objects that move the same amount on the same bank account within ``same_amount_days``.

        Raises: UnavailableError or RateLimitedError when the ledger did not answer in full.
        """
        ...

    def observe(self, wanted: Observation) -> Iterator[tuple[LedgerCopy, ...] | Unread]:
        """Pages of objects as they stand now; an object may come twice, none is left out.

        Unread: in place of a kind that this connection may not read, while it may read others; what is read of others
                goes on. Never of a type that the sink writes: that is raised.
        Raises: UnavailableError when a page is incomplete: nothing may be concluded from the pages before.
        """
        ...

    def read_back(self, refs: Sequence[tuple[str, str]]) -> Iterator[tuple[str, LookUp]]:
        """For each (type, ref), in order: the ref and whether it is there, deleted, or unknown."""
        ...


@runtime_checkable
class BatchingSink(Sink, Protocol):
    """A sink that declares a ``batch_size``: one call carries, and one look-up finds, several vouchers."""

    def send_batch(self, parcels: Sequence[Parcel]) -> tuple[Outcome, ...]:
        """Send up to ``batch_size`` vouchers in one call: one outcome a parcel, in their order. Never repeats itself.

        Each:   as of ``send``. One that is refused spoils no other. An echo that bears another's key is no answer.
        Raises: what befell the call as a whole: TransientError when provably nothing was written; AuthorizationError;
                InDoubtError when what became of any is unclear; RejectedError when the ledger refused the call, names
                no voucher, and provably wrote none; they come again in smaller parts.
        """
        ...

    def look_up_batch(self, sought: Sequence[Sought]) -> tuple[LookUp, ...]:
        """Ask whether each is there, in as few calls as the ledger allows; one answer each, in their order.

        As of ``look_up``: never writes, never raises for a bad answer. How many others there are in the ledger does not
        decide how many calls it takes.
        """
        ...


@runtime_checkable
class RatedSink(Sink, Protocol):
    """A sink whose ledger wants the rate stated of what is in another currency, and knows one for each day."""

    def rates(self, wanted: Sequence[DayOfCurrency]) -> Mapping[DayOfCurrency, str]:
        """What the ledger itself gives, in its own currency, for one unit of each of these on its day.

        Exact decimal text, above nought; what the ledger does not know is left out. Network; writes nothing.
        Raises: TransientError, AuthorizationError, RejectedError.
        """
        ...


@runtime_checkable
class UndoingSink(Sink, Protocol):
    """A sink that declares ``undoes``: it takes out of the ledger again what it wrote."""

    def hindrance(self, kind: str, ref: str, beside: frozenset[str]) -> tuple[LookUp, str]:
        """How an object stands now, and why the ledger should keep it, a phrase: matched, deposited, paid; else empty.

        beside: refs of objects that are taken out with it; these are no hindrance. Network; writes nothing.
        """
        ...

    def undo(self, kind: str, copy: LedgerCopy) -> None:
        """Take an object out that stands as this copy shows; nothing of it is left in any account.

        Twice:  harmless.
        Raises: TransientError when provably nothing was done; RejectedError when the ledger keeps it, with a code of
                its own where somebody edited it since; AuthorizationError; InDoubtError for anything unclear.
        """
        ...


@runtime_checkable
class ChangingSink(Sink, Protocol):
    """A sink that declares ``feed_days``: what changed can be read without reading all."""

    def changes(self, since: datetime) -> Iterator[Changes | Unread | Unknown]:
        """What was made, edited, voided or deleted since an instant, of every type that ``observe`` reads.

        Shape:   whatever day it bears and whatever it touches: the host knows what it keeps. An object that was edited
                 several times comes as it stands now; one may come twice, and one from before ``since`` does no harm.
        Unread:  as of ``observe``, each time.
        Unknown: where the feed cannot tell (it does not reach so far back, or has more than it can give): nothing comes
                 after it, and all is read by ``observe``.
        Raises:  UnavailableError when a page is incomplete: the same is then asked again.
        """
        ...

    def standing(self) -> LedgerFacts:
        """The chart, its balances and the lock date as they are now; the lists that only planning needs may be empty.

        Network, in fewer calls than ``facts``: the host takes tax codes, items, contacts and currencies from its last.
        """
        ...


@runtime_checkable
class SummingSink(Sink, Protocol):
    """A sink that declares ``tells_sums``: what the ledger itself says its accounts come to, for people to compare.

    Accounts at nothing may be left out. Of accruals, whatever the company's own reports go by. Network.
    Raises: UnavailableError or RateLimitedError when the ledger did not answer in full; AuthorizationError.
    """

    def balances_on(self, on: date) -> tuple[LedgerSum, ...]:
        """Every account at the end of a day; they add up to nothing."""
        ...

    def profit_and_loss(self, since: date, until: date) -> tuple[LedgerSum, ...]:
        """What every account of income and expense came to in these days, both included: a profit is negative."""
        ...
