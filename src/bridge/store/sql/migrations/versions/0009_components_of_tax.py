"""What a line says of its tax, as components: each with its rate, its base, who levies it and who owes it.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

SQLITE = (
    "DROP TRIGGER line_no_update",
    "CREATE TRIGGER line_no_update BEFORE UPDATE ON line BEGIN SELECT RAISE(ABORT, 'line is append-only'); END",
)
POSTGRES = ("ALTER TABLE line DISABLE TRIGGER line_no_change", "ALTER TABLE line ENABLE TRIGGER line_no_change")
LIABLE = """CASE
    WHEN kind = 'tax.facilitator' OR attributes LIKE '%["liable","channel"]%' THEN '"liable":"channel"'
    WHEN attributes LIKE '%["liable","unknown"]%' THEN '"liable":"unknown"'
    ELSE '' END"""
RATE = """CASE WHEN tax = '' OR attributes LIKE '%["liable","channel"]%' THEN '' ELSE '"rate":"' || tax || '",' END"""
BASE = """CASE WHEN tax_base = '' THEN '' ELSE '"base":"' || tax_base || '",' END"""


def upgrade() -> None:
    """Rewrite the lines that say something of tax; the rate that was a sum becomes one component.

    Lines are append-only by trigger, which rests meanwhile: they say the same in other words. What the channel owes all
    of was at no rate of the merchant's: the channel's was not kept. Texts need no escaping: a rate is a number, a base
    a kind of line.
    """
    rest, wake = SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRES
    op.alter_column("line", "tax_rate", new_column_name="tax")
    op.execute(rest)
    op.execute(
        f"UPDATE line SET tax = '[{{' || rtrim({RATE} || {BASE} || {LIABLE}, ',') || '}}]', "  # noqa: S608
        f"attributes = {without('channel', of=without('unknown', of='attributes'))} "
        """WHERE tax <> '' OR tax_base <> '' OR kind = 'tax.facilitator' OR attributes LIKE '%["liable",%'"""
    )
    op.execute(wake)


def without(party: str, *, of: str) -> str:
    """The attributes without the pair that names who is liable, wherever it stands among them."""
    pair = f'["liable","{party}"]'
    return f"replace(replace(replace({of}, ',{pair}', ''), '{pair},', ''), '[{pair}]', '')"
