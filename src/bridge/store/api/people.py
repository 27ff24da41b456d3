"""Persons, their seats and sessions, and sign-ins under way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from bridge.model.people import Invitation, KeptPerson, Role, Seat, Session, Ticket, TicketKind


class People(Protocol):
    """People of all organisations; seats and invitations of this one. What changes a seat is noted for the audit."""

    def get(self, person_id: str) -> KeptPerson | None: ...

    def all(self) -> tuple[KeptPerson, ...]:
        """Everybody, whatever the organisation, by name."""
        ...

    def of_subject(self, subject: str) -> KeptPerson | None:
        """Who an OpenID provider calls so."""
        ...

    def add(self, person: KeptPerson) -> None:
        """Raises: StaleError when somebody added one of that subject first."""
        ...

    def roles(self, person_id: str) -> Mapping[str, Role]:
        """What one may in every organisation there is."""
        ...

    def seats(self) -> tuple[Seat, ...]:
        """Of this organisation, the oldest first."""
        ...

    def give(self, seat: Seat) -> None:
        """Give a seat, or change its role. Alone: no other unit of the organisation reads or changes seats beside."""
        ...

    def take(self, person_id: str) -> bool:
        """Take a seat away; false when there was none. Alone: as ``give``."""
        ...

    def hold(self) -> None:
        """Be the only unit of the organisation that changes seats, or invites, until its end."""
        ...

    def invite(self, invitation: Invitation) -> None: ...

    def invitations(self) -> tuple[Invitation, ...]:
        """Those of this organisation that nobody brought yet, the oldest first, whether good or not."""
        ...

    def take_invitation(self, invitation_id: str) -> Invitation | None:
        """Take it out, so that it is good once: of two at the same time one gets None. Its time is the caller's."""
        ...


class SignIns(Protocol):
    """Sessions, and what leads to them, of all organisations. Operational."""

    def begin(self, session: Session) -> None: ...

    def get(self, session_id: str) -> Session | None:
        """Whether it has ended by its time is the caller's to judge."""
        ...

    def of(self, person_id: str) -> tuple[Session, ...]:
        """Those of a person, the one that was seen last first."""
        ...

    def see(self, session_id: str, at: datetime) -> None:
        """It was used; one that is gone stays so."""
        ...

    def end(self, session_id: str, person_id: str = "") -> bool:
        """End one, of that person where one is named; false when there was none."""
        ...

    def end_all(self, person_id: str) -> int:
        """End all of a person."""
        ...

    def put(self, ticket: Ticket) -> None: ...

    def take(self, kind: TicketKind, ticket_id: str, now: datetime) -> Ticket | None:
        """Take it out, so that it is good once: of two at a time one gets None. None too when its time is over."""
        ...

    def forget(self, now: datetime) -> None:
        """Let go of sessions and tickets whose time is over, and of people who have no seat anywhere any more."""
        ...
