"""What differs between SQLite and PostgreSQL, and nothing else: ``sqlite`` and ``postgres`` say how each does it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Final, Protocol

import sqlalchemy as sa

from bridge.errors import BridgeError, ConfigError
from bridge.store.sql.parts import Scope

LEAVES: Final = (
    "EXISTS (SELECT 1 FROM organisation WHERE organisation_id = OLD.organisation_id AND leaving_at IS NOT NULL)"
)
"""Of a row that is append-only: that its organisation is being erased, with which it may go."""


class Dialect(Protocol):
    """One kind of database. errors: what it raises, be it through SQLAlchemy or past it."""

    errors: tuple[type[Exception], ...]

    def __hash__(self) -> int: ...

    def engine(self) -> sa.Engine:
        """A pool of connections, set up."""
        ...

    def exists(self) -> bool:
        """Whether there is a database to ask at all. Raises: ConfigError when that cannot be seen."""
        ...

    def moment(self, connection: sa.Connection) -> datetime | None:
        """What time it is by the server; None where there is none."""
        ...

    def transaction(self, engine: sa.Engine, *, is_reading: bool) -> AbstractContextManager[sa.Connection]:
        """A context of one connection in one transaction: commits at its end, rolls back when it raises."""
        ...

    def insert_if_new(self, table: sa.Table) -> sa.Insert:
        """An insert that does nothing when the key is taken."""
        ...

    def add_many(self, connection: sa.Connection, table: sa.Table, rows: Iterable[Sequence[Any]]) -> int:
        """Insert plain tuples, in the order of the table's columns, as fast as the driver can; how many there were."""
        ...

    def remove_many(
        self, connection: sa.Connection, table: sa.Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]
    ) -> None:
        """Delete the rows that have these values in these columns, in one go."""
        ...

    def whole_tables(self, connection: sa.Connection) -> AbstractContextManager[None]:
        """Within, the planner expects statements that join whole tables."""
        ...

    def only_in(self, one: sa.Table, other: sa.Table, scope: Scope, key: str, *facts: str) -> sa.Executable:
        """The keys of rows that the one table has, and the other has not, or with another of these facts.

        scope: the leading columns of both primary keys, and their values; ``key`` is the column after them.
        """
        ...

    def said(self, column: sa.Column[Any], name: str) -> sa.ColumnElement[str]:
        """A field of the struct that a column keeps as JSON, as text."""
        ...

    def brought(self, name: str, columns: Sequence[str], rows: str) -> sa.Select[Any]:
        """A small table that a statement brings along. rows: arrays of texts and numbers, as JSON."""
        ...

    def lock(self, connection: sa.Connection, name: str) -> None:
        """Be the only transaction that holds this name, until its end."""
        ...

    def append_only(self, table: str, goes: str = "") -> Sequence[str]:
        """Statements that make the database refuse to change or delete rows of a table. goes: of which it lets go."""
        ...

    def describe(self, connection: sa.Connection, metadata: sa.MetaData) -> None:
        """Tell the planner what these tables look like, where it would not find out by itself."""
        ...

    def grew(self, connection: sa.Connection, table: sa.Table, rows: int) -> None:
        """So many rows were added to a table: let the planner look at it again, where that tells it something new."""
        ...

    def damage(self, engine: sa.Engine) -> BridgeError | None:
        """Our error for damage that the database finds when it looks through all it holds; None where it finds none."""
        ...

    def translate(self, error: BaseException, *, is_reading: bool = False) -> BridgeError:
        """Our error for the driver's; never with a value of a row in it. is_reading: nothing was to be written."""
        ...


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
    # Each database pays for its own only.
    if kind == "sqlite":
        from bridge.store.sql.sqlite import Sqlite

        return Sqlite(parsed)
    if kind in ("postgresql", "postgres"):
        from bridge.store.sql.postgres import Postgres

        return Postgres(parsed)
    raise _unknown_url()


def _unknown_url() -> ConfigError:
    return ConfigError(
        "database URL",
        "neither SQLite nor PostgreSQL",
        "Use sqlite:///PATH or postgresql://USER@HOST/NAME",
        code="store.url",
    )
