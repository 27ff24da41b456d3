"""One database for the room's tests, and in it an organisation of its own for each book."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from bridge.store.sql import SqlStore, open_store
from tests.books.book import Book, MakeBook
from tests.books.papers import Paper
from tests.books.shop import MakeShop, Shop
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import FakeLedger


@pytest.fixture(scope="session")
def make_book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeBook]:
    """Makes a new book; ``currency`` and ``country`` are the ledger's own unless one is given, the rest its route's."""
    path: Path = tmp_path_factory.mktemp("books") / "bridge.db"
    numbers = count(1)
    opened: list[SqlStore] = []

    def make(*, currency: str = "USD", country: str = "", ledger: Paper | None = None, **route: object) -> Book:
        clock = FakeClock()
        store = open_store(f"sqlite:///{path}", f"org-{next(numbers)}", clock)
        if not opened:
            store.migrate()
        opened.append(store)
        own = ledger or FakeLedger(clock, home_currency=currency, country=country)
        return Book(store, clock, own, **route)  # type: ignore[arg-type]

    yield make
    for store in opened:
        store.close()


@pytest.fixture
def book(make_book: MakeBook) -> Book:
    return make_book()


@pytest.fixture(scope="session")
def make_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeShop]:
    """Makes a new shop; ``currency`` and ``country`` are the ledger's own, other arguments go to its route."""
    path: Path = tmp_path_factory.mktemp("shops") / "bridge.db"
    numbers = count(1)
    opened: list[SqlStore] = []

    def make(*, currency: str = "USD", country: str = "", **route: object) -> Shop:
        clock = FakeClock()
        store = open_store(f"sqlite:///{path}", f"org-{next(numbers)}", clock)
        if not opened:
            store.migrate()
        opened.append(store)
        return Shop(store, clock, FakeLedger(clock, home_currency=currency, country=country), **route)

    yield make
    for store in opened:
        store.close()


@pytest.fixture
def shop(make_shop: MakeShop) -> Shop:
    return make_shop()
