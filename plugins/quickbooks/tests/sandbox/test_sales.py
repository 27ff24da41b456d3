"""Receipts, invoices, payments, deposits and expenses: totals, tax and what they do to the accounts."""

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bridge.sandbox import BadRequestError
from bridge_quickbooks_sandbox import QuickBooksSandbox
from plugins.quickbooks.tests.sandbox.client import REALM, Client


@pytest.fixture
def customer(client: Client) -> dict[str, str]:
    return {"value": client.create("Customer", {"DisplayName": "Shopify customers"})["Id"]}


def _line(client: Client, amount: float, item: str = "Product sales", code: str = "NON") -> Any:
    found = client.query(f"select * from Item where Name = '{item}'")["Item"][0]
    return {
        "Amount": amount,
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {"ItemRef": {"value": found["Id"]}, "TaxCodeRef": {"value": code}},
    }


def test_a_receipt_with_tax_as_a_line_books_income_liability_and_clearing(
    client: Client, sandbox: QuickBooksSandbox, customer: dict[str, str]
) -> None:
    lines = [_line(client, 1000), _line(client, 82.5, "Sales tax collected - to remit")]
    body = {"CustomerRef": customer, "DepositToAccountRef": client.account("1220"), "Line": lines}
    created = client.create("SalesReceipt", body)

    assert created["TotalAmt"] == Decimal("1082.5")
    assert created["Line"][-1]["DetailType"] == "SubTotalLineDetail"
    assert sandbox.trial_balance(REALM) == {"1220": 108250, "4000": -100000, "2100": -8250}
    assert client.create("SalesReceipt", created)["TotalAmt"] == Decimal("1082.5")


def test_the_tax_that_was_sent_is_kept_until_the_companys_own_engine_overrides_it(
    client: Client, sandbox: QuickBooksSandbox
) -> None:
    """F17"""
    body = {"Line": [_line(client, 1000, code="TAX"), _line(client, 50)], "TxnTaxDetail": {"TotalTax": 82.5}}
    assert client.create("SalesReceipt", body)["TotalAmt"] == Decimal("1132.5")

    sandbox.set(REALM, sales_tax_rate="8.875")
    overridden = client.create("SalesReceipt", body)
    assert (overridden["TxnTaxDetail"]["TotalTax"], overridden["TotalAmt"]) == (Decimal("88.75"), Decimal("1138.75"))
    assert client.post("salesreceipt", {"Line": [_line(client, 1, code="5")]}).code == "6100"


def test_a_british_company_works_its_vat_out_by_code(sandbox: QuickBooksSandbox) -> None:
    sandbox.add_company("44", home_currency="GBP", country="GB")
    client = Client(sandbox, "44")
    code = client.query("select * from TaxCode where Name = '20.0% S'")["TaxCode"][0]["Id"]
    body = {"GlobalTaxCalculation": "TaxInclusive", "Line": [_line(client, 10.01, code=code)] * 2}
    created = client.create("SalesReceipt", body)
    journal = client.journal(("6100", "20.00"), ("1200", "-24.00"))
    taxed = journal["Line"][0]["JournalEntryLineDetail"]
    taxed |= {"TaxCodeRef": {"value": code}}
    without = client.post("journalentry", journal)
    taxed |= {"TaxApplicableOn": "Purchase", "TaxAmount": 4}

    assert created["TxnTaxDetail"]["TotalTax"] == Decimal(4)
    assert created["TotalAmt"] == Decimal("24.02")
    assert without.element == "TaxApplicableOn"
    assert client.post("journalentry", journal).status == 200
    assert sandbox.trial_balance("44") == {"1200": -2400, "4000": -2002, "6100": 2000, "Undeposited Funds": 2402}
    not_applicable = {**body, "GlobalTaxCalculation": "NotApplicable"}
    assert client.create("SalesReceipt", not_applicable)["TotalAmt"] == Decimal("20.02")
    client.close()


def test_price_times_quantity_must_be_the_amount_and_a_sale_cannot_be_negative(client: Client) -> None:
    priced = _line(client, 25.06)
    priced["SalesItemLineDetail"] |= {"Qty": 2, "UnitPrice": 12.53}
    wrong = _line(client, 25.06)
    wrong["SalesItemLineDetail"] |= {"Qty": 2, "UnitPrice": 12.5}

    assert client.post("salesreceipt", {"Line": [priced]}).status == 200
    assert client.post("salesreceipt", {"Line": [wrong]}).code == "6070"
    assert client.post("salesreceipt", {"Line": [_line(client, 5), _line(client, -6)]}).code == "2290"
    assert client.post("salesreceipt", {"Line": [_line(client, 5), _line(client, -4)]}).status == 200


def test_a_discount_in_per_cent_is_worked_out(client: Client, sandbox: QuickBooksSandbox) -> None:
    discount = {
        "DetailType": "DiscountLineDetail",
        "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": 10},
    }
    created = client.create("SalesReceipt", {"Line": [_line(client, 25.06), discount]})

    assert created["TotalAmt"] == Decimal("22.55")
    assert sum(sandbox.trial_balance(REALM).values()) == 0


