"""One step of some deliveries: check, save the intents, send, save the outcomes; or ask. No request inside a unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property

from bridge.clock import Clock
from bridge.delivery import check, decide
from bridge.delivery.looking import Looking, Refs
from bridge.delivery.saving import Move, Saving
from bridge.delivery.turn import Turn
from bridge.delivery.witness import Witness
from bridge.errors import (
    AuthorizationError,
    BridgeError,
    ConflictError,
    PausedError,
    RateLimitedError,
    RejectedError,
    TransientError,
)
from bridge.host.desk import Desk
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.facts import LedgerFacts
from bridge.model.findings import Instruction
from bridge.model.vouchers import LedgerCopy
from bridge.plugin import Absent, BatchingSink, LookUp, Outcome, Parcel, Present, Unknown
from bridge.store.api import Store

FACTS_LAST = timedelta(minutes=10)
OUT_OF_THE_WAY = (DeliveryState.DELIVERED, DeliveryState.WITHDRAWN)


class Attempts:
    """The steps of one drain, under one lease.

    A step that learns something about the whole ledger first saves where its deliveries stand, then lets the error
    through: TransientError (wait), AuthorizationError (stop). LeaseLostError always comes through.
    """

    def __init__(
        self,
        store: Store,
        desk: Desk,
        clock: Clock,
        sink: BatchingSink,
        turn: Turn,
        *,
        ledger: str,
        saving: Saving,
        looking: Looking,
        witness: Witness,
    ) -> None:
        self._store, self._desk, self._clock = store, desk, clock
        self._sink, self._turn, self._ledger = sink, turn, ledger
        self._saving, self._looking, self._witness = saving, looking, witness
        self.capabilities = desk.sink_offer(ledger).capabilities
        self._cures = dict(self.capabilities.cures)
        self._facts: LedgerFacts | None = None
        self._facts_at: datetime | None = None

    def step(self, some: Sequence[Delivery]) -> None:
        """Bring due deliveries of one state one step on; those that wait for others, or that others moved, stay."""
        self._turn.keep()
        match some[0].state:
            case DeliveryState.OWED:
                self._deliver(some)
            case DeliveryState.IN_DOUBT:
                self._resolve(some)
            case _:
                self._save([Move(one, decide.after_interruption(one, self._settle_seconds)) for one in some])

    def carry_out(self, parked: Sequence[Delivery], said: Mapping[str, Sequence[Instruction]]) -> None:
        """Do what people said about parked deliveries, of those about which they said something since."""
        now, moves, adopted = self._clock.now(), [], []
        for one in parked:
            of_it = said.get(one.voucher_id, ())
            if ref := decide.adopted(one, of_it):
                adopted.append((one, ref))
            elif after := decide.instructed(one, of_it, now, self._cures):
                moves.append(Move(one, after))
        if moves or adopted:
            self._turn.keep()
            self._save([*moves, *self._adopt(adopted)])

    def _deliver(self, owed: Sequence[Delivery]) -> None:
        first = self._first(owed)
        ready = [one for one in owed if not _waits(one, first)]
        if not ready:
            return
        refs = _refs(first)
        looked = self._looking.look(ready, self._fresh_facts(), refs)
        now = self._clock.now()
        intents = [Move(one, decide.intent(one, now)) for one in looked.clear]
        begun = self._save([*looked.moves, *intents])
        if looked.error is not None:
            raise looked.error
        sending = [one for one in begun if one.state is DeliveryState.SENDING]
        if sending:
            self._witness.keep()
            self._turn.keep()
            self._send(sending, refs)

    def _send(self, sending: Sequence[Delivery], refs: Refs) -> None:
        """One call, and one unit for what came of each."""
        outcomes, is_parted = self._outcomes([_parcel(one, refs) for one in sending])
        both = list(zip(sending, outcomes, strict=True))
        conflicts = [one for one, outcome in both if isinstance(outcome, ConflictError) and not is_parted]
        answers, refused = self._answers(conflicts, refs)
        self._save(
            [self._after(one, outcome, answers.get(one.voucher_id), is_parted=is_parted) for one, outcome in both]
        )
        if error := refused or _of_the_ledger(outcomes):
            raise error

    def _outcomes(self, parcels: Sequence[Parcel]) -> tuple[tuple[Outcome, ...], bool]:
        """What came of each; and whether that befell a call of several as a whole."""
        try:
            return self._sink.send_batch(parcels), False
        except PausedError:  # all of it stands as sent, and is looked up when it may go on
            raise
        except BridgeError as error:
            return (error,) * len(parcels), len(parcels) > 1

    def _answers(self, asked: Sequence[Delivery], refs: Refs) -> tuple[Mapping[str, LookUp], AuthorizationError | None]:
        """Whether each is there, by its id; and the error, where the ledger lets us in no longer."""
        if not asked:
            return {}, None
        try:
            answers, refused = self._looking.answers(asked, refs), None
        except AuthorizationError as error:
            answers, refused = (Unknown(str(error)),) * len(asked), error
        return {one.voucher_id: answer for one, answer in zip(asked, answers, strict=True)}, refused

    def _after(self, sending: Delivery, outcome: Outcome, answer: LookUp | None, *, is_parted: bool) -> Move:
        """answer: whether it is there, where its number is taken. is_parted: it befell others together with it."""
        now, settle_seconds = self._clock.now(), self._settle_seconds
        if isinstance(outcome, LedgerCopy):
            return Move(sending, decide.delivered(sending, outcome), outcome)
        if answer is not None:
            after = decide.after_conflict(sending, outcome, answer, now, settle_seconds)
            return Move(sending, after, _copy(answer))
        if is_parted and isinstance(outcome, RejectedError | ConflictError):
            return Move(sending, decide.parted(sending, outcome, now))
        return Move(sending, decide.after_error(sending, outcome, now, settle_seconds, self._cures))

    def _resolve(self, doubted: Sequence[Delivery]) -> None:
        answers = self._looking.answers(doubted, _refs(self._first(doubted)))
        now = self._clock.now()
        self._save(
            [
                Move(one, decide.after_look_up(one, answer, now), _copy(answer))
                for one, answer in zip(doubted, answers, strict=True)
            ]
        )

    def _adopt(self, parked: Sequence[tuple[Delivery, str]]) -> list[Move]:
        """Take a person's word for which object each is, if that is there; no answer means later."""
        if not parked:
            return []
        try:
            answers = [
                answer for _, answer in self._sink.read_back([(one.due_voucher.type, ref) for one, ref in parked])
            ]
        except AuthorizationError:
            raise
        except BridgeError:
            return []
        taken = self._looking.taken(answer.copy for answer in answers if isinstance(answer, Present))
        moves = []
        for (one, ref), answer in zip(parked, answers, strict=True):
            if isinstance(answer, Present) and ref not in taken:
                moves.append(Move(one, decide.delivered(one, answer.copy), answer.copy))
            elif isinstance(answer, Present | Absent):
                note = check.no_object_note(one.due_voucher, ref, self.capabilities.words)
                moves.append(Move(one, decide.parked(one, one.reason, note, self._clock.now())))
        return moves

    def _save(self, moves: Sequence[Move]) -> tuple[Delivery, ...]:
        return self._saving.save(moves, self._settle_seconds)

    @cached_property
    def _settle_seconds(self) -> int:
        return self._sink.settle_seconds

    def _fresh_facts(self) -> LedgerFacts:
        now = self._clock.now()
        if self._facts is None or self._facts_at is None or now - self._facts_at >= FACTS_LAST:
            self._facts, self._facts_at = self._desk.facts(self._ledger, is_fresh=True), now
        return self._facts

    def _first(self, some: Sequence[Delivery]) -> Mapping[str, Delivery]:
        """The vouchers that must be in the ledger before these."""
        names = dict.fromkeys(name for one in some for name in one.due_voucher.after)
        if not names:
            return {}
        with self._store.reading() as unit:
            return unit.deliveries.get_many(list(names))


def _waits(owed: Delivery, first: Mapping[str, Delivery]) -> bool:
    """Whether a voucher that must be in the ledger first is not; a withdrawn one is out of the way."""
    after = owed.due_voucher.after
    return not all(name in first and first[name].state in OUT_OF_THE_WAY for name in after)


def _refs(first: Mapping[str, Delivery]) -> Refs:
    """The ledger's ids of the vouchers that came first."""
    return {name: one.ref for name, one in first.items() if one.ref}


def _parcel(one: Delivery, refs: Refs) -> Parcel:
    voucher = one.due_voucher
    return Parcel(voucher, one.header_key, {name: refs[name] for name in voucher.after if name in refs})


def _of_the_ledger(outcomes: Sequence[Outcome]) -> BridgeError | None:
    """What one outcome says of the whole ledger: not let in, asked to wait; or all say that it is out of reach."""
    for kind in (AuthorizationError, RateLimitedError):
        if error := next((one for one in outcomes if isinstance(one, kind)), None):
            return error
    errors = [one for one in outcomes if isinstance(one, TransientError)]
    return errors[0] if len(errors) == len(outcomes) else None


def _copy(answer: LookUp) -> LedgerCopy | None:
    return answer.copy if isinstance(answer, Present) else None
