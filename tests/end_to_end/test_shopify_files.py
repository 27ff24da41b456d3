"""Files of Shopify to what both ledgers would be sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plugins.shopify.tests.shop import (
    account,
    agreement,
    bag,
    item,
    order,
    orders,
    page,
    payout,
    row,
    sale,
    tax_line,
    transaction,
)
from tests.end_to_end.raw import RawBooks, raw_books

SAMPLES = Path(__file__).parents[2] / "plugins/shopify/tests/samples"
PUBLIC, SYNTHETIC = SAMPLES / "public", SAMPLES / "synthetic"


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RawBooks]:
    with raw_books(tmp_path_factory.mktemp("raw")) as opened:
        yield opened


def public(name: str) -> bytes:
    """A sample in the ledger's own currency."""
    return (PUBLIC / name).read_bytes().replace(b"EUR", b"USD")


def test_a_chargeback_in_the_words_of_the_export_is_a_dispute_with_its_fee_until_it_is_won(books: RawBooks) -> None:
    """P18, C16."""
    found = books.book(public("P18_shopify_export_chargeback_a.csv"), public("P18_shopify_export_chargeback_b.csv"))

    assert set(found.documents.values()) == {"booked"}
    lost, transfer, transfer_back, won = found.bodies
    assert legs(lost) == {"1265": "37.9", "6100": "2.0", "6110": "15.0", "1210": "-54.9"}
    assert legs(won) == {"1265": "-37.9", "6110": "-15.0", "1210": "52.9"}
    assert (transfer["Amount"], transfer_back["Amount"]) == (35.1, 52.9)
    assert (transfer["TxnDate"], transfer_back["TxnDate"]) == ("2026-02-05", "2026-03-27")
    assert found.balances == {"1000": 8800, "1210": -9000, "6100": 200}, "1210 waits for the order of 90.00"


def test_the_row_that_is_the_payout_is_no_part_of_what_it_pays(books: RawBooks) -> None:
    """P19."""
    found = books.book(public("P19_shopify_export_payout_row.csv"))

    assert found.documents == {"140000000001": "booked"}
    fee, transfer = found.bodies
    (spent,) = fee["Line"]
    assert (fee["PaymentType"], fee["AccountRef"], spent["Amount"]) == ("Cash", {"value": "1210"}, 1.1)
    assert spent["AccountBasedExpenseLineDetail"]["AccountRef"] == {"value": "6100"}
    assert (transfer["Amount"], transfer["TxnDate"]) == (36.8, "2026-02-02")
    assert found.balances == {"1000": 3680, "1210": -3790, "6100": 110}, "1210 waits for the order of 37.90"


def sold_by_channel(country: str | None) -> bytes:
    """Goods for 100.00 with 20.00 of tax that the channel owes, shipping for 10.00 with 2.00 of the merchant's own."""
    theirs, ours = tax_line("Tax", 0.2, "20.00", liable=True), tax_line("VAT", 0.2, "2.00")
    charge = {"id": "gid://shopify/ShippingLine/1", "originalPriceSet": bag("10.00"), "taxLines": [ours]}
    sales = [sale(301, "120.00", "20.00", item=1), sale(302, "12.00", "2.00", line="SHIPPING", shipping=1)]
    node = order(
        [agreement(201, sales)],
        "132.00",
        lineItems=page([item(1, taxLines=[theirs])]),
        shippingLines=page([charge]),
        shippingAddress={"countryCodeV2": country},
    )
    return json.dumps(orders(node)).replace("USD", "GBP").encode()


@pytest.mark.parametrize("country", ["US", "GB"])
def test_goods_whose_tax_the_channel_owes_are_coded_by_where_they_went_in_xero(books: RawBooks, country: str) -> None:
    """C1: never at the channel's rate; its tax waits on 2110 for the payout that takes it."""
    (invoice, _payment) = books.book(sold_by_channel(country), ledger="gb").bodies

    assert [
        (line["AccountID"], line["UnitAmount"], line["TaxType"], line["TaxAmount"])
        for line in invoice["Invoices"][0]["LineItems"]
    ] == [
        ("2110", 20.0, "NONE", 0.0),
        ("4000", 100.0, "ZERORATEDOUTPUT", 0.0),
        ("4050", 12.0, "OUTPUT2", 2.0),
    ]


@pytest.mark.parametrize("country", ["US", "GB"])
def test_goods_whose_tax_the_channel_owes_are_coded_by_where_they_went_in_quickbooks(
    books: RawBooks, country: str
) -> None:
    """C1."""
    (journal,) = books.book(sold_by_channel(country), ledger="gb-quickbooks").bodies
    no_vat, zero, standard = "5", "3", "1"

    assert [
        (detail["AccountRef"]["value"], line["Amount"], detail["TaxCodeRef"]["value"], detail["TaxAmount"])
        for line in journal["Line"][1:]
        for detail in [line["JournalEntryLineDetail"]]
    ] == [("2110", 20.0, no_vat, 0.0), ("4000", 100.0, zero, 0.0), ("4050", 10.0, standard, 2.0)]


def test_goods_of_which_nobody_says_where_they_went_are_held_with_what_to_map(books: RawBooks) -> None:
    found = books.book(sold_by_channel(None), ledger="gb")

    (delivery,) = found.deliveries
    assert (delivery.state, delivery.reason) == ("held", "tax_code.missing")
    assert "sale:destination_unknown (the channel owes the tax" in delivery.note
    assert "tax_codes" in delivery.note


