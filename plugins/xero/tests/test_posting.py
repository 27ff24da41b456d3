"""How many calls many vouchers take, and how long, within the limits that are declared (see benchmarks)."""

import pytest

from bridge_xero.kinds import INVOICE, PAYMENT
from plugins.xero.tests.posting import poster

LOST = (2, 5, 9, 12)


def test_orders_go_fifty_a_call_as_fast_as_the_limits_allow() -> None:
    with poster(declared=10) as posting:
        vouchers = posting.plan(600)
        told = posting.post(vouchers)
        calls, seconds = posting.floor(len(vouchers))

        assert (told.vouchers, told.calls, calls) == (1200, 24, 24)
        assert seconds == 120
        assert told.seconds <= 1.05 * seconds
        assert told.throttled == 0
        assert posting.books.objects(INVOICE) == posting.books.objects(PAYMENT) == 600


def test_ledger_that_is_stricter_than_it_says_is_heeded_and_nothing_is_lost_or_doubled() -> None:
    """F44: it says with every answer how many calls are left."""
    with poster(declared=10, is_stricter=True) as posting:
        told = posting.post(posting.plan(600))

        assert told.throttled == 0
        assert told.calls == 24
        assert posting.books.objects(INVOICE) == posting.books.objects(PAYMENT) == 600


@pytest.mark.parametrize("is_stricter", [False, True])
def test_lost_answers_are_resolved_once_whatever_else_is_in_the_ledger(*, is_stricter: bool) -> None:
    """F01, F44: batches of which some arrived, and some did not."""
    calls = []
    for foreign in (0, 2_000):
        with poster(foreign=foreign, is_stricter=is_stricter) as posting:
            told = posting.post(posting.plan(300), lost=LOST)

            assert told.doubted == 50 * len(LOST)
            assert posting.books.objects(INVOICE) == posting.books.objects(PAYMENT) == 300
            calls.append(told.calls)
    assert calls[0] == calls[1]
    assert calls[0] <= 12 + 4 * len(LOST)
