"""What waits, as one table that a database puts together: see ``_Looking.table`` for its columns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any

import sqlalchemy as sa

from bridge.model.deliveries import CLOCKS_APART, DeliveryState
from bridge.model.documents import PAYING, DocumentState
from bridge.model.entries import Mode, Purpose
from bridge.model.findings import REISSUED, FindingState, InstructionKind, Severity
from bridge.model.reasons import BY_PERSON, Reason
from bridge.model.urgency import OF_PAYOUTS, OF_TAX, TAX_REASONS, Urgency
from bridge.model.waiting import ALIKE, GIVEN_UP, Calendar, Choice, Group, Lookout, Order, Thing, days_given
from bridge.store.packing import micros
from bridge.store.sql import tables
from bridge.store.sql.dialect import Dialect
from bridge.store.sql.parts import plain
from bridge.store.sql.standing import IS_NEWEST, WAITS
from bridge.store.sql.work import Row, Select, Work

_DOC = tables.document.c
_D = tables.delivery.c
_E = tables.entry.c
_P = tables.posting.c
_F = tables.finding.c
_I = tables.instruction.c
_A = tables.assignment.c
_S = DeliveryState
_WAITING = (_S.HELD, _S.PARKED, _S.SENDING, _S.IN_DOUBT)
_DECIDED = (_S.HELD, _S.PARKED)
_PAYOUT, _TAX, _OTHER = (urgency.rank for urgency in Urgency)
_DAY, _SECOND = 86_400_000_000, 1_000_000
"""In microseconds, as instants are kept."""
_THURSDAY = 3
"""The day of the week, from Monday as 0, of the first day that is counted."""
_COME_BY = "come_by"
_KEYS = tuple(name for name in Group.__struct_fields__ if name not in ("count", "minor", "one"))


class SqlWaits:
    """See ``store.api.Waits``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def groups(self, lookout: Lookout) -> tuple[Group, ...]:
        table = self._table(lookout)
        by = [table.c[name] for name in _KEYS]
        sums = sa.cast(sa.func.sum(table.c.minor), sa.BigInteger)
        counted = sa.select(*by, sa.func.count(), sums, sa.func.min(table.c.subject)).group_by(*by)
        rows = self._work.rows(counted, self._come_by())
        return tuple(map(_group, rows))

    def some(
        self, lookout: Lookout, choice: Choice, order: Order, limit: int | None = None, offset: int = 0
    ) -> tuple[tuple[Thing, str], ...]:
        table = self._table(lookout)
        wanted = sa.select(table.c.thing, table.c.subject).where(table.c.told != GIVEN_UP, *_chosen(table.c, choice))
        ordered = wanted.order_by(*_order(table.c, order, lookout)).limit(limit).offset(offset)
        return tuple((Thing(thing), subject) for thing, subject in self._work.rows(ordered, self._come_by()))

    def _table(self, lookout: Lookout) -> sa.Subquery:
        return _table(self._work.organisation_id, self._work.dialect, lookout)

    def _come_by(self) -> dict[str, datetime]:
        """A word that bears a later time than this has not come yet."""
        return {_COME_BY: self._work.clock.now() + CLOCKS_APART}


@lru_cache(maxsize=16)
def _table(organisation_id: str, dialect: Dialect, lookout: Lookout) -> sa.Subquery:
    """Made once for many askings: to put it together takes longer than a small one takes to run."""
    return _Looking(organisation_id, dialect, lookout).table()


def _group(row: Row) -> Group:
    told = dict(zip(_KEYS, row, strict=False))
    flags = {name: bool(told[name]) for name in ("is_patient", "is_late")}
    *_, count, minor, one = row
    return Group(**told | flags | {"thing": Thing(told["thing"])}, count=count, minor=minor, one=one)


