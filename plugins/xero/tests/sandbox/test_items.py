"""Items as Xero keeps them: who may read and add them, what lines take over from them, and what becomes of lines."""

from decimal import Decimal
from typing import Any

import pytest

from bridge.sandbox import BadRequestError
from bridge_xero_sandbox import XeroSandbox
from plugins.xero.tests.sandbox.client import TENANT, Client

MUG = {
    "Code": "MUG",
    "Name": "A mug",
    "Description": "Mug, white",
    "SalesDetails": {"AccountCode": "4000", "UnitPrice": 12, "TaxType": "ZERORATEDOUTPUT"},
    "PurchaseDetails": {"AccountCode": "5000", "UnitPrice": 3},
}

WORDS = {"Description": "Words"}


def sold(client: Client, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"Type": "ACCREC", "Contact": client.contact, "Status": "AUTHORISED", "LineItems": [*lines], **more}


def test_an_item_is_listed_and_found_by_its_id_and_by_its_code(client: Client) -> None:
    made = client.create("Items", MUG)

    assert client.find("Items") == [made]
    assert [client.get(f"Items/{key}").json["Items"] for key in (made["ItemID"], "MUG")] == [[made], [made]]
    assert client.get("Items/CUP").status == 404
    assert (made["IsSold"], made["IsPurchased"], made["IsTrackedAsInventory"]) == (True, True, False)
    assert client.find("Items", where='Code=="MUG"') == [made]


def test_a_line_takes_from_its_item_what_it_does_not_say_itself(client: Client) -> None:
    item = client.create("Items", MUG)
    own = {"Description": "Own", "UnitAmount": 5, "AccountCode": "4050", "TaxType": "OUTPUT2", "Quantity": 1}
    invoice = client.create("Invoices", sold(client, {"ItemCode": "MUG", "Quantity": 2}, {"ItemCode": "MUG", **own}))
    bill = client.create("Invoices", sold(client, {"ItemCode": "MUG"}, Type="ACCPAY"))

    keys = ("Description", "UnitAmount", "AccountCode", "TaxType")
    assert [tuple(line[key] for key in keys) for line in invoice["LineItems"]] == [
        ("Mug, white", Decimal(12), "4000", "ZERORATEDOUTPUT"),
        ("Own", Decimal(5), "4050", "OUTPUT2"),
    ]
    assert (bill["LineItems"][0]["AccountCode"], bill["Total"]) == ("5000", Decimal("3.60"))
    assert {line["ItemCode"] for line in invoice["LineItems"]} == {"MUG"}
    assert invoice["LineItems"][0]["Item"] == {"ItemID": item["ItemID"], "Name": "A mug", "Code": "MUG"}


@pytest.mark.parametrize("kind", ["Invoices", "CreditNotes", "BankTransactions"])
def test_a_code_that_is_none_is_refused_by_each_document_that_has_lines(client: Client, kind: str) -> None:
    line = {"ItemCode": "CUP", "Description": "Cup", "UnitAmount": 1, "AccountCode": "4000"}
    types = {"Invoices": "ACCREC", "CreditNotes": "ACCRECCREDIT", "BankTransactions": "RECEIVE"}
    more = {"BankAccount": {"Code": "1000"}} if kind == "BankTransactions" else {}

    assert client.refused(kind, sold(client, line, Type=types[kind], **more)) == ["Item code 'CUP' is not valid"]


def test_a_code_is_taken_once_and_names_accounts_that_there_are(client: Client) -> None:
    client.create("Items", MUG)

    assert client.refused("Items", MUG) == ["Price List Item with Code 'MUG' already exists"]
    assert client.refused("Items", {"Code": "CUP", "SalesDetails": {"AccountCode": "1"}}) == [
        "Account code '1' is not a valid code for this document."
    ]
    too_long = client.put("Items", {"Items": [{"Code": "M" * 31}]})
    assert (too_long.status, "is too long" in too_long.message) == (400, True)


def test_an_item_with_accounts_of_stock_and_of_cost_is_tracked_and_stays_while_a_line_names_it(client: Client) -> None:
    tracked = {"Code": "STOCK", "InventoryAssetAccountCode": "1300", "PurchaseDetails": {"COGSAccountCode": "5000"}}
    item = client.create("Items", tracked)
    assert (item["IsTrackedAsInventory"], item["QuantityOnHand"]) == (True, 0)

    client.create("Invoices", sold(client, {"ItemCode": "STOCK", "UnitAmount": 1, "AccountCode": "4000", **WORDS}))
    refused = client.send("DELETE", f"Items/{item['ItemID']}")
    assert (refused.status, "tracked as inventory" in refused.messages[0]) == (400, True)


def test_lines_show_a_code_that_was_changed_and_keep_that_of_an_item_which_is_gone(
    client: Client, sandbox: XeroSandbox
) -> None:
    item = client.create("Items", MUG)
    invoice = client.create("Invoices", sold(client, {"ItemCode": "MUG"}))
    changed = client.post(f"Items/{item['ItemID']}", {"Items": [{"Code": "CUP"}]})
    assert changed.json["Items"][0]["Name"] == "A mug"

    def line() -> Any:
        return client.get(f"Invoices/{invoice['InvoiceID']}").json["Invoices"][0]["LineItems"][0]

    def reworded(words: str) -> int:
        return client.post(f"Invoices/{invoice['InvoiceID']}", {"Invoices": [{"Reference": words}]}).status

    assert (line()["ItemCode"], line()["Item"]["Code"], reworded("one")) == ("CUP", "CUP", 200)
    assert client.find("Invoices", page=1)[0]["LineItems"][0]["ItemCode"] == "CUP"
    client.post("Items", {"Items": [{"Code": "CUP", "Name": "A cup"}]})
    assert [one["Name"] for one in client.find("Items")] == ["A cup"]

    assert client.send("DELETE", f"Items/{item['ItemID']}").status == 204
    assert client.find("Items") == []
    assert ("ItemCode" in line(), "Item" in line(), reworded("other")) == (True, False, 200)
    person = sandbox.tamper(TENANT)
    with pytest.raises(BadRequestError, match="no item CUP"):
        person.rename_item("CUP", "MUG")
    with pytest.raises(BadRequestError, match="no item CUP"):
        person.delete_item("CUP")


def test_what_a_person_adds_changes_and_sells_by_hand(client: Client, sandbox: XeroSandbox) -> None:
    person = sandbox.tamper(TENANT)
    client.create("Items", MUG)
    invoice = client.create("Invoices", sold(client, {"ItemCode": "MUG"}))
    person.add_item("STOCK", stock="1300", cost="5000")
    person.edit_item("Invoice", invoice["InvoiceID"], "BOOK")

    assert [one["Code"] for one in client.find("Items")] == ["MUG", "STOCK", "BOOK"]
    (shown,) = client.find("Invoices", page=1)
    assert shown["LineItems"][0]["Item"]["Code"] == "BOOK"
    person.edit_item("Invoice", invoice["InvoiceID"], "")
    assert "Item" not in client.find("Invoices", page=1)[0]["LineItems"][0]
