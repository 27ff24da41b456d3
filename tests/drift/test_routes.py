"""Two channel accounts feed one ledger; each route's report speaks of its own."""

from __future__ import annotations

from datetime import date

import pytest

from tests.drift.firm import Firm, codes, is_explained, items, paid

CA, OTHER = "amazon-ca", "ca"


@pytest.fixture
def two(firm: Firm) -> Firm:
    """The second route has a clearing account of its own."""
    firm.add_route(OTHER, CA, clearing="1210", prefix="CAN")
    firm.bring_in(paid("S1"))
    firm.bring_in(paid("C1", "60.00"), source=CA)
    return firm


@pytest.fixture
def shared(firm: Firm) -> Firm:
    """Both routes pay into one clearing account, and the second began earlier."""
    firm.change_route(first_day=date(2026, 6, 1))
    firm.add_route(OTHER, CA, prefix="CAN", first_day=date(2026, 1, 1))
    firm.bring_in(paid("C0", opened="2026-05-01 12:00", closed="2026-05-14 20:00", pays="2026-05-16 12:00"), source=CA)
    firm.bring_in(paid("S1"))
    firm.bring_in(paid("C1", "60.00"), source=CA)
    return firm


def test_each_route_finds_its_own_vouchers_right_and_no_strangers(two: Firm) -> None:
    for route in two.routes:
        report = two.check(route)
        assert codes(report) == []
        assert report.is_reconciled
        assert len(report.ties) == 1
        assert is_explained(report)


def test_an_edit_is_found_on_the_route_that_posted_it_and_on_no_other(two: Firm) -> None:
    two.ledger.delete(two.ref("C1 2026-06"))
    two.ledger.duplicate(two.ref("C1 bank"), keeps_key=False)

    assert codes(two.check()) == []
    assert codes(two.check(OTHER)) == ["deleted", "extra_copy"]


def test_one_routes_check_leaves_the_others_findings_alone(two: Firm) -> None:
    two.ledger.delete(two.ref("C1 2026-06"))
    two.check(OTHER)
    two.check()

    assert codes(two.check(OTHER)) == ["deleted"]


def test_a_voucher_recoded_into_the_other_routes_clearing_is_explained_on_both(two: Firm) -> None:
    two.ledger.edit_account(two.ref("C1 2026-06"), "1210", "1200")

    mine, theirs = two.check(), two.check(OTHER)

    assert codes(mine) == []
    ((what, amount, reason),) = items(mine)
    assert what.startswith("JournalEntry CAN")
    assert (amount, reason) == ("45.00", "posted by bridge for another route")
    assert codes(theirs) == ["account"]
    assert is_explained(mine)
    assert is_explained(theirs)


def test_routes_that_share_a_clearing_account_explain_it_together(shared: Firm) -> None:
    for route in shared.routes:
        report = shared.check(route)
        assert codes(report) == []
        assert items(report) == []
        assert is_explained(report)


def test_a_later_start_does_not_ask_for_the_other_routes_older_vouchers(shared: Firm) -> None:
    shared.ledger.requests.clear()

    report = shared.check()

    assert report.objects_read == 4
    assert "read_back" not in shared.ledger.requests


def test_a_shared_clearing_account_says_whose_money_is_gone(shared: Firm) -> None:
    shared.ledger.delete(shared.ref("C1 2026-06"))

    mine, theirs = shared.check(), shared.check(OTHER)

    assert codes(mine) == []
    assert codes(theirs) == ["deleted"]
    assert [amount for _, amount, _ in items(mine)] == [amount for _, amount, _ in items(theirs)] == ["-45.00"]
    assert is_explained(mine)
    assert is_explained(theirs)


def test_a_copy_of_the_other_routes_voucher_is_explained_and_found_there(shared: Firm) -> None:
    shared.ledger.duplicate(shared.ref("C1 2026-06"), keeps_key=False)

    mine = shared.check()

    assert codes(mine) == []
    assert [reason for _, _, reason in items(mine)] == ["a copy of another route's voucher: see that route's report"]
    assert codes(shared.check(OTHER)) == ["extra_copy"]
    assert is_explained(mine)
