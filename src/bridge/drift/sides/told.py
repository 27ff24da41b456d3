"""What we told a ledger on one route, what of it is in the ledger whole, and which other routes post there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from bridge.model.connections import Route
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.entries import JournalEntry, Posting
from bridge.model.reasons import Reason
from bridge.plugin import SourceCapabilities
from bridge.store.api import UnitOfWork

_S = DeliveryState


class Party(msgspec.Struct, frozen=True):
    """A route, what the channel that feeds it declares, and its own clearing account, by ledger id."""

    route: Route
    channel: SourceCapabilities
    clearing_id: str


class Told(msgspec.Struct, frozen=True):
    """One route's live entries by id, and every delivery by voucher id and by entry.

    postings: every posting by the account that it went to, by ledger id, with its entry; in the order of the entries.
    """

    party: Party
    entries: Mapping[str, JournalEntry]
    vouchers: Mapping[str, Delivery]
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
        """Its own clearing account, by ledger id."""
        return self.party.clearing_id

    def is_delivered(self, entry_id: str) -> bool:
        """Whether every voucher the entry has now was delivered, and there is one."""
        states = {each.state for each in self.of_entry.get(entry_id, ()) if each.reason != Reason.PLANNED_ANEW}
        return states == {_S.DELIVERED}

    def stands(self, entry: JournalEntry, is_there: Callable[[str], bool]) -> bool:
        """Whether the entry is in the ledger whole; ``is_there`` answers for one ref. Nothing to say counts as said."""
        if not any(posting.amount_minor for posting in entry.postings):
            return True
        return self.is_delivered(entry.entry_id) and all(map(is_there, self.refs(entry.entry_id)))

    def refs(self, entry_id: str) -> tuple[str, ...]:
        """The ledger's ids of the entry's delivered vouchers."""
        return tuple(delivery.ref for delivery in self.of_entry.get(entry_id, ()) if delivery.state is _S.DELIVERED)

    def accounts(self, entry_id: str) -> Mapping[str, str]:
        """The ledger's accounts that the entry went to, by the number of our chart."""
        return _accounts(self.of_entry.get(entry_id, ()))


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


def told(unit: UnitOfWork, party: Party) -> Told:
    """Memory: the route's entries and deliveries."""
    route = party.route
    vouchers = {delivery.voucher_id: delivery for delivery in unit.deliveries.of_route(route.route_id)}
    of_entry: dict[str, list[Delivery]] = defaultdict(list)
    for delivery in vouchers.values():
        of_entry[delivery.entry_id].append(delivery)
    entries = {kept.entry.entry_id: kept.entry for kept in unit.entries.of_route(route.route_id)}
    postings: dict[str, list[tuple[JournalEntry, Posting]]] = defaultdict(list)
    for entry_id, entry in entries.items():
        accounts = _accounts(of_entry.get(entry_id, ()))
        for posting in entry.postings:
            if account_id := accounts.get(posting.account):
                postings[account_id].append((entry, posting))
    return Told(
        party=party,
        entries=entries,
        vouchers=vouchers,
        of_entry={entry_id: tuple(several) for entry_id, several in of_entry.items()},
        postings=dict(postings),
    )


def _accounts(deliveries: Iterable[Delivery]) -> Mapping[str, str]:
    return {
        line.account.number: line.account.ledger_id
        for delivery in deliveries
        if delivery.voucher is not None
        for line in delivery.voucher.lines
    }


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
        users = [told for told in every if account_id in told.postings or account_id == told.clearing_id]
        routes[account_id] = frozenset(told.route.route_id for told in (every[0], *users))
        owners[account_id] = frozenset(told.route.route_id for told in users if told.clearing_id == account_id)
    return Sharing(routes, owners, names)
