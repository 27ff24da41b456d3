"""What a consent or a role does not cover of what others enter: the rest is read all the same."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from bridge.errors import AuthorizationError, UnavailableError
from bridge.plugin import Changes, Observation, Unread
from bridge.sandbox import FaultKind
from bridge_xero.kinds import KINDS, LISTED, WRITTEN
from plugins.xero.tests.books import Books
from plugins.xero.tests.conftest import ENTRIES
from plugins.xero.tests.organisation import TENANT

ALL = Observation(date(2026, 1, 1), date(2026, 12, 31), frozenset())
OF_OTHERS = tuple(kind for kind in LISTED if kind not in WRITTEN)


def before(books: Books) -> datetime:
    return books.sandbox.clock.now() - timedelta(hours=1)


def test_what_is_refused_is_named_and_the_rest_is_read(books: Books) -> None:
    echoes = {copy.ref for copy in books.deliver(ENTRIES["settlement"])}
    books.set(refused=[KINDS[kind].plural for kind in OF_OTHERS])

    observed = list(books.sink.observe(ALL))
    changed = list(books.sink.changes(before(books)))

    for told in (observed, changed):
        unread = [page for page in told if isinstance(page, Unread)]
        assert tuple(one.kind for one in unread) == OF_OTHERS == ("Overpayment", "Prepayment")
        assert unread[0].why == "Xero does not show Overpayments to this connection"
        assert "bridge connections authorize NAME" in unread[0].next_step
    assert {copy.ref for page in observed if not isinstance(page, Unread) for copy in page} == echoes
    assert {copy.ref for page in changed if isinstance(page, Changes) for copy in page.copies} == echoes


@pytest.mark.parametrize("kind", [kind for kind in LISTED if kind in WRITTEN])
def test_a_kind_that_bridge_writes_must_be_read(books: Books, kind: str) -> None:
    books.set(refused=[KINDS[kind].plural])

    for pages in (books.sink.observe(ALL), books.sink.changes(before(books))):
        with pytest.raises(AuthorizationError):
            list(pages)


def test_a_connection_that_is_let_in_no_more_halfway_is_no_kind_that_is_refused(books: Books) -> None:
    books.sink.standing()
    for label in ("Overpayments.list", "Organisation.list"):
        books.sandbox.faults.order(FaultKind.UNAUTHORIZED, times=None, label=label)

    with pytest.raises(AuthorizationError):
        list(books.sink.observe(ALL))


def test_an_organisation_that_was_taken_back_is_let_in_to_nothing(books: Books) -> None:
    books.sandbox.disconnect(TENANT)

    with pytest.raises(AuthorizationError):
        list(books.sink.observe(ALL))


def test_silence_about_a_kind_is_no_refusal_of_it(books: Books) -> None:
    """F12: nothing may be concluded."""
    books.sandbox.faults.order(FaultKind.UNAVAILABLE, times=None, label="Overpayments.list")

    with pytest.raises(UnavailableError):
        list(books.sink.observe(ALL))
