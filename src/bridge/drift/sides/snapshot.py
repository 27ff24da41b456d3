"""Reads one snapshot of the store: all sides of the checked route, and of those that share an account with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

import msgspec

from bridge.drift.copying import Observed
from bridge.drift.sides.bundles import Signs
from bridge.drift.sides.chart import Chart
from bridge.drift.sides.coverage import Coverage, coverage
from bridge.drift.sides.documents import Documents
from bridge.drift.sides.gathered import NOTHING_GATHERED, Gathered, gather
from bridge.drift.sides.moves import Moves
from bridge.drift.sides.reported import Reported, reported
from bridge.drift.sides.told import Party, Sharing, Told, sharing, told
from bridge.model.connections import Route
from bridge.plugin import BankFeed
from bridge.store.api import UnitOfWork


class Channel(msgspec.Struct, frozen=True):
    """One route's books, and what its channel's documents say of them."""

    told: Told
    gathered: Gathered

    @property
    def is_gathered(self) -> bool:
        """Whether the channel reports orders and how they were paid."""
        return bool(self.told.channel.tenders)


class Scope(msgspec.Struct, frozen=True):
    """What is compared. sharing: others on the same clearing accounts. currency: where an account names none.

    feed: how the ledger takes in the bank's lines. clearings: of every route into it, by ledger id.
    names: of the ledger's routes, by id, the one that begins first at the head: of accounts that several share it tells
    what is nobody's own. since_on: from which day entries were read, the first of all these routes.
    moving: accounts, by ledger id, that others were posting to while they were read.
    """

    party: Party
    sharing: tuple[Party, ...]
    names: Mapping[str, str]
    chart: Chart
    currency: str
    seen: Observed
    since_on: date
    today: date
    feed: BankFeed
    clearings: frozenset[str]
    moving: frozenset[str] = frozenset()


class Snapshot(msgspec.Struct, frozen=True):
    """All that one check compares.

    channels: the checked route's first, then of those that share an account with it. documents: of the checked one.
    reported: what its channel says of itself beside them. coverage: how far all that it has is known to be here.
    """

    unit: UnitOfWork
    scope: Scope
    channels: tuple[Channel, ...]
    documents: Documents
    reported: Reported
    coverage: Coverage
    moves: Moves
    sharing: Sharing

    @property
    def route(self) -> Route:
        """The checked route."""
        return self.scope.party.route

    @property
    def own(self) -> Channel:
        """The checked route's own side."""
        return self.channels[0]

    @property
    def ours(self) -> Told:
        """What the ledger was told on the checked route."""
        return self.channels[0].told

    @property
    def chart(self) -> Chart:
        return self.scope.chart


def snapshot(unit: UnitOfWork, scope: Scope) -> Snapshot:
    """Read all sides.

    Memory: of the route's entries and documents what is not settled, and a sum a day (see ``told`` and ``gather``); of
    routes that share an account the same, of documents where payouts explain it.
    """
    route = scope.party.route
    connection_id = unit.connections.get(route.source).connection_id
    documents = Documents(unit, connection_id)
    channels = tuple(_channels(unit, scope))
    every = [each.told for each in channels]
    return Snapshot(
        unit=unit,
        scope=scope,
        channels=channels,
        documents=documents,
        reported=reported(unit, connection_id, scope.party.channel),
        coverage=coverage(unit, scope.party, connection_id, documents, scope.today),
        moves=Moves(unit, route.ledger, every, scope.seen.absent, scope.seen.since_on, _since(scope)),
        sharing=_sharing(scope, every),
    )


def _channels(unit: UnitOfWork, scope: Scope) -> Iterator[Channel]:
    """The route, then those that share an account; their documents are read where the channel itself pays out."""
    signs = _signs(unit, scope)
    for party in (scope.party, *scope.sharing):
        held = told(unit, party, signs)
        pays_out = party.channel.payable or not party.channel.tenders
        yield Channel(held, gather(unit, held) if pays_out or party == scope.party else NOTHING_GATHERED)


def _signs(unit: UnitOfWork, scope: Scope) -> Signs:
    """What is wrong with our objects; that others only marked them beside us is not."""
    ledger = scope.party.route.ledger
    differing = (
        one.ref
        for one in unit.copies.differences(ledger)
        if one.ours is None or one.theirs is None or one.ours[:-1] != one.theirs[:-1]
    )
    return Signs(frozenset(differing) | scope.seen.absent.keys(), scope.chart)


def _since(scope: Scope) -> dict[str, date]:
    """A clearing account opens on the first day of those that share it: what is dated before is in its opening."""
    first = min(party.route.first_day for party in (scope.party, *scope.sharing))
    return {watch.account.ledger_id: first for watch in scope.chart.clearings}


def _sharing(scope: Scope, every: Iterable[Told]) -> Sharing:
    accounts = [watch.account.ledger_id for watch in scope.chart.clearings]
    accounts += [rolled.account.ledger_id for rolled in scope.chart.rolled]
    return sharing(tuple(every), accounts, scope.names)
