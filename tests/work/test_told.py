"""What a run did adds up, whatever its parts and their order; and how it ended follows from the gravest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.delivery import DrainReport
from bridge.errors import AuthorizationError, BridgeError, HoldError
from bridge.model.deliveries import DeliveryState
from bridge.model.runs import Amount, Failure, Told
from bridge.work import Verdict, told, verdict
from tests.work.steps import unavailable

_COUNTS = st.dictionaries(st.sampled_from(["new", "held", "known"]), st.integers(1, 99))
_AMOUNTS = st.dictionaries(st.sampled_from(["order", "refund"]), st.integers(-99, 99)).map(
    lambda sums: tuple(Amount(what, minor, "USD") for what, minor in sorted(sums.items()))
)
_FAILURES = st.lists(st.builds(Failure, st.sampled_from("abc"), st.integers(1, 9), st.text(), st.text())).map(
    told.by_cause
)
_TOLD = st.builds(Told, _COUNTS, _COUNTS, _COUNTS, _COUNTS, _AMOUNTS, _FAILURES)
REFUSED = AuthorizationError("ledger", "lets nobody in", "Sign in")


@given(_TOLD, _TOLD, _TOLD)
def test_parts_may_be_added_in_any_grouping(one: Told, two: Told, three: Told) -> None:
    assert told.added(told.added(one, two), three) == told.added(one, told.added(two, three))


@given(_TOLD, _TOLD)
def test_no_failure_is_lost(one: Told, two: Told) -> None:
    times = [sum(failure.times for failure in each.failures) for each in (one, two, told.added(one, two))]

    assert times[0] + times[1] == times[2]


@pytest.mark.parametrize(
    ("errors", "drain", "is_waiting", "expected"),
    [
        ([], DrainReport("books", 1, 0, 0, {}), False, Verdict.NOTHING),
        ([], DrainReport("books", 1, 0, 0, {DeliveryState.OWED: 1}), False, Verdict.LATER),
        ([unavailable("ledger")], DrainReport("books", 1, 0, 0, {}), False, Verdict.LATER),
        ([unavailable("ledger")], DrainReport("books", 1, 0, 0, {}), True, Verdict.DECIDE),
        ([HoldError("x", "waits", "Wait")], DrainReport("books", 1, 0, 0, {}), False, Verdict.DECIDE),
        ([REFUSED], DrainReport("books", 1, 0, 0, {}), True, Verdict.PUT_RIGHT),
        ([], DrainReport("books", 0, 0, 0, {}, stopped="authorization.lost"), True, Verdict.PUT_RIGHT),
    ],
)
def test_the_gravest_decides(
    errors: list[BridgeError], drain: DrainReport, is_waiting: bool, expected: Verdict
) -> None:
    assert verdict.of_delivery(errors, [], [drain], is_waiting=is_waiting) is expected
