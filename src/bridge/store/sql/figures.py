"""What lines, postings and the ledger's objects of a time come to: summed up where they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from bridge.model.deliveries import DeliveryState
from bridge.model.documents import BRIDGE
from bridge.model.line_tax import TAX
from bridge.model.lines import Part
from bridge.model.reasons import Reason
from bridge.store.api import BookedSum, Facet, FacetSum, Fated, GroupSums, LedgerMove, TaxBooked, ToldDocument, ToldSum
from bridge.store.sql import tables
from bridge.store.sql.codec import unpack_tax
from bridge.store.sql.fates import BESIDE, OF_ENTRY, REVERSED
from bridge.store.sql.parts import begins
from bridge.store.sql.standing import IS_NEWEST
from bridge.store.sql.work import Work

_D = tables.document.c
_L = tables.line.c
_F = tables.fate.c
_R = tables.reversal.c
_E = tables.entry.c
_P = tables.posting.c
_C = tables.ledger_copy.c
_M = tables.ledger_copy_line.c
_B = tables.baseline.c
_V = tables.delivery.c
_MONEY = [part for part in Part if part.is_money]
_KEYS = ("organisation_id", "document_id", "revision")
_OF_DOCUMENT = sa.and_(*(_L[name] == _D[name] for name in _KEYS))
_OF_POSTING = sa.and_(_P.organisation_id == _F.organisation_id, _P.entry_id == _F.entry_id, _P.number == _F.posting)
_TAKEN_FROM = sa.and_(_P.organisation_id == _R.organisation_id, _P.entry_id == _R.entry_id, _P.number == _R.posting)
_COLUMNS = {Facet.SKU: _L.sku, Facet.WORDS: _L.words, Facet.TAX: _L.tax}
_NO_TAX = "[]"
_IS_LIVE = sa.text("entry.is_live")
"""In the very words of the index: SQLite uses one only for a condition that reads as its own."""


class SqlFigures:
    """See ``store.api.Figures``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def size(self, connection_id: str, since: datetime, until: datetime) -> int:
        total = self._work.select(tables.document, _whole(sa.func.coalesce(sa.func.sum(_D.line_count), 0)))
        return int(self._work.value(total.where(*_told(connection_id, since, until))))

    def told(
        self, connection_id: str, since: datetime, until: datetime, days: tuple[date, date]
    ) -> tuple[ToldSum, ...]:
        fated = sa.case(
            (_F.reason.is_not(None), Fated.EXCLUDED.value),
            (sa.or_(_E.entry_id.is_(None), sa.not_(_E.is_live)), Fated.WAITS.value),
            (_E.booked_on.between(*days), Fated.BOOKED.value),
            else_=Fated.ELSEWHERE.value,
        ).label("fated")
        by = (_L.kind, _L.part, _D.currency, fated)
        found = self._lines(connection_id, since, until, *by, _minor(), sa.func.count())
        joined = _LINES.outerjoin(tables.fate, BESIDE).outerjoin(tables.entry, OF_ENTRY)
        rows = self._work.rows(found.select_from(joined).group_by(*by).order_by(*by))
        return tuple(ToldSum(kind, part, currency, Fated(word), *sums) for kind, part, currency, word, *sums in rows)

    def groups(
        self, connection_id: str, since: datetime, until: datetime, groups: tuple[tuple[str, ...], ...]
    ) -> tuple[GroupSums, ...]:
        sums = []
        for kinds in groups:
            is_mine = _L.kind.in_(kinds)
            sums.append(_whole(sa.func.sum(sa.case((is_mine, _L.amount_minor), else_=0))))
            sums.append(sa.func.count(sa.distinct(sa.case((is_mine, _D.document_id + "/" + _L.order_id)))))
        every = _L.kind.in_([kind for kinds in groups for kind in kinds])
        found = self._lines(connection_id, since, until, _D.currency, *sums).select_from(_LINES).where(every)
        rows = self._work.rows(found.group_by(_D.currency).order_by(_D.currency))
        return tuple(GroupSums(currency, tuple(zip(row[::2], row[1::2], strict=True))) for currency, *row in rows)

    def largest(
        self, connection_id: str, since: datetime, until: datetime, kinds: tuple[str, ...], limit: int
    ) -> tuple[ToldDocument, ...]:
        by = (_D.document_id, _D.kind, _D.external_id, _L.order_id, _D.currency)
        minor = _minor()
        found = self._lines(connection_id, since, until, *by, minor, sa.func.min(_L.occurred_at)).select_from(_LINES)
        mine = found.where(_L.kind.in_(kinds)).group_by(*by).having(minor < 0)
        rows = self._work.rows(mine.order_by(minor, _D.document_id, _L.order_id).limit(limit))
        return tuple(ToldDocument(*row) for row in rows)

    def values(self, connection_id: str, since: datetime, until: datetime, facet: Facet) -> frozenset[tuple[str, str]]:
        found = self._lines(connection_id, since, until, *_of_facet(facet)).select_from(_LINES).distinct()
        return frozenset((kind, value) for kind, value in self._work.rows(found.where(*_says(facet))))

    def facets(self, connection_id: str, since: datetime, until: datetime, facet: Facet) -> tuple[FacetSum, ...]:
        by = (_L.kind, _COLUMNS[facet], _D.currency, sa.func.coalesce(_P.rule, ""), sa.func.coalesce(_P.account, ""))
        found = self._lines(connection_id, since, until, *by, _minor(), sa.func.count())
        joined = _LINES.outerjoin(tables.fate, BESIDE).outerjoin(tables.posting, _OF_POSTING)
        rows = self._work.rows(found.select_from(joined).where(*_says(facet)).group_by(*by).order_by(*by))
        return tuple(FacetSum(*row) for row in rows)

    def booked(self, route_id: str, since_on: date, until_on: date) -> tuple[BookedSum, ...]:
        by = (_P.account, _P.kind, _P.tax_code, _E.currency)
        joined = tables.entry.join(
            tables.posting, sa.and_(_P.organisation_id == _E.organisation_id, _P.entry_id == _E.entry_id)
        )
        sums = _whole(sa.func.sum(_P.amount_minor)), _whole(sa.func.sum(_P.tax_minor))
        found = sa.select(*by, *sums).select_from(joined).where(*self._of_days(route_id, since_on, until_on))
        return tuple(BookedSum(*row) for row in self._work.rows(found.group_by(*by).order_by(*by)))

    def taxes(self, route_id: str, since_on: date, until_on: date) -> tuple[TaxBooked, ...]:
        sums = Counter[tuple[str, str, str, str, str]]()
        kept = tables.entry.join(tables.fate, OF_ENTRY).join(tables.line, BESIDE).join(tables.posting, _OF_POSTING)
        of_taking = sa.and_(_E.organisation_id == _R.organisation_id, _E.entry_id == _R.entry_id)
        taken = tables.entry.join(tables.reversal, of_taking).join(tables.line, REVERSED)
        of_booked = sa.and_(_E.organisation_id == _R.organisation_id, _E.entry_id == _R.booked_entry)
        undone = tables.entry.join(tables.reversal, of_booked).join(tables.line, REVERSED)
        once = sa.and_(
            _P.organisation_id == _R.organisation_id, _P.entry_id == _R.booked_entry, _P.number == _R.booked_posting
        )
        for sign, joined in (
            (1, kept),
            (1, undone.join(tables.posting, once)),
            (-1, taken.join(tables.posting, _TAKEN_FROM)),
        ):
            by = (_P.account, _L.kind, _P.tax_code, _plain_tax(), _E.currency)
            mine = (*self._of_days(route_id, since_on, until_on), *begins(_L.kind, TAX))
            found = sa.select(*by, _minor()).select_from(joined).where(*mine).group_by(*by)
            for *place, minor in self._work.rows(found):
                sums[tuple(place)] += sign * minor
        return tuple(
            TaxBooked(account, kind, code, unpack_tax(tax or _NO_TAX), currency, minor)
            for (account, kind, code, tax, currency), minor in sorted(sums.items())
            if minor
        )

    def in_ledger(
        self, ledger: str, account_ids: Sequence[str], since_on: date, until_on: date
    ) -> tuple[LedgerMove, ...]:
        mine = self._work.organisation_id
        line_of = sa.and_(_M.organisation_id == _C.organisation_id, _M.ledger == _C.ledger, _M.ref == _C.ref)
        told = sa.and_(_B.organisation_id == _C.organisation_id, _B.ledger == _C.ledger, _B.ref == _C.ref)
        entry_of = sa.and_(_E.organisation_id == _B.organisation_id, _E.entry_id == _B.entry_id)
        by = (_M.account_id, sa.func.coalesce(_E.route_id, ""), _C.currency)
        joined = tables.ledger_copy.join(tables.ledger_copy_line, line_of)
        joined = joined.outerjoin(tables.baseline, told).outerjoin(tables.entry, entry_of)
        sums = _whole(sa.func.sum(_M.amount_minor - _M.tax_minor)), sa.func.count(sa.distinct(_C.ref))
        found = sa.select(*by, *sums).select_from(joined).where(_M.organisation_id == mine, _M.ledger == ledger)
        dated = found.where(
            _M.account_id.in_(account_ids), sa.not_(_C.is_voided), _C.dated_on.between(since_on, until_on)
        )
        return tuple(LedgerMove(*row) for row in self._work.rows(dated.group_by(*by).order_by(*by)))

    def sent_at(self, ledger: str) -> datetime | None:
        latest = self._work.select(tables.delivery, sa.func.max(_V.sent_at))
        found: datetime | None = self._work.value(
            latest.where(_V.ledger == ledger, _V.state == DeliveryState.DELIVERED)
        )
        return found

    def _lines(self, connection_id: str, since: datetime, until: datetime, *columns: Any) -> Any:
        """Lines that move no buyer's money, of documents that are there, in a time; from ``_LINES``, or more."""
        happened = (_L.occurred_at >= since, _L.occurred_at < until, _L.part.not_in(_MONEY))
        mine = _D.organisation_id == self._work.organisation_id
        return sa.select(*columns).where(mine, *_told(connection_id, since, until), *happened)

    def _of_days(self, route_id: str, since_on: date, until_on: date) -> tuple[Any, ...]:
        mine = _E.organisation_id == self._work.organisation_id
        return mine, _E.route_id == route_id, _IS_LIVE, _E.booked_on.between(since_on, until_on)


