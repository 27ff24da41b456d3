"""Consents at vendors that people began in a browser and have not come back from.

Revision ID: 0039
Revises: 0031
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add a table, empty: rows live for minutes."""
    op.create_table(
        "consent",
        *(sa.Column(name, KEY, nullable=False) for name in ("organisation_id", "key_hash")),
        sa.Column("until_at", sa.BigInteger, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "key_hash", name="consent_pk"),
    )
