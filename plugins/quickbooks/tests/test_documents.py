"""What is open in a customer's name: invoices and what pays them, credit memos, and fees as an expense."""

import json
from typing import Any

import msgspec
import pytest

from bridge.delivery.check import differences
from bridge.errors import HoldError, RejectedError
from bridge.model.entries import Half, JournalEntry, Purpose
from bridge.model.facts import ContactRole, LedgerContact, LedgerFacts, LedgerItem
from bridge.model.tracking import Tracked
from bridge.model.vouchers import Mark, Voucher, voucher_id
from bridge.plugin import Master, MasterKind, OpenDocument, Present
from bridge.testing import read_all
from bridge_quickbooks.accounts import RECEIVABLE
from bridge_quickbooks.render import render
from plugins.quickbooks.tests.company import (
    REALM,
    Books,
    american_fees,
    british_fees,
    credited,
    made,
    named,
    open_order,
    paid_later,
    posting,
    two_ways,
)
from plugins.quickbooks.tests.test_receipts import changed, known, planned, planned_all
from plugins.quickbooks.tests.test_sink_receipts import JULY, same_books

ON_RECEIVABLES = {"a1150": "1100"}


def body(voucher: Voucher, **refs: str) -> Any:
    return json.loads(render(voucher, refs), parse_float=str)


def sent(books: Books, vouchers: tuple[Voucher, ...], refs: dict[str, str]) -> list[Any]:
    """Sends vouchers, each with what it links; what the company then has of them, as its own pages show it."""
    made = []
    for voucher in vouchers:
        echo = books.sink.send(voucher, f"{voucher.key}-0", refs)
        refs[voucher.voucher_id] = echo.ref
        found = books.sink.look_up(voucher, refs)
        assert isinstance(found, Present)
        ((_, again),) = books.sink.read_back([(voucher.type, echo.ref)])
        assert isinstance(again, Present)
        observed = {copy.ref: copy for copy in read_all(books.sink, JULY)}
        for copy in (echo, found.copy, again.copy, observed[echo.ref]):
            assert same_books(voucher, copy)
            assert (copy.key, copy.total_minor, copy.is_voided) == (voucher.key, voucher.total_minor, False)
        made.append(kept(books, voucher.type, echo.ref))
    return made


def kept(books: Books, kind: str, ref: str) -> Any:
    return next(one for one in books.sandbox.entities(REALM, kind) if one["Id"] == ref)


def test_an_order_paid_in_several_ways_is_an_invoice_with_a_payment_for_each() -> None:
    """C9, C10: no form has two accounts for its money."""
    invoice, card, paypal = planned_all(two_ways())

    assert [each.type for each in (invoice, card, paypal)] == ["Invoice", "Payment", "Payment"]
    assert [(line.account.number, line.amount_minor) for line in card.lines] == [("1220", 8000), ("", -8000)]
    assert (card.pays, card.after, card.number) == (invoice.voucher_id, (invoice.voucher_id,), "")
    assert body(paypal, **{invoice.voucher_id: "77"}) == {
        "TxnDate": "2026-07-03",
        "CurrencyRef": {"value": "USD"},
        "PrivateNote": f"Shopify order #1001 · {paypal.key}",
        "CustomerRef": {"value": "58"},
        "TotalAmt": "30.00",
        "DepositToAccountRef": {"value": "id-1230"},
        "Line": [{"Amount": "30.00", "LinkedTxn": [{"TxnId": "77", "TxnType": "Invoice"}]}],
    }


def test_an_order_paid_in_several_ways_is_paid_in_full_in_the_books(books: Books) -> None:
    vouchers = books.plan_all(two_ways(), books.sink.facts())
    invoice, *payments = sent(books, vouchers, {})

    assert (kept(books, "Invoice", invoice["Id"])["Balance"], len(payments)) == (0, 2)
    assert books.sandbox.trial_balance(REALM) == {"1220": 8000, "1230": 3000, "4000": -10000, "4050": -1000}


