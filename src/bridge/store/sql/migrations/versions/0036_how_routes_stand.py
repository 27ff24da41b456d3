"""How each route stood when something was last done about it.

Revision ID: 0036
Revises: 0031
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0034"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add a table, empty: the next run of each route fills it, and until then pages say that nothing is known."""
    op.create_table(
        "route_summary",
        *(sa.Column(name, KEY, nullable=False) for name in ("organisation_id", "route_id")),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("last_check", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("organisation_id", "route_id", name="route_summary_pk"),
    )
