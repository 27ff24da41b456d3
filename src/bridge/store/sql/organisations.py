"""Organisations, and the few questions that are asked of all of them at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from bridge.errors import ConfigError
from bridge.model.connections import Connection
from bridge.model.duties import Duty
from bridge.model.hindrances import Standing
from bridge.model.leases import Lease, LeaseKind
from bridge.model.organisations import OWN, Organisation, Used
from bridge.store.sql import tables
from bridge.store.sql.budgets import EVERYBODY
from bridge.store.sql.codec import EPOCH, Json
from bridge.store.sql.duties import KNOWN_KINDS, duty_of
from bridge.store.sql.leases import lease_of
from bridge.store.sql.parts import in_parts, plain
from bridge.store.sql.sealed import Sealed
from bridge.store.sql.work import Row, Work

_O, _D, _L = tables.organisation.c, tables.duty.c, tables.lease.c
_C, _R, _P, _U = tables.connection.c, tables.route.c, tables.pause.c, tables.usage.c


class SqlOrganisations:
    """See ``store.api.Organisations``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def all(self) -> tuple[Organisation, ...]:
        wanted = self._work.select_everywhere(tables.organisation, _O.body).order_by(_O.organisation_id)
        known = tuple(body for (body,) in self._work.rows(wanted))
        return known if any(one.name == OWN for one in known) else (_OWN, *known)

    def get(self, name: str) -> Organisation:
        wanted = self._work.select_everywhere(tables.organisation, _O.body).where(_O.organisation_id == name)
        found: Organisation | None = self._work.value(wanted) or (_OWN if name == OWN else None)
        if found is None:
            raise ConfigError(
                f"organisation {name!r}",
                "there is none of that name",
                "See `bridge organisations list`; to add it: `bridge organisations add`",
                code="organisation.unknown",
            )
        return found

    def put(self, organisation: Organisation) -> None:
        values = {"body": organisation, "leaving_at": organisation.leaving_at}
        mine = sa.update(tables.organisation).where(_O.organisation_id == organisation.name)
        if organisation.name == self._work.organisation_id:  # in whose own log it stands
            self._work.seal(Sealed.ORGANISATION, [(organisation.name,)])
        if not self._work.write(mine.values(**values)):
            self._work.add(tables.organisation, organisation_id=organisation.name, **values)

    def due(self, now: datetime) -> tuple[tuple[str, Duty], ...]:
        due = self._work.select_everywhere(tables.duty).where(KNOWN_KINDS, _D.due_at <= now)
        by_age = due.order_by(_D.due_at, _D.organisation_id, _D.kind, _D.subject)
        return tuple((row.organisation_id, duty_of(row)) for row in self._work.rows(by_age))

    def begun(self, names: Sequence[str]) -> Mapping[tuple[str, str], Lease]:
        held = self._work.select_everywhere(tables.lease).where(_L.kind == LeaseKind.DUTY.value, _L.holder != "")
        rows = self._of(held, _L.organisation_id, names)
        return {(row.organisation_id, row.subject): lease_of(row) for row in rows}

    def standings(self, names: Sequence[str]) -> Mapping[str, Standing]:
        routes, connections, pauses = (
            self._bodies(table, names) for table in (tables.route, tables.connection, tables.pause)
        )
        everywhere = self._bodies(tables.pause, [EVERYBODY])[EVERYBODY]
        return {name: Standing.of(routes[name], connections[name], (*everywhere, *pauses[name])) for name in names}

    def route_texts(self) -> Mapping[str, tuple[str, ...]]:
        found = defaultdict[str, tuple[str, ...]](tuple)
        texts = self._work.select_everywhere(tables.route, _R.organisation_id, plain(_R.body))
        for name, text in self._work.rows(texts.order_by(_R.organisation_id, _R.route_id)):
            found[name] += (text,)
        return found

    def working(self) -> tuple[Lease, ...]:
        places = self._work.select_everywhere(tables.lease).where(
            _L.organisation_id == EVERYBODY, _L.kind == LeaseKind.WORKER.value, _L.holder != ""
        )
        return tuple(map(lease_of, self._work.rows(places)))

    def failing(self) -> tuple[tuple[str, Duty], ...]:
        is_failing = sa.text("fault <> ''")  # to the letter, as the index has it
        found = self._work.rows(self._work.select_everywhere(tables.duty).where(KNOWN_KINDS, is_failing))
        return tuple((row.organisation_id, duty_of(row)) for row in found)

    def connections(self) -> tuple[tuple[str, Connection], ...]:
        found = self._work.rows(self._work.select_everywhere(tables.connection, _C.organisation_id, _C.body))
        return tuple((row.organisation_id, row.body) for row in found)

    def used(self, month: str) -> tuple[tuple[str, Used], ...]:
        columns = (_U.organisation_id, _U.month, _U.plugin, _U.what, _U.many)
        wanted = self._work.select_everywhere(tables.usage, *columns).where(_U.month == month)
        found = self._work.rows(wanted.order_by(_U.organisation_id, _U.plugin, _U.what))
        return tuple((whose, Used(*row)) for whose, *row in found)

    def tables(self) -> tuple[str, ...]:
        referring = [table.name for table in reversed(tables.metadata.sorted_tables)]
        placed = ("duty", "audit", "organisation")
        return ("duty", *(name for name in referring if name not in placed), "audit")

    def told(self) -> tuple[str, ...]:
        return tuple(name for name in self.tables() if _is_told(tables.metadata.tables[name]))

    def rows(self, table: str) -> Iterator[Mapping[str, object]]:
        wanted = tables.metadata.tables[table]
        columns = list(wanted.columns)[1:]
        chosen = self._work.select(wanted, *(_as_told(column) for column in columns))
        for row in self._work.stream(chosen.order_by(*list(wanted.primary_key.columns)[1:])):
            yield {
                column.name: msgspec.Raw(value.encode())
                if value is not None and isinstance(column.type, Json)
                else value
                for column, value in zip(columns, row, strict=True)
            }

    def erase_some(self, name: str, table: str, most: int) -> int:
        if self.get(name).leaving_at is None:
            raise ConfigError(
                f"organisation {name}", "does not leave", "Run `bridge organisations erase`", code="organisation.stays"
            )
        doomed = tables.metadata.tables[table]
        of_it, key = doomed.c.organisation_id == name, list(doomed.primary_key.columns)[1:]
        last = self._work.row(sa.select(*key).where(of_it).order_by(*key).offset(most - 1).limit(1)) if key else None
        if last is not None:
            values = (sa.literal(value, column.type) for value, column in zip(last, key, strict=True))
            of_it = sa.and_(of_it, sa.tuple_(*key) <= sa.tuple_(*values))
        return self._work.wipe(sa.delete(doomed).where(of_it))

    def forget(self, name: str) -> None:
        self._work.wipe(sa.delete(tables.organisation).where(_O.organisation_id == name))

    def _bodies(self, table: sa.Table, names: Sequence[str]) -> Mapping[str, list[Any]]:
        found = defaultdict[str, list[Any]](list)
        wanted = self._work.select_everywhere(table, table.c.organisation_id, table.c.body)
        for row in self._of(wanted, table.c.organisation_id, names):
            found[row.organisation_id].append(row.body)
        return found

    def _of(self, wanted: sa.Select[Any], whose: sa.Column[str], names: Sequence[str]) -> Iterator[Row]:
        for some in in_parts(names):
            yield from self._work.rows(wanted.where(whose.in_(some)))


