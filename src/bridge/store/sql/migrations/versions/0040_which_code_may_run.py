"""Which code may run on the schema: what an older bridge must be told by the database.

Revision ID: 0040
Revises: 0036
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Beside the version. ``schema.upgrade`` fills it, each time: it is the code that knows."""
    op.add_column("alembic_version", sa.Column("oldest", sa.Text))
