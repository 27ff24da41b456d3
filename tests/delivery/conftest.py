"""One database for the room's tests, and in it an organisation of its own for each world."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bridge.store.sql import SqlStore
from tests.delivery.world import NAMES, World, make_ledger
from tests.fakes.clock import FakeClock
from tests.fakes.stores import MakeOrganisation

MakeWorld = Callable[..., World]


@pytest.fixture(scope="session")
def make_world(organisations: MakeOrganisation) -> MakeWorld:
    """Makes a new world; keyword arguments go to its ledger."""

    def make(**of_ledger: Any) -> World:
        clock = FakeClock()
        return World(organisations(clock), clock, make_ledger(clock, **of_ledger))

    return make


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    return make_world()


@pytest.fixture
def eight(make_world: MakeWorld) -> World:
    """A ledger that takes eight at a time, and eight that are owed to it."""
    world = make_world(batch_size=8)
    for name in NAMES:
        world.owe(name)
    return world


@pytest.fixture
def either_world(store: SqlStore, clock: FakeClock) -> World:
    """A world over SQLite and one over PostgreSQL."""
    return World(store, clock, make_ledger(clock))
