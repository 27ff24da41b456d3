"""Tracking, contacts and lists in Xero: what carries them, what refuses, and what is made once."""

import json
from typing import Any

import pytest

from bridge.errors import HoldError, RejectedError
from bridge.model.chart import recommended_chart
from bridge.model.contacts import Contacts
from bridge.model.entries import JournalEntry, Purpose
from bridge.model.tracking import Tracked
from bridge.model.vouchers import AccountRef, Mark
from bridge.plugin import Made, Master, MasterKind, PlanRequest
from bridge_xero.plan import plan
from bridge_xero.render import render
from bridge_xero.settings import SCOPES, XeroConnection, XeroSettings, oauth
from bridge_xero.sink import XeroSink
from plugins.xero.tests.books import Books
from plugins.xero.tests.organisation import CODES, NAMES, TOTAL, account_id, entry, facts, leg, sale

SHOP = Tracked("cat-1", "opt-1", "Channel", "Shop")
ASKED = {"TrackingCategoryID": "cat-1", "TrackingOptionID": "opt-1"}


def planned(made: JournalEntry, *numbers: str) -> Any:
    """Its vouchers' bodies, where the postings on these accounts are tracked."""
    request = PlanRequest(
        entry=made,
        accounts={one.account: AccountRef(account_id(one.account), one.account, "") for one in made.postings},
        facts=facts(),
        prefix="SHP",
        dated_on=made.booked_on,
        tax_codes=CODES,
        names=NAMES,
        customer="Sales channels",
        tracking={one.number: (SHOP,) for one in made.postings if one.account in numbers},
    )
    return [next(iter(json.loads(render(one)).values()))[0] for one in plan(request)]


def test_lines_of_documents_journals_and_money_spent_carry_their_tracking() -> None:
    invoice, _ = planned(entry(sale("4000", -1000, "sale.product"), sale("1210", 1000), purpose=Purpose.ORDER), "4000")
    journal, *_ = planned(
        entry(leg("6100", 300, "fee.payment"), leg("1210", -300, "fee"), purpose=Purpose.JOURNAL), "6100"
    )
    spent, *_ = planned(
        entry(leg("6100", 300, "fee.payment"), leg("1230", -300, "fee"), purpose=Purpose.JOURNAL), "6100"
    )

    assert [line["Tracking"] for line in invoice["LineItems"]] == [[ASKED]]
    assert [line.get("Tracking") for line in journal["JournalLines"]] == [[ASKED], None]
    assert [line["Tracking"] for line in spent["LineItems"]] == [[ASKED]]


def test_each_side_of_a_transfer_carries_its_own() -> None:
    (moved,) = planned(entry(leg("1000", 500, "bank"), leg("1230", -500, "bank"), purpose=Purpose.BANK), "1230")

    assert (moved["FromTracking"], moved.get("ToTracking")) == ([ASKED], None)


@pytest.mark.parametrize(
    ("made", "number"),
    [
        (entry(sale("4000", -1000, "sale.product"), sale("1210", 1000), purpose=Purpose.ORDER), "1210"),
        (entry(leg("4000", -500, "sale.product"), leg("1100", 500, TOTAL)), "1100"),
        (entry(leg("6100", 300, "fee.payment"), leg("1230", -300, "fee"), purpose=Purpose.JOURNAL), "1230"),
    ],
    ids=["a payment", "what stays open", "the line of a bank account"],
)
def test_what_has_no_place_for_tracking_holds_the_entry_and_names_it(made: JournalEntry, number: str) -> None:
    with pytest.raises(HoldError, match="Channel=Shop") as held:
        planned(made, number)
    assert held.value.code == "xero.not_carried"


def test_who_adds_to_no_list_asks_only_to_read_them() -> None:
    assert oauth(XeroSettings()).scopes == SCOPES
    assert set(SCOPES) ^ set(oauth(XeroSettings(may_create=True)).scopes) == {
        "accounting.contacts.read",
        "accounting.contacts",
        "accounting.settings.read",
        "accounting.settings",
    }


