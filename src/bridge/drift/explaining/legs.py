"""What we told the ledger of one clearing account: our postings there, as amounts that can be explained."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from bridge.drift.comparing import booked_of_payouts
from bridge.drift.explaining.clearing import Due, Leg, Payout
from bridge.drift.explaining.kinds import (
    ANSWERED_BY_HAND,
    BANK,
    CHANGED,
    CHARGED,
    DAY,
    ITEM,
    PAYOUT,
    SETTLEMENT,
    TOTAL,
)
from bridge.drift.sides import Channel, Snapshot, has_failed, standing
from bridge.drift.sides.gathered import IN_NO_PAYOUT, NEVER_IN_ONE
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.documents import DocumentKind
from bridge.model.entries import BOUNCED, JournalEntry, Mode, Posting, Purpose
from bridge.model.lines import TENDER
from bridge.model.periods import arrival_day
from bridge.model.reasons import Reason
from bridge.store.api import UnitOfWork

_S = DeliveryState


def legs(now: Snapshot, channels: Sequence[Channel], account_id: str, *, by_order: bool = False) -> Iterator[Leg]:
    """The postings of these on an account whose objects were seen, or are known to be gone.

    by_order: each order's payments are told apart.
    """
    for each in channels:
        told = each.told
        for entry, posting in told.postings.get(account_id, ()):
            if told.is_delivered(entry.entry_id) and now.moves.unseen.keys().isdisjoint(told.refs(entry.entry_id)):
                yield from _legs_of(now.unit, each, entry, posting, by_order=by_order)


def _legs_of(
    unit: UnitOfWork, each: Channel, entry: JournalEntry, posting: Posting, *, by_order: bool
) -> Iterator[Leg]:
    """One leg a posting; one a line where people post the other half line by line; one a payout of its payments."""
    route = each.told.route
    leg = Leg(
        route_id=route.route_id,
        entry_id=entry.entry_id,
        group=entry.slot.group,
        booked_on=entry.booked_on,
        kind=_kind(entry, posting),
        amount_minor=posting.amount_minor,
        what=_what(each, entry),
        is_fee=posting.kind == TENDER and entry.purpose is Purpose.JOURNAL,
    )
    is_of_payout = entry.is_bank_leg or (entry.slot.mode is Mode.PAYOUT and entry.purpose is Purpose.JOURNAL)
    if each.is_gathered:
        leg = msgspec.structs.replace(
            leg,
            group=leg.group if is_of_payout else entry.booked_on.isoformat(),
            called=PAYOUT if is_of_payout else DAY,
        )
    if posting.kind == ITEM:
        leg = msgspec.structs.replace(leg, group=posting.description)
    is_shared = posting.kind == TENDER and posting.account == route.clearing and each.told.channel.payable
    if posting.kind == TENDER and by_order:
        yield from _by_order(unit, leg, posting)
    elif posting.kind in ANSWERED_BY_HAND and posting.line_count > 1 and not entry.rate:
        rest = posting.amount_minor
        for page in unit.entries.lines_of(entry.entry_id, posting.number):
            for line in page:
                yield msgspec.structs.replace(leg, amount_minor=-line.amount_minor)
                rest += line.amount_minor
        if rest:  # lines of a former revision that it takes back
            yield msgspec.structs.replace(leg, amount_minor=rest)
    elif is_shared and each.is_gathered:
        yield from _shared(leg, each.gathered.shares.get((entry.entry_id, posting.number), {}), posting)
    else:
        yield leg


def _by_order(unit: UnitOfWork, leg: Leg, posting: Posting) -> Iterator[Leg]:
    """The payments of a posting by the order that each line names, less those of earlier revisions that it undoes."""
    sums: dict[str, int] = defaultdict(int)
    for page in unit.entries.lines_of(leg.entry_id, posting.number):
        for line in page:
            sums[line.order_id] -= line.amount_minor
    for page in unit.entries.taken_back_by(leg.entry_id, posting.number):
        for line in page:
            sums[line.order_id] += line.amount_minor
    sums[""] += posting.amount_minor - sum(sums.values())
    for order, minor in sums.items():
        yield msgspec.structs.replace(leg, amount_minor=minor, order=order)


def _kind(entry: JournalEntry, posting: Posting) -> str:
    """What a leg is on the account: a payout that came back out of an open invoice is that settlement's total again."""
    if posting.kind == BOUNCED:
        return TOTAL
    return BANK if entry.is_bank_leg else posting.kind


