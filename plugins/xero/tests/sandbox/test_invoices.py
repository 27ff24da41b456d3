"""Invoices and credit notes: numbers, tax, totals, and what may follow on what."""

from decimal import Decimal
from typing import Any

import pytest

from bridge_xero_sandbox import XeroSandbox
from plugins.xero.tests.sandbox.client import TENANT, Client

LOCKED = "The document date cannot be before the period lock date, currently set at 31-Jan-2026"


def _count(sandbox: XeroSandbox, kind: str = "Invoices") -> int:
    return len(sandbox.entities(TENANT, kind))


def _void(client: Client, invoice: Any, status: str = "VOIDED") -> Any:
    return client.post(f"Invoices/{invoice['InvoiceID']}", {"Invoices": [{"Status": status}]})


def test_a_number_is_taken_for_good_also_by_a_voided_invoice(client: Client) -> None:
    """F04"""
    invoice = client.create("Invoices", client.invoice(number="S-1"))
    assert client.refused("Invoices", client.invoice(number="S-1")) == ["Invoice # must be unique."]
    assert _void(client, invoice).status == 200
    assert client.refused("Invoices", client.invoice(number="S-1")) == ["Invoice # must be unique."]

    client.create("CreditNotes", client.note(number="S-1"))
    assert client.refused("CreditNotes", client.note(number="S-1")) == ["Invoice # must be unique."]
    bill = {**client.invoice(("10.00", "6100", "NONE"), number="S-1"), "Type": "ACCPAY"}
    assert {client.create("Invoices", bill)["InvoiceNumber"] for _ in range(2)} == {"S-1"}


def test_post_overwrites_the_invoice_of_a_known_number_where_put_refuses(client: Client, sandbox: XeroSandbox) -> None:
    """F03"""
    client.create("Invoices", client.invoice(number="S-1"))
    answer = client.post("Invoices", {"Invoices": [client.invoice(("60.00", "4000", "OUTPUT2"), number="S-1")]})

    assert answer.json["Invoices"][0]["Total"] == 60
    assert _count(sandbox) == 1
    assert sandbox.trial_balance(TENANT) == {"1100": 6000, "2120": -1000, "4000": -5000}


def test_post_to_the_number_of_a_paid_or_voided_invoice_is_refused(client: Client) -> None:
    """F04"""
    paid = client.create("Invoices", client.invoice(number="S-1"))
    client.create("Payments", client.payment(paid, "120.00"))
    _void(client, client.create("Invoices", client.invoice(number="S-2")))
    for number in ("S-1", "S-2"):
        answer = client.post("Invoices", {"Invoices": [client.invoice(number=number)]})
        assert answer.messages == ["Invoice not of valid status for modification"]


def test_an_invoice_without_a_number_gets_the_next(client: Client) -> None:
    client.create("Invoices", client.invoice(number="INV-0002"))

    assert [client.create("Invoices", client.invoice())["InvoiceNumber"] for _ in range(2)] == ["INV-0003", "INV-0004"]


@pytest.mark.parametrize(
    ("types", "tax", "total"),
    [("Exclusive", "6.03", "36.12"), ("Inclusive", "5.01", "30.09"), ("NoTax", "0.00", "30.09")],
)
def test_tax_is_rounded_on_each_line_and_then_added(client: Client, types: str, tax: str, total: str) -> None:
    """F15: 20 % of 30.09 in one would be 6.02, and the sixth of it 5.02."""
    made = client.create("Invoices", client.invoice(*[("10.03", "4000", "OUTPUT2")] * 3, LineAmountTypes=types))

    assert (str(made["TotalTax"]), str(made["Total"])) == (tax, total)
    assert made["SubTotal"] == made["Total"] - made["TotalTax"]


