"""Since when an order is a sale although it is not paid.

Revision ID: 0041
Revises: 0031
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column; what is kept is told it when its channel tells of it again."""
    op.add_column("document", sa.Column("agreed_at", sa.BigInteger, nullable=True))