def test_what_a_buyer_owes_stays_open_and_what_is_paid_later_pays_that_very_invoice(books: Books) -> None:
    """C14: by one's own choice on accounts receivable, in a customer's name."""
    facts, refs = books.sink.facts(), dict[str, str]()
    first = books.plan_all(open_order(), facts, **ON_RECEIVABLES)
    invoice = sent(books, first, refs)[0]["Id"]
    assert kept(books, "Invoice", invoice)["Balance"] == 30

    later = books.plan_all(
        paid_later(("1220", 1000), ("1230", 2000)),
        facts,
        OpenDocument(first[0].voucher_id, 3000),
        **ON_RECEIVABLES,
    )
    sent(books, later, refs)

    assert [(each.type, each.pays) for each in later] == [("Payment", first[0].voucher_id)] * 2
    assert kept(books, "Invoice", invoice)["Balance"] == 0
    assert books.sandbox.trial_balance(REALM) == {"1220": 8000, "1230": 2000, "4000": -10000}
    _, why = books.sink.hindrance("Invoice", invoice, frozenset())
    assert "pays it: delete that first" in why
    _, why = books.sink.hindrance("Invoice", invoice, frozenset(refs.values()))
    assert not why


def test_a_refund_of_what_was_never_paid_is_credit_set_against_the_invoice_by_a_payment_of_nothing(
    books: Books,
) -> None:
    """C10: the refund passes through what is owed to buyers and back, which no document needs to say."""
    facts, refs = books.sink.facts(), dict[str, str]()
    first = books.plan_all(open_order(), facts, **ON_RECEIVABLES)
    invoice = sent(books, first, refs)[0]["Id"]
    memo, applied = books.plan_all(credited(), facts, OpenDocument(first[0].voucher_id, 1200), **ON_RECEIVABLES)
    credit, payment = sent(books, (memo, applied), refs)

    assert (memo.type, applied.type) == ("CreditMemo", "Payment")
    assert applied.after == (first[0].voucher_id, memo.voucher_id)
    assert payment["TotalAmt"] == payment["UnappliedAmt"] == 0
    assert "DepositToAccountRef" not in payment
    assert [link["TxnType"] for line in payment["Line"] for link in line["LinkedTxn"]] == ["Invoice", "CreditMemo"]
    assert kept(books, "CreditMemo", credit["Id"])["Balance"] == 0
    assert kept(books, "Invoice", invoice)["Balance"] == 18
    assert books.sandbox.trial_balance(REALM) == {"1100": 1800, "1220": 7000, "4000": -10000, "4200": 1200}


def test_a_payment_over_several_documents_pays_the_oldest_first() -> None:
    settles = OpenDocument("vch_a", 1000), OpenDocument("vch_b", 500)
    payments = planned_all(paid_later(("1220", 1200), ("1230", 300)), None, *settles)

    assert [(each.pays, each.total_minor, each.lines[0].account.number) for each in payments] == [
        ("vch_a", 1000, "1220"),
        ("vch_b", 200, "1220"),
        ("vch_b", 300, "1230"),
    ]
    assert all(each.after == ("vch_a", "vch_b") for each in payments)


def test_what_is_sold_and_paid_beside_what_was_open_pays_its_own_invoice_first() -> None:
    entry = made(
        Purpose.ORDER,
        posting("4000", -500, "sale.product"),
        posting("1220", 1500, "tender"),
        posting("1150", -1000, "order.open"),
    )
    invoice, own, earlier = planned_all(entry, None, OpenDocument("vch_a", 1000))

    assert [(each.type, each.total_minor, each.pays) for each in (invoice, own, earlier)] == [
        ("Invoice", 500, ""),
        ("Payment", 500, invoice.voucher_id),
        ("Payment", 1000, "vch_a"),
    ]


def test_a_gift_card_beside_what_is_owed_is_a_line_of_the_invoice() -> None:
    """C13: a way to pay whose account no form takes money to."""
    entry = made(
        Purpose.ORDER,
        posting("4000", -10000, "sale.product"),
        posting("2200", 4000, "tender"),
        posting("1150", 6000, "order.open"),
    )
    (invoice,) = planned_all(entry)

    assert [(line.account.number, line.amount_minor) for line in invoice.lines] == [
        ("1150", 6000),
        ("4000", -10000),
        ("2200", 4000),
    ]


