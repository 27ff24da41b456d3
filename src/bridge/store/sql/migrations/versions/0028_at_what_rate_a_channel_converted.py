"""At what rate a channel converted what an entry holds, and into which currency.

Revision ID: 0028
Revises: 0027
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two columns, empty: what is in the store was not converted."""
    for name in ("rate", "rate_into"):
        op.add_column("entry", sa.Column(name, sa.Text, nullable=False, server_default=""))
