"""Runs: what was done, numbered.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
RUNNING = sa.text("outcome = 'running'")


def upgrade() -> None:
    """Make the table, empty: what was done before has no number."""
    op.create_table(
        "run",
        sa.Column("organisation_id", KEY, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        text("outcome"),
        text("body"),
        sa.PrimaryKeyConstraint("organisation_id", "number", name="run_pk"),
    )
    columns = ["organisation_id", "number"]
    op.create_index("run_running", "run", columns, sqlite_where=RUNNING, postgresql_where=RUNNING)


def text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=False)
