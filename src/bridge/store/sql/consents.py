"""Consents at vendors that are under way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from bridge.clock import SKEW
from bridge.model.connections import CONSENT_LASTS
from bridge.store.sql import tables
from bridge.store.sql.work import Work

_C = tables.consent.c


class SqlConsents:
    """See ``store.api.Consents``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def put(self, key_hash: str, sealed: bytes, until: datetime) -> None:
        self._work.add(tables.consent, key_hash=key_hash, until_at=until, sealed=sealed)

    def get(self, key_hash: str, now: datetime) -> bytes | None:
        is_good = sa.and_(_C.until_at > now, _C.until_at <= now + CONSENT_LASTS + SKEW)
        mine = self._work.select(tables.consent, _C.sealed).where(_C.key_hash == key_hash, is_good)
        found = self._work.value(mine)
        return None if found is None else bytes(found)

    def all(self) -> Mapping[str, bytes]:
        found = self._work.rows(self._work.select(tables.consent, _C.key_hash, _C.sealed))
        return {key_hash: bytes(sealed) for key_hash, sealed in found}

    def reseal(self, key_hash: str, before: bytes, sealed: bytes) -> None:
        mine = self._work.update(tables.consent).where(_C.key_hash == key_hash, _C.sealed == before)
        self._work.write(mine.values(sealed=sealed))

    def take(self, key_hash: str) -> bool:
        return self._work.write(self._work.delete(tables.consent).where(_C.key_hash == key_hash)) == 1

    def forget(self, now: datetime) -> None:
        is_over = sa.or_(_C.until_at <= now, _C.until_at > now + CONSENT_LASTS + SKEW)
        self._work.write(self._work.delete(tables.consent).where(is_over))
