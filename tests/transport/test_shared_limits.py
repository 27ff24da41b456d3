"""Several processes under one vendor's limits: together never over them, and what one loses comes back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import RateLimitedError
from bridge.model.budgets import Limit, Use
from bridge.transport import Budget
from bridge.transport.limits import LONGEST_WAIT, OwnTill
from bridge.transport.spending import Answer, Asked, Spent, Told, answer
from tests.transport.clock import PatientClock

DAY = 86_400
MINUTE = Limit("requests", 60, 60, remaining="Left")
LIMITS = [
    [MINUTE],
    [Limit("requests", 500, 60), Limit("requests", 9, 1)],
    [Limit("requests", 5, 1)],
    [Limit("requests", 2, 1), Limit("requests", 40, 30)],
    [Limit("requests", 7, 3), Limit("requests", 25, 20)],
]


class CountingTill(OwnTill):
    """Counts how often it is come to."""

    def __init__(self) -> None:
        super().__init__()
        self.visits = 0

    def change(self, limits: Sequence[Limit], decide: Callable[[Sequence[Spent]], Answer]) -> Answer:
        self.visits += 1
        return super().change(limits, decide)

    @property
    def spent(self) -> dict[Limit, Spent]:
        return self._spent


def most_in_a_span(left_at: Sequence[datetime], seconds: float) -> int:
    """How many calls the fullest span of that length holds."""
    most, first = 0, 0
    for last, at in enumerate(left_at):
        while at - left_at[first] >= timedelta(seconds=seconds):
            first += 1
        most = max(most, last - first + 1)
    return most


@given(
    limits=st.sampled_from(LIMITS),
    steps=st.lists(
        st.tuples(
            st.integers(0, 2), st.sampled_from([0, 0, 0, 0.05, 0.3, 1, 8]), st.booleans(), st.sampled_from([1, 1, 2])
        ),
        max_size=150,
    ),
)
def test_together_they_are_never_over_a_limit_in_any_span(
    limits: list[Limit], steps: list[tuple[int, float, bool, int]]
) -> None:
    """F44: three processes call in any order, one or two at once, pause, and are killed and begin again."""
    clock, till = PatientClock(), OwnTill()
    processes = [Budget(limits, clock, till) for _ in range(3)]
    left_at: list[datetime] = []
    for who, pause, is_killed, many in steps:
        clock.at += timedelta(seconds=pause)
        if is_killed and pause == 8:
            processes[who] = Budget(limits, clock, till)
        try:
            processes[who].take(many=many)
        except RateLimitedError:
            continue
        left_at += [clock.now()] * many

    for limit in limits:
        assert most_in_a_span(left_at, limit.seconds) <= limit.many


@pytest.mark.parametrize("limits", [limits for limits in LIMITS if limits[0].many != 5])
def test_two_that_call_all_the_time_are_as_fast_as_one_nearly(limits: list[Limit]) -> None:
    """Within a tenth of the fastest schedule, though each holds a block while the other calls.

    They take turns here, so that an odd number of lanes, which two cannot share evenly, would leave one unused.
    """
    clock, till = PatientClock(), OwnTill()
    both = [Budget(limits, clock, till) for _ in range(2)]
    slowest = max(limits, key=lambda limit: limit.seconds / limit.many)
    start, calls = clock.at, 0
    while clock.at - start < timedelta(seconds=10 * slowest.seconds):
        clock.at += timedelta(milliseconds=20)
        both[calls % 2].take()
        calls += 1

    assert calls >= 10 * slowest.many * 0.9


def test_a_new_one_is_let_in_where_another_uses_all_lanes(clock: PatientClock) -> None:
    till, limits = OwnTill(), [Limit("requests", 9, 1)]
    busy, new = Budget(limits, clock, till), Budget(limits, clock, till)
    for _ in range(200):
        busy.take()
    start = clock.now()

    new.take()

    # The busy one is in no hurry here, for it does not call meanwhile; its lanes last five seconds.
    assert clock.now() - start <= timedelta(seconds=7)


def test_where_very_many_may_leave_commands_one_after_the_other_do_not_wait(clock: PatientClock) -> None:
    """Each is a process that ends with its lanes: half of all, and half of the rest, would soon leave none."""
    till, start = OwnTill(), clock.now()
    for _ in range(10):
        Budget([Limit("requests", 1_000, 1)], clock, till).take()

    assert clock.now() == start


def test_who_is_busy_makes_room_when_it_comes_back(clock: PatientClock) -> None:
    limit, now = Limit("requests", 9, 1), clock.now()
    alone = answer([Spent(limit)], Asked(1_000, is_hurried=True), now)
    assert alone.block is not None
    waiting = answer(alone.spent, Asked(1), now + timedelta(seconds=1))

    back_at = now + timedelta(seconds=4)
    again = answer(waiting.spent, Asked(1_000, is_hurried=True, before=alone.block), back_at)
    let_in = answer(again.spent, Asked(1), waiting.ready_at)

    assert waiting.block is None
    assert again.block is not None
    assert let_in.block is not None
    assert (alone.block.lanes[limit], again.block.lanes[limit], let_in.block.lanes[limit]) == (9, 5, 4)


def test_not_every_call_is_written_down(clock: PatientClock) -> None:
    till = CountingTill()
    budget = Budget([Limit("requests", 500, 60), Limit("requests", 9, 1)], clock, till)
    for _ in range(300):
        clock.at += timedelta(milliseconds=250)
        budget.take()

    assert till.visits <= 300 / 15


def test_who_makes_few_calls_reserves_few(clock: PatientClock) -> None:
    till = CountingTill()
    for _ in range(100):
        clock.at += timedelta(minutes=10)
        budget = Budget([Limit("requests", 5_000, DAY)], clock, till)
        for _ in range(3):
            budget.take()

    (spent,) = till.spent.values()
    assert 5_000 - spent.standing(clock.now()).free == 300


def test_one_that_is_killed_loses_its_block_until_that_is_over(clock: PatientClock) -> None:
    till, limit = OwnTill(), Limit("requests", 60, 60)
    killed = Budget([limit], clock, till)
    for _ in range(1 + 2 + 1):  # of a block of four the first
        killed.take()
    other = Budget([limit], clock, till)
    start = clock.now()
    for _ in range(60 - 1 - 2 - 4):
        other.take()
    assert clock.now() == start
    other.take()
    assert timedelta(seconds=60) < clock.now() - start < LONGEST_WAIT

    clock.at += timedelta(seconds=70)
    start = clock.now()
    for _ in range(60):
        other.take()
    assert clock.now() == start


def test_nobody_sleeps_for_minutes(clock: PatientClock) -> None:
    budget = Budget([Limit("requests", 3, DAY)], clock, thing="connection books")
    for _ in range(3):
        budget.take()

    with pytest.raises(RateLimitedError, match="connection books: asked us to wait") as refused:
        budget.take()

    assert clock.waits == []
    assert DAY < refused.value.retry_after_seconds < DAY * 1.05
    clock.at += timedelta(seconds=refused.value.retry_after_seconds)
    budget.take()


# What the vendor says


def heard(budget: Budget, clock: PatientClock, left: int) -> None:
    budget.heard({"Left": str(left)}, clock.now())


def test_other_peoples_calls_are_learned_from_an_answer(clock: PatientClock) -> None:
    budget = Budget([MINUTE], clock)
    budget.take()
    heard(budget, clock, 4)
    start = clock.now()

    for _ in range(4):
        budget.take()
    assert clock.now() == start
    budget.take()
    assert clock.now() > start


def test_a_block_that_is_more_than_the_vendor_has_left_is_not_used_up(clock: PatientClock) -> None:
    budget = Budget([MINUTE], clock)
    for _ in range(4):
        budget.take()
    heard(budget, clock, 0)

    budget.take()

    assert sum(clock.waits) > 60


def test_what_was_lost_with_a_process_comes_back_by_an_answer(clock: PatientClock) -> None:
    till, limit = CountingTill(), Limit("requests", 1_000, DAY, remaining="Left")
    for _ in range(20):
        killed = Budget([limit], clock, till)
        for _ in range(4):
            killed.take()
    assert till.spent[limit].free == 1_000 - 20 * 7
    clock.at += timedelta(hours=1)

    other = Budget([limit], clock, till)
    other.take()
    heard(other, clock, 1_000 - 81)
    other.take()

    # As far as is certain: what left from about then on is taken off once more, in case the vendor did not know of it.
    assert 1_000 - 81 - 5 <= till.spent[limit].free <= 1_000 - 81


def test_a_vendor_that_allows_more_than_was_declared_does_not_raise_the_limit(clock: PatientClock) -> None:
    """An operator may leave a part of it to other tools."""
    budget = Budget([MINUTE], clock)
    start = clock.now()
    for _ in range(60):
        budget.take()
        heard(budget, clock, 5_000)
    assert clock.now() == start
    budget.take()
    assert clock.now() - start > timedelta(minutes=1)


@pytest.mark.parametrize("words", ["", "many", "-1", "1e3", "9" * 40])
def test_words_that_are_no_count_are_not_believed(clock: PatientClock, words: str) -> None:
    budget = Budget([MINUTE], clock)
    for _ in range(30):
        budget.take()
        budget.heard({"Left": words}, clock.now())

    assert clock.waits == []


def test_an_old_word_is_not_believed(clock: PatientClock) -> None:
    spent = Spent(MINUTE)

    assert spent.corrected(Told(0, clock.now() - timedelta(minutes=1)), clock.now()) == spent


@given(
    uses=st.lists(st.tuples(st.integers(-70, 6), st.integers(1, 9), st.booleans()), max_size=8),
    remaining=st.integers(0, 60),
    ago=st.integers(0, 25),
)
def test_no_correction_makes_free_what_left_or_more_than_the_vendor_says(
    uses: list[tuple[int, int, bool]], remaining: int, ago: int
) -> None:
    now = PatientClock().at
    kept = tuple(Use(now + timedelta(seconds=at), many, is_sure and at <= 0) for at, many, is_sure in uses)
    before = Spent(MINUTE, kept).standing(now)

    after = before.corrected(Told(remaining, now - timedelta(seconds=ago)), now)

    sure = [sum(use.many for use in spent.uses if use.is_sure) for spent in (before, after)]
    outstanding = [sum(use.many for use in spent.uses if use.at > now) for spent in (before, after)]
    assert (sure[0], outstanding[0]) == (sure[1], outstanding[1])
    assert after.free <= max(remaining, 0) or after.free <= before.free
    assert after.corrected(Told(remaining, now - timedelta(seconds=ago)), now) == after


# Clocks


@pytest.mark.parametrize("limits", LIMITS)
@pytest.mark.parametrize("jump", [timedelta(days=365), timedelta(hours=1), timedelta(seconds=30), timedelta(seconds=7)])
def test_a_clock_that_was_ahead_or_is_set_back_locks_nobody_out(
    clock: PatientClock, limits: list[Limit], jump: timedelta
) -> None:
    till = OwnTill()
    old, new = Budget(limits, clock, till), Budget(limits, clock, till)
    for budget in (old, new):
        for _ in range(10):
            budget.take()
    clock.at -= jump

    for budget in (old, new, Budget(limits, clock, till)):
        for _ in range(30):
            budget.take()  # raises when it would have to wait for more than about a minute
    clock.at += 2 * jump
    for budget in (old, new):
        budget.take()


def test_a_day_that_was_counted_in_the_future_is_over_a_day_after_it_was_put_right(clock: PatientClock) -> None:
    till, limit = OwnTill(), Limit("requests", 10, DAY)
    clock.at += timedelta(days=400)
    budget = Budget([limit], clock, till)
    for _ in range(10):
        budget.take()
    clock.at -= timedelta(days=400)

    with pytest.raises(RateLimitedError) as refused:
        budget.take()
    assert refused.value.retry_after_seconds < 1.1 * DAY
    clock.at += timedelta(seconds=1.1 * DAY)
    budget.take()


def test_uses_are_kept_as_they_were(clock: PatientClock) -> None:
    spent = Spent(MINUTE).reserved(3, clock.now())

    assert msgspec.json.decode(msgspec.json.encode(spent.uses), type=tuple[Use, ...]) == spent.uses


@pytest.fixture
def clock() -> PatientClock:
    return PatientClock()
