"""Payments, refunds of credit notes, and credit set off against invoices."""

from typing import Any

import pytest

from bridge_xero_sandbox import XeroSandbox
from plugins.xero.tests.sandbox.client import TENANT, Client


def _invoice(client: Client, id: str) -> Any:
    return client.get(f"Invoices/{id}").json["Invoices"][0]


def test_payments_make_an_invoice_paid_and_a_deleted_one_opens_it_again(client: Client, sandbox: XeroSandbox) -> None:
    made = client.create("Invoices", client.invoice())
    client.create("Payments", client.payment(made, "100.00", on="2026-02-01"))
    last = client.create("Payments", client.payment(made, "20.00", on="2026-02-03"))
    paid = _invoice(client, made["InvoiceID"])
    assert (paid["Status"], paid["AmountDue"], paid["AmountPaid"]) == ("PAID", 0, 120)
    assert paid["FullyPaidOnDate"] == "/Date(1770076800000+0000)/"
    assert [found["Amount"] for found in paid["Payments"]] == [100, 20]
    assert sandbox.trial_balance(TENANT) == {"1200": 12000, "2120": -2000, "4000": -10000}

    gone = client.post(f"Payments/{last['PaymentID']}", {"Status": "DELETED"}).json["Payments"][0]
    assert gone["Status"] == "DELETED"
    reopened = _invoice(client, made["InvoiceID"])
    assert (reopened["Status"], reopened["AmountDue"]) == ("AUTHORISED", 20)
    assert "FullyPaidOnDate" not in reopened
    assert len(client.find("Payments")) == 2
    again = client.post(f"Payments/{last['PaymentID']}", {"Status": "DELETED"})
    assert again.messages == ["Invoice not of valid status for modification"]
    assert client.post(f"Payments/{last['PaymentID']}", {"Status": "AUTHORISED"}).status == 400


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Amount": 121}, "Payment amount exceeds the amount outstanding on this document"),
        ({"Amount": 0}, "The amount must be greater than zero."),
        ({"Account": {"Code": "4000"}}, "Account code '4000' is not enabled for payments."),
        ({"Account": {"Code": "9999"}}, "Account could not be found"),
        ({"Invoice": {"InvoiceNumber": "none"}}, "The document with the supplied id was not found for this endpoint."),
        ({"Invoice": None}, "Invoice, CreditNote or Overpayment must be specified"),
    ],
)
def test_a_payment_that_breaks_a_rule_is_refused(client: Client, change: dict[str, Any], message: str) -> None:
    made = client.create("Invoices", client.invoice())
    body = {**client.payment(made, "120.00"), **change}

    assert client.refused("Payments", {key: value for key, value in body.items() if value}) == [message]


def test_a_draft_or_voided_invoice_takes_no_payment(client: Client) -> None:
    draft = client.create("Invoices", client.invoice(Status="DRAFT"))

    assert client.refused("Payments", client.payment(draft, "1.00")) == [
        "Payments can only be made against Authorised documents"
    ]


def test_a_paid_invoice_is_not_paid_twice(client: Client) -> None:
    """F01: a payment has no number; what is due is its only guard."""
    made = client.create("Invoices", client.invoice())
    body = client.payment(made, "60.00")
    client.create("Payments", body)
    client.create("Payments", body)

    assert client.refused("Payments", body) == ["Payment amount exceeds the amount outstanding on this document"]


def test_payments_go_to_bank_and_to_enabled_accounts_by_code_id_or_number(client: Client, sandbox: XeroSandbox) -> None:
    client.create("Invoices", client.invoice(number="S-1"))
    bank = {"AccountID": sandbox.account_id(TENANT, "1000")}
    client.create("Payments", {"InvoiceNumber": "S-1", "Account": bank, "Amount": 100, "Date": "2026-01-31"})
    single = {"InvoiceNumber": "S-1", "Code": "2200", "Amount": 20, "Date": "2026-01-31T00:00:00"}
    assert client.post("Payments", single).json["Payments"][0]["Account"]["Code"] == "2200"

    assert sandbox.trial_balance(TENANT) == {"1000": 10000, "2120": -2000, "2200": 2000, "4000": -10000}


