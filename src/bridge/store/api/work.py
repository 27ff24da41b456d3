"""Who does what, and when: leases, duties, runs, pauses, shared limits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

from bridge.model.budgets import Use
from bridge.model.duties import Duty, DutyKind
from bridge.model.leases import Lease, LeaseKind
from bridge.model.organisations import Used
from bridge.model.pauses import Pause, Scope
from bridge.model.runs import Run


class Leases(Protocol):
    """Who alone does what. The rows are operational: they stand outside the audit log."""

    def take(
        self,
        kind: LeaseKind,
        subject: str,
        holder: str,
        now: datetime,
        until: datetime,
        *,
        instead_of: Lease | None = None,
    ) -> Lease | None:
        """Become the holder (a new epoch) when free, lapsed or already ours; None while another holds it.

        instead_of: a lease whose holder is known to be dead; it is taken as if it had lapsed, if it still stands.
        """
        ...

    def get(self, kind: LeaseKind, subject: str) -> Lease | None:
        """The lease as it stands, lapsed or not; None when it is free."""
        ...

    def all(self) -> tuple[Lease, ...]:
        """Every lease that somebody holds, lapsed or not."""
        ...

    def last_at(self, now: datetime) -> datetime | None:
        """When a lease was last taken, by the clock of whoever took it, later ones than now aside; None for never."""
        ...

    def renew(self, lease: Lease, until: datetime) -> Lease:
        """Raises: StaleError when it was lost."""
        ...

    def release(self, lease: Lease) -> None:
        """Give it back; nothing happens when it was lost."""
        ...


class Duties(Protocol):
    """What is to be done again and again. The rows are operational: they stand outside the audit log."""

    def all(self) -> tuple[Duty, ...]:
        """Every one, by kind and subject."""
        ...

    def due(self, now: datetime) -> tuple[Duty, ...]:
        """Those that are due, the oldest first, stopped ones too."""
        ...

    def get(self, kind: DutyKind, subject: str) -> Duty | None: ...

    def put(self, duty: Duty) -> None:
        """Save a new one, or one with another rhythm; how often it was asked for stays. Repeat: harmless."""
        ...

    def remove(self, kind: DutyKind, subject: str) -> None:
        """Nobody calls for it any more. Repeat: harmless."""
        ...

    def ask(self, kind: DutyKind, subject: str, at: datetime) -> None:
        """Have it come due at that instant at the latest, also where it is being done just now."""
        ...

    def end(self, duty: Duty, asked_at: datetime) -> None:
        """Save how a turn of it ended, and when it is due next: at that instant, where it was asked for meanwhile."""
        ...


class Pauses(Protocol):
    """What people stopped: for this organisation, or for all of them."""

    def all(self) -> tuple[Pause, ...]:
        """Both, those for all first."""
        ...

    def add(self, pause: Pause) -> bool:
        """False when that is paused already: whoever came first is named."""
        ...

    def lift(self, scope: Scope, subject: str, by: str, *, is_everywhere: bool = False) -> bool:
        """False when nothing of it was paused."""
        ...


class Usage(Protocol):
    """What a month took. The rows are operational: they stand outside the audit log."""

    def add(self, used: Iterable[Used]) -> None:
        """Count these on top of what is there."""
        ...

    def all(self) -> tuple[Used, ...]:
        """Of this organisation, the newest month first."""
        ...


class Budgets(Protocol):
    """What is spent of the vendors' limits, by all organisations: a limit is the vendor's, whoever calls.

    The rows are operational: they stand outside the audit log.
    """

    def uses(self, plugin: str, account: str) -> Mapping[tuple[str, int], tuple[Use, ...]]:
        """What is spent of an account's limits, by (what, seconds); account: empty for those of the application.

        Nobody else reads or changes them until the end of the unit.
        """
        ...

    def put(self, plugin: str, account: str, what: str, seconds: int, uses: tuple[Use, ...]) -> None:
        """Write down what is spent of a limit, after ``uses`` in the same unit."""
        ...


class Runs(Protocol):
    """What was done, numbered from 1. The rows are operational: they stand outside the audit log."""

    def begin(self, run: Run) -> Run:
        """Save it under the next number; returns it with that number."""
        ...

    def save(self, run: Run) -> None:
        """Save how it stands now. Repeat: harmless. Raises: ConfigError when there is none of its number."""
        ...

    def get(self, number: int) -> Run:
        """Raises: ConfigError when there is none of that number."""
        ...

    def newest(self, limit: int, before: int | None = None) -> tuple[Run, ...]:
        """The last so many that began, newest first."""
        ...

    def running(self) -> tuple[Run, ...]:
        """Those of which nobody has said yet how they ended, oldest first."""
        ...

    def forget(self, before: datetime, newest: int) -> int:
        """Let go of runs that ended before then, but for so many of the newest. Returns how many."""
        ...
