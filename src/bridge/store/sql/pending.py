"""Money that channels hold back: each amount once, under the owner that told it last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa

from bridge.model.pending import Pending
from bridge.store.sql import tables
from bridge.store.sql.codec import plain_row
from bridge.store.sql.parts import in_parts
from bridge.store.sql.work import Select, Work, asking

_P = tables.pending_money.c
_STILL: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""The end of what is held still."""


class SqlPendings:
    """See ``store.api.Pendings``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def put(self, connection_id: str, owner: tuple[str, str], pending: Sequence[Pending]) -> None:
        kind, name = owner
        kept = self._known(connection_id, [one.external_id for one in pending])
        told = {
            one.external_id: one.after(kept[one.external_id]) if one.external_id in kept else one for one in pending
        }
        under = self._work.ask(_under, connection=connection_id, kind=kind, name=name)
        gone = sorted({row.external_id for row in under} | kept.keys())
        keys = [(self._work.organisation_id, connection_id, external_id) for external_id in gone]
        if keys:
            self._work.remove_many(tables.pending_money, ("organisation_id", "connection_id", "external_id"), keys)
        if told:
            same = {"organisation_id": self._work.organisation_id, "connection_id": connection_id}
            same |= {"owner_kind": kind, "owner_id": name}
            self._work.add_many(tables.pending_money, (_row(same, one) for one in told.values()))

    def at(self, connection_id: str, instant: datetime) -> tuple[Pending, ...]:
        held = self._of(connection_id, _P.body).where(_P.until_at > instant, _P.since_at <= instant)
        return tuple(sorted((row.body for row in self._work.rows(held)), key=_name))

    def _known(self, connection_id: str, external_ids: Sequence[str]) -> dict[str, Pending]:
        found: dict[str, Pending] = {}
        for some in in_parts(external_ids):
            rows = self._work.rows(self._of(connection_id, _P.body).where(_P.external_id.in_(some)))
            found |= {row.body.external_id: row.body for row in rows}
        return found

    def _of(self, connection_id: str, column: sa.Column[Any]) -> sa.Select[*tuple[Any, ...]]:
        return self._work.select(tables.pending_money, column).where(_P.connection_id == connection_id)


def _name(one: Pending) -> str:
    return one.external_id


def _under(connection: Any, kind: Any, name: Any) -> Select:
    mine = asking(tables.pending_money, _P.external_id).where(_P.connection_id == connection)
    return mine.where(_P.owner_kind == kind, _P.owner_id == name)


def _row(same: Mapping[str, str], one: Pending) -> tuple[Any, ...]:
    span = {"since_at": one.occurred_at, "until_at": one.released_at or _STILL}
    return plain_row(tables.pending_money, {**same, **span, "external_id": one.external_id, "body": one})
