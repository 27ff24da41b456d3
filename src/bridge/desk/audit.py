"""Rows of the audit log as people read them. Pure."""

from __future__ import annotations

import json
from datetime import datetime

import msgspec

from bridge.store.api import AuditRow, is_for_people


class Note(msgspec.Struct, frozen=True):
    """One thing that a unit of work changed: what was done, with what, and how."""

    action: str
    subject: str
    detail: str


class LogEntry(msgspec.Struct, frozen=True):
    """One row: who changed what, and when. Digests of what it vouches for are left out."""

    seq: int
    at: datetime
    actor: str
    notes: tuple[Note, ...]


def log_entry(row: AuditRow) -> LogEntry:
    """A row of the log, taken apart."""
    notes = tuple(Note(*note) for note in json.loads(row.notes) if is_for_people(note[0]))
    return LogEntry(row.seq, row.at, row.actor, notes)
