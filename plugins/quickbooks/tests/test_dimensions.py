"""Classes, locations and contacts in QuickBooks: where each object carries them, and what it is when it cannot."""

import json
from typing import Any

import msgspec
import pytest

from bridge.delivery.check import differences
from bridge.errors import HoldError, RejectedError
from bridge.model.contacts import Contacts
from bridge.model.entries import JournalEntry, Purpose
from bridge.model.facts import ContactRole, LedgerContact, LedgerFacts
from bridge.model.tracking import Tracked
from bridge.model.vouchers import AccountRef, Mark, Voucher
from bridge.plugin import Master, MasterKind, PlanRequest
from bridge_quickbooks.dimensions import CLASS_OF_FORM, dimensions
from bridge_quickbooks.plan import plan
from bridge_quickbooks.render import render
from plugins.quickbooks.tests.company import NAMES, Books, american_order, entry
from plugins.quickbooks.tests.test_receipts import account, known

CLASS, OTHER = Tracked("class", "5", "class", "Shop"), Tracked("class", "6", "class", "Wholesale")
LOCATION = Tracked("location", "7", "location", "Leeds")
OF_FORM = Tracked(CLASS_OF_FORM, "5", "class", "Shop")
PREFS = {"AccountingInfoPrefs": {"ClassTrackingPerTxnLine": True, "TrackDepartments": True}}


def planned(made: JournalEntry, facts: LedgerFacts, **tracked: tuple[Tracked, ...]) -> Voucher:
    """tracked: by account."""
    accounts = {one.account: AccountRef(f"id-{one.account}", one.account, "") for one in made.postings}
    request = PlanRequest(
        entry=made,
        accounts=accounts,
        facts=facts,
        prefix="SHP",
        dated_on=made.booked_on,
        tax_codes={treatment: code.ledger_id for code in facts.tax_codes for treatment in code.serves},
        names=NAMES,
        customer="Sales channels",
        tracking={one.number: tracked[f"on_{one.account}"] for one in made.postings if f"on_{one.account}" in tracked},
    )
    (voucher,) = plan(request)
    return voucher


def body(voucher: Voucher) -> Any:
    return json.loads(render(voucher), parse_float=str)


def test_each_line_of_a_journal_bears_its_class_its_location_and_whom_it_names() -> None:
    made = entry(("1100", 1000, "carry"), ("4000", -1000, "sale.product"))
    facts = msgspec.structs.replace(known(made), accounts=(account("1100", "Accounts Receivable", "USD"),))
    lines = body(planned(made, facts, on_4000=(CLASS, LOCATION)))["Line"]

    assert [line["JournalEntryLineDetail"] for line in lines] == [
        {
            "PostingType": "Debit",
            "AccountRef": {"value": "id-1100"},
            "Entity": {"Type": "Customer", "EntityRef": {"value": "58"}},
        },
        {
            "PostingType": "Credit",
            "AccountRef": {"value": "id-4000"},
            "ClassRef": {"value": "5"},
            "DepartmentRef": {"value": "7"},
        },
    ]


def test_a_form_bears_its_class_by_line_and_its_location_in_the_head() -> None:
    sold = dict.fromkeys(("on_4000", "on_4050", "on_4100", "on_2100"), (CLASS, LOCATION))
    form = body(planned(american_order(), known(american_order()), **sold))

    assert form["DepartmentRef"] == {"value": "7"}
    assert {line["SalesItemLineDetail"]["ClassRef"]["value"] for line in form["Line"]} == {"5"}
    assert all("DepartmentRef" not in line["SalesItemLineDetail"] for line in form["Line"])


def test_a_company_with_one_class_a_transaction_has_it_in_the_head() -> None:
    sold = dict.fromkeys(("on_4000", "on_4050", "on_4100", "on_2100"), (OF_FORM,))
    form = body(planned(american_order(), known(american_order()), **sold))

    assert form["ClassRef"] == {"value": "5"}
    assert all("ClassRef" not in line["SalesItemLineDetail"] for line in form["Line"])


