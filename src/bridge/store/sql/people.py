"""People, seats and invitations; sessions and what leads to them.

Who stands above organisations, and what is signed in, are rows of none.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec
import sqlalchemy as sa

from bridge.clock import SKEW
from bridge.errors import StaleError
from bridge.model.people import (
    IDLE,
    LINK_LASTS,
    ROLES,
    Invitation,
    KeptPerson,
    Role,
    Seat,
    Session,
    Ticket,
    TicketKind,
)
from bridge.store.sql import tables
from bridge.store.sql.budgets import EVERYBODY
from bridge.store.sql.sealed import Sealed
from bridge.store.sql.work import Row, Select, Work

_P, _S, _I = tables.person.c, tables.seat.c, tables.invitation.c
_B, _T = tables.session.c, tables.ticket.c


class SqlPeople:
    """See ``store.api.People``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def get(self, person_id: str) -> KeptPerson | None:
        return self._person(_P.person_id == person_id)

    def all(self) -> tuple[KeptPerson, ...]:
        return tuple(map(_person, self._work.rows(_everybody().order_by(_P.name, _P.person_id))))

    def of_subject(self, subject: str) -> KeptPerson | None:
        return self._person(_P.subject == subject, _P.subject != "")

    def add(self, person: KeptPerson) -> None:
        if not self._work.add(tables.person, organisation_id=EVERYBODY, **msgspec.structs.asdict(person)):
            raise StaleError(f"person {person.name}", "was added by somebody else first", "Sign in again")
        self._work.note("person.added", person.name, person.person_id)

    def roles(self, person_id: str) -> Mapping[str, Role]:
        held = sa.select(_S.organisation_id, _S.role).where(_S.person_id == person_id)
        return {organisation: ROLES[word] for organisation, word in self._work.rows(held)}

    def seats(self) -> tuple[Seat, ...]:
        ordered = self._work.select(tables.seat).order_by(_S.since_at, _S.person_id)
        return tuple(
            Seat(row.person_id, ROLES[row.role], row.given_by, row.since_at) for row in self._work.rows(ordered)
        )

    def give(self, seat: Seat) -> None:
        mine = self._work.update(tables.seat).where(_S.person_id == seat.person_id)
        values = {"role": seat.role.word, "given_by": seat.by}
        if not self._work.write(mine.values(**values)):
            self._work.add(tables.seat, person_id=seat.person_id, since_at=seat.since_at, **values)
        self._work.seal(Sealed.SEAT, [(seat.person_id,)])
        self._work.note("seat.given", self._named(seat.person_id), f"{seat.role.word} by {seat.by}")

    def take(self, person_id: str) -> bool:
        is_taken = self._work.write(self._work.delete(tables.seat).where(_S.person_id == person_id)) == 1
        if is_taken:
            self._work.seal(Sealed.SEAT, [(person_id,)])
            self._work.note("seat.taken", self._named(person_id))
        return is_taken

    def hold(self) -> None:
        self._work.lock("seats")

    def invite(self, invitation: Invitation) -> None:
        key = {"invitation_id": invitation.invitation_id, "until_at": invitation.until_at}
        self._work.add(tables.invitation, **key, body=invitation)
        who = f"{invitation.name} {invitation.email}".rstrip()
        self._work.seal(Sealed.INVITATION, [(invitation.invitation_id,)])
        self._work.note("invitation.made", who, f"{invitation.role.word} by {invitation.by}")

    def invitations(self) -> tuple[Invitation, ...]:
        ordered = self._work.select(tables.invitation, _I.body).order_by(_I.until_at, _I.invitation_id)
        return tuple(body for (body,) in self._work.rows(ordered))

    def take_invitation(self, invitation_id: str) -> Invitation | None:
        wanted = _I.invitation_id == invitation_id
        found: Invitation | None = self._work.value(self._work.select(tables.invitation, _I.body).where(wanted))
        if found is None or self._work.write(self._work.delete(tables.invitation).where(wanted)) != 1:
            return None
        self._work.seal(Sealed.INVITATION, [(invitation_id,)])
        self._work.note("invitation.ended", found.name)
        return found

    def _person(self, *conditions: sa.ColumnElement[bool]) -> KeptPerson | None:
        row = self._work.row(_everybody().where(*conditions))
        return None if row is None else _person(row)

    def _named(self, person_id: str) -> str:
        person = self.get(person_id)
        return f"{person.name} ({person_id})" if person else person_id


