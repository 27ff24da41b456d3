"""SQLite: one file beside one process, or a few.

WAL; a writing unit begins IMMEDIATE, so that it never fails half-way for want of the lock; a commit is on the disk
before it returns (synchronous FULL), because it may be money's only witness.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import chain, islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import registry, sqlite
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from bridge.errors import BridgeError, ConfigError
from bridge.store.sql import failures, planner
from bridge.store.sql.failures import WAIT_SECONDS
from bridge.store.sql.parts import Scope, names, plain, within
from bridge.store.sql.staying_put import StaysPut

_SET_UP = """
PRAGMA synchronous = FULL
PRAGMA foreign_keys = ON
PRAGMA journal_size_limit = 67108864
"""
_READING, _WRITING = -4_000, -16_000
_PARAMETERS = 900
"""Of one statement; SQLite takes 999, and newer ones far more."""
_COMPILED: sa.util.LRUCache[Any, Any] = sa.util.LRUCache(500)
"""Of all engines, as many statements as SQLAlchemy keeps for one: to compile them is much of what a short run costs."""
_PREPARED = 512
"""Of one connection; Python's own 128 are less than a check of a route asks, and each is then parsed over and over."""


class _Driver(SQLiteDialect_pysqlite):
    """SQLAlchemy's own, one like another: what was compiled for one file serves every other that a process opens.

    Whose statements they are, SQLAlchemy tells by this equality.
    """

    supports_statement_cache = True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Driver)

    def __hash__(self) -> int:
        return hash(_Driver)


registry.register("sqlite.bridge", __name__, _Driver.__name__)


