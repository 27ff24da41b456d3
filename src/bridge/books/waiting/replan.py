"""What waits, looked at again: held vouchers whose reason has passed, payouts that failed, what people decided."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from bridge.books.planning.paid import PayState
from bridge.books.planning.plan import Ledger, Plan, plan, standing
from bridge.books.planning.withdrawal import is_tried_out, latest
from bridge.books.waiting.payments import Payments
from bridge.books.waiting.standing import Case, cases, vouchers, with_entries
from bridge.errors import StaleError
from bridge.model.connections import BankLeg
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.entries import JournalEntry
from bridge.model.findings import InstructionKind
from bridge.model.reasons import Reason
from bridge.store.api import Store, UnitOfWork

_S = DeliveryState


class Change(msgspec.Struct, frozen=True):
    """One delivery to move, or (before is None) to add."""

    before: Delivery | None
    after: Delivery

    @property
    def states(self) -> tuple[DeliveryState, ...]:
        """Where it comes from, if it is not new, and where it goes."""
        return (self.before.state, self.after.state) if self.before else (self.after.state,)


def replan(store: Store, ledger: Ledger, now: datetime, actor: str) -> tuple[Delivery, ...]:
    """Move what may move, one unit of work an entry; returns the deliveries as they were left.

    A race lost to delivery is no error: what it moved is decided again in the next run.
    """
    changes = _look_once(store, ledger, now, actor)
    if any(_S.WITHDRAWN in change.states for change in changes):
        changes += _look_once(store, ledger, now, actor)  # others wait for it no more, or do so again
    return tuple({change.after.voucher_id: change.after for change in changes}.values())


def foreseen(uow: UnitOfWork, ledger: Ledger, now: datetime) -> list[tuple[Delivery, JournalEntry]]:
    """What would be held or owed on a route after the next look, each with its entry. Changes nothing.

    While the ledger is silent, what stands is shown; of what waits for its answer, what it says now instead.
    """
    if ledger.facts is None:
        return with_entries(uow, [_silenced(one, ledger) for one in vouchers(uow, ledger.route, _S.HELD, _S.OWED)])
    found: dict[str, tuple[Delivery, JournalEntry]] = {}
    for case in cases(uow, ledger.route, Payments(uow, ledger), now):
        found |= {delivery.voucher_id: (delivery, case.entry) for delivery in case.deliveries}
        found |= {change.after.voucher_id: (change.after, case.entry) for change in decide(case, ledger, now)}
    return [(delivery, entry) for delivery, entry in found.values() if delivery.state in (_S.HELD, _S.OWED)]


def _silenced(delivery: Delivery, ledger: Ledger) -> Delivery:
    is_asking = delivery.reason == Reason.FACTS_UNAVAILABLE
    return msgspec.structs.replace(delivery, note=ledger.silence) if is_asking else delivery


def _look_once(store: Store, ledger: Ledger, now: datetime, actor: str) -> list[Change]:
    with store.reading() as uow:
        payments = Payments(uow, ledger)
        decided = [decide(case, ledger, now) for case in cases(uow, ledger.route, payments, now)]
        bounced = payments.bounced()
    made = [change for changes in decided if changes and _save(store, changes, actor) for change in changes]
    for finding in bounced:
        with store.unit(actor) as unit:
            unit.findings.add(finding, now)
    return made


def decide(case: Case, ledger: Ledger, now: datetime) -> list[Change]:
    """What becomes of an entry's waiting vouchers. Pure."""
    is_open = any(
        each.state is _S.HELD or case.is_untried(each) or case.is_booked_again(each) or _is_shut_out(each, ledger)
        for each in case.deliveries
    )
    planned = plan(case.entry, ledger, case.after, case.before, again=case.undone) if is_open else Plan(())
    changes = [
        Change(delivery, after)
        for delivery in case.deliveries
        if (after := _decide_one(case, delivery, planned, ledger, now)) != delivery
    ]
    first = case.deliveries[0]
    if first.state is _S.HELD or case.is_untried(first) or case.is_booked_again(first):
        changes += [
            Change(
                None, _moved(msgspec.structs.replace(first, voucher_id=voucher.voucher_id), case, planned, ledger, now)
            )
            for voucher in planned.vouchers
            if voucher.voucher_id not in case.known
        ]
    return changes


