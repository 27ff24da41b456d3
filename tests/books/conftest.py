"""One database for the room's tests, and in it an organisation of its own for each book."""

from __future__ import annotations

import pytest

from tests.books.book import Book, MakeBook
from tests.books.papers import Paper
from tests.books.shop import MakeShop, Shop
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import FakeLedger
from tests.fakes.stores import MakeOrganisation


@pytest.fixture(scope="session")
def make_book(organisations: MakeOrganisation) -> MakeBook:
    """Makes a new book; ``currency`` and ``country`` are the ledger's own unless one is given, the rest its route's."""

    def make(*, currency: str = "USD", country: str = "", ledger: Paper | None = None, **route: object) -> Book:
        clock = FakeClock()
        own = ledger or FakeLedger(clock, home_currency=currency, country=country)
        return Book(organisations(clock), clock, own, **route)  # type: ignore[arg-type]

    return make


@pytest.fixture
def book(make_book: MakeBook) -> Book:
    return make_book()


@pytest.fixture(scope="session")
def make_shop(organisations: MakeOrganisation) -> MakeShop:
    """Makes a new shop; ``currency`` and ``country`` are the ledger's own, other arguments go to its route."""

    def make(*, currency: str = "USD", country: str = "", **route: object) -> Shop:
        clock = FakeClock()
        return Shop(organisations(clock), clock, FakeLedger(clock, home_currency=currency, country=country), **route)

    return make


@pytest.fixture
def shop(make_shop: MakeShop) -> Shop:
    return make_shop()
