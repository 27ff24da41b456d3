"""What ledgers said, and say: baseline and ledger copy, and what checks hand on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from bridge.model.readings import LedgerReading
from bridge.model.summaries import CheckSummary, Summary
from bridge.model.vouchers import Marks
from bridge.store.sql.tables.columns import KEY, at, flag, index, json, key, number, number_key, on, ref, table, text

# Baseline and ledger copy have the same columns, so that one statement compares them.


def _object(name: str, *ours: sa.Column[Any], last: Sequence[sa.Column[Any]] = ()) -> sa.Table:
    return table(
        name,
        key("ledger"),
        key("ref"),
        text("type"),
        ref("number"),
        on("dated_on"),
        text("currency"),
        number("total_minor"),
        text("lines_hash"),
        flag("is_voided"),
        ref("key"),
        *ours,
        text("memo"),
        text("version"),
        text("changed_at"),
        text("changed_by"),
        sa.Column("marks_hash", sa.Text, nullable=False, server_default=""),
        json("marks", Marks, default="[]"),
        json("settles", tuple[str, ...], default="[]"),
        sa.Column("open_minor", sa.BigInteger),
        sa.Column("contact", KEY, nullable=False, server_default=""),
        *last,
        is_clustered=True,
    )


def _object_line(name: str) -> sa.Table:
    return table(
        name,
        key("ledger"),
        key("ref"),
        number_key("number"),
        ref("account_id"),
        number("amount_minor"),
        text("description"),
        text("tax_code"),
        number("tax_minor"),
        json("marks", Marks, default="[]"),
        sa.Column("contact", KEY, nullable=False, server_default=""),
        is_clustered=True,
    )


baseline = _object("baseline", ref("voucher_id"), ref("entry_id"))
baseline_line = _object_line("baseline_line")
index("baseline_voucher_key", baseline, "voucher_id", is_unique=True)
index("baseline_number", baseline, "ledger", "number", where="number <> ''")
index("baseline_key", baseline, "ledger", "key", where="key <> ''")
index("baseline_day", baseline, "ledger", "dated_on", "lines_hash")

# after_seq: the number of the audit row after which it was read.
ledger_copy = _object("ledger_copy", last=[sa.Column("after_seq", sa.BigInteger, nullable=False, server_default="0")])
ledger_copy_line = _object_line("ledger_copy_line")
index("ledger_copy_read", ledger_copy, "ledger", "after_seq")
index("ledger_copy_line_account", ledger_copy_line, "ledger", "account_id")

# What the copies cover, and which objects of ours the ledger once said are deleted.
ledger_reading = table("ledger_reading", key("ledger"), json("body", LedgerReading))
ledger_gone = table("ledger_gone", key("ledger"), key("ref"), is_clustered=True)

# What the checks of a route (route_id) hand on, a row a day: of its own books, and of routes beside it (of_route).
carried = table(
    "carried",
    key("route_id"),
    key("of_route"),
    key("day"),
    sa.Column("body", sa.LargeBinary, nullable=False),
    is_operational=True,
)

# How each route stood when something was last done about it: told anew by every run, and no fact.

route_summary = table(
    "route_summary",
    key("route_id"),
    at("at"),
    json("body", Summary),
    json("last_check", CheckSummary, nullable=True),
    is_operational=True,
)
