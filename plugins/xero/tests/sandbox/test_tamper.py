"""What people do behind our back, and that every trace the real service leaves is there."""

from collections.abc import Callable
from decimal import ROUND_UP, Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.sandbox import BadRequestError
from bridge_xero_sandbox import Tamper, XeroSandbox
from plugins.xero.tests.sandbox.client import TENANT, Client

EDITS: dict[str, Callable[[Tamper, str], Any]] = {
    "edit_amount": lambda tamper, id: tamper.edit_amount("Invoice", id, "126.00"),
    "change_date": lambda tamper, id: tamper.change_date("Invoice", id, "2026-03-01"),
    "recode": lambda tamper, id: tamper.recode("Invoice", id, "4050"),
    "add_line": lambda tamper, id: tamper.add_line("Invoice", id, "4050", "3.00"),
    "remove_line": lambda tamper, id: tamper.remove_line("Invoice", id, 0),
    "split_line": lambda tamper, id: tamper.split_line("Invoice", id, "1.00"),
    "change_due_date": lambda tamper, id: tamper.change_due_date("Invoice", id, "2026-12-31"),
    "edit_currency": lambda tamper, id: tamper.edit_currency("Invoice", id, "EUR"),
    "change_tax": lambda tamper, id: tamper.change_tax("Invoice", id, "ZERORATEDOUTPUT"),
    "change_tax_amount": lambda tamper, id: tamper.change_tax_amount("Invoice", id, "20.01"),
    "change_note": lambda tamper, id: tamper.change_note("Invoice", id, "looked at"),
    "change_number": lambda tamper, id: tamper.change_number("Invoice", id, "S-1b"),
    "edit_customer": lambda tamper, id: tamper.edit_customer("Invoice", id, "Somebody else"),
    "edit_item": lambda tamper, id: tamper.edit_item("Invoice", id, "BOOK"),
    "edit_rate": lambda tamper, id: tamper.edit_rate("Invoice", id, "1.1"),
    "void": lambda tamper, id: tamper.void("Invoice", id),
    "delete": lambda tamper, id: tamper.delete("Invoice", id),
}


@pytest.fixture
def invoice(client: Client) -> Any:
    return client.create("Invoices", client.invoice(number="S-1", Reference="payout 1"))


@pytest.fixture
def tamper(sandbox: XeroSandbox) -> Tamper:
    return sandbox.tamper(TENANT)


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_moves_the_time_names_the_editor_and_shows_among_changes(
    client: Client, sandbox: XeroSandbox, tamper: Tamper, invoice: Any, edit: str
) -> None:
    sandbox.clock.advance(2)
    since = sandbox.clock.now().isoformat()
    sandbox.clock.advance(2)
    EDITS[edit](tamper, invoice["InvoiceID"])
    after = client.get(f"Invoices/{invoice['InvoiceID']}").json["Invoices"][0]
    latest = client.get(f"Invoices/{invoice['InvoiceID']}/History").json["HistoryRecords"][0]

    assert after["UpdatedDateUTC"] > invoice["UpdatedDateUTC"]
    assert latest["User"] == "Alex Bookkeeper"
    assert [found["InvoiceID"] for found in client.find("Invoices", since)] == [invoice["InvoiceID"]]
    assert sum(sandbox.trial_balance(TENANT).values()) == 0
    assert {key: after[key] for key in after if key != "UpdatedDateUTC"} != {
        key: invoice[key] for key in invoice if key != "UpdatedDateUTC"
    }


def test_edits_do_to_the_books_what_they_say(tamper: Tamper, sandbox: XeroSandbox, invoice: Any) -> None:
    id = invoice["InvoiceID"]
    tamper.edit_amount("Invoice", id, "240.00")
    assert sandbox.trial_balance(TENANT) == {"1100": 24000, "2120": -4000, "4000": -20000}
    tamper.change_tax("Invoice", id, "ZERORATEDOUTPUT")
    tamper.recode("Invoice", id, "4050")
    assert sandbox.trial_balance(TENANT) == {"1100": 24000, "4050": -24000}
    tamper.change_date("Invoice", id, "2026-03-01")
    assert sandbox.trial_balance(TENANT, as_of="2026-02-28") == {}
    assert tamper.void("Invoice", id)["Status"] == "VOIDED"
    assert sandbox.trial_balance(TENANT) == {}


