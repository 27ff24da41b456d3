"""What people agreed that accounts of a ledger held before anything of them is read.

Revision ID: 0020
Revises: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0018"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add one table, empty: an account of which nobody agreed otherwise held nothing."""
    keys = ("organisation_id", "ledger", "account_id", "currency")
    op.create_table(
        "account_opening",
        *(sa.Column(name, KEY, nullable=False) for name in keys),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint(*keys, name="account_opening_pk"),
    )
