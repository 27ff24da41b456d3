"""The situations of ``docs/bookings``: what a channel tells in each, by the name of the block that shows it booked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, Protocol

from bridge.desk.beancount import entry_text
from bridge.model.connections import BankLeg, GiftCards, TaxRegime
from bridge.model.entries import Mode
from bridge.model.rules import Rule
from tests.books.book import DAY, Book
from tests.books.raw import report, sample
from tests.books.reissues import again, supplement
from tests.books.told import ToldShop
from tests.charts import CHART

Told = Iterator[tuple[str, str]]


class Desk(Protocol):
    """Where a story gets its books from: each has a store of its own."""

    def amazon(self, *, currency: str = "USD", **route: object) -> Book: ...

    def shop(self, channel: str = "shopify", *, currency: str = "USD", **route: object) -> ToldShop: ...


Story = Callable[[Desk], Told]
BRITISH: dict[str, Any] = {"time_zone": "Europe/London"}
PRINCIPAL, TAX = "Order|ItemPrice|Principal", "Order|ItemPrice|Tax"
COMMISSION, STORAGE = "Order|ItemFees|Commission", "FBAFees|FBA Inventory Storage Fee"
ADVERTISING = "ServiceFee|Cost of Advertising|TransactionTotalAmount"
JULY = {"opened": "2026-07-08", "closed": "2026-07-22 16:00", "pays": "2026-07-24"}
MUGS = """
    sale.product      80.00 8.25
    discount.product  -8.00 8.25
    sale.shipping      5.00 8.25
    tax.collected      6.35 8.25 of sale.product
    paid shopify_payments 83.35
"""
LAMP = """
    sale.product  120.00 8.25
    tax.collected   9.90 8.25 of sale.product
    paid gift_card         50.00
    paid shopify_payments  79.90
"""
POSTER = """
    sale.product  40.00 8.25
    tax.collected  3.30 8.25 of sale.product
    paid paypal   43.30
"""
RETURN = """
    refund.product -25.00 8.25
    tax.collected   -2.06 8.25 of refund.product
"""
WOO_ORDER = """
    sale.product  60.00 8.25
    sale.shipping  6.00 0
    tax.collected  4.95 8.25 of sale.product
    paid stripe   70.95
"""
PAYOUT = """
    settles  83.35 shopify_payments 1001
    settles  79.90 shopify_payments 1002
    settles -27.06 shopify_payments 501
    fee.payment -5.30
"""
TOYS = """
    sale.product  30.00 20
    tax.collected  6.00 20 of sale.product
    sale.product  10.00 0
    sale.shipping  4.00 20
    tax.collected  0.80 20 of sale.shipping
    paid shopify_payments 50.80
"""
TOYS_BACK = """
    refund.product -10.00 20
    tax.collected   -2.00 20 of refund.product
    repaid shopify_payments 12.00