def test_a_stated_tax_amount_stands(client: Client, sandbox: XeroSandbox) -> None:
    """F18: the channel's own cent is kept."""
    body = client.invoice()
    body["LineItems"][0]["TaxAmount"] = Decimal("19.99")
    made = client.create("Invoices", body)

    assert (made["TotalTax"], made["SubTotal"], made["Total"]) == (Decimal("19.99"), Decimal("100.01"), 120)
    assert sandbox.trial_balance(TENANT) == {"1100": 12000, "2120": -1999, "4000": -10001}


def test_a_line_without_tax_type_takes_its_accounts(client: Client) -> None:
    body = client.invoice()
    del body["LineItems"][0]["TaxType"]

    assert client.create("Invoices", body)["LineItems"][0]["TaxType"] == "OUTPUT2"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"TaxType": "INPUT2"}, "The TaxType code 'INPUT2' cannot be used with account code '4000'."),
        ({"TaxType": "GSTONX"}, "The TaxType code 'GSTONX' does not exist or cannot be used"),
        ({"AccountCode": "9999"}, "Account code '9999' is not a valid code for this document."),
        ({"AccountCode": "1000"}, "Account code '1000' is not a valid code for this document."),
        ({"AccountCode": "1100"}, "Account code '1100' is not a valid code for this document."),
        ({"AccountCode": ""}, "Account code '' is not a valid code for this document."),
        ({"Description": ""}, "Description must be specified"),
        ({"Description": "x" * 4001}, "must not be longer than 4000"),
        ({"Quantity": -1}, "The quantity value '-1.0000' is invalid."),
        ({"LineAmount": 121}, "The line total 121.00 does not match the expected line total 120.00"),
        ({"Tracking": [{"Name": "Channel", "Option": "Fax"}]}, "The tracking option Channel: Fax does not exist."),
        ({"Tracking": [{"Name": "a", "Option": "b"}] * 3}, "At most two tracking categories"),
    ],
)
def test_a_line_that_breaks_a_rule_is_refused_with_xeros_words(
    client: Client, sandbox: XeroSandbox, line: dict[str, Any], message: str
) -> None:
    sandbox.set(TENANT, tracking={"Channel": ["Shopify"]})
    body = client.invoice()
    body["LineItems"][0] |= line

    assert message in client.refused("Invoices", body)[0]
    assert _count(sandbox) == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"LineItems": []}, "One or more line items must be specified"),
        ({"Contact": {}}, "A Contact must be specified"),
        ({"Contact": {"ContactID": "00000000-0000-4000-8000-000000000009"}}, "The contact could not be found"),
        ({"Total": 121}, "The document total does not equal the sum of the lines."),
        ({"CurrencyCode": "USD"}, "Organisation is not subscribed to currency USD"),
        ({"Reference": "r" * 256}, "The Reference must not be longer than 255"),
        ({"Url": "https://go.xero.com/1"}, "The Url must not contain"),
        ({"Status": "PAID"}, "The status PAID is not valid"),
        ({"Type": None}, "Type must be specified"),
    ],
)
def test_a_document_that_breaks_a_rule_is_refused(client: Client, change: dict[str, Any], message: str) -> None:
    body = {key: value for key, value in {**client.invoice(), **change}.items() if value is not None}

    assert client.refused("Invoices", body)[0].startswith(message)


def test_a_negative_total_is_refused_and_a_zero_one_is_paid_at_once(client: Client) -> None:
    assert client.refused("Invoices", client.invoice(("-1.00", "4000", "NONE")))[0].startswith("The document total")
    made = client.create("Invoices", client.invoice(("5.00", "4000", "NONE"), ("-5.00", "4100", "NONE")))

    assert (made["Status"], made["AmountDue"]) == ("PAID", 0)
    assert _void(client, made).json["Invoices"][0]["Status"] == "VOIDED"


