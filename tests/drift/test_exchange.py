"""What a conversion took of buyers' payments counts to its payout, and is checked like any other entry."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bridge.model.entries import Mode
from tests.books.shop import order, refund
from tests.drift.counter import Counter, MakeCounter, are_explained, payout, row, ties
from tests.drift.firm import adds_up, codes, only

WHEN, PAID = "2026-06-03 12:00", "2026-06-05 09:00"
NAME = "Shop currency differences of 2026-06-03, payout 778"
SOLD = order("1001", WHEN, {"sale.product": 167_29}, charged_in="CHF")
PAYOUT = payout("778", PAID, row("1001", 166_92, WHEN, fee=50))
CLEARING = "1210 Shopify Payments clearing"


@pytest.mark.parametrize("mode", [Mode.DAY, Mode.ORDER, Mode.PAYOUT])
@pytest.mark.parametrize("has_invoices", [False, True], ids=["journals", "invoices"])
@pytest.mark.parametrize("is_paid_out_first", [False, True])
def test_a_payout_ties_with_what_a_conversion_took_of_it(
    make_counter: MakeCounter, mode: Mode, *, has_invoices: bool, is_paid_out_first: bool
) -> None:
    counter = make_counter(mode=mode, has_invoices=has_invoices)
    for fact in (PAYOUT, SOLD) if is_paid_out_first else (SOLD, PAYOUT):
        counter.bring_in(fact)

    report = counter.check_ledger()

    assert codes(report) == []
    assert ties(report)[0] == ("payout", "778", 166_42, 166_42, 166_42)
    assert report.clearing.closing_minor == 0
    assert not report.clearing.items
    assert are_explained(report)
    assert (report.is_delivered, report.is_matched, report.is_reconciled) == (True, True, True)


def test_a_gain_a_refund_and_a_supplement_tie_too(counter: Counter) -> None:
    back = refund("r1", "1001", WHEN, {"refund.product": -50_00}, charged_in="CHF")
    rows = [row("1001", 168_00, WHEN), row("r1", -50_20, WHEN)]
    counter.bring_in(SOLD, back, payout("778", PAID, *rows))
    counter.bring_in(order("1001", WHEN, {"sale.product": 167_40}, charged_in="CHF"))

    report = counter.check_ledger()

    assert codes(report) == []
    assert ties(report)[0] == ("payout", "778", 117_80, 117_80, 117_80)
    assert report.clearing.closing_minor == 0
    assert are_explained(report)


def delete(counter: Counter, ref: str) -> None:
    counter.ledger.delete(ref)


def void(counter: Counter, ref: str) -> None:
    counter.ledger.void(ref)


def raise_it(counter: Counter, ref: str) -> None:
    counter.ledger.edit_amount(ref, -13)


@pytest.mark.parametrize(
    ("edit", "code", "minor"), [(delete, "deleted", 37), (void, "voided", 37), (raise_it, "amount", -13)]
)
def test_each_edit_of_it_is_found_with_its_amount_on_clearing_and_breaks_its_payout(
    counter: Counter, edit: Callable[[Counter, str], None], code: str, minor: int
) -> None:
    counter.bring_in(SOLD, PAYOUT)
    assert codes(counter.check_ledger()) == []
    edit(counter, counter.ref(NAME))

    report = counter.check_ledger()

    found = only(report).finding
    assert (found.code, found.amount_minor, found.account) == (f"drift.{code}", minor, CLEARING)
    assert ties(report)[0] == ("payout", "778", 166_42, 166_42, 166_42 + minor)
    assert (report.is_matched, report.is_reconciled) == (False, False)
    assert are_explained(report)


@pytest.mark.parametrize("has_invoices", [False, True], ids=["journals", "invoices"])
@pytest.mark.parametrize("mode", [Mode.DAY, Mode.ORDER])
def test_a_payout_in_another_currency_than_its_sales_ties_and_leaves_nothing_on_either_clearing_account(
    make_counter: MakeCounter, mode: Mode, *, has_invoices: bool
) -> None:
    """D26: captured 167.29 EUR, charged 181.21 USD."""
    counter = make_counter(mode=mode, has_invoices=has_invoices)
    counter.ledger.takes_currencies = ("EUR",)
    counter.ledger.keep_in("1240", "EUR")
    counter.change_route(accounts=(("@clearing:EUR", "1240"),))
    counter.bring_in(order("1001", WHEN, {"sale.product": 167_29}, currency="EUR"))
    counter.bring_in(payout("778", PAID, row("1001", 181_21, WHEN, fee=50)))

    report = counter.check_ledger()

    assert codes(report) == []
    assert ties(report)[0] == ("payout", "778", 180_71, 180_71, 180_71)
    assert [(one.account[:4], one.currency, one.closing_minor) for one in report.clearings if one.is_own] == [
        ("1210", "USD", 0),
        ("1240", "EUR", 0),
    ]
    told = [one for one in (*report.clearings, *report.rolled) if not adds_up(one)]
    assert [(one.account[:4], one.currency, one.doubt) for one in told] == [
        ("1295", "USD", "the ledger's one balance mixes currencies with USD"),
        ("1295", "EUR", "the ledger's one balance mixes currencies with EUR"),
    ]
    assert (report.is_delivered, report.is_matched, report.is_reconciled) == (True, True, True)


def test_a_half_of_a_conversion_that_somebody_deletes_is_found_in_its_own_currency(counter: Counter) -> None:
    counter.ledger.takes_currencies = ("EUR",)
    counter.ledger.keep_in("1240", "EUR")
    counter.change_route(accounts=(("@clearing:EUR", "1240"),))
    counter.bring_in(order("1001", WHEN, {"sale.product": 167_29}, currency="EUR"))
    counter.bring_in(payout("778", PAID, row("1001", 181_21, WHEN)))
    counter.ledger.delete(counter.ref("Shop sales into USD of 2026-06-03, payout 778"))

    found = only(counter.check_ledger()).finding

    assert (found.code, found.amount_minor, found.currency) == ("drift.deleted", 167_29, "EUR")
