"""Whether the database is the one that last sent something: what a file outside of it says, beside its audit log."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

import msgspec

from bridge.clock import Clock
from bridge.delivery.head_file import HeadFile
from bridge.errors import ConfigError
from bridge.model.connections import Side
from bridge.model.deliveries import DeliveryState
from bridge.model.findings import Instruction, InstructionKind
from bridge.store.api import Head, Store, UnitOfWork

ITSELF = "bridge"
SENT = (DeliveryState.DELIVERED, DeliveryState.SENDING, DeliveryState.IN_DOUBT)


class Verdict(Enum):
    """What came of the comparison. UNKNOWN: there is no file, and vouchers were sent."""

    FIRST = "first"
    SAME = "same"
    BEHIND = "behind"
    ANOTHER = "another"
    UNKNOWN = "unknown"


class Seen(msgspec.Struct, frozen=True):
    """What the file says, beside the newest row of the audit log; None where there is none."""

    verdict: Verdict
    file: str
    kept: Head | None
    head: Head | None

    @property
    def is_restored(self) -> bool:
        """Whether ledgers may hold what this database does not know of."""
        return self.verdict not in {Verdict.FIRST, Verdict.SAME}

    @property
    def words(self) -> str:
        """What is odd, for people; empty when nothing is."""
        kept = f"row {self.kept.seq} of {self.kept.at:%Y-%m-%d %H:%M} UTC" if self.kept else ""
        ends = f"ends at row {self.head.seq} of {self.head.at:%Y-%m-%d %H:%M} UTC" if self.head else "is empty"
        match self.verdict:
            case Verdict.BEHIND:
                return f"the database was restored: its audit log {ends}, and {self.file} knows {kept}"
            case Verdict.ANOTHER:
                return f"the database is another one than {self.file} knows: its audit log has not the same {kept}"
            case Verdict.UNKNOWN:
                return f"{self.file} is gone, or was left behind, so the database may have been restored"
            case _:
                return ""


class Witness:
    """Keeps the file by the store, and says of ledgers that they may hold more than the store knows."""

    def __init__(self, store: Store, clock: Clock, file: HeadFile) -> None:
        self._store, self._clock, self._file = store, clock, file

    def keep(self) -> None:
        """Let the file know every unit that is saved by now: before something leaves, and after a drain.

        Never ahead of the store: what it says is read from there. Raises: ConfigError ``store.head_unwritable``.
        """
        with self._store.reading() as unit:
            head = unit.audit.head()
        if head is not None:
            self._file.keep(head)

    def look(self) -> Seen:
        """Compare, and change nothing. Raises: ConfigError ``store.head_unreadable``."""
        kept = self._file.read()  # before the store, which others take further meanwhile
        with self._store.reading() as unit:
            head = unit.audit.head()
            return Seen(_verdict(unit, kept, head), self._file.path.name, kept, head)

    def notice(self, actor: str) -> str:
        """Compare, and mark every ledger of a store that was restored. Returns what is odd; empty when nothing is.

        Killed: before the file knows it, the next one marks them again. Raises: as ``look`` and ``keep``.
        """
        seen = self.look()
        if not seen.is_restored:
            self.keep()
            return ""
        self._mark(actor, ITSELF, seen.words)
        with self._store.reading() as unit:
            head = unit.audit.head()
        assert head is not None
        self._file.keep(head, instead_of=seen.kept)
        return seen.words

    def restored(self, *, by: str, reason: str) -> tuple[str, ...]:
        """A person's word that the store was restored. Returns the ledgers it was said of.

        The file is made anew, readable or not. Twice: they are marked from the later moment on.
        """
        if not by.strip() or not reason.strip():
            raise ConfigError("bridge store restored", "needs a name and a reason", "Say who knows it, and how")
        ledgers = self._mark(by, by, reason)
        with self._store.reading() as unit:
            head = unit.audit.head()
        if head is not None:
            self._file.renew(head)
        return ledgers

    def marks(self) -> Mapping[str, Instruction]:
        """The last time that this was said of a ledger, by its name."""
        with self._store.reading() as unit:
            return {said.subject: said for said in unit.instructions.of_kind(InstructionKind.RESTORED)}

    def _mark(self, actor: str, by: str, reason: str) -> tuple[str, ...]:
        now = self._clock.now()
        with self._store.unit(actor) as unit:
            ledgers = _ledgers(unit)
            for ledger in ledgers:
                unit.instructions.add(Instruction(InstructionKind.RESTORED, ledger, by, reason, now))
        return ledgers


def mark_of(unit: UnitOfWork, ledger: str) -> Instruction | None:
    """The last word that a ledger may hold what the store does not know of; None where there was none."""
    said = (one for one in unit.instructions.of_subject(ledger) if one.kind is InstructionKind.RESTORED)
    return max(said, key=lambda one: one.given_at, default=None)


def _verdict(unit: UnitOfWork, kept: Head | None, head: Head | None) -> Verdict:
    if kept is None:
        has_sent = any(unit.deliveries.standing(ledger, *SENT) for ledger in _ledgers(unit))
        return Verdict.UNKNOWN if has_sent else Verdict.FIRST
    if head is None or head.seq < kept.seq:
        return Verdict.BEHIND
    return Verdict.SAME if unit.audit.hash_of(kept.seq) == kept.hash else Verdict.ANOTHER


def _ledgers(unit: UnitOfWork) -> tuple[str, ...]:
    return tuple(one.name for one in unit.connections.all() if one.side is Side.SINK)
