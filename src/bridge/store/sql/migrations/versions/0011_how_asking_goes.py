"""How asking a channel goes, since when a thing is asked for, and when what lets bridge in ends.

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """What is asked for already is so since it was due. When a consent ends is known once it is given anew."""
    op.create_table(
        "stream_asking",
        *(sa.Column(name, KEY, nullable=False) for name in ("organisation_id", "connection_id", "stream")),
        sa.Column("answered_at", sa.BigInteger),
        sa.Column("fault", sa.Text),
        sa.Column("told", sa.Text),
        sa.PrimaryKeyConstraint("organisation_id", "connection_id", "stream", name="stream_asking_pk"),
    )
    op.add_column("inquiry", sa.Column("since_at", sa.BigInteger, nullable=False, server_default="0"))
    op.execute("UPDATE inquiry SET since_at = due_at")
    for name in ("refresh_expires_at", "consent_ends_at"):
        op.add_column("credential", sa.Column(name, sa.BigInteger))