class SqlUsage:
    """See ``store.api.Usage``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def add(self, used: Iterable[Used]) -> None:
        for one in used:
            key = {"month": one.month, "plugin": one.plugin, "what": one.what}
            mine = self._work.update(tables.usage).where(*(_U[name] == value for name, value in key.items()))
            if not self._work.write(mine.values(many=_U.many + one.many)) and not self._work.add(
                tables.usage, **key, many=one.many
            ):
                self._work.write(mine.values(many=_U.many + one.many))  # somebody else began the month just now

    def all(self) -> tuple[Used, ...]:
        columns = (_U.month, _U.plugin, _U.what, _U.many)
        wanted = self._work.select(tables.usage, *columns).order_by(_U.month.desc(), _U.plugin, _U.what)
        return tuple(Used(*row) for row in self._work.rows(wanted))


def _is_told(table: sa.Table) -> bool:
    """Whether what leaves is told of it: no secrets, not who does what just now, and files as files."""
    return table.name in ("run", "usage") or not (table.info["is_operational"] or table.name in _NOT_TOLD)


def _as_told(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """What is kept as JSON as its text."""
    return (plain(column) if isinstance(column.type, Json) else column).label(column.name)


_NOT_TOLD = frozenset({"credential", "invitation", "vault_chunk"})
_OWN = Organisation(OWN, OWN, EPOCH, is_tenant=False)
