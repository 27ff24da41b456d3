"""Seats: given by invitation, changed by owners, told in the organisation's audit log."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from bridge.errors import BridgeError, ConfigError
from bridge.model.people import INVITATION_LASTS, Role
from bridge.people import Came, Entrance, Identity, Members
from bridge.store.api import is_for_people
from bridge.store.sql import SqlStore
from tests.books.mortal import Killed, Life, MortalStore
from tests.fakes.clock import FakeClock
from tests.fakes.stores import OpenStore

BOB = Identity("https://id.test 7", "bob@example.com", "Bob B.")


@pytest.fixture
def members(store: SqlStore, clock: FakeClock) -> Members:
    made = Members(store, clock)
    made.owner("ann")
    return made


def told(store: SqlStore) -> list[str]:
    with store.reading() as unit:
        noted = [action for row in unit.audit.rows() for action, *_ in json.loads(row.notes)]
    return [action for action in noted if is_for_people(action)]


def test_who_runs_the_machine_becomes_the_owner_once(members: Members) -> None:
    assert members.owner("ann") == members.owner("ann")
    assert [(one.person.name, one.seat.role) for one in members.all()] == [("ann", Role.OWNER)]
    assert members.owner("somebody else").name == "ann", "an organisation that has an owner gets no second one so"


def test_a_seat_and_its_session_begin_together_or_not_at_all(
    store: SqlStore, clock: FakeClock, members: Members
) -> None:
    """Killed between the two, who is invited would have neither a way in nor a session."""
    secret, came = members.invite("Bob", "", Role.BOOKKEEPER, by="web:ann"), Came("Firefox", "192.0.2.1")
    invitation = members.invited(secret).invitation_id
    with pytest.raises(Killed):
        Members(MortalStore(store, Life(0)), clock).accept(invitation, None, came=came)
    assert members.invited(secret).name == "Bob"
    assert len(members.all()) == 1
    joined = Members(MortalStore(store, Life(10)), clock).accept(invitation, None, came=came)
    signed = Entrance(store, clock).who(joined.session)
    assert signed is not None
    assert signed.person == joined.person


def test_an_invitation_gives_one_seat_even_when_it_is_accepted_twice_at_the_same_time(members: Members) -> None:
    secret = members.invite("Bob", "", Role.BOOKKEEPER, by="web:ann")
    invitation = members.invited(secret)

    def accept(_: int) -> str:
        try:
            return members.accept(invitation.invitation_id, None).person.name
        except BridgeError as error:
            return error.code

    with ThreadPoolExecutor(3) as three:
        assert sorted(three.map(accept, range(3))) == ["Bob", "people.invitation", "people.invitation"]
    assert sorted(one.seat.role for one in members.all()) == [Role.BOOKKEEPER, Role.OWNER]


def test_an_invitation_ends_by_time_and_by_an_owners_word(members: Members, clock: FakeClock) -> None:
    first = members.invite("Bob", "", Role.VIEWER, by="web:ann")
    second = members.invite("Eve", "", Role.VIEWER, by="web:ann")
    members.withdraw(members.invited(second).invitation_id, by="web:ann")
    with pytest.raises(ConfigError) as refused:
        members.invited(second)
    assert refused.value.code == "people.invitation"
    clock.advance(INVITATION_LASTS.total_seconds())
    with pytest.raises(ConfigError):
        members.invited(first)
    assert members.invitations() == ()


def test_an_invitation_of_one_organisation_opens_no_other(
    members: Members, another: OpenStore, clock: FakeClock
) -> None:
    secret = members.invite("Bob", "", Role.OWNER, by="web:ann")
    other = Members(another("other"), clock)
    with pytest.raises(ConfigError):
        other.invited(secret)
    with pytest.raises(ConfigError):
        other.accept(members.invited(secret).invitation_id, None)


def test_where_addresses_are_verified_only_whom_it_names_accepts(members: Members) -> None:
    for name in ("Bob", "Bob once more"):
        members.invite(name, "Bob@Example.com", Role.VIEWER, by="web:ann")
    first, second = members.invitations()
    stranger = Identity("https://id.test 8", "eve@example.com", "Eve")
    for who in (stranger, members.get("ann").person, None):
        with pytest.raises(ConfigError) as refused:
            members.accept(first.invitation_id, who, is_verified=True)
        assert refused.value.code == "people.other_email"
    bob = members.accept(first.invitation_id, BOB, is_verified=True).person
    assert (bob.name, bob.email) == ("Bob B.", "bob@example.com")
    assert members.accept(second.invitation_id, BOB, is_verified=True).person == bob, (
        "a person is known by the provider's word"
    )


def test_an_invitation_takes_nothing_away(members: Members) -> None:
    ann = members.get("ann").person
    members.invite("me", "", Role.VIEWER, by="web:ann")
    members.accept(members.invitations()[0].invitation_id, ann)
    assert members.get("ann").seat.role is Role.OWNER


def test_the_last_owner_stays(members: Members) -> None:
    ann = members.get("ann").person
    with pytest.raises(ConfigError) as refused:
        members.change(ann.person_id, Role.VIEWER, by="web:ann")
    assert refused.value.code == "people.last_owner"
    with pytest.raises(ConfigError) as refused:
        members.remove(ann.person_id, by="web:ann")
    assert refused.value.code == "people.last_owner"
    members.invite("Bob", "", Role.OWNER, by="web:ann")
    members.accept(members.invitations()[0].invitation_id, None)
    members.change(ann.person_id, Role.VIEWER, by="web:Bob")
    members.remove(ann.person_id, by="web:Bob")
    assert [one.person.name for one in members.all()] == ["Bob"]


def test_who_has_no_seat_anywhere_is_forgotten(
    members: Members, store: SqlStore, another: OpenStore, clock: FakeClock
) -> None:
    members.invite("Bob", "", Role.VIEWER, by="web:ann")
    bob = members.accept(members.invitations()[0].invitation_id, None).person
    other = Members(another("other"), clock)
    other.invite("whoever", "", Role.OWNER, by="web:eve")
    other.accept(other.invitations()[0].invitation_id, bob)
    ann, entrance = members.get("ann").person, Entrance(store, clock)
    secret = entrance.begin(bob.person_id, Came("b", "a"))
    members.remove(bob.person_id, by="web:ann")
    entrance.begin(ann.person_id, Came("b", "a"))
    assert entrance.person(bob.person_id) == bob, "of another organisation"
    with another("other").unit("test") as unit:
        unit.people.take(bob.person_id)
    entrance.begin(ann.person_id, Came("b", "a"))
    assert entrance.person(bob.person_id) is None
    assert entrance.who(secret) is None


def test_every_change_stands_in_the_audit_log(members: Members, store: SqlStore, another: OpenStore) -> None:
    members.invite("Bob", "", Role.VIEWER, by="web:ann")
    bob = members.accept(members.invitations()[0].invitation_id, None).person
    members.change(bob.person_id, Role.OWNER, by="web:ann")
    members.remove(bob.person_id, by="web:ann")
    came = ["person.added", "seat.given", "invitation.made", "invitation.ended", "person.added", "seat.given"]
    assert told(store) == [*came, "seat.given", "seat.taken"]
    with store.reading() as unit:
        assert [row.actor for row in unit.audit.rows()][-1] == "web:ann"
    assert told(another("other")) == []


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "a\x1b[31mb", "a\u202eb"])
def test_a_name_that_nobody_can_read_is_refused(members: Members, name: str) -> None:
    with pytest.raises(ConfigError) as refused:
        members.invite(name, "", Role.VIEWER, by="web:ann")
    assert refused.value.code == "people.name"


@pytest.mark.parametrize("email", ["bob", "bob@b@c", "bob@example.com\r\nBcc: x", "a b@example.com"])
def test_what_is_no_address_is_refused(members: Members, email: str) -> None:
    with pytest.raises(ConfigError) as refused:
        members.invite("Bob", email, Role.VIEWER, by="web:ann")
    assert refused.value.code == "people.email"
