"""The inbox of notices, over a database of its own: a file beside that of the books, or tables beside theirs.

One unit of work may hold a file's only right to write for seconds, and vendors do not wait that long. Nothing in it is
a fact, and nothing of it is in the audit log.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from bridge.model.notices import Notice, Says
from bridge.store.sql.codec import Instant, Word
from bridge.store.sql.dialect import Dialect, cause_of, dialect_of
from bridge.store.sql.parts import in_parts

_TABLES: Final = sa.MetaData()
_NOTICE: Final = sa.Table(
    "inbox_notice",
    _TABLES,
    sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), sa.Identity(), primary_key=True),
    sa.Column("plugin", sa.Text, nullable=False),
    sa.Column("organisation", sa.Text, nullable=False),
    sa.Column("connection", sa.Text, nullable=False),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("says", Word(Says), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("external_id", sa.Text, nullable=False),
    sa.Column("mark", sa.Text, nullable=False, unique=True),
    sa.Column("received_at", Instant, nullable=False),
    sa.Column("done_at", Instant),
)
_N = _NOTICE.c
_COUNTED: Final = {"preserve_rowcount": True}
_WAITS = _N.done_at.is_(None)
sa.Index("inbox_notice_waits", _N.number, sqlite_where=_WAITS, postgresql_where=_WAITS)
sa.Index("inbox_notice_age", _N.received_at)


class SqlInbox:
    """See ``store.api.Inbox``. May be shared by threads."""

    def __init__(self, dialect: Dialect, engine: sa.Engine) -> None:
        self._dialect, self._engine = dialect, engine
        self._is_made = False

    def close(self) -> None:
        """Give back every connection."""
        self._engine.dispose()

    def save(self, notices: Sequence[Notice]) -> int:
        rows = [{**msgspec.structs.asdict(one), "done_at": None} for one in notices]
        for row in rows:
            del row["number"]
        return self._write(self._dialect.insert_if_new(_NOTICE), rows) if rows else 0

    def waiting(self, limit: int) -> tuple[Notice, ...]:
        columns = [column for column in _N if column.name != "done_at"]
        statement = sa.select(*columns).where(_WAITS).order_by(_N.number).limit(limit)
        return tuple(Notice(**row) for row in self._read(statement))

    def settle(self, numbers: Sequence[int], now: datetime) -> None:
        done = sa.update(_NOTICE).where(_N.number == sa.bindparam("which")).values(done_at=now)
        if numbers:
            self._write(done, [{"which": number} for number in numbers])

    def count(self) -> int:
        (row,) = self._read(sa.select(sa.func.count().label("many")).where(_WAITS))
        return int(row["many"])

    def forget(self, before: datetime, ends_before: datetime) -> int:
        is_old = sa.case((_N.says == Says.CHANGED, _N.received_at < before), else_=_N.received_at < ends_before)
        return self._write(sa.delete(_NOTICE).where(_N.received_at < before, ~_WAITS, is_old), None)

    def erase(self, organisation: str) -> int:
        return self._write(sa.delete(_NOTICE).where(_N.organisation == organisation), None)

    def erase_named(self, plugin: str, accounts: Collection[str]) -> int:
        named = sa.delete(_NOTICE).where(_N.organisation == "", _N.plugin == plugin)
        return sum(self._write(named.where(_N.account.in_(some)), None) for some in in_parts(sorted(accounts)))

    def drop(self, numbers: Sequence[int]) -> None:
        for some in in_parts(numbers):
            self._write(sa.delete(_NOTICE).where(_N.number.in_(some)), None)

    def _read(self, statement: sa.Select[Any]) -> list[dict[str, Any]]:
        self._make()
        try:
            with self._dialect.transaction(self._engine, is_reading=True) as connection:
                return [dict(row) for row in connection.execute(statement).mappings()]
        except sa.exc.DBAPIError as error:
            raise self._dialect.translate(cause_of(error), is_reading=True) from error

    def _write(self, statement: sa.Executable, rows: list[dict[str, Any]] | None) -> int:
        self._make()
        try:
            with self._dialect.transaction(self._engine, is_reading=False) as connection:
                return int(connection.execute(statement, rows, execution_options=_COUNTED).rowcount)
        except sa.exc.DBAPIError as error:
            raise self._dialect.translate(cause_of(error)) from error

    def _make(self) -> None:
        """Its table, where it is not there yet. Twice, at once too: harmless."""
        if self._is_made:
            return
        try:
            with self._dialect.transaction(self._engine, is_reading=False) as connection:
                self._dialect.lock(connection, "bridge/inbox")
                _TABLES.create_all(connection)
        except sa.exc.DBAPIError as error:
            raise self._dialect.translate(cause_of(error)) from error
        self._is_made = True


def open_inbox(database_url: str) -> SqlInbox:
    """That of a database. Nothing is connected or made yet."""
    url = sa.make_url(database_url)
    if url.get_backend_name() == "sqlite":
        path = Path(url.database or "")
        url = sa.URL.create("sqlite", database=str(path.with_name(f"{path.stem}-inbox{path.suffix}")))
    dialect = dialect_of(url.render_as_string(hide_password=False))
    return SqlInbox(dialect, dialect.engine())
