"""What objects of a ledger are marked with beside money, what they settle, and what of them is still open.

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns. Of objects that are there nothing is known: an empty hash says so, and the next check learns."""
    for table in ("baseline", "ledger_copy"):
        op.add_column(table, sa.Column("marks_hash", sa.Text, nullable=False, server_default=""))
        for name in ("marks", "settles"):
            op.add_column(table, sa.Column(name, sa.Text, nullable=False, server_default="[]"))
        op.add_column(table, sa.Column("open_minor", sa.BigInteger))
        op.add_column(f"{table}_line", sa.Column("marks", sa.Text, nullable=False, server_default="[]"))
