"""Budgets: never over a vendor's limit, and no slower than it."""

from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import PluginError, RateLimitedError
from bridge.model.budgets import Limit
from bridge.transport import Budget
from tests.transport.clock import PatientClock


def turns(clock: PatientClock, budget: Budget, pauses: list[int], what: str = "requests") -> list[datetime]:
    given: list[datetime] = []
    for pause in pauses:
        clock.at += timedelta(seconds=pause)
        budget.take(what)
        given.append(clock.now())
    return given


@given(
    many=st.integers(1, 6), seconds=st.integers(1, 20), pauses=st.lists(st.sampled_from([0, 0, 0, 1, 7]), max_size=40)
)
def test_no_span_of_any_length_holds_more_than_the_limit(many: int, seconds: int, pauses: list[int]) -> None:
    """F44: neither a sliding nor a fixed window of the vendor's is ever overrun."""
    clock = PatientClock()
    given_turns = turns(clock, Budget([Limit("requests", many, seconds)], clock), pauses)

    for first, later in zip(given_turns, given_turns[many:], strict=False):
        assert later - first > timedelta(seconds=seconds)


def test_the_schedule_is_within_five_percent_of_the_fastest_there_is() -> None:
    clock = PatientClock()
    start = clock.at
    given_turns = turns(clock, Budget([Limit("requests", 500, 60), Limit("requests", 9, 1)], clock), [0] * 1501)

    assert (given_turns[-1] - start).total_seconds() <= 3 * 60 * 1.05


def test_the_tightest_of_several_limits_counts_and_they_share_each_turn() -> None:
    clock = PatientClock()
    given_turns = turns(clock, Budget([Limit("requests", 100, 60), Limit("requests", 2, 1)], clock), [0] * 5)

    seconds = Counter(round((turn - given_turns[0]).total_seconds()) for turn in given_turns)
    assert seconds == {0: 2, 1: 2, 2: 1}


def test_who_does_not_wait_is_told_until_when() -> None:
    clock = PatientClock()
    budget = Budget([Limit("reports", 2, 600)], clock)
    for _ in range(2):
        budget.take("reports", longest_wait=timedelta(0))

    with pytest.raises(RateLimitedError) as refused:
        budget.take("reports", longest_wait=timedelta(0))

    assert 600 < refused.value.retry_after_seconds <= 600 * 1.05
    assert clock.waits == []
    clock.at += timedelta(seconds=refused.value.retry_after_seconds)
    budget.take("reports", longest_wait=timedelta(0))


def test_what_is_not_limited_never_waits() -> None:
    clock = PatientClock()

    turns(clock, Budget([Limit("batches", 1, 60)], clock), [0] * 50)
    turns(clock, Budget([], clock), [0] * 50)

    assert clock.waits == []


def test_each_kind_has_its_own_count() -> None:
    clock = PatientClock()
    budget = Budget([Limit("requests", 1, 10), Limit("batches", 1, 10)], clock)

    budget.take()
    budget.take("batches")
    assert clock.waits == []
    budget.take()
    assert clock.waits == [pytest.approx(10.3, abs=0.1)]


def test_turns_are_given_in_order() -> None:
    clock = PatientClock()
    given_turns = turns(clock, Budget([Limit("requests", 3, 5)], clock), [0, 1, 0, 2, 0, 0, 9, 0])

    assert all(first <= later for first, later in pairwise(given_turns))


# Several at once


@given(
    many=st.integers(4, 12),
    seconds=st.integers(1, 20),
    weights=st.lists(st.integers(1, 4), max_size=40),
    pauses=st.lists(st.sampled_from([0, 0, 1, 7]), min_size=40, max_size=40),
)
def test_no_span_holds_more_than_the_limit_where_several_leave_at_once(
    many: int, seconds: int, weights: list[int], pauses: list[int]
) -> None:
    """F44: the items of a batch count one by one, and leave together."""
    clock = PatientClock()
    budget = Budget([Limit("items", many, seconds)], clock)
    left_at: list[datetime] = []
    for weight, pause in zip(weights, pauses, strict=False):
        clock.at += timedelta(seconds=pause)
        budget.take("items", weight)
        left_at += [clock.now()] * weight

    for first, later in zip(left_at, left_at[many:], strict=False):
        assert later - first > timedelta(seconds=seconds)


def test_batches_of_items_are_within_five_percent_of_the_fastest_schedule_there_is() -> None:
    """Of 800 a minute, 26 times thirty: no minute has room for one more."""
    clock = PatientClock()
    budget, start = Budget([Limit("batches", 40, 60), Limit("items", 800, 60)], clock), clock.at
    for _ in range(20 * 26 + 1):
        budget.take("batches")
        budget.take("items", 30)

    assert (clock.at - start).total_seconds() <= 20 * 60 * 1.05


def test_several_at_once_are_counted_together_or_not_at_all() -> None:
    clock = PatientClock()
    budget = Budget([Limit("items", 10, 60)], clock)
    budget.take("items", 7)

    with pytest.raises(RateLimitedError):
        budget.take("items", 4, longest_wait=timedelta(0))
    budget.take("items", 3, longest_wait=timedelta(0))

    assert clock.waits == []


def test_more_at_once_than_a_limit_ever_lets_through_waits_for_nothing() -> None:
    clock = PatientClock()

    with pytest.raises(PluginError, match="asks for 31 items at once, and its limit never lets through more than 30"):
        Budget([Limit("items", 100, 60), Limit("items", 30, 1)], clock).take("items", 31)
    assert clock.waits == []
