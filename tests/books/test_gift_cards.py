"""C13: a gift card is a way to pay; when it owes VAT somebody must say, and the first card waits for the answer."""

from __future__ import annotations

from typing import Any

from bridge.model.connections import GiftCards, TaxRegime
from bridge.model.facts import LedgerTaxCode
from tests.books.shop import MakeShop, order, refund

WHEN, LATER = "2026-05-20 12:00", "2026-06-03 12:00"
VAT: dict[str, Any] = {"tax_regime": TaxRegime.VAT_STANDARD, "country": "GB"}
CODES = (LedgerTaxCode("S", "Standard", "20", ("sale:20",)), LedgerTaxCode("N", "None", "0", ("none",)))
SOLD = order("990", WHEN, {"gift_card": 5000})
REDEEMED = order("991", LATER, {"sale.product": 6000}, {"gift_card": 5000, "card": 1000})


def test_the_first_card_under_vat_waits_until_somebody_says_when_it_owes(make_shop: MakeShop) -> None:
    shop = make_shop(**VAT)
    held = shop.book(SOLD, REDEEMED, order("992", LATER, {"sale.product": 1200}))
    assert {one.external_id: one.reason for one in held.documents if one.reason} == {
        "990": "gift_cards.purpose",
        "991": "gift_cards.purpose",
    }
    assert "set gift_cards of [routes.shop]" in next(one.message for one in held.documents if one.reason)

    shop.change_route(gift_cards=GiftCards.MULTI_PURPOSE)
    shop.run()
    assert shop.balances() == {"1210": 7200, "4000": -7200}
    taxes = {posting.tax_minor for entry in shop.entries() for posting in entry.postings}
    assert taxes == {0, -1200}
    shop.check()


def test_what_went_back_of_an_order_waits_with_it_and_nothing_else_does(make_shop: MakeShop) -> None:
    shop = make_shop(**VAT)
    back = refund("995", "991", LATER, {"refund.product": -1000})
    other = refund("996", "992", LATER, {"refund.product": -200})
    first = order("992", LATER, {"sale.product": 1200})
    held = shop.book(back, other, REDEEMED, first)
    waiting = {one.external_id: one.message.partition(" a gift")[0] for one in held.documents if one.reason}

    assert waiting == {"991": "it sells or takes", "995": "its order sells or takes"}
    assert shop.balances() == {"1210": 1000, "4000": -1200, "4200": 200}

    shop.change_route(gift_cards=GiftCards.MULTI_PURPOSE)
    shop.run()
    assert shop.balances() == {"1210": 1000, "2200": 5000, "4000": -7200, "4200": 1200}
    shop.check()


def test_a_single_purpose_card_is_taxed_when_it_is_sold_and_not_again(make_shop: MakeShop) -> None:
    shop = make_shop(**VAT, gift_cards=GiftCards.SINGLE_PURPOSE)
    shop.book(SOLD, REDEEMED)
    assert (
        shop.text()
        == """\
2026-05-20 Shop sales of 2026-05-20 (USD)
    1210     50.00 tender none 0.00
    2200    -50.00 gift_card sale:20 -8.33
2026-06-03 Shop sales of 2026-06-03 (USD)
    1210     10.00 tender none 0.00
    2200     50.00 tender sale:20 8.33
    4000    -60.00 sale.product sale:20 -10.00"""
    )
    shop.check()


def test_a_card_that_changes_after_it_was_sent_takes_its_tax_back(make_shop: MakeShop) -> None:
    shop = make_shop(**VAT, gift_cards=GiftCards.SINGLE_PURPOSE)
    shop.ledger.tax_codes = CODES
    shop.book(SOLD)
    shop.deliver_all()
    shop.book(order("990", WHEN, {"gift_card": 6000}))
    assert "2200    -10.00 gift_card sale:20 -1.67" in shop.text()


def test_without_vat_nobody_is_asked(make_shop: MakeShop) -> None:
    shop = make_shop()
    shop.book(SOLD, REDEEMED)
    assert shop.balances() == {"1210": 6000, "4000": -6000}
