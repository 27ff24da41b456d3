"""Runs: what was asked of bridge, what came of it, and what stood in the way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec


class RunKind(StrEnum):
    """Which piece of the work it was: the command that asks for it has the same name; only a worker does upkeep."""

    IMPORT = "import"
    SYNC = "sync"
    BACKFILL = "backfill"
    DELIVER = "deliver"
    DRIFT = "drift"
    UPKEEP = "upkeep"


class RunOutcome(StrEnum):
    """How it ended.

    running: not yet. waits: all that could be done is, and something waits for a person, a ledger or its time.
    failed: something must be put right. unfinished: its process died, or was stopped, in the middle.
    """

    RUNNING = "running"
    DONE = "done"
    WAITS = "waits"
    FAILED = "failed"
    UNFINISHED = "unfinished"


class Piece(msgspec.Struct, frozen=True):
    """What was asked for, by name: all that is needed to do the same again.

    files: where they were, as paths. wait_seconds: of a delivery, or a back-fill. limit: of a delivery.
    """

    kind: RunKind
    routes: tuple[str, ...] = ()
    ledgers: tuple[str, ...] = ()
    connections: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    wait_seconds: int = 0
    limit: int | None = None


class Amount(msgspec.Struct, frozen=True):
    """What documents of a kind, delivered vouchers or open findings come to: their totals added up, in minor units."""

    what: str
    minor: int
    currency: str


class Failure(msgspec.Struct, frozen=True):
    """One cause that stood in the way: its stable code, how often, what the first of them said, and what to do."""

    code: str
    times: int
    message: str
    next_step: str


class Told(msgspec.Struct, frozen=True):
    """What a run did, in numbers.

    taken_in: documents by what an import made of them. booked: documents by their outcome in the books.
    vouchers: by state; those that came to rest in this run (delivered, parked, withdrawn), and those that stand in the
    others at its end. findings: open ones by severity. amounts: of what is new, was delivered, and is at stake.
    """

    taken_in: Mapping[str, int] = {}
    booked: Mapping[str, int] = {}
    vouchers: Mapping[str, int] = {}
    findings: Mapping[str, int] = {}
    amounts: tuple[Amount, ...] = ()
    failures: tuple[Failure, ...] = ()


class Run(msgspec.Struct, frozen=True):
    """One run of a piece of the work.

    number:  counts up from 1; 0 until it is saved. holder: the process that does it.
    last_at: when it last said something; the end of one that ended. retry_of: the run it does again; 0 for none.
    """

    piece: Piece
    actor: str
    holder: str
    started_at: datetime
    last_at: datetime
    number: int = 0
    outcome: RunOutcome = RunOutcome.RUNNING
    ended_at: datetime | None = None
    retry_of: int = 0
    told: Told = Told()
