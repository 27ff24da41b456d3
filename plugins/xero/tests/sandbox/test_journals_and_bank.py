"""Manual journals, bank transactions, transfers, and accounts."""

from decimal import Decimal
from typing import Any

import pytest

from bridge_xero_sandbox import XeroSandbox
from plugins.xero.tests.sandbox.client import TENANT, Client


def test_a_journal_books_its_lines_and_is_voided_not_deleted(client: Client, sandbox: XeroSandbox) -> None:
    made = client.create("ManualJournals", client.journal(("1200", "10.00"), ("4000", "-12.00"), ("6100", "2.00")))
    assert sandbox.trial_balance(TENANT) == {"1200": 1000, "4000": -1200, "6100": 200}
    path = f"ManualJournals/{made['ManualJournalID']}"
    assert client.post(path, {"ManualJournals": [{"Narration": "x", "Status": "DELETED"}]}).messages == [
        "The status DELETED is not valid for this document."
    ]
    voided = client.post(path, {"ManualJournals": [{"Narration": "x", "Status": "VOIDED"}]}).json["ManualJournals"][0]
    assert (voided["Status"], voided["Narration"]) == ("VOIDED", "J-1")
    assert sandbox.trial_balance(TENANT) == {}
    assert client.post(path, {"ManualJournals": [{"Narration": "x", "Status": "POSTED"}]}).status == 400


@pytest.mark.parametrize("code", ["1000", "1100", "2000", "3900", "2050"])
def test_journals_keep_off_bank_receivable_payable_and_retained_earnings(client: Client, code: str) -> None:
    assert client.refused("ManualJournals", client.journal((code, "1.00"), ("4000", "-1.00"))) == [
        f"Account code '{code}' is not a valid code for this document."
    ]


def test_journals_keep_off_stock_accounts_that_invoices_may_use(client: Client) -> None:
    client.put("Accounts", {"Code": "630", "Name": "Stock", "Type": "INVENTORY"})

    assert client.refused("ManualJournals", client.journal(("630", "1.00"), ("4000", "-1.00")))
    assert client.create("Invoices", client.invoice(("1.00", "630", "NONE")))["Total"] == 1


def test_a_journal_balances_and_has_two_lines(client: Client) -> None:
    assert client.refused("ManualJournals", client.journal(("6100", "1.00"), ("4000", "-0.99"))) == [
        "The total debits must equal the total credits; they differ by 0.01."
    ]
    assert client.refused("ManualJournals", client.journal(("6100", "0.00"))) == [
        "At least two journal lines must be specified"
    ]


@pytest.mark.parametrize(("types", "counter"), [("Exclusive", "-12.00"), ("Inclusive", "-10.00")])
def test_a_journals_tax_is_computed_whatever_was_stated(
    client: Client, sandbox: XeroSandbox, types: str, counter: str
) -> None:
    body = client.journal(("6100", "10.00"), ("1200", counter), LineAmountTypes=types)
    body["JournalLines"][0] |= {"TaxType": "INPUT2", "TaxAmount": Decimal("7.77")}
    client.create("ManualJournals", body)

    tax, net = (200, 1000) if types == "Exclusive" else (167, 833)
    assert sandbox.trial_balance(TENANT) == {"1200": int(Decimal(counter) * 100), "2120": tax, "6100": net}


def test_a_draft_journal_books_nothing_until_posted(client: Client, sandbox: XeroSandbox) -> None:
    body = client.journal(("6100", "1.00"), ("4000", "-1.00"), Status="DRAFT")
    made = client.create("ManualJournals", body)
    assert sandbox.trial_balance(TENANT) == {}
    change = {"ManualJournalID": made["ManualJournalID"], "Narration": "now", "Status": "POSTED"}
    posted = client.post("ManualJournals", {"ManualJournals": [change]}).json["ManualJournals"][0]
    assert (posted["Narration"], len(posted["JournalLines"])) == ("now", 2)
    assert sandbox.trial_balance(TENANT) == {"4000": -100, "6100": 100}


