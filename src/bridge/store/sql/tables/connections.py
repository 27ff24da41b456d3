"""Who there is: organisations, their connections and routes, rules, facts of ledgers."""

from __future__ import annotations

import sqlalchemy as sa

from bridge.model.connections import Connection, ConnectionState, Route, Side
from bridge.model.facts import LedgerFacts
from bridge.model.organisations import Organisation
from bridge.model.rules import RuleSet
from bridge.store.sql.tables.columns import at, index, json, key, number, number_key, on, ref, table, text, unique, word

# Organisations. leaving_at: that what is append-only may be deleted of this one.

organisation = table("organisation", json("body", Organisation), at("leaving_at", nullable=True))

# Connections, routes, rules, ledger facts.

connection = table(
    "connection",
    key("connection_id"),
    ref("name"),
    text("plugin"),
    word("side", Side),
    text("account"),
    word("state", ConnectionState),
    json("body", Connection),
    unique("connection_name_key", "name"),
)
index("connection_account_key", connection, "plugin", "account", where="account <> ''", is_unique=True)

credential = table(
    "credential",
    key("connection_id"),
    number("version"),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    at("expires_at", nullable=True),
    at("refresh_expires_at", nullable=True),
    at("consent_ends_at", nullable=True),
)

consent = table(
    "consent",
    key("key_hash"),
    at("until_at"),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    is_operational=True,
)

route = table("route", key("route_id"), ref("name"), json("body", Route), unique("route_name_key", "name"))

rule_set = table("rule_set", key("name"), number_key("version"), on("effective_from"), json("body", RuleSet))

ledger_facts = table("ledger_facts", key("connection"), at("taken_at"), json("body", LedgerFacts))
