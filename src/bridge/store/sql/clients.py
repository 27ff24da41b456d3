"""What is kept of several organisations, side by side: the one reading that is not of one organisation alone.

It takes the names of those that somebody may see, and asks for no row of another: see decision 0071.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa

from bridge.store.api import Client
from bridge.store.sql import tables
from bridge.store.sql.budgets import EVERYBODY
from bridge.store.sql.duties import duty_of
from bridge.store.sql.parts import in_parts
from bridge.store.sql.summaries import kept_of
from bridge.store.sql.work import Row


def clients(connection: sa.Connection, organisations: Collection[str]) -> tuple[Client, ...]:
    """Each of these organisations, by name; five statements for as many as one statement takes."""
    return tuple(one for some in in_parts(sorted(set(organisations))) for one in _clients(connection, some))


def _clients(connection: sa.Connection, names: Sequence[str]) -> list[Client]:
    routes, connections, pauses, duties, summaries = (
        _rows(connection, table, [*names, EVERYBODY])
        for table in (tables.route, tables.connection, tables.pause, tables.duty, tables.route_summary)
    )
    return [
        Client(
            organisation=name,
            routes=tuple(sorted((row.body for row in routes.get(name, ())), key=lambda route: route.name)),
            connections=tuple(row.body for row in connections.get(name, ())),
            pauses=tuple(row.body for whose in (EVERYBODY, name) for row in pauses.get(whose, ())),
            duties=tuple(map(duty_of, duties.get(name, ()))),
            summaries={row.route_id: kept_of(row) for row in summaries.get(name, ())},
        )
        for name in names
    ]


def _rows(connection: sa.Connection, table: sa.Table, names: Sequence[str]) -> Mapping[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in connection.execute(sa.select(table).where(table.c.organisation_id.in_(names))):
        found.setdefault(row.organisation_id, []).append(row)
    return found
