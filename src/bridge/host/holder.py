"""Who holds a lease or does a run: a name that tells whether its process, on this machine, is still alive.

A lease lapses by itself. But where the holder was a process of this machine that has ended without letting go
(killed, power lost), waiting for that helps nobody: the next one may take over at once.
"""

from __future__ import annotations

import os
import uuid
from datetime import datetime, timedelta
from operator import itemgetter
from pathlib import Path

import msgspec

from bridge.model.runs import Run, RunOutcome

BOOT_ID, SELF, NAMESPACE = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self"), Path("/proc/self/ns/pid")
SILENT_AT_MOST = timedelta(days=1)
"""A run that said nothing for longer is over: its machine is gone, and nobody can tell whether its process lives."""


def holder_name() -> str:
    """A name no other living process has.

    Shape: ``machine/pid/started/random``. machine: this boot and process-id namespace, empty where the system
    does not tell (then a dead holder is never recognised, and its lease lapses by time).
    """
    return f"{_machine()}/{os.getpid()}/{_started(os.getpid())}/{uuid.uuid4().hex[:12]}"


def is_dead(holder: str) -> bool:
    """Whether a holder was a process of this very machine and boot that is gone now. In doubt: no."""
    machine, _, rest = holder.partition("/")
    pid, _, rest = rest.partition("/")
    started = rest.partition("/")[0]
    if not machine or machine != _machine() or not pid.isdecimal() or not started:
        return False
    return _started(int(pid)) != started


def as_it_stands(run: Run, now: datetime) -> Run:
    """A run as it is to be told: unfinished, where its process can no longer end it."""
    is_left = run.outcome is RunOutcome.RUNNING and (is_dead(run.holder) or now - run.last_at > SILENT_AT_MOST)
    return msgspec.structs.replace(run, outcome=RunOutcome.UNFINISHED) if is_left else run


def _machine() -> str:
    try:
        boot, namespace = BOOT_ID.read_text(encoding="ascii").strip(), NAMESPACE.readlink().name
    except OSError:
        return ""
    return f"{boot}:{namespace}"


def _started(pid: int) -> str:
    """When a process began, in the system's own ticks; empty when there is none of that id."""
    try:
        text = (SELF.parent / str(pid) / "stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    state, started = itemgetter(0, 19)(text.rpartition(")")[2].split())
    return "" if state in ("Z", "X") else started
