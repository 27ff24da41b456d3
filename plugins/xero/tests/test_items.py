"""Items by rule in Xero: which lines carry one, what refuses it, and when the list of them is asked for at all."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from bridge.delivery.check import differences
from bridge.errors import RejectedError
from bridge.model.entries import JournalEntry, Purpose
from bridge.model.facts import LedgerFacts, LedgerItem
from bridge.model.items import why_no_item
from bridge.model.vouchers import Mark, Voucher
from bridge.plugin import Cure, Made, Master, MasterKind
from bridge_xero.errors import CURES
from bridge_xero.render import render
from bridge_xero.sink import XeroSink
from plugins.xero.tests.books import Books
from plugins.xero.tests.organisation import TOTAL, entry, facts, held, leg, planned, refund, sale
from plugins.xero.tests.test_dimensions import allowed

MUG, TEA = "MUG", "tee ü"
KNOWN = msgspec.structs.replace(facts(), items=(LedgerItem("MUG", "MUG", ""), LedgerItem("TEE Ü", "TEE Ü", "")))


def bodies(made: JournalEntry, by: LedgerFacts = KNOWN) -> list[tuple[str, Any]]:
    return [(one.type, next(iter(json.loads(render(one)).values()))[0]) for one in planned(made, by)]


def codes(body: Any) -> list[str | None]:
    return [line.get("ItemCode") for line in body["LineItems"]]


def test_each_line_of_a_document_carries_the_item_of_its_rule_and_all_else_that_it_says() -> None:
    """Discounts, shipping, tax and fees as well; two items on one account are two lines."""
    made = entry(
        leg("4000", -3000, "sale.product", item=MUG),
        leg("4000", -1200, "sale.product", item=TEA),
        leg("4000", -300, "sale.product"),
        leg("4100", 600, "discount.product", item=MUG),
        leg("4050", -500, "sale.shipping", item=MUG),
        leg("2100", -700, "tax.collected", item=MUG),
        leg("6000", 900, "fee.referral", tax_code="purchase:20", tax_minor=150, item=MUG),
        leg("1100", 4200, TOTAL),
    )
    ((kind, body),) = bodies(made)

    assert (kind, codes(body)) == ("Invoice", ["MUG", "TEE Ü", None, "MUG", "MUG", "MUG", "MUG"])
    for line in body["LineItems"]:
        assert {"Description", "UnitAmount", "AccountID", "TaxType", "TaxAmount"} <= line.keys()


def test_credit_notes_and_money_spent_carry_it_too() -> None:
    back = entry(refund("4200", 500, "refund.product", item=MUG), refund("1210", -500), purpose=Purpose.REFUND)
    spent = entry(leg("6100", 310, "fee.payment", item=MUG), leg("1230", -310), purpose=Purpose.JOURNAL)

    assert [(kind, codes(body)) for kind, body in bodies(back)[:1]] == [("CreditNote", ["MUG"])]
    assert [(kind, codes(body)) for kind, body in bodies(spent)] == [("BankTransaction", ["MUG"])]


@pytest.mark.parametrize(
    "made",
    [
        entry(leg("6100", 310, "fee.payment", item=MUG), leg("1210", -310), purpose=Purpose.JOURNAL),
        entry(leg("6200", 5000, "fee.advertising", item=MUG), leg("1200", -5000, "settlement.difference")),
    ],
    ids=["fees", "what a settlement differs by"],
)
def test_what_would_be_a_manual_journal_is_an_invoice_or_note_that_says_the_item(made: JournalEntry) -> None:
    """A manual journal has no items: as for a contact, a document says all of it and posts the same."""
    bare = msgspec.structs.replace(made, postings=tuple(msgspec.structs.replace(one, item="") for one in made.postings))
    assert [one.type for one in planned(bare, KNOWN)] == ["ManualJournal"]

    vouchers = planned(made, KNOWN)
    assert vouchers[0].type in {"Invoice", "CreditNote"}
    assert [line.item for line in vouchers[0].lines if line.item] == ["MUG"]
    sums: dict[str, int] = {}
    for line in (line for voucher in vouchers for line in voucher.lines):
        sums[line.account.ledger_id] = sums.get(line.account.ledger_id, 0) + line.amount_minor
    wanted = {line.account.ledger_id: line.amount_minor for line in planned(bare, KNOWN)[0].lines}
    assert {account: minor for account, minor in sums.items() if minor} == wanted


@pytest.mark.parametrize(
    "made",
    [
        entry(sale("4000", -1000, "sale.product"), sale("1210", 1000, item=MUG), purpose=Purpose.ORDER),
        entry(leg("6100", 300, "fee.payment"), leg("1230", -300, "fee", item=MUG), purpose=Purpose.JOURNAL),
        entry(leg("1000", 500, "bank"), leg("1230", -500, "bank", item=MUG), purpose=Purpose.BANK),
    ],
    ids=["a payment", "the line of a bank account", "a transfer"],
)
def test_money_has_no_place_for_an_item_and_waits(made: JournalEntry) -> None:
    error = held(made, KNOWN)

    assert (error.code, error.next_step) == ("xero.not_carried", "Take the item out of the rule")
    assert "the item 'MUG'" in error.cause


def test_an_item_that_is_not_there_and_one_that_is_tracked_are_two_reasons_to_wait() -> None:
    made = entry(leg("4000", -500, "sale.product", item="CUP"), leg("1100", 500, TOTAL))
    tracked = msgspec.structs.replace(facts(), items=(LedgerItem("CUP", "CUP", "", "Xero tracks it: sell another"),))

    assert held(made, KNOWN).code == "item.missing"
    assert held(made, tracked).code == "item.unusable"
    assert "Xero tracks it: sell another" in held(made, tracked).cause
    assert why_no_item(KNOWN, "CUP", "") == ""


# An organisation


def test_the_list_of_items_is_asked_for_only_where_a_rule_names_one_and_once(books: Books) -> None:
    books.person.add_item("MUG")
    books.person.add_item("UNNAMED")
    assert books.sink.facts().items == ()
    books.sink.standing()
    assert books.calls("Items.list") == 0

    books.context.items = ("mug", "CUP")
    assert [one.name for one in XeroSink(books.context).facts().items] == ["MUG"]
    assert books.calls("Items.list") == 1


def item(code: str) -> Master:
    return Master(kind=MasterKind.ITEM, name=code)


def test_an_item_is_made_once_by_its_code_and_is_in_the_echo(books: Books) -> None:
    books.context.items = ("Tasse ü",)
    sink = books.sink = allowed(books)
    (income,) = (one.ledger_id for one in books.facts.accounts if one.number == "4000")
    made = [sink.create(msgspec.structs.replace(item(code), account_id=income)) for code in ("Tasse ü", "TASSE Ü")]
    assert made == [Made("Tasse ü", "Tasse ü", is_new=True), Made("Tasse ü", "Tasse ü", is_new=False)]
    (kept,) = books.sandbox.entities(books.context.account, "Items")
    assert (kept["SalesDetails"], kept["IsTrackedAsInventory"]) == ({"AccountCode": "4000"}, False)

    books.look()
    made_of = entry(leg("4000", -500, "sale.product", item="tasse Ü"), leg("1100", 500, TOTAL))
    (voucher,) = books.plan(made_of)
    copy = books.send(voucher)
    assert [line.marks for line in copy.lines] == [(), (Mark("item", "Tasse ü", "Tasse ü"),)]
    assert differences(voucher, copy) == ()
    off = differences(voucher, msgspec.structs.replace(copy, lines=tuple(unmarked(line) for line in copy.lines)))
    assert [field for field, _, _ in off] == ["marks"]


def unmarked(line: Any) -> Any:
    return msgspec.structs.replace(line, marks=())


def test_a_code_longer_than_xeros_is_made_by_nobody_and_asked_of_nobody(books: Books) -> None:
    with pytest.raises(RejectedError) as refused:
        allowed(books).create(item("M" * 31))

    assert (refused.value.code, refused.value.next_step) == ("xero.by_hand", "Name a shorter one in the rule")
    assert books.calls("Items.create") == 0
    assert allowed(books).create(item("M" * 30)).is_new


def test_an_item_that_was_tracked_renamed_or_deleted_before_the_send(books: Books) -> None:
    """Told before the first write where facts say it; else Xero refuses, and another item cures it."""
    books.person.add_item("STOCK", stock="1300", cost="5000")
    books.person.add_item("MUG")
    books.context.items = ("MUG", "STOCK")
    books.sink = XeroSink(books.context)
    assert [(one.name, bool(one.off)) for one in books.look().items] == [("STOCK", True), ("MUG", False)]

    made = entry(leg("4000", -500, "sale.product", item=MUG), leg("1100", 500, TOTAL))
    (voucher,) = books.plan(made)
    books.person.rename_item("MUG", "CUP")
    assert refusal(books, voucher).code == "xero.item"
    books.person.delete_item("CUP")
    assert refusal(books, voucher, turn=1).code == "xero.item"
    assert dict(CURES)["xero.item"] is Cure.ACCOUNT
    assert books.objects("Invoice") == 0


def refusal(books: Books, voucher: Voucher, turn: int = 0) -> RejectedError:
    with pytest.raises(RejectedError) as caught:
        books.send(voucher, turn)
    return caught.value
