"""Vouchers by the one that they had to wait for.

Revision ID: 0027
Revises: 0026
"""

from __future__ import annotations

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add an index."""
    op.create_index("delivery_after_first", "delivery_after", ["organisation_id", "after_id"])
