"""Deliveries, and the work: leases, duties, limits, runs."""

from __future__ import annotations

import sqlalchemy as sa

from bridge.model.budgets import Use
from bridge.model.deliveries import DeliveryState
from bridge.model.duties import Duty
from bridge.model.runs import Run, RunOutcome
from bridge.model.vouchers import Voucher
from bridge.store.sql.tables.columns import at, index, json, key, number, number_key, on, ref, table, text, word

delivery = table(
    "delivery",
    key("voucher_id"),
    ref("entry_id"),
    ref("ledger"),
    ref("route_id"),
    json("voucher", Voucher, nullable=True),
    on("dated_on", nullable=True),
    word("state", DeliveryState),
    text("reason"),
    text("note"),
    number("round"),
    number("attempts"),
    at("due_at", nullable=True),
    at("sent_at", nullable=True),
    number("epoch"),
    text("ref"),
    text("released_by"),
    ref("number", nullable=True),
    sa.Column("total_minor", sa.BigInteger, nullable=True),
    sa.Column("currency", sa.Text, nullable=True),
)
index("delivery_state", delivery, "ledger", "state", "due_at")
index("delivery_entry", delivery, "entry_id")
index("delivery_route", delivery, "route_id", "voucher_id")
index("delivery_number", delivery, "number", where="number IS NOT NULL")
index("delivery_ref", delivery, "ref", where="ref <> ''")

delivery_after = table("delivery_after", key("voucher_id"), key("after_id"), is_clustered=True)
index("delivery_after_first", delivery_after, "after_id")


# Leases, and what is spent of the vendors' limits: these rows are not facts, and no history is kept of them.

lease = table(
    "lease",
    key("kind"),
    key("subject"),
    text("holder"),
    number("epoch"),
    at("taken_at"),
    at("until_at"),
    number("claims"),
    is_operational=True,
)

duty = table(
    "duty",
    key("kind"),
    key("subject"),
    at("due_at"),
    number("asked"),
    json("body", Duty),
    sa.Column("fault", sa.Text, nullable=False, server_default=""),
    is_operational=True,
)
index("duty_due", duty, "due_at")
index("duty_failing", duty, "fault", where="fault <> ''", is_small=True)
sa.Index("duty_due_everywhere", duty.c.due_at, info={"is_small": True})

budget = table(
    "budget",
    key("plugin"),
    key("account"),
    key("what"),
    number_key("seconds"),
    json("uses", tuple[Use, ...]),
    is_operational=True,
)

# What a month took: sums, for whoever pays for it.

usage = table("usage", key("month"), key("plugin"), key("what"), number("many"), is_operational=True)

# What was done, numbered: an account of the work, beside the books.

run = table("run", number_key("number"), word("outcome", RunOutcome), json("body", Run), is_operational=True)
index("run_running", run, "number", where="outcome = 'running'", is_small=True)
