"""What the fake refuses, by schema and by business rule, and with which code."""

import json
from pathlib import Path
from typing import Any

import pytest

from bridge_quickbooks_sandbox import QuickBooksSandbox
from bridge_quickbooks_sandbox.schema import load_schema
from bridge_quickbooks_sandbox.wire import decode, encode
from plugins.quickbooks.tests.sandbox.client import REALM, Client

RECIPES = sorted((Path(__file__).parent / "recipes").glob("*.json"))
KINDS = {
    "creditmemo": "CreditMemo",
    "deposit": "Deposit",
    "invoice": "Invoice",
    "journalentry": "JournalEntry",
    "payment": "Payment",
    "purchase": "Purchase",
    "refundreceipt": "RefundReceipt",
    "salesreceipt": "SalesReceipt",
    "sparse": "SalesReceipt",
    "transfer": "Transfer",
}


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_every_recipe_is_valid_by_the_published_schema(recipe: Path) -> None:
    read = load_schema().read(KINDS[recipe.stem.split("_")[0]], decode(recipe.read_bytes()))

    assert set(read) == set(json.loads(recipe.read_text()))


def test_the_payout_recipes_are_booked_as_they_stand(client: Client, sandbox: QuickBooksSandbox) -> None:
    placeholders = {"91": "1220", "83": "4100", "79": "4000", "88": "2100", "35": "1000"}
    for kind, name in (("JournalEntry", "journalentry_payout"), ("Transfer", "transfer_clearing_to_bank")):
        text = (Path(__file__).parent / "recipes" / f"{name}.json").read_text()
        for placeholder, number in placeholders.items():
            text = text.replace(f'"value": "{placeholder}"', f'"value": "{sandbox.account_id(REALM, number)}"')
        assert client.post_text(kind.lower(), text).status == 200

    assert sandbox.trial_balance(REALM) == {
        "1000": 102147,
        "1220": 105250 - 102147,
        "2100": -8250,
        "4000": -100000,
        "4100": 3000,
    }


def test_there_are_fifteen_recipes() -> None:
    assert len(RECIPES) == 15


def _body(client: Client, **changes: Any) -> Any:
    return {**client.sale(), **changes}


@pytest.mark.parametrize(
    ("changes", "code", "element"),
    [
        ({"Foo": "1"}, "2010", "Foo"),
        ({"TxnDate": "31.01.2026"}, "2010", "TxnDate"),
        ({"TxnDate": "2026-02-30"}, "2010", "TxnDate"),
        ({"Line": []}, "2020", "Line"),
        ({"Line": None}, "2020", "Line"),
        ({"DocNumber": "X" * 22}, "2050", "DocNumber"),
        ({"PrivateNote": "X" * 4001}, "2050", "PrivateNote"),
        ({"CurrencyRef": {"value": "EUR"}}, "6000", "CurrencyRef"),
        ({"ExchangeRate": 1.1}, "6000", "CurrencyRef"),
        ({"GlobalTaxCalculation": "Perhaps"}, "2170", "GlobalTaxCalculation"),
    ],
)
def test_a_wrong_header_is_refused_naming_the_element(
    client: Client, changes: dict[str, object], code: str, element: str
) -> None:
    answer = client.post("journalentry", _body(client, **changes))

    assert (answer.status, answer.code, answer.element) == (400, code, element)


@pytest.mark.parametrize(
    ("written", "code"),
    [("25.065", "2010"), ("2.506e1", "2010"), ('"a"', "2010"), ("null", "2020"), ("-25.06", "2290"), ("NaN", "2010")],
)
def test_a_wrong_amount_is_refused(client: Client, written: str, code: str) -> None:
    body = encode(client.sale()).decode().replace("25.06", written)

    assert client.post_text("journalentry", body).code == code


@pytest.mark.parametrize(
    ("postings", "code"),
    [
        ([("1200", "10.00"), ("4000", "-9.99")], "2300"),
        ([("1200", "0.00")], "2020"),
        ([("1100", "10.00"), ("4000", "-10.00")], "6000"),
        ([("1200", "10.00"), ("2000", "-10.00")], "6000"),
    ],
    ids=["unbalanced", "one line", "receivable without customer", "payable without vendor"],
)
def test_a_journal_must_balance_and_name_its_owners(client: Client, postings: list[tuple[str, str]], code: str) -> None:
    assert client.post("journalentry", client.journal(*postings)).code == code


def test_a_receivable_line_with_its_customer_is_taken(client: Client, sandbox: QuickBooksSandbox) -> None:
    customer = client.create("Customer", {"DisplayName": "Amazon customers"})
    body = client.journal(("1100", "10.00"), ("4000", "-10.00"))
    entity = {"Type": "Customer", "EntityRef": {"value": customer["Id"]}}
    body["Line"][0]["JournalEntryLineDetail"]["Entity"] = entity

    created = client.create("JournalEntry", body)

    read = created["Line"][0]["JournalEntryLineDetail"]["Entity"]["EntityRef"]
    assert read["name"] == "Amazon customers"
    assert sandbox.trial_balance(REALM) == {"1100": 1000, "4000": -1000}


@pytest.mark.parametrize("missing", ["PostingType", "AccountRef"])
def test_a_journal_line_needs_its_parts(client: Client, missing: str) -> None:
    body = client.sale()
    del body["Line"][1]["JournalEntryLineDetail"][missing]

    answer = client.post("journalentry", body)
    assert (answer.code, answer.element) == ("2020", missing)