def test_tax_that_the_channel_owes_leaves_nothing_behind_once_its_payout_takes_it(books: RawBooks) -> None:
    rows = [row(1, "132.00", sourceOrderTransactionId="501"), row(2, "-20.00", "TAX_ADJUSTMENT_DEBIT")]
    paid = json.dumps(account([payout(5001, "112.00")], rows)).replace("USD", "GBP").encode()
    balances = books.book(sold_by_channel("US"), paid, ledger="gb").balances

    assert "2110" not in balances
    assert (balances["1210"], balances["4000"]) == (11200, -10000), "1210 waits for the bank line"


def test_goodwill_of_a_british_order_gives_back_the_vat_inside_it(books: RawBooks) -> None:
    """C15."""
    answer = (SYNTHETIC / "orders_gb_tax_inclusive.json").read_bytes()
    found = books.book(answer, ledger="gb", more='[route.tax_codes]\n"sale:23" = "OUTPUT2"')
    notes = [body["CreditNotes"][0] for body in found.bodies if "CreditNotes" in body]
    (goodwill,) = [note for note in notes if note["Date"] == "2026-09-18"]

    assert [
        (line["AccountID"], line["UnitAmount"], line["TaxType"], line["TaxAmount"]) for line in goodwill["LineItems"]
    ] == [("4220", 5.0, "OUTPUT2", 0.83)]


def test_an_order_that_grew_after_it_was_paid_is_booked_as_charged_and_the_growth_is_owed(books: RawBooks) -> None:
    """C14."""
    first = agreement(201, [sale(301, "100.00", item=1)])
    edit = agreement(202, [sale(302, "20.00", item=1)], "2026-09-05T11:00:00Z", "OrderEdit")
    node = order([first, edit], "120.00", transactions=[transaction(501, "100.00")])
    found = books.book(json.dumps(orders(node)).encode())

    assert [
        (str(entry.booked_on), [(posting.kind, posting.amount_minor) for posting in entry.postings])
        for entry in found.entries
    ] == [
        ("2026-09-01", [("tender", 10000), ("sale.product", -10000)]),
        ("2026-09-05", [("sale.product", -2000), ("order.open", 2000)]),
    ]


@pytest.mark.parametrize("status", ["FAILED", "CANCELED"])
def test_a_payout_that_does_not_come_makes_no_transfer_and_says_that_no_bank_line_is_to_be_coded(
    books: RawBooks, status: str
) -> None:
    """Its fee stays booked, and its money stays on clearing until a payout brings it."""
    rows = [row(1, "100.00", fee="3.20"), row(2, "-96.80", "TRANSFER"), row(3, "96.80", "TRANSFER_FAILURE")]
    found = books.book(json.dumps(account([payout(5001, "96.80", status=status)], rows)).encode())

    assert found.documents == {"5001": "booked"}
    (fee,) = [each for each in found.deliveries if each.state == "owed"]
    (transfer,) = [each for each in found.deliveries if each.state == "withdrawn"]
    assert fee.voucher is not None
    assert fee.voucher.total_minor == 320
    assert transfer.reason == "payout.failed"
    assert "no bank line is to be coded" in transfer.note


def test_a_dispute_that_is_won_gives_the_fee_back_only_where_the_processor_returns_it(books: RawBooks) -> None:
    """C16."""
    facts = {"sourceType": "DISPUTE", "sourceId": "77"}
    lost = account([payout(5001, "-65.00")], [row(1, "-50.00", "DISPUTE_WITHDRAWAL", "15.00") | facts])
    for fee, left in (("0.00", 1500), ("-15.00", 0)):
        total = f"{50 - float(fee):.2f}"
        won = account([payout(5002, total)], [row(2, "50.00", "DISPUTE_REVERSAL", fee, payout=5002) | facts])
        balances = books.book(json.dumps(lost).encode(), json.dumps(won).encode()).balances

        assert (balances.get("1265", 0), balances.get("6110", 0)) == (0, left)


@pytest.mark.parametrize(("paid_in", "left"), [("EUR", (37, None)), ("USD", (None, 37))])
def test_what_a_conversion_took_of_a_capture_is_booked_and_else_stays_to_be_found(
    books: RawBooks, paid_in: str, left: tuple[int | None, int | None]
) -> None:
    """C29: a shop that sells in another currency captures 167.29, and 166.92 come of it."""
    captured = order(
        [agreement(201, [sale(301, "167.29", item=1)])],
        "167.29",
        transactions=[transaction(501, "167.29", "CAPTURE")],
        presentmentCurrencyCode=paid_in,
    )
    charged = row(1, "166.92", fee="5.14", sourceOrderTransactionId="501", associatedOrder={"id": captured["id"]})
    paid = account([payout(5001, "161.78")], [charged])
    balances = books.book(json.dumps(orders(captured)).encode(), json.dumps(paid).encode()).balances

    assert (balances.get("7910"), balances.get("1210")) == left


def legs(journal: dict[str, Any]) -> dict[str, str]:
    """Account to amount of a journal of QuickBooks, credits negative."""
    sides = {"Debit": "", "Credit": "-"}
    return {
        line["JournalEntryLineDetail"]["AccountRef"]["value"]: sides[line["JournalEntryLineDetail"]["PostingType"]]
        + str(line["Amount"])
        for line in journal["Line"]
    }
