"""Orders, refunds, days and VAT against a company of the sandbox: sent once, found again, read back as sent."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import msgspec
import pytest

from bridge.delivery.check import differences
from bridge.errors import ConflictError, HoldError, InDoubtError, RejectedError
from bridge.model.entries import JournalEntry, Purpose
from bridge.model.vouchers import LedgerCopy, Voucher
from bridge.plugin import Absent, Observation, Present
from bridge.sandbox import FaultKind
from bridge.testing import read_all
from bridge_quickbooks.parse import lines_of
from bridge_quickbooks.settings import QuickBooksConnection
from bridge_quickbooks.sink import QuickBooksSink
from bridge_quickbooks_sandbox.wire import encode
from plugins.quickbooks.tests.company import (
    REALM,
    Books,
    american_order,
    american_refund,
    british_day,
    british_fees,
    british_order,
    british_refund,
)
from plugins.quickbooks.tests.sandbox.client import Client

JULY = Observation(date(2026, 7, 1), date(2026, 7, 31), frozenset())
Made = Callable[[], JournalEntry]


def american_day() -> JournalEntry:
    return msgspec.structs.replace(american_order(), purpose=Purpose.DAY)


CASES: list[tuple[Made, str, dict[str, int]]] = [
    (
        american_order,
        "SalesReceipt",
        {"1220": 10284, "2100": -784, "4000": -10000, "4050": -500, "4100": 1000},
    ),
    (american_refund, "RefundReceipt", {"1220": -5436, "2100": 436, "4200": 5000}),
    (american_day, "JournalEntry", {"1220": 10284, "2100": -784, "4000": -10000, "4050": -500, "4100": 1000}),
    (
        british_order,
        "SalesReceipt",
        {"1220": 16999, "2120": -1916, "2200": -2500, "4000": -13000, "4050": -416, "4100": 833},
    ),
    (british_refund, "RefundReceipt", {"1220": -2400, "2120": 400, "4200": 2000}),
    (
        british_day,
        "JournalEntry",
        {"1220": 37300, "2120": -5801, "2200": 2500, "4000": -34999, "4200": 1000},
    ),
    (british_fees, "Purchase", {"1200": -2710, "2120": 400, "6000": 2000, "6100": 310}),
]


@pytest.fixture
def either(books: Books, british_books: Books) -> Callable[[JournalEntry], Books]:
    return lambda entry: books if entry.currency == "USD" else british_books


def same_books(voucher: Voucher, copy: LedgerCopy) -> bool:
    return msgspec.structs.replace(copy, lines=lines_of(voucher)).lines_hash == copy.lines_hash


@pytest.mark.parametrize(("make", "kind", "balances"), CASES)
def test_what_is_sent_is_booked_echoed_found_observed_and_read_back_alike(
    make: Made, kind: str, balances: dict[str, int], either: Callable[[JournalEntry], Books]
) -> None:
    """C2, C9, C10; F17, F18: net to income, VAT to its own account, the money on the gateway's, to the penny."""
    books = either(make())
    voucher = books.plan_with(make(), books.sink.facts())
    echo = books.sink.send(voucher, f"{voucher.key}-0")
    found = books.sink.look_up(voucher)
    (observed,) = read_all(books.sink, JULY)
    ((_, again),) = books.sink.read_back([(kind, echo.ref)])

    assert (echo.type, echo.key, echo.number) == (kind, voucher.key, voucher.number)
    assert books.sandbox.trial_balance(REALM) == balances
    assert isinstance(found, Present)
    assert isinstance(again, Present)
    for copy in (echo, found.copy, observed, again.copy):
        assert same_books(voucher, copy)
        assert copy.total_minor == voucher.total_minor
        assert not copy.is_voided


def test_where_quickbooks_numbers_forms_itself_ours_is_found_by_its_key_and_its_number_is_no_difference(
    books: Books,
) -> None:
    """F02: and without a number, delivery looks for it before it sends."""
    books.set(custom_txn_numbers=False)
    voucher = books.plan_with(american_order(), books.sink.facts())

    echo = books.sink.send(voucher, f"{voucher.key}-0")
    found = books.sink.look_up(voucher)

    assert (voucher.number, echo.number, echo.key) == ("", "1001", voucher.key)
    assert isinstance(found, Present)
    assert "number" not in {field for field, _, _ in differences(voucher, echo)}


@pytest.mark.parametrize("make", [american_order, american_refund, british_order])
@pytest.mark.parametrize("fault", [FaultKind.COMMIT_THEN_DROP, FaultKind.COMMIT_THEN_UNAVAILABLE])
def test_a_receipt_whose_answer_was_lost_is_found_and_never_sent_twice(
    make: Made, fault: FaultKind, either: Callable[[JournalEntry], Books]
) -> None:
    """F01."""
    books = either(make())
    voucher = books.plan_with(make(), books.sink.facts())
    books.sandbox.faults.order(fault, method="POST", path=f"*/{voucher.type.lower()}")

    with pytest.raises(InDoubtError):
        books.sink.send(voucher, f"{voucher.key}-0")
    found = books.sink.look_up(voucher)
    again = books.sink.send(voucher, f"{voucher.key}-1")

    assert isinstance(found, Present)
    assert again.ref == found.copy.ref
    assert len(books.sandbox.entities(REALM, voucher.type)) == 1


