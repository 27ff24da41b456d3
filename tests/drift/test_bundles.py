"""Orders that stand in the ledger as they were booked are held as sums by day, and told as if one by one."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from bridge.drift.sides import Bundle, Party, Signs, Told, chart_of, told, touched
from bridge.model.entries import Mode
from bridge.model.findings import Severity
from tests.books.shop import CAPABILITIES, order, refund
from tests.drift.counter import INVOICE, Counter, MakeCounter, are_explained, items, payout, row

DAY, NEXT = "2026-06-03 12:00", "2026-06-04 12:00"


@pytest.fixture(params=[False, True], ids=["journals", "invoices"])
def shop(make_counter: MakeCounter, request: pytest.FixtureRequest) -> Counter:
    """Three orders of one day, one of the next and a refund; a payout of two of them. All is in the ledger."""
    counter = make_counter(has_invoices=request.param, mode=Mode.ORDER)
    counter.bring_in(
        order("1001", DAY, {"sale.product": 1000}),
        order("1002", DAY, {"sale.product": 2500}),
        order("1003", DAY, {"sale.product": 700, "sale.shipping": 300}),
        order("1004", NEXT, {"sale.product": 400}),
        refund("r1", "1002", NEXT, {"refund.product": -500}),
        payout("p1", "2026-06-05 08:00", row("1001", 1000, DAY, fee=30), row("1002", 2500, DAY)),
    )
    assert counter.check_ledger().open_findings == ()
    return counter


def held(shop: Counter, *suspects: str) -> Told:
    """What a check holds of its entries."""
    facts = shop.ledger.facts()
    with shop.store.reading() as unit:
        chart = chart_of(facts, shop.route, CAPABILITIES, touched(unit.entries.touched(shop.route.route_id)))
        party = Party(shop.route, CAPABILITIES, (chart.clearing.ledger_id,))
        return told(unit, party, Signs(frozenset(suspects), chart))


def days(some: Told) -> list[tuple[date, int, int]]:
    """Of each bundle its day, how many entries it holds, and what buyers paid."""
    return sorted((one.entry.booked_on, one.count, _paid(one)) for one in some.bundles.values())


def _paid(bundle: Bundle) -> int:
    return sum(posting.amount_minor for posting in bundle.entry.postings if posting.kind == "tender")


def alone(some: Told) -> set[str]:
    return {entry.narration for name, entry in some.entries.items() if name not in some.bundles}


def called(shop: Counter, number: str) -> str:
    (name,) = [each.narration for each in shop.entries() if number in each.narration and "refund" not in each.narration]
    return name


def test_orders_of_one_day_and_form_are_held_together_and_payouts_by_themselves(shop: Counter) -> None:
    first, second = date(2026, 6, 3), date(2026, 6, 4)
    some = held(shop)

    assert days(some) == [(first, 1, 1000), (first, 2, 3500), (second, 1, -500), (second, 1, 400)]
    assert len(alone(some)) == len(("fees of the payout", "its transfer"))
    assert len(some.bundle_of) == 5
    assert {some.place(name) for name in some.bundle_of} == set(some.bundles)
    assert all(some.is_delivered(name) for name in some.bundles)


def test_an_order_that_something_may_be_wrong_with_stands_by_itself(shop: Counter) -> None:
    name = called(shop, "1002")
    for ref in shop.refs(name):
        some = held(shop, ref)
        assert name in alone(some)
        assert len(some.bundle_of) == 4


def test_an_order_that_does_something_else_than_it_was_booked_to_stands_by_itself(shop: Counter) -> None:
    """Though nothing differs from what the ledger acknowledged."""
    name = called(shop, "1002")
    kind = "Payment" if shop.ledger.has_invoices else ""
    with shop.store.unit("test") as unit:
        copy = unit.copies.get(shop.route.ledger, shop.ref(name, kind))
        assert copy is not None
        first, *rest = copy.lines
        odd = (msgspec.structs.replace(first, amount_minor=first.amount_minor + 1), *rest)
        unit.copies.add(shop.route.ledger, [msgspec.structs.replace(copy, lines=odd)])
    assert name in alone(held(shop))


def test_what_is_not_delivered_whole_stands_by_itself(shop: Counter) -> None:
    shop.receive(order("1005", NEXT, {"sale.product": 900}))
    shop.run()
    assert called(shop, "1005") in alone(held(shop))


def test_an_order_on_terms_is_paid_or_stands_by_itself(shop: Counter) -> None:
    name = called(shop, "1001")
    ref = shop.ref(name)
    shop.ledger.leave_open(ref, 0)
    shop.check_ledger()
    assert name not in alone(held(shop))
    shop.ledger.leave_open(ref, 250)
    shop.check_ledger()
    assert name in alone(held(shop))


def test_an_order_that_others_pay_is_held_with_others_and_its_payment_told(make_counter: MakeCounter) -> None:
    """What is set against an invoice of ours counts as ours on the account of open invoices."""
    shop = make_counter(mode=Mode.ORDER)
    shop.bring_in(order("1001", DAY, {"sale.product": 1000}), order("1002", DAY, {"sale.product": 2500}))
    name = called(shop, "1001")
    shop.ledger.add_foreign(
        date(2026, 6, 9), [("1000", 400), ("1100", -400)], type="Payment", settles=(shop.ref(name, INVOICE),)
    )
    report = shop.check_ledger()

    assert name not in alone(held(shop))
    (receivable,) = [one for one in report.rolled if one.account.startswith("1100")]
    assert (receivable.in_minor, receivable.out_minor, receivable.of_others_minor) == (3500, 3900, -400)


def test_days_and_accounts_are_told_as_if_order_by_order(shop: Counter) -> None:
    report = shop.check_ledger()
    sales = {tie.closed_on: (tie.parts, tie.documents, tie.ledger_minor) for tie in report.ties if tie.title == "sales"}

    assert sales == {date(2026, 6, 3): (3, 3, 4500), date(2026, 6, 4): (2, 2, -100)}
    assert are_explained(report)
    (clearing, *_) = report.clearings
    assert (clearing.in_minor, clearing.out_minor) == (4900, 500 + 30 + 3470)
    assert items(report, clearing.account[:4]) == [
        ("payments of 2026-06-03", "10.00"),
        ("payments of 2026-06-04", "-1.00"),
    ]


def test_a_strangers_amount_is_known_as_that_of_an_order_among_many(shop: Counter) -> None:
    """D04: as much as an order that is held with others of its day."""
    shop.ledger.add_foreign(date(2026, 6, 9), [("1000", -2500), (shop.route.clearing, 2500)], type="JournalEntry")
    found = [kept.finding for kept in shop.check_ledger().open_findings if kept.finding.code == "drift.foreign"]

    assert [one.severity for one in found] == [Severity.ERROR]
    assert f"as much as bridge's own '{called(shop, '1002')}'" in found[0].cause


def test_a_sale_entered_again_is_known_as_that_of_an_order_among_many(shop: Counter) -> None:
    """F08."""
    shop.ledger.add_foreign(date(2026, 6, 3), [("1000", 2500), ("4000", -2500)], type="Deposit")
    shop.ledger.add_foreign(date(2026, 6, 9), [("1100", 1000), ("4000", -1000)], type=INVOICE, memo="order #1001")
    found = [one.finding for one in shop.check_ledger().open_findings if one.finding.code == "drift.double_revenue"]

    causes = " ".join(sorted(one.cause for one in found))
    assert f"the same day and amount as '{called(shop, '1002')}'" in causes
    assert "it names order #1001" in causes
