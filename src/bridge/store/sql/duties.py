"""Duties, and what people paused."""

from __future__ import annotations

from datetime import datetime

import msgspec
import sqlalchemy as sa

from bridge.model.duties import Duty, DutyKind
from bridge.model.pauses import Pause, Scope
from bridge.model.words import check_said
from bridge.store.sql import tables
from bridge.store.sql.budgets import EVERYBODY
from bridge.store.sql.sealed import Sealed
from bridge.store.sql.work import Row, Work

_D = tables.duty.c
_P = tables.pause.c
KNOWN_KINDS = _D.kind.in_([kind.value for kind in DutyKind])
"""Those of a later version, which works beside this one or was taken back, are left to it."""
_BY_WIDTH = (_P.organisation_id, _P.scope, _P.subject)


class SqlDuties:
    """See ``store.api.Duties``. When one is due, and how often it was asked for, its columns say, not its body."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def all(self) -> tuple[Duty, ...]:
        statement = self._work.select(tables.duty).where(KNOWN_KINDS).order_by(_D.kind, _D.subject)
        return tuple(map(duty_of, self._work.rows(statement)))

    def due(self, now: datetime) -> tuple[Duty, ...]:
        due = self._work.select(tables.duty).where(KNOWN_KINDS, _D.due_at <= now)
        return tuple(map(duty_of, self._work.rows(due.order_by(_D.due_at, _D.kind, _D.subject))))

    def get(self, kind: DutyKind, subject: str) -> Duty | None:
        row = self._work.row(self._work.select(tables.duty).where(*_of(kind, subject)))
        return None if row is None else duty_of(row)

    def put(self, duty: Duty) -> None:
        values = {"due_at": duty.due_at, "body": duty, "fault": duty.fault}
        mine = self._work.update(tables.duty).where(*_of(duty.kind, duty.subject))
        if not self._work.write(mine.values(**values)):
            self._work.add(tables.duty, kind=duty.kind.value, subject=duty.subject, asked=0, **values)

    def remove(self, kind: DutyKind, subject: str) -> None:
        self._work.write(self._work.delete(tables.duty).where(*_of(kind, subject)))

    def ask(self, kind: DutyKind, subject: str, at: datetime) -> None:
        sooner = sa.case((_D.due_at > at, sa.literal(at, _D.due_at.type)), else_=_D.due_at)
        mine = self._work.update(tables.duty).where(*_of(kind, subject))
        self._work.write(mine.values(asked=_D.asked + 1, due_at=sooner))

    def end(self, duty: Duty, asked_at: datetime) -> None:
        mine = self._work.update(tables.duty).where(*_of(duty.kind, duty.subject))
        is_asked = _D.asked != duty.asked
        asked, else_ = (sa.literal(at, _D.due_at.type) for at in (asked_at, duty.due_at))
        due_at = sa.case((is_asked, asked), else_=else_)
        self._work.write(mine.values(due_at=due_at, body=duty, fault=duty.fault))


class SqlPauses:
    """See ``store.api.Pauses``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def all(self) -> tuple[Pause, ...]:
        mine = (_P.organisation_id == EVERYBODY, _P.organisation_id == self._work.organisation_id)
        statement = self._work.select_everywhere(tables.pause, _P.body).where(sa.or_(*mine))
        return tuple(body for (body,) in self._work.rows(statement.order_by(*_BY_WIDTH)))

    def add(self, pause: Pause) -> bool:
        check_said(pause.by, pause.reason)
        owner = EVERYBODY if pause.is_everywhere else self._work.organisation_id
        key = {"organisation_id": owner, "scope": pause.scope.value, "subject": pause.subject}
        is_new = self._work.add(tables.pause, **key, body=pause)
        if is_new:
            self._seal(pause.scope, pause.subject, is_everywhere=pause.is_everywhere)
            self._work.note(
                "pause.added",
                _named(pause.scope, pause.subject, is_everywhere=pause.is_everywhere),
                f"by {pause.by}: {pause.reason}",
            )
        return is_new

    def lift(self, scope: Scope, subject: str, by: str, *, is_everywhere: bool = False) -> bool:
        check_said(by, "")
        owner = EVERYBODY if is_everywhere else self._work.organisation_id
        mine = sa.delete(tables.pause).where(_P.organisation_id == owner)
        is_lifted = self._work.write(mine.where(_P.scope == scope.value, _P.subject == subject)) == 1
        if is_lifted:
            self._seal(scope, subject, is_everywhere=is_everywhere)
            self._work.note("pause.lifted", _named(scope, subject, is_everywhere=is_everywhere), f"by {by}")
        return is_lifted

    def _seal(self, scope: Scope, subject: str, *, is_everywhere: bool) -> None:
        self._work.seal(Sealed.STOP if is_everywhere else Sealed.PAUSE, [(scope.value, subject)])


def _named(scope: Scope, subject: str, *, is_everywhere: bool) -> str:
    return f"{scope} {subject}".rstrip() + " everywhere" * is_everywhere


def _of(kind: DutyKind, subject: str) -> tuple[sa.ColumnElement[bool], ...]:
    return _D.kind == kind.value, _D.subject == subject


def duty_of(row: Row) -> Duty:
    """A row of the table as the value it keeps."""
    body: Duty = row.body
    return msgspec.structs.replace(body, due_at=row.due_at, asked=row.asked)
