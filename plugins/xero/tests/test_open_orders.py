"""Orders that a buyer has not paid in full, where a route keeps that on Xero's accounts receivable."""

import json
from datetime import date

import msgspec
import pytest

from bridge.errors import InDoubtError, RejectedError
from bridge.model.entries import JournalEntry, Purpose
from bridge.model.vouchers import voucher_id
from bridge.plugin import Absent, Changes, Observation, OpenDocument, Present
from bridge.sandbox import FaultKind
from bridge.testing import read_all
from bridge_xero.kinds import ALLOCATION
from bridge_xero.render import render
from plugins.xero.tests.books import Books, as_held, as_sent
from plugins.xero.tests.organisation import TENANT, account_id, book, entry, facts, held, planned, refund, sale

MAPPED = {"1150": "1100"}
JUNE = Observation(date(2026, 6, 1), date(2026, 6, 30), frozenset())


def open_order(owed: int = 3000) -> JournalEntry:
    return entry(
        sale("4000", -10000, "sale.product"),
        sale("1210", 10000 - owed),
        sale("1150", owed, "order.open"),
        purpose=Purpose.ORDER,
        group="1001",
        narration="Shopify order #1001",
    )


def paid_later(*tenders: tuple[str, int]) -> JournalEntry:
    return entry(
        *(sale(account, amount) for account, amount in tenders),
        sale("1150", -sum(amount for _, amount in tenders), "order.open"),
        purpose=Purpose.ORDER,
        group="1001 later",
        narration="Shopify order #1001, paid later",
    )


def credited(amount: int = 1200, back: int = 0) -> JournalEntry:
    """A refund of what was never paid, as the books make it; back: what was paid back beside it."""
    paid = [refund("1210", -back)] if back else []
    return entry(
        refund("4200", amount + back, "refund.product"),
        *paid,
        sale("1150", -amount, "order.open"),
        sale("2220", amount, "refund.owed"),
        refund("2220", -amount, "refund.owed"),
        purpose=Purpose.REFUND,
        group="refund 7",
        narration="Shopify refund 7 of order #1001",
    )


def receivable(made: JournalEntry) -> JournalEntry:
    """As planned where 1150 is mapped to accounts receivable: for planning without an organisation."""
    return msgspec.structs.replace(
        made,
        postings=tuple(
            msgspec.structs.replace(one, account="1100") if one.account == "1150" else one for one in made.postings
        ),
    )


def test_what_is_paid_later_pays_the_invoice_of_its_order_and_makes_no_other() -> None:
    settles = OpenDocument("vch_a", 1000), OpenDocument("vch_b", 2000)
    payments = planned(receivable(paid_later(("1210", 1500), ("1230", 1500))), settles=settles)

    assert [(each.type, each.pays, each.total_minor, each.lines[0].account.number) for each in payments] == [
        ("Payment", "vch_a", 1000, "1210"),
        ("Payment", "vch_b", 500, "1210"),
        ("Payment", "vch_b", 1500, "1230"),
    ]


def test_what_is_sold_beside_is_paid_before_what_was_open() -> None:
    made = entry(
        sale("4000", -500, "sale.product"),
        sale("1210", 1500),
        sale("1100", -1000, "order.open"),
        purpose=Purpose.ORDER,
        group="1001 edited",
    )
    vouchers = planned(made, settles=(OpenDocument("vch_a", 1000),))

    assert book(vouchers) == "\n".join(
        (
            "Invoice",
            "    4000       -5.00",
            "    [1100]      5.00",
            "Payment",
            "    1210        5.00",
            "    [1100]     -5.00",
            "Payment",
            "    1210       10.00",
            "    [1100]    -10.00",
        )
    )
    assert [each.pays for each in vouchers] == ["", vouchers[0].voucher_id, "vch_a"]


def test_a_refund_of_what_is_open_is_allocated_and_what_was_paid_back_is_paid_out() -> None:
    """C10: an allocation only while the invoice is open."""
    note, payment, allocation = planned(
        receivable(credited(1200, back=800)), settles=(OpenDocument("vch_invoice", 1200),)
    )

    assert [each.type for each in (note, payment, allocation)] == ["CreditNote", "Payment", "Allocation"]
    assert (note.total_minor, payment.total_minor, allocation.total_minor) == (2000, 800, 1200)
    assert (allocation.pays, allocation.applies) == ("vch_invoice", note.voucher_id)
    assert allocation.after == ("vch_before", "vch_invoice", note.voucher_id)
    assert json.loads(render(allocation, {"vch_invoice": "i1"}), parse_float=str) == {
        "Allocations": [{"Invoice": {"InvoiceID": "i1"}, "Amount": "12.00", "Date": "2026-06-30"}]
    }


