"""Leases: who alone does what. The epoch rises with every taking and fences every save.

A row is never deleted, for its epoch must not begin again.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from bridge.errors import StaleError
from bridge.model.leases import Lease, LeaseKind
from bridge.store.sql import tables
from bridge.store.sql.codec import EPOCH
from bridge.store.sql.work import MINE, Row, Select, Work, asking

_L = tables.lease.c
# Put together once, for whatever is done begins and ends so.
_NOW, _UNTIL = (sa.bindparam(name, type_=_L.until_at.type) for name in ("now", "until"))
_BY = sa.bindparam("by", type_=_L.holder.type)
_OF_SUBJECT = (
    sa.update(tables.lease)
    .where(_L.organisation_id == MINE, _L.kind == sa.bindparam("of_kind"), _L.subject == sa.bindparam("of_subject"))
    .returning(_L.epoch, _L.claims)
)
_IS_FREE = (_L.holder == "", _L.holder == _BY, _L.until_at <= _NOW)
_IS_THEIRS = sa.and_(_L.holder == sa.bindparam("instead_of"), _L.epoch == sa.bindparam("instead_of_epoch"))
_TAKEN = _OF_SUBJECT.values(epoch=_L.epoch + 1, claims=_L.claims + 1, holder=_BY, taken_at=_NOW, until_at=_UNTIL)
_TAKE = _TAKEN.where(sa.or_(*_IS_FREE))
_TAKE_OVER = _TAKEN.where(sa.or_(*_IS_FREE, _IS_THEIRS))
_HELD = _OF_SUBJECT.where(_L.holder == _BY, _L.epoch == sa.bindparam("of_epoch"))
_RENEW = _HELD.values(until_at=_UNTIL)
_RELEASE = _HELD.values(holder="", until_at=EPOCH, claims=0)


class SqlLeases:
    """See ``store.api.Leases``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def take(
        self,
        kind: LeaseKind,
        subject: str,
        holder: str,
        now: datetime,
        until: datetime,
        *,
        instead_of: Lease | None = None,
    ) -> Lease | None:
        begun = {"holder": holder, "taken_at": now, "until_at": until}
        values: dict[str, Any] = {
            "of_kind": kind.value,
            "of_subject": subject,
            "by": holder,
            "now": now,
            "until": until,
        }
        if instead_of is not None:
            values |= {"instead_of": instead_of.holder, "instead_of_epoch": instead_of.epoch}
        row = next(iter(self._work.changed_as(_TAKE if instead_of is None else _TAKE_OVER, values)), None)
        if row is None and not self._work.add(
            tables.lease, kind=kind.value, subject=subject, epoch=1, claims=1, **begun
        ):
            return None
        epoch, claims = (1, 1) if row is None else (row.epoch, row.claims)
        return Lease(kind=kind, subject=subject, holder=holder, epoch=epoch, until=until, claims=claims)

    def get(self, kind: LeaseKind, subject: str) -> Lease | None:
        return next(map(lease_of, self._work.ask(_held, kind=kind.value, subject=subject)), None)

    def all(self) -> tuple[Lease, ...]:
        return tuple(map(lease_of, self._work.ask(_all_held)))

    def last_at(self, now: datetime) -> datetime | None:
        known = self._work.select(tables.lease, _L.taken_at).where(_L.taken_at <= now)
        found: datetime | None = self._work.value(known.order_by(_L.taken_at.desc()).limit(1))
        return found

    def renew(self, lease: Lease, until: datetime) -> Lease:
        if not self._work.changed_as(_RENEW, _held_by(lease) | {"until": until}):
            raise StaleError(f"lease of {lease.subject}", f"{lease.holder} no longer holds it", "Take it again")
        return msgspec.structs.replace(lease, until=until)

    def release(self, lease: Lease) -> None:
        self._work.changed_as(_RELEASE, _held_by(lease))


def _held_by(lease: Lease) -> dict[str, Any]:
    return {"of_kind": lease.kind.value, "of_subject": lease.subject, "by": lease.holder, "of_epoch": lease.epoch}


def _all_held() -> Select:
    return asking(tables.lease).where(_L.holder != "").order_by(_L.kind, _L.subject)


def _held(kind: Any, subject: Any) -> Select:
    return asking(tables.lease).where(_L.kind == kind, _L.subject == subject, _L.holder != "")


def lease_of(row: Row) -> Lease:
    return Lease(
        kind=LeaseKind(row.kind),
        subject=row.subject,
        holder=row.holder,
        epoch=row.epoch,
        until=row.until_at,
        claims=row.claims,
    )
