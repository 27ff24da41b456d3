"""Everything that was kept of an order is found by its id, former revisions too.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

HAS_ORDER = sa.text("order_id <> ''")


def upgrade() -> None:
    """Make the index of orders anew, over all revisions."""
    op.drop_index("document_order", "document")
    columns = ["organisation_id", "connection_id", "order_id"]
    op.create_index("document_order", "document", columns, sqlite_where=HAS_ORDER, postgresql_where=HAS_ORDER)