def _shared(leg: Leg, shares: Mapping[str | None, int], posting: Posting) -> Iterator[Leg]:
    """The parts of a posting of payments: by the payout that holds them, those in none, and what changed since."""
    for payout, amount in shares.items():
        if payout is NEVER_IN_ONE:
            yield msgspec.structs.replace(leg, amount_minor=amount)
        elif payout == IN_NO_PAYOUT:
            yield msgspec.structs.replace(leg, kind=CHARGED, amount_minor=amount)
        else:
            yield msgspec.structs.replace(leg, kind=CHARGED, amount_minor=amount, group=payout, called=PAYOUT)
    if rest := posting.amount_minor - sum(shares.values()):
        yield msgspec.structs.replace(leg, kind=CHANGED, amount_minor=rest)


def _what(each: Channel, entry: JournalEntry) -> str:
    """What an object of ours is called that is not there."""
    group = entry.slot.group
    if entry.purpose is Purpose.SETTLEMENT:
        return f"settlement {group}"
    if entry.purpose is Purpose.BANK:
        return f"payout {group}" if each.is_gathered else f"payout of settlement {group}"
    return entry.narration


def payouts(each: Channel, there: frozenset[str]) -> Iterator[tuple[tuple[str, str], Payout]]:
    """Where the payouts of a route stand whose transfers are not in the ledger. there: entries that are."""
    told = each.told
    for external_id, kept in each.gathered.payouts.items():
        document = each.gathered.at_bank(kept.document)
        due_on = arrival_day(document, told.route.time_zone)
        if has_failed(document):
            yield (told.route.route_id, external_id), _failed(PAYOUT, is_taken_back=document.total_minor < 0)
        elif document.status not in ("", "paid"):
            words = f"on its way to the bank, due {due_on}"
            yield (told.route.route_id, external_id), Payout(words, is_coming=False)
    for entry in told.entries.values():
        if entry.is_bank_leg and entry.entry_id not in there:
            for delivery in told.of_entry.get(entry.entry_id, ()):
                yield (
                    (told.route.route_id, entry.slot.group),
                    _payout(delivery, entry, PAYOUT if each.is_gathered else SETTLEMENT),
                )


def _failed(called: str, *, is_taken_back: bool = False) -> Payout:
    reaches, pays = ("leaves", "takes") if is_taken_back else ("reaches", "pays")
    again = f"the channel {pays} it again with a later {called}"
    return Payout(
        f"failed: nothing {reaches} the bank, so code no bank line; {again}", is_coming=False, has_failed=True
    )


def _payout(delivery: Delivery, entry: JournalEntry, called: str) -> Payout:
    match delivery.state, delivery.reason:
        case _S.WITHDRAWN, Reason.PAYOUT_FAILED:
            return _failed(called)
        case _S.WITHDRAWN, _:
            return Payout("its transfer was withdrawn, and no bank line is coded to this account yet", is_coming=False)
        case _S.HELD, Reason.NOT_PAID:
            return Payout(f"on its way to the bank, due {entry.booked_on}", is_coming=True)
        case _S.DELIVERED, _:
            return Payout("its transfer was posted while this check ran", is_coming=True)
        case _:
            return Payout(f"its transfer is not posted: {standing(delivery)}", is_coming=True)


def dues(each: Channel) -> Iterator[tuple[tuple[str, str], Due]]:
    """What each settlement of a channel, and each payout of buyers' money in a route's books, comes to, and when."""
    for document in (each.gathered.at_bank(kept.document) for kept in each.gathered.paying):
        if document.identity.kind is DocumentKind.SETTLEMENT:
            since = arrival_day(document, each.told.route.time_zone)
            key = each.told.route.route_id, document.identity.external_id
            yield key, Due(document.total_minor, since, is_matched=True, currency=document.currency)
    route, booked = each.told.route, booked_of_payouts(each)
    for external_id, kept in each.gathered.payouts.items():
        document = each.gathered.at_bank(kept.document)
        since = arrival_day(document, route.time_zone)
        is_matched = booked.get(external_id, 0) == document.total_minor
        yield (route.route_id, external_id), Due(document.total_minor, since, is_matched, document.currency)