class Sqlite:
    """One file beside one process, or a few. A reader walks and needs little cache; a writer jumps about."""

    errors: tuple[type[Exception], ...] = (sa.exc.DBAPIError, sqlite3.Error, OverflowError, UnicodeDecodeError)

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
            sa.URL.create("sqlite+bridge", database=str(self.path)),
            hide_parameters=True,
            execution_options={"compiled_cache": _COMPILED},
            connect_args={"timeout": WAIT_SECONDS, "check_same_thread": False, "cached_statements": _PREPARED},
            poolclass=sa.pool.QueuePool,
            pool_use_lifo=True,
            pool_size=5,
            max_overflow=20,
        )
        StaysPut(self.path).watch(engine)
        sa.event.listen(engine, "do_connect", self._create_private)
        sa.event.listen(engine, "connect", self._set_up)
        return engine

    def exists(self) -> bool:
        try:
            return self.path.exists()
        except OSError as cause:
            raise failures.no_access(self.path, str(cause.strerror)) from cause

    def moment(self, _: sa.Connection) -> None:
        """There is no server."""

    @contextmanager
    def transaction(self, engine: sa.Engine, *, is_reading: bool) -> Iterator[sa.Connection]:
        with self._connected(engine) as connection:
            driver = self._driver(connection)
            driver.execute(f"PRAGMA cache_size = {_READING if is_reading else _WRITING}").close()
            with connection.begin():
                self._begin(driver, "BEGIN" if is_reading else "BEGIN IMMEDIATE")
                if not is_reading:
                    yield connection
                    return
                driver.execute("PRAGMA query_only = ON").close()
                try:
                    yield connection
                finally:
                    driver.execute("PRAGMA query_only = OFF").close()

    def insert_if_new(self, table: sa.Table) -> sa.Insert:
        return _insert_if_new(table)

    def add_many(self, connection: sa.Connection, table: sa.Table, rows: Iterable[Sequence[Any]]) -> int:
        """Some rows a statement, for each statement costs as much as a row; the rest one by one."""
        driver, width, count = self._driver(connection), len(table.columns), 0
        one = f"({', '.join('?' * width)})"
        insert = f"INSERT INTO {table.name} ({names(table)}) VALUES "  # noqa: S608 - names of our own tables
        together, left = _PARAMETERS // width, iter(rows)
        many = insert + ", ".join([one] * together)
        while len(some := list(islice(left, together))) == together:
            driver.execute(many, [*chain.from_iterable(some)]).close()
            count += together
        return count + max(0, driver.executemany(insert + one, some).rowcount)

    def remove_many(
        self, connection: sa.Connection, table: sa.Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]
    ) -> None:
        condition = " AND ".join(f"{column} = ?" for column in columns)
        statement = f"DELETE FROM {table.name} WHERE {condition}"  # noqa: S608 - names of our own tables
        self._driver(connection).executemany(statement, rows)

    @contextmanager
    def whole_tables(self, _: sa.Connection) -> Iterator[None]:
        """Nothing to do: it has one way to join."""
        yield

    def only_in(self, one: sa.Table, other: sa.Table, scope: Scope, key: str, *facts: str) -> sa.Executable:
        """EXCEPT in the order of the key is a merge of two walks, more than twice as fast as a join is here."""
        sides = [
            sa.select(*(plain(table.c[name]) for name in (key, *facts))).where(*within(table, scope))
            for table in (one, other)
        ]
        return sa.except_(*sides).order_by(sa.text("1"))

    def said(self, column: sa.Column[Any], name: str) -> sa.ColumnElement[str]:
        return sa.func.json_extract(plain(column), f"$.{name}", type_=sa.Text)

    def brought(self, name: str, columns: Sequence[str], rows: str) -> sa.Select[Any]:
        each = sa.func.json_each(rows).table_valued("value", name=name)
        fields = (sa.func.json_extract(each.c.value, f"$[{place}]") for place in range(len(columns)))
        return sa.select(*(field.label(column) for column, field in zip(columns, fields, strict=True)))

    def lock(self, connection: sa.Connection, name: str) -> None:
        """Nothing to do: a writing unit is the only one there is."""

    def append_only(self, table: str, goes: str = "") -> Sequence[str]:
        when = {"DELETE": f"WHEN NOT {goes} "} if goes else {}
        return [
            f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} {when.get(event, '')}"
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            for event in ("UPDATE", "DELETE")
        ]

    def describe(self, connection: sa.Connection, metadata: sa.MetaData) -> None:
        """See ``planner``. ANALYZE of the schema makes the table of statistics, and reads it anew once it is filled."""
        small = {index.name for table in metadata.tables.values() for index in table.indexes if index.info["is_small"]}
        connection.exec_driver_sql("ANALYZE sqlite_master")
        connection.exec_driver_sql("DELETE FROM sqlite_stat1")
        for table in metadata.tables.values():
            is_clustered = not table.dialect_options["sqlite"]["with_rowid"]
            listed = connection.exec_driver_sql(f"PRAGMA index_list({table.name})").fetchall()
            for _, name, is_unique, origin, *_ in listed:
                columns = [row[2] for row in connection.exec_driver_sql(f"PRAGMA index_info({name})")]
                told = planner.figures(columns, is_unique=bool(is_unique), is_small=name in small)
                known_as = table.name if is_clustered and origin == "pk" else name
                connection.exec_driver_sql("INSERT INTO sqlite_stat1 VALUES (?, ?, ?)", (table.name, known_as, told))
        connection.exec_driver_sql("ANALYZE sqlite_master")

    def grew(self, connection: sa.Connection, table: sa.Table, rows: int) -> None:
        """Nothing to do: it was told what the table will look like."""

    def damage(self, engine: sa.Engine) -> BridgeError | None:
        """Reads every page; only where something has gone wrong already."""
        with self.transaction(engine, is_reading=True) as connection:
            said = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one()
        return None if said == "ok" else failures.damaged(f"database {self.path}", "its rows and indexes disagree")

    def translate(self, error: BaseException, *, is_reading: bool = False) -> BridgeError:
        name: str = getattr(error, "sqlite_errorname", "")
        if name in ("SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_UNIQUE"):
            return failures.taken(str(error))
        if name == "SQLITE_CONSTRAINT_FOREIGNKEY":
            return failures.dangling(str(error))
        if name.startswith("SQLITE_READONLY"):
            return failures.wrote_in_a_reading() if is_reading else failures.no_access(self.path, str(error))
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL")):
            return failures.locked()
        if name.startswith(("SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")):
            return failures.no_access(self.path, str(error))
        if name.startswith(("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_INTERRUPT")):
            return failures.disk(f"{name}: {error}")
        return self._of_content(error, name)

    def _of_content(self, error: BaseException, name: str) -> BridgeError:
        """What is wrong with the file itself; else a refusal of what was to be written."""
        if name == "SQLITE_NOTADB":
            return failures.no_database(self.path)
        if name.startswith("SQLITE_CORRUPT"):
            return failures.damaged(f"database {self.path}", "its pages contradict each other")
        if str(error).startswith(("no such table", "no such column")):
            return failures.damaged(f"database {self.path}", "a table or column of it is gone")
        if isinstance(error, UnicodeDecodeError) or str(error).startswith("Could not decode"):
            return failures.damaged(f"database {self.path}", "a text in it is none")
        return failures.refused(str(error))

    def _connected(self, engine: sa.Engine) -> sa.Connection:
        """A connection, set up. The very words in which SQLite names a damaged schema may be damaged too."""
        try:
            return engine.connect()
        except UnicodeDecodeError as cause:
            raise failures.damaged(f"database {self.path}", "its schema cannot be read") from cause

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
        _turn_to_wal(driver)
        for pragma in _SET_UP.strip().splitlines():
            driver.execute(pragma).close()

    def _begin(self, driver: sqlite3.Connection, how: str) -> None:
        """Past SQLAlchemy: while anybody hears of what an engine's connections do, each statement is told twice."""
        try:
            driver.execute(how).close()
        except sqlite3.Error as cause:
            raise self.translate(cause) from cause


@cache
def _insert_if_new(table: sa.Table) -> sa.Insert:
    return sqlite.insert(table).on_conflict_do_nothing()


def _turn_to_wal(driver: sqlite3.Connection) -> None:
    """Once for each file. For another process that does so just now SQLite itself does not wait."""
    if driver.execute("PRAGMA journal_mode").fetchone() == ("wal",):
        return
    import tenacity  # with asyncio, and only for a new file

    attempts = tenacity.Retrying(
        retry=tenacity.retry_if_exception(lambda error: getattr(error, "sqlite_errorname", "") == "SQLITE_BUSY"),
        wait=tenacity.wait_fixed(0.02),
        stop=tenacity.stop_after_delay(WAIT_SECONDS),
        reraise=True,
    )
    attempts(lambda: driver.execute("PRAGMA journal_mode = WAL").close())
