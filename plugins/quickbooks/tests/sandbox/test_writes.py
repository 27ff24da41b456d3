"""Creating, changing, voiding and deleting through the API."""

from decimal import Decimal

import pytest

from bridge_quickbooks_sandbox import QuickBooksSandbox
from bridge_quickbooks_sandbox.wire import encode
from plugins.quickbooks.tests.sandbox.client import REALM, Client


def test_a_created_journal_reads_back_by_id_and_by_query(client: Client) -> None:
    created = client.create("JournalEntry", client.sale("SHP-1"))

    assert (created["Id"], created["SyncToken"]) == ("101", "0")
    assert created["TotalAmt"] == Decimal("25.06")
    assert created["Line"][0]["JournalEntryLineDetail"]["AccountRef"]["name"] == "Amazon clearing"
    assert client.get("journalentry/101").json["JournalEntry"] == created
    assert client.query("select * from JournalEntry where DocNumber = 'SHP-1'")["JournalEntry"] == [created]


def test_books_follow_journals_and_transfers(client: Client, sandbox: QuickBooksSandbox) -> None:
    client.create("JournalEntry", client.sale())
    client.create("Transfer", client.transfer(10.01))

    assert sandbox.trial_balance(REALM) == {"1000": 1001, "1200": 1505, "4000": -2506}
    assert sandbox.trial_balance(REALM, as_of="2026-01-31") == {"1200": 2506, "4000": -2506}


def test_numbers_are_echoed_without_trailing_zeros_and_with_fields_nobody_sent(client: Client) -> None:
    body = encode(client.sale()).decode().replace("25.06", "100.00")
    answer = client.post_text("journalentry", body)

    assert '"Amount":100,' in answer.text
    assert (
        '"Amount":10.1,' in client.post_text("journalentry", body.replace("100.00", "10.10").replace("S-1", "S-2")).text
    )
    assert answer.json["JournalEntry"]["domain"] == "QBO"
    assert answer.headers["intuit_tid"]


def test_an_amount_sent_as_text_is_taken_as_the_schema_takes_it(client: Client) -> None:
    body = encode(client.sale()).decode().replace("25.06", '"25.06"')

    assert client.post_text("journalentry", body).json["JournalEntry"]["TotalAmt"] == Decimal("25.06")


def test_a_stale_token_is_refused_and_changes_nothing(client: Client, sandbox: QuickBooksSandbox) -> None:
    """F45"""
    created = client.create("JournalEntry", client.sale())
    sandbox.tamper(REALM).change_note("JournalEntry", created["Id"], "mine")

    for query in ({}, {"operation": "delete"}):
        answer = client.post("journalentry", {**created, "PrivateNote": "ours"}, **query)
        assert (answer.status, answer.code) == (400, "5010")
    assert sandbox.entities(REALM, "JournalEntry")[0]["PrivateNote"] == "mine"


def test_what_was_read_can_be_sent_back_whole(client: Client) -> None:
    created = client.create("JournalEntry", client.sale())
    updated = client.create("JournalEntry", {**created, "PrivateNote": "checked"})

    assert (updated["SyncToken"], updated["PrivateNote"]) == ("1", "checked")
    assert updated["Line"] == created["Line"]


def test_a_full_update_empties_what_it_leaves_out_and_a_sparse_one_keeps_it(client: Client) -> None:
    created = client.create("JournalEntry", client.sale() | {"PrivateNote": "payout 1"})
    sparse = client.create("JournalEntry", {"Id": created["Id"], "SyncToken": "0", "sparse": True, "DocNumber": "S-9"})
    full = client.create("JournalEntry", {**client.sale("S-10"), "Id": created["Id"], "SyncToken": "1"})

    assert (sparse["PrivateNote"], sparse["Line"]) == ("payout 1", created["Line"])
    assert "PrivateNote" not in full
    assert client.query("select * from JournalEntry where DocNumber = 'S-9'") == {}


def test_a_refused_sparse_update_leaves_the_books_alone(client: Client, sandbox: QuickBooksSandbox) -> None:
    created = client.create("JournalEntry", client.sale())
    before = sandbox.entities(REALM, "JournalEntry")
    lines = client.journal(("1200", "5.00"), ("4000", "-4.00"))["Line"]
    answer = client.post("journalentry", {"Id": created["Id"], "SyncToken": "0", "sparse": True, "Line": lines})

    assert answer.code == "2300"
    assert sandbox.entities(REALM, "JournalEntry") == before


def test_a_deleted_object_is_gone_from_reads_and_queries(client: Client, sandbox: QuickBooksSandbox) -> None:
    created = client.create("JournalEntry", client.sale())
    answer = client.post("journalentry", {"Id": created["Id"], "SyncToken": "0"}, operation="delete")

    assert answer.json["JournalEntry"] == {"status": "Deleted", "domain": "QBO", "Id": created["Id"]}
    assert client.get(f"journalentry/{created['Id']}").code == "610"
    assert client.query("select * from JournalEntry") == {}
    assert sandbox.trial_balance(REALM) == {}


def test_a_taken_number_is_refused_with_the_id_of_its_holder(client: Client) -> None:
    """F02"""
    held = client.create("JournalEntry", client.sale("SHP-20260131"))
    answer = client.post("journalentry", client.sale("SHP-20260131"))

    assert (answer.status, answer.code) == (400, "6140")
    assert f"DocNumber=SHP-20260131 is assigned to TxnType=Journal Entry with TxnId={held['Id']}" in answer.detail
    assert client.post("journalentry", client.sale("SHP-20260131"), include="allowduplicatedocnum").status == 200


