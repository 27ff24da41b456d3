"""A company whose plan has no bills, or a person who may not see them: the other kinds are read all the same."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import pytest

from bridge.errors import AuthorizationError, PluginError, UnavailableError
from bridge.model.entries import JournalEntry
from bridge.plugin import Changes, Observation, Unknown, Unread
from bridge.sandbox import FaultKind
from bridge_quickbooks.observing import OBSERVED
from plugins.quickbooks.tests.company import REALM, Books

YEAR = Observation(date(2026, 1, 1), date(2026, 12, 31), frozenset())
OF_BILLS = ("Bill", "BillPayment", "VendorCredit")
PLAN, PERSON = "its plan has none of this kind", "QuickBooks does not show it to the person who let bridge in"
CODES = {"4000": PLAN, "4001": PLAN, "5020": PERSON, "3100": PERSON}


def sent(books: Books, sales: JournalEntry) -> str:
    voucher = books.plan(sales)
    return books.sink.send(voucher, f"{voucher.key}-0").ref


def before(books: Books) -> datetime:
    return books.sandbox.clock.now() - timedelta(hours=1)


def split(pages: Iterable[object]) -> tuple[list[str], list[Unread]]:
    """Refs of what is read, and what is not."""
    told = list(pages)
    assert not any(isinstance(page, Unknown) for page in told), told
    unread = [page for page in told if isinstance(page, Unread)]
    read = [page.copies if isinstance(page, Changes) else page for page in told if not isinstance(page, Unread)]
    return [copy.ref for page in read for copy in page], unread  # type: ignore[attr-defined]


@pytest.mark.parametrize("code", CODES)
def test_a_kind_that_is_refused_is_named_and_the_others_are_read(books: Books, sales: JournalEntry, code: str) -> None:
    ref = sent(books, sales)
    books.set(refused_kinds=OF_BILLS, refused_code=code)

    for pages in (books.sink.observe(YEAR), books.sink.changes(before(books))):
        read, unread = split(pages)
        assert read == [ref]
        assert tuple(one.kind for one in unread) == OF_BILLS
        assert all(one.why.endswith(CODES[code]) for one in unread)


def test_what_changed_costs_six_calls_where_some_kinds_are_refused(books: Books) -> None:
    """Of all, of those that are written, and of each other one: the four that only others enter."""
    books.set(refused_kinds=OF_BILLS)

    split(books.sink.changes(before(books)))

    assert books.calls("cdc") == 6


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("kind", ["Purchase", "JournalEntry"])
def test_a_kind_that_bridge_writes_must_be_read(books: Books, kind: str, code: str) -> None:
    books.set(refused_kinds=[kind], refused_code=code)

    with pytest.raises((PluginError, AuthorizationError), match=code):
        list(books.sink.observe(YEAR))


def test_what_bridge_writes_and_may_not_be_read_by_what_changed_is_read_by_observing(books: Books) -> None:
    """And that says why it cannot."""
    books.set(refused_kinds=["Purchase"])

    assert [type(page) for page in books.sink.changes(before(books))] == [Unknown]


@pytest.mark.parametrize("last", OBSERVED[-3:])
def test_a_connection_that_is_let_in_no_more_halfway_is_no_kind_that_is_refused(books: Books, last: str) -> None:
    def end(label: str) -> None:
        books.sandbox.faults.order(FaultKind.UNAUTHORIZED, times=None, label=label)

    end(f"{last}.query")
    end("Preferences.query")

    with pytest.raises(AuthorizationError):
        list(books.sink.observe(YEAR))


def test_a_company_that_was_taken_back_is_let_in_to_nothing(books: Books) -> None:
    books.sandbox.disconnect(REALM)

    for pages in (books.sink.observe(YEAR), books.sink.changes(before(books))):
        with pytest.raises(AuthorizationError):
            list(pages)


def test_silence_about_a_kind_is_no_refusal_of_it(books: Books) -> None:
    """F12: nothing may be concluded."""
    books.sandbox.faults.order(FaultKind.UNAVAILABLE, times=None, label="Bill.query")

    with pytest.raises(UnavailableError):
        list(books.sink.observe(YEAR))