def test_post_makes_a_second_journal_since_there_is_no_number(client: Client, sandbox: XeroSandbox) -> None:
    """F01"""
    for _ in range(2):
        client.post("ManualJournals", {"ManualJournals": [client.journal(("6100", "1.00"), ("4000", "-1.00"))]})

    assert sandbox.trial_balance(TENANT) == {"4000": -200, "6100": 200}


def test_a_bank_transaction_is_spent_received_changed_and_deleted(client: Client, sandbox: XeroSandbox) -> None:
    spent = client.create("BankTransactions", client.transaction("12.00"))
    line = {"Description": "Sale", "UnitAmount": 120, "AccountCode": "4000"}
    received = client.transaction(type_="RECEIVE", LineItems=[line], LineAmountTypes="Inclusive")
    client.create("BankTransactions", received)
    assert sandbox.trial_balance(TENANT) == {"1000": 10800, "2120": -2000, "4000": -10000, "6100": 1200}

    path = f"BankTransactions/{spent['BankTransactionID']}"
    changed = {**client.transaction("2.00"), "Reference": "less"}
    assert client.post(path, {"BankTransactions": [changed]}).json["BankTransactions"][0]["Total"] == 2
    deleted = {**client.transaction(), "LineItems": [], "Status": "DELETED"}
    assert client.post(path, {"BankTransactions": [deleted]}).json["BankTransactions"][0]["Status"] == "DELETED"
    assert client.post(path, {"BankTransactions": [deleted]}).status == 400
    assert sandbox.trial_balance(TENANT) == {"1000": 12000, "2120": -2000, "4000": -10000}
    assert [found["Status"] for found in client.find("BankTransactions", order="Date")].count("DELETED") == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"BankAccount": {"Code": "1200"}}, "Account code '1200' is not a valid code for this document."),
        ({"BankAccount": {"Code": "77"}}, "Account could not be found"),
        ({"Contact": {}}, "A Contact must be specified for this type of transaction"),
        ({"LineItems": [{"Description": "x", "UnitAmount": -1, "AccountCode": "6100"}]}, "The amount must be greater"),
        ({"LineItems": []}, "One or more line items must be specified"),
        ({"CurrencyCode": "USD"}, "The currency USD cannot be used with account code '1000'."),
        ({"Type": "RECEIVE-PREPAYMENT"}, "The status RECEIVE-PREPAYMENT is not valid for this document."),
    ],
)
def test_a_bank_transaction_that_breaks_a_rule_is_refused(client: Client, change: dict[str, Any], message: str) -> None:
    assert client.refused("BankTransactions", {**client.transaction(), **change})[0].startswith(message)


def test_the_tax_of_a_bank_transaction_must_be_the_computed_one(client: Client) -> None:
    line = {"Description": "Sale", "UnitAmount": 120, "AccountCode": "4000", "TaxType": "OUTPUT2"}
    body = client.transaction(type_="RECEIVE", LineAmountTypes="Inclusive", LineItems=[{**line, "TaxAmount": 19.99}])

    assert client.refused("BankTransactions", body) == [
        "The tax amount 19.99 must match the auto calculated value 20.00"
    ]


def test_a_reconciled_bank_transaction_is_not_deleted(client: Client) -> None:
    made = client.create("BankTransactions", client.transaction(IsReconciled=True))
    body = {**client.transaction(), "LineItems": [], "Status": "DELETED"}

    assert client.post(f"BankTransactions/{made['BankTransactionID']}", {"BankTransactions": [body]}).status == 400


def test_a_transfer_joins_two_bank_accounts_and_can_be_deleted(client: Client, sandbox: XeroSandbox) -> None:
    made = client.create("BankTransfers", client.transfer("10.00"))
    assert sandbox.trial_balance(TENANT) == {"1000": 1000, "1230": -1000}
    assert made["FromBankTransactionID"] != made["ToBankTransactionID"]
    gone = {"BankTransferID": made["BankTransferID"], "Status": "DELETED"}
    assert client.post("BankTransfers", {"BankTransfers": [gone]}).json["BankTransfers"][0]["Status"] == "DELETED"
    assert client.post(f"BankTransfers/{made['BankTransferID']}", {"Status": "DELETED"}).status == 400
    assert client.find("BankTransfers") == []
    assert len(client.find("BankTransfers", includeDeleted="true")) == 1
    assert client.get(f"BankTransfers/{made['BankTransferID']}").status == 200
    assert sandbox.trial_balance(TENANT) == {}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"FromBankAccount": {"Code": "1200"}}, "Account code '1200' is not a valid code for this document."),
        ({"FromBankAccount": {"Code": "1000"}}, "The bank accounts of a transfer must differ."),
        ({"Amount": -1}, "The amount must be greater than zero."),
    ],
)
def test_a_transfer_that_breaks_a_rule_is_refused(client: Client, change: dict[str, Any], message: str) -> None:
    assert client.refused("BankTransfers", {**client.transfer(), **change}) == [message]


