"""Everything that differs between SQLite and PostgreSQL, and nothing else.

SQLite:     WAL; a writing unit begins IMMEDIATE, so that it never fails half-way for want of the lock; a commit
            is on the disk before it returns (synchronous FULL), because it may be money's only witness.
PostgreSQL: READ COMMITTED for writing units, with advisory locks where order matters; REPEATABLE READ for readings.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from bridge.errors import BridgeError, ConfigError, InvariantError, UnavailableError

WAIT_SECONDS = 30
DRIVER_ERRORS = (sqlite3.Error, psycopg.Error, OverflowError)
_SQLITE = """
PRAGMA journal_mode = WAL
PRAGMA synchronous = FULL
PRAGMA foreign_keys = ON
PRAGMA cache_size = -16000
PRAGMA journal_size_limit = 67108864
"""


class Dialect(Protocol):
    """One kind of database."""

    def engine(self) -> sa.Engine:
        """A pool of connections, set up."""
        ...

    def exists(self) -> bool:
        """Whether there is a database to ask at all."""
        ...

    def transaction(self, engine: sa.Engine, *, is_reading: bool) -> Any:
        """A context of one connection in one transaction: commits at its end, rolls back when it raises."""
        ...

    def insert_if_new(self, table: sa.Table) -> sa.Insert:
        """An insert that does nothing when the key is taken."""
        ...

    def add_many(self, connection: sa.Connection, table: sa.Table, rows: Iterable[Sequence[Any]]) -> None:
        """Insert plain tuples, in the order of the table's columns, as fast as the driver can."""
        ...

    def expect_millions(self, connection: sa.Connection) -> None:
        """Tell the planner, for the rest of this transaction, that statements join whole tables."""
        ...

    def lock(self, connection: sa.Connection, name: str) -> None:
        """Be the only transaction that holds this name, until its end."""
        ...

    def append_only(self, table: str) -> Sequence[str]:
        """Statements that make the database refuse to change or delete rows of a table."""
        ...

    def translate(self, error: BaseException) -> BridgeError:
        """Our error for the driver's; never with a value of a row in it."""
        ...


class Sqlite:
    """One file beside one process, or a few."""

    def __init__(self, url: sa.URL) -> None:
        if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
            raise ConfigError(
                "database URL",
                "SQLite needs a file",
                "Use sqlite:///PATH (four slashes before an absolute path)",
                code="store.url",
            )
        self.path = Path(url.database)

    def engine(self) -> sa.Engine:
        engine = sa.create_engine(
            sa.URL.create("sqlite+pysqlite", database=str(self.path)),
            hide_parameters=True,
            connect_args={"timeout": WAIT_SECONDS, "check_same_thread": False},
            poolclass=sa.pool.QueuePool,
            pool_size=5,
            max_overflow=20,
        )
        sa.event.listen(engine, "do_connect", self._create_private)
        sa.event.listen(engine, "connect", self._set_up)
        sa.event.listen(engine, "begin", self._begin)
        return engine

    def exists(self) -> bool:
        return self.path.exists()

    @contextmanager
    def transaction(self, engine: sa.Engine, *, is_reading: bool) -> Iterator[sa.Connection]:
        with engine.connect() as plain:
            connection = plain.execution_options(begin="BEGIN" if is_reading else "BEGIN IMMEDIATE")
            with connection.begin():
                if not is_reading:
                    yield connection
                    return
                connection.exec_driver_sql("PRAGMA query_only = ON")
                try:
                    yield connection
                finally:
                    connection.exec_driver_sql("PRAGMA query_only = OFF")

    def insert_if_new(self, table: sa.Table) -> sa.Insert:
        return sqlite.insert(table).on_conflict_do_nothing()

    def add_many(self, connection: sa.Connection, table: sa.Table, rows: Iterable[Sequence[Any]]) -> None:
        marks = ", ".join("?" * len(table.columns))
        self._driver(connection).executemany(f"INSERT INTO {table.name} VALUES ({marks})", rows)  # noqa: S608

    def expect_millions(self, connection: sa.Connection) -> None:
        """Nothing to do: it walks both tables in key order as it is."""

    def lock(self, connection: sa.Connection, name: str) -> None:
        """Nothing to do: a writing unit is the only one there is."""

    def append_only(self, table: str) -> Sequence[str]:
        return [
            f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            for event in ("UPDATE", "DELETE")
        ]

    def translate(self, error: BaseException) -> BridgeError:
        if isinstance(error, sqlite3.OperationalError):
            name = getattr(error, "sqlite_errorname", "")
            if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
                return UnavailableError("the database", f"another writer held it for {WAIT_SECONDS} s")
            if name.startswith("SQLITE_READONLY"):
                return _read_only()
            if name.startswith(("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_INTERRUPT")):
                return UnavailableError("the database", f"the disk did not do its part ({name}: {error})")
        return _refused(str(error))

    @staticmethod
    def _driver(connection: sa.Connection) -> sqlite3.Connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        return driver

    def _create_private(self, *_: object) -> None:
        """Make the file, before SQLite does, readable by its owner alone; the WAL takes over its mode."""
        if not self.path.exists():
            try:
                os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
            except OSError as cause:
                raise ConfigError(
                    "database URL",
                    f"the file cannot be made ({cause.strerror})",
                    "Make its folder, or name another",
                    code="store.url",
                ) from cause

    @staticmethod
    def _set_up(driver: sqlite3.Connection, _: object) -> None:
        driver.isolation_level = None
        for pragma in _SQLITE.strip().splitlines():
            driver.execute(pragma).close()

    @staticmethod
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options()["begin"])


