"""The store over SQLAlchemy Core: opens units of work for one organisation."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Event
from typing import Final

import sqlalchemy as sa

from bridge.clock import Clock
from bridge.errors import InvariantError
from bridge.model.deliveries import DeliveryState
from bridge.model.organisations import OWN
from bridge.store.api import Client, UnitOfWork, writing
from bridge.store.sql import schema, tables
from bridge.store.sql.budgets import EVERYBODY
from bridge.store.sql.clients import clients
from bridge.store.sql.dialect import Dialect, cause_of, dialect_of
from bridge.store.sql.staying import Staying
from bridge.store.sql.unit import SqlUnitOfWork
from bridge.store.sql.work import Work

NOBODY: Final = EVERYBODY
"""The organisation of what belongs to none: places of workers, and what all share of vendors' limits."""

_REPORT: Final = "Report this as a bug"


class SqlStore:
    """See ``store.api.Store``. May be shared by threads; a unit of work may not."""

    def __init__(
        self,
        dialect: Dialect,
        engine: sa.Engine,
        organisation_id: str,
        clock: Clock,
        *,
        is_leaving: bool = False,
        closed: Event | None = None,
    ) -> None:
        self.dialect, self._engine, self._closed = dialect, engine, closed or Event()
        self._organisation_id, self._clock = organisation_id, clock
        self._staying = None if is_leaving or organisation_id in (OWN, EVERYBODY) else Staying(organisation_id)
        self._is_checked = False

    def migrate(self) -> None:
        """Bring the database up to this version: see ``schema.migrate``.

        What stands from before digests is vouched for as it stands, once, in the log of each organisation.
        """
        with self._our_errors():
            before = schema.upgrade(self.dialect, self._engine)
        if before is None or before >= schema.VOUCHES:
            return
        with self.reading() as unit:
            names = {one.name for one in unit.organisations.all() if one.leaving_at is None}
        for name in sorted({*names, self._organisation_id}):
            with self.of(name).unit("bridge") as unit:
                if many := unit.audit.vouch():
                    unit.audit.tell("store.vouched", "what stands from before", f"{many} things")

    def exists(self) -> bool:
        """Whether the database is there, with or without tables; a server's is."""
        with self._our_errors():
            return self.dialect.exists()

    def of(self, organisation_id: str, *, is_leaving: bool = False) -> SqlStore:
        """See ``store.api.Stores``."""
        made = SqlStore(
            self.dialect, self._engine, organisation_id, self._clock, is_leaving=is_leaving, closed=self._closed
        )
        made._is_checked = self._is_checked
        return made

    def with_secrets(self) -> tuple[str, ...]:
        """The organisations that something is sealed for, whichever this is the store of."""
        sealing = (sa.select(table.c.organisation_id) for table in (tables.credential, tables.consent))
        with self._our_errors(), self.dialect.transaction(self._engine, is_reading=True) as connection:
            return tuple(sorted(connection.execute(sa.union(*sealing)).scalars()))

    def close(self) -> None:
        """Give back every connection, of the stores of all organisations over them. Twice: harmless.

        Who asks one of them for anything afterwards gets InvariantError (``store.closed``): the engine itself would
        connect anew, and nobody would give that back.
        """
        self._closed.set()
        self._engine.dispose()

    def moment(self) -> datetime:
        """What time it is by the database, for all who share it; beside a file, by the clock that this was given."""
        with self._our_errors(), self._engine.connect() as connection:
            return self.dialect.moment(connection) or self._clock.now()

    def clients(self, organisations: Collection[str]) -> tuple[Client, ...]:
        """See ``store.api.Clients``. Raises: as ``reading``."""
        with self._our_errors():
            self._check()
            with self.dialect.transaction(self._engine, is_reading=True) as connection:
                return clients(connection, organisations)

    def holders(self, plugin: str) -> tuple[tuple[str, str, str], ...]:
        """(organisation, connection, account) of all that use a plugin, whatever the organisation.

        The one question beside budgets that is not asked for one organisation: a vendor that has one address for all of
        them names accounts alone. Who asks tells nobody the answer, and goes on in the store of each (``of``).
        """
        columns = tables.connection.c
        found = sa.select(columns.organisation_id, columns.name, columns.account)
        with self._our_errors(), self.dialect.transaction(self._engine, is_reading=True) as connection:
            rows = connection.execute(found.where(columns.plugin == plugin, columns.account != ""))
            return tuple((row.organisation_id, row.name, row.account) for row in rows)

    def waits(self) -> dict[str, int]:
        """How many vouchers, of all organisations, stand in each state in which something is still to come.

        For a watch over the whole installation, which is told numbers alone.
        """
        columns = tables.delivery.c
        over = (DeliveryState.DELIVERED, DeliveryState.WITHDRAWN)
        found = sa.select(columns.state, sa.func.count().label("many")).where(columns.state.not_in(over))
        with self._our_errors(), self.dialect.transaction(self._engine, is_reading=True) as connection:
            return {str(row.state): row.many for row in connection.execute(found.group_by(columns.state))}

    def check(self) -> None:
        """Raises: ConfigError for a database of another version; TransientError for one that does not answer."""
        with self._our_errors():
            schema.check(self.dialect, self._engine)

    @contextmanager
    def unit(self, actor: str) -> Iterator[UnitOfWork]:
        """Read and write; see ``store.api.Store``.

        Raises: ConfigError (``store.schema``) for a database of another version; LockedError when another
                writer holds the database too long; InvariantError for a unit that wrote without a note.
        """
        if not actor:
            raise InvariantError("a unit of work", "has no actor", _REPORT)
        with writing(), self._transaction(actor) as unit:
            yield unit
            unit.finish()

    @contextmanager
    def reading(self) -> Iterator[UnitOfWork]:
        """Read only, one consistent snapshot; a write raises InvariantError (``store.read_only``)."""
        with self._transaction("") as unit:
            yield unit

    @contextmanager
    def _transaction(self, actor: str) -> Iterator[SqlUnitOfWork]:
        with self._our_errors():
            self._check()
            try:
                with self.dialect.transaction(self._engine, is_reading=not actor) as connection:
                    if self._staying:
                        self._staying.see(connection)
                    who = self._organisation_id, self._clock, actor
                    yield SqlUnitOfWork(Work(connection, self.dialect, *who, self._staying))
            except (InvariantError, LookupError) as error:
                # Where a row is not where its index says, all that relies on it goes wrong like a bug of ours.
                if damage := self.dialect.damage(self._engine):
                    raise damage from error
                raise

    def _check(self) -> None:
        if not self._is_checked:
            schema.check(self.dialect, self._engine)
            self._is_checked = True

    @contextmanager
    def _our_errors(self) -> Iterator[None]:
        """What the database says when a transaction begins or ends (inside one, ``Work`` listens)."""
        if self._closed.is_set():
            raise InvariantError("the database", "was closed, and is used all the same", _REPORT, code="store.closed")
        try:
            yield
        except sa.exc.DBAPIError as error:
            raise self.dialect.translate(cause_of(error)) from error


def open_store(url: str, organisation_id: str, clock: Clock) -> SqlStore:
    """A store for one organisation. Nothing is connected, made or changed yet.

    url:    sqlite:///PATH or postgresql://USER@HOST/NAME.
    Raises: ConfigError (``store.url``) for any other; the schema is checked by the first unit of work.
    """
    dialect = dialect_of(url)
    return SqlStore(dialect, dialect.engine(), organisation_id, clock)