@pytest.mark.parametrize(
    ("entry", "settles", "why"),
    [
        (paid_later(("1220", 1000)), (), "more is paid than is open"),
        (paid_later(("1220", 1000)), (OpenDocument("vch_a", 900),), "more is paid than is open"),
        (credited(), (OpenDocument("vch_a", 1000),), "not all open"),
        (named(open_order(), 2, "Wholesale"), (), "more than the one customer"),
    ],
)
def test_what_no_documents_say_waits_for_a_person(
    entry: JournalEntry, settles: tuple[OpenDocument, ...], why: str
) -> None:
    with pytest.raises(HoldError, match=why) as held:
        planned_all(entry, None, *settles)

    assert held.value.code == "quickbooks.receivable"
    assert "1150" in str(held.value)


def paid_back(*parts: tuple[str, int], owed: int, taken: int = 0) -> JournalEntry:
    """A refund of ``taken`` of which each of the parts went back."""
    lines = [posting("4200", taken, "refund.product", half=Half.REFUND)] if taken else []
    return made(
        Purpose.REFUND,
        *lines,
        *(posting(account, -amount, "tender", half=Half.REFUND) for account, amount in parts),
        posting("1150", owed, "order.open"),
        posting("2220", -owed, "refund.owed"),
        posting("2220", owed, "refund.owed", half=Half.REFUND),
    )


def said(vouchers: tuple[Voucher, ...]) -> list[tuple[str, dict[str, int]]]:
    return [(each.type, {line.account.number: line.amount_minor for line in each.lines}) for each in vouchers]


def test_what_is_paid_out_of_a_refund_is_a_receipt_and_what_is_not_is_credit_for_the_open_invoice() -> None:
    """C10: the receipt bears all that was taken back, so that its tax goes back with the money."""
    entry = paid_back(("1220", 2000), owed=-3000, taken=5000)
    credit, applied, receipt = vouchers = planned_all(entry, None, OpenDocument("vch_a", 3000))

    assert said(vouchers) == [
        ("CreditMemo", {"1150": -3000, "2220": 3000}),
        ("Payment", {"1150": -3000}),
        ("RefundReceipt", {"1220": -2000, "4200": 5000, "2220": -3000}),
    ]
    assert (applied.pays, applied.applies, receipt.pays) == ("vch_a", credit.voucher_id, "")
    assert len({each.key for each in vouchers}) == len({each.number for each in (credit, receipt)}) + 1


def test_what_went_back_in_several_ways_is_a_receipt_for_each_and_the_first_bears_what_was_taken_back() -> None:
    """C9: no form has two accounts for its money."""
    entry = paid_back(("1220", 1200), ("1230", 800), owed=-3000, taken=5000)

    assert said(planned_all(entry, None, OpenDocument("vch_a", 3000)))[2:] == [
        ("RefundReceipt", {"1220": -1200, "4200": 5000, "2220": -3800}),
        ("RefundReceipt", {"1230": -800, "2220": 800}),
    ]


@pytest.mark.parametrize("taken", [0, 800])
def test_money_that_went_back_for_what_stays_sold_is_owed_again_and_paid_like_any_invoice(
    books: Books, taken: int
) -> None:
    facts, refs = books.sink.facts(), dict[str, str]()
    first = books.plan_all(open_order(), facts, **ON_RECEIVABLES)
    sent(books, first, refs)
    again = books.plan_all(paid_back(("1220", 2000), owed=2000 - taken, taken=taken), facts, **ON_RECEIVABLES)
    owed, _ = sent(books, again, refs)
    assert ([each.type for each in again], owed["Balance"]) == (["Invoice", "RefundReceipt"], 20 - taken / 100)

    both = OpenDocument(first[0].voucher_id, 3000), OpenDocument(again[0].voucher_id, 2000 - taken)
    sent(books, books.plan_all(paid_later(("1220", 5000 - taken)), facts, *both, **ON_RECEIVABLES), refs)

    assert {one["Balance"] for one in books.sandbox.entities(REALM, "Invoice")} == {0}
    returned = {"4200": taken} if taken else {}
    assert books.sandbox.trial_balance(REALM) == {"1220": 10000 - taken, "4000": -10000, **returned}