def test_accounts_are_added_archived_and_deleted_while_unused(client: Client, sandbox: XeroSandbox) -> None:
    """F46"""
    body = {"Code": "620", "Name": "Stripe", "Type": "CURRENT", "EnablePaymentsToAccount": True, "TaxType": "NONE"}
    made = client.put("Accounts", body).json["Accounts"][0]
    assert client.put("Accounts", body).messages == ["Please enter a unique Code.", "Please enter a unique Name."]
    assert client.put("Accounts", {"Name": "Bank two", "Type": "BANK"}).messages == [
        "A bank account number must be specified for an account of type BANK."
    ]
    assert client.put("Accounts", {"Name": "x", "Type": "REVENUE"}).messages == ["Code must be specified"]
    path = f"Accounts/{made['AccountID']}"
    invoice = client.create("Invoices", client.invoice(("1.00", "620", "NONE")))
    assert client.send("DELETE", path).messages[0].startswith("The account is used by documents")
    assert client.post(path, {"Accounts": [{"Status": "ARCHIVED"}]}).json["Accounts"][0]["Status"] == "ARCHIVED"
    assert client.refused("Invoices", client.invoice(("1.00", "620", "NONE"))) == [
        "Account code '620' has been archived, or deleted."
    ]
    assert client.refused("Payments", client.payment(invoice, "1.00", "620")) == [
        "Account code '620' has been archived, or deleted."
    ]
    spare = client.put("Accounts", {"Code": "621", "Name": "Spare", "Type": "CURRENT"}).json["Accounts"][0]
    assert client.send("DELETE", f"Accounts/{spare['AccountID']}").json["Accounts"][0]["Status"] == "DELETED"
    assert client.get(f"Accounts/{spare['AccountID']}").status == 404
    debtors = f"Accounts/{sandbox.account_id(TENANT, '1100')}"
    assert client.post(debtors, {"Accounts": [{"Status": "ARCHIVED"}]}).status == 400
    assert client.send("DELETE", debtors).status == 400


def test_the_chart_is_the_recommended_one_with_xeros_own_accounts(client: Client) -> None:
    chart = {account["Code"]: account for account in client.find("Accounts")}

    assert {code: chart[code]["SystemAccount"] for code in ("1100", "2000", "2120", "3900", "860")} == {
        "1100": "DEBTORS", "2000": "CREDITORS", "2120": "GST", "3900": "RETAINEDEARNINGS", "860": "ROUNDING"
    }  # fmt: skip
    assert [chart[code]["EnablePaymentsToAccount"] for code in ("1200", "2200", "4000")] == [True, True, False]
    assert (chart["4000"]["TaxType"], chart["6100"]["TaxType"], chart["1200"]["TaxType"]) == (
        "OUTPUT2", "INPUT2", "NONE"
    )  # fmt: skip
    bank = client.find("Accounts", where='Type=="BANK" AND Status=="ACTIVE"')
    assert (bank[0]["Code"], bank[0]["CurrencyCode"]) == ("1000", "GBP")
    sales, purchases = "OUTPUT2 RROUTPUT ZERORATEDOUTPUT EXEMPTOUTPUT", "INPUT2 RRINPUT ZERORATEDINPUT EXEMPTINPUT"
    assert [rate["TaxType"] for rate in client.find("TaxRates")] == f"{sales} {purchases} REVERSECHARGES NONE".split()
    assert client.get("TaxRates/OUTPUT2").json["TaxRates"][0]["EffectiveRate"] == 20
    assert client.get("TaxRates/NOTHING").status == 404
