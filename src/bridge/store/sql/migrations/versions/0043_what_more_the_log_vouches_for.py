"""Since when the audit log vouches for seats, pauses, organisations, connections and what goes with them, too.

Revision ID: 0043
Revises: 0042
"""

from __future__ import annotations

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing of the schema. Crossing it tells that what stands is to be vouched for once: see ``SqlStore.migrate``."""
