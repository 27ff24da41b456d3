"""Sign-ins at vendors that are under way: each is there for its time, and is taken once."""

from __future__ import annotations

from datetime import timedelta

from bridge.store.sql import SqlStore
from tests.fakes.clock import FakeClock

LASTS = timedelta(minutes=15)


def test_one_is_taken_once_and_not_after_its_time(store: SqlStore, clock: FakeClock) -> None:
    now = clock.now()
    with store.unit("ann") as unit:
        unit.consents.put("first", b"sealed", now + LASTS)
        unit.consents.put("second", b"other", now + LASTS * 2)
    with store.reading() as unit:
        assert (unit.consents.get("first", now), unit.consents.get("none", now)) == (b"sealed", None)
        assert unit.consents.get("first", now + LASTS) is None
        assert unit.audit.head() is None, "what a sign-in came to is told, not that it began"
    with store.unit("ann") as unit:
        assert [unit.consents.take("first"), unit.consents.take("first")] == [True, False]
        unit.consents.forget(now + LASTS)
    with store.reading() as unit:
        assert unit.consents.get("second", now) == b"other"
    with store.unit("ann") as unit:
        unit.consents.forget(now + LASTS * 2)
    with store.reading() as unit:
        assert unit.consents.get("second", now) is None


def test_no_organisation_sees_anothers(store: SqlStore, clock: FakeClock) -> None:
    with store.unit("ann") as unit:
        unit.consents.put("first", b"sealed", clock.now() + LASTS)
    with store.of("other").unit("eve") as unit:
        assert unit.consents.get("first", clock.now()) is None
        assert not unit.consents.take("first")


def test_one_that_was_dated_by_a_clock_that_is_put_back_is_over(store: SqlStore, clock: FakeClock) -> None:
    now = clock.now()
    with store.unit("ann") as unit:
        unit.consents.put("ahead", b"sealed", now + timedelta(days=400))
    with store.reading() as unit:
        assert unit.consents.get("ahead", now) is None
        assert unit.consents.get("ahead", now + timedelta(days=400) - LASTS) == b"sealed"
    with store.unit("ann") as unit:
        unit.consents.forget(now)
    with store.reading() as unit:
        assert unit.consents.all() == {}
