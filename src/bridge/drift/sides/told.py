"""What we told a ledger on one route, what of it is in the ledger whole, and which other routes post there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import islice

import msgspec

from bridge.drift.sides.bundles import Bundle, Bundling, Signs, accounts_of, place_of
from bridge.drift.sides.days import Before, Day
from bridge.model.connections import Route
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.entries import JournalEntry, Posting
from bridge.model.reasons import Reason
from bridge.plugin import SourceCapabilities
from bridge.store.api import UnitOfWork

_S = DeliveryState
AT_A_TIME = 500


class Party(msgspec.Struct, frozen=True):
    """A route, what the channel that feeds it declares, and its own clearing accounts, by ledger id.

    clearing_ids: that of every currency without one of its own comes first; none where the ledger has none.
    """

    route: Route
    channel: SourceCapabilities
    clearing_ids: tuple[str, ...]


class Told(msgspec.Struct, frozen=True):
    """What one route told the ledger.

    entries:  its live entries by id. Those of which there is nothing more to say stand together, as bundles.
    bundles:  these, by the id of their common entry. bundle_of: that id, by the ids of the entries themselves.
    of_entry: every delivery of an entry that stands by itself, by its id.
    postings: every posting by the account that it went to, by ledger id, with its entry; in the order of the entries.
    days:     the bundles by day, with their entries. remade: the days that are not as an earlier check handed them on;
              None where all of them are.
    """

    party: Party
    entries: Mapping[str, JournalEntry]
    bundles: Mapping[str, Bundle]
    bundle_of: dict[str, str]
    of_entry: Mapping[str, tuple[Delivery, ...]]
    postings: Mapping[str, Sequence[tuple[JournalEntry, Posting]]]
    days: Mapping[date, Day] = {}
    remade: frozenset[date] | None = None

    @property
    def route(self) -> Route:
        return self.party.route

    @property
    def channel(self) -> SourceCapabilities:
        """What the channel that feeds it declares."""
        return self.party.channel

    @property
    def clearing_id(self) -> str:
        """Its own clearing account, by ledger id: of the ledger's own currency, and of others without their own."""
        return next(iter(self.party.clearing_ids), "")

    @property
    def unfinished(self) -> Iterator[tuple[Delivery, JournalEntry]]:
        """What is not delivered, of live entries, by voucher id."""
        every = (each for several in self.of_entry.values() for each in several if each.state is not _S.DELIVERED)
        return ((each, self.entries[each.entry_id]) for each in sorted(every, key=lambda each: each.voucher_id))

    def place(self, entry_id: str) -> str:
        """Where an entry stands among the entries: by itself, or in a bundle."""
        return self.bundle_of.get(entry_id, entry_id)

    def count(self, entry_id: str) -> int:
        """How many entries that is."""
        bundle = self.bundles.get(entry_id)
        return bundle.count if bundle else 1

    def is_delivered(self, entry_id: str) -> bool:
        """Whether every voucher the entry has now was delivered, and there is one."""
        states = {each.state for each in self.of_entry.get(entry_id, ()) if each.reason != Reason.PLANNED_ANEW}
        return entry_id in self.bundles or states == {_S.DELIVERED}

    def stands(self, entry: JournalEntry, is_there: Callable[[str], bool]) -> bool:
        """Whether the entry is in the ledger whole; ``is_there`` answers for one ref. Nothing to say counts as said."""
        if not any(posting.amount_minor for posting in entry.postings):
            return True
        return self.is_delivered(entry.entry_id) and all(map(is_there, self.refs(entry.entry_id)))

    def refs(self, entry_id: str) -> tuple[str, ...]:
        """The ledger's ids of the delivered vouchers of an entry that stands by itself; of a bundle none is wrong."""
        return tuple(delivery.ref for delivery in self.of_entry.get(entry_id, ()) if delivery.state is _S.DELIVERED)

    def accounts(self, entry_id: str) -> Mapping[str, str]:
        """The ledger's accounts that the entry went to, by the number of our chart."""
        bundle = self.bundles.get(entry_id)
        return bundle.accounts if bundle else accounts_of(self.of_entry.get(entry_id, ()))


def standing(delivery: Delivery) -> str:
    """Where an unfinished delivery stands, for people: what follows ``which``, or a colon."""
    words = {
        _S.OWED: "waits to be sent",
        _S.HELD: "is held",
        _S.PARKED: "was refused or stopped and waits for a person",
        _S.SENDING: "is being sent",
        _S.IN_DOUBT: "was sent without a clear answer",
    }
    return words.get(delivery.state, str(delivery.state))


