"""What is append-only may be deleted of an organisation that leaves, and of no other.

Revision ID: 0033
Revises: 0032
"""

from __future__ import annotations

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

STAYS = "NOT EXISTS (SELECT 1 FROM organisation WHERE organisation_id = OLD.organisation_id AND leaving_at IS NOT NULL)"
HAS_HEAD = (
    "EXISTS (SELECT 1 FROM document WHERE organisation_id = OLD.organisation_id"
    " AND document_id = OLD.document_id AND revision = OLD.revision)"
)
KEPT_WHILE = {
    **dict.fromkeys(("audit", "posting", "rule_set", "instruction", "seal"), STAYS),
    "line": f"{HAS_HEAD} AND {STAYS}",
}


def upgrade() -> None:
    """Let the triggers look at whose row it is."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for table, condition in KEPT_WHILE.items():
        refused = f"{table} is append-only"
        if is_sqlite:
            op.execute(f"DROP TRIGGER {table}_no_delete")
            op.execute(
                f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} WHEN {condition} "
                f"BEGIN SELECT RAISE(ABORT, '{refused}'); END"
            )
            continue
        body = (
            f"BEGIN IF TG_OP = 'DELETE' AND NOT ({condition}) THEN RETURN OLD; END IF;"
            f" RAISE EXCEPTION '{refused}' USING ERRCODE = '23001'; END"
        )
        op.execute(f"CREATE OR REPLACE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