"""


def read(book: Book) -> str:
    """All entries of a book, by date."""
    return "\n".join(
        entry_text(entry, CHART) for entry in sorted(book.entries(), key=lambda one: (one.booked_on, one.slot.part))
    )


# Settlements


def amazon_settlement(desk: Desk) -> Told:
    book = desk.amazon()
    book.book(sample("us_v2_standard.txt"))
    yield "settlement", read(book)


def amazon_settlement_that_is_owed(desk: Desk) -> Told:
    book = desk.amazon()
    rows = f"2026-07-13  1  {PRINCIPAL}  12.00\n2026-07-13  -  {ADVERTISING}  -45.20"
    book.book(report(rows, "28500000014", **JULY))
    yield "settlement-negative", read(book)


def amazon_first_day(desk: Desk) -> Told:
    book = desk.amazon(first_day=date(2026, 7, 1))
    rows = f"""
        2026-06-29  1  {PRINCIPAL}  40.00
        2026-07-02  2  {PRINCIPAL}  25.00
        2026-07-03  2  {COMMISSION}  -9.75
    """
    book.book(report(rows, "28500000015", opened="2026-06-24", closed="2026-07-08 16:00", pays="2026-07-10 16:00"))
    yield "settlement-first-day", read(book)


def amazon_settlement_issued_again(desk: Desk) -> Told:
    book = desk.amazon()
    rows = f"""
        2026-06-29  1  {PRINCIPAL}  40.00
        2026-06-29  1  {COMMISSION}  -6.00
        2026-07-02  2  {PRINCIPAL}  25.00
        2026-07-02  2  {COMMISSION}  -3.75
    """
    days = {"opened": "2026-06-24", "closed": "2026-07-08 16:00", "pays": "2026-07-10"}
    book.book(report(rows, "28500000016", **days))
    book.clock.advance(10 * DAY)
    book.run()
    book.deliver()
    before = set(_entries(read(book)))
    supplement(book, again(report(rows.replace("-6.00", "-5.40").replace("-3.75", "-3.35"), "28500000016", **days)))
    yield "settlement-issued-again", "\n".join(one for one in _entries(read(book)) if one not in before)


def facilitator_tax(desk: Desk) -> Told:
    withheld = "Order|ItemWithheldTax|MarketplaceFacilitatorTax-Principal"
    cases = (("facilitator-tax", "-3.30"), ("facilitator-tax-rounding", "-3.29"), ("facilitator-tax-residue", "-2.10"))
    for name, taken in cases:
        book = desk.amazon(bank_leg=BankLeg.NONE)
        rows = f"""
            2026-07-09  1  {PRINCIPAL}  40.00
            2026-07-09  1  {TAX}         3.30
            2026-07-09  1  {withheld}  {taken}
        """
        own = f"2026-07-10  2  {PRINCIPAL}  25.00\n2026-07-10  2  {TAX}  2.06" if name == "facilitator-tax" else ""
        book.book(report(f"{rows}\n{own}", "28500000012", **JULY))
        yield name, read(book)


def suspense(desk: Desk) -> Told:
    book = desk.amazon(bank_leg=BankLeg.NONE)
    rows = f"2026-07-02  1  {PRINCIPAL}  25.00\n2026-07-03  -  other-transaction|other-transaction|Label v3  -7.20"
    book.book(report(rows, "28500000013", opened="2026-07-01", closed="2026-07-08 16:00", pays="2026-07-10"))
    yield "suspense", read(book)
    book.rules(Rule("labels", kind="unclassified", words="*|Label v3", as_kind="fee.label"))
    book.run()
    yield "suspense-mapped", read(book)


def open_invoice(desk: Desk) -> Told:
    british: dict[str, Any] = {**BRITISH, "tax_regime": TaxRegime.VAT_STANDARD, "bank_leg": BankLeg.DOCUMENT}
    book = desk.amazon(currency="GBP", **british)
    rows = f"""
        2026-06-29  1  {PRINCIPAL}  25.00
        2026-06-29  1  {TAX}         5.00
        2026-06-29  1  {COMMISSION}  -4.50
        2026-07-02  2  {PRINCIPAL}  50.00
        2026-07-02  2  {TAX}        10.00
        2026-07-03  -  {STORAGE}|Base fee    -14.20
        2026-07-03  -  {STORAGE}|Tax on fee   -2.84
    """
    days = {"opened": "2026-06-24", "closed": "2026-07-08", "pays": "2026-07-10"}
    book.book(report(rows, "28500000034", currency="GBP", **days))
    yield "open-invoice", read(book)
    owed = desk.amazon(currency="GBP", **british)
    rows = f"2026-07-13  -  {STORAGE}|Base fee  -14.20\n2026-07-13  -  {STORAGE}|Tax on fee  -2.84"
    owed.book(report(rows, "28500000035", currency="GBP", **JULY))
    yield "open-invoice-negative", read(owed)


def bounced_invoice(desk: Desk) -> Told:
    book = desk.amazon(currency="GBP", **BRITISH, tax_regime="not_registered", bank_leg=BankLeg.DOCUMENT)
    rows = f"2026-06-05  1  {PRINCIPAL}  100.00"
    book.book(report(rows, "28500000037", currency="GBP", closed="2026-06-10", pays="2026-06-12"))
    failed = "other-transaction|other-transaction|Transfer of funds unsuccessful: account closed"
    rows = f"2026-06-15  2  {PRINCIPAL}  50.00\n2026-06-16  -  {failed}  100.00"
    days = {"opened": "2026-06-10", "closed": "2026-06-24", "pays": "2026-06-26"}
    book.book(report(rows, "28500000038", currency="GBP", **days))
    yield "open-invoice-bounced", read(book)


# Shops


def cash_sale(desk: Desk) -> Told:
    shop = desk.shop()
    shop.order("1000", "2026-09-03 15:00", "sale.product 12.50\npaid cash 12.50")
    yield "cash-sale", shop.news()


def day(desk: Desk) -> Told:
    shop = desk.shop()
    _sold_before(shop)
    shop.order("1001", "2026-09-03 13:00", MUGS)
    shop.order("1002", "2026-09-03 14:00", LAMP)
    shop.order("1003", "2026-09-03 15:00", POSTER)
    shop.refund("501", "987", "2026-09-03 16:00", RETURN + "repaid shopify_payments 27.06")
    yield "day", shop.news()


def gift_card(desk: Desk) -> Told:
    shop = desk.shop()
    shop.order("990", "2026-08-20 13:00", "gift_card 50.00\npaid shopify_payments 50.00")
    yield "gift-card-sold", shop.news()
    shop.order("1002", "2026-09-03 14:00", LAMP)
    yield "gift-card-redeemed", shop.news()


def single_purpose_card(desk: Desk) -> Told:
    vat: dict[str, Any] = {"tax_regime": TaxRegime.VAT_STANDARD, "gift_cards": GiftCards.SINGLE_PURPOSE}
    shop = desk.shop(currency="GBP", **vat, **BRITISH)
    shop.order("991", "2026-08-20 13:00", "gift_card 50.00\npaid shopify_payments 50.00")
    yield "single-purpose-sold", shop.news()
    rows = """
        sale.product  50.00 20
        tax.collected 10.00 20 of sale.product
        paid gift_card         50.00
        paid shopify_payments  10.00
    """
    shop.order("2002", "2026-09-03 14:00", rows)
    yield "single-purpose-redeemed", shop.news()


def refund(desk: Desk) -> Told:
    shop = desk.shop()
    _sold_before(shop)
    shop.refund("501", "987", "2026-09-02 16:00", RETURN)
    yield "refund-agreed", shop.news()
    shop.refund("501-1", "987", "2026-09-04 16:00", "repaid shopify_payments 27.06")
    yield "refund-paid", shop.news()


def payout(desk: Desk) -> Told:
    shop = desk.shop()
    _sold_before(shop)
    shop.order("1001", "2026-09-03 13:00", MUGS)
    shop.order("1002", "2026-09-03 14:00", LAMP)
    shop.refund("501", "987", "2026-09-03 16:00", RETURN + "repaid shopify_payments 27.06")
    shop.news()
    shop.payout("778", "2026-09-04 13:00", PAYOUT)
    fees, bank = _entries(shop.news())
    yield "payout", fees
    yield "payout-bank", bank


def payout_exchange(desk: Desk) -> Told:
    shop = desk.shop()
    shop.order("1008", "2026-09-03 13:00", "sale.product 167.29\npaid shopify_payments 167.29 EUR")
    shop.news()
    shop.payout("780", "2026-09-04 13:00", "2026-09-03 settles 166.92 shopify_payments 1008")
    yield "payout-exchange", _entries(shop.news())[0]


def payout_converted(desk: Desk) -> Told:
    shop = desk.shop()
    shop.order("1009", "2026-09-03 13:00", "sale.product 167.29\npaid shopify_payments 167.29", currency="EUR")
    shop.news()
    shop.payout("781", "2026-09-04 13:00", "2026-09-03 settles 181.21 shopify_payments 1009")
    yield "payout-converted", "\n".join(_entries(shop.news())[:2])


def by_payout(desk: Desk) -> Told:
    shop = desk.shop(mode=Mode.PAYOUT)
    shop.order("1001", "2026-09-03 13:00", MUGS)
    shop.payout("779", "2026-09-04 13:00", "settles 83.35 shopify_payments 1001\nfee.payment -2.72")
    yield "by-payout", shop.news()
    shop.order("1003", "2026-09-03 15:00", POSTER)
    yield "by-payout-outside", shop.news()


def cash_rounding(desk: Desk) -> Told:
    shop = desk.shop()
    rows = """
        sale.product  11.53 8.25
        tax.collected  0.95 8.25 of sale.product
        rounding       0.02
        paid cash     20.00
        change cash    7.50
    """
    shop.order("1005", "2026-09-03 15:00", rows)
    yield "cash-rounding", shop.news()


def rounding_residual(desk: Desk) -> Told:
    shop = desk.shop()
    rows = """
        sale.product  29.06 8.25
        tax.collected  2.40 8.25 of sale.product
        rounding       0.01
        paid shopify_payments 31.47
    """
    shop.order("1006", "2026-09-03 15:00", rows)
    yield "rounding-residual", shop.news()


def tip(desk: Desk) -> Told:
    shop = desk.shop()
    shop.order("1007", "2026-09-03 15:00", "sale.product 30.00\ntip 6.00\npaid shopify_payments 36.00")
    yield "tip", shop.news()


def dispute(desk: Desk) -> Told:
    shop = desk.shop()
    shop.order("1001", "2026-09-03 13:00", MUGS)
    shop.news()
    shop.payout("801", "2026-10-06 13:00", "dispute -83.35\nfee.dispute -15.00")
    yield "dispute-opened", shop.news()
    shop.payout("844", "2026-11-09 13:00", "dispute 83.35\nfee.dispute 15.00")
    yield "dispute-won", _entries(shop.news())[0]
    kept = desk.shop()
    kept.payout("801", "2026-10-06 13:00", "dispute -83.35\nfee.dispute -15.00")
    kept.news()
    kept.payout("844", "2026-11-09 13:00", "dispute 83.35")
    yield "dispute-won-fee-kept", _entries(kept.news())[0]
    shop.adjustment("d-1", "1001", "2026-11-12 13:00", "dispute 83.35\ndispute.lost -83.35")
    yield "dispute-lost", shop.news()


def order(desk: Desk) -> Told:
    shop = desk.shop("woocommerce")
    shop.order("1042", "2026-09-03 13:00", WOO_ORDER)
    yield "order", shop.news()
    shop.fee("ch_1042", "1042", "2026-09-03 13:00", "fee.payment -2.36\nrepaid stripe 2.36")
    yield "order-fee", shop.news()
    shop.refund("1043", "1042", "2026-09-08 13:00", RETURN + "repaid stripe 27.06")
    yield "order-refund", shop.news()


def vat(desk: Desk) -> Told:
    for name, regime in (("vat-day", TaxRegime.VAT_STANDARD), ("not-registered-day", TaxRegime.NOT_REGISTERED)):
        shop = desk.shop(currency="GBP", tax_regime=regime, **BRITISH)
        shop.order("2001", "2026-09-03 13:00", TOYS)
        shop.refund("601", "2001", "2026-09-03 16:00", TOYS_BACK)
        yield name, shop.news()
    vat: dict[str, Any] = {**BRITISH, "tax_regime": TaxRegime.VAT_STANDARD, "bank_leg": BankLeg.NONE}
    for name, in_rows in (("vat-inside", False), ("vat-in-rows", True)):
        book = desk.amazon(currency="GBP", vat_in_rows=in_rows, **vat)
        rows = f"""
            2026-07-13  1  {PRINCIPAL}  50.00
            2026-07-13  1  {TAX}        10.00
            2026-07-13  2  {PRINCIPAL}  24.00
        """
        book.book(report(rows, "28500000039", currency="GBP", **JULY))
        yield name, read(book)
    book = desk.amazon(currency="GBP", **vat)
    rows = f"""
        2026-07-13  1  {PRINCIPAL}  50.00
        2026-07-13  1  {TAX}        10.00
        2026-07-13  1  {COMMISSION}  -9.00
        2026-07-13  1  Order|ItemFees|PaymentMethodFee  -1.00
        2026-07-14  -  {STORAGE}|Base fee    -5.00
        2026-07-14  -  {STORAGE}|Tax on fee  -1.00
    """
    book.book(report(rows, "28500000036", currency="GBP", **JULY))
    yield "vat-fees", read(book)


def gst(desk: Desk) -> Told:
    book = desk.amazon(
        currency="CAD",
        country="CA",
        time_zone="America/Vancouver",
        tax_regime=TaxRegime.GST_HST,
        standard_rate="",
        bank_leg=BankLeg.NONE,
    )
    rows = f"""
        2026-07-13  1  {PRINCIPAL}  100.00
        2026-07-13  1  {TAX}         12.00
        2026-07-13  1  Order|ItemWithheldTax|MarketplaceFacilitatorTax-Principal  -7.00
        2026-07-14  2  {PRINCIPAL}   80.00
        2026-07-14  2  {TAX}         10.40
    """
    book.book(report(rows, "28500000043", currency="CAD", **JULY))
    yield "gst-of-two-parties", read(book)


def correction(desk: Desk) -> Told:
    woo = desk.shop("woocommerce")
    woo.order("1042", "2026-09-03 13:00", WOO_ORDER)
    woo.news()
    woo.deliver()
    without = WOO_ORDER.replace("    sale.shipping  6.00 0\n", "")
    woo.order("1042", "2026-09-03 13:00", without)
    yield "correction-order", woo.news()
    shop = desk.shop()
    shop.order("1001", "2026-09-03 13:00", MUGS)
    shop.news()
    shop.deliver()
    shop.order("1004", "2026-09-03 17:00", "sale.product 12.50\npaid cash 12.50")
    yield "correction-supplement", shop.news()


def order_on_terms(desk: Desk) -> Told:
    woo = desk.shop("woocommerce", mode=Mode.ORDER, placed_from=date(2026, 9, 1))
    paid_later = WOO_ORDER.replace("    paid stripe", "2026-09-20 paid stripe")
    woo.order("1042", "2026-09-03 13:00", paid_later)
    yield "order-on-terms", woo.news()


def order_edited(desk: Desk) -> Told:
    woo = desk.shop("woocommerce")
    woo.order("1042", "2026-09-03 13:00", WOO_ORDER)
    woo.news()
    woo.deliver()
    woo.order("1042", "2026-09-03 13:00", WOO_ORDER + "2026-09-05 sale.shipping -6.00 0")
    yield "order-edited", woo.news()
    woo.refund("88", "1042", "2026-09-07 13:00", "repaid stripe 6.00")
    yield "order-edited-paid-back", woo.news()


def order_that_grows(desk: Desk) -> Told:
    shop = desk.shop()
    shop.order("1001", "2026-09-03 13:00", MUGS)
    shop.news()
    shop.deliver()
    more = """
        2026-09-05 sale.product  40.00 8.25
        2026-09-05 tax.collected  3.30 8.25 of sale.product
    """
    shop.order("1001", "2026-09-03 13:00", MUGS.rstrip() + more)
    yield "order-grows", shop.news()
    shop.deliver()
    shop.order("1001", "2026-09-03 13:00", MUGS.rstrip() + more + "2026-09-06 paid shopify_payments 43.30")
    yield "order-grows-paid", shop.news()


def _entries(text: str) -> list[str]:
    return [f"{one.strip()}\n" for one in text.split("\n\n")]


def _sold_before(shop: ToldShop) -> None:
    """An order of August that is refunded later."""
    rows = RETURN.replace("refund.product", "sale.product").replace("-", "")
    shop.order("987", "2026-08-28 12:00", rows + "paid shopify_payments 27.06")
    shop.news()


STORIES: tuple[Story, ...] = (
    amazon_settlement,
    amazon_settlement_that_is_owed,
    amazon_first_day,
    amazon_settlement_issued_again,
    facilitator_tax,
    suspense,
    open_invoice,
    bounced_invoice,
    cash_sale,
    day,
    gift_card,
    single_purpose_card,
    refund,
    payout,
    payout_exchange,
    payout_converted,
    by_payout,
    cash_rounding,
    rounding_residual,
    tip,
    dispute,
    order,
    vat,
    gst,
    correction,
    order_on_terms,
    order_edited,
    order_that_grows,
)