def test_a_paid_invoice_is_voided_after_its_payments(
    client: Client, tamper: Tamper, sandbox: XeroSandbox, invoice: Any
) -> None:
    """F06"""
    client.create("Payments", client.payment(invoice, "120.00"))
    tamper.void("Invoices", invoice["InvoiceID"])

    assert [found["Status"] for found in sandbox.entities(TENANT, "Payments")] == ["DELETED"]
    assert sandbox.entities(TENANT, "Invoices")[0]["Status"] == "VOIDED"
    assert sandbox.trial_balance(TENANT) == {}


def test_payments_are_edited_recoded_and_made_by_hand(
    client: Client, tamper: Tamper, sandbox: XeroSandbox, invoice: Any
) -> None:
    payment = client.create("Payments", client.payment(invoice, "120.00"))
    tamper.edit_amount("Payment", payment["PaymentID"], "100.00")
    tamper.recode("Payment", payment["PaymentID"], "1000")
    tamper.pay(invoice["InvoiceID"], "1000", "20.00", "2026-02-01")
    assert sandbox.trial_balance(TENANT) == {"1000": 12000, "2120": -2000, "4000": -10000}
    assert sandbox.entities(TENANT, "Invoices")[0]["Status"] == "PAID"
    tamper.delete("Payment", payment["PaymentID"])
    assert sandbox.entities(TENANT, "Invoices")[0]["AmountDue"] == 100


def test_a_copy_has_a_number_of_its_own_and_is_unpaid(
    client: Client, tamper: Tamper, sandbox: XeroSandbox, invoice: Any
) -> None:
    """F09"""
    client.create("Payments", client.payment(invoice, "120.00"))
    assert tamper.duplicate("Invoice", invoice["InvoiceID"])["InvoiceNumber"] == "S-1 copy"
    tamper.duplicate("Invoice", invoice["InvoiceID"], number="S-9")
    journal = client.create("ManualJournals", client.journal(("6100", "1.00"), ("1200", "-1.00")))
    tamper.duplicate("ManualJournal", journal["ManualJournalID"])

    assert [found["Status"] for found in sandbox.entities(TENANT, "Invoice")] == ["PAID", "AUTHORISED", "AUTHORISED"]
    assert sandbox.trial_balance(TENANT) == {
        "1100": 24000, "1200": 11800, "2120": -6000, "4000": -30000, "6100": 200
    }  # fmt: skip


def test_strangers_put_journals_transfers_receipts_and_invoices_into_an_account(
    tamper: Tamper, sandbox: XeroSandbox
) -> None:
    """F08"""
    tamper.add_foreign("1200", "4000", "5.00", "2026-01-31", note="by hand")
    tamper.add_foreign("1000", "1230", "5.00", "2026-01-31", entity="BankTransfer")
    tamper.add_foreign("1000", "1200", "5.00", "2026-01-31", entity="BankTransaction", note="payout")
    tamper.add_foreign("1100", "4000", "5.00", "2026-01-31", entity="Invoice", number="HAND-1")

    assert sandbox.trial_balance(TENANT) == {"1000": 1000, "1100": 500, "1230": -500, "4000": -1000}
    with pytest.raises(BadRequestError, match="cannot make"):
        tamper.add_foreign("1000", "1200", "5.00", "2026-01-31", entity="Payment")


def test_journals_and_transfers_can_be_edited_too(client: Client, tamper: Tamper, sandbox: XeroSandbox) -> None:
    journal = client.create("ManualJournals", client.journal(("6100", "1.00"), ("1200", "-1.00")))
    tamper.edit_amount("ManualJournal", journal["ManualJournalID"], "2.00")
    tamper.recode("ManualJournal", journal["ManualJournalID"], "6110")
    tamper.change_note("ManualJournal", journal["ManualJournalID"], "other words")
    assert sandbox.trial_balance(TENANT) == {"1200": -200, "6110": 200}
    assert sandbox.entities(TENANT, "ManualJournals")[0]["Narration"] == "other words"
    transfer = client.create("BankTransfers", client.transfer())
    tamper.edit_amount("BankTransfer", transfer["BankTransferID"], "11.00")
    tamper.recode("BankTransfer", transfer["BankTransferID"], "1010")
    assert sandbox.trial_balance(TENANT) == {"1010": 1100, "1200": -200, "1230": -1100, "6110": 200}


