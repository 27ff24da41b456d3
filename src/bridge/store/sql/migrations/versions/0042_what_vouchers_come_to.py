"""What a voucher comes to, beside it: what waits is added up and sorted by its amount.

Revision ID: 0042
Revises: 0041
"""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

_AT_ONCE = 1_000
_WAITING = """
    SELECT organisation_id, voucher_id, voucher FROM delivery
    WHERE state IN ('held', 'parked', 'sending', 'in_doubt', 'owed') AND voucher IS NOT NULL
"""
_TOLD = """
    UPDATE delivery SET total_minor = :total_minor, currency = :currency
    WHERE organisation_id = :organisation_id AND voucher_id = :voucher_id
"""


def upgrade() -> None:
    """Add two columns, and fill them of what is on its way; of what is at rest nobody asks them."""
    op.add_column("delivery", sa.Column("total_minor", sa.BigInteger, nullable=True))
    op.add_column("delivery", sa.Column("currency", sa.Text, nullable=True))
    connection = op.get_bind()
    rows = connection.execute(sa.text(_WAITING)).fetchall()
    for start in range(0, len(rows), _AT_ONCE):
        connection.execute(sa.text(_TOLD), [_told(*row) for row in rows[start : start + _AT_ONCE]])


def _told(organisation_id: str, voucher_id: str, text: str) -> dict[str, Any]:
    voucher = json.loads(text)
    debits = sum(max(line["amount_minor"], 0) for line in voucher["lines"])
    key = {"organisation_id": organisation_id, "voucher_id": voucher_id}
    return key | {"total_minor": debits, "currency": voucher["currency"]}
