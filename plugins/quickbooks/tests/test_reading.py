"""The sink against the stateful sandbox: what it reads of a company, its own and others'."""

from datetime import date

import msgspec
import pytest

from bridge.errors import UnavailableError
from bridge.model.entries import JournalEntry
from bridge.model.vouchers import LedgerCopy
from bridge.plugin import Absent, Observation, Present, Unknown
from bridge.sandbox import FaultKind
from bridge.testing import read_all
from bridge_quickbooks_sandbox.schema import load_schema
from bridge_quickbooks_sandbox.wire import decode, encode
from plugins.quickbooks.tests.company import REALM, Books, entry, payout_entry, sent
from plugins.quickbooks.tests.sandbox.client import Client

JULY = Observation(date(2026, 6, 1), date(2026, 7, 31), frozenset())


def seen(books: Books, wanted: Observation) -> list[LedgerCopy]:
    return read_all(books.sink, wanted)


def test_an_observation_shows_ours_and_what_else_touches_the_accounts(books: Books, sales: JournalEntry) -> None:
    clearing = books.account("1200").ledger_id
    sent(books, sales)
    books.person.add_foreign("1200", "6100", "3", "2026-07-01", entity="Deposit")
    books.person.add_foreign("1000", "6100", "4", "2026-07-01", entity="Deposit")
    books.person.add_foreign("1200", "6100", "5", "2026-08-01", entity="Deposit")

    found = seen(books, msgspec.structs.replace(JULY, accounts=frozenset({clearing})))

    assert [(copy.type, copy.total_minor) for copy in found] == [("JournalEntry", 10000), ("Deposit", 300)]


def test_our_voided_journal_is_still_observed_and_known_as_voided(books: Books, sales: JournalEntry) -> None:
    books.person.void("JournalEntry", sent(books, sales).ref)

    (copy,) = seen(books, JULY)

    assert (copy.is_voided, copy.total_minor) == (True, 0)


def test_more_than_a_page_is_read_whole(books: Books) -> None:
    """F41: paging that loses nothing."""
    for number in range(1005):
        books.person.add_foreign("6000", "1000", "1", "2026-07-01", number=f"U{number}")

    found = seen(books, JULY)

    assert len(found) == len({copy.ref for copy in found}) == 1005


def test_an_incomplete_page_ends_the_observation(books: Books, sales: JournalEntry) -> None:
    """F07, F10: nothing may be concluded from the pages before."""
    sent(books, sales)
    books.sandbox.faults.order(FaultKind.UNAVAILABLE, times=None, contains="Purchase")

    with pytest.raises(UnavailableError):
        seen(books, JULY)


def test_reading_back_tells_present_deleted_and_edited_apart_in_order(books: Books) -> None:
    """F07, F45: an edit raises the version; the fields show which."""
    refs = []
    for number in range(70):
        made = payout_entry(f"settlement {number}") if number % 2 else entry(
            ("1200", 100 + number, "carry"), ("4000", -100 - number, "sale.product"), group=f"settlement {number}"
        )  # fmt: skip
        echo = sent(books, made)
        refs.append((echo.type, echo.ref))
    books.person.delete(*refs[3])
    books.person.delete(*refs[64])
    books.person.edit_amount(*refs[10], "7.77")

    found = list(books.sink.read_back(refs))

    assert [ref for ref, _ in found] == [ref for _, ref in refs]
    assert {place for place, (_, state) in enumerate(found) if state == Absent(deleted=True)} == {3, 64}
    edited = found[10][1]
    assert isinstance(edited, Present)
    assert (edited.copy.total_minor, edited.copy.version) == (777, "1")
    assert sum(isinstance(state, Present) for _, state in found) == 68


def test_what_the_trailing_index_misses_is_read_from_the_books_and_not_called_deleted(
    books: Books, sales: JournalEntry
) -> None:
    """F07: a query's silence is no proof."""
    books.set(index_delay_reads=100)
    echo = sent(books, sales)

    ((_, state),) = books.sink.read_back([(echo.type, echo.ref)])

    assert isinstance(state, Present)


