"""WooCommerce shops that people reported on in public, from the raw answer to what each ledger gets, in both modes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from bridge.model.findings import Severity
from plugins.woocommerce.tests.shop import item, order, tax, tax_line
from tests.end_to_end.raw import Body, Raw, RawBooks, raw_books
from tests.end_to_end.shops import NO_TENANT, WOO

MODES = pytest.mark.parametrize("mode", ["order", "day"])
XERO, QUICKBOOKS = "gb", "gb-quickbooks"
LEDGERS = pytest.mark.parametrize("ledger", [XERO, QUICKBOOKS])
CODES = {
    XERO: {"20": "OUTPUT2", "0": "ZERORATEDOUTPUT"},
    QUICKBOOKS: {"20": "1", "0": "3"},
    "no": {"15": "TAX001", "none": "NONE"},
    "no-quickbooks": {"15": "2", "none": "4"},
}
"""The ledgers' own codes, by treatment."""


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RawBooks]:
    with raw_books(tmp_path_factory.mktemp("raw")) as opened:
        opened.make_rates({"MVA": "15"}, NO_TENANT)
        yield opened


def book(books: RawBooks, ledger: str, mode: str, *contents: bytes, more: str = "") -> Raw:
    found = books.book(*contents, ledger=ledger, mode=mode, plugin="woocommerce", more=more)
    assert set(found.documents.values()) == {"booked"}
    return found


def public(name: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted((WOO / "public").glob(f"{name}_*.json"))]


Rows = list[tuple[Any, ...]]


def rows(body: Body) -> Rows:
    """Account, amount with its tax (debit positive), tax code and tax: income and tenders as they are sent."""
    if "Payments" in body:
        return [(body["Payments"][0]["Account"]["AccountID"], body["Payments"][0]["Amount"])]
    if "Line" in body:
        return sorted(_quickbooks(line, body) for line in body["Line"])
    ((kind, (document,)),) = body.items()
    sign = -1 if kind == "Invoices" else 1
    return sorted(
        (line["AccountID"], sign * line["UnitAmount"], line["TaxType"], sign * line["TaxAmount"] + 0)
        for line in document["LineItems"]
    )


def _quickbooks(line: Body, body: Body) -> tuple[Any, ...]:
    if line["DetailType"] == "SalesItemLineDetail":
        detail = line["SalesItemLineDetail"]
        sign = 1 if "Refund" in line["Description"] else -1
        vat = round(detail["TaxInclusiveAmt"] - line["Amount"], 2)
        return (
            detail["ItemRef"]["value"],
            sign * detail["TaxInclusiveAmt"],
            detail["TaxCodeRef"]["value"],
            sign * vat + 0,
        )
    detail = line["JournalEntryLineDetail"]
    sign = 1 if detail["PostingType"] == "Debit" else -1
    if "TaxCodeRef" not in detail:
        return detail["AccountRef"]["value"], sign * line["Amount"]
    gross = round(line["Amount"] + detail["TaxAmount"], 2)
    return detail["AccountRef"]["value"], sign * gross, detail["TaxCodeRef"]["value"], sign * detail["TaxAmount"] + 0


def booked(found: Raw) -> tuple[Rows, Rows]:
    """What all that is owed says of income, and what of tenders (of a receipt: the account that it names)."""
    income: Rows = []
    tenders: Rows = []
    for body in found.owed:
        for row in rows(body):
            (tenders if len(row) == 2 else income).append(row)
        if "DepositToAccountRef" in body:
            total = sum(row[1] for row in rows(body))
            tenders.append((body["DepositToAccountRef"]["value"], round(-total, 2)))
    return income, tenders


def paid_in_xero(found: Raw) -> Rows:
    """Payments by account; what pays a credit note comes out of it."""
    return [
        (payment["Account"]["AccountID"], payment["Amount"] * (-1 if "CreditNote" in payment else 1))
        for body in found.owed
        for payment in body.get("Payments", ())
    ]


def tenders_of(found: Raw, ledger: str) -> Rows:
    return paid_in_xero(found) if ledger == XERO else booked(found)[1]


@MODES
@LEDGERS
def test_p07_a_refund_by_status_mirrors_the_sale_of_both_rates(books: RawBooks, ledger: str, mode: str) -> None:
    """24.00 gross at 20 % with 4.00 of VAT and 20.00 zero-rated, on 4200 and not 4220; no VAT is left of the two."""
    found = book(books, ledger, mode, *public("P07"))
    standard, zero = CODES[ledger]["20"], CODES[ledger]["0"]
    income = booked(found)[0]

    assert sorted(income) == [
        ("4000", -24.0, standard, -4.0),
        ("4000", -20.0, zero, 0.0),
        ("4200", 20.0, zero, 0.0),
        ("4200", 24.0, standard, 4.0),
    ]
    assert tenders_of(found, ledger) == [("1220", 44.0), ("1220", -44.0)]
    assert found.balances.get("1220", 0) == 0