def _decide_one(case: Case, delivery: Delivery, planned: Plan, ledger: Ledger, now: datetime) -> Delivery:
    said = latest(case.decisions.get(delivery.voucher_id, ()))
    if delivery.state is _S.WITHDRAWN:
        again = _moved(delivery, case, planned, ledger, now) if case.is_booked_again(delivery) else delivery
        return delivery if again.state is _S.WITHDRAWN else again
    if said and said.kind is InstructionKind.WITHDRAW and delivery.state is not DeliveryState.PARKED:
        note = f"{said.by}: {said.reason}"
        return msgspec.structs.replace(
            delivery, state=DeliveryState.WITHDRAWN, reason=Reason.WITHDRAWN, note=note, due_at=None
        )
    is_unwanted = case.entry.is_bank_leg and ledger.route.bank_leg is BankLeg.NONE
    if (
        is_unwanted
        or case.waiting.pay is PayState.FAILED
        or delivery.state is _S.HELD
        or _is_shut_out(delivery, ledger)
    ):
        return _moved(delivery, case, planned, ledger, now)
    if case.is_untried(delivery) and planned.reason != Reason.FACTS_UNAVAILABLE:
        return _still_owed(delivery, _moved(delivery, case, planned, ledger, now), now)
    return _without_withdrawn(delivery, case)


def _still_owed(delivery: Delivery, moved: Delivery, now: datetime) -> Delivery:
    """An owed voucher planned again: held or withdrawn if that is what it came to, else owed as what it is now.

    What delivery noted about it stays: an objection overruled, a date to come back.
    """
    if moved.state is not _S.OWED:
        return moved
    if moved.voucher == delivery.voucher:
        return delivery
    return msgspec.structs.replace(delivery, voucher=moved.voucher, due_at=now)


def _without_withdrawn(delivery: Delivery, case: Case) -> Delivery:
    """An owed voucher waits for no voucher of another entry that will never come; for its own entry's it does."""
    voucher = delivery.voucher
    if voucher is None or delivery.state is not DeliveryState.OWED:
        return delivery
    after = tuple(name for name in voucher.after if name in case.after or name in case.known)
    if after == voucher.after:
        return delivery
    return msgspec.structs.replace(delivery, voucher=msgspec.structs.replace(voucher, after=after))


def _is_shut_out(delivery: Delivery, ledger: Ledger) -> bool:
    """Parked because its date lies in a period that the ledger's facts show as closed."""
    locked_through = ledger.facts.locked_through if ledger.facts else None
    return (
        delivery.state is DeliveryState.PARKED
        and delivery.reason == Reason.PERIOD_LOCKED
        and delivery.voucher is not None
        and locked_through is not None
        and delivery.voucher.dated_on <= locked_through
    )


def _moved(delivery: Delivery, case: Case, planned: Plan, ledger: Ledger, now: datetime) -> Delivery:
    said = case.decisions.get(delivery.voucher_id, ())
    releases = [decision.by for decision in said if decision.kind is InstructionKind.RELEASE]
    released_by = releases[-1] if releases else delivery.released_by
    was_owed = delivery.state is not _S.HELD
    was_sent = delivery.state is _S.PARKED
    state, reason, note = standing(
        case.entry,
        planned,
        case.waiting,
        ledger.route,
        is_released=was_sent or bool(released_by),
        is_tried_out=was_sent or is_tried_out(said),
    )
    voucher = next((each for each in planned.vouchers if each.voucher_id == delivery.voucher_id), None)
    if state is DeliveryState.WITHDRAWN:
        voucher = delivery.voucher
    if state is DeliveryState.OWED and voucher is None:
        state, reason, note = DeliveryState.WITHDRAWN, Reason.PLANNED_ANEW, Reason.PLANNED_ANEW.words
    is_sent_again = was_owed and delivery.attempts > 0 and state is DeliveryState.OWED
    return msgspec.structs.replace(
        delivery,
        voucher=voucher,
        state=state,
        reason=reason,
        note=note,
        released_by=released_by,
        round=delivery.round + 1 if is_sent_again else delivery.round,
        due_at=now if state is DeliveryState.OWED else None,
    )


def _save(store: Store, changes: Sequence[Change], actor: str) -> bool:
    try:
        with store.unit(actor) as uow:
            for change in changes:
                if change.before is None:
                    uow.deliveries.add(change.after)
                else:
                    uow.deliveries.move(change.before, change.after)
    except StaleError:
        return False
    return True
