"""Every table. Each primary key and each unique key begins with organisation_id.

Money is BIGINT minor units, an instant BIGINT microseconds, a book date ISO text. Keys compare by bytes on both
databases (COLLATE "C" on PostgreSQL), so that pages come in one order everywhere. Tables that are read in key
order by the million are clustered by their key (WITHOUT ROWID on SQLite).
"""

from __future__ import annotations

from bridge.store.sql.tables.books import (
    document,
    entry,
    fate,
    line,
    open_leg,
    posting,
    reversal,
    seen_file,
    vault,
    vault_chunk,
)
from bridge.store.sql.tables.channels import (
    channel_facts,
    channel_reading,
    inquiry,
    pending_money,
    stream_asking,
    stream_window,
    window_owner,
)
from bridge.store.sql.tables.columns import KEY, metadata
from bridge.store.sql.tables.connections import (
    connection,
    consent,
    credential,
    ledger_facts,
    organisation,
    route,
    rule_set,
)
from bridge.store.sql.tables.ledgers import (
    baseline,
    baseline_line,
    carried,
    ledger_copy,
    ledger_copy_line,
    ledger_gone,
    ledger_reading,
    route_summary,
)
from bridge.store.sql.tables.people import (
    account_opening,
    assignment,
    audit,
    finding,
    instruction,
    invitation,
    last_check,
    pause,
    person,
    seal,
    seat,
    session,
    sign_off,
    ticket,
)
from bridge.store.sql.tables.work import budget, delivery, delivery_after, duty, lease, run, usage

__all__ = [
    "APPEND_ONLY",
    "KEY",
    "account_opening",
    "assignment",
    "audit",
    "baseline",
    "baseline_line",
    "budget",
    "carried",
    "channel_facts",
    "channel_reading",
    "connection",
    "consent",
    "credential",
    "delivery",
    "delivery_after",
    "document",
    "duty",
    "entry",
    "fate",
    "finding",
    "inquiry",
    "instruction",
    "invitation",
    "last_check",
    "lease",
    "ledger_copy",
    "ledger_copy_line",
    "ledger_facts",
    "ledger_gone",
    "ledger_reading",
    "line",
    "metadata",
    "open_leg",
    "organisation",
    "pause",
    "pending_money",
    "person",
    "posting",
    "reversal",
    "route",
    "route_summary",
    "rule_set",
    "run",
    "seal",
    "seat",
    "seen_file",
    "session",
    "sign_off",
    "stream_asking",
    "stream_window",
    "ticket",
    "usage",
    "vault",
    "vault_chunk",
    "window_owner",
]

APPEND_ONLY = ("audit", "line", "posting", "rule_set", "instruction", "seal", "sign_off")
