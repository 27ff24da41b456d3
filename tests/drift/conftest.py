"""One database for the room's tests, and in it an organisation of its own for each firm."""

from __future__ import annotations

import pytest

from bridge.store.sql import SqlStore
from tests.drift.counter import Counter, InvoicingHands, MakeCounter
from tests.drift.firm import LEDGER, Firm, Hands, MakeFirm
from tests.fakes.clock import FakeClock
from tests.fakes.stores import MakeOrganisation


@pytest.fixture(scope="session")
def make_firm(organisations: MakeOrganisation) -> MakeFirm:
    """Makes a new firm; ``currency`` is the ledger's own, other arguments go to its route."""

    def make(*, currency: str = "USD", **route: object) -> Firm:
        clock = FakeClock()
        ledger = Hands(clock, connection=LEDGER, home_currency=currency)
        return Firm(organisations(clock), clock, ledger, **route)

    return make


@pytest.fixture
def firm(make_firm: MakeFirm) -> Firm:
    return make_firm()


@pytest.fixture
def either_firm(store: SqlStore, clock: FakeClock) -> Firm:
    """A firm over SQLite and one over PostgreSQL."""
    return Firm(store, clock, Hands(clock, connection=LEDGER))


@pytest.fixture(scope="session")
def make_counter(organisations: MakeOrganisation) -> MakeCounter:
    """Makes a new shop; ``has_invoices``: its ledger takes invoices and payments. Other arguments go to its route."""

    def make(*, has_invoices: bool = True, country: str = "", **route: object) -> Counter:
        clock = FakeClock()
        hands = InvoicingHands(clock, connection=LEDGER, country=country)
        hands.has_invoices = has_invoices
        return Counter(organisations(clock), clock, hands, **route)

    return make


@pytest.fixture(params=[False, True], ids=["journals", "invoices"])
def counter(make_counter: MakeCounter, request: pytest.FixtureRequest) -> Counter:
    """A shop whose ledger takes one journal a day, and one whose ledger takes invoices with their payments."""
    return make_counter(has_invoices=request.param)


@pytest.fixture
def invoicing(make_counter: MakeCounter) -> Counter:
    return make_counter()
