"""What a person decides about what waits, or about a finding: which room carries it out, of one thing or of many."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from bridge.books import Books, Meant, Told, check_seen, document_as_seen, find, finding_as_seen
from bridge.clock import Clock
from bridge.errors import ConfigError, StaleError
from bridge.ingest import Decisions, check_reversible
from bridge.model.findings import Instruction, InstructionKind, KeptFinding
from bridge.model.reviews import Assignment
from bridge.plugin import StandIn
from bridge.store.api import Store

ELSEWHERE = frozenset(
    {
        InstructionKind.RESTORED,
        InstructionKind.UNDO,
        InstructionKind.CREATE,
        InstructionKind.PILOT,
        InstructionKind.PILOT_OVER,
        InstructionKind.ARRIVED,
    }
)
"""What people say by commands of its own: `bridge store restored`, `undo`, `accounts create`, `pilot`, `arrived`."""
_NOBODY = StandIn("", "")


class Word(msgspec.Struct, frozen=True):
    """What a person says, whatever of. until: of an acceptance. stand_in: of a refund that is booked alone."""

    kind: InstructionKind
    by: str
    reason: str
    until: datetime | None = None
    stand_in: StandIn = _NOBODY


class Decided(msgspec.Struct, frozen=True):
    """Of what it was said: vouchers, a finding, or what is booked alone, by the channel's ids. until: its end."""

    subjects: tuple[str, ...]
    until: datetime | None = None


class Deciding:
    """Saves what people decide; the room that owns a thing carries it out."""

    def __init__(self, store: Store, books: Books, decisions: Decisions, clock: Clock) -> None:
        self._store, self._books, self._decisions, self._clock = store, books, decisions, clock

    def decide(self, meant: Meant, word: Word) -> Decided:
        """One thing, as a person names it. Raises: what the room does that carries it out; ``decide.stale``."""
        kind, by, reason = word.kind, word.by, word.reason
        if kind is InstructionKind.REVERSE:
            self._reverse(meant, word)
            return Decided((meant.subject,))
        if kind is InstructionKind.BOOK_ALONE:
            self._check_document(meant)
            found = self._decisions.book_alone(meant.subject, word.stand_in, by=by, reason=reason)
            return Decided(tuple(one.document.identity.external_id for one in found))
        said = self._books.decide(kind, meant.subject, by=by, reason=reason, until=word.until, ref=meant.ref)
        return Decided(tuple(one.subject for one in said), said[0].until if said else None)

    def foresee(self, things: Sequence[Meant], word: Word) -> tuple[Told, ...]:
        """What would come of it, thing by thing; nothing is done."""
        return self._each(things, word, is_rehearsal=True)

    def decide_each(self, things: Sequence[Meant], word: Word) -> tuple[Told, ...]:
        """The same, done: what does not fit, or is not as it was seen any more, is told, and the others are done.

        Twice: nothing is decided twice of what was seen once.
        """
        return self._each(things, word, is_rehearsal=False)

    def _each(self, things: Sequence[Meant], word: Word, *, is_rehearsal: bool) -> tuple[Told, ...]:
        kind = word.kind
        if kind not in {InstructionKind.REVERSE, InstructionKind.BOOK_ALONE}:
            return self._books.decide_each(
                kind, things, by=word.by, reason=word.reason, until=word.until, is_rehearsal=is_rehearsal
            )
        return tuple(self._one(meant, word, is_rehearsal=is_rehearsal) for meant in dict.fromkeys(things))

    def _one(self, meant: Meant, word: Word, *, is_rehearsal: bool) -> Told:
        try:
            if not is_rehearsal:
                self.decide(meant, word)
            elif word.kind is InstructionKind.REVERSE:
                check_reversible(self._finding(meant))
            else:
                self._check_document(meant)
        except (ConfigError, StaleError) as refusal:
            return Told(meant, refusal=refusal)
        return Told(
            meant, (Instruction(word.kind, meant.subject, word.by, word.reason, self._clock.now(), word.until),)
        )

    def _reverse(self, meant: Meant, word: Word) -> None:
        self._decisions.reverse(self._finding(meant), by=word.by, reason=word.reason)

    def _finding(self, meant: Meant) -> KeptFinding:
        with self._store.reading() as unit:
            kept = find.finding(unit, meant.subject)
            said = unit.instructions.of_subject(kept.finding.finding_id)
        check_seen(f"finding {kept.finding.finding_id}", meant.seen, finding_as_seen(kept), said)
        return kept

    def _check_document(self, meant: Meant) -> None:
        if not meant.seen:
            return
        with self._store.reading() as unit:
            kept, said = unit.documents.latest(meant.subject), unit.instructions.of_subject(meant.subject)
        now = document_as_seen(kept, said) if kept else ""
        check_seen(f"document {meant.subject}", meant.seen, now, said)


class Assigning:
    """Says who has what waits."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def assign(self, subjects: Sequence[str], owner: str, note: str, *, by: str) -> int:
        """Give these to somebody, or with an empty name to nobody. Returns how many of them that changed.

        Twice: harmless, also at once; what says the same already is left.
        """
        with self._store.unit(by) as unit:
            unit.assignments.hold()
            known = unit.assignments.of_subjects(subjects)
            said = {subject: (one.owner, one.note) for subject, one in known.items()}
            new = [one for one in dict.fromkeys(subjects) if said.get(one, ("", "")) != (owner, note)]
            for subject in new:
                unit.assignments.put(Assignment(subject, owner, note, by, self._clock.now()))
        return len(new)
