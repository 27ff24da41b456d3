"""A check while entries come in: balances and entries are compared as of one moment, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from bridge.drift import Report
from tests.drift.firm import Firm, codes, is_explained, items, only, paid

CALLS = ("facts", "observe", "read_back")


@pytest.fixture
def half(firm: Firm) -> Firm:
    """One settlement is in the ledger; another is booked and not sent yet. A page of the ledger holds one object."""
    firm.ledger.page_size = 1
    firm.bring_in(paid("S1"))
    firm.receive(paid("S2", "300.00", opened="2026-06-14 20:00", closed="2026-06-26 20:00", pays="2026-06-28 12:00"))
    firm.run()
    return firm


def check_while(firm: Firm, happens: Callable[[], object], place: int) -> Report:
    """Check, and let something happen at the n-th call that reaches the ledger."""
    count = iter(range(1_000))

    def on_request(name: str) -> None:
        if name in CALLS and next(count) == place:
            firm.ledger.on_request = lambda _: None
            happens()
            firm.ledger.on_request = on_request

    firm.ledger.on_request = on_request
    try:
        return firm.check()
    finally:
        firm.ledger.on_request = lambda _: None


@pytest.mark.parametrize("place", range(5))
def test_a_delivery_between_any_two_calls_is_never_an_unexplained_balance(half: Firm, place: int) -> None:
    report = check_while(half, half.deliver, place)

    assert set(codes(report)) <= {"not_delivered"}
    assert report.clearing.unexplained_minor == 0
    assert half.check().is_reconciled


@pytest.mark.parametrize("page", range(2))
def test_a_delivery_between_two_pages_is_never_an_unexplained_balance(half: Firm, page: int) -> None:
    half.ledger.when_read(page, half.deliver)

    report = half.check()

    assert set(codes(report)) <= {"not_delivered"}
    assert report.clearing.unexplained_minor == 0
    assert [tie.is_tied for tie in report.ties] == [True, True]
    assert is_explained(report)


def test_one_delivered_before_the_pages_and_one_after_are_both_read(firm: Firm) -> None:
    """The balance told before the pages knows of neither, the one told after them of both: it is neither's."""
    firm.bring_in(paid("S1"))
    firm.receive(
        paid("S2", "300.00", opened="2026-06-14 20:00", closed="2026-06-20 20:00", pays="2026-06-22 12:00"),
        paid("S3", "70.00", opened="2026-06-20 20:00", closed="2026-06-26 20:00", pays="2026-06-28 12:00"),
    )
    firm.run()
    firm.ledger.page_size = 1
    firm.ledger.when_read(0, lambda: firm.deliver_some(2))

    report = check_while(firm, lambda: firm.deliver_some(2), place=1)

    assert report.clearing.unexplained_minor == 0
    assert "unexplained" not in codes(report)
    assert is_explained(report)


def test_a_voucher_that_was_sent_while_the_ledger_was_read_is_read_with_the_next_reading(half: Firm) -> None:
    """Its object is in the balance and not among the pages, and nothing in the store says yet that it arrived."""
    half.ledger.when_read(1, half.begin_to_send)

    report = half.check()

    assert "unexplained" not in codes(report)
    assert [item.reason for item in report.clearing.items] == ["bridge's own; its delivery is not confirmed yet"]
    assert is_explained(report)


def test_while_vouchers_are_sent_all_the_time_nothing_is_concluded_about_the_balance(half: Firm) -> None:
    half.ledger.when_read(1, half.begin_to_send)
    half.ledger.hides_new_objects = True

    report = half.check()

    assert "unexplained" not in codes(report)
    assert report.clearing.balance_minor is None
    assert report.clearing.doubt == "entries came in while it was read: check again"
    assert not report.is_reconciled


def test_a_person_who_posts_between_pages_and_balances_is_read_with_the_next_reading(firm: Firm) -> None:
    firm.bring_in(paid("S1"))
    firm.ledger.page_size = 1

    def post() -> None:
        firm.ledger.add_foreign(date(2026, 6, 1), [("1200", 5_55), ("4000", -5_55)])

    firm.ledger.when_read(0, post)

    report = check_while(firm, post, place=1)

    assert codes(report) == ["foreign", "foreign"]
    assert report.clearing.unexplained_minor == 0


def test_what_is_really_unexplained_is_told_after_one_reading(firm: Firm) -> None:
    firm.bring_in(paid("S1"))
    firm.ledger.add_foreign(date(2025, 12, 31), [("1200", 7_77), ("4000", -7_77)])
    firm.ledger.requests.clear()

    report = firm.check()

    assert only(report).finding.code == "drift.unexplained"
    assert firm.ledger.requests.count("observe") == 1
    assert items(report) == []


def test_a_ledger_that_never_stands_still_is_not_compared(firm: Firm) -> None:
    firm.bring_in(paid("S1"))

    def post() -> None:
        firm.ledger.add_foreign(date(2025, 12, 31), [("1200", 1_00), ("4000", -1_00)])

    firm.ledger.on_request = lambda name: post() if name == "facts" else None

    report = firm.check()

    assert codes(report) == []
    assert report.clearing.doubt == "entries came in while it was read: check again"
    assert report.reconciled.answer == "not proven"
