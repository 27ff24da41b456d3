"""Two channel accounts feed one ledger; each route's report speaks of its own, and a finding belongs to one of them."""

from __future__ import annotations

from datetime import date

import pytest

from bridge.drift.report.pages import to_html
from tests.drift.firm import Firm, codes, is_explained, items, paid
from tests.drift.test_report import Page

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


def test_routes_that_share_a_clearing_account_each_show_their_part_of_it(shared: Firm) -> None:
    shared.bring_in(
        paid("C2", "70.00", opened="2026-06-16 12:00", closed="2026-06-28 20:00", pays="2026-07-03 12:00"), source=CA
    )

    mine, theirs = shared.check(), shared.check(OTHER)

    assert codes(mine) == codes(theirs) == []
    assert items(mine) == []
    assert items(theirs) == [("settlement C2", "55.00", "on its way to the bank, due 2026-07-03")]
    assert (mine.clearing.closing_minor, theirs.clearing.closing_minor) == (0, 55_00)
    for report in (mine, theirs):
        (whole,) = [one.account for one in report.shared if one.account.purpose.clears]
        assert (whole.closing_minor, whole.balance_minor, whole.sharing) == (55_00, 55_00, (OTHER, "us"))
        assert is_explained(report)
        assert report.is_reconciled


def test_each_route_signs_for_its_own_part_and_the_overview_shows_it(shared: Firm) -> None:
    shared.bring_in(
        paid("C2", "70.00", opened="2026-06-16 12:00", closed="2026-06-28 20:00", pays="2026-07-03 12:00"), source=CA
    )

    text = Page(to_html((shared.check(), shared.check(OTHER)))).text

    assert "amazon-us, 2026-06-01 to 2026-07-01: this route’s part of clearing 0.00 + 85.00 − 85.00 = 0.00 USD" in text
    assert "amazon-ca, 2026-01-01 to 2026-07-01: this route’s part of clearing 0.00 + 185.00 − 130.00 = 55.00" in text
    assert text.count("settlement C2") == 2, "in its route, and in the shared account"
    assert "amazon-ca yes yes yes 0 nothing 55.00 USD shared" in text


def test_a_later_start_does_not_ask_for_the_other_routes_older_vouchers(shared: Firm) -> None:
    shared.ledger.requests.clear()

    report = shared.check()

    assert report.objects_read == 6, "a shared account is read from the first day of whoever began first"
    assert "read_back" not in shared.ledger.requests


def test_a_shared_clearing_account_says_whose_money_is_gone(shared: Firm) -> None:
    shared.ledger.delete(shared.ref("C1 2026-06"))

    mine, theirs = shared.check(), shared.check(OTHER)

    assert codes(mine) == []
    assert codes(theirs) == ["deleted"]
    assert items(mine) == []
    assert items(theirs) == [("settlement C1", "-45.00", "ours was deleted in the ledger")]
    assert is_explained(mine)
    assert is_explained(theirs)


def test_a_copy_of_the_other_routes_voucher_is_explained_and_found_there(shared: Firm) -> None:
    shared.ledger.duplicate(shared.ref("C1 2026-06"), keeps_key=False)

    mine = shared.check()

    assert codes(mine) == []
    assert items(mine) == []
    assert codes(shared.check(OTHER)) == ["extra_copy"]
    assert is_explained(mine)


def test_a_foreign_entry_in_a_shared_account_is_reported_once(shared: Firm) -> None:
    shared.ledger.add_foreign(date(2026, 6, 20), [("1200", -4_44), ("6120", 4_44)])

    mine, theirs = shared.check(), shared.check(OTHER)

    assert sorted([codes(mine), codes(theirs)]) == [[], ["foreign"]]
    assert [kept.finding.code for kept in shared.findings()] == ["drift.foreign"]
    assert (mine.is_reconciled, theirs.is_reconciled) == (False, False)


def test_a_shared_account_that_does_not_add_up_is_reported_once(shared: Firm) -> None:
    shared.ledger.add_foreign(date(2025, 12, 31), [("1200", 4_44), ("6120", -4_44)])

    mine, theirs = shared.check(), shared.check(OTHER)

    assert sorted([codes(mine), codes(theirs)]) == [[], ["unexplained"]]
    assert (mine.is_reconciled, theirs.is_reconciled) == (False, False)


def test_openings_that_two_routes_state_for_one_account_are_added(shared: Firm) -> None:
    shared.ledger.add_foreign(date(2025, 12, 31), [("1200", 10_00), ("3100", -10_00)])
    shared.change_route(OTHER, opening_minor=7_00)
    shared.change_route(opening_minor=3_00)

    mine, theirs = shared.check(), shared.check(OTHER)

    assert items(mine) == [("opening balance", "3.00", "as stated on the route")]
    assert items(theirs) == [("opening balance", "7.00", "as stated on the route")]
    assert codes(mine) == codes(theirs) == []
