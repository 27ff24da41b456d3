"""A sale of ours that somebody entered again: named where it is sure, asked about where it is not, and nothing else."""

from __future__ import annotations

from datetime import date

import pytest

from bridge.drift import Report
from bridge.model.facts import LedgerContact
from bridge.model.findings import Finding, InstructionKind, Severity
from tests.books.shop import order
from tests.drift.counter import INVOICE, Counter
from tests.drift.firm import AMAZON, Firm, codes, is_explained, only, paid

SOLD_ON = date(2026, 6, 14)


@pytest.fixture
def booked(firm: Firm) -> Firm:
    """A settlement of 100.00 of sales and 85.00 to the bank, and its transfer, both in the ledger."""
    firm.bring_in(paid("28500000011"))
    return firm


@pytest.fixture
def shop(counter: Counter) -> Counter:
    """Two orders of one day, and one of the next."""
    counter.bring_in(
        order("1001", "2026-06-03 12:00", {"sale.product": 1000}),
        order("1002", "2026-06-03 13:00", {"sale.product": 2500}),
        order("58100000001", "2026-06-04 13:00", {"sale.product": 700}),
    )
    return counter


def invoice(
    firm: Firm, minor: int, on: date = date(2026, 6, 20), *, number: str = "", memo: str = "", contact: str = ""
) -> str:
    return firm.ledger.add_foreign(
        on, [("1100", minor), ("4000", -minor)], type=INVOICE, number=number, memo=memo, contact=contact
    )


def entered(counter: Counter, minor: int, on: date = date(2026, 6, 20), **more: str) -> str:
    return counter.ledger.add_foreign(on, [("1000", minor), ("4000", -minor)], type="SalesReceipt", **more)


def found(report: Report) -> Finding:
    return only(report).finding


@pytest.mark.parametrize(
    ("number", "memo"),
    [("28500000011", ""), ("", "Amazon settlement 28500000011."), ("1044", "(28500000011)")],
)
def test_an_invoice_that_names_a_settlement_of_ours_sells_it_again(booked: Firm, number: str, memo: str) -> None:
    """F08: another tool entered the settlement with its own numbers."""
    ref = invoice(booked, 97_00, number=number, memo=memo)

    report = booked.check()

    told = found(report)
    assert (told.code, told.severity, told.ref) == ("drift.double_revenue", Severity.ERROR, ref)
    assert "sells settlement 28500000011 again" in told.title
    assert (told.amount_minor, told.account) == (-97_00, "4000 Product sales")
    assert "97.00 of revenue is in the books twice" in told.cause
    assert "Void it" in told.repair
    assert not report.is_matched
    assert is_explained(report)


def test_an_invoice_to_the_customer_that_bridge_sells_to_sells_again_what_bridge_sells(booked: Firm) -> None:
    booked.ledger.contacts = (LedgerContact("58", "Sales channels"),)
    ref = invoice(booked, 12_34, contact="58")
    invoice(booked, 12_34, contact="59")

    told = found(booked.check())

    assert (told.code, told.severity, told.ref) == ("drift.double_revenue", Severity.ERROR, ref)
    assert "made out to the customer that bridge sells to" in told.cause


@pytest.mark.parametrize("minor", [85_00, 100_00])
def test_what_only_has_the_day_and_the_amount_of_a_sale_of_ours_is_for_a_person_to_look_at(
    booked: Firm, minor: int
) -> None:
    """As much as the settlement's deposit, or as its sales: it may be a customer of the merchant's own."""
    invoice(booked, minor, SOLD_ON, number="INV-8")

    told = found(booked.check())

    assert (told.code, told.severity) == ("drift.double_revenue", Severity.WARNING)
    assert "may sell" in told.title
    assert "28500000011" in told.title
    assert f"{minor // 100}.00 of revenue may be in the books twice" in told.cause
    assert told.repair.startswith("Look whether it is the same sale")


def test_a_merchants_own_sales_on_the_same_account_are_none_of_our_business(booked: Firm) -> None:
    booked.ledger.contacts = (LedgerContact("58", "Sales channels"),)
    invoice(booked, 99_00, SOLD_ON, number="INV-8", memo="28500000012", contact="59")
    invoice(booked, 100_00, date(2026, 6, 15), number="285")
    booked.ledger.add_foreign(SOLD_ON, [("1000", 100_00), ("4500", -100_00)], memo="interest, 28500000011")

    assert codes(booked.check()) == []


