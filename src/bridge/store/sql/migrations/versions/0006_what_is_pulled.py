"""Channels that are pulled: their facts, the windows of their streams, and what is asked for by its id.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add them, and to each document the facts that it was read under: none, of those that came in files."""
    op.add_column("document", sa.Column("facts_hash", sa.Text, nullable=False, server_default=""))
    facts = [number("number"), at("taken_at"), text("facts_hash"), text("body")]
    table("channel_facts", keys("connection_id"), facts, ["number"])
    table(
        "stream_window",
        keys("connection_id", "stream"),
        [
            at("since_at"),
            at("until_at"),
            text("state"),
            sa.Column("cursor", sa.LargeBinary, nullable=False),
            number("cursor_version"),
            text("facts_hash"),
            number("expected", nullable=True),
            number("got"),
            number("most"),
            at("due_at", nullable=True),
            text("note"),
            number("saves"),
        ],
        ["since_at"],
    )
    index("stream_window_current", "stream_window", "connection_id", "stream", where="state <> 'closed'", unique=True)
    index("stream_window_due", "stream_window", "connection_id", "due_at", where=DUE)
    table(
        "window_owner",
        keys("connection_id", "stream"),
        [at("since_at"), *keys("kind", "external_id")],
        ["since_at", "kind", "external_id"],
        is_clustered=True,
    )
    index("window_owner_thing", "window_owner", "connection_id", "kind", "external_id")
    table("inquiry", keys("connection_id", "kind", "external_id"), [text("why"), at("due_at"), number("times")], [])
    index("inquiry_due", "inquiry", "connection_id", "due_at")


DUE = "state = 'closed' AND due_at IS NOT NULL"


def keys(*names: str) -> list[sa.Column[Any]]:
    """Texts that are parts of the primary key."""
    return [text(name, KEY) for name in names]


def text(name: str, kind: Any = sa.Text) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def number(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger, nullable=nullable, autoincrement=False)


def at(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    """An instant: microseconds since 1970."""
    return sa.Column(name, sa.BigInteger, nullable=nullable, autoincrement=False)


def table(
    name: str, first: list[sa.Column[Any]], rest: list[sa.Column[Any]], more: list[str], *, is_clustered: bool = False
) -> None:
    """A table of organisations. more: what is in the primary key besides the first columns."""
    key = sa.PrimaryKeyConstraint("organisation_id", *(one.name for one in first), *more, name=f"{name}_pk")
    op.create_table(name, text("organisation_id", KEY), *first, *rest, key, sqlite_with_rowid=not is_clustered)


def index(name: str, table: str, *columns: str, where: str = "", unique: bool = False) -> None:
    """An index of one organisation's rows, over some of them only where there is a condition."""
    condition = sa.text(where) if where else None
    op.create_index(
        name,
        table,
        ["organisation_id", *columns],
        unique=unique,
        sqlite_where=condition,
        postgresql_where=condition,
    )
