"""Every recipe of a body, in an order a merchant's books could see it."""

import json
from pathlib import Path
from typing import Any

from bridge_xero_sandbox import XeroSandbox
from plugins.xero.tests.sandbox.client import Answer, Client

RECIPES = Path(__file__).parent / "recipes"
ACCOUNTS = (
    ("200", "Sales", "REVENUE"),
    ("201", "Refunds", "REVENUE"),
    ("202", "Discounts", "REVENUE"),
    ("404", "Bank Fees", "EXPENSE"),
    ("825", "Sales Tax", "CURRLIAB"),
    ("090", "Business Bank", "BANK"),
    ("091", "Processor Bank", "BANK"),
)
# Which object each placeholder stands for.
CONTACTS = ("c0ffee00-0000-4000-8000-000000000001", "c0ffee00-0000-4000-8000-000000000004")
INVOICE = "c0ffee00-0000-4000-8000-000000000002"
NOTE = "c0ffee00-0000-4000-8000-000000000003"
TRANSACTION = "c0ffee00-0000-4000-8000-000000000005"
JOURNAL = "c0ffee00-0000-4000-8000-000000000006"


class Kitchen:
    """Sends recipes with real ids in place of their placeholders."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.ids = dict.fromkeys(CONTACTS, client.contact["ContactID"])
        self.seen: set[str] = set()

    def send(self, name: str, **changes: str) -> Answer:
        self.seen.add(name)
        recipe = json.loads((RECIPES / f"{name}.json").read_text())
        text = json.dumps(recipe["body"])
        for placeholder, id in {**self.ids, **changes}.items():
            text = text.replace(placeholder, id)
        path = recipe["path"].strip("/")
        for part, placeholder in (
            ("{InvoiceID}", INVOICE),
            ("{CreditNoteID}", NOTE),
            ("{BankTransactionID}", TRANSACTION),
            ("{ManualJournalID}", JOURNAL),
            ("{PaymentID}", "payment"),
        ):
            path = path.replace(part, self.ids.get(placeholder, ""))
        answer = self.client.write(recipe["method"], path, json.loads(text))
        assert answer.status == 200, (name, answer.text)
        return answer

    def make(self, name: str, placeholder: str = "", **changes: str) -> Any:
        """Send a recipe, give the object made, and let a placeholder stand for it from now on."""
        answer = self.send(name, **changes)
        kind, elements = next((key, value) for key, value in answer.json.items() if isinstance(value, list))
        if placeholder:
            self.ids[placeholder] = elements[0][f"{kind[:-1]}ID"]
        return elements[0]


def _prepare(client: Client) -> None:
    for code, name, type_ in ACCOUNTS:
        bank = {"BankAccountNumber": f"20-00-00 {code}"} if type_ == "BANK" else {}
        answer = client.put("Accounts", {"Code": code, "Name": name, "Type": type_, **bank})
        assert answer.status == 200, answer.text


def test_every_recipe_is_accepted_and_books_what_it_says(sandbox: XeroSandbox) -> None:
    tracking = {"Channel": ["Shopify"], "Region": ["UK"]}
    sandbox.add_organisation("kitchen", chart="system", currencies=["USD"], tracking=tracking)
    client = Client(sandbox, "kitchen")
    _prepare(client)
    kitchen = Kitchen(client)
    assert kitchen.make("account_clearing_create")["EnablePaymentsToAccount"] is True
    kitchen.make("contact_create")

    summary = kitchen.make("invoice_accrec_payout_summary", INVOICE)
    assert (str(summary["Total"]), str(summary["TotalTax"])) == ("1158.97", "190.00")
    payment = kitchen.make("payment_to_clearing", "payment")
    assert client.find("Invoices", InvoiceNumbers=summary["InvoiceNumber"])[0]["Status"] == "PAID"
    kitchen.send("payment_delete")
    assert payment["PaymentID"] in {found["PaymentID"] for found in client.find("Payments", where='Status=="DELETED"')}
    kitchen.send("history_note")
    assert kitchen.make("invoice_void")["Status"] == "VOIDED"

    order = kitchen.make("invoice_accrec_order", INVOICE)
    assert (str(order["SubTotal"]), str(order["Total"])) == ("25.06", "30.07")
    assert str(kitchen.make("creditnote_refund", NOTE)["Total"]) == "30.07"
    kitchen.send("creditnote_allocation")
    assert client.get(f"Invoices/{order['InvoiceID']}").json["Invoices"][0]["Status"] == "PAID"
    kitchen.make("creditnote_refund", NOTE, **{"SHP-RF-1001": "SHP-RF-1002"})
    assert kitchen.make("payment_refund_of_creditnote")["PaymentType"] == "ARCREDITPAYMENT"
    assert kitchen.make("invoice_multicurrency")["CurrencyCode"] == "USD"

    kitchen.make("manualjournal_payout", JOURNAL)
    assert kitchen.make("manualjournal_void")["Status"] == "VOIDED"
    kitchen.make("banktransaction_receive")
    kitchen.make("banktransaction_spend_fee", TRANSACTION)
    assert kitchen.make("banktransaction_delete")["Status"] == "DELETED"
    assert kitchen.make("overpayment_receive")["OverpaymentID"]
    kitchen.make("banktransfer")

    assert kitchen.seen == {recipe.stem for recipe in RECIPES.glob("*.json")}
    assert sandbox.trial_balance("kitchen") == {
        "090": 120000 + 10000 + 102147,
        "091": -102147,
        "1100": -10000 + 7907,  # an overpayment, and 99.99 dollars at 1.2645
        "200": -2506 - 100000 - 7907,
        "201": 2506 + 2506,
        "2120": -501 + 501 + 501 - 20000,
        "620": -3007,
    }
    client.close()