def test_where_a_sale_stands_beside_money_that_went_back_one_invoice_says_both() -> None:
    entry = made(
        Purpose.ORDER,
        posting("4000", -800, "sale.product"),
        posting("1220", -2000, "tender"),
        posting("1150", 2800, "order.open"),
        posting("2220", 0, "refund.owed"),
    )

    assert said(planned_all(entry)) == [
        ("Invoice", {"1150": 2800, "4000": -800, "2220": -2000}),
        ("RefundReceipt", {"1220": -2000, "2220": 2000}),
    ]


def test_what_is_owed_again_stands_in_the_name_of_what_had_been_paid() -> None:
    """Else what pays both would be of two customers."""
    entry = paid_back(("1220", 2000), owed=2000)
    facts = known(entry)
    theirs = changed(facts, contacts=(*facts.contacts, LedgerContact("59", "Wholesale", ContactRole.CUSTOMER)))

    assert {each.contact for each in planned_all(entry, theirs, owed_again_by="Wholesale")} == {"59"}
    assert {each.contact for each in planned_all(entry, theirs)} == {"58"}


def test_without_refunds_payable_money_that_went_back_waits_and_says_what_to_create() -> None:
    entry = made(Purpose.REVERSAL, posting("1220", -2000, "tender"), posting("1150", 2000, "order.open"))
    with pytest.raises(HoldError, match="2220 Refunds payable") as held:
        planned_all(entry)

    assert held.value.code == "account.missing"


def test_tax_that_is_due_with_money_is_not_owed_again_by_an_invoice_without_it() -> None:
    """C25: the payment that had brought the money says so alone; a refund of what it brought says its tax itself."""
    with pytest.raises(HoldError, match="only the payment that had brought it says so") as held:
        planned_all(paid_back(("1220", 2000), owed=1200, taken=800), is_cash=True)
    entry = paid_back(("1220", 2000), owed=-3000, taken=5000)
    refunded = planned_all(entry, None, OpenDocument("vch_a", 3000), is_cash=True)

    assert held.value.code == "quickbooks.receivable"
    assert "`bridge decide VOUCHER withdraw`" in str(held.value)
    assert len(refunded) == 3


def test_what_is_of_no_one_order_stands_there_in_the_name_of_the_store() -> None:
    """QuickBooks takes no line on receivables in nobody's name."""
    day = msgspec.structs.replace(open_order(), purpose=Purpose.DAY, slot=made(Purpose.DAY).slot)
    voucher = planned(day)

    assert voucher.type == "JournalEntry"
    assert {line.account.number: line.contact for line in voucher.lines if line.contact} == {"1150": "58"}


@pytest.mark.parametrize("is_by_form", [False, True])
def test_documents_bear_the_class_and_location_of_what_they_sell_and_the_books_show_it(
    books: Books, *, is_by_form: bool
) -> None:
    books.set(track_classes=True, class_per_transaction=is_by_form, track_departments=True)
    books.tracked, marks = reported_by(books)
    facts, refs = books.sink.facts(), dict[str, str]()
    first = books.plan_all(two_ways(), facts)
    note = books.plan_all(credited(), facts, OpenDocument(first[0].voucher_id, 1200), **ON_RECEIVABLES)
    sold = [each for each in (*first, note[0]) if each.type != "Payment"]
    spent = books.plan_all(american_fees(), facts)

    assert [each.type for each in (*sold, *spent)] == ["Invoice", "CreditMemo", "Purchase"]
    for voucher in (*sold, *spent):
        copy = books.sink.send(voucher, f"{voucher.key}-0", refs)
        heads = {"location"} | ({"class"} if is_by_form and voucher.type != "Purchase" else set())
        assert {mark.kind for mark in copy.marks} & {"class", "location"} == heads
        told = [set(copy.marks) | set(line.marks) for line in copy.lines[1:]]
        assert all(marks <= each for each in told)
        assert differences(voucher, copy) == ()


