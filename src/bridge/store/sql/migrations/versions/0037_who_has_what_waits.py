"""Who has what waits.

Revision ID: 0037
Revises: 0036
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add a table, empty: people fill it."""
    op.create_table(
        "assignment",
        sa.Column("organisation_id", KEY, nullable=False),
        sa.Column("subject", KEY, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "subject", name="assignment_pk"),
    )
