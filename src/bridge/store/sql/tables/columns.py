"""What tables are made of. Each primary key and each unique key begins with organisation_id."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from bridge.store.sql.codec import Day, Instant, Json, Word

metadata = sa.MetaData(naming_convention={"pk": "%(table_name)s_pk"})
KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def key(name: str) -> sa.Column[Any]:
    """A part of the primary key."""
    return sa.Column(name, KEY, primary_key=True)


def number_key(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger, primary_key=True, autoincrement=False)


def text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text, nullable=False)


def ref(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    """Text that is the key of something, hence compared and sorted by bytes."""
    return sa.Column(name, KEY, nullable=nullable)


def number(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def at(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, Instant, nullable=nullable)


def at_key(name: str) -> sa.Column[Any]:
    return sa.Column(name, Instant, primary_key=True, autoincrement=False)


def on(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, Day, nullable=nullable)


def flag(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean(create_constraint=False), nullable=False)


def word(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, Word(kind), nullable=False)


def json(name: str, kind: Any, *, nullable: bool = False, default: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, Json(kind), nullable=nullable, server_default=default)


def table(name: str, *parts: Any, is_clustered: bool = False, is_operational: bool = False) -> sa.Table:
    """is_operational: who does what just now, and how much of it: no fact, hence not told in the audit log."""
    info = {"is_operational": is_operational}
    return sa.Table(name, metadata, key("organisation_id"), *parts, sqlite_with_rowid=not is_clustered, info=info)


def unique(name: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint("organisation_id", *columns, name=name)


def index(
    name: str, table: sa.Table, *columns: str, where: str = "", is_unique: bool = False, is_small: bool = False
) -> None:
    """is_small: its condition lets few rows in, however long the history (see ``planner``)."""
    condition = sa.text(where) if where else None
    sa.Index(
        name,
        table.c.organisation_id,
        *(table.c[column] for column in columns),
        unique=is_unique,
        sqlite_where=condition,
        postgresql_where=condition,
        info={"is_small": is_small},
    )
