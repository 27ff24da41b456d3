"""The samples tie, and answers, bulk files and exports of one shop say the same."""

from __future__ import annotations

import pytest

from bridge.model.documents import DocumentKind, Witness
from bridge_shopify.source import ShopifySource
from plugins.shopify.tests.shop import MemoryFile, Read, checks, note_codes, of_kind, read, sample

ANSWERS = ["orders_us_tax_exclusive.json", "orders_gb_tax_inclusive.json", "bulk_orders_us.jsonl"]


@pytest.mark.parametrize("name", [*ANSWERS, "shopify_payments_us.json", "payment_transactions_export.csv"])
def test_every_document_of_a_sample_ties_and_is_held_by_nothing(name: str) -> None:
    found = read(sample(name))

    assert found
    assert all(document.is_tied and not document.blocking for document in found)


def test_a_us_order_with_a_discount_and_two_taxes_is_booked_gross_with_both() -> None:
    document = read(sample("orders_us_tax_exclusive.json"))[0]

    assert (document.start.external_id, document.start.title, document.start.total_minor) == (
        "450000001001",
        "#1001",
        6603,
    )
    assert document.book() == (
        "sale.product 36.00 at 8.5\n"
        "discount.product -3.60 at 8.5\n"
        "tax.collected 1.30 at 8.5 on sale.product\n"
        "tax.collected 1.46 at 8.5 on sale.product\n"
        "sale.product 25.00 at 8.5\n"
        "discount.product -2.50 at 8.5\n"
        "tax.collected 0.90 at 8.5 on sale.product\n"
        "tax.collected 1.01 at 8.5 on sale.product\n"
        "sale.shipping 5.95 at 8.5\n"
        "tax.collected 0.24 at 8.5 on sale.shipping\n"
        "tax.collected 0.27 at 8.5 on sale.shipping\n"
        "tender -66.03"
    )


def test_a_gift_card_sold_is_a_liability_and_one_redeemed_a_tender() -> None:
    """F24: neither is counted as revenue twice."""
    found = {document.start.title: document for document in read(sample("orders_us_tax_exclusive.json"))}

    assert found["#1002"].book() == "gift_card 50.00 at 0\ntender -50.00"
    assert found["#1004"].book() == "sale.product 60.00 at 0\ntip 3.00 at 0\ntender -50.00\ntender -13.00"
    assert [dict(line.attributes)["gateway"] for line in found["#1004"].lines[-2:]] == ["gift_card", "shopify_payments"]


def test_cash_given_back_is_taken_off_what_came_in() -> None:
    found = {document.start.title: document for document in read(sample("orders_us_tax_exclusive.json"))}

    assert [line.amount_minor for line in found["#1003"].lines if line.kind == "tender"] == [-2500, 367]
    assert found["#1003"].start.paid_at == found["#1003"].start.opened_at


def test_a_tax_inclusive_shop_is_booked_net_with_its_tax_beside() -> None:
    found = read(sample("orders_gb_tax_inclusive.json"))

    assert found[0].book() == (
        "sale.product 30.00 at 20\n"
        "tax.collected 6.00 at 20 on sale.product\n"
        "sale.product 15.00 at 0\n"
        "sale.shipping 4.16 at 20\n"
        "tax.collected 0.83 at 20 on sale.shipping\n"
        "tender -55.99"
    )
    assert found[1].book() == (
        "refund.product -30.00 at 20\n"
        "tax.collected -6.00 at 20 on refund.product\n"
        "refund.shipping -2.08 at 20\n"
        "tax.collected -0.42 at 20 on refund.shipping\n"
        "tender 38.50"
    )


def test_what_a_buyer_saw_in_another_currency_is_never_booked() -> None:
    """F27."""
    (document,) = [each for each in read(sample("orders_gb_tax_inclusive.json")) if each.start.title == "#2002"]

    assert (document.start.currency, document.start.total_minor) == ("GBP", 8084)
    assert document.start.payload.count(b"EUR") == document.start.payload.count(b'"presentmentCurrencyCode":"EUR"') == 1
    assert {line.attributes[-1] for line in document.lines if line.kind == "tender"} == {("charged_in", "EUR")}


def test_a_refund_of_an_amount_without_goods_is_goodwill() -> None:
    """F19, C15."""
    refund = read(sample("orders_gb_tax_inclusive.json"))[-1]

    assert refund.book() == (
        "refund.goodwill -4.17 at 20\ntax.collected -0.83 at 20 on refund.goodwill\ntender 5.00"
    ), "its tax at the order's rate"