def test_accounts_and_contacts_are_archived(client: Client, tamper: Tamper) -> None:
    """F46"""
    tamper.deactivate("1200")
    tamper.archive_contact("Sales channels")

    assert client.find("Accounts", where='Status=="ARCHIVED"')[0]["Code"] == "1200"
    assert client.refused("Invoices", client.invoice())[0].startswith("The contact is archived")


def test_editing_works_behind_a_lock_and_refuses_nonsense(tamper: Tamper, sandbox: XeroSandbox, invoice: Any) -> None:
    sandbox.set(TENANT, period_lock_date="2026-12-31")
    id = invoice["InvoiceID"]
    tamper.edit_amount("Invoice", id, "1.00")

    for order in (
        {"op": "edit_amount", "entity": "Invoice", "id": "999", "amount": "1"},
        {"op": "edit_amount", "entity": "Invoice", "id": id, "amount": "much"},
        {"op": "edit_amount", "entity": "Invoice", "id": id, "amount": "1", "line": 7},
        {"op": "recode", "entity": "Invoice", "id": id, "account": "0"},
        {"op": "change_tax", "entity": "Invoice", "id": id, "to": "MAYBE"},
        {"op": "change_number", "entity": "Contact", "id": id, "to": "1"},
        {"op": "void", "entity": "Nonsense", "id": id},
        {"op": "void"},
        {"op": "dance"},
    ):
        with pytest.raises(BadRequestError):
            tamper.carry_out(dict(order))


def test_a_line_of_the_bank_is_coded_split_or_matched_by_itself(client: Client, sandbox: XeroSandbox) -> None:
    """F50: what automatic reconciliation does unasked."""
    tamper = sandbox.tamper(TENANT)
    made = client.create("Invoices", client.invoice(("100.00", "4000", "NONE")))
    line = {"op": "bank_line", "account": "1000", "date": "2026-06-12"}

    tamper.carry_out({**line, "amount": "30.00", "to": "4000"})
    tamper.carry_out({**line, "amount": "50.00", "to": "1200", "share": "20.00", "rest": "4000"})
    tamper.carry_out({**line, "amount": "100.00", "invoice": made["InvoiceID"]})

    assert client.get(f"Invoices/{made['InvoiceID']}").json["Invoices"][0]["Status"] == "PAID"
    balances = sandbox.trial_balance(TENANT)
    assert {account: balances[account] for account in ("1000", "1200", "4000")} == {
        "1000": 180_00,
        "1200": -20_00,
        "4000": -160_00,
    }


AMOUNTS = st.integers(min_value=1, max_value=9_999_999)
TAXES = st.sampled_from(["OUTPUT2", "RROUTPUT", "ZERORATEDOUTPUT", "NONE"])
TYPES = st.sampled_from(["Exclusive", "Inclusive", "NoTax"])
LINES = st.lists(st.tuples(AMOUNTS, TAXES), min_size=1, max_size=4)
STEPS = st.sampled_from(["edit_amount", "change_tax", "duplicate", "change_date", "delete", "void"])
MORE = {"edit_amount": {"amount": "123.45"}, "change_tax": {"to": "RROUTPUT"}, "change_date": {"to": "2026-05-05"}}


@settings(max_examples=15, deadline=None)
@given(lines=LINES, types=TYPES, steps=st.lists(STEPS, max_size=4))
def test_whatever_is_booked_paid_and_edited_the_trial_balance_sums_to_zero(
    lines: list[tuple[int, str]], types: str, steps: list[str], shared: tuple[XeroSandbox, list[int]]
) -> None:
    sandbox, count = shared
    count.append(1)
    tenant = f"tenant-{len(count)}"
    sandbox.add_organisation(tenant)
    client = Client(sandbox, tenant)
    body = client.invoice(*[(f"{minor / 100:.2f}", "4000", tax) for minor, tax in lines], LineAmountTypes=types)
    made = client.create("Invoices", body)
    half = (made["Total"] / 2).quantize(Decimal("0.01"), ROUND_UP)
    client.create("Payments", client.payment(made, str(half)))
    assert sandbox.trial_balance(tenant)["4000"] == -int(made["SubTotal"] * 100)
    for step in steps:
        order = {"op": step, "entity": "Invoice", "id": made["InvoiceID"], **MORE.get(step, {})}
        sandbox.tamper(tenant).carry_out(order)
        assert sum(sandbox.trial_balance(tenant).values()) == 0
    client.close()


@pytest.fixture(scope="module")
def shared() -> Any:
    """One server for all examples, each with an organisation of its own."""
    with XeroSandbox() as running:
        yield running, []
