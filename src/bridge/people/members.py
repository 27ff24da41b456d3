"""Who has a seat in an organisation, and who is invited to one."""

from __future__ import annotations

import secrets

import msgspec

from bridge.clock import Clock
from bridge.errors import ConfigError
from bridge.model.people import INVITATION_LASTS, LONGEST_NAME, Invitation, KeptPerson, Role, Seat
from bridge.people.entrance import Came, begun
from bridge.people.provider import Identity
from bridge.people.secret import fresh, kept
from bridge.store.api import Store, UnitOfWork


class Member(msgspec.Struct, frozen=True):
    """A person with a seat."""

    person: KeptPerson
    seat: Seat


class Joined(msgspec.Struct, frozen=True):
    """Somebody who took a seat. session: the secret of the one that began with it; empty where none was to."""

    person: KeptPerson
    session: str = ""


class Members:
    """The seats of one organisation. An organisation that had an owner keeps one."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def all(self) -> tuple[Member, ...]:
        """Those with a seat, the oldest first."""
        with self._store.reading() as unit:
            found = [(unit.people.get(seat.person_id), seat) for seat in unit.people.seats()]
        return tuple(Member(person, seat) for person, seat in found if person)

    def get(self, who: str) -> Member:
        """By name, e-mail or id. Raises: ConfigError ``people.unknown``, ``people.several``."""
        found = [one for one in self.all() if who and who in (one.person.person_id, one.person.name, one.person.email)]
        if len(found) > 1:
            ids = ", ".join(one.person.person_id for one in found)
            raise ConfigError(f"person {who}", f"several are called so: {ids}", "Say which", code="people.several")
        if not found:
            raise _unknown(who)
        return found[0]

    def owner(self, name: str) -> KeptPerson:
        """The owner of that name, else the oldest; where there is none, one is made. For who runs this machine."""
        with self._store.unit(f"cli:{name}") as unit:
            unit.people.hold()
            owners = [unit.people.get(one.person_id) for one in unit.people.seats() if one.role is Role.OWNER]
            known = [one for one in owners if one]
            if not known:
                known = [self._added(unit, name, None)]
                unit.people.give(Seat(known[0].person_id, Role.OWNER, f"cli:{name}", self._clock.now()))
        return next((one for one in known if one.name == name), known[0])

    def invitations(self) -> tuple[Invitation, ...]:
        """Those that are still good."""
        now = self._clock.now()
        with self._store.reading() as unit:
            return tuple(one for one in unit.people.invitations() if one.is_good(now))

    def invite(self, name: str, email: str, role: Role, *, by: str) -> str:
        """The secret of an invitation; one before it, to the same name and address, is good no more.

        Raises: ConfigError ``people.name``, ``people.email``.
        """
        secret, now = fresh(), self._clock.now()
        told = _checked_name(name), role, by, now, now + INVITATION_LASTS, _checked_email(email)
        made = Invitation(kept(secret), *told)
        with self._store.unit(by) as unit:
            unit.people.hold()
            for other in unit.people.invitations():
                if not other.is_good(now) or (other.name, other.email) == (made.name, made.email):
                    unit.people.take_invitation(other.invitation_id)
            unit.people.invite(made)
        return secret

    def withdraw(self, invitation_id: str, *, by: str) -> None:
        """Take an invitation back. Twice: harmless."""
        with self._store.unit(by) as unit:
            unit.people.take_invitation(invitation_id)

    def invited(self, secret: str) -> Invitation:
        """What an invitation says, which stays as good as it was. Raises: ConfigError ``people.invitation``."""
        with self._store.reading() as unit:
            found = [one for one in unit.people.invitations() if one.invitation_id == kept(secret)]
        if not found or not found[0].is_good(self._clock.now()):
            raise _not_invited()
        return found[0]

    def accept(
        self,
        invitation_id: str,
        person: KeptPerson | Identity | None,
        *,
        is_verified: bool = False,
        came: Came | None = None,
    ) -> Joined:
        """Take the seat that somebody is invited to, and begin a session with it: both or neither.

        person: who is signed in; who a provider says it is; None for somebody new, who is called as they were invited.
        came: the browser that the session is for; None for who is signed in.
        is_verified: a provider verifies addresses here, and where the invitation names one it must be that.
        Twice:  refused, also of two at the same time. A seat that says more already stays as it is.
        Raises: ConfigError ``people.invitation``, and ``people.other_email`` where somebody else is meant.
        """
        with self._store.unit("web") as unit:
            unit.people.hold()
            found = unit.people.take_invitation(invitation_id)
            if found is None or not found.is_good(self._clock.now()):
                raise _not_invited()
            if is_verified:
                _check_email(found, person)
            somebody = person if isinstance(person, KeptPerson) else self._known(unit, found.name, person)
            held = next((one.role for one in unit.people.seats() if one.person_id == somebody.person_id), None)
            if held is None or held < found.role:
                unit.people.give(Seat(somebody.person_id, found.role, found.by, self._clock.now()))
            session = begun(unit, somebody.person_id, came, self._clock.now()) if came else ""
        return Joined(somebody, session)

    def change(self, person_id: str, role: Role, *, by: str) -> None:
        """Give a seat another role. Raises: ConfigError ``people.unknown``, ``people.last_owner``."""
        with self._store.unit(by) as unit:
            seat = _held(unit, person_id, stays_owner=role is Role.OWNER)
            if seat.role is not role:
                unit.people.give(msgspec.structs.replace(seat, role=role, by=by))

    def remove(self, person_id: str, *, by: str) -> None:
        """Take a seat away; what else they have stays. Raises: as ``change``."""
        with self._store.unit(by) as unit:
            _held(unit, person_id, stays_owner=False)
            unit.people.take(person_id)

    def _known(self, unit: UnitOfWork, name: str, identity: Identity | None) -> KeptPerson:
        known = unit.people.of_subject(identity.subject) if identity else None
        return known or self._added(unit, identity.name if identity and identity.name else name, identity)

    def _added(self, unit: UnitOfWork, name: str, identity: Identity | None) -> KeptPerson:
        told = (identity.subject, identity.email) if identity else ("", "")
        person = KeptPerson(f"person_{secrets.token_hex(8)}", name[:LONGEST_NAME], self._clock.now(), *told)
        unit.people.add(person)
        return person


def _held(unit: UnitOfWork, person_id: str, *, stays_owner: bool) -> Seat:
    """A seat that may be changed; nobody changes another meanwhile."""
    unit.people.hold()
    seats = {one.person_id: one for one in unit.people.seats()}
    if person_id not in seats:
        raise _unknown(person_id)
    owners = [one for one in seats.values() if one.role is Role.OWNER]
    if owners == [seats[person_id]] and not stays_owner:
        raise ConfigError(
            "the last owner",
            "would be none any more, and nobody could invite one",
            "Make somebody else an owner first",
            code="people.last_owner",
        )
    return seats[person_id]


def _check_email(invitation: Invitation, person: KeptPerson | Identity | None) -> None:
    if invitation.email and (person is None or person.email != invitation.email):
        raise ConfigError(
            "the invitation",
            "is for another e-mail address than the one you signed in with",
            "Sign in with that one, or ask for an invitation to this one",
            code="people.other_email",
        )


def _checked_name(name: str) -> str:
    """Without what a terminal or a page would not show."""
    told = " ".join(name.split())
    if not told or len(told) > LONGEST_NAME or not told.isprintable():
        raise ConfigError("the name", f"is empty, or longer than {LONGEST_NAME}", "Write a name", code="people.name")
    return told


def _checked_email(email: str) -> str:
    told = email.strip().casefold()
    if told and (told.count("@") != 1 or not told.isprintable() or len(told) > 254 or " " in told):
        raise ConfigError("the e-mail address", "is none", "Write it as NAME@HOST", code="people.email")
    return told


def _unknown(who: str) -> ConfigError:
    return ConfigError(f"person {who}", "has no seat here", "Look who has: bridge people list", code="people.unknown")


def _not_invited() -> ConfigError:
    return ConfigError(
        "the invitation",
        "is good no more: it was used or taken back, its time is over, or it is not whole",
        "Ask whoever invited you for another one",
        code="people.invitation",
    )