def test_revenue_that_is_taken_back_or_only_moved_is_not_sold_again(booked: Firm) -> None:
    booked.ledger.add_foreign(SOLD_ON, [("4000", 100_00), ("1000", -100_00)], memo="28500000011")
    booked.ledger.add_foreign(SOLD_ON, [("4500", 100_00), ("4000", -100_00)], memo="28500000011")

    assert codes(booked.check()) == []


def test_a_copy_of_ours_is_called_a_copy_and_not_sold_twice_as_well(booked: Firm) -> None:
    booked.ledger.duplicate(booked.ref("28500000011 2026-06"), keeps_key=False)

    assert codes(booked.check()) == ["extra_copy"]


def test_what_was_entered_in_place_of_a_settlement_that_was_deleted_is_sold_once(booked: Firm) -> None:
    booked.ledger.delete(booked.ref("28500000011 2026-06"))
    invoice(booked, 100_00, SOLD_ON, memo="28500000011")

    assert codes(booked.check()) == ["deleted"]


def test_a_sale_entered_again_into_clearing_is_told_once_and_explains_the_account(booked: Firm) -> None:
    booked.ledger.add_foreign(date(2026, 6, 20), [("1200", 97_00), ("4000", -97_00)], memo="28500000011")

    report = booked.check()

    assert codes(report) == ["double_revenue"]
    assert is_explained(report)
    assert [item.reason for item in report.clearing.items] == ["entered by others; it names settlement 28500000011"]


def test_an_order_is_known_by_its_long_id_its_day_and_its_short_number_with_its_amount(shop: Counter) -> None:
    by_id = entered(shop, 650, memo="order 58100000001")
    by_number = entered(shop, 1000, number="1001")
    by_day = entered(shop, 2500, date(2026, 6, 3))
    entered(shop, 4321, number="1002", memo="our invoice 1001")

    report = shop.check_ledger()

    told = {kept.finding.ref: kept.finding for kept in report.open_findings}
    assert {finding.code for finding in told.values()} == {"drift.double_revenue"}
    assert {ref: finding.severity for ref, finding in told.items()} == {
        by_id: Severity.ERROR,
        by_number: Severity.ERROR,
        by_day: Severity.WARNING,
    }
    assert "order #1001" in told[by_number].title
    assert "order #1002" in told[by_day].title


def test_an_order_that_is_called_by_a_word_is_known_by_no_word(counter: Counter) -> None:
    counter.bring_in(order("gift", "2026-06-03 12:00", {"sale.product": 1000}))
    entered(counter, 4321, memo="a gift for our best customer")

    assert codes(counter.check_ledger()) == []


def test_a_day_of_sales_entered_again_as_one_receipt_is_for_a_person_to_look_at(shop: Counter) -> None:
    entered(shop, 3500, date(2026, 6, 3))

    told = found(shop.check_ledger())

    assert (told.code, told.severity, told.amount_minor) == ("drift.double_revenue", Severity.WARNING, -3500)
    assert "Shop sales of 2026-06-03" in told.title


def test_what_two_routes_would_both_tell_is_told_by_one(booked: Firm) -> None:
    """A customer that both sell to, or an amount of both, belongs to the route that told it first."""
    booked.add_route("ca", "amazon-ca", prefix="CAN", clearing="1240")
    booked.bring_in(paid("28500000099"), source="amazon-ca")
    booked.ledger.contacts = (LedgerContact("58", "Sales channels"),)
    invoice(booked, 12_34, contact="58")

    assert codes(booked.check()) == ["double_revenue"]
    assert codes(booked.check("ca")) == []
    assert codes(booked.check()) == ["double_revenue"]


def test_a_settlement_that_was_withdrawn_may_be_entered_by_hand(firm: Firm) -> None:
    firm.receive(paid("28500000011"), source=AMAZON)
    firm.run()
    for part in ("2026-06", "bank"):
        firm.decide(InstructionKind.WITHDRAW, f"28500000011 {part}", "entered by hand")
    firm.run()
    invoice(firm, 100_00, SOLD_ON, memo="28500000011")

    assert "double_revenue" not in codes(firm.check())