def test_a_taken_number_may_be_refused_in_french_or_as_6210(client: Client, sandbox: QuickBooksSandbox) -> None:
    """F02 F38"""
    client.create("JournalEntry", client.sale("S-1"))
    sandbox.set(REALM, language="fr", duplicate_code="6210")
    answer = client.post("journalentry", client.sale("S-1"))

    assert answer.code == "6210"
    assert "TxnType=Écriture de journal avec TxnId=101" in answer.detail


def test_a_company_may_allow_the_same_journal_number_twice(client: Client, sandbox: QuickBooksSandbox) -> None:
    sandbox.set(REALM, warn_duplicate_journal_numbers=False)
    client.create("JournalEntry", client.sale("S-1"))

    assert client.post("journalentry", client.sale("S-1")).status == 200


def test_a_number_is_free_again_once_its_holder_is_deleted_or_renumbered(client: Client) -> None:
    first = client.create("JournalEntry", client.sale("S-1"))
    client.create("JournalEntry", {**first, "DocNumber": "S-2"})
    second = client.create("JournalEntry", client.sale("S-1"))
    client.post("journalentry", {"Id": second["Id"], "SyncToken": "0"}, operation="delete")

    assert client.post("journalentry", client.sale("S-1")).status == 200


@pytest.mark.parametrize("operation", ["create", "update into", "update out of", "delete"])
def test_nothing_changes_on_or_before_the_closing_date(
    client: Client, sandbox: QuickBooksSandbox, operation: str
) -> None:
    """F38"""
    old = client.create("JournalEntry", client.sale("S-1", on="2026-01-31"))
    new = client.create("JournalEntry", client.sale("S-2", on="2026-02-01"))
    sandbox.set(REALM, book_close_date="2026-01-31")
    answer = {
        "create": lambda: client.post("journalentry", client.sale("S-3", on="2026-01-31")),
        "update into": lambda: client.post("journalentry", {**new, "TxnDate": "2026-01-15"}),
        "update out of": lambda: client.post("journalentry", {**old, "TxnDate": "2026-02-15"}),
        "delete": lambda: client.post("journalentry", old, operation="delete"),
    }[operation]()

    assert (answer.status, answer.code) == (400, "6210")
    assert client.get("preferences").json["Preferences"]["AccountingInfoPrefs"]["BookCloseDate"] == "2026-01-31"
    assert client.post("journalentry", client.sale("S-3", on="2026-02-01")).status == 200


def test_a_closed_period_may_be_told_by_its_other_code(client: Client, sandbox: QuickBooksSandbox) -> None:
    """F38"""
    sandbox.set(REALM, book_close_date="2026-01-31", closed_code="6200")

    assert client.post("journalentry", client.sale()).code == "6200"


def test_an_inactive_account_is_610_and_an_unknown_one_2500(client: Client, sandbox: QuickBooksSandbox) -> None:
    """F46"""
    body = client.sale()
    body["Line"][0]["JournalEntryLineDetail"]["AccountRef"]["value"] = "9999"
    assert client.post("journalentry", body).code == "2500"

    sandbox.tamper(REALM).deactivate("4000")
    assert client.post("journalentry", client.sale()).code == "610"


def test_a_cancelled_subscription_refuses_everything(client: Client, sandbox: QuickBooksSandbox) -> None:
    sandbox.set(REALM, is_active=False)

    assert client.post("journalentry", client.sale()).code == "6190"


def test_a_receipt_is_voided_by_update_and_an_invoice_by_operation(client: Client, sandbox: QuickBooksSandbox) -> None:
    customer = client.create("Customer", {"DisplayName": "Shopify customers"})
    item = client.query("select * from Item where Name = 'Product sales'")["Item"][0]
    line = {
        "Amount": 25.06,
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {"ItemRef": {"value": item["Id"]}},
    }
    body = {"CustomerRef": {"value": customer["Id"]}, "Line": [line], "TxnDate": "2026-01-31"}
    receipt = client.create("SalesReceipt", body)
    invoice = client.create("Invoice", body)
    assert client.post("salesreceipt", receipt, operation="void").code == "500"

    key = {"Id": receipt["Id"], "SyncToken": receipt["SyncToken"], "sparse": True}
    voided = client.create("SalesReceipt", key, operation="update", include="void")
    voided_invoice = client.create("Invoice", {"Id": invoice["Id"], "SyncToken": "0"}, operation="void")

    assert (voided["TotalAmt"], voided["PrivateNote"]) == (0, "Voided")
    assert (voided_invoice["Balance"], voided_invoice["PrivateNote"]) == (0, "Voided")
    assert sandbox.trial_balance(REALM) == {}
    assert client.post("journalentry", {"Id": "1", "SyncToken": "0"}, include="void").code == "500"


def test_the_company_numbers_sales_forms_itself_when_custom_numbers_are_off(
    client: Client, sandbox: QuickBooksSandbox
) -> None:
    sandbox.set(REALM, custom_txn_numbers=False)
    item = client.query("select * from Item where Name = 'Product sales'")["Item"][0]
    line = {
        "Amount": 1,
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {"ItemRef": {"value": item["Id"]}},
    }
    first = client.create("SalesReceipt", {"DocNumber": "OURS", "Line": [line]})
    second = client.create("SalesReceipt", {"DocNumber": "OURS", "Line": [line]})

    assert (first["DocNumber"], second["DocNumber"]) == ("1001", "1002")
    assert client.create("SalesReceipt", {**first, "DocNumber": "OURS"})["DocNumber"] == "1001"


def test_transfers_and_deposits_keep_no_number(client: Client) -> None:
    assert "DocNumber" not in client.create("Transfer", client.transfer() | {"DocNumber": "T-1"})
    answer = client.get("query", query="select * from Transfer where DocNumber = 'T-1'")
    assert answer.code == "4001"
