"""What Xero forgives, of which other clients send much; and the limits that it does not forgive."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from bridge_xero_sandbox import XeroSandbox
from plugins.xero.tests.sandbox.client import TENANT, Client


def test_a_null_says_nothing_wherever_it_stands(client: Client) -> None:
    body = client.invoice(Reference=None, CurrencyRate=None, Payments=None)
    body["LineItems"] = [
        {**line, "TaxAmount": None, "Tracking": None, "LineItemID": None} for line in body["LineItems"]
    ]

    made = client.create("Invoices", body)

    assert (made["Total"], made["TotalTax"]) == (120, 20)


def test_flags_that_a_client_sends_of_every_object_are_passed_over(client: Client) -> None:
    invoice = client.invoice(HasAttachments=False, HasErrors=False, IsDiscounted=False)
    contact = {"Name": "Somebody", "HasAttachments": False, "HasValidationErrors": False}

    assert client.create("Invoices", invoice)["Total"] == 120
    assert client.create("Contacts", contact)["Name"] == "Somebody"


def test_days_come_as_iso_text_with_or_without_a_time_or_as_microsofts(client: Client) -> None:
    for day in ("2026-01-31", "2026-01-31T00:00:00", "/Date(1769817600000)/", "/Date(1769817600000+0000)/"):
        assert client.create("Invoices", client.invoice(on=day))["DateString"] == "2026-01-31T00:00:00"


def test_no_more_calls_of_an_organisation_are_under_way_than_may_be(client: Client, sandbox: XeroSandbox) -> None:
    sandbox.limits.is_on, sandbox.limits.most_under_way = True, 1
    sandbox.faults.order("delay", seconds=0.3)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(Client(sandbox).get, "Organisation")
        while sandbox.faults.pending():
            pass
        refused = client.get("Organisation")

        assert (refused.status, refused.headers["X-Rate-Limit-Problem"]) == (429, "concurrent")
        assert "Retry-After" not in refused.headers
        assert slow.result().status == 200
    assert client.get("Organisation").status == 200


@pytest.mark.parametrize(
    ("scope", "may", "may_not"),
    [
        ("accounting.invoices", ("GET Invoices", "PUT Invoices", "GET CreditNotes"), ("GET Payments", "GET Accounts")),
        ("accounting.invoices.read", ("GET Invoices", "GET Items"), ("PUT Invoices", "PUT Items")),
        ("accounting.payments", ("GET Payments", "GET Overpayments", "GET Prepayments"), ("GET Invoices",)),
        ("accounting.banktransactions.read", ("GET BankTransactions", "GET BankTransfers"), ("PUT BankTransfers",)),
        ("accounting.manualjournals", ("GET ManualJournals", "PUT ManualJournals"), ("GET BankTransactions",)),
        ("accounting.contacts.read", ("GET Contacts",), ("PUT Contacts", "GET Organisation")),
        (
            "accounting.settings.read",
            ("GET Organisation", "GET TaxRates", "GET TrackingCategories", "GET Items"),
            ("PUT Accounts", "PUT Items"),
        ),
        ("accounting.transactions", ("PUT Invoices", "GET Payments", "PUT ManualJournals"), ("GET Contacts",)),
        ("accounting.reports.read", ("GET Reports/TrialBalance",), ("GET Organisation",)),
    ],
)
def test_a_scope_opens_its_endpoints_and_no_other(
    client: Client, sandbox: XeroSandbox, scope: str, may: tuple[str, ...], may_not: tuple[str, ...]
) -> None:
    client.access, _ = sandbox.issue_tokens(TENANT, f"offline_access {scope}")

    def status(asked: str) -> int:
        method, path = asked.split()
        return client.send(method, path, data=b"{}", headers={"Content-Type": "application/json"}).status

    assert [asked for asked in may if status(asked) in {401, 403}] == []
    assert [asked for asked in may_not if status(asked) != 401] == []


@pytest.mark.parametrize(
    "kind", ["Invoices", "Payments", "ManualJournals", "BankTransactions", "BankTransfers", "Accounts", "Items"]
)
@pytest.mark.parametrize("body", [{}, {"Unset": None}])
def test_a_body_that_holds_nothing_is_refused(client: Client, kind: str, body: dict[str, object]) -> None:
    assert client.put(kind, body).status == 400
    assert client.post("Currencies", body).status == 404
    assert client.put("Currencies", body).status == 400
