"""Leases: who drains a ledger. The epoch rises with every taking and fences every save."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from bridge.errors import StaleError
from bridge.model.deliveries import Lease
from bridge.store.sql import tables
from bridge.store.sql.codec import EPOCH
from bridge.store.sql.work import Row, Work

_L = tables.lease.c


class SqlLeases:
    """See ``store.api.Leases``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def take(self, ledger: str, holder: str, now: datetime, until: datetime) -> Lease | None:
        free = self._work.update(tables.lease).where(
            _L.ledger == ledger, sa.or_(_L.holder == "", _L.holder == holder, _L.until_at <= now)
        )
        taken = self._work.write(free.values(holder=holder, epoch=_L.epoch + 1, until_at=until)) == 1
        if not taken and not self._work.add(tables.lease, ledger=ledger, holder=holder, epoch=1, until_at=until):
            return None
        epoch = self._work.value(self._work.select(tables.lease, _L.epoch).where(_L.ledger == ledger))
        self._work.note("lease.taken", ledger, f"{holder} epoch {epoch}")
        return Lease(ledger=ledger, holder=holder, epoch=epoch, until=until)

    def get(self, ledger: str) -> Lease | None:
        row = self._work.row(self._work.select(tables.lease).where(_L.ledger == ledger, _L.holder != ""))
        return None if row is None else _lease(row)

    def all(self) -> tuple[Lease, ...]:
        held = self._work.select(tables.lease).where(_L.holder != "")
        return tuple(map(_lease, self._work.rows(held.order_by(_L.ledger))))

    def renew(self, lease: Lease, until: datetime) -> Lease:
        if not self._save(lease, until_at=until):
            raise StaleError(f"lease of {lease.ledger}", f"{lease.holder} no longer holds it", "Take it again")
        self._work.note("lease.renewed", lease.ledger, f"{lease.holder} epoch {lease.epoch}")
        return msgspec.structs.replace(lease, until=until)

    def release(self, lease: Lease) -> None:
        if self._save(lease, holder="", until_at=EPOCH):
            self._work.note("lease.released", lease.ledger, f"{lease.holder} epoch {lease.epoch}")

    def _save(self, lease: Lease, **values: Any) -> bool:
        mine = self._work.update(tables.lease).where(
            _L.ledger == lease.ledger, _L.holder == lease.holder, _L.epoch == lease.epoch
        )
        return self._work.write(mine.values(**values)) == 1


def _lease(row: Row) -> Lease:
    return Lease(ledger=row.ledger, holder=row.holder, epoch=row.epoch, until=row.until_at)
