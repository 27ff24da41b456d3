"""The one gate before all that is written to a ledger: whether a person stopped it.

Every write of a sink goes through it, and each call of a write meets it once more just before it leaves: it may have
waited its turn under a vendor's limits for a minute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from contextvars import ContextVar
from typing import Final, TypeVar

from bridge.errors import PausedError, TransientError
from bridge.host.fence import lifted
from bridge.model.pauses import Pause, of_connection, of_deliveries

T = TypeVar("T")
Gate = Callable[[], None]
"""Raises: PausedError while nothing may go that way."""
_writing: ContextVar[Gate | None] = ContextVar("bridge_writing", default=None)


def check(pauses: Iterable[Pause], ledger: str, plugin: str, version: str) -> None:
    """Raises: PausedError while somebody keeps what is written from a ledger, by its plugin as it is installed."""
    pauses = tuple(pauses)
    if pause := of_deliveries(pauses, plugin, version):
        raise PausedError(f"deliveries to {ledger}", pause.words, pause.next_step, code="paused.deliveries")
    if pause := of_connection(pauses, ledger):
        raise PausedError(f"connection {ledger}", pause.words, pause.next_step, code="paused.connection")


def through(gate: Gate, work: Callable[[], T]) -> T:
    """Do what writes to a ledger; each call of it that leaves this machine meets the gate."""
    before = _writing.set(gate)
    try:
        return work()
    finally:
        _writing.reset(before)


def leaves() -> None:
    """A call is about to leave. Raises: PausedError where it is part of a write that somebody has stopped since.

    Failure: a database that is away just now says nothing of a stop that was not there a moment ago.
    """
    gate: Final = _writing.get()
    if gate is not None:
        with suppress(TransientError):
            lifted(gate)
