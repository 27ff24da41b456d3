"""Every table. Each primary key and each unique key begins with organisation_id.

Money is BIGINT minor units, an instant BIGINT microseconds, a book date ISO text. Keys compare by bytes on both
databases (COLLATE "C" on PostgreSQL), so that pages come in one order everywhere. Tables that are read in key
order by the million are clustered by their key (WITHOUT ROWID on SQLite).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from bridge.model.budgets import Use
from bridge.model.channel import ChannelFacts, Fault, Why, WindowState
from bridge.model.connections import Connection, ConnectionState, Route, Side
from bridge.model.deliveries import DeliveryState
from bridge.model.documents import DocumentKind, DocumentState, Problem, Witness
from bridge.model.duties import Duty
from bridge.model.entries import MOVING, Half, Mode, Purpose
from bridge.model.facts import LedgerFacts
from bridge.model.findings import Finding, FindingState, InstructionKind
from bridge.model.lines import Part
from bridge.model.openings import AgreedOpening
from bridge.model.organisations import Organisation
from bridge.model.pauses import Pause
from bridge.model.pending import Pending
from bridge.model.people import Invitation, Session, TicketKind
from bridge.model.readings import LedgerReading
from bridge.model.reports import Reading
from bridge.model.reviews import Assignment, SignOff
from bridge.model.rules import RuleSet
from bridge.model.runs import Run, RunOutcome
from bridge.model.series import Series
from bridge.model.summaries import CheckSummary, Summary
from bridge.model.vouchers import Marks, Voucher
from bridge.store.sql.codec import Day, Instant, Json, Word

metadata = sa.MetaData(naming_convention={"pk": "%(table_name)s_pk"})
KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _key(name: str) -> sa.Column[Any]:
    """A part of the primary key."""
    return sa.Column(name, KEY, primary_key=True)


def _number_key(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger, primary_key=True, autoincrement=False)


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text, nullable=False)


def _ref(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    """Text that is the key of something, hence compared and sorted by bytes."""
    return sa.Column(name, KEY, nullable=nullable)


def _number(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def _at(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, Instant, nullable=nullable)


def _at_key(name: str) -> sa.Column[Any]:
    return sa.Column(name, Instant, primary_key=True, autoincrement=False)


def _on(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, Day, nullable=nullable)


def _is(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean(create_constraint=False), nullable=False)


def _word(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, Word(kind), nullable=False)


def _json(name: str, kind: Any, *, nullable: bool = False, default: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, Json(kind), nullable=nullable, server_default=default)


def _table(name: str, *parts: Any, is_clustered: bool = False, is_operational: bool = False) -> sa.Table:
    """is_operational: who does what just now, and how much of it: no fact, hence not told in the audit log."""
    info = {"is_operational": is_operational}
    return sa.Table(name, metadata, _key("organisation_id"), *parts, sqlite_with_rowid=not is_clustered, info=info)


def _unique(name: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint("organisation_id", *columns, name=name)


def _index(
    name: str, table: sa.Table, *columns: str, where: str = "", is_unique: bool = False, is_small: bool = False
) -> None:
    """is_small: its condition lets few rows in, however long the history (see ``planner``)."""
    condition = sa.text(where) if where else None
    sa.Index(
        name,
        table.c.organisation_id,
        *(table.c[column] for column in columns),
        unique=is_unique,
        sqlite_where=condition,
        postgresql_where=condition,
        info={"is_small": is_small},
    )


# Organisations. leaving_at: that what is append-only may be deleted of this one.

organisation = _table("organisation", _json("body", Organisation), _at("leaving_at", nullable=True))

# Connections, routes, rules, ledger facts.

connection = _table(
    "connection",
    _key("connection_id"),
    _ref("name"),
    _text("plugin"),
    _word("side", Side),
    _text("account"),
    _word("state", ConnectionState),
    _json("body", Connection),
    _unique("connection_name_key", "name"),
)
_index("connection_account_key", connection, "plugin", "account", where="account <> ''", is_unique=True)

credential = _table(
    "credential",
    _key("connection_id"),
    _number("version"),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    _at("expires_at", nullable=True),
    _at("refresh_expires_at", nullable=True),
    _at("consent_ends_at", nullable=True),
)

consent = _table(
    "consent",
    _key("key_hash"),
    _at("until_at"),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    is_operational=True,
)

route = _table("route", _key("route_id"), _ref("name"), _json("body", Route), _unique("route_name_key", "name"))

rule_set = _table("rule_set", _key("name"), _number_key("version"), _on("effective_from"), _json("body", RuleSet))

ledger_facts = _table("ledger_facts", _key("connection"), _at("taken_at"), _json("body", LedgerFacts))

# Raw files, documents, lines and what became of each.

vault = _table("vault", _key("content_hash"), _text("name"), _number("size"), _number("pieces"), _at("saved_at"))

seen_file = _table("seen_file", _key("connection_id"), _key("content_hash"), _text("name"), _at("seen_at"))

vault_chunk = _table(
    "vault_chunk", _key("content_hash"), _number_key("number"), sa.Column("piece", sa.LargeBinary, nullable=False)
)

document = _table(
    "document",
    _key("document_id"),
    _number_key("revision"),
    _ref("connection_id"),
    _text("channel"),
    _text("account"),
    _word("kind", DocumentKind),
    _ref("external_id"),
    _text("currency"),
    _number("total_minor"),
    _at("opened_at"),
    _at("closed_at"),
    _at("pays_at", nullable=True),
    _number("line_count"),
    _number("lines_minor"),
    _text("content_hash"),
    _text("vault_hash"),
    _word("witness", Witness),
    _text("plugin"),
    _text("plugin_version"),
    _text("title"),
    _at("paid_at", nullable=True),
    _at("as_of", nullable=True),
    _ref("order_id"),
    _text("status"),
    _word("state", DocumentState),
    _text("reason"),
    _json("problems", tuple[Problem, ...]),
    _at("saved_at"),
    _is("is_newest"),
    sa.Column("facts_hash", sa.Text, nullable=False, server_default=""),
    _json("series", Series, nullable=True),
    _at("agreed_at", nullable=True),
    _unique("document_identity_key", "channel", "account", "kind", "external_id", "revision"),
)
_index("document_newest", document, "connection_id", "closed_at", "document_id", where="is_newest")
_index("document_order", document, "connection_id", "order_id", where="order_id <> ''")
_index("document_title", document, "connection_id", "title", where="is_newest AND title <> ''")
_index(
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
_index(
    "document_series",
    document,
    "connection_id",
    "closed_at",
    "document_id",
    where="is_newest AND series IS NOT NULL",
    is_small=True,
)
_PAYING = "is_newest AND kind IN ('settlement', 'payout')"
_index("document_paying_total", document, "connection_id", "total_minor", where=_PAYING, is_small=True)
_index("document_paying_status", document, "connection_id", "status", where=_PAYING, is_small=True)

line = _table(
    "line",
    _key("document_id"),
    _number_key("revision"),
    _key("line_key"),
    _text("kind"),
    _word("part", Part),
    _number("amount_minor"),
    _at("occurred_at"),
    _text("order_id"),
    _text("tax_group"),
    _text("sku"),
    _text("words"),
    _text("attributes"),
    _ref("reference"),
    _text("tax_base"),
    _text("tax"),
    is_clustered=True,
)

_index("line_reference", line, "reference", where="reference <> ''")
_index("line_failure", line, "document_id", "revision", where="kind = 'payout.failed'", is_small=True)

entry = _table(
    "entry",
    _key("entry_id"),
    _ref("route_id"),
    _word("mode", Mode),
    _ref("slot_group"),
    _ref("slot_part"),
    _number("number"),
    _ref("document_id"),
    _number("revision"),
    _on("booked_on"),
    _text("currency"),
    _text("narration"),
    _number("rule_version"),
    _text("content_hash"),
    _text("plugin_version"),
    _json("after", tuple[str, ...]),
    _number("sent_before"),
    _word("purpose", Purpose),
    _is("is_live"),
    _at("made_at"),
    _on("due_on", nullable=True),
    sa.Column("rate", sa.Text, nullable=False, server_default=""),
    sa.Column("rate_into", sa.Text, nullable=False, server_default=""),
    _unique("entry_slot_key", "route_id", "mode", "slot_group", "slot_part", "number"),
)
_index("entry_document", entry, "document_id")

posting = _table(
    "posting",
    _key("entry_id"),
    _number_key("number"),
    _ref("account"),
    _number("amount_minor"),
    _text("kind"),
    _text("rule"),
    _number("line_count"),
    _text("tax_code"),
    _number("tax_minor"),
    _text("contact"),
    _text("tracking"),
    _text("item"),
    _text("description"),
    _word("half", Half),
    sa.ForeignKeyConstraint(
        ["organisation_id", "entry_id"], ["entry.organisation_id", "entry.entry_id"], name="posting_entry_ref"
    ),
    is_clustered=True,
)
_index(
    "posting_moving",
    posting,
    "kind",
    "amount_minor",
    "entry_id",
    where=f"kind IN {tuple(sorted(MOVING))}",
    is_small=True,
)

fate = _table(
    "fate",
    _key("document_id"),
    _key("line_key"),
    _number("revision"),
    _ref("entry_id", nullable=True),
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
_index("fate_posting", fate, "entry_id", "posting", "document_id", "line_key", where="entry_id IS NOT NULL")

reversal = _table(
    "reversal",
    _key("document_id"),
    _number_key("revision"),
    _key("line_key"),
    _ref("booked_entry"),
    _number("booked_posting"),
    _ref("entry_id"),
    _number("posting"),
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
_index("reversal_booked", reversal, "booked_entry", "booked_posting", "document_id", "line_key")
_index("reversal_posting", reversal, "entry_id", "posting", "document_id", "line_key")

open_leg = _table(
    "open_leg",
    _key("entry_id"),
    _key("order_id"),
    _ref("route_id"),
    _number("owed_by_minor"),
    _number("owed_to_minor"),
    sa.ForeignKeyConstraint(
        ["organisation_id", "entry_id"], ["entry.organisation_id", "entry.entry_id"], name="open_leg_entry_ref"
    ),
    is_clustered=True,
)
_index("open_leg_order", open_leg, "route_id", "order_id")

# Deliveries.

delivery = _table(
    "delivery",
    _key("voucher_id"),
    _ref("entry_id"),
    _ref("ledger"),
    _ref("route_id"),
    _json("voucher", Voucher, nullable=True),
    _on("dated_on", nullable=True),
    _word("state", DeliveryState),
    _text("reason"),
    _text("note"),
    _number("round"),
    _number("attempts"),
    _at("due_at", nullable=True),
    _at("sent_at", nullable=True),
    _number("epoch"),
    _text("ref"),
    _text("released_by"),
    _ref("number", nullable=True),
    sa.Column("total_minor", sa.BigInteger, nullable=True),
    sa.Column("currency", sa.Text, nullable=True),
)
_index("delivery_state", delivery, "ledger", "state", "due_at")
_index("delivery_entry", delivery, "entry_id")
_index("delivery_route", delivery, "route_id", "voucher_id")
_index("delivery_number", delivery, "number", where="number IS NOT NULL")
_index("delivery_ref", delivery, "ref", where="ref <> ''")

delivery_after = _table("delivery_after", _key("voucher_id"), _key("after_id"), is_clustered=True)
_index("delivery_after_first", delivery_after, "after_id")


# Leases, and what is spent of the vendors' limits: these rows are not facts, and no history is kept of them.

lease = _table(
    "lease",
    _key("kind"),
    _key("subject"),
    _text("holder"),
    _number("epoch"),
    _at("taken_at"),
    _at("until_at"),
    _number("claims"),
    is_operational=True,
)

duty = _table(
    "duty",
    _key("kind"),
    _key("subject"),
    _at("due_at"),
    _number("asked"),
    _json("body", Duty),
    sa.Column("fault", sa.Text, nullable=False, server_default=""),
    is_operational=True,
)
_index("duty_due", duty, "due_at")
_index("duty_failing", duty, "fault", where="fault <> ''", is_small=True)
sa.Index("duty_due_everywhere", duty.c.due_at, info={"is_small": True})

budget = _table(
    "budget",
    _key("plugin"),
    _key("account"),
    _key("what"),
    _number_key("seconds"),
    _json("uses", tuple[Use, ...]),
    is_operational=True,
)

# What a month took: sums, for whoever pays for it.

usage = _table("usage", _key("month"), _key("plugin"), _key("what"), _number("many"), is_operational=True)

# What was done, numbered: an account of the work, beside the books.

run = _table("run", _number_key("number"), _word("outcome", RunOutcome), _json("body", Run), is_operational=True)
_index("run_running", run, "number", where="outcome = 'running'", is_small=True)

# Baseline and ledger copy have the same columns, so that one statement compares them.


def _object(name: str, *ours: sa.Column[Any], last: Sequence[sa.Column[Any]] = ()) -> sa.Table:
    return _table(
        name,
        _key("ledger"),
        _key("ref"),
        _text("type"),
        _ref("number"),
        _on("dated_on"),
        _text("currency"),
        _number("total_minor"),
        _text("lines_hash"),
        _is("is_voided"),
        _ref("key"),
        *ours,
        _text("memo"),
        _text("version"),
        _text("changed_at"),
        _text("changed_by"),
        sa.Column("marks_hash", sa.Text, nullable=False, server_default=""),
        _json("marks", Marks, default="[]"),
        _json("settles", tuple[str, ...], default="[]"),
        sa.Column("open_minor", sa.BigInteger),
        sa.Column("contact", KEY, nullable=False, server_default=""),
        *last,
        is_clustered=True,
    )


def _object_line(name: str) -> sa.Table:
    return _table(
        name,
        _key("ledger"),
        _key("ref"),
        _number_key("number"),
        _ref("account_id"),
        _number("amount_minor"),
        _text("description"),
        _text("tax_code"),
        _number("tax_minor"),
        _json("marks", Marks, default="[]"),
        sa.Column("contact", KEY, nullable=False, server_default=""),
        is_clustered=True,
    )


baseline = _object("baseline", _ref("voucher_id"), _ref("entry_id"))
baseline_line = _object_line("baseline_line")
_index("baseline_voucher_key", baseline, "voucher_id", is_unique=True)
_index("baseline_number", baseline, "ledger", "number", where="number <> ''")
_index("baseline_key", baseline, "ledger", "key", where="key <> ''")
_index("baseline_day", baseline, "ledger", "dated_on", "lines_hash")

# after_seq: the number of the audit row after which it was read.
ledger_copy = _object("ledger_copy", last=[sa.Column("after_seq", sa.BigInteger, nullable=False, server_default="0")])
ledger_copy_line = _object_line("ledger_copy_line")
_index("ledger_copy_read", ledger_copy, "ledger", "after_seq")
_index("ledger_copy_line_account", ledger_copy_line, "ledger", "account_id")

# What the copies cover, and which objects of ours the ledger once said are deleted.
ledger_reading = _table("ledger_reading", _key("ledger"), _json("body", LedgerReading))
ledger_gone = _table("ledger_gone", _key("ledger"), _key("ref"), is_clustered=True)

# What the checks of a route (route_id) hand on, a row a day: of its own books, and of routes beside it (of_route).
carried = _table(
    "carried",
    _key("route_id"),
    _key("of_route"),
    _key("day"),
    sa.Column("body", sa.LargeBinary, nullable=False),
    is_operational=True,
)

# How each route stood when something was last done about it: told anew by every run, and no fact.

route_summary = _table(
    "route_summary",
    _key("route_id"),
    _at("at"),
    _json("body", Summary),
    _json("last_check", CheckSummary, nullable=True),
    is_operational=True,
)

# What is pulled: the channel's facts, the windows of its streams, what is asked for by its id.

channel_facts = _table(
    "channel_facts",
    _key("connection_id"),
    _number_key("number"),
    _at("taken_at"),
    _text("facts_hash"),
    _json("body", ChannelFacts),
)

stream_window = _table(
    "stream_window",
    _key("connection_id"),
    _key("stream"),
    _at_key("since_at"),
    _at("until_at"),
    _word("state", WindowState),
    sa.Column("cursor", sa.LargeBinary, nullable=False),
    _number("cursor_version"),
    _text("facts_hash"),
    sa.Column("expected", sa.BigInteger),
    _number("got"),
    _number("most"),
    _at("due_at", nullable=True),
    _text("note"),
    _number("saves"),
    is_operational=True,
)
_index("stream_window_current", stream_window, "connection_id", "stream", where="state <> 'closed'", is_unique=True)
_index("stream_window_due", stream_window, "connection_id", "due_at", where="state = 'closed' AND due_at IS NOT NULL")

window_owner = _table(
    "window_owner",
    _key("connection_id"),
    _key("stream"),
    _at_key("since_at"),
    _key("kind"),
    _key("external_id"),
    is_clustered=True,
    is_operational=True,
)
_index("window_owner_thing", window_owner, "connection_id", "kind", "external_id")

stream_asking = _table(
    "stream_asking",
    _key("connection_id"),
    _key("stream"),
    _at("answered_at", nullable=True),
    _json("fault", Fault, nullable=True),
    _json("told", ChannelFacts, nullable=True),
    is_operational=True,
)

inquiry = _table(
    "inquiry",
    _key("connection_id"),
    _key("kind"),
    _key("external_id"),
    _word("why", Why),
    _at("due_at"),
    _number("times"),
    sa.Column("since_at", Instant, nullable=False, server_default="0"),
    is_operational=True,
)
_index("inquiry_due", inquiry, "connection_id", "due_at")

channel_reading = _table(
    "channel_reading",
    _key("connection_id"),
    _key("report"),
    _key("span"),
    _number_key("number"),
    _json("body", Reading),
    is_operational=True,
)

pending_money = _table(
    "pending_money",
    _key("connection_id"),
    _key("external_id"),
    _ref("owner_kind"),
    _ref("owner_id"),
    _at("since_at"),
    _at("until_at"),
    _json("body", Pending),
    is_operational=True,
)
_index("pending_money_owner", pending_money, "connection_id", "owner_kind", "owner_id")
_index("pending_money_until", pending_money, "connection_id", "until_at")

# Findings, instructions, what people agreed to or stopped, audit.

pause = _table("pause", _key("scope"), _key("subject"), _json("body", Pause))

account_opening = _table(
    "account_opening", _key("ledger"), _key("account_id"), _key("currency"), _json("body", AgreedOpening)
)

finding = _table(
    "finding",
    _key("finding_id"),
    _ref("route_id"),
    _ref("code"),
    _word("state", FindingState),
    _json("body", Finding),
    _at("first_seen_at"),
    _at("last_seen_at"),
    _text("accepted_by"),
    _text("accepted_reason"),
    _at("accepted_until", nullable=True),
)
_index("finding_route", finding, "route_id", "state", "code")

instruction = _table(
    "instruction",
    _key("instruction_id"),
    _word("kind", InstructionKind),
    _ref("subject"),
    _text("given_by"),
    _text("reason"),
    _at("given_at"),
    _at("until_at", nullable=True),
    sa.Column("ref", sa.Text, nullable=False, server_default=""),
)
_index("instruction_subject", instruction, "subject", "given_at")
_index("instruction_kind", instruction, "kind", "given_at")
_index("instruction_given", instruction, "given_at")

# What people see to: who has what waits, the last check of each route, what was signed.
assignment = _table("assignment", _key("subject"), _json("body", Assignment))

last_check = _table(
    "last_check",
    _key("route_id"),
    _at("checked_at"),
    _text("digest"),
    sa.Column("body", sa.LargeBinary, nullable=False),
    is_operational=True,
)

sign_off = _table("sign_off", _key("sign_off_id"), _ref("route_id"), _at("signed_at"), _json("body", SignOff))
_index("sign_off_route", sign_off, "route_id", "signed_at")

# People: those of all organisations in rows of none (``EVERYBODY``), seats and invitations in their organisation's.

person = _table(
    "person",
    _key("person_id"),
    _text("name"),
    _at("since_at"),
    _ref("subject"),
    _text("email"),
    is_operational=True,
)
_index("person_subject", person, "subject", where="subject <> ''", is_unique=True)
seat = _table("seat", _key("person_id"), _text("role"), _text("given_by"), _at("since_at"))
# The one index across organisations: where somebody has a seat at all.
sa.Index("seat_person", seat.c.person_id, info={"is_small": False})
invitation = _table("invitation", _key("invitation_id"), _at("until_at"), _json("body", Invitation))
session = _table(
    "session", _key("session_id"), _ref("person_id"), _at("seen_at"), _json("body", Session), is_operational=True
)
_index("session_person", session, "person_id")
ticket = _table(
    "ticket",
    _key("ticket_id"),
    _word("kind", TicketKind),
    _at("until_at"),
    _json("facts", dict[str, str]),
    is_operational=True,
)

audit = _table(
    "audit",
    _number_key("seq"),
    _at("at"),
    _text("actor"),
    _text("notes"),
    _text("prev_hash"),
    _text("hash"),
)

# What each audit row vouches for (see ``seals``).
seal = _table("seal", _number_key("seq"), _key("kind"), _key("subject"), _text("digest"), is_clustered=True)
_index("seal_subject", seal, "kind", "subject", "seq")

APPEND_ONLY = ("audit", "line", "posting", "rule_set", "instruction", "seal", "sign_off")