@pytest.mark.parametrize(
    "tracked",
    [{"on_4000": (LOCATION,)}, {"on_1220": (CLASS,)}],
    ids=["another location a line", "a class on the money"],
)
def test_what_a_form_cannot_say_is_a_journal_entry(tracked: dict[str, tuple[Tracked, ...]]) -> None:
    assert planned(american_order(), known(american_order()), **tracked).type == "JournalEntry"


def test_a_rules_contact_is_the_customer_of_the_form_and_several_make_it_a_journal_entry() -> None:
    made = american_order()
    facts = msgspec.structs.replace(
        known(made), contacts=(*known(made).contacts, LedgerContact("59", "Wholesale", ContactRole.CUSTOMER))
    )
    money = [one for one in made.postings if one.kind == "tender"]
    others = [msgspec.structs.replace(one, contact="wholesale") for one in made.postings if one not in money]
    by_number = {one.number: one for one in (*money, *others)}
    whole = msgspec.structs.replace(made, postings=tuple(by_number[one.number] for one in made.postings))
    assert (planned(whole, facts).type, planned(whole, facts).contact) == ("SalesReceipt", "59")

    first = others[0].number
    part = tuple(by_number[one.number] if one.number == first else one for one in made.postings)
    journal = planned(msgspec.structs.replace(made, postings=part), facts)
    assert journal.type == "JournalEntry"
    assert [line.contact for line in journal.lines if line.contact] == ["59"]


def test_payables_ask_for_a_vendor_and_a_customer_of_that_name_is_none() -> None:
    made = entry(("2000", 1000, "fee.other"), ("1200", -1000, "carry"))
    facts = msgspec.structs.replace(known(made), accounts=(account("2000", "Accounts Payable", "USD"),))
    named = tuple(msgspec.structs.replace(one, contact="Amazon" * (one.number == 1)) for one in made.postings)
    as_customer = msgspec.structs.replace(facts, contacts=(LedgerContact("58", "Amazon", ContactRole.CUSTOMER),))
    as_vendor = msgspec.structs.replace(facts, contacts=(LedgerContact("8", "Amazon", ContactRole.SUPPLIER),))

    for entry_, known_ in ((made, facts), (msgspec.structs.replace(made, postings=named), as_customer)):
        with pytest.raises(HoldError) as held:
            planned(entry_, known_)
        assert held.value.code == "contact.missing"
    line = planned(msgspec.structs.replace(made, postings=named), as_vendor).lines[0]
    assert (line.contact, line.contact_role) == ("8", ContactRole.SUPPLIER)


def test_a_transfer_carries_neither_and_says_so() -> None:
    made = entry(("1000", 1000, "bank"), ("1200", -1000, "bank"), purpose=Purpose.BANK)

    with pytest.raises(HoldError, match="class=Shop") as held:
        planned(made, known(made), on_1000=(CLASS,))
    assert held.value.code == "quickbooks.not_carried"


def test_what_is_switched_off_is_told_with_where_to_switch_it_on() -> None:
    off = dimensions({}, (), ())
    assert [bool(one.off) for one in off] == [True, True]
    assert all("Account and settings, Advanced, Categories" in one.off for one in off)

    on = dimensions(PREFS, [{"Id": "5", "Name": "Outlet", "FullyQualifiedName": "Shop:Outlet", "Active": False}], ())
    assert [(one.ledger_id, one.off) for one in on] == [("class", ""), ("location", "")]
    assert [(one.name, one.is_active) for one in on[0].options] == [("Shop:Outlet", False)]
    by_form = dimensions({"AccountingInfoPrefs": {"ClassTrackingPerTxn": True}}, (), ())
    assert by_form[0].ledger_id == CLASS_OF_FORM


