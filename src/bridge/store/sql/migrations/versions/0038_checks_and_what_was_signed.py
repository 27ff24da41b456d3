"""The last check of each route, and what people signed.

Revision ID: 0038
Revises: 0037
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

from bridge.store.sql.dialect import LEAVES

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add two tables: a check fills the one, people the other. What is signed stays while its organisation does."""
    op.create_table(
        "last_check",
        sa.Column("organisation_id", KEY, nullable=False),
        sa.Column("route_id", KEY, nullable=False),
        sa.Column("checked_at", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "route_id", name="last_check_pk"),
    )
    op.create_table(
        "sign_off",
        sa.Column("organisation_id", KEY, nullable=False),
        sa.Column("sign_off_id", KEY, nullable=False),
        sa.Column("route_id", KEY, nullable=False),
        sa.Column("signed_at", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "sign_off_id", name="sign_off_pk"),
    )
    op.create_index("sign_off_route", "sign_off", ["organisation_id", "route_id", "signed_at"])
    for statement in context.config.attributes["dialect"].append_only("sign_off", LEAVES):
        op.execute(statement)
