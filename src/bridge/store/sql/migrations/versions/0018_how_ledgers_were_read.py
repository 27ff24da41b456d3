"""What the copies of a ledger cover, so that the next check reads what changed; and what of ours is deleted.

Revision ID: 0018
Revises: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the tables. Of no ledger is it known what its copies cover: the next check reads it in full."""
    op.create_table(
        "ledger_reading",
        sa.Column("organisation_id", KEY, nullable=False),
        sa.Column("ledger", KEY, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "ledger", name="ledger_reading_pk"),
    )
    op.create_table(
        "ledger_gone",
        sa.Column("organisation_id", KEY, nullable=False),
        sa.Column("ledger", KEY, nullable=False),
        sa.Column("ref", KEY, nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "ledger", "ref", name="ledger_gone_pk"),
        sqlite_with_rowid=False,
    )