def told(unit: UnitOfWork, party: Party, signs: Signs, before: Before | None = None) -> Told:
    """Read what a route told its ledger, and what became of it there.

    before: what an earlier check handed on; of that only what was touched since is read again.
    Memory: the entries that stand by themselves, with their deliveries; a bundle a day and kind; the ids of the rest.
    """
    reading = _Reading(unit, party, signs)
    if before is None:
        reading.take(kept.entry for kept in unit.entries.of_route(party.route.route_id))
    days = reading.again(before) if before else {}
    days |= {on: Day(*zip(*bundles, strict=True)) for on, bundles in reading.bundling.days().items()}
    bundles = {bundle.entry.entry_id: bundle for on in sorted(days) for bundle in days[on].bundles}
    alone = {entry.entry_id: entry for entry in sorted(reading.alone, key=place_of)}
    bundle_of = {
        member: bundle.entry.entry_id
        for day in days.values()
        for bundle, members in zip(day.bundles, day.members, strict=True)
        for member in members
    }
    entries = alone | {entry_id: bundle.entry for entry_id, bundle in bundles.items()}
    remade = None if before is None else frozenset(reading.remade)
    held = Told(party, entries, bundles, bundle_of, reading.of_entry, {}, days, remade)
    return msgspec.structs.replace(held, postings=_postings(held))


class _Reading:
    """A pass over entries. alone: those that stand by themselves. remade: days that are not as they were carried."""

    def __init__(self, unit: UnitOfWork, party: Party, signs: Signs) -> None:
        self._unit, self._party, self._signs = unit, party, signs
        self.bundling = Bundling()
        self.alone: list[JournalEntry] = []
        self.of_entry: dict[str, tuple[Delivery, ...]] = {}
        self.remade: set[date] = set()

    def again(self, before: Before) -> dict[date, Day]:
        """Read what no day holds, and each day of which something was touched or to which something came.

        Returns: the entries of the days that are as they were.
        """
        kept = {on: day for on, day in before.carried.days.items() if day.members}
        wanted = before.entries.union(before.carried.alone)
        stale = {on for on, day in kept.items() if not all(map(wanted.isdisjoint, day.members))}
        while wanted:
            self.remade |= stale
            gone = [kept.pop(on) for on in stale if on in kept]
            wanted = wanted.union(*(members for day in gone for members in day.members))
            self.remade |= self.take(self._of_ids(wanted))
            stale, wanted = self.remade & kept.keys(), frozenset()
            wanted = wanted.union(*(members for on in stale for members in kept[on].members))
        return {on: Day(day.bundles, day.members) for on, day in kept.items()}

    def _of_ids(self, entry_ids: Iterable[str]) -> Iterator[JournalEntry]:
        """Those of them that are live and of this route."""
        every = iter(sorted(entry_ids))
        while some := list(islice(every, AT_A_TIME)):
            for kept in self._unit.entries.get_many(some).values():
                if kept.is_live and kept.entry.slot.route_id == self._party.route.route_id:
                    yield kept.entry

    def take(self, every: Iterable[JournalEntry]) -> set[date]:
        """Put each where it stands. Returns: the days of those that are in bundles."""
        days, entries = set(), iter(every)
        while some := list(islice(entries, AT_A_TIME)):
            deliveries = self._unit.deliveries.of_entries([entry.entry_id for entry in some])
            refs = [each.ref for several in deliveries.values() for each in several if each.ref]
            shown = self._unit.copies.shown(self._party.route.ledger, refs)
            for entry in some:
                mine = tuple(sorted(deliveries.get(entry.entry_id, ()), key=lambda each: each.voucher_id))
                if self._signs.is_plain(entry, mine, shown):
                    self.bundling.take(entry, mine, shown)
                    days.add(entry.booked_on)
                else:
                    self.alone.append(entry)
                    self.of_entry[entry.entry_id] = mine
        return days


def _postings(held: Told) -> Mapping[str, Sequence[tuple[JournalEntry, Posting]]]:
    postings: dict[str, list[tuple[JournalEntry, Posting]]] = defaultdict(list)
    for entry_id, entry in held.entries.items():
        accounts = held.accounts(entry_id)
        for posting in entry.postings:
            if account_id := accounts.get(posting.account):
                postings[account_id].append((entry, posting))
    return dict(postings)


class Sharing(msgspec.Struct, frozen=True):
    """The routes that post to each account, by its ledger id, and the names of all routes by id.

    owners: by account, the routes whose own clearing account it is.
    """

    routes: Mapping[str, frozenset[str]]
    owners: Mapping[str, frozenset[str]]
    names: Mapping[str, str]

    def home(self, account_id: str) -> str:
        """The route that an account's findings belong to: the first by name whose own it is, else that uses it."""
        meant = self.owners.get(account_id) or self.routes[account_id]
        return min(meant, key=lambda route_id: self.names[route_id])

    def names_of(self, account_id: str) -> tuple[str, ...]:
        """The routes that share an account, by name; empty where there is only one."""
        found = sorted(self.names[route_id] for route_id in self.routes[account_id])
        return tuple(found) if len(found) > 1 else ()


def sharing(every: Sequence[Told], accounts: Iterable[str], names: Mapping[str, str]) -> Sharing:
    """Who shares these accounts of a route, which comes first. names: of every route, by id."""
    routes, owners = {}, {}
    for account_id in accounts:
        users = [told for told in every if account_id in told.postings or account_id in told.party.clearing_ids]
        routes[account_id] = frozenset(told.route.route_id for told in (every[0], *users))
        owners[account_id] = frozenset(told.route.route_id for told in users if account_id in told.party.clearing_ids)
    return Sharing(routes, owners, names)
