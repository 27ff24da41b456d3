"""What was captured and what was charged: the difference of a conversion is booked, and clearing is even."""

from __future__ import annotations

import pytest

from bridge.model.connections import TaxRegime
from bridge.model.line_tax import taxed_at
from bridge.model.lines import SETTLES, Line, Part
from tests.books.shop import Fact, MakeShop, Shop, at, order, payout, refund, sale

WHEN = "2026-09-03 12:00"
LATER = "2026-09-05 09:00"


def charge(minor: int, of: str = "1001/card", when: str = WHEN, key: str = "c1") -> Line:
    return Line(
        key=key, kind=SETTLES, part=Part.PAYOUT, amount_minor=minor, occurred_at=at(when), reference=f"card:{of}"
    )


def paid_out(*rows: Line) -> Fact:
    return payout("778", LATER, rows)


def test_c29_what_a_conversion_took_is_booked_on_the_charges_day(shop: Shop) -> None:
    """Captured 167.29, charged 166.92."""
    shop.book(order("1001", WHEN, {"sale.product": 16729}, charged_in="CHF"))
    shop.book(paid_out(charge(16692)))

    assert "2026-09-03 Shop currency differences of 2026-09-03, payout 778\n    1210     -0.37" in shop.text()
    assert shop.balances() == {"1000": 16692, "4000": -16729, "7910": 37}
    shop.check()


def test_it_is_the_same_whichever_comes_first(shop: Shop) -> None:
    shop.book(paid_out(charge(16692)))
    assert "7910" not in shop.balances()
    shop.book(order("1001", WHEN, {"sale.product": 16729}, charged_in="CHF"))
    assert shop.balances() == {"1000": 16692, "4000": -16729, "7910": 37}


def test_a_second_run_books_nothing_more(shop: Shop) -> None:
    shop.book(order("1001", WHEN, {"sale.product": 16729}, charged_in="CHF"), paid_out(charge(16692)))
    entries = shop.entries()
    shop.run()
    assert shop.entries() == entries


def test_a_gain_and_a_refund_are_booked_the_other_way(shop: Shop) -> None:
    shop.book(
        order("1001", WHEN, {"sale.product": 10000}, charged_in="CHF"),
        refund("r1", "1001", WHEN, {"refund.product": -5000}, charged_in="CHF"),
    )
    shop.book(paid_out(charge(10100), charge(-5020, of="r1/card", key="c2")))
    assert shop.balances()["7910"] == -100 + 20
    assert "1210" not in shop.balances()


def test_an_order_that_changes_after_it_was_sent_gets_the_difference_only(shop: Shop) -> None:
    shop.book(order("1001", WHEN, {"sale.product": 16729}, charged_in="CHF"), paid_out(charge(16692)))
    shop.deliver_all()
    shop.book(order("1001", WHEN, {"sale.product": 16700}, charged_in="CHF"))
    assert shop.balances() == {"1000": 16692, "4000": -16700, "7910": 8}
    assert "payout 778, supplement 1" in shop.text()


def test_an_unsent_difference_gives_way_and_one_that_is_gone_leaves_nothing(shop: Shop) -> None:
    shop.book(order("1001", WHEN, {"sale.product": 16729}, charged_in="CHF"), paid_out(charge(16692)))
    shop.book(order("1001", WHEN, {"sale.product": 16692}, charged_in="CHF"))
    assert shop.balances() == {"1000": 16692, "4000": -16692}


def test_what_no_conversion_takes_stays_on_clearing(shop: Shop) -> None:
    """A charge of half the order, or one the other way, is something else: drift names it."""
    shop.book(order("1001", WHEN, {"sale.product": 10000}, charged_in="CHF"), paid_out(charge(5000)))
    assert shop.balances() == {"1000": 5000, "1210": 5000, "4000": -10000}


def test_a_buyer_who_paid_in_the_shops_own_currency_had_nothing_converted(shop: Shop) -> None:
    """What is apart then is a fault of somebody's: drift names it."""
    shop.book(order("1001", WHEN, {"sale.product": 16729}), paid_out(charge(16692)))
    assert shop.balances() == {"1000": 16692, "1210": 37, "4000": -16729}


IN_EUROS = order("1001", WHEN, {"sale.product": 16729}, currency="EUR")


