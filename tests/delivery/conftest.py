"""One SQLite file for the room's tests, and in it an organisation of its own for each world."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from bridge.store.sql import SqlStore, open_store
from tests.delivery.world import World, make_ledger
from tests.fakes.clock import FakeClock
from tests.fakes.stores import another, clock, database_url, migrated_database, migrated_file, store

__all__ = ["another", "clock", "database_url", "migrated_database", "migrated_file", "store"]

MakeWorld = Callable[..., World]


@pytest.fixture(scope="session")
def make_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeWorld]:
    """Makes a new world; keyword arguments go to its ledger."""
    url = f"sqlite:///{tmp_path_factory.mktemp('delivery') / 'bridge.sqlite'}"
    numbers = count(1)
    opened: list[SqlStore] = []

    def make(**of_ledger: Any) -> World:
        world_clock = FakeClock()
        opened.append(open_store(url, f"org-{next(numbers)}", world_clock))
        if len(opened) == 1:
            opened[0].migrate()
        return World(opened[-1], world_clock, make_ledger(world_clock, **of_ledger))

    yield make
    for one in opened:
        one.close()


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    return make_world()


@pytest.fixture
def either_world(store: SqlStore, clock: FakeClock) -> World:
    """A world over SQLite and one over PostgreSQL."""
    return World(store, clock, make_ledger(clock))
