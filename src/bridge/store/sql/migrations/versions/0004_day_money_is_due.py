"""An entry that leaves a document open says on which day its money is due.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the day. Entries from before have none: what they sent was due on its own date, and stays so."""
    op.add_column("entry", sa.Column("due_on", sa.Text()))
