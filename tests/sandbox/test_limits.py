"""Limits of fakes: any number of windows, by the fake's clock; buckets that fill again."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from bridge.sandbox import Bucket, RateLimits, SandboxClock, Window

START = datetime(2026, 1, 31, 12, tzinfo=UTC)


def _clock() -> SandboxClock:
    clock = SandboxClock()
    clock.set(START)
    return clock


@given(
    st.dictionaries(
        st.sampled_from(["second", "minute", "day"]),
        st.builds(Window, st.integers(1, 4), st.sampled_from([1, 3, 10])),
        min_size=1,
    ),
    st.lists(st.integers(0, 4), max_size=40),
)
def test_no_span_holds_more_than_its_limit_and_who_waits_as_told_is_let_in(
    windows: dict[str, Window], pauses: list[int]
) -> None:
    clock = _clock()
    limits = RateLimits(clock, is_on=True, **windows)
    answered: list[datetime] = []
    for pause in pauses:
        clock.advance(pause)
        counted = limits.count("shop", *windows)
        while counted.problem:
            assert counted.left[counted.problem] == 0
            clock.advance(counted.wait_seconds)
            counted = limits.count("shop", *windows)
        answered.append(clock.now())

    for window in windows.values():
        for at in answered:
            assert sum(0 <= (at - one).total_seconds() < window.seconds for one in answered) <= window.most


def test_owners_are_counted_apart_and_a_refused_call_is_not_counted() -> None:
    clock = _clock()
    limits = RateLimits(clock, is_on=True, minute=Window(2, 60), batches=Window(1, 60))

    assert limits.count("one", "minute", "batches").left == {"minute": 1, "batches": 0}
    refused = limits.count("one", "minute", "batches")
    assert (refused.problem, refused.wait_seconds, refused.left["minute"]) == ("batches", 60, 1)
    assert limits.count("one", "minute").problem == ""
    assert limits.count("one", "minute").problem == "minute"
    assert limits.count("other", "minute").left == {"minute": 1}


def test_a_limit_may_be_set_to_any_number_while_it_counts_and_be_switched_off() -> None:
    clock = _clock()
    limits = RateLimits(clock, is_on=False, minute=Window(5, 60))
    for _ in range(7):
        assert limits.count("one", "minute").problem == ""
        clock.advance(1)
    limits.is_on, limits.windows["minute"].most = True, 3

    assert limits.count("one", "minute").wait_seconds == 57
    limits.windows["minute"].most = 0
    assert (limits.count("one", "minute").problem, limits.count("one", "minute").wait_seconds) == ("minute", 60)
    limits.windows["minute"].most = 8
    assert limits.count("one", "minute").left == {"minute": 0}


def test_a_bucket_fills_by_the_second_and_never_over_its_brim() -> None:
    clock = _clock()
    bucket = Bucket(clock, is_on=True, maximum=10, restored=0.5)

    assert bucket.take(9)
    assert not bucket.take(2)
    clock.advance(2)
    assert bucket.take(2)
    assert bucket.available() == 0
    bucket.give_back(50)
    clock.advance(3600)
    assert bucket.available() == 10
    bucket.is_on = False
    assert bucket.take(11)


def test_a_call_may_count_for_several_and_waits_until_there_is_room_for_all_of_them() -> None:
    clock = _clock()
    limits = RateLimits(clock, is_on=True, calls=Window(9, 60), items=Window(10, 60))
    assert limits.count("one", "calls", items=6).left == {"calls": 8, "items": 4}
    clock.advance(20)
    assert limits.count("one", "calls", items=3).problem == ""

    refused = limits.count("one", "calls", items=5)

    assert (refused.problem, refused.wait_seconds, refused.left["items"]) == ("items", 40, 1)
    clock.advance(39)
    assert limits.count("one", "calls", items=5).problem == "items"
    clock.advance(1)
    assert limits.count("one", "calls", items=5).left == {"calls": 7, "items": 2}
    assert limits.count("one", "calls", items=11).problem == "items"
