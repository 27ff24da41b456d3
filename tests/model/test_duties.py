"""When duties come due: by the clock of a place, through its changes, apart from one another."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.connections import EVERY_DAY, Route
from bridge.model.duties import SPREAD, DutyKind, Rhythm, instant_of, next_due, rhythms, sentence
from tests.store import facts

BERLIN = "Europe/Berlin"
DAY = timedelta(days=1)


def route(name: str = "us", **more: Any) -> Route:
    return msgspec.structs.replace(facts.route(name), **more)


@pytest.mark.parametrize(
    ("day", "at", "place", "instant"),
    [
        ("2026-01-15", "06:00", BERLIN, "2026-01-15T05:00"),
        ("2026-07-15", "06:00", BERLIN, "2026-07-15T04:00"),
        ("2026-10-25", "02:30", BERLIN, "2026-10-25T00:30"),  # shown twice: the first
        ("2026-03-29", "02:30", BERLIN, "2026-03-29T01:00"),  # never shown: as the clock jumps
        ("2026-03-29", "02:00", BERLIN, "2026-03-29T01:00"),
        ("2026-03-29", "03:00", BERLIN, "2026-03-29T01:00"),
        ("2026-10-04", "02:10", "Australia/Lord_Howe", "2026-10-03T15:30"),  # jumps half an hour
        ("2011-12-30", "12:00", "Pacific/Apia", "2011-12-30T10:00"),  # a day that was not
    ],
)
def test_a_time_of_day_is_one_instant_whatever_the_clock_of_the_place_does(
    day: str, at: str, place: str, instant: str
) -> None:
    assert instant_of(date.fromisoformat(day), at, place) == datetime.fromisoformat(instant).replace(tzinfo=UTC)


@pytest.mark.parametrize(("month", "day"), [(3, 28), (10, 24)])
def test_half_past_two_comes_once_a_night_when_the_clock_changes(month: int, day: int) -> None:
    """A duty that is done the moment it is due, for three nights."""
    at, rhythm, dues = datetime(2026, month, day, tzinfo=UTC), Rhythm(times=(("02:30", BERLIN),)), []
    for _ in range(3):
        at = next_due(rhythm, "deliver/books", at)
        dues.append(at.date())
    assert dues == [date(2026, month, day) + number * DAY for number in range(3)]


@given(
    st.integers(0, 12 * 366 * 86_400).map(
        lambda seconds: timedelta(seconds=seconds) + datetime(2020, 1, 1, tzinfo=UTC)
    ),
    st.sampled_from([BERLIN, "America/Los_Angeles", "Australia/Lord_Howe", "Pacific/Apia", "UTC"]),
    st.times(),
    st.none() | st.integers(0, 6),
)
def test_the_next_time_lies_ahead_within_a_week_and_none_lies_between(
    after: datetime, place: str, at: time, weekday: int | None
) -> None:
    rhythm = Rhythm(times=((f"{at:%H:%M}", place),), weekday=weekday)
    due = next_due(rhythm, "check/us", after)

    assert after < due <= after + (1 if weekday is None else 7) * DAY + timedelta(hours=2)
    assert next_due(rhythm, "check/us", due - timedelta(microseconds=1)) == due
    assert next_due(rhythm, "check/us", after + (due - after) / 2) == due


def test_what_was_missed_for_a_week_comes_due_once_and_then_at_its_own_time() -> None:
    rhythm = Rhythm(every_minutes=240)
    before = next_due(rhythm, "sync/us", datetime(2026, 6, 1, tzinfo=UTC))
    woken = before + 7 * DAY + timedelta(minutes=1)

    assert next_due(rhythm, "sync/us", woken) == before + 7 * DAY + timedelta(minutes=240)


def test_two_hundred_ledgers_that_are_sent_to_at_six_begin_apart_and_each_at_its_own_minute() -> None:
    rhythm, midnight = Rhythm(times=(("06:00", BERLIN),)), datetime(2026, 6, 1, tzinfo=UTC)
    six = instant_of(date(2026, 6, 1), "06:00", BERLIN)
    dues = {f"deliver/books-{number}": next_due(rhythm, f"deliver/books-{number}", midnight) for number in range(200)}

    assert all(six <= due < six + SPREAD for due in dues.values())
    in_a_minute = Counter((due - six) // timedelta(minutes=1) for due in dues.values())
    assert len(in_a_minute) == SPREAD // timedelta(minutes=1)
    assert max(in_a_minute.values()) < 2 * 200 / len(in_a_minute) + 5
    assert all(next_due(rhythm, key, due) == due + DAY for key, due in dues.items())


def test_routes_ask_for_what_they_say_and_a_ledger_for_the_times_of_all_its_routes() -> None:
    asked = rhythms(
        [
            route("de", source="amazon-de", post_at="06:00", time_zone=BERLIN, sync_minutes=60, check_on=EVERY_DAY),
            route("us", post_at="06:00", check_on=2),
            route("fr", ledger="livres", sync_minutes=30, check_on=None),
            route("fr2", ledger="livres"),
        ]
    )
    los_angeles = facts.route().time_zone

    assert asked[DutyKind.SYNC, "de"] == Rhythm(every_minutes=60)
    assert asked[DutyKind.DELIVER, facts.LEDGER] == Rhythm(times=(("06:00", los_angeles), ("06:00", BERLIN)))
    assert asked[DutyKind.DELIVER, "livres"] == Rhythm(every_minutes=30)
    assert asked[DutyKind.CHECK, "de"] == Rhythm(times=(("05:00", BERLIN),))
    assert asked[DutyKind.CHECK, "us"] == Rhythm(times=(("05:00", los_angeles),), weekday=2)
    assert (DutyKind.CHECK, "fr") not in asked
    assert asked[DutyKind.UPKEEP, ""] == Rhythm(every_minutes=24 * 60)


HELD_BACK = "Read every 5 minutes, sent at 06:00 in UTC, 30 hours after the end of its day at the earliest"
REVIEWED = "Read every hour, sent as soon as it may be, each voucher on a person's word"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "Read every 4 hours, sent as soon as it may be; checked on Mondays."),
        (
            {"sync_minutes": 5, "post_at": "06:00", "time_zone": "UTC", "hold_back_hours": 30, "check_on": EVERY_DAY},
            f"{HELD_BACK}; checked every day.",
        ),
        ({"sync_minutes": 60, "review": True, "check_on": None}, f"{REVIEWED}; checked when asked for."),
    ],
)
def test_cadence_posting_time_and_review_are_one_sentence(settings: dict[str, Any], said: str) -> None:
    assert sentence(route(**settings)) == said