def test_drafts_book_nothing_pass_the_lock_and_are_deleted_not_voided(client: Client, sandbox: XeroSandbox) -> None:
    """F39"""
    sandbox.set(TENANT, period_lock_date="2026-01-31")
    draft = client.create("Invoices", client.invoice(Status="DRAFT"))
    assert sandbox.trial_balance(TENANT) == {}
    assert _void(client, draft).messages == ["Invoice not of valid status for modification"]
    assert _void(client, draft, "AUTHORISED").messages == [LOCKED]
    assert _void(client, draft, "DELETED").json["Invoices"][0]["Status"] == "DELETED"
    assert [found["Status"] for found in client.find("Invoices")] == ["DELETED"]
    assert _void(client, draft, "AUTHORISED").messages == ["Invoice not of valid status for modification"]


def test_nothing_is_booked_voided_or_paid_in_a_locked_period(client: Client, sandbox: XeroSandbox) -> None:
    """F38"""
    made = client.create("Invoices", client.invoice())
    sandbox.set(TENANT, period_lock_date="2026-01-31")

    assert client.refused("Invoices", client.invoice()) == [LOCKED]
    assert _void(client, made).messages == [LOCKED]
    assert client.refused("Payments", client.payment(made, "1.00")) == [LOCKED]
    assert client.refused("ManualJournals", client.journal(("6100", "1.00"), ("4000", "-1.00"))) == [LOCKED]
    assert client.refused("BankTransactions", client.transaction()) == [LOCKED]
    assert client.refused("BankTransfers", client.transfer(on="2026-01-31")) == [LOCKED]
    assert client.create("Invoices", client.invoice(on="2026-02-01"))["Status"] == "AUTHORISED"


def test_an_adviser_passes_the_period_lock_but_not_the_year_lock(client: Client, sandbox: XeroSandbox) -> None:
    """F39"""
    sandbox.set(TENANT, period_lock_date="2026-01-31", end_of_year_lock_date="2025-12-31", adviser=True)
    assert client.create("Invoices", client.invoice())["Status"] == "AUTHORISED"
    assert client.refused("Invoices", client.invoice(on="2025-12-31")) == [
        "The document date cannot be before the end of year lock date, currently set at 31-Dec-2025"
    ]
    actions = {found["Name"]: found["Status"] for found in client.get("Organisation/Actions").json["Actions"]}
    assert actions["ApproveTransactionsBeforePeriodLockDate"] == "ALLOWED"
    card = client.get("Organisation").json["Organisations"][0]
    assert (card["PeriodLockDate"], card["EndOfYearLockDate"]) == (
        "/Date(1769817600000+0000)/",
        "/Date(1767139200000+0000)/",
    )


def test_an_invoice_with_a_payment_keeps_its_amounts_and_is_not_voided(client: Client, sandbox: XeroSandbox) -> None:
    made = client.create("Invoices", client.invoice(number="S-1"))
    client.create("Payments", client.payment(made, "20.00"))
    path = f"Invoices/{made['InvoiceID']}"
    locked = ["This document cannot be edited as it has a payment or credit note allocated to it."]

    assert _void(client, made).messages == locked
    assert client.post(path, {"Invoices": [client.invoice(("60.00", "4000", "OUTPUT2"))]}).messages == locked
    assert client.post(path, {"Invoices": [{"Date": "2026-02-01"}]}).messages == locked
    changed = client.post(path, {"Invoices": [{"Reference": "looked at", "DueDate": "2026-03-01"}]})
    assert changed.json["Invoices"][0]["Reference"] == "looked at"
    assert sandbox.trial_balance(TENANT) == {"1100": 10000, "1200": 2000, "2120": -2000, "4000": -10000}


def test_an_authorised_invoice_may_be_changed_while_it_is_unpaid(client: Client, sandbox: XeroSandbox) -> None:
    made = client.create("Invoices", client.invoice(number="S-1"))
    answer = client.post(f"Invoices/{made['InvoiceID']}", {"Invoices": [{"InvoiceNumber": "S-1-void"}]})
    assert answer.json["Invoices"][0]["Total"] == 120
    assert client.create("Invoices", client.invoice(number="S-1"))["InvoiceNumber"] == "S-1"
    assert _void(client, made).status == 200
    assert sandbox.trial_balance(TENANT)["1100"] == 12000