def test_a_line_must_state_its_type_and_one_that_fits(client: Client) -> None:
    body = client.sale()
    del body["Line"][0]["DetailType"]
    assert client.post("journalentry", body).code == "2020"
    body["Line"][0]["DetailType"] = "SalesItemLineDetail"
    assert client.post("journalentry", body).code == "2010"


def test_a_transfer_takes_two_different_balance_sheet_accounts_and_a_positive_amount(client: Client) -> None:
    good = client.transfer()

    assert client.post("transfer", {**good, "ToAccountRef": client.account("6000")}).code == "6430"
    assert client.post("transfer", {**good, "ToAccountRef": client.account("1200")}).code == "6000"
    assert client.post("transfer", {**good, "Amount": 0}).code == "2290"
    assert client.post("transfer", {key: good[key] for key in good if key != "Amount"}).element == "Amount"
    assert client.post("transfer", {**good, "ToAccountRef": client.account("2050")}).status == 200


def test_an_expense_is_paid_from_a_bank_account_and_a_refund_from_money(client: Client) -> None:
    line = {
        "Amount": 3,
        "DetailType": "AccountBasedExpenseLineDetail",
        "AccountBasedExpenseLineDetail": {"AccountRef": client.account("6100")},
    }
    body = {"PaymentType": "Cash", "AccountRef": client.account("1260"), "Line": [line]}

    assert client.post("purchase", body).code == "6430"
    assert client.post("purchase", {**body, "AccountRef": client.account("1200")}).status == 200
    card = {**body, "PaymentType": "CreditCard"}
    assert client.post("purchase", {**card, "AccountRef": client.account("1200")}).code == "6430"
    assert client.post("purchase", {**card, "AccountRef": client.account("2050")}).status == 200


def test_a_multi_currency_company_wants_the_currency_named_and_books_at_the_rate(
    client: Client, sandbox: QuickBooksSandbox
) -> None:
    sandbox.set(REALM, multi_currency=True)
    body = client.journal(("1200", "10.01"), ("1210", "10.01"), ("4000", "-20.02"))

    assert client.post("journalentry", body).code == "2020"
    created = client.create("JournalEntry", {**body, "CurrencyRef": {"value": "EUR"}, "ExchangeRate": 1.0832})
    assert str(created["HomeTotalAmt"]) == "21.69"
    balances = sandbox.trial_balance(REALM)
    assert balances["1200"] == balances["1210"] == 1084
    assert sum(balances.values()) == 0


def test_an_account_in_another_currency_is_refused(client: Client, sandbox: QuickBooksSandbox) -> None:
    sandbox.set(REALM, multi_currency=True)
    account = {"Name": "GBP bank", "AccountType": "Bank", "AccountSubType": "Checking", "AcctNum": "1011"}
    client.create("Account", {**account, "CurrencyRef": {"value": "GBP"}})
    body = {**client.transfer(), "ToAccountRef": client.account("1011"), "CurrencyRef": {"value": "EUR"}}

    assert client.post("transfer", body).code == "6000"
    assert client.post("transfer", {**body, "CurrencyRef": {"value": "GBP"}}).status == 200


def test_classes_are_dropped_unless_tracked_and_checked_when_they_are(
    client: Client, sandbox: QuickBooksSandbox
) -> None:
    body = client.sale()
    body["Line"][0]["JournalEntryLineDetail"]["ClassRef"] = {"value": "77"}
    created = client.create("JournalEntry", body)
    assert "ClassRef" not in created["Line"][0]["JournalEntryLineDetail"]

    sandbox.set(REALM, track_classes=True)
    assert client.post("journalentry", {**body, "DocNumber": "S-2"}).code == "2500"


def test_a_body_that_is_no_json_object_or_of_another_type_is_refused(client: Client) -> None:
    assert client.post_text("journalentry", "[]").code == "2010"
    assert client.post_text("journalentry", "{").code == "2010"
    answer = client.post_text("journalentry", "{}", content_type="text/xml")
    assert (answer.status, answer.code) == (415, "1050")
    assert client.post("nothing", {}).code == "500"
    assert client.post("taxcode", {"Name": "x"}).code == "500"


def test_accounts_are_created_deactivated_and_never_twice(client: Client) -> None:
    body = {"Name": "Walmart clearing", "AccountType": "Bank", "AccountSubType": "CashOnHand", "AcctNum": "1245"}
    created = client.create("Account", body)

    assert (created["Classification"], created["CurrentBalance"], created["Active"]) == ("Asset", 0, True)
    assert client.post("account", {**body, "AcctNum": "1246"}).code == "6240"
    assert client.post("account", {**body, "Name": "Other"}).code == "6240"
    assert client.post("account", {"Name": "a:b", "AccountType": "Bank"}).code == "2040"
    assert client.post("account", {"Name": "Nameless"}).element == "AccountType"
    client.create("Account", {**created, "Active": False})
    assert client.query("select * from Account where AcctNum = '1245'") == {}
    assert len(client.query("select * from Account where AcctNum = '1245' and Active = false")["Account"]) == 1
    assert client.post("account", {"Id": created["Id"], "SyncToken": "1"}, operation="delete").code == "500"


def test_a_customer_and_a_vendor_cannot_share_a_name(client: Client) -> None:
    client.create("Customer", {"DisplayName": "Amazon"})

    assert client.post("vendor", {"DisplayName": "amazon"}).code == "6240"
