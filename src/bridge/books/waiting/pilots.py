"""A route's pilot: which vouchers try it out, where they stand, and the word by which it sends by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum

import msgspec

from bridge.books.planning.withdrawal import is_tried_out
from bridge.model.chart import DUE_FROM_BUYERS
from bridge.model.connections import BankLeg, Route
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.entries import SETTLEMENT_TOTAL, Half, JournalEntry, Purpose
from bridge.model.findings import Instruction, InstructionKind
from bridge.model.lines import TENDER
from bridge.model.reasons import OF_A_PILOT
from bridge.store.api import UnitOfWork

_S = DeliveryState
_SALE, _REFUND = "sale.", "refund."
_OF_BUYERS = frozenset({Purpose.ORDER, Purpose.REFUND, Purpose.DAY, Purpose.SETTLEMENT})


class Sample(StrEnum):
    """What a pilot tries out, one of each where the route has one that could go.

    payment: of what a route had booked as a sale before it was paid.
    """

    SALE = "sale"
    PAYMENT = "payment"
    REFUND = "refund"
    PAYOUT = "payout"


def samples(route: Route) -> tuple[Sample, ...]:
    """What there is to try out on a route."""
    return tuple(one for one in Sample if one is not Sample.PAYMENT or route.placed_from is not None)


class Pick(msgspec.Struct, frozen=True):
    """One entry that tries a route out. voucher_ids: its vouchers, behind those that must be in the ledger first."""

    sample: Sample
    entry: JournalEntry
    voucher_ids: tuple[str, ...]


class Pilot(msgspec.Struct, frozen=True):
    """Where a route's pilot stands.

    vouchers: those that are part of it, as they stand. accepted: the word by which the route sends by itself.
    """

    route: Route
    vouchers: tuple[Delivery, ...]
    accepted: Instruction | None

    @property
    def holds(self) -> bool:
        """Whether the route sends nothing by itself until it is accepted."""
        return self.route.pilot and not self.route.review and self.accepted is None

    @property
    def is_under_way(self) -> bool:
        """Whether some of it has been sent, or is to be, and it is not known yet what came of it."""
        return any(_is_under_way(one) for one in self.vouchers)


def pilot_of(uow: UnitOfWork, route: Route) -> Pilot:
    """Where a route's pilot stands."""
    subjects = dict.fromkeys(one.subject for one in uow.instructions.of_kind(InstructionKind.PILOT))
    mine = [one for one in uow.deliveries.get_many(list(subjects)).values() if one.route_id == route.route_id]
    said = uow.instructions.of_subjects([one.voucher_id for one in mine])
    tried = (one for one in mine if is_tried_out(said.get(one.voucher_id, ())))
    return Pilot(route, tuple(sorted(tried, key=_day)), accepted(uow, route))


def accepted(uow: UnitOfWork, route: Route) -> Instruction | None:
    """The last word of a person by which a route sends by itself; None while nobody has said so."""
    return next(reversed(uow.instructions.of_subject(route.pilot_subject)), None)


def settled(uow: UnitOfWork, route: Route) -> Route:
    """The route with ``pilot`` only where one has yet to be accepted."""
    is_over = route.pilot and accepted(uow, route) is not None
    return msgspec.structs.replace(route, pilot=False) if is_over else route


def picks(waiting: Sequence[tuple[Delivery, JournalEntry]], route: Route) -> tuple[Pick, ...]:
    """One of each of what there is to try out that nothing but a person's word keeps back, each of a middling amount.

    What shares vouchers with those before it goes before what does not: as little as can be is tried out. Pure.
    """
    by_id = {delivery.voucher_id: delivery for delivery, _ in waiting}
    entries = {entry.entry_id: entry for _, entry in waiting}
    own: dict[str, list[Delivery]] = {}
    for delivery, entry in waiting:
        own.setdefault(entry.entry_id, []).append(delivery)
    whole = {entry_id: _with_first(several, by_id) for entry_id, several in own.items()}
    able = [entry_id for entry_id in own if all(_could_go(one) for one in whole[entry_id])]
    able.sort(key=lambda entry_id: (_amount(own[entry_id]), entries[entry_id].booked_on, entry_id))
    found: list[Pick] = []
    for sample in samples(route):
        fits = [entry_id for entry_id in able if sample in _samples(entries[entry_id], route)]
        chosen = {name for pick in found for name in pick.voucher_ids}
        near = [entry_id for entry_id in fits if any(one.voucher_id in chosen for one in whole[entry_id])]
        if some := near or fits:
            entry_id = some[(len(some) - 1) // 2]
            found.append(Pick(sample, entries[entry_id], tuple(one.voucher_id for one in whole[entry_id])))
    return tuple(found)


def _samples(entry: JournalEntry, route: Route) -> Iterator[Sample]:
    """What an entry is an example of; one that gathers a day or a settlement may be of several."""
    is_open = route.bank_leg is BankLeg.DOCUMENT and any(one.kind == SETTLEMENT_TOTAL for one in entry.postings)
    if entry.is_bank_leg or is_open:
        yield Sample.PAYOUT
    if entry.purpose in _OF_BUYERS:
        if any(posting.account == DUE_FROM_BUYERS and posting.amount_minor < 0 for posting in entry.postings) and any(
            posting.kind == TENDER and posting.half is not Half.REFUND for posting in entry.postings
        ):
            yield Sample.PAYMENT
        if any(posting.kind.startswith(_SALE) and posting.half is not Half.REFUND for posting in entry.postings):
            yield Sample.SALE
        if any(posting.kind.startswith(_REFUND) or posting.half is Half.REFUND for posting in entry.postings):
            yield Sample.REFUND


def _with_first(several: Sequence[Delivery], by_id: Mapping[str, Delivery]) -> list[Delivery]:
    """These, behind all that waits and must be in the ledger before them."""
    found: dict[str, Delivery] = {}

    def add(delivery: Delivery) -> None:
        if delivery.voucher_id not in found:
            for name in delivery.voucher.after if delivery.voucher else ():
                if name in by_id:
                    add(by_id[name])
            found[delivery.voucher_id] = delivery

    for delivery in several:
        add(delivery)
    return list(found.values())


def _could_go(delivery: Delivery) -> bool:
    is_free = delivery.state is _S.OWED or delivery.reason in OF_A_PILOT
    return delivery.voucher is not None and is_free


def _amount(several: Sequence[Delivery]) -> int:
    return max((one.voucher.total_minor for one in several if one.voucher), default=0)


def _is_under_way(delivery: Delivery) -> bool:
    is_begun = delivery.state is _S.OWED and delivery.attempts > 0
    return is_begun or delivery.state in {_S.SENDING, _S.IN_DOUBT, _S.UNDOING}


def _day(delivery: Delivery) -> tuple[str, str]:
    return str(delivery.voucher.dated_on) if delivery.voucher else "", delivery.voucher_id
