"""A digest of each document, entry, rule set, baseline and decision that an audit row wrote.

Revision ID: 0026
Revises: 0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0026"
down_revision = "0020"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add one table, empty: what stands in a store is sealed as it stands when its organisation next upgrades."""
    op.create_table(
        "seal",
        sa.Column("organisation_id", KEY, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("subject", KEY, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "seq", "kind", "subject", name="seal_pk"),
        sqlite_with_rowid=False,
    )
    op.create_index("seal_subject", "seal", ["organisation_id", "kind", "subject", "seq"])
    for statement in context.config.attributes["dialect"].append_only("seal"):
        op.execute(statement)
