"""Reads one snapshot of the store: all sides of the checked route, and of those that share an account with it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date

import msgspec

from bridge.drift.copying import Observed
from bridge.drift.sides.bundles import Signs
from bridge.drift.sides.chart import Chart
from bridge.drift.sides.coverage import Coverage, coverage
from bridge.drift.sides.days import NO_DAY, Before, Carried, HandedOn, before, handed_on, made_of
from bridge.drift.sides.documents import Documents
from bridge.drift.sides.gathered import NOTHING_GATHERED, Gathered, gather, payout_ids
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
    handed_on: HandedOn

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
    is_anew: whether all of our books is read, whatever an earlier check handed on.
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
    is_anew: bool = False


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
        moves=Moves(
            unit, route.ledger, every, scope.seen.absent, scope.seen.since_on, _since(scope), scope.chart.words
        ),
        sharing=_sharing(scope, every),
    )


def _channels(unit: UnitOfWork, scope: Scope) -> Iterator[Channel]:
    """The route, then those that share an account."""
    signs, owner = signs_of(unit, scope.chart, scope.party.route.ledger, scope.seen.absent), scope.party
    for party in (owner, *scope.sharing):
        then = None if scope.is_anew else before_of(unit, owner, party, signs)
        yield books_of(unit, owner, party, signs, then)


def before_of(unit: UnitOfWork, owner: Party, party: Party, signs: Signs) -> Before | None:
    """What the last check of a route handed on of one of its parties; None where there is nothing to take over."""
    made_from = made_of(party.route, party.channel, signs)
    return before(unit, owner.route.route_id, party.route, made_from, signs.suspects)


def books_of(unit: UnitOfWork, owner: Party, party: Party, signs: Signs, then: Before | None) -> Channel:
    """The books of one party of a check; its documents are read where the channel itself pays out."""
    pays_out = party.channel.payable or not party.channel.tenders
    held = told(unit, party, signs, then)
    gathered = gather(unit, held, then) if pays_out or party == owner else NOTHING_GATHERED
    carried = _carried(unit, made_of(party.route, party.channel, signs), held, gathered)
    return Channel(held, gathered, handed_on(owner.route.route_id, party.route.route_id, carried, then))


def _carried(unit: UnitOfWork, made_from: str, held: Told, gathered: Gathered) -> Carried:
    """What the next check may take over of all this."""
    head = unit.audit.head()
    every = {on: (held.days.get(on, NO_DAY), gathered.days.get(on, NO_DAY)) for on in held.days.keys() | gathered.days}
    return Carried(
        seq=head.seq if head else 0,
        made_of=made_from,
        alone=tuple(sorted(held.of_entry)),
        loose=gathered.loose,
        payouts=payout_ids(gathered.payouts),
        days={
            on: msgspec.structs.replace(said, bundles=told.bundles, members=told.members)
            for on, (told, said) in every.items()
        },
    )


def signs_of(unit: UnitOfWork, chart: Chart, ledger: str, absent: Collection[str] = ()) -> Signs:
    """What is wrong with our objects; that others only marked them beside us is not. absent: that are not there."""
    differing = (
        one.ref
        for one in unit.copies.differences(ledger)
        if one.ours is None or one.theirs is None or one.ours[:-1] != one.theirs[:-1]
    )
    return Signs(frozenset(differing).union(absent), chart)


def _since(scope: Scope) -> dict[str, date]:
    """A clearing account opens on the first day of those that share it: what is dated before is in its opening."""
    first = min(party.route.first_day for party in (scope.party, *scope.sharing))
    return {watch.account.ledger_id: first for watch in scope.chart.clearings}


def _sharing(scope: Scope, every: Iterable[Told]) -> Sharing:
    accounts = [watch.account.ledger_id for watch in scope.chart.clearings]
    accounts += [rolled.account.ledger_id for rolled in scope.chart.rolled]
    return sharing(tuple(every), accounts, scope.names)