def test_a_ledger_that_stops_answering_makes_the_rest_unknown_without_asking_on(
    books: Books, sales: JournalEntry
) -> None:
    """F07, F44."""
    echo = sent(books, sales)
    books.sandbox.faults.order(FaultKind.UNAVAILABLE, times=None)

    found = list(books.sink.read_back([(echo.type, echo.ref)] * 90))

    assert [type(state) for _, state in found] == [Unknown] * 90
    assert books.calls("JournalEntry.query") == 4


# Facts


def test_facts_tell_chart_currency_lock_and_what_is_to_be_put_right(books: Books) -> None:
    books.set(book_close_date="2026-05-31", warn_duplicate_journal_numbers=False, custom_txn_numbers=False)

    facts = books.sink.facts()

    assert (facts.connection, facts.company, facts.home_currency) == ("books", "Sandbox Company", "USD")
    assert facts.locked_through == date(2026, 5, 31)
    assert [code for code in ("quickbooks.numbers", "quickbooks.duplicates") if facts.lacks(code)] == [
        "quickbooks.numbers",
        "quickbooks.duplicates",
    ]
    clearing = facts.account("1200")
    assert clearing is not None
    assert (clearing.name, clearing.type, clearing.balance_minor) == ("Amazon clearing", "Bank", 0)


# What is read of others


def bodies(books: Books) -> dict[str, dict[str, object]]:
    """A body of each kind that is only read, between accounts that bridge does not watch."""
    client = Client(books.sandbox)
    refs = {
        "customer": {"value": client.query("select * from Customer")["Customer"][0]["Id"]},
        "vendor": {"value": client.create("Vendor", {"DisplayName": "A supplier"})["Id"]},
    }
    item = {"Name": "Work", "Type": "Service", "IncomeAccountRef": client.account("4060")}
    sold = {"ItemRef": {"value": client.create("Item", item)["Id"]}}
    sale = [{"Amount": 10, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": sold}]
    spent = {"AccountRef": client.account("6100")}
    bought = [
        {"Amount": 7, "DetailType": "AccountBasedExpenseLineDetail", "AccountBasedExpenseLineDetail": spent},
    ]
    head = {"TxnDate": "2026-07-01"}
    money = {"DepositToAccountRef": client.account("1010")}
    paid = {"PayType": "Check", "CheckPayment": {"BankAccountRef": client.account("1010")}, "TotalAmt": 7}
    return {
        "Invoice": head | {"CustomerRef": refs["customer"], "Line": sale},
        "CreditMemo": head | {"CustomerRef": refs["customer"], "Line": sale},
        "Payment": head | money | {"CustomerRef": refs["customer"], "TotalAmt": 10},
        "SalesReceipt": head | money | {"CustomerRef": refs["customer"], "Line": sale},
        "Bill": head | {"VendorRef": refs["vendor"], "Line": bought},
        "VendorCredit": head | {"VendorRef": refs["vendor"], "Line": bought},
        "BillPayment": head | paid | {"VendorRef": refs["vendor"]},
        "Purchase": head | {"PaymentType": "Cash", "AccountRef": client.account("1010"), "Line": bought},
    }


def test_every_kind_of_others_is_observed_with_what_it_does_to_the_accounts(books: Books) -> None:
    client, made = Client(books.sandbox), bodies(books)
    for kind, body in made.items():
        assert load_schema().read(kind, decode(encode(client.create(kind, body))))
    everything = frozenset(account.ledger_id for account in books.sink.facts().accounts)

    copies = seen(books, msgspec.structs.replace(JULY, accounts=everything))

    sums: dict[str, int] = {}
    for one in (line for copy in copies for line in copy.lines):
        sums[one.account_id] = sums.get(one.account_id, 0) + one.amount_minor
    balances = books.sandbox.trial_balance(REALM)
    assert {account: minor for account, minor in sums.items() if minor} == {
        books.account(number).ledger_id: minor for number, minor in balances.items()
    }
    assert {copy.type for copy in copies} == made.keys()


def test_of_others_what_names_our_customer_is_observed_though_it_touches_no_account_of_ours(books: Books) -> None:
    client = Client(books.sandbox)
    for kind, body in bodies(books).items():
        client.create(kind, body)
    customer = next(one["Id"] for one in client.query("select * from Customer")["Customer"])

    copies = seen(books, msgspec.structs.replace(JULY, contacts=frozenset({customer})))

    assert {copy.type for copy in copies} == {"Invoice", "CreditMemo", "Payment", "SalesReceipt"}
    assert seen(books, JULY) == []