def test_a_payment_settles_its_invoice_and_a_deposit_locks_the_payment(
    client: Client, sandbox: QuickBooksSandbox, customer: dict[str, str]
) -> None:
    invoice = client.create("Invoice", {"CustomerRef": customer, "Line": [_line(client, 25.06)]})
    link = {"TxnId": invoice["Id"], "TxnType": "Invoice"}
    payment = client.create(
        "Payment",
        {"CustomerRef": customer, "TotalAmt": 25.06, "Line": [{"Amount": 25.06, "LinkedTxn": [link]}]},
    )
    assert client.get(f"invoice/{invoice['Id']}").json["Invoice"]["Balance"] == 0

    linked = {
        "Amount": 25.06,
        "LinkedTxn": [{"TxnId": payment["Id"], "TxnType": "Payment", "TxnLineId": "0"}],
    }
    fee = {
        "Amount": -1.03,
        "DetailType": "DepositLineDetail",
        "DepositLineDetail": {"AccountRef": client.account("6100")},
    }
    body = {"DepositToAccountRef": client.account("1000"), "Line": [linked, fee]}
    assert client.post("deposit", {**body, "Line": [{**linked, "DetailType": "DepositLineDetail"}]}).code == "2020"
    deposit = client.create("Deposit", body)

    assert deposit["TotalAmt"] == Decimal("24.03")
    assert sandbox.trial_balance(REALM) == {"1000": 2403, "4000": -2506, "6100": 103}
    assert client.post("deposit", body).code == "620"
    assert client.post("payment", payment, operation="delete").code == "6540"
    client.post("deposit", deposit, operation="delete")
    assert client.post("payment", payment, operation="delete").status == 200
    assert client.get(f"invoice/{invoice['Id']}").json["Invoice"]["Balance"] == Decimal("25.06")


def test_a_deposit_needs_the_linked_line_and_an_existing_transaction(client: Client) -> None:
    link = {"TxnId": "999", "TxnType": "Payment", "TxnLineId": "0"}
    body = {"DepositToAccountRef": client.account("1000"), "Line": [{"Amount": 1, "LinkedTxn": [link]}]}

    assert client.post("deposit", body).code == "2500"


def test_refunds_credit_memos_and_expenses_move_the_accounts_the_other_way(
    client: Client, sandbox: QuickBooksSandbox, customer: dict[str, str]
) -> None:
    refund = {"CustomerRef": customer, "DepositToAccountRef": client.account("1220"), "Line": [_line(client, 10)]}
    client.create("RefundReceipt", refund)
    client.create("CreditMemo", {"CustomerRef": customer, "Line": [_line(client, 5)]})
    line = {
        "Amount": 3.1,
        "DetailType": "AccountBasedExpenseLineDetail",
        "AccountBasedExpenseLineDetail": {"AccountRef": client.account("6100")},
    }
    client.create(
        "Purchase", {"PaymentType": "Cash", "AccountRef": client.account("1220"), "Line": [line], "DocNumber": "F-1"}
    )

    assert sandbox.trial_balance(REALM) == {"1100": -500, "1220": -1310, "4000": 1500, "6100": 310}
    assert client.post("refundreceipt", {**refund, "DepositToAccountRef": client.account("6100")}).code == "6430"


def test_a_customer_in_another_currency_is_refused(client: Client, sandbox: QuickBooksSandbox) -> None:
    """F28"""
    sandbox.set(REALM, multi_currency=True)
    euro = client.create("Customer", {"DisplayName": "EUR customers", "CurrencyRef": {"value": "EUR"}})
    body = {"CustomerRef": {"value": euro["Id"]}, "Line": [_line(client, 10)], "CurrencyRef": {"value": "USD"}}

    assert client.post("invoice", body).code == "6000"
    assert client.post("invoice", {**body, "CurrencyRef": {"value": "EUR"}, "ExchangeRate": 1.1}).status == 200


# VAT inside the price


@pytest.fixture
def british(sandbox: QuickBooksSandbox) -> Iterator[Client]:
    sandbox.add_company("44", home_currency="GBP", country="GB")
    opened = Client(sandbox, "44")
    yield opened
    opened.close()


def _code(client: Client, name: str) -> str:
    return str(client.query(f"select * from TaxCode where Name = '{name}'")["TaxCode"][0]["Id"])


def _inclusive(client: Client, net: str, gross: str, code: str = "20.0% S") -> Any:
    line = _line(client, float(net), code=_code(client, code))
    line["SalesItemLineDetail"]["TaxInclusiveAmt"] = Decimal(gross)
    return line


def _receipt(client: Client, *lines: Any) -> Any:
    return {"GlobalTaxCalculation": "TaxInclusive", "DepositToAccountRef": client.account("1220"), "Line": list(lines)}


