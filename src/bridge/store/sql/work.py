"""An open unit of work: one transaction of one organisation, through which every part reads and writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from bridge.clock import Clock
from bridge.errors import BridgeError, ConfigError, InvariantError
from bridge.store.sql import tables
from bridge.store.sql.dialect import Dialect, cause_of
from bridge.store.sql.sealed import Key, Sealed
from bridge.store.sql.staying import Staying

STREAM = 1_000
_COUNTED = {"preserve_rowcount": True}
MINE: sa.BindParameter[Any] = sa.bindparam("mine", type_=tables.KEY)
"""Whose rows a question is about: see ``Work.ask``."""
_ASKED: dict[tuple[Any, ...], Any] = {}
Row = sa.Row[*tuple[Any, ...]]
Select = sa.Select[*tuple[Any, ...]]


class Work:
    """The only door to the connection: it adds the organisation, counts writes, and speaks our errors.

    dialect: for statements that are made once, and asked by many units.
    notes:  what the parts say they changed, for the audit row; counted ones come last.
    has_written: something that the audit log is to tell; writes to operational tables are not counted, unless somebody
    has noted what was done there (has_worked: anything was written at all; is_told: a note of its own was made).
    touched: what it wrote of which the audit row is to have a digest (see ``seals``).
    broken: the database refused something; whatever the caller makes of it, this unit will not be saved.
    """

    def __init__(
        self,
        connection: sa.Connection,
        dialect: Dialect,
        organisation_id: str,
        clock: Clock,
        actor: str,
        staying: Staying | None = None,
    ) -> None:
        self.organisation_id, self.clock, self.actor = organisation_id, clock, actor
        self.dialect = dialect
        self._connection, self._staying = connection, staying
        self._notes: list[tuple[str, str, str]] = []
        self._counts: dict[tuple[str, str, str], int] = {}
        self.touched: dict[Sealed, set[Key]] = {}
        self.has_written = self.has_worked = self.is_told = False
        self.broken: BridgeError | None = None

    # Statements, for this organisation only.

    def select(self, table: sa.Table, *columns: Any) -> Select:
        """A select from a table's rows of this organisation; of all its columns when none are named."""
        return _select(self.organisation_id, table, *columns)

    def select_everywhere(self, table: sa.Table, *columns: Any) -> Select:
        """The same of all organisations, for whoever hands out work, or answers for all of them."""
        return sa.select(*(columns or (table,))).select_from(table)

    def update(self, table: sa.Table) -> sa.Update:
        return sa.update(table).where(table.c.organisation_id == self.organisation_id)

    def delete(self, table: sa.Table) -> sa.Delete:
        return sa.delete(table).where(table.c.organisation_id == self.organisation_id)

    # Reading.

    def rows(self, statement: Select, values: Mapping[str, Any] | None = None) -> Sequence[Row]:
        """values: of the parameters that a statement has where it is made once for many askings."""
        with self._our_errors():
            return self._connection.execute(statement, values).fetchall()

    def ask(self, question: Callable[..., Select], **values: Any) -> Sequence[Row]:
        """Rows by a question that is put together once: to do that takes longer than a small one takes to run.

        question: of a parameter for each value, and of nothing else that may change; see ``asking``.
        """
        return self.rows(_asked(question, values), self._said(values))

    def row(self, statement: Select) -> Row | None:
        with self._our_errors():
            return self._connection.execute(statement).first()

    def value(self, statement: Select) -> Any:
        """The first column of the first row; None when there is none."""
        row = self.row(statement)
        return None if row is None else row[0]

    def stream(self, statement: sa.Executable) -> Iterator[Row]:
        """Rows as the database finds them, a thousand in memory at a time; the statement may join whole tables."""
        return self._rows_of(statement, {"yield_per": STREAM})

    def ask_all(self, question: Callable[..., Select], **values: Any) -> Iterator[Row]:
        """The same by a question: see ``ask``."""
        return self._rows_of(_asked(question, values), {"yield_per": STREAM}, self._said(values))

    def only_in(self, one: sa.Table, other: sa.Table, scope: Mapping[str, str], key: str, *facts: str) -> Iterator[str]:
        """The keys of rows that one table has and the other has not, or with other facts: see ``Dialect.only_in``.

        Memory: those keys; PostgreSQL does not work in parallel for a cursor.
        """
        mine = {"organisation_id": self.organisation_id, **scope}
        statement = self.dialect.only_in(one, other, mine, key, *facts)
        return (row[0] for row in self._rows_of(statement, {}))

    def _said(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {MINE.key: self.organisation_id, **values}

    def _rows_of(
        self, statement: sa.Executable, options: Mapping[str, Any], values: Mapping[str, Any] | None = None
    ) -> Iterator[Row]:
        with self._our_errors(), self.dialect.whole_tables(self._connection):
            result = self._connection.execute(statement, values, execution_options=options)
        with result:
            while True:
                with self._our_errors():
                    some = result.fetchmany(STREAM)
                if not some:
                    return
                yield from some

    # Writing.

    def write(self, statement: sa.Update | sa.Delete | sa.Insert, values: Mapping[str, Any] | None = None) -> int:
        """Carry out a change; the number of rows it met. values: of a row to insert."""
        self._must_write()
        with self._our_errors():
            count = self._connection.execute(statement, values, execution_options=_COUNTED).rowcount
        self._wrote(statement.table, count)
        return count

    def change(self, statement: sa.Update, *columns: Any) -> Row | None:
        """Carry out a change of one row, and return columns of it as they are now; None when it met no row."""
        return next(iter(self.changed(statement, *columns)), None)

    def changed(self, statement: sa.Update, *columns: Any) -> Sequence[Row]:
        """Carry out a change, and return columns of every row that it met, as they are now."""
        return self.changed_as(statement.returning(*columns), {})

    def changed_as(self, statement: Any, values: Mapping[str, Any]) -> Sequence[Row]:
        """The same by a statement that is put together once, and values of its parameters; see ``ask``."""
        self._must_write()
        with self._our_errors():
            rows = self._connection.execute(statement, self._said(values)).fetchall()
        self._wrote(statement.table, len(rows))
        return rows

    def changed_by(self, make: Callable[..., sa.Update], *facts: Any, values: Mapping[str, Any]) -> Sequence[Row]:
        """The same by a statement that is made once for these facts: of rows of values SQLAlchemy keeps none compiled.

        values: of its parameters, as the database has them; one that is not named is empty.
        """
        self._must_write()
        table, text, constants, order = _compiled(self._connection.dialect, make, *facts)
        with self._our_errors():
            named = {**constants, **values}
            given = tuple(named[name] for name in order) if order else named
            rows = self._connection.exec_driver_sql(text, given).fetchall()
        self._wrote(table, len(rows))
        return rows

    def add(self, table: sa.Table, **values: Any) -> bool:
        """Insert one row, of this organisation if no other is named; false when its key (any unique key) is taken."""
        row = {"organisation_id": self.organisation_id, **values}
        is_added = self.write(self.dialect.insert_if_new(table), row) > 0
        if is_added:
            self._must_stay()
        self._grew(table, int(is_added))
        return is_added

    def add_many(self, table: sa.Table, rows: Iterable[Sequence[Any]]) -> int:
        """Insert plain tuples, in the order of the table's columns, organisation included; how many there were."""
        self._must_write()
        self._wrote(table, 1)
        before, self.broken = self.broken, _half_done(table)
        with self._our_errors():
            added = self.dialect.add_many(self._connection, table, rows)
        self.broken = before
        self._grew(table, added)
        return added

    def remove_many(self, table: sa.Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Delete the rows that have these values, organisation included, in these columns; those not there are none."""
        self._must_write()
        self._wrote(table, len(rows))
        with self._our_errors():
            self.dialect.remove_many(self._connection, table, columns, rows)

    def wipe(self, statement: sa.Delete) -> int:
        """Delete rows of whatever organisation, for good, past this one's audit row: who erases says it there once."""
        self._must_write()
        with self._our_errors():
            return self._connection.execute(statement, execution_options=_COUNTED).rowcount

    def lock(self, name: str, *parts: str) -> None:
        """Be the only unit of this organisation that holds this name, until the end of the unit."""
        with self._our_errors():
            self.dialect.lock(self._connection, "/".join((self.organisation_id, name, *parts)))

    def lock_everywhere(self, name: str, *parts: str) -> None:
        """The same among the units of all organisations."""
        with self._our_errors():
            self.dialect.lock(self._connection, "/".join(("", name, *parts)))

    # Notes for the audit.

    def note(self, action: str, subject: str, detail: str = "") -> None:
        self._must_write()
        self._notes.append((action, subject, detail))

    def seal(self, kind: Sealed, keys: Iterable[Key]) -> None:
        """Have the audit row vouch for these things as they are when the unit ends."""
        self.touched.setdefault(kind, set()).update(keys)

    def count(self, action: str, subject: str, number: int, unit: str) -> None:
        """Note a bulk write: the numbers of one unit of work are added up."""
        key = (action, subject, unit)
        self._counts[key] = self._counts.get(key, 0) + number

    def notes(self) -> list[tuple[str, str, str]]:
        counted = [(action, subject, f"{number} {unit}") for (action, subject, unit), number in self._counts.items()]
        return self._notes + counted

    def _wrote(self, table: Any, rows: int) -> None:
        if rows and table is not tables.lease:
            self._must_stay()
        self.has_worked = self.has_worked or rows > 0
        self.has_written = self.has_written or (rows > 0 and not table.info["is_operational"])

    def _must_stay(self) -> None:
        """Once a unit, behind its first write. Leases that are there go on, for who erases waits for their end."""
        if self._staying is None:
            return
        try:
            with self._our_errors():
                self._staying.check(self._connection)
        except ConfigError as error:
            self.broken = error
            raise
        self._staying = None

    def _grew(self, table: sa.Table, rows: int) -> None:
        with self._our_errors():
            self.dialect.grew(self._connection, table, rows)

    def _must_write(self) -> None:
        if not self.actor:
            raise InvariantError(
                "a reading", "tried to write", "Report this as a bug of bridge", code="store.read_only"
            )

    @contextmanager
    def _our_errors(self) -> Iterator[None]:
        try:
            yield
        except self.dialect.errors as error:
            self.broken = self.dialect.translate(cause_of(error), is_reading=not self.actor)
            raise self.broken from error


@lru_cache(maxsize=512)
def _select(organisation_id: str, table: sa.Table, *columns: Any) -> Select:
    """Made once: to put a statement together takes longer than a small one takes to run."""
    return sa.select(*(columns or (table,))).select_from(table).where(table.c.organisation_id == organisation_id)


def asking(table: sa.Table, *columns: Any) -> Select:
    """A select from a table's rows of whichever organisation asks: see ``Work.ask``."""
    return sa.select(*(columns or (table,))).select_from(table).where(table.c.organisation_id == MINE)


def _asked(question: Callable[..., Select], values: Mapping[str, Any]) -> Select:
    """By where the question is written, which may close over nothing."""
    lists = frozenset(name for name, value in values.items() if isinstance(value, list | tuple))
    key = (question.__module__, question.__code__, *values, lists)
    if (known := _ASKED.get(key)) is None:
        if question.__closure__ or question.__defaults__:
            raise TypeError("a question is of its values alone")
        parameters: dict[str, Any] = {name: sa.bindparam(name, expanding=name in lists) for name in values}
        known = _ASKED[key] = question(**parameters)
    return known


@lru_cache(maxsize=32)
def _compiled(
    dialect: sa.Dialect, make: Callable[..., sa.Update], *facts: Any
) -> tuple[Any, str, Mapping[str, Any], Sequence[str]]:
    """The table, the text, what its parameters are of themselves, and their order where the driver goes by that."""
    statement = make(*facts)
    compiled: Any = statement.compile(dialect=dialect)
    return statement.table, str(compiled), compiled.params, compiled.positiontup or ()


def _half_done(table: sa.Table) -> InvariantError:
    """Stands until a bulk insert is through: whatever stops it midway, its unit is not saved."""
    return InvariantError(f"table {table.name}", "a bulk insert stopped midway", "Look at the error before this one")
