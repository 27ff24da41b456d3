"""What channels say of themselves beside their documents: figures of their own reports, and balances.

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add one table, empty: what was never asked is not known."""
    keys = ("organisation_id", "connection_id", "report", "span")
    op.create_table(
        "channel_reading",
        *(sa.Column(name, KEY, nullable=False) for name in keys),
        sa.Column("number", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint(*keys, "number", name="channel_reading_pk"),
    )
