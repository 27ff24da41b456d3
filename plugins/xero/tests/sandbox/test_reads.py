"""Reading back: lists, filters, pages, changes, histories, reports."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator

from bridge_xero_sandbox import XeroSandbox, schema
from bridge_xero_sandbox.schema import load_schema
from plugins.xero.tests.sandbox.client import TENANT, Client


def _numbers(found: list[Any]) -> list[str]:
    return [invoice["InvoiceNumber"] for invoice in found]


@pytest.fixture
def three(client: Client, sandbox: XeroSandbox) -> list[Any]:
    made = []
    for day, number in enumerate(("S-1", "S-2", "S-3"), start=1):
        sandbox.clock.advance(1)
        body = client.invoice(number=number, on=f"2026-01-{day:02d}", Reference=f'order "{number}"')
        made.append(client.create("Invoices", body))
    return made


@pytest.mark.parametrize(
    ("where", "numbers"),
    [
        ('InvoiceNumber=="S-2"', ["S-2"]),
        (r'Reference == "order \"S-3\""', ["S-3"]),
        ("Date>=DateTime(2026,1,2)", ["S-2", "S-3"]),
        ("Date >= DateTime(2026, 01, 02) AND Date < DateTime(2026, 01, 03)", ["S-2"]),
        ('Status=="AUTHORISED" && Type=="ACCREC" && AmountDue>=120', ["S-1", "S-2", "S-3"]),
        ('Contact.Name=="Sales channels" AND InvoiceNumber!="S-1"', ["S-2", "S-3"]),
        ("AmountDue>120", []),
        ("amountpaid==0 and DueDate<=DateTime(2026,1,1)", ["S-1"]),
        ('Contact.ContactNumber=="c"', []),
        ('Status==true OR Status=="PAID"', None),
        ('Colour=="red"', None),
        ("Status==", None),
        ('Status=="PAID" AND', None),
        ("Status", None),
        ("Status==[1]", None),
    ],
)
def test_a_filter_on_the_optimised_fields_is_answered_and_others_refused(
    client: Client, three: list[Any], where: str, numbers: list[str] | None
) -> None:
    answer = client.get("Invoices", where=where)
    if numbers is None:
        assert (answer.status, answer.json["Type"]) in {(400, "QueryParseException"), (400, "HighVolumeException")}
    else:
        assert _numbers(answer.json["Invoices"]) == numbers


def test_a_filter_finds_by_id(client: Client, three: list[Any]) -> None:
    id, contact = three[1]["InvoiceID"], client.contact["ContactID"]

    assert _numbers(client.find("Invoices", where=f'InvoiceID==guid("{id}")')) == ["S-2"]
    assert len(client.find("Invoices", where=f'Contact.ContactID==Guid("{contact.upper()}")')) == 3
    client.create("Payments", client.payment(three[1], "1.00"))
    assert len(client.find("Payments", where=f'Invoice.InvoiceId==guid("{id}")')) == 1


def test_lists_of_ids_numbers_statuses_and_contacts_narrow_down(client: Client, three: list[Any]) -> None:
    ids = ",".join(found["InvoiceID"] for found in three[:2])
    assert _numbers(client.find("Invoices", IDs=ids)) == ["S-1", "S-2"]
    assert _numbers(client.find("Invoices", InvoiceNumbers="S-3, S-9")) == ["S-3"]
    assert client.find("Invoices", Statuses="VOIDED,DELETED") == []
    assert len(client.find("Invoices", ContactIDs=client.contact["ContactID"])) == 3
    assert len(client.find("CreditNotes", IDs="x")) == 0
    client.create("CreditNotes", client.note())
    assert len(client.find("CreditNotes", IDs="x")) == 1  # credit notes know no such parameter


def test_pages_bring_lines_and_counts_and_plain_lists_bring_neither(client: Client, three: list[Any]) -> None:
    first = client.get("Invoices", page=1, pageSize=2, order="InvoiceNumber DESC").json
    assert _numbers(first["Invoices"]) == ["S-3", "S-2"]
    assert first["pagination"] == {"page": 1, "pageSize": 2, "pageCount": 2, "itemCount": 3}
    assert len(first["Invoices"][0]["LineItems"]) == 1
    assert _numbers(client.find("Invoices", page=2, pageSize=2, order="InvoiceNumber DESC")) == ["S-1"]
    plain = client.get("Invoices").json
    assert "pagination" not in plain
    assert [found["LineItems"] for found in plain["Invoices"]] == [[], [], []]
    assert client.find("Invoices", page=1, summaryOnly="true")[0]["LineItems"] == []
    assert client.get("Invoices", page=0).status == 400
    assert client.get("Invoices", page=1, order="Colour").status == 400
    assert "pagination" not in client.get("BankTransfers", page=1).json


def test_changes_are_seen_by_the_second_voided_and_paid_ones_included(
    client: Client, sandbox: XeroSandbox, three: list[Any]
) -> None:
    """F13"""
    sandbox.clock.set(sandbox.clock.now().replace(microsecond=0))
    sandbox.clock.advance(2)
    since = sandbox.clock.now().isoformat().removesuffix("+00:00")
    assert client.find("Invoices", since) == []
    sandbox.clock.advance(0.9)
    client.post(f"Invoices/{three[0]['InvoiceID']}", {"Invoices": [{"Status": "VOIDED"}]})
    assert client.find("Invoices", since) == []  # within the same second
    sandbox.clock.advance(0.2)
    client.create("Payments", client.payment(three[1], "120.00"))
    assert [(found["InvoiceNumber"], found["Status"]) for found in client.find("Invoices", since)] == [("S-2", "PAID")]
    earlier = (sandbox.clock.now().replace(year=2000)).isoformat()
    assert _numbers(client.find("Invoices", earlier)) == ["S-3", "S-1", "S-2"]
    assert client.find("Invoices", Statuses="VOIDED")[0]["InvoiceNumber"] == "S-1"


def test_our_own_invoices_are_told_from_those_of_people(client: Client, sandbox: XeroSandbox) -> None:
    """F08"""
    client.create("Invoices", client.invoice(number="S-1"))
    sandbox.tamper(TENANT).add_foreign("1100", "4000", "5.00", "2026-01-31", entity="Invoice", number="HAND-1")

    assert _numbers(client.find("Invoices")) == ["S-1", "HAND-1"]
    assert _numbers(client.find("Invoices", createdByMyApp="true")) == ["S-1"]


def test_one_object_is_read_by_id_in_any_case_or_by_number(client: Client, three: list[Any]) -> None:
    for key in (three[0]["InvoiceID"].upper(), "S-1"):
        assert client.get(f"Invoices/{key}").json["Invoices"][0]["InvoiceNumber"] == "S-1"
    missing = client.get("Invoices/00000000-0000-4000-8000-000000000009")
    assert (missing.status, missing.text) == (404, "The resource you're looking for cannot be found")
    assert client.get("Nonsense").status == 404
    assert client.send("DELETE", f"Invoices/{three[0]['InvoiceID']}").status == 404


def test_days_and_instants_are_written_xeros_way(client: Client, sandbox: XeroSandbox) -> None:
    sandbox.clock.set(sandbox.clock.now().fromisoformat("2026-02-01T10:00:00.250Z"))
    made = client.create("Invoices", client.invoice(DueDate="/Date(1772323200000+0000)/"))

    assert (made["Date"], made["DateString"]) == ("/Date(1769817600000+0000)/", "2026-01-31T00:00:00")
    assert made["DueDateString"] == "2026-03-01T00:00:00"
    assert made["UpdatedDateUTC"] == "/Date(1769940000250+0000)/"


def test_the_history_names_who_did_what_and_takes_notes(client: Client, sandbox: XeroSandbox, three: list[Any]) -> None:
    path = f"Invoices/{three[0]['InvoiceID']}/History"
    client.put(path, {"HistoryRecords": [{"Details": "posted by bridge, key 7f3c"}]})
    sandbox.tamper(TENANT).change_note("Invoice", three[0]["InvoiceID"], "looked at")
    records = client.get(path).json["HistoryRecords"]

    assert [(record["Changes"], record["User"]) for record in records] == [
        ("Edited", "Alex Bookkeeper"),
        ("Note", "System Generated"),
        ("Created", "Robin Owner"),
    ]
    assert records[1]["Details"] == "posted by bridge, key 7f3c"
    assert records[2]["Details"] == "S-1 to Sales channels for 120.00."


def test_the_trial_balance_report_has_a_month_and_a_year_to_date(client: Client) -> None:
    for day, amount in (("2025-12-31", "10.00"), ("2026-01-31", "20.00"), ("2026-02-03", "40.00")):
        client.create("ManualJournals", client.journal(("1200", amount), ("4000", f"-{amount}"), on=day))

    def rows(day: str) -> dict[str, list[str]]:
        report = client.get("Reports/TrialBalance", date=day).json["Reports"][0]
        return {
            row["Cells"][0]["Value"]: [cell["Value"] for cell in row["Cells"][1:]]
            for section in report["Rows"][1:]
            for row in section["Rows"]
        }

    assert rows("2026-02-28") == {
        "Product sales (4000)": ["", "40.00", "", "60.00"],
        "Amazon clearing (1200)": ["40.00", "", "70.00", ""],
        "Retained earnings (3900)": ["", "0.00", "", "10.00"],
        "Total": ["40.00", "40.00", "70.00", "70.00"],
    }
    assert rows("2025-12-31")["Product sales (4000)"] == ["", "10.00", "", "10.00"]
    assert rows("2025-12-31")["Total"] == ["10.00"] * 4
    report = client.get("Reports/TrialBalance", date="2026-02-28").json["Reports"][0]
    assert report["ReportTitles"][-1] == "As at 28 February 2026"
    assert report["ReportDate"] != "28 February 2026", "the day it was made"
    assert client.get("Reports/TrialBalance", date="soon").status == 400
    assert client.get("Reports/TrialBalance").status == 200


def test_tracking_categories_and_their_options_are_listed(client: Client, sandbox: XeroSandbox) -> None:
    sandbox.set(TENANT, tracking={"Channel": ["Shopify", "Amazon"]})
    found = client.find("TrackingCategories")[0]
    assert (found["Name"], [option["Name"] for option in found["Options"]]) == ("Channel", ["Shopify", "Amazon"])
    body = client.invoice()
    by_id = {"TrackingOptionID": found["Options"][1]["TrackingOptionID"]}
    body["LineItems"][0]["Tracking"] = [by_id]
    assert client.create("Invoices", body)["LineItems"][0]["Tracking"][0]["Option"] == "Amazon"
    assert client.get(f"TrackingCategories/{found['TrackingCategoryID']}").status == 200


def test_where_nothing_is_tracked_the_list_is_empty_and_an_id_leads_nowhere(client: Client) -> None:
    answer = client.get("TrackingCategories")

    assert (answer.status, answer.json["TrackingCategories"]) == (200, [])
    assert client.get("TrackingCategories/00000000-0000-4000-8000-000000000009").status == 404


# Keys that the real service answers with though the published document does not list them.
BEYOND = {"DateString", "DueDateString", "DateUTCString", "ID", "BankTransferID", "AppliedAmount"}


def _against(value: Any, published: dict[str, Any], place: str = "") -> Iterator[str]:
    """Tell what an answer holds that its published schema does not know or allow, at any depth."""
    if isinstance(value, list):
        for item in value:
            yield from _against(item, published.get("items", {}), place)
    elif isinstance(value, dict):
        known = published.get("properties", {})
        yield from (f"{place}.{key} is no key" for key in value.keys() - known.keys() - BEYOND)
        for key in value.keys() & known.keys():
            yield from _against(value[key], known[key], f"{place}.{key}")
    elif value is not None and not Draft4Validator(published).is_valid(value):
        yield f"{place} is {value!r}"


def _published(path: str) -> dict[str, Any]:
    """Give the schema of the answer to a GET."""
    operation = load_schema().operation("GET", f"/{path}")
    assert operation is not None
    schema: dict[str, Any] = operation["responses"]["200"]["content"]["application/json"]["schema"]
    return schema


def test_answers_hold_no_key_and_no_word_that_the_published_document_does_not_list(
    client: Client, sandbox: XeroSandbox
) -> None:
    """Official clients raise on a word that their enumeration does not have."""
    sandbox.set(TENANT, tracking={"Channel": ["Shopify"]}, currencies=["USD"], period_lock_date="2020-12-31")
    invoice = client.create("Invoices", client.invoice())
    client.create("Payments", client.payment(invoice, "20.00"))
    note = client.create("CreditNotes", client.note())
    set_off = {"Invoice": {"InvoiceID": invoice["InvoiceID"]}, "Amount": 40, "Date": "2026-02-01"}
    client.put(f"CreditNotes/{note['CreditNoteID']}/Allocations", {"Allocations": [set_off]})
    client.create("ManualJournals", client.journal(("6100", "1.00"), ("4000", "-1.00")))
    client.create("BankTransactions", client.transaction())
    over = client.transaction(type_="RECEIVE-OVERPAYMENT", LineItems=[{"Description": "x", "LineAmount": 1}])
    client.create("BankTransactions", over)
    client.create("BankTransfers", client.transfer())
    person = sandbox.tamper(TENANT)
    person.add_foreign("1000", "4000", "5.00", "2026-01-31", "Prepayment", note="ahead")
    person.edit_customer("Invoice", invoice["InvoiceID"], "Somebody else")
    person.edit_item("Invoice", invoice["InvoiceID"], "BOOK")
    person.edit_tracking("Invoice", invoice["InvoiceID"], "Channel", "Shopify")

    lists = ["Invoices", "CreditNotes", "Payments", "ManualJournals", "BankTransactions", "BankTransfers"]
    lists += [
        "Overpayments",
        "Prepayments",
        "Contacts",
        "Accounts",
        "TaxRates",
        "TrackingCategories",
        "Currencies",
        "Organisation",
    ]
    for path in [*lists, f"Invoices/{invoice['InvoiceID']}/History"]:
        body = {key: found for key, found in client.get(path, page=1).json.items() if isinstance(found, list)}
        assert body, path
        assert list(_against(body, _published(path))) == [], path


@pytest.mark.parametrize("country", ["GB", "US", "AU", "NZ"])
def test_tax_rates_of_every_country_are_reported_under_published_types(
    client: Client, sandbox: XeroSandbox, country: str
) -> None:
    sandbox.set(TENANT, country=country)

    rates = client.find("TaxRates")

    assert list(_against({"TaxRates": rates}, _published("TaxRates"))) == []
    reduced = {rate["TaxType"]: rate["ReportTaxType"] for rate in rates if rate["TaxType"].startswith("RR")}
    assert reduced == ({"RROUTPUT": "OUTPUT", "RRINPUT": "INPUT"} if country == "GB" else {})


def test_the_copied_document_says_where_it_is_from_and_under_which_licence() -> None:
    data = Path(schema.__file__).parent / "data"

    assert "XeroAPI/Xero-OpenAPI" in (data / "PROVENANCE.toml").read_text()
    assert "MIT License" in (data / "LICENSE.xero-openapi").read_text()