@MODES
def test_p07_that_no_gateway_was_asked_to_pay_it_is_said(books: RawBooks, mode: str) -> None:
    (finding,) = book(books, XERO, mode, *public("P07")).findings

    assert (finding.code, finding.severity, finding.amount_minor) == ("channel.manual_refund", Severity.INFO, -4400)
    assert "the shop did not ask stripe to pay it" in finding.cause


@MODES
@LEDGERS
def test_p14_refunds_without_a_stated_tax_give_back_that_of_the_line_they_name(
    books: RawBooks, ledger: str, mode: str
) -> None:
    """Over the API and from the admin alike: 5.00 gross with 0.83 of VAT each."""
    found = book(books, ledger, mode, *public("P14"))
    standard = CODES[ledger]["20"]
    income = booked(found)[0]

    assert (
        sorted(income)
        == {
            "order": [("4000", -12.0, standard, -2.0)] * 2 + [("4200", 5.0, standard, 0.83)] * 2,
            "day": [("4000", -24.0, standard, -4.0), ("4200", 10.0, standard, 1.66)],
        }[mode]
    )
    assert sum(amount for _, amount in tenders_of(found, ledger)) == 14.0
    assert found.findings == ()


@MODES
@pytest.mark.parametrize(("ledger", "code"), [("no", "MVA"), ("no-quickbooks", "15% MVA")])
def test_p10_a_shop_without_decimals_is_booked_in_kroner_with_its_own_rounding(
    books: RawBooks, ledger: str, code: str, mode: str
) -> None:
    """687 kroner of 687.26: the rest goes to 7990 without tax."""
    found = book(books, ledger, mode, *public("P10"), more=f'[route.tax_codes]\n"sale:15" = "{code}"')
    of, none = CODES[ledger]["15"], CODES[ledger]["none"]

    assert sorted(booked(found)[0]) == [
        ("4000", -665.96, of, -79.0),
        ("4050", -80.0, of, -10.0),
        ("4100", 58.7, of, 0.0),
        ("7990", 0.26, none, 0.0),
    ]
    assert {body.get("CurrencyRef", {}).get("value", "NOK") for body in found.owed} == {"NOK"}
    assert found.balances["1220"] == 68700


@MODES
def test_p12_a_gift_card_is_a_tender_of_its_own_in_quickbooks(books: RawBooks, mode: str) -> None:
    """C9, C13: sales of 60.00: 35.00 through Stripe, 25.00 off the cards' liability."""
    found = book(books, "us", mode, *public("P12"))
    (body,) = found.owed

    assert rows(body) == [("1220", 35.0), ("2200", 25.0), ("4000", -60.0)]
    assert "AAAA" not in json.dumps(body)


@MODES
def test_p12_a_gift_card_is_a_payment_of_its_own_in_xero(books: RawBooks, mode: str) -> None:
    """Of cards for anything: their VAT is owed when they are redeemed."""
    contents = [content.replace(b'"USD"', b'"GBP"') for content in public("P12")]
    found = book(books, XERO, mode, *contents, more='gift_cards = "multi_purpose"')
    invoice = found.owed[0]

    assert rows(invoice) == [("4000", -60.0, CODES[XERO]["0"], 0.0)]
    assert sorted(paid_in_xero(found)) == [("1220", 35.0), ("2200", 25.0)]


@MODES
@LEDGERS
def test_a_discount_has_its_own_vat_as_the_shop_states_it(books: RawBooks, ledger: str, mode: str) -> None:
    """Goods of 10.00 and 2.00 of VAT, and a coupon of a tenth: the return shows both, and 1.80 is owed."""
    sold = item(1, "9.00", [tax(1, "1.80", "2.00")], subtotal="10.00", subtotal_tax="2.00", total_tax="1.80")
    told = order(total="10.80", total_tax="1.80", line_items=[sold], tax_lines=[tax_line(1, 20, "1.80")])
    found = book(books, ledger, mode, json.dumps(told).encode())
    standard = CODES[ledger]["20"]

    assert sorted(booked(found)[0]) == [("4000", -12.0, standard, -2.0), ("4100", 1.2, standard, 0.2)]
    assert tenders_of(found, ledger) == [("1220", 10.8)]


@MODES
@LEDGERS
def test_no_cent_of_an_order_that_adds_up_goes_to_rounding(books: RawBooks, ledger: str, mode: str) -> None:
    """All 38 orders of a shop that keeps prices unrounded, read with six decimals."""
    answer = json.loads((WOO / "gb_inclusive/orders/all_dp6_oldest_first.json").read_text())
    orders = [{**told, "_links": {}} for told in answer["body"]]
    found = books.book(json.dumps(orders).encode(), ledger=ledger, mode=mode, plugin="woocommerce")

    assert "7990" not in {posting.account for entry in found.entries for posting in entry.postings}
