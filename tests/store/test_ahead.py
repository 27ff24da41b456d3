"""An update may be taken back: each migration only adds, and the code before it runs on what it made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory

from bridge.store.sql import schema
from bridge.store.sql.dialect import Dialect, dialect_of

SINCE = "0031"
JUDGED: Mapping[str, str] = {}
"""Migrations that do more than add, each with the reason why the code before it runs all the same."""

TRIGGERS = {
    "sqlite": "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal",
}


class Table(msgspec.Struct, frozen=True):
    """What a statement of older code relies on, and what may refuse it.

    columns: to their types. filled: those that need not be told. alone: what no two rows may have in common.
    """

    columns: Mapping[str, str]
    filled: frozenset[str]
    alone: frozenset[tuple[str, ...]]
    refusals: frozenset[str]


Shape = Mapping[str, Table]


def shape(connection: sa.Connection) -> Shape:
    seen = sa.inspect(connection)
    triggers = connection.execute(sa.text(TRIGGERS[connection.dialect.name])).fetchall()
    return {
        name: Table(
            {column["name"]: str(column["type"]) for column in seen.get_columns(name)},
            frozenset(one["name"] for one in seen.get_columns(name) if one["nullable"] or one["default"] is not None),
            frozenset(tuple(one) for one in uniques(seen, name)),
            frozenset(one for table, one in triggers if table == name)
            | {str(one["name"]) for one in (*seen.get_check_constraints(name), *seen.get_foreign_keys(name))},
        )
        for name in seen.get_table_names()
    }


def uniques(seen: sa.Inspector, table: str) -> Iterator[list[str]]:
    yield seen.get_pk_constraint(table)["constrained_columns"]
    for index in seen.get_indexes(table):
        if index["unique"]:
            where = [str(text) for name, text in index["dialect_options"].items() if name.endswith("_where")]
            yield [*map(str, index["column_names"]), *where]
    for constraint in seen.get_unique_constraints(table):
        yield constraint["column_names"]


def taken_away(before: Shape, after: Shape) -> list[str]:
    """What code that was written for ``before`` would miss, or be refused, on ``after``."""
    found = [f"{name} is gone" for name in before.keys() - after.keys()]
    for name in before.keys() & after.keys():
        old, new = before[name], after[name]
        kept = {column: new.columns.get(column) for column in old.columns}
        found += [
            f"{name}.{column} is {kept[column] or 'gone'}"
            for column in old.columns
            if kept[column] != old.columns[column]
        ]
        found += [
            f"{name}.{column} must be told"
            for column in new.columns.keys() - new.filled - (old.columns.keys() - old.filled)
        ]
        found += [f"{name}: {rule} is new" for rule in new.refusals - old.refusals]
        found += [f"{name}: unique by {', '.join(key)} is new" for key in new.alone - old.alone]
        found += [f"{name}: unique by {', '.join(key)} is gone" for key in old.alone - new.alone]
    return sorted(found)


def upgraded(dialect: Dialect, engine: sa.Engine, version: str) -> Shape:
    with dialect.transaction(engine, is_reading=False) as connection:
        config = schema._config()  # noqa: SLF001 - an older version is made by nothing else
        config.attributes.update(connection=connection, dialect=dialect)
        command.upgrade(config, version)
        return shape(connection)


def chain() -> list[str]:
    """Every version from ``SINCE`` on, in the order in which they are made."""
    scripts = ScriptDirectory.from_config(schema._config())  # noqa: SLF001 - as above
    return [one.revision for one in reversed(list(scripts.iterate_revisions(schema.HEAD, SINCE, inclusive=True)))]


def test_each_migration_only_adds(empty_url: str) -> None:
    dialect = dialect_of(empty_url)
    engine = dialect.engine()
    versions = chain()
    before, found = upgraded(dialect, engine, versions[0]), {}
    for version in versions[1:]:
        after = upgraded(dialect, engine, version)
        if version not in JUDGED and (told := taken_away(before, after)):
            found[version] = told
        before = after
    engine.dispose()
    assert not found


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("DROP TABLE run", "run is gone"),
        ("ALTER TABLE run DROP COLUMN body", "run.body is gone"),
        ("ALTER TABLE run ADD COLUMN who TEXT NOT NULL DEFAULT 'x'", ""),
        ("ALTER TABLE run ADD COLUMN who TEXT", ""),
        ("CREATE TABLE later (a INTEGER PRIMARY KEY, b TEXT NOT NULL)", ""),
        ("CREATE INDEX later ON run (body)", ""),
        ("CREATE UNIQUE INDEX later ON run (body)", "run: unique by body is new"),
        ("CREATE TRIGGER later BEFORE DELETE ON run BEGIN SELECT 1; END", "run: later is new"),
    ],
)
def test_what_older_code_would_miss_or_be_refused_is_seen(change: str, told: str) -> None:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE run (number INTEGER PRIMARY KEY, body TEXT NOT NULL)")
        before = shape(connection)
        connection.exec_driver_sql(change)
        assert taken_away(before, shape(connection)) == ([told] if told else [])
    engine.dispose()


def test_the_oldest_code_that_may_run_is_one_that_asks() -> None:
    """Older than the migration that made the column is code which refuses any other version than its own."""
    assert schema.OLDEST in chain()
    assert int(schema.OLDEST) >= 40