def test_an_unpaid_order_is_read_and_not_paid() -> None:
    (document,) = [each for each in read(sample("orders_us_tax_exclusive.json")) if each.start.title == "#1008"]

    assert (document.start.paid_at, document.start.status) == (None, "pending")
    assert document.book() == "sale.product 120.00 at 0"


def test_a_test_order_is_read_ignored_and_told_once_a_file() -> None:
    content = sample("orders_us_tax_exclusive.json")
    (document,) = [each for each in read(content) if each.start.title == "#1007"]

    assert {line.kind for line in document.lines} == {"ignored"}
    assert [line.part.value for line in document.lines] == ["sale", "receipt"]
    assert note_codes(content) == ["shopify.order.test"]


def test_a_bulk_file_gives_the_documents_of_the_answers() -> None:
    answers, bulk = read(sample("orders_us_tax_exclusive.json")), read(sample("bulk_orders_us.jsonl"))

    assert [document.facts for document in bulk] == [document.facts for document in answers]


def test_every_answer_is_witnessed_by_the_api_and_every_export_by_a_file() -> None:
    names = {*ANSWERS, "shopify_payments_us.json"}

    assert {each.start.witness for name in names for each in read(sample(name))} == {Witness.API}
    assert {each.start.witness for each in read(sample("payment_transactions_export.csv"))} == {Witness.FILE}


def test_payouts_from_answers_and_from_the_export_agree_on_all_that_the_export_tells() -> None:
    answers, export = read(sample("shopify_payments_us.json")), read(sample("payment_transactions_export.csv"))

    assert [_payout(document) for document in export] == [_payout(document) for document in answers]


def test_settled_rows_join_the_tenders_of_the_orders() -> None:
    """D02: each charge and refund row of a payout names a tender of an order, with the opposite amount."""
    tenders = {
        line.reference: -line.amount_minor
        for document in read(sample("orders_us_tax_exclusive.json"))
        for line in document.lines
        if line.kind == "tender"
    }
    settled = [line for document in read(sample("shopify_payments_us.json")) for line in document.lines]
    rows = {line.reference: line.amount_minor for line in settled if line.kind == "settles"}

    assert len(rows) == 5
    assert rows.items() <= tenders.items()


def test_the_exports_of_payouts_and_orders_check_what_answers_say() -> None:
    orders = of_kind(read(sample("orders_us_tax_exclusive.json")), DocumentKind.ORDER)
    payouts = read(sample("shopify_payments_us.json"))

    told = [
        (each.title, each.currency, each.total_minor, each.tax_minor) for each in checks(sample("orders_export.csv"))
    ]
    assert told == [
        (each.start.title, each.start.currency, each.start.total_minor, _tax(each))
        for each in orders
        if each.start.title != "#1007"
    ]
    told_payouts = [(each.title, each.total_minor) for each in checks(sample("payouts_export.csv"))]
    assert told_payouts == [(each.start.title, each.start.total_minor) for each in payouts]


@pytest.mark.parametrize("name", [*ANSWERS, "shopify_payments_us.json"])
def test_a_kept_payload_gives_the_same_documents_again(name: str) -> None:
    found = read(sample(name))
    again = {each.name: each for document in found for each in read(document.start.payload)}

    assert {each.name: each.facts for each in found} == {name: each.facts for name, each in again.items()}
    assert all(again[each.name].start.payload == each.start.payload for each in found)


@pytest.mark.parametrize("name", [*ANSWERS, "shopify_payments_us.json", "payment_transactions_export.csv"])
def test_reading_a_file_twice_changes_nothing(name: str) -> None:
    source, file = ShopifySource(), MemoryFile(sample(name))

    assert list(source.read_file(file)) == list(source.read_file(file))


def _payout(document: Read) -> tuple[object, ...]:
    start = document.start
    head = start.kind, start.external_id, start.title, start.currency, start.total_minor, start.status
    at = start.opened_at, start.closed_at, start.pays_at
    return head, at, [(line.kind, line.part, line.amount_minor, line.occurred_at) for line in document.lines]


def _tax(document: Read) -> int:
    return sum(line.amount_minor for line in document.lines if line.kind.startswith("tax."))