def test_only_a_sales_invoice_takes_a_discount(client: Client) -> None:
    body = client.invoice()
    body["LineItems"][0]["DiscountRate"] = 10
    assert client.create("Invoices", body)["Total"] == 108
    note = client.note()
    note["LineItems"][0]["DiscountRate"] = 10
    assert client.refused("CreditNotes", note) == ["Discounts are for sales invoices only."]


def test_unit_prices_have_two_decimals_unless_four_are_asked_for(client: Client) -> None:
    body = client.invoice(LineAmountTypes="NoTax")
    body["LineItems"][0] |= {"Quantity": 1000, "UnitAmount": Decimal("0.0123"), "TaxType": "NONE"}

    assert client.create("Invoices", body)["Total"] == 10
    assert client.create("Invoices", body, unitdp="4")["Total"] == Decimal("12.30")


def test_a_foreign_document_is_booked_at_its_rate_or_the_days(client: Client, sandbox: XeroSandbox) -> None:
    assert client.put("Currencies", {"Code": "USD"}).status == 200
    assert [found["Code"] for found in client.find("Currencies")] == ["GBP", "USD"]
    line = ("100.00", "4000", "NONE")
    stated = client.create("Invoices", client.invoice(line, CurrencyCode="USD", CurrencyRate=Decimal("1.3")))
    assert sandbox.trial_balance(TENANT) == {"1100": 7692, "4000": -7692}
    default = client.create("Invoices", client.invoice(line, CurrencyCode="USD"))
    assert default["CurrencyRate"] == Decimal("1.25")
    pay = client.payment(stated, "100.00") | {"CurrencyRate": Decimal("1.25")}
    client.create("Payments", pay)
    assert sandbox.trial_balance(TENANT) == {"1100": 8000, "1200": 8000, "4000": -15692, "7900": -308}


def test_a_contact_is_named_made_or_edited_by_a_document(client: Client) -> None:
    client.create("Invoices", client.invoice(Contact={"Name": "Walk-in"}))
    client.create("Invoices", client.invoice(Contact={"Name": "walk-in"}))
    assert [found["Name"] for found in client.find("Contacts", order="Name")] == ["Sales channels", "Walk-in"]
    client.refused("Invoices", client.invoice(("1.00", "9999", "NONE"), Contact={"Name": "Nobody yet"}))
    assert len(client.find("Contacts")) == 2
    client.create("Invoices", client.invoice(Contact={**client.contact, "EmailAddress": "a@example.com"}))
    assert client.find("Contacts", where='Name=="Sales channels"')[0]["EmailAddress"] == "a@example.com"


def test_contact_names_are_unique_among_the_active(client: Client) -> None:
    """F46"""
    body = {"Contacts": [{"Name": "Shop"}]}
    first = client.put("Contacts", body).json["Contacts"][0]
    assert client.put("Contacts", body).messages[0].startswith("The contact name Shop is already assigned")
    again = client.post("Contacts", {"Contacts": [{"Name": "Shop", "ContactNumber": "shop:1"}]}).json["Contacts"][0]
    assert again["ContactID"] == first["ContactID"]
    archived = {"Contacts": [{"ContactNumber": "shop:1", "ContactStatus": "ARCHIVED"}]}
    assert client.post("Contacts", archived).status == 200
    assert client.find("Contacts", where='Name=="Shop"') == []
    assert len(client.find("Contacts", where='Name=="Shop"', includeArchived="true")) == 1
    assert client.refused("Invoices", client.invoice(Contact={"ContactID": first["ContactID"]}))[0].startswith(
        "The contact is archived"
    )
    assert client.put("Contacts", body).status == 200
    assert client.post("Contacts", {"Contacts": [{"ContactNumber": "x"}]}).messages == ["Name must be specified"]