class SqlSignIns:
    """See ``store.api.SignIns``. When a session was seen its column says, not its body."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def begin(self, session: Session) -> None:
        key = {"session_id": session.session_id, "person_id": session.person_id, "seen_at": session.seen_at}
        self._work.add(tables.session, organisation_id=EVERYBODY, **key, body=session)

    def get(self, session_id: str) -> Session | None:
        row = self._work.row(_sessions().where(_B.session_id == session_id))
        return None if row is None else _session(row)

    def of(self, person_id: str) -> tuple[Session, ...]:
        mine = _sessions().where(_B.person_id == person_id)
        return tuple(map(_session, self._work.rows(mine.order_by(_B.seen_at.desc(), _B.session_id))))

    def see(self, session_id: str, at: datetime) -> None:
        mine = sa.update(tables.session).where(_B.organisation_id == EVERYBODY, _B.session_id == session_id)
        self._work.write(mine.values(seen_at=at))

    def end(self, session_id: str, person_id: str = "") -> bool:
        whose = [_B.person_id == person_id] if person_id else []
        return self._end(_B.session_id == session_id, *whose) == 1

    def end_all(self, person_id: str) -> int:
        return self._end(_B.person_id == person_id)

    def put(self, ticket: Ticket) -> None:
        self._work.add(tables.ticket, organisation_id=EVERYBODY, **msgspec.structs.asdict(ticket))

    def take(self, kind: TicketKind, ticket_id: str, now: datetime) -> Ticket | None:
        is_good = sa.and_(_T.until_at > now, _T.until_at <= now + LINK_LASTS + SKEW)
        wanted = (_T.organisation_id == EVERYBODY, _T.ticket_id == ticket_id, _T.kind == kind, is_good)
        row = self._work.row(sa.select(tables.ticket).where(*wanted))
        if row is None or self._work.write(sa.delete(tables.ticket).where(*wanted)) != 1:
            return None
        return Ticket(row.ticket_id, row.kind, row.until_at, row.facts)

    def forget(self, now: datetime) -> None:
        self._end(sa.or_(_B.seen_at < now - IDLE, _B.seen_at > now + SKEW))
        is_over = sa.or_(_T.until_at < now, _T.until_at > now + LINK_LASTS + SKEW)
        self._work.write(sa.delete(tables.ticket).where(_T.organisation_id == EVERYBODY, is_over))
        has_seat = sa.exists().where(_S.person_id == _P.person_id)
        self._work.write(sa.delete(tables.person).where(_P.organisation_id == EVERYBODY, ~has_seat))
        self._end(~sa.exists().where(_P.person_id == _B.person_id))

    def _end(self, *conditions: sa.ColumnElement[bool]) -> int:
        return self._work.write(sa.delete(tables.session).where(_B.organisation_id == EVERYBODY, *conditions))


def _everybody() -> Select:
    return sa.select(tables.person).where(_P.organisation_id == EVERYBODY)


def _sessions() -> Select:
    return sa.select(_B.body, _B.seen_at).where(_B.organisation_id == EVERYBODY)


def _person(row: Row) -> KeptPerson:
    return KeptPerson(row.person_id, row.name, row.since_at, row.subject, row.email)


def _session(row: Row) -> Session:
    body: Session = row.body
    return msgspec.structs.replace(body, seen_at=row.seen_at)
