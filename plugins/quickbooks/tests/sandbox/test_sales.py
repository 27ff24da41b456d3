"""Receipts, invoices, payments, deposits and expenses: totals, tax and what they do to the accounts."""

from decimal import Decimal
from typing import Any

import pytest

from bridge_quickbooks.sandbox import QuickBooksSandbox
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
