"""Reads one snapshot of the store: all sides of the checked route, and of those that share an account with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

import msgspec

from bridge.drift.copying import Observed
from bridge.drift.sides.chart import Chart
from bridge.drift.sides.coverage import Coverage, coverage
from bridge.drift.sides.gathered import Gathered, gather
from bridge.drift.sides.moves import Moves
from bridge.drift.sides.reported import Reported, reported
from bridge.drift.sides.told import Party, Sharing, Told, sharing, told
from bridge.model.connections import Route
from bridge.plugin import BankFeed
from bridge.store.api import KeptDocument, UnitOfWork


class Channel(msgspec.Struct, frozen=True):
    """One route's books, what its channel's documents say of them, and these where they tell deposit dates."""

    told: Told
    gathered: Gathered
    documents: Sequence[KeptDocument]

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
    documents: Sequence[KeptDocument]
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

    Memory: the route's entries and document heads; of routes that share an account their entries, and their
    documents where payouts explain it.
    """
    route = scope.party.route
    connection_id = unit.connections.get(route.source).connection_id
    documents = unit.documents.of_connection(connection_id)
    channels = tuple(_channels(unit, scope, documents))
    return Snapshot(
        unit=unit,
        scope=scope,
        channels=channels,
        documents=documents,
        reported=reported(unit, connection_id, scope.party.channel),
        coverage=coverage(unit, scope.party, connection_id, documents, scope.today),
        moves=Moves(unit, route.ledger, scope.seen.absent, scope.seen.since_on, _since(scope)),
        sharing=_sharing(scope, [each.told for each in channels]),
    )


def _channels(unit: UnitOfWork, scope: Scope, documents: Sequence[KeptDocument]) -> Iterator[Channel]:
    """The route, then those that share an account; their documents are read where the channel itself pays out."""
    ours = told(unit, scope.party)
    yield Channel(ours, gather(unit, ours, documents), documents)
    for party in scope.sharing:
        theirs = told(unit, party)
        connection_id = unit.connections.get(party.route.source).connection_id
        pays_out = party.channel.payable or not party.channel.tenders
        read = unit.documents.of_connection(connection_id) if pays_out else ()
        yield Channel(theirs, gather(unit, theirs, read), read)


def _since(scope: Scope) -> dict[str, date]:
    """A clearing account opens on the first day of those that share it: what is dated before is in its opening."""
    first = min(party.route.first_day for party in (scope.party, *scope.sharing))
    return {watch.account.ledger_id: first for watch in scope.chart.clearings}


def _sharing(scope: Scope, every: Iterable[Told]) -> Sharing:
    accounts = [watch.account.ledger_id for watch in scope.chart.clearings]
    accounts += [rolled.account.ledger_id for rolled in scope.chart.rolled]
    return sharing(tuple(every), accounts, scope.names)
