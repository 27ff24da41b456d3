"""Taking out of a ledger what a person wants out again: looked at first, all or nothing, each step saved before it.

What stands on another is taken out before it. A step whose answer is lost, or after which we were killed, is looked at
by the next drain: what is gone is withdrawn, what is still there is taken out once more, which does no harm.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from graphlib import TopologicalSorter

import msgspec

from bridge.clock import Clock
from bridge.delivery import decide
from bridge.delivery.check import objection
from bridge.delivery.turn import Turn
from bridge.delivery.witness import Witness
from bridge.errors import (
    AuthorizationError,
    BridgeError,
    ConfigError,
    InvariantError,
    RejectedError,
    TransientError,
    UnavailableError,
)
from bridge.host.desk import Desk
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.findings import Instruction, InstructionKind
from bridge.model.vouchers import LedgerCopy, Voucher
from bridge.plugin import Absent, UndoingSink, Unknown
from bridge.store.api import Store

_S = DeliveryState
_STANDING = (_S.DELIVERED, _S.SENDING, _S.IN_DOUBT)


class Undo(msgspec.Struct, frozen=True):
    """One voucher that is to be taken out of its ledger.

    copy: as it stands there; None where it is not there any more. becomes: ``deleted``, ``voided``, or is ``gone``.
    hindrance: why it cannot be, a phrase; empty where it can.
    """

    delivery: Delivery
    copy: LedgerCopy | None = None
    becomes: str = "gone"
    hindrance: str = ""

    @property
    def voucher(self) -> Voucher:
        """What was sent."""
        if self.delivery.voucher is None:
            raise InvariantError(f"delivery {self.delivery.voucher_id}", "has no voucher", "Report this as a bug")
        return self.delivery.voucher


class Undoing:
    """Looks at vouchers of one ledger, and takes them out."""

    def __init__(self, store: Store, desk: Desk, clock: Clock, *, ledger: str, actor: str) -> None:
        self._store, self._desk, self._clock = store, desk, clock
        self._ledger, self._actor = ledger, actor
        sink, self._ways = desk.sink(ledger), dict(desk.sink_offer(ledger).capabilities.undoes)
        if not self._ways or not isinstance(sink, UndoingSink):
            raise ConfigError(
                f"ledger {ledger}", "takes nothing back from bridge", "Undo it there by hand", code="undo.none"
            )
        self._sink = sink

    def look(self, voucher_ids: Sequence[str]) -> tuple[Undo, ...]:
        """How those that are in the ledger stand there, in the order in which they would go. Writes nothing.

        Raises: as ``Desk.facts``; UnavailableError where the ledger does not say how one stands.
        """
        facts = self._desk.facts(self._ledger, is_fresh=True)
        with self._store.reading() as unit:
            found = unit.deliveries.get_many(voucher_ids)
            meant = {key: one for key, one in found.items() if one.state in {_S.DELIVERED, _S.UNDOING}}
            behind = unit.deliveries.behind(list(meant))
            kept = {one.voucher_id: unit.deliveries.baseline(self._ledger, one.ref) for one in meant.values()}
        on_it = {
            name: other
            for other in behind
            if other.state in _STANDING and other.voucher_id not in meant and other.voucher is not None
            for name in other.voucher.after
        }
        beside = frozenset(one.ref for one in meant.values())
        undos = []
        for delivery in _last_first(meant):
            undo = self._look(delivery, beside, kept[delivery.voucher_id])
            against = objection(undo.voucher, facts) if undo.copy else None
            if undo.hindrance or undo.copy is None:
                undos.append(undo)
            elif against is not None:
                undos.append(msgspec.structs.replace(undo, hindrance=against.note))
            elif (other := on_it.get(delivery.voucher_id)) is not None:
                phrase = f"{_called(other)} stands on it: undo that too"
                undos.append(msgspec.structs.replace(undo, hindrance=phrase))
            else:
                undos.append(undo)
        return tuple(undos)

    def carry_out(self, undos: Sequence[Undo], turn: Turn, witness: Witness, by: str, reason: str) -> list[Delivery]:
        """Take them out, in their order, on a person's word. Returns those that are out.

        Raises: ConfigError ``undo.hindered`` where one cannot be, before anything is done; what the ledger said where
                it stopped on the way: those behind stay as they are.
        """
        check(undos)
        done = []
        for undo in undos:
            said = Instruction(InstructionKind.UNDO, undo.delivery.voucher_id, by, reason, self._clock.now())
            begun = self._save(undo.delivery, decide.undoing(undo.delivery, self._clock.now()), turn, said)
            done.append(self._take_out(begun, undo.copy, turn, witness))
        return done

    def resume(self, turn: Turn, witness: Witness, count: Callable[[Delivery], None]) -> None:
        """Go on with what was begun, where its time has come; what the ledger does not answer waits."""
        now = self._clock.now()
        with self._store.reading() as unit:
            begun = {one.voucher_id: one for one in unit.deliveries.with_state(self._ledger, _S.UNDOING)}
        beside = frozenset(one.ref for one in begun.values())
        for delivery in _last_first(begun):
            if delivery.due_at is None or delivery.due_at <= now:
                turn.keep()
                try:
                    undo = self._look(delivery, beside, None)
                    count(self._take_out(delivery, undo.copy, turn, witness))
                except AuthorizationError:
                    raise
                except BridgeError as error:
                    self._later(delivery, turn, error)

    def _look(self, delivery: Delivery, beside: frozenset[str], kept: LedgerCopy | None) -> Undo:
        kind = delivery.voucher.type if delivery.voucher else ""
        if kind not in self._ways:
            return Undo(delivery, becomes="", hindrance=f"no {kind} can be taken out of this ledger by bridge")
        state, hindrance = self._sink.hindrance(kind, delivery.ref, beside)
        if isinstance(state, Unknown):
            raise UnavailableError(_called(delivery), f"how it stands in the ledger is not known: {state.cause}")
        if isinstance(state, Absent) or state.copy.is_voided:
            return Undo(delivery)
        return Undo(delivery, state.copy, self._ways[kind], hindrance or _edited(kept, state.copy))

    def _take_out(self, begun: Delivery, copy: LedgerCopy | None, turn: Turn, witness: Witness) -> Delivery:
        if copy is not None:
            witness.keep()
            turn.keep()
            try:
                self._sink.undo(copy.type, copy)
            except (TransientError, RejectedError, AuthorizationError) as error:
                self._save(begun, decide.kept(begun, str(error)), turn)
                raise
            except BridgeError as error:
                self._later(begun, turn, error)
                raise
        with self._store.reading() as unit:
            said = unit.instructions.of_subject(begun.voucher_id)
        return self._save(begun, decide.undone(begun, said), turn)

    def _later(self, begun: Delivery, turn: Turn, error: BridgeError) -> None:
        due_at = self._clock.now() + timedelta(seconds=self._sink.settle_seconds)
        self._save(begun, msgspec.structs.replace(begun, due_at=due_at, note=str(error)), turn)

    def _save(self, before: Delivery, after: Delivery, turn: Turn, said: Instruction | None = None) -> Delivery:
        after = msgspec.structs.replace(after, epoch=turn.epoch)
        with self._store.unit(self._actor) as unit:
            unit.deliveries.move(before, after, epoch=turn.epoch)
            if said is not None:
                unit.instructions.add(said)
            if after.state is _S.WITHDRAWN:
                unit.deliveries.forget_baseline(after.voucher_id)
        return after


def check(undos: Sequence[Undo]) -> None:
    """Raises: ConfigError ``undo.hindered`` naming each that cannot be taken out."""
    hindered = [f"{_called(undo.delivery)}: {undo.hindrance}" for undo in undos if undo.hindrance]
    if hindered:
        raise ConfigError(
            "undo",
            f"nothing was done, for {len(hindered)} of {len(undos)} cannot be taken out: {'; '.join(hindered)}",
            "Put that right in the ledger (take back the match, the deposit, the payment, the lock), then run it again",
            code="undo.hindered",
        )


def _last_first(deliveries: Mapping[str, Delivery]) -> list[Delivery]:
    """What stands on another before it."""
    on = {
        key: [name for name in (one.voucher.after if one.voucher else ()) if name in deliveries]
        for key, one in sorted(deliveries.items())
    }
    return [deliveries[key] for key in reversed(list(TopologicalSorter(on).static_order()))]


def _called(delivery: Delivery) -> str:
    voucher = delivery.voucher
    return f"{voucher.type} {voucher.number or delivery.ref}" if voucher else f"voucher {delivery.voucher_id}"


def _edited(kept: LedgerCopy | None, copy: LedgerCopy) -> str:
    """That somebody changed it since it was sent: whatever they meant would go with it."""
    if kept is None or (kept.lines_hash, kept.dated_on, kept.currency) == (
        copy.lines_hash,
        copy.dated_on,
        copy.currency,
    ):
        return ""
    return "somebody edited it in the ledger since bridge sent it (`bridge drift` shows how): undo it there by hand"
