"""What a company tells to have changed: in one call, in more where it is much, or not at all."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from bridge.errors import UnavailableError
from bridge.model.entries import JournalEntry
from bridge.plugin import Changes, Unknown
from bridge.sandbox import FaultKind
from plugins.quickbooks.tests.company import Books


def now(books: Books) -> datetime:
    return books.sandbox.clock.now()


def told(books: Books, since: datetime) -> list[tuple[list[str], list[str]]]:
    """Types and refs of each page."""
    pages = list(books.sink.changes(since))
    assert all(isinstance(page, Changes) for page in pages), pages
    return [
        ([f"{copy.type} {copy.ref}" for copy in page.copies], list(page.gone))
        for page in pages
        if isinstance(page, Changes)
    ]


def put(books: Books, kind: str, many: int) -> list[str]:
    every = (books.person.add_foreign("1200", "6100", "3", "2026-07-01", entity=kind) for _ in range(many))
    return [str(one["Id"]) for one in every]


def test_a_week_of_nothing_and_one_of_a_few_changes_cost_one_call(books: Books, sales: JournalEntry) -> None:
    since = now(books)
    assert told(books, since) == []
    voucher = books.plan(sales)
    echo = books.sink.send(voucher, f"{voucher.key}-0")
    deposit, gone = put(books, "Deposit", 2)
    books.person.delete("Deposit", gone)
    books.person.void("JournalEntry", echo.ref)
    asked = books.calls("cdc")

    assert told(books, since) == [([f"JournalEntry {echo.ref}"], []), ([f"Deposit {deposit}"], [gone])]
    assert books.calls("cdc") == asked + 1


def test_what_changed_is_read_as_the_books_are(books: Books, sales: JournalEntry) -> None:
    voucher = books.plan(sales)
    echo = books.sink.send(voucher, f"{voucher.key}-0")

    ((copy,),) = [page.copies for page in books.sink.changes(now(books) - timedelta(days=1))]  # type: ignore[union-attr]

    assert copy == echo


def test_more_than_a_thousand_of_several_kinds_are_asked_for_by_halves(books: Books) -> None:
    """The cap holds over all kinds together, and there is no second page."""
    since = now(books)
    wanted = [f"{kind} {ref}" for kind in ("JournalEntry", "Deposit") for ref in put(books, kind, 600)]

    found = [name for copies, _ in told(books, since) for name in copies]

    assert sorted(found) == sorted(wanted)
    assert books.calls("cdc") == 7


def test_more_than_a_thousand_of_one_kind_cannot_be_told(books: Books) -> None:
    since = now(books)
    put(books, "JournalEntry", 1_000)

    assert list(books.sink.changes(since))[-1] == Unknown(
        "more than 1,000 objects of the kind JournalEntry changed, which it cannot tell"
    )


def test_what_lies_more_than_thirty_days_back_cannot_be_told(books: Books) -> None:
    (page,) = books.sink.changes(now(books) - timedelta(days=31))

    assert isinstance(page, Unknown)
    assert "30 days" in page.cause


def test_what_the_index_does_not_show_yet_is_not_told_yet(books: Books) -> None:
    since = now(books)
    books.set(index_delay_reads=2)
    (ref,) = put(books, "JournalEntry", 1)

    assert [told(books, since) for _ in range(3)] == [[], [], [([f"JournalEntry {ref}"], [])]]


def test_an_answer_that_is_not_whole_is_no_answer(books: Books) -> None:
    books.sandbox.faults.order(FaultKind.ANSWER, times=None, status=200, label="cdc", body='{"CDCResponse": [{}]}')

    with pytest.raises(UnavailableError, match="incomplete"):
        list(books.sink.changes(now(books)))


def test_what_stands_costs_three_calls(books: Books) -> None:
    books.set(book_close_date="2026-05-31")
    before = books.sandbox.requests.count()

    facts = books.sink.standing()

    assert books.sandbox.requests.count() - before == 3
    assert facts.locked_through == date(2026, 5, 31)
    assert facts.accounts == books.sink.facts().accounts