def test_more_than_is_open_waits_for_a_person() -> None:
    """A payment beyond what is due is refused by Xero, and what it was for is not guessed."""
    error = held(receivable(paid_later(("1210", 1000))))

    assert error.code == "xero.payment"
    assert "more is paid than is open" in str(error)


def test_an_open_order_is_paid_and_credited_down_to_nothing(books: Books) -> None:
    invoice, payment = books.plan(open_order(), mapped=MAPPED)
    for each in (invoice, payment):
        books.send(each)
    assert due(books) == [30]

    for each in books.plan(credited(), OpenDocument(invoice.voucher_id, 1200), mapped=MAPPED):
        echo = books.send(each)
        assert as_held(echo) == as_sent(each)
        assert not echo.is_voided
    assert due(books) == [18]

    (rest,) = books.plan(paid_later(("1230", 1800)), OpenDocument(invoice.voucher_id, 1800), mapped=MAPPED)
    books.send(rest)
    assert due(books) == [0]
    assert books.sandbox.trial_balance(TENANT) == {"1210": 7000, "1230": 1800, "4000": -10000, "4200": 1200}


def due(books: Books) -> list[object]:
    return [found["AmountDue"] for found in books.sandbox.entities(TENANT, "Invoices")]


@pytest.fixture
def allocated(books: Books) -> tuple[Books, str]:
    """An allocation that is sent, and its reference."""
    invoice, *others = books.plan(open_order(), mapped=MAPPED)
    vouchers = invoice, *others, *books.plan(credited(), OpenDocument(invoice.voucher_id, 1200), mapped=MAPPED)
    *_, echo = [books.send(each) for each in vouchers]
    assert echo.type == ALLOCATION
    return books, echo.ref


def test_an_allocation_is_read_back_with_its_credit_note_in_every_way(allocated: tuple[Books, str]) -> None:
    books, ref = allocated
    ((_, state),) = books.sink.read_back([(ALLOCATION, ref)])
    observed = [copy for copy in read_all(books.sink, JUNE) if copy.type == ALLOCATION]
    changed = [
        copy
        for told in books.sink.changes(books.context.clock.now())
        if isinstance(told, Changes)
        for copy in told.copies
        if copy.type == ALLOCATION
    ]

    assert isinstance(state, Present)
    assert [copy.ref for copy in (state.copy, *observed, *changed)] == [ref] * 3
    assert (state.copy.total_minor, state.copy.contact, len(state.copy.settles)) == (1200, observed[0].contact, 1)


def test_an_allocation_that_a_person_takes_back_is_gone(allocated: tuple[Books, str]) -> None:
    books, ref = allocated
    note, _, own = ref.partition("/")
    books.person.remove_allocation(note, own)

    assert [state for _, state in books.sink.read_back([(ALLOCATION, ref)])] == [Absent(deleted=True)]
    assert due(books) == [30]


@pytest.mark.parametrize(
    ("fault", "is_there"),
    [(FaultKind.COMMIT_THEN_DROP, True), (FaultKind.UNAVAILABLE, False)],
    ids=["made", "not made"],
)
def test_an_allocation_in_doubt_is_looked_for_by_its_note_and_invoice(
    books: Books, fault: FaultKind, *, is_there: bool
) -> None:
    """F01: it has no field for a key, and is made once all the same."""
    invoice, *others = books.plan(open_order(), mapped=MAPPED)
    *before, allocation = books.plan(credited(), OpenDocument(invoice.voucher_id, 1200), mapped=MAPPED)
    for each in (invoice, *others, *before):
        books.send(each)
    books.sandbox.faults.order(fault, method="PUT", path="*/Allocations")
    with pytest.raises(InDoubtError):
        books.send(allocation)

    found = books.sink.look_up(allocation, books.refs)
    assert isinstance(found, Present) if is_there else found == Absent()
    assert due(books) == ([18] if is_there else [30])


def test_an_allocation_whose_note_or_invoice_is_not_there_is_refused_before_it_is_sent(books: Books) -> None:
    _, allocation = books.plan(credited(), OpenDocument(voucher_id("ent_gone", 1), 1200), mapped=MAPPED)
    with pytest.raises(RejectedError) as refused:
        books.send(allocation)

    assert refused.value.code == "xero.payment"


def test_what_stays_open_elsewhere_is_a_line_as_before() -> None:
    """C14: 1150 is an account of current assets unless a route says otherwise."""
    invoice, payment = planned(open_order(), facts())

    assert [line.account.ledger_id for line in invoice.lines if not line.is_implied] == [
        account_id("4000"),
        account_id("1150"),
    ]
    assert payment.total_minor == invoice.total_minor - 3000 == 7000
