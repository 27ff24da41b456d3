"""One database for the room's tests, and in it an organisation of its own for each firm."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from bridge.store.sql import SqlStore, open_store
from tests.drift.counter import Counter, InvoicingHands, MakeCounter
from tests.drift.firm import LEDGER, Firm, Hands, MakeFirm
from tests.fakes.clock import FakeClock
from tests.fakes.stores import another, clock, database_url, migrated_database, migrated_file, store

__all__ = ["another", "clock", "database_url", "migrated_database", "migrated_file", "store"]


@pytest.fixture(scope="session")
def make_firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeFirm]:
    """Makes a new firm; ``currency`` is the ledger's own, other arguments go to its route."""
    url = f"sqlite:///{tmp_path_factory.mktemp('drift') / 'bridge.sqlite'}"
    numbers = count(1)
    opened: list[SqlStore] = []

    def make(*, currency: str = "USD", **route: object) -> Firm:
        firm_clock = FakeClock()
        opened.append(open_store(url, f"org-{next(numbers)}", firm_clock))
        if len(opened) == 1:
            opened[0].migrate()
        ledger = Hands(firm_clock, connection=LEDGER, home_currency=currency)
        return Firm(opened[-1], firm_clock, ledger, **route)

    yield make
    for one in opened:
        one.close()


@pytest.fixture
def firm(make_firm: MakeFirm) -> Firm:
    return make_firm()


@pytest.fixture
def either_firm(store: SqlStore, clock: FakeClock) -> Firm:
    """A firm over SQLite and one over PostgreSQL."""
    return Firm(store, clock, Hands(clock, connection=LEDGER))


@pytest.fixture(scope="session")
def make_counter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeCounter]:
    """Makes a new shop; ``has_invoices``: its ledger takes invoices and payments. Other arguments go to its route."""
    url = f"sqlite:///{tmp_path_factory.mktemp('drift-shop') / 'bridge.sqlite'}"
    numbers = count(1)
    opened: list[SqlStore] = []

    def make(*, has_invoices: bool = True, country: str = "", **route: object) -> Counter:
        its_clock = FakeClock()
        opened.append(open_store(url, f"org-{next(numbers)}", its_clock))
        if len(opened) == 1:
            opened[0].migrate()
        hands = InvoicingHands(its_clock, connection=LEDGER, country=country)
        hands.has_invoices = has_invoices
        return Counter(opened[-1], its_clock, hands, **route)

    yield make
    for one in opened:
        one.close()


@pytest.fixture(params=[False, True], ids=["journals", "invoices"])
def counter(make_counter: MakeCounter, request: pytest.FixtureRequest) -> Counter:
    """A shop whose ledger takes one journal a day, and one whose ledger takes invoices with their payments."""
    return make_counter(has_invoices=request.param)


@pytest.fixture
def invoicing(make_counter: MakeCounter) -> Counter:
    return make_counter()
