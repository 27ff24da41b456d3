"""What we told a ledger on one route, what of it is in the ledger whole, and which other routes post there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

import msgspec

from bridge.drift.sides.bundles import Bundle, Bundling, Signs, accounts_of
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
    """

    party: Party
    entries: Mapping[str, JournalEntry]
    bundles: Mapping[str, Bundle]
    bundle_of: dict[str, str]
    of_entry: Mapping[str, tuple[Delivery, ...]]
    postings: Mapping[str, Sequence[tuple[JournalEntry, Posting]]]

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
    """Where an unfinished delivery stands, for people."""
    words = {
        _S.OWED: "waits to be sent",
        _S.HELD: "held",
        _S.PARKED: "refused or stopped; waits for a person",
        _S.SENDING: "is being sent",
        _S.IN_DOUBT: "sent without a clear answer",
    }
    return words.get(delivery.state, str(delivery.state))


def told(unit: UnitOfWork, party: Party, signs: Signs) -> Told:
    """Read what a route told its ledger, and what became of it there.

    Memory: the entries that stand by themselves, with their deliveries; a bundle a day and kind; the ids of the rest.
    """
    entries: dict[str, JournalEntry] = {}
    of_entry: dict[str, tuple[Delivery, ...]] = {}
    bundle_of: dict[str, str] = {}
    bundling = Bundling()
    every = unit.entries.of_route(party.route.route_id)
    while some := [kept.entry for kept in islice(every, AT_A_TIME)]:
        deliveries = unit.deliveries.of_entries([entry.entry_id for entry in some])
        refs = [each.ref for several in deliveries.values() for each in several if each.ref]
        shown = unit.copies.shown(party.route.ledger, refs)
        for entry in some:
            mine = tuple(sorted(deliveries.get(entry.entry_id, ()), key=lambda each: each.voucher_id))
            if signs.is_plain(entry, mine, shown):
                bundle_of[entry.entry_id] = bundling.take(entry, mine, shown)
            else:
                entries[entry.entry_id], of_entry[entry.entry_id] = entry, mine
    bundles = {bundle.entry.entry_id: bundle for bundle in bundling.bundles()}
    entries |= {entry_id: bundle.entry for entry_id, bundle in bundles.items()}
    held = Told(party, entries, bundles, bundle_of, of_entry, defaultdict(list))
    return msgspec.structs.replace(held, postings=_postings(held))


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
