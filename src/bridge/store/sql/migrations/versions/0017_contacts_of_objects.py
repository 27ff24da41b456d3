"""Whom the objects of a ledger name, so that those of a customer of ours are found among all others.

Revision ID: 0017
Revises: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0015"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the columns. Whom the objects that are there name is read anew with the next check."""
    for table in ("baseline", "baseline_line", "ledger_copy", "ledger_copy_line"):
        op.add_column(table, sa.Column("contact", KEY, nullable=False, server_default=""))
