"""Lines that were written ahead of a head that was never added may be removed; all others stay for good.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

HAS_HEAD = (
    "EXISTS (SELECT 1 FROM document WHERE organisation_id = OLD.organisation_id"
    " AND document_id = OLD.document_id AND revision = OLD.revision)"
)
REFUSED = "line is append-only"


def upgrade() -> None:
    """Nobody reads a line whose revision has no head: what a killed import left is no fact yet."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER line_no_delete")
        op.execute(
            f"CREATE TRIGGER line_no_delete BEFORE DELETE ON line WHEN {HAS_HEAD} "
            f"BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END"
        )
        return
    body = (
        f"BEGIN IF TG_OP = 'DELETE' AND NOT {HAS_HEAD} THEN RETURN OLD; END IF;"
        f" RAISE EXCEPTION '{REFUSED}' USING ERRCODE = '23001'; END"
    )
    op.execute(f"CREATE OR REPLACE FUNCTION line_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
