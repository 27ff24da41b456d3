"""What is looked for before vouchers are sent: what speaks against them, themselves, and what may be them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime

import msgspec

from bridge.clock import Clock
from bridge.delivery import alike, check, decide
from bridge.delivery.restored import Restored, booked_on
from bridge.delivery.saving import Move
from bridge.delivery.turn import Turn
from bridge.errors import AuthorizationError, BridgeError, PluginError, TransientError, UnavailableError
from bridge.model.deliveries import Delivery
from bridge.model.facts import LedgerFacts
from bridge.model.reasons import Reason
from bridge.model.vouchers import LedgerCopy
from bridge.plugin import Absent, BatchingSink, LookUp, Present, Sought, Unknown
from bridge.store.api import Store

Refs = Mapping[str, str]
_Part = tuple[list[Move], TransientError | None]
_Liken = Callable[[Delivery, Sequence[LedgerCopy], frozenset[str]], Move | None]


class Looked(msgspec.Struct, frozen=True):
    """What came of looking. moves: what is not to be sent, and as what it is saved. clear: what may be sent.

    error: the ledger did not answer; nothing is clear then, and what was not asked about stays as it is.
    """

    moves: tuple[Move, ...] = ()
    clear: tuple[Delivery, ...] = ()
    error: TransientError | None = None


class Looking:
    """Looks for the vouchers of one ledger.

    restored: what to look for besides, where its database was restored. words: what it calls its objects.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        sink: BatchingSink,
        turn: Turn,
        restored: Restored | None,
        *,
        ledger: str,
        words: Mapping[str, str],
    ) -> None:
        self._store, self._clock, self._sink, self._turn = store, clock, sink, turn
        self._restored, self._ledger, self._words = restored, ledger, words
        self._begun_on: date | None = None

    def look(self, owed: Sequence[Delivery], facts: LedgerFacts, refs: Refs) -> Looked:
        """Whatever speaks against sending, in as few calls as it takes. refs: as of a parcel, of all of them.

        Raises: AuthorizationError, and nothing became of any.
        """
        moves: list[Move] = []
        error: TransientError | None = None
        for asks in (self._objections, self._again, self._themselves, self._alike, self._same_amounts):
            moves_now, error = asks(owed, facts, refs)
            moves += moves_now
            gone = {one.before.voucher_id for one in moves_now}
            owed = [one for one in owed if one.voucher_id not in gone]
            if error or not owed:
                break
        return Looked(tuple(moves), () if error else tuple(owed), error)

    def answers(self, asked: Sequence[Delivery], refs: Refs) -> tuple[LookUp, ...]:
        """Whether each is there, in one call. Raises: AuthorizationError.

        Where the call as a whole comes to nothing, and the ledger is not to blame, half of them are asked about at a
        time, for one may have spoilt it.
        """
        try:
            return self._sink.look_up_batch([_sought(one, refs) for one in asked])
        except AuthorizationError:
            raise
        except BridgeError as error:
            if len(asked) == 1 or isinstance(error, TransientError):
                return (Unknown(str(error)),) * len(asked)
        half = len(asked) // 2
        return (*self.answers(asked[:half], refs), *self.answers(asked[half:], refs))

    def taken(self, copies: Iterable[LedgerCopy]) -> frozenset[str]:
        """Of objects of the ledger, the ids of those that are known to be a voucher."""
        refs = {copy.ref for copy in copies}
        if not refs:
            return frozenset()
        with self._store.reading() as unit:
            return frozenset(unit.deliveries.owners(self._ledger, refs))

    def _objections(self, owed: Sequence[Delivery], facts: LedgerFacts, _: Refs) -> _Part:
        now = self._clock.now()
        against = [(one, objection) for one in owed if (objection := check.objection(one.due_voucher, facts))]
        return [Move(one, decide.parked(one, objection.code, objection.note, now)) for one, objection in against], None

    def _themselves(self, owed: Sequence[Delivery], facts: LedgerFacts, refs: Refs) -> _Part:
        """Those that may be there already, though this database knows nothing of it."""
        asked = self._may_be_there(owed, facts)
        if not asked:
            return [], None
        moves: list[Move] = []
        error: TransientError | None = None
        for one, answer in zip(asked, self.answers(asked, refs), strict=True):
            now = self._clock.now()
            match answer:
                case Present(copy):
                    moves.append(self._found(one, copy))
                case Unknown(cause):
                    error = UnavailableError(f"ledger {self._ledger}", cause)
                    moves.append(Move(one, decide.postponed(one, error, now)))
                case Absent(deleted=True) if not decide.is_sent_again(one):
                    note = "it was in the ledger and was deleted there: retry to send it again, or withdraw it"
                    moves.append(Move(one, decide.parked(one, Reason.DELETED, note, now)))
        return moves, error

    def _may_be_there(self, owed: Sequence[Delivery], facts: LedgerFacts) -> list[Delivery]:
        """Those to look for by themselves: see decision 0057."""
        meant = self._restored.meant(owed) if self._restored else frozenset()
        unguarded = [one for one in owed if not (one.due_voucher.number and facts.has_unique_numbers)]
        first = [one for one in unguarded if not (one.attempts or one.due_voucher.same_amount_days)]
        old = self._from_before(first) if first else frozenset()
        doubtful = {one.voucher_id for one in unguarded} - {one.voucher_id for one in first} | old | meant
        return [one for one in owed if one.voucher_id in doubtful]

    def _from_before(self, owed: Sequence[Delivery]) -> frozenset[str]:
        """Those old enough that a database before this one, lost with the file beside it, may have sent them."""
        with self._store.reading() as unit:
            if self._begun_on is None:
                self._begun_on = (unit.audit.begun_at() or self._clock.now()).date()
            days = booked_on(unit, owed)
        return frozenset(name for name, day in days.items() if alike.may_be_there(day, self._begun_on))

    def _again(self, owed: Sequence[Delivery], _facts: LedgerFacts, _refs: Refs) -> _Part:
        """Where the database was restored: what was undone and booked again by the one before, under other keys.

        Before each is looked for by its own key, under which the ledger may still show what was undone.
        """
        return self._restoring(owed, lambda one, likes, taken: self._likened(one, _under_others(one, likes), taken))

    def _alike(self, owed: Sequence[Delivery], _facts: LedgerFacts, _refs: Refs) -> _Part:
        """Where the database was restored: what may be them, rewritten."""
        return self._restoring(owed, self._likened)

    def _restoring(self, owed: Sequence[Delivery], liken: _Liken) -> _Part:
        asked = self._restored.asked(owed) if self._restored else ()
        if not asked or self._restored is None:
            return [], None
        try:
            likes = self._restored.alike(asked)
        except (TransientError, PluginError) as error:
            moves = [Move(one, decide.postponed(one, error, self._clock.now())) for one in asked]
            return moves, error if isinstance(error, TransientError) else None
        taken = self.taken(copy for copies in likes.values() for copy in copies)
        return [move for one in asked if (move := liken(one, likes[one.voucher_id], taken))], None

    def _likened(self, owed: Delivery, likes: Sequence[LedgerCopy], taken: frozenset[str]) -> Move | None:
        voucher = owed.due_voucher
        if ours := next((copy for copy in likes if alike.is_sure(voucher, copy)), None):
            return self._found(owed, ours)
        strange = [copy for copy in likes if copy.ref not in taken]
        if not strange:
            return None
        return Move(
            owed, decide.parked(owed, Reason.ALIKE, alike.note(voucher, strange, self._words), self._clock.now())
        )

    def _same_amounts(self, owed: Sequence[Delivery], _facts: LedgerFacts, _refs: Refs) -> _Part:
        """What a person may have entered; no answer means later, never a send."""
        found: list[tuple[Delivery, tuple[LedgerCopy, ...]]] = []
        moves: list[Move] = []
        failed: TransientError | None = None
        for one in owed:
            if failed or not one.due_voucher.same_amount_days or decide.is_overruled(one):
                continue
            self._turn.keep()
            try:
                found.append((one, self._sink.same_amount(one.due_voucher)))
            except (TransientError, PluginError) as error:
                moves.append(Move(one, decide.postponed(one, error, self._clock.now())))
                failed = error if isinstance(error, TransientError) else None
        taken = self.taken(copy for _, copies in found for copy in copies)
        for one, copies in found:
            if strange := [copy for copy in copies if copy.ref not in taken]:
                note = check.same_amount_note(one.due_voucher, strange, self._words)
                moves.append(Move(one, decide.parked(one, Reason.SAME_AMOUNT, note, self._clock.now())))
        return moves, failed

    def _found(self, owed: Delivery, copy: LedgerCopy) -> Move:
        """It was there before it was sent."""
        if self._restored:
            self._restored.found += 1
        return Move(owed, decide.delivered(owed, copy), copy)


def _sought(one: Delivery, refs: Refs) -> Sought:
    sent_at: datetime | None = one.sent_at if one.attempts == 1 else None
    return Sought(one.due_voucher, {name: refs[name] for name in one.due_voucher.after if name in refs}, sent_at)


def _under_others(owed: Delivery, likes: Sequence[LedgerCopy]) -> list[LedgerCopy]:
    """Those of what may be a voucher that bear another of its keys."""
    return [copy for copy in likes if copy.key and not alike.is_sure(owed.due_voucher, copy)]
