"""What is asked of deliveries, and how many are moved at once: statements that are put together once."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import sqlalchemy as sa

from bridge.model.deliveries import DeliveryState
from bridge.model.leases import LeaseKind
from bridge.store.sql import tables
from bridge.store.sql.codec import EPOCH
from bridge.store.sql.parts import in_parts
from bridge.store.sql.work import Select, asking

_D = tables.delivery.c
_A = tables.delivery_after.c
_B = tables.baseline.c
_LEASE = tables.lease.c
_HAS_REF = sa.text("delivery.ref <> ''")
_OPEN = (DeliveryState.OWED, DeliveryState.SENDING, DeliveryState.IN_DOUBT)
_FINAL = (DeliveryState.DELIVERED, DeliveryState.WITHDRAWN)
_BY_ROUTE_PAGE = 500
_DUE_AT = sa.func.coalesce(_D.due_at, sa.literal(EPOCH, _D.due_at.type))
COMPARED: Final = ("state", "round", "attempts", "epoch", "due_at")
MOVED: Final = (*COMPARED, "reason", "note", "sent_at", "ref", "released_by")
_GIVEN = ("voucher_id", *(f"old_{name}" for name in COMPARED), *MOVED)
SIZES: Final = (1, 4, 16, 50)
"""Moves for which a statement is made, once each: putting one together takes longer than it takes to run."""


def of_entries(some: Any) -> Select:
    found = asking(tables.delivery).where(_D.entry_id.in_(some))
    return found.order_by(_D.entry_id, _D.dated_on, _D.voucher_id)


def of_route(route: Any, last: Any) -> Select:
    found = asking(tables.delivery).where(_D.route_id == route, _D.voucher_id > last)
    return found.order_by(_D.voucher_id).limit(_BY_ROUTE_PAGE)


def refs(some: Any) -> Select:
    return asking(tables.delivery, _D.voucher_id, _D.ref).where(_D.voucher_id.in_(some), _D.ref != "")


def numbered(name: Any) -> Select:
    return asking(tables.delivery).where(_D.number == name).order_by(_D.voucher_id)


def known_as(name: Any) -> Select:
    return asking(tables.delivery).where(_HAS_REF, _D.ref == name).order_by(_D.voucher_id)


def due(ledger: Any, now: Any, limit: Any) -> Select:
    is_due = sa.or_(_D.due_at.is_(None), _D.due_at <= now)
    found = asking(tables.delivery).where(_D.ledger == ledger, _D.state.in_(_OPEN), is_due, sa.not_(_waits()))
    return found.order_by(_DUE_AT, _D.dated_on, _D.voucher_id).limit(limit)


def next_due(ledger: Any) -> Select:
    earliest = asking(tables.delivery, sa.func.min(_DUE_AT))
    return earliest.where(_D.ledger == ledger, _D.state.in_(_OPEN), sa.not_(_waits()))


def _waits() -> sa.ColumnElement[bool]:
    """Owed, but one that must be in the ledger first is neither there nor withdrawn."""
    first = tables.delivery.alias("first")
    beside = sa.and_(first.c.organisation_id == _A.organisation_id, first.c.voucher_id == _A.after_id)
    waits_for = (
        sa.select(sa.literal(1))
        .select_from(tables.delivery_after.outerjoin(first, beside))
        .where(
            _A.organisation_id == _D.organisation_id,
            _A.voucher_id == _D.voucher_id,
            sa.or_(first.c.state.is_(None), first.c.state.not_in(_FINAL)),
        )
        .correlate(tables.delivery)
    )
    return sa.and_(_D.state == DeliveryState.OWED, waits_for.exists())


def with_state(ledger: Any, states: Any) -> Select:
    found = asking(tables.delivery).where(_D.ledger == ledger, _D.state.in_(states))
    return found.order_by(_D.dated_on, _D.voucher_id)


def with_reason(ledger: Any, states: Any, reasons: Any) -> Select:
    return with_state(ledger, states).where(_D.reason.in_(reasons))


def standings(ledger: Any, states: Any) -> Select:
    by = (_D.state, _D.route_id, _D.reason)
    counted = asking(tables.delivery, *by, sa.func.count()).where(_D.ledger == ledger, _D.state.in_(states))
    return counted.group_by(*by).order_by(*by)


def baselines(ledger: Any, refs: Any, vouchers: Any) -> Select:
    is_one = sa.or_(sa.and_(_B.ledger == ledger, _B.ref.in_(refs)), _B.voucher_id.in_(vouchers))
    return asking(tables.baseline).where(is_one)


def owners(ledger: Any, some: Any) -> Select:
    return asking(tables.baseline, _B.ref, _B.voucher_id).where(_B.ledger == ledger, _B.ref.in_(some))


def behind(some: Any) -> Select:
    return asking(tables.delivery_after, _A.voucher_id).where(_A.after_id.in_(some))


def moving(size: int, is_held: bool) -> sa.Update:
    """What moves so many, each as its row of values says: see ``names``. A row without a voucher moves nothing."""
    kinds = [_D[name].type for name in ("voucher_id", *COMPARED, *MOVED)]
    columns = (sa.column(name, kind) for name, kind in zip(_GIVEN, kinds, strict=True))
    values = [sa.bindparam(name, type_=kind) for name, kind in zip(names(size), kinds * size, strict=True)]
    given = sa.values(*columns, name="given").data([tuple(row) for row in in_parts(values, len(kinds))]).cte()
    stands = (_D[name].is_not_distinct_from(given.c[f"old_{name}"]) for name in COMPARED)
    whose = sa.bindparam("mine", type_=_D.organisation_id.type)
    change = sa.update(tables.delivery).where(_D.organisation_id == whose, _D.voucher_id == given.c.voucher_id, *stands)
    if is_held:
        change = change.where(held(whose, sa.bindparam("held"), sa.bindparam("epoch")))
    return change.values({_D[name]: given.c[name] for name in MOVED}).returning(_D.voucher_id)


@cache
def names(size: int) -> tuple[str, ...]:
    """The parameters of ``moving``, row by row."""
    return tuple(f"{name}_{row}" for row in range(size) for name in _GIVEN)


def held(organisation: Any, ledger: Any, epoch: Any) -> sa.ColumnElement[bool]:
    """That the lease on a ledger is held, and by whom it was when it had this epoch."""
    lease = sa.select(sa.literal(1)).where(
        _LEASE.organisation_id == organisation,
        _LEASE.kind == LeaseKind.DRAIN.value,
        _LEASE.subject == ledger,
        _LEASE.epoch == epoch,
        _LEASE.holder != "",
    )
    return lease.exists()
