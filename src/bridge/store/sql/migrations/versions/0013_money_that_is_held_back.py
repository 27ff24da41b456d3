"""Money that channels hold back, told one by one and never booked from.

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add one table, empty: what was never asked is not known."""
    keys = ("organisation_id", "connection_id", "external_id")
    op.create_table(
        "pending_money",
        *(sa.Column(name, KEY, nullable=False) for name in keys),
        sa.Column("owner_kind", KEY, nullable=False),
        sa.Column("owner_id", KEY, nullable=False),
        sa.Column("since_at", sa.BigInteger, nullable=False),
        sa.Column("until_at", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint(*keys, name="pending_money_pk"),
    )
    op.create_index("pending_money_owner", "pending_money", [*keys[:2], "owner_kind", "owner_id"])
    op.create_index("pending_money_until", "pending_money", [*keys[:2], "until_at"])
