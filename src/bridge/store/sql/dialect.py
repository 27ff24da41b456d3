"""Everything that differs between SQLite and PostgreSQL, and nothing else.

SQLite:     WAL; a writing unit begins IMMEDIATE, so that it never fails half-way for want of the lock; a commit
            is on the disk before it returns (synchronous FULL), because it may be money's only witness.
PostgreSQL: READ COMMITTED for writing units, with advisory locks where order matters; REPEATABLE READ for readings.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa

from bridge.errors import BridgeError, ConfigError
from bridge.store.sql import failures, planner

WAIT_SECONDS = 30
Scope = Mapping[str, str]
_SQLITE = """
PRAGMA journal_mode = WAL
PRAGMA synchronous = FULL
PRAGMA foreign_keys = ON
PRAGMA journal_size_limit = 67108864
"""
_POSTGRES = " ".join(
    f"-c {setting}"
    for setting in (
        f"lock_timeout={WAIT_SECONDS}s",
        "timezone=UTC",
        "plan_cache_mode=force_custom_plan",  # a plan made while a table was empty is not kept for when it is full
        "random_page_cost=1.1",  # its own default is for discs that turn, and reads all of a table to find hundreds
    )
)
TAKEN, DANGLING = "store.taken", "store.dangling"
_CONSTRAINTS = {"23505": TAKEN, "23503": DANGLING}
_NOT_NOW = ("starting up", "shutting down", "in recovery", "not yet accepting", "too many", "connection slots")
"""What a server says that will let us in later."""
_WHOLE_TABLES = {
    "enable_nestloop": "off",
    "jit": "off",
    "work_mem": "'128MB'",
    "cursor_tuple_fraction": "1",
    "parallel_tuple_cost": "0",
}
_READING, _WRITING = -4_000, -16_000


class Dialect(Protocol):
    """One kind of database. errors: what it raises, be it through SQLAlchemy or past it."""

    errors: tuple[type[Exception], ...]

    def engine(self) -> sa.Engine:
        """A pool of connections, set up."""
        ...

    def exists(self) -> bool:
        """Whether there is a database to ask at all. Raises: ConfigError when that cannot be seen."""
        ...

    def transaction(self, engine: sa.Engine, *, is_reading: bool) -> AbstractContextManager[sa.Connection]:
        """A context of one connection in one transaction: commits at its end, rolls back when it raises."""
        ...

    def insert_if_new(self, table: sa.Table) -> sa.Insert:
        """An insert that does nothing when the key is taken."""
        ...

    def add_many(self, connection: sa.Connection, table: sa.Table, rows: Iterable[Sequence[Any]]) -> None:
        """Insert plain tuples, in the order of the table's columns, as fast as the driver can."""
        ...

    def whole_tables(self, connection: sa.Connection) -> AbstractContextManager[None]:
        """Within, the planner expects statements that join whole tables."""
        ...

    def only_in(self, one: sa.Table, other: sa.Table, scope: Scope, key: str, *facts: str) -> sa.Executable:
        """The keys of rows that the one table has, and the other has not, or with another of these facts.

        scope: the leading columns of both primary keys, and their values; ``key`` is the column after them.
        """
        ...

    def lock(self, connection: sa.Connection, name: str) -> None:
        """Be the only transaction that holds this name, until its end."""
        ...

    def append_only(self, table: str) -> Sequence[str]:
        """Statements that make the database refuse to change or delete rows of a table."""
        ...

    def describe(self, connection: sa.Connection, metadata: sa.MetaData) -> None:
        """Tell the planner what these tables look like, where it would not find out by itself."""
        ...

    def translate(self, error: BaseException, *, is_reading: bool = False) -> BridgeError:
        """Our error for the driver's; never with a value of a row in it. is_reading: nothing was to be written."""
        ...


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
        try:
            return self.path.exists()
        except OSError as cause:
            raise failures.no_access(self.path, str(cause.strerror)) from cause

    @contextmanager
    def transaction(self, engine: sa.Engine, *, is_reading: bool) -> Iterator[sa.Connection]:
        with self._connected(engine) as plain:
            connection = plain.execution_options(begin="BEGIN" if is_reading else "BEGIN IMMEDIATE")
            self._driver(connection).execute(f"PRAGMA cache_size = {_READING if is_reading else _WRITING}").close()
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
        from sqlalchemy.dialects import sqlite  # each database pays for its own only

        return sqlite.insert(table).on_conflict_do_nothing()

    def add_many(self, connection: sa.Connection, table: sa.Table, rows: Iterable[Sequence[Any]]) -> None:
        statement = f"INSERT INTO {table.name} ({_names(table)}) VALUES ({', '.join('?' * len(table.columns))})"  # noqa: S608 - names of our own tables
        self._driver(connection).executemany(statement, rows)

    @contextmanager
    def whole_tables(self, _: sa.Connection) -> Iterator[None]:
        """Nothing to do: it has one way to join."""
        yield

    def only_in(self, one: sa.Table, other: sa.Table, scope: Scope, key: str, *facts: str) -> sa.Executable:
        """EXCEPT in the order of the key is a merge of two walks, more than twice as fast as a join is here."""
        sides = [
            sa.select(*(_plain(table.c[name]) for name in (key, *facts))).where(*_within(table, scope))
            for table in (one, other)
        ]
        return sa.except_(*sides).order_by(sa.text("1"))

    def lock(self, connection: sa.Connection, name: str) -> None:
        """Nothing to do: a writing unit is the only one there is."""

    def append_only(self, table: str) -> Sequence[str]:
        return [
            f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
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

    def translate(self, error: BaseException, *, is_reading: bool = False) -> BridgeError:
        name: str = getattr(error, "sqlite_errorname", "")
        if name in ("SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_UNIQUE"):
            return failures.refused(str(error), code=TAKEN)
        if name == "SQLITE_CONSTRAINT_FOREIGNKEY":
            return failures.refused(str(error), code=DANGLING)
        if name.startswith("SQLITE_READONLY"):
            return failures.wrote_in_a_reading() if is_reading else failures.no_access(self.path, str(error))
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL")):
            return failures.busy("it", WAIT_SECONDS)
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
        for pragma in _SQLITE.strip().splitlines():
            driver.execute(pragma).close()

    @staticmethod
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options()["begin"])


