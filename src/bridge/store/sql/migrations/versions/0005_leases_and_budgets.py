"""One table of leases, for whatever is done alone; one of what is spent of the vendors' limits.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
DRIFT = "drift "


def upgrade() -> None:
    """Make them, and take over the epochs of ledgers: deliveries under way name them."""
    op.drop_table("refresh_lock")
    before = sa.table("lease", *map(sa.column, ("organisation_id", "ledger", "holder", "epoch", "until_at")))
    rows = op.get_bind().execute(sa.select(before)).fetchall()
    op.drop_table("lease")
    after = op.create_table(
        "lease",
        key("organisation_id"),
        key("kind"),
        key("subject"),
        text("holder"),
        number("epoch"),
        number("taken_at"),
        number("until_at"),
        number("claims"),
        sa.PrimaryKeyConstraint("organisation_id", "kind", "subject", name="lease_pk"),
    )
    if rows:
        op.bulk_insert(after, list(map(taken_over, rows)))
    op.create_table(
        "budget",
        key("organisation_id"),
        key("plugin"),
        key("account"),
        key("what"),
        number("seconds"),
        text("uses"),
        sa.PrimaryKeyConstraint("organisation_id", "plugin", "account", "what", "seconds", name="budget_pk"),
    )


def taken_over(row: Any) -> dict[str, Any]:
    """A lease as it is kept now."""
    is_drift = row.ledger.startswith(DRIFT)
    return {
        "organisation_id": row.organisation_id,
        "kind": "drift" if is_drift else "drain",
        "subject": row.ledger.removeprefix(DRIFT),
        "holder": row.holder,
        "epoch": row.epoch,
        "taken_at": 0,
        "until_at": row.until_at,
        "claims": 1 if row.holder else 0,
    }


def key(name: str) -> sa.Column[Any]:
    return sa.Column(name, KEY, nullable=False)


def text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=False)


def number(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), nullable=False)
