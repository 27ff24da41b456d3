"""What a document hands over to the next of its series, and takes over from the one before.

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

WHERE = sa.text("is_newest AND series IS NOT NULL")


def upgrade() -> None:
    """Documents from before tell none: the first that does begins its series."""
    op.add_column("document", sa.Column("series", sa.Text()))
    op.create_index(
        "document_series",
        "document",
        ["organisation_id", "connection_id", "closed_at", "document_id"],
        sqlite_where=WHERE,
        postgresql_where=WHERE,
    )
