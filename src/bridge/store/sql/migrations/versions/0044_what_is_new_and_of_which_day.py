"""Two indices: what nobody has booked yet by when it begins, and the entries of a route by day.

Revision ID: 0044
Revises: 0043
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them."""
    new = sa.text("is_newest AND state = 'new'")
    op.create_index(
        "document_new",
        "document",
        ["organisation_id", "connection_id", "opened_at", "document_id"],
        sqlite_where=new,
        postgresql_where=new,
    )
    live = sa.text("is_live")
    columns = ["organisation_id", "route_id", "booked_on"]
    op.create_index("entry_day", "entry", columns, sqlite_where=live, postgresql_where=live)
