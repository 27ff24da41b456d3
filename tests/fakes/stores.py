"""Stores to test with: the real ones, over real databases.

A suite that means both databases asks for ``store``; one that is about something else takes ``sqlite_store``, or opens
``organisations`` of its own in one database. Migrating is done once a run; who tests migrating asks for ``empty_url``.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from bridge.clock import Clock
from bridge.store.sql import SqlStore, migrate
from bridge.store.sql.dialect import dialect_of
from tests.fakes.clock import FakeClock
from tests.postgres import PostgresServer

ORGANISATION = "local"
OpenStore = Callable[..., SqlStore]
MakeOrganisation = Callable[[Clock], SqlStore]


class Database:
    """A migrated database that one test after another finds empty.

    All stores are opened over one engine, for that is what keeps statements compiled: anew in each test they would
    take half its time. Each transaction has a connection of its own all the same, as in processes of their own.
    """

    def __init__(self, url: str, empty: Callable[[], None]) -> None:
        self.url, self._empty = url, empty
        self._dialect = dialect_of(url)
        self._engine = self._dialect.engine()

    def open(self, clock: Clock, organisation_id: str = ORGANISATION) -> SqlStore:
        return SqlStore(self._dialect, self._engine, organisation_id, clock)

    def close(self) -> None:
        """Give back every connection; opening goes on."""
        self._engine.dispose()

    def empty(self) -> None:
        """Be as when it was migrated."""
        self.close()
        self._empty()


@cache
def _migrated() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder, "bridge.sqlite")
        migrate(f"sqlite:///{path}")
        return path.read_bytes()


def put_migrated(path: Path) -> None:
    """Make a SQLite file as ``bridge apply`` leaves it when there was none: what else it does is left to do."""
    path.touch(mode=0o600)
    path.write_bytes(_migrated())


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("store") / "bridge.sqlite"
    put_migrated(path)
    return path


@pytest.fixture(scope="session")
def sqlite_database(migrated_file: Path) -> Iterator[Database]:
    path = migrated_file.with_name("tests.sqlite")

    def empty() -> None:
        for file in path.parent.glob(f"{path.name}*"):
            file.unlink()
        shutil.copy(migrated_file, path)

    database = Database(f"sqlite:///{path}", empty)
    yield database
    database.close()


@pytest.fixture(scope="session")
def migrated_database(postgres_server: PostgresServer) -> Iterator[str]:
    """A migrated PostgreSQL database to copy."""
    with postgres_server.database() as url:
        migrate(url)
        yield url


@pytest.fixture(scope="session")
def postgres_database(postgres_server: PostgresServer, migrated_database: str) -> Iterator[Database]:
    with postgres_server.database(like=migrated_database) as url:
        database = Database(url, lambda: postgres_server.empty(url, like=migrated_database))
        yield database
        database.close()


@pytest.fixture(scope="session")
def organisations(migrated_file: Path) -> Iterator[MakeOrganisation]:
    """Opens a new organisation in one SQLite file, which nobody empties: each knows nothing of the others."""
    path = migrated_file.with_name("organisations.sqlite")
    shutil.copy(migrated_file, path)
    database = Database(f"sqlite:///{path}", lambda: None)
    numbers = count(1)
    yield lambda clock: database.open(clock, f"org-{next(numbers)}")
    database.close()


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'bridge.sqlite'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture(params=["sqlite", "postgres"])
def own_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated database of either kind that nobody else uses before or after: its own settings may be changed."""
    if request.param == "sqlite":
        path = tmp_path / "own.sqlite"
        shutil.copy(request.getfixturevalue("migrated_file"), path)
        yield f"sqlite:///{path}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.database(like=request.getfixturevalue("migrated_database")) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A migrated database of either kind."""
    found: Database = request.getfixturevalue(f"{request.param}_database")
    found.empty()
    yield found
    found.close()


@pytest.fixture
def database_url(database: Database) -> str:
    """Where it is, for another process."""
    return database.url


@pytest.fixture
def another(database: Database, clock: FakeClock) -> OpenStore:
    """Opens further stores over the same database: of another organisation, or as another process would."""
    return lambda organisation_id=ORGANISATION: database.open(clock, organisation_id)


@pytest.fixture
def store(another: OpenStore) -> SqlStore:
    """A store over each of the two databases."""
    return another()


@pytest.fixture
def sqlite_store(sqlite_database: Database, clock: FakeClock) -> Iterator[SqlStore]:
    """A store over SQLite."""
    sqlite_database.empty()
    yield sqlite_database.open(clock)
    sqlite_database.close()