def test_a_receipt_that_includes_vat_books_the_split_it_states(british: Client, sandbox: QuickBooksSandbox) -> None:
    """F18: the shop's own penny."""
    created = british.create(
        "SalesReceipt", _receipt(british, _inclusive(british, "8.33", "9.99"), _inclusive(british, "5", "5", "0.0% Z"))
    )

    assert (created["TxnTaxDetail"]["TotalTax"], created["TotalAmt"]) == (Decimal("1.66"), Decimal("14.99"))
    assert sandbox.trial_balance("44") == {"1220": 1499, "2120": -166, "4000": -1333}


def test_a_company_that_works_vat_out_itself_keeps_the_total_and_changes_the_split(
    british: Client, sandbox: QuickBooksSandbox
) -> None:
    """F17"""
    sandbox.set("44", recalculates_vat=True)
    created = british.create("SalesReceipt", _receipt(british, _inclusive(british, "8.40", "9.99")))

    assert (created["Line"][0]["Amount"], created["TotalAmt"]) == (Decimal("8.33"), Decimal("9.99"))
    assert sandbox.trial_balance("44") == {"1220": 999, "2120": -166, "4000": -833}


def test_a_refund_takes_vat_back_from_the_tax_account(british: Client, sandbox: QuickBooksSandbox) -> None:
    british.create("RefundReceipt", _receipt(british, _inclusive(british, "10", "12")))

    assert sandbox.trial_balance("44") == {"1220": -1200, "2120": 200, "4000": 1000}


def test_outside_the_united_states_every_line_of_a_form_needs_a_rate(british: Client) -> None:
    bare = _line(british, 5)
    del bare["SalesItemLineDetail"]["TaxCodeRef"]

    assert british.post("salesreceipt", {"Line": [bare]}).code == "6000"
    assert british.post("salesreceipt", {"Line": [bare], "GlobalTaxCalculation": "NotApplicable"}).status == 200
    assert british.post("salesreceipt", _receipt(british, _line(british, 5, code="NON"))).code == "2500"


def test_the_british_recipes_are_booked_as_they_stand(british: Client, sandbox: QuickBooksSandbox) -> None:
    customer = british.query("select * from Customer")["Customer"][0]["Id"]
    standard = british.query("select * from TaxCode where Name = '20.0% S'")["TaxCode"][0]
    rates = {
        side: standard[f"{side}TaxRateList"]["TaxRateDetail"][0]["TaxRateRef"]["value"]
        for side in ("Sales", "Purchase")
    }
    item = british.query("select * from Item where Name = 'Product sales'")["Item"][0]["Id"]
    places = {"91": sandbox.account_id("44", "1220"), "65": sandbox.account_id("44", "6100"), "58": customer}
    places |= {"21": item, "5": standard["Id"], "7": rates["Sales"], "8": rates["Purchase"]}
    for kind, name in (("SalesReceipt", "salesreceipt_uk_inclusive"), ("JournalEntry", "journalentry_uk_tax")):
        text = (Path(__file__).parent / "recipes" / f"{name}.json").read_text(encoding="utf-8")
        found = re.sub(r'"value": "(\d+)"', lambda match: f'"value": "{places[match[1]]}"', text)
        assert british.post_text(kind.lower(), found).status == 200

    assert sandbox.trial_balance("44") == {"1220": 9600, "2120": -1600, "4000": -10000, "6100": 2000}


def test_a_recommended_company_can_sell_to_its_channels_whatever_an_order_holds(client: Client) -> None:
    items = {found["IncomeAccountRef"]["name"] for found in client.query("select * from Item maxresults 1000")["Item"]}

    assert items >= {
        "Product sales",
        "Shipping income",
        "Refunds and returns",
        "Sales tax collected - to remit",
        "Gift card and store credit liability",
        "Tips payable",
        "Rounding differences",
    }
    assert "VAT/GST output payable" not in items
    assert client.query("select * from Customer")["Customer"][0]["DisplayName"] == "Sales channels"


def test_currencies_are_listed_where_there_are_several(client: Client, sandbox: QuickBooksSandbox) -> None:
    assert client.query("select * from CompanyCurrency") == {}
    sandbox.set(REALM, multi_currency=True, currencies=["EUR"])

    assert [found["Code"] for found in client.query("select * from CompanyCurrency")["CompanyCurrency"]] == ["EUR"]


def test_a_person_edits_a_receipt_that_includes_vat(british: Client, sandbox: QuickBooksSandbox) -> None:
    ref = british.create("SalesReceipt", _receipt(british, _inclusive(british, "10", "12")))["Id"]
    hands = sandbox.tamper("44")

    hands.edit_amount("SalesReceipt", ref, "11")
    hands.recode("SalesReceipt", ref, "4050")

    assert sandbox.trial_balance("44") == {"1220": 1300, "2120": -200, "4050": -1100}
    with pytest.raises(BadRequestError):
        hands.recode("SalesReceipt", ref, "6000")