def test_what_was_made_is_found_and_bears_its_class_in_the_echo(books: Books) -> None:
    books.set(track_classes=True)
    wanted = Master(kind=MasterKind.OPTION, name="Shop", dimension="class", dimension_id="class")
    first, again = books.sink.create(wanted), books.sink.create(wanted)
    assert (first.is_new, again.is_new, first.ledger_id) == (True, False, again.ledger_id)

    facts = books.sink.facts()
    (option,) = facts.dimensions[0].options
    made = entry(("1200", 1000, "carry"), ("4000", -1000, "sale.product"))
    request = PlanRequest(
        entry=made,
        accounts={number: books.account(number) for number in ("1200", "4000")},
        facts=facts,
        prefix="AMZ",
        dated_on=made.booked_on,
        tracking={2: (Tracked("class", option.ledger_id, "class", "Shop"),)},
    )
    (voucher,) = books.sink.plan(request)
    copy = books.sink.send(voucher, "request-1")
    assert [line.marks for line in copy.lines] == [(), (Mark("class", option.ledger_id, "Shop"),)]


@pytest.mark.parametrize("is_by_form", [False, True])
def test_a_forms_class_is_kept_where_the_company_keeps_it(books: Books, *, is_by_form: bool) -> None:
    books.set(track_classes=True, class_per_transaction=is_by_form)
    books.sink.create(Master(kind=MasterKind.OPTION, name="Shop", dimension="class", dimension_id="class"))
    facts = books.sink.facts()
    (option,) = facts.dimensions[0].options
    said = Tracked(facts.dimensions[0].ledger_id, option.ledger_id, "class", "Shop")
    made = american_order()
    request = PlanRequest(
        entry=made,
        accounts={one.account: books.account(one.account) for one in made.postings},
        facts=facts,
        prefix="SHP",
        dated_on=made.booked_on,
        customer="Sales channels",
        tracking={one.number: (said,) for one in made.postings if one.kind != "tender"},
    )
    (voucher,) = books.sink.plan(request)
    copy = books.sink.send(voucher, "request-2")

    mark = Mark("class", option.ledger_id, "Shop")
    assert voucher.type == "SalesReceipt"
    assert (mark in copy.marks) is is_by_form
    assert {mark in line.marks for line in copy.lines[1:]} == {not is_by_form}
    assert differences(voucher, copy) == ()


@pytest.mark.parametrize(
    ("master", "kind", "field", "value"),
    [
        (Master(kind=MasterKind.CUSTOMER, name="Shopify shop-us"), "Customer", "DisplayName", "Shopify shop-us"),
        (Master(kind=MasterKind.SUPPLIER, name="Amazon"), "Vendor", "DisplayName", "Amazon"),
        (
            Master(kind=MasterKind.OPTION, name="Leeds", dimension="location", dimension_id="location"),
            "Department",
            "Name",
            "Leeds",
        ),
    ],
)
def test_lists_are_added_to_once(books: Books, master: Master, kind: str, field: str, value: str) -> None:
    books.set(track_departments=True)
    assert [books.sink.create(master).is_new for _ in range(2)] == [True, False]
    assert [one[field] for one in books.sandbox.entities(books.context.account, kind) if one[field] == value] == [value]


def test_a_name_that_somebody_else_bears_is_quickbooks_refusal(books: Books) -> None:
    """6240: customers and vendors share their names."""
    books.sink.create(Master(kind=MasterKind.CUSTOMER, name="Amazon"))

    with pytest.raises(RejectedError) as refused:
        books.sink.create(Master(kind=MasterKind.SUPPLIER, name="Amazon"))
    assert refused.value.code == "quickbooks.6240"


def test_only_names_that_vouchers_may_give_are_looked_for(books: Books) -> None:
    """Whom a company sells to beside is nobody's business here."""
    books.sink.create(Master(kind=MasterKind.CUSTOMER, name="Jane Doe"))
    books.sink.create(Master(kind=MasterKind.SUPPLIER, name="Amazon"))
    books.context.contacts = Contacts(customers=("Shopify shop-us",), named=("Amazon", "Käufer"))

    found = books.sink.facts().contacts
    assert [(one.name, one.role) for one in found] == [
        ("Sales channels", ContactRole.CUSTOMER),
        ("Amazon", ContactRole.SUPPLIER),
    ]