@pytest.mark.parametrize(
    ("entry", "number", "became"),
    [(two_ways(), 1, "JournalEntry"), (british_fees(), 1, "JournalEntry")],
    ids=["one line of an order", "a fee"],
)
def test_what_names_somebody_else_for_a_part_is_a_journal_entry(entry: JournalEntry, number: int, became: str) -> None:
    facts = known(entry)
    others = (*facts.contacts, LedgerContact("59", "Wholesale", ContactRole.CUSTOMER))

    voucher = planned(named(entry, number, "Wholesale"), changed(facts, contacts=others))

    assert voucher.type == became
    assert [line.contact for line in voucher.lines if line.contact] == ["59"]


def reported_by(books: Books) -> tuple[tuple[Tracked, ...], set[Mark]]:
    """A class and a location that were made, as the plan says them and as the books show them."""
    for one in ("class", "location"):
        books.sink.create(Master(kind=MasterKind.OPTION, name="Leeds", dimension=one, dimension_id=one))
    found = [(one.ledger_id, one.name, one.options[0].ledger_id) for one in books.sink.facts().dimensions]
    return (
        tuple(Tracked(place, option, name, "Leeds") for place, name, option in found),
        {Mark(name, option, "Leeds") for _, name, option in found},
    )


def test_of_several_receivables_none_is_guessed() -> None:
    facts = known(open_order())
    second = msgspec.structs.replace(
        facts.accounts[-1], ledger_id="id-1151", number="1151", name="1151", type=RECEIVABLE
    )
    several = changed(facts, accounts=(*facts.accounts, second), receivable_id="")
    with pytest.raises(HoldError, match="there are several: '1150', '1151'"):
        planned_all(open_order(), several)
    assert planned(two_ways(), several).type == "JournalEntry"


def test_what_is_owed_on_a_plain_account_of_assets_is_a_journal_as_before() -> None:
    """C14: unless the route says otherwise nothing stands in anybody's name."""
    facts = known(open_order())
    others = tuple(
        msgspec.structs.replace(account, type="Other Current Asset") if account.number == "1150" else account
        for account in facts.accounts
    )

    assert planned(open_order(), changed(facts, accounts=others)).type == "JournalEntry"


def test_a_payment_whose_invoice_never_came_is_refused_before_anything_is_sent(books: Books) -> None:
    _, payment = books.plan_all(open_order(), books.sink.facts(), **ON_RECEIVABLES)
    with pytest.raises(RejectedError) as refused:
        books.sink.send(payment, f"{payment.key}-0")

    assert refused.value.code == "quickbooks.payment"
    assert books.calls("Payment.create") == 0


def test_fees_out_of_an_account_of_type_bank_are_an_expense_and_fill_the_purchases_side() -> None:
    """C20; the requirement's `PaymentType` Cash: an account of another type is refused for it."""
    voucher = planned(british_fees())

    assert body(voucher) == {
        "DocNumber": voucher.number,
        "TxnDate": "2026-07-03",
        "CurrencyRef": {"value": "GBP"},
        "PrivateNote": f"Shopify journal #1001 · {voucher.key}",
        "PaymentType": "Cash",
        "AccountRef": {"value": "id-1200"},
        "GlobalTaxCalculation": "TaxInclusive",
        "Line": [
            expense(1, "Marketplace referral fees (fee.referral), 1 line", "20.00", "id-6000", "5", "24.00"),
            expense(2, "Payment processing fees (fee.payment), 1 line", "3.10", "id-6100", "8", "3.10"),
        ],
        "TxnTaxDetail": {"TotalTax": "4.00"},
    }
    assert [line.tax_code for line in voucher.lines] == ["", "5/purchase", "8/purchase"]


