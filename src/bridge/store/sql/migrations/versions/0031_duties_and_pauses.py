"""What a worker does again and again, and what people stopped.

Revision ID: 0031
Revises: 0028
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add two tables, empty: the first worker fills the one, people the other."""
    op.create_table(
        "duty",
        *(sa.Column(name, KEY, nullable=False) for name in ("organisation_id", "kind", "subject")),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("asked", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "kind", "subject", name="duty_pk"),
    )
    op.create_index("duty_due", "duty", ["organisation_id", "due_at"])
    op.create_table(
        "pause",
        *(sa.Column(name, KEY, nullable=False) for name in ("organisation_id", "scope", "subject")),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "scope", "subject", name="pause_pk"),
    )
