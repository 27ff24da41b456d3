"""One step of one delivery: check, save the intent, send, save the outcome; or ask. No request inside a unit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from bridge.clock import Clock
from bridge.delivery import alike, check, decide
from bridge.delivery.restored import Restored
from bridge.delivery.turn import Turn
from bridge.delivery.witness import Witness
from bridge.errors import (
    AuthorizationError,
    BridgeError,
    ConflictError,
    InvariantError,
    PluginError,
    StaleError,
    TransientError,
    UnavailableError,
)
from bridge.host.desk import Desk
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.facts import LedgerFacts
from bridge.model.findings import Instruction
from bridge.model.reasons import Reason
from bridge.model.vouchers import LedgerCopy, Voucher
from bridge.plugin import Absent, LookUp, Present, Sink, Unknown
from bridge.store.api import Store, UnitOfWork

FACTS_LAST = timedelta(minutes=10)
OUT_OF_THE_WAY = (DeliveryState.DELIVERED, DeliveryState.WITHDRAWN)


class MovedByOthersError(StaleError):
    """The lease is ours, but another room moved this delivery meanwhile; it is left as it stands now."""

    code = "delivery.moved"


class Attempts:
    """The steps of one drain, under one lease.

    A step that learns something about the whole ledger first saves where its delivery stands, then lets the error
    through: TransientError (wait), AuthorizationError (stop). LeaseLostError always comes through.
    """

    def __init__(
        self,
        store: Store,
        desk: Desk,
        clock: Clock,
        sink: Sink,
        turn: Turn,
        *,
        ledger: str,
        actor: str,
        progress: Callable[[Delivery], None],
        witness: Witness,
        restored: Restored | None,
    ) -> None:
        self._store, self._desk, self._clock = store, desk, clock
        self._sink, self._turn = sink, turn
        self._witness, self._restored = witness, restored
        self._ledger, self._actor, self._progress = ledger, actor, progress
        self._cures = dict(desk.sink_offer(ledger).capabilities.cures)
        self._facts: LedgerFacts | None = None
        self._facts_at: datetime | None = None

    def step(self, delivery: Delivery) -> Delivery | None:
        """Bring a due delivery one step on; None when it waits for others, or others moved it meanwhile."""
        self._turn.keep()
        try:
            match delivery.state:
                case DeliveryState.OWED:
                    return self._deliver(delivery, _voucher(delivery))
                case DeliveryState.IN_DOUBT:
                    return self._resolve(delivery, _voucher(delivery))
                case _:
                    return self._save(delivery, decide.after_interruption(delivery, self._sink.settle_seconds))
        except MovedByOthersError:
            return None

    def carry_out(self, delivery: Delivery, said: Sequence[Instruction]) -> Delivery | None:
        """Do what people said about a parked delivery; None when nobody said anything since."""
        ref = decide.adopted(delivery, said)
        after = decide.instructed(delivery, said, self._clock.now(), self._cures)
        if after is None and not ref:
            return None
        self._turn.keep()
        try:
            return self._adopt(delivery, _voucher(delivery), ref) if after is None else self._save(delivery, after)
        except MovedByOthersError:
            return None

    def _deliver(self, owed: Delivery, voucher: Voucher) -> Delivery | None:
        if voucher.after and self._waits_for_others(voucher):
            return None
        against = check.objection(voucher, self._fresh_facts())
        if against is not None:
            return self._park(owed, against.code, against.note)
        settled = self._look_for_itself(owed, voucher) or self._look_for_others(owed, voucher)
        if settled is not None:
            return settled
        begun = self._begin(owed)
        if begun.state is not DeliveryState.SENDING:
            return begun
        self._witness.keep()
        self._turn.keep()
        return self._send(begun, voucher)

    def _begin(self, owed: Delivery) -> Delivery:
        """Save the intent to send."""
        return self._save(owed, _unless_taken_back(owed, decide.intent(owed, self._clock.now())))

    def _park(self, owed: Delivery, reason: str, note: str) -> Delivery:
        """Save what speaks against sending."""
        return self._save(owed, _unless_taken_back(owed, decide.parked(owed, reason, note, self._clock.now())))

    def _look_for_itself(self, owed: Delivery, voucher: Voucher) -> Delivery | None:
        """Where no number would be refused a second time, ask first: our own database may have been lost."""
        may_be_there = self._restored is not None and self._restored.is_of(owed)
        if voucher.number and self._fresh_facts().has_unique_numbers and not may_be_there:
            return None
        answer = self._look_up(voucher)
        if isinstance(answer, Unknown):
            error = UnavailableError(f"ledger {self._ledger}", answer.cause)
            self._save(owed, decide.postponed(owed, error, self._clock.now()))
            raise error
        if isinstance(answer, Absent) and answer.deleted and not decide.is_sent_again(owed):
            note = "it was in the ledger and was deleted there: retry to send it again, or withdraw it"
            return self._park(owed, Reason.DELETED, note)
        if isinstance(answer, Absent):
            return None
        return self._found(owed, answer.copy)

    def _found(self, owed: Delivery, copy: LedgerCopy) -> Delivery:
        """It was there before it was sent."""
        sending = self._save(owed, decide.intent(owed, self._clock.now()))
        if self._restored:
            self._restored.found += 1
        return self._save(sending, decide.delivered(sending, copy), copy)

    def _adopt(self, parked: Delivery, voucher: Voucher, ref: str) -> Delivery | None:
        """Take a person's word for which object it is, if that is there; no answer means later."""
        ((_, answer),) = self._sink.read_back([(voucher.type, ref)])
        with self._store.reading() as unit:
            is_taken = unit.deliveries.baseline(self._ledger, ref) is not None
        if isinstance(answer, Unknown):
            return None
        if isinstance(answer, Absent) or is_taken:
            now = self._clock.now()
            return self._save(parked, decide.parked(parked, parked.reason, check.no_object_note(voucher, ref), now))
        return self._save(parked, decide.delivered(parked, answer.copy), answer.copy)

    def _look_for_others(self, owed: Delivery, voucher: Voucher) -> Delivery | None:
        """Parks what others seem to have entered, or a database that was lost; no answer means later, never a send."""
        is_alike_asked = self._restored is not None and self._restored.is_asked(owed)
        is_amount_asked = voucher.same_amount_days and not decide.is_overruled(owed)
        try:
            likes = self._restored.alike(owed, voucher) if self._restored and is_alike_asked else ()
            amounts = self._sink.same_amount(voucher) if is_amount_asked else ()
        except (TransientError, PluginError) as error:
            later = self._save(owed, decide.postponed(owed, error, self._clock.now()))
            if isinstance(error, TransientError):
                raise
            return later
        if ours := next((copy for copy in likes if alike.is_sure(voucher, copy)), None):
            return self._found(owed, ours)
        if strange := self._strange(likes):
            return self._park(owed, Reason.ALIKE, alike.note(voucher, strange))
        if strange := self._strange(amounts):
            return self._park(owed, Reason.SAME_AMOUNT, check.same_amount_note(voucher, strange))
        return None

    def _strange(self, copies: Sequence[LedgerCopy]) -> list[LedgerCopy]:
        """Those that are not known to be another voucher."""
        with self._store.reading() as unit:
            return [copy for copy in copies if unit.deliveries.baseline(self._ledger, copy.ref) is None]

    def _send(self, sending: Delivery, voucher: Voucher) -> Delivery:
        settle_seconds = self._sink.settle_seconds
        try:
            echo = self._sink.send(voucher, sending.header_key, self._refs(voucher))
        except ConflictError as error:
            answer = self._look_up(voucher)
            now = self._clock.now()
            return self._save(
                sending, decide.after_conflict(sending, error, answer, now, settle_seconds), _copy(answer)
            )
        except BridgeError as error:
            after = decide.after_error(sending, error, self._clock.now(), settle_seconds, self._cures)
            saved = self._save(sending, after)
            if isinstance(error, TransientError | AuthorizationError):
                raise
            return saved
        return self._save(sending, decide.delivered(sending, echo), echo)

    def _resolve(self, doubted: Delivery, voucher: Voucher) -> Delivery:
        answer = self._look_up(voucher)
        return self._save(doubted, decide.after_look_up(doubted, answer, self._clock.now()), _copy(answer))

    def _look_up(self, voucher: Voucher) -> LookUp:
        try:
            return self._sink.look_up(voucher, self._refs(voucher))
        except AuthorizationError:
            raise
        except BridgeError as error:
            return Unknown(str(error))

    def _save(
        self, before: Delivery, after: Delivery | Callable[[UnitOfWork], Delivery], copy: LedgerCopy | None = None
    ) -> Delivery:
        """Move a delivery. after: as what, or what decides that by what stands when it is saved."""
        try:
            with self._store.unit(self._actor) as unit:
                after = after if isinstance(after, Delivery) else after(unit)
                after = msgspec.structs.replace(after, epoch=self._turn.epoch)
                unit.deliveries.move(before, after, epoch=self._turn.epoch)
                if copy is not None:
                    self._keep_echo(unit, after, copy)
        except StaleError as stale:
            self._turn.confirm()
            raise MovedByOthersError(stale.thing, stale.cause, stale.next_step) from stale
        if after.state is not DeliveryState.SENDING:
            self._progress(after)
        return after

    def _keep_echo(self, unit: UnitOfWork, delivery: Delivery, copy: LedgerCopy) -> None:
        unit.deliveries.put_baseline(delivery.voucher_id, delivery.entry_id, self._ledger, copy)
        finding = check.echo_finding(delivery, copy)
        if finding is not None:
            unit.findings.add(finding, self._clock.now())

    def _fresh_facts(self) -> LedgerFacts:
        now = self._clock.now()
        if self._facts is None or self._facts_at is None or now - self._facts_at >= FACTS_LAST:
            self._facts, self._facts_at = self._desk.facts(self._ledger, is_fresh=True), now
        return self._facts

    def _refs(self, voucher: Voucher) -> Mapping[str, str]:
        """The ledger's ids of the vouchers that came first."""
        with self._store.reading() as unit:
            return unit.deliveries.refs(voucher.after)

    def _waits_for_others(self, voucher: Voucher) -> bool:
        """Whether a voucher that must be in the ledger first is not; a withdrawn one is out of the way."""
        with self._store.reading() as unit:
            planned = unit.deliveries.get_many(voucher.after)
        return not all(name in planned and planned[name].state in OUT_OF_THE_WAY for name in voucher.after)


def _unless_taken_back(owed: Delivery, after: Delivery) -> Callable[[UnitOfWork], Delivery]:
    """What becomes of an owed voucher, unless a person has taken it back, though no run of the books knew yet.

    Asked in the unit that moves it: parked with that word unheard, it would count as said before.
    """
    return lambda unit: decide.taken_back(owed, unit.instructions.of_subject(owed.voucher_id)) or after


def _voucher(delivery: Delivery) -> Voucher:
    if delivery.voucher is None:
        raise InvariantError(f"delivery {delivery.voucher_id}", "is due without a voucher", "Report this as a bug")
    return delivery.voucher


def _copy(answer: LookUp) -> LedgerCopy | None:
    return answer.copy if isinstance(answer, Present) else None
