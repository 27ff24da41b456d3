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
from bridge.store.sql.work import Row, Work

_L = tables.lease.c


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
        is_free = [_L.holder == "", _L.holder == holder, _L.until_at <= now]
        if instead_of is not None:
            is_free.append(sa.and_(_L.holder == instead_of.holder, _L.epoch == instead_of.epoch))
        free = self._work.update(tables.lease).where(*_of(kind, subject), sa.or_(*is_free))
        begun = {"holder": holder, "taken_at": now, "until_at": until}
        row = self._work.change(free.values(epoch=_L.epoch + 1, claims=_L.claims + 1, **begun), _L.epoch, _L.claims)
        if row is None and not self._work.add(
            tables.lease, kind=kind.value, subject=subject, epoch=1, claims=1, **begun
        ):
            return None
        epoch, claims = (1, 1) if row is None else (row.epoch, row.claims)
        return Lease(kind=kind, subject=subject, holder=holder, epoch=epoch, until=until, claims=claims)

    def get(self, kind: LeaseKind, subject: str) -> Lease | None:
        held = self._work.select(tables.lease).where(*_of(kind, subject), _L.holder != "")
        row = self._work.row(held)
        return None if row is None else lease_of(row)

    def all(self) -> tuple[Lease, ...]:
        held = self._work.select(tables.lease).where(_L.holder != "")
        return tuple(map(lease_of, self._work.rows(held.order_by(_L.kind, _L.subject))))

    def last_at(self, now: datetime) -> datetime | None:
        known = self._work.select(tables.lease, _L.taken_at).where(_L.taken_at <= now)
        found: datetime | None = self._work.value(known.order_by(_L.taken_at.desc()).limit(1))
        return found

    def renew(self, lease: Lease, until: datetime) -> Lease:
        if not self._save(lease, until_at=until):
            raise StaleError(f"lease of {lease.subject}", f"{lease.holder} no longer holds it", "Take it again")
        return msgspec.structs.replace(lease, until=until)

    def release(self, lease: Lease) -> None:
        self._save(lease, holder="", until_at=EPOCH, claims=0)

    def _save(self, lease: Lease, **values: Any) -> bool:
        mine = self._work.update(tables.lease).where(
            *_of(lease.kind, lease.subject), _L.holder == lease.holder, _L.epoch == lease.epoch
        )
        return self._work.write(mine.values(**values)) == 1


def _of(kind: LeaseKind, subject: str) -> tuple[sa.ColumnElement[bool], ...]:
    return _L.kind == kind.value, _L.subject == subject


def lease_of(row: Row) -> Lease:
    return Lease(
        kind=LeaseKind(row.kind),
        subject=row.subject,
        holder=row.holder,
        epoch=row.epoch,
        until=row.until_at,
        claims=row.claims,
    )