def test_our_receipt_is_known_though_its_memo_was_rewritten_and_its_lines_name_only_items(
    british_books: Books,
) -> None:
    """Where the echo names no account, the item's own account is asked for, once."""
    voucher = british_books.plan_with(british_order(), british_books.sink.facts())
    ref = british_books.sink.send(voucher, f"{voucher.key}-0").ref
    british_books.person.change_note("SalesReceipt", ref, "looked at")
    (stored,) = british_books.sandbox.entities(REALM, "SalesReceipt")
    for line in stored["Line"]:
        line.get("SalesItemLineDetail", {}).pop("ItemAccountRef", None)
    body = encode({"QueryResponse": {"SalesReceipt": [stored]}}).decode()
    british_books.sandbox.faults.order(
        FaultKind.ANSWER, times=None, status=200, body=body, path="*/query", contains="FROM SalesReceipt"
    )
    before = british_books.calls("Item.query")

    found = [british_books.sink.look_up(voucher) for _ in range(2)]

    assert all(isinstance(each, Present) and each.copy.ref == ref for each in found)
    assert british_books.calls("Item.query") == before + 1


@pytest.mark.parametrize(
    ("line", "to"),
    [(0, "4520"), (1, "4220")],
)
def test_a_receipt_that_a_person_coded_to_another_account_reads_back_otherwise(
    british_books: Books, line: int, to: str
) -> None:
    """F45."""
    voucher = british_books.plan_with(british_order(), british_books.sink.facts())
    ref = british_books.sink.send(voucher, f"{voucher.key}-0").ref
    british_books.person.recode("SalesReceipt", ref, to, line=line)

    ((_, state),) = british_books.sink.read_back([("SalesReceipt", ref)])

    assert isinstance(state, Present)
    assert not same_books(voucher, state.copy)
    assert state.copy.total_minor == voucher.total_minor


def test_a_receipt_whose_amount_a_person_changed_reads_back_otherwise(british_books: Books) -> None:
    voucher = british_books.plan_with(british_order(), british_books.sink.facts())
    ref = british_books.sink.send(voucher, f"{voucher.key}-0").ref
    british_books.person.edit_amount("SalesReceipt", ref, "101.00")

    ((_, state),) = british_books.sink.read_back([("SalesReceipt", ref)])

    assert isinstance(state, Present)
    assert {line.amount_minor for line in state.copy.lines} >= {17099, -12100}
    assert sum(british_books.sandbox.trial_balance(REALM).values()) == 0


def test_vat_that_quickbooks_works_out_anew_is_seen_in_the_echo(british_books: Books) -> None:
    """F17, F18: the total stays; whose penny of it is VAT does not."""
    british_books.set(recalculates_vat=True)
    (cents,) = [
        msgspec.structs.replace(each, tax_minor=each.tax_minor - 1)
        for each in british_order().postings
        if each.amount_minor == -12000
    ]
    entry = msgspec.structs.replace(british_order(), postings=(cents, *british_order().postings[1:]))
    voucher = british_books.plan_with(entry, british_books.sink.facts())

    echo = british_books.sink.send(voucher, f"{voucher.key}-0")

    assert echo.total_minor == voucher.total_minor
    assert not same_books(voucher, echo)


def test_sales_tax_that_quickbooks_own_engine_adds_is_seen_in_the_echo(books: Books) -> None:
    """F17, D25: all our lines are NON; a person who turns one to TAX lets the engine in."""
    voucher = books.plan_with(american_order(), books.sink.facts())
    lines = (voucher.lines[0], msgspec.structs.replace(voucher.lines[1], tax_code="TAX"), *voucher.lines[2:])
    books.set(sales_tax_rate="8.875")

    echo = books.sink.send(msgspec.structs.replace(voucher, lines=lines), f"{voucher.key}-0")

    assert not same_books(voucher, echo)
    assert {field for field, _, _ in differences(voucher, echo)} >= {"total", "lines"}


def test_a_voided_receipt_is_known_as_voided(books: Books) -> None:
    voucher = books.plan_with(american_order(), books.sink.facts())
    ref = books.sink.send(voucher, f"{voucher.key}-0").ref
    books.person.void("SalesReceipt", ref)

    ((_, state),) = books.sink.read_back([("SalesReceipt", ref)])

    assert isinstance(state, Present)
    assert state.copy.is_voided


