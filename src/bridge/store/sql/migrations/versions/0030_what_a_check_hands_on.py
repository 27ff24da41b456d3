"""What a check hands to the next, and after which audit row each object of a ledger was read.

Revision ID: 0030
Revises: 0028
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0028"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add a table, empty, and a column: the next check reads all of a route's books, as before."""
    op.create_table(
        "carried",
        sa.Column("organisation_id", KEY, nullable=False),
        sa.Column("route_id", KEY, nullable=False),
        sa.Column("of_route", KEY, nullable=False),
        sa.Column("day", KEY, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "route_id", "of_route", "day", name="carried_pk"),
    )
    op.add_column("ledger_copy", sa.Column("after_seq", sa.BigInteger, nullable=False, server_default="0"))
    op.create_index("ledger_copy_read", "ledger_copy", ["organisation_id", "ledger", "after_seq"])
