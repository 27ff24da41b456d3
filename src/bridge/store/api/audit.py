"""The log of what was changed, and what holds it together."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final, Protocol

import msgspec


class Touched(msgspec.Struct, frozen=True):
    """What units of work wrote: entries or fates of their lines, documents, vouchers, all by id.

    objects: of which the ledger acknowledged something, as (ref, ledger).
    """

    entries: frozenset[str]
    documents: frozenset[str]
    vouchers: frozenset[str]
    objects: frozenset[tuple[str, str]]


class AuditRow(msgspec.Struct, frozen=True):
    """One unit of work in the audit log. notes: JSON list of [action, subject, detail]. hash covers all and prev."""

    seq: int
    at: datetime
    actor: str
    notes: str
    prev_hash: str
    hash: str


SEALED: Final = "sealed"
"""The note of an audit row about the digests of what its unit wrote; with a kind behind it, of one thing alone."""


def is_for_people(action: str) -> bool:
    """Whether a note says what was done, and not only its digest."""
    return action.partition(" ")[0] != SEALED


class Unvouched(msgspec.Struct, frozen=True):
    """Something of which the audit log says otherwise. seq: the audit row that wrote it last; 0 where none did.

    kind: for people (``document``, ``entry``). subject: its key. fault: what is the matter, a phrase.
    is_compared: False where the log has no digest of how it was left, for a version of bridge from before wrote it.
    """

    kind: str
    subject: str
    fault: str
    seq: int
    is_compared: bool = True


class Head(msgspec.Struct, frozen=True):
    """How far an audit log goes: the number of its newest row, when that was written, and its hash."""

    seq: int
    at: datetime
    hash: str


class Audit(Protocol):
    def note(self, action: str, subject: str, detail: str = "") -> None:
        """Add to this unit of work's audit row; parts note their own changes. A unit that wrote nothing has no row."""
        ...

    def tell(self, action: str, subject: str, detail: str = "") -> None:
        """The same, and that something was done is worth a row though nothing was written."""
        ...

    def rows(self) -> Iterator[AuditRow]: ...

    def newest(self, limit: int, before: int | None = None) -> tuple[AuditRow, ...]:
        """The last so many rows, of those before that one where it is given; the newest first."""
        ...

    def head(self) -> Head | None:
        """The newest row, unverified, its time by the clock of whoever wrote it; None when there is none."""
        ...

    def touched(self, since: int) -> Touched:
        """What the rows behind this number wrote, by their digests and notes."""
        ...

    def begun_at(self) -> datetime | None:
        """When the first row was written, by the clock of whoever wrote it; None when there is none."""
        ...

    def hash_of(self, seq: int) -> str:
        """The hash of the row of that number, unverified; empty when there is none."""
        ...

    def unvouched(self) -> Iterator[Unvouched]:
        """What does not stand in the store as the audit row that wrote it last says, read in pages.

        Changed, gone, or written past the log; and audit rows whose own digests were changed.
        """
        ...

    def vouch(self) -> int:
        """Have this unit's audit row vouch for all that no row vouches for yet, as it stands; how much that is.

        Of a store from before digests; of one that has some already, of kinds that came later alone.
        """
        ...

    def verify(self) -> tuple[int, str]:
        """Recompute the chain. Returns (rows checked, head hash). Raises: InvariantError at the first broken row."""
        ...