def test_a_credit_note_is_refunded_by_payment_or_set_off(client: Client, sandbox: XeroSandbox) -> None:
    invoice = client.create("Invoices", client.invoice())
    note = client.create("CreditNotes", client.note(("60.00", "4200", "OUTPUT2"), number="R-1"))
    path = f"CreditNotes/{note['CreditNoteID']}/Allocations"
    set_off = {"Invoice": {"InvoiceID": invoice["InvoiceID"]}, "Amount": 40, "Date": "2026-02-01"}
    assert client.put(path, {"Allocations": [set_off]}).json["Allocations"][0]["Amount"] == 40
    refund = {"CreditNoteNumber": "R-1", "Account": {"Code": "1200"}, "Amount": 20, "Date": "2026-02-02"}
    client.create("Payments", refund)

    found = client.get(f"CreditNotes/{note['CreditNoteID']}").json["CreditNotes"][0]
    assert (found["Status"], found["RemainingCredit"], found["AppliedAmount"]) == ("PAID", 0, 40)
    seen = _invoice(client, invoice["InvoiceID"])
    assert (seen["AmountDue"], seen["AmountCredited"], len(seen["CreditNotes"])) == (80, 40, 1)
    assert sandbox.trial_balance(TENANT) == {
        "1100": 8000, "1200": -2000, "2120": -1000, "4000": -10000, "4200": 5000
    }  # fmt: skip

    allocation = found["Allocations"][0]["AllocationID"]
    gone = client.send("DELETE", f"{path}/{allocation}").json
    assert gone["IsDeleted"] is True
    assert _invoice(client, invoice["InvoiceID"])["AmountDue"] == 120
    assert client.send("DELETE", f"{path}/{allocation}").status == 404


def test_an_allocation_is_bounded_by_both_sides_and_one_contact(client: Client) -> None:
    invoice = client.create("Invoices", client.invoice(("10.00", "4000", "NONE")))
    other = client.create("Invoices", client.invoice(Contact={"Name": "Other"}))
    draft = client.create("CreditNotes", client.note(Status="DRAFT"))
    note = client.create("CreditNotes", client.note())

    def allocate(note: Any, invoice: Any, amount: float) -> list[str]:
        body = {"Invoice": {"InvoiceID": invoice["InvoiceID"]}, "Amount": amount, "Date": "2026-02-01"}
        return client.put(f"CreditNotes/{note['CreditNoteID']}/Allocations", {"Allocations": [body]}).messages

    assert allocate(note, invoice, 11) == ["Payment amount exceeds the amount outstanding on this document"]
    assert allocate(note, invoice, 0) == ["The amount must be greater than zero."]
    assert allocate(note, other, 1) == ["The credit note and the invoice must belong to the same contact."]
    assert allocate(draft, invoice, 1) == ["Payments can only be made against Authorised documents"]


def test_an_overpayment_is_kept_and_can_be_refunded(client: Client, sandbox: XeroSandbox) -> None:
    line = {"Description": "Overpaid", "LineAmount": 100}
    body = client.transaction(type_="RECEIVE-OVERPAYMENT", LineItems=[line])
    made = client.create("BankTransactions", body)
    assert sandbox.trial_balance(TENANT) == {"1000": 10000, "1100": -10000}
    refund = {
        "Overpayment": {"OverpaymentID": made["OverpaymentID"]},
        "Account": {"Code": "1000"},
        "Date": "2026-02-01",
        "Amount": 100,
    }
    assert client.create("Payments", refund)["PaymentType"] == "AROVERPAYMENTPAYMENT"
    assert sandbox.trial_balance(TENANT) == {}
    assert client.find("Overpayments")[0]["Status"] == "PAID"
    void = {**body, "BankTransactionID": made["BankTransactionID"], "Status": "DELETED"}
    assert client.post("BankTransactions", {"BankTransactions": [void]}).messages == [
        "Invoice not of valid status for modification"
    ]


def test_bills_and_their_credit_notes_move_the_payable_account(client: Client, sandbox: XeroSandbox) -> None:
    line = ("12.00", "6100", "INPUT2")
    bill = client.create("Invoices", {**client.invoice(line), "Type": "ACCPAY"})
    credit = client.create("CreditNotes", {**client.note(line), "Type": "ACCPAYCREDIT"})
    client.create("Payments", client.payment(bill, "2.00", "1000"))
    refund = {"CreditNote": {"CreditNoteID": credit["CreditNoteID"]}, "Account": {"Code": "1000"}, "Amount": 12}
    client.create("Payments", refund)

    assert sandbox.trial_balance(TENANT) == {"1000": 1000, "2000": -1000}
