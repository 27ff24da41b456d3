"""Signing in and out: links that are good once, and sessions."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

import msgspec

from bridge import log
from bridge.clock import Clock
from bridge.errors import ConfigError, TransientError
from bridge.model.people import LINK_LASTS, KeptPerson, Role, Session, Ticket, TicketKind
from bridge.people.secret import fresh, kept
from bridge.store.api import Store, UnitOfWork

_ACTOR: Final = "web"
_SEEN_EVERY: Final = timedelta(minutes=10)
_LONGEST_BROWSER: Final = 120


class Came(msgspec.Struct, frozen=True):
    """The browser of whoever signs in. session: the secret of the one it had before; empty for none."""

    browser: str
    address: str
    session: str = ""

    def __repr__(self) -> str:
        return f"Came({self.browser}, {self.address})"


class Signed(msgspec.Struct, frozen=True):
    """Somebody who is signed in, and what they may where."""

    person: KeptPerson
    roles: Mapping[str, Role]
    session: Session


class Entrance:
    """How people come in and leave. store: of any organisation; people stand above them."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def link(self, person_id: str) -> str:
        """The secret of a link by which that person may sign in, once and soon."""
        secret, until = fresh(), self._clock.now() + LINK_LASTS
        with self._store.unit(_ACTOR) as unit:
            unit.sign_ins.put(Ticket(kept(secret), TicketKind.LINK, until, {"person": person_id}))
        return secret

    def follow(self, secret: str, came: Came) -> str:
        """The secret of a new session, for a link's. Both or neither: a failure of ours does not use a link up.

        Twice: refused, also of two at the same time. Raises: ConfigError ``sign_in.link``.
        """
        with self._store.unit(_ACTOR) as unit:
            ticket = unit.sign_ins.take(TicketKind.LINK, kept(secret), self._clock.now())
            person = unit.people.get(ticket.facts["person"]) if ticket else None
            if person is None:
                raise ConfigError(
                    "the link",
                    "is good no more: it was used, its time is over, or it is not whole",
                    "Ask for another one where you had it from",
                    code="sign_in.link",
                )
            return begun(unit, person.person_id, came, self._clock.now())

    def begin(self, person_id: str, came: Came) -> str:
        """The secret of a new session; a browser's earlier one ends with it, whoever's it was."""
        with self._store.unit(_ACTOR) as unit:
            return begun(unit, person_id, came, self._clock.now())

    def who(self, secret: str) -> Signed | None:
        """Whose session it is; None when it has ended or never was."""
        now = self._clock.now()
        with self._store.reading() as unit:
            session = unit.sign_ins.get(kept(secret))
            person = unit.people.get(session.person_id) if session else None
            roles = unit.people.roles(person.person_id) if person else {}
        if session is None or person is None or not session.is_good(now):
            return None
        if now - session.seen_at >= _SEEN_EVERY:
            # Neither who writes long nor a disk that takes nothing shall sign anybody out.
            with suppress(TransientError, ConfigError), self._store.unit(_ACTOR) as unit:
                unit.sign_ins.see(session.session_id, now)
        return Signed(person, roles, session)

    def person(self, person_id: str) -> KeptPerson | None:
        """Somebody by their id."""
        with self._store.reading() as unit:
            return unit.people.get(person_id)

    def known(self, subject: str) -> KeptPerson | None:
        """Whom a provider calls so, if they have been here."""
        with self._store.reading() as unit:
            return unit.people.of_subject(subject)

    def sessions(self, person_id: str) -> tuple[Session, ...]:
        """Where a person is signed in."""
        now = self._clock.now()
        with self._store.reading() as unit:
            return tuple(one for one in unit.sign_ins.of(person_id) if one.is_good(now))

    def leave(self, person_id: str, session_id: str) -> None:
        """End one of a person's sessions. Twice: harmless."""
        with self._store.unit(_ACTOR) as unit:
            unit.sign_ins.end(session_id, person_id)

    def leave_everywhere(self, person_id: str) -> None:
        """End all of them."""
        with self._store.unit(_ACTOR) as unit:
            unit.sign_ins.end_all(person_id)


def begun(unit: UnitOfWork, person_id: str, came: Came, now: datetime) -> str:
    """The secret of a new session; a browser's earlier one ends with it."""
    secret = fresh()
    unit.sign_ins.forget(now)
    if came.session:
        unit.sign_ins.end(kept(came.session))
    words = came.browser[:_LONGEST_BROWSER], came.address
    unit.sign_ins.begin(Session(kept(secret), person_id, fresh(), now, now, *words))
    log.get("people").info("signed in", person=person_id, address=came.address)
    return secret
