"""What an organisation tells to have changed: a call for each kind, by when it changed in whole seconds."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from bridge.plugin import Changes
from bridge_xero.kinds import LISTED
from plugins.xero.tests.books import Books
from plugins.xero.tests.conftest import ENTRIES


def now(books: Books) -> datetime:
    return books.sandbox.clock.now()


def told(books: Books, since: datetime) -> Changes:
    """All of it as one."""
    pages = list(books.sink.changes(since))
    assert all(isinstance(page, Changes) for page in pages), pages
    found = [page for page in pages if isinstance(page, Changes)]
    return Changes(
        tuple({copy.ref: copy for page in found for copy in page.copies}.values()),
        tuple(ref for page in found for ref in page.gone),
        tuple(ref for page in found for ref in page.whole),
    )


def test_a_clean_week_costs_twelve_calls_with_all_that_a_check_asks(books: Books) -> None:
    since = now(books)
    before = books.sandbox.requests.count()

    books.sink.standing()

    assert told(books, since) == Changes()
    assert books.sandbox.requests.count() - before == 3 + len(LISTED) + 1 == 12


@pytest.mark.parametrize("hours", [-8, 0, 13])
def test_what_was_made_since_is_told_whatever_zone_the_instant_is_given_in(books: Books, hours: int) -> None:
    zone = timezone(timedelta(hours=hours))
    since = (now(books) - timedelta(seconds=2)).astimezone(zone)
    echoes = [copy for made in ENTRIES.values() for copy in books.deliver(made)]

    found = told(books, since)

    assert {copy.ref: copy.lines_hash for copy in found.copies} == {copy.ref: copy.lines_hash for copy in echoes}
    assert told(books, now(books) + timedelta(seconds=5)) == Changes()


def test_what_was_edited_voided_or_deleted_is_told_as_what_it_is_now(books: Books) -> None:
    journal, transfer, invoice = (books.deliver(ENTRIES[name])[0] for name in ("journal", "transfer", "part"))
    books.person.change_note(journal.type, journal.ref, "as the client says")
    books.person.delete(transfer.type, transfer.ref)
    books.person.void(invoice.type, invoice.ref)

    found = told(books, now(books) - timedelta(minutes=5))

    by_ref = {copy.ref: copy for copy in found.copies}
    assert by_ref[journal.ref].memo == "as the client says"
    assert by_ref[invoice.ref].is_voided
    assert found.gone == (transfer.ref,)
