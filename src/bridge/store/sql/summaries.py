"""How routes stood last, and what that is summed up from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bridge.model.deliveries import DeliveryState
from bridge.model.documents import DocumentState
from bridge.model.summaries import CheckSummary, KeptSummary, Summary
from bridge.store.api import WaitingDocuments, WaitingVouchers
from bridge.store.sql import tables
from bridge.store.sql.parts import in_parts
from bridge.store.sql.standing import IS_NEWEST, WAITS
from bridge.store.sql.work import Row, Work

_S = tables.route_summary.c
_D = tables.delivery.c
_E = tables.entry.c
_P = tables.posting.c
_DOC = tables.document.c


class SqlSummaries:
    """See ``store.api.Summaries``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def all(self) -> Mapping[str, KeptSummary]:
        rows = self._work.rows(self._work.select(tables.route_summary))
        return {row.route_id: kept_of(row) for row in rows}

    def of_routes(self, route_ids: Sequence[str]) -> Mapping[str, KeptSummary]:
        mine = self._work.select(tables.route_summary)
        rows = (row for some in in_parts(route_ids) for row in self._work.rows(mine.where(_S.route_id.in_(some))))
        return {row.route_id: kept_of(row) for row in rows}

    def put(
        self, route_id: str, summary: Summary, check: CheckSummary | None = None, *, over: datetime | None = None
    ) -> bool:
        values: dict[str, Any] = {"at": summary.at, "body": summary}
        if check is not None:
            values["last_check"] = check
        if over is None:
            return self._work.add(tables.route_summary, route_id=route_id, **({"last_check": None} | values))
        mine = self._work.update(tables.route_summary).where(_S.route_id == route_id, _S.at == over)
        return self._work.write(mine.values(**values)) > 0

    def has_delivered(self, route_id: str) -> bool:
        mine = _D.route_id == route_id, _D.state == DeliveryState.DELIVERED
        return self._work.row(self._work.select(tables.delivery, _D.voucher_id).where(*mine).limit(1)) is not None

    def vouchers(self, route_id: str, ledger: str, *states: DeliveryState) -> tuple[WaitingVouchers, ...]:
        mine = _D.ledger == ledger, _D.route_id == route_id, _D.state.in_(states)
        few = self._work.select(tables.delivery, _D.entry_id, _D.state, _D.reason).where(*mine)
        each = few.cte("each").prefix_with("MATERIALIZED")  # else SQLite groups by walking an index over all there are
        some = sa.select(*each.c, sa.func.count().label("count")).group_by(*each.c).subquery("some")
        positive = self._work.select(tables.posting, sa.func.coalesce(sa.func.sum(_P.amount_minor), 0))
        total = positive.where(_P.entry_id == some.c.entry_id, _P.amount_minor > 0).scalar_subquery()
        found = (
            sa.select(
                some.c.state,
                some.c.reason,
                _E.currency,
                _whole(sa.func.sum(some.c.count)),
                _whole(sa.func.sum(total)),
                sa.func.min(_E.booked_on),
            )
            .select_from(some.join(tables.entry, _E.entry_id == some.c.entry_id))
            .where(_E.organisation_id == self._work.organisation_id)
            .group_by(some.c.state, some.c.reason, _E.currency)
            .order_by(some.c.state, some.c.reason, _E.currency)
        )
        return tuple(WaitingVouchers(*row) for row in self._work.rows(found))

    def documents(
        self, connection_id: str, state: DocumentState, reasons: Collection[str]
    ) -> tuple[WaitingDocuments, ...]:
        sums = _whole(sa.func.sum(_DOC.total_minor))
        found = self._work.select(tables.document, _DOC.currency, sa.func.count(), sums, sa.func.min(_DOC.closed_at))
        mine = found.where(
            IS_NEWEST, WAITS, _DOC.connection_id == connection_id, _DOC.state == state, _DOC.reason.in_(sorted(reasons))
        )
        rows = self._work.rows(mine.group_by(_DOC.currency).order_by(_DOC.currency))
        return tuple(WaitingDocuments(*row) for row in rows)


def kept_of(row: Row) -> KeptSummary:
    """A row of the table as the value it keeps."""
    return KeptSummary(row.body, row.last_check)


def _whole(sum_of: Any) -> Any:
    """PostgreSQL adds whole numbers up to a NUMERIC."""
    return sa.cast(sum_of, sa.BigInteger)
