"""Which organisations there are, what a month of each took, and what keeps duties from their connections.

Revision ID: 0032
Revises: 0031
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bridge.store.sql.codec import encode, instant

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add two tables, a column and two indices. Organisations that are there already are the operator's own."""
    op.create_table(
        "organisation",
        sa.Column("organisation_id", KEY, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("leaving_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("organisation_id", name="organisation_pk"),
    )
    op.create_table(
        "usage",
        *(sa.Column(name, KEY, nullable=False) for name in ("organisation_id", "month", "plugin", "what")),
        sa.Column("many", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "month", "plugin", "what", name="usage_pk"),
    )
    op.add_column("duty", sa.Column("fault", sa.Text, nullable=False, server_default=""))
    is_failing = sa.text("fault <> ''")
    op.create_index(
        "duty_failing",
        "duty",
        ["organisation_id", "fault"],
        sqlite_where=is_failing,
        postgresql_where=is_failing,
    )
    op.create_index("duty_due_everywhere", "duty", ["due_at"])
    _tell_of_those_there()


def _tell_of_those_there() -> None:
    connection = op.get_bind()
    first = "SELECT organisation_id, MIN(at) FROM audit WHERE organisation_id <> '' GROUP BY organisation_id"
    for name, at in connection.execute(sa.text(first)).fetchall():
        body = encode({"name": name, "title": name, "added_at": instant(at), "is_tenant": False, "leaving_at": None})
        add = sa.text("INSERT INTO organisation (organisation_id, body) VALUES (:name, :body)")
        connection.execute(add, {"name": name, "body": body})