def test_a_receipt_under_our_number_that_is_a_strangers_is_not_taken_for_ours(books: Books) -> None:
    """F02."""
    voucher = books.plan_with(american_order(), books.sink.facts())
    other = books.plan_with(msgspec.structs.replace(american_order(), slot=american_refund().slot), books.sink.facts())
    books.sink.send(msgspec.structs.replace(other, number=voucher.number), f"{other.key}-0")

    with pytest.raises(ConflictError) as taken:
        books.sink.send(voucher, f"{voucher.key}-0")

    assert taken.value.code == "quickbooks.6140"
    assert books.sink.look_up(voucher) == Absent()


def test_the_receipts_a_merchant_writes_by_hand_are_left_out_unless_they_touch_what_is_watched(books: Books) -> None:
    """A shop may write thousands of its own; a few reads tell a clean week."""
    voucher = books.plan_with(american_order(), books.sink.facts())
    theirs = msgspec.structs.replace(voucher, memo="at the counter", number="1")
    books.sink.send(theirs, "k-1")
    clearing = frozenset({books.account("1220").ledger_id})

    def seen(wanted: Observation) -> list[str]:
        return [copy.number for copy in read_all(books.sink, wanted)]

    assert seen(JULY) == []
    assert seen(msgspec.structs.replace(JULY, accounts=clearing)) == ["1"]


def test_a_receipt_into_an_account_that_forms_refuse_is_refused_with_a_next_step(books: Books) -> None:
    """6430: the account was of another type when it was planned."""
    voucher = books.plan_with(american_refund(), books.sink.facts())
    money = msgspec.structs.replace(voucher.lines[0], account=books.account("6100"))

    with pytest.raises(RejectedError) as refused:
        books.sink.send(msgspec.structs.replace(voucher, lines=(money, *voucher.lines[1:])), "k-0")

    assert refused.value.code == "quickbooks.6430"


def test_an_item_that_is_gone_since_is_refused_with_a_next_step(books: Books) -> None:
    voucher = books.plan_with(american_order(), books.sink.facts())
    line = msgspec.structs.replace(voucher.lines[1], item="999")

    with pytest.raises(RejectedError) as refused:
        books.sink.send(msgspec.structs.replace(voucher, lines=(voucher.lines[0], line, *voucher.lines[2:])), "k-0")

    assert refused.value.code == "quickbooks.2500"


# Facts


def test_facts_of_an_american_company_take_five_reads(books: Books) -> None:
    facts = books.sink.facts()

    assert {code.ledger_id: code.serves for code in facts.tax_codes} == {"NON": ("none",), "TAX": ()}
    assert [contact.name for contact in facts.contacts] == ["Sales channels"]
    assert {"4000", "2100", "7990"} <= {books_number(books, item.account_id) for item in facts.items}
    assert books.sandbox.requests.count() == 5


def test_facts_of_a_british_company_take_two_reads_more(british_books: Books) -> None:
    facts = british_books.sink.facts()
    serves = {treatment: code.name for code in facts.tax_codes for treatment in code.serves}

    assert serves == {
        "sale:20": "20.0% S",
        "purchase:20": "20.0% S",
        "sale:5": "5.0% R",
        "purchase:5": "5.0% R",
        "sale:0": "0.0% Z",
        "purchase:0": "0.0% Z",
        "sale:exempt": "Exempt",
        "purchase:exempt": "Exempt",
        "none": "No VAT",
        "sale:outside": "No VAT",
        "sale:export": "0.0% Z",
        "sale:deemed_supply": "0.0% Z",
    }
    assert facts.tax_account_id == british_books.account("2120").ledger_id
    assert facts.receivable_id == british_books.account("1100").ledger_id
    assert british_books.sandbox.requests.count() == 7


def test_facts_of_a_company_with_several_currencies_name_them(books: Books) -> None:
    books.set(multi_currency=True, currencies=["EUR", "GBP"])

    assert books.sink.facts().currencies == ("EUR", "GBP")


def test_the_customer_is_the_one_the_connection_names(books: Books) -> None:
    """A quote in its name is escaped, and closes nothing."""
    books.context.settings = QuickBooksConnection(customer="O'Neil & Sons")
    books = replace(books, sink=QuickBooksSink(books.context))

    without = books.sink.facts()
    client = Client(books.sandbox)
    ref = client.create("Customer", {"DisplayName": "O'Neil & Sons"})["Id"]
    client.close()
    facts = books.sink.facts()

    with pytest.raises(HoldError) as held:
        books.plan_with(american_order(), without)
    assert held.value.code == "contact.missing"
    assert books.plan_with(american_order(), facts).contact == ref


def books_number(books: Books, ledger_id: str) -> str:
    return next(
        str(account.get("AcctNum", ""))
        for account in books.sandbox.entities(REALM, "Account")
        if account["Id"] == ledger_id
    )