def _chosen(c: Any, choice: Choice) -> Iterable[sa.ColumnElement[bool]]:
    """As ``Choice.fits`` says it."""
    texts = ("route_id", "thing", "reason")
    yield from (c[name] == value for name in texts if (value := getattr(choice, name)))
    if choice.states:
        yield c.state.in_(choice.states)
    if choice.rank is not None:
        yield c.rank == choice.rank
    if choice.owner is not None:
        yield c.owner == choice.owner
    if choice.is_late:
        yield c.is_late == 1
    if choice.is_patient is not None:
        yield c.is_patient == int(choice.is_patient)
    if choice.alike is not None:
        yield sa.or_(sa.false(), *(sa.and_(*_same(c, one)) for one in choice.alike))


def _same(c: Any, alike: Sequence[str]) -> Iterable[sa.ColumnElement[bool]]:
    return (c[name] == value for name, value in zip(ALIKE, alike, strict=True))


def _order(c: Any, order: Order, lookout: Lookout) -> tuple[Any, ...]:
    match order:
        case Order.GRAVEST:
            return c.rank, _due(c, lookout), c.minor.desc(), c.subject
        case Order.OLDEST:
            return c.since, c.subject
        case Order.DUE:
            return _due(c, lookout), c.rank, c.subject
        case Order.LARGEST:
            return c.minor.desc(), c.subject


def _due(c: Any, lookout: Lookout) -> sa.ColumnElement[int]:
    """The day on which a thing is due, counted from 1970: some days after the local one since which it waits."""
    ahead = _by_calendar(c.calendar, [_ahead(c.since, one) for one in lookout.calendars])
    day = (c.since + ahead) // _DAY
    given = sa.case(*((c.rank == one.rank, days_given(one)) for one in Urgency))
    due: sa.ColumnElement[int] = day + sa.cast(
        sa.func.substr(given, sa.cast((day + _THURSDAY) % 7 + 1, sa.Integer), 1), sa.BigInteger
    )
    return due


def _ahead(since: sa.ColumnElement[int], calendar: Calendar) -> sa.ColumnElement[int]:
    (_, first), *later = calendar.offsets
    whens = [(since >= micros(at), _number(seconds * _SECOND)) for at, seconds in reversed(later)]
    return sa.case(*whens, else_=_number(first * _SECOND)) if whens else _number(first * _SECOND)


def _is_late(c: Any, lookout: Lookout) -> sa.ColumnElement[int]:
    return _flag(c.since < _by_calendar(c.calendar, [_late_before(c.rank, one) for one in lookout.calendars]))


def _late_before(rank: sa.ColumnElement[int], calendar: Calendar) -> sa.ColumnElement[int]:
    return sa.case(*((rank == number, _at(before)) for number, before in enumerate(calendar.late_before)))


def _by_calendar(number: sa.ColumnElement[int], told: Sequence[sa.ColumnElement[int]]) -> sa.ColumnElement[int]:
    return told[0] if len(told) == 1 else sa.case(*((number == place, one) for place, one in enumerate(told)))


