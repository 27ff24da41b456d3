"""The first schema.

Revision ID: 0001
Revises: none
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import context, op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
APPEND_ONLY = ("audit", "line", "posting", "rule_set", "instruction")


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "audit",
        key("organisation_id"),
        number_key("seq"),
        number("at"),
        text("actor"),
        text("notes"),
        text("prev_hash"),
        text("hash"),
        sa.PrimaryKeyConstraint("organisation_id", "seq", name="audit_pk"),
    )

    op.create_table(
        "baseline",
        key("organisation_id"),
        key("ledger"),
        key("ref"),
        text("type"),
        ref("number"),
        text("dated_on"),
        text("currency"),
        number("total_minor"),
        text("lines_hash"),
        flag("is_voided"),
        ref("key"),
        ref("voucher_id"),
        ref("entry_id"),
        text("memo"),
        text("version"),
        text("changed_at"),
        text("changed_by"),
        sa.PrimaryKeyConstraint("organisation_id", "ledger", "ref", name="baseline_pk"),
        sqlite_with_rowid=False,
    )
    op.create_index("baseline_day", "baseline", ["organisation_id", "ledger", "dated_on", "lines_hash"])
    op.create_index("baseline_key", "baseline", ["organisation_id", "ledger", "key"], **where("key <> ''"))
    op.create_index("baseline_number", "baseline", ["organisation_id", "ledger", "number"], **where("number <> ''"))
    op.create_index("baseline_voucher_key", "baseline", ["organisation_id", "voucher_id"], unique=True)

    op.create_table(
        "baseline_line",
        key("organisation_id"),
        key("ledger"),
        key("ref"),
        number_key("number"),
        ref("account_id"),
        number("amount_minor"),
        text("description"),
        text("tax_code"),
        number("tax_minor"),
        sa.PrimaryKeyConstraint("organisation_id", "ledger", "ref", "number", name="baseline_line_pk"),
        sqlite_with_rowid=False,
    )

    op.create_table(
        "connection",
        key("organisation_id"),
        key("connection_id"),
        ref("name"),
        text("plugin"),
        text("side"),
        text("account"),
        text("state"),
        text("body"),
        sa.UniqueConstraint("organisation_id", "name", name="connection_name_key"),
        sa.PrimaryKeyConstraint("organisation_id", "connection_id", name="connection_pk"),
    )
    op.create_index(
        "connection_account_key",
        "connection",
        ["organisation_id", "plugin", "account"],
        unique=True,
        **where("account <> ''"),
    )

    op.create_table(
        "credential",
        key("organisation_id"),
        key("connection_id"),
        number("version"),
        data("sealed"),
        number("expires_at", nullable=True),
        sa.PrimaryKeyConstraint("organisation_id", "connection_id", name="credential_pk"),
    )

    op.create_table(
        "delivery",
        key("organisation_id"),
        key("voucher_id"),
        ref("entry_id"),
        ref("ledger"),
        ref("route_id"),
        text("voucher", nullable=True),
        text("dated_on", nullable=True),
        text("state"),
        text("reason"),
        text("note"),
        number("round"),
        number("attempts"),
        number("due_at", nullable=True),
        number("sent_at", nullable=True),
        number("epoch"),
        text("ref"),
        text("released_by"),
        sa.PrimaryKeyConstraint("organisation_id", "voucher_id", name="delivery_pk"),
    )
    op.create_index("delivery_entry", "delivery", ["organisation_id", "entry_id"])
    op.create_index("delivery_route", "delivery", ["organisation_id", "route_id"])
    op.create_index("delivery_state", "delivery", ["organisation_id", "ledger", "state", "due_at"])

    op.create_table(
        "delivery_after",
        key("organisation_id"),
        key("voucher_id"),
        key("after_id"),
        sa.PrimaryKeyConstraint("organisation_id", "voucher_id", "after_id", name="delivery_after_pk"),
        sqlite_with_rowid=False,
    )

    op.create_table(
        "document",
        key("organisation_id"),
        key("document_id"),
        number_key("revision"),
        ref("connection_id"),
        text("channel"),
        text("account"),
        text("kind"),
        ref("external_id"),
        text("currency"),
        number("total_minor"),
        number("opened_at"),
        number("closed_at"),
        number("pays_at", nullable=True),
        number("line_count"),
        number("lines_minor"),
        text("content_hash"),
        text("vault_hash"),
        text("witness"),
        text("plugin"),
        text("plugin_version"),
        text("title"),
        number("paid_at", nullable=True),
        number("as_of", nullable=True),
        ref("order_id"),
        text("status"),
        text("state"),
        text("reason"),
        text("problems"),
        number("saved_at"),
        flag("is_newest"),
        sa.UniqueConstraint(
            "organisation_id", "channel", "account", "kind", "external_id", "revision", name="document_identity_key"
        ),
        sa.PrimaryKeyConstraint("organisation_id", "document_id", "revision", name="document_pk"),
    )
    op.create_index(
        "document_newest",
        "document",
        ["organisation_id", "connection_id", "closed_at", "document_id"],
        **where("is_newest"),
    )
    op.create_index(
        "document_order",
        "document",
        ["organisation_id", "connection_id", "order_id"],
        **where("is_newest AND order_id <> ''"),
    )

    op.create_table(
        "entry",
        key("organisation_id"),
        key("entry_id"),
        ref("route_id"),
        text("mode"),
        ref("slot_group"),
        ref("slot_part"),
        number("number"),
        ref("document_id"),
        number("revision"),
        text("booked_on"),
        text("currency"),
        text("narration"),
        number("rule_version"),
        text("content_hash"),
        text("plugin_version"),
        text("after"),
        number("sent_before"),
        text("purpose"),
        flag("is_live"),
        number("made_at"),
        sa.UniqueConstraint(
            "organisation_id", "route_id", "mode", "slot_group", "slot_part", "number", name="entry_slot_key"
        ),
        sa.PrimaryKeyConstraint("organisation_id", "entry_id", name="entry_pk"),
    )
    op.create_index("entry_document", "entry", ["organisation_id", "document_id"])

    op.create_table(
        "finding",
        key("organisation_id"),
        key("finding_id"),
        ref("route_id"),
        ref("code"),
        text("state"),
        text("body"),
        number("first_seen_at"),
        number("last_seen_at"),
        text("accepted_by"),
        text("accepted_reason"),
        number("accepted_until", nullable=True),
        sa.PrimaryKeyConstraint("organisation_id", "finding_id", name="finding_pk"),
    )
    op.create_index("finding_route", "finding", ["organisation_id", "route_id", "state", "code"])

    op.create_table(
        "instruction",
        key("organisation_id"),
        key("instruction_id"),
        text("kind"),
        ref("subject"),
        text("given_by"),
        text("reason"),
        number("given_at"),
        number("until_at", nullable=True),
        sa.PrimaryKeyConstraint("organisation_id", "instruction_id", name="instruction_pk"),
    )
    op.create_index("instruction_subject", "instruction", ["organisation_id", "subject", "given_at"])

    op.create_table(
        "lease",
        key("organisation_id"),
        key("ledger"),
        text("holder"),
        number("epoch"),
        number("until_at"),
        sa.PrimaryKeyConstraint("organisation_id", "ledger", name="lease_pk"),
    )

    op.create_table(
        "ledger_copy",
        key("organisation_id"),
        key("ledger"),
        key("ref"),
        text("type"),
        ref("number"),
        text("dated_on"),
        text("currency"),
        number("total_minor"),
        text("lines_hash"),
        flag("is_voided"),
        ref("key"),
        text("memo"),
        text("version"),
        text("changed_at"),
        text("changed_by"),
        sa.PrimaryKeyConstraint("organisation_id", "ledger", "ref", name="ledger_copy_pk"),
        sqlite_with_rowid=False,
    )

    op.create_table(
        "ledger_copy_line",
        key("organisation_id"),
        key("ledger"),
        key("ref"),
        number_key("number"),
        ref("account_id"),
        number("amount_minor"),
        text("description"),
        text("tax_code"),
        number("tax_minor"),
        sa.PrimaryKeyConstraint("organisation_id", "ledger", "ref", "number", name="ledger_copy_line_pk"),
        sqlite_with_rowid=False,
    )
    op.create_index("ledger_copy_line_account", "ledger_copy_line", ["organisation_id", "ledger", "account_id"])

    op.create_table(
        "ledger_facts",
        key("organisation_id"),
        key("connection"),
        number("taken_at"),
        text("body"),
        sa.PrimaryKeyConstraint("organisation_id", "connection", name="ledger_facts_pk"),
    )

    op.create_table(
        "line",
        key("organisation_id"),
        key("document_id"),
        number_key("revision"),
        key("line_key"),
        text("kind"),
        text("part"),
        number("amount_minor"),
        number("occurred_at"),
        text("order_id"),
        text("tax_group"),
        text("sku"),
        text("words"),
        text("attributes"),
        ref("reference"),
        text("tax_base"),
        text("tax_rate"),
        sa.PrimaryKeyConstraint("organisation_id", "document_id", "revision", "line_key", name="line_pk"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "line_reference",
        "line",
        ["organisation_id", "reference"],
        **where("reference <> ''"),
    )

    op.create_table(
        "refresh_lock",
        key("organisation_id"),
        key("connection_id"),
        text("holder"),
        number("until_at"),
        sa.PrimaryKeyConstraint("organisation_id", "connection_id", name="refresh_lock_pk"),
    )

    op.create_table(
        "route",
        key("organisation_id"),
        key("route_id"),
        ref("name"),
        text("body"),
        sa.UniqueConstraint("organisation_id", "name", name="route_name_key"),
        sa.PrimaryKeyConstraint("organisation_id", "route_id", name="route_pk"),
    )

    op.create_table(
        "rule_set",
        key("organisation_id"),
        key("name"),
        number_key("version"),
        text("effective_from"),
        text("body"),
        sa.PrimaryKeyConstraint("organisation_id", "name", "version", name="rule_set_pk"),
    )

    op.create_table(
        "seen_file",
        key("organisation_id"),
        key("connection_id"),
        key("content_hash"),
        text("name"),
        number("seen_at"),
        sa.PrimaryKeyConstraint("organisation_id", "connection_id", "content_hash", name="seen_file_pk"),
    )

    op.create_table(
        "vault",
        key("organisation_id"),
        key("content_hash"),
        text("name"),
        number("size"),
        number("pieces"),
        number("saved_at"),
        sa.PrimaryKeyConstraint("organisation_id", "content_hash", name="vault_pk"),
    )

    op.create_table(
        "vault_chunk",
        key("organisation_id"),
        key("content_hash"),
        number_key("number"),
        data("piece"),
        sa.PrimaryKeyConstraint("organisation_id", "content_hash", "number", name="vault_chunk_pk"),
    )

    op.create_table(
        "posting",
        key("organisation_id"),
        key("entry_id"),
        number_key("number"),
        ref("account"),
        number("amount_minor"),
        text("kind"),
        text("rule"),
        number("line_count"),
        text("tax_code"),
        number("tax_minor"),
        text("contact"),
        text("tracking"),
        text("item"),
        text("description"),
        text("half"),
        sa.ForeignKeyConstraint(
            ["organisation_id", "entry_id"],
            ["entry.organisation_id", "entry.entry_id"],
            name="posting_entry_ref",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "entry_id", "number", name="posting_pk"),
        sqlite_with_rowid=False,
    )

    op.create_table(
        "fate",
        key("organisation_id"),
        key("document_id"),
        key("line_key"),
        number("revision"),
        ref("entry_id", nullable=True),
        number("posting", nullable=True),
        text("reason", nullable=True),
        sa.CheckConstraint(
            "(entry_id IS NULL) <> (reason IS NULL) AND (entry_id IS NULL) = (posting IS NULL)",
            name="fate_booked_or_excluded",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "document_id", "revision", "line_key"],
            ["line.organisation_id", "line.document_id", "line.revision", "line.line_key"],
            name="fate_line_ref",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "entry_id", "posting"],
            ["posting.organisation_id", "posting.entry_id", "posting.number"],
            name="fate_posting_ref",
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "document_id", "line_key", name="fate_pk"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "fate_posting",
        "fate",
        ["organisation_id", "entry_id", "posting", "document_id", "line_key"],
        **where("entry_id IS NOT NULL"),
    )

    op.create_table(
        "reversal",
        key("organisation_id"),
        key("document_id"),
        number_key("revision"),
        key("line_key"),
        ref("booked_entry"),
        number("booked_posting"),
        ref("entry_id"),
        number("posting"),
        sa.ForeignKeyConstraint(
            ["organisation_id", "document_id", "revision", "line_key"],
            ["line.organisation_id", "line.document_id", "line.revision", "line.line_key"],
            name="reversal_line_ref",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "booked_entry", "booked_posting"],
            ["posting.organisation_id", "posting.entry_id", "posting.number"],
            name="reversal_booked_ref",
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "entry_id", "posting"],
            ["posting.organisation_id", "posting.entry_id", "posting.number"],
            name="reversal_posting_ref",
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "document_id", "revision", "line_key", name="reversal_pk"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "reversal_booked",
        "reversal",
        ["organisation_id", "booked_entry", "booked_posting", "document_id", "line_key"],
    )
    op.create_index(
        "reversal_posting",
        "reversal",
        ["organisation_id", "entry_id", "posting", "document_id", "line_key"],
    )

    op.create_table(
        "open_leg",
        key("organisation_id"),
        key("entry_id"),
        key("order_id"),
        ref("route_id"),
        number("owed_by_minor"),
        number("owed_to_minor"),
        sa.ForeignKeyConstraint(
            ["organisation_id", "entry_id"],
            ["entry.organisation_id", "entry.entry_id"],
            name="open_leg_entry_ref",
        ),
        sa.PrimaryKeyConstraint("organisation_id", "entry_id", "order_id", name="open_leg_pk"),
        sqlite_with_rowid=False,
    )
    op.create_index("open_leg_order", "open_leg", ["organisation_id", "route_id", "order_id"])

    dialect = context.config.attributes["dialect"]
    for table in APPEND_ONLY:
        for statement in dialect.append_only(table):
            op.execute(statement)


def key(name: str) -> sa.Column[Any]:
    return sa.Column(name, KEY, nullable=False)


def number_key(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger, nullable=False, autoincrement=False)


def ref(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, KEY, nullable=nullable)


def text(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text, nullable=nullable)


def number(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def flag(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean, nullable=False)


def data(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.LargeBinary, nullable=False)


def where(condition: str) -> dict[str, Any]:
    """A condition for an index over some rows only, as both databases are told of it."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}