def converted(shop: Shop) -> list[tuple[str, str, str, list[tuple[str, int]]]]:
    """Each half of a conversion: its currency, its rate, and what it books where."""
    return [
        (
            entry.currency,
            entry.rate,
            entry.rate_into,
            [(posting.account, posting.amount_minor) for posting in entry.postings],
        )
        for entry in shop.entries()
        if entry.rate
    ]


@pytest.mark.parametrize("is_paid_out_first", [False, True])
def test_a_payout_in_another_currency_takes_its_sales_through_1295_at_the_channels_own_rate(
    shop: Shop, *, is_paid_out_first: bool
) -> None:
    """C29: captured 167.29 EUR, charged 181.21 USD: two entries, each in one currency."""
    facts = [IN_EUROS, paid_out(charge(18121))]
    for fact in reversed(facts) if is_paid_out_first else facts:
        shop.book(fact)

    assert converted(shop) == [
        ("EUR", "1.083208799091", "USD", [("1210", -16729), ("1295", 16729)]),
        ("USD", "0.923183047293", "EUR", [("1210", 18121), ("1295", -18121)]),
    ]
    assert "2026-09-03 Shop sales into USD of 2026-09-03, payout 778\n    1210   -167.29" in shop.text()
    assert "7910" not in shop.balances()
    shop.check()


def test_what_changes_of_a_conversion_that_was_sent_is_a_supplement_of_that_half(shop: Shop) -> None:
    shop.ledger.known_rates = {"EUR": "1.09"}
    shop.ledger.keep_in("1240", "EUR")
    shop.change_route(accounts=(("@clearing:EUR", "1240"),))
    shop.book(IN_EUROS, paid_out(charge(18121)))
    shop.deliver_all()
    before = shop.entries()
    shop.run()
    assert shop.entries() == before
    shop.book(order("1001", WHEN, {"sale.product": 16700}, currency="EUR"))

    assert converted(shop)[-2:] == [
        ("EUR", "1.085089820359", "USD", [("1210", 29), ("1295", -29)]),
        ("USD", "0.923183047293", "EUR", [("1210", 18121), ("1295", -18121)]),
    ]
    assert "sales into USD of 2026-09-03, payout 778, supplement 1" in shop.text()


def test_an_unsent_conversion_gives_way_to_what_the_order_says_now(shop: Shop) -> None:
    shop.book(IN_EUROS, paid_out(charge(18121)))
    shop.book(order("1001", WHEN, {"sale.product": 16700}, currency="EUR"))

    assert [legs for _, _, _, legs in converted(shop)] == [
        [("1210", -16700), ("1295", 16700)],
        [("1210", 18121), ("1295", -18121)],
    ]


# Tax in a free amount.


def goodwill(of: str) -> Fact:
    lines = (
        sale("g", "refund.goodwill", -417, LATER, Part.REFUND, order_id=of, tax=taxed_at("20")),
        sale(
            "g:tax", "tax.collected", -83, LATER, Part.REFUND, order_id=of, tax=taxed_at("20", base="refund.goodwill")
        ),
    )
    fact = refund("r9", of, LATER, {"refund.goodwill": -500})
    return fact.with_lines([*lines, *(line for line in fact.lines if line.part.is_money)])


def test_c15_a_free_amount_gives_no_sales_tax_back_and_names_what_could_be_claimed(shop: Shop) -> None:
    shop.book(order("1001", WHEN, {"sale.product": 1000, "tax.collected": 200}), goodwill("1001"))

    assert shop.balances() == {"1210": 700, "2100": -200, "4000": -1000, "4220": 500}
    (found,) = shop.findings()
    assert (found.code, found.amount_minor) == ("books.tax_in_goodwill", 83)
    assert found.title == "refund #r9: 0.83 USD of sales tax could be claimed"
    shop.check()


def test_c15_under_vat_a_free_amount_holds_its_tax(make_shop: MakeShop) -> None:
    shop = make_shop(tax_regime=TaxRegime.VAT_STANDARD, country="GB")
    shop.book(order("1001", WHEN, {"sale.product": 1200}), goodwill("1001"))
    assert "4220      5.00 refund.goodwill sale:20 0.83" in shop.text()
    assert shop.findings() == []
