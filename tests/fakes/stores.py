"""Stores to test with: the real ones, each over a database of its own.

A suite that means both databases asks for ``store``; one that is about something else takes ``sqlite_store``.
Migrating is done once a run and copied; who tests migrating itself asks for ``empty_url``.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bridge.store.sql import SqlStore, migrate, open_store
from tests.fakes.clock import FakeClock
from tests.postgres import PostgresServer

ORGANISATION = "local"
OpenStore = Callable[..., SqlStore]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("store") / "bridge.sqlite"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_database(postgres_server: PostgresServer) -> Iterator[str]:
    """A migrated PostgreSQL database to copy."""
    with postgres_server.database() as url:
        migrate(url)
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'bridge.sqlite'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated database of either kind."""
    if request.param == "sqlite":
        path = tmp_path / "bridge.sqlite"
        shutil.copy(request.getfixturevalue("migrated_file"), path)
        yield f"sqlite:///{path}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.database(like=request.getfixturevalue("migrated_database")) as url:
        yield url


@pytest.fixture
def another(database_url: str, clock: FakeClock) -> Iterator[OpenStore]:
    """Opens further stores over the same database: of another organisation, or as another process would."""
    opened: list[SqlStore] = []

    def open_one(organisation_id: str = ORGANISATION) -> SqlStore:
        opened.append(open_store(database_url, organisation_id, clock))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def store(another: OpenStore) -> SqlStore:
    """A store over each of the two databases."""
    return another()


@pytest.fixture
def sqlite_store(tmp_path: Path, migrated_file: Path, clock: FakeClock) -> Iterator[SqlStore]:
    """A store over SQLite."""
    path = tmp_path / "bridge.sqlite"
    shutil.copy(migrated_file, path)
    opened = open_store(f"sqlite:///{path}", ORGANISATION, clock)
    yield opened
    opened.close()
