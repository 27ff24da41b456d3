"""Links are good once and soon; sessions end by themselves, and when they are told to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from bridge.errors import BridgeError, ConfigError
from bridge.model.people import IDLE, LINK_LASTS, LONGEST, KeptPerson, Role, Seat
from bridge.people import Brake, Came, Entrance, Members, TooManyError
from bridge.people.secret import kept
from bridge.store.sql import SqlStore
from tests.fakes.clock import FakeClock
from tests.fakes.stores import OpenStore

ANN, CAME = "person-ann", Came("b", "a")


@pytest.fixture
def entrance(store: SqlStore, clock: FakeClock) -> Entrance:
    with store.unit("test") as unit:
        unit.people.add(KeptPerson(ANN, "Ann", clock.now()))
        unit.people.give(Seat(ANN, Role.OWNER, "test", clock.now()))
    return Entrance(store, clock)


def test_a_link_signs_in_once_even_when_it_is_followed_twice_at_the_same_time(entrance: Entrance) -> None:
    secret = entrance.link(ANN)

    def follow(_: int) -> str:
        try:
            return ANN if entrance.who(entrance.follow(secret, CAME)) else ""
        except BridgeError as error:
            return error.code

    with ThreadPoolExecutor(4) as four:
        came = sorted(four.map(follow, range(4)))
    assert came == [ANN, "sign_in.link", "sign_in.link", "sign_in.link"]


def test_a_link_is_good_for_minutes(entrance: Entrance, clock: FakeClock) -> None:
    late, soon = entrance.link(ANN), entrance.link(ANN)
    clock.advance(LINK_LASTS.total_seconds() - 1)
    assert entrance.follow(soon, CAME)
    clock.advance(1)
    with pytest.raises(ConfigError, match="is good no more"):
        entrance.follow(late, CAME)


@pytest.mark.parametrize("ahead", [timedelta(hours=3), timedelta(days=400)])
def test_what_was_dated_by_a_clock_that_is_put_back_lasts_no_longer_for_it(
    ahead: timedelta, entrance: Entrance, store: SqlStore, clock: FakeClock
) -> None:
    """Sessions, links, invitations: they end then, and whoever had them signs in again."""
    members = Members(store, clock)
    clock.advance(ahead.total_seconds())
    session, link = entrance.begin(ANN, CAME), entrance.link(ANN)
    invited = members.invite("Bob", "", Role.VIEWER, by="Ann")
    assert entrance.who(session) is not None
    clock.advance(-ahead.total_seconds())
    assert entrance.who(session) is None
    assert entrance.sessions(ANN) == ()
    with pytest.raises(ConfigError, match="is good no more"):
        entrance.follow(link, CAME)
    if ahead > timedelta(days=7):
        assert members.invitations() == ()
        with pytest.raises(ConfigError, match="is good no more"):
            members.invited(invited)
    assert entrance.who(entrance.follow(entrance.link(ANN), CAME)) is not None, "nobody is kept out"
    with store.reading() as unit:
        assert unit.sign_ins.get(kept(session)) is None, "and it comes again with no clock"


def test_a_clock_that_is_set_a_little_signs_nobody_out(entrance: Entrance, clock: FakeClock) -> None:
    session = entrance.begin(ANN, CAME)
    clock.advance(-50 * 60)
    assert entrance.who(session) is not None
    assert entrance.follow(entrance.link(ANN), CAME)


def test_of_what_is_sent_out_the_database_has_the_hash_alone(entrance: Entrance, store: SqlStore) -> None:
    secret = entrance.begin(ANN, CAME)
    link = entrance.link(ANN)
    with store.reading() as unit:
        assert unit.sign_ins.get(secret) is None
        assert unit.sign_ins.get(kept(secret)) is not None
    with pytest.raises(ConfigError):
        entrance.follow(kept(link), CAME)


def test_a_session_that_is_used_lasts_two_weeks_and_no_longer(entrance: Entrance, clock: FakeClock) -> None:
    secret, begun = entrance.begin(ANN, CAME), clock.now()
    while clock.now() + IDLE <= begun + LONGEST:
        assert entrance.who(secret), clock.now()
        clock.advance(IDLE.total_seconds() - 1)
    clock.advance((begun + LONGEST - clock.now()).total_seconds())
    assert entrance.who(secret) is None


def test_a_session_that_is_not_used_ends_after_half_a_day(entrance: Entrance, clock: FakeClock) -> None:
    secret = entrance.begin(ANN, CAME)
    clock.advance(IDLE.total_seconds())
    assert entrance.who(secret) is None
    assert entrance.sessions(ANN) == ()


def test_signing_in_ends_what_the_browser_had_before(entrance: Entrance) -> None:
    first = entrance.begin(ANN, CAME)
    second = entrance.begin(ANN, Came("b", "a", first))
    assert entrance.who(first) is None
    assert entrance.who(second)


def test_nobody_ends_a_session_of_somebody_else(entrance: Entrance) -> None:
    secret = entrance.begin(ANN, CAME)
    entrance.leave("person-bob", kept(secret))
    assert entrance.who(secret)
    entrance.leave(ANN, kept(secret))
    assert entrance.who(secret) is None


def test_a_person_is_the_same_in_every_organisation(entrance: Entrance, another: OpenStore, clock: FakeClock) -> None:
    with another("second").unit("test") as unit:
        unit.people.give(Seat(ANN, Role.VIEWER, "test", clock.now()))
        assert [seat.role for seat in unit.people.seats()] == [Role.VIEWER]
    signed = entrance.who(entrance.begin(ANN, CAME))
    assert signed
    assert signed.roles == {"local": Role.OWNER, "second": Role.VIEWER}


def test_who_fails_ten_times_waits_a_quarter_of_an_hour(clock: FakeClock) -> None:
    brake = Brake(clock)
    for _ in range(10):
        brake.check("192.0.2.1", "secret abc")
        brake.failed("192.0.2.1", "secret abc")
    for whom in (("192.0.2.1", "secret other"), ("192.0.2.2", "secret abc")):
        with pytest.raises(TooManyError):
            brake.check(*whom)
    brake.check("192.0.2.2", "secret other")
    clock.advance(-3600)
    brake.check("192.0.2.1", "secret abc")  # the clock was put back: nobody waits an hour longer for that
    clock.advance(3600)
    clock.advance(timedelta(minutes=15).total_seconds())
    brake.check("192.0.2.1", "secret abc")


def test_a_flood_from_many_addresses_takes_no_more_memory_than_it_may(clock: FakeClock) -> None:
    brake = Brake(clock, most=50)
    for number in range(1_000):
        brake.failed(f"address {number}")
    assert brake.counted == 50
