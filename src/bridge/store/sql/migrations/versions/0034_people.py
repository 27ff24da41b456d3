"""People, their seats and invitations, and the browsers in which they are signed in.

Revision ID: 0034
Revises: 0033
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add five tables, empty: `bridge people` and the first sign-in fill them."""
    _table("person", "person_id", _text("name"), _at("since_at"), _ref("subject"), _text("email"))
    named = sa.text("subject <> ''")
    op.create_index(
        "person_subject",
        "person",
        ["organisation_id", "subject"],
        unique=True,
        sqlite_where=named,
        postgresql_where=named,
    )
    _table("seat", "person_id", _text("role"), _text("given_by"), _at("since_at"))
    op.create_index("seat_person", "seat", ["person_id"])
    _table("invitation", "invitation_id", _at("until_at"), _text("body"))
    _table("session", "session_id", _ref("person_id"), _at("seen_at"), _text("body"))
    op.create_index("session_person", "session", ["organisation_id", "person_id"])
    _table("ticket", "ticket_id", _text("kind"), _at("until_at"), _text("facts"))


def _table(name: str, key: str, *columns: sa.Column[object]) -> None:
    keys = [sa.Column(part, KEY, nullable=False) for part in ("organisation_id", key)]
    op.create_table(name, *keys, *columns, sa.PrimaryKeyConstraint("organisation_id", key, name=f"{name}_pk"))


def _text(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Text, nullable=False)


def _ref(name: str) -> sa.Column[object]:
    return sa.Column(name, KEY, nullable=False)


def _at(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.BigInteger, nullable=False)
