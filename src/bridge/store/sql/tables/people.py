"""Findings, instructions, what people agreed to or stopped; people, and the audit log."""

from __future__ import annotations

import sqlalchemy as sa

from bridge.model.findings import Finding, FindingState, InstructionKind
from bridge.model.openings import AgreedOpening
from bridge.model.pauses import Pause
from bridge.model.people import Invitation, Session, TicketKind
from bridge.model.reviews import Assignment, SignOff
from bridge.store.sql.tables.columns import at, index, json, key, number_key, ref, table, text, word

pause = table("pause", key("scope"), key("subject"), json("body", Pause))

account_opening = table(
    "account_opening", key("ledger"), key("account_id"), key("currency"), json("body", AgreedOpening)
)

finding = table(
    "finding",
    key("finding_id"),
    ref("route_id"),
    ref("code"),
    word("state", FindingState),
    json("body", Finding),
    at("first_seen_at"),
    at("last_seen_at"),
    text("accepted_by"),
    text("accepted_reason"),
    at("accepted_until", nullable=True),
)
index("finding_route", finding, "route_id", "state", "code")

instruction = table(
    "instruction",
    key("instruction_id"),
    word("kind", InstructionKind),
    ref("subject"),
    text("given_by"),
    text("reason"),
    at("given_at"),
    at("until_at", nullable=True),
    sa.Column("ref", sa.Text, nullable=False, server_default=""),
)
index("instruction_subject", instruction, "subject", "given_at")
index("instruction_kind", instruction, "kind", "given_at")
index("instruction_given", instruction, "given_at")

# What people see to: who has what waits, the last check of each route, what was signed.
assignment = table("assignment", key("subject"), json("body", Assignment))

last_check = table(
    "last_check",
    key("route_id"),
    at("checked_at"),
    text("digest"),
    sa.Column("body", sa.LargeBinary, nullable=False),
    is_operational=True,
)

sign_off = table("sign_off", key("sign_off_id"), ref("route_id"), at("signed_at"), json("body", SignOff))
index("sign_off_route", sign_off, "route_id", "signed_at")

# People: those of all organisations in rows of none (``EVERYBODY``), seats and invitations in their organisation's.

person = table(
    "person",
    key("person_id"),
    text("name"),
    at("since_at"),
    ref("subject"),
    text("email"),
    is_operational=True,
)
index("person_subject", person, "subject", where="subject <> ''", is_unique=True)
seat = table("seat", key("person_id"), text("role"), text("given_by"), at("since_at"))
# The one index across organisations: where somebody has a seat at all.
sa.Index("seat_person", seat.c.person_id, info={"is_small": False})
invitation = table("invitation", key("invitation_id"), at("until_at"), json("body", Invitation))
session = table(
    "session", key("session_id"), ref("person_id"), at("seen_at"), json("body", Session), is_operational=True
)
index("session_person", session, "person_id")
ticket = table(
    "ticket",
    key("ticket_id"),
    word("kind", TicketKind),
    at("until_at"),
    json("facts", dict[str, str]),
    is_operational=True,
)

audit = table(
    "audit",
    number_key("seq"),
    at("at"),
    text("actor"),
    text("notes"),
    text("prev_hash"),
    text("hash"),
)

# What each audit row vouches for (see ``seals``).
seal = table("seal", number_key("seq"), key("kind"), key("subject"), text("digest"), is_clustered=True)
index("seal_subject", seal, "kind", "subject", "seq")
