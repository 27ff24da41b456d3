"""What the service forgives, of which other clients send much; and the limits that it does not forgive."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from bridge_quickbooks_sandbox import QuickBooksSandbox
from plugins.quickbooks.tests.sandbox.client import REALM, Client


def _receipt(client: Client, lines: int = 1, code: str = "NON") -> dict[str, Any]:
    item = client.query("select * from Item maxresults 1")["Item"][0]
    detail = {"ItemRef": {"value": item["Id"]}, "TaxCodeRef": {"value": code}}
    line = {"Amount": 1, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
    return {"TxnDate": "2026-01-31", "Line": [line] * lines}


@pytest.mark.parametrize(
    "unset",
    [
        {"PrivateNote": ""},
        {"DocNumber": None},
        {"ExchangeRate": 0},
        {"ExchangeRate": "1"},
        {"TotalAmt": ""},
        {"SyncToken": 0},
        {"LinkedTxn": []},
        {"CustomField": []},
        {"CustomerRef": {"value": "", "name": ""}},
        {"CustomerMemo": {"value": ""}},
        {"CustomField": [{"DefinitionId": "1", "Name": "Crew #", "Type": "StringType"}]},
        {"ShipDate": "", "DueDate": "", "ApplyTaxAfterDiscount": "", "GlobalTaxCalculation": "TaxExcluded"},
    ],
)
def test_what_nobody_set_is_passed_over(client: Client, unset: dict[str, object]) -> None:
    made = client.create("SalesReceipt", {**_receipt(client), **unset})

    assert made["TotalAmt"] == 1
    assert [key for key in unset if made.get(key) in ("", None, []) and key in made] == []


@pytest.mark.parametrize("unset", [{"LineNum": 0}, {"LinkedTxn": []}, {"Description": ""}, {"Id": ""}, {"Id": None}])
def test_a_line_may_say_nothing_at_length(client: Client, unset: dict[str, object]) -> None:
    body = client.sale()
    body["Line"] = [{**line, **unset} for line in body["Line"]]

    assert [line["Id"] for line in client.create("JournalEntry", body)["Line"]] == ["0", "1"]


def test_quantity_and_price_of_zero_are_no_price(client: Client) -> None:
    body = _receipt(client)
    body["Line"][0]["SalesItemLineDetail"] |= {"Qty": 0, "UnitPrice": 0}
    assert client.create("SalesReceipt", body)["TotalAmt"] == 1

    body["Line"][0]["SalesItemLineDetail"] |= {"Qty": 2}
    assert client.post("salesreceipt", body).code == "6070"


def test_required_fields_are_wanted_all_the_same(client: Client) -> None:
    empty: tuple[object, ...] = ([], "", None)
    for nothing in empty:
        assert client.post("salesreceipt", {**_receipt(client), "Line": nothing}).code == "2020"
    assert client.post("transfer", {**client.transfer(), "FromAccountRef": {"value": ""}}).code == "2020"


def test_an_empty_text_empties_a_field_in_a_sparse_update_and_null_leaves_it(client: Client) -> None:
    made = client.create("JournalEntry", {**client.sale(), "PrivateNote": "first"})
    sparse = {"Id": made["Id"], "SyncToken": made["SyncToken"], "sparse": True}
    kept = client.create("JournalEntry", {**sparse, "PrivateNote": None})
    assert kept["PrivateNote"] == "first"

    assert "PrivateNote" not in client.create("JournalEntry", {**sparse, "SyncToken": "1", "PrivateNote": ""})


def test_an_account_may_be_told_by_its_subtype_alone(client: Client) -> None:
    assert client.create("Account", {"Name": "Till", "AccountSubType": "CashOnHand"})["AccountType"] == "Bank"
    assert client.post("account", {"Name": "Nothing"}).code == "2020"


def test_ids_of_batch_items_are_short_only_where_the_call_has_a_request_id(client: Client) -> None:
    items = {"BatchItemRequest": [{"bId": "0" * 36, "operation": "create", "JournalEntry": client.sale()}]}

    assert "JournalEntry" in client.post("batch", items).json["BatchItemResponse"][0]
    told = client.post("batch", items, requestid="r").json["BatchItemResponse"][0]
    assert told["Fault"]["Error"][0]["code"] == "2130"


def test_a_company_in_the_united_states_takes_the_letters_of_iso_8859_1(
    client: Client, sandbox: QuickBooksSandbox
) -> None:
    """An em dash, a Polish name, an emoji: 2040. Elsewhere they are letters like others."""
    assert client.create("JournalEntry", {**client.sale(), "PrivateNote": "Café £5 ÿ"})["PrivateNote"] == "Café £5 ÿ"
    for strange in ("\N{EM DASH}", "Łódź", "\N{PARTY POPPER}"):
        refused = client.post("journalentry", {**client.sale(), "PrivateNote": strange})
        assert (refused.code, refused.element) == ("2040", "PrivateNote")

    sandbox.set(REALM, country="GB")
    assert client.post("journalentry", {**client.sale("S-2"), "PrivateNote": "Łódź"}).status == 200


def test_a_taxed_receipt_takes_750_lines_and_an_untaxed_one_more(client: Client) -> None:
    assert client.post("salesreceipt", _receipt(client, 750, "TAX")).status == 200
    refused = client.post("salesreceipt", _receipt(client, 751, "TAX"))
    assert (refused.status, refused.code, refused.element) == (400, "6000", "Line")
    assert client.post("salesreceipt", _receipt(client, 751)).status == 200


def test_no_more_calls_of_a_company_are_under_way_than_may_be(client: Client, sandbox: QuickBooksSandbox) -> None:
    sandbox.limits.is_on, sandbox.limits.most_under_way = True, 1
    sandbox.faults.order("delay", seconds=0.3)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(Client(sandbox).get, "preferences")
        while sandbox.faults.pending():
            pass
        refused = client.get("preferences")

        assert (refused.status, refused.code) == (429, "3001")
        assert slow.result().status == 200
    assert client.get("preferences").status == 200


def test_a_token_of_another_scope_opens_no_company(client: Client, sandbox: QuickBooksSandbox) -> None:
    client.access, _ = sandbox.issue_tokens(REALM, "com.intuit.quickbooks.payment openid")
    refused = client.get("preferences")
    assert (refused.status, refused.code) == (403, "3100")

    client.access, _ = sandbox.issue_tokens(REALM, "com.intuit.quickbooks.accounting")
    assert client.get("preferences").status == 200
