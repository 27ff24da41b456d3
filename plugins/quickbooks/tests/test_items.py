"""Items by rule in QuickBooks: what may be named, what is sold where no rule says, and what journals say of them."""

from __future__ import annotations

import msgspec
import pytest

from bridge.delivery.check import differences
from bridge.errors import HoldError, RejectedError
from bridge.model.entries import Half, JournalEntry, Purpose
from bridge.model.facts import LedgerFacts, LedgerItem
from bridge.plugin import Master, MasterKind
from bridge_quickbooks.sink import QuickBooksSink
from plugins.quickbooks.tests.company import REALM, Books, american_order, made, posting
from plugins.quickbooks.tests.sandbox.client import Client
from plugins.quickbooks.tests.test_receipts import changed, known, planned, planned_all

NAME = "Tasse ü"


def sold(entry: JournalEntry, item: str = NAME, kind: str = "sale.product") -> JournalEntry:
    """The entry, where rules name an item for the lines of a kind."""
    postings = (msgspec.structs.replace(one, item=item) if one.kind == kind else one for one in entry.postings)
    return msgspec.structs.replace(entry, postings=tuple(postings))


def with_items(entry: JournalEntry, *items: LedgerItem) -> LedgerFacts:
    return changed(known(entry), items=(*known(entry).items, *items))


def test_what_only_rules_may_name_is_sold_by_no_other_line() -> None:
    """The oldest service of the account goes on to be what lines are without a rule."""
    entry = made(Purpose.ORDER, posting("4000", -100, "sale.product"), posting("1220", 100, "tender"))
    goods = LedgerItem("1", NAME, "id-4000", is_usual=False)
    gone = LedgerItem("2", "Old", "id-4000", "it is inactive")

    assert planned(entry, with_items(entry, goods, gone)).lines[1].item == "item-4000"
    assert planned(sold(entry, NAME.upper()), with_items(entry, goods, gone)).lines[1].item == "1"


@pytest.mark.parametrize(
    ("item", "code", "words"),
    [
        (None, "item.missing", "the ledger has none of that name"),
        (LedgerItem("1", NAME, "id-4050"), "item.unusable", "it posts to another account than the rule"),
        (LedgerItem("1", NAME, "id-4000", "it is inactive: make it active"), "item.unusable", "it is inactive"),
    ],
    ids=["none", "of another account", "inactive"],
)
def test_what_cannot_be_sold_on_the_account_waits_and_says_why(item: LedgerItem | None, code: str, words: str) -> None:
    entry = sold(american_order())
    with pytest.raises(HoldError) as held:
        planned(entry, with_items(entry, *([item] if item else [])))

    assert held.value.code == code
    assert f"the item '{NAME}'" in held.value.cause
    assert words in held.value.cause


def test_money_sells_nothing() -> None:
    entry = sold(american_order(), kind="tender")
    with pytest.raises(HoldError) as held:
        planned(entry, with_items(entry, LedgerItem("1", NAME, "id-1220")))

    assert held.value.code == "quickbooks.not_carried"


@pytest.mark.parametrize(
    "entry",
    [
        made(
            Purpose.ORDER,
            posting("4000", -1000, "sale.product"),
            posting("2200", 400, "tender"),
            posting("1220", 600, "tender"),
        ),
        made(
            Purpose.REVERSAL,
            posting("4000", 1000, "sale.product", half=Half.SALE),
            posting("1220", -1000, "tender", half=Half.SALE),
        ),
    ],
    ids=["an order paid by gift card", "an order taken back"],
)
def test_what_no_form_can_say_of_an_order_names_its_item_in_words(entry: JournalEntry) -> None:
    """A person can do nothing about either: the books go on, and the line says what was sold."""
    journal = planned(sold(entry), with_items(entry, LedgerItem("1", NAME, "id-4000")))

    assert journal.type == "JournalEntry"
    assert [line.description.endswith(f", item {NAME}") for line in journal.lines] == [
        one.kind == "sale.product" for one in entry.postings
    ]


@pytest.mark.parametrize("purpose", [Purpose.DAY, Purpose.SETTLEMENT, Purpose.JOURNAL])
def test_a_rule_for_what_is_always_a_journal_is_refused(purpose: Purpose) -> None:
    entry = made(purpose, posting("4000", -1000, "sale.product"), posting("1200", 1000, "carry"))
    with pytest.raises(HoldError) as held:
        planned_all(sold(entry), with_items(entry, LedgerItem("1", NAME, "id-4000")))

    assert (held.value.code, held.value.next_step) == ("quickbooks.not_carried", "Take the item out of the rule")


# A company


def of(books: Books, *named: str) -> dict[str, LedgerItem]:
    books.context.items = named
    return {one.name: one for one in QuickBooksSink(books.context).facts().items}


def test_goods_and_what_is_inactive_are_looked_for_only_where_rules_name_them(books: Books) -> None:
    """A service of no stock may be sold, and goods without any; what QuickBooks keeps the stock of would move it."""
    client = Client(books.sandbox, REALM)
    for name, kind in (("MUG", "Service"), ("TEA", "NonInventory"), ("STOCK", "Inventory"), ("ALL", "Group")):
        client.create("Item", {"Name": name, "Type": kind, "IncomeAccountRef": client.account("4000")})
    books.person.deactivate_item("MUG")
    company = books.sandbox.entities(REALM, "Item")
    services = {one["Name"] for one in company if one["Type"] == "Service" and one["Active"]}
    assert of(books).keys() == services

    found = of(books, "mug", "TEA", "stock", "ALL", "Product sales")
    assert found.keys() == {*services, "MUG", "TEA", "STOCK", "ALL"}
    assert (found["TEA"].off, found["TEA"].is_usual, found["Product sales"].is_usual) == ("", False, True)
    assert "it is inactive in QuickBooks" in found["MUG"].off
    assert "QuickBooks keeps its stock" in found["STOCK"].off
    assert "it is of type Group" in found["ALL"].off

    entry = sold(american_order(), "TEA")
    voucher = books.plan_with(entry, QuickBooksSink(books.context).facts())
    copy = books.sink.send(voucher, "request-1")
    assert differences(voucher, copy) == ()
    assert found["TEA"].ledger_id in {mark.value for line in copy.lines for mark in line.marks}


def item(name: str, books: Books) -> Master:
    return Master(kind=MasterKind.ITEM, name=name, account_id=books.account("4000").ledger_id)


@pytest.mark.parametrize(
    ("name", "code"),
    [("茶", "quickbooks.2040"), ("M" * 101, "quickbooks.2050"), ("Shop:MUG", "quickbooks.2040")],
    ids=["letters that an American company has not", "too long", "a name of a parent"],
)
def test_a_name_that_quickbooks_does_not_take_is_its_refusal(books: Books, name: str, code: str) -> None:
    with pytest.raises(RejectedError) as refused:
        books.sink.create(item(name, books))

    assert refused.value.code == code