class Postgres:
    """A server, for as many processes as wanted."""

    def __init__(self, url: sa.URL) -> None:
        self.url = url.set(drivername="postgresql+psycopg")

    def engine(self) -> sa.Engine:
        return sa.create_engine(
            self.url,
            hide_parameters=True,
            pool_pre_ping=True,
            connect_args={"options": f"-c lock_timeout={WAIT_SECONDS}s -c timezone=UTC"},
        )

    def exists(self) -> bool:
        return True

    @contextmanager
    def transaction(self, engine: sa.Engine, *, is_reading: bool) -> Iterator[sa.Connection]:
        with engine.connect() as plain:
            connection = (
                plain.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
                if is_reading
                else plain.execution_options(isolation_level="READ COMMITTED")
            )
            with connection.begin():
                yield connection

    def insert_if_new(self, table: sa.Table) -> sa.Insert:
        return postgresql.insert(table).on_conflict_do_nothing()

    def add_many(self, connection: sa.Connection, table: sa.Table, rows: Iterable[Sequence[Any]]) -> None:
        names = ", ".join(f'"{column.name}"' for column in table.columns)
        driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({names}) FROM STDIN".encode()) as copy:
            for row in rows:
                copy.write_row(row)

    def expect_millions(self, connection: sa.Connection) -> None:
        """Tables filled a moment ago have no statistics yet.

        A million rows believed to be few would be scanned once for every row of the other side.
        """
        for setting in ("enable_nestloop = off", "work_mem = '128MB'"):
            connection.exec_driver_sql(f"SET LOCAL {setting}")

    def lock(self, connection: sa.Connection, name: str) -> None:
        number = int.from_bytes(sha256(name.encode()).digest()[:8], "big", signed=True)
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))

    def append_only(self, table: str) -> Sequence[str]:
        refuse = f"EXECUTE FUNCTION {table}_append_only()"
        body = f"BEGIN RAISE EXCEPTION '{table} is append-only' USING ERRCODE = '23001'; END"
        return [
            f"CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$",
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {refuse}",
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {refuse}",
        ]

    def translate(self, error: BaseException) -> BridgeError:
        if not isinstance(error, psycopg.Error):
            return _refused(type(error).__name__)
        state = error.sqlstate or ""
        said = error.diag.constraint_name or error.diag.message_primary or type(error).__name__
        if state == "25006":
            return _read_only()
        if state == "55P03":
            return UnavailableError("the database", f"another writer held a row for {WAIT_SECONDS} s")
        if state[:2] in ("", "08", "40", "53", "57", "58"):
            return UnavailableError("the database", f"it broke off ({state or 'no answer'}: {said})")
        return _refused(said)


def dialect_of(url: str) -> Dialect:
    """The dialect of a database URL. Raises: ConfigError (``store.url``) for one that is neither."""
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as cause:
        raise _unknown_url() from cause
    kind = parsed.drivername.partition("+")[0]
    if kind == "sqlite":
        return Sqlite(parsed)
    if kind in ("postgresql", "postgres"):
        return Postgres(parsed)
    raise _unknown_url()


def _unknown_url() -> ConfigError:
    return ConfigError(
        "database URL",
        "neither SQLite nor PostgreSQL",
        "Use sqlite:///PATH or postgresql://USER@HOST/NAME",
        code="store.url",
    )


def _read_only() -> InvariantError:
    return InvariantError("a reading", "tried to write", "Report this as a bug of bridge", code="store.read_only")


def _refused(said: str) -> InvariantError:
    return InvariantError(
        "the database", f"refused a change ({said})", "Report this as a bug of bridge", code="store.refused"
    )