def allowed(books: Books) -> XeroSink:
    books.context.app = books.context.app.model_copy(update={"may_create": True})
    return XeroSink(books.context)


def test_a_category_its_option_and_a_contact_are_made_once_and_are_in_the_echo(books: Books) -> None:
    sink = allowed(books)
    category = Master(kind=MasterKind.DIMENSION, name="Channel")
    made = [sink.create(category) for _ in range(2)]
    option = Master(kind=MasterKind.OPTION, name="Shop", dimension="Channel", dimension_id=made[0].ledger_id)
    options = [sink.create(option) for _ in range(2)]
    people = [sink.create(Master(kind=MasterKind.CUSTOMER, name="Shopify shop-gb")) for _ in range(2)]

    for first, again in (made, options, people):
        assert (first.is_new, again) == (True, Made(first.ledger_id, first.name, is_new=False))
    known = sink.facts()
    assert [(one.name, [each.name for each in one.options]) for one in known.dimensions] == [("Channel", ["Shop"])]

    entry_ = entry(leg("6100", 300, "fee.payment"), leg("1240", -300, "fee"), purpose=Purpose.JOURNAL)
    refs = {}
    for one in entry_.postings:
        found = known.account(one.account)
        assert found is not None
        refs[one.account] = AccountRef(found.ledger_id, one.account, found.name)
    request = PlanRequest(
        entry=entry_,
        accounts=refs,
        facts=known,
        prefix="SHP",
        dated_on=entry_.booked_on,
        tracking={1: (Tracked(made[0].ledger_id, options[0].ledger_id, "Channel", "Shop"),)},
    )
    (voucher,) = sink.plan(request)
    copy = sink.send(voucher, "key-1")
    assert [line.marks for line in copy.lines] == [(Mark("tracking Channel", options[0].ledger_id, "Shop"),), ()]


def test_an_account_is_made_as_the_chart_says_and_one_of_a_bank_by_hand(books: Books) -> None:
    sink, chart = allowed(books), recommended_chart()
    own = Master(kind=MasterKind.ACCOUNT, number="4000SHP", name="Shopify - Product sales", account=chart["4000"])
    gateway = Master(kind=MasterKind.ACCOUNT, number="1241", name="Klarna clearing", account=chart["1240"])
    made = [sink.create(own), sink.create(gateway)]
    found = {one.ledger_id: one for one in sink.facts().accounts}
    assert [(found[one.ledger_id].type, found[one.ledger_id].takes_payments) for one in made] == [
        ("REVENUE", False),
        ("CURRENT", True),
    ]

    with pytest.raises(RejectedError) as refused:
        sink.create(Master(kind=MasterKind.ACCOUNT, number="1231", name="Second wallet", account=chart["1230"]))
    assert refused.value.code == "xero.by_hand"


def test_an_archived_option_is_told_as_such_and_takes_no_line(books: Books) -> None:
    books.set(tracking={"Channel": ["Shop", "Old"]}, archived_options=["Old"])
    (category,) = books.sink.facts().dimensions

    assert [(one.name, one.is_active) for one in category.options] == [("Shop", True), ("Old", False)]


def test_only_names_that_documents_may_give_are_looked_for_in_each_currency_of_the_organisation(books: Books) -> None:
    books.set(currencies=["EUR"])
    books.context.settings = XeroConnection()
    books.context.contacts = Contacts(customers=("Shopify shop-gb",), named=("Amazon EU", 'Say "hi"'))
    sink = allowed(books)
    for name in ("Shopify shop-gb EUR", "Amazon EU", "Jane Doe"):
        sink.create(Master(kind=MasterKind.CUSTOMER, name=name))

    known = sink.facts()
    assert sorted(one.name for one in known.contacts) == ["Amazon EU", "Shopify shop-gb EUR"]
    assert any("no active contact 'Shopify shop-gb'" in one.what for one in known.remarks)