_LINES = tables.document.join(tables.line, _OF_DOCUMENT)


def _told(connection_id: str, since: datetime, until: datetime) -> tuple[Any, ...]:
    """The documents of which a part lies in a time; not what is gone from the channel, nor what bridge wrote."""
    of_time = _D.closed_at >= since, _D.opened_at < until
    is_there = _D.reason != Reason.GONE, _D.plugin != BRIDGE
    return IS_NEWEST, _D.connection_id == connection_id, *of_time, *is_there


def _of_facet(facet: Facet) -> tuple[Any, Any]:
    return (sa.literal("") if facet is Facet.SKU else _L.kind), _COLUMNS[facet]


def _says(facet: Facet) -> tuple[Any, ...]:
    """That a line says something of itself so: of tax only those that are tax."""
    if facet is Facet.TAX:
        return _L.tax.not_in(("", _NO_TAX)), *begins(_L.kind, TAX)
    return (_COLUMNS[facet] != "",)


def _plain_tax() -> Any:
    return sa.type_coerce(_L.tax, sa.types.NullType())


def _minor() -> Any:
    return _whole(sa.func.sum(_L.amount_minor))


def _whole(sum_of: Any) -> Any:
    """PostgreSQL adds whole numbers up to a NUMERIC."""
    return sa.cast(sum_of, sa.BigInteger)
