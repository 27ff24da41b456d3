"""Taking out of a ledger what a person wants out again: looked at first, all or nothing, each step saved before it.

What stands on another is taken out before it. A step whose answer is lost, or after which we were killed, is looked at
by the next drain, once the ledger has settled: what is gone is withdrawn, what is still there is taken out once more,
which does no harm; unless something hinders it by then, and it stays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from graphlib import TopologicalSorter

import msgspec

from bridge.clock import Clock
from bridge.delivery import decide
from bridge.delivery.check import objection
from bridge.delivery.turn import LeaseLostError, Turn
from bridge.delivery.witness import Witness
from bridge.errors import (
    AuthorizationError,
    BridgeError,
    ConfigError,
    InvariantError,
    RejectedError,
    StaleError,
    TransientError,
    UnavailableError,
)
from bridge.host.desk import Desk
from bridge.model.deliveries import NOT_SENT, Delivery, DeliveryState
from bridge.model.facts import LedgerFacts
from bridge.model.findings import Instruction, InstructionKind
from bridge.model.vouchers import LedgerCopy, Voucher
from bridge.plugin import Absent, UndoingSink, Unknown
from bridge.plugin.wording import object_name
from bridge.store.api import Store

_S = DeliveryState
_BEGUN = (_S.SENDING, _S.IN_DOUBT)
_STANDING = (_S.DELIVERED, _S.UNDOING, *_BEGUN)
_NOT_KNOWN = "whether it is in the ledger is not known yet: run `bridge deliver`, which asks, until it is"


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


class Word(msgspec.Struct, frozen=True):
    """What a person said. is_again: it is to be booked again as soon as it is out, whoever carries that out."""

    by: str
    reason: str
    is_again: bool = False

    def about(self, voucher_id: str, now: datetime) -> tuple[Instruction, ...]:
        """The decisions about one voucher: the one that counts last."""
        undo = Instruction(InstructionKind.UNDO, voucher_id, self.by, self.reason, now)
        again = msgspec.structs.replace(undo, kind=InstructionKind.BOOK_AGAIN, given_at=now + timedelta(microseconds=1))
        return (undo, again) if self.is_again else (undo,)


class Undoing:
    """Looks at vouchers of one ledger, and takes them out."""

    def __init__(self, store: Store, desk: Desk, clock: Clock, *, ledger: str, actor: str) -> None:
        self._store, self._desk, self._clock = store, desk, clock
        self._ledger, self._actor = ledger, actor
        declared = desk.sink_offer(ledger).capabilities
        sink, self._ways, self._words = desk.sink(ledger), dict(declared.undoes), declared.words
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
        undos = [
            Undo(one, becomes="", hindrance=_NOT_KNOWN) for one in found.values() if one.state in _BEGUN and one.voucher
        ]
        for delivery in _last_first(meant):
            undo = self._look(delivery, beside, kept[delivery.voucher_id])
            if undo.copy is not None and (phrase := _against(undo, on_it.get(delivery.voucher_id), facts, self._words)):
                undo = msgspec.structs.replace(undo, hindrance=phrase)
            undos.append(undo)
        return tuple(undos)

    def carry_out(self, voucher_ids: Sequence[str], turn: Turn, witness: Witness, word: Word) -> list[Delivery]:
        """Take out those that are there, in their order, on a person's word. Returns those that are out.

        What is not sent yet is withdrawn by the same word, unless all is to be booked again.
        Raises: ConfigError ``undo.hindered`` where one cannot be, before anything is done or where a person changed it
                meanwhile; what the ledger said where it stopped on the way: those behind stay as they are.
        """
        undos = self.look(voucher_ids)
        check(undos, self._words)
        if not word.is_again:
            self._withdraw(voucher_ids, word)
        done: list[Delivery] = []
        for undo in undos:
            turn.keep()  # before it is begun: what is begun is ended by the next drain, and the rest would stay
            now = self._now_that(done, undo)
            said = word.about(undo.delivery.voucher_id, self._clock.now())
            begun = self._save(undo.delivery, decide.undoing(undo.delivery, self._settled_at()), turn, said)
            done.append(self._take_out(begun, now.copy, turn, witness))
        return done

    def _now_that(self, done: Sequence[Delivery], undo: Undo) -> Undo:
        """How it stands now that these are out: what one of them paid, or was set against, is not as it was.

        Raises: as ``look`` and ``check``.
        """
        name = undo.delivery.voucher_id
        if not any(name in one.due_voucher.after for one in done):
            return undo
        with self._store.reading() as unit:
            kept = unit.deliveries.baseline(self._ledger, undo.delivery.ref)
        again = self._look(undo.delivery, frozenset(), kept)
        check([again], self._words)
        return again

    def _withdraw(self, voucher_ids: Sequence[str], word: Word) -> None:
        """Before anything is taken out, lest it goes out meanwhile."""
        with self._store.unit(self._actor) as unit:
            unit.instructions.hold()
            for one in unit.deliveries.get_many(voucher_ids).values():
                if one.state in NOT_SENT:
                    kind, now = InstructionKind.WITHDRAW, self._clock.now()
                    unit.instructions.add(Instruction(kind, one.voucher_id, word.by, word.reason, now))

    def resume(self, turn: Turn, witness: Witness, count: Callable[[Delivery], None]) -> None:
        """Go on with what was begun, where its time has come; what the ledger does not answer waits.

        Raises: AuthorizationError; LeaseLostError.
        """
        now = self._clock.now()
        with self._store.reading() as unit:
            begun = {one.voucher_id: one for one in unit.deliveries.with_state(self._ledger, _S.UNDOING)}
            kept = {name: unit.deliveries.baseline(self._ledger, one.ref) for name, one in begun.items()}
        beside = frozenset(one.ref for one in begun.values())
        for delivery in _last_first(begun):
            if delivery.due_at is None or delivery.due_at <= now:
                turn.keep()
                if (after := self._go_on(delivery, beside, kept[delivery.voucher_id], turn, witness)) is not None:
                    count(after)

    def _go_on(
        self, begun: Delivery, beside: frozenset[str], kept: LedgerCopy | None, turn: Turn, witness: Witness
    ) -> Delivery | None:
        """One step further; None where it waits. What was in the way of it is told beside it."""
        try:
            return self._gone_on(begun, beside, kept, turn, witness)
        except (AuthorizationError, LeaseLostError):
            raise
        except BridgeError:
            return None  # it is saved beside it, or others moved it

    def _gone_on(
        self, begun: Delivery, beside: frozenset[str], kept: LedgerCopy | None, turn: Turn, witness: Witness
    ) -> Delivery:
        try:
            undo = self._look(begun, beside, kept)
        except (AuthorizationError, LeaseLostError):
            raise
        except BridgeError as error:
            self._later(begun, turn, error)
            raise
        if undo.hindrance:
            return self._save(begun, decide.kept(begun, undo.hindrance), turn)
        return self._take_out(begun, undo.copy, turn, witness)

    def _look(self, delivery: Delivery, beside: frozenset[str], kept: LedgerCopy | None) -> Undo:
        kind = delivery.voucher.type if delivery.voucher else ""
        if kind not in self._ways:
            return Undo(
                delivery,
                becomes="",
                hindrance=f"no {object_name(kind, '', self._words)} can be taken out of this ledger by bridge",
            )
        state, hindrance = self._sink.hindrance(kind, delivery.ref, beside)
        if isinstance(state, Unknown):
            raise UnavailableError(
                _called(delivery, self._words), f"how it stands in the ledger is not known: {state.cause}"
            )
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
            except LeaseLostError:
                raise
            except BridgeError as error:
                self._later(begun, turn, error)
                raise
        with self._store.reading() as unit:
            said = unit.instructions.of_subject(begun.voucher_id)
        return self._save(begun, decide.undone(begun, said), turn)

    def _later(self, begun: Delivery, turn: Turn, error: BridgeError) -> None:
        self._save(begun, msgspec.structs.replace(begun, due_at=self._settled_at(), note=str(error)), turn)

    def _settled_at(self) -> datetime:
        """When the ledger is done with what it is asked now."""
        return self._clock.now() + timedelta(seconds=self._sink.settle_seconds)

    def _save(self, before: Delivery, after: Delivery, turn: Turn, said: Sequence[Instruction] = ()) -> Delivery:
        """Raises: LeaseLostError; StaleError where others moved it meanwhile. Nothing is saved then."""
        after = msgspec.structs.replace(after, epoch=turn.epoch)
        try:
            with self._store.unit(self._actor) as unit:
                if said:
                    unit.instructions.hold()
                unit.deliveries.move(before, after, epoch=turn.epoch)
                for one in said:
                    unit.instructions.add(one)
                if after.state is _S.WITHDRAWN:
                    unit.deliveries.forget_baseline(after.voucher_id)
                    unit.copies.remove(self._ledger, [before.ref], is_deleted=True)
        except StaleError:
            turn.confirm()
            raise
        return after


def check(undos: Sequence[Undo], words: Mapping[str, str]) -> None:
    """Raises: ConfigError ``undo.hindered`` naming each that cannot be taken out, by the ledger's own words."""
    hindered = [f"{_called(undo.delivery, words)}: {undo.hindrance}" for undo in undos if undo.hindrance]
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


def _called(delivery: Delivery, words: Mapping[str, str]) -> str:
    voucher = delivery.voucher
    return (
        object_name(voucher.type, voucher.number or delivery.ref, words)
        if voucher
        else f"voucher {delivery.voucher_id}"
    )


def _against(undo: Undo, other: Delivery | None, facts: LedgerFacts, words: Mapping[str, str]) -> str:
    """What else speaks against it than its ledger says. other: one that stands on it, and is to stay."""
    if other is not None:
        return f"{_called(other, words)} stands on it: undo that too"
    against = objection(undo.voucher, facts)
    return against.note if against and not undo.hindrance else ""


def _edited(kept: LedgerCopy | None, copy: LedgerCopy) -> str:
    """That somebody changed it since it was sent: whatever they meant would go with it."""
    if kept is None or (kept.lines_hash, kept.dated_on, kept.currency) == (
        copy.lines_hash,
        copy.dated_on,
        copy.currency,
    ):
        return ""
    return "somebody edited it in the ledger since bridge sent it (`bridge drift` shows how): undo it there by hand"
