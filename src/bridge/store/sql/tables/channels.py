"""What is pulled: the channel's facts, the windows of its streams, what is asked for by its id."""

from __future__ import annotations

import sqlalchemy as sa

from bridge.model.channel import ChannelFacts, Fault, Why, WindowState
from bridge.model.pending import Pending
from bridge.model.reports import Reading
from bridge.store.sql.codec import Instant
from bridge.store.sql.tables.columns import at, at_key, index, json, key, number, number_key, ref, table, text, word

channel_facts = table(
    "channel_facts",
    key("connection_id"),
    number_key("number"),
    at("taken_at"),
    text("facts_hash"),
    json("body", ChannelFacts),
)

stream_window = table(
    "stream_window",
    key("connection_id"),
    key("stream"),
    at_key("since_at"),
    at("until_at"),
    word("state", WindowState),
    sa.Column("cursor", sa.LargeBinary, nullable=False),
    number("cursor_version"),
    text("facts_hash"),
    sa.Column("expected", sa.BigInteger),
    number("got"),
    number("most"),
    at("due_at", nullable=True),
    text("note"),
    number("saves"),
    is_operational=True,
)
index("stream_window_current", stream_window, "connection_id", "stream", where="state <> 'closed'", is_unique=True)
index("stream_window_due", stream_window, "connection_id", "due_at", where="state = 'closed' AND due_at IS NOT NULL")

window_owner = table(
    "window_owner",
    key("connection_id"),
    key("stream"),
    at_key("since_at"),
    key("kind"),
    key("external_id"),
    is_clustered=True,
    is_operational=True,
)
index("window_owner_thing", window_owner, "connection_id", "kind", "external_id")

stream_asking = table(
    "stream_asking",
    key("connection_id"),
    key("stream"),
    at("answered_at", nullable=True),
    json("fault", Fault, nullable=True),
    json("told", ChannelFacts, nullable=True),
    is_operational=True,
)

inquiry = table(
    "inquiry",
    key("connection_id"),
    key("kind"),
    key("external_id"),
    word("why", Why),
    at("due_at"),
    number("times"),
    sa.Column("since_at", Instant, nullable=False, server_default="0"),
    is_operational=True,
)
index("inquiry_due", inquiry, "connection_id", "due_at")

channel_reading = table(
    "channel_reading",
    key("connection_id"),
    key("report"),
    key("span"),
    number_key("number"),
    json("body", Reading),
    is_operational=True,
)

pending_money = table(
    "pending_money",
    key("connection_id"),
    key("external_id"),
    ref("owner_kind"),
    ref("owner_id"),
    at("since_at"),
    at("until_at"),
    json("body", Pending),
    is_operational=True,
)
index("pending_money_owner", pending_money, "connection_id", "owner_kind", "owner_id")
index("pending_money_until", pending_money, "connection_id", "until_at")
