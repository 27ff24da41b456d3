"""Raw files, documents, lines and what became of each."""

from __future__ import annotations

import sqlalchemy as sa

from bridge.model.documents import DocumentKind, DocumentState, Problem, Witness
from bridge.model.entries import MOVING, Half, Mode, Purpose
from bridge.model.lines import Part
from bridge.model.series import Series
from bridge.store.sql.tables.columns import (
    at,
    flag,
    index,
    json,
    key,
    number,
    number_key,
    on,
    ref,
    table,
    text,
    unique,
    word,
)

vault = table("vault", key("content_hash"), text("name"), number("size"), number("pieces"), at("saved_at"))

seen_file = table("seen_file", key("connection_id"), key("content_hash"), text("name"), at("seen_at"))

vault_chunk = table(
    "vault_chunk", key("content_hash"), number_key("number"), sa.Column("piece", sa.LargeBinary, nullable=False)
)

document = table(
    "document",
    key("document_id"),
    number_key("revision"),
    ref("connection_id"),
    text("channel"),
    text("account"),
    word("kind", DocumentKind),
    ref("external_id"),
    text("currency"),
    number("total_minor"),
    at("opened_at"),
    at("closed_at"),
    at("pays_at", nullable=True),
    number("line_count"),
    number("lines_minor"),
    text("content_hash"),
    text("vault_hash"),
    word("witness", Witness),
    text("plugin"),
    text("plugin_version"),
    text("title"),
    at("paid_at", nullable=True),
    at("as_of", nullable=True),
    ref("order_id"),
    text("status"),
    word("state", DocumentState),
    text("reason"),
    json("problems", tuple[Problem, ...]),
    at("saved_at"),
    flag("is_newest"),
    sa.Column("facts_hash", sa.Text, nullable=False, server_default=""),
    json("series", Series, nullable=True),
    at("agreed_at", nullable=True),
    unique("document_identity_key", "channel", "account", "kind", "external_id", "revision"),
)
index("document_newest", document, "connection_id", "closed_at", "document_id", where="is_newest")
index("document_order", document, "connection_id", "order_id", where="order_id <> ''")
index("document_title", document, "connection_id", "title", where="is_newest AND title <> ''")
index(
    "document_waiting",
    document,
    "connection_id",
    "state",
    "reason",
    "paid_at",
    "closed_at",
    where="is_newest AND state <> 'booked'",
    is_small=True,
)
index(
    "document_new",
    document,
    "connection_id",
    "opened_at",
    "document_id",
    where="is_newest AND state = 'new'",
    is_small=True,
)
index(
    "document_series",
    document,
    "connection_id",
    "closed_at",
    "document_id",
    where="is_newest AND series IS NOT NULL",
    is_small=True,
)
_PAYING = "is_newest AND kind IN ('settlement', 'payout')"
index("document_paying_total", document, "connection_id", "total_minor", where=_PAYING, is_small=True)
index("document_paying_status", document, "connection_id", "status", where=_PAYING, is_small=True)

line = table(
    "line",
    key("document_id"),
    number_key("revision"),
    key("line_key"),
    text("kind"),
    word("part", Part),
    number("amount_minor"),
    at("occurred_at"),
    text("order_id"),
    text("tax_group"),
    text("sku"),
    text("words"),
    text("attributes"),
    ref("reference"),
    text("tax_base"),
    text("tax"),
    is_clustered=True,
)

index("line_reference", line, "reference", where="reference <> ''")
index("line_failure", line, "document_id", "revision", where="kind = 'payout.failed'", is_small=True)

entry = table(
    "entry",
    key("entry_id"),
    ref("route_id"),
    word("mode", Mode),
    ref("slot_group"),
    ref("slot_part"),
    number("number"),
    ref("document_id"),
    number("revision"),
    on("booked_on"),
    text("currency"),
    text("narration"),
    number("rule_version"),
    text("content_hash"),
    text("plugin_version"),
    json("after", tuple[str, ...]),
    number("sent_before"),
    word("purpose", Purpose),
    flag("is_live"),
    at("made_at"),
    on("due_on", nullable=True),
    sa.Column("rate", sa.Text, nullable=False, server_default=""),
    sa.Column("rate_into", sa.Text, nullable=False, server_default=""),
    unique("entry_slot_key", "route_id", "mode", "slot_group", "slot_part", "number"),
)
index("entry_document", entry, "document_id")
index("entry_day", entry, "route_id", "booked_on", where="is_live")

posting = table(
    "posting",
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
    word("half", Half),
    sa.ForeignKeyConstraint(
        ["organisation_id", "entry_id"], ["entry.organisation_id", "entry.entry_id"], name="posting_entry_ref"
    ),
    is_clustered=True,
)
index(
    "posting_moving",
    posting,
    "kind",
    "amount_minor",
    "entry_id",
    where=f"kind IN {tuple(sorted(MOVING))}",
    is_small=True,
)

fate = table(
    "fate",
    key("document_id"),
    key("line_key"),
    number("revision"),
    ref("entry_id", nullable=True),
    sa.Column("posting", sa.BigInteger),
    sa.Column("reason", sa.Text),
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
    is_clustered=True,
)
index("fate_posting", fate, "entry_id", "posting", "document_id", "line_key", where="entry_id IS NOT NULL")

reversal = table(
    "reversal",
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
    is_clustered=True,
)
index("reversal_booked", reversal, "booked_entry", "booked_posting", "document_id", "line_key")
index("reversal_posting", reversal, "entry_id", "posting", "document_id", "line_key")

open_leg = table(
    "open_leg",
    key("entry_id"),
    key("order_id"),
    ref("route_id"),
    number("owed_by_minor"),
    number("owed_to_minor"),
    sa.ForeignKeyConstraint(
        ["organisation_id", "entry_id"], ["entry.organisation_id", "entry.entry_id"], name="open_leg_entry_ref"
    ),
    is_clustered=True,
)
index("open_leg_order", open_leg, "route_id", "order_id")
