"""Which object of a ledger a person says a voucher is.

Revision ID: 0015
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column: what was decided before names no object."""
    op.add_column("instruction", sa.Column("ref", sa.Text, nullable=False, server_default=""))