class Postgres:
    """A server, for as many processes as wanted."""

    def __init__(self, url: sa.URL) -> None:
        import psycopg  # slow to import, and SQLite does without

        self.url = url.set(drivername="postgresql+psycopg")
        self.errors: tuple[type[Exception], ...] = (sa.exc.DBAPIError, psycopg.Error)

    def engine(self) -> sa.Engine:
        return sa.create_engine(
            self.url,
            hide_parameters=True,
            pool_pre_ping=True,
            connect_args={"options": _POSTGRES},
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
        from sqlalchemy.dialects import postgresql  # each database pays for its own only

        return postgresql.insert(table).on_conflict_do_nothing()

    def add_many(self, connection: sa.Connection, table: sa.Table, rows: Iterable[Sequence[Any]]) -> None:
        driver: Any = connection.connection.driver_connection
        with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({_names(table)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    @contextmanager
    def whole_tables(self, connection: sa.Connection) -> Iterator[None]:
        """No nested loops, room to hash, and every hand at work.

        Tables filled a moment ago have no statistics yet: a million rows believed to be few would be scanned once
        for every row of the other side.
        """
        for name, value in _WHOLE_TABLES.items():
            connection.exec_driver_sql(f"SET LOCAL {name} = {value}")
        yield
        for name in _WHOLE_TABLES:
            connection.exec_driver_sql(f"SET LOCAL {name} = DEFAULT")

    def only_in(self, one: sa.Table, other: sa.Table, scope: Scope, key: str, *facts: str) -> sa.Executable:
        same = sa.and_(*_within(other, scope), other.c[key] == one.c[key])
        differs = (_plain(one.c[name]) != _plain(other.c[name]) for name in facts)
        joined = one.outerjoin(other, same)
        wanted = sa.or_(other.c[key].is_(None), *differs)
        found = sa.select(one.c[key]).select_from(joined).where(*_within(one, scope), wanted)
        return found.order_by(one.c[key])

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

    def describe(self, connection: sa.Connection, metadata: sa.MetaData) -> None:
        """Nothing to do: the server looks for itself."""

    def translate(self, error: BaseException, *, is_reading: bool = False) -> BridgeError:
        state: str = getattr(error, "sqlstate", None) or ""
        said = _said(error, state)
        if state in _CONSTRAINTS:
            return failures.refused(said, code=_CONSTRAINTS[state])
        if state == "25006" or (state == "0A000" and "recovery" in said):
            return failures.wrote_in_a_reading() if is_reading else failures.takes_no_changes()
        if state == "55P03":
            return failures.busy("a row", WAIT_SECONDS)
        if state in ("XX001", "XX002", "42P01", "42703"):
            return failures.damaged("the database", said)
        if state[:2] in ("28", "3D") or state == "42501" or _is_shut_out(error):
            return failures.not_let_in(said)
        if state[:2] in ("", "08", "57") or state == "53300":
            return failures.gone(said)
        if state[:2] in ("53", "58"):
            return failures.disk(said)
        return failures.broke_off(said) if state[:2] == "40" else failures.refused(said)


def _said(error: BaseException, state: str) -> str:
    """The server's words, unless they may repeat a value of a row."""
    told = getattr(error, "diag", None)
    primary = None if state.startswith("22") else getattr(told, "message_primary", None)
    return getattr(told, "constraint_name", None) or primary or ("" if state else str(error)) or type(error).__name__


def _is_shut_out(error: BaseException) -> bool:
    """Whether a server answered, and will say no again, for its own reasons: no code comes with that."""
    said = str(error)
    return "FATAL" in said and not any(word in said for word in _NOT_NOW)


def _names(table: sa.Table) -> str:
    return ", ".join(f'"{column.name}"' for column in table.columns)


def _plain(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """A column as the database holds it: comparing needs no dates."""
    return sa.type_coerce(column, sa.types.NullType())


def _within(table: sa.Table, scope: Scope) -> list[sa.ColumnElement[bool]]:
    return [table.c[name] == value for name, value in scope.items()]


def cause_of(error: BaseException) -> BaseException:
    """What the driver raised, where SQLAlchemy put something around it."""
    return (error.orig or error) if isinstance(error, sa.exc.DBAPIError) else error


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
