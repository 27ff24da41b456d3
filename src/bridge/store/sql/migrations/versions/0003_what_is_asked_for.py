"""Indices by which what waits, what pays and what a person names is found without reading history.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
PAYING = "is_newest AND kind IN ('settlement', 'payout')"
MOVING = "kind IN ('bank', 'payout.bounced', 'payout.failed', 'reserve', 'reserve.opening', 'settlement.total')"
AT_A_TIME = 1_000


def upgrade() -> None:
    """Add them, and the numbers of vouchers as a column of their own."""
    index("document_title", "document", "connection_id", "title", where="is_newest AND title <> ''")
    index(
        "document_waiting",
        "document",
        "connection_id",
        "state",
        "reason",
        "paid_at",
        "closed_at",
        where="is_newest AND state <> 'booked'",
    )
    index("document_paying_total", "document", "connection_id", "total_minor", where=PAYING)
    index("document_paying_status", "document", "connection_id", "status", where=PAYING)
    index("line_failure", "line", "document_id", "revision", where="kind = 'payout.failed'")
    index("posting_moving", "posting", "kind", "amount_minor", "entry_id", where=MOVING)
    op.drop_index("delivery_route", "delivery")
    index("delivery_route", "delivery", "route_id", "voucher_id")
    op.add_column("delivery", sa.Column("number", KEY))
    fill_numbers()
    index("delivery_number", "delivery", "number", where="number IS NOT NULL")
    index("delivery_ref", "delivery", "ref", where="ref <> ''")
    index("instruction_kind", "instruction", "kind", "given_at")
    index("instruction_given", "instruction", "given_at")


def fill_numbers() -> None:
    """The number of every voucher that has one, out of its body."""
    delivery = sa.table("delivery", *map(sa.column, ("organisation_id", "voucher_id", "voucher", "number")))
    key = (delivery.c.organisation_id, delivery.c.voucher_id)
    page = sa.select(*key, delivery.c.voucher).where(delivery.c.voucher.is_not(None)).order_by(*key).limit(AT_A_TIME)
    change = (
        sa.update(delivery)
        .where(key[0] == sa.bindparam("organisation"), key[1] == sa.bindparam("id"))
        .values(number=sa.bindparam("told"))
    )
    bind = op.get_bind()
    rows = bind.execute(page).fetchall()
    while rows:
        numbered = [(*place, json.loads(voucher)["number"]) for *place, voucher in rows]
        told = [{"organisation": one, "id": name, "told": number} for one, name, number in numbered if number]
        if told:
            bind.execute(change, told)
        last = sa.tuple_(*(sa.literal(value) for value in rows[-1][:2]))
        rows = bind.execute(page.where(sa.tuple_(*key) > last)).fetchall()


def index(name: str, table: str, *columns: str, where: str = "") -> None:
    """An index of one organisation's rows, over some of them only where there is a condition."""
    condition = sa.text(where) if where else None
    op.create_index(name, table, ["organisation_id", *columns], sqlite_where=condition, postgresql_where=condition)
