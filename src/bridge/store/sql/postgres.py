"""PostgreSQL: a server, for as many processes as wanted.

READ COMMITTED for writing units, with advisory locks where order matters; REPEATABLE READ for readings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from time import monotonic
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from bridge.errors import BridgeError
from bridge.store.sql import failures
from bridge.store.sql.failures import WAIT_SECONDS
from bridge.store.sql.parts import Scope, names, plain, within

_SET_UP = " ".join(
    f"-c {setting}"
    for setting in (
        f"lock_timeout={WAIT_SECONDS}s",
        "timezone=UTC",
        r"default_transaction_isolation=read\ committed",
        "plan_cache_mode=force_custom_plan",  # a plan made while a table was empty is not kept for when it is full
        "jit=off",  # what is asked for takes longer to compile than to run
        "random_page_cost=1.1",  # its own default is for discs that turn, and reads all of a table to find hundreds
    )
)
_CONSTRAINTS = {"23505": failures.taken, "23503": failures.dangling}
_NOT_NOW = ("starting up", "shutting down", "in recovery", "not yet accepting", "too many", "connection slots")
"""What a server says that will let us in later."""
_WHOLE_TABLES = {
    "enable_nestloop": "off",
    "work_mem": "'128MB'",
    "cursor_tuple_fraction": "1",
    "parallel_tuple_cost": "0",
}
_USED, _ASKED_SECONDS = "used", 1.0
_WORTH_A_LOOK = 1_000
"""Rows from which on it matters by which index they are found."""


class Postgres:
    """A server, for as many processes as wanted."""

    def __init__(self, url: sa.URL) -> None:
        self.url = url.set(drivername="postgresql+psycopg")
        self.errors: tuple[type[Exception], ...] = (sa.exc.DBAPIError, psycopg.Error)
        self._grown, self._looked_at = Counter[str](), Counter[str]()

    def engine(self) -> sa.Engine:
        engine = sa.create_engine(
            self.url,
            hide_parameters=True,
            connect_args={"options": _SET_UP},
        )
        sa.event.listen(engine, "checkin", _note_use)
        sa.event.listen(engine, "checkout", _look_whether_alive)
        return engine

    def exists(self) -> bool:
        return True

    def moment(self, connection: sa.Connection) -> datetime:
        now: datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
        return now.astimezone(UTC)

    @contextmanager
    def transaction(self, engine: sa.Engine, *, is_reading: bool) -> Iterator[sa.Connection]:
        with engine.connect() as plain:
            if is_reading:
                plain.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with plain.begin():
                yield plain

    def insert_if_new(self, table: sa.Table) -> sa.Insert:
        return _insert_if_new(table)

    def add_many(self, connection: sa.Connection, table: sa.Table, rows: Iterable[Sequence[Any]]) -> int:
        driver: Any = connection.connection.driver_connection
        count = 0
        with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({names(table)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
                count += 1
        return count

    def remove_many(
        self, connection: sa.Connection, table: sa.Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]
    ) -> None:
        driver: Any = connection.connection.driver_connection
        condition = " AND ".join(f"{column} = %s" for column in columns)
        statement = f"DELETE FROM {table.name} WHERE {condition}"  # noqa: S608 - names of our own tables
        with driver.cursor() as cursor:
            cursor.executemany(statement, rows)

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
        same = sa.and_(*within(other, scope), other.c[key] == one.c[key])
        differs = (plain(one.c[name]) != plain(other.c[name]) for name in facts)
        joined = one.outerjoin(other, same)
        wanted = sa.or_(other.c[key].is_(None), *differs)
        found = sa.select(one.c[key]).select_from(joined).where(*within(one, scope), wanted)
        return found.order_by(one.c[key])

    def said(self, column: sa.Column[Any], name: str) -> sa.ColumnElement[str]:
        return sa.func.jsonb_extract_path_text(sa.cast(plain(column), postgresql.JSONB), name, type_=sa.Text)

    def brought(self, name: str, columns: Sequence[str], rows: str) -> sa.Select[Any]:
        each = sa.func.jsonb_array_elements(sa.cast(sa.literal(rows, sa.Text), postgresql.JSONB)).table_valued(
            "value", name=name
        )
        value = sa.type_coerce(each.c.value, postgresql.JSONB)
        return sa.select(*(value[place].astext.label(column) for place, column in enumerate(columns)))

    def lock(self, connection: sa.Connection, name: str) -> None:
        number = int.from_bytes(sha256(name.encode()).digest()[:8], "big", signed=True)
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (number,))

    def append_only(self, table: str, goes: str = "") -> Sequence[str]:
        refuse = f"EXECUTE FUNCTION {table}_append_only()"
        let_go = f"IF TG_OP = 'DELETE' AND {goes} THEN RETURN OLD; END IF; " if goes else ""
        body = f"BEGIN {let_go}RAISE EXCEPTION '{table} is append-only' USING ERRCODE = '23001'; END"
        return [
            f"CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$",
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {refuse}",
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {refuse}",
        ]

    def describe(self, connection: sa.Connection, metadata: sa.MetaData) -> None:
        """Nothing to do: see ``grew``."""

    def grew(self, connection: sa.Connection, table: sa.Table, rows: int) -> None:
        """The server looks for itself, but a minute later, and what is imported is booked at once.

        Until it has looked it takes the organisation for a rare one, and reads all of a table to find fifty rows. It
        is told to look when a table has become three times as large, so that looking costs a small part of filling.
        """
        self._grown[table.name] += rows
        if self._grown[table.name] < max(_WORTH_A_LOOK, 2 * self._looked_at[table.name]):
            return
        if table.name not in self._looked_at:
            known = sa.select(sa.text("reltuples")).select_from(sa.text("pg_class"))
            mine = connection.execute(known.where(sa.text("oid = CAST(:name AS regclass)")), {"name": table.name})
            self._looked_at[table.name] = max(0, int(mine.scalar_one()))
            self.grew(connection, table, 0)
            return
        connection.exec_driver_sql(f"ANALYZE (SKIP_LOCKED) {table.name}")
        self._looked_at[table.name] += self._grown.pop(table.name, 0)  # perhaps another thread looked meanwhile

    def damage(self, engine: sa.Engine) -> BridgeError | None:
        """Nothing: it looks through itself only with an extension (amcheck) that few servers have."""
        return None

    def translate(self, error: BaseException, *, is_reading: bool = False) -> BridgeError:
        state: str = getattr(error, "sqlstate", None) or ""
        said = _said(error, state)
        if state in _CONSTRAINTS:
            return _CONSTRAINTS[state](said)
        if state == "25006" or (state == "0A000" and "recovery" in said):
            return failures.wrote_in_a_reading() if is_reading else failures.takes_no_changes()
        if state == "55P03":
            return failures.busy()
        if state in ("XX001", "XX002", "42P01", "42703"):
            return failures.damaged("the database", said)
        if state[:2] in ("28", "3D") or state == "42501" or _is_shut_out(error):
            return failures.not_let_in(said)
        if state[:2] in ("", "08", "57") or state == "53300":
            return failures.gone(said)
        if state[:2] in ("53", "58"):
            return failures.disk(said)
        return failures.broke_off(said) if state[:2] == "40" else failures.refused(said)


@cache
def _insert_if_new(table: sa.Table) -> sa.Insert:
    return postgresql.insert(table).on_conflict_do_nothing()


def _note_use(_: Any, record: Any) -> None:
    record.info[_USED] = monotonic()


def _look_whether_alive(driver: Any, record: Any, _: Any) -> None:
    """Ask the server before a connection is used that has lain about, and make it anew where nobody answers.

    Of one that was given back a moment ago it is known: to ask each time is a third way for each short unit of work.
    """
    if monotonic() - record.info.get(_USED, -_ASKED_SECONDS) < _ASKED_SECONDS:
        return
    try:
        driver.execute("")
        driver.rollback()
    except psycopg.Error as error:
        raise sa.exc.DisconnectionError from error


def _said(error: BaseException, state: str) -> str:
    """The server's words, unless they may repeat a value of a row."""
    told = getattr(error, "diag", None)
    primary = None if state.startswith("22") else getattr(told, "message_primary", None)
    return getattr(told, "constraint_name", None) or primary or ("" if state else str(error)) or type(error).__name__


def _is_shut_out(error: BaseException) -> bool:
    """Whether a server answered, and will say no again, for its own reasons: no code comes with that."""
    said = str(error)
    return "FATAL" in said and not any(word in said for word in _NOT_NOW)