class _Looking:
    """What waits where a lookout says."""

    def __init__(self, organisation_id: str, dialect: Dialect, lookout: Lookout) -> None:
        self._organisation_id, self._dialect, self._lookout = organisation_id, dialect, lookout
        channels = [(one.connection_id, one.route_id, int(one.is_asked), one.calendar) for one in lookout.channels]
        names = ("connection_id", "route_id", "is_asked", "calendar")
        self._channels = self._dialect.brought("channels", names, json.dumps(channels)).cte("channel")
        feeds = [(one.route_id, one.calendar) for one in lookout.feeds]
        self._feeds = self._dialect.brought("feeds", ("route_id", "calendar"), json.dumps(feeds)).cte("feed")

    def table(self) -> sa.Subquery:
        """A row for each thing: the columns of a ``Group``, its id (subject), since when, and by whose days."""
        findings = [self._findings()] if self._lookout.has_findings else []
        each = sa.union_all(*self._documents(), *self._vouchers(), *findings).subquery("each")
        theirs = sa.and_(_A.organisation_id == self._organisation_id, _A.subject == each.c.subject)
        owner = sa.func.coalesce(self._dialect.said(_A.body, "owner"), "")
        is_decided = sa.and_(each.c.thing == Thing.VOUCHER.value, each.c.told != "")
        is_patient = sa.case((is_decided, 1), else_=each.c.passes)
        is_late = _is_late(each.c, self._lookout)
        more = {"owner": owner, "is_patient": is_patient, "is_late": is_late}
        told = sa.select(*each.c, *(value.label(name) for name, value in more.items()))
        return told.select_from(each.outerjoin(tables.assignment, theirs)).subquery("waiting")

    def _documents(self) -> Iterable[Select]:
        """New ones, and held ones; in ranges of the index, for those that are left out may be a whole history."""
        yield self._of_documents(_DOC.state == DocumentState.NEW)
        held = _DOC.state == DocumentState.HELD
        if not self._lookout.left_out:
            yield self._of_documents(held)
            return
        yield self._of_documents(held, _DOC.reason < self._lookout.left_out)
        yield self._of_documents(held, _DOC.reason > self._lookout.left_out)

    def _of_documents(self, *wanted: sa.ColumnElement[bool]) -> Select:
        channel = self._channels.c
        reason = sa.func.coalesce(sa.func.nullif(_DOC.reason, ""), plain(_DOC.state))
        is_new = _DOC.state == DocumentState.NEW
        rank = sa.case((_DOC.kind.in_(PAYING), _PAYOUT), (_DOC.reason.in_(TAX_REASONS), _TAX), else_=_OTHER)
        passes = sa.case(
            (is_new, 1 - sa.cast(channel.is_asked, sa.BigInteger)), else_=_flag(_DOC.reason.in_(self._lookout.patient))
        )
        columns = _columns(
            thing=sa.literal(Thing.DOCUMENT.value), state=sa.literal(""), route_id=channel.route_id, reason=reason,
            rank=rank, currency=_DOC.currency, told=sa.case((self._is_given_up(), GIVEN_UP), else_=""),
            passes=passes,
            minor=sa.func.abs(_DOC.total_minor), subject=_DOC.document_id, since=plain(_DOC.saved_at),
            calendar=sa.cast(channel.calendar, sa.BigInteger),
        )  # fmt: skip
        joined = tables.document.join(self._channels, _DOC.connection_id == channel.connection_id)
        names = [one.connection_id for one in self._lookout.channels]
        mine = (_DOC.organisation_id == self._organisation_id, IS_NEWEST, WAITS, _DOC.connection_id.in_(names))
        found = sa.select(*columns).select_from(joined).where(*mine, *wanted)
        return found.where(~self._is_reissued(channel.route_id)) if self._lookout.has_findings else found

    def _is_given_up(self) -> sa.ColumnElement[bool]:
        return sa.and_(_DOC.reason == Reason.UNPAID, _DOC.status.in_(self._lookout.given_up))

    def _is_reissued(self, route_id: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
        """A settlement or payout of which a finding has what may be decided."""
        subject = self._dialect.said(_F.body, "subject")
        about = sa.func.substr(subject, 1, sa.func.length(_DOC.document_id) + 1)
        found = self._select(tables.finding, sa.literal(1)).where(
            _F.route_id == route_id,
            _F.state == FindingState.OPEN,
            _F.code == REISSUED,
            about.in_([_DOC.document_id, _DOC.document_id + "#"]),
        )
        return sa.and_(_DOC.kind.in_(PAYING), found.correlate(tables.document, self._channels).exists())

    def _vouchers(self) -> Iterable[Select]:
        ledgers = sorted({one.ledger for one in self._lookout.feeds})
        said = self._said().scalar_subquery()
        yield self._of_vouchers(said, _D.ledger.in_(ledgers), _D.state.in_(_WAITING))
        yield self._of_vouchers(said, _D.voucher_id.in_(sa.select(self._withdrawn.c.voucher_id)))
        failed = self._select(tables.delivery, _D.voucher_id).where(
            _D.ledger.in_(ledgers), _D.state == _S.WITHDRAWN, _D.reason == Reason.PAYOUT_FAILED
        )
        last = failed.order_by(_D.dated_on.desc(), _D.voucher_id).limit(self._lookout.failed).subquery("failed")
        yield self._of_vouchers(sa.literal(""), _D.voucher_id.in_(sa.select(last.c.voucher_id)), passes=sa.literal(1))

    def _of_vouchers(
        self,
        said: sa.ColumnElement[Any],
        *wanted: sa.ColumnElement[bool],
        passes: sa.ColumnElement[int] | None = None,
    ) -> Select:
        """said: see ``_said``. passes: by themselves; by their reasons where nothing is said of it."""
        is_of_payout = sa.or_(_E.mode == Mode.PAYOUT, _E.purpose.in_((Purpose.BANK, Purpose.BOUNCED)))
        positive = self._select(tables.posting, sa.cast(sa.func.sum(_P.amount_minor), sa.BigInteger))
        of_entry = positive.where(_P.entry_id == _E.entry_id, _P.amount_minor > 0).correlate(tables.entry)
        minor = sa.func.coalesce(_D.total_minor, of_entry.scalar_subquery(), 0)  # of an older bridge: of its entry
        by_reason = _flag(_D.reason.in_(self._lookout.patient))
        parked_at = sa.case((_D.state == _S.PARKED, plain(_D.due_at)))
        columns = _columns(
            thing=sa.literal(Thing.VOUCHER.value), state=plain(_D.state), route_id=_D.route_id, reason=_D.reason,
            rank=sa.case((is_of_payout, _PAYOUT), (_D.reason.in_(TAX_REASONS), _TAX), else_=_OTHER),
            currency=sa.func.coalesce(_D.currency, _E.currency), told=sa.func.coalesce(said, ""),
            passes=by_reason if passes is None else passes,
            minor=sa.case((_D.voucher.is_(None), 0), else_=minor), subject=_D.voucher_id,
            since=sa.func.coalesce(parked_at, plain(_E.made_at)),
            calendar=sa.cast(self._feeds.c.calendar, sa.BigInteger),
        )  # fmt: skip
        of_voucher = sa.and_(_E.organisation_id == _D.organisation_id, _E.entry_id == _D.entry_id)
        joined = tables.delivery.join(tables.entry, of_voucher).join(self._feeds, self._feeds.c.route_id == _D.route_id)
        mine = _D.organisation_id == self._organisation_id
        return sa.select(*columns).select_from(joined).where(mine, *wanted)

    def _said(self) -> Select:
        """What a person said last of a voucher, and is to be carried out: see ``desk.held``."""
        kept = sa.or_(
            sa.and_(_D.state == _S.HELD, _I.kind != InstructionKind.RETRY),  # by it what was parked came to be held
            sa.and_(_D.state == _S.PARKED, sa.or_(_D.due_at.is_(None), _I.given_at >= _D.due_at)),
            sa.and_(_D.state == _S.WITHDRAWN, _I.kind == InstructionKind.BOOK_AGAIN),
        )
        last = self._select(tables.instruction, plain(_I.kind)).where(
            _I.subject == _D.voucher_id, _I.kind != InstructionKind.PILOT_OVER, self._has_come(), kept
        )
        return last.order_by(_I.given_at.desc(), _I.instruction_id).limit(1).correlate(tables.delivery)

    @cached_property
    def _withdrawn(self) -> sa.CTE:
        """By a person, of entries that stand, but for what was accepted as withdrawn since.

        What moves a payout is told of once a check has found that no bank line is coded in its place.
        """
        routes = [one.route_id for one in self._lookout.feeds]
        told = (
            self._select(tables.finding, self._dialect.said(_F.body, "subject").label("subject"), _F.state)
            .where(
                _F.route_id.in_(routes),
                _F.state.in_((FindingState.OPEN, FindingState.ACCEPTED)),
                _F.code == "drift.withdrawn",
            )
            .cte("told_withdrawn")
        )
        by_person = self._select(tables.instruction, _I.subject).where(
            _I.kind == InstructionKind.WITHDRAW, self._has_come()
        )
        of_voucher = sa.and_(_E.organisation_id == _D.organisation_id, _E.entry_id == _D.entry_id)
        joined = tables.delivery.join(tables.entry, of_voucher).outerjoin(told, told.c.subject == _D.voucher_id)
        unsaid = sa.case((_E.purpose.in_((Purpose.BANK, Purpose.BOUNCED)), FindingState.CLOSED.value), else_="open")
        return (
            sa.select(_D.voucher_id)
            .select_from(joined)
            .where(
                _D.organisation_id == self._organisation_id,
                _D.voucher_id.in_(by_person),
                _D.state == _S.WITHDRAWN,
                _D.reason.in_(BY_PERSON),
                _E.is_live,
                sa.func.coalesce(told.c.state, unsaid) == FindingState.OPEN,
            )
            .cte("taken_back")
        )

    def _findings(self) -> Select:
        """Open ones that matter, but for those about what is listed itself."""
        subject, severity = self._dialect.said(_F.body, "subject"), self._dialect.said(_F.body, "severity")
        columns = _columns(
            thing=sa.literal(Thing.FINDING.value), state=sa.literal(""), route_id=_F.route_id, reason=_F.code,
            rank=sa.case((_F.code.in_(OF_PAYOUTS), _PAYOUT), (_F.code.in_(OF_TAX), _TAX), else_=_OTHER),
            currency=self._dialect.said(_F.body, "currency"),
            told=sa.case((self._dialect.said(_F.body, "binding") != "", "binding"), else_=""), passes=sa.literal(0),
            minor=sa.func.abs(sa.cast(self._dialect.said(_F.body, "amount_minor"), sa.BigInteger)),
            subject=_F.finding_id,
            since=plain(_F.first_seen_at), calendar=sa.cast(self._feeds.c.calendar, sa.BigInteger),
        )  # fmt: skip
        routes = [one.route_id for one in self._lookout.feeds]
        return (
            sa.select(*columns)
            .select_from(tables.finding.join(self._feeds, self._feeds.c.route_id == _F.route_id))
            .where(
                _F.organisation_id == self._organisation_id,
                _F.route_id.in_(routes),
                _F.state == FindingState.OPEN,
                severity != Severity.INFO.value,
                sa.not_(self._is_listed(subject)),
            )
        )

    def _is_listed(self, subject: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
        """Whether a document or voucher of that id is among what waits."""
        documents = self._of_documents(_DOC.reason != self._lookout.left_out, sa.not_(self._is_given_up()))
        parts = [documents.where(_DOC.document_id == subject)]
        parts += [vouchers.where(_D.voucher_id == subject) for vouchers in self._vouchers()]
        return sa.or_(*(one.with_only_columns(sa.literal(1)).correlate(tables.finding).exists() for one in parts))

    def _select(self, table: sa.Table, *columns: Any) -> Select:
        return sa.select(*columns).select_from(table).where(table.c.organisation_id == self._organisation_id)

    def _has_come(self) -> sa.ColumnElement[bool]:
        return _I.given_at <= sa.bindparam(_COME_BY, type_=_I.given_at.type)


def _columns(**told: sa.ColumnElement[Any]) -> list[sa.Label[Any]]:
    """In one order, whatever they are columns of."""
    return [sa.type_coerce(value, sa.types.NullType()).label(name) for name, value in sorted(told.items())]


def _flag(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.case((condition, 1), else_=0)


def _number(value: int) -> sa.ColumnElement[int]:
    return sa.literal(value, sa.BigInteger)


def _at(instant: datetime) -> sa.ColumnElement[int]:
    return _number(micros(instant))