def expense(number: int, words: str, amount: str, account: str, code: str, gross: str) -> object:
    detail = {"AccountRef": {"value": account}, "TaxCodeRef": {"value": code}, "TaxInclusiveAmt": gross}
    return {
        "LineNum": number,
        "Description": words,
        "Amount": amount,
        "DetailType": "AccountBasedExpenseLineDetail",
        "AccountBasedExpenseLineDetail": detail,
    }


@pytest.mark.parametrize(
    "postings",
    [
        (posting("6100", -250, "fee.payment", half=Half.NONE), posting("1220", 250, "tender", half=Half.NONE)),
        (posting("6100", 250, "fee.payment", half=Half.NONE), posting("1250", -250, "tender", half=Half.NONE)),
        (
            posting("6100", 250, "fee.payment", half=Half.NONE),
            posting("4500", -100, "reimb.inventory", half=Half.NONE),
            posting("1220", -150, "clearing", half=Half.NONE),
        ),
        (
            posting("6100", 250, "fee.payment", half=Half.NONE),
            posting("1220", -150, "tender", half=Half.NONE),
            posting("1230", -100, "tender", half=Half.NONE),
        ),
    ],
    ids=["given back", "an asset that is no bank", "more than fees", "out of two accounts"],
)
def test_what_is_no_plain_expense_is_a_journal(postings: tuple[Any, ...]) -> None:
    assert planned(made(Purpose.JOURNAL, *postings)).type == "JournalEntry"


def many(count: int, kind: Purpose, *, tax: str = "") -> tuple[JournalEntry, LedgerFacts]:
    """Sales on so many accounts, paid through one gateway."""
    currency = "GBP" if tax else "USD"
    sold = [posting(f"4{number:05}", -100 - number, "sale.product", tax=tax) for number in range(count)]
    paid = posting("1220", -sum(each.amount_minor for each in sold), "tender")
    entry = made(kind, *sold, paid, currency=currency)
    items = tuple(LedgerItem(f"item-{each.account}", each.account, f"id-{each.account}") for each in sold)
    return entry, changed(known(entry), items=items)


def test_a_journal_beyond_the_limit_is_cut_into_parts_that_each_balance_over_its_largest_leg() -> None:
    """A day may be cut; what equals the bank's line is the transfer, which is never."""
    entry, facts = many(20_500, Purpose.DAY)
    parts = planned_all(entry, facts)

    assert [(each.type, len(each.lines), each.lines[0].account.number) for each in parts] == [
        ("JournalEntry", 10_000, "1220"),
        ("JournalEntry", 10_000, "1220"),
        ("JournalEntry", 503, "1220"),
    ]
    assert sum(each.lines[0].amount_minor for each in parts) == entry.postings[-1].amount_minor
    assert [each.voucher_id for each in parts] == [voucher_id(entry.entry_id, number) for number in (1, 2, 3)]
    assert len({each.number for each in parts} | {each.key for each in parts}) == 6
    assert [each.memo for each in parts] == [
        f"Shopify day #1001, part {number} of 3 · {each.key}" for number, each in enumerate(parts, start=1)
    ]
    assert parts == planned_all(entry, facts)


def test_a_taxed_form_beyond_750_lines_sums_what_is_alike_and_waits_where_that_is_not_enough() -> None:
    entry, facts = many(700, Purpose.ORDER, tax="sale:0")
    twice = [posting("400000", -1, "sale.gift_wrap", tax="sale:0") for _ in range(100)]
    paid = msgspec.structs.replace(entry.postings[-1], amount_minor=entry.postings[-1].amount_minor + 100)
    long = made(Purpose.ORDER, *entry.postings[:-1], *twice, paid, currency="GBP")
    (receipt,) = planned_all(long, facts)

    assert (receipt.type, len(receipt.lines)) == ("SalesReceipt", 701)
    assert receipt.lines[1].amount_minor == -200
    assert receipt.lines[1].description == "sale.product, 1 line and 100 more"
    with pytest.raises(HoldError, match="801 lines that differ, and QuickBooks takes 750") as held:
        planned_all(*many(800, Purpose.ORDER, tax="sale:0"))
    assert held.value.code == "quickbooks.too_long"
    assert planned(*many(800, Purpose.ORDER)).type == "SalesReceipt"
