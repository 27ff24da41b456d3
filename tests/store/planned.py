"""How a database is going to answer what it is asked: each table it opens, by which index, and what narrows that."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import sqlalchemy as sa

from bridge.store.sql.tables import metadata

READS = ("SELECT", "WITH", "UPDATE", "DELETE")
_STEP = re.compile(r"(SCAN|SEARCH) (\w+)(?: USING (?:COVERING )?(?:INDEX (\w+)|PRIMARY KEY))?(?: \((.*)\))?")
_ALIASES = {"first": "delivery"}
ALL = ""


class Step(msgspec.Struct, frozen=True):
    """One table opened. index: ``ALL`` where every row is read. columns: those that the index is entered by."""

    table: str
    index: str
    columns: frozenset[str]

    def __str__(self) -> str:
        by = f"by {self.index} ({', '.join(sorted(self.columns))})" if self.index else "all of it"
        return f"{self.table} {by}"


# Of the few thousand rows of a test PostgreSQL rightly reads all sooner than it looks up five hundred. With rows as
# dear as this it answers as it does where there are millions.
DEAR_ROWS = {"cpu_tuple_cost": "10", "cpu_index_tuple_cost": "10"}


@contextmanager
def planned() -> Iterator[list[Step]]:
    """Collects the plan of every statement within, taken at the moment and in the transaction in which it is asked."""
    steps: list[Step] = []

    def explain(connection: sa.Connection, _: Any, statement: str, parameters: Any, *__: Any) -> None:
        if statement.lstrip().upper().startswith(READS):
            driver: Any = connection.connection.driver_connection
            read = _of_sqlite if connection.dialect.name == "sqlite" else _of_postgres
            steps.extend(read(driver, statement, parameters))

    sa.event.listen(sa.Engine, "before_cursor_execute", explain)
    try:
        yield steps
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", explain)


def _of_sqlite(driver: Any, statement: str, parameters: Any) -> Iterator[Step]:
    for *_ids, detail in driver.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall():
        if (found := _STEP.match(detail)) and (table := _ALIASES.get(found[2], found[2])) in metadata.tables:
            index = ALL if found[1] == "SCAN" else _named(table, found[3] or f"sqlite_autoindex_{table}_1")
            yield Step(table, index, frozenset(re.findall(r"\b[a-z_]+\b", (found[4] or "").replace("AND", ""))))


def _named(table: str, index: str) -> str:
    """The name that PostgreSQL gives it: a key that SQLite numbers is the primary key, or the unique one."""
    if not index.startswith("sqlite_autoindex"):
        return index
    unique = [str(one.name) for one in metadata.tables[table].constraints if isinstance(one, sa.UniqueConstraint)]
    return f"{table}_pk" if index.endswith("_1") else unique[0]


def _of_postgres(driver: Any, statement: str, parameters: Any) -> Iterator[Step]:
    with driver.cursor() as cursor:
        for setting, cost in DEAR_ROWS.items():
            cursor.execute(f"SET LOCAL {setting} = {cost}")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
        ((plan,),) = cursor.fetchone()
        for setting in DEAR_ROWS:
            cursor.execute(f"SET LOCAL {setting} = DEFAULT")
    yield from _steps(plan["Plan"])


def _steps(node: dict[str, Any]) -> Iterator[Step]:
    for inner in node.get("Plans", ()):
        yield from _steps(inner)
    if "Index Name" in node:
        for table in (one.name for one in metadata.tables.values() if _has(one, node["Index Name"])):
            yield Step(table, node["Index Name"], frozenset(re.findall(r"\b[a-z_]+\b", node.get("Index Cond", ""))))
    elif node["Node Type"] == "Seq Scan":
        yield Step(node["Relation Name"], ALL, frozenset())


def _has(table: sa.Table, index: str) -> bool:
    return any(one.name == index for one in table.indexes) or any(one.name == index for one in table.constraints)
